//! Our own names in an error: columns that the rewriting has added, functions, the schemas of the new tables.

use crate::relation::{CONTROL, KEYS, LEAVES};
use crate::rewrite::PRIVATE;
use crate::wire::error_response::{ErrorFields, field};

/// `t.esclusa_ctid_0` becomes `t.ctid`, and `t.esclusa_row_0` becomes `t.*` (`rewrite/system.rs`).
pub(super) fn private_names(fields: &mut ErrorFields) {
    for code in [field::MESSAGE, field::DETAIL, field::HINT] {
        let Some(text) = fields.text(code).filter(|t| t.contains(PRIVATE)) else {
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

/// Removes lines of context that name esclusa's own functions or the new tables: the legacy statement would not have had them.
pub(super) fn own_context(fields: &mut ErrorFields) {
    let Some(context) = fields.text(field::WHERE) else { return };
    let places = [CONTROL, LEAVES, KEYS].map(|schema| format!("{schema}."));
    let own = |line: &str| line.contains("\"assign_") || places.iter().any(|place| line.contains(place.as_str()));
    if !context.lines().any(own) {
        return;
    }
    let kept: Vec<&str> = context.lines().filter(|l| !own(l)).collect();
    match kept.join("\n") {
        kept if kept.is_empty() => fields.remove(field::WHERE),
        kept => fields.set(field::WHERE, kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_our_own_are_not_shown() {
        let mut fields = ErrorFields::parse(b"Mcolumn \"t.esclusa_ctid_12\" and \"t.esclusa_row_0\" of esclusa_x\0\0");
        private_names(&mut fields);
        assert_eq!(fields.get(field::MESSAGE), Some(&b"column \"t.ctid\" and \"t.*\" of esclusa_x"[..]));
    }

    #[test]
    fn own_functions_leave_no_context() {
        let mut fields = ErrorFields::parse(b"WPL/pgSQL function esclusa.refuse_null(text,text) line 3\nfunction f() line 2\0\0");
        own_context(&mut fields);
        assert_eq!(fields.get(field::WHERE), Some(&b"function f() line 2"[..]));
    }
}
