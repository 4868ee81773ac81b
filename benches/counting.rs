//! The cost of counting a hit for a statement: a known hit, the hits of a statement of six tables with their pairs, a known hit while another thread
//! reads the counts without pause, and a new hit each time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use esclusa::rewrite::{Hit, HitOutcome, Outcome};
use esclusa::sql::fingerprint::Seen;
use esclusa::traffic::{Client, Execution, Sqlstate, Traffic};

fn outcome(text: &str) -> Outcome {
    let hit = |table: &str| Hit { statement: 0, table: table.into(), operation: "select", outcome: HitOutcome::Rewritten };
    Outcome { hits: vec![hit("histipooficina")], seen: Some(Seen::of(text, Some(text))), ..Outcome::default() }
}

fn execution() -> Execution<'static> {
    Execution {
        hits: 1,
        rows: 3,
        each: &[],
        sqlstate: Sqlstate::NONE,
        elapsed: Some(Duration::from_micros(740)),
        at: SystemTime::now(),
    }
}

fn counting(criterion: &mut Criterion) {
    let text = |n: usize| {
        format!("select o.ofiid, o.ofidescrip, t.column_{n} from oficina o join histipooficina t on t.tofid = o.ofitofid")
    };
    let client = |n: usize| Client {
        database: "aqua".into(),
        user: "aquasis".into(),
        application: format!("AQUASIS {n}"),
        address: "10.7.1.33".into(),
    };
    let outcomes: Vec<Outcome> = (0..200).map(|n| outcome(&text(n))).collect();
    let clients: Vec<Arc<Client>> = (0..50).map(|n| Arc::new(client(n))).collect();
    let traffic = Traffic::new(32 << 20);
    let mut n = 0;
    let mut one = || {
        n += 1;
        traffic.count(black_box(&outcomes[n % 200]), &clients[n % 50], execution());
    };
    criterion.bench_function("counting a known hit", |b| b.iter(&mut one));
    // A text of six tables in a transaction counts fifteen pairs of its own, and one with what ran before.
    let six = ["tipoa", "tipob", "tipoc", "tipod", "tipoe", "tipof"];
    let hit = |table: &str| Hit { statement: 0, table: table.into(), operation: "select", outcome: HitOutcome::Rewritten };
    let joined = Outcome { hits: six.map(hit).into(), seen: Some(Seen::of("select six", None)), ..Outcome::default() };
    criterion.bench_function("counting six known hits and their pairs", |b| {
        b.iter(|| traffic.count(black_box(&joined), &clients[0], execution()));
    });
    criterion.bench_function("counting that a known statement ran behind another", |b| {
        b.iter(|| traffic.count_followed(black_box(&outcomes[0]), &joined, &clients[0], SystemTime::now()));
    });
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                black_box(traffic.totals());
            }
        });
        criterion.bench_function("counting a known hit while somebody reads", |b| b.iter(&mut one));
        over.store(true, Ordering::Relaxed);
    });
    let fresh: Vec<Outcome> = (0..100_000).map(|n| outcome(&text(n))).collect();
    let mut n = 0;
    criterion.bench_function("counting a new hit, beyond the room for detail", |b| {
        b.iter(|| {
            n += 1;
            traffic.count(black_box(&fresh[n % 100_000]), &clients[0], execution());
        });
    });
}

criterion_group!(benches, counting);
criterion_main!(benches);
