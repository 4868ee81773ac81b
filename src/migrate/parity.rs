//! The proof that nothing was lost: eight checks of a legacy table against its relation, each finding faults that the others miss. EXCEPT ALL
//! compares by type equality, and does not see lost padding or scale, so rows are compared as text images, as multisets. A wrong key or time column
//! is not seen by comparing rows, so those are computed again from the image.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::target::Target;
use crate::relation::{CONTROL, Relation, Store};
use crate::sql::quote::literal;
use crate::sql::template::Sql;

use super::number::place_as_number;
use super::place::{self, Placed};

/// One check's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// `shape`, `count`, `checksum`, `multiset`, `order`, `key column`, `time column`, `derived columns`, `leaf`; for a table that has moved
    /// `places` instead of `order`; for a copy made while the table was written: `shape`, `rows`, `derived columns`, `changes`.
    pub check: &'static str,
    /// Whether it holds.
    pub passed: bool,
    /// Numbers, and the first difference.
    pub detail: String,
}

/// All checks of one table, with its number of rows.
#[derive(Debug, Clone)]
pub struct Parity {
    /// The legacy table.
    pub table: String,
    /// Its rows.
    pub rows: i64,
    /// The verdicts, in order.
    pub verdicts: Vec<CheckResult>,
}

impl Parity {
    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.verdicts.iter().all(|v| v.passed)
    }

    /// The failed checks in one line.
    pub fn failures(&self) -> String {
        let failed = self.verdicts.iter().filter(|v| !v.passed).map(|v| format!("{}: {}", v.check, v.detail));
        failed.collect::<Vec<_>>().join("; ")
    }
}

/// Compares `old`, the legacy table, with its relation. Run it with the migration's pinned settings.
pub async fn check(database: &Database, relation: &Relation, old: &str) -> Result<Parity> {
    Prover { database, relation, old, compared: Compared::Moved }.check().await
}

/// Compares a moved table with its archive, which is kept up to date: instead of the order of the heap, which new rows do not share, that every row
/// has an equal one at its place in the archive. The next write of the row changes what is there.
pub async fn kept(database: &Database, relation: &Relation, old: &str) -> Result<Parity> {
    Prover { database, relation, old, compared: Compared::Kept }.check().await
}

/// Writes the verdicts to the ledger.
pub async fn record(database: &Database, parity: &Parity) -> Result<()> {
    // In one statement: others may be waiting for the end of this transaction.
    let sql = format!(
        "INSERT INTO {CONTROL}.parity (legacy_table, check_name, passed, detail, row_count) \
         SELECT $1, c, p, d, $5 FROM unnest($2::text[], $3::bool[], $4::text[]) WITH ORDINALITY AS v(c, p, d, n) ORDER BY n"
    );
    let checks: Vec<&str> = parity.verdicts.iter().map(|v| v.check).collect();
    let passed: Vec<bool> = parity.verdicts.iter().map(|v| v.passed).collect();
    let details: Vec<&str> = parity.verdicts.iter().map(|v| v.detail.as_str()).collect();
    database.execute("recording parity", &sql, &[&parity.table, &checks, &passed, &details, &parity.rows]).await.map(drop)
}

/// Whether a relation has the legacy table's columns: names, order, types and modifiers.
pub(super) async fn shape(database: &Database, relation: &Relation, old: &str) -> Result<CheckResult> {
    Prover { database, relation, old, compared: Compared::Kept }.shape().await
}

/// Which rows of the leaf should have an equal row in the legacy table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// Those that were moved: the table has not changed since.
    Moved,
    /// All that the table can hold: it is kept up to date.
    Kept,
}

/// What was found by the hashes of rows.
#[derive(Default)]
struct Counted {
    /// Rows of the legacy table.
    old: i64,
    /// Rows of its relation.
    new: i64,
    /// Whether each row occurs as often on one side as on the other.
    is_equal: bool,
    /// Whether they are in the same order; of a table that has moved, whether each is at its place.
    is_placed: bool,
}

/// The detail of a multiset that is the same on both sides.
const NONE_DIFFER: &str = "0 missing, 0 extra";

struct Prover<'p> {
    database: &'p Database,
    relation: &'p Relation,
    old: &'p str,
    compared: Compared,
}

impl Prover<'_> {
    async fn check(&self) -> Result<Parity> {
        let mut verdicts = vec![self.shape().await?];
        let placed = self.placed().await?;
        let Counted { old, new, is_equal, is_placed } = self.counted(placed.as_ref()).await?;
        // Which rows they are costs many times as much, and is asked for only where some differ.
        let multiset = match is_equal {
            true => CheckResult { check: "multiset", passed: true, detail: NONE_DIFFER.into() },
            false => self.multiset().await?,
        };
        // Sums that go by places also differ where only places do.
        let is_equal = is_equal || placed.is_some() && multiset.passed;
        verdicts.push(CheckResult { check: "count", passed: old == new, detail: format!("{old} legacy, {new} new") });
        let detail = if is_equal { "equal" } else { "different" };
        verdicts.push(CheckResult { check: "checksum", passed: is_equal, detail: detail.into() });
        verdicts.push(multiset);
        if let Some(target) = self.relation.target() {
            verdicts.push(match self.compared {
                Compared::Moved => {
                    let detail = if is_placed { "as in the heap" } else { "not as in the heap" };
                    CheckResult { check: "order", passed: is_placed, detail: detail.into() }
                }
                Compared::Kept => self.places(placed.as_ref(), is_placed).await?,
            });
            self.derived(target, &mut verdicts).await?;
            verdicts.push(self.alone(target).await?);
        }
        Ok(Parity { table: self.relation.table.clone(), rows: old, verdicts })
    }

    /// `instead` is the answer in a rehearsal: that the rows are equal.
    async fn text(&self, check: &str, sql: &str, instead: &[&str]) -> Result<Vec<String>> {
        let context = format!("checking parity of {} ({check})", self.relation.table);
        let rows = self.database.text_of_made(&context, sql, instead).await?;
        Ok(rows.into_iter().flatten().map(Option::unwrap_or_default).collect())
    }

    /// Names, order, types and modifiers of the columns.
    async fn shape(&self) -> Result<CheckResult> {
        let own = if self.relation.is_retained() { " AND attname NOT LIKE 'hst\\_%'" } else { "" };
        let described = |table: &str| {
            format!(
                "(SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute \
                 WHERE attrelid = {table}::regclass AND attnum > 0 AND NOT attisdropped{own})"
            )
        };
        let sql = format!(
            "CREATE TEMPORARY VIEW esclusa_parity AS {}; SELECT {}, {}; DROP VIEW pg_temp.esclusa_parity",
            self.relation.select_all(),
            described(&literal(self.old)),
            described("'pg_temp.esclusa_parity'"),
        );
        let found = self.text("shape", &sql, &["", ""]).await?;
        let [old, new] = found.as_slice() else { return Ok(failed("shape", "not described".into())) };
        let detail = if old == new { format!("{} columns", self.relation.columns.len()) } else { format!("[{old}] <> [{new}]") };
        Ok(CheckResult { check: "shape", passed: old == new, detail })
    }

    /// The row of a legacy column list as PostgreSQL prints a composite value.
    fn new_row(&self) -> String {
        let columns: Vec<String> = (0..self.relation.columns.len()).map(|i| self.relation.read(i, Some("t"))).collect();
        format!("ROW({})::text", columns.join(", "))
    }

    fn old_row(&self) -> String {
        let columns: Vec<String> = self.relation.columns.iter().map(|c| crate::sql::quote::qualified("t", &c.name)).collect();
        format!("ROW({})::text", columns.join(", "))
    }

    /// `more` is more columns.
    fn old_rows(&self, more: &str) -> String {
        format!("SELECT {} AS row{more} FROM {} AS t", self.old_row(), self.old)
    }

    fn new_rows(&self, more: &str) -> String {
        self.new_rows_with(more, "")
    }

    /// `joined` is what is joined to the leaf.
    fn new_rows_with(&self, more: &str, joined: &str) -> String {
        format!("SELECT {} AS row{more} FROM {} AS t{joined}{}", self.new_row(), self.relation.rows(), self.moved("WHERE"))
    }

    /// How the rows of a table that has moved find their places.
    async fn placed(&self) -> Result<Option<Placed>> {
        match (self.compared, self.relation.target()) {
            (Compared::Kept, Some(_)) => place::of_rows(self.database, self.relation).await,
            _ => Ok(None),
        }
    }

    /// The condition for rows to be compared. With a table left as it was: not what the application wrote later, nor what the audit trigger wrote.
    /// With a table kept up to date: not captured rows that lack a required value, which only the trigger writes.
    fn moved(&self, word: &str) -> String {
        if self.compared == Compared::Kept {
            let captured = self.relation.target().and_then(|t| t.captured);
            let whole = self.relation.wholeness("t");
            return whole.zip(captured).map_or(String::new(), |(whole, (column, value))| {
                format!(" {word} (t.{column} <> {} OR {whole})", literal(value))
            });
        }
        let moved = self.relation.target().and_then(|t| t.moved).filter(|_| self.relation.projection.is_some());
        moved.map_or(String::new(), |(column, value)| format!(" {word} t.{column} = {}", literal(value)))
    }

    /// Counts, and compares the sums of a 64-bit hash of each row, which the order of the rows does not change. That two given sides differ and have
    /// the same sum has a chance of 2^-64. Sums need no memory, and several processes of the server can share them. Where the rows have places in
    /// the archive, the hash also depends on the place: a second hash would have the row's text made twice. Before a table moves, a second hash
    /// depends on the row's place in the heap, because only one of them may be wrong.
    async fn counted(&self, placed: Option<&Placed>) -> Result<Counted> {
        let target = self.relation.target().filter(|_| self.compared == Compared::Moved);
        let in_order =
            |order: &str| target.map_or_else(String::new, |_| format!(", row_number() OVER (ORDER BY t.{order}) AS place"));
        let at = |place: &str| format!(", {} AS place", place_as_number(place));
        let (old, new) = match placed {
            Some(Placed { join, place }) => (self.old_rows(&at("t.ctid")), self.new_rows_with(&at(place), join)),
            None => (self.old_rows(&in_order("ctid")), self.new_rows(&in_order(target.map_or("", |t| t.order)))),
        };
        let seed = if placed.is_some() { "place" } else { "0" };
        let sums = |rows: String| {
            let in_order = target.map_or("0", |_| "coalesce(sum(hashtextextended(row, place)), 0)");
            format!(
                "(SELECT count(*) AS n, coalesce(sum(hashtextextended(row, {seed})), 0) AS a, {in_order} AS b FROM ({rows}) AS x)"
            )
        };
        let sql = format!(
            "SELECT old.n, new.n, (old.n, old.a) = (new.n, new.a), old.b = new.b FROM {} AS old, {} AS new",
            sums(old),
            sums(new),
        );
        let found = self.text("count", &sql, &["0", "0", "t", "t"]).await?;
        let [old, new, is_equal, is_in_order] = found.as_slice() else {
            return Ok(Counted { new: -1, ..Counted::default() });
        };
        let is_equal = is_equal == "t";
        let is_placed = if placed.is_some() { is_equal } else { is_in_order == "t" };
        let number = |n: &str| n.parse().unwrap_or(-1);
        Ok(Counted { old: number(old), new: number(new), is_equal, is_placed })
    }

    /// Whether every row has an equal one at its place in the archive, and no place has two rows.
    async fn places(&self, placed: Option<&Placed>, is_placed: bool) -> Result<CheckResult> {
        let verdict = |passed, detail| Ok(CheckResult { check: "places", passed, detail });
        let Some(Placed { join, place }) = placed else {
            return verdict(
                false,
                format!("{} is missing, which says where rows are in the archive", place::table(self.relation)),
            );
        };
        if is_placed {
            return verdict(true, "every row is at its place in the archive".into());
        }
        let sql = format!(
            "SELECT count(*) FILTER (WHERE o.row IS DISTINCT FROM n.row), count(n.place) - count(DISTINCT n.place) \
             FROM ({}) AS n FULL JOIN ({}) AS o ON o.place = n.place",
            self.new_rows_with(&format!(", {place} AS place"), join),
            self.old_rows(", t.ctid AS place"),
        );
        let found = self.text("places", &sql, &["0", "0"]).await?;
        let [elsewhere, shared] = found.as_slice() else { return Ok(failed("places", "not compared".into())) };
        let table = &self.relation.table;
        verdict(
            false,
            format!(
                "{elsewhere} rows have no equal one at their place in the archive, {shared} share one: \
                 `esclusa schema apply --refill {table}` fills the archive again"
            ),
        )
    }

    /// Rows that occur more often on one side than on the other.
    async fn multiset(&self) -> Result<CheckResult> {
        let missing = |a: &str, b: &str| format!("SELECT count(*), min(row) FROM ({a} EXCEPT ALL {b}) AS x");
        let (old, new) = (self.old_rows(""), self.new_rows(""));
        let sql = format!("{} UNION ALL {}", missing(&old, &new), missing(&new, &old));
        let found = self.text("multiset", &sql, &["0", "", "0", ""]).await?;
        let [lost, lost_row, extra, extra_row] = found.as_slice() else { return Ok(failed("multiset", "not compared".into())) };
        let passed = lost == "0" && extra == "0";
        // If both sides show a row, shows them from shortly before their first difference.
        let same = lost_row.chars().zip(extra_row.chars()).take_while(|(a, b)| a == b).count();
        let start = if same > 80 { same - 40 } else { 0 };
        let cut = if start > 0 { "…" } else { "" };
        let short = |row: &str| cut.to_owned() + &row.chars().skip(start).take(120).collect::<String>();
        let detail = match passed {
            true => NONE_DIFFER.to_owned(),
            false => format!("{lost} missing {}, {extra} extra {}", short(lost_row), short(extra_row)),
        };
        Ok(CheckResult { check: "multiset", passed, detail })
    }

    /// Every column derived from the legacy row, computed again from what is stored.
    async fn derived(&self, target: &Target, verdicts: &mut Vec<CheckResult>) -> Result<()> {
        let checks: Vec<(&'static str, String)> =
            target.derived.iter().filter_map(|(check, names)| Some((*check, self.faults(target, names)?))).collect();
        if checks.is_empty() {
            return Ok(());
        }
        let counts: Vec<String> = checks.iter().map(|(_, faults)| format!("count(*) FILTER (WHERE {faults})")).collect();
        let sql = format!("SELECT {} FROM {} AS t", counts.join(", "), self.relation.rows());
        let found = self.text("derived columns", &sql, &vec!["0"; checks.len()]).await?;
        for ((check, _), rows) in checks.iter().zip(found) {
            verdicts.push(CheckResult { check, passed: rows == "0", detail: format!("{rows} rows disagree with their image") });
        }
        Ok(())
    }

    /// The condition that one of these columns of a row is wrong. Rows that the application writes later are derived alike, except for times of the
    /// clock and the session user; those that the trigger writes are derived from a change.
    fn faults(&self, target: &Target, names: &[&str]) -> Option<String> {
        let (alike, moved): (Vec<&str>, Vec<&str>) =
            names.iter().partition(|name| self.relation.field(name).is_some() && self.relation.is_written_as_moved(name));
        let of = |names: Vec<&str>, source: Option<String>| {
            let differ: Vec<String> = names.into_iter().filter_map(|name| recomputed(self.relation, name)).collect();
            let source = source.map_or(String::new(), |source| format!(" AND t.{source}"));
            (!differ.is_empty()).then(|| format!("({}){source}", differ.join(" OR ")))
        };
        let is_captured = |(column, value)| format!("{column} <> {}", literal(value));
        let is_moved = |(column, value)| format!("{column} = {}", literal(value));
        let faults = [of(alike, target.captured.map(is_captured)), of(moved, target.moved.map(is_moved))];
        let faults: Vec<String> = faults.into_iter().flatten().collect();
        (!faults.is_empty()).then(|| faults.join(" OR "))
    }

    /// The rows are in the leaf and nowhere else, and the leaf is a partition of the new table.
    async fn alone(&self, target: &Target) -> Result<CheckResult> {
        let value = self.relation.home.as_ref().map_or("", |h| h.value.as_str());
        let parent = crate::sql::quote::qualified(&self.relation.schema, target.table);
        let leaf = literal(&self.relation.rows());
        let sql = format!(
            "SELECT count(*), EXISTS (SELECT FROM pg_inherits WHERE inhrelid = {leaf}::regclass AND inhparent = {}::regclass) \
             FROM {parent} AS t WHERE t.{} = {} AND t.tableoid <> {leaf}::regclass",
            literal(&parent),
            target.discriminator,
            literal(value),
        );
        let found = self.text("leaf", &sql, &["0", "t"]).await?;
        let [rows, is_part] = found.as_slice() else { return Ok(failed("leaf", "not looked at".into())) };
        let detail = match is_part == "t" {
            true => format!("{rows} rows outside"),
            false => format!(
                "{} is not a partition of {parent}: `esclusa migrate` attaches a copy in the end, `esclusa schema apply` what was moved",
                self.relation.rows()
            ),
        };
        Ok(CheckResult { check: "leaf", passed: rows == "0" && is_part == "t", detail })
    }
}

/// `stored IS DISTINCT FROM computed`, for a field that depends on legacy columns. A column that stores a legacy one unchanged is compared with the
/// image, if there is one: no other check would notice a stamp that was stored wrongly. The others are computed from what is stored so.
pub(super) fn recomputed(relation: &Relation, name: &str) -> Option<String> {
    let value = relation.field(name)?;
    let image = relation.target()?.repeated.map(|(image, _)| image);
    let read = |i: usize| {
        let column = &relation.columns[i];
        let is_itself = matches!(column.store, Store::Typed(stored) | Store::Column(stored) if stored == name);
        Sql::text(match image.filter(|_| is_itself) {
            Some(image) => column.sql_type.from_image(&format!("t.{image}"), &column.name),
            None => relation.read(i, Some("t")),
        })
    };
    Some(format!("t.{name} IS DISTINCT FROM {}", value.fill(read).render()))
}

fn failed(check: &'static str, detail: String) -> CheckResult {
    CheckResult { check, passed: false, detail }
}
