//! All rule files of a directory.

use std::path::{Path, PathBuf};

use super::{Faulty, RuleSet, check, file};
use crate::error::{Fault, Faults};
use crate::sql::fingerprint::fingerprint;

impl RuleSet {
    /// A number that is equal for equal rules, however their files are formatted.
    pub fn fingerprint(&self) -> i64 {
        fingerprint(&self.rules.values().map(file::print).collect::<Vec<_>>().concat())
    }

    /// Reads every `*.toml` of a directory. A file with faults stops its own table and no other; only a directory that cannot be
    /// read is an error. Of two rules for one table, domain or link type none is in force, because it is not known which one is
    /// right.
    pub fn load(directory: &Path) -> Result<RuleSet, Faults> {
        let mut set = RuleSet::default();
        let entries = std::fs::read_dir(directory)
            // The full path, so that the error is clear whatever the working directory is.
            .map_err(|e| {
                Faults(vec![Fault::at(
                    &std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned()),
                    0,
                    format!("the rule directory cannot be read: {e}"),
                )])
            })?;
        let mut files: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
        files.sort();
        let mut repeated = Vec::new();
        for file in files {
            match file::read(&file) {
                Ok(rule) => {
                    if let Some(other) = set.rules.get(&rule.table) {
                        let message =
                            format!("a second rule for table {}; the first is {}", rule.table, other.origin.file.display());
                        repeated.push((rule.table.clone(), rule.fault("table", message)));
                    } else {
                        set.rules.insert(rule.table.clone(), rule);
                    }
                }
                Err((table, found)) => {
                    let faulty = set.faulty.entry(table).or_insert_with(|| Faulty { file, faults: Faults::default() });
                    faulty.faults.extend(found);
                }
            }
        }
        repeated.into_iter().for_each(|(table, fault)| set.stop(&table, Some(fault)));
        // A rule without faults beside a faulty one for the same table.
        let doubted: Vec<String> = set.faulty.keys().filter(|t| set.rules.contains_key(*t)).cloned().collect();
        doubted.iter().for_each(|table| set.stop(table, None));
        for (tables, fault) in check::between(&set) {
            let mut fault = Some(fault);
            tables.iter().for_each(|table| set.stop(table, fault.take()));
        }
        Ok(set)
    }
}
