//! The command line: exit codes, error messages, and `esclusa check` with every class of fault, each with file
//! and line. The commands of README are in readme.rs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "cli/program.rs"]
mod program;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/generate.rs"]
mod generate;
#[path = "cli/registry.rs"]
mod registry;
#[path = "cli/trust.rs"]
mod trust;

use std::fs::File;

use esclusa::demo::postgres::Postgres;
use program::{Said, esclusa, out, psql, root, said};
use tokio::sync::OnceCell;

/// The crate's server. It ends, and its directory goes, when the test process does.
async fn server() -> &'static Postgres {
    static SERVER: OnceCell<Postgres> = OnceCell::const_new();
    SERVER.get_or_init(async || Postgres::start(&Default::default()).await.unwrap()).await
}

/// A new database's URL.
async fn database(name: &str) -> String {
    let url = format!("postgres://postgres@127.0.0.1:{}", server().await.port);
    out(&mut psql(&["-d", &format!("{url}/postgres"), "-c", &format!("CREATE DATABASE {name}")]));
    format!("{url}/{name}")
}

fn on(url: &str, arguments: &[&str]) -> Said {
    said(esclusa(arguments).env("ESCLUSA_CONTROL_URL", url))
}

/// Arguments, exit code, what standard output holds, what standard error holds; without a database.
const WORDS: &[(&[&str], i32, &str, &str)] = &[
    (&["--help"], 0, "Exit codes: 0 done; 1 differences", ""),
    (&["--version"], 0, concat!("esclusa ", env!("CARGO_PKG_VERSION")), ""),
    (&["migrate", "--help"], 0, "Examples:", ""),
    (&[], 2, "", "Usage: esclusa [OPTIONS] <COMMAND>"),
    (&["nonsense"], 2, "", "unrecognized subcommand 'nonsense'"),
    (&["check", "--frob"], 2, "", "unexpected argument '--frob'"),
    (&["--format", "xml", "rules", "list"], 2, "", "invalid value 'xml' for '--format <FORMAT>'"),
    (&["--config", "/nonexistent.toml", "check"], 2, "", "/nonexistent.toml: cannot be read: No such file"),
    (&["explain"], 2, "", "<SQL>"),
    (
        &["explain", "--mode", "often", "SELECT 1"],
        2,
        "",
        "`often` is not a mode; modes are off, observe, shadow, rewrite, refuse",
    ),
    (&["explain", "SELECT * FROM tipocorreo"], 0, "domain_value", ""),
    (&["explain", "--mode", "refuse", "SELECT * FROM tipocorreo"], 0, "refused", ""),
    (&["explain", "SELECT 1"], 0, "(forwarded untouched)", ""),
    (
        &["rules", "list", "--format", "csv"],
        0,
        "tipocorreo,lookup,S4-pure,domain_value TIPO_CORREO,tipctipo,constraint,observe\n",
        "",
    ),
    (&["rules", "set", "tipocorreo"], 2, "", "2 values required"),
    (&["rules", "set", "tipocorreo", "rewrit"], 2, "", "`rewrit` is not a mode"),
    (&["rules", "set", "tipocorreos", "rewrite"], 2, "", "there is no rule for a table `tipocorreos`"),
    (
        &["rules", "set", "tipocorreo", "rewrite"],
        2,
        "",
        "this command needs the target database: set control.url, or ESCLUSA_CONTROL_URL",
    ),
    (&["rules", "generate"], 2, "", "needs the target database"),
    (&["schema", "apply"], 2, "", "needs the target database"),
    (&["schema", "check"], 2, "", "needs the target database"),
    (&["migrate"], 2, "", "<TABLE>"),
    (&["migrate", "tipocorreos"], 2, "", "there is no rule for a table `tipocorreos`"),
    (&["migrate", "--wave", "W9"], 2, "", "there is no wave `W9`; there are S4-extended, S4-junction, S4-pure, W1-A"),
    (&["migrate", "--all", "tipocorreo"], 2, "", "cannot be used with"),
    (&["migrate", "tipocorreo", "--dry-run"], 0, "INSERT INTO esclusa_leaf.tipocorreo (", ""),
    (&["migrate", "cf_quere_pro.hisbarrio", "--dry-run"], 0, "INSERT INTO esclusa_leaf.hisbarrio (", ""),
    (&["migrate", "tipocorreo"], 2, "", "needs the target database"),
    (&["verify", "--all"], 2, "", "needs the target database"),
    (&["demo", "--port", "65535"], 2, "", "65535 is not in 1..=65533"),
];

#[test]
fn words_decide_the_exit_code() {
    for (arguments, code, on_out, on_err) in WORDS {
        let said = said(&mut esclusa(arguments));
        assert_eq!(said.code, Some(*code), "{arguments:?}: {said:?}");
        assert!(said.out.contains(on_out) && said.err.contains(on_err), "{arguments:?}: {said:?}");
        assert_eq!(said.err.is_empty(), *code == 0, "{arguments:?}: errors go to standard error: {said:?}");
    }
}

/// A full disk is reported; a reader that closes the pipe is not a failure; and neither causes a panic.
#[test]
fn standard_output_may_be_full_or_closed() {
    for arguments in [
        &["--help"][..],
        &["check"],
        &["rules", "list"],
        &["explain", "SELECT * FROM tipocorreo"],
        &["migrate", "--all", "--dry-run"],
    ] {
        let full = said(esclusa(arguments).stdout(File::options().write(true).open("/dev/full").unwrap()));
        assert_eq!(full.code, Some(3), "{arguments:?}: {full:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = said(esclusa(arguments).stdout(writer));
        assert_eq!((closed.code, closed.err.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let full = said(esclusa(&["check"]).stdout(File::options().write(true).open("/dev/full").unwrap()));
    assert_eq!(full.err, "error: writing to standard output: No space left on device (os error 28)\n");
    // The message cannot be written, but the exit code says it.
    let deaf = esclusa(&["rules", "set", "x", "rewrite"]).stderr(File::options().write(true).open("/dev/full").unwrap()).status();
    assert_eq!(deaf.unwrap().code(), Some(2));
}

#[test]
fn settings_from_the_environment_are_checked_too() {
    let said = said(esclusa(&["check"]).env("ESCLUSA_LISTEN_ADDRESS", "x").env("ESCLUSA_LISTEN_MAX_CLIENTS", "many"));
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.err,
        "error: ESCLUSA_LISTEN_ADDRESS: `x` is not an address such as \"127.0.0.1:6432\", \"[::1]:6432\" or \"/run/esclusa/.s.PGSQL.6432\"\n\
         ESCLUSA_LISTEN_MAX_CLIENTS: `many` is not a whole number\n"
    );
}

#[test]
fn a_missing_rule_directory_is_told() {
    for arguments in
        [&["check"][..], &["serve"], &["rules", "list"], &["migrate", "--all", "--dry-run"], &["explain", "SELECT 1"]]
    {
        let said = said(esclusa(arguments).env("ESCLUSA_RULES_DIRECTORY", "/nonexistent"));
        assert_eq!(said.code, Some(2), "{arguments:?}");
        assert_eq!(said.err, "error: /nonexistent: the rule directory cannot be read: No such file or directory (os error 2)\n");
    }
}

/// No server, no such role or database, a wrong password, no password file, an invalid URL.
#[tokio::test]
async fn the_database_cannot_be_reached() {
    let free = esclusa::demo::postgres::free_port().unwrap();
    let refused = on(&format!("postgres://ana:geheim@127.0.0.1:{free}/aqua"), &["schema", "check"]);
    assert_eq!(refused.code, Some(3));
    let connecting = format!("error: connecting to database aqua on 127.0.0.1, port {free}, as ana: ");
    assert!(refused.err.starts_with(&connecting) && refused.err.contains("Connection refused"), "{}", refused.err);
    assert!(!refused.err.contains("geheim"));

    let server = server().await;
    let hba = server.directory.join("data/pg_hba.conf");
    let trust = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, format!("host all cli_secret 127.0.0.1/32 scram-sha-256\n{trust}")).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    out(&mut psql(&["-d", &url, "-c", "SELECT pg_reload_conf()", "-c", "CREATE ROLE cli_secret LOGIN PASSWORD 'right'"]));
    let url = format!("postgres://cli_secret@127.0.0.1:{}/postgres", server.port);
    let with = |key: &str, value: &str| said(esclusa(&["schema", "check"]).env("ESCLUSA_CONTROL_URL", &url).env(key, value));
    // The server reads its settings when the signal arrives.
    program::until("the password is asked for", || on(&url, &["rules", "list"]).err.contains("password missing"));

    let wrong = with("ESCLUSA_CONTROL_PASSWORD", "wrong");
    assert_eq!(wrong.code, Some(3));
    assert!(wrong.err.contains("password authentication failed for user \"cli_secret\"\n  SQLSTATE 28P01"), "{}", wrong.err);
    let none = on(&url, &["schema", "check"]);
    assert!(none.code == Some(3) && none.err.contains("password missing"), "{}", none.err);
    let no_file = with("ESCLUSA_CONTROL_PASSWORD_FILE", "/nonexistent");
    assert_eq!(
        (no_file.code, no_file.err.as_str()),
        (Some(3), "error: reading /nonexistent: No such file or directory (os error 2)\n")
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "right\n").unwrap();
    let right =
        said(esclusa(&["rules", "list"]).env("ESCLUSA_CONTROL_URL", &url).env("ESCLUSA_CONTROL_PASSWORD_FILE", file.path()));
    assert_eq!(right.code, Some(0), "{right:?}");

    let nobody = on(&format!("postgres://nadie@127.0.0.1:{}/postgres", server.port), &["check"]);
    assert!(nobody.code == Some(3) && nobody.err.contains("role \"nadie\" does not exist"), "{}", nobody.err);
    let url = on("nonsense", &["schema", "check"]);
    assert_eq!(url.code, Some(2));
    assert!(url.err.starts_with("error: control.url (ESCLUSA_CONTROL_URL): invalid connection string"), "{}", url.err);
}

/// A database that `schema apply` has not seen, or that the role may not change.
#[tokio::test]
async fn the_database_is_not_ready() {
    let url = database("not_ready").await;
    for arguments in [&["migrate", "tipocorreo"][..], &["verify", "tipocorreo"], &["rules", "set", "tipocorreo", "rewrite"]] {
        let said = on(&url, arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}");
        assert_eq!(said.err, "error: the target database has no schema esclusa\n  hint: run `esclusa schema apply` first\n");
    }
    let drift = on(&url, &["schema", "check", "--format", "csv"]);
    assert_eq!(drift.code, Some(1));
    assert!(
        drift
            .out
            .starts_with("object,finding,expected,found\nschema esclusa,\"has no tables: `esclusa schema apply` creates these")
            && drift.out.lines().count() == 2,
        "{}",
        drift.out
    );
    assert!(drift.err.ends_with("1 objects differ from what they should be\n"), "{}", drift.err);
    let empty = on(&url, &["rules", "generate"]);
    assert_eq!((empty.code, empty.err.as_str()), (Some(2), "error: there is no table in schema cf_quere_pro\n"));
    out(&mut psql(&["-d", &url, "-c", "CREATE ROLE cli_few LOGIN"]));
    let few = on(&url.replace("postgres@", "cli_few@"), &["schema", "apply"]);
    assert!(few.code == Some(1) && few.err.contains("no right to create schemas in database not_ready"), "{}", few.err);
}

/// Tables that the migration leaves alone are reported with the reason, and so are tables that cannot be proven.
#[tokio::test]
async fn a_table_that_cannot_move_is_told() {
    let url = database("cannot_move").await;
    out(esclusa(&["schema", "apply"]).env("ESCLUSA_CONTROL_URL", &url));
    let ddl = "CREATE TABLE cf_quere_pro.tipocorreo (tipctipo numeric(5,0) NOT NULL, tipcdesctxtid numeric(12,0) NOT NULL, CONSTRAINT tipocorreo_pkey PRIMARY KEY (tipctipo))";
    out(&mut psql(&["-d", &url, "-c", ddl]));
    let moved = on(&url, &["migrate", "tipocorreo", "hisbarrio"]);
    assert_eq!(moved.code, Some(1), "{moved:?}");
    assert_eq!(moved.err, "error: 2 tables were not migrated\n");
    let lines: Vec<&str> = moved.out.lines().collect();
    assert!(
        lines[1].contains("left as it was")
            && lines[1].contains("column tipcdesctxtid is numeric(12,0) in the catalog, not numeric(10,0)"),
        "{lines:?}"
    );
    assert!(lines[2].contains("there is no table cf_quere_pro.hisbarrio"), "{lines:?}");
    let unproven = on(&url, &["verify", "hisbarrio"]);
    assert_eq!((unproven.code, unproven.err.as_str()), (Some(1), "error: 1 tables could not be compared\n"));
    let check = on(&url, &["check"]);
    assert_eq!(check.code, Some(1));
    let line = 1 + std::fs::read_to_string(root().join("rules/tipocorreo.toml"))
        .unwrap()
        .lines()
        .position(|l| l.contains("tipcdesctxtid"))
        .unwrap();
    assert!(check.err.contains(&format!("rules/tipocorreo.toml:{line}: column tipcdesctxtid is numeric(12,0)")), "{}", check.err);
}

/// The proxy's own failures: a port that is taken, a control database that does not answer.
#[tokio::test]
async fn the_proxy_cannot_begin() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said_by = said(esclusa(&["serve"]).env("ESCLUSA_LISTEN_ADDRESS", &address));
    assert_eq!(said_by.code, Some(3));
    assert_eq!(
        said_by.err.lines().last().unwrap(),
        format!("error: listening on {address}: Address already in use (os error 98)")
    );
    let free = esclusa::demo::postgres::free_port().unwrap();
    let unreachable = on(&format!("postgres://postgres@127.0.0.1:{free}/x"), &["serve"]);
    assert!(unreachable.code == Some(3) && unreachable.err.contains("Connection refused"), "{}", unreachable.err);
}
