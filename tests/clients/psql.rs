//! psql.

use crate::sides::{Run, Said, Sides, compare, file, same, scratch};

fn script(name: &str) -> Vec<u8> {
    std::fs::read(file("psql").join(name)).unwrap()
}

fn psql(args: &[&str]) -> Run {
    Run::new("psql").args(["-X"]).args(args).directory(&scratch())
}

/// Each run has a server process of its own.
fn without_pid(mut said: Said) -> Said {
    const BEFORE: &str = "received from server process with PID ";
    let cut = |line: &str| format!("{}\n", line.split_once(BEFORE).map_or(line, |(head, _)| head));
    said.output = said.output.lines().map(cut).collect();
    said
}

/// The lines of PostgreSQL's source that raise an error are not those of the legacy statement.
fn without_location(mut said: Said) -> Said {
    let keep = |text: &str| text.lines().filter(|l| !l.starts_with("LOCATION:")).map(|l| format!("{l}\n")).collect();
    said.errors = keep(&said.errors);
    said.output = keep(&said.output);
    said
}

#[test]
fn psql_asks_the_catalog() {
    let sides = Sides::take();
    let said = same("catalog.sql", &sides.plain(), || psql(&["-E"]).input(script("catalog.sql")));
    assert!(said.output.lines().count() > 20_000, "the catalog's answers are too short:\n{}", said.errors);
}

#[test]
fn psql_does_what_a_person_does() {
    let sides = Sides::take();
    let [direct, proxied] = sides.plain().each_ref().map(|side| without_pid(psql(&[]).input(script("session.sql")).on(side)));
    compare("session.sql", &direct, &proxied);
    let said = direct;
    assert!(said.output.contains("after the copy") && said.errors.contains("server closed the connection"), "{}", said.errors);
}

#[test]
fn psql_on_tables_that_are_gone() {
    let sides = Sides::take();
    let before = sides.rewritten();
    let [direct, proxied] = sides.legacy().each_ref().map(|side| {
        let said = psql(&[]).input(script("legacy.sql")).on(side);
        without_location(said)
    });
    compare("legacy.sql", &direct, &proxied);
    let hits = sides.rewritten() - before;
    assert!(hits > 40, "{hits} legacy names rewritten");
}

#[test]
fn psql_by_its_options() {
    let sides = Sides::take();
    let plain: &[&[&str]] = &[
        &["-c", "SELECT 1; SELECT 2", "-c", "SELECT 3"],
        &["-c", "CREATE TEMP TABLE x (a int); INSERT INTO x VALUES (1); SELECT 1/0; SELECT 2", "-c", "SELECT * FROM x"],
        &["-1", "-c", "CREATE TABLE one_tx (a int)", "-c", "SELECT 1/0", "-c", "SELECT 2"],
        &["-1", "-v", "ON_ERROR_STOP=1", "-c", "CREATE TABLE one_tx (a int)", "-c", "SELECT nosuch", "-c", "SELECT 2"],
        &["-c", "SELECT count(*) FROM pg_class WHERE relname = 'one_tx'"],
        &["-l"],
        &["-At", "-F", ";", "-c", "SELECT relname, relkind FROM pg_class ORDER BY 1, 2"],
        &["--csv", "-c", "SELECT * FROM pg_settings WHERE name NOT IN ('port', 'application_name') ORDER BY name"],
        &["-H", "-x", "-c", "SELECT * FROM pg_type ORDER BY oid LIMIT 20"],
        &["-d", "nosuch", "-c", "SELECT 1"],
        &["-c", "\\c nosuch", "-c", "SELECT 1"],
        &["-c", "\\c - nosuch", "-c", "SELECT 1"],
        &["-U", "nosuch", "-c", "SELECT 1"],
        &[
            "dbname=aqua user=postgres options='-c work_mem=77MB -c DateStyle=German' client_encoding=LATIN1",
            "-Atc",
            "SHOW work_mem; SHOW DateStyle; SHOW client_encoding",
        ],
        &["dbname=aqua options='-c nosuch=1'", "-c", "SELECT 1"],
        &["dbname=aqua client_encoding=nosuch", "-c", "SELECT 1"],
        &["dbname=aqua sslmode=require", "-c", "SELECT 1"],
        &["dbname=aqua sslmode=disable gssencmode=disable", "-c", "SELECT 1"],
        &["dbname=postgres replication=database", "-Atc", "SHOW server_version_num", "-c", "SHOW wal_level"],
    ];
    for args in plain {
        same(&format!("{args:?}"), &sides.plain(), || psql(args));
    }
    let legacy: &[&[&str]] = &[
        &["-1", "-c", "INSERT INTO tipositver VALUES (801, 1)", "-c", "INSERT INTO tipositver VALUES (801, 2)", "-c", "SELECT 1"],
        &["-Atc", "SELECT count(*) FROM tipositver"],
        &["-1", "-f", "-"],
        &["--csv", "-c", "SELECT * FROM tipvalvula ORDER BY 1; SELECT * FROM tipositver ORDER BY 1"],
        &["-c", "DELETE FROM tipositver WHERE tsvid = 801"],
    ];
    for args in legacy {
        let input = "INSERT INTO tipositver VALUES (801, 1);\nSELECT * FROM tipositver ORDER BY 1;\n";
        same(&format!("{args:?}"), &sides.legacy(), || psql(args).input(input));
    }
}
