//! The proof of a copy under writes: by ranges of blocks, each in a snapshot of its own, row by row, each under its own number. It finds what the
//! checks of [`parity`] find (a missing or doubled number, a row that differs as text, a wrong derived column), including the order of the heap,
//! because a row's number is its place there. Rows that were added later are compared by the place that the trigger noted.
//!
//! [`parity`]: super::super::parity

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Relation;
use crate::sql::quote::qualified;

use super::super::number::Numbers;
use super::super::parity::{self, CheckResult, Parity};
use super::carry::{Carry, blocks};

/// The differences found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    rows: i64,
    differences: i64,
    underived: i64,
    first: Option<String>,
}

impl Findings {
    fn add(&mut self, row: &[Option<String>]) {
        let number = |i: usize| row.get(i).and_then(Option::as_deref).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
        self.rows += number(0);
        self.differences += number(1);
        self.underived += number(2);
        self.first = self.first.take().or_else(|| row.get(3).cloned().flatten());
    }

    fn include(&mut self, other: Findings) {
        self.rows += other.rows;
        self.differences += other.differences;
        self.underived += other.underived;
        self.first = self.first.take().or(other.first);
    }

    /// As the checks of a table, after that of its shape.
    pub(super) fn parity(self, relation: &Relation, shape: CheckResult) -> Parity {
        let rows = match &self.first {
            None => "each equal, in the order of the heap".to_owned(),
            Some(first) => format!("{} differ; the first: {first}", self.differences),
        };
        let derived = format!("{} rows disagree with their image", self.underived);
        let verdicts = vec![
            shape,
            CheckResult { check: "rows", passed: self.differences == 0, detail: rows },
            CheckResult { check: "derived columns", passed: self.underived == 0, detail: derived },
        ];
        Parity { table: relation.table.clone(), rows: self.rows, verdicts }
    }

    /// As the proof of the whole, with the check of changes since.
    pub(super) fn changes(self, proof: &Parity) -> Parity {
        let wrong = self.differences + self.underived;
        let detail = match &self.first {
            _ if wrong == 0 => format!("{} rows were added or changed since, each equal", self.rows),
            first => format!("{wrong} rows that changed since differ; the first: {}", first.as_deref().unwrap_or("-")),
        };
        let mut proof = proof.clone();
        proof.verdicts.push(CheckResult { check: "changes", passed: wrong == 0, detail });
        proof
    }
}

/// Compares the copy of one table.
#[derive(Debug)]
pub(super) struct Proof<'p> {
    pub(super) relation: &'p Relation,
    pub(super) carry: &'p Carry<'p>,
    pub(super) numbers: Numbers,
}

impl Proof<'_> {
    /// The original rows of some blocks.
    pub(super) async fn range(&self, db: &Database, from: i64, to: i64, findings: &mut Findings) -> Result<()> {
        let old = format!(
            "SELECT {} AS number, {} AS image FROM ONLY {} AS t WHERE {} AND {}",
            self.numbers.at("t.ctid"),
            self.old_row(),
            self.relation.legacy_table(),
            blocks("t.ctid", from, to),
            self.carry.is_first("t.ctid"),
        );
        let new = format!(
            "{} WHERE t.{n} > {} AND t.{n} <= {} AND t.{n} <> ALL (ARRAY(SELECT {} FROM {} AS g WHERE NOT g.settled AND {}))",
            self.new_rows(),
            self.numbers.before(from),
            self.numbers.before(to),
            self.numbers.at("g.at"),
            self.carry.gone(),
            blocks("g.at", from, to),
            n = self.carry.number(),
        );
        self.compare(db, &old, &new, findings).await
    }

    /// Added rows, and rows of the table that the trigger has not noted; `since` excludes what an earlier proof has seen.
    pub(super) async fn carried(&self, db: &Database, since: Option<&str>, findings: &mut Findings) -> Result<()> {
        let (carried, legacy) = (self.carry.carried(), self.relation.legacy_table());
        let unseen = |alias: &str| since.map_or_else(String::new, |s| format!(" AND {}", unseen(alias, s)));
        let old = format!(
            "SELECT c.number, {} AS image FROM {carried} AS c JOIN ONLY {legacy} AS t ON t.ctid = c.at WHERE true{}",
            self.old_row(),
            unseen("c"),
        );
        let n = self.carry.number();
        let new = match since {
            None => format!("{} WHERE t.{n} <= {} OR t.{n} > {}", self.new_rows(), self.numbers.first, self.numbers.last()),
            Some(_) => format!("{} JOIN {carried} AS c ON c.number = t.{n} WHERE true{}", self.new_rows(), unseen("c")),
        };
        self.compare(db, &old, &new, findings).await?;
        if since.is_none() {
            let behind = format!("t.ctid >= '({},0)'::tid AND {}", self.numbers.blocks, self.carry.is_first("t.ctid"));
            let old =
                format!("SELECT NULL::bigint AS number, {} AS image FROM ONLY {legacy} AS t WHERE {behind}", self.old_row());
            self.compare(db, &old, "SELECT 0::bigint AS number, ''::text AS image, true AS derived WHERE false", findings)
                .await?;
        }
        Ok(())
    }

    /// Rows that were deleted since an earlier proof, and still exist on one of the two sides.
    pub(super) async fn gone(&self, db: &Database, since: &str, findings: &mut Findings) -> Result<()> {
        let sql = format!(
            "SELECT 0, count(*), 0, 'a deleted row is still there: place ' || min(g.at::text) FROM {gone} AS g WHERE {unseen} AND (NOT g.settled \
             OR EXISTS (SELECT FROM {leaf} AS t WHERE t.{n} = {at}) \
             OR EXISTS (SELECT FROM ONLY {legacy} AS t WHERE t.ctid = g.at AND {first}))",
            gone = self.carry.gone(),
            unseen = unseen("g", since),
            leaf = self.relation.rows(),
            n = self.carry.number(),
            at = self.numbers.at("g.at"),
            legacy = self.relation.legacy_table(),
            first = self.carry.is_first("t.ctid"),
        );
        let counts = format!(
            "SELECT 0, abs(a.n - b.n), 0, CASE WHEN a.n <> b.n THEN format('%s rows were added later, and %s of them are in the leaf', a.n, b.n) END \
             FROM (SELECT count(*) AS n FROM {}) AS a, (SELECT count(*) AS n FROM {} AS t WHERE t.{n} <= {} OR t.{n} > {}) AS b",
            self.carry.carried(),
            self.relation.rows(),
            self.numbers.first,
            self.numbers.last(),
            n = self.carry.number(),
        );
        for row in db.text_of_made(&self.context(), &format!("{sql} UNION ALL {counts}"), &[]).await? {
            findings.add(&row);
        }
        Ok(())
    }

    fn context(&self) -> String {
        format!("proving the copy of {}", self.relation.table)
    }

    fn old_row(&self) -> String {
        let columns: Vec<String> = self.relation.columns.iter().map(|c| qualified("t", &c.name)).collect();
        format!("ROW({})::text", columns.join(", "))
    }

    fn new_rows(&self) -> String {
        let columns: Vec<String> = (0..self.relation.columns.len()).map(|i| self.relation.read(i, Some("t"))).collect();
        let derived = self.relation.target().map_or(&[][..], |t| t.derived).iter().flat_map(|(_, names)| names.iter());
        let wrong: Vec<String> = derived.filter_map(|name| parity::recomputed(self.relation, name)).collect();
        let derived = if wrong.is_empty() { "true".to_owned() } else { format!("NOT ({})", wrong.join(" OR ")) };
        format!(
            "SELECT t.{} AS number, ROW({})::text AS image, {derived} AS derived FROM {} AS t",
            self.carry.number(),
            columns.join(", "),
            self.relation.rows()
        )
    }

    /// Compares the sums of a 64-bit hash of each row with its number: that they are the same on two given sides that differ has a chance of 2^-64.
    /// Which rows differ costs a join of both sides, and is asked for only where some do.
    async fn compare(&self, db: &Database, old: &str, new: &str, findings: &mut Findings) -> Result<()> {
        let sums = |rows: &str, derived: &str| {
            format!(
                "(SELECT count(*) AS n, coalesce(sum(hashtextextended(image, number)), 0) AS hash, {derived} AS underived FROM ({rows}) AS r)"
            )
        };
        let sql = format!(
            "SELECT o.n, ((o.n, o.hash) <> (n.n, n.hash))::int, n.underived, NULL FROM {} AS o, {} AS n",
            sums(old, "0"),
            sums(new, "count(*) FILTER (WHERE NOT derived)"),
        );
        let mut found = Findings::default();
        for row in db.text_of_made(&self.context(), &sql, &[]).await? {
            found.add(&row);
        }
        if found.differences > 0 {
            let differing = self.differing(db, old, new).await?;
            // What differed is a fault also where somebody has changed it in the meantime.
            found.differences = differing.differences.max(1);
            found.first = differing.first.or_else(|| Some("a row that has been changed since".to_owned()));
        }
        findings.include(found);
        Ok(())
    }

    /// The rows that differ.
    async fn differing(&self, db: &Database, old: &str, new: &str) -> Result<Findings> {
        let sql = format!(
            "SELECT count(o.image), count(*) FILTER (WHERE o.image IS DISTINCT FROM n.image), 0, \
               min(left(format('%s <> %s', coalesce(o.image, 'no row'), coalesce(n.image, 'no row')), 240)) \
                 FILTER (WHERE o.image IS DISTINCT FROM n.image) \
             FROM ({old}) AS o FULL JOIN ({new}) AS n ON n.number = o.number"
        );
        let mut found = Findings::default();
        for row in db.text_of_made(&self.context(), &sql, &[]).await? {
            found.add(&row);
        }
        Ok(found)
    }
}

/// The condition that an entry was noted by a transaction that the proof's snapshot did not see.
fn unseen(alias: &str, snapshot: &str) -> String {
    format!(
        "{alias}.by >= pg_snapshot_xmin('{snapshot}'::pg_snapshot) AND NOT pg_visible_in_snapshot({alias}.by, '{snapshot}'::pg_snapshot)"
    )
}
