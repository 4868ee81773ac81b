//! The demo as a user runs it: what it prints is true, and however it ends, it leaves no process and no directory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "cli/program.rs"]
mod program;

use std::path::PathBuf;

use esclusa::demo::postgres::{Options, Postgres};
use program::{Running, esclusa, out, processes, psql, said, three_ports, until};

/// The directory of the private server of a process.
fn directory(process: u32) -> PathBuf {
    PathBuf::from(format!("/tmp/esclusa-pg-{process}-0"))
}

fn nothing_is_left(process: u32) {
    let directory = directory(process);
    until("the directory is still there", || !directory.exists());
    let name = directory.display().to_string();
    until("a process is still there", || processes(&name).is_empty());
}

/// The tour proves what it prints, and prints nothing else.
#[test]
fn the_tour_ends_with_its_proof() {
    let mut tour = Running::start(&mut esclusa(&["demo", "--once"]));
    assert_eq!(tour.ends(), Some(0), "{}", tour.heard);
    nothing_is_left(tour.id());
    let lines: Vec<&str> = tour.heard.lines().collect();
    assert!(lines[0].ends_with(" s] starting a private PostgreSQL"), "{}", tour.heard);
    let proof = lines.last().unwrap();
    let compared = proof.strip_prefix("proved: ").and_then(|p| p.split(' ').next()?.parse::<usize>().ok());
    assert!(compared.is_some_and(|n| n > 50), "{proof}");
    assert!(proof.ends_with(" answers compared, 0 differ; a table was switched under an open connection 5 times"), "{proof}");
    assert!(tour.heard.contains("rows of 202 tables moved, every one proven by") && tour.heard.contains("18 tables improved"));
    // No line of the log is between the lines of the tour.
    assert!(!["INFO", "WARN", "ERROR", "DEBUG"].iter().any(|w| tour.heard.contains(w)), "{}", tour.heard);
}

/// The commands that the demo prints are run as printed.
#[test]
fn what_it_prints_at_the_end_is_true() {
    let port = three_ports();
    let mut demo = Running::start(&mut esclusa(&["demo", "--port", &port.to_string()]));
    demo.hears("Ctrl-C ends the demo and removes everything.");
    let told: Vec<(Vec<String>, Vec<String>)> = invited(&demo.heard);
    assert_eq!(told.len(), 3, "{}", demo.heard);
    for (arguments, statements) in &told {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        for statement in statements {
            // A search path belongs to its session.
            let path = if arguments.contains(&"aquasis") { "SET search_path = cf_quere_pro" } else { "SHOW HELP" };
            let mut all = arguments.clone();
            if !arguments.contains(&"postgres") {
                all.extend(["-c", path]);
            }
            all.extend(["-c", statement.as_str()]);
            // Hits are written twice a second.
            let answered = || !out(&mut psql(&all)).is_empty() || statement.starts_with("SET search_path");
            until(&format!("no answer: {arguments:?} {statement}"), answered);
        }
    }
    let page = demo.heard.lines().find_map(|line| line.trim().strip_prefix("http://")?.split("/ ").next()).unwrap().to_owned();
    let mut socket = std::net::TcpStream::connect(&page).unwrap();
    std::io::Write::write_all(&mut socket, format!("GET / HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let overview = std::io::read_to_string(socket).unwrap();
    assert!(overview.starts_with("HTTP/1.1 200") && overview.contains("<ul class=\"answers\">"), "{overview}");
    assert!(told[0].1.iter().any(|s| s.starts_with("SELECT * FROM tipocorreo")), "{told:?}");
    // The last console command switched the table off: the view answers the same.
    let port_text = port.to_string();
    let count = |port: &str| {
        out(&mut psql(&[
            "-h",
            "127.0.0.1",
            "-p",
            port,
            "-U",
            "aquasis",
            "-c",
            "SELECT count(*) FROM cf_quere_pro.tipocorreo",
            "aqua",
        ]))
    };
    assert_eq!(count(&port_text), "12\n");

    // Another demo on the same ports ends at once and says why; so does one whose console's port is taken.
    for other in [port, port - 1] {
        let second = said(&mut esclusa(&["demo", "--port", &other.to_string()]));
        // The port before ours may be in use too.
        let expected = [other, port].map(|taken| {
            format!("error: listening on 127.0.0.1:{taken} (`--port` names another): Address already in use (os error 98)\n")
        });
        assert!(second.code == Some(3) && expected.contains(&second.err) && second.out.is_empty(), "{second:?}");
    }

    // Ctrl-C ends it, also while clients are connected, one of them within a transaction.
    let mut open = Running::start(
        psql(&[
            "-h",
            "127.0.0.1",
            "-p",
            &port_text,
            "-U",
            "aquasis",
            "-c",
            "BEGIN",
            "-c",
            "SELECT 'open'",
            "-c",
            "SELECT pg_sleep(1000)",
            "aqua",
        ])
        .env("PGCONNECT_TIMEOUT", "10"),
    );
    open.hears("open");
    demo.signal("INT");
    assert_eq!(demo.ends(), Some(0), "{}", demo.heard);
    nothing_is_left(demo.id());
    assert_ne!(open.ends(), Some(0));
}

/// From the printed text: the arguments of each psql, and the statements under it.
fn invited(heard: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let mut told = Vec::new();
    let lines: Vec<&str> = heard.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        if let Some(rest) = line.strip_prefix("  psql ") {
            let command = rest.split("    ").next().unwrap();
            let arguments = command.split_whitespace().map(str::to_owned).collect();
            let statements = lines[i + 1].trim().split(';').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
            told.push((arguments, statements));
        }
    }
    told
}

/// Ctrl-C and SIGTERM end the demo whatever it is doing, and a killed demo leaves nothing running.
#[test]
fn an_interrupted_demo_leaves_nothing() {
    for (step, signal, code) in [
        ("starting a private PostgreSQL", "INT", Some(1)),
        ("loading the legacy schema", "TERM", Some(1)),
        ("migrating 202 tables", "INT", Some(1)),
        ("loading the legacy schema", "KILL", None),
    ] {
        for once in [true, false] {
            let port = three_ports().to_string();
            let arguments = if once { vec!["demo", "--once"] } else { vec!["demo", "--port", &port] };
            let mut demo = Running::start(&mut esclusa(&arguments));
            demo.hears(step);
            demo.signal(signal);
            assert_eq!(demo.ends(), code, "{step} {signal}: {}", demo.heard);
            assert_eq!(demo.heard.contains("interrupted"), code.is_some(), "{}", demo.heard);
            nothing_is_left(demo.id());
        }
    }
}

/// A server that cannot start says why at once, and leaves nothing.
#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(taken.local_addr().unwrap().port());
    let error = Postgres::start(&Options { port, ..Options::default() }).await.unwrap_err();
    assert_eq!(error.to_string(), "the private PostgreSQL did not start");
    let detail = error.more().concat();
    assert!(detail.contains("could not bind IPv4 address \"127.0.0.1\": Address already in use"), "{detail}");
    assert!(!directory(std::process::id()).exists());
}
