//! `capture = "trigger"`: the legacy history is what was moved and what the audit trigger has recorded since; what the application
//! goes on inserting is counted and not added.

use esclusa::migrate::switch;
use esclusa::rule::{Capture, Rule, Target, check};

use crate::common::{Bed, SCHEMA, said};
use crate::proxied::Proxied;

const DDL: &str = "
    CREATE TABLE ofica (oid numeric(5,0) PRIMARY KEY, odes varchar(20) NOT NULL, ocod char(4), otxt numeric(10,0), oh timestamp, ousu varchar(10));
    CREATE TABLE hisofica (hid numeric(5,0) NOT NULL, hdes varchar(20) NOT NULL, hcod char(4), hdesc text, hidioma char(2), hh timestamp, husu varchar(10));
    CREATE TABLE textos (id numeric(10,0), t text); INSERT INTO textos VALUES (7, 'siete'), (8, 'ocho');
    INSERT INTO ofica VALUES (1, 'uno', 'a', 7, '2020-01-01', 'ANA');
    INSERT INTO hisofica VALUES (1, 'cero', 'a', 'siete', 'es', '2019-01-01', 'EVA');";

/// The history's rule, with the mapping that `rules generate` takes from the plan.
async fn rule(bed: &mut Bed, base: &str, key: &str) -> Rule {
    let target = format!("{{ base = '{base}', time = 'hh', user = 'husu' }}");
    let mut rule = bed.rule("hisofica", "history", &target, &format!("{{ columns = ['hid'], base = ['{key}'] }}")).await;
    for (column, mirrored) in [("hid", "oid"), ("hdes", "odes"), ("hcod", "ocod"), ("hh", "oh"), ("husu", "ousu")] {
        let at = rule.position(column).unwrap();
        rule.columns[at].base = Some(mirrored.into());
    }
    let at = rule.position("hdesc").unwrap();
    rule.columns[at].expression = Some(format!("(SELECT t FROM {SCHEMA}.textos WHERE id = {{otxt}}::numeric)"));
    rule
}

fn captured(mut rule: Rule, since: Option<&str>) -> Rule {
    let Target::History(history) = &mut rule.target else { panic!() };
    let _ = since;
    history.capture = Capture::Trigger;
    rule
}

const ROWS: &str = "select hid, hdes, hcod, hdesc, hidioma, hh, husu from hisofica order by hid, hh, hdes";

#[tokio::test]
async fn a_history_that_the_trigger_writes() {
    let mut bed = Bed::new(DDL).await;
    let rule = captured(rule(&mut bed, "ofica", "oid").await, None);
    bed.rules.rules.insert("hisofica".into(), rule.clone());
    let notes = bed.migrate("hisofica").await.unwrap().notes;
    assert!(notes.contains(&"audit trigger on ofica".to_owned()), "{notes:?}");
    assert!(notes.contains(&"NULL in the trigger's rows, because the base does not have it: hidioma".to_owned()), "{notes:?}");
    let client = Proxied::new(&bed, &rule).await;
    let moved = "1|cero|a   |siete|es|2019-01-01 00:00:00|EVA";
    assert_eq!(client.say(ROWS).await, format!("{moved}\n(1)"));
    // What the application does, its own history row included.
    for (statement, expected) in [
        ("update ofica set odes = 'dos', otxt = null, oh = '2021-01-01' where oid = 1", "(1)"),
        ("insert into hisofica values (1, 'dos', 'a', 'x', 'es', '2021-01-01', 'ANA')", "(1)"),
        ("insert into ofica values (2, 'nuevo', 'bb', 8, '2022-01-01', 'EVA')", "(1)"),
        (
            "insert into hisofica as h (hid, hdes) select oid, odes from ofica returning hid, h.hdes, hh",
            "1|dos|\\N\n2|nuevo|\\N\n(2)",
        ),
        ("delete from ofica where oid = 2", "(1)"),
        ("insert into hisofica default values", "ERROR 23502 null value in column \"hid\" of relation \"hisofica\""),
        ("insert into hisofica values (1, 'un texto que no cabe en veinte')", "ERROR 22001 value too long"),
        ("insert into hisofica (hid, hdes) values (1, 'x') on conflict do nothing returning hid", "1\n(1)"),
        ("insert into hisofica (hid, hdes) values (1, 'x') on conflict (hid) do nothing", "42P10"),
        ("update hisofica set hdes = 'x'", "0A000 UPDATE of \"hisofica\": its rows are those of the audit"),
        ("delete from hisofica", "0A000 DELETE"),
        ("truncate hisofica", "0A000 TRUNCATE"),
        ("update ofica set odes = odes", "(1)"),
    ] {
        let answer = client.say(statement).await;
        assert!(answer.starts_with(expected), "{statement}: {answer}");
    }
    let all = [
        moved,
        "1|dos|a   |\\N|\\N|2021-01-01 00:00:00|ANA",
        "2|nuevo|bb  |ocho|\\N|2022-01-01 00:00:00|EVA",
        "2|nuevo|bb  |ocho|\\N|2022-01-01 00:00:00|EVA",
    ];
    assert_eq!(client.say(ROWS).await, format!("{}\n(4)", all.join("\n")));
    // The key leads to the trigger's rows too, and the view shows the same; a range of stamps bounds no partition.
    assert_eq!(client.say("select hdes from hisofica where hid = 2").await, "nuevo\nnuevo\n(2)");
    assert_eq!(client.say("select count(*) from hisofica where hh > '2020-06-01'").await, "3\n(1)");
    assert_eq!(bed.rows(&ROWS.replace("hisofica", "cf_quere_pro.hisofica")).await, all);
    assert_eq!(client.session.say("TRUNCATE ofica").await, "(0)");
    assert_eq!(client.say("select count(*) from hisofica").await, "4\n(1)");
    // What was moved still has its proof.
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log WHERE al_legacy_table IS NOT NULL").await, "1");
}

/// The trigger stood beside the application for a while: its rows of that time would be the same changes again.
#[tokio::test]
async fn a_switch_shows_nothing_twice() {
    let mut bed = Bed::new(DDL).await;
    let rule = rule(&mut bed, "ofica", "oid").await;
    bed.rules.rules.insert("hisofica".into(), rule.clone());
    bed.migrate("hisofica").await.unwrap();
    let before = Proxied::new(&bed, &rule).await;
    assert_eq!(before.say("update ofica set odes = 'dos', oh = '2021-01-01'").await, "(1)");
    assert_eq!(before.say("insert into hisofica (hid, hdes, hh) values (1, 'dos', '2021-01-01')").await, "(1)");
    let since = bed.cell("SELECT clock_timestamp()").await;
    let rule = captured(rule, Some(&since));
    let notes = switch::capture(&bed.db, &bed.context, &bed.rules, &rule).await.unwrap();
    assert_eq!(notes[0], "audit trigger on ofica");
    let after = Proxied::new(&bed, &rule).await;
    assert_eq!(after.say("select hdes from hisofica order by hh").await, "cero\ndos\n(2)");
    assert_eq!(after.say("update ofica set odes = 'tres', oh = '2023-01-01'").await, "(1)");
    assert_eq!(after.say("insert into hisofica (hid, hdes, hh) values (1, 'tres', '2023-01-01')").await, "(1)");
    for sql in ["select hdes from hisofica order by hh", "select hdes from hisofica where hid = 1 order by hh"] {
        assert_eq!(after.say(sql).await, "cero\ndos\ntres\n(3)", "{sql}");
    }
    assert_eq!(bed.rows("SELECT hdes FROM cf_quere_pro.hisofica ORDER BY hh").await, ["cero", "dos", "tres"]);
    // A client of the server itself is refused what the proxy refuses.
    let answer = bed.session("postgres", "SELECT").await.say("DELETE FROM cf_quere_pro.hisofica").await;
    assert!(answer.starts_with("ERROR 0A000 DELETE of \"hisofica\""), "{answer}");
}

/// The base has become a domain: the trigger sits on the rows of the domain, and writes images in the legacy names.
#[tokio::test]
async fn a_base_that_became_a_domain() {
    let mut bed =
        Bed::new(&DDL.replace("ofica (", "tipofica (").replace("histipofica", "hisofica").replace("INTO ofica", "INTO tipofica"))
            .await;
    let rule = captured(rule(&mut bed, "tipofica", "oid").await, None);
    bed.rules.rules.insert("hisofica".into(), rule.clone());
    bed.lookup("tipofica", "oid").await;
    bed.migrate("tipofica").await.unwrap();
    let notes = bed.migrate("hisofica").await.unwrap().notes;
    assert!(notes.contains(&"audit trigger on the rows of domain tipofica".to_owned()), "{notes:?}");
    let client = Proxied::new(&bed, &rule).await;
    bed.sql("UPDATE cf_quere_pro.tipofica SET odes = 'dos', oh = '2021-01-01'; INSERT INTO cf_quere_pro.tipofica VALUES (3, 'tres', 'c', 7, '2022-01-01', 'EVA'); DELETE FROM cf_quere_pro.tipofica WHERE oid = 1")
        .await;
    assert_eq!(
        client.say("select hid, hdes, hcod, hdesc, hh from hisofica order by hh, hid").await,
        "1|cero|a   |siete|2019-01-01 00:00:00\n1|dos|a   |siete|2021-01-01 00:00:00\n1|dos|a   |siete|2021-01-01 00:00:00\n\
         3|tres|c   |siete|2022-01-01 00:00:00\n(4)"
    );
}

#[tokio::test]
async fn without_a_trigger_nothing_is_switched() {
    let mut bed = Bed::new(&DDL.replace("CREATE TABLE ofica", "CREATE TABLE other").replace("INTO ofica", "INTO other")).await;
    let rule = captured(rule(&mut bed, "ofica", "oid").await, None);
    bed.rules.rules.insert("hisofica".into(), rule);
    let error = bed.migrate("hisofica").await.unwrap_err();
    assert!(said(&error).starts_with("nothing would write hisofica\n"), "{}", said(&error));
    assert_eq!(bed.cell("SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.hisofica'::regclass").await, "r");
}

/// What a rule cannot promise is a fault of the rule.
#[tokio::test]
async fn rules_that_no_trigger_can_keep() {
    let mut bed = Bed::new("CREATE TABLE hisbad (id numeric(5,0), b bytea, i interval, a integer[], d date)").await;
    let mut rule = bed.rule("hisbad", "history", "{ base = 'bad' }", "{ columns = ['id'], base = ['id'] }").await;
    for column in &mut rule.columns {
        column.base = Some(column.column.name.clone());
    }
    let mut faults = esclusa::error::Faults::default();
    check::within(&captured(rule, Some("soon")), &mut faults);
    let messages: Vec<String> = faults.0.iter().map(|f| f.message.clone()).collect();
    assert_eq!(
        messages,
        [
            "target.since: `soon` is no time",
            "column b: a value of bytea cannot be read from the trigger's image",
            "column i: a value of interval cannot be read from the trigger's image",
            "column a: a value of integer[] cannot be read from the trigger's image",
        ]
    );
}
