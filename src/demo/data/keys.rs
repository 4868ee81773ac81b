//! Unique keys: the values of a row's key columns.
//!
//! Codes and record keys must not repeat, yet must look like those of the legacy system: a code 0,
//! leading zeros, a letter or two, keys of up to seven columns. Which columns are a key comes from the
//! plan.

use super::values::{FIRST_DAY, FIRST_SECOND, Field, Kind, clock_text, date_text, stamp_text};

const LETTERS: &str = "ABCDEFGHIJKLMNÑOPQRSTUVWXYZ0123456789";

/// Counts through the values of a key like an odometer, so that no two rows share one.
pub(super) struct Keys<'f> {
    fields: &'f [Field<'f>],
    /// Position and number of values of each key column.
    wheels: Vec<(usize, usize)>,
    /// The smallest digit.
    first: usize,
}

impl<'f> Keys<'f> {
    /// Spreads the wanted number of keys evenly over the named columns, as far as each has enough values.
    ///
    /// If no name is a column of the table, the first column is the key.
    pub(super) fn new(fields: &'f [Field<'f>], key: &[&str], wanted: usize, lookup: bool) -> Self {
        let position = |name: &&str| fields.iter().position(|field| field.name == *name);
        let mut columns: Vec<usize> = key.iter().filter_map(position).collect();
        if columns.is_empty() && !fields.is_empty() {
            columns.push(0);
        }
        let by_number = columns.first().is_some_and(|&column| fields[column].is_numeric());
        // A look-up by number has a code 0, which careless code takes for "none".
        let first = if lookup && by_number { 0 } else { 1 };

        let mut missing = wanted;
        let mut wheels = Vec::with_capacity(columns.len());
        for (turned, &column) in columns.iter().enumerate() {
            let room = capacity(fields[column].kind).saturating_sub(first).max(1);
            let size = root_ceiling(missing, columns.len() - turned).min(room);
            missing = missing.div_ceil(size);
            wheels.push((column, size));
        }
        Self { fields, wheels, first }
    }

    /// The key of the row with this number, as columns and their values; none when all are used.
    pub(super) fn key(&self, row: usize) -> Option<Vec<(usize, String)>> {
        let mut rest = row;
        let mut key = Vec::with_capacity(self.wheels.len());
        for &(column, size) in &self.wheels {
            key.push((column, value(self.fields[column].kind, self.first + rest % size)));
            rest /= size;
        }
        (rest == 0).then_some(key)
    }
}

/// The smallest number, at least 1, whose power is not below the value.
fn root_ceiling(value: usize, power: usize) -> usize {
    if power <= 1 {
        return value.max(1);
    }
    let power = u32::try_from(power).unwrap_or(u32::MAX);
    let mut root: usize = 1;
    while root.saturating_pow(power) < value {
        root += 1;
    }
    root
}

/// How many numbers, from 0 on, have distinct values.
fn capacity(kind: Kind) -> usize {
    match kind {
        Kind::Text { limit: Some(1) } => LETTERS.chars().count(),
        Kind::Text { limit: Some(2..=5) } => 100,
        Kind::Text { .. } => 1_000,
        Kind::Numeric { size: Some((digits, _)) } => 10usize.saturating_pow(digits.min(9)),
        Kind::Boolean => 2,
        _ => 30_000,
    }
}

/// The key value of a number.
fn value(kind: Kind, number: usize) -> String {
    let steps = i64::try_from(number).unwrap_or(i64::MAX);
    match kind {
        Kind::Text { limit: Some(1) } => LETTERS.chars().skip(number).take(1).collect(),
        Kind::Text { limit: Some(2) } => format!("{number:02}"),
        Kind::Text { limit: Some(3..=5) } if number.is_multiple_of(2) => format!("Ñ{number:02}"),
        Kind::Text { limit: Some(3..=5) } => format!("V{number:02}"),
        Kind::Text { .. } => format!("K{number:03}"),
        Kind::Date => date_text(FIRST_DAY + 30 * steps),
        Kind::Timestamp => stamp_text(FIRST_SECOND + 3_600 * steps),
        Kind::Time => clock_text(steps),
        Kind::Bytes => format!("\\x{number:08x}"),
        Kind::Boolean => ["f", "t"].into_iter().skip(number).take(1).collect(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::Column;

    /// How many different keys there are for this number of wanted rows.
    fn check(types: &[&str], wanted: usize, expected: usize) {
        let column = |(number, type_name): (usize, &&str)| Column {
            name: format!("c{number}"),
            type_name: (*type_name).to_owned(),
            not_null: true,
            default: None,
        };
        let columns: Vec<Column> = types.iter().enumerate().map(column).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let fields: Vec<Field> = columns.iter().map(Field::of).collect();
        let keys = Keys::new(&fields, &names, wanted, false);
        let made: Vec<_> = (0..wanted).map_while(|row| keys.key(row)).collect();
        let different: BTreeSet<_> = made.iter().collect();
        assert_eq!((made.len(), different.len()), (expected, expected), "{types:?}");
    }

    #[test]
    fn no_two_rows_share_a_key() {
        check(&["numeric(5,0)"], 437, 437);
        check(&["numeric(5,0)", "character(2)", "date"], 437, 437);
        check(&["character(1)", "numeric(10,0)"], 5_000, 5_000);
        check(&["integer"; 7], 50, 50);
    }

    #[test]
    fn keys_end_where_the_columns_are_full() {
        check(&["character(1)"], 437, 36);
        check(&["character(2)"], 437, 99);
        check(&["numeric(1,0)", "boolean"], 437, 9);
    }

    #[test]
    fn roots_round_up() {
        for (value, power, root) in [(0, 1, 1), (50, 1, 50), (49, 2, 7), (50, 2, 8), (9, 3, 3)] {
            assert_eq!(root_ceiling(value, power), root, "{value} {power}");
        }
    }
}
