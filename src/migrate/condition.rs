//! What a table waits for before its archived rows may be dropped: conditions, each met or not, with a reason in words. Pure, apart from [`facts`],
//! which asks the target database once for all of them; `status` shows them and `drop` obeys them.

use std::collections::HashMap;
use std::time::Duration;

use crate::catalog::Database;
use crate::error::Result;
use crate::mode::Mode;
use crate::relation::{Context, Relation};
use crate::rule::Rule;
use crate::sql::quote::{literal, qualified};

use super::machine::{State, may_be_retired};
use super::{ARCHIVE, CONTROL, keep, ledger};

/// The part of the observation time that the proxies must have recorded, in percent.
const RECORDED: i64 = 95;

/// A condition that has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its name: a few words.
    pub name: &'static str,
    /// Whether it holds.
    pub met: bool,
    /// What was found.
    pub why: String,
}

/// What is known of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its state in the machine.
    pub state: Option<State>,
    /// Its mode; `None` where none is stored.
    pub mode: Option<Mode>,
    /// Since when it is in that state, as text.
    pub since: Option<String>,
    /// Seconds since it moved.
    pub moved_for: Option<i64>,
    /// The archive receives every change.
    pub is_kept: bool,
    /// Seconds of the observation time that were recorded.
    pub recorded: i64,
    /// Statements since it moved that were not understood.
    pub opaque: i64,
    /// Statements that were refused.
    pub refused: i64,
    /// Statements that failed with 42P01, 42703 or 42501: a name, a column or a right was missing.
    pub missing: i64,
    /// Mode shadow: reads that were compared.
    pub compared: i64,
    /// Mode shadow: reads that differed.
    pub different: i64,
    /// Who was last seen around the proxies since the table moved, dumps excepted.
    pub around: Option<String>,
    /// Objects that read the archived table or refer to it.
    pub hanging: Vec<String>,
    /// The last proof: whether it held, and when.
    pub proof: Option<(bool, String)>,
    /// Who has signed, and when.
    pub signature: Option<String>,
    /// Blocks copied, and all blocks.
    pub copied: Option<(i64, i64)>,
    /// Why the copying has stopped or waits.
    pub gives_way: Option<String>,
    /// Who reads the copy, in words; outside the state `reads`, why nobody does any more.
    pub readers: Option<String>,
}

/// The conditions for dropping the archived table. The dump, which takes long, is made and checked only when the table is dropped (`drop.rs`).
pub fn to_drop(facts: &Facts, observation: Duration) -> Vec<Condition> {
    let wanted = i64::try_from(observation.as_secs()).unwrap_or(i64::MAX);
    let observed = facts.moved_for.unwrap_or(0);
    let condition = |name, met, why: String| Condition { name, met, why };
    let none = |count: i64, what: &str| if count == 0 { format!("no {what}") } else { format!("{count} {what}") };
    let span = observed.min(wanted).max(1);
    let share = if wanted == 0 { 100 } else { (facts.recorded.min(span) * 100) / span };
    vec![
        condition(
            "kept",
            facts.is_kept,
            match facts.is_kept {
                true => "every change since is in the archive".into(),
                false if facts.moved_for.is_none() => "there is no archive: the table has not moved".into(),
                false => "the archive lacks changes made since (`esclusa schema apply` fills it again), or is gone".into(),
            },
        ),
        condition(
            "proven",
            facts.proof.as_ref().is_some_and(|(holds, _)| *holds),
            match &facts.proof {
                Some((true, at)) => format!("the proof of {at} holds"),
                Some((false, at)) => format!("the proof of {at} does not hold: `esclusa verify`"),
                None if matches!(facts.state, Some(State::Copying | State::Copied)) => "what was copied is not proven yet".into(),
                None => "it was never proven".into(),
            },
        ),
        condition("observed", observed >= wanted, format!("moved for {}, of {}", days(observed), days(wanted))),
        condition(
            "recorded",
            share >= RECORDED,
            format!("{share} % of that time was recorded by the proxies; {RECORDED} % are needed"),
        ),
        condition("understood", facts.opaque == 0, none(facts.opaque, "statements that were not understood")),
        condition(
            "answered",
            facts.refused + facts.missing == 0,
            none(facts.refused + facts.missing, "statements that were refused, or failed for a missing name or right"),
        ),
        condition("equal", facts.different == 0, format!("{} of {} compared reads differed", facts.different, facts.compared)),
        condition(
            "nobody around",
            facts.around.is_none(),
            match &facts.around {
                Some(by) => format!("used around the proxy since, by {by}: `esclusa report around`"),
                None => "nobody was seen around the proxy".into(),
            },
        ),
        condition(
            "free",
            facts.hanging.is_empty(),
            if facts.hanging.is_empty() { "nothing reads the archived table".into() } else { facts.hanging.join("; ") },
        ),
        condition(
            "signed",
            facts.signature.is_some(),
            facts.signature.clone().unwrap_or_else(|| "nobody has signed: `esclusa sign`".into()),
        ),
    ]
}

/// What is known of a name, beside the facts of its table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameFacts {
    /// The table's state.
    pub state: Option<State>,
    /// Whether it was silent for the whole time that a calendar asks for (`report/verdict.rs`), and what was found.
    pub silent: (bool, String),
    /// Who was seen around the proxies, and when.
    pub around: Option<String>,
    /// Statements that were not understood, since hits were first recorded.
    pub opaque: u64,
    /// Objects that depend on its views.
    pub hanging: Vec<String>,
    /// Functions whose text names it.
    pub bodies: Vec<String>,
}

/// The conditions for retiring a name. The first and the last are facts of the catalog; a person may accept the others as they are.
pub fn to_retire(facts: &NameFacts) -> Vec<Condition> {
    let condition = |name, met, why: String| Condition { name, met, why };
    let state = facts.state.unwrap_or(State::Planned);
    let list = |names: &[String], none: &str| if names.is_empty() { none.to_owned() } else { names.join("; ") };
    vec![
        condition("moved", may_be_retired(state), format!("the table is {}", state.name())),
        condition("silent", facts.silent.0, facts.silent.1.clone()),
        condition(
            "nobody around",
            facts.around.is_none(),
            facts.around.clone().unwrap_or_else(|| "nobody was seen around the proxy".into()),
        ),
        condition(
            "understood",
            facts.opaque == 0,
            match facts.opaque {
                0 => "every statement that named it was understood".into(),
                n => format!("{n} statements were not understood: `esclusa report opaque`"),
            },
        ),
        condition("no body names it", facts.bodies.is_empty(), list(&facts.bodies, "no function's text names it")),
        condition("free", facts.hanging.is_empty(), list(&facts.hanging, "nothing depends on its views")),
    ]
}

/// Whether a person may accept that a condition is not met.
pub fn may_be_accepted(condition: &Condition) -> bool {
    !matches!(condition.name, "moved" | "free")
}

fn days(seconds: i64) -> String {
    match seconds {
        s if s >= 2 * 86_400 => format!("{} days", s / 86_400),
        s if s >= 2 * 3_600 => format!("{} hours", s / 3_600),
        s => format!("{s} s"),
    }
}

/// A table's state in a DBA's words: the machine's state, refined by its mode and its traffic.
pub fn state_word(facts: &Facts, observation: Duration) -> &'static str {
    let state = facts.state.unwrap_or(State::Planned);
    let settled = || to_drop(facts, observation).iter().all(|c| c.met || c.name == "signed");
    match (state, facts.mode) {
        (State::Planned, _) if facts.recorded > 0 => "observed",
        (State::Moved, Some(Mode::Rewrite | Mode::Refuse)) if settled() => "settled",
        (State::Moved, Some(Mode::Rewrite | Mode::Refuse)) => "switched",
        (State::Moved, Some(Mode::Shadow)) => "shadowed",
        (state, _) => state.name(),
    }
}

/// The next command for the person in charge; empty where nothing needs to be done.
pub fn next(facts: &Facts, rule: &Rule, observation: Duration) -> String {
    let table = &rule.table;
    if rule.target.stays() {
        return match facts.state {
            Some(State::Improved) => String::new(),
            _ if facts.mode == Some(Mode::Rewrite) => format!("esclusa migrate {table}"),
            _ => format!("esclusa rules set {table} rewrite --reason TEXT"),
        };
    }
    match state_word(facts, observation) {
        "planned" => "let the proxies run in mode observe".into(),
        "observed" | "copying" | "copied" | "proven" | "reads" => format!("esclusa migrate {table}"),
        "moved" => format!("esclusa rules set {table} shadow --reason TEXT"),
        "shadowed" if facts.different > 0 => "esclusa report comparisons".into(),
        "shadowed" => format!("esclusa rules set {table} rewrite --reason TEXT"),
        "settled" => format!("esclusa sign {table} --by NAME"),
        "signed" => format!("esclusa drop {table} --dump DIRECTORY"),
        "dropped" => String::new(),
        _ => match to_drop(facts, observation).into_iter().find(|c| !c.met) {
            Some(Condition { name: "proven" | "kept", .. }) => format!("esclusa verify {table}"),
            Some(Condition { name: "nobody around", .. }) => format!("esclusa report around --table {table}"),
            Some(Condition { name: "understood" | "answered", .. }) => "esclusa report failures".into(),
            _ => "wait, and let the proxies record".into(),
        },
    }
}

/// The traffic recorded for every table since it moved.
const TRAFFIC: &str = "
    SELECT m.name, extract(epoch FROM clock_timestamp() - m.at)::bigint,
      coalesce(sum(h.hits) FILTER (WHERE h.outcome = 'opaque'), 0)::bigint,
      coalesce(sum(h.hits) FILTER (WHERE h.outcome = 'refused'), 0)::bigint,
      coalesce(sum(h.hits) FILTER (WHERE h.sqlstate IN ('42P01', '42703', '42501')), 0)::bigint
    FROM (SELECT legacy_table::text AS name, max(finished_at) AS at FROM esclusa.run_table WHERE step IN ('migrate', 'restore') GROUP BY 1) AS m
      LEFT JOIN esclusa.hit_total AS h ON h.legacy_table = m.name AND h.bucket > m.at - interval '25 hours' AND h.last_seen >= m.at
    GROUP BY 1, 2";

/// The last proof of every table, unless a later step (copying, coming back) has put it in doubt. The proof of a copy is a step of the ledger.
const PROOFS: &str = "
    WITH doubt AS (SELECT legacy_table, max(number) AS number, max(finished_at) AS at FROM esclusa.run_table
        WHERE step IN ('copy', 'copied', 'abandon', 'differ', 'rollback') GROUP BY 1),
      moved AS (SELECT p.legacy_table, bool_and(passed) AS holds, max(checked_at) AS at FROM esclusa.parity AS p
        JOIN (SELECT legacy_table, max(checked_at) AS at FROM esclusa.parity GROUP BY 1) AS l
          ON l.legacy_table = p.legacy_table AND p.checked_at > l.at - interval '10 s'
        LEFT JOIN doubt AS d ON d.legacy_table = p.legacy_table WHERE d.at IS NULL OR p.checked_at > d.at GROUP BY 1),
      copied AS (SELECT r.legacy_table, true AS holds, max(r.finished_at) AS at FROM esclusa.run_table AS r
        LEFT JOIN doubt AS d ON d.legacy_table = r.legacy_table WHERE r.step = 'prove' AND (d.number IS NULL OR r.number > d.number) GROUP BY 1)
    SELECT DISTINCT ON (legacy_table) legacy_table::text, holds, at::timestamptz(0)::text
    FROM (SELECT * FROM moved UNION ALL SELECT * FROM copied) AS p ORDER BY legacy_table, at DESC";

/// Who was seen around the proxies since each table was moved.
const AROUND: &str = "
    SELECT m.name, (array_agg(format('%s from %s with %s, last %s', a.user_name, coalesce(nullif(a.client_address, ''), '(unknown)'),
        coalesce(nullif(a.application_name, ''), '(unnamed)'), a.last_seen::timestamptz(0)) ORDER BY a.last_seen DESC))[1]
    FROM (SELECT legacy_table::text AS name, max(finished_at) AS at FROM esclusa.run_table WHERE step IN ('migrate', 'restore') GROUP BY 1) AS m
      JOIN esclusa.around AS a ON a.legacy_table = m.name AND a.last_seen >= m.at AND a.kind <> 'dump' GROUP BY 1";

/// Seconds of the observation time that some proxy has recorded. An hour that has not ended counts with what was recorded of it.
const COVERAGE: &str = "
    SELECT coalesce(sum(us) / 1000000, 0)::bigint FROM esclusa.covered_hour WHERE bucket >= clock_timestamp() - $1::bigint * interval '1 s'";

/// Copies that were begun. The reason why a copy waits is written again every few seconds while it waits; the reason why one was stopped stays
/// until it continues.
const COPIES: &str = "
    SELECT legacy_table::text, next_block, blocks,
      CASE WHEN waits_for LIKE 'stopped: %' OR waits_at > clock_timestamp() - interval '15 s' THEN waits_for END FROM esclusa.copy";

/// By table: blocks copied, all blocks, and why the copying does not continue.
async fn copies(db: &Database) -> Result<HashMap<String, (i64, i64, Option<String>)>> {
    let rows = db.query("asking for copies", COPIES, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3)))).collect())
}

/// The facts of these tables.
pub async fn facts(db: &Database, context: &Context, rules: &[&Rule], observation: Duration) -> Result<HashMap<String, Facts>> {
    let doing = "asking where tables stand";
    let seconds = i64::try_from(observation.as_secs()).unwrap_or(i64::MAX).clamp(3_600, 10 * 365 * 86_400);
    let recorded: i64 = db.one(doing, COVERAGE, &[&seconds]).await?.get(0);
    let mut traffic = HashMap::new();
    for row in db.query(doing, TRAFFIC, &[]).await? {
        traffic.insert(row.get::<_, String>(0), (row.get(1), row.get(2), row.get(3), row.get(4)));
    }
    let seen = db.query(doing, AROUND, &[]).await?;
    let mut around: HashMap<String, String> = seen.iter().map(|row| (row.get(0), row.get(1))).collect();
    let pairs = |sql: &'static str| async move { db.query(doing, sql, &[]).await };
    let mut compared: HashMap<String, (i64, i64)> = HashMap::new();
    for row in
        pairs("SELECT legacy_table::text, sum(equal + different)::bigint, sum(different)::bigint FROM esclusa.shadow GROUP BY 1")
            .await?
    {
        compared.insert(row.get(0), (row.get(1), row.get(2)));
    }
    let mut proofs: HashMap<String, (bool, String)> = HashMap::new();
    for row in pairs(PROOFS).await? {
        proofs.insert(row.get(0), (row.get(1), row.get(2)));
    }
    let mut copies = copies(db).await?;
    let mut last: HashMap<String, (String, Option<String>, String)> = HashMap::new();
    let sql = "SELECT DISTINCT ON (legacy_table) legacy_table::text, finished_at::timestamptz(0)::text, detail, step FROM esclusa.run_table
               ORDER BY legacy_table, number DESC";
    for row in pairs(sql).await? {
        last.insert(row.get(0), (row.get(1), row.get(2), row.get(3)));
    }
    let modes = crate::control::modes(db).await?;
    let mut readers = super::reads::told(db, &context.schema).await?;
    let mut all = HashMap::new();
    for rule in rules {
        let table = &rule.table;
        let relation = Relation::compile(rule, context);
        let state = ledger::state(db, context, table).await?;
        let is_moved = matches!(state, State::Moved | State::Signed);
        let (moved_for, opaque, refused, missing) = traffic.get(table).copied().unwrap_or_default();
        let (compared, different) = compared.get(table).copied().unwrap_or_default();
        let signed = last.get(table).filter(|_| state == State::Signed).and_then(|(at, detail, _)| {
            let by: serde_json::Value = serde_json::from_str(detail.as_deref()?).ok()?;
            Some(format!("signed by {} on {at}", by.get("by")?.as_str()?))
        });
        let facts = Facts {
            state: Some(state),
            mode: modes.get(table).copied(),
            since: last.get(table).map(|(at, ..)| at.clone()),
            moved_for: is_moved.then_some(moved_for),
            is_kept: is_moved && keep::is_kept(db, &relation).await?,
            recorded,
            opaque,
            refused,
            missing,
            compared,
            different,
            around: around.remove(table).filter(|_| is_moved),
            hanging: if is_moved { hanging(db, &relation).await? } else { Vec::new() },
            proof: proofs.get(table).cloned(),
            signature: signed,
            copied: copies.get(table).map(|(done, of, _)| (*done, *of)),
            gives_way: copies.remove(table).and_then(|(.., why)| why),
            readers: readers.remove(table).filter(|_| matches!(state, State::Copied | State::Proven | State::Reads)),
        };
        all.insert(table.clone(), facts);
    }
    Ok(all)
}

/// What the catalog knows to depend on the archived table, beside its own parts (manual, section 5.14).
async fn hanging(db: &Database, relation: &Relation) -> Result<Vec<String>> {
    let archive = literal(&qualified(ARCHIVE, &relation.table));
    let sql = format!(
        "SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d \
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass({archive}) AND d.deptype = 'n' \
           AND NOT (d.classid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = d.objid AND k.conrelid = d.refobjid)) \
           AND NOT (d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = d.objid AND i.indrelid = d.refobjid)) \
         UNION SELECT format('session %s of %s reads it', a.pid, a.usename) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid \
         WHERE l.relation = to_regclass({archive}) AND l.mode = 'AccessShareLock' AND a.pid <> pg_backend_pid() \
           AND a.xact_start < clock_timestamp() - interval '5 s' ORDER BY 1"
    );
    Ok(db
        .text(&format!("looking for what depends on {CONTROL}'s archive"), &sql)
        .await?
        .into_iter()
        .flatten()
        .flatten()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            state: Some(State::Moved),
            mode: Some(Mode::Rewrite),
            moved_for: Some(8 * 86_400),
            is_kept: true,
            recorded: 7 * 86_400,
            proof: Some((true, "today".into())),
            signature: Some("signed by Ana".into()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_name_waits_for_each_condition_by_itself() {
        let good = NameFacts { state: Some(State::Dropped), silent: (true, "0 uses".into()), ..NameFacts::default() };
        assert!(to_retire(&good).iter().all(|c| c.met), "{:?}", to_retire(&good));
        type Spoil = fn(&mut NameFacts);
        let spoilt: [(&str, bool, Spoil); 6] = [
            ("moved", false, |f| f.state = Some(State::Proven)),
            ("silent", true, |f| f.silent.0 = false),
            ("nobody around", true, |f| f.around = Some("ana".into())),
            ("understood", true, |f| f.opaque = 1),
            ("no body names it", true, |f| f.bodies.push("f()".into())),
            ("free", false, |f| f.hanging.push("view v".into())),
        ];
        for (name, accepted, spoil) in spoilt {
            let mut facts = good.clone();
            spoil(&mut facts);
            let unmet: Vec<Condition> = to_retire(&facts).into_iter().filter(|c| !c.met).collect();
            assert_eq!(unmet.iter().map(|c| (c.name, may_be_accepted(c))).collect::<Vec<_>>(), [(name, accepted)]);
        }
    }

    /// Each condition alone prevents the drop, and nothing else does.
    #[test]
    fn each_condition_holds_by_itself() {
        let week = Duration::from_secs(7 * 86_400);
        assert!(to_drop(&good(), week).iter().all(|c| c.met));
        type Spoil = fn(&mut Facts);
        let spoilt: [(&str, Spoil); 11] = [
            ("kept", |f| f.is_kept = false),
            ("proven", |f| f.proof = None),
            ("proven", |f| f.proof = Some((false, "today".into()))),
            ("observed", |f| f.moved_for = Some(7 * 86_400 - 1)),
            ("recorded", |f| f.recorded = 6 * 86_400),
            ("understood", |f| f.opaque = 1),
            ("answered", |f| f.missing = 1),
            ("equal", |f| f.different = 1),
            ("nobody around", |f| f.around = Some("ana from local with psql, last today".into())),
            ("free", |f| f.hanging = vec!["view x".into()]),
            ("signed", |f| f.signature = None),
        ];
        for (name, spoil) in spoilt {
            let mut facts = good();
            spoil(&mut facts);
            let unmet: Vec<&str> = to_drop(&facts, week).iter().filter(|c| !c.met).map(|c| c.name).collect();
            assert_eq!(unmet, [name]);
        }
    }

    #[test]
    fn a_standing_follows_from_state_mode_and_traffic() {
        let week = Duration::from_secs(7 * 86_400);
        let mut facts = good();
        assert_eq!(state_word(&facts, week), "settled");
        facts.opaque = 3;
        assert_eq!(state_word(&facts, week), "switched");
        facts.mode = Some(Mode::Shadow);
        assert_eq!(state_word(&facts, week), "shadowed");
        facts.mode = Some(Mode::Observe);
        assert_eq!(state_word(&facts, week), "moved");
        assert_eq!(state_word(&Facts::default(), week), "planned");
        assert_eq!(state_word(&Facts { recorded: 1, ..Facts::default() }, week), "observed");
    }
}
