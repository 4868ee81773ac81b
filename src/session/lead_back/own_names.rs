//! Our own names in an error: columns that the rewriting has added, functions, the schemas of the new tables.

use super::told::Told;
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

/// A schema that the role may not use is the legacy one for whoever has named no other.
pub(super) fn schemas(fields: &mut ErrorFields, told: &Told<'_>) {
    let is_own = |word: &str| [CONTROL, LEAVES].contains(&word);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if !fields.is(field::SQLSTATE, "42501") || told.outcome.text.is_none() || told.text.split(|c| !is_word(c)).any(is_own) {
        return;
    }
    let Some(message) = fields.text(field::MESSAGE) else { return };
    // The name stands at the end, in every language.
    let (head, name) = message.split_at(message.trim_end_matches(is_word).len());
    if is_own(name) {
        let message = format!("{head}{}", told.schema);
        fields.set(field::MESSAGE, message);
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
    use crate::rewrite::Outcome;
    use crate::sql::escape::Added;

    #[test]
    fn names_of_our_own_are_not_shown() {
        let mut fields = ErrorFields::parse(b"Mcolumn \"t.esclusa_ctid_12\" and \"t.esclusa_row_0\" of esclusa_x\0\0");
        private_names(&mut fields);
        assert_eq!(fields.get(field::MESSAGE), Some(&b"column \"t.ctid\" and \"t.*\" of esclusa_x"[..]));
    }

    #[test]
    fn a_schema_without_rights_is_the_legacy_one() {
        let told = |text, message: &str| {
            let outcome = Outcome { text: Some("SELECT".into()), ..Outcome::default() };
            let told = Told { outcome: &outcome, text, added: &Added::default(), schema: "cf_quere_pro", reached: None };
            let mut fields = ErrorFields::parse(format!("C42501\0M{message}\0\0").as_bytes());
            schemas(&mut fields, &told);
            fields.text(field::MESSAGE).map(str::to_owned).unwrap()
        };
        for own in ["esclusa", "esclusa_leaf"] {
            assert_eq!(
                told("lock t", &format!("permission denied for schema {own}")),
                "permission denied for schema cf_quere_pro"
            );
            assert_eq!(told("lock t", &format!("permiso denegado al esquema {own}")), "permiso denegado al esquema cf_quere_pro");
        }
        assert_eq!(told("lock t", "permission denied for table esclusa_leaf_2"), "permission denied for table esclusa_leaf_2");
        assert_eq!(
            told("select 1 from esclusa.t", "permission denied for schema esclusa"),
            "permission denied for schema esclusa"
        );
    }

    #[test]
    fn own_functions_leave_no_context() {
        let mut fields = ErrorFields::parse(b"WPL/pgSQL function esclusa.refuse_null(text,text) line 3\nfunction f() line 2\0\0");
        own_context(&mut fields);
        assert_eq!(fields.get(field::WHERE), Some(&b"function f() line 2"[..]));
    }
}
