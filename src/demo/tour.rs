//! What `esclusa demo` does on the stage: traffic as AQUASIS sends it, compared with the direct answers, and how to look for oneself.

use std::time::Instant;

use super::stage::{APPLICATION, Plot, Stage, TARGET};
use crate::config::Address;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::twin::{Client, script};

/// Statements as AQUASIS sends them: look-ups, histories, junctions, joins, writes.
const TRAFFIC: &str = include_str!("traffic.sql");

/// Runs the tour and ends.
pub async fn once() -> Result<()> {
    let stage = raise(Plot::default()).await?;
    let compared = compare(&stage).await?;
    let switched = switch(&stage).await?;
    report(&stage).await?;
    stage.strike().await;
    println!("\nproved: {compared} answers compared, 0 differ; a table was switched under an open connection {switched} times");
    Ok(())
}

/// Builds the stage and leaves it standing until the user has seen enough.
pub async fn stay(port: u16) -> Result<()> {
    let stage = raise(Plot { port: Some(port), views: true, ..Plot::default() }).await?;
    let compared = compare(&stage).await?;
    report(&stage).await?;
    let console = match &stage.proxy.console {
        Address::Tcp(_, port) => *port,
        Address::Unix(_) => 0,
    };
    println!("\n{compared} answers compared with the direct ones, 0 differ. Look for yourself:");
    println!("  psql -h 127.0.0.1 -p {port} -U {APPLICATION} {TARGET}    as AQUASIS, through the proxy:");
    println!("      SET search_path = cf_quere_pro; SELECT * FROM tipocorreo; EXPLAIN SELECT * FROM tipocorreo;");
    println!("  psql -h 127.0.0.1 -p {console} -U esclusa esclusa      the console:");
    println!("      SHOW HITS; SHOW TABLES; SET MODE observe FOR tipocorreo; SHOW HELP;");
    println!(
        "  psql -h 127.0.0.1 -p {} -U postgres {TARGET}   behind the proxy: SELECT * FROM esclusa.hit;",
        stage.postgres.port
    );
    println!("Ctrl-C ends the demo and removes everything.");
    let _ = tokio::signal::ctrl_c().await;
    stage.strike().await;
    Ok(())
}

async fn raise(plot: Plot) -> Result<Stage> {
    let started = Instant::now();
    let stage = Stage::build(&plot, &mut |step| println!("[{:6.2} s] {step}", started.elapsed().as_secs_f64())).await?;
    let moved = stage.outcomes.iter().filter(|o| o.parity.is_some());
    let (tables, rows) = moved.fold((0, 0), |(t, r), o| (t + 1, r + o.rows));
    let improved = stage.outcomes.len() - tables;
    println!(
        "[{:6.2} s] {} rows loaded; {rows} rows of {tables} tables moved, every one proven by {} checks; {improved} tables improved",
        started.elapsed().as_secs_f64(),
        stage.rows,
        stage.outcomes.iter().filter_map(|o| o.parity.as_ref()).map(|p| p.verdicts.len()).sum::<usize>(),
    );
    Ok(stage)
}

/// Sends the traffic directly and through the proxy. A difference is an error, told in full.
async fn compare(stage: &Stage) -> Result<usize> {
    let mut pair = stage.pair().await?;
    let policy = stage.proxy.shared.policy.load_full();
    let report = pair.run("demo", &script::parse(TRAFFIC), &policy).await?;
    if report.differences.is_empty() {
        println!("{} statements sent directly and through the proxy", report.statements);
        return Ok(report.comparisons);
    }
    report.differences.iter().for_each(|d| println!("{d}"));
    Err(Error::Refused {
        message: format!("{} of {} answers differ from the direct ones", report.differences.len(), report.comparisons),
        detail: None,
        hint: None,
    })
}

/// Switches a table back and forth while a connection is open: without the legacy table the mode decides whether it is there.
async fn switch(stage: &Stage) -> Result<usize> {
    let mut client =
        Client::connect(&stage.proxy.address, &[("user", APPLICATION), ("database", TARGET), ("search_path", "cf_quere_pro")])
            .await?;
    let tables = ["histipooficina".to_owned()];
    let mut switches = 0;
    for (mode, there) in
        [(Mode::Rewrite, true), (Mode::Observe, false), (Mode::Rewrite, true), (Mode::Refuse, false), (Mode::Rewrite, true)]
    {
        stage.proxy.admin().set_modes(&tables, mode, "esclusa demo", Some("to show that it works")).await?;
        let answer = client.query("SELECT count(*) FROM histipooficina").await?;
        if answer.error().is_none() != there {
            return Err(Error::refused(format!("in mode {mode} the table should {}be there", if there { "" } else { "not " })));
        }
        switches += 1;
    }
    Ok(switches)
}

/// What was hit, as the console and schema `esclusa` show it.
async fn report(stage: &Stage) -> Result<()> {
    let mut hits = stage.proxy.shared.traffic.report();
    let total = hits.rows.len();
    hits.rows.truncate(12);
    println!("\nwhat was hit (the first {} of {total} rows of SHOW HITS):\n{}", hits.rows.len(), hits.aligned());
    Ok(())
}
