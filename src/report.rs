//! The list of reports. Each has a question, typed columns, and a source of its rows.
//!
//! Console, command line and page read this list and know no report by name: a new report is a file here (or a function or a query in the file of
//! its family) and a line in [`REPORTS`]. Rows come from what the running proxy holds in memory, or from what all proxies have recorded in
//! the target database, which the command line can ask too.

mod around;
mod done;
mod hits;
mod legacy_tables;
mod modes;
pub mod order;
pub mod overview;
pub mod page;
mod question;
mod recorded;
mod recording;
pub mod registry;
mod sessions;
mod settings;
mod shadow;
mod stats;
pub mod trend;
pub mod verdict;
mod witnesses;

pub use hits::hits;
pub use modes::{CHANGES, changes};
pub use question::Question;
pub use recorded::Asked;

use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::session::Shared;
use crate::table::{Columns, Table};

/// A line of the list.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// One word, in lower case; on the console `SHOW` with this word.
    pub name: &'static str,
    /// What its rows answer.
    pub question: &'static str,
    /// The same in Spanish.
    pub question_es: &'static str,
    /// The columns of every row, known before there are rows.
    pub columns: Columns,
    /// Where its rows come from.
    pub rows: Rows,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy)]
pub enum Rows {
    /// The running proxy's memory: the rows of this moment.
    Live(fn(&Shared) -> Table),
    /// What all proxies have recorded, by a query (`report/recorded.rs`).
    Recorded(&'static str),
    /// The same, beside what sources and the catalog say (`report/witnesses.rs`).
    Witnesses,
    /// The verdict that follows from it for each legacy name (`report/verdict.rs`).
    Verdicts,
    /// The order of moves that follows from it (`report/order.rs`).
    Order(fn(&Planned<'_>) -> Table),
}

/// The order of moves, as its reports need it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'p> {
    /// What it follows from.
    pub facts: &'p order::Facts,
    /// The order.
    pub order: &'p order::Order,
    /// One legacy table.
    pub one: Option<&'p str>,
    /// The language of sentences.
    pub language: verdict::Language,
}

const fn live(name: &'static str, questions: [&'static str; 2], columns: Columns, rows: fn(&Shared) -> Table) -> Report {
    Report { name, question: questions[0], question_es: questions[1], columns, rows: Rows::Live(rows) }
}

const fn recorded(name: &'static str, questions: [&'static str; 2], columns: Columns, sql: &'static str) -> Report {
    Report { name, question: questions[0], question_es: questions[1], columns, rows: Rows::Recorded(sql) }
}

const fn ordered(name: &'static str, questions: [&'static str; 2], columns: Columns, rows: fn(&Planned<'_>) -> Table) -> Report {
    Report { name, question: questions[0], question_es: questions[1], columns, rows: Rows::Order(rows) }
}

/// All reports.
#[rustfmt::skip] // One line each: it is a table.
pub const REPORTS: &[Report] = &[
    live("tables", ["What has every legacy table become, in which mode is it, how often was it hit since the start, was it moved, and what is wrong with it?", "¿En qué se convirtió cada tabla heredada, en qué modo está, cuántas veces se usó desde el inicio, se movió ya y qué le pasa?"], legacy_tables::TABLES, legacy_tables::tables),
    live("hits", ["How often was each legacy table hit since the start, by which operation, and with what outcome?", "¿Cuántas veces se usó cada tabla heredada desde el inicio, con qué operación y con qué resultado?"], hits::HITS, hits::hits),
    live("shadow", ["For each table: what did the comparisons of mode shadow show, and how long did both forms take?", "¿Qué mostraron, por tabla, las comparaciones del modo shadow, y cuánto tardaron ambas formas?"], shadow::SHADOW, shadow::shadow),
    live("differences", ["Which reads gave a different result in their rewritten form? The latest ones, newest first.", "¿Qué lecturas dieron otro resultado en su forma reescrita? Las últimas, la más reciente primero."], shadow::DIFFERENCES, shadow::differences),
    live("recording", ["Which conversations does this proxy record, and into which file?", "¿Qué conversaciones graba este proxy, y en qué archivo?"], recording::RECORDING, recording::recording),
    live("sessions", ["Who is connected to the proxy, on which server process, what is it doing, since when, and by which rule?", "¿Quién está conectado al proxy, en qué proceso del servidor, qué está haciendo, desde cuándo y por qué regla?"], sessions::SESSIONS, sessions::sessions),
    live("rules", ["How is each legacy table stored in the new ones?", "¿Cómo se guarda cada tabla heredada en las nuevas?"], legacy_tables::RULES, legacy_tables::rules),
    live("modes", ["In which mode is every legacy table?", "¿En qué modo está cada tabla heredada?"], modes::MODES, modes::modes),
    live("stats", ["What is the value of every metric?", "¿Cuál es el valor de cada métrica?"], stats::STATS, stats::stats),
    live("config", ["Which settings are in force, secrets hidden, and which of them need a restart?", "¿Qué parámetros están vigentes, sin secretos, y cuáles requieren reinicio?"], settings::CONFIG, settings::config),
    Report { name: "verdicts", question: "Which legacy names can go, which cannot, why, and what is next?", question_es: "¿Qué nombres heredados pueden irse, cuáles no, por qué, y qué sigue?", columns: overview::VERDICTS, rows: Rows::Verdicts },
    ordered("order", ["What moves when, with what, and what holds it back?", "¿Qué se mueve cuándo, con qué, y qué lo retiene?"], order::ORDER, |p| order::order(p.facts, p.order, p.one, p.language)),
    ordered("waves", ["Which waves follow from the traffic, and where does it contradict those of the plan?", "¿Qué olas resultan del tráfico, y en qué contradice éste a las del plan?"], order::WAVES, |p| order::waves(p.facts, p.order, p.language)),
    ordered("next", ["Which wave is next, which of its gates are met, and which commands are to be typed?", "¿Qué ola sigue, cuáles de sus condiciones se cumplen y qué comandos hay que teclear?"], order::NEXT, |p| order::next(p.facts, p.order, p.language)),
    ordered("basis", ["On how much traffic, and on what assumptions, is the order based?", "¿En cuánto tráfico se basa el orden, y en qué supuestos?"], order::BASIS, |p| order::basis(p.facts, p.order, p.language)),
    recorded("usage", ["How often was each legacy name used, with what outcome, and by how many applications?", "¿Con qué frecuencia se usó cada nombre heredado, con qué resultado y por cuántas aplicaciones?"], recorded::USAGE, recorded::USAGE_SQL),
    recorded("statements", ["Which statements use legacy names, and what is sent in their place?", "¿Qué sentencias usan nombres heredados y qué se envía en su lugar?"], recorded::STATEMENTS, recorded::STATEMENTS_SQL),
    recorded("columns", ["Which columns of each legacy table do statements name? `*` means all of them without naming them.", "¿Qué columnas de cada tabla heredada nombran las sentencias? `*` significa todas, sin nombrarlas."], recorded::COLUMNS, recorded::COLUMNS_SQL),
    recorded("applications", ["Which applications use legacy names?", "¿Qué aplicaciones usan nombres heredados?"], recorded::APPLICATIONS, recorded::APPLICATIONS_SQL),
    recorded("places", ["Where in the applications do the statements come from, according to their SQLCommenter comments?", "¿De qué lugar de las aplicaciones vienen las sentencias, según sus comentarios SQLCommenter?"], recorded::PLACES, recorded::PLACES_SQL),
    recorded("users", ["Which users of which database use legacy names?", "¿Qué usuarios de qué base de datos usan nombres heredados?"], recorded::USERS, recorded::USERS_SQL),
    recorded("addresses", ["From where are legacy names used?", "¿Desde dónde se usan los nombres heredados?"], recorded::ADDRESSES, recorded::ADDRESSES_SQL),
    recorded("trend", ["How does the use of legacy names change, by hours and, when they are older, by days?", "¿Cómo cambia el uso de los nombres heredados, por horas y, cuando son más antiguas, por días?"], recorded::TREND, recorded::TREND_SQL),
    recorded("opaque", ["Which statements were not understood, and passed untouched?", "¿Qué sentencias no se comprendieron y pasaron sin cambios?"], recorded::OPAQUE, recorded::OPAQUE_SQL),
    recorded("failures", ["Which statements on legacy names were refused or failed, and with what error?", "¿Qué sentencias sobre nombres heredados fueron rechazadas o fallaron, y con qué error?"], recorded::FAILURES, recorded::FAILURES_SQL),
    recorded("comparisons", ["What has mode shadow found for each statement, and are there enough comparisons?", "¿Qué encontró el modo shadow en cada sentencia, y bastan las comparaciones?"], recorded::COMPARISONS, recorded::COMPARISONS_SQL),
    recorded("reads", ["Which sessions read the copy of which legacy table, how many reads were there, how many failed, and did any differ?", "¿Qué sesiones leen la copia de qué tabla heredada, cuántas lecturas hubo, cuántas fallaron y difirió alguna?"], recorded::READS, recorded::READS_SQL),
    recorded("latency", ["How long do statements take on the legacy tables and rewritten, against the plan's 20 %?", "¿Cuánto tardan las sentencias en las tablas heredadas y reescritas, frente al 20 % del plan?"], recorded::LATENCY, recorded::LATENCY_SQL),
    recorded("replicas", ["Which proxies serve, is the last switch in force on each, and do they have the same rules?", "¿Qué proxies sirven, está en vigor el último cambio en cada uno y tienen las mismas reglas?"], recorded::REPLICAS, recorded::REPLICAS_SQL),
    recorded("switches", ["Who switched which legacy table to which mode, when and why? Newest first.", "¿Quién cambió qué tabla heredada a qué modo, cuándo y por qué? Lo más reciente primero."], recorded::SWITCHES, recorded::SWITCHES_SQL),
    recorded("tombstones", ["Which legacy names were retired, when and why, and which statement brought one back? Newest first.", "¿Qué nombres heredados se retiraron, cuándo y por qué, y qué sentencia hizo volver alguno? Lo más reciente primero."], recorded::TOMBSTONES, recorded::TOMBSTONES_SQL),
    recorded("done", ["Which parts of the plan's definition of done are met, and by what evidence?", "¿Qué partes de la definición de terminado del plan se cumplen, y con qué evidencia?"], done::DONE, done::DONE_SQL),
    ordered("bodies", ["Which functions, views, triggers and rules name a legacy table that still exists, and which of them build statements at run time?", "¿Qué funciones, vistas, disparadores y reglas nombran una tabla heredada que aún existe, y cuáles de ellas arman sentencias al ejecutarse?"], around::BODIES, |p| around::bodies(p.facts, p.one)),
    recorded("around", ["Who uses legacy tables around the proxies, from where, with which application, when, and how certain is that?", "¿Quién usa tablas heredadas sin pasar por los proxies, desde dónde, con qué aplicación, cuándo, y qué tan seguro es?"], around::AROUND, around::AROUND_SQL),
    Report { name: "witnesses", question: "What does each witness say of every legacy table, on how much evidence, and where do they disagree?", question_es: "¿Qué dice cada testigo de cada tabla heredada, con cuánta evidencia, y en qué se contradicen?", columns: witnesses::WITNESSES, rows: Rows::Witnesses },
    recorded("scans", ["Where did `esclusa scan --record` find legacy names, when, and who ran it?", "¿Dónde encontró `esclusa scan --record` nombres heredados, cuándo, y quién lo ejecutó?"], around::SCANS, around::SCANS_SQL),
    recorded("coverage", ["How much of each day was recorded, by how many processes, and does it count as a day on which no use can have been missed?", "¿Qué parte de cada día se registró, por cuántos procesos, y cuenta como un día en que ningún uso pudo pasar inadvertido?"], recorded::COVERAGE, recorded::COVERAGE_SQL),
    live("version", ["Which version of esclusa is this?", "¿Qué versión de esclusa es esta?"], settings::VERSION, settings::version),
];

/// The report of a name.
pub fn find(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}

impl Report {
    /// What its rows answer.
    pub fn question(&self, language: verdict::Language) -> &'static str {
        language.of(self.question, self.question_es)
    }

    /// Whether its rows are in the target database.
    pub fn is_recorded(&self) -> bool {
        !matches!(self.rows, Rows::Live(_))
    }

    /// The rows of a report that all proxies have recorded.
    pub async fn read(
        &self,
        database: &Database,
        settings: &Settings,
        asked: &Asked,
        language: verdict::Language,
    ) -> Result<Table> {
        match self.rows {
            Rows::Recorded(sql) => recorded::rows(database, self.columns, sql, asked, language).await,
            Rows::Witnesses => witnesses::read(database, settings, asked, language).await,
            Rows::Verdicts => Ok(overview::table(&overview::judged(database, settings, asked, language).await?, language)),
            Rows::Order(rows) => {
                let facts = order::facts::read(database, settings, asked, language).await?;
                let order = order::plan(&facts, language);
                Ok(rows(&Planned { facts: &facts, order: &order, one: asked.table.as_deref(), language }))
            }
            Rows::Live(_) => {
                let name = self.name.to_uppercase();
                Err(Error::usage(format!("`{}` exists only in a running proxy: ask its console by SHOW {name}", self.name)))
            }
        }
    }
}

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
        let policy = Policy::new(1, "cf_quere_pro", entries, Default::default(), Default::default());
        Shared::new(settings, policy)
    }

    #[test]
    fn every_report_is_named_once_and_asks_something() {
        for (i, report) in REPORTS.iter().enumerate() {
            assert!(report.name.chars().all(|c| c.is_ascii_lowercase()), "{}", report.name);
            assert!(report.question.contains('?') && report.question_es.starts_with('¿'), "{}", report.name);
            assert!(REPORTS[..i].iter().all(|other| other.name != report.name), "{}", report.name);
        }
    }

    /// Every text for people in a report's query is given in both languages, as `«english|spanish»`.
    #[test]
    fn what_is_recorded_is_told_in_both_languages() {
        let mut faults = Vec::new();
        for report in REPORTS {
            let Rows::Recorded(sql) = report.rows else { continue };
            for english in sql.replace("''", "’").split('\'').skip(1).step_by(2) {
                let mut left = english.to_owned();
                while let (Some(begin), Some(end)) = (left.find('«'), left.find('»')) {
                    assert!(left[begin..end].contains('|'), "{}: {english}", report.name);
                    left.replace_range(begin..end + '»'.len_utf8(), "");
                }
                let words = left.split(' ').filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase()));
                // What a view says is replaced by both languages, and so appears there once without them.
                if words.count() > 1 && report.name != "coverage" {
                    faults.push(format!("{}: {english}", report.name));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Whether cells fit their columns is checked by [`Table::push`].
    #[test]
    fn every_report_has_the_columns_that_it_declares() {
        let shared = shared();
        for report in REPORTS {
            let Rows::Live(rows) = report.rows else { continue };
            assert_eq!(rows(&shared).columns, Column::all(report.columns), "{}", report.name);
        }
    }
}
