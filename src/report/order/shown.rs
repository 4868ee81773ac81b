//! The order as tables: one line per legacy table, one line per wave beside those of the plan, and what the order is based on.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Class, Facts, HoldBack, Legacy, Order, Place, Placed};
use crate::report::verdict::{Class as DayClass, Language};
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Cell, Columns, Table};

/// Columns of the order.
pub const ORDER: Columns = &[
    ("table", Text),
    ("state", Text),
    ("wave", Int),
    ("cluster", Text),
    ("verdict", Text),
    ("held_back", Text),
    ("remarks", Text),
    ("rows", Int),
    ("seconds", Int),
    ("plan", Text),
];

/// Columns of the waves.
pub const WAVES: Columns = &[
    ("by", Text),
    ("wave", Text),
    ("tables", Int),
    ("clusters", Int),
    ("seconds", Int),
    ("fits", Bool),
    ("use", Text),
    ("names", Text),
    ("remarks", Text),
];

/// Columns of the order's basis.
pub const BASIS: Columns = &[("what", Text), ("value", Text), ("means", Text)];

/// The most names listed in a sentence.
const NAMES: usize = 5;

/// One line per table: first those that move next, then those that are held back, last those that have moved.
pub fn order(facts: &Facts, order: &Order, one: Option<&str>, language: Language) -> Table {
    let mut table = Table::new(ORDER);
    let mut lines: Vec<(&Legacy, &Placed)> =
        facts.tables.iter().filter_map(|legacy| Some((legacy, order.tables.get(legacy.table())?))).collect();
    let rank = |place: Place| match place {
        Place::Wave(wave) => (0, wave),
        Place::Held => (1, 0),
        Place::Moved => (2, 0),
    };
    lines.sort_by_key(|(legacy, placed)| {
        (rank(placed.place), placed.cluster.clone().unwrap_or_else(|| legacy.table().to_owned()), legacy.table().to_owned())
    });
    for (legacy, placed) in lines.into_iter().filter(|(legacy, _)| one.is_none_or(|one| one == legacy.table())) {
        let (state, wave) = match placed.place {
            Place::Moved => (language.of("moved", "movida"), Cell::Null),
            Place::Wave(wave) => (language.of("can move", "puede moverse"), wave.into()),
            Place::Held => (language.of("held back", "retenida"), Cell::Null),
        };
        let is_moved = placed.place == Place::Moved;
        table.push(vec![
            legacy.table().into(),
            state.into(),
            wave,
            placed.cluster.clone().into(),
            legacy.judged.verdict.name(language).into(),
            told(&placed.held, true),
            told(&placed.held, false),
            if is_moved { Cell::Null } else { legacy.rows.into() },
            if is_moved { Cell::Null } else { placed.seconds.into() },
            (!legacy.planned.is_empty()).then(|| legacy.planned.clone()).into(),
        ]);
    }
    table
}

fn told(held: &[HoldBack], holds: bool) -> Cell {
    let told = held.iter().filter(|h| h.holds == holds).map(|h| h.why.as_str()).collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then_some(told).into()
}

/// The waves that follow from the traffic, then those of the plan with the objections from the traffic.
pub fn waves(facts: &Facts, order: &Order, language: Language) -> Table {
    let mut table = Table::new(WAVES);
    for (number, wave) in order.waves.iter().enumerate() {
        let is_long = wave.seconds > facts.limits.window;
        let remark = is_long.then(|| {
            language.of("one table alone takes longer than a window", "una sola tabla no cabe en una ventana").to_owned()
        });
        table.push(vec![
            language.of("traffic", "tráfico").into(),
            (number + 1).to_string().into(),
            wave.tables.len().into(),
            wave.clusters.into(),
            wave.seconds.into(),
            (!is_long).into(),
            wave.class.name(language).into(),
            wave.tables.join(" ").into(),
            remark.into(),
        ]);
    }
    let mut planned: BTreeMap<&str, Vec<&Legacy>> = BTreeMap::new();
    for legacy in facts.tables.iter().filter(|legacy| !legacy.planned.is_empty()) {
        planned.entry(&legacy.planned).or_default().push(legacy);
    }
    for (name, members) in planned {
        table.push(of_plan(name, members, facts, order, language));
    }
    table
}

/// A wave of the plan.
fn of_plan(name: &str, mut members: Vec<&Legacy>, facts: &Facts, order: &Order, language: Language) -> Vec<Cell> {
    members.sort_by_key(|legacy| legacy.table().to_owned());
    let left: Vec<&Legacy> = members.iter().filter(|legacy| !legacy.is_moved()).copied().collect();
    let seconds: u64 = left.iter().filter_map(|legacy| Some(order.tables.get(legacy.table())?.seconds)).sum();
    let clusters: BTreeSet<&str> = left
        .iter()
        .map(|legacy| order.tables.get(legacy.table()).and_then(|p| p.cluster.as_deref()).unwrap_or_else(|| legacy.table()))
        .collect();
    let class = left.iter().map(|legacy| legacy.class()).max();
    let objections = objections(name, &left, seconds, facts, order, language);
    vec![
        "plan".into(),
        name.into(),
        members.len().into(),
        clusters.len().into(),
        seconds.into(),
        (seconds <= facts.limits.window).into(),
        class.map(|class| class.name(language)).into(),
        members.iter().map(|legacy| legacy.table()).collect::<Vec<_>>().join(" ").into(),
        (!objections.is_empty()).then(|| objections.join("; ")).into(),
    ]
}

/// The objections from the traffic to a wave of the plan.
fn objections(name: &str, left: &[&Legacy], seconds: u64, facts: &Facts, order: &Order, language: Language) -> Vec<String> {
    let mut said = Vec::new();
    let place = |legacy: &&&Legacy| order.tables.get(legacy.table()).map(|placed| placed.place);
    let held: Vec<&str> = left.iter().filter(|l| place(l) == Some(Place::Held)).map(|l| l.table()).collect();
    if !held.is_empty() {
        said.push(format!("{} {}: {}", held.len(), language.of("are held back", "retenidas"), some(&held)));
    }
    let planned: BTreeMap<&str, &Legacy> = facts.tables.iter().map(|legacy| (legacy.table(), legacy)).collect();
    let torn: Vec<String> = facts
        .pairs
        .iter()
        .filter_map(|pair| {
            let of =
                |table: &str| planned.get(table).filter(|l| !l.is_moved() && !l.planned.is_empty()).map(|l| l.planned.as_str());
            let (first, second) = (of(&pair.first)?, of(&pair.second)?);
            let is_torn = first != second && (first == name || second == name);
            let other = if first == name { second } else { first };
            is_torn.then(|| format!("{}+{} ({} x, {other})", pair.first, pair.second, pair.times))
        })
        .collect();
    if !torn.is_empty() {
        let torn_of: Vec<&str> = torn.iter().map(String::as_str).collect();
        said.push(format!(
            "{}: {}",
            language.of("it separates tables that are used together", "separa tablas que se usan juntas"),
            some(&torn_of)
        ));
    }
    if seconds > facts.limits.window {
        said.push(language.of("it takes longer than a window", "no cabe en una ventana").to_owned());
    }
    let of_class = |class: Class| left.iter().filter(|l| l.class() == class).count();
    let (silent, written) = (of_class(Class::Silent), of_class(Class::Written));
    if silent > 0 && written > 0 {
        let told = language
            .of("{s} are silent and could go first, {w} are written", "{s} sin uso podrían ir primero, {w} con escrituras");
        said.push(told.replace("{s}", &silent.to_string()).replace("{w}", &written.to_string()));
    }
    said
}

/// The first few of many names.
fn some(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let told = names[..names.len().min(NAMES)].join(", ");
    if more > 0 { format!("{told} +{more}") } else { told }
}

/// On how much traffic, and on what assumptions, the order is based.
pub fn basis(facts: &Facts, order: &Order, language: Language) -> Table {
    let mut table = Table::new(BASIS);
    for (what, value, means) in recorded(facts, language).into_iter().chain(assumed(facts, order, language)) {
        table.push(vec![what.into(), value.into(), (!means.is_empty()).then_some(means).into()]);
    }
    table
}

/// What it is, its value, and what that means.
type Line = (&'static str, String, String);

/// How much traffic there is.
fn recorded(facts: &Facts, language: Language) -> Vec<Line> {
    let basis = &facts.basis;
    let classes = |classes: &[DayClass]| classes.iter().map(|class| class.name(language)).collect::<Vec<_>>().join(", ");
    let span = basis.span.as_ref().map_or_else(String::new, |(from, to)| format!("{from} - {to}"));
    let unseen = match basis.unseen.as_slice() {
        [] => language.of("silence counts", "el silencio cuenta").to_owned(),
        unseen => format!("{} {}", language.of("not yet seen:", "aún no se ha observado:"), classes(unseen)),
    };
    let counted = |count: u64, what: &str| if count == 0 { String::new() } else { format!("{count} {what}") };
    let gaps = counted(basis.lost, language.of("spans of time were lost", "lapsos se perdieron"));
    let no_room = language.of(
        "uses together were not recorded for lack of memory: limits.traffic_bytes",
        "usos conjuntos no registrados por falta de memoria: limits.traffic_bytes",
    );
    let ignored = language.of("their pairs are ignored (migrate.reads_all)", "sus pares se ignoran (migrate.reads_all)");
    let mut lines = vec![
        (language.of("recorded", "registrado"), format!("{:.1} h", basis.hours), span),
        (language.of("whole days", "días completos"), basis.whole_days.to_string(), unseen),
        (language.of("recorders", "registradores"), basis.recorders.to_string(), gaps),
        (language.of("uses of legacy names", "usos de nombres heredados"), basis.hits.to_string(), String::new()),
        (language.of("statements", "sentencias"), basis.statements.to_string(), String::new()),
        (
            language.of("pairs used together", "pares usados juntos"),
            facts.pairs.len().to_string(),
            counted(basis.pairs_lost, no_room),
        ),
        (
            language.of("applications that read everything", "aplicaciones que leen todo"),
            basis.ignored.join(", "),
            ignored.to_owned(),
        ),
    ];
    if !basis.seen.is_empty() {
        lines.insert(2, (language.of("seen", "observado"), classes(&basis.seen), String::new()));
    }
    lines
}

/// What was assumed.
fn assumed(facts: &Facts, order: &Order, language: Language) -> Vec<Line> {
    let (basis, limits) = (&facts.basis, &facts.limits);
    let rate = match basis.measured {
        Some((moves, rows)) => language
            .of("measured over {m} moves of {r} rows", "medido en {m} traslados de {r} filas")
            .replace("{m}", &moves.to_string())
            .replace("{r}", &rows.to_string()),
        None => language
            .of(
                "assumed, no large table has moved yet (migrate.rows_per_second)",
                "supuesto, aún no se ha movido una tabla grande (migrate.rows_per_second)",
            )
            .to_owned(),
    };
    let each = language.of("whatever its rows", "sin importar sus filas").to_owned();
    let window = language.of(
        "{t} tables at most (migrate.window, migrate.wave_tables)",
        "{t} tablas a lo más (migrate.window, migrate.wave_tables)",
    );
    let window = window.replace("{t}", &limits.wave_tables.to_string());
    let mut lines = vec![
        (language.of("rows a second", "filas por segundo"), limits.rows_per_second.to_string(), rate),
        (language.of("seconds a table", "segundos por tabla"), limits.table_seconds.to_string(), each),
        (language.of("a window", "una ventana"), format!("{} s", limits.window), window),
    ];
    if basis.guessed > 0 {
        let means = language.of("their rows are guessed from their size", "sus filas se estiman por su tamaño");
        lines.push((language.of("tables never analyzed", "tablas sin ANALYZE"), basis.guessed.to_string(), means.to_owned()));
    }
    for cut in &order.cuts {
        let means = language.of(
            "a cluster too large for one wave was split here, at its weakest pair",
            "un grupo que no cabe en una ola se separó aquí, en su par más débil",
        );
        let value = format!("{}+{} ({} x)", cut.first, cut.second, cut.times);
        lines.push((language.of("parted", "separado"), value, means.to_owned()));
    }
    lines
}
