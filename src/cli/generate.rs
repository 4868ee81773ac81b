//! `esclusa rules generate`: rule files from the catalog and the plan. Rules are reviewed and edited like code, so an edited file is never
//! overwritten silently: the difference is shown, and a person or a flag decides.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use super::call::Call;
use super::diff;
use super::terminal::{remark, say};
use crate::catalog::Catalog;
use crate::disk;
use crate::error::{Error, Result};
use crate::rule::plan::Plan;
use crate::rule::{RuleSet, file, generate};
use crate::table::Table;

/// The file name of the catalog's snapshot, in the directory of the rules.
const SNAPSHOT: &str = "catalog.csv";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file that was edited since it was generated is left alone (--keep) or replaced (--overwrite). Without either, the
difference is shown, and on a terminal you are asked; elsewhere nothing is written, and the exit code is 1.
A table that has been moved keeps its rule and its place in the snapshot."
)]
pub(super) struct Generate {
    /// Keep files that were edited.
    #[arg(long, conflicts_with = "overwrite")]
    keep: bool,
    /// Overwrite files that were edited.
    #[arg(long)]
    overwrite: bool,
}

/// What becomes of an edited file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Keep,
    Overwrite,
}

/// A file whose text is to change.
struct FileChange {
    table: String,
    path: PathBuf,
    text: String,
    /// Its present text, where somebody has edited it.
    edited: Option<String>,
    /// It exists, and is as it was generated the last time.
    follows: bool,
}

pub(super) async fn run(call: Call, options: Generate) -> Result<()> {
    let database = call.database().await?;
    let (schema, directory) = (&call.settings.rules.schema, &call.settings.rules.directory);
    let now = Catalog::read(&database, schema).await?;
    if now.tables.is_empty() {
        return Err(Error::usage(format!("there is no table in schema {schema}")));
    }
    std::fs::create_dir_all(directory).map_err(|e| Error::io(format!("creating {}", directory.display()), e))?;
    let (plan, rules, snapshot) = (Plan::shipped(), RuleSet::load(directory)?, directory.join(SNAPSHOT));
    let before = if snapshot.exists() { Some(Catalog::from_csv(schema, &snapshot)?) } else { None };
    let ruled: BTreeSet<String> = rules.rules.keys().chain(rules.faulty.keys()).cloned().collect();
    let catalog = generate::as_before(&now, before.as_ref(), &rules, &plan);
    let generated = generate::generate_beside(&catalog, &plan, &ruled);
    let mut findings = generated.findings;
    let last = before.map(|before| generate::generate_beside(&before, &plan, &ruled).rules).unwrap_or_default();
    let last: BTreeMap<&str, String> = last.iter().map(|rule| (rule.table.as_str(), file::print(rule))).collect();
    let mut changes = Vec::new();
    for rule in &generated.rules {
        let path = place(directory, &rules, &rule.table);
        changes.extend(change(&rule.table, path, file::print(rule), last.get(rule.table.as_str()))?);
    }
    let same = generated.rules.len() - changes.len();
    without_conflicts(&mut changes, &rules, &mut findings)?;
    let edited = changes.iter().filter(|c| c.edited.is_some()).count();
    let kept = decide(&mut changes, &options, &mut findings)?;
    for change in changes.iter().filter(|c| c.follows) {
        findings.push(vec![change.table.as_str().into(), "the catalog has changed, and the rule with it".into()]);
    }
    let mut files: Vec<(PathBuf, String)> = changes.into_iter().map(|c| (c.path, c.text)).collect();
    let count = files.len();
    let text = catalog.to_csv();
    if std::fs::read_to_string(&snapshot).ok().as_ref() != Some(&text) {
        // Written last: if a run is killed before this, the next run still finds the changes that were not written.
        files.push((snapshot, text));
    }
    disk::replace(&files)?;
    let told = |count: usize, what: &str| if count > 0 { format!("; {count} {what}") } else { String::new() };
    remark(&format!(
        "{count} rules and the snapshot of {} tables were written to {}{}{}{}",
        catalog.tables.len(),
        directory.display(),
        told(same, "were already up to date"),
        told(kept, "with edits were kept"),
        told(edited - kept, "with edits were overwritten"),
    ));
    call.print(&findings)
}

/// The file of a table's rule, whose name may be a different one.
fn place(directory: &Path, rules: &RuleSet, table: &str) -> PathBuf {
    let known = rules.rules.get(table).map(|r| &r.origin.file).or_else(|| rules.faulty.get(table).map(|f| &f.file));
    known.filter(|f| f.exists()).cloned().unwrap_or_else(|| directory.join(format!("{table}.toml")))
}

/// The change of a file to a new text; `None` where it has that text already.
fn change(table: &str, path: PathBuf, text: String, last: Option<&String>) -> Result<Option<FileChange>> {
    let there = match std::fs::read_to_string(&path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io(format!("reading {}", path.display()), error)),
    };
    if there.as_ref() == Some(&text) {
        return Ok(None);
    }
    let follows = there.is_some() && there.as_ref() == last;
    Ok(Some(FileChange { table: table.to_owned(), path, text, edited: there.filter(|_| !follows), follows }))
}

/// Leaves out new rules with the domain or link type of an existing rule: otherwise neither would be in force.
fn without_conflicts(changes: &mut Vec<FileChange>, rules: &RuleSet, findings: &mut Table) -> Result<()> {
    let mut set = RuleSet { rules: rules.rules.clone(), ..RuleSet::default() };
    for change in changes.iter() {
        let document = crate::config::document::Document::parse(&change.path, &change.text)?;
        set.rules.insert(change.table.clone(), file::parse(&document)?);
    }
    for (tables, fault) in crate::rule::check::between(&set) {
        let is_new = |c: &FileChange| tables.contains(&c.table) && !rules.rules.contains_key(&c.table);
        changes.iter().filter(|c| is_new(c)).for_each(|c| {
            findings.push(vec![c.table.as_str().into(), format!("no rule was written: {}", fault.message).into()]);
        });
        changes.retain(|c| !is_new(c));
    }
    Ok(())
}

/// Removes the changes that are not to be made; returns how many edited files are kept.
fn decide(changes: &mut Vec<FileChange>, options: &Generate, findings: &mut Table) -> Result<usize> {
    let edited: Vec<&FileChange> = changes.iter().filter(|c| c.edited.is_some()).collect();
    let shown = |c: &&FileChange| {
        let path = c.path.display().to_string();
        diff::unified(&path, "generated", c.edited.as_deref().unwrap_or_default(), &c.text)
    };
    let decisions: Vec<Decision> = match options {
        _ if edited.is_empty() => return Ok(0),
        Generate { keep: true, .. } => vec![Decision::Keep; edited.len()],
        Generate { overwrite: true, .. } => vec![Decision::Overwrite; edited.len()],
        _ if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            let questions: Vec<(String, String)> = edited.iter().map(|c| (shown(c), c.path.display().to_string())).collect();
            let answers = ask(&questions, &mut std::io::stdin().lock(), &mut std::io::stderr())
                .map_err(|e| Error::io("asking on the terminal", e))?;
            answers.ok_or_else(|| Error::refused("nothing was written"))?
        }
        _ => {
            edited.iter().try_for_each(|c| say(&shown(c)))?;
            return Err(Error::Refused {
                message: format!("{} rule files were edited, and nothing was written", edited.len()),
                detail: Some("standard output shows how they differ from what would be generated".into()),
                hint: Some("`--keep` keeps these files and writes the others, `--overwrite` writes all".into()),
            });
        }
    };
    let kept: BTreeSet<String> =
        edited.iter().zip(&decisions).filter(|(_, d)| **d == Decision::Keep).map(|(c, _)| c.table.clone()).collect();
    for table in &kept {
        findings.push(vec![table.as_str().into(), "edited, and kept: it differs from what would be generated".into()]);
    }
    changes.retain(|c| !kept.contains(&c.table));
    Ok(kept.len())
}

/// Shows each difference and asks. `None` if the user quits.
fn ask(questions: &[(String, String)], input: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<Option<Vec<Decision>>> {
    let mut decisions = Vec::new();
    for (difference, path) in questions {
        out.write_all(difference.as_bytes())?;
        let decision = loop {
            write!(out, "{path} was edited. Overwrite it? yes, no, all, quit [no] ")?;
            out.flush()?;
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => break Decision::Overwrite,
                "" | "n" | "no" => break Decision::Keep,
                "a" | "all" => {
                    decisions.resize(questions.len(), Decision::Overwrite);
                    return Ok(Some(decisions));
                }
                "q" | "quit" => return Ok(None),
                _ => {}
            }
        };
        decisions.push(decision);
    }
    Ok(Some(decisions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(said: &str) -> Option<Vec<Decision>> {
        let questions = ["a", "b", "c"].map(|p| (format!("-{p}\n"), p.to_owned()));
        let mut out = Vec::new();
        let answers = ask(&questions, &mut said.as_bytes(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with("-a\na was edited. Overwrite it?"));
        answers
    }

    #[test]
    fn what_is_not_said_is_kept_and_nobody_there_writes_nothing() {
        use Decision::{Keep, Overwrite};
        assert_eq!(answers("y\n\nno\n"), Some(vec![Overwrite, Keep, Keep]));
        assert_eq!(answers("perhaps\nn\nall\n"), Some(vec![Keep, Overwrite, Overwrite]));
        assert_eq!(answers("yes\nquit\n"), None);
        assert_eq!(answers("yes\nyes\n"), None, "the input ended");
    }
}
