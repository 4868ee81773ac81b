//! A rule with faults affects only its own table: its statements are forwarded untouched and counted, and a rule that was in force stays in force.

use esclusa::mode::Mode;
use esclusa::rule::Target;

use crate::common::proxy::Proxy;
use crate::common::{Bed, SCHEMA};

async fn bed() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO tipocolor VALUES (1), (2), (3);
         CREATE TABLE tipoforma (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO tipoforma VALUES (1), (2);",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.lookup("tipoforma", "id").await;
    bed.migrate_all().await;
    for table in ["tipocolor", "tipoforma"] {
        bed.set(table, Mode::Rewrite).await.unwrap();
    }
    bed
}

fn hits(proxy: &Proxy) -> Vec<String> {
    let mut rows: Vec<String> = proxy
        .server
        .shared
        .traffic
        .totals()
        .iter()
        .map(|total| format!("{}|{}|{}", total.table, total.operation, total.outcome))
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn a_proxy_starts_without_the_rule_that_has_faults() {
    let mut bed = bed().await;
    let sound = bed.rules.rules.remove("tipocolor").unwrap();
    let rules = crate::common::server().await.directory.join(format!("rules-{}", bed.name()));
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::write(rules.join("tipocolor.toml"), "table = \"tipocolor\"\nkind = \"riddle\"\n").unwrap();
    let proxy = Proxy::start(&bed).await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipoforma")).await;
    let mut client = proxy.client(&bed).await;
    // Its view answers; the other table, whose view is gone, is rewritten, in the same statement too.
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
    assert_eq!(client.query("SELECT count(*) FROM tipoforma").await, "T (2) [SELECT 1] ZI");
    assert_eq!(client.query("SELECT count(*) FROM tipoforma, tipocolor").await, "T (6) [SELECT 1] ZI");
    assert_eq!(
        client.query("SELECT count(*) FROM otro.tipocolor").await,
        "<42P01 relation \"otro.tipocolor\" does not exist> ZI"
    );
    assert_eq!(hits(&proxy), ["tipocolor|select|opaque", "tipoforma|select|rewritten"]);
    // Whatever mode is stored for it, nothing is refused.
    bed.sql("UPDATE esclusa.mode SET mode = 'refuse'").await;
    proxy.server.admin().reload().await.unwrap();
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
    // Once mended, a reload puts it in force.
    std::fs::write(rules.join("tipocolor.toml"), esclusa::rule::file::print(&sound)).unwrap();
    assert!(proxy.server.admin().reload().await.unwrap().is_empty());
    assert!(client.query("SELECT count(*) FROM tipocolor").await.starts_with("<42P01"));
}

#[tokio::test]
async fn a_reload_keeps_the_rule_of_before_and_brings_the_others() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipoforma, {SCHEMA}.tipocolor")).await;
    let file = proxy.rules.join("tipocolor.toml");
    // Neither its content nor its name identifies the table.
    let other = proxy.rules.join("zz.toml");
    std::fs::rename(&file, &other).unwrap();
    proxy.server.admin().reload().await.unwrap();
    std::fs::write(&other, "half = [").unwrap();
    let wave = proxy.rules.join("tipoforma.toml");
    let text = std::fs::read_to_string(&wave).unwrap();
    std::fs::write(&wave, text.replace("wave = \"\"", "wave = \"W9\"")).unwrap();
    let left = proxy.server.admin().reload().await.unwrap();
    assert!(left.to_string().starts_with(&format!("{}:1: ", other.display())), "{left}");
    let mut client = proxy.client(&bed).await;
    assert_eq!(client.query("SELECT count(*) FROM tipoforma, tipocolor").await, "T (6) [SELECT 1] ZI");
    assert_eq!(hits(&proxy), ["tipocolor|select|rewritten", "tipoforma|select|rewritten"]);
    // Two rules for one domain: neither is loaded, and the two earlier rules stay in force.
    let domain = |text: &str| text.replace("domain = \"tipoforma\"", "domain = \"tipocolor\"");
    std::fs::write(&wave, domain(&text)).unwrap();
    std::fs::rename(&other, &file).unwrap();
    std::fs::write(&file, esclusa::rule::file::print(&bed.rules.rules["tipocolor"])).unwrap();
    let left = proxy.server.admin().reload().await.unwrap();
    assert!(left.to_string().contains("domain tipocolor belongs to table tipocolor already"), "{left}");
    assert_eq!(client.query("SELECT count(*) FROM tipoforma, tipocolor").await, "T (6) [SELECT 1] ZI");
}

/// A rule that says something else about stored rows than the one that its table was moved with would write where nobody looks.
#[tokio::test]
async fn a_rule_that_differs_from_the_moved_one_is_not_in_force() {
    let mut bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let file = proxy.rules.join("tipocolor.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let other = text.replace("domain = \"tipocolor\"", "domain = \"matiz\"").replace("wave = \"\"", "wave = \"W9\"");
    assert_ne!(other, text);
    std::fs::write(&file, &other).unwrap();
    // The rule in force stays there.
    let left = proxy.server.admin().reload().await.unwrap().to_string();
    assert!(left.contains("tipocolor was moved with a rule that said `target.domain = tipocolor`"), "{left}");
    let mut client = proxy.client(&bed).await;
    assert_eq!(client.query("INSERT INTO tipocolor VALUES (4)").await, "[INSERT 0 1] ZI");
    assert_eq!(hits(&proxy), ["tipocolor|insert|rewritten"]);
    // A process that starts with it has no other: the view stores rows as the move did.
    if let Target::Lookup(lookup) = &mut bed.rules.rules.get_mut("tipocolor").unwrap().target {
        lookup.domain = "matiz".into();
    }
    let beginning = Proxy::start(&bed).await;
    let mut second = beginning.client(&bed).await;
    assert_eq!(second.query("INSERT INTO tipocolor VALUES (5)").await, "[INSERT 0 1] ZI");
    assert_eq!(second.query("SELECT count(*) FROM tipocolor").await, "T (5) [SELECT 1] ZI");
    assert_eq!(hits(&beginning), ["tipocolor|insert|opaque", "tipocolor|select|opaque"]);
    assert_eq!(
        bed.cell("SELECT string_agg(DISTINCT dv_domain, ' ') FROM cf_quere_pro.domain_value").await,
        "tipocolor tipoforma"
    );
    // What says nothing about rows may change.
    std::fs::write(&file, text.replace("wave = \"\"", "wave = \"W9\"")).unwrap();
    assert!(beginning.server.admin().reload().await.unwrap().is_empty());
    assert_eq!(second.query("SELECT count(*) FROM tipocolor").await, "T (5) [SELECT 1] ZI");
    assert!(hits(&beginning).contains(&"tipocolor|select|rewritten".to_owned()));
}
