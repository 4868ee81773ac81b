//! What carries a client's changes over while its table is copied: a trigger on the legacy table that writes the leaf in the client's own
//! transaction, and two small tables beside it.
//!
//! Every row has a number in the leaf. A row that was in the table when the trigger was attached is numbered by its place in the heap
//! ([`Numbers`]), so the trigger finds its copy without a key, and the copies are in the heap's order. A later row gets a number from the sequence,
//! and `carried` maps its place to it. When a client deletes a row before or while its block is copied, its place is recorded in `gone`, and the
//! row is removed from the leaf after the block has been copied.

use crate::relation::{CONTROL, Relation};
use crate::sql::quote::{ident, literal, qualified};

use super::super::foreign_key::bounded;
use super::super::number::Numbers;

/// The objects beside a table while it is copied.
#[derive(Debug)]
pub(super) struct Carry<'r> {
    relation: &'r Relation,
    numbers: Numbers,
}

impl<'r> Carry<'r> {
    pub(super) fn new(relation: &'r Relation, numbers: Numbers) -> Self {
        Carry { relation, numbers }
    }

    fn name(&self, what: &str) -> String {
        qualified(CONTROL, &bounded(format!("{what}_{}", self.relation.table)))
    }

    /// Rows added while the table was copied: their place, and their number in the leaf.
    pub(super) fn carried(&self) -> String {
        carried(&self.relation.table)
    }

    /// Places of original rows that were deleted; `settled` where the leaf has no copy of them.
    pub(super) fn gone(&self) -> String {
        self.name("gone")
    }

    pub(super) fn function(&self) -> String {
        self.name("carry")
    }

    /// The column of the leaf with a row's number.
    pub(super) fn number(&self) -> &'static str {
        self.relation.number()
    }

    /// Creates the two tables and the function. Each entry notes the transaction's number, which tells what was written after a proof's snapshot.
    pub(super) fn creation(&self, owner: &str) -> String {
        let (carried, gone, function, owner) = (self.carried(), self.gone(), self.function(), ident(owner));
        format!(
            "CREATE TABLE {carried} (at tid PRIMARY KEY, number bigint NOT NULL UNIQUE, by xid8 NOT NULL DEFAULT pg_current_xact_id());\n\
             CREATE TABLE {gone} (at tid NOT NULL, settled boolean NOT NULL, by xid8 NOT NULL DEFAULT pg_current_xact_id());\n\
             ALTER TABLE {gone} REPLICA IDENTITY FULL;\n\
             CREATE INDEX ON {carried} (by);\nCREATE INDEX ON {gone} (by);\nCREATE INDEX ON {gone} (at) WHERE NOT settled;\n\
             CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {};\n\
             REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\nREVOKE ALL ON {carried}, {gone} FROM PUBLIC;\n\
             ALTER TABLE {carried} OWNER TO {owner};\nALTER TABLE {gone} OWNER TO {owner};\nALTER FUNCTION {function}() OWNER TO {owner};\n",
            literal(&self.body())
        )
    }

    /// Attaches the trigger, which takes SHARE ROW EXCLUSIVE: from then on no change of the table is missed. ENABLE ALWAYS: a session with
    /// `session_replication_role = replica` writes the table too.
    pub(super) fn attaching(&self) -> String {
        let (legacy, function) = (self.relation.legacy_table(), self.function());
        format!(
            "CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON {legacy} FOR EACH ROW EXECUTE FUNCTION {function}();\n\
             ALTER TABLE {legacy} ENABLE ALWAYS TRIGGER {TRIGGER};\n"
        )
    }

    /// Removes all of it (the trigger also where the table has got another name) except the table of added rows, which maps rows of the leaf to places in the archive (`migrate/keep.rs`).
    pub(super) fn removal(&self) -> String {
        format!(
            "DROP TRIGGER IF EXISTS {TRIGGER} ON {};\nDROP FUNCTION IF EXISTS {}() CASCADE;\nDROP TABLE IF EXISTS {};\n",
            self.relation.legacy_table(),
            self.function(),
            self.gone()
        )
    }

    fn body(&self) -> String {
        let (columns, values): (Vec<&str>, Vec<String>) = self.relation.copy("new").into_iter().unzip();
        let (leaf, number, carried) = (self.relation.rows(), self.number(), self.carried());
        format!(
            "DECLARE\n  place bigint;\nBEGIN\n  IF TG_OP <> 'INSERT' THEN\n    \
             DELETE FROM {carried} WHERE at = old.ctid RETURNING number INTO place;\n    \
             IF FOUND THEN\n      DELETE FROM {leaf} WHERE {number} = place;\n    ELSE\n      \
             DELETE FROM {leaf} WHERE {number} = {};\n      INSERT INTO {} (at, settled) VALUES (old.ctid, FOUND);\n    END IF;\n  END IF;\n  \
             IF TG_OP <> 'DELETE' THEN\n    INSERT INTO {leaf} ({}) VALUES ({}) RETURNING {number} INTO place;\n    \
             INSERT INTO {carried} AS c (at, number) VALUES (new.ctid, place)\n      \
             ON CONFLICT (at) DO UPDATE SET number = excluded.number, by = excluded.by;\n  END IF;\n  RETURN NULL;\nEND",
            self.numbers.at("old.ctid"),
            self.gone(),
            columns.join(", "),
            values.join(", "),
        )
    }

    /// Copies the rows of some blocks, except those that the trigger has carried already.
    pub(super) fn copy(&self, from: i64, to: i64) -> String {
        let (columns, values): (Vec<&str>, Vec<String>) = self.relation.copy("r").into_iter().unzip();
        format!(
            "INSERT INTO {} ({}, {}) SELECT {}, {} FROM ONLY {} AS r WHERE {} AND {}",
            self.relation.rows(),
            self.number(),
            columns.join(", "),
            self.numbers.at("r.ctid"),
            values.join(", "),
            self.relation.legacy_table(),
            blocks("r.ctid", from, to),
            self.is_first("r.ctid"),
        )
    }

    /// The condition that the row at a place is an original row.
    pub(super) fn is_first(&self, place: &str) -> String {
        format!("NOT EXISTS (SELECT FROM {} AS c WHERE c.at = {place})", self.carried())
    }

    /// Removes from the leaf the rows that were deleted before or while their block was copied.
    pub(super) fn settle(&self, copied: i64) -> String {
        format!(
            "WITH g AS (UPDATE {} SET settled = true WHERE NOT settled AND {} RETURNING at) DELETE FROM {} AS t USING g WHERE t.{} = {}",
            self.gone(),
            blocks("at", 0, copied),
            self.relation.rows(),
            self.number(),
            self.numbers.at("g.at")
        )
    }
}

/// The table that maps the numbers of added rows to their places in the heap.
pub fn carried(table: &str) -> String {
    qualified(CONTROL, &bounded(format!("carried_{table}")))
}

/// The trigger on the legacy table.
pub(super) const TRIGGER: &str = "esclusa_carry";

/// The condition that a place is in these blocks; `to` is exclusive.
pub(super) fn blocks(place: &str, from: i64, to: i64) -> String {
    format!("{place} >= '({from},0)'::tid AND {place} < '({to},0)'::tid")
}
