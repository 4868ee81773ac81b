//! What a command would do, statement by statement: `--dry-run`. The command itself is run, on a connection that records changing statements
//! instead of sending them (`catalog/journal.rs`), so no statement exists twice in the code. Each is shown with the locks that it takes, about how
//! long others would wait, and its number of rows.
//!
//! Questions are sent and answered. How a table moves, its dependents, its owner and the proxies in service are therefore as of now.

pub mod cost;
pub mod lock;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Database;
use crate::catalog::journal::{Journal, Manner, Noted};
use crate::error::{Error, Result};
use crate::relation::{CONTROL, Relation};
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Table};

use super::PINNED;
use cost::{Pace, Size, Sizes};
use lock::{Lock, Mode};

/// The most statements in a sequence that is repeated with other numbers.
const LONGEST_ROUND: usize = 12;

/// Columns of a dry run.
pub const COLUMNS: Columns = &[
    ("table", Text),
    ("step", Text),
    ("statement", Text),
    ("parameters", Text),
    ("locks", Text),
    ("held_ms", Int),
    ("rows", Int),
    ("times", Int),
];

/// A statement that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step that it belongs to.
    pub step: String,
    /// Its text.
    pub statement: String,
    /// Its parameters, as they print.
    pub parameters: Vec<String>,
    /// The locks that it takes, on existing and on new relations.
    pub locks: Vec<Lock>,
    /// Rows that it processes, about.
    pub rows: Option<i64>,
    /// How long it takes, about.
    pub takes: Duration,
    /// How long its locks are held, about: to the end of its transaction.
    pub held: Duration,
    /// Questions to the catalog and to esclusa's own tables before it.
    pub asked: usize,
    /// About how often it is sent, with other numbers.
    pub times: u64,
}

/// What would be done with one table.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The table, or another subject.
    pub about: String,
    /// What is known before: the size, the space needed, or why it would be refused.
    pub remarks: Vec<String>,
    /// The statements, in order.
    pub lines: Vec<Line>,
    /// Relations that are created on the way: nobody waits for them.
    pub made: BTreeSet<String>,
    /// The command would refuse it.
    pub is_refused: bool,
}

/// A connection that changes nothing.
pub struct Rehearsal {
    /// The connection: it is used like any other.
    pub database: Database,
    journal: Arc<Journal>,
    keys: Keys,
    pace: Pace,
    chunk: Duration,
}

impl Rehearsal {
    /// Begins on an open connection. `chunk` is how long one transaction of copying takes.
    pub async fn begin(database: Database, chunk: Duration) -> Result<Rehearsal> {
        // Sent before recording begins: the server's output depends on it.
        database.batch("pinning the session", PINNED).await?;
        let (keys, pace) = (Keys::read(&database).await?, pace(&database).await?);
        let (database, journal) = database.noting(Manner::Rehearsed).await?;
        Ok(Rehearsal { database, journal, keys, pace, chunk })
    }

    /// The plan of what was done since the last one, and how it ended. Notes are what the command would report.
    pub async fn plan(&self, about: &str, ended: Result<Vec<String>>) -> Result<Plan> {
        let origins = self.journal.origins();
        let noted = self.journal.take();
        let (mut remarks, is_refused) = match ended {
            Ok(notes) => (notes, false),
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) if self.database.is_closed() => return Err(error),
            Err(error) => (vec![format!("REFUSED as things stand: {}", error.in_one_line())], true),
        };
        remarks.retain(|remark| !remark.is_empty());
        let parts: Vec<(Noted, Vec<Cut>)> =
            noted.into_iter().map(|n| (cut(&n, &self.keys, &origins), n)).map(|(c, n)| (n, c)).collect();
        let named: BTreeSet<&String> =
            parts.iter().flat_map(|(_, cut)| cut.iter().flat_map(|(_, locks)| locks.iter().map(|(_, name)| name))).collect();
        let sizes = sizes(&self.database, &origins, named).await?;
        let made = parts.iter().flat_map(|(_, cut)| cut.iter().filter_map(|(statement, _)| lock::made(statement)));
        let made = not_there(&self.database, made.collect()).await?;
        self.journal.take();
        let lines = rounds(timed(lines(&parts, &sizes, self.pace)), self.chunk);
        Ok(Plan { about: about.to_owned(), remarks, lines, made, is_refused })
    }

    /// Discards what was asked so far, which belongs to no plan.
    pub fn forget(&self) {
        self.journal.take();
    }

    /// How large a table is, and about how much space its move takes while both forms exist. Called before the work on it, because it reads a
    /// thousand rows.
    pub async fn room(&self, relation: &Relation) -> Result<Option<String>> {
        let legacy = relation.legacy_table();
        let there = "SELECT pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r'";
        let context = format!("estimating the room for {}", relation.table);
        let rows = self.database.query(&context, there, &[&legacy]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (all, indexes): (i64, i64) = (row.get(0), row.get(1));
        let size = sizes(&self.database, &HashMap::new(), [&legacy]).await?.get(&legacy).copied().unwrap_or_default();
        let is_image = relation.target().is_some_and(|t| t.repeated.is_some());
        let row = if is_image { "to_jsonb(r)" } else { "r" };
        let sample =
            format!("SELECT coalesce(avg(pg_column_size({row})), 0)::bigint FROM (SELECT * FROM ONLY {legacy} LIMIT 1000) AS r");
        let width: i64 = self.database.one(&context, &sample, &[]).await?.get(0);
        // What a row of the new table takes beside the legacy row: its own columns, the header, three indexes.
        let needed = size.rows * (width + if is_image { 260 } else { 160 }) + indexes;
        Ok(Some(format!(
            "about {} rows in {}; the move takes about {} more, and as much WAL",
            size.rows,
            bytes(all),
            bytes(needed)
        )))
    }
}

/// A size as a person reads it.
fn bytes(n: i64) -> String {
    match n {
        n if n < 10 << 10 => format!("{n} bytes"),
        n if n < 10 << 20 => format!("{} KiB", n >> 10),
        n if n < 10 << 30 => format!("{} MiB", n >> 20),
        n => format!("{} GiB", n >> 30),
    }
}

/// The time that copies took on this server, from their beginning to the proof, according to the ledger.
async fn pace(db: &Database) -> Result<Pace> {
    let there = format!("SELECT to_regclass('{CONTROL}.run_table') IS NOT NULL");
    if !db.one("looking for the ledger", &there, &[]).await?.get::<_, bool>(0) {
        return Ok(Pace::default());
    }
    let sql = format!(
        "SELECT coalesce(sum(p.row_count), 0)::bigint, coalesce(sum(extract(epoch FROM p.finished_at - c.at)), 0)::float8 \
         FROM {CONTROL}.run_table AS p CROSS JOIN LATERAL (SELECT max(finished_at) AS at FROM {CONTROL}.run_table AS b \
           WHERE b.legacy_table = p.legacy_table AND b.run_id = p.run_id AND b.step = 'copy' AND b.number < p.number) AS c \
         WHERE p.step = 'prove' AND c.at IS NOT NULL"
    );
    let row = db.one("asking how long copies took", &sql, &[]).await?;
    Ok(Pace::of(row.get(0), Duration::from_secs_f64(row.get::<_, f64>(1).max(0.0))))
}

/// The sizes of relations; for those that do not exist yet, of what they are made from. Rows of a table that was never analysed are guessed.
async fn sizes<'n>(
    db: &Database,
    origins: &HashMap<String, String>,
    named: impl IntoIterator<Item = &'n String>,
) -> Result<Sizes> {
    let names: Vec<&String> = named.into_iter().collect();
    let places: Vec<&String> = names.iter().map(|name| origins.get(*name).unwrap_or(name)).collect();
    let sql = "SELECT p.at::bigint, CASE WHEN c.reltuples >= 0 AND c.relpages > 0 \
                   THEN (c.reltuples / c.relpages * pg_relation_size(c.oid) / current_setting('block_size')::int)::bigint \
                   ELSE pg_relation_size(c.oid) / 100 END, pg_relation_size(c.oid) \
               FROM unnest($1::text[]) WITH ORDINALITY AS p(name, at) JOIN pg_class AS c ON c.oid = to_regclass(p.name) WHERE c.relkind IN ('r', 'm')";
    let rows = db.query("asking for sizes", sql, &[&places]).await?;
    let place = |n: i64| usize::try_from(n).ok().and_then(|n| names.get(n.checked_sub(1)?));
    let size = |row: &tokio_postgres::Row| Some(((*place(row.get(0))?).clone(), Size { rows: row.get(1), bytes: row.get(2) }));
    Ok(rows.iter().filter_map(size).collect())
}

/// Those of these relations that do not exist now.
async fn not_there(db: &Database, relations: Vec<String>) -> Result<BTreeSet<String>> {
    let sql = "SELECT DISTINCT name FROM unnest($1::text[]) AS n(name) WHERE to_regclass(name) IS NULL";
    let rows = db.query("looking for what is new", sql, &[&relations]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// A statement with its locks.
pub type Cut = (String, Vec<Lock>);

/// The foreign keys of a database: table, name, the table that it leads to.
#[derive(Debug, Default)]
pub struct Keys(Vec<[String; 3]>);

impl Keys {
    /// All present ones.
    pub async fn read(db: &Database) -> Result<Keys> {
        let name = |oid: &str| {
            format!(
                "(SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = {oid})"
            )
        };
        let sql =
            format!("SELECT {}, conname::text, {} FROM pg_constraint WHERE contype = 'f'", name("conrelid"), name("confrelid"));
        let rows = db.query("reading foreign keys", &sql, &[]).await?;
        Ok(Keys(rows.iter().map(|row| [row.get(0), row.get(1), row.get(2)]).collect()))
    }

    /// The locks of a statement, including those on tables that its dropped foreign keys lead to.
    fn locks(&self, statement: &str, origins: &HashMap<String, String>) -> Vec<Lock> {
        let mut locks = lock::locks(statement);
        for (table, constraint) in lock::lets_go(statement) {
            let table = origins.get(&table).unwrap_or(&table);
            let led = self.0.iter().filter(|[from, name, _]| from == table && constraint.as_ref().is_none_or(|c| c == name));
            let missing: Vec<Lock> =
                led.map(|[.., to]| (Mode::AccessExclusive, to.clone())).filter(|lock| !locks.contains(lock)).collect();
            locks.extend(missing);
        }
        locks.dedup();
        locks
    }
}

/// The statements of a record, each with its locks. `origins` maps relations that will have another name by then.
pub fn cut(noted: &Noted, keys: &Keys, origins: &HashMap<String, String>) -> Vec<Cut> {
    let with_locks = |statement: String| (keys.locks(&statement, origins), statement);
    lock::statements(&noted.sql).into_iter().map(with_locks).map(|(locks, statement)| (statement, locks)).collect()
}

/// A question to the catalog or to esclusa's own tables, which is not worth showing.
fn is_of_the_catalog(locks: &[Lock]) -> bool {
    let own = format!("{CONTROL}.");
    locks.iter().all(|(mode, name)| *mode == Mode::AccessShare && name.starts_with(&own))
}

/// Whether a record is shown: what changes something, and what reads rows of other tables.
pub fn is_told(noted: &Noted, cut: &[Cut]) -> bool {
    !noted.is_question || !cut.iter().all(|(_, locks)| is_of_the_catalog(locks))
}

fn lines(parts: &[(Noted, Vec<Cut>)], sizes: &Sizes, pace: Pace) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut asked = 0;
    // Tables that are created here, and have no rows yet.
    let mut filled = sizes.clone();
    let mut empty = Sizes::new();
    for (noted, cut) in parts {
        if !is_told(noted, cut) {
            asked += 1;
            continue;
        }
        for (statement, locks) in cut {
            if let Some((name, size)) = lock::made(statement).and_then(|name| filled.remove_entry(&name)) {
                empty.insert(name, size);
            }
            let rows = cost::rows(statement, locks, &filled);
            let written = locks.iter().filter(|(mode, _)| *mode == Mode::RowExclusive);
            filled.extend(written.filter_map(|(_, name)| empty.remove_entry(name)));
            lines.push(Line {
                step: noted.doing.clone(),
                statement: statement.clone(),
                parameters: noted.parameters.clone(),
                locks: locks.clone(),
                rows,
                takes: cost::time(statement, rows, pace),
                held: Duration::ZERO,
                asked: std::mem::take(&mut asked),
                times: 1,
            });
        }
    }
    lines
}

/// Computes how long the locks of each are held: to COMMIT, if it is in a transaction.
fn timed(mut lines: Vec<Line>) -> Vec<Line> {
    let mut open: Option<Duration> = None;
    for line in lines.iter_mut().rev() {
        let behind = match (line.statement.as_str(), open) {
            ("COMMIT" | "ROLLBACK", _) => Duration::ZERO,
            (_, Some(behind)) => behind,
            (_, None) => Duration::ZERO,
        };
        line.held = behind + line.takes;
        open = match line.statement.as_str() {
            "BEGIN" => None,
            "COMMIT" | "ROLLBACK" => Some(line.takes),
            _ => open.map(|_| line.held),
        };
    }
    lines
}

/// A text without its numbers: two statements have the same shape if only their numbers differ.
pub fn shape(statement: &str) -> String {
    let mut out = String::with_capacity(statement.len());
    for c in statement.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(c),
        }
    }
    out
}

/// Repeated sequences of statements that differ only in numbers, shown once. How often part of a heap is read or copied follows from the time of a
/// chunk.
fn rounds(lines: Vec<Line>, chunk: Duration) -> Vec<Line> {
    let shapes: Vec<String> = lines.iter().map(|line| shape(&line.statement)).collect();
    let mut out: Vec<Line> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let again = |round: usize, n: usize| {
            shapes.get(at + n * round..at + (n + 1) * round) == Some(&shapes[at..(at + round).min(shapes.len())])
        };
        let round = (1..=LONGEST_ROUND).find(|&round| at + 2 * round <= lines.len() && again(round, 1)).filter(|&round| {
            lines[at..at + round].iter().any(|line| cost::is_part(&line.statement)) || round == 1 && !is_short(&lines[at])
        });
        let Some(round) = round else {
            out.push(lines[at].clone());
            at += 1;
            continue;
        };
        let times = (1..).take_while(|&n| again(round, n)).count() + 1;
        let all = &lines[at..at + times * round];
        let takes: Duration = all.iter().map(|line| line.takes).sum();
        let is_parted = lines[at..at + round].iter().any(|line| cost::is_part(&line.statement));
        let chunks = if is_parted { (takes.as_secs_f64() / chunk.as_secs_f64().max(0.001)).ceil() as u64 } else { 0 };
        let times = chunks.max(if is_parted { 1 } else { times as u64 });
        for (n, line) in lines[at..at + round].iter().enumerate() {
            let same = all.iter().skip(n).step_by(round);
            let rows = same.clone().filter_map(|line| line.rows).reduce(|a, b| a.saturating_add(b));
            let held: Duration = same.map(|line| line.held).sum();
            out.push(Line { rows, held: held.div_f64(times as f64), times, ..line.clone() });
        }
        at += all.len();
    }
    out
}

/// Whether repetitions of it are not worth a count.
fn is_short(line: &Line) -> bool {
    line.locks.is_empty()
}

impl Plan {
    /// As a script for people, not for running: its numbers and repetitions come from a run that did not happen.
    pub fn script(&self) -> String {
        let mut out = format!("-- {}\n", self.about);
        for remark in &self.remarks {
            let _ = writeln!(out, "-- {}", remark.replace('\n', "\n-- "));
        }
        let mut step = "";
        for line in &self.lines {
            if line.step != step {
                step = &line.step;
                let _ = writeln!(out, "\n-- {step}");
            }
            if line.asked > 0 {
                let _ = writeln!(out, "--   {} questions to the catalog and to esclusa's own tables: ACCESS SHARE", line.asked);
            }
            let _ = writeln!(out, "{};", line.statement);
            let beside = self.beside(line);
            if !beside.is_empty() {
                let _ = writeln!(out, "--   {beside}");
            }
        }
        out.push('\n');
        out
    }

    /// What is shown beside a statement: locks, how long they are held, rows. Empty where it locks no relation and processes no rows.
    fn beside(&self, line: &Line) -> String {
        let mut parts = Vec::new();
        if !line.locks.is_empty() {
            parts.push(format!("{}, held about {}", self.locks(line), milliseconds(line.held)));
        }
        parts.extend(line.rows.map(|rows| format!("about {rows} rows")));
        if line.times > 1 {
            parts.push(format!("about {} times, all rows together", line.times));
        }
        let parameters: Vec<String> = (1..).zip(&line.parameters).map(|(n, value)| format!("${n} = {value}")).collect();
        parts.extend((!parameters.is_empty()).then(|| parameters.join(", ").replace('\n', " ")));
        parts.join("; ")
    }

    fn locks(&self, line: &Line) -> String {
        let one = |(mode, name): &Lock| format!("{mode} on {name}{}", if self.made.contains(name) { " (new)" } else { "" });
        line.locks.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Rows of [`COLUMNS`].
    pub fn rows(&self) -> Vec<Vec<Cell>> {
        let table = self.about.split(':').next().unwrap_or_default();
        let row = |line: &Line| {
            vec![
                table.into(),
                line.step.as_str().into(),
                line.statement.as_str().into(),
                line.parameters.join(", ").into(),
                self.locks(line).into(),
                u64::try_from(line.held.as_millis()).unwrap_or(u64::MAX).into(),
                line.rows.into(),
                line.times.into(),
            ]
        };
        let remark = |text: &String| {
            let (empty, none) = (|| Cell::from(""), || Cell::Null);
            vec![table.into(), "(remark)".into(), text.as_str().into(), empty(), empty(), none(), none(), none()]
        };
        self.remarks.iter().map(remark).chain(self.lines.iter().map(row)).collect()
    }
}

/// All plans as one table.
pub fn table(plans: &[Plan]) -> Table {
    let mut table = Table::new(COLUMNS);
    table.rows.extend(plans.iter().flat_map(Plan::rows));
    table
}

fn milliseconds(time: Duration) -> String {
    match time.as_millis() {
        ms if ms < 10_000 => format!("{} ms", ms.max(1)),
        ms => format!("{} s", ms / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(statement: &str, takes: u64) -> Line {
        Line {
            step: "x".into(),
            statement: statement.into(),
            parameters: Vec::new(),
            locks: lock::locks(statement),
            rows: Some(10),
            takes: Duration::from_millis(takes),
            held: Duration::ZERO,
            asked: 0,
            times: 1,
        }
    }

    fn held(lines: &[Line]) -> Vec<u128> {
        lines.iter().map(|line| line.held.as_millis()).collect()
    }

    #[test]
    fn a_lock_is_held_to_the_end_of_its_transaction() {
        let lines = [("a", 1), ("BEGIN", 0), ("b", 20), ("c", 300), ("COMMIT", 4), ("d", 5)].map(|(s, t)| line(s, t));
        assert_eq!(held(&timed(lines.to_vec())), [1, 324, 324, 304, 4, 5]);
    }

    #[test]
    fn a_round_is_told_once_with_how_often_it_comes() {
        let chunk = |from: i64, to: i64| {
            line(
                &format!("INSERT INTO l.t SELECT a FROM s.t AS r WHERE ctid >= '({from},0)'::tid AND ctid < '({to},0)'::tid"),
                1000,
            )
        };
        let round = |from, to| [line("BEGIN", 0), chunk(from, to), line("COMMIT", 0)];
        let lines: Vec<Line> = [line("z", 1)]
            .into_iter()
            .chain(round(0, 64))
            .chain(round(64, 192))
            .chain(round(192, 448))
            .chain([line("z", 1)])
            .collect();
        let told = rounds(timed(lines), Duration::from_millis(500));
        let seen: Vec<(&str, u64, Option<i64>)> = told.iter().map(|l| (&l.statement[..1], l.times, l.rows)).collect();
        assert_eq!(seen, [("z", 1, Some(10)), ("B", 6, Some(30)), ("I", 6, Some(30)), ("C", 6, Some(30)), ("z", 1, Some(10))]);
        // Statements that do not cover part of a heap are kept as they come, except repetitions.
        let twice = vec![line("BEGIN", 0), line("SET x = 1", 0), line("BEGIN", 0), line("SET x = 2", 0)];
        assert_eq!(rounds(twice, Duration::from_secs(1)).len(), 4);
    }

    #[test]
    fn a_plan_is_read_with_its_locks() {
        let plan = Plan {
            about: "tipocolor: look-up".into(),
            remarks: vec!["about 3 rows".into()],
            lines: vec![Line {
                parameters: vec!["\"a\"".into()],
                asked: 2,
                ..line("LOCK TABLE s.t, l.t IN ACCESS EXCLUSIVE MODE", 7)
            }],
            made: BTreeSet::from(["l.t".to_owned()]),
            is_refused: false,
        };
        assert_eq!(
            plan.script(),
            "-- tipocolor: look-up\n-- about 3 rows\n\n-- x\n--   2 questions to the catalog and to esclusa's own tables: ACCESS SHARE\n\
             LOCK TABLE s.t, l.t IN ACCESS EXCLUSIVE MODE;\n\
             --   ACCESS EXCLUSIVE on l.t (new), ACCESS EXCLUSIVE on s.t, held about 1 ms; about 10 rows; $1 = \"a\"\n\n"
        );
        assert_eq!(table(&[plan]).rows.len(), 2);
    }
}
