//! Every metric by name, with unit and help, and the set-up of logging.

mod exposition;
mod recorder;

use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use metrics::{Key, Label, Unit, counter, gauge, histogram};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format;

pub use exposition::CONTENT_TYPE;
pub use recorder::{MetricKind, Reading, Series};

use crate::config::LogFormat;
use crate::error::{Error, Result};

/// The recorder of this process, from the first [`install`] on.
static MEMORY: OnceLock<recorder::Memory> = OnceLock::new();

/// A metric's line in the reference.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, with the prefix `esclusa_`.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// The unit of its values.
    pub unit: Unit,
    /// Its help text.
    pub help: &'static str,
}

/// All metrics. A metric is one line here, and one call where it happens.
pub const METRICS: &[Metric] = &[
    Metric { name: "esclusa_clients", kind: MetricKind::Gauge, unit: Unit::Count, help: "Clients connected now." },
    Metric { name: "esclusa_clients_total", kind: MetricKind::Counter, unit: Unit::Count, help: "Clients that have connected." },
    Metric {
        name: "esclusa_clients_refused_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Clients beyond max_clients.",
    },
    Metric {
        name: "esclusa_proxy_headers_refused_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Connections refused because of a PROXY protocol header that was missing, malformed, or sent by an address that may not send one.",
    },
    Metric {
        name: "esclusa_statements_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Statements that may name a legacy table, by path: cached, parsed, unread (too long).",
    },
    Metric {
        name: "esclusa_rewrite_seconds",
        kind: MetricKind::Histogram,
        unit: Unit::Seconds,
        help: "Time to parse and rewrite, when not cached.",
    },
    Metric {
        name: "esclusa_aside",
        kind: MetricKind::Gauge,
        unit: Unit::Count,
        help: "1 while `esclusa off` is in force: no statement is looked at.",
    },
    Metric {
        name: "esclusa_paused",
        kind: MetricKind::Gauge,
        unit: Unit::Count,
        help: "1 while PAUSE is in force: clients are held.",
    },
    Metric {
        name: "esclusa_prepared_again_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Prepared statements that were parsed anew because a switch changed their text.",
    },
    Metric {
        name: "esclusa_prepared_overflow_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Prepared statements that were not remembered because the texts of their session were too long in total.",
    },
    Metric {
        name: "esclusa_cut_over_seconds",
        kind: MetricKind::Histogram,
        unit: Unit::Seconds,
        help: "How long sessions were held at a table during a cut-over, or an attempt at one.",
    },
    Metric {
        name: "esclusa_resurrections_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Retired names that a statement through this proxy named, by outcome: back, lost (the client got 42P01).",
    },
    Metric {
        name: "esclusa_shadow_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Reads that ran a second time in mode shadow, by verdict: equal, different, unsteady, skipped.",
    },
    Metric {
        name: "esclusa_reads_sent_back_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Tables whose copy is no longer read because this proxy found a read that differs.",
    },
    Metric {
        name: "esclusa_reads_answered_by_table_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Reads that failed on the copy of a table and were answered from the legacy table; `report reads` has the SQLSTATEs.",
    },
    Metric { name: "esclusa_recording", kind: MetricKind::Gauge, unit: Unit::Count, help: "1 while conversations are recorded." },
    Metric {
        name: "esclusa_record_sessions_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Sessions that were recorded.",
    },
    Metric {
        name: "esclusa_record_cut_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Recorded sessions whose rest is missing: the disk was too slow, a frame too long, or a redaction impossible.",
    },
    Metric { name: "esclusa_record_bytes_total", kind: MetricKind::Counter, unit: Unit::Bytes, help: "Bytes of recordings." },
    Metric {
        name: "esclusa_record_failures_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Recordings that ended because they could not be written.",
    },
    Metric {
        name: "esclusa_upstream_failures_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Connections to the server that failed.",
    },
    Metric {
        name: "esclusa_flush_failures_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Attempts to write hits that failed; they are kept.",
    },
    Metric { name: "esclusa_spool_bytes", kind: MetricKind::Gauge, unit: Unit::Bytes, help: "Hits that wait for the database." },
    Metric {
        name: "esclusa_spool_failures_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Attempts to put hits on disk that failed; they are in memory.",
    },
    Metric {
        name: "esclusa_hits_folded_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Hits that are counted only in totals because the database was unreachable for too long to keep their detail.",
    },
    Metric {
        name: "esclusa_around_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "Uses of legacy tables around the proxies that this proxy found: SHOW AROUND.",
    },
    Metric {
        name: "esclusa_catalog_reads_total",
        kind: MetricKind::Counter,
        unit: Unit::Count,
        help: "How often the whole catalog was read: at the start, and at a switch or reload if it had changed.",
    },
    Metric {
        name: "esclusa_rule_generation",
        kind: MetricKind::Gauge,
        unit: Unit::Count,
        help: "Counts the switches of modes and reloads.",
    },
];

/// Counts one.
pub fn count(name: &'static str) {
    counter!(name).increment(1);
}

/// Counts several.
pub fn count_more(name: &'static str, more: u64) {
    counter!(name).increment(more);
}

/// Counts one under a label.
pub fn count_by(name: &'static str, label: &'static str, value: &'static str) {
    counter!(name, label => value).increment(1);
}

/// Sets a gauge.
pub fn set(name: &'static str, value: f64) {
    gauge!(name).set(value);
}

/// Adds to a gauge.
pub fn add(name: &'static str, value: f64) {
    gauge!(name).increment(value);
}

/// Records a duration.
pub fn took(name: &'static str, elapsed: std::time::Duration) {
    histogram!(name).record(elapsed.as_secs_f64());
}

/// Installs the recorder. A second call changes nothing.
pub fn install() -> Result<()> {
    // A process has one recorder: two callers must not install it at the same time.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _turn = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if MEMORY.get().is_some() {
        return Ok(());
    }
    metrics::set_global_recorder(MEMORY.get_or_init(|| recorder::Memory::new(keys())))
        .map_err(|e| Error::refused(format!("the metrics recorder could not be installed: {e}")))
}

/// Every series that can exist. Each is registered from the start: a counter that appears with its first event has no rate for that
/// event.
fn keys() -> impl Iterator<Item = (Key, MetricKind)> {
    METRICS.iter().flat_map(|metric| match LABELLED.iter().find(|(name, ..)| *name == metric.name) {
        Some((name, label, values)) => {
            values.iter().map(|value| (Key::from_parts(*name, vec![Label::new(*label, *value)]), metric.kind)).collect()
        }
        None => vec![(Key::from_name(metric.name), metric.kind)],
    })
}

/// The counters with a label, and all values of the label.
const LABELLED: &[(&str, &str, &[&str])] = &[
    ("esclusa_statements_total", "path", &["cached", "parsed", "unread"]),
    ("esclusa_resurrections_total", "outcome", &["back", "lost"]),
    ("esclusa_shadow_total", "verdict", &["equal", "different", "unsteady", "skipped"]),
];

/// All series, by name and labels; empty before [`install`].
pub fn series() -> Vec<Series> {
    MEMORY.get().map_or_else(Vec::new, recorder::Memory::series)
}

/// The same in Prometheus' text format. It takes no lock that recording would wait for.
pub fn exposition() -> String {
    exposition::text(METRICS.iter().map(|metric| (metric.name, metric.kind, metric.help)), &series())
}

/// Starts logging to standard error. `level` is that of the settings; `RUST_LOG` takes precedence.
pub fn log(level: &str, format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .or_else(|_| tracing_subscriber::EnvFilter::try_new(level))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A line that cannot be written is lost: the subscriber would report that on the same output, and panic.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let builder = builder.log_internal_errors(false);
    let fields = format::debug_fn(|out, field, value| match (field.name(), one_line(&format!("{value:?}"))) {
        ("message", text) => write!(out, "{text}"),
        (name, text) => write!(out, "{name}={text}"),
    });
    // A second call (a test, or a command inside a command) keeps the first subscriber.
    let _ = match format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.fmt_fields(fields.delimited(" ")).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
}

/// A text with its control characters escaped as in Rust: names, errors and settings come from outside, and a line break or an
/// escape sequence in them could forge a line of the log, or control the reader's terminal. JSON escapes them itself.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_begins_a_line_or_steers_a_terminal() {
        assert_eq!(
            one_line("ana\r\nWARN forged \u{1b}[2J\u{9b}1m\u{7f}\tñ 'x'"),
            "ana\\r\\nWARN forged \\u{1b}[2J\\u{9b}1m\\u{7f}\\tñ 'x'"
        );
        assert!(matches!(one_line("nothing to escape: ñ"), Cow::Borrowed(_)));
    }
}
