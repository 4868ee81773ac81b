//! The numbers of rows in the new tables: those computed from a row's place in the heap when it is copied (each gives the other), and those drawn
//! from a sequence later. If two rows had the same number, the triggers that keep the archive up to date would take them for one.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::target::{self, Target};
use crate::sql::quote::{literal, qualified};

/// A sequence that would give numbers again that rows already have, because it was set back, or rows were loaded without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The sequence, qualified.
    pub sequence: String,
    /// The number that it gave last.
    pub given: i64,
    /// The greatest number of a row.
    pub greatest: i64,
}

/// The sequences of the new tables that are behind.
pub async fn behind(database: &Database, schema: &str) -> Result<Vec<Behind>> {
    let mut behind = Vec::new();
    for Target { table, sequence, .. } in target::ALL {
        let Some(sequence) = sequence else { continue };
        let (table, sequence) = (qualified(schema, table), qualified(schema, sequence));
        let column = format!(
            "SELECT quote_ident(a.attname) FROM pg_depend AS d JOIN pg_attrdef AS f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid \
             JOIN pg_attribute AS a ON a.attrelid = f.adrelid AND a.attnum = f.adnum \
             WHERE d.refobjid = to_regclass({}) AND f.adrelid = to_regclass({})",
            literal(&sequence),
            literal(&table)
        );
        let rows = database.query("looking for the column of a sequence", &column, &[]).await?;
        let Some(column) = rows.first().map(|row| row.get::<_, String>(0)) else { continue };
        // The rows are read first: a concurrent insert draws from the sequence before its row is visible.
        let greatest = format!("SELECT coalesce(max({column}), 0) FROM {table}");
        let greatest: i64 = database.one("looking for the greatest number", &greatest, &[]).await?.get(0);
        let given: i64 = database.one("reading a sequence", &format!("SELECT last_value FROM {sequence}"), &[]).await?.get(0);
        if given < greatest {
            behind.push(Behind { sequence, given, greatest });
        }
    }
    Ok(behind)
}

/// Advances them; returns their previous values.
pub async fn catch_up(database: &Database, schema: &str) -> Result<Vec<Behind>> {
    let found = behind(database, schema).await?;
    for Behind { sequence, greatest, .. } in &found {
        let sql = format!("SELECT setval({0}, greatest({greatest}, last_value)) FROM {sequence}", literal(sequence));
        database.execute("setting a sequence on", &sql, &[]).await?;
    }
    Ok(found)
}

/// The numbers of the rows that a heap had at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The number before the first one.
    pub first: i64,
    /// A block has no more rows than this (source, htup_details.h, `MaxHeapTuplesPerPage`).
    pub per_block: i64,
    /// The heap's blocks at that moment.
    pub blocks: i64,
}

impl Numbers {
    /// The number of the row at a place in the heap.
    pub(super) fn at(&self, place: &str) -> String {
        let sent = place_as_number(place);
        format!("({} + ({sent} >> 16) * {} + ({sent} & 65535))", self.first, self.per_block)
    }

    /// The place of the row with a number; NULL where no place has it.
    pub(super) fn place(&self, number: &str) -> String {
        format!(
            "CASE WHEN {number} > {first} AND {number} <= {last} THEN \
             format('(%s,%s)', ({number} - {first} - 1) / {per}, ({number} - {first} - 1) % {per} + 1)::tid END",
            first = self.first,
            last = self.last(),
            per = self.per_block
        )
    }

    /// The number before the first one of a block.
    pub(super) fn before(&self, block: i64) -> i64 {
        self.first + block * self.per_block
    }

    /// The last number that follows from a place.
    pub(super) fn last(&self) -> i64 {
        self.before(self.blocks)
    }
}

/// A place as a number: four bytes of its block and two of its position (source, tid.c). There is no cast, and this is the fastest way.
pub(super) fn place_as_number(place: &str) -> String {
    format!("('x' || encode(tidsend({place}), 'hex'))::bit(48)::bigint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_in_the_order_of_the_heap_and_none_is_given_twice() {
        let numbers = Numbers { first: 1000, per_block: 291, blocks: 3 };
        assert!(numbers.before(1) + 1 > numbers.before(0) + 291);
        assert_eq!(numbers.last(), 1000 + 3 * 291);
        assert!(numbers.at("r.ctid").contains("r.ctid"));
        assert!(numbers.place("n").contains("1873"));
    }
}
