//! `esclusa schema apply | check`.

use super::call::Call;
use super::rehearse::Rehearsed;
use super::terminal::remark;
use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::migrate::object::{Drift, LEFT, storage};
use crate::migrate::quiet::Pace;
use crate::migrate::{capture, first_form, refill, roles, schema};
use crate::relation::Context;
use crate::rule::RuleSet;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Schema {
    /// Creates what is missing, replaces functions, repairs the objects of moved tables, leaves data alone. May be run again.
    Apply {
        /// Prints every statement that would be sent, with its locks and about how long it holds them; changes nothing.
        #[arg(long)]
        dry_run: bool,
        /// Fills the archive of this table from the present rows, although it seems to be up to date. May be repeated.
        #[arg(long, value_name = "TABLE")]
        refill: Vec<String>,
    },
    /// Reports what differs from what `apply` would make; exit code 1 when anything does.
    Check,
}

pub(super) async fn run(call: Call, command: Schema) -> Result<()> {
    let database = call.database().await?;
    let context = Context::new(&call.settings);
    match command {
        Schema::Apply { dry_run: true, refill } => return rehearse(&call, database, &context, &refill).await,
        Schema::Apply { dry_run: false, refill } => {
            // The first run may come before there are rules.
            let rules = call.rules_if_any()?;
            roles::require(&database, &context, &rules).await?;
            if first_form::is(&database, &context).await? {
                call.print(&first_form::passage::bring_over(&database, &context, &rules).await?)?;
            }
            refill::mark(&database, &refill).await?;
            let mut done = schema::apply(&database, &context).await?;
            let (rules, differing) = as_moved(&database, &context, rules).await?;
            done.rows.extend(differing.iter().map(Drift::left));
            capture::mend(&database, &context, &rules).await?;
            done.rows.extend(refill::mend(&database, &context, &rules, &Pace::new(&call.settings)).await?);
            call.print(&done)?;
            let left = done.rows.iter().filter(|row| row[1].text().starts_with(LEFT)).count();
            if left > 0 {
                return Err(Error::refused(format!(
                    "{left} objects are not as they should be, and an administrator has to repair them"
                )));
            }
        }
        Schema::Check => {
            let mut drift = schema::check(&database, &context).await?;
            if !first_form::is(&database, &context).await? {
                let rules = call.rules()?;
                drift.rows.extend(capture::check(&database, &context, &rules).await?);
                drift.rows.extend(refill::check(&database).await?);
                let differing = storage::check(&database, &context.schema, &rules, &context.time_zone).await?;
                drift.rows.extend(differing.iter().map(Drift::row));
            }
            if !drift.rows.is_empty() {
                call.print(&drift)?;
                return Err(Error::refused(format!("{} objects differ from what they should be", drift.rows.len())));
            }
            remark("the schema is as it should be");
        }
    }
    Ok(())
}

/// The rules without those that differ from the rule that their table was moved with, and these: nothing is mended by them.
async fn as_moved(database: &Database, context: &Context, mut rules: RuleSet) -> Result<(RuleSet, Vec<Drift>)> {
    let differing = storage::check(database, &context.schema, &rules, &context.time_zone).await?;
    rules.rules.retain(|table, _| differing.iter().all(|drift| drift.table() != table));
    Ok((rules, differing))
}

async fn rehearse(call: &Call, database: Database, context: &Context, refill: &[String]) -> Result<()> {
    let rules = call.rules_if_any()?;
    if first_form::is(&database, context).await? {
        return Err(Error::Refused {
            message: "the new tables have the layout of the first version, and are converted first".into(),
            detail: Some("what that does depends on the rows, so it cannot be shown in advance".into()),
            hint: Some("try it on a copy of the database; after that `esclusa schema apply --dry-run` shows the rest".into()),
        });
    }
    let rehearsal = call.rehearsal_on(database).await?;
    let mut told = Rehearsed::new(call);
    let work = async {
        roles::require(&rehearsal.database, context, &rules).await?;
        refill::mark(&rehearsal.database, refill).await?;
        let done = schema::apply(&rehearsal.database, context).await?;
        let (rules, _) = as_moved(&rehearsal.database, context, rules.clone()).await?;
        capture::mend(&rehearsal.database, context, &rules).await?;
        refill::mend(&rehearsal.database, context, &rules, &Pace::new(&call.settings)).await?;
        Ok(done.rows.iter().any(|row| row[1].text() == "mended"))
    };
    let ended = work.await.map(|is_mended| match is_mended {
        true => vec!["faults that can be found only after these repairs are shown by a second --dry-run".to_owned()],
        false => Vec::new(),
    });
    told.take(&rehearsal, "schema: what is missing, functions, later partitions, what differs", None, ended).await?;
    told.end()
}
