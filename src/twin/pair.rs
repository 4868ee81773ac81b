//! The two sides of the twin, and the run of a script over both.
//!
//! Every statement runs by the simple protocol (if it has no parameters) and by the extended one, with text and binary results, or
//! prepared once and executed several times, each time in a transaction that is rolled back; after a write the legacy tables that it
//! touched are read back.

use std::fmt::Write as _;

use super::answer::{Answer, Reply};
use super::binary::image;
use super::client::{Client, Extended};
use super::compare::{Rows, difference};
use super::script::Case;
use crate::config::Address;
use crate::error::{Error, Result};
use crate::rewrite::{NameContext, Policy, rewrite};
use crate::sql::Lexed;
use crate::sql::quote::{literal, qualified};

/// One session on each side.
#[derive(Debug)]
pub struct Pair {
    /// On the legacy tables.
    pub direct: Client,
    /// Through the proxy, on the consolidated ones.
    pub proxied: Client,
}

/// How a case is sent.
#[derive(Debug)]
enum Way {
    Simple,
    Extended(Extended),
    /// Statement by statement, by the extended protocol.
    Apart,
    /// Prepared under a name, then executed several times: with the plans that the server chooses, or with the generic plan only.
    Prepared {
        executions: Vec<Extended>,
        generic: bool,
    },
    /// Each execution as a statement of its own with the values in its text, by the two protocols alternately.
    AdHoc(Vec<String>),
}

/// The name under which a case is prepared.
const PREPARED: &str = "twin";

/// The answers of one side.
struct Answers {
    /// To each request of the case.
    statement: Vec<Answer>,
    /// To the read-back of each table that it writes.
    state: Vec<Answer>,
}

impl Answers {
    fn all(&self) -> impl Iterator<Item = &Answer> {
        self.statement.iter().chain(&self.state)
    }
}

/// The result of a script.
#[derive(Debug, Default)]
pub struct Report {
    /// Statements run.
    pub statements: usize,
    /// Answers compared.
    pub comparisons: usize,
    /// Statements that the direct side answered with an error.
    pub errors: usize,
    /// Every difference, in full.
    pub differences: Vec<String>,
}

impl Report {
    /// Adds the counts of another report.
    pub fn add(&mut self, other: Report) {
        self.statements += other.statements;
        self.comparisons += other.comparisons;
        self.errors += other.errors;
        self.differences.extend(other.differences);
    }
}

impl Pair {
    /// Logs in on both sides with the same parameters.
    pub async fn connect(direct: (&Address, &str), proxied: (&Address, &str), parameters: &[(&str, &str)]) -> Result<Pair> {
        let with = |database| [&[("database", database)], parameters].concat();
        Ok(Pair {
            direct: Client::connect(direct.0, &with(direct.1)).await?,
            proxied: Client::connect(proxied.0, &with(proxied.1)).await?,
        })
    }

    /// Runs a script. `policy` tells which legacy tables a statement writes, and what it was rewritten to.
    pub async fn run(&mut self, name: &str, cases: &[Case], policy: &Policy) -> Result<Report> {
        let mut report = Report::default();
        for case in cases {
            report.statements += 1;
            self.case(name, case, policy, &mut report).await?;
        }
        Ok(report)
    }

    async fn case(&mut self, name: &str, case: &Case, policy: &Policy, report: &mut Report) -> Result<()> {
        let rows = case.rows.unwrap_or_else(|| Rows::of(&case.text));
        let values = match &case.values {
            Some(values) => values.clone(),
            None => {
                let types = self.direct.parameter_types(&case.text).await?;
                types.iter().map(|oid| Some(sample(*oid).to_owned())).collect()
            }
        };
        if case.described {
            return self.described(name, case, policy, report).await;
        }
        let mut failed = false;
        for (label, way) in self.ways(case, &values).await? {
            let direct = self.one(true, case, &way, policy).await?;
            let proxied = self.one(false, case, &way, policy).await?;
            failed |= direct.statement.iter().any(|a| a.error().is_some());
            if case.differs.is_some() {
                continue;
            }
            let of_statement = direct.statement.len();
            for (step, (direct, proxied)) in direct.all().zip(proxied.all()).enumerate() {
                report.comparisons += 1;
                let afterwards = step >= of_statement;
                let rows = if afterwards { Rows::Unordered } else { rows };
                let found = match (&case.refused, step) {
                    (Some(state), 0) => refused(proxied, state),
                    (Some(_), _) => None,
                    (None, _) if case.any_row && both_of_data(direct, proxied) => None,
                    (None, _) => difference(direct, proxied, rows),
                };
                if let Some(found) = found {
                    let what = match (afterwards, step) {
                        (true, _) => format!("{label}, state afterwards"),
                        (false, 0) => label.to_owned(),
                        (false, _) => format!("{label}, answer {}", step + 1),
                    };
                    report.differences.push(told(name, case, &what, &values, &found, (direct, proxied), policy));
                    break;
                }
            }
        }
        report.errors += usize::from(failed);
        Ok(())
    }

    /// The ways in which a case is sent.
    async fn ways(&mut self, case: &Case, values: &[Option<String>]) -> Result<Vec<(&'static str, Way)>> {
        let extended =
            |values: &[Option<String>], images, binary| Extended { types: Vec::new(), values: values.to_vec(), images, binary };
        if !case.again.is_empty() {
            let mut executions = Vec::new();
            for (n, values) in std::iter::once(values).chain(case.again.iter().map(Vec::as_slice)).enumerate() {
                let binary = n % 2 == 1;
                let images = if binary { self.images(&case.text, values).await? } else { None };
                executions.push(extended(values, images, binary));
            }
            let prepared = |generic| Way::Prepared { executions: executions.clone(), generic };
            let types = self.direct.parameter_types(&case.text).await?;
            let written = executions.iter().map(|e| with_values(&case.text, &types, &e.values)).collect();
            return Ok(vec![
                ("prepared", prepared(false)),
                ("prepared, generic plan", prepared(true)),
                ("ad hoc", Way::AdHoc(written)),
            ]);
        }
        let mut ways = Vec::new();
        if values.is_empty() {
            ways.push(("simple", Way::Simple));
        }
        let several = is_several(&case.text);
        if several && case.apart {
            ways.push(("one by one", Way::Apart));
        }
        if case.copy.is_empty() && !several {
            let images = self.images(&case.text, values).await?;
            ways.push(("extended, text", Way::Extended(extended(values, None, false))));
            ways.push(("extended, binary", Way::Extended(extended(values, images, true))));
        }
        Ok(ways)
    }

    /// The parameters in binary, if each of them has a binary format here.
    async fn images(&mut self, text: &str, values: &[Option<String>]) -> Result<Option<Vec<Option<Vec<u8>>>>> {
        if values.is_empty() {
            return Ok(None);
        }
        let types = self.direct.parameter_types(text).await?;
        let one = |(i, value): (usize, &Option<String>)| match value {
            None => Some(None),
            Some(value) => types.get(i).and_then(|oid| image(*oid, value)).map(Some),
        };
        Ok(values.iter().enumerate().map(one).collect())
    }

    /// Compares parameter types and columns only.
    async fn described(&mut self, name: &str, case: &Case, policy: &Policy, report: &mut Report) -> Result<()> {
        let direct = self.direct.describe(&case.text).await?;
        let proxied = self.proxied.describe(&case.text).await?;
        report.comparisons += 1;
        if let Some(found) = difference(&direct, &proxied, Rows::Ordered) {
            report.differences.push(told(name, case, "described", &[], &found, (&direct, &proxied), policy));
        }
        Ok(())
    }

    /// The answers to the statement, and to the read-back of each legacy table that it writes.
    async fn one(&mut self, direct: bool, case: &Case, way: &Way, policy: &Policy) -> Result<Answers> {
        let client = if direct { &mut self.direct } else { &mut self.proxied };
        let own_transaction = is_transaction_control(&case.text);
        if !own_transaction {
            client.query("BEGIN").await?;
        }
        let statement = sent(client, case, way).await.map_err(|e| ended(direct, case, &e.to_string()))?;
        if !statement.iter().all(|a| matches!(a.0.last(), Some(Reply::Ready(_)))) {
            let words = statement.last().map(|a| a.0.iter().map(Reply::to_string).collect::<Vec<_>>().join("; "));
            return Err(ended(direct, case, &words.unwrap_or_default()));
        }
        let mut answers = Answers { statement, state: Vec::new() };
        if answers.statement.iter().all(|a| a.error().is_none()) {
            for table in written(&case.text, policy) {
                answers.state.push(client.query(&format!("SELECT * FROM {}", qualified(&policy.schema, &table))).await?);
            }
        }
        client.query("ROLLBACK").await?;
        if matches!(way, Way::Prepared { .. }) {
            client.close(PREPARED).await?;
        }
        Ok(answers)
    }
}

/// The error of a session that was lost, which no statement may cause.
fn ended(direct: bool, case: &Case, words: &str) -> Error {
    let side = if direct { "direct" } else { "proxied" };
    let detail = format!("{}\nvalues: {:?} {:?}", case.text, case.values, case.again);
    Error::Refused { message: format!("the {side} session was lost: {words}"), detail: Some(detail), hint: None }
}

/// Sends a case; returns the answer to each of its requests.
async fn sent(client: &mut Client, case: &Case, way: &Way) -> Result<Vec<Answer>> {
    match way {
        Way::Simple => Ok(vec![client.query_with(&case.text, case.copy.as_bytes()).await?]),
        Way::Extended(how) => Ok(vec![client.extended(&case.text, how).await?]),
        Way::Apart => {
            let mut answers = Vec::new();
            for text in statements(&case.text) {
                answers.push(client.extended(text, &Extended::default()).await?);
            }
            Ok(answers)
        }
        Way::AdHoc(texts) => {
            let mut answers = Vec::new();
            for (n, text) in texts.iter().enumerate() {
                answers.push(match n % 3 {
                    2 => client.extended(text, &Extended { binary: n % 2 == 1, ..Extended::default() }).await?,
                    _ => client.query(text).await?,
                });
            }
            Ok(answers)
        }
        Way::Prepared { executions, generic } => {
            if *generic {
                client.query("SET LOCAL plan_cache_mode = force_generic_plan").await?;
            }
            let mut answers = vec![client.prepare(PREPARED, &case.text).await?];
            for how in executions {
                answers.push(client.execute(PREPARED, how).await?);
            }
            Ok(answers)
        }
    }
}

/// The legacy tables that a statement writes.
fn written(text: &str, policy: &Policy) -> Vec<String> {
    let names = NameContext::with_path(&[&policy.schema]);
    let writes = ["insert", "update", "delete", "merge", "copy from", "truncate"];
    let hits = rewrite(policy, &names, text).hits;
    hits.into_iter().filter(|h| writes.contains(&h.operation)).map(|h| h.table).collect()
}

/// Whether both are errors of the data (class 22), of a constraint (class 23) or of a row that MERGE meets twice (21000), whichever comes first;
/// or of a cursor (24000), whose words depend on its plan.
fn both_of_data(direct: &Answer, proxied: &Answer) -> bool {
    let is_of_data = |code: &[u8]| [b"22".as_slice(), b"23", b"21000"].iter().any(|class| code.starts_with(class));
    let of_data = |a: &Answer| a.error().and_then(|e| e.get(b'C')).is_some_and(is_of_data);
    let of_cursor = |a: &Answer| a.error().and_then(|e| e.get(b'C')).is_some_and(|c| c == b"24000");
    of_data(direct) && of_data(proxied) || of_cursor(direct) && of_cursor(proxied)
}

fn refused(proxied: &Answer, state: &str) -> Option<String> {
    let found = proxied.error().and_then(|e| e.get(b'C')).map(|c| String::from_utf8_lossy(c).into_owned());
    (found.as_deref() != Some(state))
        .then(|| format!("expected a refusal with {state}, found {}", found.unwrap_or("none".into())))
}

/// Everything needed to find the fault: the statement, both answers, the first difference, the rewritten text.
fn told(
    name: &str,
    case: &Case,
    way: &str,
    values: &[Option<String>],
    found: &str,
    (direct, proxied): (&Answer, &Answer),
    policy: &Policy,
) -> String {
    const REPLIES: usize = 12;
    let mut out = format!("{name}:{} ({way})\n  statement: {}\n", case.line, case.text);
    if !values.is_empty() {
        let _ = writeln!(out, "  values: {values:?}");
    }
    let outcome = rewrite(policy, &NameContext::with_path(&[&policy.schema]), &case.text);
    let _ = writeln!(out, "  rewritten: {}", outcome.text.as_deref().unwrap_or("(untouched)"));
    for note in &outcome.notes {
        let _ = writeln!(out, "    note: {note}");
    }
    let _ = writeln!(out, "  first difference: {found}");
    for (side, answer) in [("direct", direct), ("proxied", proxied)] {
        let _ = writeln!(out, "  {side} ({} replies):", answer.0.len());
        for reply in answer.0.iter().take(REPLIES) {
            let _ = writeln!(out, "    {}", reply.to_string().chars().take(400).collect::<String>());
        }
    }
    out
}

/// A statement with values in place of its parameters, written as a client would: numbers bare, everything else quoted.
fn with_values(text: &str, types: &[u32], values: &[Option<String>]) -> String {
    const NUMBERS: [u32; 4] = [20, 21, 23, 1700];
    let is_digits = |value: &str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let Ok(lexed) = Lexed::new(text) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for lexeme in &lexed.lexemes {
        let Some(at) = lexeme.parameter().and_then(|n| n.checked_sub(1)).filter(|at| *at < values.len()) else { continue };
        out.push_str(&text[from..lexeme.span.start]);
        match &values[at] {
            None => out.push_str("NULL"),
            Some(value) if types.get(at).is_some_and(|t| NUMBERS.contains(t)) && is_digits(value) => out.push_str(value),
            Some(value) => out.push_str(&literal(value)),
        }
        from = lexeme.span.end;
    }
    out + &text[from..]
}

fn is_several(text: &str) -> bool {
    statements(text).len() > 1
}

/// The statements of a text.
fn statements(text: &str) -> Vec<&str> {
    Lexed::new(text).map_or_else(
        |_| vec![text],
        |l| l.statements().into_iter().filter_map(|s| l.span(&s)).map(|s| &text[s.start..s.end]).collect(),
    )
}

fn is_transaction_control(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    ["begin", "start", "commit", "rollback", "abort", "end", "vacuum"].contains(&word.as_str())
}

/// A value that a parameter of this type takes (PostgreSQL source, pg_type.dat).
fn sample(oid: u32) -> &'static str {
    match oid {
        16 => "t",
        20 | 21 | 23 | 1700 | 700 | 701 => "3",
        1082 => "2015-06-01",
        1114 | 1184 => "2015-06-01 12:00:00",
        1083 => "12:00:00",
        1231 | 1007 | 1016 => "{1,2,3}",
        1015 | 1009 => "{S,N}",
        _ => "S",
    }
}
