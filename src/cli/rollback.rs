//! `esclusa rollback TABLE... | --wave W | --all`: the levels of the plan's section 8.

use super::{Call, Selection, say};
use crate::control;
use crate::error::{Error, Result};
use crate::migrate::gate::{self, Named, Switch};
use crate::migrate::run::Migration;
use crate::migrate::{capture, roles};
use crate::mode::Mode;
use crate::relation::Context;
use crate::rule::Rule;
use crate::table::ColumnType::{Int, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa rollback histipooficina\n  esclusa rollback --all --level 3")]
pub(super) struct Rollback {
    #[command(flatten)]
    selection: Selection,
    /// 1: the tables take their names again. 3: histories do, and the audit triggers stop. 4: all of it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    level: u8,
    /// Prints what would be done, and touches nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(call: Call, rollback: Rollback) -> Result<()> {
    let rules = call.rules()?;
    let chosen: Vec<&Rule> = rollback.selection.of(&rules)?.into_iter().filter(|r| concerns(r, rollback.level)).collect();
    if rollback.level == 2 {
        return Err(Error::Refused {
            message: "level 2 restores a table that was dropped from its dump".into(),
            detail: Some("nothing is dropped by esclusa: the legacy tables are in schema mig_old, up to date".into()),
            hint: Some(
                "use level 1; a table that was dropped by hand comes back by `pg_restore` of its whole dump into mig_old".into(),
            ),
        });
    }
    if rollback.dry_run {
        for rule in chosen {
            say(&format!(
                "-- {}: mode observe on every proxy; the archive takes its name; view, leaf and triggers go\n",
                rule.table
            ))?;
        }
        return Ok(());
    }
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    roles::require(&database, &context, &rules).await?;
    let mut migration = Migration::new(&database, &rules, context.clone()).await?;
    migration.pace = crate::migrate::quiet::Pace::new(&call.settings);
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let mut table = Table::new(&[("table", Text), ("state", Text), ("rows", Int), ("notes", Text)]);
    if rollback.level >= 3 {
        for trigger in capture::disable(&database, &context).await? {
            table.push(vec![trigger.into(), "audit trigger disabled".into(), 0usize.into(), "".into()]);
        }
    }
    observe(&database, &context, &chosen).await?;
    let mut failed = 0;
    for rule in chosen {
        match migration.back(run, rule).await {
            Ok(back) => {
                let rows = usize::try_from(back.rows).unwrap_or(0);
                table.push(vec![rule.table.as_str().into(), "back".into(), rows.into(), back.notes.join("; ").into()]);
            }
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                failed += 1;
                let why = std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("; ");
                table.push(vec![rule.table.as_str().into(), "left as it was".into(), 0usize.into(), why.into()]);
            }
        }
    }
    migration.finish(run).await?;
    call.print(&table)?;
    match failed {
        0 => Ok(()),
        _ => Err(Error::refused(format!("{failed} tables were not brought back"))),
    }
}

fn concerns(rule: &Rule, level: u8) -> bool {
    !rule.target.stays() && (level != 3 || rule.target.history().is_some())
}

/// Nobody rewrites the names any more, on no proxy, before they are anything else.
async fn observe(database: &crate::catalog::Database, context: &Context, chosen: &[&Rule]) -> Result<()> {
    let names: Vec<Named> = chosen.iter().map(|r| (r.table.clone(), false)).collect();
    let who = std::env::var("USER").unwrap_or_else(|_| "esclusa".into());
    let switch = Switch { mode: Mode::Observe, who: &who, why: Some("rollback"), shadow_role: "" };
    gate::switch(database, &context.schema, &names, switch).await?;
    // One that has been silent for long serves nobody.
    match control::replica::settled(database).await?.into_iter().find(|late| late.silent.is_none()) {
        None => Ok(()),
        Some(late) => Err(Error::Refused {
            message: "a proxy still rewrites these tables, and nothing was brought back".into(),
            detail: Some(late.to_string()),
            hint: Some("end it, or wait until it follows".into()),
        }),
    }
}
