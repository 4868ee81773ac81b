//! Which mode a legacy table may have. A rewritten statement reads the new tables: for a table that has not been moved, it would find nothing
//! there, and hide every row. So `shadow`, `rewrite` and `refuse` are only for tables that have been moved. [`switch`] and [`switch_all`] check
//! this for a person; [`Candidate::effective`] checks it for the settings and old entries of the ledger, and decides which mode is in force.
//!
//! A retained history is read where it was. It may be in `shadow` or `rewrite` at any time, and must be in `rewrite` before it gets its new columns
//! ([`improvement`]): in any other mode, `SELECT *` would show two columns that the client does not know.

use std::collections::HashMap;

use super::machine::Legacy;
use super::state::{TableState, states};
use super::{CONTROL, shadow_role};
use crate::catalog::Database;
use crate::control::{self, ModeChange};
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::sql::quote::qualified;

/// One legacy table, as the gate sees it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'c> {
    /// Its name.
    pub table: &'c str,
    /// It is a retained history.
    pub is_retained: bool,
    /// Its state.
    pub state: &'c TableState,
}

impl Candidate<'_> {
    /// The mode that is in force when this one is asked for, by the settings or by the stored mode.
    pub fn effective(&self, wanted: Mode) -> Mode {
        let state = self.state;
        let holds = match wanted {
            Mode::Off | Mode::Observe => true,
            Mode::Refuse if self.is_retained => state.improved,
            Mode::Shadow | Mode::Rewrite if self.is_retained => true,
            // It forwards what the client sent: no row is hidden, whatever has the legacy name.
            Mode::Shadow => state.was_moved() || state.is_readable(),
            // If the view is dropped later, statements fail with an error; no row is hidden.
            Mode::Rewrite | Mode::Refuse => state.was_moved(),
        };
        if holds { wanted } else { Mode::Observe }
    }

    /// Why a switch to a mode is refused.
    fn refusal(&self, mode: Mode) -> Option<String> {
        let broken = mode == Mode::Rewrite && !self.is_retained && !self.state.is_moved();
        (self.effective(mode) != mode || broken).then(|| self.standing())
    }

    /// Why a table cannot be rewritten.
    fn standing(&self) -> String {
        let state = self.state;
        match () {
            () if self.is_retained => "it does not have its new columns yet".into(),
            () if state.retired => "its name is retired, until a statement through a proxy names it".into(),
            () if state.legacy == Legacy::Named && (state.run.is_some() || state.is_readable()) => {
                "the legacy table has its name again, and clients write their rows there".into()
            }
            () if !state.was_moved() => "it has not been moved".into(),
            () if !state.view => format!("it has been moved, but view {} is gone", qualified(CONTROL, self.table)),
            () => "it has been moved, but its rows in the new table are gone".into(),
        }
    }

    /// The command that removes that reason.
    pub fn remedy(&self) -> &'static str {
        match self.state {
            _ if self.is_retained => "esclusa migrate",
            state if state.retired => "esclusa retire --undo",
            state if state.was_moved() => "esclusa schema apply",
            _ => "esclusa migrate",
        }
    }

    /// What is wrong with a table that should be rewritten: its statements fail, or reach the wrong table.
    pub fn fault(&self, wanted: Mode) -> Option<String> {
        let state = self.state;
        let has_run = state.run.is_some() || state.is_readable();
        let is_wrong = match wanted {
            Mode::Rewrite => has_run && !state.is_moved(),
            Mode::Shadow => has_run && !state.is_readable(),
            Mode::Refuse => has_run && state.legacy == Legacy::Named,
            Mode::Off | Mode::Observe => false,
        };
        (!self.is_retained && is_wrong).then(|| format!("mode {wanted}: {}", self.standing()))
    }

    /// The fault, or something else that the operator should know.
    pub fn finding(&self, wanted: Mode) -> Option<String> {
        let waits = || format!("mode {wanted} is not in force: {}", self.standing());
        let shows = || "not rewritten: SELECT * shows hst_id and hst_operation".to_owned();
        self.fault(wanted).or_else(|| (self.effective(wanted) != wanted).then(waits)).or_else(|| {
            (self.is_retained && self.state.improved && wanted != Mode::Rewrite && wanted != Mode::Refuse).then(shows)
        })
    }

    /// The effect of a switch where it is not obvious: what answers the table's statements now.
    fn note(&self, mode: Mode, schema: &str) -> Option<String> {
        if !matches!(mode, Mode::Off | Mode::Observe | Mode::Shadow) {
            return None;
        }
        let name = qualified(schema, self.table);
        match self.state {
            state if self.is_retained => {
                state.improved.then(|| format!("{name} itself answers: SELECT * shows hst_id and hst_operation too"))
            }
            state if !state.was_moved() => None,
            state if state.stand_in => Some(format!("it has been moved: the compatibility view {name} answers")),
            _ => Some(format!("it has been moved and nothing has the name {name}: statements fail with 42P01")),
        }
    }
}

/// A switch, and who asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Switch<'s> {
    /// The mode.
    pub mode: Mode,
    /// The role that mode shadow compares as.
    pub shadow_role: &'s str,
    /// Who asks.
    pub who: &'s str,
    /// Why, if that was said.
    pub why: Option<&'s str>,
}

/// A legacy table, and whether it is a retained history.
pub type Named = (String, bool);

/// Switches all of these tables or none: if one may not have the mode, nothing is switched.
pub async fn switch(database: &Database, schema: &str, tables: &[Named], switch: Switch<'_>) -> Result<Vec<ModeChange>> {
    database
        .transaction("switching modes", async |db| {
            if switch.mode == Mode::Shadow {
                shadow_role::require(db, switch.shadow_role).await?;
            }
            let states = states(db, schema).await?;
            let none = TableState::default();
            let candidates: Vec<Candidate<'_>> = tables.iter().map(|t| candidate(t, &states, &none)).collect();
            let held: Vec<(Candidate<'_>, String)> =
                candidates.iter().filter_map(|c| Some((*c, c.refusal(switch.mode)?))).collect();
            if !held.is_empty() {
                return Err(refused(switch.mode, &held));
            }
            let names: Vec<String> = tables.iter().map(|(table, _)| table.clone()).collect();
            let mut changes = control::store_modes(db, &names, switch.mode, switch.who, switch.why).await?;
            for (change, candidate) in changes.iter_mut().zip(&candidates) {
                change.note = candidate.note(switch.mode, schema);
            }
            Ok(changes)
        })
        .await
}

/// Switches those of the tables that may have the mode. The result lists all of them: one that may not keeps its mode, and says why.
pub async fn switch_all(database: &Database, schema: &str, tables: &[Named], switch: Switch<'_>) -> Result<Vec<ModeChange>> {
    database
        .transaction("switching modes", async |db| {
            if switch.mode == Mode::Shadow {
                shadow_role::require(db, switch.shadow_role).await?;
            }
            let states = states(db, schema).await?;
            let none = TableState::default();
            let mut changes = Vec::new();
            for named in tables {
                let candidate = candidate(named, &states, &none);
                changes.push(match candidate.refusal(switch.mode) {
                    None => {
                        let stored =
                            control::store_modes(db, std::slice::from_ref(&named.0), switch.mode, switch.who, switch.why).await?;
                        let note = candidate.note(switch.mode, schema);
                        stored.into_iter().map(|change| ModeChange { note: note.clone(), ..change }).collect::<Vec<_>>()
                    }
                    Some(why) => {
                        let note = format!("not switched: {why} (`{} {}`)", candidate.remedy(), named.0);
                        let before = control::stored_mode(db, &named.0).await?;
                        vec![ModeChange { table: named.0.clone(), before, after: None, note: Some(note) }]
                    }
                });
            }
            Ok(changes.concat())
        })
        .await
}

fn candidate<'c>(
    (table, is_retained): &'c Named,
    states: &'c HashMap<String, TableState>,
    none: &'c TableState,
) -> Candidate<'c> {
    Candidate { table, is_retained: *is_retained, state: states.get(table).unwrap_or(none) }
}

fn refused(mode: Mode, held: &[(Candidate<'_>, String)]) -> Error {
    let message = match held {
        [(one, _)] => format!("{} cannot be in mode {mode}, and nothing was switched", one.table),
        all => format!("{} tables cannot be in mode {mode}, and nothing was switched", all.len()),
    };
    let detail = held.iter().map(|(c, why)| format!("{}: {why}", c.table)).collect::<Vec<_>>().join("; ");
    let of = |command: &str| {
        let tables: Vec<&str> = held.iter().filter(|(c, _)| c.remedy() == command).map(|(c, _)| c.table).collect();
        match command {
            _ if tables.is_empty() => None,
            "esclusa migrate" => Some(format!("`{command} {}` moves what has not been moved", tables.join(" "))),
            "esclusa retire --undo" => Some(format!("`{command} {}` restores the names", tables.join(" "))),
            _ => Some(format!("`{command}` creates the views again")),
        }
    };
    let hint = ["esclusa migrate", "esclusa schema apply", "esclusa retire --undo"]
        .into_iter()
        .filter_map(of)
        .collect::<Vec<_>>()
        .join("; ");
    Error::Refused { message, detail: Some(detail), hint: Some(hint) }
}

/// Whether a retained history may get its columns: only while it is rewritten.
pub async fn improvement(database: &Database, table: &str) -> Result<()> {
    match control::modes(database).await?.get(table) {
        Some(Mode::Rewrite) => Ok(()),
        mode => Err(Error::Refused {
            message: format!("{table} is not in mode rewrite, so SELECT * would return two more columns"),
            detail: Some(format!("it stays a table and gets hst_id and hst_operation; its stored mode is {}", stored(mode))),
            hint: Some(format!("run `esclusa rules set {table} rewrite` first, or SET MODE rewrite FOR {table} on the console")),
        }),
    }
}

fn stored(mode: Option<&Mode>) -> &'static str {
    mode.map_or("none", |mode| mode.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(run: bool, leaf: bool, view: bool, legacy: Legacy) -> TableState {
        TableState { run: run.then_some(3), leaf, view, legacy, ..TableState::default() }
    }

    fn table(state: &TableState) -> Candidate<'_> {
        Candidate { table: "x", is_retained: false, state }
    }

    #[test]
    fn a_table_that_was_not_moved_is_observed_whatever_is_wanted() {
        let standing = [state(false, false, false, Legacy::Named), state(false, false, false, Legacy::Gone)];
        for state in &standing {
            let forced = Mode::ALL.map(|m| table(state).effective(m));
            assert_eq!(forced, [Mode::Off, Mode::Observe, Mode::Observe, Mode::Observe, Mode::Observe], "{state:?}");
            assert!(table(state).fault(Mode::Rewrite).is_none());
            assert!(table(state).finding(Mode::Rewrite).unwrap().contains("it has not been moved"));
        }
    }

    #[test]
    fn a_table_that_was_moved_may_have_every_mode() {
        for legacy in [Legacy::Archived, Legacy::Gone] {
            let state = state(true, true, true, legacy);
            for mode in Mode::ALL {
                assert_eq!((table(&state).effective(mode), table(&state).refusal(mode)), (mode, None));
                assert_eq!(table(&state).finding(mode), None);
            }
        }
    }

    /// Mode rewrite would hide rows that clients write into the legacy table again; a comparison hides nothing.
    #[test]
    fn a_legacy_table_with_its_name_back_is_not_rewritten() {
        let state = state(true, true, true, Legacy::Named);
        assert_eq!(table(&state).effective(Mode::Rewrite), Mode::Observe);
        assert_eq!(table(&state).effective(Mode::Shadow), Mode::Shadow);
        assert_eq!(table(&state).refusal(Mode::Shadow), None);
        assert!(table(&state).refusal(Mode::Refuse).unwrap().contains("has its name again"));
        assert!(table(&state).fault(Mode::Rewrite).unwrap().contains("has its name again"));
    }

    #[test]
    fn a_view_or_leaf_that_is_gone_is_a_fault_and_stays_loud() {
        for (leaf, view, what) in [(true, false, "view esclusa.x is gone"), (false, true, "its rows in the new table are gone")] {
            let state = state(true, leaf, view, Legacy::Archived);
            assert_eq!(table(&state).effective(Mode::Rewrite), Mode::Rewrite);
            assert!(table(&state).fault(Mode::Rewrite).unwrap().contains(what));
            assert!(table(&state).refusal(Mode::Rewrite).unwrap().contains(what));
            assert_eq!(table(&state).fault(Mode::Observe), None);
        }
    }

    #[test]
    fn a_history_that_stays_is_rewritten_before_it_is_improved() {
        let mut state = state(false, false, false, Legacy::Named);
        let at = |state: &TableState, mode| Candidate { table: "x", is_retained: true, state }.effective(mode);
        assert_eq!(
            [Mode::Shadow, Mode::Rewrite, Mode::Refuse].map(|m| at(&state, m)),
            [Mode::Shadow, Mode::Rewrite, Mode::Observe]
        );
        state.improved = true;
        assert_eq!(Mode::ALL.map(|m| at(&state, m)), Mode::ALL);
        let retained = Candidate { table: "x", is_retained: true, state: &state };
        assert!(retained.finding(Mode::Observe).unwrap().contains("hst_id"));
        assert_eq!(retained.finding(Mode::Rewrite), None);
        assert!(retained.note(Mode::Off, "s").unwrap().starts_with("s.x itself answers"));
    }
}
