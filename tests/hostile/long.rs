//! Texts that are long by their data: lists of keys, rows of VALUES, constants, comments, of more than a quarter of a megabyte. They are rewritten
//! beside the event loop, and answered as on a table that has not moved.

use esclusa::mode::Mode;

use super::common::proxy::{b, e, p, q, s};
use super::moved;

/// A table that stays, with the columns and rows of the look-up.
const COPY: &str = "CREATE TABLE copia (LIKE tipocuenta INCLUDING ALL); INSERT INTO copia SELECT * FROM tipocuenta; GRANT ALL ON copia TO PUBLIC;";

fn list(from: usize, to: usize, one: impl Fn(usize) -> String) -> String {
    (from..to).map(one).collect::<Vec<_>>().join(", ")
}

/// With `{t}` for the table. Each is longer than what is rewritten at once, and all but the first longer than a quarter of a megabyte.
fn texts() -> Vec<String> {
    let keys = list(0, 60_000, |n| n.to_string());
    let rows = |from, to| list(from, to, |n| format!("({n}, 'nombre {n}', {}, -{n})", if n % 3 == 0 { "NULL" } else { "'x'" }));
    let long = "x".repeat(1_500_000);
    vec![
        format!("SELECT * FROM {{t}} WHERE id IN ({}) ORDER BY id", list(0, 20_000, |n| n.to_string())),
        format!("SELECT id, nombre FROM {{t}} WHERE id IN ({keys}) ORDER BY id"),
        format!("INSERT INTO {{t}} VALUES {}", rows(100, 30_100)),
        format!("INSERT INTO {{t}} (id, nombre, letra, n) VALUES {} ON CONFLICT (id) DO NOTHING", rows(90, 15_090)),
        format!("UPDATE {{t}} SET n = n + 1 WHERE id IN ({keys})"),
        format!("SELECT count(*), sum(n) FROM {{t}} WHERE id = ANY (ARRAY[{keys}])"),
        format!("SELECT count(*) FROM {{t}} WHERE nombre = '{long}'"),
        format!("SELECT max(id) /* {long} */ FROM {{t}}"),
        format!(
            "WITH nuevas (id, nombre, letra, n) AS (VALUES {}) SELECT count(*) FROM nuevas JOIN {{t}} USING (id)",
            rows(100, 15_100)
        ),
        format!("INSERT INTO {{t}} VALUES {}", rows(29_000, 45_000)),
        format!("SELECT count(*) FROM {{t}} WHERE id IN ({keys}) AND nosuch = 1"),
        format!("DELETE FROM {{t}} WHERE id IN ({}) AND id > 50", keys.replace("1", "7")),
        format!("SELECT 1; SELECT count(*) FROM {{t}} WHERE id IN ({keys}); SELECT 1 / 0; SELECT 2"),
    ]
}

#[tokio::test]
async fn texts_that_are_long_by_their_data_are_answered_as_on_the_table() {
    let (bed, proxy) = moved("largo", COPY).await;
    let mut client = proxy.client(&bed).await;
    for text in texts() {
        assert!(text.len() > 100_000, "{} bytes", text.len());
        let [here, there] = ["tipocuenta", "copia"].map(|table| text.replace("{t}", table));
        let said = |answer: String| answer.replace("copia", "tipocuenta");
        let begins = &text[..60];
        for parse in [false, true] {
            if parse && text.contains(';') {
                continue;
            }
            let frames = |text: &str| if parse { vec![p("", text), b("", &[]), e(), s()] } else { vec![q(text)] };
            client.query("BEGIN").await;
            let (found, expected) = (client.ask(&frames(&here)).await, said(client.ask(&frames(&there)).await));
            client.query("ROLLBACK").await;
            // The second may stand behind the failure of the first.
            if !found.contains("25P02") && !expected.contains("25P02") {
                assert_eq!(first_words(&found), first_words(&expected), "{begins}");
            }
            client.query("BEGIN").await;
            let alone = client.ask(&frames(&here)).await;
            client.query("ROLLBACK").await;
            assert_eq!(first_words(&alone), first_words(&found), "{begins}");
        }
        // Outside a transaction the rows stay, on both.
        let [found, expected] = [client.query(&here).await, said(client.query(&there).await)];
        assert_eq!(first_words(&found), first_words(&expected), "{begins}");
        let rows = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {t} AS t";
        let [found, expected] = ["tipocuenta", "copia"].map(|table| rows.replace("{t}", table));
        assert_eq!(client.query(&found).await, client.query(&expected).await, "rows behind {begins}");
    }
    proxy.server.stop().await;
    assert_eq!(bed.rows("SELECT DISTINCT outcome FROM esclusa.hit_total").await, ["rewritten"], "none has passed unread");
}

/// Errors of a long text name their place in it; what is compared is all but the text of the table's name.
fn first_words(answer: &str) -> String {
    answer.chars().take(3_000).collect()
}

#[tokio::test]
async fn a_long_text_that_was_prepared_is_prepared_anew() {
    let (bed, proxy) = moved("largo_anew", COPY).await;
    let mut client = proxy.client(&bed).await;
    let keys = list(0, 60_000, |n| n.to_string());
    let read = format!("SELECT count(*) FROM tipocuenta WHERE id IN ({keys}) AND n < $1");
    assert_eq!(client.ask(&[p("s", &read), s()]).await, "1 ZI");
    let prepare = format!("PREPARE t AS SELECT count(*) FROM tipocuenta WHERE id IN ({keys})");
    assert_eq!(client.query(&prepare).await, "[PREPARE] ZI");
    for mode in [Mode::Observe, Mode::Rewrite, Mode::Observe] {
        proxy.set(&["tipocuenta"], mode).await;
        assert_eq!(client.ask(&[b("s", &["3"]), e(), s()]).await, "2 (2) [SELECT 1] ZI", "{mode:?}");
        assert_eq!(client.query("EXECUTE t").await, "T (4) [SELECT 1] ZI", "{mode:?}");
    }
    // Several at once, each of another session; and one session that leaves while its text is worked out.
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(proxy.client(&bed).await);
    }
    let mut leaving = proxy.client(&bed).await;
    leaving.send(&[q(&read.replace("$1", "3"))]).await;
    drop(leaving);
    for other in &mut others {
        other.send(&[q(&read.replace("$1", "3")), q("SELECT 1")]).await;
    }
    for other in &mut others {
        assert_eq!(other.until_ready(2).await, "T (2) [SELECT 1] ZI T (1) [SELECT 1] ZI");
    }
    proxy.server.stop().await;
}

/// Every form that nests, `n` times around something that is true, or has a value.
fn nested(n: usize) -> Vec<String> {
    let wrap = |open: &str, core: &str, close: &str| format!("{}{core}{}", open.repeat(n), close.repeat(n));
    vec![
        format!("SELECT id FROM {{t}} WHERE {} ORDER BY id LIMIT 3", wrap("(", "id = 1", " OR id = 2)")),
        format!("SELECT id FROM {{t}} WHERE {} ORDER BY id LIMIT 3", wrap("(id = 1 OR ", "id = 2", ")")),
        format!("SELECT {} FROM {{t}} WHERE id = 1", wrap("(", "n", ")")),
        format!("SELECT {} FROM {{t}} WHERE id = 1", wrap("coalesce(", "nombre", ", 'x')")),
        format!("SELECT {} FROM {{t}} WHERE id = 1", wrap("CASE WHEN id = 2 THEN 'b' ELSE (", "letra", ") END")),
        format!("UPDATE {{t}} SET n = {} WHERE id = 1 RETURNING n", wrap("(1 + ", "n", ")")),
        format!("DELETE FROM {{t}} WHERE {} RETURNING id", wrap("NOT (", "id = 1", ")")),
        format!("INSERT INTO {{t}} (id, n) VALUES (5000, {}) RETURNING id, n", wrap("abs(", "-5", ")")),
        format!("SELECT {} FROM {{t}} WHERE id = 1", wrap("(id ", "", ")")),
    ]
}

/// Texts that are nested as deep as no software sends are rewritten; what is deeper still is answered by the view, and counted.
#[tokio::test]
async fn nested_texts_are_answered_as_on_the_table() {
    let (bed, proxy) = moved("hondo", COPY).await;
    let mut client = proxy.client(&bed).await;
    for depth in [20, 99, 101, 250, 600, 990] {
        for text in nested(depth) {
            let [here, there] = ["tipocuenta", "copia"].map(|table| text.replace("{t}", table));
            let begins = format!("{depth}: {}", &text[..60]);
            for parse in [false, true] {
                let frames = |text: &str| if parse { vec![p("", text), b("", &[]), e(), s()] } else { vec![q(text)] };
                let mut answers = Vec::new();
                for text in [&here, &there] {
                    client.query("BEGIN").await;
                    answers.push(client.ask(&frames(text)).await.replace("copia", "tipocuenta"));
                    client.query("ROLLBACK").await;
                }
                assert_eq!(answers[0], answers[1], "{begins}");
            }
        }
    }
    proxy.server.stop().await;
    assert_eq!(bed.rows("SELECT DISTINCT outcome FROM esclusa.hit_total").await, ["rewritten"], "none has passed unread");
}

/// A cancel request that comes while a long text is worked out ends its statement: outside a transaction, and in one, which fails then.
#[tokio::test]
async fn a_long_text_is_cancelled_while_it_is_worked_out() {
    let (bed, proxy) = moved("cancelo", COPY).await;
    let config = format!("host=127.0.0.1 port={} user=postgres dbname={}", proxy.port(), bed.name());
    let (client, connection) = tokio_postgres::connect(&config, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let keys = list(0, 200_000, |n| n.to_string());
    for in_transaction in [false, true] {
        if in_transaction {
            client.batch_execute("BEGIN; SELECT 1").await.unwrap();
        }
        let text = format!("UPDATE cf_quere_pro.tipocuenta SET n = -77 WHERE id IN ({keys})");
        let token = client.cancel_token();
        // To work it out takes an unoptimised build seconds. A request that comes before the text does is for nothing, so it is repeated.
        let often = std::time::Duration::from_millis(300);
        let mut query = std::pin::pin!(client.simple_query(&text));
        let answer = loop {
            tokio::select! {
                answer = &mut query => break answer,
                () = tokio::time::sleep(often) => token.cancel_query(tokio_postgres::NoTls).await.unwrap(),
            }
        };
        // The last one must not meet the next statement.
        tokio::time::sleep(often).await;
        assert_eq!(answer.unwrap_err().code().map(|code| code.code()), Some("57014"), "in a transaction: {in_transaction}");
        if in_transaction {
            let code = client.simple_query("SELECT 1").await.unwrap_err();
            assert_eq!(code.code().map(|code| code.code()), Some("25P02"));
            client.batch_execute("ROLLBACK").await.unwrap();
        }
        assert_eq!(bed.cell("SELECT count(*) FROM esclusa.tipocuenta WHERE n = -77").await, "0");
    }
    // The same text runs when it is sent again.
    let text = format!("SELECT count(*) FROM cf_quere_pro.tipocuenta WHERE id IN ({keys})");
    assert!(client.simple_query(&text).await.is_ok());
    proxy.server.stop().await;
}
