//! README, command by command, as a newcomer types it: each is run by one of the tests below, and none may be missing here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "cli/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::path::Path;

use esclusa::demo::data::Sizes;
use esclusa::demo::legacy;
use esclusa::demo::postgres::Postgres;
use program::{Running, command, esclusa, out, psql, root, said, two_ports, until};

/// The commands of README, and the test that runs each.
const TYPED: &[(&str, &str)] = &[
    ("make demo", "make_knows_its_targets"),
    ("make test", "make_knows_its_targets"),
    ("esclusa demo --once", "tests/demo.rs"),
    ("esclusa explain \"SELECT * FROM histipooficina WHERE htofid = 7\"", "explain_needs_no_database"),
    ("esclusa rules generate", "the_six_steps"),
    ("esclusa check", "the_six_steps"),
    ("esclusa roles", "the_six_steps"),
    ("esclusa roles --check", "the_six_steps"),
    ("esclusa schema apply", "the_six_steps"),
    ("esclusa schema check", "the_six_steps"),
    ("esclusa serve", "the_six_steps"),
    ("esclusa migrate --wave W1-A", "the_six_steps"),
    ("esclusa verify --wave W1-A", "the_six_steps"),
    ("esclusa rollback --wave W1-A", "the_six_steps"),
    ("esclusa reads histipooficina --percent 10", "the_six_steps"),
    ("esclusa status", "the_six_steps"),
    ("esclusa sign --wave W1-A --by 'Ana López'", "the_six_steps"),
    ("esclusa drop --wave W1-A --dump dumps", "the_six_steps"),
    ("esclusa registry --directory registry", "the_six_steps"),
    ("esclusa benchmark", "the_six_steps"),
    ("esclusa doctor", "the_six_steps"),
    ("esclusa report", "the_six_steps"),
    ("esclusa order", "the_six_steps"),
    ("esclusa order next", "the_six_steps"),
    ("esclusa scan src/", "the_six_steps"),
    ("esclusa off", "the_six_steps"),
    ("esclusa off --undo", "the_six_steps"),
    ("psql -h 127.0.0.1 -p 6433 -U esclusa esclusa", "the_six_steps"),
    ("SHOW HITS", "the_six_steps"),
    ("SET MODE rewrite FOR histipooficina BECAUSE 'wave 1'", "the_six_steps"),
    ("esclusa migrate --help", "every_command_explains_itself"),
];

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn every_command_of_readme_is_typed_here() {
    let readme = readme();
    // Inline between backticks, and the lines of a block, without their comments.
    let inline = readme.split('`').skip(1).step_by(2).flat_map(str::lines);
    let begins = |c: &&str| ["make ", "esclusa ", "psql ", "SHOW ", "SET "].iter().any(|w| c.starts_with(w));
    let found: BTreeSet<&str> = inline.map(|c| c.split(" # ").next().unwrap_or(c).trim()).filter(begins).collect();
    let typed: BTreeSet<&str> = TYPED.iter().map(|(c, _)| *c).collect();
    assert_eq!(found, typed);
}

/// The further commands of the runbook, and the test that runs each.
const IN_THE_RUNBOOK: &[(&str, &str)] = &[
    ("esclusa inventory --sample 0", "the_six_steps"),
    ("esclusa dependencies --wave W1-A", "the_six_steps"),
    ("esclusa order next", "tests/order.rs"),
    ("esclusa status --wave W1-A", "the_six_steps"),
    ("esclusa status --plan", "the_six_steps"),
    ("esclusa report comparisons", "tests/order.rs"),
    ("esclusa rollback --wave W1-A --level 2", "the_six_steps"),
    ("esclusa rollback --all --level 3", "the_six_steps"),
    ("esclusa rollback --all --level 4", "the_six_steps"),
    ("esclusa drop --wave W1-A --dry-run", "the_six_steps"),
    ("esclusa migrate --wave W1-A --dry-run", "the_six_steps"),
    ("esclusa schema apply --dry-run", "the_six_steps"),
    ("esclusa schema apply --refill histipooficina", "the_six_steps"),
    ("esclusa verify --report w1a.json", "the_six_steps"),
    ("esclusa retire --wave W1-A --dry-run", "the_six_steps"),
    ("esclusa retire histipooficina --reason 'silent since March'", "the_six_steps"),
    ("esclusa retire histipooficina --undo --reason 'audit in May'", "the_six_steps"),
    ("esclusa report tombstones", "the_six_steps"),
    ("esclusa reads histipooficina --percent 10", "the_six_steps"),
    ("esclusa report reads", "the_six_steps"),
    ("esclusa reads histipooficina --percent 0", "the_six_steps"),
];

/// Every complete command of the runbook is run by a test; a command's name alone must have a help.
#[test]
fn every_command_of_the_runbook_is_typed() {
    let runbook = std::fs::read_to_string(root().join("deploy/RUNBOOK.md")).unwrap();
    let inline = runbook.split('`').skip(1).step_by(2);
    let known: BTreeSet<&str> = TYPED.iter().chain(IN_THE_RUNBOOK).map(|(c, _)| *c).collect();
    let mut commands = 0;
    for command in inline.filter(|c| c.starts_with("esclusa ") || c.starts_with("SET ")) {
        let words: Vec<&str> = command.split(' ').collect();
        let is_name = words.len() == 2 || words.contains(&"TABLE");
        if is_name && !known.contains(command) {
            assert_eq!(said(&mut esclusa(&[words[1], "--help"])).code, Some(0), "{command}");
        } else {
            assert!(known.contains(command), "`{command}` is typed by no test");
        }
        commands += 1;
    }
    assert!(commands > 30, "{commands}");
    for (command, _) in IN_THE_RUNBOOK {
        assert!(runbook.contains(command), "`{command}` is not in the runbook");
    }
}

#[test]
fn every_file_that_readme_names_is_there() {
    let routes = std::fs::read_to_string(root().join("src/web.rs")).unwrap();
    for name in readme().split('`').skip(1).step_by(2) {
        let path = name.trim_end_matches("*.toml");
        if path.starts_with('/') {
            assert!(routes.contains(&format!(".route(\"{path}\"")), "the page has no {path}");
            continue;
        }
        if (path.contains('/') || path.ends_with(".md")) && !path.contains(' ') && !path.starts_with("target/") {
            assert!(root().join(path).exists(), "{name}");
        }
    }
}

#[test]
fn make_knows_its_targets() {
    let demo = out(&mut command("make", &["-n", "demo"]));
    assert!(demo.contains("cargo build --release --locked\n./target/release/esclusa demo\n"), "{demo}");
    let test = out(&mut command("make", &["-n", "test"]));
    for step in ["cargo fmt --check", "cargo clippy --locked --all-targets", "cargo doc --locked", "cargo test --locked"] {
        assert!(test.contains(step), "{step}\n{test}");
    }
}

#[test]
fn explain_needs_no_database() {
    let said = out(&mut esclusa(&["explain", "SELECT * FROM histipooficina WHERE htofid = 7"]));
    for part in
        ["before", "after", "now rows of audit_log", "FROM esclusa.histipooficina WHERE", "select of histipooficina: rewritten"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn every_command_explains_itself() {
    for name in ["serve", "demo", "explain", "check", "roles", "rules", "schema", "migrate", "verify"] {
        assert!(out(&mut esclusa(&[name, "--help"])).contains(&format!("Usage: esclusa {name}")), "{name}");
    }
}

/// From the legacy schema to a wave that is moved and rewritten, with the proxy running meanwhile.
#[tokio::test]
async fn the_six_steps() {
    let postgres = Postgres::start(&Default::default()).await.unwrap();
    let admin = postgres.connect("postgres").await.unwrap();
    admin.batch("test", "CREATE ROLE aquasis LOGIN").await.unwrap();
    admin.batch("test", "CREATE DATABASE aqua").await.unwrap();
    let aqua = postgres.connect("aqua").await.unwrap();
    legacy::load(&aqua, "cf_quere_pro", &Sizes { rows: 40, base: 20, lookup: 6, ..Sizes::default() }).await.unwrap();
    // The tables belong to a role of their own, and esclusa's role is not a superuser.
    let grants = "GRANT USAGE ON SCHEMA cf_quere_pro TO aquasis; GRANT ALL ON ALL TABLES IN SCHEMA cf_quere_pro TO aquasis;
        CREATE ROLE esclusa LOGIN; CREATE ROLE cea; ALTER SCHEMA cf_quere_pro OWNER TO cea;
        DO $$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind = 'r'
              LOOP EXECUTE 'ALTER TABLE ' || t || ' OWNER TO cea'; END LOOP; END $$";
    aqua.batch("test", grants).await.unwrap();

    let rules = tempfile::tempdir().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let (url, upstream) =
        (format!("postgres://esclusa@127.0.0.1:{}/aqua", postgres.port), format!("127.0.0.1:{}", postgres.port));
    let port = two_ports();
    let (listen, console) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", port + 1));
    let typed = |arguments: &[&str]| {
        let mut command = esclusa(arguments);
        command.env("ESCLUSA_CONTROL_URL", &url).env("ESCLUSA_UPSTREAM_ADDRESS", &upstream);
        command.env("ESCLUSA_LISTEN_ADDRESS", &listen).env("ESCLUSA_CONSOLE_ADDRESS", &console);
        command.env("ESCLUSA_RULES_DIRECTORY", rules.path()).env("ESCLUSA_CONTROL_FLUSH_INTERVAL", "100ms");
        command.env("ESCLUSA_CONTROL_SPOOL", spool.path());
        command
    };

    // 2. The rules are those that the project ships.
    let generated = said(&mut typed(&["rules", "generate"]));
    assert_eq!(generated.code, Some(0), "{generated:?}");
    assert!(generated.err.starts_with("220 rules and the snapshot of 1469 tables were written to "), "{}", generated.err);
    assert_eq!(generated.out.matches("absent from the catalog").count(), 4, "{}", generated.out);
    same_files(rules.path(), &root().join("rules"));
    assert_eq!(out(&mut typed(&["check"])), "220 rules and the settings have no fault; compared with the database\n");

    // 3. The roles, and the new tables.
    let missing = said(&mut typed(&["roles", "--check"]));
    assert_eq!(missing.code, Some(1), "{missing:?}");
    let script = rules.path().with_extension("sql");
    std::fs::write(&script, out(&mut typed(&["roles"]))).unwrap();
    let behind = postgres.port.to_string();
    out(&mut psql(&[
        "-h",
        "127.0.0.1",
        "-p",
        &behind,
        "-U",
        "postgres",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        script.to_str().unwrap(),
        "aqua",
    ]));
    std::fs::remove_file(&script).unwrap();
    assert_eq!(said(&mut typed(&["roles", "--check"])).code, Some(0));
    let applied = out(&mut typed(&["schema", "apply"]));
    assert!(applied.contains("table audit_log ") && applied.contains("partitions ahead"), "{applied}");
    let checked = said(&mut typed(&["schema", "check"]));
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), "the schema is as it should be\n"));

    // 4. The proxy; every table in mode observe, so that AQUASIS sees the legacy tables, and is counted.
    let mut proxy = Running::start(&mut typed(&["serve"]));
    proxy.hears("esclusa serves");
    let port_text = port.to_string();
    let as_aquasis = |sql: &str| psql(&["-h", "127.0.0.1", "-p", &port_text, "-U", "aquasis", "-c", sql, "aqua"]);
    let count = "SELECT count(*), min(htofid), max(htofdescri) FROM cf_quere_pro.histipooficina";
    let before = out(&mut as_aquasis(count));
    assert!(before.starts_with("40|"), "{before}");

    // The tables, and their dependents.
    let inventory = out(&mut typed(&["inventory", "--sample", "0", "--format", "csv"]));
    let line = inventory.lines().find(|l| l.starts_with("histipooficina,")).unwrap_or_else(|| panic!("{inventory}"));
    assert!(
        line.starts_with("histipooficina,history-tier1,history,audit_log (tipooficina),tipooficina,W1-A,as it was,"),
        "{line}"
    );
    let dependencies = out(&mut typed(&["dependencies", "--wave", "W1-A", "--format", "csv"]));
    assert!(dependencies.starts_with("table,kind,object,blocks,what_becomes_of_it,script\n"), "{dependencies}");

    // 5. The wave moves under the open proxy; its names are then those of the views. A dry run first prints all statements.
    let dry = out(&mut typed(&["migrate", "--wave", "W1-A", "--dry-run"]));
    assert_eq!(dry.matches(" SET SCHEMA mig_old;\n--   ACCESS EXCLUSIVE on cf_quere_pro.hist").count(), 22, "{dry}");
    assert_eq!(
        dry.matches("INSERT INTO esclusa.cut_over (legacy_table, hold_ms)").count(),
        22,
        "the proxy is asked to hold each\n{dry}"
    );
    let dry = out(&mut typed(&["schema", "apply", "--dry-run", "--format", "json"]));
    assert!(dry.contains("CREATE TABLE IF NOT EXISTS esclusa.run_table"), "{dry}");
    // A role without the right to look is told which right it lacks, and the GRANT for it.
    let url = format!("postgres://aquasis@127.0.0.1:{}/aqua", postgres.port);
    let stranger = said(typed(&["status"]).env("ESCLUSA_CONTROL_URL", &url));
    assert!(
        stranger.code == Some(1)
            && stranger.err.contains("error: role aquasis lacks a right on view covered_hour\n")
            && stranger.err.contains("in all it lacks: SELECT on ")
            && stranger.err.contains("`esclusa roles` prints the script that grants"),
        "{stranger:?}"
    );
    let moved = out(&mut typed(&["migrate", "--wave", "W1-A"]));
    assert_eq!(moved.matches("moved, parity proven").count(), 22, "{moved}");
    assert_eq!(out(&mut as_aquasis(count)), before);
    let verified = out(&mut typed(&["verify", "--wave", "W1-A", "--format", "csv"]));
    assert!(verified.starts_with("table,check,passed,detail\nhistipasiento,shape,yes,"), "{verified}");
    assert!(!verified.contains(",no,"), "{verified}");
    let checked = said(&mut typed(&["schema", "check"]));
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), "the schema is as it should be\n"));
    assert!(out(&mut typed(&["migrate", "histipooficina"])).contains("already migrated: a view has the name"));

    let back = out(&mut typed(&["rollback", "histipooficina", "--dry-run"]));
    assert!(back.contains("ALTER TABLE mig_old.histipooficina SET SCHEMA cf_quere_pro;\n--   ACCESS EXCLUSIVE on "), "{back}");

    // 6. The console.
    let console_port = (port + 1).to_string();
    let on_console = |sql: &str| psql(&["-h", "127.0.0.1", "-p", &console_port, "-U", "esclusa", "-c", sql, "esclusa"]);
    assert!(out(&mut on_console("SHOW HITS")).contains("histipooficina|select|forwarded|2|"));
    let plan = format!("EXPLAIN (COSTS OFF, VERBOSE) {count}");
    out(&mut on_console("SET MODE rewrite FOR histipooficina BECAUSE 'wave 1'"));
    assert_eq!(out(&mut as_aquasis(count)), before);
    assert!(out(&mut as_aquasis(&plan)).contains("esclusa_leaf.histipooficina"));
    let hits = out(&mut on_console("SHOW HITS WHERE outcome = 'rewritten'"));
    assert!(hits.starts_with("histipooficina|select|rewritten|2|"), "{hits}");
    let modes = out(&mut typed(&["rules", "list", "--format", "csv"]));
    assert!(
        modes.contains("histipooficina,history,W1-A,audit_log (tipooficina),htofid,") && modes.matches(",rewrite\n").count() == 1,
        "{modes}"
    );
    let set = out(&mut typed(&["rules", "set", "histipooficina", "observe", "--reason", "to try it", "--format", "json"]));
    assert!(set.contains("\"before\":\"rewrite\"") || set.contains("\"before\": \"rewrite\""), "{set}");
    // The proxy hears of a switch that another process made.
    until("the proxy follows", || out(&mut on_console("SHOW MODES WHERE table = 'histipooficina'")).contains("observe"));
    let off = out(&mut typed(&["off", "--format", "csv"]));
    assert!(off.trim_end().ends_with(",pass untouched") && off.lines().count() == 2, "{off}");
    assert_eq!(out(&mut as_aquasis(count)), before);
    let on = out(&mut typed(&["off", "--undo", "--format", "csv"]));
    assert!(on.trim_end().ends_with(",by their modes"), "{on}");

    // Rows written from now on are in the archive too.
    out(&mut as_aquasis(
        "DELETE FROM cf_quere_pro.histipooficina WHERE htofid = (SELECT min(htofid) FROM cf_quere_pro.histipooficina)",
    ));
    let verified = said(&mut typed(&["verify", "histipooficina", "--format", "csv"]));
    assert_eq!((verified.code, verified.out.contains(",no,")), (Some(0), false), "{verified:?}");
    assert!(out(&mut typed(&["report"])).contains("histipooficina"));
    assert!(out(&mut typed(&["scan", "src/", "--format", "csv"])).contains("src/demo/traffic.sql,"));
    let order = out(&mut typed(&["order", "--format", "csv"]));
    let moved = order.lines().filter(|line| line.contains(",moved,")).count();
    assert!(order.starts_with("table,state,wave,cluster,verdict,held_back,remarks,") && moved == 22, "{order}");
    assert!(out(&mut typed(&["order"])).contains("It rests on:"));
    let next = out(&mut typed(&["order", "next", "--format", "csv"]));
    assert!(next.contains(",esclusa migrate ") && next.contains("gate,1,nothing holds its tables back,yes,"), "{next}");

    let page = rules.path().with_extension("html");
    out(&mut typed(&["report", "--html", page.to_str().unwrap()]));
    let written = std::fs::read_to_string(&page).unwrap();
    std::fs::remove_file(&page).unwrap();
    assert!(written.len() < 300_000 && written.contains("esclusa migrate "), "{} bytes", written.len());

    // Drift is reported, with exit code 1.
    aqua.batch("test", "DROP INDEX cf_quere_pro.idx_audit_log_user; ALTER TABLE cf_quere_pro.tipooficina DISABLE TRIGGER ALL")
        .await
        .unwrap();
    let drift = said(&mut typed(&["schema", "check", "--format", "csv"]));
    assert_eq!((drift.code, drift.err.as_str()), (Some(1), "error: 3 objects differ from what they should be\n"), "{drift:?}");
    assert!(
        drift.out.contains("index idx_audit_log_user,missing,")
            && drift.out.contains("trigger trg_audit_tipooficina on tipooficina,disabled,")
    );

    // A fault in a rule leaves that rule as it is.
    std::fs::write(rules.path().join("hisbarrio.toml"), "table = 7\n").unwrap();
    proxy.signal("HUP");
    let told = proxy.hears("a rule with faults was left as it was");
    assert!(told.contains("hisbarrio.toml:1: "), "{told}");
    proxy.hears("settings and rules were read again");
    out(&mut as_aquasis(count));
    proxy.signal("TERM");
    assert_eq!(proxy.ends(), Some(0), "{}", proxy.heard);
    let kept = "SELECT sum(hits) FROM esclusa.hit WHERE legacy_table = 'histipooficina'";
    assert_eq!(
        aqua.text("test", kept).await.unwrap(),
        [[Some("7".to_owned())]],
        "2 forwarded, 2 rewritten, a DELETE with its sub-select, 1 at the end"
    );

    // Whether it is within the limits depends on the clock, and is not tested.
    let benchmark = said(&mut typed(&["benchmark", "--runs", "2", "--format", "csv"]));
    assert!(benchmark.out.contains("\n\"(all, by their geometric mean)\","), "{benchmark:?}");
    assert_eq!(said(&mut typed(&["doctor"])).code, Some(0));

    // An archive that missed changes is filled again, by a role that is no superuser.
    aqua.batch("test", "VACUUM FULL mig_old.histipooficina").await.unwrap();
    let status = out(&mut typed(&["status", "histipooficina", "--format", "csv"]));
    assert!(status.contains("kept,no,"), "{status}");
    let filled = out(&mut typed(&["schema", "apply", "--refill", "histipooficina"]));
    assert!(filled.contains("mended: filled from the leaf"), "{filled}");

    // The end of the archived tables: signed for, each after a dump that this role, which may not create databases, has restored in a scratch database.
    let status = out(&mut typed(&["status", "histipooficina", "--format", "csv"]));
    assert!(status.contains("kept,yes,") && status.contains("signed,no,nobody has signed"), "{status}");
    let waits = said(&mut typed(&["drop", "--wave", "W1-A", "--dry-run"]));
    assert_eq!((waits.code, waits.out.matches("observed: moved for").count()), (Some(1), 22), "{waits:?}");
    let papers = tempfile::tempdir().unwrap();
    let file = |name: &str| papers.path().join(name).display().to_string();
    let (report, page, dumps) = (file("w1a.json"), file("w1a.html"), file("dumps"));
    let signed = out(&mut typed(&["sign", "--wave", "W1-A", "--by", "Ana López", "--report", &report, "--html", &page]));
    assert_eq!(signed.matches("every check holds").count(), 22, "{signed}");
    assert!(std::fs::read_to_string(&page).unwrap().contains("Signed by Ana López"));
    let held = out(&mut typed(&["verify", "--report", &report, "--format", "csv"]));
    assert!(held.contains("(the ledger),,yes,") && !held.contains(",no,"), "{held}");
    let scratch = format!("postgres://esclusa@127.0.0.1:{}/scratch", postgres.port);
    let mut drop = typed(&["drop", "--wave", "W1-A", "--dump", &dumps]);
    let none = said(drop.env("ESCLUSA_MIGRATE_OBSERVATION", "0s"));
    assert!(none.code == Some(1) && none.out.contains("set migrate.restore_url"), "{none:?}");
    aqua.batch("test", "CREATE DATABASE scratch OWNER esclusa").await.unwrap();
    // For a program the statements of each are rows; one that waits for something is a remark, as its refusal is.
    let mut dry = typed(&["drop", "--wave", "W1-A", "--dry-run", "--format", "csv"]);
    let refused = said(&mut dry);
    assert!(
        refused.code == Some(1) && refused.out.contains("histipooficina,(remark),\"REFUSED as things stand: "),
        "{refused:?}"
    );
    let dry = out(dry.env("ESCLUSA_MIGRATE_OBSERVATION", "0s").env("ESCLUSA_MIGRATE_RESTORE_URL", &scratch));
    assert_eq!(dry.matches("DROP TABLE mig_old.").count(), 22, "{dry}");
    let dropped = out(drop.env("ESCLUSA_MIGRATE_RESTORE_URL", &scratch));
    assert_eq!(dropped.matches(" dropped ").count(), 22, "{dropped}");
    // The command may be given again, after it was killed.
    let again = out(&mut drop);
    assert_eq!(again.matches("was dropped before").count(), 22, "{again}");
    let status = out(&mut typed(&["status", "--wave", "W1-A", "--format", "csv"]));
    assert_eq!(status.matches(",dropped,").count(), 22, "{status}");
    assert!(out(&mut typed(&["status", "--plan", "--format", "csv"])).contains("22 moved, 22 of them dropped"));
    let plan = out(&mut typed(&["status", "--plan", "--format", "csv"]));
    assert!(plan.contains(" audit triggers fire") && !plan.contains(", 0 audit triggers fire"), "{plan}");

    let registry = file("registry");
    out(&mut typed(&["registry", "--directory", &registry]));
    let page = std::fs::read_to_string(Path::new(&registry).join("registry.md")).unwrap();
    assert!(
        page.contains("| histipooficina | histipooficina | tipooficina | htofid | 7 | application | W1-A |")
            && page.contains("| dropped | 36 |"),
        "{page}"
    );
    assert!(page.contains("bigint al_id") && page.contains("tipooficina ||--o{ audit_log"), "{page}");

    // The names: each waits for a quarter without uses. One is retired earlier, restored by a person, retired again, and restored by a statement.
    let waits = said(&mut typed(&["retire", "--wave", "W1-A", "--dry-run", "--format", "csv"]));
    assert_eq!(
        (waits.code, waits.out.matches(",(remark),\"REFUSED as things stand: silent: ").count()),
        (Some(1), 22),
        "{waits:?}"
    );
    let retire = ["retire", "histipooficina", "--reason", "silent since March", "--format", "csv"];
    assert_eq!(said(&mut typed(&retire)).code, Some(1));
    let dry = out(&mut typed(&["retire", "histipooficina", "--accept", "--dry-run", "--format", "csv"]));
    assert!(dry.contains("DROP VIEW") && !dry.contains("(remark)"), "{dry}");
    let retired = out(&mut typed(&[&retire[..], &["--accept"]].concat()));
    assert!(retired.contains("histipooficina,retired,"), "{retired}");
    let back = out(&mut typed(&["retire", "histipooficina", "--undo", "--reason", "audit in May", "--format", "csv"]));
    assert!(back.contains("histipooficina,served again,"), "{back}");
    out(&mut typed(&[&retire[..], &["--accept"]].concat()));
    let around = psql(&["-h", "127.0.0.1", "-p", &behind, "-U", "aquasis", "-c", count, "aqua"]).output().unwrap();
    assert!(String::from_utf8_lossy(&around.stderr).contains("does not exist"), "{around:?}");
    let checked = out(&mut typed(&["status", "histipooficina", "--format", "csv"]));
    assert!(checked.contains("name retired,yes,by "), "{checked}");
    let mut proxy = Running::start(&mut typed(&["serve"]));
    proxy.hears("esclusa serves");
    let answer = out(&mut as_aquasis(count));
    assert!(answer.starts_with("36|"), "{answer}");
    proxy.hears("a retired name was touched, and is back");
    let touched = out(&mut typed(&["report", "tombstones", "--format", "csv"]));
    assert!(touched.lines().nth(1).unwrap().contains(",histipooficina,touch,aquasis from 127.0.0.1 with psql,"), "{touched}");
    proxy.signal("TERM");
    assert_eq!(proxy.ends(), Some(0), "{}", proxy.heard);

    // A rollback even then, with the DELETE.
    let back = out(&mut typed(&["rollback", "--wave", "W1-A", "--level", "2"]));
    assert_eq!(back.matches(" back ").count(), 22, "{back}");
    // A few sessions read a history in its new form before it moves.
    let read = out(&mut typed(&["reads", "histipooficina", "--percent", "10", "--format", "csv"]));
    assert!(read.contains("histipooficina,read,10 % of sessions,"), "{read}");
    let status = out(&mut typed(&["status", "histipooficina", "--format", "csv"]));
    assert!(status.contains("reads,yes,") && status.contains("read,yes,\"10 % of sessions, since "), "{status}");
    let report = out(&mut typed(&["report", "reads", "--format", "csv"]));
    assert!(report.lines().nth(1).unwrap().starts_with("histipooficina,reads,10,"), "{report}");
    let nobody = out(&mut typed(&["reads", "histipooficina", "--percent", "0", "--format", "csv"]));
    assert!(nobody.contains("histipooficina,not read,"), "{nobody}");
    // The last levels bring back whatever is moved, or dropped; tables that never moved are not mentioned.
    out(&mut typed(&["migrate", "histipooficina", "tipocorreo"]));
    let histories = out(&mut typed(&["rollback", "--all", "--level", "3", "--format", "csv"]));
    assert!(
        histories.contains(",audit trigger disabled,")
            && histories.contains("histipooficina,back,36,")
            && !histories.contains("tipocorreo,"),
        "{histories}"
    );
    out(&mut typed(&["migrate", "histipooficina"]));
    out(&mut typed(&["sign", "histipooficina", "--by", "Ana López"]));
    let again = typed(&["drop", "histipooficina", "--dump", &dumps])
        .env("ESCLUSA_MIGRATE_OBSERVATION", "0s")
        .env("ESCLUSA_MIGRATE_RESTORE_URL", &scratch)
        .output()
        .unwrap();
    assert!(again.status.success(), "{again:?}");
    let all = out(&mut typed(&["rollback", "--all", "--level", "4", "--format", "csv"]));
    let back: Vec<&str> = all.lines().filter(|line| line.contains(",back,")).collect();
    assert!(
        back.len() == 2 && back[0].starts_with("histipooficina,back,36,") && back[1].starts_with("tipocorreo,back,"),
        "{all}"
    );
    let rows = "SELECT count(*), (SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.histipooficina'::regclass) FROM cf_quere_pro.histipooficina";
    assert_eq!(aqua.text("test", rows).await.unwrap(), [[Some("36".to_owned()), Some("r".to_owned())]]);
}

/// Both directories hold the same files with the same bytes.
fn same_files(left: &Path, right: &Path) {
    let names = |directory: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap());
        entries.filter(|e| e.path().is_file()).map(|e| e.file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(left), names(right));
    for name in names(left) {
        assert_eq!(
            std::fs::read_to_string(left.join(&name)).unwrap(),
            std::fs::read_to_string(right.join(&name)).unwrap(),
            "{name}"
        );
    }
}
