//! Texts that a kept plan could answer in another way than they are answered themselves: each one is sent until its plan is kept, and
//! beyond, to a session directly on the legacy tables and to one through the proxy, and everything that is told is compared.

use esclusa::mode::Mode;
use esclusa::twin::answer::Reply;

use crate::common::proxy::{Proxy, Raw, b, b_to, d, direct, e, e_of, h, p, q, s};
use crate::common::{Bed, SCHEMA};

/// As often as makes a plan kept, and twice more.
const OFTEN: usize = 7;

const TABLES: &str = "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
    INSERT INTO tipocolor VALUES (1, 'rojo'), (2, 'verde'), (3, NULL), (10, 'ñandú');
    CREATE TABLE tipoclave (clave char(4) NOT NULL PRIMARY KEY, nombre varchar(20));
    INSERT INTO tipoclave VALUES ('A', 'a'), ('BB', 'b'), ('CCCC', 'c');
    CREATE TABLE tipogrado (grado varchar(6) NOT NULL PRIMARY KEY, nombre varchar(20));
    INSERT INTO tipogrado VALUES ('A', 'a'), ('BB ', 'b'), ('it''s', 'quoted'), ('', 'empty'), ('a\\b', 'slash');
    CREATE TABLE pintura (pid integer NOT NULL, color integer, texto text, ficha char(6));
    INSERT INTO pintura VALUES (1, 1, 'A', 'A'), (2, 2, 'BB', 'BB'), (3, 1, 'x', 'A');";

/// Both sides.
struct Sides {
    old: Raw,
    new: Raw,
    beds: [Bed; 2],
    _proxy: Proxy,
}

impl Sides {
    async fn new() -> Sides {
        let legacy = Bed::new(TABLES).await;
        let mut bed = Bed::new(TABLES).await;
        let tables = [("tipocolor", "id"), ("tipoclave", "clave"), ("tipogrado", "grado")];
        for (table, code) in tables {
            bed.lookup(table, code).await;
        }
        bed.migrate_all().await;
        for (table, _) in tables {
            bed.sql(&format!("DROP VIEW {SCHEMA}.{table}")).await;
        }
        bed.sql("DROP SCHEMA mig_old CASCADE").await;
        let proxy = Proxy::start(&bed).await;
        proxy.set(&tables.map(|t| t.0), Mode::Rewrite).await;
        Sides { old: direct(&legacy).await, new: proxy.client(&bed).await, beds: [legacy, bed], _proxy: proxy }
    }

    /// The same frames on both sides; what was told.
    async fn same(&mut self, frames: &[Vec<u8>], ready: usize, behind: &str) -> String {
        let mut told = [Vec::new(), Vec::new()];
        for (told, side) in told.iter_mut().zip([&mut self.old, &mut self.new]) {
            side.send(frames).await;
            for _ in 0..ready {
                told.extend(side.0.until_ready().await.unwrap().0.iter().map(tell));
            }
        }
        let [expected, found] = told;
        assert_eq!(expected, found, "{behind}");
        found.join("; ")
    }

    /// One Query.
    async fn query(&mut self, text: &str) -> String {
        self.same(&[q(text)], 1, text).await
    }

    /// As often as makes a plan kept.
    async fn often(&mut self, text: &str) {
        for turn in 0..OFTEN {
            self.same(&[q(text)], 1, &format!("use {turn} of {text}")).await;
        }
    }

    /// Plans that the proxy's session keeps.
    async fn plans(&mut self) -> String {
        let told = self.new.query("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'esclusa kept%'").await;
        told.split(['(', ')']).nth(1).unwrap_or_default().to_owned()
    }

    /// Another session, on both sides.
    async fn sql(&self, text: &str) {
        for bed in &self.beds {
            bed.sql(text).await;
        }
    }
}

/// With types, modifiers and the places of errors.
fn tell(reply: &Reply) -> String {
    match reply {
        Reply::Error(fields) => {
            let text = |code| String::from_utf8_lossy(fields.get(code).unwrap_or_default()).into_owned();
            format!("{} {} at {} in {}", text(b'C'), text(b'M'), text(b'P'), text(b'W'))
        }
        other => other.to_string(),
    }
}

/// Each text by both protocols, in a session that keeps no other; whether its plan is kept.
async fn each(texts: &[&str], kept: &str) {
    let mut sides = Sides::new().await;
    for text in texts {
        sides.often(text).await;
        assert_eq!(sides.plans().await, kept, "{text}");
        sides.same(&[p("", text), d(""), b("", &[]), e(), s()], 1, &format!("Parse of {text}")).await;
        sides.new.query("DEALLOCATE ALL").await;
    }
}

#[tokio::test]
async fn equal_literals_are_equal_expressions() {
    each(
        &[
            "SELECT DISTINCT (SELECT nombre FROM tipocolor WHERE id = 1) FROM tipogrado ORDER BY (SELECT nombre FROM tipocolor WHERE id = 1)",
            "SELECT (SELECT count(*) FROM tipocolor WHERE id = length(grado) AND 1 = 1), count(*) FROM tipogrado
             GROUP BY (SELECT count(*) FROM tipocolor WHERE id = length(grado) AND 1 = 1) ORDER BY 1",
            "SELECT (SELECT c.nombre FROM tipocolor c WHERE c.id = t.id AND c.id = 01) FROM tipocolor t
             GROUP BY (SELECT c.nombre FROM tipocolor c WHERE c.id = t.id AND c.id = 1) ORDER BY 1",
            "SELECT DISTINCT ON ((SELECT g.nombre FROM tipogrado g WHERE g.grado = 'A')) id FROM tipocolor WHERE id = 1
             ORDER BY (SELECT g.nombre FROM tipogrado g WHERE g.grado = 'A')",
        ],
        "1",
    )
    .await;
}

/// A literal in a list has the list's type, which may tell trailing blanks apart where the column's does not.
#[tokio::test]
async fn a_literal_has_the_type_of_its_place() {
    each(
        &[
            "SELECT nombre FROM tipoclave WHERE clave = ANY (ARRAY['A   ', 'BB'])",
            "SELECT nombre FROM tipoclave WHERE clave = ANY (ARRAY['A   '])",
            "SELECT nombre FROM tipoclave WHERE clave IN ('A   ', 'BB'::text) ORDER BY 1",
            "SELECT nombre FROM tipoclave WHERE clave IN ('A   ', nombre::text) ORDER BY 1",
            "SELECT nombre FROM tipoclave WHERE clave IN ('A   ', nombre) ORDER BY 1",
            "SELECT nombre FROM tipoclave WHERE clave IN ('A   ', 'BB', NULL) ORDER BY 1",
            "SELECT nombre FROM tipoclave WHERE clave = 'A   ' OR clave = 'BB'::text ORDER BY 1",
            "SELECT nombre FROM tipogrado WHERE grado IN ('A   ', 'BB'::bpchar) ORDER BY 1",
            "SELECT nombre FROM tipogrado WHERE grado IN ('BB', 'BB ') ORDER BY 1",
            "SELECT nombre FROM tipogrado WHERE grado = 'it''s' OR grado = '' ORDER BY 1",
            "SELECT nombre FROM tipogrado WHERE grado = 'a\\b'",
            "SELECT nombre FROM tipocolor WHERE id IN (1, '2') ORDER BY 1",
            "SELECT nombre FROM tipocolor WHERE id IN (1, 2.0) ORDER BY 1",
            "SELECT nombre FROM tipocolor WHERE (id, nombre) IN ((1, 'rojo'), (2, 'verde')) ORDER BY 1",
            "SELECT nombre FROM tipocolor WHERE 001 = id AND 0 = '0'",
            "SELECT c.nombre FROM tipocolor c JOIN tipogrado g ON c.id = 1 AND g.grado = 'A'",
            "SELECT pg_typeof(1), 1, 'ñ' AS x, NULL, 1.0, id / 2 FROM tipocolor WHERE id = 10 AND nombre = 'ñandú'",
        ],
        "1",
    )
    .await;
}

#[tokio::test]
async fn a_text_is_kept_however_it_is_spelled() {
    each(
        &[
            "SELECT nombre FROM tipocolor WHERE id = 1;",
            "-- a\nSELECT nombre FROM tipocolor WHERE id=/* 3 */1 /* c */; -- b",
            "/* a /* b */ */ SELECT FROM tipocolor WHERE(1)=id",
            "WITH c AS (SELECT * FROM tipocolor WHERE id = 1) SELECT * FROM c",
            "WITH c AS MATERIALIZED (SELECT * FROM tipocolor WHERE id = 1) SELECT count(*), max(nombre) FROM c, generate_series(1, 2)",
            "SELECT nombre FROM tipocolor WHERE id = 1 UNION ALL SELECT nombre FROM tipogrado WHERE grado = 'A' ORDER BY 1 LIMIT 1",
        ],
        "1",
    )
    .await;
}

/// What could not be prepared, what always fails, and what may mean another table or another thing later.
#[tokio::test]
async fn a_text_that_may_change_its_mind_is_not_kept() {
    each(
        &[
            ";SELECT nombre FROM tipocolor WHERE id = 1",
            "(SELECT nombre FROM tipocolor WHERE id = 1)",
            "SELECT c.* FROM tipocolor c JOIN pintura ON pid = 1 AND color = c.id AND id = 1",
            "SELECT nombre FROM tipocolor WHERE id = 3 AND nombre = NULL",
            "SELECT nada FROM tipocolor WHERE id = 1",
            "SELECT nombre FROM tipocolor WHERE nombre = 1",
            "SELECT nombre FROM tipocolor WHERE id = 1 AND 1 = 'x'",
            "SELECT nombre FROM tipocolor WHERE id = 1 AND 1 / 0 = 1",
            "SELECT nombre::integer FROM tipocolor WHERE id = 1",
            "SELECT 'otra'::\"regclass\" FROM tipocolor WHERE id = 1",
        ],
        "0",
    )
    .await;
}

#[tokio::test]
async fn bytes_mean_what_the_encoding_says() {
    let mut sides = Sides::new().await;
    let spanish = "SELECT 'ñ' AS x, nombre FROM tipocolor WHERE id = 10 AND nombre = 'ñandú'";
    for encoding in ["UTF8", "LATIN1", "UTF8"] {
        sides.query(&format!("SET client_encoding = '{encoding}'")).await;
        sides.often(spanish).await;
    }
    assert_eq!(sides.plans().await, "2");
}

/// Temporary tables come before others and change their columns; a table gets a new column.
#[tokio::test]
async fn other_tables_are_those_of_the_moment() {
    let mut sides = Sides::new().await;
    let join = "SELECT * FROM pintura JOIN tipocolor ON id = 1 AND color = id ORDER BY pid";
    sides.query("CREATE TEMP TABLE nada (x integer)").await;
    for change in [
        "CREATE TEMP TABLE pintura AS SELECT 9 AS pid, 1 AS color",
        "DROP TABLE pintura; CREATE TEMP TABLE pintura AS SELECT 9 AS pid, 1 AS color, 4 AS mas",
        "DROP TABLE pintura",
        "ALTER TABLE pintura ADD COLUMN nueva integer",
    ] {
        sides.often(join).await;
        sides.query(change).await;
    }
    sides.often(join).await;
}

/// A join that asks for no star is kept until the session makes a temporary table.
#[tokio::test]
async fn a_joined_table_may_be_hidden() {
    let mut sides = Sides::new().await;
    let join = "SELECT pid, nombre FROM pintura JOIN tipocolor ON color = id WHERE pid = 1";
    sides.often(join).await;
    assert_eq!(sides.plans().await, "1");
    sides.sql(&format!("ALTER TABLE {SCHEMA}.pintura ADD COLUMN nueva integer")).await;
    sides.often(join).await;
    sides.query("CREATE TEMP TABLE pintura AS SELECT 1 AS pid, 2 AS color").await;
    sides.often(join).await;
    sides.query("DROP TABLE pintura").await;
    sides.often(join).await;
}

/// What a kept plan names has changed: an error is that of the text but for its place, and one that comes again has its place too.
#[tokio::test]
async fn a_plan_that_cannot_be_used_is_given_up() {
    let mut sides = Sides::new().await;
    let call = "SELECT doble(id) FROM tipocolor WHERE id = 2";
    for (type_name, refused) in [("numeric", ""), ("text", "cached plan"), ("numeric", "cached plan")] {
        let made = format!("CREATE FUNCTION public.doble(numeric) RETURNS {type_name} LANGUAGE sql AS 'SELECT 2 * $1'");
        sides.sql(&format!("DROP FUNCTION IF EXISTS public.doble(numeric); {made}")).await;
        if !refused.is_empty() {
            assert!(sides.new.query(call).await.contains(refused));
        }
        sides.often(call).await;
        assert_eq!(sides.plans().await, "1");
    }
    sides.sql("DROP FUNCTION public.doble(numeric)").await;
    assert!(sides.new.query(call).await.starts_with("<42883"));
    sides.often(call).await;
}

#[tokio::test]
async fn portals_are_portals() {
    let mut sides = Sides::new().await;
    let all = "SELECT id FROM tipocolor WHERE id IN (1, 2, 3) ORDER BY id";
    sides.often(all).await;
    sides.query("BEGIN").await;
    sides.same(&[p("", all), d(""), b_to("a", "", &[]), e_of("a", 2), s()], 1, "two rows").await;
    sides.same(&[e_of("a", 2), e_of("a", 2), s()], 1, "the last one").await;
    sides.same(&[b_to("a", "", &[]), s()], 1, "a portal that exists").await;
    sides.same(&[b_to("c", "", &[]), s()], 1, "a cursor").await;
    for fetch in ["FETCH 2 FROM c", "MOVE ABSOLUTE 0 IN c", "FETCH ALL FROM c"] {
        sides.query(fetch).await;
    }
    sides.query("ROLLBACK").await;
    // What is bound sees nothing of what comes later.
    let change = [p("", "UPDATE tipocolor SET id = 33 WHERE id = 3"), b("", &[]), e()];
    let before = [p("", all), b_to("v", "", &[])];
    let told = sides.same(&[&before[..], &change, &[e_of("v", 0), s()]].concat(), 1, "a snapshot").await;
    assert!(told.contains("row (\"3\")"), "{told}");
    sides.query("UPDATE tipocolor SET id = 3 WHERE id = 33").await;
    // Binary, and too many formats.
    for results in [&[0, 1, 0, 1][..], &[0, 2, 0, 1, 0, 1]] {
        let mut bind = b("", &[]);
        bind.truncate(bind.len() - 2);
        bind.extend(results);
        let length = u32::try_from(bind.len() - 1).unwrap().to_be_bytes();
        bind[1..5].copy_from_slice(&length);
        sides.same(&[p("", all), bind, e(), s()], 1, "formats").await;
    }
    sides.same(&[p("", all), b("", &["1"]), e(), s()], 1, "a parameter that is none").await;
    let one_by_one = [p("", all), b("", &[]), e_of("", 1), e_of("", 1), h(), e_of("", 0), e_of("", 0), s()];
    sides.same(&one_by_one, 1, "one by one").await;
    assert_eq!(sides.plans().await, "1");
}

/// A Query that fails has freed the unnamed statement before; DEALLOCATE ALL leaves it.
#[tokio::test]
async fn the_unnamed_statement_lives_as_long_as_ever() {
    let mut sides = Sides::new().await;
    let read = "SELECT nombre FROM tipocolor WHERE id = 1";
    let free = || vec![p("x", "DEALLOCATE ALL"), b("x", &[]), e()];
    sides.often("SELECT 1 / (id - 1) FROM tipocolor WHERE id = 2").await;
    let fails = [p("", "SELECT 1 / (id - 1) FROM tipocolor WHERE id = 1"), d(""), b("", &[]), e(), s()];
    sides.same(&fails, 1, "one that fails").await;
    assert_eq!(sides.plans().await, "1");
    sides.same(&[p("", "SELECT 7"), s()], 1, "one").await;
    assert!(sides.query("SELECT 1 / (id - 1) FROM tipocolor WHERE id = 1").await.contains("22012"));
    sides.same(&[b("", &[]), e(), s()], 1, "it is gone").await;
    sides.often(read).await;
    sides.same(&[p("", read), s()], 1, "kept").await;
    sides.same(&[free(), vec![s()]].concat(), 1, "free").await;
    assert!(sides.same(&[b("", &[]), e(), s()], 1, "it is there").await.contains("rojo"));
    // Freed by a function: one use fails, and no more.
    sides.often(read).await;
    sides.same(&[p("", read), s()], 1, "kept").await;
    let function = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$";
    sides.same(&[p("x", function), b("x", &[]), e(), s()], 1, "free").await;
    assert!(sides.new.ask(&[b("", &[]), e(), s()]).await.starts_with("<26000"));
    assert!(sides.same(&[b("", &[]), e(), s()], 1, "it is there").await.contains("rojo"));
    sides.often(read).await;
    sides.same(&[vec![p("", read)], free(), vec![b("", &[]), e(), s()]].concat(), 1, "in a pipeline").await;
    sides.often(read).await;
}

#[tokio::test]
async fn around_it_are_roles_savepoints_and_cursors() {
    let mut sides = Sides::new().await;
    let read = "SELECT nombre FROM tipocolor WHERE id = 1";
    let granted = format!("USAGE ON SCHEMA {SCHEMA} TO pg_monitor; GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO pg_monitor");
    sides.sql(&format!("GRANT {granted}")).await;
    sides.often(read).await;
    let pipeline = ["BEGIN; SAVEPOINT a", read, "SELECT 1/0", read, "ROLLBACK TO a", read, "COMMIT"];
    sides.same(&pipeline.map(q), pipeline.len(), "a pipeline").await;
    for text in [
        "BEGIN",
        "SAVEPOINT a",
        read,
        "SELECT 1/0",
        read,
        "ROLLBACK TO a",
        read,
        "DECLARE c CURSOR FOR SELECT id FROM tipocolor WHERE id IN (1, 2) ORDER BY id",
        read,
        "FETCH 1 FROM c",
        read,
        "FETCH 1 FROM c",
        "COMMIT",
        "SET ROLE pg_monitor",
        read,
        "RESET ROLE",
        read,
    ] {
        sides.query(text).await;
    }
    assert_eq!(sides.plans().await, "1");
}

/// Other values in the same text, by both protocols: the plan was made for none of them.
#[tokio::test]
async fn every_value_finds_its_own_rows() {
    let mut sides = Sides::new().await;
    let numbers = [
        "0",
        "1",
        "2",
        "3",
        "00003",
        "10",
        "99999",
        "100000",
        "999999999",
        "2147483647",
        "2147483648",
        "1.0",
        "'2'",
        "-1",
        "NULL",
    ];
    let strings = [
        "''",
        "' '",
        "'A'",
        "'A   '",
        "'BB '",
        "'bb'",
        "'it''s'",
        "'a\\b'",
        "'ñandú'",
        "'CCCCC'",
        "'today'",
        "E'A'",
        "$$A$$",
        "NULL",
    ];
    let by_number = [
        "SELECT * FROM tipocolor WHERE id = {}",
        "SELECT id FROM tipocolor WHERE id IN ({}, 2, {}) ORDER BY 1",
        "SELECT id FROM tipocolor WHERE id = {} OR (nombre, id) = ('verde', {}) ORDER BY 1",
        "SELECT {} = id, nombre FROM tipocolor WHERE {} = id",
        "SELECT c.id, g.grado FROM tipocolor c LEFT JOIN tipogrado g ON c.id = {} AND length(grado) = {} ORDER BY 1, 2",
        "SELECT count(*) FROM tipocolor WHERE id < {} AND id = {}",
    ];
    let by_string = [
        "SELECT *, octet_length(clave) FROM tipoclave WHERE clave = {}",
        "SELECT nombre FROM tipoclave WHERE clave IN ({}, 'BB', {}) ORDER BY 1",
        "SELECT nombre FROM tipoclave WHERE clave = ANY (ARRAY[{}, 'BB']) ORDER BY 1",
        "SELECT nombre FROM tipogrado WHERE {} = grado",
        "SELECT nombre FROM tipogrado WHERE grado IN ({}, 'A', nombre) ORDER BY 1",
        "SELECT g.nombre, (SELECT max(c.nombre) FROM tipoclave c WHERE c.clave = {}) FROM tipogrado g WHERE g.grado = {} AND g.nombre > ''",
        "SELECT id FROM tipocolor WHERE nombre = {} OR nombre = {} ORDER BY 1",
    ];
    let all = by_number.iter().map(|t| (t, &numbers[..])).chain(by_string.iter().map(|t| (t, &strings[..])));
    for (text, values) in all {
        for value in values.iter().chain(values.iter().rev()) {
            let text = text.replace("{}", value);
            sides.query(&text).await;
            sides.same(&[p("", &text), d(""), b("", &[]), e(), s()], 1, &format!("Parse of {text}")).await;
        }
    }
    assert!(sides.plans().await.parse::<u32>().unwrap() > by_number.len() as u32);
}
