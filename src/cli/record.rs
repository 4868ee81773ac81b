//! `esclusa record`: tells the proxies of this machine to record conversations, and to stop; shows what they recorded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::call::{Call, user};
use super::terminal::remark;
use crate::config::value::Setting as _;
use crate::error::{Error, Result};
use crate::record::event::{Event, Record};
use crate::record::order::{Order, now_ms};
use crate::record::status::Status;
use crate::record::{Ending, Key, Recording};
use crate::table::ColumnType::{Int, Text};
use crate::table::Table;
use crate::wire::frame::{self, HEADER_BYTES};

/// A process looks for the order ten times a second.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Examples:\n  esclusa record key /etc/esclusa/record.key\n  esclusa record start --for 30min --share 0.1\n  \
    esclusa record status\n  esclusa record stop\n  esclusa record show recordings/1764408516000-x.rec --format csv"
)]
pub(super) enum Command {
    /// Makes the key that recordings are encrypted with.
    Key {
        /// The file; an existing one is never replaced.
        file: PathBuf,
    },
    /// Records sessions that begin from now on, from their login to their end.
    Start(Start),
    /// Ends the recording; its file is then complete.
    Stop,
    /// Shows what each process records, or recorded last.
    Status,
    /// Prints what a file contains: who sent what, and when. Check it before the file leaves the machine.
    Show {
        /// A recording.
        file: PathBuf,
        /// The key; by default record.key_file.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Start {
    /// The recording ends by itself after this time, such as 30min.
    #[arg(long = "for", value_name = "DURATION", value_parser = Duration::from_text)]
    duration: Option<Duration>,
    /// Share of new sessions to record, from 0 to 1.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// Only sessions of this user; may be given several times.
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// Only sessions of this application; may be given several times.
    #[arg(long = "application", value_name = "NAME")]
    applications: Vec<String>,
}

pub(super) async fn run(call: Call, command: Command) -> Result<()> {
    if let Command::Key { file } = &command {
        Key::create(file)?;
        remark(&format!("{} is the only key that can read what is recorded with it: keep a copy elsewhere", file.display()));
        return Ok(());
    }
    if let Command::Show { file, key } = &command {
        let recording = Recording::read(file, &Key::read(key.as_ref().unwrap_or(&call.settings.record.key_file))?)?;
        if recording.ending == Ending::Truncated {
            remark(&format!("the end of {} is missing: this is what there is", file.display()));
        }
        return call.print(&shown(&recording));
    }
    let directory = call.settings.record.directory.clone();
    if directory.as_os_str().is_empty() {
        return Err(Error::usage("record.directory is not set; through that directory the proxies of this machine are told"));
    }
    match command {
        Command::Start(start) => begin(&call, &directory, start).await,
        Command::Stop => {
            if !Order::take_back(&directory)? {
                remark("no recording was in progress");
            }
            wait(&call, &directory, |status| status.recording.as_ref().is_none_or(|shown| shown.ended.is_some())).await
        }
        Command::Status | Command::Key { .. } | Command::Show { .. } => call.print(&table(&Status::all(&directory)?)),
    }
}

async fn begin(call: &Call, directory: &Path, start: Start) -> Result<()> {
    if !(start.share > 0.0 && start.share <= 1.0) {
        return Err(Error::usage("--share must be more than 0 and at most 1"));
    }
    Key::read(&call.settings.record.key_file)?;
    if Order::given(directory)?.is_some_and(|order| !order.is_past()) {
        return Err(Error::refused("a recording is already in progress: `esclusa record status`"));
    }
    let number = now_ms();
    let until_ms = start.duration.map(|d| number.saturating_add(u64::try_from(d.as_millis()).unwrap_or(u64::MAX)));
    let by = user();
    let Start { share, users, applications, .. } = start;
    Order { number, by, until_ms, share, users, applications }.give(directory)?;
    remark("sessions that begin from now on are recorded; those of a pool once it reconnects");
    wait(call, directory, |status| status.recording.as_ref().is_some_and(|shown| shown.number == number)).await
}

/// Waits until all processes have obeyed, and shows them.
async fn wait(call: &Call, directory: &Path, done: impl Fn(&Status) -> bool) -> Result<()> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let all = loop {
        let all = Status::all(directory)?;
        if all.iter().all(|status| done(status) || status.failure.is_some()) || tokio::time::Instant::now() > until {
            break all;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    if all.is_empty() {
        remark(&format!(
            "no running process uses record.directory {}; the order applies to those that start later",
            directory.display()
        ));
    }
    call.print(&table(&all))?;
    match all.iter().filter(|status| !done(status)).count() {
        0 => Ok(()),
        late => Err(Error::refused(format!("{late} of the processes have not obeyed"))),
    }
}

/// Who sent what, and when: frames as far as they are text.
fn shown(recording: &Recording) -> Table {
    let mut table = Table::new(&[("session", Int), ("ms", Int), ("event", Text), ("what", Text)]);
    for Record { session, at, event } in &recording.records {
        let mut push = |event: &str, what: Option<String>| {
            table.push(vec![(*session).into(), (at / 1000).into(), event.into(), what.into()]);
        };
        match event {
            Event::Head(_) => {}
            Event::Begins(parameters) => {
                let one = |(name, value): &(Vec<u8>, Vec<u8>)| format!("{}={}", text(name), text(value));
                push("begins", Some(parameters.iter().map(one).collect::<Vec<_>>().join(" ")));
            }
            Event::Sent(bytes) => {
                let mut rest = bytes.as_slice();
                while let Some(Ok(header)) = frame::header(rest) {
                    let (whole, behind) = rest.split_at(header.total.min(rest.len()));
                    push(&format!("sends {}", char::from(header.tag)), Some(text(&whole[HEADER_BYTES..])));
                    rest = behind;
                }
            }
            Event::Answered(_, sqlstate) => push("is answered", sqlstate.map(|code| text(&code))),
            Event::CopyIn => push("may send rows", None),
            Event::Cancelled => push("is cancelled", None),
            Event::Cut(why) => push("is cut", Some(why.to_string())),
            Event::Ends => push("ends", None),
        }
    }
    table
}

/// Bytes as readable text: what is not text is escaped, and a NUL becomes a blank.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let one = |c: char| match c {
        '\0' => " ".to_owned(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.trim_matches('\0').chars().map(one).collect()
}

fn table(all: &[Status]) -> Table {
    let columns =
        &[("process", Text), ("state", Text), ("sessions", Int), ("cut", Int), ("bytes", Int), ("file", Text), ("why", Text)];
    let mut table = Table::new(columns);
    for status in all {
        let state = match &status.recording {
            None if status.is_silent() => "not known",
            None => "records nothing",
            Some(shown) if shown.ended.is_some() => "has ended",
            Some(_) => "records",
        };
        let shown = status.recording.as_ref();
        let ended = shown.and_then(|shown| shown.ended.clone());
        table.push(vec![
            status.process.as_str().into(),
            state.into(),
            shown.map(|shown| shown.sessions).into(),
            shown.map(|shown| shown.cut).into(),
            shown.map(|shown| shown.bytes).into(),
            shown.map(|shown| shown.file.display().to_string()).into(),
            status.failure.clone().or(ended).into(),
        ]);
    }
    table
}
