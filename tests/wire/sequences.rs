//! Random sequences of protocol messages, legal and not, to the server with the legacy tables and through the proxy to the consolidated
//! ones: the transcripts are equal. A bounded count runs with the tests; `make messages N=1000000 SEED=2` runs more.
//!
//! The direct side is played first. Where the sequence waits, its client reads until nothing more comes, and the proxied one waits for as
//! many messages before it continues: so the proxy meets each frame with all, some or none of the earlier ones answered, and a reply that it
//! holds back is a difference. A sequence that differs is shortened as far as possible before it is reported.
//!
//! PostgreSQL 15 itself does not survive the Execute of a portal that a Query has left failed in an open transaction: so these tests have a server of
//! their own, and a sequence that crashes it is not compared.

#[path = "sequences/dice.rs"]
mod dice;
#[path = "sequences/said.rs"]
mod said;

use std::str::FromStr;
use std::time::{Duration, Instant};

use esclusa::config::Address;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::frames;
use crate::stage::{self, LEGACY, Socket, TARGET};
use crate::transcript::{self, Leniency};
use dice::Dice;
use said::Said;

/// A server that is silent for this long has sent everything.
const QUIET: Duration = Duration::from_millis(2);
/// The other side must send the same replies within this time.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a sequence that differs is played again to shorten it.
const SHORTENINGS: usize = 400;

/// The query after a sequence: once it is answered, everything is answered.
const END: &str = "rollback; select 'the end of the sequence'";
/// The state that a sequence leaves.
const STATE: [&str; 3] = [
    "select * from cf_quere_pro.tipocorreo order by 1, 2",
    "select * from cf_quere_pro.histipooficina order by 1, 2, 3, 4",
    "select * from cf_quere_pro.plain order by 1",
];
/// Makes the state of the beginning, on either side.
const RESET: &str = "truncate cf_quere_pro.tipocorreo; truncate cf_quere_pro.histipooficina; truncate cf_quere_pro.plain;
    insert into cf_quere_pro.tipocorreo select n, n * 100 from generate_series(1, 20) n;
    insert into cf_quere_pro.histipooficina select n, 'oficina ' || n, 'USR' || n, timestamp '2026-03-05 10:00' + n * interval '1 hour'
      from generate_series(1, 20) n;
    insert into cf_quere_pro.plain select n, repeat(chr(96 + n), n), n * 1.5 from generate_series(1, 20) n;";

/// One side.
struct Side {
    address: Address,
    database: &'static str,
}

/// The result of a sequence.
#[derive(Debug, Default)]
struct Played {
    lines: Vec<String>,
    /// How many messages had come at the end of each wait.
    waits: Vec<usize>,
    /// The tables afterwards.
    state: Vec<String>,
}

impl Played {
    /// The server has ended the connection without a message.
    fn is_broken_off(&self) -> bool {
        let closed = self.lines.iter().position(|line| line == "(closed)");
        closed.is_some_and(|at| !self.lines[..at].iter().any(|line| line.contains("SFATAL")))
    }
}

struct Player {
    socket: Box<dyn Socket>,
    bytes: Vec<u8>,
    lines: Vec<String>,
    is_closed: bool,
}

impl Player {
    /// Logs in; a server that has broken down is waited for.
    async fn log_in(side: &Side) -> Player {
        let parameters = [("user", "postgres"), ("database", side.database), ("search_path", "cf_quere_pro, public")];
        let began = Instant::now();
        loop {
            let socket = stage::tcp(&side.address).await;
            let mut player = Player { socket, bytes: Vec::new(), lines: Vec::new(), is_closed: false };
            player.send(&frames::startup(frames::V3_0, &parameters)).await;
            player.until_ready(1).await;
            if !player.is_closed {
                player.lines.clear();
                return player;
            }
            assert!(began.elapsed() < PATIENCE, "nobody can log in: {:?}", player.lines);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed refuses; what it said is what counts.
        let _ = self.socket.write_all(bytes).await;
    }

    /// Reads what comes next, if anything does within this time.
    async fn read(&mut self, patience: Duration) -> bool {
        if self.is_closed {
            return false;
        }
        let Ok(read) = tokio::time::timeout(patience, self.socket.read_buf(&mut self.bytes)).await else { return false };
        // A reset and a regular end are the same to a client: the kernel chooses.
        if read.unwrap_or(0) == 0 {
            self.is_closed = true;
            self.lines.push("(closed)".into());
        }
        while let Some(message) = transcript::take_message(&mut self.bytes) {
            self.lines.push(message.line(Leniency { rewritten: true, ..Leniency::default() }));
        }
        true
    }

    async fn until_count(&mut self, count: usize) {
        while self.lines.len() < count && self.read(PATIENCE).await {}
    }

    async fn until_ready(&mut self, times: usize) {
        let ready = |lines: &[String]| lines.iter().filter(|line| line.starts_with("Z ")).count();
        let (from, mut going) = (self.lines.len(), true);
        while going && ready(&self.lines[from..]) < times {
            going = self.read(PATIENCE).await;
        }
    }

    async fn query(&mut self, text: &str) {
        self.send(&frames::query(text)).await;
        self.until_ready(1).await;
    }
}

/// Plays a sequence on one side; `waits` are those of the direct one.
async fn play(side: &Side, sequence: &[Said], waits: Option<&[usize]>) -> Played {
    let mut player = Player::log_in(side).await;
    let mut played = Played::default();
    let mut burst = Vec::new();
    for said in sequence.iter().chain([&Said::Wait, &Said::CopyFail, &Said::Sync]) {
        burst.extend(said.bytes());
        if *said != Said::Wait {
            continue;
        }
        player.send(&std::mem::take(&mut burst)).await;
        match waits {
            Some(waits) => player.until_count(waits[played.waits.len()]).await,
            None => while player.read(QUIET).await {},
        }
        played.waits.push(player.lines.len());
    }
    // This ends whatever is open: a COPY, a stretch, a transaction.
    player.send(&[burst, frames::query(END)].concat()).await;
    let is_over = |lines: &[String]| {
        let end = lines.iter().position(|line| line.contains("the end of the sequence"));
        end.is_some_and(|end| lines[end..].iter().any(|line| line.starts_with("Z ")))
    };
    while !is_over(&player.lines) && player.read(PATIENCE).await {}
    played.lines = std::mem::take(&mut player.lines);
    if player.is_closed {
        player = Player::log_in(side).await;
    }
    for text in STATE {
        player.query(text).await;
    }
    player.send(&frames::terminate()).await;
    played.state = player.lines;
    played
}

/// Both sides, and what they began with.
struct Pair {
    direct: Side,
    proxied: Side,
    began: Vec<String>,
    dirty: bool,
    /// Number of sequences that crashed the server itself.
    broken: usize,
    /// As of [`Pair::started`].
    began_at: Vec<String>,
}

impl Pair {
    /// The tables as they were at the beginning.
    async fn reset(&mut self) {
        for side in [&self.direct, &self.proxied] {
            let mut player = Player::log_in(side).await;
            player.query(RESET).await;
            let failed = player.lines.iter().find(|line| line.starts_with('E'));
            assert_eq!(failed, None, "{} is not as it was", side.database);
            player.send(&frames::terminate()).await;
        }
        self.dirty = false;
    }

    /// Plays a sequence on both sides; the first difference.
    async fn difference(&mut self, name: &str, sequence: &[Said]) -> Option<String> {
        if self.dirty {
            self.reset().await;
        }
        let direct = play(&self.direct, sequence, None).await;
        if direct.is_broken_off() {
            self.broken += 1;
            self.dirty = true;
            return None;
        }
        let proxied = play(&self.proxied, sequence, Some(&direct.waits)).await;
        let started = self.started().await;
        if std::mem::replace(&mut self.began_at, started.clone()) != started {
            // Another process of the server broke down, and took with it what was not on the disk yet.
            self.broken += 1;
            self.dirty = true;
            return None;
        }
        let (direct_lines, mut proxied_lines) = (described(&direct.lines), described(&proxied.lines));
        if ends_later(&direct_lines, &proxied_lines) || sees_its_own(sequence) && direct_lines != proxied_lines {
            self.dirty = true;
            return None;
        }
        another_error(&direct_lines, &mut proxied_lines);
        self.dirty = direct.state != self.began || proxied.state != self.began;
        transcript::difference(name, "proxied", &direct_lines, &proxied_lines)
            .or_else(|| transcript::difference(name, "proxied, state", &direct.state, &proxied.state))
    }

    /// When the server's own processes began: a server that has crashed starts them again.
    async fn started(&self) -> Vec<String> {
        let mut player = Player::log_in(&self.direct).await;
        player.query("SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'").await;
        player.send(&frames::terminate()).await;
        player.lines
    }

    /// The shortest sequence found that still differs, and how.
    async fn shortened(&mut self, name: &str, mut sequence: Vec<Said>, mut found: String) -> (Vec<Said>, String) {
        let (mut left, mut size) = (SHORTENINGS, sequence.len() / 2);
        while size > 0 && left > 0 {
            let (mut at, before) = (0, sequence.len());
            while at < sequence.len() && left > 0 {
                let mut shorter = sequence.clone();
                shorter.drain(at..(at + size).min(sequence.len()));
                left -= 1;
                match self.difference(name, &shorter).await {
                    Some(difference) => (sequence, found) = (shorter, difference),
                    None => at += size,
                }
            }
            if size > 1 || sequence.len() == before {
                size /= 2;
            }
        }
        (sequence, found)
    }
}

/// Lines without a description of parameters that an error follows: for a statement whose relations no longer exist the server still describes the parameters, and
/// the proxy tries to prepare it again, without success (docs/differences.md).
fn described(lines: &[String]) -> Vec<String> {
    let is_lost = |n: usize| lines[n].starts_with("t ") && lines.get(n + 1).is_some_and(|next| next.starts_with("E "));
    (0..lines.len()).filter(|&n| !is_lost(n)).map(|n| lines[n].clone()).collect()
}

/// Whether a message that may not come during COPY has ended the direct session, where the view has reported a row before (docs/differences.md), and so
/// the COPY was over.
fn ends_later(direct: &[String], proxied: &[String]) -> bool {
    direct.iter().zip(proxied).any(|(direct, proxied)| {
        direct.contains("during COPY from stdin")
            && proxied.starts_with("E ")
            && proxied.contains(" C23505 ")
            && proxied.contains("COPY ")
    })
}

/// Whether a portal that changes rows of a table may be read in parts, so that another statement comes in between (docs/differences.md).
fn sees_its_own(sequence: &[Said]) -> bool {
    let changes = |said: &Said| matches!(said, Said::Parse { text, .. } if text.contains("returning"));
    sequence.iter().any(changes) && sequence.iter().any(|said| matches!(said, Said::Execute(_, rows) if *rows > 0))
}

/// Which of two errors is reported (docs/differences.md). A table checks rows of COPY many at a time, a view one by one: where the client gives up,
/// the view may already have reported a row. A statement whose names have changed their meaning is prepared again before anything else is checked. In a failed transaction a Parse may not have reached the server, which then still has the unnamed
/// statement before it.
fn another_error(direct: &[String], proxied: &mut [String]) {
    for (direct, proxied) in direct.iter().zip(proxied) {
        let gives_up = direct.contains("COPY from stdin failed") && proxied.starts_with("E ") && proxied.contains("COPY ");
        let is_earlier = direct.contains("WCOPY ")
            && !direct.contains(" C23505 ")
            && proxied.contains(" C23505 ")
            && proxied.contains("WCOPY ");
        let is_lost = direct.contains("unnamed prepared statement does not exist") && proxied.contains(" C25P02 ");
        let is_left = direct.contains("bind message supplies") && proxied.contains(" C42P01 ");
        if gives_up || is_earlier || is_left || is_lost {
            proxied.clone_from(direct);
        }
    }
}

fn given<T: FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test]
async fn any_sequence_of_messages_is_answered_alike() {
    let (most, seed) = (given("ESCLUSA_MESSAGES_N", 6_000_usize), given("ESCLUSA_MESSAGES_SEED", 1_u64));
    let (postgres, proxy) = stage::pair().await;
    let mut pair = Pair {
        direct: Side { address: Address::Tcp("127.0.0.1".into(), postgres.port), database: LEGACY },
        proxied: Side { address: proxy.address.clone(), database: TARGET },
        began: Vec::new(),
        dirty: true,
        broken: 0,
        began_at: Vec::new(),
    };
    pair.began_at = pair.started().await;
    pair.reset().await;
    pair.began = play(&pair.direct, &[], None).await.state;
    let (mut messages, mut number, mut told) = (0, given("ESCLUSA_MESSAGES_FIRST", 0_u64), Vec::new());
    while messages < most && told.len() < 10 {
        let sequence = Dice::new(seed << 32 | number).sequence();
        messages += sequence.iter().filter(|said| **said != Said::Wait).count();
        let name = format!("seed {seed}, sequence {number}");
        if let Some(found) = pair.difference(&name, &sequence).await {
            let (shortest, found) = pair.shortened(&name, sequence, found).await;
            let lines: Vec<String> = shortest.iter().map(|said| format!("    {said}")).collect();
            told.push(format!("{found}-- said\n{}\n", lines.join("\n")));
            println!("{}", told[told.len() - 1]);
        }
        number += 1;
        if number % 2000 == 0 {
            println!("{messages} messages in {number} sequences, {} differences", told.len());
        }
    }
    println!(
        "seed {seed}: {messages} messages in {number} sequences, {} differences; {} sequences broke the server itself",
        told.len(),
        pair.broken
    );
    assert!(pair.broken < 2 + number as usize / 500, "too many sequences break the server");
    assert!(told.is_empty(), "{}", told.join("\n"));
}
