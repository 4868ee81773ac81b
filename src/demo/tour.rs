//! What `esclusa demo` does on the stage: it sends traffic like AQUASIS', compares it with the direct answers, and prints how to look around.

use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::stage::{APPLICATION, Plot, Stage, TARGET};
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::report;
use crate::report::verdict::{Language, headline};
use crate::twin::{Client, script};

/// Statements as AQUASIS sends them: look-ups, histories, junctions, joins, writes.
const TRAFFIC: &str = include_str!("traffic.sql");

/// Where the tour prints its text.
pub type Say<'s> = &'s dyn Fn(&str) -> Result<()>;

/// Runs the tour and ends.
pub async fn once(say: Say<'_>) -> Result<()> {
    let tour = async {
        let stage = raise(Plot::default(), say).await?;
        let compared = compare(&stage, say).await?;
        let switched = switch(&stage).await?;
        report(&stage, say).await?;
        stage.strike().await;
        say(&format!(
            "\nproved: {compared} answers compared, 0 differ; a table was switched under an open connection {switched} times\n"
        ))
    };
    let mut end = End::watch()?;
    tokio::select! {
        told = tour => told,
        () = end.asked() => Err(Error::refused("the tour was interrupted")),
    }
}

/// Builds the stage and keeps it running until the user ends it.
pub async fn stay(port: u16, say: Say<'_>) -> Result<()> {
    let mut end = End::watch()?;
    let build = async {
        let stage = raise(Plot { port: Some(port), views: true, ..Plot::default() }, say).await?;
        let compared = compare(&stage, say).await?;
        report(&stage, say).await?;
        say(&invitation(&stage, port, compared))?;
        Ok::<_, Error>(stage)
    };
    // A half-built stage removes itself when dropped: the server, its processes, its directory.
    let stage = tokio::select! {
        stage = build => stage?,
        () = end.asked() => return Err(Error::refused("the demo was interrupted before it was ready")),
    };
    end.asked().await;
    stage.strike().await;
    Ok(())
}

/// The text on how to look around.
fn invitation(stage: &Stage, port: u16, compared: usize) -> String {
    let server = stage.postgres.port;
    format!(
        "\n{compared} answers compared with the direct ones, 0 differ. Look for yourself:\n  \
         psql -h 127.0.0.1 -p {port} -U {APPLICATION} {TARGET}    as AQUASIS, through the proxy:\n      \
         SET search_path = cf_quere_pro; SELECT * FROM tipocorreo; EXPLAIN SELECT * FROM tipocorreo;\n  \
         psql -h 127.0.0.1 -p {console} -U esclusa esclusa    the console:\n      \
         SHOW HITS; SHOW TABLES; SET MODE observe FOR tipocorreo; SHOW HELP;\n  \
         psql -h 127.0.0.1 -p {server} -U postgres {TARGET}    behind the proxy:\n      \
         SELECT * FROM esclusa.hit;\n  \
         http://localhost:{page}/    the page: what may move next and why, and each table with who uses it\n\
         Ctrl-C ends the demo and removes everything.\n",
        console = port + 1,
        page = port + 2
    )
}

/// Ctrl-C, or a service manager's request to end.
struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    fn watch() -> Result<End> {
        let hook = |kind| signal(kind).map_err(|e| Error::io("installing a signal handler", e));
        Ok(End { interrupt: hook(SignalKind::interrupt())?, terminate: hook(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

async fn raise(plot: Plot, say: Say<'_>) -> Result<Stage> {
    let started = Instant::now();
    // A step whose line cannot be printed is done all the same; the next print returns the error.
    let mut tell = |step: &str| {
        let _ = say(&format!("[{:6.2} s] {step}\n", started.elapsed().as_secs_f64()));
    };
    let stage = Stage::build(&plot, &mut tell).await?;
    let moved = stage.outcomes.iter().filter(|o| o.parity.is_some());
    let (tables, rows) = moved.fold((0, 0), |(t, r), o| (t + 1, r + o.rows));
    let improved = stage.outcomes.len() - tables;
    tell(&format!(
        "{} rows loaded; {rows} rows of {tables} tables moved, every one proven by {} checks; {improved} tables improved",
        stage.rows,
        stage.outcomes.iter().filter_map(|o| o.parity.as_ref()).map(|p| p.verdicts.len()).sum::<usize>(),
    ));
    Ok(stage)
}

/// Sends the traffic directly and through the proxy. A difference is an error, printed in full.
async fn compare(stage: &Stage, say: Say<'_>) -> Result<usize> {
    let mut pair = stage.pair().await?;
    let policy = stage.proxy.shared.policy.load_full();
    let report = pair.run("demo", &script::parse("demo/traffic.sql".as_ref(), TRAFFIC)?, &policy).await?;
    if report.differences.is_empty() {
        say(&format!("{} statements sent directly and through the proxy\n", report.statements))?;
        return Ok(report.comparisons);
    }
    for difference in &report.differences {
        say(&format!("{difference}\n"))?;
    }
    Err(Error::Refused {
        message: format!("{} of {} answers differ from the direct ones", report.differences.len(), report.comparisons),
        detail: None,
        hint: None,
    })
}

/// Switches a table back and forth while a connection is open: as the legacy table is gone, the mode decides whether its name exists.
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

/// Prints the hits, as the console shows them, and what follows from them: the first screen of `esclusa report`.
async fn report(stage: &Stage, say: Say<'_>) -> Result<()> {
    let mut hits = report::hits(&stage.proxy.shared);
    let total = hits.rows.len();
    hits.rows.truncate(12);
    say(&format!("\nwhat was hit (the first {} of {total} rows of SHOW HITS):\n{}", hits.rows.len(), hits.aligned()))?;
    let proxy = &stage.proxy;
    if let Some(usage) = report::find("usage") {
        // Asking the proxy makes it write its counts first.
        proxy.admin().recorded(usage).await?;
    }
    let settings = proxy.shared.settings.load_full();
    let tables = proxy.shared.policy.load().entries().map(|e| e.relation.table.clone()).collect();
    let asked = report::Asked { time_zone: settings.rules.time_zone.clone(), tables, ..report::Asked::default() };
    let database = stage.postgres.connect(TARGET).await?;
    let judged = report::overview::judged(&database, &settings, &asked, Language::English).await?;
    let mut verdicts = report::overview::table(&judged, Language::English);
    verdicts.rows.truncate(8);
    let answers = headline(&judged, Language::English).join("\n");
    say(&format!("\nwhat can move (the first screen of `esclusa report`):\n{answers}\n\n{}", verdicts.aligned()))
}
