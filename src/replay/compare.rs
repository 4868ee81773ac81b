//! Compares two answers to one stretch: equal, different, or not comparable. The twin decides whether they are equal ([`crate::twin::compare`]);
//! here is only what excuses a difference.

use super::script::Stretch;
use crate::sql::Lexed;
use crate::twin::answer::{Answer, Reply};
use crate::twin::compare::{Rows, difference};

/// The result of comparing a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// A client cannot tell the sides apart.
    Equal,
    /// A client can; the first difference.
    Different(String),
    /// The answers differ, but that says nothing about the sides; why.
    NotComparable(String),
}

/// Functions and key words whose result changes from call to call.
#[rustfmt::skip]
const VOLATILE: &[&str] = &[
    "clock_timestamp", "ctid", "current_timestamp", "currval", "explain", "gen_random_uuid", "inet_client_port", "inet_server_port", "lastval",
    "localtime", "localtimestamp", "nextval", "now", "pg_backend_pid", "pg_current_wal_lsn", "pg_current_xact_id", "pg_postmaster_start_time",
    "pg_relation_size", "pg_stat_activity", "pg_total_relation_size", "random", "statement_timestamp", "tableoid", "timeofday",
    "transaction_timestamp", "txid_current", "uuid_generate_v1", "uuid_generate_v4", "xmax", "xmin",
];
/// Errors that depend on timing: a conflict, a deadlock's victim, a lock that is not available, a cancellation. They excuse a statement that had
/// one when it was recorded; a statement that has one only now, and on one side alone, is a finding.
const TIMING: &[&[u8]] = &[b"40001", b"40P01", b"55P03", b"57014"];

/// Compares two answers.
pub fn compare(stretch: &Stretch, left: &Answer, right: &Answer) -> Comparison {
    let rows = rows_of(stretch);
    let Some(found) = difference(left, right, rows) else { return Comparison::Equal };
    if rows == Rows::Ordered && difference(left, right, Rows::Unordered).is_none() {
        return Comparison::NotComparable("the same rows in another order, which ORDER BY leaves open".into());
    }
    if let Some(code) = stretch.sqlstate.as_ref().filter(|code| TIMING.contains(&code.as_slice())) {
        return Comparison::NotComparable(format!(
            "when recorded, it already ended by timing ({})",
            String::from_utf8_lossy(code)
        ));
    }
    match stretch.texts.iter().find_map(|text| volatile(text)).filter(|_| shape(left) == shape(right)) {
        Some(name) => Comparison::NotComparable(format!("it uses {name}")),
        None => Comparison::Different(found.replace("     proxied:", "     right:").replace("      direct:", "      left:")),
    }
}

/// An answer without the contents of its rows: a volatile function excuses differences of contents only.
fn shape(answer: &Answer) -> Vec<String> {
    let one = |reply: &Reply| match reply {
        Reply::Row(cells) => format!("row of {}", cells.len()),
        Reply::CopyData(_) => "line".into(),
        Reply::Columns(columns) => columns.len().to_string(),
        other => other.to_string(),
    };
    answer.0.iter().map(one).collect()
}

/// The result for a stretch that was run twice on each side: if the two runs on one side differ, it is not comparable. A failed second run is ignored.
pub fn compare_again(first: Comparison, stretch: &Stretch, before: [&Answer; 2], again: [&Answer; 2]) -> Comparison {
    // The second run has a transaction of its own, so its transaction status differs.
    let told = |answer: &Answer| Answer(answer.0.iter().filter(|r| !matches!(r, Reply::Ready(_))).cloned().collect());
    let failed = again.iter().any(|answer| answer.error().is_some());
    let unsteady = !failed && (0..2).any(|side| difference(&told(before[side]), &told(again[side]), rows_of(stretch)).is_some());
    match first {
        Comparison::Different(_) if unsteady => Comparison::NotComparable("two runs on the same side differ as well".into()),
        first => first,
    }
}

/// How the rows of a stretch are compared.
fn rows_of(stretch: &Stretch) -> Rows {
    match stretch.texts.as_slice() {
        [text] => match Rows::of(text) {
            Rows::Unordered if stretch.is_partial => Rows::Counted,
            rows => rows,
        },
        texts if texts.iter().any(|text| Rows::of(text) == Rows::Counted) => Rows::Counted,
        _ => Rows::Unordered,
    }
}

/// The first volatile function or key word of a statement.
fn volatile(text: &str) -> Option<String> {
    let lexed = Lexed::new(text).ok()?;
    lexed.lexemes.iter().filter_map(|l| l.name()).find(|name| VOLATILE.binary_search(&name.as_str()).is_ok())
}

/// Whether a stretch can be run again without effects: it only reads, and not in a failed transaction.
pub fn is_repeatable(stretch: &Stretch, answers: [&Answer; 2]) -> bool {
    const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "FOR", "NEXTVAL", "SETVAL"];
    let reads = |text: &String| {
        let Ok(lexed) = Lexed::new(text) else { return false };
        let begins = lexed.lexemes.first().is_some_and(|l| l.is_any(&["SELECT", "WITH", "VALUES", "TABLE"]));
        begins && lexed.statements().len() == 1 && !lexed.lexemes.iter().any(|l| l.is_any(WRITES))
    };
    let healthy = |answer: &Answer| answer.error().is_none() && !matches!(answer.0.last(), Some(Reply::Ready('E')));
    !stretch.texts.is_empty() && stretch.texts.iter().all(reads) && answers.into_iter().all(healthy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error_response::ErrorFields;

    fn stretch(text: &str) -> Stretch {
        let mut stretch = Stretch::default();
        stretch.texts.push(text.to_owned());
        stretch
    }

    fn rows(cells: &[&str]) -> Answer {
        let row = |cell: &&str| Reply::Row(vec![Some(cell.as_bytes().to_vec())]);
        Answer(cells.iter().map(row).chain([Reply::Ready('I')]).collect())
    }

    #[test]
    fn what_differs_for_another_reason_is_no_difference() {
        assert!(VOLATILE.is_sorted());
        let told = |text: &str, left: &[&str], right: &[&str]| compare(&stretch(text), &rows(left), &rows(right));
        let is_different = |verdict: Comparison| matches!(verdict, Comparison::Different(_));
        let is_excused = |verdict: Comparison| matches!(verdict, Comparison::NotComparable(_));
        assert_eq!(told("SELECT a FROM t", &["1", "2"], &["2", "1"]), Comparison::Equal);
        assert!(is_different(told("SELECT a FROM t", &["1", "2"], &["2", "3"])));
        assert!(is_excused(told("SELECT a FROM t ORDER BY b", &["1", "2"], &["2", "1"])));
        assert!(is_different(told("SELECT a FROM t ORDER BY b", &["1", "2"], &["2", "3"])));
        assert!(is_excused(told("SELECT Random()", &["1"], &["2"])));
        assert!(is_different(told("SELECT 'now'", &["1"], &["2"])));
        assert!(is_different(told("SELECT random()", &["1"], &["2", "3"])), "a row too many is not its doing");
        let failed = Answer(vec![Reply::Error(ErrorFields(vec![(b'C', b"57014".to_vec())])), Reply::Ready('I')]);
        assert!(is_different(compare(&stretch("SELECT 1"), &failed, &rows(&["1"]))));
        let mut cancelled = stretch("SELECT 1");
        cancelled.sqlstate = Some(*b"57014");
        assert!(is_excused(compare(&cancelled, &failed, &rows(&["1"]))));
        assert_eq!(compare(&stretch("SELECT 1"), &failed, &failed.clone()), Comparison::Equal);
        let found = told("SELECT a FROM t", &["1"], &["2"]);
        let (one, two) = (rows(&["1"]), rows(&["2"]));
        assert_eq!(compare_again(found.clone(), &stretch("x"), [&one, &two], [&one, &two]), found);
        assert_eq!(compare_again(found.clone(), &stretch("x"), [&one, &two], [&failed, &failed]), found);
        assert!(is_excused(compare_again(found, &stretch("x"), [&one, &two], [&two, &two])));
    }

    #[test]
    fn only_reads_are_run_again() {
        let healthy = rows(&["1"]);
        let told = |text: &str| is_repeatable(&stretch(text), [&healthy, &healthy]);
        assert!(told("SELECT 1") && told("with x as (select 1) select * from x") && told("VALUES (1)"));
        assert!(!told("SELECT 1; SELECT 2") && !told("SELECT 1 FOR UPDATE") && !told("SELECT nextval('s')") && !told("SHOW x"));
        assert!(!told("WITH x AS (DELETE FROM t RETURNING 1) SELECT 1") && !told("SELECT 1 INTO t"));
        let failed = Answer(vec![Reply::Ready('E')]);
        assert!(
            !is_repeatable(&stretch("SELECT 1"), [&healthy, &failed])
                && !is_repeatable(&Stretch::default(), [&healthy, &healthy])
        );
    }
}
