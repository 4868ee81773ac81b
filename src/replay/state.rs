//! Compares the contents of both sides under the legacy names: each table is read back, ordered by its key, and the two streams are compared row by
//! row. Only rows without a match are held in memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::side::SideAddress;
use crate::error::{Error, Result};
use crate::sql::quote::{ident, qualified};
use crate::twin::answer::Reply;
use crate::twin::client::Client;
use crate::wire::error_response::field;
use crate::wire::frame;
use crate::wire::tag::client;

/// The maximum number of rows without a match that are held.
const UNMATCHED: usize = 100_000;

/// A legacy table, as it is read back.
#[derive(Debug, Clone)]
pub struct Legacy {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// The columns of its key.
    pub key: Vec<String>,
}

/// The result for one legacy name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Rows of each side.
    pub rows: [u64; 2],
    /// The first difference; `None` if they are equal.
    pub difference: Option<String>,
    /// Why they could not be compared.
    pub skipped: Option<String>,
}

/// A row of the left side, and one of the right.
const SIGNS: [i64; 2] = [1, -1];

type Row = Vec<Option<Vec<u8>>>;

/// Compares tables one by one.
pub async fn compare(places: [&SideAddress; 2], database: &[(Vec<u8>, Vec<u8>)], tables: &[Legacy]) -> Result<Vec<Compared>> {
    let mut sides = [places[0].connect(database).await?, places[1].connect(database).await?];
    let mut out = Vec::with_capacity(tables.len());
    for table in tables {
        out.push(one(&mut sides, table).await?);
    }
    Ok(out)
}

async fn one(sides: &mut [Client; 2], legacy: &Legacy) -> Result<Compared> {
    let order = legacy.key.iter().map(|column| ident(column)).collect::<Vec<_>>().join(", ");
    let order = if order.is_empty() { order } else { format!(" ORDER BY {order}") };
    let sql = format!("SELECT * FROM {}{order}", qualified(&legacy.schema, &legacy.table));
    let mut frames = Vec::new();
    frame::write(&mut frames, client::QUERY, &[sql.as_bytes(), &[0]]);
    for side in sides.iter_mut() {
        side.send(&frames).await?;
    }
    let mut reading = [Reading::default(), Reading::default()];
    let mut unmatched: HashMap<Row, i64> = HashMap::new();
    // Alternately, so that two streams in the same order match at once and nothing is held.
    while reading.iter().any(|r| !r.is_over) {
        for (n, side) in sides.iter_mut().enumerate() {
            let Some(row) = reading[n].next(side).await? else { continue };
            match unmatched.entry(row) {
                Entry::Occupied(mut same) => {
                    *same.get_mut() += SIGNS[n];
                    if *same.get() == 0 {
                        same.remove();
                    }
                }
                Entry::Vacant(none) => drop(none.insert(SIGNS[n])),
            }
        }
        if unmatched.len() > UNMATCHED {
            return Err(Error::refused(format!(
                "more than {UNMATCHED} rows of {} have no match on the other side",
                legacy.table
            )));
        }
    }
    Ok(told(&reading, &unmatched))
}

fn told(reading: &[Reading; 2], unmatched: &HashMap<Row, i64>) -> Compared {
    let rows = [reading[0].rows, reading[1].rows];
    let (difference, skipped) = match [&reading[0].error, &reading[1].error] {
        [Some(left), Some(right)] if left.0 == right.0 => (None, Some(left.1.clone())),
        [None, None] => {
            let first = |sign: i64| unmatched.iter().filter(|(_, b)| b.signum() == sign).map(|(row, _)| row).min();
            let told = |row: Option<&Row>| row.map_or("nothing".to_owned(), |row| Reply::Row(row.clone()).to_string());
            let found = (!unmatched.is_empty() || reading[0].columns != reading[1].columns).then(|| {
                let columns = if reading[0].columns == reading[1].columns { String::new() } else { "other columns; ".into() };
                let (left, right) = (told(first(SIGNS[0])), told(first(SIGNS[1])));
                format!("{columns}{} and {} rows\n      left: {left}\n     right: {right}", rows[0], rows[1])
            });
            (found, None)
        }
        [left, right] => {
            let told = |error: &Option<(String, String)>| error.as_ref().map_or("can be read".into(), |e| e.1.clone());
            (Some(format!("left: {}; right: {}", told(left), told(right))), None)
        }
    };
    Compared { rows, difference, skipped }
}

/// The reading state of one side.
#[derive(Debug, Default)]
struct Reading {
    rows: u64,
    columns: Vec<Vec<u8>>,
    /// SQLSTATE and message.
    error: Option<(String, String)>,
    is_over: bool,
}

impl Reading {
    async fn next(&mut self, side: &mut Client) -> Result<Option<Row>> {
        while !self.is_over {
            match side.reply().await? {
                Some(Reply::Row(row)) => {
                    self.rows += 1;
                    return Ok(Some(row));
                }
                Some(Reply::Columns(columns)) => self.columns = columns.into_iter().map(|column| column.name).collect(),
                Some(Reply::Error(error)) => {
                    let text = |code| String::from_utf8_lossy(error.get(code).unwrap_or_default()).into_owned();
                    self.error = Some((text(field::SQLSTATE), text(field::MESSAGE)));
                }
                Some(Reply::Ready(_)) => self.is_over = true,
                Some(_) => {}
                None => return Err(Error::refused("the session that reads the tables back was lost")),
            }
        }
        Ok(None)
    }
}
