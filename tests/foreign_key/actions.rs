//! Every action, match, deferrability and direction, one session.

use esclusa::migrate::foreign_key::key_table::KeyTable;

use crate::bed::{Op, Pair, after, both, delete, insert, raw, truncate, update, with};
use crate::common::Session;

const ACTIONS: [&str; 6] = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT", "SET NULL (pb)"];
const MATCHES: [&str; 2] = ["SIMPLE", "FULL"];
const TIMES: [&str; 3] = ["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"];

/// Which of the two tables move, and in which order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Direction {
    Incoming,
    Outgoing,
    ParentFirst,
    ChildFirst,
}

/// Parents lie in the heap from the highest to the lowest key, so that a key can be counted up in one statement.
fn tables(n: usize, constraint: &str) -> String {
    format!(
        "CREATE TABLE p{n} (id numeric(5,0) NOT NULL PRIMARY KEY, pb varchar(3) NOT NULL, note varchar(20), CONSTRAINT p{n}_uq UNIQUE (id, pb));
         INSERT INTO p{n} SELECT i, 'b', 'parent ' || i FROM generate_series(9, 1, -1) i;
         CREATE TABLE c{n} (id numeric(5,0) NOT NULL PRIMARY KEY, pid numeric(5,0) DEFAULT 1, pb varchar(3) DEFAULT 'b', note varchar(20));
         INSERT INTO c{n} VALUES (1, 2, 'b', 'child'), (2, 3, 'b', 'child'), (3, 4, 'b', 'child'), (4, NULL, NULL, 'child');
         ALTER TABLE c{n} ADD CONSTRAINT fk{n} FOREIGN KEY (pid, pb) REFERENCES p{n} (id, pb) {constraint};"
    )
}

/// The statements for each pair of tables. Each begins with the state that the one before left.
fn script(n: usize) -> Vec<Op> {
    let (p, c) = (format!("p{n}"), format!("c{n}"));
    let (p, c) = (p.as_str(), c.as_str());
    let child = |rows: &str| insert(c, "id, pid, pb, note", rows);
    vec![
        child("(11, 5, 'b', 'x')"),
        child("(12, 99, 'b', 'x')"),
        child("(13, 6, 'z', 'x')"),
        child("(14, NULL, 'b', 'x')"),
        child("(15, NULL, NULL, 'x')"),
        child("(16, 6, 'b', 'x'), (17, 88, 'b', 'x')"),
        update(c, &[("pid", "77")], "{id} = 11"),
        update(c, &[("pid", "6")], "{id} = 11"),
        update(c, &[("pid", "{pid}")], "{id} = 11"),
        update(c, &[("pid", "NULL")], "{id} = 11"),
        update(c, &[("note", "'y'")], "true"),
        update(p, &[("note", "'y'")], "true"),
        delete(p, "{id} = 9"),
        delete(p, "{id} = 2"),
        update(p, &[("id", "20")], "{id} = 3"),
        update(p, &[("id", "21")], "{id} = 8"),
        update(p, &[("pb", "'c'")], "{id} = 4"),
        // Keys that the same statement makes again: NO ACTION sees them, RESTRICT does not check for them.
        update(p, &[("id", "{id} + 1")], "{id} < 8"),
        update(p, &[("id", "{id} + 100")], "true"),
        // Both sides in one statement.
        with(insert(p, "id, pb, note", "(50, 'b', 'new')"), child("(50, 50, 'b', 'x')")),
        with(update(p, &[("id", "51")], "{id} = 50"), update(c, &[("pid", "51")], "{id} = 50")),
        with(delete(p, "{id} = 51"), delete(c, "{id} = 50")),
        with(delete(c, "{id} = 50"), delete(p, "{id} = 51")),
        after(delete(p, "{id} = 6"), insert(p, "id, pb, note", "(6, 'b', 'again')")),
        after(insert(p, "id, pb, note", "(52, 'b', 'new')"), child("(52, 52, 'b', 'x')")),
        // Several statements, to be judged at the end or at once.
        raw("BEGIN"),
        child("(61, 61, 'b', 'x')"),
        insert(p, "id, pb, note", "(61, 'b', 'late')"),
        raw("COMMIT"),
        raw("BEGIN"),
        delete(p, "{id} = 61"),
        insert(p, "id, pb, note", "(61, 'b', 'again')"),
        raw("COMMIT"),
        raw("BEGIN"),
        raw("SET CONSTRAINTS ALL DEFERRED"),
        child("(62, 62, 'b', 'x')"),
        raw("SET CONSTRAINTS ALL IMMEDIATE"),
        raw("COMMIT"),
        raw("BEGIN"),
        raw("SET CONSTRAINTS ALL DEFERRED"),
        update(p, &[("id", "63")], "{id} = 7"),
        delete(p, "{id} = 5"),
        raw("COMMIT"),
        raw("BEGIN"),
        delete(p, "{id} = 5"),
        raw("SAVEPOINT s"),
        child("(64, 5, 'b', 'x')"),
        raw("ROLLBACK TO s"),
        raw("ROLLBACK"),
        child("(65, 6, 'b', 'x')"),
        truncate(&[p], ""),
        truncate(&[c], ""),
        child("(66, 6, 'b', 'x')"),
        truncate(&[p, c], ""),
        insert(p, "id, pb, note", "(1, 'b', 'x'), (2, 'b', 'x')"),
        child("(67, 2, 'b', 'x')"),
        truncate(&[p], "CASCADE"),
        insert(p, "id, pb, note", "(1, 'b', 'x'), (2, 'b', 'x'), (3, 'b', 'x')"),
        child("(68, 2, 'b', 'x'), (69, 2, 'b', 'x'), (70, 3, 'b', 'x')"),
        delete(p, "{id} = 2"),
        delete(p, "true"),
    ]
}

async fn sessions(pair: &Pair) -> [Session; 2] {
    [pair.old.session("postgres", "").await, pair.new.session("postgres", "").await]
}

async fn every_constraint(direction: Direction) {
    let mut constraints = Vec::new();
    for (at, delete) in ACTIONS.iter().enumerate() {
        for (other, matching) in MATCHES.iter().enumerate() {
            for (third, time) in TIMES.iter().enumerate() {
                // Each action for updates meets each for deletes in one of the three.
                let update = ACTIONS[(at + other + 2 * third) % 5];
                constraints.push(format!("MATCH {matching} ON UPDATE {update} ON DELETE {delete} {time}"));
            }
        }
    }
    if matches!(direction, Direction::ParentFirst | Direction::ChildFirst) {
        // With both tables moved each side behaves as before: a third of the combinations is enough, with every action in it.
        constraints = constraints.into_iter().skip(usize::from(direction == Direction::ChildFirst)).step_by(4).collect();
    }
    let sql: String = constraints.iter().enumerate().map(|(n, c)| tables(n, c)).collect();
    let mut pair = Pair::new(&sql).await;
    let mut plans: Vec<Vec<KeyTable>> = Vec::new();
    for n in 0..constraints.len() {
        let (p, c) = (format!("p{n}"), format!("c{n}"));
        let order: &[&str] = match direction {
            Direction::Incoming => &[&p],
            Direction::Outgoing => &[&c],
            Direction::ParentFirst => &[&p, &c],
            Direction::ChildFirst => &[&c, &p],
        };
        let mut own = Vec::new();
        for table in order {
            own.extend(pair.shift(table, "id").await);
        }
        plans.push(own);
    }
    let both_sides = sessions(&pair).await;
    for (n, constraint) in constraints.iter().enumerate() {
        let (p, c) = (format!("p{n}"), format!("c{n}"));
        let known: Vec<&KeyTable> = plans[n].iter().collect();
        let mut open = false;
        for op in script(n) {
            let case = format!("{direction:?} {constraint}");
            both(&pair, &both_sides, &op, &case).await;
            open = matches!(&op, Op::Raw(sql) if sql == "BEGIN")
                || (open && !matches!(&op, Op::Raw(sql) if sql == "COMMIT" || sql == "ROLLBACK"));
            // Inside a transaction only its own session sees the changed rows; they are compared when it ends.
            if !open {
                pair.equal_state(&[&p, &c], &known, &format!("{case} after {op:?}")).await;
            }
        }
    }
    restored(&mut pair, &sql, constraints.len()).await;
}

/// A rollback leaves no object behind, and the foreign keys are the same again.
async fn restored(pair: &mut Pair, sql: &str, count: usize) {
    let moved: Vec<String> = pair.moved.keys().cloned().collect();
    for table in &moved {
        pair.restore(table).await;
    }
    assert_eq!(pair.new.rows(LEFT).await, Vec::<String>::new());
    let definitions = "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint \
                       WHERE contype = 'f' ORDER BY 1, 2";
    assert_eq!(
        pair.new.rows(definitions).await,
        pair.old.rows(&format!("SET search_path = pg_catalog; {definitions}")).await,
        "{sql}"
    );
    let both_sides = sessions(pair).await;
    for n in 0..count {
        for op in script(n) {
            both(pair, &both_sides, &op, "restored").await;
        }
    }
}

/// All objects that came with the key tables.
const LEFT: &str = "SELECT 'function ' || proname FROM pg_proc WHERE proname ~ '^(hold|lead|follow|refill|compare)_'
    UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relnamespace = 'esclusa_key'::regnamespace
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname ~* '^esclusa'";

#[tokio::test]
async fn tables_that_stay_point_at_one_that_moved() {
    every_constraint(Direction::Incoming).await;
}

#[tokio::test]
async fn a_table_that_moved_points_at_one_that_stays() {
    every_constraint(Direction::Outgoing).await;
}

#[tokio::test]
async fn both_have_moved_the_referenced_one_first() {
    every_constraint(Direction::ParentFirst).await;
}

#[tokio::test]
async fn both_have_moved_the_referencing_one_first() {
    every_constraint(Direction::ChildFirst).await;
}
