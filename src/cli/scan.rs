//! `esclusa scan PATH...`: legacy names in source trees, SQL files, logs and dumps. It needs no database except with `--record`.

use std::path::{Path, PathBuf};

use super::call::{Call, user};
use super::terminal::remark;
use crate::control::scanned;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::rewrite::Policy;
use crate::scan::{self, Scanned};
use crate::server::facts::Facts;
use crate::server::policy;
use crate::server::steering::host;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Read are Java and its kin (literals as the program puts them together, annotations), Hibernate's mappings and other XML, JSP, \
    properties, SQL, PostgreSQL's log (stderr, csvlog, jsonlog, auto_explain), pg_stat_statements as CSV with a head, and any other text.\n\n\
    Examples:\n  esclusa scan src/ /var/log/postgresql\n  esclusa scan statements.csv --table tipocorreo --format csv\n  \
    esclusa scan --record src/"
)]
pub(super) struct Scan {
    /// Files, or directories with everything below them.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Only this legacy table.
    #[arg(long)]
    table: Option<String>,
    /// Records the findings in the target database, for `report witnesses` and `report scans`. For each path they replace those of the scan before.
    /// Statements are not recorded.
    #[arg(long)]
    record: bool,
}

pub(super) async fn run(call: Call, asked: Scan) -> Result<()> {
    let mut settings = call.settings.clone();
    settings.control.url = Default::default();
    settings.rules.default_mode = Mode::Observe;
    let policy = policy::build(&settings, &call.rules()?, &Facts::unasked(&settings)?, 1).policy;
    let scanned = match asked.record {
        false => scan::scan(&policy, &asked.paths)?,
        true => record(&call, &policy, &asked.paths).await?,
    };
    call.print(&scan::table(&scanned, asked.table.as_deref()))?;
    remark(&format!("{} files were read; {} are not text", scanned.files, scanned.binary));
    scanned.unread.iter().for_each(|why| remark(&format!("warning: {why}")));
    match scanned.unread.len() {
        0 => Ok(()),
        unread => {
            Err(Error::refused(format!("{unread} files or directories could not be read, so names in them were not found")))
        }
    }
}

/// Each path is recorded separately, as the root by which a later scan replaces it.
async fn record(call: &Call, policy: &Policy, paths: &[PathBuf]) -> Result<Scanned> {
    // Fails before the work if nothing could be recorded.
    let database = call.database().await?;
    scanned::require(&database).await?;
    let by = user();
    let mut all = Scanned::default();
    for path in paths {
        let one = scan::scan(policy, std::slice::from_ref(path))?;
        let root = root(path)?;
        scanned::record(&database, &root, &by, &one).await?;
        remark(&format!("recorded as {root}"));
        all.found.extend(one.found);
        all.files += one.files;
        all.binary += one.binary;
        all.unread.extend(one.unread);
    }
    Ok(all)
}

/// The machine and the whole path.
fn root(path: &Path) -> Result<String> {
    let whole = std::fs::canonicalize(path).map_err(|e| Error::io(format!("looking for {}", path.display()), e))?;
    Ok(format!("{}:{}", host(), whole.display()))
}
