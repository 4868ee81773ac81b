//! Relations of a legacy name in other schemas of the search path, before the legacy one: what PostgreSQL means is what is read and written.

use esclusa::mode::Mode;
use esclusa::wire::frame;

use crate::common::proxy::{Proxy, Raw, direct};
use crate::common::{Bed, SCHEMA};

/// What changes the meaning of names where no statement says so.
const FUNCTIONS: &str = "
    CREATE FUNCTION public.f_setpath(p text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', p, false); RETURN 'x'; END $$;
    CREATE FUNCTION public.\"Llama\"(p text) RETURNS text LANGUAGE sql AS $$ SELECT public.F_SETPATH(p) $$;
    CREATE FUNCTION public.g(p text) RETURNS text LANGUAGE sql AS $$ SELECT public.\"Llama\"(p) $$;
    CREATE FUNCTION public.f_run(p text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE p; RETURN 1; END $$;
    CREATE FUNCTION public.f_temp() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE tipovalvula (cod int); RETURN 1; END $$;
    CREATE PROCEDURE public.p_setpath(p text) LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', p, false); END $$;
    CREATE FUNCTION public.f_none(p text) RETURNS text LANGUAGE sql AS $$ SELECT upper(p) $$;";

/// The table itself lies in `antes`, and what the proxy makes of it under its own name. Each side has schemas of its own for other relations,
/// and these are told apart by their rows: those of the legacy table are 1, 2 and 3.
async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipovalvula (cod numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(40));
         INSERT INTO tipovalvula VALUES (1, 'a'), (2, 'b'), (3, 'c');",
    )
    .await;
    bed.lookup("tipovalvula", "cod").await;
    bed.migrate_all().await;
    bed.sql(FUNCTIONS).await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipovalvula"], Mode::Rewrite).await;
    bed.sql(
        "CREATE SCHEMA antes; ALTER TABLE mig_old.tipovalvula SET SCHEMA antes;
         CREATE SCHEMA first_old; CREATE SCHEMA first_new; CREATE SCHEMA second_old; CREATE SCHEMA second_new",
    )
    .await;
    (bed, proxy)
}

/// A text for one side: `LEGACY`, `FIRST` and `SECOND` are its schemas, `THIRD` and `FOURTH` such as do not exist.
fn for_side(text: &str, is_proxied: bool) -> String {
    let (legacy, side) = if is_proxied { (SCHEMA, "new") } else { ("antes", "old") };
    let schemas = ["FIRST", "SECOND", "THIRD", "FOURTH"];
    let named = |text: String, schema: &str| text.replace(schema, &format!("{}_{side}", schema.to_lowercase()));
    schemas.into_iter().fold(text.replace("LEGACY", legacy), named)
}

/// Sends a simple query, or texts by Parse, Bind, Execute and one Sync where it begins with `> `, ` | ` between them; what comes back, without the words of errors.
async fn ask(client: &mut Raw, text: &str) -> String {
    let mut out = Vec::new();
    match text.strip_prefix("> ") {
        Some(texts) => {
            for text in texts.split(" | ") {
                frame::write(&mut out, b'P', &[&[0], text.as_bytes(), &[0, 0, 0]]);
                frame::write(&mut out, b'B', &[&[0; 8]]);
                frame::write(&mut out, b'E', &[&[0; 5]]);
            }
            frame::write(&mut out, b'S', &[]);
        }
        None => frame::write(&mut out, b'Q', &[text.as_bytes(), &[0]]),
    }
    client.send(&[out]).await;
    let told = client.until_ready(1).await;
    told.replace("antes", "LEGACY")
        .replace(SCHEMA, "LEGACY")
        .replace("first_new", "FIRST")
        .replace("first_old", "FIRST")
        .replace("second_new", "SECOND")
        .replace("second_old", "SECOND")
}

/// Conversations of two sessions, `a` and `b`, on each side. They leave no relation behind.
const CONVERSATIONS: &[&[&str]] = &[
    // A table of the name is made, read, dropped, by the same session and by another.
    &[
        "a SET search_path = FIRST, LEGACY",
        "b SET search_path = FIRST, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "b > SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE FIRST.tipovalvula (cod int, nombre text)",
        "a SELECT count(*) FROM tipovalvula",
        "b > SELECT count(*) FROM tipovalvula",
        "b INSERT INTO tipovalvula VALUES (7, 'x')",
        "a DELETE FROM tipovalvula",
        "a SELECT count(*) FROM LEGACY.tipovalvula",
        "b BEGIN",
        "b DROP TABLE tipovalvula",
        "b SELECT count(*) FROM tipovalvula",
        "b ROLLBACK",
        "b SELECT count(*) FROM tipovalvula",
        "b BEGIN; DROP TABLE tipovalvula; COMMIT",
        "b SELECT count(*) FROM tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // In one Query, under a path that nobody has asked about.
    &[
        "a CREATE TABLE FIRST.tipovalvula (cod int)",
        "a SET search_path = LEGACY, public",
        "a SELECT count(*) FROM tipovalvula",
        "a BEGIN; SET LOCAL search_path = FIRST, LEGACY; SELECT count(*) FROM tipovalvula; DELETE FROM tipovalvula; COMMIT; SELECT count(*) FROM tipovalvula",
        "a SET search_path = FIRST, LEGACY; DROP TABLE tipovalvula; SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; ROLLBACK; SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; DROP TABLE tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // RENAME and SET SCHEMA, by a message each and in one.
    &[
        "a SET search_path = FIRST, LEGACY",
        "a CREATE TABLE FIRST.otra (cod int); CREATE TABLE SECOND.tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE otra RENAME TO tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula RENAME TO otra; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE otra RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula; ALTER TABLE FIRST.tipovalvula RENAME TO otra",
        "a ALTER TABLE SECOND.tipovalvula SET SCHEMA FIRST",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula SET SCHEMA SECOND; SELECT count(*) FROM tipovalvula",
        "a SET search_path = LEGACY; SELECT count(*) FROM tipovalvula; SET search_path = SECOND, LEGACY; SELECT count(*) FROM tipovalvula",
        "a DROP TABLE FIRST.otra, tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // Temporary relations, first and later in the path, with another name at first.
    &[
        "a SET search_path = LEGACY, pg_temp",
        "a CREATE TEMP TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a SET search_path = LEGACY; SELECT count(*) FROM tipovalvula; SET search_path = LEGACY, pg_temp; SELECT count(*) FROM tipovalvula",
        "a SET search_path = pg_temp, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP TABLE pg_temp.tipovalvula",
        "a CREATE TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a DISCARD TEMP",
        "a SET search_path = LEGACY",
        "a CREATE TEMP TABLE zz (a int); ALTER TABLE zz RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula RENAME TO zz; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE zz RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula; DROP TABLE pg_temp.tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // A schema that does not exist, one that comes and goes with its relations, one that may not be used.
    &[
        "a SET search_path = THIRD, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a CREATE SCHEMA THIRD CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; ROLLBACK; SELECT count(*) FROM tipovalvula",
        "a BEGIN",
        "a CREATE SCHEMA THIRD CREATE TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER SCHEMA THIRD RENAME TO FOURTH",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER SCHEMA FOURTH RENAME TO THIRD; SELECT count(*) FROM tipovalvula",
        "a DROP SCHEMA THIRD CASCADE",
        "a SELECT count(*) FROM tipovalvula",
        "a ROLLBACK",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // The path was set before the transaction that a Query ends.
    &[
        "a SET search_path = LEGACY, public",
        "a BEGIN",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); COMMIT; DELETE FROM tipovalvula WHERE cod = 9",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK; DELETE FROM tipovalvula WHERE cod = 9",
        "a RESET search_path",
        "a SET search_path = LEGACY, SECOND",
        "a BEGIN",
        "a SAVEPOINT s; INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK TO s; COMMIT; DELETE FROM tipovalvula WHERE cod = 9",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a SAVEPOINT s",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK TO s; COMMIT AND CHAIN; DELETE FROM tipovalvula WHERE cod = 9; ROLLBACK AND CHAIN; SELECT count(*) FROM tipovalvula; COMMIT",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a DO $$ BEGIN PERFORM 1; END $$; SELECT count(*) FROM tipovalvula; COMMIT; SELECT count(*) FROM tipovalvula",
    ],
    // What is known of other schemas inside of a transaction, and LOCK TABLE where it comes first.
    &[
        "a SET search_path = FIRST, LEGACY",
        "a SELECT 1 FROM tipovalvula WHERE false",
        "a BEGIN ISOLATION LEVEL REPEATABLE READ",
        "a LOCK TABLE tipovalvula IN ACCESS SHARE MODE",
        "a SELECT count(*) FROM tipovalvula",
        "b CREATE TABLE FIRST.tipovalvula (cod int)",
        "a SELECT count(*) FROM LEGACY.tipovalvula",
        "a COMMIT",
        "a SELECT count(*) FROM tipovalvula",
        "b DROP TABLE FIRST.tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // A function changes the path, beside a legacy name and alone, itself and by way of another.
    &[
        "a CREATE TABLE FIRST.tipovalvula (cod int, nombre text)",
        "a SET search_path = LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a SELECT public.f_setpath('FIRST, LEGACY'), count(*) FROM tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a INSERT INTO tipovalvula VALUES (5, 'n')",
        "a > SELECT public.\"Llama\"('LEGACY'), count(*) FROM tipovalvula",
        "a > SELECT count(*) FROM tipovalvula",
        "a SELECT public.g('FIRST, LEGACY')",
        "a > SELECT count(*) FROM tipovalvula",
        "a UPDATE tipovalvula SET nombre = public.f_setpath('LEGACY')",
        "a SELECT count(*) FROM tipovalvula",
        "a SELECT public.f_none('x'), count(*) FROM tipovalvula",
        "a CALL public.p_setpath('FIRST, LEGACY')",
        "a SELECT count(*) FROM tipovalvula",
        "a > SELECT public.f_setpath('LEGACY') | SELECT count(*) FROM tipovalvula | SELECT public.f_run('SET search_path = FIRST, LEGACY') | SELECT count(*) FROM tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a BEGIN",
        "a SELECT public.f_setpath('LEGACY')",
        "a SELECT count(*) FROM tipovalvula",
        "a ROLLBACK",
        "a SELECT count(*) FROM tipovalvula",
        "a DO $$ BEGIN EXECUTE 'SET search' || '_path = LEGACY'; END $$",
        "a SELECT count(*) FROM tipovalvula",
        "a /* a */ -- b\n DO $$ BEGIN PERFORM public.g('FIRST, LEGACY'); END $$",
        "a SELECT count(*) FROM tipovalvula",
        "a UPDATE pg_settings SET setting = 'LEGACY' WHERE name = 'search_path'",
        "a SELECT count(*) FROM tipovalvula",
        "a EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT set_config('search_path', 'FIRST, LEGACY', false)",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP TABLE FIRST.tipovalvula",
    ],
    // By PREPARE and EXECUTE, by a cursor, by a function that the session has made.
    &[
        "a CREATE TABLE FIRST.tipovalvula (cod int, nombre text)",
        "a SET search_path = LEGACY",
        "a PREPARE p(text) AS SELECT public.f_setpath($1)",
        "a PREPARE q(text) AS SELECT set_config('search_path', $1, false) IS NULL",
        "a SELECT count(*) FROM tipovalvula",
        "a EXECUTE p('FIRST, LEGACY')",
        "a SELECT count(*) FROM tipovalvula",
        "a EXECUTE q('LEGACY')",
        "a > SELECT count(*) FROM tipovalvula",
        "a BEGIN",
        "a DECLARE c CURSOR FOR SELECT public.f_setpath('FIRST, LEGACY')",
        "a SELECT count(*) FROM tipovalvula",
        "a FETCH c",
        "a SELECT count(*) FROM tipovalvula",
        "a ROLLBACK",
        "a SELECT count(*) FROM tipovalvula",
        "a CREATE FUNCTION FIRST.nueva() RETURNS int LANGUAGE plpgsql AS $$ BEGIN SET search_path = FIRST, LEGACY; RETURN 1; END $$",
        "a SELECT count(*) FROM tipovalvula",
        "a SELECT FIRST.nueva(), count(*) FROM tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP FUNCTION FIRST.nueva()",
        "a DROP TABLE FIRST.tipovalvula",
    ],
    // A function makes a relation, temporary or in a schema that the path names before.
    &[
        "a SET search_path = FIRST, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a BEGIN",
        "a SELECT public.f_run('CREATE TABLE FIRST.tipo' || 'valvula (cod int)')",
        "a SELECT count(*) FROM tipovalvula",
        "a ROLLBACK",
        "a SELECT count(*) FROM tipovalvula",
        "a SELECT public.f_temp(), count(*) FROM tipovalvula",
        "a > SELECT count(*) FROM tipovalvula",
        "a DROP TABLE pg_temp.tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // Temporary ones, by less usual words.
    &[
        "a SET search_path = LEGACY",
        "a EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) CREATE TEMP TABLE tipovalvula AS SELECT 1 AS cod",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP TABLE tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a SELECT 4 AS cod INTO LOCAL TEMP tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP TABLE tipovalvula; SELECT count(*) FROM tipovalvula; (SELECT 4 AS cod INTO GLOBAL TEMPORARY TABLE tipovalvula); SELECT count(*) FROM tipovalvula",
        "a DROP TABLE pg_temp.tipovalvula",
        "a EXPLAIN CREATE TEMP TABLE tipovalvula AS SELECT 1 AS cod; SELECT count(*) FROM tipovalvula",
    ],
    // Two of a name in one FROM; what stands behind RESET ALL and DISCARD ALL in a pipeline.
    &[
        "a CREATE TABLE FIRST.tipovalvula (cod int)",
        "a INSERT INTO FIRST.tipovalvula VALUES (7)",
        "a SELECT FIRST.tipovalvula.cod, LEGACY.tipovalvula.cod FROM FIRST.tipovalvula, LEGACY.tipovalvula ORDER BY 1, 2",
        "a SELECT FIRST.tipovalvula.*, LEGACY.tipovalvula.* FROM LEGACY.tipovalvula, FIRST.tipovalvula ORDER BY LEGACY.tipovalvula.cod",
        "a SET search_path = LEGACY",
        "a SELECT FIRST.tipovalvula.cod, LEGACY.tipovalvula.nombre FROM FIRST.tipovalvula JOIN tipovalvula ON LEGACY.tipovalvula.cod < FIRST.tipovalvula.cod ORDER BY 2",
        "a SELECT FIRST.tipovalvula.cod FROM tipovalvula",
        "a DROP TABLE FIRST.tipovalvula",
        "a BEGIN",
        "a > RESET ALL | TRUNCATE LEGACY.tipovalvula | SELECT count(*) FROM LEGACY.tipovalvula",
        "a ROLLBACK",
        "a > DISCARD ALL | INSERT INTO LEGACY.tipovalvula VALUES (1, 'z') ON CONFLICT (cod) DO NOTHING",
    ],
];

/// Within one Query nobody can ask: what a function makes of the path is refused there, and known afterwards.
#[tokio::test]
async fn a_path_that_a_function_sets_within_a_query_is_not_guessed_at() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    bed.sql("CREATE TABLE first_new.tipovalvula (cod int)").await;
    ask(&mut client, &format!("SET search_path = {SCHEMA}")).await;
    let count = "SELECT count(*) FROM tipovalvula";
    assert!(ask(&mut client, count).await.contains("(3)"));
    for (path, rows) in [("first_new, cf_quere_pro", "(0)"), ("cf_quere_pro", "(3)")] {
        for mover in [
            format!("SELECT public.g('{path}')"),
            format!("UPDATE pg_settings SET setting = '{path}' WHERE name = 'search_path'"),
            format!("CALL public.p_setpath('{path}')"),
            format!("DO $$ BEGIN PERFORM public.f_setpath('{path}'); END $$"),
        ] {
            // What is refused undoes what stands before it in the same Query.
            let told = ask(&mut client, &format!("{mover}; COMMIT; {count}")).await;
            assert!(told.contains("0A000"), "{mover}: {told}");
            let read = ask(&mut client, count).await;
            assert!(read.contains(rows), "{mover}: {read}");
            let other = if rows == "(0)" { "cf_quere_pro" } else { "first_new, cf_quere_pro" };
            ask(&mut client, &format!("SET search_path = {other}")).await;
        }
    }
}

/// A trigger, a view: what changes the path where no statement names it is noticed after a while.
#[tokio::test]
async fn a_path_that_is_set_behind_a_statement_is_noticed() {
    let (bed, proxy) = bed().await;
    bed.sql(
        "CREATE TABLE public.dispara (a text);
         CREATE FUNCTION public.f_dispara() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.f_setpath(NEW.a); RETURN NEW; END $$;
         CREATE TRIGGER dispara BEFORE INSERT ON public.dispara FOR EACH ROW EXECUTE FUNCTION public.f_dispara();
         CREATE VIEW public.mira AS SELECT public.f_setpath('cf_quere_pro') AS x; CREATE VIEW public.mira_otra AS SELECT x FROM public.mira;
         CREATE TABLE first_new.tipovalvula (cod int)",
    )
    .await;
    let is_noticed = || {
        let policy = proxy.server.shared.policy.load();
        policy.movers().are_hidden() && policy.movers().of("mira_otra").is_some()
    };
    for _ in 0..100 {
        if is_noticed() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(is_noticed(), "functions are looked at every two seconds");
    let mut client = proxy.client(&bed).await;
    ask(&mut client, &format!("SET search_path = {SCHEMA}")).await;
    let count = "SELECT count(*) FROM tipovalvula";
    assert!(ask(&mut client, count).await.contains("(3)"));
    ask(&mut client, &format!("INSERT INTO public.dispara VALUES ('first_new, {SCHEMA}')")).await;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let read = ask(&mut client, &format!("> {count}")).await;
    assert!(read.contains("(0)"), "{read}");
    // A view has a name.
    ask(&mut client, "SELECT x FROM public.mira_otra").await;
    let read = ask(&mut client, count).await;
    assert!(read.contains("(3)"), "{read}");
}

/// Within one Query: what calls such a function under another name, or later.
#[tokio::test]
async fn what_calls_a_function_that_sets_the_path_is_known() {
    let (bed, proxy) = bed().await;
    bed.sql(
        "CREATE FUNCTION public.f_path() RETURNS text LANGUAGE sql AS $$ SELECT set_config('search_path', 'first_new, cf_quere_pro', false) $$;
         CREATE FUNCTION public.f_state(s text, v text) RETURNS text LANGUAGE sql AS $$ SELECT public.f_path() $$;
         CREATE AGGREGATE public.suma_path(text) (SFUNC = public.f_state, STYPE = text);
         CREATE DOMAIN public.d_path AS text CHECK (public.f_path() IS NOT NULL);
         CREATE OPERATOR public.===> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.f_state);
         CREATE VIEW public.v_path AS SELECT public.f_path() AS x; CREATE VIEW public.v_of_view AS SELECT x FROM public.v_path;
         CREATE VIEW public.v_set AS SELECT set_config('search_path', 'first_new, cf_quere_pro', false) AS x;
         CREATE FUNCTION public.f_of_view() RETURNS text LANGUAGE sql AS $$ SELECT x FROM public.v_of_view $$;
         CREATE TABLE first_new.tipovalvula (cod int)",
    )
    .await;
    let is_known = || {
        let policy = proxy.server.shared.policy.load();
        let names = ["suma_path", "d_path", "===>", "v_path", "v_of_view", "v_set", "f_of_view"];
        names.iter().all(|name| policy.movers().of(name).is_some_and(|moves| moves.path))
    };
    for _ in 0..100 {
        if is_known() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(is_known(), "{:?}", proxy.server.shared.policy.load().movers());
    let mut client = proxy.client(&bed).await;
    let path = format!("SET search_path = {SCHEMA}");
    let count = "SELECT count(*) FROM tipovalvula";
    let mut wrong = Vec::new();
    for (before, text) in [
        ("", "CREATE TEMP TABLE aa AS SELECT public.f_path()"),
        ("", "SELECT public.f_path() AS x INTO TEMP aa"),
        ("", "SELECT public.U&\"f\\005fpath\"()"),
        ("", "SELECT x FROM public.v_of_view"),
        ("", "SELECT x FROM public.v_set"),
        ("", "SELECT public.f_of_view()"),
        ("", "SELECT public.suma_path('a')"),
        ("", "SELECT 'a'::public.d_path"),
        ("", "SELECT 'a' OPERATOR(public.===>) 'b'"),
        ("", "SELECT query_to_xml('SELECT public.f_path()', true, true, '')"),
        ("", "PREPARE pp AS SELECT public.f_path(); EXPLAIN ANALYZE EXECUTE pp; DEALLOCATE pp"),
        ("PREPARE pq AS SELECT public.f_path()", "EXECUTE pq"),
        ("PREPARE pr AS SELECT x FROM public.v_path", "CREATE TEMP TABLE aa AS EXECUTE pr"),
        ("", "DECLARE c CURSOR FOR SELECT public.f_path(); FETCH ALL FROM c"),
        ("", "DECLARE c CURSOR WITH HOLD FOR SELECT public.f_path(); COMMIT"),
        ("", "DECLARE c CURSOR FOR SELECT public.f_path(); MOVE ALL FROM c"),
        ("", "CREATE FUNCTION public.f_new() RETURNS text LANGUAGE sql AS 'SELECT public.f_path()'; SELECT public.f_new()"),
        (
            "",
            "CREATE FUNCTION public.f_new() RETURNS text LANGUAGE sql AS $$ SELECT set_config('search_path', 'first_new', false) $$; TABLE public.v_path; SELECT public.f_new()",
        ),
    ] {
        ask(&mut client, &path).await;
        ask(&mut client, count).await;
        if !before.is_empty() {
            ask(&mut client, before).await;
        }
        let told = ask(&mut client, &format!("{text}; {count}")).await;
        if !told.contains("0A000") {
            wrong.push(format!("{before}; {text}: {told}"));
        }
        ask(&mut client, "ROLLBACK").await;
        let (told, put) = (ask(&mut client, &format!("{text}; COMMIT")).await, ask(&mut client, count).await);
        if before.is_empty() && !put.contains("(0)") {
            wrong.push(format!("next message, {text}: {told}; {put}"));
        }
        ask(&mut client, "ROLLBACK; CLOSE ALL; DROP TABLE IF EXISTS aa; DROP FUNCTION IF EXISTS public.f_new()").await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A portal that Bind made and FETCH runs.
    ask(&mut client, &path).await;
    ask(&mut client, "BEGIN").await;
    let mut out = Vec::new();
    frame::write(&mut out, b'P', &[&[0], b"SELECT public.f_path()", &[0, 0, 0]]);
    frame::write(&mut out, b'B', &[b"pp\0", &[0; 7]]);
    frame::write(&mut out, b'S', &[]);
    client.send(&[out]).await;
    client.until_ready(1).await;
    ask(&mut client, "FETCH ALL FROM pp").await;
    let read = ask(&mut client, count).await;
    assert!(read.contains("(0)"), "{read}");
}

#[tokio::test]
async fn the_relation_that_the_path_finds_first_is_meant() {
    let (bed, proxy) = bed().await;
    let mut wrong = Vec::new();
    for (number, conversation) in CONVERSATIONS.iter().enumerate() {
        let mut sessions = Vec::new();
        for _ in 0..2 {
            sessions.push((direct(&bed).await, proxy.client(&bed).await));
        }
        for line in *conversation {
            let (who, text) = line.split_once(' ').unwrap();
            let (old, new) = &mut sessions[usize::from(who == "b")];
            let direct = ask(old, &for_side(text, false)).await;
            let proxied = ask(new, &for_side(text, true)).await;
            if direct != proxied {
                wrong.push(format!("conversation {}: {line}\n  directly: {direct}\n  proxied:  {proxied}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands elsewhere is no use of the legacy table; and what is made around the proxy is noticed.
#[tokio::test]
async fn only_uses_of_the_legacy_table_are_counted() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let selects = || {
        let totals = proxy.server.shared.traffic.totals();
        totals.into_iter().filter(|t| t.operation == "select").map(|t| t.count.hits).sum::<u64>()
    };
    ask(&mut client, &format!("SET search_path = first_new, {SCHEMA}")).await;
    ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
    assert_eq!(selects(), 1);
    bed.sql("CREATE TABLE first_new.tipovalvula (cod int)").await;
    let mut read = String::new();
    for _ in 0..100 {
        read = ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
        if read.contains("(0)") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(read.contains("(0)"), "{read}");
    let before = selects();
    ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
    ask(&mut client, "> SELECT count(*) FROM tipovalvula").await;
    assert_eq!(selects(), before);
    ask(&mut client, &format!("SELECT count(*) FROM {SCHEMA}.tipovalvula")).await;
    assert_eq!(selects(), before + 1);
}
