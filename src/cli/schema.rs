//! `esclusa schema apply | check`.

use super::call::Call;
use super::terminal::remark;
use crate::error::{Error, Result};
use crate::migrate::{capture, first_form, roles, schema};
use crate::relation::Context;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Schema {
    /// Makes what is missing, replaces functions, mends what moved tables consist of, leaves data alone. May be run again.
    Apply,
    /// Reports what differs from what `apply` would make; exit code 1 when anything does.
    Check,
}

pub(super) async fn run(call: Call, command: Schema) -> Result<()> {
    let database = call.database().await?;
    let context = Context::new(&call.settings);
    match command {
        Schema::Apply => {
            // The first time comes before there are rules.
            let rules = call.rules_if_any()?;
            roles::require(&database, &context, &rules).await?;
            if first_form::is(&database, &context).await? {
                call.print(&first_form::passage::bring_over(&database, &context, &rules).await?)?;
            }
            let done = schema::apply(&database, &context).await?;
            capture::mend(&database, &context, &rules).await?;
            call.print(&done)?;
            let left = done.rows.iter().filter(|row| row[1].text().starts_with(schema::LEFT)).count();
            if left > 0 {
                return Err(Error::refused(format!(
                    "{left} objects are not as they should be, and are the administrator's to mend"
                )));
            }
        }
        Schema::Check => {
            let mut drift = schema::check(&database, &context).await?;
            if !first_form::is(&database, &context).await? {
                drift.rows.extend(capture::check(&database, &context, &call.rules()?).await?);
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
