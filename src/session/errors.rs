//! Leads the server's errors about a rewritten statement back to what the client wrote: the position, the names of the legacy table
//! and its constraint, and a context that the client's own statement would not have had.

use std::sync::Arc;

use crate::relation::value::ASSIGN;
use crate::relation::{Piece, Relation, Value};
use crate::rewrite::{Outcome, PRIVATE};
use crate::sql::quote::{ident, qualified};
use crate::wire::error_response::ErrorFields;

/// What an error is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// What became of the statement.
    pub outcome: &'t Outcome,
    /// The client's text.
    pub text: &'t str,
}

/// The error as the legacy tables would have given it; `None` when it is that already.
pub fn lead_back(mut fields: ErrorFields, told: &Told<'_>) -> Option<ErrorFields> {
    let before = fields.clone();
    let refusal = told.outcome.refusals.iter().find(|r| {
        let message = fields.get(b'M').unwrap_or_default();
        memchr::memmem::find(message, r.marker().as_bytes()).is_some()
    });
    if let Some(refusal) = refusal {
        let mut own = ErrorFields::own("ERROR", &refusal.error);
        // The severity's own word is in the server's language.
        if let Some(severity) = fields.get(b'S') {
            own.set(b'S', severity.to_vec());
        }
        if let Some(byte) = refusal.position {
            own.set(b'P', characters(told.text, byte).to_string());
        }
        return Some(own);
    }
    if let Some(assignment) = assignment(&fields, told) {
        return Some(assignment);
    }
    position(&mut fields, told);
    for relation in &told.outcome.rewritten {
        names(&mut fields, relation);
        replace(&mut fields, &qualified("esclusa", &relation.table), &ident(&relation.table));
    }
    private_names(&mut fields);
    context(&mut fields, &told.outcome.rewritten);
    (fields != before).then_some(fields)
}

/// The legacy table whose view an error comes through: in functions nothing is rewritten, and the function behind the view
/// (`migrate/view.rs`) writes the new table.
pub fn view(fields: &ErrorFields) -> Option<String> {
    let context = std::str::from_utf8(fields.get(b'W')?).ok()?;
    let behind = |mark| context.split_once(mark)?.1.split_once('(').map(|(name, _)| name.trim_end_matches('"').to_owned());
    behind("esclusa.write_").or_else(|| behind("esclusa.\"write_"))
}

/// A value of a type that no assignment casts (source, parse_target.c). The server found no function for it (`rewrite/assign.rs`): what
/// it says it found stands in parentheses, and the call's comment in the text says the rest.
fn assignment(fields: &ErrorFields, told: &Told<'_>) -> Option<ErrorFields> {
    let text = |code| std::str::from_utf8(fields.get(code)?).ok();
    let (_, found) = text(b'M')?.split_once(ASSIGN).filter(|_| fields.get(b'C') == Some(b"42883"))?;
    let found = found.split_once('(')?.1.rsplit_once(')')?.0;
    let rewritten = told.outcome.text.as_deref()?;
    let at = text(b'P')?.parse::<usize>().ok()?.checked_sub(1)?;
    let (byte, _) = rewritten.char_indices().nth(at)?;
    let (column, byte) = rewritten[byte..].strip_prefix(ASSIGN)?.split_once("/*")?.1.split_once("*/")?.0.rsplit_once('@')?;
    let mut columns = told.outcome.rewritten.iter().flat_map(|r| &r.columns);
    let sql_type = &columns.find(|c| c.name == column)?.sql_type;
    let mut out = fields.clone();
    out.set(b'C', "42804");
    out.set(b'M', format!("column \"{column}\" is of type {} but expression is of type {found}", sql_type.bare_name()));
    out.set(b'H', "You will need to rewrite or cast the expression.");
    out.set(b'P', characters(told.text, byte.parse().ok()?).to_string());
    Some(out)
}

/// `P` counts characters of the text that reached the server, from 1 (manual, section 55.8).
fn position(fields: &mut ErrorFields, told: &Told<'_>) {
    let Some(rewritten) = told.outcome.text.as_deref() else { return };
    let at = fields.get(b'P').and_then(|p| std::str::from_utf8(p).ok()).and_then(|p| p.parse::<usize>().ok());
    let Some(at) = at.filter(|at| *at > 0) else { return };
    let byte = rewritten.char_indices().nth(at - 1).map_or(rewritten.len(), |(i, _)| i);
    let client = told.outcome.map.to_client(byte);
    fields.set(b'P', characters(told.text, client).to_string());
}

/// The number of the character that begins at a byte, from 1.
fn characters(text: &str, byte: usize) -> usize {
    let byte = (0..=byte.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text[..byte].chars().count() + 1
}

/// The new table's name, columns and constraint become the legacy table's.
fn names(fields: &mut ErrorFields, relation: &Relation) {
    if relation.is_retained() {
        return hide_improvement(fields, relation);
    }
    let violates = |constraint: &str| fields.get(b'n') == Some(constraint.as_bytes());
    if let Some(unique) = relation.unique.as_ref().filter(|u| violates(u.target)) {
        let detail = fields.get(b'D').map(|d| String::from_utf8_lossy(d).into_owned());
        if let Some(detail) = detail.and_then(|d| key_detail(relation, &d)) {
            fields.set(b'D', detail);
        }
        fields.set(b'n', unique.legacy.clone());
        replace(fields, unique.target, &unique.legacy);
    }
    if fields.get(b't') == Some(relation.target.as_bytes()) || fields.get(b't').is_some_and(|t| t.starts_with(b"audit_log_")) {
        fields.set(b't', relation.table.clone());
    }
    // Only a history's new table has partitions; `domain_value_link` is none of `domain_value`.
    for code in *b"MW" {
        if relation.target == "audit_log" {
            partition(fields, code, relation);
        }
    }
    replace(fields, relation.target, &relation.table);
    replace(fields, &format!("stand_in_{}", relation.table), &relation.table);
}

/// `t.esclusa_ctid_0` becomes `t.ctid`, and `t.esclusa_row_0` becomes `t.*` (`rewrite/system.rs`).
fn private_names(fields: &mut ErrorFields) {
    for code in *b"MDH" {
        let Some(text) = fields.get(code).and_then(|t| std::str::from_utf8(t).ok()).filter(|t| t.contains(PRIVATE)) else {
            continue;
        };
        let mut parts = text.split(PRIVATE);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let name = part.split('_').next().unwrap_or_default();
            let number = part[name.len()..].strip_prefix('_').unwrap_or_default();
            let digits = number.bytes().take_while(u8::is_ascii_digit).count();
            match digits {
                0 => out.extend([PRIVATE, part]),
                _ => out.extend([if name == "row" { "*" } else { name }, &number[digits..]]),
            }
        }
        fields.set(code, out);
    }
}

/// The row that a retained table's error shows ends with the two columns that the improvement added.
fn hide_improvement(fields: &mut ErrorFields, relation: &Relation) {
    let about = fields.get(b't') == Some(relation.table.as_bytes());
    let detail = fields.get(b'D').and_then(|d| std::str::from_utf8(d).ok()).filter(|_| about);
    let Some((row, tail)) = detail.and_then(|d| d.rsplit_once(')')) else { return };
    let mut cells = row.rsplitn(3, ", ");
    if let (Some(_), Some(_), Some(kept)) = (cells.next(), cells.next(), cells.next())
        && matches!(fields.get(b'C'), Some(b"23502" | b"23514"))
    {
        fields.set(b'D', format!("{kept}){tail}"));
    }
}

/// Replaces the name of a partition, quoted or bare: a lock, a cancelled wait or a right is about one of them.
fn partition(fields: &mut ErrorFields, code: u8, relation: &Relation) {
    let Some(text) = fields.get(code).and_then(|t| std::str::from_utf8(t).ok()) else { return };
    let stem = format!("{}_", relation.target);
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&stem) {
        let before = rest[..at].chars().next_back();
        let length = rest[at..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - at);
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        out.push_str(&rest[..at]);
        out.push_str(if whole { &relation.table } else { &rest[at..at + length] });
        rest = &rest[at + length..];
    }
    if rest.len() < text.len() {
        out.push_str(rest);
        fields.set(code, out);
    }
}

/// Replaces a quoted or bare name in message and context, in whatever language the rest is.
fn replace(fields: &mut ErrorFields, from: &str, to: &str) {
    for code in *b"MW" {
        if let Some(text) = fields.get(code).and_then(|m| std::str::from_utf8(m).ok())
            && text.contains(from)
        {
            let text = text.replace(&format!("\"{from}\""), &format!("\"{to}\"")).replace(&format!(" {from}"), &format!(" {to}"));
            fields.set(code, text);
        }
    }
}

/// `Key (dv_domain, dv_code)=(TIPO_CORREO, 3) already exists.` becomes `Key (tipctipo)=(3) already exists.`, the words between kept
/// in the server's language.
fn key_detail(relation: &Relation, detail: &str) -> Option<String> {
    let (head, rest) = detail.split_once('(')?;
    let (_, rest) = rest.split_once(")=(")?;
    // Values are not quoted: the last parenthesis of the line ends them.
    let (values, tail) = rest.rsplit_once(')')?;
    let constant = |name: &str| {
        let field = relation.fields.iter().find(|f| f.name == name)?;
        let Value::Expression(pieces) = &field.write else { return None };
        let [Piece::Text(text)] = pieces.as_slice() else { return None };
        Some(text.trim_matches('\'').to_owned())
    };
    let codes = values.strip_prefix(&relation.discriminator.first()?.1)?.strip_prefix(", ")?;
    let codes: Vec<&str> = match constant("dvl_source_domain").zip(constant("dvl_target_domain")) {
        None => vec![codes],
        Some((source, target)) => {
            let codes = codes.strip_prefix(&source)?.strip_prefix(", ")?;
            let (source, target) = codes.rsplit_once(&format!(", {target}, "))?;
            vec![source, target]
        }
    };
    let mut names = Vec::new();
    let mut shown = Vec::new();
    let fields = relation.fields.iter().filter(|f| ["dv_code", "dvl_source_code", "dvl_target_code"].contains(&f.name));
    for (field, code) in fields.zip(&codes) {
        let Value::Expression(pieces) = &field.write else { continue };
        let columns: Vec<usize> = pieces.iter().filter_map(|p| if let Piece::Column(i) = p { Some(*i) } else { None }).collect();
        let parts = match columns.as_slice() {
            [_] => vec![(*code).to_owned()],
            _ => serde_json::from_str::<Vec<String>>(code).ok()?,
        };
        for (column, part) in columns.iter().zip(parts) {
            let column = &relation.columns[*column];
            names.push(column.name.clone());
            shown.push(column.sql_type.padded(&part));
        }
    }
    // The legacy constraint lists its columns in its own order, which is that of the key.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&i| relation.key.iter().position(|&k| relation.columns[k].name == names[i]));
    let pick = |list: &[String]| order.iter().map(|&i| list[i].clone()).collect::<Vec<_>>().join(", ");
    Some(format!("{head}({})=({}){tail}", pick(&names), pick(&shown)))
}

/// Lines of context that name esclusa's own functions, or the new tables, are taken out; the legacy statement would have had none.
fn context(fields: &mut ErrorFields, relations: &[Arc<Relation>]) {
    let Some(context) = fields.get(b'W').and_then(|w| std::str::from_utf8(w).ok()) else { return };
    let targets: Vec<String> = relations.iter().filter(|r| !r.is_retained()).map(|r| r.target_table()).collect();
    let own =
        |line: &str| line.contains("esclusa.") || line.contains("\"assign_") || targets.iter().any(|t| line.contains(t.as_str()));
    if !context.lines().any(own) {
        return;
    }
    let kept: Vec<&str> = context.lines().filter(|l| !own(l)).collect();
    match kept.join("\n") {
        kept if kept.is_empty() => fields.remove(b'W'),
        kept => fields.set(b'W', kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::relation::{Context, Store};
    use crate::rule::file;

    fn relation(text: &str) -> Relation {
        let document = crate::config::document::Document::parse("r.toml".as_ref(), text).unwrap();
        Relation::compile(&file::parse(&document).unwrap(), &Context::new(&Settings::defaults().unwrap()))
    }

    fn padded() -> Relation {
        relation(
            "table = \"tipvalvula\"\nkind = \"lookup\"\ncolumns = [{ name = \"tvalcod\", type = \"character(4)\", null = false }]\n\
             [target]\ndomain = \"TIP_VALVULA\"\n[key]\ncolumns = [\"tvalcod\"]\n",
        )
    }

    #[test]
    fn a_repeated_key_names_the_legacy_table() {
        let relation = padded();
        assert_eq!(relation.columns[0].store, Store::Image("dv_extra_json"));
        let mut fields = ErrorFields::parse(
            b"C23505\0Mduplicate key value violates unique constraint \"uq_domain_value\"\0\
              DKey (dv_domain, dv_code)=(TIP_VALVULA, c7) already exists.\0tdomain_value\0nuq_domain_value\0\0",
        );
        names(&mut fields, &relation);
        let text = |c| String::from_utf8_lossy(fields.get(c).unwrap()).into_owned();
        assert_eq!(text(b'M'), "duplicate key value violates unique constraint \"tipvalvula_pkey\"");
        assert_eq!(text(b'D'), "Key (tvalcod)=(c7  ) already exists.");
        assert_eq!((text(b't'), text(b'n')), ("tipvalvula".into(), "tipvalvula_pkey".into()));
    }

    #[test]
    fn a_partition_has_the_legacy_name_too() {
        let history = relation(
            "table = \"hisx\"\nkind = \"history\"\ncolumns = [{ name = \"id\", type = \"integer\", null = false }]\n\
             [target]\nbase = \"x\"\n[key]\ncolumns = [\"id\"]\n",
        );
        let mut fields = ErrorFields::parse(
            b"C55P03\0Mcould not obtain lock on row in relation \"audit_log_p2026_03\"\0\
              Wwhile locking tuple (0,1) in relation \"audit_log_hist\"\nmy_audit_log_hist\0\0",
        );
        names(&mut fields, &history);
        assert_eq!(fields.get(b'M'), Some(&b"could not obtain lock on row in relation \"hisx\""[..]));
        assert_eq!(fields.get(b'W'), Some(&b"while locking tuple (0,1) in relation \"hisx\"\nmy_audit_log_hist"[..]));
    }

    #[test]
    fn another_new_table_is_no_partition() {
        let mut fields = ErrorFields::parse(b"Mskipping \"domain_value_link\" and \"domain_value\"\0\0");
        names(&mut fields, &padded());
        assert_eq!(fields.get(b'M'), Some(&b"skipping \"domain_value_link\" and \"tipvalvula\""[..]));
    }

    #[test]
    fn names_of_our_own_are_not_shown() {
        let mut fields = ErrorFields::parse(b"Mcolumn \"t.esclusa_ctid_12\" and \"t.esclusa_row_0\" of esclusa_x\0\0");
        private_names(&mut fields);
        assert_eq!(fields.get(b'M'), Some(&b"column \"t.ctid\" and \"t.*\" of esclusa_x"[..]));
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(characters("ñandú x", "ñandú ".len()), 7);
        assert_eq!(characters("ab", 99), 3);
    }

    #[test]
    fn own_functions_leave_no_context() {
        let mut fields = ErrorFields::parse(b"WPL/pgSQL function esclusa.refuse_null(text,text) line 3\nfunction f() line 2\0\0");
        context(&mut fields, &[]);
        assert_eq!(fields.get(b'W'), Some(&b"function f() line 2"[..]));
    }

    #[test]
    fn an_error_behind_a_view_is_one_of_its_table() {
        let mut fields = ErrorFields::parse(
            b"C23505\0WSQL statement \"INSERT INTO cf_quere_pro.domain_value (dv_domain) VALUES ('X')\"\n\
              PL/pgSQL function esclusa.write_tipvalvula() line 10 at SQL statement\n\
              SQL statement \"insert into tipvalvula values (1)\"\0\0",
        );
        assert_eq!(view(&fields).as_deref(), Some("tipvalvula"));
        context(&mut fields, &[Arc::new(padded())]);
        assert_eq!(fields.get(b'W'), Some(&b"SQL statement \"insert into tipvalvula values (1)\""[..]));
        let quoted = ErrorFields::parse(b"Wfunction esclusa.\"write_ingresoscfdi_SAT\"() line 1\0\0");
        assert_eq!(view(&quoted).as_deref(), Some("ingresoscfdi_SAT"));
        assert_eq!(view(&ErrorFields::parse(b"Wfunction f() line 1\0\0")), None);
    }
}
