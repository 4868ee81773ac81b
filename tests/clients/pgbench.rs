//! pgbench: its built-in scripts and pipelines by every protocol.

use crate::sides::{Run, Said, Side, Sides, compare, file, scratch};

const TRANSACTIONS: usize = 40;
const CLIENTS: usize = 3;
const MODES: [&str; 3] = ["simple", "extended", "prepared"];

fn pgbench(args: &[&str]) -> Run {
    Run::new("pgbench").args(args).directory(&scratch())
}

/// Runs a script on a side, with the same random numbers each time. Durations are removed from the output.
fn bench(side: &Side, mode: &str, script: &[&str]) -> Said {
    let (transactions, clients) = (TRANSACTIONS.to_string(), CLIENTS.to_string());
    let fixed = ["-n", "-r", "-t", &transactions, "-c", &clients, "--random-seed=7", "-M", mode];
    let mut said = pgbench(&[&fixed[..], script].concat()).on(side);
    let timed = |line: &str| {
        ["latency", "initial connection", "tps", "statement latencies", " "]
            .iter()
            .any(|start| line.trim_start_matches('-').starts_with(start))
    };
    said.output = said.output.lines().filter(|l| !timed(l)).map(|l| format!("{l}\n")).collect();
    said
}

fn ask(side: &Side, question: &str) -> String {
    let said = Run::new("psql").args(["-XAtc", question]).on(side);
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{question}");
    said.output
}

/// The tables after the built-in scripts; the order of the history depends on its clients.
const STATE: &str = "SELECT (SELECT md5(string_agg(format('%s %s', aid, abalance), ',' ORDER BY aid)) FROM pgbench_accounts),
    (SELECT string_agg(format('%s %s', tid, tbalance), ',' ORDER BY tid) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches),
    (SELECT md5(string_agg(format('%s %s %s %s', tid, bid, aid, delta), ',' ORDER BY tid, bid, aid, delta)) FROM pgbench_history)";

/// `pgbench -i`, in each way to generate data, then every script on both sides from the same beginning.
#[test]
fn pgbench_built_in() {
    let sides = Sides::take();
    let plain = sides.plain();
    for steps in ["dtgvpf", "dtGvp"] {
        let states = plain.each_ref().map(|side| {
            let said = pgbench(&["-i", "-I", steps, "-q"]).env("PGOPTIONS", "-c search_path=public").on(side);
            assert_eq!(said.code, Some(0), "{}", said.errors);
            ask(side, STATE)
        });
        assert_eq!(states[0], states[1], "pgbench -i -I {steps}");
    }
    for script in ["tpcb-like", "simple-update", "select-only"] {
        for mode in MODES {
            let what = format!("pgbench -b {script} -M {mode}");
            let [direct, proxied] = plain.each_ref().map(|side| {
                ask(side, "UPDATE pgbench_accounts SET abalance = 0; UPDATE pgbench_tellers SET tbalance = 0; UPDATE pgbench_branches SET bbalance = 0; TRUNCATE pgbench_history");
                let said = bench(side, mode, &["-b", script]);
                (said, ask(side, STATE))
            });
            compare(&what, &direct.0, &proxied.0);
            assert_eq!(direct.1, proxied.1, "{what}: what it left behind");
            all_done(&what, &proxied.0);
        }
    }
    ask(&plain[0], "DROP TABLE pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers");
}

fn all_done(what: &str, said: &Said) {
    let all = CLIENTS * TRANSACTIONS;
    assert!(said.output.contains(&format!("actually processed: {all}/{all}")), "{what}:\n{}{}", said.output, said.errors);
}

/// Our own scripts, on tables that are gone: one statement after another, and in a pipeline.
#[test]
fn pgbench_on_tables_that_are_gone() {
    let sides = Sides::take();
    let legacy = sides.legacy();
    let before = sides.rewritten();
    for (script, modes) in [("legacy.sql", &MODES[..]), ("pipeline.sql", &MODES[1..])] {
        let path = file("pgbench").join(script);
        for mode in modes {
            let what = format!("pgbench {script} -M {mode}");
            let [direct, proxied] = legacy.each_ref().map(|side| {
                let said = bench(side, mode, &["-f", path.to_str().unwrap()]);
                let left = "SELECT * FROM histipooficina WHERE htofhstusu = 'pgbench' ORDER BY htofid, htofdescri, htofsnpresen; SELECT * FROM tipositver ORDER BY 1";
                let left = ask(side, left);
                ask(side, "DELETE FROM histipooficina WHERE htofhstusu = 'pgbench'; DELETE FROM tipositver WHERE tsvid >= 700");
                (said, left)
            });
            compare(&what, &direct.0, &proxied.0);
            assert_eq!(direct.1, proxied.1, "{what}: what it left behind");
            assert!(direct.1.lines().count() >= CLIENTS * TRANSACTIONS, "{what} wrote nothing:\n{}", direct.1);
            all_done(&what, &proxied.0);
        }
    }
    let hits = sides.rewritten() - before;
    assert!(hits > 1000, "{hits} legacy names rewritten");
}
