//! Modes are switched by authorised users, from our own page, with a reason; and what the console refuses is refused here.

use esclusa::config::Address;
use esclusa::mode::Mode;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::client::{Answer, Port, basic};
use super::guests::with_users;
use super::markup::{check, elements};
use super::site;
use crate::common::proxy::Proxy;

/// A form that is sent, with more header lines.
async fn post(port: Port, body: &str, headers: &str) -> Answer {
    let request = format!(
        "POST /modes HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        port.0,
        body.len()
    );
    port.send(request.as_bytes()).await.unwrap()
}

/// The token that a page shows; none where there is no form.
fn token(page: &str) -> Option<String> {
    let token = elements(page).into_iter().find(|e| e.name == "input" && e.get("name") == Some("token"))?;
    Some(token.get("value").unwrap().to_owned())
}

/// What the console says.
async fn console(proxy: &Proxy, command: &str) -> String {
    let Address::Tcp(_, port) = &proxy.server.console else { panic!() };
    let mut config = tokio_postgres::Config::new();
    let (client, connection) =
        config.host("127.0.0.1").port(*port).user("esclusa").dbname("esclusa").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let rows = client.simple_query(command).await.unwrap();
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).unwrap_or("")).collect::<Vec<_>>().join("|")),
        _ => None,
    };
    rows.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_switch_from_the_page_is_one_on_the_console() {
    let (bed, proxy, port) = site().await;
    bed.migrate("tipocorreo").await.unwrap();
    let page = port.get("/tables/tipocorreo").await.body;
    check(&page, "en");
    let token = token(&page).unwrap();
    let body = format!("token={token}&table=tipocorreo&mode=rewrite&reason=wave+1+%3Cb%3E+%26+%C3%B1");
    let own = format!("Origin: http://localhost:{}\r\nSec-Fetch-Site: same-origin\r\n", port.0);
    let answer = post(port, &body, &own).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    check(&answer.body, "en");
    assert!(answer.body.contains("rewrite") && answer.body.contains("tipocorreo"), "{}", answer.body);
    assert_eq!(console(&proxy, "SHOW MODES").await, "tipocorreo|rewrite");
    let told = console(&proxy, "SHOW SWITCHES").await;
    let (first, rest) = (told.lines().next().unwrap(), told.lines().count());
    assert!(first.starts_with("tipocorreo||rewrite|") && first.ends_with("|esclusa|wave 1 <b> & ñ") && rest == 1, "{told}");
    let page = port.get("/tables/tipocorreo").await.body;
    assert!(page.contains("wave 1"), "the history is on the table's page: {page}");
    let mut client = proxy.client(&bed).await;
    client.query("SELECT * FROM tipocorreo").await;
    assert!(console(&proxy, "SHOW HITS").await.contains("rewritten"));
    // Mode observe for all tables at once.
    let all = post(port, &format!("token={token}&table=&mode=observe&reason=stop"), "").await;
    assert_eq!(all.status, 200, "{}", all.body);
    assert_eq!(console(&proxy, "SHOW MODES").await, "tipocorreo|observe");
}

#[tokio::test]
async fn what_the_console_refuses_is_refused() {
    let (_bed, proxy, port) = site().await;
    let token = token(&port.get("/modes").await.body).unwrap();
    for (table, mode, reason, status, told) in [
        ("tipocorreo", "rewrite", "x", 409, "esclusa migrate tipocorreo"),
        ("nothing", "observe", "x", 400, "there is no rule for a table"),
        ("tipocorreo", "sideways", "x", 400, "is not a mode"),
        ("tipocorreo", "off", "", 400, "A reason"),
        ("tipocorreo", "off", "+++", 400, "A reason"),
        ("tipocorreo", "off", &"x".repeat(501), 400, "A reason"),
        ("tipocorreo", "off", "%00", 400, "A reason"),
        ("tipocorreo", "off", "a%E2%80%AEb", 400, "A reason"),
    ] {
        let answer = post(port, &format!("token={token}&table={table}&mode={mode}&reason={reason}"), "").await;
        assert_eq!(answer.status, status, "{table} {mode}: {}", answer.body);
        assert!(answer.body.contains(told), "{table} {mode}: {}", answer.body);
        check(&answer.body, "en");
    }
    assert_eq!(console(&proxy, "SHOW MODES").await, "tipocorreo|observe");
    assert_eq!(console(&proxy, "SHOW SWITCHES").await, "");
}

/// Another site can have a browser send a form with its user's name and password, and knows no token.
#[tokio::test]
async fn a_form_from_elsewhere_switches_nothing() {
    let (_bed, proxy, port) = site().await;
    let token = token(&port.get("/modes").await.body).unwrap();
    let body = |token: &str| format!("token={token}&table=tipocorreo&mode=off&reason=x");
    for (body, headers, status) in [
        (body(""), "", 403),
        (body(&"0".repeat(64)), "", 403),
        (body(&token), "Origin: http://evil.example\r\n", 403),
        (body(&token), "Origin: null\r\n", 403),
        (body(&token), "Sec-Fetch-Site: cross-site\r\n", 403),
        ("table=tipocorreo&mode=off&reason=x".to_owned(), "", 422),
        (format!("{}&more={}", body(&token), "x".repeat(20_000)), "", 413),
    ] {
        let answer = post(port, &body, headers).await;
        assert_eq!(answer.status, status, "{headers}: {}", answer.body);
    }
    let json = format!(
        "POST /modes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
        body(&token).len(),
        body(&token)
    );
    assert_eq!(port.send(json.as_bytes()).await.unwrap().status, 415);
    assert_eq!(port.get(&format!("/modes?{}", body(&token))).await.status, 200, "a link is no form");
    assert_eq!(console(&proxy, "SHOW MODES").await, "tipocorreo|observe");
}

/// An authorised client whose form never arrives is not waited for.
#[tokio::test]
async fn a_form_that_does_not_come_is_given_up() {
    let (_bed, _proxy, port) = site().await;
    let request = format!(
        "POST /modes HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\ntoken=",
        port.0
    );
    let begun = std::time::Instant::now();
    assert_eq!(port.send(request.as_bytes()).await.unwrap().status, 408);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_may_only_look_switches_nothing() {
    let (_bed, proxy, port, _file) = with_users().await;
    let reader = basic("metrics", "geheim ñ");
    assert_eq!(token(&port.get_with("/modes", &reader).await.body), None, "there is no form to see");
    let admins = token(&port.get_with("/modes", &basic("esclusa", "geheim ñ")).await.body).unwrap();
    let body = format!("token={admins}&table=&mode=off&reason=x");
    assert_eq!(post(port, &body, &reader).await.status, 403);
    assert_eq!(post(port, &body, "").await.status, 401);
    assert!(proxy.server.shared.policy.load().entries().all(|entry| entry.mode == Mode::Observe));
}
