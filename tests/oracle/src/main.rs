//! The oracle: every statement of PostgreSQL's regression scripts and of our corpora, read by `esclusa::sql` and by PostgreSQL's own
//! grammar (pg_query), and compared. Ends with 1 when a statement is understood wrongly, or when fewer than the floor are handled.
//!
//! `esclusa-oracle [--show N] PATH ...`: each path is a script, or a directory of `*.sql`.

mod grammar;
mod judge;
mod rewritten;
mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use grammar::Kind;
use judge::{Verdict, judge, kind_name};

/// Of the DML statements that name a relation, so many of a hundred must be handled.
const FLOOR_PERCENT: f64 = 99.0;

/// One row of the table.
#[derive(Debug, Default, Clone)]
struct Count {
    statements: usize,
    nameless: usize,
    right: usize,
    forwarded: usize,
    wrong: usize,
}

fn main() -> ExitCode {
    let mut show = 20;
    let mut paths = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--show" => show = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(show),
            path => files(Path::new(path), &mut paths),
        }
    }
    paths.sort();
    let mut counts: BTreeMap<(String, Kind), Count> = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut wrong, mut unread) = (Vec::new(), 0);
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let policy = match rewritten::policy(&root.join("rules")) {
        Ok(policy) => policy,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut rewrites = rewritten::Count::default();
    for path in &paths {
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("cannot read {}", path.display());
            return ExitCode::from(2);
        };
        let group = group(path);
        for piece in script::pieces(&String::from_utf8_lossy(&bytes)) {
            let Some(read) = grammar::read(&piece.text) else {
                unread += 1;
                continue;
            };
            let count = counts.entry((group.clone(), read.kind)).or_default();
            count.statements += 1;
            let place = format!("{}:{}: {}", path.display(), piece.line, piece.text);
            if let Some(reason) = rewritten::judge(&policy, &piece.text, &mut rewrites) {
                wrong.push(format!("rewritten, {place}\n    {reason}"));
            }
            match judge(&piece.text, &read) {
                Verdict::Right => count.right += 1,
                Verdict::Nameless => count.nameless += 1,
                Verdict::Forwarded(reason) => {
                    count.forwarded += 1;
                    reasons.entry(format!("{}: {}", kind_name(read.kind), short(&reason))).or_default().push(place);
                }
                Verdict::Wrong(reason) => {
                    count.wrong += 1;
                    wrong.push(format!("{}, {place}\n    {reason}", kind_name(read.kind)));
                }
            }
        }
    }
    tell(&counts, &reasons, &wrong, unread, show);
    let dml = counts
        .iter()
        .filter(|((_, kind), _)| *kind == Kind::Dml)
        .fold((0, 0), |(right, all), (_, c)| (right + c.right, all + c.statements - c.nameless));
    let percent = if dml.1 == 0 { 0.0 } else { 100.0 * dml.0 as f64 / dml.1 as f64 };
    let rewritten::Count { rewritten, refused, untouched } = rewrites;
    println!("by the shipped rules: {rewritten} rewritten, {refused} refused, {untouched} forwarded untouched");
    println!("DML handled: {percent:.2} %, floor {FLOOR_PERCENT} %; wrong: {}", wrong.len());
    if wrong.is_empty() && percent >= FLOOR_PERCENT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let inside = entries.filter_map(|e| Some(e.ok()?.path()));
            out.extend(inside.filter(|p| p.extension().is_some_and(|e| e == "sql")));
        }
        Err(_) => out.push(path.to_owned()),
    }
}

/// Scripts of PostgreSQL's suite count together; each corpus counts for itself.
fn group(path: &Path) -> String {
    let directory = path.parent().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    match directory.find("src/test/") {
        Some(at) => directory[at + "src/test/".len()..].to_owned(),
        None => path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
    }
}

fn short(reason: &str) -> String {
    reason.split(" at Line").next().unwrap_or(reason).to_owned()
}

fn tell(
    counts: &BTreeMap<(String, Kind), Count>,
    reasons: &BTreeMap<String, Vec<String>>,
    wrong: &[String],
    unread: usize,
    show: usize,
) {
    for place in wrong.iter().take(show) {
        println!("WRONG {place}");
    }
    let mut reasons: Vec<_> = reasons.iter().collect();
    reasons.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    for (reason, places) in reasons.iter().take(show) {
        println!("{:5}  {reason}\n         {}", places.len(), places[0].replace('\n', "\n         "));
    }
    let mut lines = vec![["scripts", "kind", "statements", "no relation", "handled", "forwarded", "wrong"].map(str::to_owned)];
    for ((group, kind), c) in counts {
        let numbers = [c.statements, c.nameless, c.right, c.forwarded, c.wrong].map(|n| n.to_string());
        let [a, b, c, d, e] = numbers;
        lines.push([group.clone(), kind_name(*kind).to_owned(), a, b, c, d, e]);
    }
    for line in &lines {
        println!("{:24} {:15} {:>10} {:>12} {:>8} {:>10} {:>6}", line[0], line[1], line[2], line[3], line[4], line[5], line[6]);
    }
    println!("not read by PostgreSQL's grammar: {unread}");
}
