//! Reads settings and rules again: all of it is put in force or nothing, and every fault is reported at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::facts::{Facts, Since};
use super::steering::{Steering, tell_regulatory};
use super::{policy, tls};
use crate::config::Settings;
use crate::error::{Error, Fault, Faults, Result};
use crate::mode::Mode;
use crate::record::redact::Rules;
use crate::rule::RuleSet;

impl Steering {
    /// RELOAD. Returns the faults of rules that were left as they are.
    pub(super) async fn reload_all(&self) -> Result<Faults> {
        let before = self.shared.settings.load_full();
        let mut faults = Faults::default();
        // If the settings have faults, rules are read from the directory of the old ones, so that all faults are reported at once.
        let read = kept(self.load.load(), &mut faults)?;
        let settings = read.unwrap_or_else(|| before.as_ref().clone());
        kept(refuse_fixed(&before, &settings).map_err(Error::from), &mut faults)?;
        let legs = kept(tls::of_both_legs(&settings), &mut faults)?;
        kept(Rules::parse(&settings.record.redact).map_err(Error::from), &mut faults)?;
        let rules = kept(self.fresh_rules(&settings).map_err(Error::from), &mut faults)?;
        if let Some((_, left)) = rules.as_ref().filter(|_| !faults.is_empty()) {
            faults.extend(left.clone());
        }
        let (Some((acceptor, connector)), Some((rules, left))) = (legs, rules) else {
            return faults.or(Faults::default()).map_err(Error::from);
        };
        faults.or(())?;
        let mut database = self.database.lock().await;
        let facts = self.fresh_facts(&mut database, &settings, Since::Anything).await?;
        let (rules, left) = self.as_moved(&settings, rules, left, &facts);
        let built = policy::build(&settings, &rules, &facts, 0);
        self.keep_facts(&settings, facts).await;
        tell_regulatory(&rules, &settings);
        // Everything is good: from here on nothing can fail.
        self.rules_fingerprint.store(rules.fingerprint(), Ordering::Relaxed);
        self.rules.store(Arc::new(rules));
        self.shared.settings.store(Arc::new(settings));
        self.shared.tls.store(Arc::new(acceptor));
        self.connector.store(Arc::new(connector));
        self.put_in_force(built, 0);
        for fault in &left.0 {
            tracing::warn!(%fault, "a rule with faults was left as it was");
        }
        Ok(left)
    }

    /// The rules, those in force instead of such as differ from what their table was moved with; those are added to what was left.
    fn as_moved(&self, settings: &Settings, rules: RuleSet, mut left: Faults, facts: &Facts) -> (RuleSet, Faults) {
        let (sound, differing) = policy::as_moved(settings, &rules, facts);
        let mut rules = sound.into_owned();
        for rule in self.rules.load().rules.values() {
            rules.keep(rule);
        }
        left.extend(differing);
        (rules, left)
    }

    /// The rule files as they are now, and the faults of those that were left out. A table whose rule has faults keeps the rule in
    /// force; if the table's statements are rewritten and its rule is gone, nothing is reloaded.
    fn fresh_rules(&self, settings: &Settings) -> Result<(RuleSet, Faults), Faults> {
        let mut rules = RuleSet::load(&settings.rules.directory)?;
        let left = rules.faults();
        for rule in self.rules.load().rules.values() {
            rules.keep(rule);
        }
        let mut faults = Faults::default();
        let policy = self.shared.policy.load();
        for entry in policy.entries().filter(|e| e.mode == Mode::Rewrite) {
            let table = &entry.relation.table;
            if !rules.rules.contains_key(table) {
                let fault =
                    Fault::at(&settings.rules.directory, 0, format!("the rule of {table} is gone, and its mode is rewrite"));
                faults.push(fault.hint(format!("bring the file back, or switch the table first: SET MODE observe FOR {table}")));
            }
        }
        faults.or((rules, left))
    }
}

/// The result; `None` for faults, which are added to the others.
fn kept<T>(result: Result<T>, faults: &mut Faults) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Faults(found)) => {
            faults.extend(found);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Refuses changes of settings that need a restart or a handover.
fn refuse_fixed(before: &Settings, after: &Settings) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for key in before.differing(after).into_iter().filter(|k| k.restart) {
        let fault = Fault::general(format!("{}.{} cannot be changed by a reload", key.section, key.name));
        faults.push(fault.hint("restart, or start a new process that takes over (listen.handover_socket)"));
    }
    faults.or(())
}
