//! What an error says of a leaf, its key and its indexes, in the names of the legacy table.

use super::told::{Told, replace};
use crate::relation::value::DEAR;
use crate::relation::{CONTROL, LEAVES, Relation, Store};
use crate::rule::ADDED;
use crate::sql::quote::{ident, literal};
use crate::sql::template::SqlPart;
use crate::wire::error_response::{ErrorFields, field};

/// The leaf and its indexes have the names of the legacy table and its indexes. What has to be replaced is the schema, the
/// constraint on the key, the expressions in an index, and words about views.
pub(super) fn legacy_names(fields: &mut ErrorFields, relation: &Relation) {
    if relation.is_retained() {
        return hide_improvement(fields, relation);
    }
    let key = relation.leaf_unique().zip(relation.unique.as_ref()).filter(|(own, _)| fields.is(field::CONSTRAINT, own));
    if let Some((own, unique)) = key {
        let detail = fields.get(field::DETAIL).map(|d| String::from_utf8_lossy(d).into_owned());
        if let Some(detail) = detail.and_then(|d| key_detail(relation, &d)) {
            fields.set(field::DETAIL, detail);
        }
        fields.set(field::CONSTRAINT, unique.legacy.clone());
        replace(fields, &[field::MESSAGE, field::WHERE], &format!("\"{own}\""), &format!("\"{}\"", unique.legacy));
    } else if fields.is(field::SQLSTATE, "23505") && fields.get(field::TABLE) == Some(relation.table.as_bytes()) {
        columns(fields, relation);
    }
    if fields.is(field::SQLSTATE, "23505") {
        without_copied_row(fields, relation);
    }
    if fields.get(field::SCHEMA).is_some_and(|s| s == LEAVES.as_bytes() || s == CONTROL.as_bytes()) {
        fields.set(field::SCHEMA, relation.schema.clone());
    }
    // The server suggests one of the columns that it sees.
    if fields.is(field::SQLSTATE, "42703") && fields.text(field::HINT).is_some_and(|hint| guesses(hint, relation)) {
        fields.remove(field::HINT);
    }
    // A type or relation that the server shows with its schema.
    replace(fields, &[field::MESSAGE, field::WHERE], &relation.view(), &ident(&relation.table));
    replace(fields, &[field::MESSAGE, field::WHERE], &relation.rows(), &ident(&relation.table));
    if fields.is(field::SQLSTATE, "42501") {
        for (view, table) in [("for view", "for table"), ("a la vista", "a la tabla")] {
            let name = |word: &str| format!("{word} {}", relation.table);
            replace(fields, &[field::MESSAGE], &name(view), &name(table));
        }
    }
}

/// COPY FROM stores rows in batches, and has no text any more of the row that repeats a key (source, copyfrom.c, CopyMultiInsertBufferFlush); into a leaf,
/// which has triggers BEFORE INSERT, it stores them one by one, and shows the text.
fn without_copied_row(fields: &mut ErrorFields, relation: &Relation) {
    let of_copy = format!("COPY {}, ", relation.table);
    let line = |context: &str| Some(context.strip_prefix(&of_copy)?.split_once(": ")?.0.to_owned());
    if let Some(line) = fields.text(field::WHERE).and_then(line) {
        fields.set(field::WHERE, of_copy + &line);
    }
}

/// Whether a hint suggests a column of the new table that the legacy table does not have.
fn guesses(hint: &str, relation: &Relation) -> bool {
    let own = relation.target().map(|t| t.columns).unwrap_or_default();
    own.iter().any(|name| relation.position(name).is_none() && hint.contains(&format!(".{name}\"")))
}

/// Replaces the expressions of an index that was carried along by the legacy columns, both as the server prints them.
fn columns(fields: &mut ErrorFields, relation: &Relation) {
    for column in &relation.columns {
        let (name, type_name) = (ident(&column.name), &column.sql_type.name);
        let printed = match column.store {
            Store::Image(image) => printed_image(relation, image, &literal(&column.name), type_name),
            Store::Column(stored) => format!("({stored}::{type_name})"),
            Store::Typed(stored) => stored.to_owned(),
            Store::Same => continue,
        };
        replace(fields, &[field::DETAIL], &printed, &name);
        replace(fields, &[field::DETAIL], printed.trim_start_matches('(').trim_end_matches(')'), &name);
    }
}

/// How the server prints a column that is read from an image; one of a history is read at its true cost (`SqlType::from_dear_image`).
fn printed_image(relation: &Relation, image: &str, key: &str, type_name: &str) -> String {
    let number = relation.target().and_then(|t| t.repeated).filter(|(repeated, _)| *repeated == image).map(|(_, number)| number);
    let read = match number {
        Some(number) => format!(
            "({image} ->>\nCASE\n    WHEN {image} IS NOT NULL THEN {key}::text\n    ELSE ({number} <> ANY ('{DEAR}'::bigint[]))::text\nEND)"
        ),
        None => format!("({image} ->> {key}::text)"),
    };
    match (type_name == "text", number) {
        (true, _) => read,
        (false, None) => format!("({read}::{type_name})"),
        (false, Some(_)) => format!("(({read})::{type_name})"),
    }
}

/// One value too many for a retained history, which only the server could count: it meets `hst_id`, which takes no value, or does not have the type of
/// a column of the improvement. The client gets PostgreSQL's error for its own mistake (source, analyze.c, transformInsertRow).
pub(super) fn one_value_too_many(fields: &mut ErrorFields, told: &Told<'_>) {
    if !told.outcome.rewritten.iter().any(|relation| relation.is_retained()) {
        return;
    }
    let message = fields.text(field::MESSAGE).unwrap_or_default();
    let about = ADDED.into_iter().find(|column| message.contains(&format!("\"{column}\"")));
    // A statement that names the column itself gets the error about it.
    let named = |column: &str| told.text.to_ascii_lowercase().contains(column);
    if matches!(fields.get(field::SQLSTATE), Some(b"428C9" | b"42804")) && about.is_some_and(|column| !named(column)) {
        fields.set(field::SQLSTATE, "42601");
        fields.set(field::MESSAGE, "INSERT has more expressions than target columns");
        fields.remove(field::DETAIL);
        fields.remove(field::HINT);
    }
}

/// Cuts off the two columns that the improvement added, with which the row in an error about a retained table ends.
fn hide_improvement(fields: &mut ErrorFields, relation: &Relation) {
    let about = fields.get(field::TABLE) == Some(relation.table.as_bytes());
    let detail = fields.text(field::DETAIL).filter(|_| about);
    let Some((row, tail)) = detail.and_then(|d| d.rsplit_once(')')) else { return };
    let mut cells = row.rsplitn(3, ", ");
    if let (Some(_), Some(_), Some(kept)) = (cells.next(), cells.next(), cells.next())
        && matches!(fields.get(field::SQLSTATE), Some(b"23502" | b"23514"))
    {
        fields.set(field::DETAIL, format!("{kept}){tail}"));
    }
}

/// `Key (dv_domain, dv_code)=(TIPO_CORREO, 3) already exists.` becomes `Key (tipctipo)=(3) already exists.`; the other words stay
/// in the server's language.
fn key_detail(relation: &Relation, detail: &str) -> Option<String> {
    let (head, rest) = detail.split_once('(')?;
    let (_, rest) = rest.split_once(")=(")?;
    // Values are not quoted: they end with the last parenthesis of the line.
    let (values, tail) = rest.rsplit_once(')')?;
    // What the codes are separated by contains the values that all rows of the leaf share.
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
        let column = |part: &SqlPart| if let SqlPart::Column(i) = part { Some(*i) } else { None };
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
    // The legacy constraint lists its columns in the order of the key.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&i| relation.key.iter().position(|&k| relation.columns[k].name == names[i]));
    let pick = |list: &[String]| order.iter().map(|&i| list[i].clone()).collect::<Vec<_>>().join(", ");
    Some(format!("{head}({})=({}){tail}", pick(&names), pick(&shown)))
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
        legacy_names(&mut fields, &relation);
        let text = |c| String::from_utf8_lossy(fields.get(c).unwrap()).into_owned();
        assert_eq!(text(field::MESSAGE), "duplicate key value violates unique constraint \"tipvalvula_pkey\"");
        assert_eq!(text(field::DETAIL), "Key (tvalcod)=(c7  ) already exists.");
        assert_eq!((text(field::TABLE), text(field::CONSTRAINT)), ("tipvalvula".into(), "tipvalvula_pkey".into()));
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
              DKey ((((al_old_data ->>\nCASE\n    WHEN al_old_data IS NOT NULL THEN 'id'::text\n    ELSE (al_id <> ANY \
              ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::bigint[]))::text\nEND))::numeric(5,0)), al_legacy_at)=(7, 2020-01-01 00:00:00) already exists.\0\0",
        );
        legacy_names(&mut fields, &history);
        assert_eq!(fields.get(field::DETAIL), Some(&b"Key (id, at)=(7, 2020-01-01 00:00:00) already exists."[..]));
        assert_eq!(fields.get(field::SCHEMA), Some(&b"cf_quere_pro"[..]));
    }

    #[test]
    fn a_view_without_rights_is_told_as_the_table() {
        let mut fields = ErrorFields::parse(b"C42501\0Mpermission denied for view tipvalvula\0\0");
        legacy_names(&mut fields, &padded());
        assert_eq!(fields.get(field::MESSAGE), Some(&b"permission denied for table tipvalvula"[..]));
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
}
