//! Whether two results are the same to a client: the one comparison of rows, used by mode shadow and by the twin.

use std::collections::HashMap;

use crate::sql::Lexed;

/// Cells as the server sends them; NULL is `None`.
pub type Row = Vec<Option<Vec<u8>>>;

/// How rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// As a multiset: without an order.
    #[default]
    Unordered,
    /// In order.
    Ordered,
    /// Only their number: LIMIT without ORDER BY may return any rows.
    Counted,
}

/// A difference between rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Differ<'r> {
    /// The number of rows in each result.
    pub counts: [usize; 2],
    /// A row that only the first result has, or has at another place.
    pub missing: Option<&'r Row>,
    /// A row that only the second result has.
    pub added: Option<&'r Row>,
}

impl Rows {
    /// How the rows of a statement are compared: in order if it has a top-level ORDER BY; only their number if it has LIMIT without
    /// ORDER BY.
    pub fn of(text: &str) -> Rows {
        let Ok(lexed) = Lexed::new(text) else { return Rows::Unordered };
        let top = |words: &[&str]| lexed.lexemes.iter().any(|l| l.depth == 0 && l.is_any(words));
        match (top(&["ORDER"]), top(&["LIMIT", "FETCH", "OFFSET"])) {
            (true, _) => Rows::Ordered,
            (false, true) => Rows::Counted,
            (false, false) => Rows::Unordered,
        }
    }

    /// The same for two forms of a statement, whose plans may differ: rows with equal ORDER BY keys may come in any order.
    pub fn between_forms(text: &str) -> Rows {
        match Rows::of(text) {
            Rows::Ordered => Rows::Unordered,
            how => how,
        }
    }

    /// The difference; `None` if there is none.
    pub fn difference<'r>(self, old: &'r [Row], new: &'r [Row]) -> Option<Differ<'r>> {
        let counts = [old.len(), new.len()];
        let (missing, added) = match self {
            Rows::Counted => (None, None),
            Rows::Ordered => {
                let at = (0..old.len().max(new.len())).find(|&i| old.get(i) != new.get(i))?;
                (old.get(at), new.get(at))
            }
            Rows::Unordered => unbalanced(old, new),
        };
        (missing.is_some() || added.is_some() || counts[0] != counts[1]).then_some(Differ { counts, missing, added })
    }
}

/// For each side, the first row that the other side has less often.
fn unbalanced<'r>(old: &'r [Row], new: &'r [Row]) -> (Option<&'r Row>, Option<&'r Row>) {
    let mut balance: HashMap<&Row, i64> = HashMap::with_capacity(old.len());
    old.iter().for_each(|row| *balance.entry(row).or_default() += 1);
    new.iter().for_each(|row| *balance.entry(row).or_default() -= 1);
    let first = |sign: i64, rows: &'r [Row]| rows.iter().find(|row| balance.get(row).is_some_and(|b| b.signum() == sign));
    (first(1, old), first(-1, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_a_multiset_unless_an_order_was_asked_for() {
        let rows = |cells: &[&str]| cells.iter().map(|c| vec![Some(c.as_bytes().to_vec())]).collect::<Vec<Row>>();
        let told = |how: Rows, old: &[&str], new: &[&str]| {
            let (old, new) = (rows(old), rows(new));
            how.difference(&old, &new).map(|d| {
                let cell = |row: Option<&Row>| {
                    row.map_or(String::new(), |r| String::from_utf8_lossy(r[0].as_ref().unwrap()).into_owned())
                };
                (d.counts, cell(d.missing), cell(d.added))
            })
        };
        let found = |counts, missing: &str, added: &str| Some((counts, missing.to_owned(), added.to_owned()));
        assert_eq!(told(Rows::Unordered, &["x", "y", "x"], &["x", "x", "y"]), None);
        assert_eq!(told(Rows::Unordered, &["x", "x"], &["x"]), found([2, 1], "x", ""));
        assert_eq!(told(Rows::Unordered, &["x", "y"], &["z", "y"]), found([2, 2], "x", "z"));
        assert_eq!(told(Rows::Ordered, &["x", "y"], &["y", "x"]), found([2, 2], "x", "y"));
        assert_eq!(told(Rows::Ordered, &["x"], &["x", "y"]), found([1, 2], "", "y"));
        assert_eq!(told(Rows::Counted, &["x"], &["y"]), None);
        assert_eq!(told(Rows::Counted, &["x"], &[]), found([1, 0], "", ""));
    }

    #[test]
    fn how_rows_are_compared_is_told_by_the_statement() {
        assert_eq!(Rows::of("select a from t limit 3"), Rows::Counted);
        assert_eq!(Rows::of("select a from t order by a limit 3"), Rows::Ordered);
        assert_eq!(Rows::of("select (select a from t order by 1 limit 1)"), Rows::Unordered);
    }
}
