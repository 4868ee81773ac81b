//! Seeded sequences of frames and statements, with switches between them, directly on the legacy table and through the proxy: every
//! transcript is equal. This finds cases that nobody thought of writing down.

use esclusa::mode::Mode;

use crate::common::proxy::{Proxy, b, b_to, c, d, direct, e, e_of, p, q, s};
use crate::common::{Bed, SCHEMA};

const TABLES: &str = "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20), n numeric(10,0));
    INSERT INTO tipocolor VALUES (1, 'rojo', 0), (2, 'verde', 0), (3, 'azul', 0);
    CREATE SCHEMA otro; CREATE TABLE otro.tipocolor (id numeric(5,0) NOT NULL, nombre varchar(20), n numeric(10,0));
    INSERT INTO otro.tipocolor VALUES (1, 'otro', 100);";

const NAMES: [&str; 3] = ["", "a", "b"];
const TEXTS: [&str; 18] = [
    "SELECT nombre FROM tipocolor WHERE id = $1",
    "SELECT id, nombre FROM tipocolor ORDER BY id",
    "SELECT t.nombre FROM cf_quere_pro.tipocolor t WHERE t.id = $1",
    "UPDATE tipocolor SET n = n + 1 WHERE id = $1 RETURNING n",
    "UPDATE cf_quere_pro.tipocolor SET n = n + 1 WHERE id = 3 RETURNING id, n",
    "SELECT 1",
    "SELECT 1/0",
    "SELECT nothing FROM tipocolor",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SET search_path = otro, cf_quere_pro",
    "SET LOCAL search_path = otro",
    "SET search_path = cf_quere_pro",
    "DEALLOCATE a",
    "DEALLOCATE ALL",
    "EXECUTE a(1)",
    "EXECUTE b",
];
/// Only as simple queries.
const QUERIES: [&str; 9] = [
    "PREPARE a (numeric) AS SELECT nombre FROM tipocolor WHERE id = $1",
    "PREPARE b AS UPDATE tipocolor SET n = n + 1 WHERE id = 2 RETURNING n",
    "DEALLOCATE b; PREPARE b AS SELECT nombre FROM tipocolor WHERE id = 3; EXECUTE b",
    "SET search_path = otro; SELECT nombre FROM tipocolor; SET search_path = cf_quere_pro; SELECT max(nombre) FROM tipocolor",
    "BEGIN; SET LOCAL search_path = otro; SELECT count(*) FROM tipocolor",
    "BEGIN; SAVEPOINT x; SET LOCAL search_path = otro; ROLLBACK TO x; SELECT count(*) FROM tipocolor",
    "EXECUTE a(2); EXECUTE b",
    "DISCARD ALL",
    "SET search_path = cf_quere_pro, public",
];

/// A generator whose numbers are the same everywhere (Steele, Lea, Flood: SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn of<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.below(values.len())]
    }

    /// Frames with one ReadyForQuery, and what they are for a person.
    fn stretch(&mut self, told: &mut Vec<String>) -> Vec<u8> {
        if self.below(3) == 0 {
            let text = if self.below(2) == 0 { self.of(&TEXTS) } else { self.of(&QUERIES) };
            told.push(format!("Q {text}"));
            return q(&text.replace("$1", "2"));
        }
        let mut out = Vec::new();
        for _ in 0..=self.below(7) {
            let (name, text) = (self.of(&NAMES), self.of(&TEXTS));
            let values: &[&str] = if self.below(3) == 0 { &[] } else { &["1"] };
            let (frames, what) = match self.below(9) {
                0 | 1 => (p(name, text), format!("P {name:?} {text}")),
                2 => ([p(name, text), b(name, values), e()].concat(), format!("PBE {name:?} {values:?} {text}")),
                3 | 4 => ([b(name, values), e()].concat(), format!("BE {name:?} {values:?}")),
                5 => (d(name), format!("D {name:?}")),
                6 => (c(name), format!("C {name:?}")),
                7 => ([b_to("x", name, values), e_of("x", 1)].concat(), format!("BE x {name:?} {values:?}")),
                _ => (e_of("x", 0), "E x".to_owned()),
            };
            out.extend(frames);
            told.push(what);
        }
        out.extend(s());
        told.push("S".to_owned());
        out
    }
}

#[tokio::test]
async fn random_conversations_are_alike() {
    for seed in 1..=8 {
        conversation(seed, 120).await;
    }
}

async fn conversation(seed: u64, packets: usize) {
    let legacy = Bed::new(TABLES).await;
    let mut bed = Bed::new(TABLES).await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    let (mut old, mut new) = (direct(&legacy).await, proxy.client(&bed).await);
    let mut numbers = Numbers(seed);
    let mut told = Vec::new();
    let path = format!("SET search_path = {SCHEMA}");
    assert_eq!(old.query(&path).await, new.query(&path).await);
    for _ in 0..packets {
        if numbers.below(3) == 0 {
            let mode = [Mode::Observe, Mode::Rewrite, Mode::Rewrite, Mode::Shadow, Mode::Off][numbers.below(5)];
            proxy.set(&["tipocolor"], mode).await;
            told.push(format!("-- {mode}"));
        }
        let stretches = numbers.below(4) + 1;
        let packet: Vec<Vec<u8>> = (0..stretches).map(|_| numbers.stretch(&mut told)).collect();
        old.send(&packet).await;
        new.send(&packet).await;
        let (expected, found) = (old.until_ready(stretches).await, new.until_ready(stretches).await);
        assert_eq!(expected, found, "seed {seed}, behind\n{}", told[told.len().saturating_sub(60)..].join("\n"));
    }
}
