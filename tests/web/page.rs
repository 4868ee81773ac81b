//! The page: it is accessible, clients' text never becomes markup, and every link has a target.

use std::collections::BTreeSet;

use esclusa::config::{Address, Settings};
use esclusa::report::REPORTS;

use super::client::{Port, basic};
use super::guests::with_users;
use super::markup::{check, elements};
use super::{on_a_port, site};
use crate::common::Bed;
use crate::common::proxy::Proxy;

const PAGES: [&str; 7] = ["/", "/order", "/differences", "/sessions", "/modes", "/reports", "/tables/tipocorreo"];

#[tokio::test]
async fn every_page_can_be_read_in_both_languages() {
    let (bed, proxy, port) = site().await;
    let mut client = proxy.client(&bed).await;
    client.query("SELECT * FROM tipocorreo").await;
    for path in PAGES {
        for language in ["en", "es"] {
            let answer = port.get(&format!("{path}?lang={language}")).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
            assert_eq!(answer.header("content-language"), language);
            check(&answer.body, language);
            for link in elements(&answer.body).iter().filter(|e| e.name == "a").filter_map(|a| a.get("href")) {
                assert!(link.starts_with('#') || link.contains("lang="), "{path}: {link}");
            }
        }
        let liked = port.get_with(path, "Accept-Language: es-MX,es;q=0.9,en;q=0.8\r\n").await;
        check(&liked.body, "es");
    }
    for (path, told) in [("/tables/nothing", "no rule"), ("/tables/%3Cscript%3E", "no rule"), ("/reports/nothing", "no report")] {
        let answer = port.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
        check(&answer.body, "en");
    }
}

#[tokio::test]
async fn every_link_leads_to_a_page() {
    let (bed, proxy, port) = site().await;
    proxy.client(&bed).await.query("SELECT * FROM tipocorreo").await;
    let (mut seen, mut left) = (BTreeSet::new(), vec!["/".to_owned()]);
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = port.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        if answer.header("content-type").starts_with("text/html") {
            let found = elements(&answer.body);
            let links = found.iter().filter_map(|e| e.get("href")).filter(|link| link.starts_with('/'));
            left.extend(links.map(|link| link.split('?').next().unwrap().to_owned()));
        }
    }
    assert!(seen.contains("/style.css") && seen.contains("/tables/tipocorreo") && seen.len() >= REPORTS.len() + 7, "{seen:?}");
}

/// The answers come first, then who uses the table, with which statements, and the next step.
#[tokio::test]
async fn a_dba_finds_what_she_needs() {
    let (bed, proxy, port) = site().await;
    let mut client = proxy.client(&bed).await;
    client.query("SET application_name = 'AQUASIS caja'").await;
    for _ in 0..3 {
        client.query("SELECT tipcdesc FROM tipocorreo WHERE tipcid = 7").await;
    }
    let overview = port.get("/").await.body;
    let place = |text: &str| overview.find(text).unwrap_or_else(|| panic!("{text}: {overview}"));
    assert!(place("1 still used on the legacy tables.") < place("<h2"));
    assert!(place("3 uses, most by AQUASIS caja") < place("esclusa migrate tipocorreo"));
    assert!(overview.contains("<a href=\"/tables/tipocorreo\">tipocorreo</a>"));
    let table = port.get("/tables/tipocorreo?lang=es").await.body;
    for told in [
        "<strong>en uso:</strong> 3 usos, la mayoría de AQUASIS caja",
        "Siguiente: <code>esclusa migrate tipocorreo</code>",
        "<svg class=\"chart\"",
        "en la tabla heredada: 3",
        "AQUASIS caja",
        "select tipcdesc from tipocorreo where tipcid = ?",
    ] {
        assert!(table.contains(told), "{told}: {table}");
    }
}

/// Names of tables, statements, applications: all of it is what somebody else wrote.
#[tokio::test]
async fn nothing_that_others_wrote_is_markup() {
    let name = "<script>alert(1)<b>x'&?#%2f";
    let mut bed = Bed::new("CREATE TABLE \"<script>alert(1)<b>x'&?#%2f\" (c char(4) PRIMARY KEY, d varchar(40))").await;
    bed.lookup(name, "c").await;
    let proxy = Proxy::start_with(&bed, on_a_port).await;
    let port = Port::of(proxy.server.web.as_ref());
    let mut client = proxy.client(&bed).await;
    client.query("SET application_name = '</td><script>alert(2)</script>'").await;
    client
        .query(
            "SELECT d AS \"<img src=x onerror=alert(3)>\" FROM \"<script>alert(1)<b>x'&?#%2f\" /*route='<svg onload=alert(4)>'*/",
        )
        .await;
    client.query("SELECT \"<b>nosuch\" FROM \"<script>alert(1)<b>x'&?#%2f\"").await;
    let overview = port.get("/").await;
    let links: Vec<String> = elements(&overview.body).iter().filter_map(|e| e.get("href").map(str::to_owned)).collect();
    let table = links.iter().find(|link| link.starts_with("/tables/")).unwrap();
    for path in
        PAGES[..6].iter().copied().chain([table.as_str(), "/reports/statements", "/reports/applications", "/reports/places"])
    {
        let answer = port.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        check(&answer.body, "en");
    }
    let page = port.get(table).await.body;
    assert!(page.contains("&#60;script&#62;alert(1)&#60;b&#62;") || page.contains("&lt;script&gt;alert(1)&lt;b&gt;"), "{page}");
    assert!(page.contains("alert(2)") && page.contains("onerror=alert(3)"), "what they wrote is shown: {page}");
}

#[tokio::test]
async fn without_the_database_the_page_tells_what_this_proxy_knows() {
    let (bed, _proxy, _port) = site().await;
    let without = Proxy::start_with(&bed, |settings| {
        on_a_port(settings);
        settings.control.url = Settings::defaults().unwrap().control.url;
        settings.upstream.address = Address::Tcp("127.0.0.1".into(), 1);
    })
    .await;
    let port = Port::of(without.server.web.as_ref());
    for path in PAGES {
        let answer = port.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        check(&answer.body, "en");
        assert!(answer.body.contains("tipocorreo") || !["/", "/modes"].contains(&path), "{path}: {}", answer.body);
    }
    assert!(port.get("/").await.body.contains("set control.url"));
}

#[tokio::test]
async fn pages_are_for_users() {
    let (_bed, _proxy, port, _file) = with_users().await;
    for path in PAGES[..6].iter().chain(&["/reports/usage"]) {
        assert_eq!(port.get(path).await.status, 401, "{path}");
        assert_eq!(port.get_with(path, &basic("metrics", "geheim ñ")).await.status, 200, "{path}");
    }
    assert_eq!(port.get("/style.css").await.status, 200, "the style tells nothing");
}
