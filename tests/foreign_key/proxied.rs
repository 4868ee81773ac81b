//! The same statements by a role that is not a superuser: directly on the original tables, and through the proxy where some have moved.
//! All answers are equal, including each field of an error.

use esclusa::config::Address;
use esclusa::mode::Mode;
use esclusa::twin::Client;
use esclusa::twin::answer::Reply;

use crate::common::proxy::{Proxy, b, e, p, q, s, tell};
use crate::common::{Bed, SCHEMA, server};

const ROLES: &str = "DO $$ BEGIN CREATE ROLE fk_owner; CREATE ROLE fk_app LOGIN; CREATE ROLE fk_late LOGIN; \
     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
     GRANT USAGE, CREATE ON SCHEMA cf_quere_pro TO fk_owner; GRANT USAGE ON SCHEMA cf_quere_pro TO fk_app, fk_late;";

/// `p` and `c` move; `c` points at `p` and at `q`, and `d` at both that moved. A foreign key that is made again by a move is checked after
/// the others, so `c` comes last here.
const TABLES: &str = "
     CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, note varchar(20)); INSERT INTO p VALUES (1, 'n'), (2, 'n'), (3, 'n'), (4, 'n');
     CREATE TABLE q (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO q VALUES (1), (2), (3);
     CREATE TABLE d (id integer, pid numeric(5,0) CONSTRAINT d_p REFERENCES p DEFERRABLE, cid numeric(5,0));
     CREATE TABLE c (id numeric(5,0) NOT NULL PRIMARY KEY, pid numeric(5,0) CONSTRAINT c_p REFERENCES p DEFERRABLE,
         qid numeric(5,0) CONSTRAINT c_q REFERENCES q ON UPDATE CASCADE ON DELETE CASCADE);
     INSERT INTO c VALUES (1, 1, 1), (2, 2, 2), (3, NULL, 3);
     ALTER TABLE d ADD CONSTRAINT d_c FOREIGN KEY (cid) REFERENCES c; INSERT INTO d VALUES (1, 1, 3);";

struct Sides {
    old: Bed,
    new: Bed,
    proxy: Proxy,
}

impl Sides {
    /// The tables on both sides, those that are named moved on the second.
    async fn new(tables: &str, more: &str, moved: &[&str]) -> Sides {
        let names = "SELECT string_agg(format('ALTER TABLE %s OWNER TO fk_owner; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %1$s TO fk_app', \
             oid::regclass), '; ') FROM pg_class WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind = 'r' AND relname ~ '^.$'";
        let sql = format!("{ROLES}{tables}");
        let (old, mut new) = (Bed::new(&sql).await, Bed::new(&sql).await);
        for bed in [&old, &new] {
            let grants = bed.cell(names).await;
            bed.sql(&grants).await;
            bed.sql(&format!("SET search_path = {SCHEMA}; {more}; RESET search_path")).await;
        }
        for table in moved {
            match *table {
                "l" => {
                    let target = "{ type = 'L', source_domain = 'S', source = ['aid'], target_domain = 'T', target = ['bid'] }";
                    new.rule("l", "link", target, "{ columns = ['aid', 'bid'] }").await
                }
                table => new.lookup(table, "id").await,
            };
        }
        let proxy = Proxy::start(&new).await;
        for table in moved {
            new.migrate(table).await.unwrap_or_else(|e| panic!("{table}: {e} {:?}", e.more()));
        }
        proxy.set(moved, Mode::Rewrite).await;
        Sides { old, new, proxy }
    }

    async fn clients(&self, user: &str) -> [Client; 2] {
        let direct = Address::Tcp("127.0.0.1".into(), server().await.port);
        [client(&direct, &self.old, user).await, client(&self.proxy.server.address, &self.new, user).await]
    }

    /// Plays statements on both sides; the answers are equal, and so are the tables in the end.
    async fn play(&self, user: &str, statements: &[&str], tables: &[&str]) -> Vec<String> {
        let [mut old, mut new] = self.clients(user).await;
        let mut told = Vec::new();
        for sql in statements {
            let (before, after) = (say(&mut old, &[q(sql)]).await, say(&mut new, &[q(sql)]).await);
            assert_eq!(before, after, "{sql}");
            if before.ends_with("ZE") && sql.starts_with("BEGIN;") {
                for client in [&mut old, &mut new] {
                    say(client, &[q("ROLLBACK")]).await;
                }
            }
            told.push(before);
        }
        for table in tables {
            let sql = format!("SELECT * FROM {SCHEMA}.{table} AS t ORDER BY t::text");
            assert_eq!(self.old.rows(&sql).await, self.new.rows(&sql).await, "{table}");
        }
        told
    }
}

async fn client(address: &Address, bed: &Bed, user: &str) -> Client {
    let path = format!("{SCHEMA}, public");
    let parameters = [("user", user), ("database", bed.name()), ("search_path", &*path)];
    Client::connect(address, &parameters).await.unwrap()
}

/// Errors with all their fields but the place in the server's source.
async fn say(client: &mut Client, frames: &[Vec<u8>]) -> String {
    client.send(&frames.concat()).await.unwrap();
    let fields = |reply: &Reply| match reply {
        Reply::Error(fields) | Reply::Notice(fields) => {
            let shown = fields.0.iter().filter(|(code, _)| !b"FLRV".contains(code));
            shown.map(|(code, value)| format!("{} {}\n", *code as char, String::from_utf8_lossy(value))).collect()
        }
        other => tell(other),
    };
    client.until_ready().await.unwrap().0.iter().map(fields).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn truncate_names_the_key_table_too() {
    let sides = Sides::new(TABLES, "", &["p", "c"]).await;
    let statements = [
        "BEGIN",
        "TRUNCATE p",
        "ROLLBACK",
        "TRUNCATE c",
        "TRUNCATE p, c",
        "TRUNCATE q",
        "BEGIN; TRUNCATE ONLY p, c *, cf_quere_pro.d; SELECT count(*) FROM c; ROLLBACK",
        "BEGIN; TRUNCATE TABLE c, d CONTINUE IDENTITY; SELECT count(*) FROM c; ROLLBACK",
        "BEGIN; TRUNCATE q CASCADE; SELECT count(*) FROM c; SELECT count(*) FROM d; ROLLBACK",
        "SELECT count(*) FROM c",
        "TRUNCATE p CASCADE",
        "SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM c), (SELECT count(*) FROM d), (SELECT count(*) FROM q)",
        "INSERT INTO p VALUES (1, 'n'); INSERT INTO c VALUES (1, 1, 1); INSERT INTO d VALUES (1, 1, 1)",
    ];
    let told = sides.play("fk_app", &statements, &["p", "q", "c", "d"]).await;
    for (at, words) in [
        (1, "D Table \"d\" references \"p\".\n"),
        (1, "H Truncate table \"d\" at the same time, or use TRUNCATE ... CASCADE."),
        (4, "D Table \"d\" references"),
        (10, "M truncate cascades to table \"c\""),
        (11, "(0,0,0,3)"),
    ] {
        assert!(told[at].contains(words), "{}", told[at]);
    }
    // A right that is granted and revoked later reaches the key table.
    let owner = "SET ROLE fk_owner; GRANT TRUNCATE, SELECT ON p, c, d TO fk_late; RESET ROLE";
    for (bed, sql) in [(&sides.old, owner), (&sides.new, owner)] {
        bed.sql(&format!("SET search_path = {SCHEMA}; {sql}; RESET search_path")).await;
    }
    sides.play("fk_late", &["TRUNCATE p, c", "BEGIN; TRUNCATE p, c, d; ROLLBACK"], &["p"]).await;
    for bed in [&sides.old, &sides.new] {
        bed.sql("SET ROLE fk_owner; REVOKE TRUNCATE ON cf_quere_pro.c FROM fk_late; RESET ROLE").await;
    }
    assert!(sides.play("fk_late", &["TRUNCATE p, c, d"], &["p"]).await[0].contains("permission denied for table c"));
}

/// The errors of foreign keys, wherever they come from: statements that name moved tables, others, and the end of a transaction.
#[tokio::test]
async fn errors_are_those_of_the_legacy_table() {
    let bad = "CREATE FUNCTION sour() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'sour'; END $$;
         CREATE TABLE z (id numeric(5,0) PRIMARY KEY CONSTRAINT z_p REFERENCES p ON DELETE CASCADE); INSERT INTO z VALUES (4);
         CREATE TRIGGER sour BEFORE DELETE ON z FOR EACH ROW EXECUTE FUNCTION sour(); ALTER TABLE z OWNER TO fk_owner";
    let sides = Sides::new(TABLES, bad, &["p", "c"]).await;
    let statements = [
        "INSERT INTO c VALUES (9, 99, 1)",
        "INSERT INTO c VALUES (9, 1, 99)",
        "INSERT INTO d VALUES (9, 99, 1)",
        "UPDATE d SET cid = 77",
        "DELETE FROM p WHERE id = 1",
        "UPDATE p SET id = 8 WHERE id = 2",
        "DELETE FROM q WHERE id = 3",
        "DELETE FROM q WHERE id = 2",
        "UPDATE q SET id = 30 WHERE id = 3",
        // What fails inside a cascade has the server's own statement as its context.
        "DELETE FROM p WHERE id = 4",
        "BEGIN; INSERT INTO c VALUES (9, 99, 1); COMMIT",
        "BEGIN",
        "SET CONSTRAINTS ALL DEFERRED",
        "INSERT INTO c VALUES (9, 99, 1)",
        "INSERT INTO d VALUES (9, 98, 1)",
        "COMMIT",
        "BEGIN",
        "SET CONSTRAINTS ALL DEFERRED",
        "DELETE FROM p WHERE id = 1",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ROLLBACK",
        "DO $$ BEGIN INSERT INTO d VALUES (9, 97, 1); END $$",
        "SELECT 1",
    ];
    let told = sides.play("fk_app", &statements, &["p", "q", "c", "d"]).await;
    assert_eq!(told.iter().filter(|t| t.contains("C 23503")).count(), 11, "{told:#?}");
    assert!(
        told[9].contains("W PL/pgSQL function sour() line 1 at RAISE\nSQL statement \"DELETE FROM ONLY \"cf_quere_pro\".\"z\"")
    );
    assert!(told[15].contains("s cf_quere_pro\nt c\nn c_p"), "{}", told[15]);
}

#[tokio::test]
async fn set_constraints_finds_what_lies_elsewhere_now() {
    let more = "CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO fk_app; CREATE TABLE other.x (id integer PRIMARY KEY);
         CREATE TABLE other.y (xid integer CONSTRAINT c_p REFERENCES other.x DEFERRABLE); GRANT ALL ON other.x, other.y TO fk_app";
    let sides = Sides::new(TABLES, more, &["p", "c"]).await;
    let insert = "INSERT INTO c VALUES (9, 99, 1)";
    let repair = "DELETE FROM c WHERE id = 9";
    let statements = [
        "BEGIN",
        "SET CONSTRAINTS c_p DEFERRED",
        insert,
        "SET CONSTRAINTS c_p IMMEDIATE",
        "ROLLBACK",
        "BEGIN",
        "set constraints cf_quere_pro.C_p, d_p deferred",
        insert,
        "INSERT INTO d VALUES (9, 98, 1)",
        repair,
        "DELETE FROM d WHERE id = 9",
        "SET CONSTRAINTS \"c_p\" IMMEDIATE",
        insert,
        "ROLLBACK",
        "BEGIN; SET CONSTRAINTS c_p, d_p DEFERRED; INSERT INTO c VALUES (9, 99, 1); COMMIT",
        "BEGIN; SET CONSTRAINTS nothing, c_p DEFERRED; COMMIT",
        "BEGIN; SET CONSTRAINTS c_p, cf_quere_pro.nothing DEFERRED; COMMIT",
        "BEGIN; SET CONSTRAINTS c_q DEFERRED; COMMIT",
        "BEGIN; SET CONSTRAINTS c_q IMMEDIATE; COMMIT",
        "BEGIN; SET CONSTRAINTS nowhere.c_p DEFERRED; COMMIT",
        "BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO c VALUES (9, 99, 1); DELETE FROM c WHERE id = 9; COMMIT",
        "SET search_path = other, cf_quere_pro",
        "BEGIN; SET CONSTRAINTS c_p DEFERRED; INSERT INTO y VALUES (1); DELETE FROM y; COMMIT",
        "BEGIN; SET CONSTRAINTS c_p DEFERRED; INSERT INTO c VALUES (9, 99, 1); COMMIT",
        "SET search_path = public",
        "BEGIN; SET CONSTRAINTS c_p DEFERRED; COMMIT",
        "BEGIN; SET CONSTRAINTS cf_quere_pro.c_p DEFERRED; INSERT INTO cf_quere_pro.c VALUES (9, 99, 1); COMMIT",
    ];
    let told = sides.play("fk_app", &statements, &["p", "c", "d"]).await;
    assert!(told[2].contains("[INSERT 0 1]") && told[3].contains("C 23503") && told[12].contains("C 23503"), "{told:#?}");
    assert!(told[25].contains("C 42704"), "{}", told[25]);
    // In the extended protocol, prepared before the transaction.
    let [mut old, mut new] = sides.clients("fk_app").await;
    let run = [p("s", "SET CONSTRAINTS c_p DEFERRED"), p("i", insert), b("s", &[]), e(), b("i", &[]), e(), s()];
    for frames in [&[q("BEGIN")][..], &run, &[q("COMMIT")]] {
        let (before, after) = (say(&mut old, frames).await, say(&mut new, frames).await);
        assert_eq!(before, after);
    }
}

/// A deferred check takes its lock when it looks, with the legacy table and through the proxy.
#[tokio::test]
async fn a_deferred_foreign_key_locks_when_it_checks() {
    let sides = Sides::new(TABLES, "", &["p", "c"]).await;
    for (bed, address) in
        [(&sides.old, Address::Tcp("127.0.0.1".into(), server().await.port)), (&sides.new, sides.proxy.server.address.clone())]
    {
        let (mut holder, mut other) = (client(&address, bed, "fk_app").await, client(&address, bed, "fk_app").await);
        say(&mut holder, &[q("BEGIN; SELECT id FROM p WHERE id = 3 FOR UPDATE")]).await;
        for (table, row) in [("c", "(9, 3, 1)"), ("d", "(9, 3, 1)")] {
            let begin =
                format!("SET lock_timeout = '2s'; BEGIN; SET CONSTRAINTS {table}_p DEFERRED; INSERT INTO {table} VALUES {row}");
            let told = say(&mut other, &[q(&begin)]).await;
            assert!(told.contains("[INSERT 0 1]"), "{told}");
            let told = say(&mut other, &[q("SET LOCAL lock_timeout = '20ms'; SET CONSTRAINTS ALL IMMEDIATE")]).await;
            assert!(told.contains("C 55P03"), "{told}");
            say(&mut other, &[q("ROLLBACK")]).await;
        }
    }
}

/// A proxy that was running before notices the key table when its table moves, and its removal too.
#[tokio::test]
async fn a_move_is_followed() {
    let sides = Sides::new(TABLES, "", &["p"]).await;
    let statements =
        ["TRUNCATE p, c, d", "TRUNCATE p", "BEGIN; SET CONSTRAINTS c_p DEFERRED; INSERT INTO c VALUES (9, 99, 1); COMMIT"];
    sides.play("fk_app", &statements, &["p", "c", "d"]).await;
}

/// What a foreign key of a junction does to its rows.
#[tokio::test]
async fn cascades_onto_a_junction() {
    let tables = "CREATE TABLE a (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 6);
         CREATE TABLE b (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO b SELECT generate_series(1, 6);
         CREATE TABLE l (aid numeric(5,0) NOT NULL CONSTRAINT l_a REFERENCES a ON UPDATE CASCADE ON DELETE CASCADE,
             bid numeric(5,0) NOT NULL DEFAULT 1 CONSTRAINT l_b REFERENCES b ON UPDATE CASCADE ON DELETE SET DEFAULT,
             x numeric(5,0) CONSTRAINT l_x REFERENCES b ON UPDATE SET NULL ON DELETE SET NULL, PRIMARY KEY (aid, bid));
         INSERT INTO l VALUES (1, 1, 2), (1, 2, 3), (2, 2, 4), (3, 3, NULL), (4, 5, 5), (5, 5, 6);";
    let statements = [
        "DELETE FROM a WHERE id = 1",
        "UPDATE a SET id = 20 WHERE id = 2",
        "UPDATE a SET id = id + 50 WHERE id > 2",
        "SELECT * FROM l ORDER BY aid, bid",
        "DELETE FROM b WHERE id = 5",
        "UPDATE b SET id = 30 WHERE id = 3",
        "UPDATE b SET id = 60 WHERE id = 6",
        "SELECT * FROM l ORDER BY aid, bid",
        "DELETE FROM b WHERE id = 1",
        "UPDATE l SET aid = 53, bid = 2, x = 4 WHERE aid = 70",
        "INSERT INTO l VALUES (56, 2, 4), (56, 4, 4)",
        // Both columns of the key become the default: the rows are the same one then.
        "UPDATE l SET bid = 4 WHERE aid = 53",
        "DELETE FROM b WHERE id = 4",
        "BEGIN; DELETE FROM a WHERE id = 56; UPDATE a SET id = 57 WHERE id = 54; SELECT * FROM l ORDER BY aid, bid; ROLLBACK",
        "INSERT INTO l VALUES (99, 1, 1)",
        "SELECT * FROM l ORDER BY aid, bid",
    ];
    for moved in [&["l"][..], &["a", "l"], &["l", "b"], &["a", "b", "l"]] {
        let sides = Sides::new(tables, "", moved).await;
        let told = sides.play("fk_app", &statements, &["a", "b", "l"]).await;
        // A key that is repeated in the middle of a cascade: everything is reported except the server's own statement.
        let [mut old, mut new] = sides.clients("fk_app").await;
        let [old, new] =
            [say(&mut old, &[q("DELETE FROM b WHERE id = 2")]).await, say(&mut new, &[q("DELETE FROM b WHERE id = 2")]).await];
        let without = |told: &str| told.lines().filter(|l| !l.starts_with("W ")).collect::<Vec<_>>().join("\n");
        assert_eq!(without(&old), without(&new));
        assert!(old.contains("D Key (aid, bid)=(56, 1) already exists."), "{old}");
        assert!(told[3].contains("(70,2,4)") && told[8].contains("23503"), "{told:#?}");
    }
}

/// A role that may not read a table is shown only the columns of a row that it may write. It is shown the key of a foreign key, which PostgreSQL hides.
#[tokio::test]
async fn who_may_not_read_is_shown_what_he_wrote() {
    let tables = "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, note varchar(20) NOT NULL, n integer); INSERT INTO p VALUES (1, 'n', 1);
         CREATE TABLE c (pid numeric(5,0) CONSTRAINT c_p REFERENCES p); INSERT INTO c VALUES (1);";
    let more = "REVOKE ALL ON p FROM fk_app; GRANT INSERT (id), SELECT (n), UPDATE (id, n), DELETE ON p TO fk_late; GRANT INSERT ON p TO fk_app";
    let sides = Sides::new(tables, more, &["p"]).await;
    let shown = [
        "INSERT INTO p (id) VALUES (9)",
        "INSERT INTO p VALUES (9)",
        "UPDATE p SET id = NULL",
        "UPDATE p SET id = n, n = 1 WHERE n > 1",
    ];
    let told = sides.play("fk_late", &shown, &["p"]).await;
    assert!(told[0].contains("23502") && told[2].contains("23502"), "{told:#?}");
    let whole = ["INSERT INTO p VALUES (9, NULL, 3)", "INSERT INTO p (n, id, note) SELECT 1, NULL, 'x'"];
    let told = sides.play("fk_app", &whole, &["p"]).await;
    assert!(told.iter().all(|t| t.contains("D Failing row contains (id, note, n) = (")), "{told:#?}");
    let [mut old, mut new] = sides.clients("fk_late").await;
    let (before, after) = (say(&mut old, &[q("DELETE FROM p")]).await, say(&mut new, &[q("DELETE FROM p")]).await);
    assert!(before.contains("D Key is still referenced from table"), "{before}");
    assert_eq!(before.replace("Key is", "Key (id)=(1) is"), after);
}
