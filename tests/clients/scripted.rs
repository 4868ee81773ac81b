//! psycopg 3 and node-postgres.

use std::path::PathBuf;

use crate::sides::{Run, Said, Sides, file, same};

/// Debian's own interpreter: psycopg is a package of it.
const PYTHON: &str = "/usr/bin/python3";

fn psycopg(topic: &str) -> Run {
    Run::new(PYTHON).arg("-B").arg(file("python/session.py")).arg(topic)
}

/// Where Debian puts JavaScript, or where `make deps` has unpacked it.
fn node(topic: &str) -> Run {
    let unpacked = concat!(env!("CARGO_MANIFEST_DIR"), "/target/debian/usr/share/nodejs");
    let modules = [unpacked, "/usr/share/nodejs"].map(PathBuf::from).into_iter().find(|m| m.join("pg").exists());
    let modules = modules.expect("node-postgres is missing; `make test` unpacks it");
    Run::new("node").env("NODE_PATH", modules).arg(file("node/session.js")).arg(topic)
}

fn plain(what: &str, program: impl Fn() -> Run) -> Said {
    let sides = Sides::take();
    let said = same(what, &sides.plain(), program);
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{}", said.output);
    said
}

fn legacy(what: &str, program: impl Fn() -> Run) {
    let sides = Sides::take();
    let before = sides.rewritten();
    let said = same(what, &sides.legacy(), program);
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{}", said.output);
    let hits = sides.rewritten() - before;
    assert!(hits > 100, "{hits} legacy names rewritten");
}

#[test]
fn psycopg_does_everything() {
    let said = plain("psycopg", || psycopg("plain"));
    assert!(said.output.ends_with("True\n"), "{}", said.output);
}

#[test]
fn psycopg_on_tables_that_are_gone() {
    legacy("psycopg legacy", || psycopg("legacy"));
}

#[test]
fn node_postgres_does_everything() {
    let said = plain("node-postgres", || node("plain"));
    assert!(said.output.contains("## terminated"), "{}", said.output);
}

#[test]
fn node_postgres_on_tables_that_are_gone() {
    legacy("node-postgres legacy", || node("legacy"));
}
