//! Golden rewrites: what a client writes, what it becomes, which hits are counted. The data are files that a DBA can read and extend,
//! `tests/rewrite/<kind>/*.sql`; `UPDATE_EXPECT=1` writes the lines below `-- becomes`. The rules are the product's own (`rules/`), every
//! table in mode rewrite. A paragraph is a statement; comments in `-- ` lines come before it. The twin runs the same files on both sides
//! (`tests/twin.rs`); here only the texts are checked.
//!
//! The examples in the file heads of `src/rewrite` are taken from these files: each must be found there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::path::{Path, PathBuf};

use esclusa::config::Settings;
use esclusa::mode::Mode;
use esclusa::rewrite::{NameContext, Policy, rewrite};
use esclusa::rule::RuleSet;
use esclusa::server::facts::Facts;
use esclusa::server::policy;
use esclusa::sql::{Limits, script};

const BECOMES: &str = "-- becomes";
const HITS: &str = "-- hits ";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn product() -> Policy {
    let mut settings = Settings::defaults().unwrap();
    settings.rules.directory = root().join("rules");
    settings.rules.default_mode = Mode::Rewrite;
    let rules = RuleSet::load(&settings.rules.directory).unwrap();
    policy::build(&settings, &rules, &Facts::unasked(&settings).unwrap(), 1).policy
}

/// A statement of a file.
struct Golden {
    remarks: Vec<String>,
    text: String,
    /// The lines below `-- becomes`.
    expected: Vec<String>,
}

impl Golden {
    fn read(paragraph: &str) -> Golden {
        let mut lines = paragraph.lines().map(str::to_owned).peekable();
        let mut remarks = Vec::new();
        while let Some(remark) = lines.next_if(|l| l.starts_with("-- ")) {
            remarks.push(remark);
        }
        let mut text = Vec::new();
        while let Some(line) = lines.next_if(|l| l != BECOMES) {
            text.push(line);
        }
        Golden { remarks, text: text.join("\n"), expected: lines.skip(1).collect() }
    }

    /// What it becomes, and its hits.
    fn found(&self, policy: &Policy) -> Vec<String> {
        let outcome = rewrite(policy, &NameContext::with_path(&["cf_quere_pro"]), &self.text);
        let mut out: Vec<String> = match (outcome.refusals.first(), &outcome.text) {
            (Some(refusal), _) => vec![format!("-- refused {}: {}", refusal.error.sqlstate, refusal.error.message)],
            (None, Some(text)) => text.lines().map(str::to_owned).collect(),
            (None, None) => vec!["-- the same".to_owned()],
        };
        let hits = outcome.hits.iter().map(|h| format!("{} of {}: {}", h.operation, h.table, h.outcome.name()));
        out.push(format!("{HITS}{}", hits.collect::<Vec<_>>().join(", ")).trim_end().to_owned());
        if let Some(text) = outcome.text.filter(|_| outcome.refusals.is_empty()) {
            // sqlparser knows ANY only behind an operator without a schema.
            let text = text.replace("OPERATOR(pg_catalog.<>) ANY", "<> ANY");
            let parsed = script(&text, &Limits::default()).unwrap();
            assert!(parsed.statements.iter().all(|s| s.shape.is_ok()), "{text}: {:?}", parsed.statements[0].shape.as_ref().err());
        }
        out
    }
}

fn files() -> Vec<(PathBuf, Vec<Golden>)> {
    let kinds = std::fs::read_dir(root().join("tests/rewrite")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    let mut paths: Vec<PathBuf> = kinds.flat_map(|kind| std::fs::read_dir(kind).unwrap().map(|e| e.unwrap().path())).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let goldens = text.trim().split("\n\n").map(Golden::read).collect();
        (path, goldens)
    };
    paths.into_iter().map(read).collect()
}

#[tokio::test]
async fn statements_become_what_the_files_say() {
    let policy = product();
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (path, goldens) in files() {
        let mut out = Vec::new();
        for golden in goldens {
            let found = golden.found(&policy);
            if found != golden.expected {
                let (expected, found) = (golden.expected.join("\n"), found.join("\n"));
                wrong.push(format!("{}: {}\n expected: {expected}\n    found: {found}", path.display(), golden.text));
            }
            out.push([golden.remarks, vec![golden.text, BECOMES.into()], found].concat().join("\n"));
            count += 1;
        }
        if update {
            std::fs::write(&path, out.join("\n\n") + "\n").unwrap();
        }
    }
    assert!(count >= 80, "{count}");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The examples in file heads: a text in back quotes, "becomes", another text in back quotes.
fn examples() -> Vec<(String, String, String)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("src/rewrite")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut out = Vec::new();
    for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let head: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim).collect();
        let head = head.join(" ");
        for (before, behind) in head.split("` becomes `").zip(head.split("` becomes `").skip(1)) {
            let (from, to) = (before.rsplit('`').next().unwrap(), behind.split('`').next().unwrap());
            out.push((file.file_name().unwrap().to_string_lossy().into_owned(), from.to_owned(), to.to_owned()));
        }
    }
    out
}

/// Whether a text has these parts one after the other; `...` matches anything.
fn shows(text: &str, example: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = text.as_str();
    example.split("...").map(str::trim).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn the_examples_of_the_heads_are_golden() {
    let goldens: Vec<Golden> = files().into_iter().flat_map(|(_, goldens)| goldens).collect();
    let examples = examples();
    assert!(examples.len() >= 8, "{examples:?}");
    let is_golden = |from: &str, to: &str| goldens.iter().any(|g| shows(&g.text, from) && shows(&g.expected.join(" "), to));
    let missing = examples.iter().filter(|(_, from, to)| !is_golden(from, to));
    let missing: Vec<String> = missing.map(|(file, from, to)| format!("src/rewrite/{file}: {from}\n  -> {to}")).collect();
    assert!(missing.is_empty(), "no golden rewrite shows:\n{}", missing.join("\n"));
}

#[test]
fn dots_stand_for_anything() {
    assert!(shows("SELECT a,\n  b FROM t", "SELECT a, b FROM t") && shows("SELECT a, b FROM t", "SELECT ... FROM t"));
    assert!(shows("SELECT a FROM t", "... FROM t") && !shows("SELECT a FROM t", "FROM t ... SELECT"));
}
