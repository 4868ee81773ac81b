//! What somebody asks of a report, in their own words, and what that is for the database.

use super::recorded::Asked;
use super::verdict::Language;
use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::sql::quote;

/// What somebody asks about; everything where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// From when on: a date or a moment as PostgreSQL reads it, or an age such as `12h` or `41d`.
    pub since: Option<String>,
    /// Up to when.
    pub until: Option<String>,
    /// One legacy table.
    pub table: Option<String>,
    /// The language of sentences.
    pub language: Language,
}

impl Question {
    /// With moments that are dates, for these settings; `tables` are those that have a rule.
    pub async fn asked(&self, database: &Database, settings: &Settings, tables: Vec<String>) -> Result<Asked> {
        let time_zone = settings.rules.time_zone.clone();
        database.execute("choosing the zone", "SELECT set_config('TimeZone', $1, false)", &[&time_zone]).await?;
        Ok(Asked {
            since: moment(database, self.since.as_deref()).await?,
            until: moment(database, self.until.as_deref()).await?,
            table: self.table.clone(),
            time_zone,
            tables,
        })
    }
}

/// A moment as PostgreSQL reads it, or an age such as `41d`, as the text of a timestamptz.
async fn moment(database: &Database, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let unit = [('d', "days"), ('h', "hours"), ('m', "minutes")].into_iter().find_map(|(unit, name)| {
        let number = text.strip_suffix(unit)?;
        number.parse::<u32>().ok().map(|number| format!("clock_timestamp() - interval '{number} {name}'"))
    });
    let sql = format!("SELECT ({})::text", unit.unwrap_or_else(|| format!("{}::timestamptz", quote::literal(text))));
    match database.one("reading a moment", &sql, &[]).await {
        Ok(row) => Ok(Some(row.get(0))),
        Err(Error::Database { sqlstate, message, .. }) if sqlstate.starts_with("22") => Err(Error::usage(message)),
        Err(error) => Err(error),
    }
}
