//! The twin over every script of `tests/twin` and the corpora: what Hibernate and awkward Java code send.

use esclusa::demo::stage::{Plot, Stage};
use esclusa::twin::script;

#[tokio::test]
async fn every_script_on_dropped_tables() {
    let stage = Stage::build(&Plot::default(), &mut |s| eprintln!("{s}")).await.unwrap();
    let mut pair = stage.pair().await.unwrap();
    let policy = stage.proxy.shared.policy.load_full();
    let (mut statements, mut comparisons, mut differences) = (0, 0, Vec::new());
    let mut files: Vec<_> = ["tests/twin", "tests/twin/corpora"]
        .iter()
        .flat_map(|d| std::fs::read_dir(d).unwrap())
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let cases = script::parse(&std::fs::read_to_string(&file).unwrap());
        let cases: Vec<_> = cases.into_iter().filter(|c| policy.may_name(c.text.as_bytes())).collect();
        let report = pair.run(&name, &cases, &policy).await.unwrap();
        eprintln!("{name}: {} statements, {} comparisons, {} differences", report.statements, report.comparisons, report.differences.len());
        statements += report.statements;
        comparisons += report.comparisons;
        differences.extend(report.differences);
    }
    for d in &differences { println!("{d}"); }
    assert!(differences.is_empty(), "{} of {comparisons} comparisons differ", differences.len());
    println!("{statements}");
    stage.strike().await;
}
