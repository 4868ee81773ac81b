//! The next wave: its tables, its gates, met or not, and the commands to type.

use super::model::{Facts, Legacy, Order, Place, Wave};
use crate::mode::Mode;
use crate::report::verdict::Language;
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Cell, Columns, Table};

/// Columns of the next wave: its tables, then its gates, then the commands in their order.
pub const NEXT: Columns = &[("part", Text), ("number", Int), ("what", Text), ("met", Bool), ("why", Text)];

/// A condition of the next wave.
struct Gate {
    what: String,
    is_met: bool,
    why: String,
}

/// The wave that is next.
pub fn next(facts: &Facts, order: &Order, language: Language) -> Table {
    let mut table = Table::new(NEXT);
    let mut add = |part: &str, lines: Vec<(String, Cell, String)>| {
        for (number, (what, met, why)) in lines.into_iter().enumerate() {
            table.push(vec![part.into(), (number + 1).into(), what.into(), met, (!why.is_empty()).then_some(why).into()]);
        }
    };
    let Some(wave) = order.waves.first() else {
        let why = nothing(order, language);
        add(language.of("wave", "ola"), vec![(language.of("none", "ninguna").to_owned(), Cell::Null, why)]);
        return table;
    };
    let members = members(wave, facts);
    let told = |legacy: &&Legacy| {
        let placed = order.tables.get(legacy.table());
        let remarks = placed.map(|p| p.held.iter().map(|h| h.why.as_str()).collect::<Vec<_>>().join("; ")).unwrap_or_default();
        (legacy.table().to_owned(), Cell::Null, remarks)
    };
    add(language.of("table", "tabla"), members.iter().map(told).collect());
    let gate = |gate: Gate| (gate.what, gate.is_met.into(), gate.why);
    add(language.of("gate", "condición"), gates(wave, &members, facts, language).into_iter().map(gate).collect());
    let command = |(what, why): (String, String)| (what, Cell::Null, why);
    add(language.of("command", "comando"), commands(&members, language).into_iter().map(command).collect());
    table
}

/// Why there is no wave.
fn nothing(order: &Order, language: Language) -> String {
    let held = order.tables.values().filter(|placed| placed.place == Place::Held).count();
    match held {
        0 => language.of("every table has been moved", "todas las tablas se han movido").to_owned(),
        held => language
            .of(
                "{n} tables are left, and each is held back: esclusa order tells why",
                "quedan {n} tablas, todas retenidas: esclusa order dice por qué",
            )
            .replace("{n}", &held.to_string()),
    }
}

/// Its tables: bases before their histories, otherwise by name.
fn members<'f>(wave: &Wave, facts: &'f Facts) -> Vec<&'f Legacy> {
    let mut members: Vec<&Legacy> =
        facts.tables.iter().filter(|legacy| wave.tables.iter().any(|t| t == legacy.table())).collect();
    let is_behind = |legacy: &Legacy| legacy.base.as_ref().is_some_and(|base| wave.tables.contains(base));
    members.sort_by_key(|legacy| (is_behind(legacy), legacy.table().to_owned()));
    members
}

fn gates(wave: &Wave, members: &[&Legacy], facts: &Facts, language: Language) -> Vec<Gate> {
    let gate = |what: &str, is_met: bool, why: String| Gate { what: what.to_owned(), is_met, why };
    let (basis, limits) = (&facts.basis, &facts.limits);
    let classes = basis.unseen.iter().map(|class| class.name(language)).collect::<Vec<_>>().join(", ");
    let seen = match basis.unseen.is_empty() {
        true => format!("{} {}", basis.whole_days, language.of("whole days", "días completos")),
        false => format!(
            "{} {classes}; {}",
            language.of("not yet seen:", "aún no se ha observado:"),
            language.of(
                "which names are used only on such days, and together with which, is not known",
                "no se sabe qué nombres se usan sólo en esos días, ni junto con cuáles"
            )
        ),
    };
    let time = language.of("about {s} s of {w} s", "unos {s} s de {w} s");
    let rests = match basis.measured {
        Some(_) => String::new(),
        None => format!("; {}", language.of("at an assumed rate", "con un ritmo supuesto")),
    };
    let unready: Vec<&str> =
        members.iter().filter(|l| l.stays && l.judged.name.mode != Mode::Rewrite).map(|l| l.table()).collect();
    let mut gates = vec![
        gate(
            language.of("nothing holds its tables back", "nada retiene sus tablas"),
            true,
            language
                .of(
                    "rules without faults, no dependents that block, nothing opaque, refused or different",
                    "reglas sin errores, sin dependientes que bloqueen, nada opaco, rechazado ni distinto",
                )
                .to_owned(),
        ),
        gate(
            language.of("the traffic was recorded through every kind of day", "se registró el tráfico de toda clase de días"),
            basis.unseen.is_empty(),
            seen,
        ),
        gate(
            language.of("no part of the record was lost", "no se perdió ninguna parte del registro"),
            basis.lost + basis.pairs_lost == 0,
            match basis.lost + basis.pairs_lost {
                0 => String::new(),
                _ => format!("{} + {}: esclusa order", basis.lost, basis.pairs_lost),
            },
        ),
        gate(
            language
                .of("every proxy is up to date, with the same rules", "todos los proxies están al día, con las mismas reglas"),
            basis.proxies.is_empty(),
            basis.proxies.join("; "),
        ),
        gate(
            language.of("it fits into the window", "cabe en la ventana"),
            wave.seconds <= limits.window && wave.tables.len() <= limits.wave_tables,
            time.replace("{s}", &wave.seconds.to_string()).replace("{w}", &limits.window.to_string()) + &rests,
        ),
    ];
    if members.iter().any(|legacy| legacy.stays) {
        gates.push(gate(
            language.of("retained histories are in mode rewrite", "los históricos que permanecen están en modo rewrite"),
            unready.is_empty(),
            unready.join(", "),
        ));
    }
    gates
}

/// The commands to type, in this order, with what each does.
fn commands(members: &[&Legacy], language: Language) -> Vec<(String, String)> {
    let names = |legacy: &[&Legacy], between: &str| legacy.iter().map(|l| l.table()).collect::<Vec<_>>().join(between);
    let (staying, leaving): (Vec<&Legacy>, Vec<&Legacy>) = members.iter().copied().partition(|legacy| legacy.stays);
    let unready: Vec<&Legacy> = staying.iter().copied().filter(|l| l.judged.name.mode != Mode::Rewrite).collect();
    let console = language.of("on the console", "en la consola");
    let mut commands = Vec::new();
    let mut add = |what: String, why: &str| commands.push((what, why.to_owned()));
    add("esclusa schema check".to_owned(), language.of("nothing has drifted", "nada ha cambiado"));
    if !unready.is_empty() {
        let why =
            language.of("on the console, before they get their columns", "en la consola, antes de que reciban sus columnas");
        add(format!("SET MODE rewrite FOR {} BECAUSE '...'", names(&unready, ", ")), why);
    }
    if !staying.is_empty() {
        let why = language.of("they are retained, and get their columns", "permanecen, y reciben sus columnas");
        add(format!("esclusa retain {}", names(&staying, " ")), why);
    }
    if leaving.is_empty() {
        return commands;
    }
    let (spaced, listed) = (names(&leaving, " "), names(&leaving, ", "));
    add(format!("esclusa migrate {spaced}"), language.of("each with its proof", "cada una con su prueba"));
    add(format!("esclusa verify {spaced}"), language.of("the proof again", "la prueba otra vez"));
    add(format!("SET MODE shadow FOR {listed} BECAUSE '...'"), console);
    add(
        "esclusa report comparisons".to_owned(),
        language.of(
            "until there are enough comparisons and nothing differs",
            "hasta que haya suficientes comparaciones y nada difiera",
        ),
    );
    add(format!("SET MODE rewrite FOR {listed} BECAUSE '...'"), console);
    let stands = language.of("where each stands, and what it waits for", "dónde está cada una y qué espera");
    add(format!("esclusa status {spaced}"), stands);
    add(
        format!("esclusa rollback {spaced}"),
        language
            .of("only to go back: keeps everything written since", "sólo para volver: conserva todo lo escrito desde entonces"),
    );
    commands
}
