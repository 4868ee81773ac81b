//! `esclusa benchmark`: reads on the archived legacy tables and the same reads rewritten, alternately, on the same rows: an archive
//! is kept up to date until it is dropped. Times, results and the indexes that were used are compared with the plan's limits
//! (P2-S4-12: each query within 20 %; P2-S4-10: within 15 % over all).
//!
//! They run as the role of mode shadow, which only reads, and only if they can reach no client's code (`harmless`).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::migrate::ARCHIVE;
use crate::migrate::machine::Legacy;
use crate::migrate::state::TableState;
use crate::mode::Mode;
use crate::rewrite::{NameContext, Policy, rewrite};
use crate::rule::RuleSet;
use crate::shadow::compare::{Row, Rows};
use crate::sql::quote::{ident, qualified};
use crate::sql::token::Lexed;
use crate::sql::{Limits, Named};
use crate::table::ColumnType::{Bool, Float, Int, Text};
use crate::table::{Columns, Table};

use super::facts::{Facts, Known};
use super::harmless;
use super::policy;

/// The limits of the plan.
const EACH: f64 = 1.20;
const ALL: f64 = 1.15;
/// Milliseconds below which a difference is ignored, because a client's network hides it.
const CLOCK: f64 = 0.05;

/// The columns of the result, a row for each read.
pub const COLUMNS: Columns = &[
    ("statement", Text),
    ("hits", Int),
    ("legacy_ms", Float),
    ("rewritten_ms", Float),
    ("ratio", Float),
    ("p95_ratio", Float),
    ("rows", Int),
    ("equal", Bool),
    ("legacy_indexes", Text),
    ("rewritten_indexes", Text),
    ("verdict", Text),
];

/// A read to be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The statement, with its values.
    pub text: String,
    /// How often clients have sent it, if known.
    pub hits: Option<i64>,
}

/// The statements of a file.
pub fn of_file(text: &str) -> Result<Vec<Case>> {
    let lexed = Lexed::new(text).map_err(|e| Error::usage(format!("the file cannot be read as SQL: {e}")))?;
    let statements = lexed.statements().into_iter().map(|range| lexed.slice(&range).trim().to_owned());
    Ok(statements.filter(|text| !text.is_empty()).map(|text| Case { text, hits: None }).collect())
}

/// The reads that clients have sent most often. Their values were not kept; values from the tables are used.
pub async fn of_traffic(control: &Database, schema: &str, top: i64) -> Result<Vec<(Case, Option<String>)>> {
    // A statement has a hit for each of its tables.
    let sql = "SELECT text, max(hits)::bigint FROM (SELECT s.text, h.legacy_table, sum(h.hits) AS hits FROM esclusa.hit AS h JOIN esclusa.statement AS s USING (fingerprint)
               WHERE h.operation = 'select' AND h.sqlstate = '' AND s.text ~ '^[( ]*(select|with|values|table)\\M' GROUP BY 1, 2) AS h GROUP BY 1 ORDER BY 2 DESC, 1";
    let mut cases = Vec::new();
    for row in control.query("reading the most frequent reads", sql, &[]).await? {
        let (text, hits): (String, i64) = (row.get(0), row.get(1));
        if i64::try_from(cases.len()).is_ok_and(|count| count == top) {
            break;
        }
        // Several in one message cannot be measured.
        if Lexed::new(&text).is_ok_and(|lexed| lexed.statements().len() > 1) {
            continue;
        }
        let filled = filled(control, schema, &text).await?;
        let missing = filled.is_none().then(|| "a value is missing that no column stands beside".to_owned());
        cases.push((Case { text: filled.unwrap_or(text), hits: Some(hits) }, missing));
    }
    Ok(cases)
}

/// The text with a value for each `?` (a literal that was not kept) and `$1` (a parameter), from the column that it is compared with. `None` where
/// there is no such column.
async fn filled(control: &Database, schema: &str, text: &str) -> Result<Option<String>> {
    let Ok(lexed) = Lexed::new(text) else { return Ok(None) };
    let columns = columns_of(control, schema, &lexed).await?;
    let mut parameters: HashMap<&str, String> = HashMap::new();
    let mut out = String::with_capacity(text.len() + 64);
    let mut end = 0;
    for (at, lexeme) in lexed.lexemes.iter().enumerate() {
        let written = &text[lexeme.span.range()];
        let is_parameter = written.strip_prefix('$').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if written != "?" && !is_parameter {
            continue;
        }
        let near = |i: Option<usize>| i.and_then(|i| lexed.lexemes.get(i));
        let is_limit = near(at.checked_sub(1)).is_some_and(|l| l.is_any(&["LIMIT", "OFFSET", "FETCH", "FIRST", "NEXT"]));
        // `column = ?`, `column IN (?`, `column LIKE ?`, `BETWEEN ? AND ?`, and `? = column`.
        let places = (1..=6).map(|n| at.checked_sub(n)).chain((2..=4).map(|n| Some(at + n)));
        let column = places.filter_map(near).find_map(|l| columns.get(&l.name()?));
        let value = match (parameters.get(written), column) {
            (Some(value), _) => Some(value.clone()),
            _ if is_limit => Some("10".to_owned()),
            (None, Some((table, name))) => value_of(control, table, name).await?,
            (None, None) => None,
        };
        let Some(value) = value else { return Ok(None) };
        out.push_str(&text[end..lexeme.span.start]);
        out.push_str(&value);
        end = lexeme.span.end;
        if is_parameter {
            parameters.insert(written, value);
        }
    }
    out.push_str(&text[end..]);
    Ok(Some(out))
}

/// The columns that a statement may mean, by name: each with a table of the statement that has it. Of a table that has moved it is the archive.
async fn columns_of(control: &Database, schema: &str, lexed: &Lexed<'_>) -> Result<HashMap<String, (String, String)>> {
    let names: Vec<String> = lexed.lexemes.iter().filter_map(crate::sql::token::Lexeme::name).collect();
    let sql = "SELECT n.nspname::text, c.relname::text, a.attname::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
               JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname IN ($1, $2) AND c.relname = ANY ($3) AND a.attname = ANY ($3)
                 AND a.attnum > 0 AND c.relkind IN ('r', 'p') ORDER BY n.nspname = $2, c.relname DESC";
    let rows = control.query("looking for the columns of a statement", sql, &[&schema, &ARCHIVE, &names]).await?;
    let column = |row: &tokio_postgres::Row| {
        let (schema, table, name): (&str, &str, String) = (row.get(0), row.get(1), row.get(2));
        (name.clone(), (qualified(schema, table), name))
    };
    Ok(rows.iter().map(column).collect())
}

/// A value from the middle of a column.
async fn value_of(control: &Database, table: &str, column: &str) -> Result<Option<String>> {
    let column = ident(column);
    let sql = format!(
        "SELECT quote_literal({column}::text) FROM {table} WHERE {column} IS NOT NULL OFFSET (SELECT count({column}) / 2 FROM {table}) LIMIT 1"
    );
    Ok(control.query("choosing a value", &sql, &[]).await?.first().map(|row| row.get(0)))
}

/// What reads are measured with.
pub struct Bench<'b> {
    shadow: Database,
    settings: &'b Settings,
    policy: Policy,
    states: HashMap<String, TableState>,
    runs: usize,
}

/// The measurements of one form.
struct Measured {
    times: Vec<f64>,
    rows: Vec<Row>,
    indexes: String,
}

impl<'b> Bench<'b> {
    /// Every table that was moved is treated as rewritten, whatever its mode is.
    pub async fn new(control: &Database, settings: &'b Settings, rules: &RuleSet, runs: usize) -> Result<Bench<'b>> {
        let mut facts = Facts::asked(settings, control, &mut Known::default()).await?;
        facts.modes = rules.rules.keys().map(|table| (table.clone(), Mode::Rewrite)).collect();
        let states = facts.states.clone().unwrap_or_default();
        let policy = policy::build(settings, rules, &facts, 1).policy;
        let shadow = policy::shadow_database(settings).await?;
        let shadow = shadow.ok_or_else(|| Error::usage("this command needs the target database: set control.url"))?;
        Ok(Bench { shadow, settings, policy, states, runs: runs.max(1) })
    }

    /// Measures one read and adds a row; returns the ratio, if there is one.
    pub async fn measure(&self, case: &Case, table: &mut Table) -> Result<Option<f64>> {
        let outcome = self.compare(case).await?;
        let hits = case.hits;
        let (old, new) = match outcome {
            Ok(pair) => pair,
            Err(why) => {
                let mut row = vec![case.text.as_str().into(), hits.into()];
                row.resize(COLUMNS.len() - 1, crate::table::Cell::Null);
                row.push(format!("not measured: {why}").into());
                table.push(row);
                return Ok(None);
            }
        };
        let equal = Rows::between_forms(&case.text).difference(&old.rows, &new.rows).is_none();
        let [(o50, o95), (n50, n95)] = [&old.times, &new.times].map(|t| (quantile(t, 0.5), quantile(t, 0.95)));
        let ratio = n50 / o50.max(f64::EPSILON);
        let within = ratio <= EACH || n50 - o50 < CLOCK;
        let verdict = match (equal, within) {
            (false, _) => "fail: another result".to_owned(),
            (true, true) if ratio > EACH => format!("pass: slower by less than {CLOCK} ms, which no client notices"),
            (true, true) => "pass".to_owned(),
            (true, false) => format!("fail: slower than the plan's {:.0} %", (EACH - 1.0) * 100.0),
        };
        table.push(vec![
            case.text.as_str().into(),
            hits.into(),
            rounded(o50).into(),
            rounded(n50).into(),
            rounded(ratio).into(),
            rounded(n95 / o95.max(f64::EPSILON)).into(),
            new.rows.len().into(),
            equal.into(),
            old.indexes.into(),
            new.indexes.into(),
            verdict.into(),
        ]);
        Ok(Some(ratio))
    }

    /// Measures both forms alternately; or says why they cannot be measured.
    async fn compare(&self, case: &Case) -> Result<std::result::Result<(Measured, Measured), String>> {
        let path = vec![self.settings.rules.schema.clone(), "public".to_owned()];
        let names = NameContext { search_path: path.clone(), ..NameContext::with_path(&[]) };
        let outcome = rewrite(&self.policy, &names, &case.text);
        if let Some(refusal) = outcome.refusals.first() {
            return Ok(Err(refusal.error.message.clone()));
        }
        let Some(rewritten) = outcome.text else { return Ok(Err("it names no table that was moved".into())) };
        let limits = Limits { text_bytes: self.settings.limits.statement_bytes.0, ..Limits::default() };
        let legacy = match self.on_the_archive(&case.text, &limits) {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        let (Ok(old_names), Ok(new_names)) = (Named::of(&legacy, &limits), Named::of(&rewritten, &limits)) else {
            return Ok(Err("it cannot be told what it names".into()));
        };
        let doing = "measuring";
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL jit TO DEFAULT; SET LOCAL statement_timeout = {}",
            Duration::from_secs(60).as_millis()
        );
        self.shadow.batch(doing, &begin).await?;
        let (schemas, foreign) = harmless::look(&self.shadow, &path, &[&old_names, &new_names]).await?;
        let measured = match foreign {
            Some(why) => Ok(Err(why)),
            None => self.in_turns([old_names.qualified(&legacy, &schemas), new_names.qualified(&rewritten, &schemas)]).await,
        };
        self.shadow.batch(doing, "ROLLBACK").await?;
        match measured {
            // An error of the statement is a result.
            Err(Error::Database { sqlstate, message, .. }) if !sqlstate.is_empty() => Ok(Err(format!("{sqlstate} {message}"))),
            other => other,
        }
    }

    async fn in_turns(&self, texts: [String; 2]) -> Result<std::result::Result<(Measured, Measured), String>> {
        let doing = "measuring";
        let mut forms = Vec::with_capacity(2);
        for text in &texts {
            let plan = self.shadow.text(doing, &format!("EXPLAIN (COSTS OFF) {text}")).await?;
            let indexes = indexes(plan.iter().flatten().flatten());
            let bytes = |row: Vec<Option<String>>| row.into_iter().map(|cell| cell.map(String::into_bytes)).collect();
            let rows = self.shadow.text(doing, text).await?.into_iter().map(bytes).collect();
            forms.push(Measured { times: Vec::new(), rows, indexes });
        }
        for turn in 0..self.runs * 2 {
            // The form that is first changes from turn to turn.
            let which = (turn + turn / 2) % 2;
            let begun = Instant::now();
            self.shadow.text(doing, &texts[which]).await?;
            forms[which].times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        match (forms.pop(), forms.pop()) {
            (Some(new), Some(old)) => Ok(Ok((old, new))),
            _ => Ok(Err("nothing was measured".into())),
        }
    }

    /// The statement with the archived tables in the places of the legacy names.
    fn on_the_archive(&self, text: &str, limits: &Limits) -> std::result::Result<String, String> {
        let named = Named::of(text, limits)?;
        let mut out = text.to_owned();
        let mut relations: Vec<_> = named.relations.iter().filter(|(_, _, name)| self.policy.knows(name)).collect();
        relations.sort_by_key(|(span, ..)| std::cmp::Reverse(span.start));
        relations.dedup();
        let is_archived = |name: &str| self.states.get(name).is_some_and(|s| s.legacy == Legacy::Archived);
        if relations.iter().all(|(_, _, name)| self.states.get(name.as_str()).is_some_and(|s| s.improved) && !is_archived(name)) {
            return Err("the histories that it names stay tables: there is no second form".into());
        }
        for (span, _, name) in relations {
            if self.policy.tombstones().contains(name) {
                return Err(format!("the name {name} is retired: nothing answers under it"));
            }
            match self.states.get(name).map(|s| s.legacy) {
                Some(Legacy::Archived) => out.replace_range(span.range(), &qualified(ARCHIVE, name)),
                // A history that stays, or a table that has not moved: both forms read the same table.
                Some(Legacy::Named) => {}
                _ => return Err(format!("the legacy table {name} is gone: there is nothing to compare with")),
            }
        }
        Ok(out)
    }
}

/// Adds the last line, for all reads together; returns whether all is within the limits.
pub fn conclude(table: &mut Table, ratios: &[f64]) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a number of statements")]
    let mean = (ratios.iter().map(|r| r.max(f64::EPSILON).ln()).sum::<f64>() / ratios.len().max(1) as f64).exp();
    let failed = table.rows.iter().filter(|row| row.last().is_some_and(|cell| cell.text().starts_with("fail"))).count();
    let within = failed == 0 && (ratios.is_empty() || mean <= ALL);
    let verdict = match (ratios.is_empty(), within) {
        (true, _) => "nothing was measured".to_owned(),
        (_, true) => format!("pass: each within {:.0} %, all within {:.0} %", (EACH - 1.0) * 100.0, (ALL - 1.0) * 100.0),
        (_, false) if failed > 0 => format!("fail: {failed} of {}", ratios.len()),
        _ => format!("fail: slower than {:.0} % over all", (ALL - 1.0) * 100.0),
    };
    let mut row = vec!["(all, by their geometric mean)".into()];
    row.resize(COLUMNS.len() - 1, crate::table::Cell::Null);
    if !ratios.is_empty() {
        row[4] = rounded(mean).into();
    }
    row.push(verdict.into());
    table.push(row);
    within && !ratios.is_empty()
}

/// The indexes that a plan uses, and the tables that it scans sequentially.
fn indexes<'p>(lines: impl Iterator<Item = &'p String>) -> String {
    let mut used: Vec<String> = Vec::new();
    for line in lines {
        let found = match (line.split_once(" using "), line.split_once("Index Scan on "), line.split_once("Seq Scan on ")) {
            (Some((_, rest)), ..) if line.contains("Index") => rest.split_whitespace().next().map(str::to_owned),
            (_, Some((_, rest)), _) => rest.split_whitespace().next().map(str::to_owned),
            (_, _, Some((_, rest))) => rest.split_whitespace().next().map(|table| format!("whole {table}")),
            _ => None,
        };
        used.extend(found.filter(|one| !used.contains(one)));
    }
    used.join(", ")
}

fn quantile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place among the times"
    )]
    let at = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_tells_its_indexes() {
        let plan = [
            "Nested Loop",
            "  ->  Index Scan using histipooficina_pkey on histipooficina h",
            "  ->  Bitmap Heap Scan on hisbarrio",
            "        ->  Bitmap Index Scan on hisbarrio_id",
            "  ->  Seq Scan on tipocorreo t",
        ]
        .map(str::to_owned);
        assert_eq!(indexes(plan.iter()), "histipooficina_pkey, hisbarrio_id, whole tipocorreo");
    }

    #[test]
    fn a_file_has_statements() {
        let cases = of_file("SELECT 1; -- a remark;\nSELECT ';';\n\n").unwrap();
        assert_eq!(cases.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["SELECT 1", "SELECT ';'"]);
    }

    #[test]
    fn all_together_are_within_their_own_bar() {
        let mut table = Table::new(COLUMNS);
        assert!(!conclude(&mut table, &[]), "nothing was measured");
        assert!(conclude(&mut Table::new(COLUMNS), &[1.0, 1.1]));
        assert!(!conclude(&mut Table::new(COLUMNS), &[1.19, 1.18]), "each is within 20 %, all are not within 15 %");
    }
}
