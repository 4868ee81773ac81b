//! Structure: tables, names and keys that break the pattern of `his*` and `tip*`.

use crate::common::{Bed, Twin, said};

/// Migrates every table that has a rule; then reads, writes and deletes through the view as on the legacy table.
async fn behaves_as_before(bed: &Bed) {
    bed.migrate_all().await;
    let session = bed.session("postgres", "SET timezone = 'America/Mexico_City'").await;
    for (table, rule) in &bed.rules.rules {
        let twin = Twin { session: &session, table };
        let quoted = |i: usize| esclusa::sql::quote::ident(&rule.columns[i].column.name);
        let (first, last) = (quoted(0), quoted(rule.columns.len() - 1));
        let read = twin.same("SELECT * FROM {t}").await;
        assert!(!read.starts_with("ERROR"), "{table}: {read}");
        for statement in [
            format!("SELECT t, {first} FROM {{t}} AS t WHERE {last} IS NOT NULL ORDER BY {first}"),
            format!("UPDATE {{t}} SET {last} = {last} RETURNING *"),
            format!("DELETE FROM {{t}} WHERE {first} = (SELECT max({first}) FROM {{t}}) RETURNING *"),
        ] {
            let answer = twin.write(&statement).await;
            assert!(!answer.contains("ERROR"), "{table}: {statement}: {answer}");
        }
        // The rows that are left, away and back again.
        let all = twin.same("SELECT count(*) FROM {t}").await;
        bed.sql("DROP TABLE IF EXISTS public.kept").await;
        let table = esclusa::sql::quote::ident(table);
        session.say(&format!("CREATE TABLE public.kept AS TABLE mig_old.{table}")).await;
        twin.write("DELETE FROM {t}").await;
        twin.write("INSERT INTO {t} SELECT * FROM public.kept RETURNING *").await;
        assert_eq!(twin.same("SELECT count(*) FROM {t}").await, all);
    }
}

#[tokio::test]
async fn histories_without_stamps() {
    let mut bed =
        Bed::new("CREATE TABLE hisfacbi (id numeric, x date); INSERT INTO hisfacbi VALUES (7.50, '2020-01-02'), (NULL, NULL)")
            .await;
    bed.rule("hisfacbi", "history", "{}", "{ columns = ['id'] }").await;
    bed.migrate_all().await;
    let stored = "SELECT al_table_name, al_record_key, al_user_id, al_changed_at < 'infinity', al_operation FROM cf_quere_pro.audit_log ORDER BY 2";
    assert_eq!(bed.rows(stored).await, ["hisfacbi|7.5|∅|t|U", "hisfacbi|∅|∅|t|U"]);
    behaves_as_before(&bed).await;
}

/// char(10), varchar(20) and (30), longer than the column, and no text at all.
#[tokio::test]
async fn users_of_every_width() {
    let types =
        ["character(10)", "character varying(20)", "character varying(30)", "character varying(100)", "text", "numeric(10,0)"];
    let ddl: String = types.iter().enumerate().map(|(i, t)| {
        format!("CREATE TABLE hisu{i} (id numeric(5,0), usu {t}); INSERT INTO hisu{i} VALUES (1, NULL), (2, '7'), (3, '12345'), (4, '9999999999');")
    }).collect();
    let long = "INSERT INTO hisu3 VALUES (5, repeat('ñ', 100)); INSERT INTO hisu4 VALUES (5, repeat('🙂', 100))";
    let mut bed = Bed::new(&(ddl + long)).await;
    for i in 0..types.len() {
        bed.rule(&format!("hisu{i}"), "history", "{ base = 'base', user = 'usu' }", "{ columns = ['id'] }").await;
    }
    bed.migrate_all().await;
    assert_eq!(bed.cell("SELECT max(length(al_user_id)) FROM cf_quere_pro.audit_log").await, "63");
    behaves_as_before(&bed).await;
}

#[tokio::test]
async fn composite_keys_with_nulls_and_duplicates() {
    let mut bed = Bed::new(
        "CREATE TABLE hispadron (e numeric(5,0), k char(4), s numeric(6,2), x text);
         INSERT INTO hispadron VALUES (1, 'ab', 1.50, 'x'), (1, 'ab', 1.50, 'x'), (1, 'ab', 1.50, 'y'), (NULL, 'ab', NULL, ''), (1, NULL, 2, '∅'),
           (NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL), (1, '∅', 2, '∅'), (2, '\",\"', 0, '[')",
    )
    .await;
    bed.rule("hispadron", "history", "{ base = 'padron' }", "{ columns = ['e', 'k', 's'] }").await;
    behaves_as_before(&bed).await;
    let keys = "SELECT DISTINCT al_record_key FROM cf_quere_pro.audit_log ORDER BY 1";
    assert_eq!(
        bed.rows(keys).await,
        [r#"["1", "ab", "1.5"]"#, r#"["1", "∅", "2"]"#, r#"["∅", "ab", "∅"]"#, r#"["∅", "∅", "∅"]"#],
        "a string that looks like the mark of NULL shares its key, and nothing else"
    );
}

#[tokio::test]
async fn dropped_columns_leave_gaps() {
    let mut bed = Bed::new(
        "CREATE TABLE hisgap (a int, id numeric(5,0), b text DEFAULT 'b', c int, d text); INSERT INTO hisgap VALUES (1, 2, '3', 4, '5');
         ALTER TABLE hisgap DROP COLUMN a, DROP COLUMN c; ALTER TABLE hisgap ADD COLUMN e numeric(3,1) NOT NULL DEFAULT 1.5; INSERT INTO hisgap VALUES (9);
         CREATE TABLE tipgap AS TABLE hisgap; ALTER TABLE tipgap DROP COLUMN b; ALTER TABLE tipgap ADD PRIMARY KEY (id)",
    )
    .await;
    bed.history("hisgap", "id").await;
    bed.lookup("tipgap", "id").await;
    behaves_as_before(&bed).await;
}

/// Names that need quotes, as tables, columns, keys, users, bases.
#[tokio::test]
async fn names_of_every_kind() {
    let columns = [
        "ID",
        "select",
        "order",
        "new",
        "old",
        "r",
        "t",
        "s",
        "x",
        "row",
        "user",
        "con espacio",
        "comilla\"doble",
        "barra\\inversa",
        "ñandú",
        "TG_OP",
        "found",
        "old_image",
        "al_old_data",
        "dv_code",
        "$1",
        "value",
        "cell",
    ];
    let tables = ["ingresoscfdi_SAT", "dual", "user", "select", "His con espacio", "hisñ", "s", "t"];
    let mut ddl = String::new();
    for table in tables {
        let list: Vec<String> =
            columns.iter().map(|c| format!("\"{}\" varchar(20) DEFAULT 'x'", c.replace('"', "\"\""))).collect();
        let values = columns.iter().enumerate().map(|(i, _)| format!("'{i}'")).collect::<Vec<_>>().join(", ");
        ddl.push_str(&format!(
            "CREATE TABLE \"{table}\" ({}); INSERT INTO \"{table}\" VALUES ({values}); INSERT INTO \"{table}\" VALUES ('7 ');",
            list.join(", ")
        ));
    }
    let mut bed = Bed::new(&ddl).await;
    for (i, table) in tables.iter().enumerate() {
        match i % 2 {
            0 => {
                bed.rule(
                    table,
                    "history",
                    "{ base = 'Base', user = 'user', time = 'order' }",
                    "{ columns = ['ID', 'select', 'new', 'con espacio'] }",
                )
                .await
            }
            _ => {
                bed.rule(
                    table,
                    "lookup",
                    &format!("{{ domain = '{table}', description = 'comilla\"doble', user = 'user', active = 'old' }}"),
                    "{ columns = ['ID'] }",
                )
                .await
            }
        };
    }
    behaves_as_before(&bed).await;
}

/// A look-up may have one column, a code of any type, two text ids, two codes, a flag that says inactive.
#[tokio::test]
async fn lookups_of_every_shape() {
    let mut bed = Bed::new(
        "CREATE TABLE tipcontmtr (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO tipcontmtr VALUES (3), (1), (2);
         CREATE TABLE tipuno (cod char(4)); INSERT INTO tipuno VALUES ('b'), ('a'), (NULL);
         CREATE TABLE dual (dummy varchar(1)); INSERT INTO dual VALUES ('X');
         CREATE TABLE tipgesdeud (id numeric(5,0) NOT NULL, txtid numeric(10,0), txtidabr numeric(10,0)); INSERT INTO tipgesdeud VALUES (1, 10, 11), (2, NULL, 9999999999);
         CREATE TABLE tiporecface (id numeric(5,0) NOT NULL, cod char(2)); INSERT INTO tiporecface VALUES (1, 'a'), (2, 'a'), (3, NULL);
         CREATE TABLE estadossicer (cod char(2) NOT NULL, snactivo char(1), descri varchar(30)); INSERT INTO estadossicer VALUES ('A', 'N', 'x '), ('B', NULL, ''), ('C', 'S', NULL);
         CREATE TABLE tipnum (cod numeric NOT NULL, d float8); INSERT INTO tipnum VALUES (1.50, '-0'), (2, 'NaN'), (0.10, 1e308);
         CREATE TABLE tipfecha (cod timestamp NOT NULL, x text); INSERT INTO tipfecha VALUES ('2019-04-07 02:30', 'gap'), ('infinity', '');
         CREATE TABLE tipbig (cod bigint NOT NULL, txt bigint, d text); INSERT INTO tipbig VALUES (9223372036854775807, 7, repeat('x', 5000)), (-1, NULL, '')",
    )
    .await;
    for (table, code) in [
        ("tipcontmtr", "id"),
        ("tipuno", "cod"),
        ("dual", "dummy"),
        ("tiporecface", "id"),
        ("tipnum", "cod"),
        ("tipfecha", "cod"),
    ] {
        bed.lookup(table, code).await;
    }
    bed.rule("tipgesdeud", "lookup", "{ domain = 'TIP_GESDEUD', text_id = 'txtid' }", "{ columns = ['id'] }").await;
    bed.rule(
        "estadossicer",
        "lookup",
        "{ domain = 'ESTADOS_SICER', description = 'descri', active = 'snactivo' }",
        "{ columns = ['cod'] }",
    )
    .await;
    bed.rule("tipbig", "lookup", "{ domain = 'TIP_BIG', text_id = 'txt', description = 'd' }", "{ columns = ['cod'] }").await;
    bed.migrate_all().await;
    let shown = "SELECT dv_code, dv_is_active, dv_description FROM cf_quere_pro.domain_value WHERE dv_domain = 'ESTADOS_SICER' ORDER BY 1";
    assert_eq!(bed.rows(shown).await, ["A|N|x ", "B|\\N|", "C|S|\\N"]);
    behaves_as_before(&bed).await;
}

/// Codes that differ only in blanks or case, that look like JSON, like the mark of NULL, or are empty.
#[tokio::test]
async fn text_codes_stay_apart() {
    let codes = "('A'), ('A '), ('a'), (''), (' '), ('[\"A\", \"B\"]'), ('null'), ('NULL'), ('∅ '), ('{}'), (E'\\t'), ('ñ'), ('🙂'), ('1'), ('1.0'), (NULL)";
    let mut bed = Bed::new(&format!(
        "CREATE TABLE tipcod (cod varchar(60) UNIQUE, x text); INSERT INTO tipcod SELECT v, v FROM (VALUES {codes}) c(v);
         CREATE TABLE tipdos (a varchar(60), b varchar(60), x text, UNIQUE (a, b)); INSERT INTO tipdos SELECT a, b, a || b FROM (VALUES {codes}) c(a), (VALUES {codes}) d(b)"
    ))
    .await;
    bed.lookup("tipcod", "cod").await;
    bed.rule("tipdos", "lookup", "{ domain = 'DOS' }", "{ columns = ['a', 'b'] }").await;
    behaves_as_before(&bed).await;
}

/// Two rows of one code are the DBA's decision: they are listed, and nothing has changed.
#[tokio::test]
async fn repeated_codes_are_refused_and_listed() {
    let mut bed = Bed::new(
        "CREATE TABLE tipnum (cod numeric(5,2), x text); INSERT INTO tipnum VALUES (1, 'a'), (1.00, 'b'), (2, 'c'), (3, ''), (3, ''), (3, '');
         CREATE TABLE tippad (cod char(4), x text); INSERT INTO tippad VALUES ('a', ''), ('a   ', '');
         CREATE TABLE tipnul (cod char(4), x text); INSERT INTO tipnul VALUES (NULL, '1'), (NULL, '2');
         CREATE TABLE tiplink (a numeric(5,0), b char(2), x text); INSERT INTO tiplink VALUES (1, 'x', '1'), (1, 'y', '2'), (1, 'x ', '3');
         CREATE TABLE tiplong (cod varchar(200), x text); INSERT INTO tiplong VALUES (repeat('c', 101), 'x')",
    )
    .await;
    for table in ["tipnum", "tippad", "tipnul", "tiplong"] {
        bed.lookup(table, "cod").await;
    }
    let target = "{ type = 'L', source_domain = 'A', source = ['a'], target_domain = 'B', target = ['b'] }";
    bed.rule("tiplink", "link", target, "{ columns = ['a', 'b'] }").await;
    for (table, why) in [
        ("tipnum", "tipnum has repeated codes\ndetail: 1 (2 rows), 3 (3 rows)\nhint: correct the rows"),
        ("tippad", "tippad has repeated codes\ndetail: a (2 rows)\n"),
        ("tipnul", "tipnul has repeated codes\ndetail: ∅ (2 rows)\n"),
        ("tiplink", "tiplink has repeated codes\ndetail: 1 -> x (2 rows)\n"),
        ("tiplong", "moving tiplong: value too long for type character varying(100)"),
    ] {
        let error = bed.migrate(table).await.unwrap_err();
        assert!(said(&error).starts_with(why), "{}", said(&error));
    }
    let left = "SELECT (SELECT count(*) FROM cf_quere_pro.domain_value), (SELECT count(*) FROM cf_quere_pro.domain_value_link),
        (SELECT count(*) FROM pg_class WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relname LIKE 'tip%' AND relkind = 'r'),
        (SELECT count(*) FROM pg_class WHERE relnamespace = 'mig_old'::regnamespace), (SELECT count(*) FROM pg_proc WHERE proname LIKE 'write_%'),
        (SELECT count(*) FROM cf_quere_pro.tipnum)";
    assert_eq!(bed.cell(left).await, "0|0|5|0|0|6");
}

/// An image is built in parts: a function takes at most 100 arguments.
#[tokio::test]
async fn wide_tables_keep_every_column() {
    let widths = [45, 46, 60, 91, 120, 352];
    let mut ddl = String::new();
    for width in widths {
        let list = (0..width)
            .map(|i| format!("c{i} {}", ["numeric(9,2)", "char(3)", "varchar(40)", "timestamp"][i % 4]))
            .collect::<Vec<_>>()
            .join(", ");
        let values = |n: usize| {
            let one = |i: usize| match i % 4 {
                0 => format!("{i}.{n}0"),
                3 => "NULL".to_owned(),
                _ => format!("'{n}'"),
            };
            (0..width).map(one).collect::<Vec<_>>().join(", ")
        };
        for table in [format!("hisw{width}"), format!("tipw{width}")] {
            ddl.push_str(&format!("CREATE TABLE {table} ({list}); INSERT INTO {table} VALUES ({}), ({}); UPDATE {table} SET c0 = c0 + 1 WHERE c1 = '1';", values(1), values(2)));
        }
    }
    let mut bed = Bed::new(&ddl).await;
    for width in widths {
        bed.history(&format!("hisw{width}"), "c0").await;
        bed.lookup(&format!("tipw{width}"), "c0").await;
    }
    behaves_as_before(&bed).await;
}

/// `hisleclote` and `hislecloterech` are both histories of `lote`.
#[tokio::test]
async fn two_histories_of_one_base_do_not_mix() {
    let mut bed = Bed::new(
        "CREATE TABLE hisleclote (id numeric(5,0), x text); CREATE TABLE hislecloterech (LIKE hisleclote);
         INSERT INTO hisleclote VALUES (1, 'a'), (2, 'b'); INSERT INTO hislecloterech VALUES (1, 'a'), (1, 'c')",
    )
    .await;
    for table in ["hisleclote", "hislecloterech"] {
        bed.rule(table, "history", "{ base = 'lote' }", "{ columns = ['id'] }").await;
    }
    behaves_as_before(&bed).await;
}

/// The legacy's own words for insert, update and delete become `al_operation`, and stay in the image.
#[tokio::test]
async fn own_operation_flags() {
    let mut bed = Bed::new(
        "CREATE TABLE hisflag (id numeric(5,0), accion varchar(12));
         INSERT INTO hisflag VALUES (1, 'I'), (2, 'ALTA'), (3, ' baja'), (4, 'E'), (5, 'd'), (6, 'M'), (7, ''), (8, NULL)",
    )
    .await;
    bed.rule("hisflag", "history", "{ base = 'base', operation = 'accion' }", "{ columns = ['id'] }").await;
    bed.migrate_all().await;
    assert_eq!(bed.cell("SELECT string_agg(al_operation, '' ORDER BY al_id) FROM cf_quere_pro.audit_log").await, "IIDDDUUU");
    behaves_as_before(&bed).await;
}

#[tokio::test]
async fn junctions_of_two_three_and_six_columns() {
    let mut bed = Bed::new(
        "CREATE TABLE tipdos (a numeric(5,0) NOT NULL, b numeric(5,0) NOT NULL, PRIMARY KEY (a, b)); INSERT INTO tipdos VALUES (2, 1), (1, 2), (1, 1);
         CREATE TABLE tiptres (a numeric(5,0) NOT NULL, b char(2), c varchar(5)); INSERT INTO tiptres VALUES (1, 'x', 'p '), (1, 'x', 'p'), (1, NULL, ''), (2, '∅ ', '[');
         CREATE TABLE tipseis (a char(3) NOT NULL, b numeric(5,0), activo char(1), n numeric, usu varchar(10), hora timestamp);
         INSERT INTO tipseis VALUES ('a', 1, 'N', 1.50, NULL, '2019-04-07 02:30'), ('b', NULL, NULL, NULL, '', NULL)",
    )
    .await;
    let target = |name: &str, source: &str, target: &str| {
        format!("{{ type = '{name}', source_domain = 'A', source = [{source}], target_domain = 'B', target = [{target}] }}")
    };
    bed.rule("tipdos", "link", &target("DOS", "'a'", "'b'"), "{ columns = ['a', 'b'] }").await;
    bed.rule("tiptres", "link", &target("TRES", "'a'", "'b', 'c'"), "{ columns = ['a', 'b', 'c'] }").await;
    bed.rule("tipseis", "link", &target("SEIS", "'a'", "'b'"), "{ columns = ['a', 'b'] }").await;
    behaves_as_before(&bed).await;
}

/// Defaults of every kind go on working under the view: constants, the clock, and the numbers of a sequence, its own or not.
#[tokio::test]
async fn defaults_go_on() {
    let ddl = |t: &str| {
        format!(
            "CREATE TABLE {t} (id serial, n bigint DEFAULT nextval('otra'), c char(3) NOT NULL DEFAULT 'N', v varchar(10) DEFAULT 'Conversion', \
             e varchar(5) DEFAULT '', d date DEFAULT CURRENT_DATE, x numeric(5,2) DEFAULT 1.005, q varchar(9) DEFAULT 'a''b\\c', z text DEFAULT NULL::text); \
             INSERT INTO {t} DEFAULT VALUES;"
        )
    };
    let mut bed = Bed::new(&format!("CREATE SEQUENCE otra; {} {}", ddl("hisdef"), ddl("tipdef"))).await;
    bed.history("hisdef", "id").await;
    bed.lookup("tipdef", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SELECT").await;
    for table in ["hisdef", "tipdef"] {
        // Numbers are drawn from one sequence by both sides, so they are compared without it.
        let twin = Twin { session: &session, table };
        for statement in [
            "INSERT INTO {t} DEFAULT VALUES RETURNING c, v, e, d, x, q, z",
            "INSERT INTO {t} (id, n, v) VALUES (DEFAULT, DEFAULT, NULL) RETURNING c, v, e, d, x, q, z",
        ] {
            let answer = twin.same(statement).await;
            assert!(!answer.contains("ERROR"), "{table} {answer}");
        }
        twin.same("SELECT c, v, e, d, x, q, z FROM {t}").await;
        assert_eq!(
            bed.cell(&format!("SELECT count(DISTINCT id), count(DISTINCT n), count(*) FROM cf_quere_pro.{table}")).await,
            "3|3|3"
        );
    }
}

#[tokio::test]
async fn empty_tables_move() {
    let mut bed = Bed::new("CREATE TABLE hisnada (id numeric(5,0), x text); CREATE TABLE tipnada (LIKE hisnada); CREATE TABLE tiplazo (LIKE hisnada)").await;
    bed.history("hisnada", "id").await;
    bed.lookup("tipnada", "id").await;
    let target = "{ type = 'L', source_domain = 'A', source = ['id'], target_domain = 'B', target = ['x'] }";
    bed.rule("tiplazo", "link", target, "{ columns = ['id', 'x'] }").await;
    behaves_as_before(&bed).await;
}
