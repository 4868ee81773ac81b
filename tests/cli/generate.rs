//! `esclusa rules generate`: an edit is never lost silently, nothing is written that `check` refuses, a moved table keeps its
//! rule, and all files change or none.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::program::{Said, command, esclusa, out, psql, root, said};
use crate::{database, on};

const TABLES: &str = "CREATE SCHEMA cf_quere_pro; SET search_path = cf_quere_pro;
    CREATE TABLE tipocorreo (tipctipo numeric(5,0) NOT NULL, tipcdesctxtid numeric(10,0) NOT NULL, CONSTRAINT tipocorreo_pkey PRIMARY KEY (tipctipo));
    CREATE TABLE estadofraude (efrcod numeric(5,0) NOT NULL, efrtxtid numeric(10,0) NOT NULL, CONSTRAINT efr UNIQUE (efrcod));
    INSERT INTO tipocorreo VALUES (1, 10), (2, 20); INSERT INTO estadofraude VALUES (1, 1);";

/// A database with legacy tables, and a rule directory.
struct Place {
    url: String,
    rules: tempfile::TempDir,
}

impl Place {
    async fn new(name: &str, ddl: &str) -> Place {
        let place = Place { url: database(name).await, rules: tempfile::tempdir().unwrap() };
        place.sql(ddl);
        place
    }

    fn sql(&self, sql: &str) {
        out(&mut psql(&["-d", &self.url, "-c", sql]));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = esclusa(arguments);
        command.env("ESCLUSA_CONTROL_URL", &self.url).env("ESCLUSA_RULES_DIRECTORY", self.rules.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// It must succeed.
    fn generate(&self, flags: &[&str]) -> Said {
        let said = self.run(&[&["rules", "generate", "--format", "csv"], flags].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    }

    fn file(&self, name: &str) -> PathBuf {
        self.rules.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "{old}\n{text}");
        std::fs::write(self.file(name), text.replace(old, new)).unwrap();
    }

    /// Every file with its bytes, hidden ones too.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.rules.path()).unwrap().map(|e| e.unwrap());
        entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
    }
}

const NOTE: (&str, &str) = ("domain = \"TIPO_CORREO\"", "domain = \"TIPO_CORREO\" # as the DBA wants it");

#[tokio::test]
async fn an_edit_is_shown_and_nothing_is_written_without_a_word() {
    let place = Place::new("edited", TABLES).await;
    let first = place.generate(&[]);
    assert!(first.err.starts_with("2 rules and the snapshot of 2 tables were written to "), "{}", first.err);
    assert!(place.read("tipocorreo.toml").ends_with("unique = \"tipocorreo_pkey\"\nprimary = [\"tipctipo\"]\n"));
    assert!(place.read("estadofraude.toml").ends_with("unique = \"efr\"\n"));
    let before = place.all();
    let again = place.generate(&[]);
    assert!(
        again.err.starts_with("0 rules and the snapshot of 2 tables") && again.err.contains("; 2 were already up to date"),
        "{}",
        again.err
    );
    assert_eq!(place.all(), before);

    place.edit("tipocorreo.toml", NOTE.0, NOTE.1);
    place.sql("ALTER TABLE cf_quere_pro.estadofraude ADD efrmas text");
    let before = place.all();
    let refused = place.run(&["rules", "generate"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let path = place.file("tipocorreo.toml").display().to_string();
    assert!(refused.out.starts_with(&format!("--- {path}\n+++ generated\n@@ -")), "{}", refused.out);
    assert!(refused.out.contains(&format!("\n-{}\n+{}\n", NOTE.1, NOTE.0)), "{}", refused.out);
    // The other file was not edited, so nothing is asked.
    assert!(!refused.out.contains("estadofraude"), "{}", refused.out);
    assert_eq!(
        refused.err,
        "error: 1 rule files were edited, and nothing was written\n  \
         detail: standard output shows how they differ from what would be generated\n  \
         hint: `--keep` keeps these files and writes the others, `--overwrite` writes all\n"
    );
    assert_eq!(place.all(), before);

    let kept = place.generate(&["--keep"]);
    assert!(kept.err.contains("1 rules and") && kept.err.ends_with("; 1 with edits were kept\n"), "{}", kept.err);
    assert!(kept.out.contains("\ntipocorreo,\"edited, and kept: it differs from what would be generated\"\n"), "{}", kept.out);
    assert!(kept.out.contains("\nestadofraude,\"the catalog has changed, and the rule with it\"\n"), "{}", kept.out);
    assert!(place.read("tipocorreo.toml").contains(NOTE.1) && place.read("estadofraude.toml").contains("efrmas"));
    assert!(place.read("catalog.csv").contains("efrmas"));
    // An edit is recognised even without the snapshot.
    std::fs::remove_file(place.file("catalog.csv")).unwrap();
    assert_eq!(place.run(&["rules", "generate"]).code, Some(1));
    let overwritten = place.generate(&["--overwrite"]);
    assert!(overwritten.err.ends_with("; 1 with edits were overwritten\n"), "{}", overwritten.err);
    assert!(!place.read("tipocorreo.toml").contains(NOTE.1));
    assert_eq!(place.run(&["rules", "generate", "--keep", "--overwrite"]).code, Some(2));
}

/// On a terminal the difference is shown and the question is asked; the answer decides.
#[tokio::test]
async fn a_terminal_is_asked() {
    let place = Place::new("asked", TABLES).await;
    place.generate(&[]);
    place.edit("tipocorreo.toml", NOTE.0, NOTE.1);
    place.edit("estadofraude.toml", "source = ", "source  = ");
    let before = place.all();
    // script(1) gives the program a terminal.
    let on_terminal = |answers: &str| {
        let line = format!("printf '{answers}' | script -qec '{} rules generate' /dev/null", env!("CARGO_BIN_EXE_esclusa"));
        let mut shell = command("sh", &["-c", &line]);
        said(shell.env("ESCLUSA_CONTROL_URL", &place.url).env("ESCLUSA_RULES_DIRECTORY", place.rules.path()))
    };
    let quit = on_terminal("y\\nq\\n");
    assert!(quit.code == Some(1) && quit.out.contains("error: nothing was written"), "{quit:?}");
    assert_eq!(place.all(), before);
    let answered = on_terminal("\\ny\\n");
    assert_eq!(answered.code, Some(0), "{answered:?}");
    let question = format!("{} was edited. Overwrite it? yes, no, all, quit [no] ", place.file("tipocorreo.toml").display());
    assert!(answered.out.contains(&format!("-{}", NOTE.1)) && answered.out.contains(&question), "{}", answered.out);
    assert!(!place.read("tipocorreo.toml").contains(NOTE.1), "yes");
    assert!(place.read("estadofraude.toml").contains("source  = "), "no is what is not said");
}

/// What the plan names and the table does not have is reported and not copied; `check` has no fault to find.
#[tokio::test]
async fn nothing_is_written_that_check_refuses() {
    let ddl = "CREATE SCHEMA cf_quere_pro; SET search_path = cf_quere_pro;
        CREATE TABLE barrio (otroid numeric(5,0) PRIMARY KEY);
        CREATE TABLE hisbarrio (hbarrid numeric(5,0), hbarrnombre varchar(100), otra timestamp);
        CREATE TABLE tipocorreo (otro numeric(5,0) NOT NULL CONSTRAINT otro_pkey PRIMARY KEY, descr text);
        CREATE TABLE estadofraude (nada numeric(5,0));
        CREATE TABLE tipobonifdoc (nada numeric(5,0) PRIMARY KEY);";
    let place = Place::new("other_columns", ddl).await;
    let generated = place.generate(&[]);
    let findings: Vec<&str> = generated.out.lines().filter(|l| !l.contains("absent from the catalog")).collect();
    let told = |table: &str, what: &str| findings.iter().any(|l| l.starts_with(&format!("{table},")) && l.contains(what));
    for (table, what) in [
        ("hisbarrio", "the plan's key of base table barrio has no column barrid: left out"),
        ("hisbarrio", "column hbarrnombre mirrors barrio.barrnombre in the plan, which is not there: left out"),
        ("hisbarrio", "the plan's history_time_column is hbarrhsthora, which the table does not have: left out"),
        ("hisbarrio", "the plan's history_user_column is hbarrhstusu, which the table does not have: left out"),
        ("tipocorreo", "the table has no column tipctipo: constraint otro_pkey was taken"),
        ("tipocorreo", "the plan's txtid_column is tipcdesctxtid, which the table does not have: left out"),
        ("estadofraude", "the table has no column efrcod: no rule was made"),
        ("tipobonifdoc", ": no rule was made"),
    ] {
        assert!(told(table, what), "{table}: {what}\n{findings:#?}");
    }
    assert_eq!(place.all().into_keys().collect::<Vec<_>>(), ["catalog.csv", "hisbarrio.toml", "tipocorreo.toml"]);
    let check = place.run(&["check"]);
    assert_eq!(
        (check.code, check.out.as_str()),
        (Some(0), "2 rules and the settings have no fault; compared with the database\n")
    );
    // Nor does a new rule take the domain of a rule written by hand.
    std::fs::remove_file(place.file("tipocorreo.toml")).unwrap();
    let other = std::fs::read_to_string(root().join("rules/estadofraude.toml")).unwrap();
    let other = other.replace("ESTADO_FRAUDE", "TIPO_CORREO").replace("estadofraude", "propia");
    std::fs::write(place.file("propia.toml"), other).unwrap();
    let again = place.generate(&[]);
    assert!(again.out.contains("no rule was written: domain TIPO_CORREO belongs to table "), "{}", again.out);
    assert!(!place.file("tipocorreo.toml").exists() && place.file("propia.toml").exists());
}

/// After the move there is a view, or nothing, under the name: rule and snapshot keep their content.
#[tokio::test]
async fn what_has_been_moved_keeps_its_rule_and_its_place_in_the_snapshot() {
    let ddl = "CREATE TABLE hisconautocarta (hcacid numeric(10,0), hcacexpid numeric(5,0))";
    let retained = std::fs::read_dir(root().join("rules")).unwrap().map(|e| e.unwrap().path());
    let retained = retained.filter(|p| p.extension().is_some_and(|e| e == "toml"));
    let retained = retained.map(|p| std::fs::read_to_string(p).unwrap()).find(|t| t.contains("kind = \"retained\"")).unwrap();
    let name = retained.lines().find_map(|l| l.strip_prefix("table = \"")?.strip_suffix('"')).unwrap().to_owned();
    let columns: Vec<String> = retained
        .lines()
        .filter_map(|l| {
            let (name, rest) = l.trim().strip_prefix("{ name = \"")?.split_once("\",")?;
            let kind = rest.split("type = \"").nth(1)?.split('"').next()?;
            let null = if rest.contains("null = false") { " NOT NULL" } else { "" };
            Some(format!("{name} {kind}{null}"))
        })
        .collect();
    let ddl = format!("{TABLES} {ddl}; CREATE TABLE {name} ({})", columns.join(", "));
    let place = Place::new("moved", &ddl).await;
    place.generate(&[]);
    let before = place.all();
    for arguments in [
        &["schema", "apply"][..],
        &["migrate", "tipocorreo", "estadofraude"],
        &["rules", "set", &name, "rewrite"],
        &["migrate", &name],
        &["rules", "set", "tipocorreo", "rewrite"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?} {said:?}");
    }
    // A look-up behind its view, one that is gone with its archive, a history with two more columns: and the new tables.
    place.sql("DROP VIEW cf_quere_pro.tipocorreo; DROP SCHEMA mig_old CASCADE");
    let again = place.generate(&[]);
    assert!(!again.out.contains("\ntipocorreo,") && !again.out.contains("\nestadofraude,"), "{}", again.out);
    assert_eq!(place.all(), before, "{}", again.err);
    assert_eq!(place.run(&["check"]).code, Some(0));
    // Without the snapshot only the rule knows the table: it stays.
    std::fs::remove_file(place.file("catalog.csv")).unwrap();
    let again = place.generate(&[]);
    assert!(
        !again.out.contains("\ntipocorreo,") && place.read("tipocorreo.toml").as_bytes() == before["tipocorreo.toml"],
        "{again:?}"
    );
    assert_eq!(place.run(&["check"]).code, Some(0));
    // A table that no rule names and that was dropped is gone from the snapshot too.
    place.sql("CREATE TABLE cf_quere_pro.otra (x int)");
    place.generate(&[]);
    assert!(place.read("catalog.csv").contains("otra,r,x"));
    place.sql("DROP TABLE cf_quere_pro.otra");
    place.generate(&[]);
    assert!(!place.read("catalog.csv").contains("otra,r,x"));
}

/// A disk that is full, and a process that is killed while it writes, leave every old file as it was.
#[tokio::test]
async fn all_files_change_or_none() {
    let place = Place::new("full_disk", TABLES).await;
    place.generate(&[]);
    place.sql("ALTER TABLE cf_quere_pro.tipocorreo ADD mas text");
    // Its lines in the snapshot are more than a file may be long here; the rules are not.
    let many: String = (0..3000).map(|i| format!("CREATE TABLE cf_quere_pro.t{i} (x int);")).collect();
    place.sql(&many);
    let before = place.all();
    let program = env!("CARGO_BIN_EXE_esclusa");
    for (trap, code) in [("trap '' XFSZ; ", Some(3)), ("", None)] {
        let line = format!("{trap}ulimit -f 40; exec {program} rules generate");
        let mut shell = command("sh", &["-c", &line]);
        let said = said(shell.env("ESCLUSA_CONTROL_URL", &place.url).env("ESCLUSA_RULES_DIRECTORY", place.rules.path()));
        assert_eq!(said.code, code, "{said:?}");
        let mut after = place.all();
        if code.is_some() {
            assert!(said.err.contains("catalog.csv: File too large"), "{}", said.err);
        } else {
            // Killed: its unfinished files remain, under names that nothing reads.
            after.retain(|name, _| !(name.starts_with('.') && name.ends_with(".new")));
        }
        assert_eq!(after, before);
    }
    place.generate(&[]);
    assert!(place.all().keys().all(|name| !name.starts_with('.')) && place.read("tipocorreo.toml").contains("\"mas\""));
}

/// A faulty rule file: its table is left out, and every command continues with the others and says so.
#[tokio::test]
async fn one_faulty_file_stops_one_table() {
    let place = Place::new("faulty", TABLES).await;
    place.generate(&[]);
    place.edit("tipocorreo.toml", "kind = \"lookup\"", "kind = \"riddle\"");
    place.edit("estadofraude.toml", "numeric(5,0)", "numeric(6,0)");
    let fault = format!("{}:3: `riddle` is no kind", place.file("tipocorreo.toml").display());
    // All faults, those against the catalog too.
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.err.contains(&fault) && check.err.contains("column efrcod is numeric(5,0) in the catalog"), "{}", check.err);
    let list = place.run(&["rules", "list", "--format", "csv"]);
    assert_eq!(list.code, Some(0));
    assert!(list.err.starts_with(&format!("warning: {fault}")), "{}", list.err);
    assert!(list.out.contains("estadofraude,lookup") && !list.out.contains("tipocorreo"), "{}", list.out);
    let explain = place.run(&["explain", "SELECT * FROM estadofraude, tipocorreo"]);
    assert_eq!(explain.code, Some(0));
    assert!(explain.err.contains(&fault), "{}", explain.err);
    assert!(
        explain.out.contains("select of estadofraude: rewritten") && explain.out.contains("select of tipocorreo: opaque"),
        "{}",
        explain.out
    );
    assert!(explain.out.contains("its rule has faults"), "{}", explain.out);
    place.edit("estadofraude.toml", "numeric(6,0)", "numeric(5,0)");
    assert_eq!(place.run(&["schema", "apply"]).code, Some(0));
    for arguments in [&["migrate", "tipocorreo"][..], &["rules", "set", "tipocorreo", "observe"], &["verify", "tipocorreo"]] {
        let said = place.run(arguments);
        assert!(said.code == Some(1) && said.err.contains("the rule of tipocorreo has faults"), "{arguments:?} {said:?}");
    }
    let all = place.run(&["migrate", "--all", "--format", "csv"]);
    assert_eq!(all.code, Some(1));
    assert!(all.out.contains("\nestadofraude,\"moved, parity proven\",1,"), "{}", all.out);
    assert!(
        all.out.contains("tipocorreo,left as it was,0,") && all.err.ends_with("error: 1 tables were not migrated\n"),
        "{all:?}"
    );
    // It is also an edit: generating again shows it.
    assert_eq!(place.run(&["rules", "generate"]).code, Some(1));
    place.generate(&["--overwrite"]);
    assert_eq!(place.run(&["check"]).code, Some(0));
}

/// The command has the same gate as the console; and `check` reports a rewritten table whose view is missing.
#[tokio::test]
async fn a_switch_waits_for_the_move() {
    let place = Place::new("gate", TABLES).await;
    place.generate(&[]);
    assert_eq!(place.run(&["schema", "apply"]).code, Some(0));
    for mode in ["shadow", "rewrite", "refuse"] {
        let refused = place.run(&["rules", "set", "tipocorreo", "estadofraude", mode]);
        assert_eq!(
            (refused.code, refused.err),
            (
                Some(1),
                format!(
                    "error: 2 tables cannot be in mode {mode}, and nothing was switched\n  \
                     detail: tipocorreo: it has not been moved; estadofraude: it has not been moved\n  \
                     hint: `esclusa migrate tipocorreo estadofraude` moves what has not been moved\n"
                )
            )
        );
    }
    assert_eq!(place.run(&["migrate", "tipocorreo"]).code, Some(0));
    assert_eq!(place.run(&["rules", "set", "tipocorreo", "rewrite"]).code, Some(0));
    let back = place.run(&["rules", "set", "tipocorreo", "observe", "--format", "csv"]);
    assert!(
        back.out.ends_with(",observe,it has been moved: the compatibility view cf_quere_pro.tipocorreo answers\n"),
        "{}",
        back.out
    );
    assert_eq!(place.run(&["rules", "set", "tipocorreo", "rewrite"]).code, Some(0));
    assert_eq!(place.run(&["check"]).code, Some(0));
    place.sql("DROP VIEW esclusa.tipocorreo");
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1));
    assert!(
        check.err.contains("tipocorreo: mode rewrite: it has been moved, but view esclusa.tipocorreo is gone\n    hint: SHOW TABLES; `esclusa schema apply`"),
        "{}",
        check.err
    );
    assert_eq!(on(&place.url, &["rules", "set", "tipocorreo", "off"]).code, Some(0));
}
