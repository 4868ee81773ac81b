//! The reports for programs: `/api/reports` lists them, `/api/reports/NAME` gives the rows of one, as `esclusa report NAME --format json` prints
//! them. docs/api.md is generated from here and from the list of reports.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure;
use super::guest::Guest;
use super::site::Site;
use crate::error::Error;
use crate::report::{Question, REPORTS, Report, Rows, find};
use crate::table::{Cell, Format, Table};

const JSON: &str = "application/json";

/// The query string.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    since: Option<String>,
    until: Option<String>,
    table: Option<String>,
    lang: Option<String>,
}

/// An error for a program.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
    more: Vec<String>,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Failure { status, message: message.into(), more: Vec::new() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { status: failure::status(&error), message: error.to_string(), more: error.more() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.message, "more": self.more });
        (self.status, [(header::CONTENT_TYPE, JSON)], format!("{body}\n")).into_response()
    }
}

/// The list of reports.
pub(super) async fn list(_: Guest) -> Response {
    let columns = |report: &Report| -> Vec<Value> {
        report.columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind.name() })).collect()
    };
    let line = |report: &Report| {
        json!({
            "name": report.name,
            "question": report.question,
            "recorded": report.is_recorded(),
            "columns": columns(report),
            "address": format!("/api/reports/{}", report.name),
        })
    };
    let list: Vec<Value> = REPORTS.iter().map(line).collect();
    let text = serde_json::to_string_pretty(&list).unwrap_or_else(|_| "[]".to_owned());
    ([(header::CONTENT_TYPE, JSON)], text + "\n").into_response()
}

/// The rows of one.
pub(super) async fn report(
    _: Guest,
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(parameters) = parameters.map_err(|e| Failure::new(StatusCode::BAD_REQUEST, e.body_text()))?;
    let Parameters { since, until, table, lang } = &parameters;
    // PostgreSQL rejects text with a NUL, and its error would look like a failure of the database.
    if [since, until, table, lang].into_iter().flatten().any(|value| value.contains('\0')) {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "a parameter has a NUL in it"));
    }
    let report = find(&name).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, format!("there is no report `{name}`")))?;
    let table = match report.rows {
        Rows::Live(rows) => live(rows(&site.shared), &parameters)?,
        Rows::Recorded(_) | Rows::Witnesses | Rows::Verdicts | Rows::Order(_) => {
            let language = parameters.lang.as_deref().unwrap_or("en").parse().map_err(Error::usage)?;
            let Parameters { since, until, table, .. } = parameters;
            let question = Question { since, until, table, language };
            site.told(&[report], &question).await?.pop().unwrap_or_default()
        }
    };
    Ok(([(header::CONTENT_TYPE, JSON)], table.print(Format::Json)).into_response())
}

/// Rows from this process's memory: of this moment only, and in one language.
fn live(mut rows: Table, parameters: &Parameters) -> Result<Table, Failure> {
    if parameters.since.is_some() || parameters.until.is_some() || parameters.lang.is_some() {
        return Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "this report shows the present moment, and takes only the parameter `table`",
        ));
    }
    if let Some(table) = &parameters.table {
        let at = rows.columns.iter().position(|column| column.name == "table");
        let at = at.ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST, "this report has no column `table`"))?;
        rows.rows.retain(|row| matches!(&row[at], Cell::Text(name) if name == table));
    }
    Ok(rows)
}

/// docs/api.md.
pub fn reference() -> String {
    let mut out = String::from(
        "# The reports as JSON\n\nGenerated from the list of reports; a test holds it up to date.\n\n\
         `web.address` opens the port. Who may look is who may on the console: with `console.users_file` a user of it by HTTP Basic, without it root\n\
         and esclusa's own user, from this machine, as `localhost`.\n\n\
         ```\ncurl -u metrics http://localhost:6434/api/reports                                   # the list\n\
         curl -u metrics 'http://localhost:6434/api/reports/usage?since=7d&table=tipocorreo'  # the rows of one\n```\n\n\
         Rows are an array of objects, a key a column, in the order of the columns, as `esclusa report NAME --format json` prints them; `null` is nothing to\n\
         say. Recorded reports are of what all proxies have recorded in the target database, up to this moment, and take:\n\n\
         | parameter | what it is |\n|---|---|\n\
         | `since` | from when on: a date or moment such as `2026-03-01`, or an age such as `12h` or `41d` |\n\
         | `until` | up to when |\n| `table` | one legacy table |\n| `lang` | the language of sentences: `en` or `es` |\n\n\
         The others are what the one proxy that is asked holds in memory; those with a column `table` take `table`. Another parameter is an error.\n\n\
         An error is `{\"error\": \"...\", \"more\": [...]}` with a status: 400 for what cannot be asked, 404 for a report that there is not, 409 for a refusal\n\
         (the tables for hits are not there yet), 503 for a database that does not answer. Who may not gets 401 or 403,\n\
         with a line of text.\n",
    );
    for report in REPORTS {
        let recorded = if report.is_recorded() { "Recorded." } else { "Of this proxy, at this moment." };
        out.push_str(&format!(
            "\n## /api/reports/{}\n{} {recorded}\n\n| column | type |\n|---|---|\n",
            report.name, report.question
        ));
        report.columns.iter().for_each(|(name, kind)| out.push_str(&format!("| `{name}` | {} |\n", kind.name())));
    }
    out
}
