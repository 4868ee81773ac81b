//! Leads the server's errors about a rewritten statement back to what the client wrote: the position, the names of the legacy table
//! and its constraint, and a context that the client's own statement would not have had.

use crate::relation::value::ASSIGN;
use crate::relation::{CONTROL, KEYS, LEAVES, Relation, Store, control};
use crate::rewrite::{Outcome, PRIVATE, VALUES_OF_SET};
use crate::sql::escape::Added;
use crate::sql::quote::{ident, literal};
use crate::sql::template::Part;
use crate::wire::error_response::ErrorFields;

/// What an error is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// What became of the statement.
    pub outcome: &'t Outcome,
    /// The client's text, as it was read.
    pub text: &'t str,
    /// What the reading has put into it.
    pub added: &'t Added,
    /// The schema of the legacy tables.
    pub schema: &'t str,
    /// The legacy table whose leaf it came from by way of a foreign key, where the statement did not name it.
    pub reached: Option<&'t Relation>,
}

impl Told<'_> {
    /// The number of the character of the client's own text that stands at a byte of the text as it was read.
    fn place(&self, byte: usize) -> usize {
        characters(self.text, byte) - self.added.before(byte)
    }
}

/// The legacy table in whose leaf an error arose.
pub fn leaf(fields: &ErrorFields) -> Option<&str> {
    let table = fields.get(b't').filter(|_| fields.get(b's') == Some(LEAVES.as_bytes()))?;
    std::str::from_utf8(table).ok()
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
            own.set(b'P', told.place(byte).to_string());
        }
        return Some(own);
    }
    if let Some(assignment) = assignment(&fields, told) {
        return Some(assignment);
    }
    values_of_set(&mut fields, told);
    position(&mut fields, told);
    syntax(&mut fields, told);
    for relation in told.outcome.rewritten.iter().map(AsRef::as_ref).chain(told.reached) {
        names(&mut fields, relation);
    }
    aliased(&mut fields, told);
    private_names(&mut fields);
    key_tables(&mut fields, told.schema);
    context(&mut fields);
    (fields != before).then_some(fields)
}

/// Whether an error comes from a key table. It may be that of a statement that names no legacy table at all: a foreign key out of one that
/// has moved lies on its key table, and what keeps key table and leaf equal runs behind whatever the client wrote.
pub fn is_of_keys(body: &[u8]) -> bool {
    OF_KEYS.iter().any(|mark| memchr::memmem::find(body, mark.as_bytes()).is_some())
}

/// The schema of the key tables, and their functions, as a context names them, with or without quotes.
const OF_KEYS: [&str; 7] = [
    KEYS,
    concat!(control!(), ".follow_"),
    concat!(control!(), ".lead_"),
    concat!(control!(), ".hold_"),
    concat!(control!(), ".\"follow_"),
    concat!(control!(), ".\"lead_"),
    concat!(control!(), ".\"hold_"),
];

/// A key table has the legacy table's name, its constraints theirs: what is left is the schema. Statements of the server's own foreign keys
/// quote it (source, ri_triggers.c, quoteRelationName).
fn key_tables(fields: &mut ErrorFields, schema: &str) {
    if fields.get(b's') == Some(KEYS.as_bytes()) {
        fields.set(b's', schema);
    }
    let quoted = format!("\"{}\".", schema.replace('"', "\"\""));
    replace(fields, *b"MW", &format!("\"{KEYS}\"."), &quoted);
    replace(fields, *b"DH", &format!("\"{KEYS}\"."), &quoted);
    replace(fields, *b"DH", &format!("{KEYS}."), "");
    replace(fields, *b"M ", &format!("{KEYS}."), "");
}

/// The legacy table whose view an error comes through: in functions nothing is rewritten, and the function behind the view
/// (`migrate/view.rs`) writes the new table.
pub fn view(fields: &ErrorFields) -> Option<String> {
    let context = std::str::from_utf8(fields.get(b'W')?).ok()?;
    let behind = |mark| context.split_once(mark)?.1.split_once('(').map(|(name, _)| name.trim_end_matches('"').to_owned());
    behind(concat!(control!(), ".write_")).or_else(|| behind(concat!(control!(), ".\"write_")))
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
    out.set(b'P', told.place(byte.parse().ok()?).to_string());
    Some(out)
}

/// The values of SET are written as VALUES (`rewrite/update.rs`): what neither takes, the server calls by the word that it sees (source,
/// parse_agg.c and parse_func.c). The nearest VALUES before the error tells whose it is.
fn values_of_set(fields: &mut ErrorFields, told: &Told<'_>) {
    let of_place = matches!(fields.get(b'C'), Some(b"42803" | b"42P20" | b"0A000"));
    let Some(rewritten) = told.outcome.text.as_deref().filter(|_| of_place) else { return };
    let at = fields.get(b'P').and_then(|p| std::str::from_utf8(p).ok()?.parse::<usize>().ok()?.checked_sub(1));
    let byte = at.and_then(|at| Some(rewritten.char_indices().nth(at)?.0));
    let before = byte.map_or(&[][..], |byte| &rewritten.as_bytes()[..byte]);
    let values = before.windows(6).rposition(|word| word.eq_ignore_ascii_case(b"VALUES"));
    if values.is_some_and(|at| rewritten[at..].starts_with(VALUES_OF_SET)) {
        replace(fields, *b"M ", "VALUES", "UPDATE");
    }
}

/// A legacy name that its alias hides: the server looks for a table of this name in FROM (source, parse_relation.c, errorMissingRTE), and
/// finds the new one.
fn aliased(fields: &mut ErrorFields, told: &Told<'_>) {
    let message = fields.get(b'M').unwrap_or_default();
    let hidden = |r: &&std::sync::Arc<Relation>| message.ends_with(format!("for table \"{}\"", r.table).as_bytes());
    if fields.get(b'C') == Some(b"42P01") && told.outcome.rewritten.iter().any(|r| hidden(&r)) {
        replace(fields, *b"M ", "missing FROM-clause entry", "invalid reference to FROM-clause entry");
    }
}

/// A syntax error at the new table's name is one at the legacy name: the scanner shows the token as it was written.
fn syntax(fields: &mut ErrorFields, told: &Told<'_>) {
    let ours =
        |m: &[u8]| [LEAVES, CONTROL].iter().any(|schema| memchr::memmem::find(m, format!("\"{schema}\"").as_bytes()).is_some());
    if fields.get(b'C') != Some(b"42601") || !fields.get(b'M').is_some_and(ours) {
        return;
    }
    let at = fields.get(b'P').and_then(|p| std::str::from_utf8(p).ok()?.parse::<usize>().ok()?.checked_sub(1));
    let Some(rest) = at.and_then(|at| Some(&told.text[told.text.char_indices().nth(at)?.0..])) else { return };
    let end = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
        None => rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len()),
    };
    for schema in [LEAVES, CONTROL] {
        replace(fields, *b"M ", &format!("\"{schema}\""), &format!("\"{}\"", &rest[..end]));
    }
}

/// `P` counts characters of the text that reached the server, from 1 (manual, section 55.8).
fn position(fields: &mut ErrorFields, told: &Told<'_>) {
    let Some(rewritten) = told.outcome.text.as_deref() else { return };
    let at = fields.get(b'P').and_then(|p| std::str::from_utf8(p).ok()).and_then(|p| p.parse::<usize>().ok());
    let Some(at) = at.filter(|at| *at > 0) else { return };
    let byte = rewritten.char_indices().nth(at - 1).map_or(rewritten.len(), |(i, _)| i);
    let client = told.outcome.map.to_client(byte);
    fields.set(b'P', told.place(client).to_string());
}

/// The number of the character that begins at a byte, from 1.
fn characters(text: &str, byte: usize) -> usize {
    let byte = (0..=byte.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text[..byte].chars().count() + 1
}

/// The leaf has the legacy table's name, and its indexes theirs: what is left is the schema, the constraint over the key, the expressions
/// that an index is on, and that a view is read where a table was.
fn names(fields: &mut ErrorFields, relation: &Relation) {
    if relation.is_retained() {
        return hide_improvement(fields, relation);
    }
    let key = relation.leaf_unique().zip(relation.unique.as_ref()).filter(|(own, _)| fields.get(b'n') == Some(own.as_bytes()));
    if let Some((own, unique)) = key {
        let detail = fields.get(b'D').map(|d| String::from_utf8_lossy(d).into_owned());
        if let Some(detail) = detail.and_then(|d| key_detail(relation, &d)) {
            fields.set(b'D', detail);
        }
        fields.set(b'n', unique.legacy.clone());
        replace(fields, *b"MW", &format!("\"{own}\""), &format!("\"{}\"", unique.legacy));
    } else if fields.get(b'C') == Some(b"23505") && fields.get(b't') == Some(relation.table.as_bytes()) {
        columns(fields, relation);
    }
    if fields.get(b's').is_some_and(|s| s == LEAVES.as_bytes() || s == CONTROL.as_bytes()) {
        fields.set(b's', relation.schema.clone());
    }
    // A type, or a relation, that the server shows with its schema.
    replace(fields, *b"MW", &relation.view(), &ident(&relation.table));
    replace(fields, *b"MW", &relation.rows(), &ident(&relation.table));
    if fields.get(b'C') == Some(b"42501") {
        for (view, table) in [("for view", "for table"), ("a la vista", "a la tabla")] {
            let name = |word: &str| format!("{word} {}", relation.table);
            replace(fields, *b"M ", &name(view), &name(table));
        }
    }
}

/// The expressions of an index that was carried along become the legacy columns, as the server prints both.
fn columns(fields: &mut ErrorFields, relation: &Relation) {
    for column in &relation.columns {
        let (name, type_name) = (ident(&column.name), &column.sql_type.name);
        let printed = match column.store {
            Store::Image(image) if type_name == "text" => format!("({image} ->> {}::text)", literal(&column.name)),
            Store::Image(image) => format!("(({image} ->> {}::text)::{type_name})", literal(&column.name)),
            Store::Column(stored) => format!("({stored}::{type_name})"),
            Store::Typed(stored) => stored.to_owned(),
            Store::Same => continue,
        };
        replace(fields, *b"D ", &printed, &name);
        replace(fields, *b"D ", printed.trim_start_matches('(').trim_end_matches(')'), &name);
    }
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

/// Replaces text in some fields, in whatever language the rest is.
fn replace(fields: &mut ErrorFields, codes: [u8; 2], from: &str, to: &str) {
    for code in codes {
        if let Some(text) = fields.get(code).and_then(|m| std::str::from_utf8(m).ok())
            && text.contains(from)
        {
            let text = text.replace(from, to);
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
    // Between the codes stands what is the same in all rows of the leaf.
    let home = relation.home.as_ref()?;
    let mut between = vec![home.value.clone()];
    let mut fields = Vec::new();
    for field in home.target.unique.iter().filter_map(|name| relation.field(name)) {
        let last = between.last_mut()?;
        last.push_str(", ");
        if field.columns().is_empty() {
            last.push_str(field.render().trim_matches('\''));
        } else {
            between.push(String::new());
            fields.push(field);
        }
    }
    let mut rest = values.strip_prefix(between.first()?)?.strip_suffix(between.last()?)?;
    let mut codes = Vec::new();
    for separator in between.iter().skip(1).take(fields.len().saturating_sub(1)) {
        let (code, behind) = rest.rsplit_once(separator.as_str())?;
        codes.push(code);
        rest = behind;
    }
    codes.push(rest);
    let mut names = Vec::new();
    let mut shown = Vec::new();
    for (field, code) in fields.iter().zip(&codes) {
        let column = |part: &Part| if let Part::Column(i) = part { Some(*i) } else { None };
        let columns: Vec<usize> = field.parts().iter().filter_map(column).collect();
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
fn context(fields: &mut ErrorFields) {
    let Some(context) = fields.get(b'W').and_then(|w| std::str::from_utf8(w).ok()) else { return };
    let places = [CONTROL, LEAVES, KEYS].map(|schema| format!("{schema}."));
    let own = |line: &str| line.contains("\"assign_") || places.iter().any(|place| line.contains(place.as_str()));
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
    use crate::relation::Context;
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
            b"C23505\0Mduplicate key value violates unique constraint \"tipvalvula_code_key\"\0\
              DKey (dv_domain, dv_code)=(TIP_VALVULA, c7) already exists.\0sesclusa_leaf\0ttipvalvula\0ntipvalvula_code_key\0\0",
        );
        names(&mut fields, &relation);
        let text = |c| String::from_utf8_lossy(fields.get(c).unwrap()).into_owned();
        assert_eq!(text(b'M'), "duplicate key value violates unique constraint \"tipvalvula_pkey\"");
        assert_eq!(text(b'D'), "Key (tvalcod)=(c7  ) already exists.");
        assert_eq!((text(b't'), text(b'n')), ("tipvalvula".into(), "tipvalvula_pkey".into()));
    }

    #[test]
    fn an_index_that_was_carried_along_names_the_legacy_columns() {
        let history = relation(
            "table = \"hisx\"\nkind = \"history\"\ncolumns = [{ name = \"id\", type = \"numeric(5,0)\", null = false }, \
             { name = \"at\", type = \"timestamp without time zone\", null = false }]\n\
             [target]\nbase = \"x\"\ntime = \"at\"\n[key]\ncolumns = [\"id\"]\n",
        );
        let mut fields = ErrorFields::parse(
            b"C23505\0Mduplicate key value violates unique constraint \"hisx_pkey\"\0sesclusa_leaf\0thisx\0nhisx_pkey\0\
              DKey (((al_old_data ->> 'id'::text)::numeric(5,0)), al_legacy_at)=(7, 2020-01-01 00:00:00) already exists.\0\0",
        );
        names(&mut fields, &history);
        assert_eq!(fields.get(b'D'), Some(&b"Key (id, at)=(7, 2020-01-01 00:00:00) already exists."[..]));
        assert_eq!(fields.get(b's'), Some(&b"cf_quere_pro"[..]));
    }

    #[test]
    fn a_view_without_rights_is_told_as_the_table() {
        let mut fields = ErrorFields::parse(b"C42501\0Mpermission denied for view tipvalvula\0\0");
        names(&mut fields, &padded());
        assert_eq!(fields.get(b'M'), Some(&b"permission denied for table tipvalvula"[..]));
    }

    #[test]
    fn a_junctions_key_is_that_of_its_columns() {
        let link = relation(
            "table = \"tipfichtao\"\nkind = \"link\"\ncolumns = [{ name = \"a\", type = \"numeric(5,0)\", null = false }, \
             { name = \"b\", type = \"numeric(10,0)\", null = false }, { name = \"c\", type = \"numeric(5,0)\", null = false }]\n\
             [target]\ntype = \"L\"\nsource_domain = \"S\"\nsource = [\"a\", \"b\"]\ntarget_domain = \"T\"\ntarget = [\"c\"]\n\
             [key]\ncolumns = [\"c\", \"a\", \"b\"]\n",
        );
        let detail = "Key (dvl_link_type, ...)=(L, S, [\"1\", \"2\"], T, 3) already exists.";
        assert_eq!(key_detail(&link, detail).as_deref(), Some("Key (c, a, b)=(3, 1, 2) already exists."));
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
        context(&mut fields);
        assert_eq!(fields.get(b'W'), Some(&b"function f() line 2"[..]));
    }

    #[test]
    fn an_error_of_a_key_table_is_one_of_the_legacy_table() {
        let body = b"C23503\0Mupdate or delete on table \"q\" violates foreign key constraint \"c_q\" on table \"c\"\0\
            WSQL statement \"UPDATE esclusa_leaf.c AS t SET x = 1 FROM esclusa_key.c AS m\"\n\
            PL/pgSQL function esclusa.lead_c() line 5 at SQL statement\n\
            SQL statement \"DELETE FROM ONLY \"esclusa_key\".\"c\" WHERE $1 OPERATOR(pg_catalog.=) \"qid\"\"\0sesclusa_key\0tc\0nc_q\0\0";
        let outcome = Outcome::default();
        let added = Added::default();
        let told = |schema| Told { outcome: &outcome, text: "", added: &added, schema, reached: None };
        let fields = lead_back(ErrorFields::parse(body), &told("cf_quere_pro")).unwrap();
        assert_eq!(fields.get(b's'), Some(&b"cf_quere_pro"[..]));
        assert_eq!(
            fields.get(b'W').map(String::from_utf8_lossy).unwrap(),
            "SQL statement \"DELETE FROM ONLY \"cf_quere_pro\".\"c\" WHERE $1 OPERATOR(pg_catalog.=) \"qid\"\""
        );
        assert!(is_of_keys(body) && !is_of_keys(b"C23503\0scf_quere_pro\0Wfunction esclusa.refuse_null() line 1\0\0"));
        let quoted = lead_back(ErrorFields::parse(b"Dtable esclusa_key.\"C\" depends on it\0\0"), &told("Ol\"d")).unwrap();
        assert_eq!(quoted.get(b'D'), Some(&b"table \"C\" depends on it"[..]));
    }

    #[test]
    fn an_error_behind_a_view_is_one_of_its_table() {
        let mut fields = ErrorFields::parse(
            b"C23505\0WSQL statement \"INSERT INTO esclusa_leaf.tipvalvula (dv_domain) VALUES ('X')\"\n\
              PL/pgSQL function esclusa.write_tipvalvula() line 10 at SQL statement\n\
              SQL statement \"insert into tipvalvula values (1)\"\0\0",
        );
        assert_eq!(view(&fields).as_deref(), Some("tipvalvula"));
        context(&mut fields);
        assert_eq!(fields.get(b'W'), Some(&b"SQL statement \"insert into tipvalvula values (1)\""[..]));
        let quoted = ErrorFields::parse(b"Wfunction esclusa.\"write_ingresoscfdi_SAT\"() line 1\0\0");
        assert_eq!(view(&quoted).as_deref(), Some("ingresoscfdi_SAT"));
        assert_eq!(view(&ErrorFields::parse(b"Wfunction f() line 1\0\0")), None);
    }
}
