//! Names in files and function bodies next to observed uses: scans recorded by the program itself, bodies in the catalog, and the headline.

use std::path::Path;
use std::process::Output;

use esclusa::config::{Settings, Url};
use esclusa::report::verdict::Language;
use esclusa::report::{self, Asked};
use esclusa::rule::file;

use super::calls::bed_with_role;
use super::common::Bed;

struct Stage {
    bed: Bed,
    control: Url,
    rules: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Stage {
        let (bed, control) = bed_with_role().await;
        let rules = tempfile::tempdir().unwrap();
        for rule in bed.rules.rules.values() {
            std::fs::write(rules.path().join(format!("{}.toml", rule.table)), file::print(rule)).unwrap();
        }
        Stage { bed, control, rules }
    }

    async fn scan(&self, paths: &[&Path]) -> Output {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
        command.args(["scan", "--record"]).args(paths).env("USER", "ana").env("ESCLUSA_RULES_DIRECTORY", self.rules.path());
        command.env("ESCLUSA_CONTROL_URL", self.control.secret()).output().await.unwrap()
    }

    /// A report, each row as its cells.
    async fn report(&self, name: &str, language: Language) -> Vec<Vec<String>> {
        let mut settings = Settings::defaults().unwrap();
        settings.control.url = self.control.clone();
        settings.rules.directory = self.rules.path().to_owned();
        let tables = self.bed.rules.rules.keys().cloned().collect();
        let asked = Asked { time_zone: "UTC".into(), tables, ..Asked::default() };
        let database = esclusa::catalog::Database::connect(&self.control, None).await.unwrap();
        let table = report::find(name).unwrap().read(&database, &settings, &asked, language).await.unwrap();
        table.rows.iter().map(|row| row.iter().map(esclusa::table::Cell::text).collect()).collect()
    }
}

#[tokio::test]
async fn what_is_written_is_a_witness_too() {
    let stage = Stage::new().await;
    let sources = tempfile::tempdir().unwrap();
    let inner = sources.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("A.java"), "String a = \"SELECT x FROM tipocolor\";\nString b = \"DELETE FROM tipocolor\";\n")
        .unwrap();
    std::fs::write(sources.path().join("b.sql"), "SELECT 'secret' FROM tipocolor WHERE 1 = 2;\n").unwrap();
    // A part of it first, then all of it, twice: what is below a root is a part of it.
    for path in [inner.as_path(), sources.path(), sources.path()] {
        let ended = stage.scan(&[path]).await;
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(String::from_utf8_lossy(&ended.stdout).contains("A.java"));
    }
    let scans = stage.report("scans", Language::English).await;
    let told: Vec<String> = scans.iter().map(|row| format!("{} {} {} {} {}", row[1], row[2], row[3], row[4], row[8])).collect();
    assert_eq!(told, ["tipocolor delete java 1 ana", "tipocolor select java 1 ana", "tipocolor select sql 1 ana"]);
    let kept = stage.bed.rows("SELECT * FROM esclusa.scan_found").await.concat();
    assert!(!kept.contains("secret"), "{kept}");
    // tipotalla is named by two functions, one of them dynamic.
    let witnesses = stage.report("witnesses", Language::English).await;
    let part = |row: &Vec<String>| format!("{}: {} [{} {} {}]", row[0], row[1], row[9], row[11], row[12]);
    assert_eq!(
        witnesses.iter().map(part).collect::<Vec<_>>(),
        [
            "tipocolor: DISAGREE: no use was seen, but sources name it [3 0 0]",
            "tipotalla: DISAGREE: no use was seen, but bodies in the catalog name it [0 1 1]"
        ]
    );
    assert!(witnesses.iter().all(|row| row[10].starts_with("20")), "{witnesses:?}");
    assert!(stage.report("witnesses", Language::Spanish).await[0][1].starts_with("CONTRADICCIÓN"));
    // For a moved table no bodies are searched.
    stage.bed.migrate("tipotalla").await.unwrap();
    let moved = stage.report("witnesses", Language::English).await;
    assert!(moved.iter().any(|row| row[0] == "tipotalla" && row[11].is_empty()), "{moved:?}");
    // Without esclusa's tables it says so before it begins.
    stage.bed.sql("DROP TABLE esclusa.scan_found").await;
    let refused = stage.scan(&[sources.path()]).await;
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("schema apply"));
}
