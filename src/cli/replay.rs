//! `esclusa replay FILE... --left CONNECTION --right CONNECTION`: sends recorded conversations to two sides, and tells where they differ.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::terminal::remark;
use crate::config::Url;
use crate::config::value::Setting as _;
use crate::error::{Error, Result};
use crate::record::{Ending, Key, Recording};
use crate::replay::Findings;
use crate::replay::run::{Driver, Pace};
use crate::replay::script::{Script, What};
use crate::replay::side::SideAddress;
use crate::replay::state::{self, Compared, Legacy};
use crate::table::Format;
use crate::wire::tls::Connector;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Both sides are written to. They must hold the same at the beginning, which is looked at; no answer is taken for granted.\n\
    Where a connection names no user or database, each session has its own, as it was recorded.\n\nExit code: 0 where all is equal, 1 where \
    something differs, 2 and 3 as everywhere.\n\nExamples:\n  esclusa replay recordings/*.rec --left postgres://qa@staging/legacy --right \
    postgres://qa@staging:6432/target\n  esclusa replay a.rec --left ... --right ... --speed 4 --report replay.json"
)]
pub(super) struct Replay {
    /// Recordings; those of several proxies are merged by their clocks.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The legacy side.
    #[arg(long, value_name = "CONNECTION")]
    left: String,
    /// The consolidated side, through an esclusa.
    #[arg(long, value_name = "CONNECTION")]
    right: String,
    /// A file that holds the left side's password and nothing else.
    #[arg(long, value_name = "FILE")]
    left_password_file: Option<PathBuf>,
    /// The same for the right side.
    #[arg(long, value_name = "FILE")]
    right_password_file: Option<PathBuf>,
    /// The key that they were encrypted with; by default record.key_file.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Sends each statement at its recorded time, sped up by this factor.
    #[arg(long, value_name = "N", conflicts_with = "in_order")]
    speed: Option<f64>,
    /// Sends statements as fast as the recorded order allows; the default without --speed.
    #[arg(long)]
    in_order: bool,
    /// A statement that takes longer is cancelled and reported.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = Duration::from_text)]
    patience: Duration,
    /// Reads back and compares only these legacy tables; by default all that have a rule.
    #[arg(long = "table", value_name = "TABLE")]
    tables: Vec<String>,
    /// Reads no table back, before or afterwards.
    #[arg(long, conflicts_with = "tables")]
    no_state: bool,
    /// Also writes the findings as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) async fn run(call: Call, asked: Replay) -> Result<()> {
    if asked.speed.is_some_and(|speed| !(speed > 0.0 && speed.is_finite())) {
        return Err(Error::usage("--speed must be more than 0"));
    }
    let key = Key::read(asked.key.as_ref().unwrap_or(&call.settings.record.key_file))?;
    let recordings = read(&asked.files, &key)?;
    let places = [
        place(&call, &asked.left, asked.left_password_file.as_deref())?,
        place(&call, &asked.right, asked.right_password_file.as_deref())?,
    ];
    refuse_the_original(&recordings, &places)?;
    let script = Script::of(recordings);
    let Some(first) = script.conversations.first() else {
        return Err(Error::refused("no session of these recordings can be sent: the login of none was recorded"));
    };
    tell_what_is_missing(&script);
    let tables = tables(&call, &asked)?;
    let sides = [&*places[0], &*places[1]];
    let mut found = Findings::default();
    // An existing difference would be reported as a fault of every statement that reads it.
    let read = state::compare(sides, &first.parameters, &tables).await;
    if let Some(error) = take_state(&mut found, &tables, read) {
        report(&asked, &found)?;
        return Err(error);
    }
    if found.different() > 0 {
        report(&asked, &found)?;
        call.print(&found.table())?;
        return Err(Error::refused("the two sides differ before anything was sent"));
    }
    let pace = Pace { speed: asked.speed, patience: asked.patience };
    let mut driver = Driver::new(&script, places.clone(), pace).await;
    driver.run(progress(script.order.len())).await;
    let unsent = driver.unsent;
    if driver.early > 0 {
        remark(&format!(
            "{} acts were sent early: their sessions held locks that other sessions had held before them in the recording",
            driver.early
        ));
    }
    let mut found = Findings::default();
    found.take(&script, driver.outcomes);
    let read = state::compare(sides, &first.parameters, &tables).await;
    let failed = take_state(&mut found, &tables, read);
    let concluded = conclude(&call, &asked, &found, script.conversations.len(), unsent);
    failed.map_or(concluded, Err)
}

/// Adds what was read back. Where nothing could be read, the report says so for each table, and the command ends with the error.
fn take_state(found: &mut Findings, tables: &[Legacy], read: Result<Vec<Compared>>) -> Option<Error> {
    match read {
        Ok(compared) => {
            found.take_state(tables, compared);
            None
        }
        Err(error) => {
            let skipped = Some(format!("not read back: {}", error.in_one_line()));
            let unread = Compared { rows: [0; 2], difference: None, skipped };
            found.take_state(tables, vec![unread; tables.len()]);
            Some(error)
        }
    }
}

fn read(files: &[PathBuf], key: &Key) -> Result<Vec<Recording>> {
    let mut recordings = Vec::with_capacity(files.len());
    for file in files {
        let recording = Recording::read(file, key)?;
        if recording.ending == Ending::Truncated {
            remark(&format!("the end of {} is missing: the rest is sent", file.display()));
        }
        recordings.push(recording);
    }
    Ok(recordings)
}

fn place(call: &Call, connection: &str, password_file: Option<&Path>) -> Result<Arc<SideAddress>> {
    let read = |file: &Path| std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e));
    let password = password_file.map(read).transpose()?;
    let tls = Connector::new(&call.settings.upstream, None)?;
    SideAddress::new(&Url::new(connection), password.as_deref().map(str::trim_end), tls).map(Arc::new)
}

/// A recording is never sent to the server where it was made: its writes would be done twice.
fn refuse_the_original(recordings: &[Recording], places: &[Arc<SideAddress>; 2]) -> Result<()> {
    let databases: BTreeSet<Vec<u8>> = recordings.iter().flat_map(|r| r.databases()).collect();
    let addresses: BTreeSet<&String> = recordings.iter().flat_map(|r| &r.head.addresses).collect();
    for place in places {
        let is_same = place.database().is_none_or(|database| databases.contains(database.as_bytes()));
        if is_same && addresses.contains(&place.address.to_string()) {
            return Err(Error::Refused {
                message: format!("{} is where this was recorded", place.address),
                detail: None,
                hint: Some("a replay writes: send it to copies".into()),
            });
        }
    }
    Ok(())
}

fn tell_what_is_missing(script: &Script) {
    let cut = script.conversations.iter().filter(|c| c.cut.is_some()).count();
    let reasons: BTreeSet<String> = script.conversations.iter().filter_map(|c| c.cut.map(|why| why.to_string())).collect();
    if cut > 0 {
        let reasons: Vec<String> = reasons.into_iter().collect();
        remark(&format!(
            "{cut} of {} sessions were recorded without their end, and are sent so: {}",
            script.conversations.len(),
            reasons.join("; ")
        ));
    }
    let acts = script.conversations.iter().flat_map(|c| &c.acts);
    let left_out = acts.filter(|act| matches!(&act.what, What::Stretch(stretch) if stretch.leaves_out())).count();
    if left_out > 0 {
        remark(&format!("{left_out} statements about passwords of roles are not sent: the staging server keeps its own"));
    }
    if script.unanswered > 0 {
        remark(&format!("{} statements were not answered when they were recorded, and are not sent", script.unanswered));
    }
}

/// The legacy tables that are read back.
fn tables(call: &Call, asked: &Replay) -> Result<Vec<Legacy>> {
    if asked.no_state {
        return Ok(Vec::new());
    }
    let rules = call.rules_if_any()?;
    if let Some(unknown) = asked.tables.iter().find(|table| !rules.rules.contains_key(*table)) {
        return Err(Error::usage(format!("there is no rule for a table `{unknown}`")));
    }
    let chosen = rules.rules.values().filter(|rule| asked.tables.is_empty() || asked.tables.contains(&rule.table));
    let legacy = |rule: &crate::rule::Rule| Legacy {
        schema: call.settings.rules.schema.clone(),
        table: rule.table.clone(),
        key: rule.key.columns.clone(),
    };
    Ok(chosen.map(legacy).collect())
}

/// Shows progress: on a terminal in place, elsewhere after every tenth.
fn progress(all: usize) -> impl Fn(usize) {
    let bar = indicatif::ProgressBar::new(all as u64);
    move |done| {
        bar.set_position(done as u64);
        if bar.is_hidden() && all >= 100 && done > 0 && done.is_multiple_of(all / 10) {
            remark(&format!("{done} of {all} acts"));
        }
        if done + 1 == all {
            bar.finish_and_clear();
        }
    }
}

/// Writes the findings as JSON, where requested.
fn report(asked: &Replay, found: &Findings) -> Result<()> {
    match &asked.report {
        Some(file) => crate::disk::replace(&[(file.clone(), found.table().print(Format::Json))]),
        None => Ok(()),
    }
}

fn conclude(call: &Call, asked: &Replay, found: &Findings, sessions: usize, unsent: usize) -> Result<()> {
    report(asked, found)?;
    call.print(&found.table())?;
    let [equal, different, not_comparable] = found.counts();
    remark(&format!("{sessions} sessions: {equal} equal, {different} different, {not_comparable} not comparable"));
    if unsent > 0 {
        return Err(Error::refused(format!("{unsent} statements could not be sent because their session had ended")));
    }
    match found.different() {
        0 => Ok(()),
        lines => Err(Error::refused(format!("the two sides differ in {lines} lines of the report"))),
    }
}
