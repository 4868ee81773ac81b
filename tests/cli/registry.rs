//! `esclusa registry`: it documents every table and every column of the rules, in both languages, and needs no database.

use std::path::Path;

use super::{esclusa, root, said};
use esclusa::rule::RuleSet;

#[test]
fn every_column_of_every_rule_is_registered() {
    let rules = RuleSet::load(&root().join("rules")).unwrap();
    for (language, title) in [("en", "Registry of the consolidated tables"), ("es", "Registro de las tablas consolidadas")] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registry");
        let done = said(&mut esclusa(&["registry", "--directory", path.to_str().unwrap(), "--lang", language]));
        assert_eq!(done.code, Some(0), "{done:?}");
        let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
        let (html, markdown, columns) = (read("registry.html"), read("registry.md"), read("columns.csv"));
        assert!(html.contains(title) && markdown.contains(title));
        for (table, rule) in &rules.rules {
            assert!(html.contains(&format!("<td>{table}</td>")), "{table}");
            for column in &rule.columns {
                let line = format!("{table},{},", column.column.name);
                assert_eq!(columns.lines().filter(|l| l.starts_with(&line)).count(), 1, "{line}");
            }
        }
        assert_eq!(columns.lines().count() - 1, rules.rules.values().map(|r| r.columns.len()).sum::<usize>());
        // Rows of Markdown have as many cells as their heads.
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut head = 0;
        for line in markdown.lines() {
            match line.starts_with('|') {
                false => head = 0,
                true if head == 0 => head = cells(line),
                true => assert_eq!(cells(line), head, "{line}"),
            }
        }
        let (diagram, picture) = (read("diagram.mmd"), read("diagram.svg"));
        assert!(
            diagram.starts_with("erDiagram\n") && diagram.contains("tipooficina ||--o{ audit_log : \"histipooficina\""),
            "{diagram}"
        );
        assert_eq!(picture.matches("<text ").count(), picture.matches("</text>").count());
        assert_eq!(picture.matches("http").count(), 1, "nothing is fetched: the one is the name space");
        assert!(picture.contains("al_record_key") && picture.contains("dvl_target"));
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let done = said(&mut esclusa(&["registry", "--directory", "/proc/none"]));
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.err.contains("/proc/none") && !Path::new("/proc/none").exists(), "{done:?}");
}
