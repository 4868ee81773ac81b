//! Two sessions on one consolidated table: who waits for whom, and the rows afterwards. A session that must wait is seen waiting
//! in pg_locks; one that must not has a lock timeout.

use esclusa::migrate::migration::Migration;

use crate::common::{Bed, server, wait_for};
use crate::proxied::Proxied;

const WAITS: &str = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()";

async fn bed() -> (Bed, Proxied, Proxied) {
    let mut bed =
        Bed::new("CREATE TABLE tipcc (id numeric(5,0) PRIMARY KEY, n numeric(5,0)); INSERT INTO tipcc VALUES (1, 0)").await;
    let rule = bed.lookup("tipcc", "id").await;
    bed.migrate_all().await;
    let (one, two) = (Proxied::new(&bed, &rule).await, Proxied::new(&bed, &rule).await);
    (bed, one, two)
}

/// Each of them adds to what the other one left: the row is read again after the wait.
#[tokio::test]
async fn upserts_of_two_sessions_both_count() {
    for statement in [
        "insert into tipcc values (1, 5) on conflict (id) do update set n = tipcc.n + excluded.n",
        "merge into tipcc t using (values (1, 5)) s(id, n) on t.id = s.id when matched then update set n = t.n + s.n",
        "update tipcc set n = n + 5 where id = 1",
    ] {
        let (bed, one, two) = bed().await;
        assert_eq!(one.say(&format!("begin; {statement}")).await, "(0)\n(1)", "{statement}");
        let commit = async {
            wait_for(&bed.db, WAITS).await;
            assert_eq!(one.say("commit").await, "(0)");
        };
        let (said, ()) = tokio::join!(two.say(statement), commit);
        assert_eq!((said.as_str(), two.say("select n from tipcc").await.as_str()), ("(1)", "10\n(1)"), "{statement}");
    }
}

/// A row that another session is adding: DO NOTHING waits for it, and then does nothing.
#[tokio::test]
async fn do_nothing_waits_for_the_other_row() {
    let (bed, one, two) = bed().await;
    assert_eq!(one.say("begin; insert into tipcc values (2, 1)").await, "(0)\n(1)");
    let commit = async {
        wait_for(&bed.db, WAITS).await;
        assert_eq!(one.say("commit").await, "(0)");
    };
    let (said, ()) = tokio::join!(two.say("insert into tipcc values (2, 7), (3, 7) on conflict do nothing returning id"), commit);
    assert_eq!(said, "3\n(1)");
    assert_eq!(two.say("select n from tipcc where id = 2").await, "1\n(1)");
}

/// PostgreSQL's table of conflicts (manual, section 13.3.1), by statements: what a mode keeps out, and what it does not.
#[tokio::test]
async fn lock_keeps_out_what_it_kept_out() {
    let (_bed, one, two) = bed().await;
    // Each does nothing to a row that the next one must find.
    let (read, locked, write) =
        ("select n from tipcc where id = 1", "select n from tipcc where id = 1 for share", "update tipcc set n = 0 where id = 1");
    let own = |mode: &str| format!("lock tipcc in {mode} mode nowait");
    let cases = [
        ("access share", vec![read.to_owned(), locked.into(), write.into(), own("exclusive")], vec![own("access exclusive")]),
        ("row share", vec![read.into(), locked.into(), write.into(), own("share row exclusive")], vec![own("exclusive")]),
        ("row exclusive", vec![read.into(), write.into(), own("row exclusive")], vec![own("share")]),
        ("share update exclusive", vec![read.into(), write.into()], vec![own("share update exclusive")]),
        ("share", vec![read.into(), locked.into(), own("share")], vec![write.to_owned(), own("row exclusive")]),
        ("share row exclusive", vec![read.into(), locked.into()], vec![write.to_owned(), own("share")]),
        ("exclusive", vec![read.into()], vec![locked.to_owned(), write.into(), own("row share")]),
        ("access exclusive", vec![], vec![read.to_owned(), locked.into(), write.into(), own("access share")]),
    ];
    for (mode, passes, waits) in cases {
        assert_eq!(one.say(&format!("begin; lock table tipcc in {mode} mode")).await, "(0)\n(0)", "{mode}");
        for statement in passes {
            let answer = two.say(&format!("begin; set local lock_timeout = '20s'; {statement}")).await;
            assert!(!answer.starts_with("ERROR"), "{mode}, {statement}: {answer}");
            two.say("rollback").await;
        }
        for statement in waits {
            let answer = two.say(&format!("begin; set local lock_timeout = '1ms'; {statement}")).await;
            assert!(answer.starts_with("ERROR 55P03"), "{mode}, {statement}: {answer}");
            two.say("rollback").await;
        }
        one.say("rollback").await;
    }
}

/// A second migration would find what the first has moved, and call it rows that have to be rolled back.
#[tokio::test]
async fn a_database_has_one_migration_at_a_time() {
    let mut bed = Bed::new("CREATE TABLE hismo (id numeric(5,0)); INSERT INTO hismo VALUES (1), (1)").await;
    let rule = bed.history("hismo", "id").await;
    let elsewhere = server().await.connect(bed.name()).await.unwrap();
    let first = Migration::new(&elsewhere, &bed.rules, bed.context.clone()).await.unwrap();
    let second = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let run = first.begin("first").await.unwrap();
    let refused = second.begin("second").await.unwrap_err();
    assert!(refused.to_string().contains("another migration is running"), "{refused}");
    assert_eq!(first.table(run, &rule).await.unwrap().rows, 2);
    first.finish(run).await.unwrap();
    let run = second.begin("second").await.unwrap();
    assert_eq!(second.table(run, &rule).await.unwrap().notes, ["already migrated: a view has the name"]);
}
