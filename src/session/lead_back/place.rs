//! Errors whose words depend on a place in the rewritten text, changed to what they would say of the client's text.

use super::told::{Told, byte_of, character, replace};
use crate::relation::value::ASSIGN;
use crate::relation::{CONTROL, LEAVES, Relation};
use crate::rewrite::{CLAUSES, values_of};
use crate::wire::error_response::{ErrorFields, field};

/// An assignment of a type that cannot be cast (source, parse_target.c). In the rewritten text (`rewrite/assign.rs`) it is a
/// function call that the server does not find: the error shows the type in parentheses, and the comment in the call has the rest.
pub(super) fn assignment(fields: &ErrorFields, told: &Told<'_>) -> Option<ErrorFields> {
    let (_, found) = fields.text(field::MESSAGE)?.split_once(ASSIGN).filter(|_| fields.is(field::SQLSTATE, "42883"))?;
    let found = found.split_once('(')?.1.rsplit_once(')')?.0;
    let rewritten = told.outcome.text.as_deref()?;
    let byte = byte_of(rewritten, character(fields)?)?;
    let (column, byte) = rewritten[byte..].strip_prefix(ASSIGN)?.split_once("/*")?.1.split_once("*/")?.0.rsplit_once('@')?;
    let mut columns = told.outcome.rewritten.iter().flat_map(|r| &r.columns);
    let sql_type = &columns.find(|c| c.name == column)?.sql_type;
    let mut out = fields.clone();
    out.set(field::SQLSTATE, "42804");
    out.set(field::MESSAGE, format!("column \"{column}\" is of type {} but expression is of type {found}", sql_type.bare_name()));
    out.set(field::HINT, "You will need to rewrite or cast the expression.");
    out.set(field::POSITION, told.place(byte.parse().ok()?).to_string());
    Some(out)
}

/// Expressions may be rewritten as VALUES (`rewrite/update.rs`, `rewrite/ambiguity.rs`). An error about what neither their clause nor VALUES
/// allows names the clause that the server sees (source, parse_agg.c and parse_func.c). The nearest VALUES before its position tells which it was.
pub(super) fn values_of_clause(fields: &mut ErrorFields, told: &Told<'_>) {
    const OF_OWN_LEVEL: &str = "FROM clause of their own query level";
    let of_place = matches!(fields.get(field::SQLSTATE), Some(b"42803" | b"42P20" | b"0A000"));
    let Some(rewritten) = told.outcome.text.as_deref().filter(|_| of_place) else { return };
    let byte = character(fields).and_then(|at| byte_of(rewritten, at));
    let before = byte.map_or(&[][..], |byte| &rewritten.as_bytes()[..byte]);
    let values = before.windows(6).rposition(|word| word.eq_ignore_ascii_case(b"VALUES"));
    let of = |clause: &&&str| values.is_some_and(|at| rewritten[at..].starts_with(&values_of(clause)));
    if let Some(clause) = CLAUSES.iter().find(of) {
        replace(fields, &[field::MESSAGE], "VALUES", clause);
        replace(fields, &[field::MESSAGE], OF_OWN_LEVEL, clause);
    }
}

/// A bare name that the rewriting has qualified with the only item that can have it (`rewrite/ambiguity.rs`) is shown bare, as
/// errorMissingColumn shows it (source, parse_relation.c).
pub(super) fn bare(fields: &mut ErrorFields, told: &Told<'_>) {
    let Some(rewritten) = told.outcome.text.as_deref().filter(|_| fields.is(field::SQLSTATE, "42703")) else { return };
    let Some(byte) = character(fields).and_then(|at| byte_of(rewritten, at)) else { return };
    let Some((item, rest)) = rewritten[byte..].split_once('.') else { return };
    let name = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())];
    let written = &told.text.as_bytes()[told.outcome.map.to_client(byte).min(told.text.len())..];
    if !name.is_empty() && written.starts_with(name.as_bytes()) {
        let (item, name) = (item.trim_matches('"').replace("\"\"", "\""), name.to_ascii_lowercase());
        replace(fields, &[field::MESSAGE], &format!("{item}.{name}"), &format!("\"{name}\""));
    }
}

/// A legacy name that is hidden by its alias: the server looks in FROM for a table of this name (source, parse_relation.c,
/// errorMissingRTE), and finds the new one.
pub(super) fn aliased(fields: &mut ErrorFields, told: &Told<'_>) {
    let message = fields.get(field::MESSAGE).unwrap_or_default();
    let hidden = |r: &&std::sync::Arc<Relation>| message.ends_with(format!("for table \"{}\"", r.table).as_bytes());
    if fields.is(field::SQLSTATE, "42P01") && told.outcome.rewritten.iter().any(|r| hidden(&r)) {
        replace(fields, &[field::MESSAGE], "missing FROM-clause entry", "invalid reference to FROM-clause entry");
    }
}

/// A syntax error at the new table's name becomes one at the legacy name: the scanner shows the token as it was written.
pub(super) fn syntax(fields: &mut ErrorFields, told: &Told<'_>) {
    let ours =
        |m: &[u8]| [LEAVES, CONTROL].iter().any(|schema| memchr::memmem::find(m, format!("\"{schema}\"").as_bytes()).is_some());
    if fields.get(field::SQLSTATE) != Some(b"42601") || !fields.get(field::MESSAGE).is_some_and(ours) {
        return;
    }
    let Some(byte) = character(fields).and_then(|at| byte_of(told.text, at)) else { return };
    let rest = &told.text[byte..];
    let end = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
        None => rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len()),
    };
    for schema in [LEAVES, CONTROL] {
        replace(fields, &[field::MESSAGE], &format!("\"{schema}\""), &format!("\"{}\"", &rest[..end]));
    }
}

/// Translates the position from the text that the server got to the client's text.
pub(super) fn position(fields: &mut ErrorFields, told: &Told<'_>) {
    let (Some(rewritten), Some(at)) = (told.outcome.text.as_deref(), character(fields)) else { return };
    let byte = byte_of(rewritten, at).unwrap_or(rewritten.len());
    let client = told.outcome.map.to_client(byte);
    fields.set(field::POSITION, told.place(client).to_string());
}
