//! A proxy that is killed with -9 may have sent the statements that the server counted: its successor ends the doubt; without a successor, uses are
//! reported after a while as not certain. And `esclusa off`, with the program itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use esclusa::config::{Address, Url};
use esclusa::rule::file;
use esclusa::twin::Client;

use super::calls::{bed_with_role, psql};
use super::common::{Bed, SCHEMA, server};
use super::process::Process;
use super::{role, seen};

const SPAN: Duration = Duration::from_millis(500);

/// Rules and spools of two proxies.
struct Stage {
    bed: Bed,
    control: Url,
    rules: PathBuf,
    spools: [tempfile::TempDir; 2],
}

impl Stage {
    async fn new() -> Stage {
        let (bed, control) = bed_with_role().await;
        let rules = server().await.directory.join(format!("rules-{}", bed.name()));
        std::fs::create_dir_all(&rules).unwrap();
        for rule in bed.rules.rules.values() {
            std::fs::write(rules.join(format!("{}.toml", rule.table)), file::print(rule)).unwrap();
        }
        Stage { bed, control, rules, spools: [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()] }
    }

    async fn start(&self, spool: &Path) -> Process {
        let more = [("ESCLUSA_CONTROL_URL", self.control.secret()), ("ESCLUSA_CONTROL_AROUND_INTERVAL", "200ms")];
        Process::start_with(server().await.port, self.bed.name(), &self.rules, spool, SPAN, &more)
    }

    async fn read(&self, address: &Address, user: &str, times: usize) {
        let parameters = [("user", user), ("database", self.bed.name()), ("search_path", SCHEMA)];
        let mut client = Client::connect(address, &parameters).await.unwrap();
        for _ in 0..times {
            assert!(client.query("SELECT tcdesc FROM tipocolor WHERE tcid = 1").await.unwrap().error().is_none());
        }
    }

    /// The lines of tipocolor, once there are any; and after how long.
    async fn told(&self) -> (Vec<String>, Duration) {
        let begun = Instant::now();
        loop {
            let lines = seen(&self.bed).await;
            if !lines.is_empty() || begun.elapsed() > Duration::from_secs(70) {
                return (lines, begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn a_killed_proxy_is_waited_for_until_its_spool_is_delivered() {
    let stage = Stage::new().await;
    let bed = &stage.bed;
    let (app, report) = (role(bed, "app").await, role(bed, "report").await);
    let mut one = stage.start(stage.spools[0].path()).await;
    let two = stage.start(stage.spools[1].path()).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    // In its spool, and perhaps no further.
    stage.read(&one.address, &app, 3).await;
    tokio::time::sleep(SPAN + SPAN / 4).await;
    one.kill();
    psql(bed, &report, "SELECT tcid FROM cf_quere_pro.tipocolor").await;
    // It is started again, and finds the spool of the one before.
    let one = stage.start(stage.spools[0].path()).await;
    let (lines, after) = stage.told().await;
    assert!(after < Duration::from_secs(30), "{after:?}");
    assert!(lines.iter().all(|line| line.contains(&report) && !line.contains("unsure")), "{lines:#?}");
    assert_eq!(bed.cell("SELECT sum(hits) FROM esclusa.hit_total WHERE legacy_table = 'tipocolor'").await, "3");
    drop((one, two));
}

#[tokio::test]
async fn a_proxy_that_never_comes_back_leaves_doubt_and_no_silence() {
    let stage = Stage::new().await;
    let bed = &stage.bed;
    let report = role(bed, "report").await;
    let mut one = stage.start(stage.spools[0].path()).await;
    let two = stage.start(stage.spools[1].path()).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    one.kill();
    psql(bed, &report, "SELECT tcid FROM cf_quere_pro.tipocolor").await;
    let (lines, after) = stage.told().await;
    assert!(after < Duration::from_secs(60), "{after:?}");
    assert!(lines.iter().all(|line| line.contains(&report) && line.ends_with("|calls|unsure")), "{lines:#?}");
    drop(two);
}

#[tokio::test]
async fn esclusa_off_accuses_nobody_and_is_not_covered() {
    let stage = Stage::new().await;
    let bed = &stage.bed;
    let app = role(bed, "app").await;
    let one = stage.start(stage.spools[0].path()).await;
    let two = stage.start(stage.spools[1].path()).await;
    // Long enough for a growing count to be reported.
    tokio::time::sleep(Duration::from_secs(22)).await;
    let off = async |more: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
        let ended = command.arg("off").args(more).env("ESCLUSA_CONTROL_SPOOL", stage.spools[1].path()).output().await.unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    // One of the two alone, and for a moment.
    off(&[]).await;
    stage.read(&two.address, &app, 20).await;
    off(&["--undo"]).await;
    tokio::time::sleep(Duration::from_secs(45)).await;
    assert_eq!(seen(bed).await, Vec::<String>::new());
    let blind = "SELECT DISTINCT witness FROM esclusa.around_blind WHERE legacy_table = 'tipocolor' AND blind_us > 0 ORDER BY 1";
    super::common::wait_for(&bed.db, &format!("SELECT count(*) = 2 FROM ({blind}) AS b")).await;
    // It is not blind for ever: only until no proxy reports uses any more and the counts have been read twice since.
    let report = role(bed, "report").await;
    let sighted = "SELECT count(*) = 0 FROM esclusa.proxy_process WHERE uncounted && '{tipocolor,*}'";
    tokio::time::sleep(Duration::from_secs(15)).await;
    super::common::wait_for(&bed.db, sighted).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    psql(bed, &report, "SELECT tcid FROM cf_quere_pro.tipocolor").await;
    let (lines, after) = stage.told().await;
    assert!(after < Duration::from_secs(60) && lines.iter().all(|line| line.contains(&report)), "{after:?} {lines:#?}");
    drop((one, two));
}
