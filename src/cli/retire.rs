//! `esclusa retire TABLE... | --wave W | --all`: turns unused names into tombstones; `--undo` brings them back.

use std::collections::HashMap;

use super::call::{Call, user};
use super::rehearse::{Rehearsed, about};
use super::selection::Selection;
use super::terminal::remark;
use crate::catalog::Database;
use crate::config::Settings;
use crate::control::replica;
use crate::error::{Error, Result};
use crate::migrate::condition::{self, Condition, NameFacts};
use crate::migrate::machine::{Name, NameStep};
use crate::migrate::migration::Migration;
use crate::migrate::name::{self, By};
use crate::migrate::quiet::Pace;
use crate::migrate::{PINNED, ledger, roles};
use crate::relation::{Context, Relation};
use crate::report::verdict::{Judged, Language, Verdict};
use crate::report::{Question, overview};
use crate::rule::{Rule, RuleSet};
use crate::table::ColumnType::Text;
use crate::table::{Format, Table};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The views of a retired name go; its rows stay. The first statement through a proxy that names it brings them back, and you are told.\n\n\
    Examples:\n  esclusa retire --wave W1-A --dry-run\n  esclusa retire histipooficina --reason 'silent since March'\n  esclusa retire histipooficina --undo --reason 'audit in May'"
)]
pub(super) struct Retire {
    #[command(flatten)]
    selection: Selection,
    /// Why; the ledger keeps it.
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Brings names back.
    #[arg(long, conflicts_with = "accept")]
    undo: bool,
    /// Retires names although they were used, were used around the proxies, occurred in statements that were not understood, or are named by a function.
    #[arg(long)]
    accept: bool,
    /// Prints what each name waits for and, for those that may be retired, every statement with its locks; changes nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(call: Call, asked: Retire) -> Result<()> {
    let rules = call.rules()?;
    let chosen: Vec<&Rule> = asked.selection.of(&rules)?.into_iter().filter(|r| !r.target.stays()).collect();
    let database = call.prepared_database().await?;
    name::require(&database).await?;
    let context = Context::new(&call.settings);
    let who = user();
    let by = By { who: &who, reason: asked.reason.as_deref(), statement: None };
    if asked.undo && asked.dry_run {
        return rehearse_undo(&call, database, &context, &chosen, by).await;
    }
    if asked.undo {
        return undo(&call, &database, &context, &chosen, by).await;
    }
    roles::require(&database, &context, &rules).await?;
    let mut facts = facts(&database, &call.settings, &rules, &chosen).await?;
    let mut migration = Migration::new(&database, &rules, context).await?;
    migration.pace = Pace::new(&call.settings);
    let mut done = Done::new();
    let (mut announced, mut rehearsed) = (Vec::new(), Vec::new());
    for rule in chosen {
        let facts = facts.remove(&rule.table).unwrap_or_default();
        let unmet: Vec<Condition> = condition::to_retire(&facts).into_iter().filter(|c| !c.met).collect();
        let may = unmet.iter().all(|c| asked.accept && condition::may_be_accepted(c));
        // With --wave or --all, names that are already retired do not count as failures.
        if name::name(&database, &rule.table).await? == Name::Tombstone {
            done.row(rule, "is retired", String::new());
        } else if !may {
            done.left(rule, unmet.iter().map(|c| format!("{}: {}", c.name, c.why)).collect::<Vec<_>>().join("; "));
        } else if asked.dry_run {
            done.row(rule, "may be retired", String::new());
            rehearsed.push(rule);
        } else {
            match name::announce(&database, &migration.context, &rule.table, by).await {
                Ok(()) => announced.push(rule),
                Err(error @ Error::Refused { .. }) => done.left(rule, error.in_one_line()),
                Err(error) => return Err(error),
            }
        }
    }
    if asked.dry_run {
        let ended = done.print(&call, "retired");
        rehearse(&call, &rules, &rehearsed, by).await?;
        return ended;
    }
    if !announced.is_empty() {
        bury(&migration, &announced, by, &mut done).await?;
    }
    done.print(&call, "retired")
}

/// Drops the views once every proxy holds statements that name them. If a proxy does not follow, the views stay, because it would forward statements that then fail.
async fn bury(migration: &Migration<'_>, announced: &[&Rule], by: By<'_>, done: &mut Done) -> Result<()> {
    let late = replica::late(migration.database).await?.into_iter().find(|late| late.silent.is_none());
    for rule in announced {
        let relation = Relation::compile(rule, &migration.context);
        let buried = match &late {
            None => name::bury(migration, &relation, by).await,
            Some(late) => Err(Error::Refused {
                message: "a proxy still rewrites statements with this name".into(),
                detail: Some(late.to_string()),
                hint: Some("stop that proxy, or wait until it follows".into()),
            }),
        };
        match buried {
            Ok(notes) => done.row(rule, "retired", notes.join("; ")),
            Err(error) => {
                let back = By { reason: Some("it could not be retired"), ..by };
                name::bring_back(migration.database, &relation, NameStep::Undo, back).await?;
                done.left(rule, error.in_one_line());
            }
        }
    }
    Ok(())
}

/// Prints what would be sent for those that may be retired.
async fn rehearse(call: &Call, rules: &RuleSet, chosen: &[&Rule], by: By<'_>) -> Result<()> {
    if call.format != Format::Table || chosen.is_empty() {
        return Ok(());
    }
    let rehearsal = call.rehearsal().await?;
    let mut migration = Migration::new(&rehearsal.database, rules, Context::new(&call.settings)).await?;
    migration.pace = Pace::new(&call.settings);
    let mut told = Rehearsed::new(call);
    for rule in chosen {
        let work = async {
            name::announce(migration.database, &migration.context, &rule.table, by).await?;
            name::bury(&migration, &Relation::compile(rule, &migration.context), by).await
        };
        let ended = work.await;
        told.take(&rehearsal, &about(rule), None, ended).await?;
    }
    told.end()
}

async fn rehearse_undo(call: &Call, database: Database, context: &Context, chosen: &[&Rule], by: By<'_>) -> Result<()> {
    let rehearsal = call.rehearsal_on(database).await?;
    let mut told = Rehearsed::new(call);
    for rule in chosen {
        let relation = Relation::compile(rule, context);
        let ended = name::bring_back(&rehearsal.database, &relation, NameStep::Undo, by).await;
        let ended = ended.map(|done| vec![if done { String::new() } else { "is not retired".to_owned() }]);
        told.take(&rehearsal, &about(rule), None, ended).await?;
    }
    told.end()
}

async fn undo(call: &Call, database: &Database, context: &Context, chosen: &[&Rule], by: By<'_>) -> Result<()> {
    database.batch("pinning the session", PINNED).await?;
    let mut done = Done::new();
    for rule in chosen {
        let relation = Relation::compile(rule, context);
        match name::bring_back(database, &relation, NameStep::Undo, by).await {
            Ok(true) => done.row(rule, "served again", String::new()),
            Ok(false) => done.row(rule, "was not retired", String::new()),
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => done.left(rule, error.in_one_line()),
        }
    }
    for late in replica::late(database).await? {
        remark(&late.to_string());
    }
    done.print(call, "brought back")
}

/// What is known of these names.
pub(super) async fn facts(
    database: &Database,
    settings: &Settings,
    rules: &RuleSet,
    chosen: &[&Rule],
) -> Result<HashMap<String, NameFacts>> {
    let context = Context::new(settings);
    let mut judged = judged(database, settings, rules).await?;
    let mut all = HashMap::new();
    for rule in chosen {
        let relation = Relation::compile(rule, &context);
        let judged = judged.remove(&rule.table);
        let seen = judged.as_ref().map(|j| &j.name.seen);
        let around = seen.and_then(|seen| seen.around.as_ref());
        let one = NameFacts {
            state: Some(ledger::state(database, &context, &rule.table).await?),
            silent: judged
                .as_ref()
                .map_or((false, "nothing was recorded".into()), |j| (j.verdict == Verdict::MayBeRetired, j.reason.clone())),
            around: around.map(|a| format!("{} uses, last by {} from {} on {}", a.uses, a.user, a.address, a.last)),
            opaque: seen.map_or(0, |seen| seen.opaque),
            hanging: name::hanging(database, &relation).await?,
            bodies: name::bodies(database, &relation).await?,
        };
        all.insert(rule.table.clone(), one);
    }
    Ok(all)
}

/// The verdict on every name, by table.
pub(super) async fn judged(database: &Database, settings: &Settings, rules: &RuleSet) -> Result<HashMap<String, Judged>> {
    let question = Question { since: None, until: None, table: None, language: Language::English };
    let about = question.asked(database, settings, rules.rules.keys().cloned().collect()).await?;
    let judged = overview::judged(database, settings, &about, Language::English).await?;
    Ok(judged.into_iter().map(|judged| (judged.name.table.clone(), judged)).collect())
}

/// What was done, and how many names were left.
struct Done {
    table: Table,
    left: usize,
}

impl Done {
    fn new() -> Self {
        Done { table: Table::new(&[("table", Text), ("name", Text), ("notes", Text)]), left: 0 }
    }

    fn row(&mut self, rule: &Rule, state: &str, notes: String) {
        self.table.push(vec![rule.table.as_str().into(), state.into(), notes.into()]);
    }

    fn left(&mut self, rule: &Rule, why: String) {
        self.left += 1;
        self.row(rule, "left as it was", why);
    }

    fn print(self, call: &Call, what: &str) -> Result<()> {
        call.print(&self.table)?;
        match self.left {
            0 => Ok(()),
            left => Err(Error::refused(format!("{left} names were not {what}"))),
        }
    }
}
