//! `esclusa explain "SQL"`: shows the statement before and after, how each legacy name was understood, which rules apply, and why anything was not
//! rewritten. Needs no database: rules carry their columns, and the snapshot beside them has the other tables.

use super::call::Call;
use crate::error::Result;
use crate::mode::Mode;
use crate::rewrite::story::{Line, story};
use crate::rewrite::{NameContext, Outcome, rewrite};
use crate::server::facts::Facts;
use crate::server::policy;
use crate::table::{Cell, ColumnType, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  esclusa explain \"SELECT * FROM histipooficina WHERE htofid = 7\"")]
pub(super) struct Explain {
    /// The statement, as a client would send it.
    sql: String,
    /// Treat every table as if it were in this mode.
    #[arg(long, default_value = "rewrite")]
    mode: Mode,
    /// The session's search path.
    #[arg(long, default_value = "cf_quere_pro,public", value_delimiter = ',')]
    search_path: Vec<String>,
}

pub(super) async fn run(call: Call, explain: Explain) -> Result<()> {
    let mut settings = call.settings.clone();
    settings.control.url = Default::default();
    settings.rules.default_mode = explain.mode;
    let policy = policy::build(&settings, &call.rules()?, &Facts::unasked(&settings)?, 1).policy;
    let names = NameContext { search_path: explain.search_path, ..NameContext::with_path(&[]) };
    let outcome = rewrite(&policy, &names, &explain.sql);
    call.print(&told(&explain.sql, &story(&policy, &names, &explain.sql), &outcome))
}

fn told(sql: &str, story: &[Line], outcome: &Outcome) -> Table {
    let mut table = Table::new(&[("what", ColumnType::Text), ("text", ColumnType::Text)]);
    let mut row = |what: &str, text: &str| table.push(vec![what.into(), Cell::from(text)]);
    row("before", sql);
    for (what, text) in story {
        row(what, text);
    }
    match &outcome.text {
        _ if !outcome.refusals.is_empty() => {}
        Some(text) => row("after", text),
        None => row("after", "(forwarded untouched)"),
    }
    for refusal in &outcome.refusals {
        row("refused", &format!("{} {}", refusal.error.sqlstate, refusal.error.message));
        refusal.error.detail.iter().for_each(|d| row("detail", d));
        refusal.error.hint.iter().for_each(|h| row("hint", h));
    }
    for note in &outcome.notes {
        row("note", note);
    }
    for hit in &outcome.hits {
        row("hit", &format!("{} of {}: {}", hit.operation, hit.table, hit.outcome.name()));
    }
    table
}
