//! `esclusa scan PATH...`: legacy names in source trees, SQL files, logs and dumps. It needs no database.

use std::path::PathBuf;

use super::{Call, remark};
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::scan;
use crate::server::facts::Facts;
use crate::server::policy;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Read are Java and its kin (literals as the program puts them together, annotations), Hibernate's mappings and other XML, JSP, \
    properties, SQL, PostgreSQL's log (stderr, csvlog, jsonlog, auto_explain), pg_stat_statements as CSV with a head, and any other text.\n\n\
    Examples:\n  esclusa scan src/ /var/log/postgresql\n  esclusa scan statements.csv --table tipocorreo --format csv"
)]
pub(super) struct Scan {
    /// Files, or directories with all that is below them.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// One legacy table.
    #[arg(long)]
    table: Option<String>,
}

pub(super) async fn run(call: Call, asked: Scan) -> Result<()> {
    let mut settings = call.settings.clone();
    settings.control.url = Default::default();
    settings.rules.default_mode = Mode::Observe;
    let policy = policy::build(&settings, &call.rules()?, &Facts::unasked(&settings)?, 1).policy;
    let scanned = scan::scan(&policy, &asked.paths)?;
    call.print(&scan::table(&scanned, asked.table.as_deref()))?;
    remark(&format!("{} files were read; {} are no text", scanned.files, scanned.binary));
    scanned.unread.iter().for_each(|why| remark(&format!("warning: {why}")));
    match scanned.unread.len() {
        0 => Ok(()),
        unread => Err(Error::refused(format!("{unread} files or directories could not be read: what they name is not known"))),
    }
}
