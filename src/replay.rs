//! Sends recorded conversations to two sides of a staging server, a legacy copy and a consolidated one, each directly or through an esclusa. So
//! real traffic of AQUASIS serves as its regression test.
//!
//! [`script`] makes conversations from recordings, [`run`] sends them to both sides at once in the order in which they interleaved (`session`,
//! [`side`]), the twin decides whether answers are the same, [`compare`] which differences are excused, and [`state`] compares the tables of both
//! sides afterwards. Writes are sent too, so both sides are changed.
//!
//! Not done: a difference is not reduced to a smaller case; values that a client took from an answer (such as a key that the server gave, sent back
//! in the next statement) are sent as recorded, so both sides must begin in the state in which the recording began.

pub mod compare;
pub mod run;
pub mod script;
mod session;
pub mod side;
pub mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use compare::Comparison;
use script::{Script, What};
pub use session::ActResult;
use state::{Compared, Legacy};

use crate::sql::fingerprint::normalise;
use crate::table::ColumnType::{Float, Int, Text};
use crate::table::{Cell, Columns, Table};

/// Bytes of a statement that are shown.
const SHOWN: usize = 300;

/// Characters of a statement with its values, and of a difference, that are shown.
const TOLD: usize = 2000;

/// One line per statement (without its values), per legacy table, and per session that could not be sent.
pub const COLUMNS: Columns = &[
    ("what", Text),
    ("name", Text),
    ("sent", Int),
    ("equal", Int),
    ("different", Int),
    ("not_comparable", Int),
    ("left_ms", Float),
    ("right_ms", Float),
    ("first", Text),
];

/// The findings for one line.
#[derive(Debug, Default)]
struct Line {
    equal: u64,
    different: u64,
    not_comparable: u64,
    took: [Duration; 2],
    /// The first difference; where there was none, the first reason why something was not compared.
    first: Option<String>,
    excuse: Option<String>,
}

/// All findings.
#[derive(Debug, Default)]
pub struct Findings {
    lines: BTreeMap<(&'static str, String), Line>,
}

impl Findings {
    /// Adds the outcomes of acts.
    pub fn take(&mut self, script: &Script, outcomes: Vec<ActResult>) {
        for ActResult { session, act, verdict, took } in outcomes {
            let conversation = &script.conversations[session];
            let key = match &conversation.acts[act].what {
                What::Stretch(stretch) => {
                    let texts: Vec<String> = stretch.texts.iter().map(|text| normalise(text, SHOWN)).collect();
                    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
                    let name = match texts.is_empty() {
                        true if stretch.leaves_out() => "(a role's password)".into(),
                        true => "(no statement)".into(),
                        false => texts.join("; "),
                    };
                    ("statement", name)
                }
                _ => {
                    let user = conversation.parameters.iter().find(|(name, _)| name == b"user");
                    ("session", user.map_or("?".into(), |(_, user)| String::from_utf8_lossy(user).into_owned()))
                }
            };
            let line = self.lines.entry(key).or_default();
            (0..2).for_each(|side| line.took[side] += took[side]);
            let told = match (&verdict, &conversation.acts[act].what) {
                // The line shows the statement without its values; the difference needs them.
                (Comparison::Different(found), What::Stretch(stretch)) => {
                    Comparison::Different(format!("{}: {}", cut(&stretch.told(), TOLD), cut(found, TOLD)))
                }
                (Comparison::Equal, What::Stretch(stretch)) if stretch.leaves_out() => {
                    Comparison::NotComparable("a statement about a role's password is not sent".into())
                }
                _ => verdict,
            };
            line.count(told);
        }
    }

    /// Adds the comparison of legacy tables. A table that neither side has gets no line.
    pub fn take_state(&mut self, tables: &[Legacy], compared: Vec<Compared>) {
        for (legacy, Compared { difference, skipped, .. }) in tables.iter().zip(compared) {
            let verdict = match (difference, skipped) {
                (Some(found), _) => Comparison::Different(found),
                (None, Some(why)) => Comparison::NotComparable(why),
                (None, None) => Comparison::Equal,
            };
            self.lines.entry(("table", legacy.table.clone())).or_default().count(verdict);
        }
    }

    /// Statements, tables and sessions that differ.
    pub fn different(&self) -> usize {
        self.lines.values().filter(|line| line.different > 0).count()
    }

    /// How much was compared: equal, different, not comparable.
    pub fn counts(&self) -> [u64; 3] {
        self.lines.values().fold([0; 3], |[e, d, n], line| [e + line.equal, d + line.different, n + line.not_comparable])
    }

    /// What differs first, then the rest by name.
    pub fn table(&self) -> Table {
        let mut table = Table::new(COLUMNS);
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|(_, line)| (line.different == 0, line.not_comparable == 0));
        for ((what, name), line) in lines {
            let sent = line.equal + line.different + line.not_comparable;
            let timed = *what == "statement";
            let average = |side: usize| timed.then(|| line.took[side].as_secs_f64() * 1000.0 / sent.max(1) as f64);
            table.push(vec![
                Cell::from(*what),
                name.as_str().into(),
                sent.into(),
                line.equal.into(),
                line.different.into(),
                line.not_comparable.into(),
                average(0).into(),
                average(1).into(),
                line.first.clone().or_else(|| line.excuse.clone()).into(),
            ]);
        }
        table
    }
}

/// The beginning of a text.
fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Line {
    fn count(&mut self, verdict: Comparison) {
        match verdict {
            Comparison::Equal => self.equal += 1,
            Comparison::Different(found) => {
                self.different += 1;
                self.first.get_or_insert(found);
            }
            Comparison::NotComparable(why) => {
                self.not_comparable += 1;
                self.excuse.get_or_insert(why);
            }
        }
    }
}
