//! Moves a large history while it is written: the leaf is built beside it, by ranges of the heap's blocks, and a trigger keeps it current in the
//! clients' own transactions (`carry`). No row is locked, no snapshot grows old, and what has been copied is kept: a run that was interrupted,
//! however, is continued. When the leaf is proven (`proof`) and indexed, it waits until it takes the table's place (`migrate/run.rs`); what has
//! changed since is proven there.
//!
//! The progress of a copy is stored (`esclusa.copy`), each change in the transaction that reached it.

mod carry;
mod give_way;
mod older;
mod proof;
pub mod work;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::{CONTROL, LEAVES, Relation};
use crate::sql::quote::{ident, literal, qualified};

use super::foreign_key::bounded;
use super::ledger;
use super::machine::{State, Step};
use super::number::Numbers;
use super::object::concurrently;
use super::parity::{self, Parity};
use super::quiet::{Locked, Pace, attempt};
use super::reads::{self, Why};
use super::{leaf, roles};
use carry::Carry;
pub use carry::carried;
use proof::{Findings, Proof};
pub use work::{Progress, Silent, Throttle, Told, Work};

/// How many numbers of the sequence are skipped when numbers are reserved: other sessions may draw some between the two calls.
const MARGIN: i64 = 100_000;

/// A copy that was begun.
pub struct Online<'o> {
    work: Work<'o>,
    db: &'o Database,
    relation: &'o Relation,
    pace: &'o Pace,
    told: &'o dyn Told,
    numbers: Numbers,
    filenode: u32,
    next: i64,
    /// The snapshot of the last proof, if any.
    proven: Option<String>,
    /// How long this step has waited for clients.
    waited: Duration,
}

impl<'o> Online<'o> {
    /// Begins to copy a table, or continues a copy that was begun.
    pub async fn begin(work: Work<'o>) -> Result<Online<'o>> {
        let Work { db, relation, pace, told, .. } = work;
        if let Some(copy) = Self::found(work).await? {
            if copy.is_whole().await? {
                return Ok(copy);
            }
            told.word(&format!(
                "copying {}: begun again, because the table has changed in a way that makes the copy useless",
                relation.table
            ));
            abandon(work).await?;
        }
        let context = format!("beginning to copy {}", relation.table);
        let tables = [relation.legacy_table()];
        let begin = async |_: &Database, locked: &Locked| {
            locked.begins();
            start(work, &context).await
        };
        attempt(db, pace, &context, &tables, &|t| told.word(t), begin).await
    }

    async fn found(work: Work<'o>) -> Result<Option<Online<'o>>> {
        let Work { db, relation, pace, told, .. } = work;
        let sql = format!(
            "SELECT first_number, rows_per_block, blocks, filenode::oid, next_block, proven::text FROM {CONTROL}.copy WHERE legacy_table = $1"
        );
        let rows = db.query("reading the ledger", &sql, &[&relation.table]).await?;
        Ok(rows.first().map(|row| Online {
            work,
            db,
            relation,
            pace,
            told,
            numbers: Numbers { first: row.get(0), per_block: row.get(1), blocks: row.get(2) },
            filenode: row.get(3),
            next: row.get(4),
            proven: row.get(5),
            waited: Duration::ZERO,
        }))
    }

    fn carry(&self) -> Carry<'o> {
        Carry::new(self.relation, self.numbers)
    }

    /// The numbers of the rows that the table had when the copy began.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }

    fn context(&self, doing: &str) -> String {
        format!("{doing} {}", self.relation.table)
    }

    /// Whether the trigger, the leaf and the tables beside it exist, and the heap is still the one that the copy began with.
    async fn is_whole(&self) -> Result<bool> {
        let sql = format!(
            "SELECT to_regclass({}) IS NOT NULL AND to_regclass({}) IS NOT NULL AND to_regclass({}) IS NOT NULL \
               AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass({legacy}) AND tgname = '{}' AND tgenabled = 'A') \
               AND pg_relation_filenode(to_regclass({legacy})) = {}",
            literal(&self.relation.rows()),
            literal(&self.carry().carried()),
            literal(&self.carry().gone()),
            carry::TRIGGER,
            self.filenode,
            legacy = literal(&self.relation.legacy_table()),
        );
        Ok(self.db.one(&self.context("looking at the copy of"), &sql, &[]).await?.get::<_, Option<bool>>(0).unwrap_or(false))
    }

    /// Copies what is not copied yet. The notes are about indexes that cannot be carried.
    pub async fn copy(&mut self) -> Result<Vec<String>> {
        give_way::begin(self.work).await?;
        let (begun, resumed) = (Instant::now(), self.next);
        self.waited = Duration::ZERO;
        let (mut step, mut rows) = (64, 0);
        while self.next < self.numbers.blocks {
            self.waited += give_way::give_way(self.work, "copying").await?;
            let (from, to) = (self.next, (self.next + step).min(self.numbers.blocks));
            let started = Instant::now();
            rows += self.chunk(from, to).await?;
            self.next = to;
            self.progress("copying", (resumed, to), rows, begun);
            let wanted = self.pace.chunk.as_secs_f64() / started.elapsed().as_secs_f64().max(0.001);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a number of blocks")]
            let next = (step as f64 * wanted.clamp(0.25, 2.0)) as i64;
            step = next.clamp(1, 65_536);
        }
        self.db.batch(&self.context("settling the copy of"), &self.carry().settle(self.numbers.blocks)).await?;
        self.waited = Duration::ZERO;
        let notes = self.index(begun).await?;
        let context = self.context("copying");
        // Sessions that a proof has allowed to read the copy continue while it is proven again.
        let write = async |db: &Database| match ledger::state(db, self.work.context, &self.relation.table).await? {
            State::Reads => Ok(()),
            _ => self.work.ledger(Step::Copied, None).await.map(|_| ()),
        };
        self.db.transaction(&context, write).await?;
        Ok(notes)
    }

    async fn chunk(&self, from: i64, to: i64) -> Result<u64> {
        let context = self.context("copying");
        self.db
            .transaction(&context, async |db| {
                let rows = db.execute(&context, &self.carry().copy(from, to), &[]).await?;
                self.refuse_rewritten(db).await?;
                let sql = format!(
                    "UPDATE {CONTROL}.copy SET next_block = {to}, row_count = row_count + {rows}, proven = NULL, at = clock_timestamp() \
                     WHERE legacy_table = {} AND next_block = {from}",
                    literal(&self.relation.table)
                );
                match db.execute(&context, &sql, &[]).await? {
                    1 => Ok(rows),
                    _ => Err(Error::refused(format!("{context}: another process is copying it as well"))),
                }
            })
            .await
    }

    /// The table may have a new heap (TRUNCATE, CLUSTER, VACUUM FULL, an ALTER that rewrites it): then every place belongs to another row.
    async fn refuse_rewritten(&self, db: &Database) -> Result<()> {
        let sql =
            format!("SELECT pg_relation_filenode({}::regclass) = {}", literal(&self.relation.legacy_table()), self.filenode);
        match db.one(&self.context("looking at the heap of"), &sql, &[]).await?.get::<_, Option<bool>>(0) {
            Some(true) => Ok(()),
            _ => Err(Error::Refused {
                message: format!("{}: the table was rewritten while it was copied", self.relation.table),
                detail: None,
                hint: Some("migrate it again: it will be copied again".into()),
            }),
        }
    }

    fn progress(&self, step: &'static str, (from, done): (i64, i64), rows: u64, begun: Instant) {
        let (table, of) = (self.relation.table.clone(), self.numbers.blocks);
        let (elapsed, waited) = (begun.elapsed(), self.waited);
        self.told.progress(&Progress { step, table, from, done, of, rows, elapsed, waited });
    }

    /// Builds the indexes of the legacy table and of the new table while clients write, so that attaching has nothing to build.
    async fn index(&self, begun: Instant) -> Result<Vec<String>> {
        let context = self.context("indexing");
        let leaf = literal(&self.relation.rows());
        let [carried, now] = self.indexes(self.db).await?;
        let there = format!(
            "SELECT format('%I', c.relname), i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass({leaf})"
        );
        let mut valid = Vec::new();
        for row in self.db.query(&context, &there, &[]).await? {
            let name: String = row.get(0);
            match row.get::<_, bool>(1) {
                // Also one of the new table, which no index of the legacy table has the name of.
                true if carried.get(&name) == now.get(&name) => valid.push(name),
                // Its definition has changed since; or a killed process left it unfinished.
                _ => self.db.batch(&context, &format!("DROP INDEX CONCURRENTLY {LEAVES}.{name}")).await?,
            }
        }
        let mut notes = Vec::new();
        let mut wanted = self.of_the_parent().await?;
        for index in leaf::indexes(self.db, &self.relation.legacy_table()).await? {
            match leaf::carried(self.relation, &index) {
                Ok(carried) => {
                    notes.extend(carried.note);
                    wanted.push((ident(&carried.name), carried.creation, carried.clustering));
                }
                Err(why) => notes.push(why),
            }
        }
        let mut parts = (0, i64::try_from(wanted.len()).unwrap_or(1).max(1));
        for (name, creation, clustering) in wanted {
            let context = format!("{context} ({name})");
            self.progress("indexing", (0, self.numbers.blocks * parts.0 / parts.1), 0, begun);
            parts.0 += 1;
            if !valid.contains(&name) {
                let statement = concurrently(&creation);
                tokio::select! {
                    biased;
                    made = self.db.batch(&context, &statement) => made?,
                    // If this fails, nothing is reported, and the index is built all the same.
                    _ = async { (self.tell_who_is_waited_for().await, std::future::pending::<()>().await) } => {}
                }
            }
            if let Some(clustering) = clustering {
                self.db.batch(&context, &clustering).await?;
            }
        }
        let remember = format!("UPDATE {CONTROL}.copy SET indexes = $2::text::jsonb WHERE legacy_table = $1");
        self.db.execute(&context, &remember, &[&self.relation.table, &serde_json::json!(now).to_string()]).await?;
        self.db.batch(&context, &leaf::analysis(self.relation)).await?;
        Ok(notes)
    }

    /// The legacy table's indexes, by name, as they were when they were carried, and as they are.
    async fn indexes(&self, db: &Database) -> Result<[BTreeMap<String, String>; 2]> {
        let sql = format!(
            "SELECT coalesce((SELECT indexes::text FROM {CONTROL}.copy WHERE legacy_table = $1), '{{}}'), \
               (SELECT coalesce(jsonb_object_agg(format('%I', c.relname), pg_get_indexdef(c.oid)), '{{}}')::text \
                FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass($2) AND i.indisvalid)"
        );
        let row = db
            .one(&self.context("looking at the indexes of"), &sql, &[&self.relation.table, &self.relation.legacy_table()])
            .await?;
        let read =
            |i: usize| serde_json::from_str(row.get(i)).map_err(|e| Error::refused(format!("{CONTROL}.copy: indexes: {e}")));
        Ok([read(0)?, read(1)?])
    }

    /// Whether the legacy table has other indexes than those that were carried: then there is more to carry before it can move.
    pub async fn lacks_an_index(&self, db: &Database) -> Result<bool> {
        let [carried, now] = self.indexes(db).await?;
        Ok(carried != now && !db.is_rehearsal())
    }

    /// An index that is built while others write waits for every transaction that might see the table without it, however long that takes (manual,
    /// CREATE INDEX). Nobody waits for the index; the transactions that it waits for are reported.
    async fn tell_who_is_waited_for(&self) -> Result<std::convert::Infallible> {
        const AGAIN: Duration = Duration::from_secs(5);
        let sql = "SELECT format('%s%s%s, in a transaction for %s s (pid %s)', coalesce(a.usename::text, a.backend_type), \
                     CASE WHEN a.application_name <> '' THEN ' with ' || a.application_name ELSE '' END, coalesce(', ' || a.state, ''), \
                     round(extract(epoch FROM clock_timestamp() - a.xact_start)), a.pid) \
                   FROM pg_stat_progress_create_index AS p JOIN pg_stat_activity AS a ON a.pid = p.current_locker_pid \
                   WHERE p.relid = to_regclass($1)";
        let context = self.context("looking for who is waited for by an index of");
        tokio::time::sleep(AGAIN).await;
        let beside = self.db.beside().await?;
        loop {
            for row in beside.query(&context, sql, &[&self.relation.rows()]).await? {
                self.told.word(&format!("indexing {}: waiting for {}", self.relation.table, row.get::<_, String>(0)));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// The indexes of the new table, for the leaf.
    async fn of_the_parent(&self) -> Result<Vec<(String, String, Option<String>)>> {
        let Some(target) = self.relation.target() else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
             WHERE i.indrelid = {}::regclass AND NOT i.indisprimary ORDER BY c.oid",
            literal(&qualified(&self.relation.schema, target.table))
        );
        let mut out = Vec::new();
        for row in self.db.query(&self.context("indexing"), &sql, &[]).await? {
            let (index, definition): (String, String) = (row.get(0), row.get(1));
            let name = ident(&bounded(format!("esclusa_{}_{index}", self.relation.table)));
            if let Some((_, rest)) = definition.split_once(" USING ") {
                out.push((name.clone(), format!("CREATE INDEX {name} ON {} USING {rest}", self.relation.rows()), None));
            }
        }
        Ok(out)
    }

    /// Proves the whole copy, and stores the snapshot of the proof. A proof that fails removes the copy.
    pub async fn prove(&mut self) -> Result<Parity> {
        let begun = Instant::now();
        self.waited = Duration::ZERO;
        let context = self.context("proving the copy of");
        let shape = parity::shape(self.db, self.relation, &self.relation.legacy_table()).await?;
        let mut findings = Findings::default();
        let carry = self.carry();
        let proof = Proof { relation: self.relation, carry: &carry, numbers: self.numbers };
        let mut step = 256;
        let mut from = 0;
        while from < self.numbers.blocks {
            self.waited += give_way::give_way(self.work, "proving").await?;
            let to = (from + step).min(self.numbers.blocks);
            let started = Instant::now();
            proof.range(self.db, from, to, &mut findings).await?;
            from = to;
            self.progress("proving", (0, from), 0, begun);
            step = if started.elapsed() < self.pace.chunk { (step * 2).min(65_536) } else { (step / 2).max(1) };
        }
        let snapshot = self
            .db
            .transaction(&context, async |db| {
                db.batch(&context, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                let snapshot: String = db.one(&context, "SELECT pg_current_snapshot()::text", &[]).await?.get(0);
                proof.carried(db, None, &mut findings).await?;
                self.refuse_rewritten(db).await?;
                Ok(snapshot)
            })
            .await?;
        let parity = findings.parity(self.relation, shape);
        if parity.holds() {
            let sql = format!(
                "UPDATE {CONTROL}.copy SET proven = $2::text::pg_snapshot, at = clock_timestamp() WHERE legacy_table = $1"
            );
            self.db
                .transaction(&context, async |db| {
                    db.execute(&context, &sql, &[&self.relation.table, &snapshot]).await?;
                    self.work.ledger(Step::Prove, Some(parity.rows)).await
                })
                .await?;
            self.proven = Some(snapshot);
        }
        Ok(parity)
    }

    /// Makes the copy ready to be read: waits for older transactions, and removes the rows that these have deleted and could not find in the copy. A later
    /// one finds every row.
    pub async fn settle(&self) -> Result<()> {
        older::wait(self.work).await?;
        self.db.batch(&self.context("settling the copy of"), &self.carry().settle(self.numbers.blocks)).await
    }

    /// In the transaction that moves the table, which nobody can write any more: changes since the proof are applied and proven, the trigger is
    /// dropped, and the leaf is attached to the new table.
    pub async fn hand_over(&self, db: &Database, parity: &Parity) -> Result<Parity> {
        let context = self.context("handing over");
        let Some(since) = &self.proven else { return Err(Error::refused(format!("{context}: it has not been proven"))) };
        self.refuse_rewritten(db).await?;
        let carry = self.carry();
        db.batch(&context, &carry.settle(self.numbers.blocks)).await?;
        let mut findings = Findings::default();
        let proof = Proof { relation: self.relation, carry: &carry, numbers: self.numbers };
        proof.carried(db, Some(since), &mut findings).await?;
        proof.gone(db, since, &mut findings).await?;
        let last = findings.changes(parity);
        if last.holds() {
            let end = format!("DELETE FROM {CONTROL}.copy WHERE legacy_table = {}", literal(&self.relation.table));
            db.batch(&context, &[carry.removal(), leaf::attaching(self.relation), end].join("\n")).await?;
        }
        Ok(last)
    }
}

/// The short transaction that begins a copy: nobody writes while the trigger is attached, and every later write fires it.
async fn start<'o>(work: Work<'o>, context: &str) -> Result<Online<'o>> {
    let Work { db, run, relation, pace, told, .. } = work;
    let legacy = relation.legacy_table();
    db.batch(context, &format!("LOCK TABLE {legacy} IN SHARE ROW EXCLUSIVE MODE")).await?;
    // 24 bytes of a page's header, and at least 24 of a tuple's with 4 of its pointer.
    let sql = "SELECT pg_get_userbyid(relowner)::text, pg_relation_filenode(oid), pg_relation_size(oid) / current_setting('block_size')::bigint, \
               (current_setting('block_size')::bigint - 24) / 28 FROM pg_class WHERE oid = to_regclass($1)";
    let row = db.one(context, sql, &[&legacy]).await?;
    let (owner, filenode): (String, u32) = (row.get(0), row.get(1));
    let (blocks, per_block): (i64, i64) = (row.get(2), row.get(3));
    let sequence = relation.target().and_then(|t| t.sequence).unwrap_or_default();
    let sequence = qualified(&relation.schema, sequence);
    let last = format!("SELECT last_value FROM {sequence}");
    let sequence = literal(&sequence);
    let next = db.change(context, &format!("SELECT nextval({sequence})"), &[], (&last, &[])).await?;
    let first = next.get::<_, i64>(0) + MARGIN;
    let numbers = Numbers { first, per_block, blocks };
    db.execute(context, &format!("SELECT setval({sequence}, {})", numbers.last() + 1), &[]).await?;
    let carry = Carry::new(relation, numbers);
    db.batch(context, &[leaf::creation(relation), primary(db, relation, context).await?].concat()).await?;
    db.will_be(&relation.rows(), &legacy);
    roles::give(db, &[(format!("TABLE {}", relation.rows()), LEAVES)], &owner).await?;
    roles::while_creating(db, &[CONTROL], &[&owner], async |db| db.batch(context, &carry.creation(&owner)).await).await?;
    let ledger = format!(
        "INSERT INTO {CONTROL}.copy (legacy_table, run_id, filenode, blocks, first_number, rows_per_block) \
         VALUES ({}, {run}, {filenode}, {blocks}, {first}, {per_block});",
        literal(&relation.table)
    );
    let compared = crate::control::forget_comparisons(&relation.table);
    db.batch(context, &[carry.attaching(), ledger, compared].concat()).await?;
    work.ledger(Step::Copy, None).await?;
    Ok(Online { work, db, relation, pace, told, numbers, filenode, next: 0, proven: None, waited: Duration::ZERO })
}

/// The new table's primary key, on the leaf: the trigger finds rows by their numbers. It does not take the usual name, because the legacy table's
/// own key may have it and is carried over too.
async fn primary(db: &Database, relation: &Relation, context: &str) -> Result<String> {
    let parent = relation.target().map(|t| qualified(&relation.schema, t.table)).unwrap_or_default();
    let sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'";
    let definition: String = db.one(context, sql, &[&parent]).await?.get(0);
    let name = ident(&bounded(format!("esclusa_number_{}", relation.table)));
    Ok(format!("ALTER TABLE {} ADD CONSTRAINT {name} {definition};\n", relation.rows()))
}

/// Removes a copy, with its trigger and everything beside it; the table is as it was. Sessions that read the copy are moved back to the table
/// first.
pub async fn abandon(work: Work<'_>) -> Result<()> {
    reads::withdraw(work, Why { who: "esclusa migrate", reason: Some("its copy is removed") }).await?;
    let Work { db, relation, pace, told, .. } = work;
    let context = format!("removing the copy of {}", relation.table);
    let carry = Carry::new(relation, Numbers { first: 0, per_block: 1, blocks: 0 });
    let sql = format!(
        "{}DROP TABLE IF EXISTS {}, {};\nDELETE FROM {CONTROL}.copy WHERE legacy_table = {};",
        carry.removal(),
        carry.carried(),
        relation.rows(),
        literal(&relation.table)
    );
    let take = async |db: &Database, locked: &Locked| {
        locked.begins();
        work.ledger(Step::Abandon, None).await?;
        db.batch(&context, &sql).await
    };
    attempt(db, pace, &context, &[relation.legacy_table()], &|t| told.word(t), take).await
}

/// Whether a copy of the table was begun.
pub async fn is_begun(db: &Database, relation: &Relation) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM {CONTROL}.copy WHERE legacy_table = $1)");
    Ok(db.one("looking for a copy", &sql, &[&relation.table]).await?.get(0))
}
