//! The structure of the code: each module uses only those above it, an outside crate is used only in its home module, every file begins with what it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The layers, top first: the order of `src/lib.rs`.
fn layers() -> Vec<String> {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect()
}

/// Where each outside crate is at home; all others may be used anywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlparser", &["sql", "rewrite"]),
    ("pgwire", &["console"]),
    ("comfy_table", &["table"]),
    ("csv", &["table", "catalog", "rule"]),
    ("toml", &["config"]),
    ("tokio_postgres", &["catalog"]),
    ("dashmap", &["rewrite", "traffic", "session"]),
    ("metrics", &["telemetry"]),
    ("metrics_exporter_prometheus", &["telemetry"]),
    ("axum", &["web"]),
    ("askama", &["web"]),
    ("hyper", &["web"]),
    ("hyper_util", &["web"]),
    ("tracing_subscriber", &["telemetry"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("tokio_rustls", &["wire"]),
    ("ring", &["record", "wire"]),
    ("regex_lite", &["record"]),
    ("postgres_protocol", &["shadow", "twin"]),
    ("sd_notify", &["cli"]),
    ("rustix", &["server", "cli"]),
    ("listenfd", &["server"]),
    ("socket2", &["wire"]),
    ("stacker", &["sql"]),
    ("rand", &["demo", "console", "web"]),
    ("rand_chacha", &["demo"]),
    ("jiff", &["report", "cli", "demo", "twin", "shadow"]),
    ("strsim", &["console"]),
];

/// Modules without input and output: values in, values out.
const PURE: &[&str] = &["sql", "rule", "relation", "rewrite"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(directory: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Every source file with the layer it belongs to and its text without tests.
fn sources() -> Vec<(String, String, String)> {
    let mut paths = Vec::new();
    files(&root().join("src"), &mut paths);
    let source = |p: &PathBuf| {
        let name = p.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        let layer = name.split(['/', '.']).next().unwrap().to_owned();
        let text = std::fs::read_to_string(p).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
        (name, layer, code)
    };
    paths.iter().map(source).collect()
}

#[test]
fn each_module_names_only_those_above_it() {
    let layers = layers();
    let rank: BTreeMap<&str, usize> = layers.iter().enumerate().map(|(i, l)| (l.as_str(), i)).collect();
    let mut faults = Vec::new();
    for (file, layer, code) in sources() {
        let Some(own) = rank.get(layer.as_str()) else { continue };
        for (at, _) in code.match_indices("crate::") {
            let named: String = code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if rank.get(named.as_str()).is_some_and(|r| r > own) {
                faults.push(format!("{file}: {layer} names {named}, which stands below it"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn outside_crates_stay_at_home() {
    let mut faults = Vec::new();
    for (file, layer, code) in sources() {
        for (name, homes) in HOMES {
            let used = code.contains(&format!("use {name}::"))
                || code.contains(&format!(" {name}::"))
                || code.contains(&format!("({name}::"));
            if used && !homes.contains(&layer.as_str()) {
                faults.push(format!("{file}: {name} is at home in {}", homes.join(", ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files in pure modules that are not pure: a rule is a file, and they read it.
const IMPURE_OF_PURE: &[&str] = &["rule/directory.rs", "rule/file.rs"];
/// Files of the session that use sockets, clocks and counters. All others are its state machine: frames in, frames out.
const RIM_OF_SESSION: &[&str] = &[
    "session.rs",
    "session/cut_over.rs",
    "session/login.rs",
    "session/long_text.rs",
    "session/relay.rs",
    "session/relay/direction.rs",
    "session/shared.rs",
    "session/touch.rs",
];

#[test]
fn pure_modules_do_no_input_or_output() {
    let is_pure = |file: &str, layer: &str| match layer {
        "session" => !RIM_OF_SESSION.contains(&file),
        layer => PURE.contains(&layer) && !IMPURE_OF_PURE.contains(&file),
    };
    for (file, layer, code) in sources().into_iter().filter(|(file, layer, _)| is_pure(file, layer)) {
        for word in ["std::fs", "tokio::", "async fn", "SystemTime::now", "Instant::now", "std::net", "telemetry"] {
            assert!(!code.contains(word), "{file}: this part of {layer} is pure, and names {word}");
        }
    }
    let files: Vec<String> = sources().into_iter().map(|(file, _, _)| file).collect();
    for named in IMPURE_OF_PURE.iter().chain(RIM_OF_SESSION) {
        assert!(files.iter().any(|file| file == named), "{named} is no file any more");
    }
}

/// Columns of the new tables and the name of the control schema are written only where the new tables are described, so that they can be
/// changed in one place. SQL files, and code that makes legacy data or compares answers, are exempt.
#[test]
fn names_of_the_new_tables_are_written_in_one_place() {
    let mut faults = Vec::new();
    for (file, layer, code) in sources() {
        if ["relation", "demo", "twin"].contains(&layer.as_str()) {
            continue;
        }
        for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
            let code = line.split(" // ").next().unwrap_or_default();
            let starts = |at: usize| at == 0 || !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let named = ["al_", "dv_", "dvl_"].iter().any(|p| code.match_indices(p).any(|(at, _)| starts(at)));
            // The name of the program is not the schema.
            let schema = code.contains("\"esclusa\"")
                && !["name = ", "application_name", "unwrap_or_else"].iter().any(|w| code.contains(w));
            if named || schema {
                faults.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Where a new kind of rule has to be added: its own two files, and one line or arm in each of these. Any other file that asks for a
/// kind by its name would make the recipe at the head of `rule/kind.rs` untrue.
#[test]
fn a_kind_is_named_in_few_places() {
    let kinds: Vec<String> = sources()
        .into_iter()
        .filter(|(file, _, _)| file.starts_with("rule/kind/"))
        .map(|(file, _, _)| {
            let stem = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
            stem[..1].to_uppercase() + &stem[1..]
        })
        .collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    let allowed = [
        ("rule/target.rs", "the variant, its arm and its line"),
        ("rule/file.rs", "a file whose kind is unknown has to be something while its other faults are told"),
        ("rule/generate.rs", "the plan has a word for each kind"),
        ("relation/compile.rs", "the arm that compiles it"),
        ("migrate/retain.rs", "the one table that stays is worked on by itself"),
    ];
    for (file, _, code) in sources() {
        let names = kinds.iter().any(|k| code.contains(&format!("Target::{k}")));
        let may = allowed.iter().any(|(f, _)| *f == file);
        assert!(!names || may, "{file} names a kind");
    }
}

#[test]
fn every_file_says_what_it_is_and_fits_on_a_desk() {
    for (file, _, code) in sources() {
        assert!(code.starts_with("//! "), "{file} has no //! head");
        assert!(code.lines().count() <= 600, "{file} has more than 600 lines");
        assert!(!file.ends_with("mod.rs"), "{file}: foo.rs + foo/, no mod.rs");
    }
}

#[test]
fn the_architecture_page_lists_every_layer_in_order() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let listed: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, layers());
}

/// A page that names a file which does not exist misleads a newcomer.
#[test]
fn the_pages_name_files_that_are_there() {
    let mut faults = Vec::new();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "README.md", "docs/api.md", "docs/differences.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for named in text.split('`').skip(1).step_by(2) {
            let beginnings = ["src/", "tests/", "docs/", "config/", "deploy/", "rules/"];
            let is_path = beginnings.iter().any(|b| named.starts_with(b)) && !named.contains(['<', '*', ' ']);
            if is_path && !root().join(named).exists() {
                faults.push(format!("{page}: {named}"));
            }
            // Files of modules are named relative to src, or to tests.
            if !is_path
                && named.ends_with(".rs")
                && !["src", "tests", "src/migrate"].iter().any(|d| root().join(d).join(named).exists())
            {
                faults.push(format!("{page}: {named}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The source of each file by the path of its module: `rule/kind.rs` is `["rule", "kind"]`.
type Modules = BTreeMap<Vec<String>, String>;

fn modules() -> Modules {
    let module = |name: &str| name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let uncommented = |code: &str| code.lines().map(|l| l.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
    // `self::a` means `a`.
    sources().into_iter().map(|(name, _, code)| (module(&name), uncommented(&code).replace("self::", ""))).collect()
}

fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// The paths that begin here, with braces expanded: `a::{b, c::D}` is `[[a, b], [a, c, D]]`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let Some(group) = text.strip_prefix('{') else {
        let first = word(text);
        return match text[first.len()..].strip_prefix("::") {
            Some(rest) => paths(rest).into_iter().map(|path| [vec![first.to_owned()], path].concat()).collect(),
            None => vec![vec![first.to_owned()]],
        };
    };
    let (mut depth, mut items, mut begin) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(group[begin..at].trim());
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items.into_iter().filter(|item| !item.is_empty()).flat_map(paths).collect()
}

/// The positions at which this name begins as a whole word.
fn begins(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || ['_', ':', '.'].contains(&c))
}

/// The files of its own module that a file uses. A name that is not a declared module belongs to the file itself: `super::Console` is a path to
/// the file above.
fn named(modules: &Modules, own: &[String], code: &str) -> Vec<Vec<String>> {
    let mut full: Vec<Vec<String>> = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| begins(code, *at)) {
        full.extend(paths(&code[at + 7..]));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| begins(code, *at)) {
        let (mut base, mut rest) = (own, &code[at..]);
        while let Some(next) = rest.strip_prefix("super::") {
            (base, rest) = (&base[..base.len().saturating_sub(1)], next);
        }
        full.extend(paths(rest).into_iter().map(|path| [base, path.as_slice()].concat()));
    }
    for child in modules.keys().filter(|m| m.len() == own.len() + 1 && m.starts_with(own)) {
        let path = format!("{}::", child[own.len()]);
        if code.match_indices(&path).any(|(at, _)| begins(code, at)) {
            full.push(child.clone());
        }
    }
    let file = |path: Vec<String>| (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| modules.contains_key(p));
    full.into_iter().filter_map(file).filter(|f| f != own && f[0] == own[0]).collect()
}

/// No file depends on itself through others, so that one can be understood without an endless chain. Methods do not count, because they belong to
/// their type wherever they are written.
#[test]
fn no_circle_of_files_inside_a_module() {
    let modules = modules();
    let edges: BTreeMap<_, _> = modules.iter().map(|(own, code)| (own, named(&modules, own, code))).collect();
    let mut faults = Vec::new();
    for layer in layers() {
        // Files that use only files already removed are removed too; a circle remains.
        let mut left: Vec<&Vec<String>> = modules.keys().filter(|m| m[0] == layer).collect();
        while let Some(at) = left.iter().position(|m| edges[*m].iter().all(|e| !left.contains(&e))) {
            left.remove(at);
        }
        faults.extend(left.iter().map(|m| format!("{} is in a circle, or names one", m.join("/"))));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn circles_are_seen() {
    let source = |name: &str, code: &str| (name.split('/').map(str::to_owned).collect::<Vec<_>>(), code.to_owned());
    let modules: Modules = [
        source("a", "mod b; mod c; pub use b::X; fn f() { c::g() } struct S;"),
        source("a/b", "use super::{c::{self, D}, S};"),
        source("a/c", "use crate::a::b; use crate::z::b; fn g() { self.b::<u8>() }"),
        source("a/c/d", "use super::super::b::X; use super::D;"),
    ]
    .into();
    let of = |name: &str| {
        let own: Vec<String> = name.split('/').map(str::to_owned).collect();
        named(&modules, &own, &modules[&own]).iter().map(|m| m.join("/")).collect::<Vec<_>>()
    };
    assert_eq!(of("a"), ["a/b", "a/c"]);
    assert_eq!(of("a/b"), ["a/c", "a/c", "a"]);
    assert_eq!(of("a/c"), ["a/b"]);
    assert_eq!(of("a/c/d"), ["a/b", "a/c"]);
}

/// A function of this length still fits on a screen.
const LINES_PER_FUNCTION: usize = 70;

#[test]
fn a_function_fits_on_a_screen() {
    let mut faults = Vec::new();
    for (file, _, code) in sources() {
        let lines: Vec<&str> = code.lines().collect();
        for (begin, line) in lines.iter().enumerate() {
            let words = line.trim_start();
            let indent = &line[..line.len() - words.len()];
            let marks = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "];
            let words = marks.iter().fold(words, |rest, mark| rest.strip_prefix(mark).unwrap_or(rest));
            let Some(name) = words.strip_prefix("fn ").map(word) else { continue };
            // rustfmt puts the end of a body, and of a head without one, under its beginning.
            let ends =
                |l: &&str| l.strip_prefix(indent).is_some_and(|l| l.starts_with('}') || (l.starts_with(')') && l.ends_with(';')));
            let is_whole = line.ends_with('}') || line.ends_with(';');
            let count = if is_whole { 1 } else { lines[begin..].iter().position(ends).map_or(1, |at| at + 1) };
            if count > LINES_PER_FUNCTION {
                faults.push(format!("{file}: {name} has {count} lines"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
