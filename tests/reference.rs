//! Generated references are up to date. `UPDATE_EXPECT=1 cargo test --test reference` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::path::Path;

use esclusa::catalog::Catalog;
use esclusa::config::{Settings, reference};
use esclusa::rule::plan::Plan;
use esclusa::rule::{RuleSet, check, file, generate};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn expect(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "{file} is stale: run UPDATE_EXPECT=1 cargo test --test reference"
    );
}

#[test]
fn the_settings_file_is_up_to_date() {
    expect("config/esclusa.toml", &reference());
}

#[test]
fn the_page_about_the_api_is_up_to_date() {
    expect("docs/api.md", &esclusa::web::reference());
}

#[test]
fn the_shipped_settings_have_no_fault() {
    for file in std::fs::read_dir(root().join("config")).unwrap() {
        let file = file.unwrap().path();
        Settings::load(Some(&file), &|_| None).unwrap_or_else(|f| panic!("{f}"));
    }
}

/// The rules are generated once and then reviewed like code: they still equal what the plan and the snapshot give, and have no fault.
#[test]
fn the_shipped_rules_are_those_of_the_plan() {
    let directory = root().join("rules");
    let catalog = Catalog::from_csv("cf_quere_pro", &directory.join("catalog.csv")).unwrap();
    let generated = generate::generate(&catalog, &Plan::shipped());
    let found = |what: &str| generated.findings.rows.iter().filter(|row| row[1].text().contains(what)).count();
    assert_eq!(found("absent from the catalog"), 4, "the four pilots that do not exist");
    assert_eq!(found("which the table does not have: left out"), 2, "the stamp and the user of hisficherosborrados");
    assert_eq!(generated.findings.rows.len(), 6, "{:?}", generated.findings.rows);
    for rule in &generated.rules {
        expect(&format!("rules/{}.toml", rule.table), &file::print(rule));
    }
    let rules = RuleSet::load(&directory).unwrap();
    assert_eq!((rules.faults().to_string(), check::against(&rules, &catalog).to_string()), Default::default());
    let count = |kind: &str| rules.rules.values().filter(|r| r.target.kind().name() == kind).count();
    assert_eq!([count("history"), count("lookup"), count("link"), count("retained")], [151, 41, 10, 18]);
}

/// The domains that the rules name are those of the plan.
#[test]
fn domains_are_those_of_the_plan() {
    for row in Plan::shipped().rows.iter().filter(|r| !r.get("domain").is_empty()) {
        assert_eq!(generate::domain(row.get("table")), row.get("domain"), "{}", row.get("table"));
    }
}
