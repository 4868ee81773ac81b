//! What a running proxy can tell: the list of reports. Each is a question, typed columns, and the function that makes its rows.
//!
//! Whoever shows tables reads this list, and names no report itself: a report costs a file here (or a function in the file of its
//! family) and a line in [`REPORTS`]. The rows come from what the proxy holds in memory; no report of today asks a database.

mod clients;
mod hits;
mod legacy_tables;
mod modes;
mod settings;
mod shadow;
mod stats;

pub use hits::hits;
pub use modes::{CHANGES, changes};

use crate::session::Shared;
use crate::table::{Columns, Table};

/// A line of the list.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// One word, in lower case; the console shows it by `SHOW` and this word.
    pub name: &'static str,
    /// What its rows answer.
    pub question: &'static str,
    /// Of every row, known before there is one.
    pub columns: Columns,
    /// The rows of this moment.
    pub rows: fn(&Shared) -> Table,
}

const fn report(name: &'static str, question: &'static str, columns: Columns, rows: fn(&Shared) -> Table) -> Report {
    Report { name, question, columns, rows }
}

/// All reports.
#[rustfmt::skip] // One line each: it is a table.
pub const REPORTS: &[Report] = &[
    report("tables", "What has every legacy table become, in which mode is it, how often was it hit since the start, was it moved, and what is wrong with it?", legacy_tables::TABLES, legacy_tables::tables),
    report("hits", "How often was each legacy table hit since the start, by which operation, and with what outcome?", hits::HITS, hits::hits),
    report("shadow", "What have the reads shown that ran a second time in mode shadow, by table, and how long did they take?", shadow::SHADOW, shadow::shadow),
    report("differences", "Which reads gave another result in their rewritten form? The last ones, the newest first.", shadow::DIFFERENCES, shadow::differences),
    report("clients", "Who is connected to the proxy?", clients::CLIENTS, clients::clients),
    report("rules", "How does each legacy table lie in the new ones?", legacy_tables::RULES, legacy_tables::rules),
    report("modes", "In which mode is every legacy table?", modes::MODES, modes::modes),
    report("stats", "What is the value of every metric?", stats::STATS, stats::stats),
    report("config", "Which settings are in force, secrets hidden, and which of them need a restart?", settings::CONFIG, settings::config),
    report("version", "Which version of esclusa is this?", settings::VERSION, settings::version),
];

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Settings;
    use crate::mode::Mode;
    use crate::rewrite::{Entry, Policy};
    use crate::rule::file;
    use crate::table::Column;

    /// A proxy's state with two legacy tables.
    pub(crate) fn shared() -> Shared {
        let settings = Settings::defaults().unwrap();
        let context = crate::relation::Context::new(&settings);
        let entry = |text: &str| {
            let document = crate::config::document::Document::parse("r.toml".as_ref(), text).unwrap();
            let relation = crate::relation::Relation::compile(&file::parse(&document).unwrap(), &context);
            Entry { relation: Arc::new(relation), mode: Mode::Observe }
        };
        let rule = |table: &str, domain: &str| {
            entry(&format!(
                "table = \"{table}\"\nkind = \"lookup\"\ncolumns = [{{ name = \"c\", type = \"character(4)\", null = false }}]\n\
                 [target]\ndomain = \"{domain}\"\n[key]\ncolumns = [\"c\"]\n"
            ))
        };
        let entries = vec![rule("tipvalvula", "TIP_VALVULA"), rule("tipocorreo", "TIPO_CORREO")];
        let policy = Policy::new(1, "cf_quere_pro", entries, &Default::default(), Default::default());
        Shared::new(settings, policy)
    }

    #[test]
    fn every_report_is_named_once_and_asks_something() {
        for (i, report) in REPORTS.iter().enumerate() {
            assert!(report.name.chars().all(|c| c.is_ascii_lowercase()), "{}", report.name);
            assert!(report.question.contains('?'), "{}", report.name);
            assert!(REPORTS[..i].iter().all(|other| other.name != report.name), "{}", report.name);
        }
    }

    /// That cells fit their columns is [`Table::push`]'s to say.
    #[test]
    fn every_report_has_the_columns_that_it_declares() {
        let shared = shared();
        for report in REPORTS {
            assert_eq!((report.rows)(&shared).columns, Column::all(report.columns), "{}", report.name);
        }
    }
}
