//! Which legacy table an error belongs to whose statement names none: it arose behind a view, in a leaf or in a key table.

use super::told::replace;
use crate::relation::{KEYS, LEAVES, control};
use crate::wire::error_response::{ErrorFields, field};

/// The legacy table in whose leaf an error arose.
pub fn leaf(fields: &ErrorFields) -> Option<&str> {
    fields.text(field::TABLE).filter(|_| fields.is(field::SCHEMA, LEAVES))
}

/// The legacy table whose view an error was raised behind: functions are not rewritten, and the view's own trigger function
/// (`migrate/view.rs`) writes the new table.
pub fn view(fields: &ErrorFields) -> Option<String> {
    let context = fields.text(field::WHERE)?;
    let behind = |mark| context.split_once(mark)?.1.split_once('(').map(|(name, _)| name.trim_end_matches('"').to_owned());
    behind(concat!(control!(), ".write_")).or_else(|| behind(concat!(control!(), ".\"write_")))
}

/// Whether an error comes from a key table. Its statement may name no legacy table at all: a foreign key of any table on a moved
/// one refers to the key table, and the triggers that keep key table and leaf equal run after any statement.
pub fn is_of_keys(error: &ErrorFields) -> bool {
    let marks = |value: &[u8]| OF_KEYS.iter().any(|mark| memchr::memmem::find(value, mark.as_bytes()).is_some());
    error.0.iter().any(|(_, value)| marks(value))
}

/// How contexts begin the names of key tables and of their functions, with and without quotes.
const OF_KEYS: [&str; 7] = [
    KEYS,
    concat!(control!(), ".follow_"),
    concat!(control!(), ".lead_"),
    concat!(control!(), ".hold_"),
    concat!(control!(), ".\"follow_"),
    concat!(control!(), ".\"lead_"),
    concat!(control!(), ".\"hold_"),
];

/// A key table and its constraints have the names of the legacy table's: only the schema has to go. The statements of the server's
/// own foreign keys quote it (source, ri_triggers.c, quoteRelationName).
pub(super) fn key_tables(fields: &mut ErrorFields, schema: &str) {
    if fields.is(field::SCHEMA, KEYS) {
        fields.set(field::SCHEMA, schema);
    }
    let quoted = format!("\"{}\".", schema.replace('"', "\"\""));
    replace(fields, &[field::MESSAGE, field::WHERE], &format!("\"{KEYS}\"."), &quoted);
    replace(fields, &[field::DETAIL, field::HINT], &format!("\"{KEYS}\"."), &quoted);
    replace(fields, &[field::DETAIL, field::HINT], &format!("{KEYS}."), "");
    replace(fields, &[field::MESSAGE], &format!("{KEYS}."), "");
}
