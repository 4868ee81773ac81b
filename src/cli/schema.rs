//! `esclusa schema apply | check`.

use super::{Call, remark};
use crate::error::{Error, Result};
use crate::migrate::{capture, roles, schema};
use crate::relation::Context;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Schema {
    /// Makes what is missing, replaces functions, leaves data alone. May be run again.
    Apply,
    /// Reports what differs from what `apply` would make; exit code 1 when anything does.
    Check,
}

pub(super) async fn run(call: Call, command: Schema) -> Result<()> {
    let database = call.database().await?;
    let context = Context::new(&call.settings);
    match command {
        Schema::Apply => {
            let rules = call.rules_if_any()?;
            roles::require(&database, &context, &rules).await?;
            call.print(&schema::apply(&database, &context).await?)?;
            capture::mend(&database, &context, &rules).await?;
        }
        Schema::Check => {
            let mut drift = schema::check(&database, &context).await?;
            drift.rows.extend(capture::check(&database, &context, &call.rules()?).await?);
            if !drift.rows.is_empty() {
                call.print(&drift)?;
                return Err(Error::refused(format!("{} objects differ from what they should be", drift.rows.len())));
            }
            remark("the schema is as it should be");
        }
    }
    Ok(())
}
