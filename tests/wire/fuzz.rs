//! Seeded fuzz of both sides of a session. A small count runs with the tests; `ESCLUSA_FUZZ_SECONDS` runs new seeds for so long.

use std::time::{Duration, Instant};

use esclusa::config::Settings;
use esclusa::error::Result;
use esclusa::session::{self, Connect, PeerAddress, Shared};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::LocalSet;

use crate::fake;
use crate::frames::*;
use crate::stage::{PATIENCE, Pipe, policy};

/// Texts of every kind: plain, legacy, broken, setting the path.
const TEXTS: &[&str] = &[
    "select 1",
    "",
    "select * from tipocorreo where tipctipo = $1",
    "insert into cf_quere_pro.tipocorreo values (1, 2); select 1",
    "update histipooficina set htofdescri = 'x' where htofid in (select tipctipo from tipocorreo)",
    "delete from tipocorreo; rollback; copy tipocorreo from stdin",
    "set search_path = public; discard all",
    "select 'tipocorreo",
    "select ((((( /* tipocorreo",
    "with tipocorreo as (select 1) select $$ from \" tipocorreo",
    "begin",
    "selec tipocorreo \u{f1}\u{1F600}",
];

struct Dice(ChaCha8Rng);

impl Dice {
    fn one_of<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.0.random_range(0..of.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.0.random_range(0..=most)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn once_in(&mut self, n: u32) -> bool {
        self.0.random_ratio(1, n)
    }

    fn client_frame(&mut self) -> Vec<u8> {
        let name = *self.one_of(&["", "s", "p", "esclusa question"]);
        let text = *self.one_of(TEXTS);
        match self.0.random_range(0..14) {
            0 | 1 => query(text),
            2 | 3 => parse(name, text, &[0]),
            4 => bind_text(name, name, &["1"]),
            5 => describe(*self.one_of(b"SPX"), name),
            6 => execute(name, 1),
            7 => close(*self.one_of(b"SPX"), name),
            8 => sync(),
            9 => flush(),
            10 => copy_data(self.bytes(300)),
            11 => copy_done(),
            12 => function_call(1299, &[]),
            _ => frame(*self.one_of(b"QPBEDCSHFdcfp"), &[&self.bytes(40)]),
        }
    }

    fn server_frame(&mut self) -> Vec<u8> {
        let body = self.bytes(30);
        match self.0.random_range(0..16) {
            0 => fake::row(&body),
            1 => fake::complete("SELECT 3"),
            2 | 3 => frame(b'Z', &[&[*self.one_of(b"ITE")]]),
            4 => frame(b'E', &[b"SERROR\0VERROR\0C42P01\0Mrelation \"domain_value\"\0P17\0\0"]),
            5 => frame(b'E', &[b"SFATAL\0VFATAL\0C57P01\0Mx\0\0"]),
            6 => frame(b'S', &[b"client_encoding\0SJIS\0"]),
            7 => frame(b'N', &[b"SNOTICE\0VNOTICE\0Mx\0\0"]),
            8 => frame(*self.one_of(b"GHW"), &[&[0, 0, 0]]),
            9 => frame(*self.one_of(b"123nIs"), &[]),
            10 => frame(b'R', &[&[0, 0, 0, 10], b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"]),
            11 => frame(
                b'C',
                &[*self.one_of(&[&b"DISCARD ALL\0"[..], b"DEALLOCATE ALL\0", b"INSERT 0 99999999999999999999\0", b""])],
            ),
            _ => frame(*self.one_of(b"RSEZCDT123nsINAGHWVtvKx"), &[&body]),
        }
    }

    /// Frames, some of them damaged. Few streams are damaged, or none would get far.
    fn stream(&mut self, frames: usize, frame: impl Fn(&mut Self) -> Vec<u8>) -> Vec<u8> {
        let broken = self.once_in(3);
        let mut out = Vec::new();
        for _ in 0..frames {
            let mut frame = frame(self);
            if broken && self.once_in(10) {
                match self.0.random_range(0..4) {
                    0 => frame.truncate(self.0.random_range(0..frame.len())),
                    1 => {
                        let at = self.0.random_range(0..frame.len());
                        frame[at] = self.0.random();
                    }
                    2 => frame = self.bytes(20),
                    _ => frame.extend(self.bytes(5)),
                }
            }
            out.extend(frame);
        }
        out
    }
}

struct Given(std::cell::RefCell<Option<DuplexStream>>);

impl Connect for Given {
    type Stream = Pipe;
    async fn connect(&self) -> Result<Pipe> {
        let pipe = self.0.borrow_mut().take();
        pipe.map(Pipe).ok_or_else(|| esclusa::error::Error::refused("only one connection"))
    }
}

/// The input of one session, and its output on either side.
struct Played {
    client_sent: Vec<u8>,
    server_got: Vec<u8>,
    server_sent: Vec<u8>,
    client_got: Vec<u8>,
}

/// Plays a session: both sides write at the same time, in pieces, and close at the end.
async fn play(seed: u64, shared: std::sync::Arc<Shared>, replication: bool) -> Played {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut parameters = vec![("user", "ana"), ("database", "db")];
    if replication {
        parameters.push(("replication", "database"));
    }
    let frames = dice.0.random_range(0..60);
    let client_sent = [startup(V3_0, &parameters), dice.stream(frames, Dice::client_frame)].concat();
    let frames = dice.0.random_range(0..60);
    let server_sent = [fake::log_in(), dice.stream(frames, Dice::server_frame)].concat();
    let size = *dice.one_of(&[1, 7, 64, 8192]);
    let ((client, near), (server, far)) = (tokio::io::duplex(size), tokio::io::duplex(size));
    let upstream = Given(std::cell::RefCell::new(Some(far)));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let session = tokio::task::spawn_local(async move {
        session::run(Pipe(near), PeerAddress { address: "local".into(), port: None }, &upstream, shared, deadline).await
    });
    let piece = dice.0.random_range(1..200);
    let (client_got, server_got) = tokio::join!(converse(client, &client_sent, piece), converse(server, &server_sent, piece));
    session.await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    Played { client_sent, server_got, server_sent, client_got }
}

/// Writes all, closes, and reads to the end.
async fn converse(socket: DuplexStream, bytes: &[u8], piece: usize) -> Vec<u8> {
    let (mut reader, mut writer) = tokio::io::split(socket);
    let write = async {
        for piece in bytes.chunks(piece) {
            if writer.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut got = Vec::new();
    let read = async {
        let _ = reader.read_to_end(&mut got).await;
    };
    tokio::join!(write, read);
    got
}

/// The bytes up to the end of the first invalid header.
fn up_to_the_first_bad_header(bytes: &[u8]) -> &[u8] {
    let mut at = u32::from_be_bytes(*bytes.first_chunk().unwrap()) as usize;
    while let Some(header) = bytes[at.min(bytes.len())..].first_chunk::<5>() {
        let length = u32::from_be_bytes(*header[1..].first_chunk().unwrap());
        if !b"BCDEFHPQSXcdfp".contains(&header[0]) || !(4..=0x3fff_ffff).contains(&length) {
            return &bytes[..at + 5];
        }
        at += length as usize + 1;
    }
    bytes
}

#[test]
fn sessions_survive_any_bytes_of_either_side() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let longer = std::env::var("ESCLUSA_FUZZ_SECONDS").ok().map(|s| Duration::from_secs(s.parse().expect("seconds")));
    let began = Instant::now();
    let shared = std::sync::Arc::new(Shared::new(Settings::defaults().unwrap(), policy()));
    let mut seed = if longer.is_some() { rand::random() } else { 1u64 };
    let last = seed.wrapping_add(600);
    let mut intact = 0;
    while longer.map_or(seed != last, |longer| began.elapsed() < longer) {
        let replication = seed.is_multiple_of(2);
        let limited = async { tokio::time::timeout(PATIENCE, play(seed, shared.clone(), replication)).await };
        let played = LocalSet::new().block_on(&runtime, limited).unwrap_or_else(|_| panic!("seed {seed} does not end"));
        if replication {
            // Nothing is parsed in these: each side gets exactly the other side's bytes.
            let expected = up_to_the_first_bad_header(&played.client_sent);
            assert!(expected.starts_with(&played.server_got), "seed {seed}: the server got something else");
            assert!(played.server_sent.starts_with(&played.client_got), "seed {seed}: the client got something else");
            intact += usize::from(expected == played.server_got && played.server_sent == played.client_got);
        }
        assert!(shared.clients.is_empty(), "seed {seed} leaves a client behind");
        seed = seed.wrapping_add(1);
    }
    println!("{intact} sessions passed everything, the last seed was {seed}");
    assert!(intact > 30, "only {intact} sessions passed everything");
}
