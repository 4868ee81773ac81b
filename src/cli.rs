//! The command line: one file per subcommand, and what they share in `call`, `selection`, `terminal` and `turn`. A command returns what it
//! found as a table or as lines; errors go to standard error with detail and hint, and decide the exit code.

mod benchmark;
mod call;
mod check;
#[cfg(feature = "demo")]
mod demo;
mod dependencies;
mod diff;
mod doctor;
mod drop;
mod explain;
mod generate;
mod inventory;
mod lacking;
mod migrate;
mod off;
mod registry;
mod order;
mod reads;
mod record;
mod rehearse;
mod replay;
mod report;
mod retain;
mod retire;
mod roles;
mod rollback;
mod rules;
mod scan;
mod schema;
mod selection;
mod serve;
mod sign;
mod status;
mod terminal;
mod turn;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Settings};
use crate::error::{Error, Result};
use crate::table::Format;
use call::Call;
use terminal::{remark, written};

/// A PostgreSQL wire proxy that lets a legacy application keep its schema while the tables behind it are consolidated.
#[derive(Debug, Parser)]
#[command(name = "esclusa", version, about, after_help = EXAMPLES)]
pub struct Arguments {
    /// Settings; by default config/esclusa.toml, then /etc/esclusa/esclusa.toml, then none.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How rows are printed: table, csv or json. In csv, a text that a spreadsheet would take for a formula gets an apostrophe before it; programs should use json.
    #[arg(long, global = true, default_value = "table")]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[cfg(feature = "demo")]
macro_rules! demo_example {
    () => {
        "\n  esclusa demo                                    everything at once, on a private PostgreSQL"
    };
}
#[cfg(not(feature = "demo"))]
macro_rules! demo_example {
    () => {
        ""
    };
}

const EXAMPLES: &str = concat!(
    "Examples:",
    demo_example!(),
    "
  esclusa explain \"SELECT * FROM tipocorreo\"      what a statement becomes; needs no database
  esclusa check                                   every fault of settings and rules
  esclusa serve                                   the proxy and the console

Exit codes: 0 done; 1 differences, or refused by a gate; 2 wrong usage or settings; 3 the database or the network failed."
);

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the proxy and the console.
    Serve,
    /// Starts a private PostgreSQL, loads, migrates, serves and sends traffic.
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    /// Shows what a statement becomes and by which rules, or why it is left alone.
    Explain(explain::Explain),
    /// Reports every fault of settings and rules, with file and line.
    Check,
    /// Prints the script of roles and rights that a superuser runs once, before `schema apply`.
    Roles(roles::Roles),
    /// Times reads on the archived legacy tables and the same reads rewritten, and checks them against the plan's limits.
    Benchmark(benchmark::Benchmark),
    /// Reports what this server can and cannot do for a migration, and what to do about it.
    Doctor,
    /// Makes every statement pass untouched on this machine, at once; needs no database.
    Off(off::Off),
    /// Records conversations of real clients, encrypted, for `esclusa replay`.
    #[command(subcommand)]
    Record(record::Command),
    /// Sends recorded conversations to a legacy copy and a consolidated one, and tells where they differ.
    Replay(replay::Replay),
    /// Rule files and the modes of their tables.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// The new tables: audit_log, domain_value, domain_value_link, and schema esclusa.
    #[command(subcommand)]
    Schema(schema::Schema),
    /// Lists every legacy table with its rows, size, changes and keys, beside the plan and the rules.
    Inventory(inventory::Inventory),
    /// Lists what depends on legacy tables (foreign keys, views, functions, triggers) and what becomes of each.
    Dependencies(dependencies::Dependencies),
    /// Moves tables, each in one transaction: rows, proof of parity, audit trigger, view.
    Migrate(migrate::Migrate),
    /// Lets some sessions read a history in its new form while everybody writes the legacy table.
    Reads(reads::Reads),
    /// Gives the retained histories their row number, key and indexes, without a table rewrite or a long lock.
    Retain(retain::Retain),
    /// Shows where each table stands, what it waits for, and the next command; with --plan the plan's definition of done.
    Status(status::Status),
    /// Records a person's signature for the proof of moved tables.
    Sign(sign::Sign),
    /// Drops archived tables that were moved, watched and signed, each behind a dump that was restored and compared.
    Drop(drop::Drop),
    /// Retires names that nobody uses any more: the first statement that names one brings it back, and you are told.
    Retire(retire::Retire),
    /// Brings moved tables back, with everything written since.
    Rollback(rollback::Rollback),
    /// Tells who still needs which legacy name, and what can move, from what the proxies have recorded.
    Report(report::Report),
    /// Writes the registry: the domains, the histories, where every legacy column lies, the diagram.
    Registry(registry::Asked),
    /// Shows in which order tables can move: which move together, what holds a table back, in which wave; and what comes next.
    Order(order::Order),
    /// Finds legacy names in source trees, SQL files, PostgreSQL's logs and dumps of pg_stat_statements.
    Scan(scan::Scan),
    /// Proves again that legacy tables and new tables hold the same rows.
    Verify(verify::Verify),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let printed = written(error.print()).map_or_else(|e| e.exit_code(), |()| 0);
            return ExitCode::from(if error.use_stderr() { 2 } else { printed });
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            remark(&format!("error: {error}"));
            error.more().iter().for_each(|line| remark(&format!("  {line}")));
            ExitCode::from(error.exit_code())
        }
    }
}

impl Command {
    /// The demo tells its story on the terminal, so that only warnings of the log may appear between its lines.
    fn log_level<'s>(&self, settings: &'s Settings) -> &'s str {
        match self {
            #[cfg(feature = "demo")]
            Command::Demo(_) => "warn",
            _ => &settings.log.level,
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let file = settings_file(arguments.config);
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    config::unknown_variables(variables).or(())?;
    let settings = Settings::load(file.as_deref(), &|key| std::env::var(key).ok())?;
    crate::telemetry::log(arguments.command.log_level(&settings), settings.log.format);
    let call = Call { settings, config: file, format: arguments.format };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::io("starting the event loop", e))?;
    let settings = call.settings.clone();
    runtime.block_on(async {
        match dispatch(call, arguments.command).await {
            Err(error) => Err(lacking::explained(error, &settings).await),
            done => done,
        }
    })
}

async fn dispatch(call: Call, command: Command) -> Result<()> {
    match command {
        Command::Serve => serve::run(call).await,
        #[cfg(feature = "demo")]
        Command::Demo(demo) => demo::run(call, demo).await,
        Command::Explain(explain) => explain::run(call, explain).await,
        Command::Check => check::run(call).await,
        Command::Roles(roles) => roles::run(call, roles).await,
        Command::Rules(rules) => rules::run(call, rules).await,
        Command::Schema(schema) => schema::run(call, schema).await,
        Command::Inventory(inventory) => inventory::run(call, inventory).await,
        Command::Dependencies(dependencies) => dependencies::run(call, dependencies).await,
        Command::Migrate(migrate) => migrate::run(call, migrate).await,
        Command::Off(off) => off::run(call, off).await,
        Command::Rollback(rollback) => rollback::run(call, rollback).await,
        Command::Report(report) => report::run(call, report).await,
        Command::Record(command) => record::run(call, command).await,
        Command::Replay(asked) => replay::run(call, asked).await,
        Command::Registry(asked) => registry::run(call, asked).await,
        Command::Benchmark(asked) => benchmark::run(call, asked).await,
        Command::Doctor => doctor::run(call).await,
        Command::Reads(reads) => reads::run(call, reads).await,
        Command::Retire(retire) => retire::run(call, retire).await,
        Command::Retain(retain) => retain::run(call, retain).await,
        Command::Status(status) => status::run(call, status).await,
        Command::Sign(sign) => sign::run(call, sign).await,
        Command::Drop(drop) => drop::run(call, drop).await,
        Command::Order(order) => order::run(call, order).await,
        Command::Scan(scan) => scan::run(call, scan).await,
        Command::Verify(verify) => verify::run(call, verify).await,
    }
}

fn settings_file(named: Option<PathBuf>) -> Option<PathBuf> {
    let usual = ["config/esclusa.toml", "/etc/esclusa/esclusa.toml"];
    named.or_else(|| usual.iter().map(Path::new).find(|p| p.exists()).map(Path::to_owned))
}
