//! What the server counts of legacy tables between samples: its counters of tables (`control/counter.rs`), and the calls of
//! statements that name them (`control/calls.rs`). Both are compared with what the proxies have recorded; time in which the two
//! cannot be distinguished is reported as not covered.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::functions::{AT_A_TIME, Functions};
use super::people::People;
use super::told::{STATEMENT_BYTES, is_read};
use crate::catalog::Database;
use crate::config::Settings;
use crate::control::around::{self, ALL, Sought, UNKNOWN, Use};
use crate::control::calls::{self, Call, CalledStatement, Calls, JudgedCalls, Key, Passed, Source};
use crate::control::counter::{self, Counters, Step};
use crate::control::found::{self, Covered};
use crate::error::Result;
use crate::rewrite::Policy;
use crate::scan;
use crate::sql::fingerprint::normalise;

/// Seconds between two readings of the counters.
const COUNTED: f64 = 5.0;
/// Seconds between two writes of what is covered.
const COVERED: f64 = 60.0;
/// After a gap of so many seconds a reading covers nothing.
const GAP: f64 = 30.0;
/// A use that was reported within this many seconds of a growing table counter explains it.
const BESIDE: f64 = 30.0;

/// Seconds between two readings of the functions.
const FUNCTIONS: f64 = 300.0;
/// For how many seconds a user is looked for who was counted, and not seen.
const WANTED: f64 = 60.0;
/// The most users who are looked for at a time.
const MOST_WANTED: usize = 20;

/// What is looked at, and when.
pub(super) struct View<'v> {
    /// Finds out what texts name.
    pub(super) policy: &'v Policy,
    pub(super) settings: &'v Settings,
    pub(super) sought: &'v Sought,
    pub(super) now: f64,
}

/// What was found.
#[derive(Default)]
pub(super) struct Tallied {
    pub(super) uses: Vec<Use>,
    /// To be stored with the uses.
    pub(super) judged: Option<JudgedCalls>,
}

/// What is remembered between two readings.
#[derive(Default)]
pub(super) struct Tally {
    counters: Counters,
    calls: Option<Calls>,
    passed: Passed,
    source: Option<Source>,
    /// The number of entries that the extension has evicted.
    evicted: i64,
    /// The last logged reason why the extension cannot be used.
    why: &'static str,
    /// When a table was last reported as passed uncounted.
    uncounted: HashMap<String, f64>,
    /// For each table the time of the last calls that were reported.
    told: HashMap<String, f64>,
    /// For each function the legacy tables that it names; and when that was read.
    functions: Functions,
    functions_at: f64,
    /// Users who were counted and not seen, and until when they are looked for.
    wanted: HashMap<String, f64>,
    read_at: f64,
    covered: Covered,
    kept_at: f64,
}

impl Tally {
    /// Reads what is due.
    pub(super) async fn read(&mut self, database: &Database, view: &View<'_>, people: &People) -> Result<Tallied> {
        let (now, gap) = (view.now, view.now - self.read_at);
        if gap < COUNTED {
            return Ok(Tallied::default());
        }
        self.read_at = now;
        let span = if gap > GAP { 0.0 } else { gap };
        for name in around::uncounted(database).await? {
            let tables = if name == ALL { &view.sought.tables[..] } else { std::slice::from_ref(&name) };
            self.uncounted.extend(tables.iter().map(|table| (table.clone(), now)));
        }
        let is_due = now - self.kept_at >= COVERED;
        if is_due || self.calls.is_none() {
            self.find_source(database).await?;
        }
        let mut all = Tallied::default();
        if let Some(source) = self.source.clone() {
            let taken = self.take_calls(database, view, &source, span).await?;
            let is_new = !taken.is_empty();
            all.uses = self.told(database, view, people, taken).await?;
            all.judged = self.calls.as_ref().filter(|_| is_new || is_due).and_then(Calls::judged);
        }
        all.uses.extend(self.count(database, view, span).await?);
        if is_due {
            found::cover_counts(database, &self.covered).await?;
            (self.kept_at, self.covered) = (now, Covered::default());
        }
        Ok(all)
    }

    /// Users who are looked for.
    pub(super) fn wanted(&self, now: f64) -> Vec<String> {
        let mut wanted: Vec<String> =
            self.wanted.iter().filter(|(_, until)| **until > now).map(|(user, _)| user.clone()).collect();
        wanted.truncate(MOST_WANTED);
        wanted
    }

    async fn find_source(&mut self, database: &Database) -> Result<()> {
        let (source, why) = match calls::source(database).await? {
            Ok(source) => (Some(source), ""),
            Err(why) => (None, why),
        };
        if why != self.why && !why.is_empty() {
            tracing::info!(why, "pg_stat_statements does not tell who comes around the proxies");
        }
        (self.source, self.why) = (source, why);
        Ok(())
    }

    /// The calls that may be judged now, each with whether every proxy has written what it had recorded by then.
    async fn take_calls(
        &mut self,
        database: &Database,
        view: &View<'_>,
        source: &Source,
        span: f64,
    ) -> Result<Vec<(Call, bool)>> {
        let (now, sought) = (view.now, view.sought);
        if now - self.functions_at > FUNCTIONS {
            (self.functions, self.functions_at) = (Functions::of(view.policy, calls::functions(database).await?).await, now);
        }
        // A statement that calls a function which names a table uses the table.
        let names: Vec<String> = sought.tables.iter().cloned().chain(self.functions.lines()).collect();
        if self.calls.is_none() {
            self.calls = Some(Calls::resume(calls::read(database, &names).await?));
        }
        let Some(calls) = &mut self.calls else { return Ok(Vec::new()) };
        calls.look_for(&names);
        let counted = source.calls(database, sought).await?;
        let unknown = calls.unknown(&counted);
        if !unknown.is_empty() {
            let ambiguous = around::ambiguous(database, sought).await?;
            let mut texts: HashMap<Key, (String, String)> =
                source.texts(database, &unknown).await?.into_iter().map(|(key, user, text)| (key, (user, text))).collect();
            for (at, key) in unknown.into_iter().enumerate() {
                if at % AT_A_TIME == 0 {
                    tokio::task::yield_now().await;
                }
                let named = texts.remove(&key).map(|(user, text)| named(view.policy, &self.functions, user, &text, &ambiguous));
                calls.learn(key, named.unwrap_or_default(), counted.get(&key).copied().unwrap_or(0));
            }
        }
        calls.advance(now, &counted);
        let evicted = source.evicted(database).await?;
        // An entry that was evicted may have been called before.
        if std::mem::replace(&mut self.evicted, evicted) == evicted {
            self.covered.calls += span;
        }
        if !calls.waits() {
            return Ok(Vec::new());
        }
        let retained: Vec<String> =
            view.policy.entries().filter(|e| e.relation.is_retained()).map(|e| e.relation.table.clone()).collect();
        self.passed.read(database, &sought.tables, &retained, now).await?;
        let recorded = counter::recorded(database).await?;
        let hold = COUNTED + 2.0 * view.settings.control.flush_interval.as_secs_f64();
        let is_sure = |to: f64| recorded >= to + hold;
        let taken = calls.take(now, |to| is_sure(to) || now >= to + hold + counter::PATIENCE);
        Ok(taken.into_iter().map(|call| (is_sure(call.to), call)).map(|(is_it, call)| (call, is_it)).collect())
    }

    /// Calls that no proxy can have passed, by table and user.
    async fn told(
        &mut self,
        database: &Database,
        view: &View<'_>,
        people: &People,
        taken: Vec<(Call, bool)>,
    ) -> Result<Vec<Use>> {
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let through = around::users(database).await?;
        let tables = taken.iter().flat_map(|(call, _)| call.named.tables.iter().map(move |table| (call, table)));
        let passed = tables.flat_map(|(call, table)| self.passed.users(table, call.from)).map(str::to_owned);
        let users: HashSet<String> = passed.chain(through.iter().cloned()).collect();
        let may_be = calls::may_be(database, &users, &taken.iter().map(|(call, _)| call.user_oid).collect()).await?;
        let is_his = |user: &str, call: &Call| user.is_empty() || may_be.contains(&(user.to_owned(), call.user_oid));
        // By table, user, kind and certainty; with the number of calls of the statement that is shown.
        let mut uses: BTreeMap<(String, String, &str, &str), (Use, i64)> = BTreeMap::new();
        for (call, is_sure) in &taken {
            let is_of_proxies = through.iter().any(|user| is_his(user, call));
            let direct = call.named.tables.iter().map(|table| (table, "calls"));
            for (table, kind) in direct.chain(call.named.through.iter().map(|table| (table, "function"))) {
                let may_be_passed = match kind {
                    "function" => is_of_proxies,
                    _ => {
                        self.uncounted.get(table).is_some_and(|last| *last >= call.from)
                            || self.passed.users(table, call.from).any(|user| is_his(user, call))
                    }
                };
                if may_be_passed {
                    *self.covered.blind.entry(("calls", table.clone())).or_default() += (call.to - call.from).min(GAP);
                    continue;
                }
                let used = used(view, people, call, (table, kind), *is_sure);
                match uses.entry((table.clone(), used.user.clone(), used.kind, used.certainty)) {
                    Entry::Vacant(entry) => drop(entry.insert((used, call.calls))),
                    Entry::Occupied(mut entry) => add(entry.get_mut(), used),
                }
            }
        }
        let uses: Vec<Use> = uses.into_values().map(|(used, _)| used).collect();
        self.wanted.retain(|_, until| *until > view.now);
        for used in &uses {
            self.told.insert(used.table.clone(), used.began);
            if used.address == UNKNOWN {
                self.wanted.insert(used.user.clone(), view.now + WANTED);
            }
        }
        Ok(uses)
    }

    /// Uses that have increased the counters of tables while the proxies were silent.
    async fn count(&mut self, database: &Database, view: &View<'_>, span: f64) -> Result<Vec<Use>> {
        let hold = counter::LATE + 2.0 * view.settings.control.flush_interval.as_secs_f64();
        let mut uses = Vec::new();
        let mut blind: HashSet<&String> = view.sought.tables.iter().collect();
        for (table, counts) in counter::read(database, view.sought).await? {
            if self.uncounted.get(&table).is_some_and(|last| *last >= view.now) {
                self.counters.forget(&table);
                continue;
            }
            match self.counters.advance(&table, counts, hold) {
                Step::Blind => continue,
                Step::Quiet => {}
                // The user is already reported by calls.
                Step::Used(grown) if self.told.get(&table).is_some_and(|to| (to - grown.at).abs() < BESIDE) => {}
                Step::Used(grown) => uses.push(counter::told(table.clone(), grown, view.now)),
            }
            blind.remove(&table);
        }
        self.covered.counter += span;
        for table in blind {
            *self.covered.blind.entry(("counter", table.clone())).or_default() += span;
        }
        Ok(uses)
    }
}

/// What an entry of pg_stat_statements names: tables whose rows it reads or writes. A name that exists in another schema too counts
/// only if it is qualified.
fn named(policy: &Policy, functions: &Functions, user: String, text: &str, ambiguous: &[String]) -> CalledStatement {
    if calls::is_of_a_key(text) {
        return CalledStatement::default();
    }
    let is_of_rows = |operation: &str| {
        matches!(operation, "select" | "insert" | "update" | "delete" | "merge" | "copy to" | "copy from" | "truncate")
    };
    let mut tables: Vec<String> = Vec::new();
    let mut add = |found: Vec<(String, &str)>, is_it: &dyn Fn(&String) -> bool| {
        for (table, operation) in found {
            if is_of_rows(operation) && is_it(&table) && !tables.contains(&table) {
                tables.push(table);
            }
        }
    };
    add(scan::statement(policy, text, true), &|table| !ambiguous.contains(table));
    if !ambiguous.is_empty() && policy.may_name(text.as_bytes()) {
        add(scan::qualified(policy, text), &|table| ambiguous.contains(table));
    }
    let through = functions.called(text).into_iter().filter(|table| !tables.contains(table)).collect();
    CalledStatement { user, statement: normalise(text, STATEMENT_BYTES), tables, through }
}

/// Adds the calls of another statement.
fn add((all, most): &mut (Use, i64), used: Use) {
    all.times += used.times;
    all.began = all.began.max(used.began);
    all.last = all.last.max(used.last);
    if used.times > *most {
        (all.statement, *most) = (used.statement, used.times);
    }
}

/// A call as a use.
fn used(view: &View<'_>, people: &People, call: &Call, (table, kind): (&str, &'static str), is_sure: bool) -> Use {
    let Call { named: CalledStatement { user, statement, .. }, from, to, .. } = call;
    let (address, application, is_alone) = people.of(user, *from, *to);
    let dumps = &view.settings.migrate.reads_all;
    Use {
        table: table.to_owned(),
        kind: if is_read(statement) && people.has(user, dumps, *from, *to) { "dump" } else { kind },
        certainty: match is_sure {
            false => "unsure",
            true if is_alone => "likely",
            true => "sure",
        },
        times: call.calls,
        statement: statement.clone(),
        began: *to,
        last: *to,
        user: user.clone(),
        address,
        application,
    }
}
