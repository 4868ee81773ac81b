//! `capture = "trigger"`: changes of the base are projected into the history's leaf, as the application would have written them; rows
//! that the application still inserts are counted and not added.

use esclusa::migrate::capture::{self, writer};
use esclusa::rule::{Capture, Rule, Target, check};
use esclusa::table::Cell;

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

fn captured(mut rule: Rule) -> Rule {
    let Target::History(history) = &mut rule.target else { panic!() };
    history.capture = Capture::Trigger;
    rule
}

const ROWS: &str = "select hid, hdes, hcod, hdesc, hidioma, hh, husu from hisofica order by hid, hh, hdes";

#[tokio::test]
async fn a_history_that_the_trigger_writes() {
    let mut bed = Bed::new(DDL).await;
    let rule = captured(rule(&mut bed, "ofica", "oid").await);
    bed.rules.rules.insert("hisofica".into(), rule.clone());
    let notes = bed.migrate("hisofica").await.unwrap().notes;
    assert!(notes.contains(&"audit trigger on ofica".to_owned()), "{notes:?}");
    assert!(notes.contains(&"NULL in the trigger's rows, because the base has no such column: hidioma".to_owned()), "{notes:?}");
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
        ("update ofica set odes = odes", "(1)"),
        // Nobody may change recorded rows.
        ("update hisofica set hdes = 'forged' where hid = 1", "42501 permission denied for table hisofica"),
        ("with d as (delete from hisofica returning 1) select * from d", "42501 permission denied for table hisofica"),
        ("delete from hisofica", "42501 permission denied for table hisofica"),
        ("truncate hisofica", "42501 permission denied for table hisofica"),
        ("truncate table ofica, hisofica cascade", "42501 permission denied for table hisofica"),
        (
            "merge into hisofica h using (select 1 n) s on hid = n when matched then delete",
            "42501 permission denied for table hisofica",
        ),
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
    for change in ["UPDATE cf_quere_pro.hisofica SET hdes = 'forged'", "DELETE FROM cf_quere_pro.hisofica WHERE hid = 1"] {
        assert!(client.session.say(change).await.starts_with("ERROR 42501 permission denied for table hisofica"), "{change}");
    }
    // They lie in the history's leaf, beside what was moved; and their audit rows where the trigger's rows are.
    assert_eq!(client.say("select hdes from hisofica where hid = 2").await, "nuevo\nnuevo\n(2)");
    assert_eq!(client.say("select count(*) from hisofica where hh > '2020-06-01'").await, "3\n(1)");
    assert_eq!(bed.rows(&ROWS.replace("hisofica", "cf_quere_pro.hisofica")).await, all);
    assert_eq!(client.session.say("TRUNCATE ofica").await, "(0)");
    assert_eq!(client.say("select count(*) from hisofica").await, "4\n(1)");
    assert_eq!(
        bed.rows("SELECT al_source, al_operation, al_record_key, al_user_id, al_legacy_at, al_session_user FROM esclusa_leaf.hisofica ORDER BY al_id").await,
        [
            "L|U|1|EVA|2019-01-01 00:00:00|\\N",
            "C|U|1|ANA|2021-01-01 00:00:00|postgres",
            "C|I|2|EVA|2022-01-01 00:00:00|postgres",
            "C|D|2|EVA|2022-01-01 00:00:00|postgres"
        ]
    );
    assert_eq!(
        bed.cell("SELECT string_agg(al_operation || al_source, ' ' ORDER BY al_id) FROM cf_quere_pro.audit_log_live").await,
        "UT IT DT DT"
    );
    // What was moved still has its proof.
    assert_eq!(bed.failed_checks("hisofica", "mig_old.hisofica").await, Vec::<&str>::new());
}

/// The trigger recorded while the application still wrote the history: its rows of that time would repeat the same changes.
#[tokio::test]
async fn a_switch_shows_nothing_twice() {
    let mut bed = Bed::new(DDL).await;
    let rule = rule(&mut bed, "ofica", "oid").await;
    bed.rules.rules.insert("hisofica".into(), rule.clone());
    bed.migrate("hisofica").await.unwrap();
    let before = Proxied::new(&bed, &rule).await;
    assert_eq!(before.say("update ofica set odes = 'dos', oh = '2021-01-01'").await, "(1)");
    assert_eq!(before.say("insert into hisofica (hid, hdes, hh) values (1, 'dos', '2021-01-01')").await, "(1)");
    let written_by_hand = rule.clone();
    let rule = captured(rule);
    let notes = writer::change(&bed.db, &bed.context, &bed.rules, &rule).await.unwrap();
    assert_eq!(notes[0], "audit trigger on ofica");
    let after = Proxied::new(&bed, &rule).await;
    assert_eq!(after.say("select hdes from hisofica order by hh").await, "cero\ndos\n(2)");
    assert_eq!(after.say("update ofica set odes = 'tres', oh = '2023-01-01'").await, "(1)");
    assert_eq!(after.say("insert into hisofica (hid, hdes, hh) values (1, 'tres', '2023-01-01')").await, "(1)");
    for sql in ["select hdes from hisofica order by hh", "select hdes from hisofica where hid = 1 order by hh"] {
        assert_eq!(after.say(sql).await, "cero\ndos\ntres\n(3)", "{sql}");
    }
    assert_eq!(bed.rows("SELECT hdes FROM cf_quere_pro.hisofica ORDER BY hh").await, ["cero", "dos", "tres"]);
    // Switched off again: projected rows stay, no more are added, and no object of the projection is left.
    writer::change(&bed.db, &bed.context, &bed.rules, &written_by_hand).await.unwrap();
    bed.rules.rules.insert("hisofica".into(), written_by_hand.clone());
    assert_eq!(capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap(), Vec::<Vec<Cell>>::new());
    let again = Proxied::new(&bed, &written_by_hand).await;
    assert_eq!(again.say("update ofica set odes = 'cuatro', oh = '2024-01-01'").await, "(1)");
    assert_eq!(again.say("insert into hisofica (hid, hdes, hh) values (1, 'cuatro', '2024-01-01')").await, "(1)");
    assert_eq!(again.say("select hdes from hisofica order by hh").await, "cero\ndos\ntres\ncuatro\n(4)");
    assert_eq!(
        bed.cell("SELECT string_agg(al_source, '' ORDER BY al_id) FROM esclusa_leaf.hisofica").await,
        "LWCW",
        "the second change was projected, the others the application wrote"
    );
    assert_eq!(bed.cell("SELECT count(*) FROM pg_proc WHERE proname LIKE 'project%'").await, "0");
}

/// A projection that is missing, disabled, duplicated, or not wanted, is reported and mended like the audit.
#[tokio::test]
async fn a_projection_that_does_not_do_its_work_is_told_and_mended() {
    let mut bed = Bed::new(DDL).await;
    let rule = captured(rule(&mut bed, "ofica", "oid").await);
    bed.rules.rules.insert("hisofica".into(), rule);
    bed.migrate("hisofica").await.unwrap();
    let row = "FOR EACH ROW EXECUTE FUNCTION esclusa.project_hisofica()";
    for (change, finding) in [
        ("ALTER TABLE cf_quere_pro.ofica DISABLE TRIGGER trg_project_hisofica".to_owned(), "disabled"),
        ("DROP TRIGGER trg_project_hisofica ON cf_quere_pro.ofica".into(), "missing"),
        (
            format!("CREATE TRIGGER otra AFTER UPDATE ON cf_quere_pro.ofica {row}"),
            "doubled: every change is written more than once",
        ),
        ("ALTER FUNCTION esclusa.project_hisofica() SECURITY INVOKER".into(), "differs"),
        ("ALTER FUNCTION esclusa.project_hisofica() OWNER TO esclusa_audit".into(), "owner differs"),
    ] {
        bed.sql(&change).await;
        let drift = capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap();
        assert_eq!(drift.iter().map(|r| r[1].text()).collect::<Vec<_>>(), [finding], "{change}");
        capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
        assert_eq!(capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap(), Vec::<Vec<Cell>>::new(), "{change}");
    }
    bed.sql("UPDATE cf_quere_pro.ofica SET odes = 'dos'").await;
    assert_eq!(bed.cell("SELECT string_agg(hdes, ',' ORDER BY hh) FROM cf_quere_pro.hisofica").await, "cero,dos");
    let Target::History(history) = &mut bed.rules.rules.get_mut("hisofica").unwrap().target else { panic!() };
    history.capture = Capture::Application;
    let drift = capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap();
    assert_eq!(drift.iter().map(|r| r[0].text()).collect::<Vec<_>>(), ["trigger trg_project_hisofica on ofica"]);
    capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
    bed.sql("UPDATE cf_quere_pro.ofica SET odes = 'tres'").await;
    assert_eq!(bed.cell("SELECT string_agg(hdes, ',' ORDER BY hh) FROM cf_quere_pro.hisofica").await, "cero,dos");
}

/// Two histories of one base, of which one is switched; and neither the base's owner nor the history's can use the other's rights or those
/// of the audit.
#[tokio::test]
async fn a_projection_runs_as_the_owner_of_its_history() {
    let mut bed = Bed::new(DDL).await;
    bed.sql(
        "CREATE ROLE ca_history LOGIN; CREATE ROLE ca_base LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO ca_history, ca_base; \
         CREATE TABLE cf_quere_pro.hisofica2 (LIKE cf_quere_pro.hisofica); ALTER TABLE cf_quere_pro.hisofica OWNER TO ca_history; \
         ALTER TABLE cf_quere_pro.ofica OWNER TO ca_base; ALTER TABLE cf_quere_pro.textos OWNER TO ca_history; \
         CREATE SCHEMA ca_base AUTHORIZATION ca_base; CREATE SCHEMA ca_history AUTHORIZATION ca_history; \
         CREATE TABLE public.ran (who text); GRANT ALL ON public.ran TO PUBLIC; GRANT USAGE ON SCHEMA ca_base, ca_history TO PUBLIC",
    )
    .await;
    let rule = captured(rule(&mut bed, "ofica", "oid").await);
    bed.rules.rules.insert("hisofica".into(), rule);
    bed.rule("hisofica2", "history", "{ base = 'ofica' }", "{ columns = ['hid'], base = ['oid'] }").await;
    bed.rules.rules.get_mut("hisofica2").unwrap().columns[0].base = Some("oid".into());
    bed.migrate("hisofica2").await.unwrap();
    bed.migrate("hisofica").await.unwrap();
    assert_eq!(
        bed.rows(
            "SELECT oid::regprocedure, pg_get_userbyid(proowner), prosecdef, has_function_privilege('public', oid, 'EXECUTE'), \
                  has_function_privilege('esclusa_audit', oid, 'EXECUTE') FROM pg_proc WHERE proname LIKE 'project%' ORDER BY 3"
        )
        .await,
        [
            "esclusa.project_hisofica(jsonb,text,text,timestamp with time zone)|ca_history|f|f|f",
            "esclusa.project_hisofica()|ca_history|t|f|f"
        ]
    );
    // The base's owner: a column whose cast would run as the history's owner or as the auditor.
    let base = bed.session("ca_base", "SELECT").await;
    for statement in [
        "CREATE TYPE ca_base.mood AS ENUM ('a', 'b'); CREATE FUNCTION ca_base.evil(ca_base.mood) RETURNS json LANGUAGE plpgsql AS \
         'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN ''1''; END'; CREATE CAST (ca_base.mood AS json) WITH FUNCTION ca_base.evil(ca_base.mood)",
        "ALTER TABLE cf_quere_pro.ofica ADD m ca_base.mood DEFAULT 'a'",
        "UPDATE cf_quere_pro.ofica SET odes = 'dos', m = 'b', oh = '2021-01-01'",
    ] {
        let answer = base.say(statement).await;
        assert!(!answer.contains("ERROR"), "{statement}: {answer}");
    }
    assert_eq!(bed.rows("SELECT who FROM public.ran").await, Vec::<String>::new());
    assert_eq!(bed.rows("SELECT hdes, hdesc FROM cf_quere_pro.hisofica ORDER BY hh").await, ["cero|siete", "dos|siete"]);
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisofica2").await, "0");
    // The history's owner: an expression of the rule reads a table of this owner, who replaces it by a view that runs the owner's function; the
    // function runs as its caller, which is never the audit role.
    let history = bed.session("ca_history", "SELECT").await;
    let view = "CREATE FUNCTION ca_history.evil() RETURNS text LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN ''mal''; END'; \
                CREATE VIEW ca_history.v AS SELECT 7::numeric AS id, ca_history.evil() AS t";
    assert!(!history.say(view).await.contains("ERROR"));
    bed.sql("DROP TABLE cf_quere_pro.textos; CREATE VIEW cf_quere_pro.textos AS SELECT * FROM ca_history.v; ALTER VIEW cf_quere_pro.textos OWNER TO ca_history").await;
    for security in ["DEFINER", "INVOKER"] {
        assert!(!history.say(&format!("ALTER FUNCTION esclusa.project_hisofica() SECURITY {security}")).await.contains("ERROR"));
        let _ = base.say(&format!("UPDATE cf_quere_pro.ofica SET odes = '{security}'")).await;
    }
    assert_eq!(bed.cell("SELECT string_agg(DISTINCT who, ',') FROM public.ran").await, "ca_history");
    let answer = history.say("SELECT esclusa.project_hisofica('{}', 'I', 'eva', now())").await;
    assert!(!answer.contains("ERROR 42501"), "his own function, which writes his own leaf: {answer}");
    let answer = base.say("SELECT esclusa.project_hisofica('{}', 'I', 'eva', now())").await;
    assert!(answer.starts_with("ERROR 42501"), "{answer}");
}

/// The base has become a domain: the trigger sits on the rows of the domain, and writes images in the legacy names.
#[tokio::test]
async fn a_base_that_became_a_domain() {
    let mut bed =
        Bed::new(&DDL.replace("ofica (", "tipofica (").replace("histipofica", "hisofica").replace("INTO ofica", "INTO tipofica"))
            .await;
    let rule = captured(rule(&mut bed, "tipofica", "oid").await);
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
    let rule = captured(rule(&mut bed, "ofica", "oid").await);
    bed.rules.rules.insert("hisofica".into(), rule);
    let error = bed.migrate("hisofica").await.unwrap_err();
    assert!(said(&error).starts_with("nothing would write hisofica\n"), "{}", said(&error));
    assert_eq!(bed.cell("SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.hisofica'::regclass").await, "r");
}

/// A rule that cannot work is a fault.
#[tokio::test]
async fn rules_that_no_trigger_can_keep() {
    let mut bed = Bed::new("CREATE TABLE hisbad (id numeric(5,0), b bytea, i interval, a integer[], d date)").await;
    let mut rule = bed.rule("hisbad", "history", "{ base = 'bad' }", "{ columns = ['id'], base = ['id'] }").await;
    for column in &mut rule.columns {
        column.base = Some(column.column.name.clone());
    }
    let mut faults = esclusa::error::Faults::default();
    check::within(&captured(rule), &mut faults);
    let messages: Vec<String> = faults.0.iter().map(|f| f.message.clone()).collect();
    assert_eq!(
        messages,
        [
            "column b: a value of bytea cannot be read from the trigger's image",
            "column i: a value of interval cannot be read from the trigger's image",
            "column a: a value of integer[] cannot be read from the trigger's image",
        ]
    );
}
