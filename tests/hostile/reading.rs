//! Texts in other encodings and under other string syntax: what reaches the legacy table reaches the new one, and an error is told at the same place.

use esclusa::mode::Mode;
use esclusa::twin::answer::Reply;
use esclusa::wire::frame;

use crate::common::proxy::{Proxy, Raw, direct, tell};
use crate::common::{Bed, SCHEMA};

async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipovalvula (cod varchar(9) NOT NULL PRIMARY KEY, nombre varchar(40), n numeric(5,0));
         INSERT INTO tipovalvula VALUES ('Ñ02', 'válvula', 1), ('x', 'a\\b''c', 2), ('y', NULL, 3);",
    )
    .await;
    bed.lookup("tipovalvula", "cod").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipovalvula"], Mode::Rewrite).await;
    // The table itself, in a schema of its own, under its own name.
    bed.sql("CREATE SCHEMA antes; ALTER TABLE mig_old.tipovalvula SET SCHEMA antes").await;
    (bed, proxy)
}

/// Sends bytes as a simple query; replies with the place of an error.
async fn ask(client: &mut Raw, text: &[u8]) -> String {
    let mut out = Vec::new();
    frame::write(&mut out, b'Q', &[text, &[0]]);
    client.send(&[out]).await;
    told(client).await
}

/// The same by Parse, Bind, Execute.
async fn ask_extended(client: &mut Raw, text: &[u8]) -> String {
    let mut out = Vec::new();
    frame::write(&mut out, b'P', &[&[0], text, &[0, 0, 0]]);
    frame::write(&mut out, b'B', &[&[0; 8]]);
    frame::write(&mut out, b'E', &[&[0; 5]]);
    frame::write(&mut out, b'S', &[]);
    client.send(&[out]).await;
    told(client).await
}

async fn told(client: &mut Raw) -> String {
    let answer = client.0.until_ready().await.unwrap();
    let place = |reply: &Reply| match reply {
        Reply::Error(fields) => {
            let of = |code| String::from_utf8_lossy(fields.get(code).unwrap_or_default()).into_owned();
            format!("<{} {} @{}>", of(b'C'), of(b'M'), of(b'P'))
        }
        Reply::Row(cells) => format!("{cells:?}"),
        other => tell(other),
    };
    answer.0.iter().map(place).collect::<Vec<_>>().join(" ")
}

/// Settings, texts in Latin-1 letters with the encoding that they are sent in.
const CASES: &[(&str, &[&[u8]])] = &[
    (
        "SET client_encoding = 'LATIN1'",
        &[
            b"SELECT * FROM tipovalvula WHERE cod = '\xd102'",
            b"SELECT '\xd1', cod, x FROM tipovalvula",
            b"INSERT INTO tipovalvula VALUES ('\xe1\xe9', '\xf1and\xfa', 4)",
            b"INSERT INTO tipovalvula VALUES ('\xe1\xe9', '\xf1and\xfa', 4) ON CONFLICT DO NOTHING",
            b"UPDATE tipovalvula SET nombre = nombre || '\xbf?' WHERE cod = '\xe1\xe9'",
            b"SELECT cod AS \"a\xf1o\" FROM tipovalvula \"t\xe9\" WHERE \"t\xe9\".cod > '\xc0' ORDER BY \"a\xf1o\"",
            b"DELETE FROM tipovalvula WHERE cod = '\xe1\xe9' RETURNING *",
        ],
    ),
    ("SET NAMES 'WIN1252'", &[b"SELECT * FROM tipovalvula WHERE nombre <> '\x80\x93\xd1'", b"SELECT '\x80', y FROM tipovalvula"]),
    (
        "SET client_encoding TO 'EUC_JP'",
        &[b"SELECT cod, '\xc6\xfc' FROM tipovalvula ORDER BY 1 DESC", b"SELECT '\xc6\xfc\xcb\xdc', z FROM tipovalvula"],
    ),
    (
        "RESET client_encoding; SET standard_conforming_strings = off; SET escape_string_warning = off",
        &[
            br"SELECT * FROM tipovalvula WHERE nombre = 'a\\b\'c'",
            br"SELECT cod, 'it\'s -- ' FROM tipovalvula WHERE n = 2 AND 'a\'' <> 'tipovalvula'",
            br"SELECT'\'', nothing FROM tipovalvula",
            br"UPDATE tipovalvula SET nombre = 'l\nm' WHERE cod = 'y'",
            br"SELECT nombre, E'\'', $$\'$$ FROM tipovalvula WHERE cod LIKE 'y' ESCAPE '\\'",
            br"SELECT U&'\0061' FROM tipovalvula",
        ],
    ),
    (
        "SET client_encoding = 'LATIN1'; SET standard_conforming_strings = off",
        &[br"SELECT * FROM tipovalvula WHERE nombre <> 'x\'y' ORDER BY cod", b"SELECT '\\'\xd1', w FROM tipovalvula"],
    ),
    ("RESET ALL", &[br"SELECT * FROM tipovalvula WHERE nombre <> 'a\' ORDER BY cod"]),
];

#[tokio::test]
async fn every_encoding_and_syntax_reaches_the_new_table() {
    let (bed, proxy) = bed().await;
    let (mut old, mut new) = (direct(&bed).await, proxy.client(&bed).await);
    for client in [&mut old, &mut new] {
        ask(client, b"SET escape_string_warning = off").await;
    }
    for (settings, texts) in CASES {
        for text in settings.split("; ") {
            assert_eq!(ask(&mut old, text.as_bytes()).await, ask(&mut new, text.as_bytes()).await, "{text}");
        }
        ask(&mut old, b"SET search_path = antes").await;
        ask(&mut new, format!("SET search_path = {SCHEMA}").as_bytes()).await;
        for text in *texts {
            let told = String::from_utf8_lossy(text);
            assert_eq!(ask(&mut old, text).await, ask(&mut new, text).await, "{settings}: {told}");
            assert_eq!(ask_extended(&mut old, text).await, ask_extended(&mut new, text).await, "{settings}, extended: {told}");
        }
    }
    // All of them were rewritten: nothing that was read here passed by.
    let outcomes = outcomes(&proxy);
    assert_eq!(outcomes, ["rewritten"], "{outcomes:?}");
}

fn outcomes(proxy: &Proxy) -> Vec<String> {
    // A name in a string is a mention, and left as it is.
    let totals = proxy.server.shared.traffic.totals();
    let mut outcomes: Vec<String> = totals.into_iter().filter(|t| t.operation != "mention").map(|t| t.outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    outcomes
}

/// A change that is still on its way when the next text comes: the text is read as the server will read it.
#[tokio::test]
async fn a_change_in_a_pipeline_is_waited_for() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let frames = |texts: &[&[u8]]| -> Vec<Vec<u8>> {
        texts
            .iter()
            .map(|text| {
                let mut out = Vec::new();
                frame::write(&mut out, b'Q', &[text, &[0]]);
                out
            })
            .collect()
    };
    let sent: [&[u8]; 4] = [
        b"SET client_encoding = 'LATIN1'",
        b"SELECT n FROM tipovalvula WHERE cod = '\xd102'",
        b"SET NAMES 'UTF8'",
        "SELECT n FROM tipovalvula WHERE cod = 'Ñ02'".as_bytes(),
    ];
    client.send(&frames(&sent)).await;
    let told = client.until_ready(4).await;
    assert_eq!(told.matches("(1) [SELECT 1]").count(), 2, "{told}");
}

/// A prepared text is parsed again only under the settings that it was parsed under: under others the same bytes say something else.
#[tokio::test]
async fn a_prepared_text_is_never_read_under_other_settings() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let prepare = |name: &str, text: &[u8]| {
        let mut out = Vec::new();
        frame::write(&mut out, b'P', &[name.as_bytes(), &[0], text, &[0, 0, 0]]);
        frame::write(&mut out, b'S', &[]);
        out
    };
    let execute = |name: &str| {
        let mut out = Vec::new();
        frame::write(&mut out, b'B', &[&[0], name.as_bytes(), &[0, 0, 0, 0, 0, 0, 0]]);
        frame::write(&mut out, b'E', &[&[0; 5]]);
        frame::write(&mut out, b'S', &[]);
        out
    };
    client.ask(&[prepare("s", "SELECT 'Ñ', count(*) FROM tipovalvula".as_bytes())]).await;
    client.query("SET standard_conforming_strings = off").await;
    client.query("SET escape_string_warning = off").await;
    client.ask(&[prepare("t", br"SELECT 'a\'', count(*) FROM tipovalvula")]).await;
    client.query("SET standard_conforming_strings = on").await;
    client.query("SET client_encoding = 'LATIN1'").await;
    // A switch makes both stale; the compatibility view answers what stays as it was.
    proxy.set(&["tipovalvula"], Mode::Observe).await;
    client.ask(&[execute("s")]).await;
    assert_eq!(ask(&mut client, b"SET client_encoding = 'UTF8'").await, "[SET] ZI");
    assert!(client.ask(&[execute("s")]).await.contains("(Ñ,3)"));
    assert!(client.ask(&[execute("t")]).await.contains("(a',3)"));
}
