//! What became of a legacy table: a place of one of the kinds.

use super::kind::Kind;
use super::kind::history::{Capture, History};
use super::kind::link::Link;
use super::kind::lookup::Lookup;
use super::kind::retained::Retained;
use super::section::Section;

/// What became of a legacy table.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A history in `audit_log`.
    History(History),
    /// A look-up in `domain_value`.
    Lookup(Lookup),
    /// A junction in `domain_value_link`.
    Link(Link),
    /// A history that stays a table and is improved.
    Retained(Retained),
}

/// A function that reads the `[target]` of a kind.
type Read = fn(&mut Section<'_, '_, '_>) -> Target;

/// The kinds by their name in rule files, with the functions that read their `[target]`.
pub(super) const KINDS: &[(&str, Read)] = &[
    ("history", |section| Target::History(History::read(section))),
    ("lookup", |section| Target::Lookup(Lookup::read(section))),
    ("link", |section| Target::Link(Link::read(section))),
    ("retained", |section| Target::Retained(Retained::read(section))),
];

impl Target {
    /// The kind's own methods.
    pub fn kind(&self) -> &dyn Kind {
        match self {
            Target::History(kind) => kind,
            Target::Lookup(kind) => kind,
            Target::Link(kind) => kind,
            Target::Retained(kind) => kind,
        }
    }

    /// Whether the table stays where it is, with columns of ours added.
    pub fn stays(&self) -> bool {
        matches!(self, Target::Retained(_))
    }

    /// The same, with a history that the application writes itself.
    #[must_use]
    pub fn written_by_application(self) -> Self {
        match self {
            Target::History(history) => Target::History(History { capture: Capture::Application, ..history }),
            other => other,
        }
    }

    /// The history that goes to `audit_log`, if it is one.
    pub fn history(&self) -> Option<&History> {
        if let Target::History(history) = self { Some(history) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::super::kind::Field;
    use super::KINDS;
    use crate::config::document::Document;

    /// For a rule of each kind, with all keys of its kind: what is read is printed, and what should be a column is checked.
    #[test]
    fn every_kind_prints_what_it_reads_and_checks_its_columns() {
        for (name, _) in KINDS {
            let head = |target: &str| {
                format!(
                    "table = \"t\"\nkind = \"{name}\"\ncolumns = [{{ name = \"a\", type = \"text\" }}, {{ name = \"b\", type = \"text\" }}]\n\
                     [target]\n{target}\n[key]\ncolumns = [\"a\", \"b\"]\n"
                )
            };
            let read = |text: &str| file::parse(&Document::parse("t.toml".as_ref(), text).unwrap());
            let keys = ["base", "domain", "type", "source_domain", "target_domain"].map(|k| format!("{k} = \"x\""));
            let all = ["time", "user", "operation", "expid", "text_id", "description", "active"].map(|k| format!("{k} = \"a\""));
            let lists = ["source = [\"a\"]".to_owned(), "target = [\"b\"]".to_owned()];
            // Keys that the kind does not know are faults: they are removed by their lines.
            let every: Vec<String> = keys.into_iter().chain(all).chain(lists).collect();
            let unknown = read(&head(&every.join("\n"))).unwrap_err().to_string();
            let own = |line: &&String| !unknown.contains(&format!("`target.{}`", line.split(' ').next().unwrap()));
            let own: Vec<&String> = every.iter().filter(own).collect();
            let text = head(&own.iter().map(|l| l.as_str()).collect::<Vec<_>>().join("\n"));
            let rule = read(&text).unwrap();
            assert_eq!(rule.target.kind().name(), *name);
            let fields = rule.target.kind().fields();
            assert!(own.iter().all(|l| fields.iter().any(|(key, _)| l.starts_with(&format!("{key} =")))), "{name}: {fields:?}");
            assert_eq!(read(&file::print(&rule)).unwrap().target, rule.target, "{name}");
            for (key, field) in fields {
                let (from, to) = match field {
                    Field::Text(_) => continue,
                    Field::Column(_) => (format!("\n{key} = \"a\""), format!("\n{key} = \"z\"")),
                    Field::Columns(columns) => (format!("\n{key} = [\"{}\"]", columns[0]), format!("\n{key} = [\"z\"]")),
                };
                let faults = read(&text.replace(&from, &to)).unwrap_err().to_string();
                assert!(faults.contains(&format!("target.{key}: table t has no column z")), "{name}: {faults}");
            }
        }
    }
}
