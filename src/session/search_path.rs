//! The question for the search path that a session asks on its own, and the answer to it.
//!
//! It must leave no trace in the client's session. A simple Query would destroy the unnamed statement, so it goes by the extended
//! protocol under names of its own, which it frees. Inside a transaction it is SHOW, which takes no snapshot: after a SELECT, SET
//! TRANSACTION would fail (PostgreSQL source, variable.c, check_XactIsoLevel), and REPEATABLE READ would see an older moment.

use crate::wire::frame;

/// Statement and portal; no client has these names.
const NAME: &[u8] = b"esclusa search path\0";
/// Outside of transactions: the schemas that exist and are searched, without the implicit ones, as JSON.
const SCHEMAS: &[u8] = b"SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))\0";
/// In a transaction: the setting, as SET understands it.
const SETTING: &[u8] = b"SHOW search_path\0";

/// The frames of the question, for a session with this transaction status; ReadyForQuery ends the answer.
pub(super) fn question(status: u8) -> Vec<u8> {
    let text = if status == b'I' { SCHEMAS } else { SETTING };
    let close = |out: &mut Vec<u8>| {
        frame::write(out, b'C', &[b"P", NAME]);
        frame::write(out, b'C', &[b"S", NAME]);
    };
    let mut out = Vec::with_capacity(320);
    // A question that failed half way has left its names behind.
    close(&mut out);
    frame::write(&mut out, b'P', &[NAME, text, &[0, 0]]);
    frame::write(&mut out, b'B', &[NAME, NAME, &[0; 6]]);
    frame::write(&mut out, b'E', &[NAME, &[0; 4]]);
    close(&mut out);
    frame::write(&mut out, b'S', &[]);
    out
}

/// The schemas in the body of the answer's DataRow; `None` when it holds none. `user` is whom `$user` stands for.
pub(super) fn schemas(body: &[u8], status: u8, user: &str) -> Option<Vec<String>> {
    // One column: a count, a length, the text.
    let text = body.get(6..)?;
    if status == b'I' { serde_json::from_slice(text).ok() } else { Some(setting(std::str::from_utf8(text).ok()?, user)) }
}

/// Splits a list of identifiers (PostgreSQL source, varlena.c, SplitIdentifierString).
fn setting(text: &str, user: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut name = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut letters = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' if letters.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    _ => name.push(letter),
                }
            }
            rest = &quoted[end..];
        } else {
            let end = rest.find([',', ' ']).unwrap_or(rest.len());
            name = rest[..end].to_lowercase();
            rest = &rest[end..];
        }
        out.push(if name == "$user" { user.to_owned() } else { name });
        rest = rest.trim_start().strip_prefix(',').unwrap_or_default().trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_split_as_postgresql_does() {
        assert_eq!(setting("\"$user\", public", "ana"), ["ana", "public"]);
        assert_eq!(setting(" Cf_Quere_Pro ,\"a, \"\"b\"", "ana"), ["cf_quere_pro", "a, \"b"]);
        assert_eq!(setting("", "ana"), [""; 0]);
        assert_eq!(setting("\"open", "ana"), ["open"]);
    }

    #[test]
    fn both_answers_are_read() {
        assert_eq!(schemas(b"\0\x01\0\0\0\x09[\"a\",\"b\"]", b'I', "ana").unwrap(), ["a", "b"]);
        assert_eq!(schemas(b"\0\x01\0\0\0\x04a, b", b'T', "ana").unwrap(), ["a", "b"]);
        assert_eq!(schemas(b"\0", b'I', "ana"), None);
    }
}
