//! Runs the samples of mode `shadow`: each in a transaction of its own that only reads, both forms in one snapshot, so that writes
//! of other clients make no difference. A difference counts only if it is found again in a new snapshot.
//!
//! They run as a role of its own that can only read, and only if they can reach no other code than PostgreSQL's and ours
//! (`harmless`): a client must not be able to use this role's rights.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::harmless;
use super::policy;
use super::steering::Steering;
use crate::catalog::Database;
use crate::catalog::raw::Fetched;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::migrate::reads;
use crate::relation::Context;
use crate::rewrite::{Policy, rewrite};
use crate::shadow::compare::{Row, Rows};
use crate::shadow::{Sample, SampleResult, Took, shown};
use crate::sql::{Limits, Named};
use crate::telemetry;

/// The result of one form: rows; `None` for too many; or an error.
type Given = std::result::Result<Option<Fetched>, String>;

/// Why a read of a copy is not compared.
const UNREAD: &str = "the copy is not read any more, or by others";

/// Runs samples until the proxy ends, one at a time, on a connection of its own.
pub(super) async fn run(steering: Arc<Steering>, mut stopped: watch::Receiver<bool>) {
    let shared = steering.shared.clone();
    let Some(mut samples) = shared.shadow.samples() else { return };
    let mut database = None;
    let mut switched: Option<Arc<Policy>> = None;
    // The form that goes first alternates, because the second one finds its pages in the cache.
    let mut rewritten_first = false;
    loop {
        let sample = tokio::select! {
            sample = samples.recv() => match sample {
                Some(sample) => sample,
                None => return,
            },
            _ = stopped.wait_for(|s| *s) => return,
        };
        let policy = shared.policy.load_full();
        if switched.as_ref().is_none_or(|s| s.generation != policy.generation) {
            switched = Some(Arc::new(policy.with_shadow_rewritten()));
        }
        let Some(switched) = &switched else { continue };
        let outcome = rewrite(switched, &sample.names, &sample.text);
        let settings = shared.settings.load_full();
        let is_read = |policy: &Policy| outcome.reads.iter().all(|table| policy.readers().contains_key(table));
        let (mut verdict, took) = match &outcome.text {
            _ if !is_read(&policy) => (SampleResult::Skipped(UNREAD.into()), Took::default()),
            Some(text) if outcome.refusals.is_empty() => {
                rewritten_first = !rewritten_first;
                compare(&mut database, &settings, &sample, text, rewritten_first).await.unwrap_or_else(|error| {
                    database = None;
                    (SampleResult::Skipped(error.to_string()), Took::default())
                })
            }
            _ => (SampleResult::Skipped("the statement would not be rewritten".into()), Took::default()),
        };
        // A copy that was being removed meanwhile proves nothing.
        if !outcome.reads.is_empty() && shared.policy.load().generation != policy.generation {
            verdict = SampleResult::Skipped(UNREAD.into());
        }
        let label = match &verdict {
            SampleResult::Equal => "equal",
            SampleResult::Different(_) => "different",
            SampleResult::Unsteady => "unsteady",
            SampleResult::Skipped(_) => "skipped",
        };
        telemetry::count_by("esclusa_shadow_total", "verdict", label);
        // A difference contains rows of the client's data: it is not logged.
        if let SampleResult::Different(_) = &verdict {
            let (tables, fingerprint) = (sample.tables.join(", "), sample.fingerprint);
            tracing::warn!(tables, fingerprint, "a rewritten statement gives another result: SHOW DIFFERENCES");
        }
        shared.shadow.keep(&sample, outcome.text.as_deref().unwrap_or_default(), &verdict, took);
        if let SampleResult::Different(_) = &verdict
            && !outcome.reads.is_empty()
        {
            steering.send_back(&outcome.reads, sample.fingerprint).await;
        }
    }
}

/// Compares both forms. An error is one of the connection.
async fn compare(
    database: &mut Option<Database>,
    settings: &Settings,
    sample: &Sample,
    rewritten: &str,
    rewritten_first: bool,
) -> Result<(SampleResult, Took)> {
    if database.as_ref().is_none_or(Database::is_closed) {
        *database = policy::shadow_database(settings).await?;
    }
    let Some(database) = database else {
        return Ok((SampleResult::Skipped("there is no control.url".into()), Took::default()));
    };
    let limits = Limits { text_bytes: settings.limits.statement_bytes.0, ..Limits::default() };
    let named = [&*sample.forwarded, rewritten].map(|text| Named::of(text, &limits));
    let [Ok(forwarded_names), Ok(rewritten_names)] = named else {
        let why = named.into_iter().find_map(std::result::Result::err).unwrap_or_default();
        return Ok((SampleResult::Skipped(why), Took::default()));
    };
    let side = Side { database, settings, sample, forms: [(&sample.forwarded, forwarded_names), (rewritten, rewritten_names)] };
    let (first, took) = side.both(rewritten_first).await?;
    let Some(difference) = first else { return Ok((SampleResult::Equal, took)) };
    if let Difference::Skipped(why) = difference {
        return Ok((SampleResult::Skipped(why), took));
    }
    // It counts only if it is found again in another snapshot.
    let (second, _) = side.both(!rewritten_first).await?;
    Ok(match second {
        None => (SampleResult::Equal, took),
        Some(Difference::Skipped(why)) => (SampleResult::Skipped(why), took),
        Some(Difference::Unsteady) => (SampleResult::Unsteady, took),
        Some(Difference::Found(found)) => (SampleResult::Different(found), took),
    })
}

/// How two results differ.
enum Difference {
    Found(String),
    /// The form as it is forwarded has different results in one snapshot.
    Unsteady,
    Skipped(String),
}

struct Side<'s> {
    database: &'s Database,
    settings: &'s Settings,
    sample: &'s Sample,
    /// The text as it is forwarded, and rewritten; each with what it names.
    forms: [(&'s str, Named); 2],
}

impl Steering {
    /// A read gives another result from the copy of a table than from the table: the copy is not read any more, here and on the
    /// other proxies. If that cannot be stored, the next such read tries again.
    async fn send_back(&self, tables: &[String], fingerprint: i64) {
        let settings = self.shared.settings.load_full();
        let place = Context::new(&settings);
        for table in tables {
            let sent = async {
                match policy::alive(&mut *self.database.lock().await, &settings).await? {
                    Some(database) => reads::differ(database, &place, table, fingerprint).await,
                    None => Ok(false),
                }
            };
            match sent.await {
                Ok(false) => continue,
                Ok(true) => {
                    telemetry::count("esclusa_reads_sent_back_total");
                    tracing::error!(
                        table,
                        fingerprint,
                        "a read gave another result by the copy of a table, and nobody reads the copy any more: esclusa report comparisons"
                    );
                }
                Err(error) => {
                    tracing::error!(%error, table, "a table could not be sent back; the next read that differs tries again")
                }
            }
            if let Err(error) = self.follow_switch().await {
                tracing::warn!(%error, table, "this proxy has not followed yet");
            }
        }
    }
}

impl Side<'_> {
    /// Runs both forms in one snapshot.
    async fn both(&self, rewritten_first: bool) -> Result<(Option<Difference>, Took)> {
        let timeout = self.settings.shadow.timeout.as_millis();
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = {timeout}"
        );
        self.database.batch("beginning to compare", &begin).await?;
        let named = self.forms.each_ref().map(|(_, named)| named);
        let (schemas, foreign) = harmless::look(self.database, &self.sample.names.search_path, &named).await?;
        if let Some(why) = foreign {
            self.database.batch("ending to compare", "ROLLBACK").await?;
            return Ok((Some(Difference::Skipped(why)), Took::default()));
        }
        self.database.batch("beginning to compare", "SAVEPOINT forms").await?;
        let texts = self.forms.each_ref().map(|(text, named)| named.qualified(text, &schemas));
        let mut took = Took::default();
        let (forwarded, rewritten) = if rewritten_first {
            let rewritten = self.timed(&texts[1], &mut took.rewritten).await?;
            (self.timed(&texts[0], &mut took.forwarded).await?, rewritten)
        } else {
            let forwarded = self.timed(&texts[0], &mut took.forwarded).await?;
            (forwarded, self.timed(&texts[1], &mut took.rewritten).await?)
        };
        let mut difference = self.difference(&forwarded, &rewritten);
        if matches!(difference, Some(Difference::Found(_))) {
            let again = self.given(&texts[0]).await?;
            if self.difference(&forwarded, &again).is_some() {
                difference = Some(Difference::Unsteady);
            }
        }
        self.database.batch("ending to compare", "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()").await?;
        Ok((difference, took))
    }

    async fn timed(&self, text: &str, took: &mut std::time::Duration) -> Result<Given> {
        let begun = Instant::now();
        let given = self.given(text).await;
        *took = begun.elapsed();
        given
    }

    /// Runs one form. An error of the statement is a result; an error of the connection is an error.
    async fn given(&self, text: &str) -> Result<Given> {
        let parameters: Vec<(bool, Option<&[u8]>)> =
            self.sample.parameters.iter().map(|p| (p.binary, p.value.as_deref())).collect();
        match self.database.raw("comparing", text, &self.sample.types, &parameters, self.settings.shadow.rows).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(Error::Database { sqlstate, message, .. }) if !sqlstate.is_empty() => {
                self.database.batch("going on to compare", "ROLLBACK TO forms").await?;
                Ok(Err(format!("{sqlstate} {message}")))
            }
            Err(Error::Refused { message, .. }) => Ok(Err(message)),
            Err(error) => Err(error),
        }
    }

    fn difference(&self, forwarded: &Given, rewritten: &Given) -> Option<Difference> {
        let found = |text: String| Some(Difference::Found(text));
        match (forwarded, rewritten) {
            (Ok(Some(old)), Ok(Some(new))) => {
                first_difference(old, new, Rows::between_forms(&self.sample.text)).map(Difference::Found)
            }
            (Ok(None), _) | (_, Ok(None)) => Some(Difference::Skipped(format!("more than {} rows", self.settings.shadow.rows))),
            (Err(old), Err(_)) => Some(Difference::Skipped(format!("both forms fail: {old}"))),
            (Ok(_), Err(error)) | (Err(error), Ok(_)) if is_of_the_moment(error) => {
                Some(Difference::Skipped(format!("one form failed by the moment: {error}")))
            }
            (Ok(_), Err(new)) => found(format!("only the rewritten form fails: {new}")),
            (Err(old), Ok(_)) => found(format!("only the forwarded form fails: {old}")),
        }
    }
}

/// Whether an error says nothing of the statement: time or space ran out, or another session's lock or shutdown is the cause
/// (manual, appendix A: classes 40, 53, 55P03, 57).
fn is_of_the_moment(error: &str) -> bool {
    ["40", "53", "55P03", "57"].iter().any(|class| error.starts_with(class))
}

/// The first difference: of columns, then of rows.
fn first_difference(old: &Fetched, new: &Fetched, how: Rows) -> Option<String> {
    if old.columns != new.columns {
        return Some(format!("columns {:?} became {:?}", old.columns, new.columns));
    }
    let found = how.difference(&old.rows, &new.rows)?;
    let counts = format!("{} and {} rows", found.counts[0], found.counts[1]);
    let told = |row: &Row| row_told(&old.columns, row);
    Some(match (found.missing.map(told), found.added.map(told)) {
        (None, None) => counts,
        (Some(row), None) => format!("{counts}; missing: {row}"),
        (None, Some(row)) => format!("{counts}; too many: {row}"),
        (Some(row), Some(other)) => format!("{counts}; {row} became {other}"),
    })
}

/// A row as people read it.
fn row_told(columns: &[(String, u32)], row: &[Option<Vec<u8>>]) -> String {
    let cell = |(column, cell): (&(String, u32), &Option<Vec<u8>>)| {
        let (name, oid) = column;
        format!("{name} = {}", cell.as_deref().map_or_else(|| "NULL".to_owned(), |bytes| shown::value(*oid, bytes)))
    };
    format!("({})", columns.iter().zip(row).map(cell).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[&str]) -> Fetched {
        Fetched { columns: vec![("a".into(), 25)], rows: cells.iter().map(|c| vec![Some(c.as_bytes().to_vec())]).collect() }
    }

    #[test]
    fn rows_are_compared_as_a_multiset() {
        let told = |old: &[&str], new: &[&str], how| first_difference(&rows(old), &rows(new), how);
        assert_eq!(told(&["x", "y", "x"], &["x", "x", "y"], Rows::between_forms("SELECT a FROM t ORDER BY a")), None);
        assert_eq!(told(&["x", "x"], &["x"], Rows::Unordered).unwrap(), "2 and 1 rows; missing: (a = 'x')");
        assert_eq!(told(&["x"], &["\u{1}"], Rows::Unordered).unwrap(), "1 and 1 rows; (a = 'x') became (a = '\\x01')");
        assert_eq!(told(&["x"], &["y"], Rows::Counted), None);
        assert_eq!(told(&["x"], &[], Rows::Counted).unwrap(), "1 and 0 rows");
    }
}
