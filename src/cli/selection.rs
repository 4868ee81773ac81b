//! Which legacy tables a command is about, by name or by wave.

use crate::error::{Error, Result};
use crate::rule::{Faulty, Rule, RuleSet};

/// Which tables a command is about.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Legacy tables.
    #[arg(value_name = "TABLE", required_unless_present_any = ["wave", "all"])]
    pub(super) tables: Vec<String>,
    /// All tables of a wave of the plan, such as W1-A or S4-pure.
    #[arg(long, conflicts_with = "tables")]
    pub(super) wave: Option<String>,
    /// All tables that have a rule.
    #[arg(long, conflicts_with_all = ["tables", "wave"])]
    pub(super) all: bool,
}

impl Selection {
    /// The rules of these tables.
    pub(super) fn of<'r>(&self, rules: &'r RuleSet) -> Result<Vec<&'r Rule>> {
        if let Some(wave) = &self.wave {
            return of_wave(rules, wave);
        }
        if self.all {
            return Ok(rules.rules.values().collect());
        }
        self.tables.iter().map(|name| rule_of(rules, name)).collect()
    }

    /// Chosen tables whose rules have faults: with them the run cannot be complete.
    pub(super) fn faulty<'r>(&self, rules: &'r RuleSet) -> Vec<(&'r str, String)> {
        let told = |(table, faulty): (&'r String, &'r Faulty)| (table.as_str(), faulty.faults.to_string());
        if self.all { rules.faulty.iter().map(told).collect() } else { Vec::new() }
    }
}

/// The rules of a wave of the plan.
pub(super) fn of_wave<'r>(rules: &'r RuleSet, wave: &str) -> Result<Vec<&'r Rule>> {
    let chosen: Vec<&Rule> = rules.rules.values().filter(|r| r.wave == wave).collect();
    if chosen.is_empty() {
        let mut waves: Vec<&str> = rules.rules.values().map(|r| r.wave.as_str()).collect();
        waves.sort_unstable();
        waves.dedup();
        return Err(Error::usage(format!("there is no wave `{wave}`; there are {}", waves.join(", "))));
    }
    Ok(chosen)
}

/// The rule of a table, which may be named with its schema; the name itself may contain a dot.
pub(super) fn rule_of<'r>(rules: &'r RuleSet, table: &str) -> Result<&'r Rule> {
    let missing = || match rules.faulty.get(table) {
        Some(faulty) => Error::Refused {
            message: format!("the rule of {table} has faults"),
            detail: Some(faulty.faults.to_string()),
            hint: Some("correct the file; `esclusa check` lists every fault".into()),
        },
        None => Error::usage(format!("there is no rule for a table `{table}`")),
    };
    let in_schema = || table.split_once('.').and_then(|(_, name)| rules.rules.get(name));
    rules.rules.get(table).or_else(in_schema).ok_or_else(missing)
}
