//! What holds a table back, in words: its own faults, its dependents, the tables that it moves with, the base that it records.

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::model::{Class, Cut, HoldBack, Legacy, Wave};
use crate::mode::Mode;
use crate::report::verdict::{Language, Verdict};

/// By table.
pub(super) type Held<'f> = BTreeMap<&'f str, Vec<HoldBack>>;

/// Kinds of dependents that do not block a move and are mentioned all the same.
const TOLD: [&str; 8] =
    ["foreign key", "view", "materialised view", "function", "function text", "dynamic function", "rule", "policy"];
/// The most names listed per kind.
const NAMES: usize = 3;

fn holds(why: impl Into<String>) -> HoldBack {
    HoldBack { why: why.into(), holds: true }
}

fn word(why: impl Into<String>) -> HoldBack {
    HoldBack { why: why.into(), holds: false }
}

/// What holds back a table by itself.
pub(super) fn of(table: &Legacy, language: Language) -> Vec<HoldBack> {
    let mut held = Vec::new();
    if let Some(fault) = &table.fault {
        held.push(holds(format!("{}: {fault}", language.of("its rule has faults", "su regla tiene errores"))));
    } else if !table.is_there {
        held.push(holds(language.of("there is no such table", "la tabla no existe")));
    }
    let seen = &table.judged.name.seen;
    for (count, english, spanish) in [
        (seen.opaque, "statements were not understood", "sentencias no comprendidas"),
        (seen.refused, "statements were refused", "sentencias rechazadas"),
        (seen.different, "reads differ when they are rewritten", "lecturas distintas al reescribirse"),
    ] {
        if count > 0 && table.judged.verdict == Verdict::NeedsYou {
            held.push(holds(format!("{count} {}", language.of(english, spanish))));
        }
    }
    held.extend(table.hanging.iter().filter(|d| d.blocks).map(|d| holds(format!("{} {}: {}", d.kind, d.name, d.fate))));
    for kind in TOLD {
        let names: Vec<&str> = table.hanging.iter().filter(|d| !d.blocks && d.kind == kind).map(|d| d.name.as_str()).collect();
        if let Some(fate) = table.hanging.iter().find(|d| !d.blocks && d.kind == kind).map(|d| d.fate.as_str()) {
            let more = if names.len() > NAMES { format!(" +{}", names.len() - NAMES) } else { String::new() };
            held.push(word(format!("{kind} {}{more}: {fate}", names[..names.len().min(NAMES)].join(", "))));
        }
    }
    if table.uses == 0 && seen.hits > 0 {
        let told = language.of(
            "used {n} times by applications that read everything (migrate.reads_all), and by no other",
            "usada {n} veces por aplicaciones que leen todo (migrate.reads_all), y por ninguna otra",
        );
        held.push(word(told.replace("{n}", &seen.hits.to_string())));
    }
    if let Some(around) = &seen.around {
        let told = language.of(
            "{n} uses around the proxies, by {u}: such sessions use the view, and nothing is rewritten for them",
            "{n} usos sin pasar por los proxies, de {u}: esas sesiones usan la vista, y nada se les reescribe",
        );
        let user = if around.user.is_empty() { language.of("somebody", "alguien") } else { around.user.as_str() };
        held.push(word(told.replace("{n}", &around.uses.to_string()).replace("{u}", user)));
    }
    if table.class() == Class::Written {
        let told = language.of(
            "{n} writes were seen: it moves after tables that are only read",
            "{n} escrituras: se mueve después de las tablas que sólo se leen",
        );
        held.push(word(told.replace("{n}", &table.writes.to_string())));
    }
    if let Some(base) = table.base.as_ref().filter(|_| table.captured) {
        let told = language.of(
            "the audit trigger of {b} writes it: rows that the application inserts itself are not added",
            "la escribe el trigger de auditoría de {b}: las filas que inserta la aplicación no se agregan",
        );
        held.push(word(told.replace("{b}", base)));
    }
    if table.stays && table.judged.name.mode != Mode::Rewrite {
        held.push(word(language.of(
            "it stays a table, and has to be in mode rewrite before it gets its columns",
            "permanece como tabla, y debe estar en modo rewrite antes de recibir sus columnas",
        )));
    }
    held
}

/// Notes where a cluster was split.
pub(super) fn parted(held: &mut Held<'_>, cuts: &[Cut], language: Language) {
    for cut in cuts {
        for (table, other) in [(&cut.first, &cut.second), (&cut.second, &cut.first)] {
            let told = language.of(
                "used together with {t} ({n} times), but separated from it: together they do not fit into one window",
                "se usa junto con {t} ({n} veces), pero se separó de ella: juntas no caben en una ventana",
            );
            let told = told.replace("{t}", other).replace("{n}", &cut.times.to_string());
            if let Some(list) = held.get_mut(table.as_str()) {
                list.push(word(told));
            }
        }
    }
}

/// A table that moves with one that is held back is held back too, and so is the history of such a base.
pub(super) fn spread<'f>(
    held: &mut Held<'f>,
    clusters: &[Cluster<'f>],
    moving: &BTreeMap<&'f str, &'f Legacy>,
    language: Language,
) {
    let is_held = |held: &Held<'_>, table: &str| held.get(table).is_some_and(|list| list.iter().any(|h| h.holds));
    loop {
        let mut more: Vec<(&str, HoldBack)> = Vec::new();
        for cluster in clusters {
            let Some(cause) = cluster.iter().find(|table| is_held(held, table)) else { continue };
            let told =
                language.of("moves with {t}, which is held back", "se mueve con {t}, que está retenida").replace("{t}", cause);
            more.extend(cluster.iter().filter(|table| !is_held(held, table)).map(|table| (*table, holds(&told))));
        }
        for (table, legacy) in moving.iter().filter(|(table, _)| !is_held(held, table)) {
            if let Some(base) = legacy.base.as_deref().filter(|base| is_held(held, base)) {
                let told = language.of("records {b}, which is held back", "registra {b}, que está retenida");
                more.push((table, holds(told.replace("{b}", base))));
            }
        }
        if more.is_empty() {
            return;
        }
        for (table, hold) in more {
            let list = held.entry(table).or_default();
            if !list.iter().any(|h| h.holds) {
                list.insert(0, hold);
            }
        }
    }
}

/// Notes which base a history waits for.
pub(super) fn waiting(held: &mut Held<'_>, waves: &[Wave], moving: &BTreeMap<&str, &Legacy>, language: Language) {
    let wave = |table: &str| waves.iter().position(|wave| wave.tables.iter().any(|t| t == table)).map(|at| at + 1);
    for (table, legacy) in moving {
        let Some(base) = legacy.base.as_deref() else { continue };
        let (Some(_), Some(at)) = (wave(table), wave(base)) else { continue };
        let told = language
            .of("records {b}, which moves in wave {n}: not before it", "registra {b}, que se mueve en la ola {n}: no antes");
        let told = told.replace("{b}", base).replace("{n}", &at.to_string());
        if let Some(list) = held.get_mut(*table) {
            list.push(word(told));
        }
    }
}
