//! `esclusa check`: one fault planted in correct rules and settings, and the line that reports it.

use std::path::{Path, PathBuf};

use crate::program::{Said, esclusa, root, said};

/// A rule directory with a few rules of the project and the snapshot.
struct Rules(tempfile::TempDir);

impl Rules {
    fn new() -> Rules {
        let rules = Rules(tempfile::tempdir().unwrap());
        for name in ["hisbarrio.toml", "tipocorreo.toml", "tipobonifdoc.toml", "hiscliente.toml", "catalog.csv"] {
            std::fs::copy(root().join("rules").join(name), rules.0.path().join(name)).unwrap();
        }
        rules
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replaces a text that occurs once in a file; returns its line.
    fn replace(&self, name: &str, old: &str, new: &str) -> usize {
        let text = std::fs::read_to_string(self.file(name)).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{name}: {old}\n{text}");
        std::fs::write(self.file(name), text.replace(old, new)).unwrap();
        text[..text.find(old).unwrap()].lines().count().max(1) + usize::from(text[..text.find(old).unwrap()].ends_with('\n'))
    }

    fn check(&self) -> Said {
        said(esclusa(&["check"]).env("ESCLUSA_RULES_DIRECTORY", self.0.path()))
    }
}

/// The check says this and nothing else, apart from hints.
fn assert_told(found: &Said, expected: &[String]) {
    assert_told_with(1, found, expected);
}

fn assert_told_with(code: i32, found: &Said, expected: &[String]) {
    let lines: Vec<&str> = found.err.lines().filter(|l| !l.starts_with("    hint: ")).collect();
    let lines: Vec<&str> = lines.iter().map(|l| l.strip_prefix("error: ").unwrap_or(l)).collect();
    assert_eq!((found.code, lines), (Some(code), expected.iter().map(String::as_str).collect()), "{found:?}");
}

/// File, a text in it, its replacement, and the fault at that line.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    // Invalid names.
    ("hisbarrio.toml", "time = \"hbarrhsthora\"", "time = \"hbarrhora\"", "target.time: table hisbarrio has no column hbarrhora"),
    ("hisbarrio.toml", "columns = [\"hbarrid\"]", "columns = [\"hbarr\"]", "key.columns: table hisbarrio has no column hbarr"),
    (
        "tipocorreo.toml",
        "text_id = \"tipcdesctxtid\"",
        "text_id = \"txtid\"",
        "target.text_id: table tipocorreo has no column txtid",
    ),
    ("hisbarrio.toml", "base = [\"barrid\"]", "base = [\"barr\"]", "base table barrio has no column barr"),
    ("hisbarrio.toml", "base = \"barrnombre\"", "base = \"nombre\"", "base table barrio has no column nombre"),
    ("hisbarrio.toml", "base = \"barrio\"", "base = \"barrios\"", "the catalog has no table barrios"),
    ("tipocorreo.toml", "table = \"tipocorreo\"", "table = \"tipocorreos\"", "no catalog has a table tipocorreos"),
    ("hisbarrio.toml", "\"hbarrnombre\", ", "\"hbarrid\",     ", "column hbarrid was named in line 8 already"),
    // Differences from the catalog.
    (
        "hisbarrio.toml",
        "varying(100)",
        "varying(50)",
        "column hbarrnombre is character varying(100) in the catalog, not character varying(50)",
    ),
    (
        "hisbarrio.toml",
        "varying(30)\", null = true",
        "varying(30)\", null = false",
        "column hbarrtipobarrio is nullable in the catalog",
    ),
    (
        "hisbarrio.toml",
        "varying(30)\", null = true",
        "varying(30)\", null = true, default = \"1\"",
        "the catalog's default of column hbarrtipobarrio is none",
    ),
    // Invalid keys.
    (
        "tipocorreo.toml",
        "unique = \"tipocorreo_pkey\"",
        "unique = \"tipocorreo_key\"",
        "the catalog's table tipocorreo has no constraint tipocorreo_key",
    ),
    ("hisbarrio.toml", "base = [\"barrid\"]", "base = [\"barrid\", \"barrlocid\"]", "key.base has 2 columns, key.columns has 1"),
    // Settings that a rule does not accept.
    ("tipocorreo.toml", "kind = \"lookup\"", "kind = \"look-up\"", "`look-up` is no kind"),
    (
        "hisbarrio.toml",
        "capture = \"application\"",
        "capture = \"never\"",
        "target.capture: `never` is neither application nor trigger",
    ),
    ("hisbarrio.toml", "wave = \"W1-C\"", "wages = \"W1-C\"", "unknown key `wages`"),
    ("tipocorreo.toml", "domain = \"TIPO_CORREO\"", "domain = 7", "target.domain: expected a string, found an integer"),
    ("tipocorreo.toml", "kind = \"lookup\"", "kind = \"lookup", "invalid basic string, expected `\"`"),
];

#[test]
fn sound_rules_have_no_fault() {
    let found = Rules::new().check();
    assert_eq!((found.code, found.err.as_str()), (Some(0), ""));
    assert_eq!(found.out, "4 rules and the settings have no fault; compared with the snapshot catalog.csv\n");
}

#[test]
fn every_fault_is_told_by_file_and_line() {
    for (file, old, new, fault) in FAULTS {
        let rules = Rules::new();
        let line = rules.replace(file, old, new);
        let found = rules.check();
        let expected = format!("{}:{line}: {fault}", rules.file(file).display());
        let lines: Vec<&str> = found.err.lines().map(|l| l.strip_prefix("error: ").unwrap_or(l)).collect();
        assert_eq!(found.code, Some(1), "{new}: {found:?}");
        assert!(lines.contains(&expected.as_str()), "{expected}\n{}", found.err);
    }
}

/// A fault without a line of its own is reported at the line of its section; nothing else is reported.
#[test]
fn a_column_that_the_rule_lacks_or_has_too_many() {
    let rules = Rules::new();
    let text = std::fs::read_to_string(rules.file("hisbarrio.toml")).unwrap();
    let without: String = text.lines().filter(|l| !l.contains("hbarrlocid")).map(|l| format!("{l}\n")).collect();
    std::fs::write(rules.file("hisbarrio.toml"), without).unwrap();
    let place = rules.file("hisbarrio.toml").display().to_string();
    assert_told(
        &rules.check(),
        &[format!("{place}:7: the catalog's table hisbarrio has a column hbarrlocid that the rule lacks")],
    );
    let more = text.replace("columns = [\n", "columns = [\n  { name = \"odd\", type = \"text\", null = true },\n");
    std::fs::write(rules.file("hisbarrio.toml"), more).unwrap();
    assert_told(&rules.check(), &[format!("{place}:8: the catalog's table hisbarrio has no column odd")]);
}

#[test]
fn columns_in_another_order() {
    let rules = Rules::new();
    let text = std::fs::read_to_string(rules.file("tipocorreo.toml")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.swap(7, 8);
    std::fs::write(rules.file("tipocorreo.toml"), lines.join("\n")).unwrap();
    let place = rules.file("tipocorreo.toml").display().to_string();
    assert_told(&rules.check(), &[format!("{place}:7: the columns of tipocorreo stand in another order in the catalog")]);
}

#[test]
fn two_rules_for_one_table_or_domain() {
    let rules = Rules::new();
    std::fs::copy(rules.file("tipocorreo.toml"), rules.file("zweite.toml")).unwrap();
    let (first, second) = (rules.file("tipocorreo.toml").display().to_string(), rules.file("zweite.toml").display().to_string());
    assert_told(&rules.check(), &[format!("{second}:2: a second rule for table tipocorreo; the first is {first}")]);
    std::fs::remove_file(rules.file("zweite.toml")).unwrap();
    std::fs::copy(root().join("rules/estadofraude.toml"), rules.file("estadofraude.toml")).unwrap();
    let line = rules.replace("tipocorreo.toml", "\"TIPO_CORREO\"", "\"ESTADO_FRAUDE\"");
    assert_told(&rules.check(), &[format!("{first}:{line}: domain ESTADO_FRAUDE belongs to table estadofraude already")]);
}

/// A key that the rule calls a constraint and the catalog does not know as one.
#[test]
fn a_key_that_is_not_one() {
    let rules = Rules::new();
    let line = rules.replace("hisbarrio.toml", "basis = \"guess: own-id\"", "basis = \"constraint\"") - 1;
    let place = rules.file("hisbarrio.toml").display().to_string();
    assert_told(&rules.check(), &[format!("{place}:{line}: (hbarrid) is no key of the catalog's table hisbarrio")]);
    let rules = Rules::new();
    let line = rules.replace("tipocorreo.toml", "columns = [\"tipctipo\"]", "columns = [\"tipcdesctxtid\"]");
    let place = rules.file("tipocorreo.toml").display().to_string();
    assert_told(
        &rules.check(),
        &[
            format!("{place}:{line}: (tipcdesctxtid) is no key of the catalog's table tipocorreo"),
            format!("{place}:{}: constraint tipocorreo_pkey is over (tipctipo), not over key.columns", line + 2),
        ],
    );
}

/// All faults of all files at once, in the order of files and lines.
#[test]
fn all_faults_at_once() {
    let rules = Rules::new();
    let first = rules.replace("hisbarrio.toml", "time = \"hbarrhsthora\"", "time = \"nada\"");
    let second = rules.replace("hisbarrio.toml", "user = \"hbarrhstusu\"", "usr = \"hbarrhstusu\"");
    let third = rules.replace("tipocorreo.toml", "text_id = ", "textid = ");
    let (his, tip) = (rules.file("hisbarrio.toml").display().to_string(), rules.file("tipocorreo.toml").display().to_string());
    assert_told(
        &rules.check(),
        &[
            format!("{his}:{first}: target.time: table hisbarrio has no column nada"),
            format!("{his}:{second}: unknown key `target.usr`"),
            format!("{tip}:{third}: unknown key `target.textid`"),
        ],
    );
}

#[test]
fn a_broken_snapshot() {
    let rules = Rules::new();
    rules.replace(
        "catalog.csv",
        "table,kind,column,type,not_null,default,keys\n",
        "table,kind,column,type,not_null,default,keys\nx,r\n",
    );
    let found = rules.check();
    assert_eq!(found.code, Some(2), "{found:?}");
    assert!(found.err.contains(&format!("{}:2: ", rules.file("catalog.csv").display())), "{}", found.err);
}

#[test]
fn an_empty_rule_directory() {
    let directory = tempfile::tempdir().unwrap();
    let found = said(esclusa(&["check"]).env("ESCLUSA_RULES_DIRECTORY", directory.path()));
    assert_eq!(found.code, Some(1));
    let expected = format!("error: there is no rule in {}\n    hint: run `esclusa rules generate`\n", directory.path().display());
    assert_eq!(found.err, expected);
}

fn settings(text: &str) -> (tempfile::NamedTempFile, Said) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let found = said(&mut esclusa(&["--config", &path(file.path()), "check"]));
    (file, found)
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn faults_of_settings() {
    let (file, found) = settings(
        "[listen]\nadress = \"127.0.0.1:1\"\n[upstream]\nconnect_timeout = 5\n\n[limits]\nstatement_bytes = \"big\"\n[odd]\n",
    );
    let place = path(file.path());
    assert_told_with(
        2,
        &found,
        &[
            format!("{place}:2: unknown key `adress` in [listen]"),
            format!("{place}:4: upstream.connect_timeout: expected a string such as \"5s\", found an integer"),
            format!("{place}:7: limits.statement_bytes: `big` is not a size such as \"256KiB\", \"64MiB\""),
            format!("{place}:8: unknown section [odd]"),
        ],
    );
    let (file, found) = settings("[listen]\naddress = \"127.0.0.1:6432\n");
    assert!(found.code == Some(2) && found.err.starts_with(&format!("error: {}:2: ", path(file.path()))), "{}", found.err);
}

/// A name that is to be kept for a regulator and that no rule has: the typo would cost the table its year.
#[test]
fn a_regulatory_name_without_a_rule_is_told() {
    let rules = Rules::new();
    let check = |names: &str| {
        let mut command = esclusa(&["check"]);
        said(command.env("ESCLUSA_RULES_DIRECTORY", rules.0.path()).env("ESCLUSA_CALENDAR_REGULATORY", names))
    };
    let sound = check("tipocorreo");
    assert_eq!(sound.code, Some(0), "{sound:?}");
    let found = check("tipocorreo, tipocoreo");
    assert_told(&found, &["calendar.regulatory: there is no rule for a table `tipocoreo`".into()]);
    assert!(found.err.contains("hint: write the legacy table's name"), "{found:?}");
}

/// A reason is one line of what is seen, wherever it is typed.
#[test]
fn a_reason_that_is_not_seen_is_refused() {
    let spool = tempfile::tempdir().unwrap();
    for why in ["a\u{202e}b", "a\nb", "", &"x".repeat(501)] {
        let found = said(esclusa(&["off", "--reason", why]).env("ESCLUSA_CONTROL_SPOOL", spool.path()));
        assert_eq!(found.code, Some(2), "{why}: {found:?}");
        assert!(found.err.contains("a reason "), "{found:?}");
    }
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0, "nobody was told");
}
