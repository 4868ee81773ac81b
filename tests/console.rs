//! The admin console as its clients see it: tokio-postgres by the simple and the extended protocol, the real psql, SCRAM, and
//! clients that speak no protocol at all.

// The tests may stop at the first surprise; the helpers between them are test code too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "console/harness.rs"]
mod harness;

use std::io::Write as _;
use std::sync::atomic::Ordering;

use esclusa::mode::Mode;
use futures_util::future::join_all;
use harness::{Asked, Console, PATIENCE, eventually, frame, packet};
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use tokio_postgres::types::Type;

/// For the passwords "abrete sésamo" and "lectora", with salts of their own.
const USERS: &str = "# The console's users\n\
    jefa SCRAM-SHA-256$4096:c2l4dGVlbiBieXRlcyEhIQ==$9CYS3tfUQrECLUi5ql6QT1luXVBw+cwm6jc015/Xp6s=:\
    mvPcJaxqDqNoj8gsCSqOdoyXPNiVsDqLBbumI9zZca8=\n\
    lectora SCRAM-SHA-256$4096:YW5vdGhlciBzaXh0ZWVuIQ==$F6axOiI6jdKHgj5ScGcyOO5glOQghgfD3cUQKhcJ1iQ=:\
    xfWSUXykMTrm2tQN+0cEJ/eDN0dVzqdvbSFzimJDCNY=\n\
    nadie SCRAM-SHA-256$4096:YW5vdGhlciBzaXh0ZWVuIQ==$F6axOiI6jdKHgj5ScGcyOO5glOQghgfD3cUQKhcJ1iQ=:\
    xfWSUXykMTrm2tQN+0cEJ/eDN0dVzqdvbSFzimJDCNY=\n";

fn users_file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Rows of a simple query, cells joined by a bar, NULL as `-`.
fn rows(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let row = |m: &SimpleQueryMessage| match m {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).unwrap_or("-")).collect::<Vec<_>>().join("|")),
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

fn db(error: &tokio_postgres::Error) -> &DbError {
    error.as_db_error().unwrap_or_else(|| panic!("{error:?}"))
}

#[tokio::test]
async fn simple_queries_show_the_proxy() {
    let console = Console::start(None).await;
    let client = console.connect("lectora", "").await.unwrap();
    let show = async |text: &str| rows(&client.simple_query(text).await.unwrap());
    assert_eq!(
        show("SHOW TABLES").await,
        [
            "tipSAT|lookup|domain_value|observe|0|t|3|2026-03-01 10:00:00|mig_old|-",
            "tipocorreo|lookup|domain_value|observe|1|f|-|-|under its name|mode rewrite is not in force: it has not been moved",
            "tipvalvula|lookup|domain_value|observe|0|-|-|-|-|-",
            "tipzeta|-|-|-|0|-|-|-|-|forwarded untouched: rules/tipzeta.toml:3: unknown key `odd`"
        ]
    );
    assert_eq!(show("show hits;").await, ["tipocorreo|select|forwarded|1|2|0|1.5|1.5"]);
    assert_eq!(
        show("SHOW SESSIONS").await,
        ["7|aqua|aquasis|caja|10.0.0.7|5100|1970-01-01 00:00:00+00|1234|logging in|1970-01-01 00:00:00+00|-|-|-"]
    );
    assert_eq!(show("SHOW CLIENTS WHERE application LIKE ('%aj%')").await, show("SHOW SESSIONS").await);
    assert_eq!(
        show("SHOW RULES WHERE table LIKE '%correo'").await,
        ["tipocorreo|lookup|domain_value|esclusa_leaf.tipocorreo|2|tipcid"]
    );
    assert_eq!(show("SHOW MODES ORDER BY table DESC LIMIT 1").await, ["tipvalvula|observe"]);
    assert_eq!(show("SHOW VERSION").await, [concat!("esclusa ", env!("CARGO_PKG_VERSION"))]);
    let config = show("SHOW CONFIG").await.join("\n");
    assert!(config.contains("console.admins|jefa|[\"esclusa\"]|") && !config.contains("geheim"));
    assert!(show("SHOW HELP WHERE access = 'admin'").await.join("\n").contains("SET MODE off | observe"));
    // Several in one text, and none.
    assert_eq!(show("SHOW VERSION; select 1, 'x' AS y;; SHOW MODES LIMIT 1;").await.len(), 3);
    assert!(show("").await.is_empty() && show(" ;; -- nothing").await.is_empty());
}

#[tokio::test]
async fn stats_are_those_of_the_recorder() {
    esclusa::telemetry::install().unwrap();
    esclusa::telemetry::install().expect("a second call is safe");
    esclusa::telemetry::set("esclusa_clients", 3.0);
    esclusa::telemetry::count_by("esclusa_statements_total", "path", "cached");
    let console = Console::start(None).await;
    let client = console.connect("lectora", "").await.unwrap();
    let shown = rows(&client.simple_query("SHOW STATS").await.unwrap());
    assert!(shown.iter().any(|r| r.starts_with("esclusa_clients|-|3|count|")), "{shown:?}");
    assert!(shown.iter().any(|r| r.starts_with("esclusa_statements_total|path=\"cached\"|1|")), "{shown:?}");
    assert!(shown.iter().any(|r| r.starts_with("esclusa_flush_failures_total|-|0|")), "{shown:?}");
}

#[tokio::test]
async fn the_extended_protocol_has_types_and_errors() {
    let console = Console::start(None).await;
    let mut client = console.connect("jefa", "").await.unwrap();
    let statement = client.prepare("SHOW HITS WHERE hits > 0").await.unwrap();
    let types: Vec<Type> = statement.columns().iter().map(|c| c.type_().clone()).collect();
    assert_eq!(types[..3], [Type::TEXT, Type::TEXT, Type::TEXT]);
    assert_eq!(types[3..], [Type::INT8, Type::INT8, Type::INT8, Type::FLOAT8, Type::FLOAT8]);
    for _ in 0..2 {
        let rows = client.query(&statement, &[]).await.unwrap();
        assert_eq!((rows.len(), rows[0].get::<_, i64>("rows"), rows[0].get::<_, f64>("max_ms")), (1, 2, 1.5));
    }
    let row = client.query_one("SHOW RULES WHERE table = 'tipocorreo'", &[]).await.unwrap();
    assert_eq!(row.get::<_, Option<&str>>("key_columns"), Some("tipcid"));
    let row = client.query_one("SELECT true, NULL, session_user, current_database()", &[]).await.unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, Option<&str>>(1), row.get::<_, &str>(2)), (true, None, "jefa"));
    assert!(client.query("", &[]).await.unwrap().is_empty());
    assert_eq!(client.execute("SET extra_float_digits = 3", &[]).await.unwrap(), 0);

    for (text, state, position) in [
        ("SHOW TABLES WHERE hits = $1", SqlState::FEATURE_NOT_SUPPORTED, 26),
        ("SHOW TABELS", SqlState::SYNTAX_ERROR, 6),
        ("SHOW TABLES WHERE hitz = 1", SqlState::UNDEFINED_COLUMN, 19),
    ] {
        let error = client.query(text, &[]).await.unwrap_err();
        assert_eq!((db(&error).code(), db(&error).position()), (&state, Some(&ErrorPosition::Original(position))), "{text}");
        assert!(db(&error).hint().is_some(), "{text}");
    }
    let error = client.query("SHOW MODES; SHOW MODES", &[]).await.unwrap_err();
    assert_eq!(db(&error).code(), &SqlState::SYNTAX_ERROR);

    // A cursor's portion at a time, and the transaction block that it needs.
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("SHOW MODES", &[]).await.unwrap();
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 2);
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 1);
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn changes_answer_with_what_was() {
    let console = Console::start(None).await;
    let client = console.connect("jefa", "").await.unwrap();
    let change = "SET MODE rewrite FOR TipoCorreo, cf_quere_pro.\"tipSAT\", tipocorreo BECAUSE 'it''s time'";
    let answer = client.simple_query(change).await.unwrap();
    assert_eq!(rows(&answer), ["tipocorreo|shadow|2026-03-01 10:00:00|rewrite|-", "tipSAT|observe|-|rewrite|the view answers"]);
    assert!(matches!(answer.last(), Some(SimpleQueryMessage::CommandComplete(2))));
    let answer = client.simple_query("ENABLE tipvalvula; DISABLE tipvalvula; SET MODE off FOR ALL").await.unwrap();
    // For ALL, the result is reported for each table.
    assert_eq!(
        rows(&answer)[2..],
        [
            "tipSAT|observe|-|off|-",
            "tipocorreo|observe|-|off|-",
            "tipvalvula|observe|-|observe|not switched: it has not been moved"
        ]
    );
    let asked = |tables: &[&str], mode, why: Option<&str>| Asked {
        tables: tables.iter().map(|t| (*t).to_owned()).collect(),
        mode,
        who: "jefa".into(),
        why: why.map(str::to_owned),
    };
    assert_eq!(
        *console.fake.asked.lock().unwrap(),
        [
            asked(&["tipocorreo", "tipSAT"], Mode::Rewrite, Some("it's time")),
            asked(&["tipvalvula"], Mode::Rewrite, None),
            asked(&["tipvalvula"], Mode::Observe, None),
            asked(&["ALL"], Mode::Off, None),
        ]
    );
    for (text, state, message, hint) in [
        ("ENABLE tipocoreo", "42P01", "there is no rule for a table \"tipocoreo\"", "Did you mean tipocorreo? "),
        ("ENABLE tipsat", "42P01", "there is no rule for a table \"tipsat\"", "Did you mean \"tipSAT\"? "),
        ("ENABLE public.tipocorreo", "42P01", "there is no legacy table in schema \"public\"", "The legacy tables are in"),
        ("SET MODE rewrte FOR tipocorreo", "42601", "syntax error at or near \"rewrte\"", "Did you mean REWRITE? "),
        ("ENABLE tipzeta", "F0000", "the rule of table \"tipzeta\" has faults", "SHOW TABLES tells them"),
        ("KILL 99", "42704", "there is no client 99", "SHOW SESSIONS"),
    ] {
        let error = client.simple_query(text).await.unwrap_err();
        let error = db(&error);
        assert_eq!((error.code().code(), error.message()), (state, message), "{text}");
        assert!(error.hint().unwrap().starts_with(hint) && error.position().is_some(), "{text}: {:?}", error.hint());
    }
    // One rule for a reason, wherever it is typed.
    for why in ["x".repeat(501), "a\u{202e}b".into(), "a\nb".into(), " ".into()] {
        let error = client.simple_query(&format!("ENABLE tipocorreo BECAUSE '{why}'")).await.unwrap_err();
        let error = db(&error);
        assert_eq!((error.code().code(), error.position().is_some()), ("22023", true), "{why}");
        assert!(error.message().starts_with("a reason "), "{}", error.message());
    }
    // The commands before the one that fails have run; those after it do not run.
    let count = console.fake.asked.lock().unwrap().len();
    client.simple_query("ENABLE tipSAT_; ENABLE tipocorreo").await.unwrap_err();
    client.simple_query("ENABLE tipocorreo; SHOW NOTHING").await.unwrap_err();
    assert_eq!(console.fake.asked.lock().unwrap().len(), count);
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let console = Console::start(None).await;
    let client = console.connect("jefa", "").await.unwrap();
    client.simple_query("RELOAD").await.unwrap();
    console.fake.refuses.store(true, Ordering::SeqCst);
    let error = client.simple_query("ENABLE tipocorreo").await.unwrap_err();
    let told = db(&error);
    assert_eq!(
        (told.code().code(), told.message(), told.detail(), told.hint()),
        ("55000", "parity does not hold", Some("3 rows differ"), Some("esclusa verify"))
    );
    let error = client.simple_query("RELOAD").await.unwrap_err();
    assert_eq!((db(&error).code().code(), db(&error).detail()), ("F0000", Some("rules/x.toml:3: unknown key")));

    // A rule that was left as it was is reported, and is not a failure.
    console.fake.refuses.store(false, Ordering::SeqCst);
    console.fake.faulty.store(true, Ordering::SeqCst);
    assert!(matches!(client.simple_query("RELOAD").await.unwrap()[..], [SimpleQueryMessage::CommandComplete(_)]));
    let (code, _, errors) = console.psql("jefa", "", &["-c", "RELOAD"]).await;
    assert_eq!(code, Some(0));
    assert_eq!(
        errors,
        "WARNING:  rules with faults were left as they were; all else was reloaded\nDETAIL:  rules/y.toml:2: unknown key `odd`\n"
    );

    let kill = console.shared.clients.get(&7).unwrap().told.clone();
    client.simple_query("KILL 7").await.unwrap();
    tokio::time::timeout(PATIENCE, kill.notified()).await.unwrap();
    assert_eq!(*console.fake.cancelled.lock().unwrap(), [[0, 0, 4, 210, 1, 2, 3, 4]]);
    // A server that cannot be reached keeps no session alive.
    console.fake.refuses.store(true, Ordering::SeqCst);
    let (code, _, errors) = console.psql("jefa", "", &["-c", "KILL 7"]).await;
    assert!(code == Some(0) && errors.contains("could not be cancelled"), "{errors}");
    tokio::time::timeout(PATIENCE, kill.notified()).await.unwrap();
    console.fake.refuses.store(false, Ordering::SeqCst);
    assert!(!console.fake.ended.load(Ordering::SeqCst));
    client.simple_query("SHUTDOWN").await.unwrap();
    eventually("the proxy is told to end", || console.fake.ended.load(Ordering::SeqCst)).await;
    console.fake.ended.store(false, Ordering::SeqCst);
    client.execute("SHUTDOWN", &[]).await.unwrap();
    eventually("the proxy is told to end", || console.fake.ended.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn a_reader_may_look_and_not_change() {
    let console = Console::start(None).await;
    let client = console.connect("lectora", "").await.unwrap();
    for text in ["SET MODE rewrite FOR tipocorreo", "ENABLE tipocorreo", "DISABLE tipocorreo", "RELOAD", "KILL 7", "SHUTDOWN"] {
        let simple = client.simple_query(text).await.unwrap_err();
        let extended = client.query(text, &[]).await.unwrap_err();
        for error in [simple, extended] {
            assert_eq!(db(&error).code(), &SqlState::INSUFFICIENT_PRIVILEGE, "{text}");
            assert!(db(&error).message().starts_with("permission denied for "));
        }
    }
    assert!(console.fake.asked.lock().unwrap().is_empty() && !console.fake.ended.load(Ordering::SeqCst));
    // A right that the settings take away is gone at once.
    let mut settings = (**console.shared.settings.load()).clone();
    settings.console.readers.clear();
    console.shared.settings.store(settings.into());
    assert_eq!(db(&client.simple_query("SHOW MODES").await.unwrap_err()).code(), &SqlState::INSUFFICIENT_PRIVILEGE);
    let error = console.connect("lectora", "").await.unwrap_err();
    assert_eq!(db(&error).code(), &SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
}

#[tokio::test]
async fn scram_lets_in_who_knows_the_password() {
    let file = users_file(USERS);
    let console = Console::start(Some(file.path())).await;
    let client = console.connect("jefa", "abrete sésamo").await.unwrap();
    assert_eq!(rows(&client.simple_query("ENABLE tipvalvula").await.unwrap()).len(), 1);
    let denied = |error: tokio_postgres::Error| (db(&error).code().clone(), db(&error).message().to_owned());
    for (user, password) in [("jefa", "ábrete sésamo"), ("jefa", "lectora"), ("quien", "lectora"), ("Jefa", "abrete sésamo")] {
        let (code, message) = denied(console.connect(user, password).await.unwrap_err());
        assert_eq!(code, SqlState::INVALID_PASSWORD);
        assert_eq!(message, format!("password authentication failed for user \"{user}\""));
    }
    // In the file, but in no list.
    let (code, _) = denied(console.connect("nadie", "lectora").await.unwrap_err());
    assert_eq!(code, SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
    assert!(console.connect("jefa", "").await.is_err());

    // While the file has faults its last good state is used, and RELOAD reports them.
    std::fs::write(file.path(), "jefa geheim\n").unwrap();
    let client = console.connect("jefa", "abrete sésamo").await.unwrap();
    let error = client.simple_query("RELOAD").await.unwrap_err();
    assert_eq!(db(&error).code().code(), "F0000");
    assert!(
        db(&error).detail().unwrap().contains(":1: this is no SCRAM-SHA-256 verifier")
            && !format!("{error:?}").contains("geheim")
    );
    // A user who is removed has no access from that moment.
    std::fs::write(file.path(), "# nobody\n").unwrap();
    let (code, _) = denied(console.connect("jefa", "abrete sésamo").await.unwrap_err());
    assert_eq!(code, SqlState::INVALID_PASSWORD);

    let broken = users_file("jefa geheim\n");
    let console = Console::start(Some(broken.path())).await;
    let (code, message) = denied(console.connect("jefa", "geheim").await.unwrap_err());
    assert_eq!((code.code(), message.as_str()), ("F0000", "the console's users file has faults"));
}

#[tokio::test]
async fn psql_works() {
    let file = users_file(USERS);
    let console = Console::start(Some(file.path())).await;
    let (code, out, errors) = console.psql("jefa", "abrete sésamo", &["-At", "-c", "SHOW TABLES WHERE hits > 0"]).await;
    assert_eq!(
        (code, out.as_str(), errors.as_str()),
        (
            Some(0),
            "tipocorreo|lookup|domain_value|observe|1|f|||under its name|mode rewrite is not in force: it has not been moved\n",
            ""
        )
    );
    let script = [
        "-At",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        "show version; select 1;",
        "-c",
        "BEGIN",
        "-c",
        "ENABLE tipvalvula",
        "-c",
        "ROLLBACK",
    ];
    let (code, out, errors) = console.psql("jefa", "abrete sésamo", &script).await;
    let version = concat!("esclusa ", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (code, out.as_str()),
        (Some(0), format!("{version}\n1\nBEGIN\ntipvalvula|observe||rewrite|\nROLLBACK\n").as_str())
    );
    assert_eq!(errors, "WARNING:  ENABLE has taken effect: the console has no transactions\n");
    let (code, _, errors) = console.psql("lectora", "lectora", &["-v", "VERBOSITY=verbose", "-c", "SHOW TABELS"]).await;
    assert_eq!(code, Some(1));
    assert!(
        errors.starts_with(
            "ERROR:  42601: syntax error at or near \"TABELS\"\nLINE 1: SHOW TABELS\n             ^\nHINT:  Did you mean TABLES? "
        ),
        "{errors}"
    );
    let (code, _, errors) = console.psql("lectora", "wrong", &["-c", "SHOW TABLES"]).await;
    assert_eq!(code, Some(2));
    assert!(errors.contains("FATAL:  password authentication failed for user \"lectora\""), "{errors}");
    let (code, _, errors) = console.psql("jefa", "abrete sésamo", &["-c", "\\d"]).await;
    assert_eq!(code, Some(1));
    assert!(errors.contains("the console is no database"), "{errors}");
}

#[tokio::test]
async fn garbage_ends_nothing_but_itself() {
    let file = users_file(USERS);
    for users in [None, Some(file.path())] {
        let console = Console::start(users).await;
        let healthy = console.connect("jefa", "abrete sésamo").await.unwrap();
        let sasl = [b"SCRAM-SHA-256\0", &24u32.to_be_bytes()[..], b"n,,n=,r=0123456789abcdef"].concat();
        let exchange = [
            packet(80_877_103, b""),
            packet(80_877_104, b""),
            packet(196_608, b"user\0jefa\0database\0esclusa\0application_name\0x\0\0"),
            frame(b'p', &sasl),
            frame(b'Q', b"SHOW MODES\0"),
            frame(b'P', b"s\0SHOW MODES\0\0\x01\0\0\0\x17"),
            frame(b'B', b"p\0s\0\0\x01\0\x01\0\x01\0\0\0\x04abcd\0\x01\0\x01"),
            frame(b'D', b"Pp\0"),
            frame(b'E', b"p\0\0\0\0\0"),
            frame(b'C', b"Ss\0"),
            frame(b'S', b""),
        ]
        .concat();
        // Cut off at every byte, and with something else after the cut.
        let tails: [&[u8]; 4] = [b"", b"\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"];
        let cuts: Vec<Vec<u8>> = (0..=exchange.len()).flat_map(|n| tails.map(|t| [&exchange[..n], t].concat())).collect();
        for some in cuts.chunks(32) {
            join_all(some.iter().map(|bytes| console.exchange(bytes))).await;
            assert_eq!(healthy.simple_query("SHOW VERSION").await.unwrap().len(), 3);
        }
        // Every byte inverted, so that lengths, counts and tags are wrong.
        let lies: Vec<Vec<u8>> = (0..exchange.len())
            .map(|n| exchange.iter().enumerate().map(|(i, b)| if i == n { !b } else { *b }).collect())
            .collect();
        for some in lies.chunks(32) {
            join_all(some.iter().map(|bytes| console.exchange(bytes))).await;
            assert_eq!(healthy.simple_query("SHOW VERSION").await.unwrap().len(), 3);
        }
        assert!(console.connect("lectora", "lectora").await.is_ok());
    }
}

#[tokio::test]
async fn long_messages_and_too_many_clients_are_refused() {
    let console = Console::start(None).await;
    let client = console.connect("jefa", "").await.unwrap();
    let blanks = |bytes: usize| format!("SHOW VERSION{}", " ".repeat(bytes - 17));
    assert_eq!(rows(&client.simple_query(&blanks(1 << 20)).await.unwrap()).len(), 1);
    let error = client.simple_query(&blanks((1 << 20) + 1)).await.unwrap_err();
    assert_eq!(db(&error).code(), &SqlState::PROTOCOL_VIOLATION);
    let client = console.connect("jefa", "").await.unwrap();
    let error = client.simple_query(&"SHOW VERSION;".repeat(101)).await.unwrap_err();
    assert_eq!(db(&error).code(), &SqlState::PROGRAM_LIMIT_EXCEEDED);

    let mut clients = vec![client];
    let error = loop {
        match console.connect("lectora", "").await {
            Ok(client) => clients.push(client),
            Err(error) => break error,
        }
    };
    assert_eq!((clients.len(), db(&error).code()), (64, &SqlState::TOO_MANY_CONNECTIONS));
    // A free place is given to the next login.
    clients.clear();
    let began = std::time::Instant::now();
    while console.connect("lectora", "").await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
}
