//! pg_dump, pg_dumpall and pg_restore: the whole demo database, out of the proxy and back through it.

use std::path::{Path, PathBuf};

use crate::sides::{Run, Said, Side, Sides, compare, scratch};

fn program(name: &str, args: &[&str]) -> Run {
    let bin = esclusa::demo::postgres::bin_directory().unwrap();
    Run::new(bin.join(name)).args(args)
}

/// A dump as a script that psql reads. Each one has its own random key (\restrict), against meta-commands in data.
fn script(name: &str, side: &Side, args: &[&str]) -> Said {
    let mut said = program(name, args).on(side);
    let keyless = |l: &&str| !l.starts_with("\\restrict ") && !l.starts_with("\\unrestrict ");
    said.output = said.output.lines().filter(keyless).map(|l| format!("{l}\n")).collect();
    said
}

fn good(what: &str, said: Said) -> String {
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{what}");
    said.output
}

fn ask(side: &Side, database: &str, sql: &str) -> String {
    good(sql, Run::new("psql").args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]).on(side))
}

/// An archive in the directory format: its list of contents, and every file of it.
fn archive(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path());
    // The table of contents holds the moment of the dump; its contents are compared after the restore.
    let data = entries.filter(|p| p.file_name().unwrap() != "toc.dat");
    let mut files: Vec<_> =
        data.map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(p).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_dump_through_the_proxy_is_the_direct_one() {
    let sides = Sides::take();
    let plain = sides.plain();
    // Other tests leave hits, which are written at arbitrary times.
    let without_hits = "--exclude-table-data=esclusa.*";
    let ways: &[&[&str]] = &[
        &[],
        &["--schema-only"],
        &["--inserts", "--rows-per-insert=50", "-n", "cf_quere_pro", "-t", "cf_quere_pro.c*"],
        &["--clean", "--if-exists", "--create", "-s"],
    ];
    for way in ways {
        let what = format!("pg_dump {way:?}");
        let [direct, proxied] = plain.each_ref().map(|side| script("pg_dump", side, &[way, &[without_hits][..]].concat()));
        compare(&what, &direct, &proxied);
        assert!(good(&what, proxied).lines().count() > 1000);
    }
    let [direct, proxied] = plain.each_ref().map(|side| script("pg_dumpall", side, &["--roles-only"]));
    compare("pg_dumpall", &direct, &proxied);
}

#[test]
fn what_is_restored_through_the_proxy_is_what_was_dumped() {
    let sides = Sides::take();
    let plain = sides.plain();
    // Several connections with one snapshot, as -j asks for.
    let [direct, proxied] = plain.each_ref().map(|side| {
        let directory = fresh(&format!("dump-{}", side.name));
        let dump = ["-Fd", "-j2", "-Z0", "--exclude-table-data=esclusa.*", "-f", directory.to_str().unwrap()];
        good("pg_dump -Fd -j2", program("pg_dump", &dump).on(side));
        directory
    });
    assert!(archive(&direct) == archive(&proxied), "the archives differ");
    assert!(archive(&direct).len() > 1000);
    // The same archive restored directly and through the proxy, then both dumped directly.
    let dumps = plain.each_ref().map(|side| {
        let database = format!("restored_{}", side.name);
        ask(side, "postgres", &format!("CREATE DATABASE {database} TEMPLATE template0"));
        good("pg_restore", program("pg_restore", &["-j2", "-d", &database, direct.to_str().unwrap()]).on(side));
        let dump = script("pg_dump", &plain[0], &["-d", &database]);
        ask(&plain[0], "postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
        dump
    });
    compare("pg_restore", &dumps[0], &dumps[1]);
    assert!(dumps[0].output.lines().count() > 10_000);
    for directory in [direct, proxied] {
        std::fs::remove_dir_all(directory).unwrap();
    }
}

fn fresh(name: &str) -> PathBuf {
    let directory = scratch().join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

/// pg_dump of one legacy table queries the catalog, which no longer has it: so both sides are compared on the consolidated database.
#[test]
fn a_dump_of_a_table_that_is_gone_says_so() {
    let sides = Sides::take();
    let [direct, proxied] = sides.plain().each_ref().map(|side| program("pg_dump", &["-t", "cf_quere_pro.tipooficina"]).on(side));
    compare("pg_dump -t", &direct, &proxied);
    assert!(direct.code != Some(0) && direct.errors.contains("no matching tables"), "{}", direct.errors);
}
