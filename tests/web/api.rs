//! Reports as JSON: the same rows as in the other forms, and errors that a program can tell apart.

use esclusa::report::{Question, REPORTS, find};
use esclusa::table::Format;
use serde_json::Value;

use super::client::basic;
use super::guests::with_users;
use super::site;
use crate::common::proxy::Proxy;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[tokio::test]
async fn every_report_is_listed_and_gives_its_rows() {
    let (bed, proxy, port) = site().await;
    let mut client = proxy.client(&bed).await;
    for _ in 0..3 {
        client.query("SELECT * FROM tipocorreo WHERE tipcid = 7 AND '<b>' <> ''").await;
    }
    let list = port.get("/api/reports").await;
    assert_eq!((list.status, list.header("content-type")), (200, "application/json"));
    let names: Vec<String> =
        json(&list.body).as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, REPORTS.iter().map(|r| r.name).collect::<Vec<_>>());
    for (listed, report) in json(&list.body).as_array().unwrap().iter().zip(REPORTS) {
        let answer = port.get(listed["address"].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{}: {}", report.name, answer.body);
        for row in json(&answer.body).as_array().unwrap() {
            let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
            assert_eq!(keys, report.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{}", report.name);
        }
    }
    let asked = Question { table: Some("tipocorreo".into()), ..Question::default() };
    let statements = find("statements").unwrap();
    let told = proxy.server.admin().told(&[statements], &asked).await.unwrap();
    let answer = port.get("/api/reports/statements?table=tipocorreo&since=1h").await;
    assert_eq!(json(&answer.body), json(&told[0].print(Format::Json)), "as the command line prints it");
    assert_eq!(json(&answer.body)[0]["hits"], 3);
    assert_eq!(json(&port.get("/api/reports/statements?until=1h").await.body), json("[]"));
    for (wrong, told) in [
        ("table=nothing", "there is no rule for a table `nothing`"),
        ("since=1h&until=2h", "--until is not after --since"),
        ("since=yesterdayish", "invalid input syntax for type timestamp with time zone: \"yesterdayish\""),
    ] {
        let answer = port.get(&format!("/api/reports/statements?{wrong}")).await;
        assert_eq!((answer.status, &json(&answer.body)["error"]), (400, &told.into()), "{wrong}");
    }
    let verdict = |language: &'static str| async move {
        json(&port.get(&format!("/api/reports/verdicts?lang={language}")).await.body)[0]["verdict"].clone()
    };
    assert_eq!((verdict("en").await, verdict("es").await), ("needed".into(), "en uso".into()));
    let live = json(&port.get("/api/reports/tables?table=tipocorreo").await.body);
    assert_eq!((live[0]["mode"].clone(), live[0]["hits"].clone()), ("observe".into(), 3.into()));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told() {
    let (_bed, _proxy, port) = site().await;
    for (path, status, told) in [
        ("/api/reports/nothing", 404, "there is no report `nothing`"),
        ("/api/reports/usage?since=soon", 400, "soon"),
        ("/api/reports/usage?since=1d';DROP", 400, "invalid"),
        ("/api/reports/usage?lang=fr", 400, "unknown language `fr`; it is en or es"),
        ("/api/reports/usage?limit=3", 400, "unknown field `limit`"),
        ("/api/reports/usage?table=a%00b", 400, "NUL"),
        ("/api/reports/usage?since=1d&since=2d", 400, "duplicate field"),
        ("/api/reports/sessions?since=1d", 400, "takes only the parameter `table`"),
        ("/api/reports/config?table=x", 400, "no column `table`"),
    ] {
        let answer = port.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/json"), "{path}: {}", answer.body);
        assert!(json(&answer.body)["error"].as_str().unwrap().contains(told), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn reports_are_for_users_and_need_a_database() {
    let (bed, _proxy, port, _file) = with_users().await;
    for path in ["/api/reports", "/api/reports/usage", "/api/reports/sessions"] {
        assert_eq!(port.get(path).await.status, 401, "{path}");
        assert_eq!(port.get_with(path, &basic("metrics", "geheim ñ")).await.status, 200, "{path}");
    }
    let without = Proxy::start_with(&bed, |settings| {
        super::on_a_port(settings);
        settings.control.url = esclusa::config::Settings::defaults().unwrap().control.url;
    })
    .await;
    let port = super::Port::of(without.server.web.as_ref());
    let answer = port.get("/api/reports/usage").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("set control.url"), "{}", answer.body);
}
