//! The proof that nothing was lost: eight checks of a legacy table against its relation, each finding faults that the others miss. EXCEPT ALL
//! compares by type equality, and does not see lost padding or scale, so rows are compared as text images, as multisets. A wrong key or time column
//! is not seen by comparing rows, so those are computed again from the image.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::target::Target;
use crate::relation::{CONTROL, Relation};
use crate::sql::quote::literal;
use crate::sql::template::Sql;

/// One check's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// `shape`, `count`, `checksum`, `multiset`, `order`, `key column`, `time column`, `derived columns`, `leaf`; for a copy made while the table
    /// was written: `shape`, `rows`, `derived columns`, `changes`.
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

/// Compares a moved table with its archive, which is kept up to date: everything except the order of the heap, which new rows do not share.
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
struct Counted {
    /// Rows of the legacy table.
    rows: i64,
    /// Whether each row occurs as often on one side as on the other.
    is_equal: bool,
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
        let Counted { rows, is_equal } = self.count_and_sums(&mut verdicts).await?;
        // Which rows they are costs many times as much, and is asked for only where some differ.
        verdicts.push(match is_equal {
            true => CheckResult { check: "multiset", passed: true, detail: NONE_DIFFER.into() },
            false => self.multiset().await?,
        });
        if let Some(target) = self.relation.target() {
            if self.compared == Compared::Moved {
                verdicts.push(self.order(target).await?);
            }
            self.derived(target, &mut verdicts).await?;
            verdicts.push(self.alone(target).await?);
        }
        Ok(Parity { table: self.relation.table.clone(), rows, verdicts })
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

    fn old_rows(&self) -> String {
        format!("SELECT {} AS row FROM {} AS t", self.old_row(), self.old)
    }

    fn new_rows(&self) -> String {
        format!("SELECT {} AS row FROM {} AS t{}", self.new_row(), self.relation.rows(), self.moved("WHERE"))
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

    /// Counts, and how often each row occurs on either side, by two 64-bit hashes of it: one pass, whose groups are small. That two
    /// given rows differ and have the same hashes has a chance of 2^-128.
    async fn count_and_sums(&self, verdicts: &mut Vec<CheckResult>) -> Result<Counted> {
        let hashes = |side: &str, rows: String| {
            format!("SELECT hashtextextended(row, 0) AS a, hashtextextended(row, 1) AS b, {side} AS side FROM ({rows}) AS x")
        };
        let sql = format!(
            "SELECT coalesce(sum(old), 0), coalesce(sum(new), 0), count(*) FILTER (WHERE old <> new) FROM \
               (SELECT count(*) FILTER (WHERE side = 1) AS old, count(*) FILTER (WHERE side = 2) AS new FROM ({} UNION ALL {}) AS r GROUP BY a, b) AS g",
            hashes("1", self.old_rows()),
            hashes("2", self.new_rows()),
        );
        let found = self.text("count", &sql, &["0"; 3]).await?;
        let [old, new, different] = found.as_slice() else {
            verdicts.push(failed("count", "not counted".into()));
            return Ok(Counted { rows: 0, is_equal: false });
        };
        verdicts.push(CheckResult { check: "count", passed: old == new, detail: format!("{old} legacy, {new} new") });
        let is_equal = different == "0";
        let detail = if is_equal { "equal" } else { "different" };
        verdicts.push(CheckResult { check: "checksum", passed: is_equal, detail: detail.into() });
        Ok(Counted { rows: old.parse().unwrap_or(0), is_equal })
    }

    /// Rows that occur more often on one side than on the other.
    async fn multiset(&self) -> Result<CheckResult> {
        let missing = |a: &str, b: &str| format!("SELECT count(*), min(row) FROM ({a} EXCEPT ALL {b}) AS x");
        let (old, new) = (self.old_rows(), self.new_rows());
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

    /// The order of the heap, which a SELECT without ORDER BY usually shows.
    async fn order(&self, target: &Target) -> Result<CheckResult> {
        let sql = format!(
            "SELECT (SELECT md5(coalesce(string_agg({}, E'\\n' ORDER BY t.ctid), '')) FROM {} AS t) = \
                    (SELECT md5(coalesce(string_agg({}, E'\\n' ORDER BY t.{}), '')) FROM {} AS t{})",
            self.old_row(),
            self.old,
            self.new_row(),
            target.order,
            self.relation.rows(),
            self.moved("WHERE"),
        );
        let same = self.text("order", &sql, &["t"]).await? == ["t"];
        Ok(CheckResult {
            check: "order",
            passed: same,
            detail: if same { "as in the heap" } else { "not as in the heap" }.into(),
        })
    }

    /// Every column derived from the legacy row, computed again from what is stored.
    async fn derived(&self, target: &Target, verdicts: &mut Vec<CheckResult>) -> Result<()> {
        for (check, names) in target.derived {
            // Rows that the application writes later are derived alike, except for times of the clock and the session user; those that the trigger
            // writes are derived from a change.
            let alike = |name: &&&str| self.relation.field(name).is_some_and(|_| self.relation.is_written_as_moved(name));
            let differ = |names: &mut dyn Iterator<Item = &&str>| -> Vec<String> {
                names.filter_map(|name| recomputed(self.relation, name)).collect()
            };
            let (written, moved) = (differ(&mut names.iter().filter(alike)), differ(&mut names.iter().filter(|n| !alike(n))));
            let of = |differs: Vec<String>, source: Option<String>| {
                let source = source.map_or(String::new(), |source| format!(" AND t.{source}"));
                (!differs.is_empty()).then(|| format!("({}){source}", differs.join(" OR ")))
            };
            let is_captured = |(column, value)| format!("{column} <> {}", literal(value));
            let is_moved = |(column, value)| format!("{column} = {}", literal(value));
            let faults = [of(written, target.captured.map(is_captured)), of(moved, target.moved.map(is_moved))];
            let faults: Vec<String> = faults.into_iter().flatten().collect();
            if faults.is_empty() {
                continue;
            }
            let sql = format!("SELECT count(*) FROM {} AS t WHERE {}", self.relation.rows(), faults.join(" OR "));
            let rows = self.text(check, &sql, &["0"]).await?.concat();
            verdicts.push(CheckResult { check, passed: rows == "0", detail: format!("{rows} rows disagree with their image") });
        }
        Ok(())
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
            false => format!("{} is not a partition of {parent}: `esclusa schema apply` attaches it", self.relation.rows()),
        };
        Ok(CheckResult { check: "leaf", passed: rows == "0" && is_part == "t", detail })
    }
}

/// `stored IS DISTINCT FROM computed`, for a field that depends on legacy columns. A typed column is compared with the image, if there is one: no
/// other check would notice a stamp that was stored wrongly.
pub(super) fn recomputed(relation: &Relation, name: &str) -> Option<String> {
    let value = relation.field(name)?;
    let image = relation.target()?.repeated.map(|(image, _)| image);
    let read =
        |i: usize| {
            let column = &relation.columns[i];
            Sql::text(image.map_or_else(
                || relation.read(i, Some("t")),
                |image| column.sql_type.from_image(&format!("t.{image}"), &column.name),
            ))
        };
    Some(format!("t.{name} IS DISTINCT FROM {}", value.fill(read).render()))
}

fn failed(check: &'static str, detail: String) -> CheckResult {
    CheckResult { check, passed: false, detail }
}
