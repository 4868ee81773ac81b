//! What a user asks of a report, and its translation for the database.

use super::recorded::Asked;
use super::verdict::Language;
use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::sql::quote;

/// What a report is limited to; everything where nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The beginning: a date or time as PostgreSQL reads it, or an age such as `30min`, `12h`, `41d` or `6w`.
    pub since: Option<String>,
    /// The end.
    pub until: Option<String>,
    /// The one legacy table.
    pub table: Option<String>,
    /// The language of sentences.
    pub language: Language,
}

impl Question {
    /// With ages turned into timestamps, for these settings; `tables` are those that have a rule.
    pub async fn asked(&self, database: &Database, settings: &Settings, tables: Vec<String>) -> Result<Asked> {
        if let Some(unknown) = self.table.as_ref().filter(|table| !tables.contains(table)) {
            return Err(Error::usage(format!("there is no rule for a table `{unknown}`")));
        }
        let time_zone = settings.rules.time_zone.clone();
        database.show_times_in(&time_zone).await?;
        let (since, until) = (moment(database, self.since.as_deref()).await?, moment(database, self.until.as_deref()).await?);
        let sql = "SELECT coalesce($1::text::timestamptz >= $2::text::timestamptz, false)";
        if database.one("comparing moments", sql, &[&since, &until]).await?.get(0) {
            return Err(Error::usage("--until is not after --since"));
        }
        Ok(Asked { since, until, table: self.table.clone(), time_zone, tables })
    }
}

/// A time as PostgreSQL reads it, or an age such as `41d`, as the text of a timestamptz.
async fn moment(database: &Database, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let units = [("w", "weeks"), ("d", "days"), ("h", "hours"), ("min", "minutes"), ("m", "minutes")];
    let unit = units.into_iter().find_map(|(unit, name)| {
        let number = text.strip_suffix(unit)?.trim_end();
        number.parse::<u32>().ok().map(|number| format!("clock_timestamp() - interval '{number} {name}'"))
    });
    let sql = format!("SELECT ({})::text", unit.unwrap_or_else(|| format!("{}::timestamptz", quote::literal(text))));
    match database.one("reading a moment", &sql, &[]).await {
        Ok(row) => Ok(Some(row.get(0))),
        Err(Error::Database { sqlstate, message, .. }) if sqlstate.starts_with("22") => Err(Error::usage(message)),
        Err(error) => Err(error),
    }
}
