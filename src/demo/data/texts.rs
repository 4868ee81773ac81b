//! The texts of look-ups: the ids by which rows refer to them, and the table that spells them out.
//!
//! A look-up's description is not in its row but in `tabladesc`, once in each language. Every id of a
//! look-up has exactly one text in each language; the text ids of other tables have none.

use super::filled::{Filled, Row};
use super::sizes::Sizes;
use super::values::{FIRST_STAMP, Field, Values, name_hash};
use crate::catalog::Table;

/// The table that holds the texts.
pub(super) const TEXTS_TABLE: &str = "tabladesc";
/// How many text ids a table may use before they overlap with those of another.
const IDS_PER_TABLE: u64 = 10_000;
/// How many tables can have ids of their own and still fit an `integer`.
const ID_BLOCKS: u64 = 200_000;

/// The first text id of a table. It depends on the name alone, so that it does not change when other tables are removed.
pub(super) fn first_text_id(table: &str) -> u64 {
    (1 + name_hash(table) % ID_BLOCKS) * IDS_PER_TABLE
}

/// Which columns of a look-up refer to a text: those with such a name, and the one named by the plan.
pub(super) fn text_columns(fields: &[Field], found: &str) -> Vec<usize> {
    let is_text_id = |field: &Field| field.is_numeric() && (field.name.contains("txtid") || field.name == found);
    let columns = fields.iter().enumerate().filter(|(_, field)| is_text_id(field));
    columns.map(|(column, _)| column).collect()
}

/// The text of every text id of the look-ups, in Spanish and in English.
pub(super) fn fill_texts<'a>(table: &'a Table, entities: &[Filled], sizes: &Sizes) -> Filled<'a> {
    let fields = Field::all(table);
    let mut values = Values::new(sizes, &table.name);
    let mut rows: Vec<Row> = Vec::new();
    for text_id in entities.iter().flat_map(Filled::text_ids) {
        for language in ["es", "en"] {
            let number = rows.len() + 1;
            let cell = |field: &Field| match field.name {
                "tdid" => Some(number.to_string()),
                "tdidicod" => Some(language.to_owned()),
                "tdtxtid" => text_id.clone(),
                "tddesc" if language == "es" => Some(values.phrase().to_owned()),
                "tddesc" => Some(format!("Text {number}")),
                "tdhstusu" => Some("CONVERSION".to_owned()),
                "tdhsthora" => Some(FIRST_STAMP.to_owned()),
                _ => values.cell(field),
            };
            rows.push(fields.iter().map(cell).collect());
        }
    }
    Filled::new(table, rows)
}
