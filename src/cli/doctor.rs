//! `esclusa doctor`: what this server can and cannot do, and what to do about it.

use super::call::Call;
use crate::error::{Error, Result};
use crate::migrate::doctor;

pub(super) async fn run(call: Call) -> Result<()> {
    let database = call.database().await?;
    let found = doctor::examine(&database, &call.settings).await?;
    call.print(&found)?;
    match doctor::has_fault(&found) {
        false => Ok(()),
        true => Err(Error::refused("this server has faults that would disturb a migration")),
    }
}
