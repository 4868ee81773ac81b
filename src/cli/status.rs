//! `esclusa status [TABLE... | --wave W | --all]`: where each legacy table stands, what it waits for, and the next command; the plan's
//! definition of done.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::call::Call;
use super::retire;
use super::selection::{of_wave, rule_of};
use super::terminal::remark;
use crate::error::{Error, Result};
use crate::migrate::condition::{self, Condition, Facts};
use crate::migrate::machine::{Name, State};
use crate::migrate::name::Tombstone;
use crate::migrate::{ledger, name};
use crate::relation::Context;
use crate::report::verdict::{Judged, Language, Verdict};
use crate::report::{Asked, find};
use crate::rule::Rule;
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without tables: every one, a line each. With one table: each condition, met or not, and why.\n\nExamples:\n  \
    esclusa status\n  esclusa status histipooficina\n  esclusa status --wave W1-A --format csv\n  esclusa status --plan"
)]
pub(super) struct Status {
    /// Legacy tables; by default all.
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// All tables of a wave of the plan.
    #[arg(long, conflicts_with = "tables")]
    wave: Option<String>,
    /// The plan's definition of done, with the evidence for each line.
    #[arg(long, conflicts_with_all = ["tables", "wave"])]
    plan: bool,
}

pub(super) async fn run(call: Call, status: Status) -> Result<()> {
    let rules = call.rules()?;
    let database = call.prepared_database().await?;
    database.show_times_in(&call.settings.rules.time_zone).await?;
    if status.plan {
        let asked = Asked { time_zone: call.settings.rules.time_zone.clone(), ..Asked::default() };
        let done = find("done").ok_or_else(|| Error::usage("there is no report of what is done"))?;
        return call.print(&done.read(&database, &call.settings, &asked, Language::English).await?);
    }
    let chosen: Vec<&Rule> = match (&status.wave, status.tables.as_slice()) {
        (Some(wave), _) => of_wave(&rules, wave)?,
        (None, []) => rules.rules.values().collect(),
        (None, tables) => tables.iter().map(|table| rule_of(&rules, table)).collect::<Result<_>>()?,
    };
    let context = Context::new(&call.settings);
    let known = Known {
        facts: condition::facts(&database, &context, &chosen, call.settings.migrate.observation).await?,
        tombstones: name::tombstones(&database).await?,
        judged: retire::judged(&database, &call.settings, &rules).await?,
        observation: call.settings.migrate.observation,
    };
    if let ([rule], [_]) = (chosen.as_slice(), status.tables.as_slice())
        && let Some(facts) = known.facts.get(&rule.table)
    {
        let mut table = known.one(rule, facts);
        if facts.state == Some(State::Dropped) && !known.tombstones.contains_key(&rule.table) {
            let names = retire::facts(&database, &call.settings, &rules, &[rule]).await?;
            for Condition { name, met, why } in names.get(&rule.table).map(condition::to_retire).unwrap_or_default() {
                table.push(vec![name.into(), met.into(), why.into()]);
            }
        }
        return call.print(&table);
    }
    call.print(&known.all(&chosen))?;
    if let (Some(number), _) = ledger::broken(&database).await? {
        remark(&changed("ledger", "run_table", number));
    }
    if let Some(number) = name::broken(&database).await? {
        remark(&changed("ledger of names", "name_step", number));
    }
    Ok(())
}

fn changed(ledger: &str, table: &str, number: i64) -> String {
    format!("warning: the {ledger} was changed: row {number} of esclusa.{table} does not match the hash of the row before it")
}

/// The word for a name that may be retired.
const SILENT: &str = "silent";

/// What is known of the chosen tables.
struct Known {
    facts: HashMap<String, Facts>,
    tombstones: BTreeMap<String, Tombstone>,
    judged: HashMap<String, Judged>,
    observation: Duration,
}

impl Known {
    /// The state of a name: it is silent if nobody used it through all kinds of days that the calendar requires.
    fn name(&self, table: &str) -> &'static str {
        let is_silent = self.judged.get(table).is_some_and(|j| j.verdict == Verdict::MayBeRetired);
        match self.tombstones.get(table) {
            Some(tombstone) => tombstone.name.word(),
            None if is_silent => SILENT,
            None => Name::Served.word(),
        }
    }

    /// The next command; after the drop it is about the name.
    fn next(&self, rule: &Rule, facts: &Facts) -> String {
        let table = &rule.table;
        match facts.state {
            Some(State::Dropped) if self.name(table) == SILENT => format!("esclusa retire {table} --reason TEXT"),
            _ => condition::next(facts, rule, self.observation),
        }
    }

    /// One table: each condition, met or not, and why.
    fn one(&self, rule: &Rule, facts: &Facts) -> Table {
        let mut table = Table::new(&[("condition", Text), ("met", Bool), ("why", Text)]);
        let since = facts.since.as_ref().map_or_else(String::new, |at| format!(" since {at}"));
        let next = self.next(rule, facts);
        table.push(vec![
            condition::state_word(facts, self.observation).into(),
            true.into(),
            format!("in this state{since}; next: {}", if next.is_empty() { "nothing" } else { &next }).into(),
        ]);
        let why = self.tombstones.get(&rule.table).map(|t| t.why.clone());
        let why = why.or_else(|| self.judged.get(&rule.table).map(|j| j.reason.clone())).unwrap_or_default();
        table.push(vec![format!("name {}", self.name(&rule.table)).into(), true.into(), why.into()]);
        if let Some(readers) = &facts.readers {
            table.push(vec!["read".into(), (facts.state == Some(State::Reads)).into(), readers.as_str().into()]);
        }
        if let Some(why) = &facts.gives_way {
            table.push(vec!["goes on".into(), false.into(), why.as_str().into()]);
        }
        if !rule.target.stays() && facts.state != Some(State::Dropped) {
            for Condition { name, met, why } in condition::to_drop(facts, self.observation) {
                table.push(vec![name.into(), met.into(), why.into()]);
            }
        }
        table
    }

    /// All tables, one line each.
    fn all(&self, chosen: &[&Rule]) -> Table {
        let mut table = Table::new(&[
            ("table", Text),
            ("wave", Text),
            ("state", Text),
            ("since", Text),
            ("mode", Text),
            ("name", Text),
            ("copied_percent", Int),
            ("waits_for", Text),
            ("next", Text),
        ]);
        for rule in chosen {
            let Some(facts) = self.facts.get(&rule.table) else { continue };
            let unmet = condition::to_drop(facts, self.observation).into_iter().filter(|c| !c.met).map(|c| c.name);
            let unmet = facts.moved_for.is_some().then(|| unmet.collect::<Vec<_>>().join(", "));
            table.push(vec![
                rule.table.as_str().into(),
                rule.wave.as_str().into(),
                condition::state_word(facts, self.observation).into(),
                facts.since.clone().into(),
                facts.mode.map(|m| m.name()).into(),
                self.name(&rule.table).into(),
                facts.copied.map(|(done, of)| done * 100 / of.max(1)).into(),
                facts.gives_way.clone().or(unmet).filter(|u| !u.is_empty()).into(),
                Some(self.next(rule, facts)).filter(|n| !n.is_empty()).into(),
            ]);
        }
        table
    }
}
