//! Values: every type, its odd values, under settings that change how PostgreSQL prints and reads them.

use crate::common::{Bed, Twin};

/// Settings of sessions that read and write; the migration must not depend on them.
const HOSTILE: [&str; 4] = [
    "SET extra_float_digits = -15; SET bytea_output = 'escape'; SET IntervalStyle = 'sql_standard'; SET DateStyle = 'German'; \
     SET TimeZone = 'Asia/Kathmandu'; SET search_path = pg_catalog",
    "SET extra_float_digits = 3; SET IntervalStyle = 'iso_8601'; SET DateStyle = 'SQL, DMY'; SET TimeZone = 'America/Mexico_City'; \
     SET standard_conforming_strings = off; SET backslash_quote = off",
    "SET extra_float_digits = 0; SET IntervalStyle = 'postgres_verbose'; SET DateStyle = 'Postgres, MDY'; SET TimeZone = 'UTC'; \
     SET bytea_output = 'escape'; SET quote_all_identifiers = on; SET transform_null_equals = on",
    "SET DateStyle = 'ISO, YMD'; SET TimeZone = '-13:30'; SET plan_cache_mode = force_generic_plan",
];

/// Each type with its values, as expressions. A history whose key is the value and a look-up that holds it move, are read and are
/// written under every hostile session; the legacy table in the archive says what is right.
async fn check(types: &[(&str, &[&str])]) {
    let mut ddl = String::from(
        "CREATE SCHEMA o; CREATE TYPE color AS ENUM ('rojo', 'Verde claro', 'a''b\"c', ''); CREATE DOMAIN importe AS numeric(8,2);
         CREATE DOMAIN bytewise AS text COLLATE \"C\";",
    );
    for (i, (sql_type, values)) in types.iter().enumerate() {
        let columns = format!("(id numeric(5,0) NOT NULL, v {sql_type})");
        let rows: String = values.iter().enumerate().map(|(n, v)| format!("INSERT INTO o.v{i} VALUES ({n}, {v});")).collect();
        ddl.push_str(&format!(
            "CREATE TABLE o.v{i} {columns}; {rows} INSERT INTO o.v{i} VALUES (99, NULL);
             CREATE TABLE his{i} {columns}; CREATE TABLE tip{i} {columns}; ALTER TABLE tip{i} ADD PRIMARY KEY (id);
             INSERT INTO his{i} SELECT * FROM o.v{i} ORDER BY id; INSERT INTO his{i} SELECT * FROM his{i} ORDER BY id DESC;
             INSERT INTO tip{i} SELECT * FROM o.v{i} ORDER BY id DESC;"
        ));
    }
    let mut bed = Bed::new(&ddl).await;
    for i in 0..types.len() {
        bed.history(&format!("his{i}"), "v").await;
        bed.lookup(&format!("tip{i}"), "id").await;
    }
    bed.migrate_all().await;
    // By it a column is sorted and compared.
    let otherwise = "SELECT a.attrelid::regclass, a.attname FROM pg_attribute AS a JOIN pg_attribute AS v USING (attname)
        WHERE a.attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'mig_old'::regnamespace)
          AND v.attrelid = to_regclass('cf_quere_pro.' || (SELECT relname FROM pg_class WHERE oid = a.attrelid)) AND v.attcollation <> a.attcollation";
    assert_eq!(bed.rows(otherwise).await, Vec::<String>::new(), "columns with another collation");
    for settings in HOSTILE {
        let session = bed.session("postgres", settings).await;
        for (i, sql_type) in types.iter().enumerate() {
            for table in [format!("his{i}"), format!("tip{i}")] {
                let twin = Twin { session: &session, table: &table };
                let read = twin.same("SELECT id, v, v::text, pg_typeof(v), v IS NULL FROM {t}").await;
                assert!(!read.starts_with("ERROR"), "{sql_type:?} {read}");
                for statement in [
                    "INSERT INTO {t} SELECT id + 100, v FROM {o} RETURNING *",
                    "UPDATE {t} SET v = v RETURNING *",
                    "UPDATE {t} AS t SET v = o.v FROM {o} AS o WHERE t.id = CASE o.id WHEN 99 THEN 100 ELSE o.id + 101 END RETURNING t.*",
                    "DELETE FROM {t} WHERE id > 100 AND id % 2 = 0 RETURNING *",
                    "DELETE FROM {t} WHERE id >= 100",
                ] {
                    let answer = twin.write(&statement.replace("{o}", &format!("o.v{i}"))).await;
                    assert!(!answer.contains("ERROR"), "{sql_type:?} {statement}: {answer}");
                }
            }
        }
    }
}

#[tokio::test]
async fn padding_is_kept() {
    check(&[
        ("character(4)", &["'a'", "'a   '", "''", "'ñandú'::char(4)", "'    '", "'x y '"]),
        ("character(1)", &["'S'", "''", "' '", "'∅'"]),
        ("bpchar", &["'a'", "'a  '", "''", "'   '"]),
        ("character varying(5)", &["'a'", "'a  '", "''", "'     '", "' a'"]),
        ("character varying", &["'a'", "'a  '", "''"]),
        ("text", &["'a'", "'a  '", "''", "'   '", "' '"]),
        ("name", &["'a'", "'a '", "''"]),
        ("name[]", &["'{a,B}'"]),
        ("bytewise", &["'a'", "'B'"]),
        ("\"char\"", &["'a'", "''"]),
    ])
    .await;
}

#[tokio::test]
async fn numbers_keep_scale_and_size() {
    check(&[
        ("numeric(5,0)", &["0", "-7", "99999", "'NaN'"]),
        ("numeric(10,2)", &["1.5", "1.50", "-0.01", "0"]),
        ("numeric(2,-3)", &["12000", "99000"]),
        ("numeric(3,5)", &["0.00123"]),
        (
            "numeric",
            &[
                "1.5",
                "1.50",
                "1.500",
                "0",
                "0.000",
                "1e100",
                "-1e-100",
                "'NaN'",
                "'Infinity'",
                "'-Infinity'",
                "10 ^ 5000::numeric",
            ],
        ),
        ("smallint", &["-32768", "32767"]),
        ("integer", &["-2147483648", "2147483647"]),
        ("bigint", &["-9223372036854775808", "9223372036854775807"]),
        ("boolean", &["true", "false"]),
        ("oid", &["0", "4294967295"]),
        ("money", &["'-1234567.89'", "0"]),
        ("importe", &["1.5", "-0.01"]),
    ])
    .await;
}

#[tokio::test]
async fn floats_keep_every_bit() {
    let odd = &["'-0'", "0", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "1.0 / 3", "1e-30", "123456789"][..];
    check(&[
        ("double precision", &[odd, &["1e308", "-1.7976931348623157e308", "5e-324", "0.1::float8 + 0.2::float8"]].concat()),
        ("real", &[odd, &["3.4028235e38", "1.4e-45"]].concat()),
        ("double precision[]", &["'{-0,NaN,1e308,0.1}'"]),
        ("point", &["'(-0,0.1)'", "'(1e308,NaN)'"]),
    ])
    .await;
}

#[tokio::test]
async fn json_is_kept_to_the_letter() {
    let documents = &["'null'", "'{}'", "'[]'", "'\"\"'", "'{\"b\": 1.50, \"a\": [null, \"x\"]}'", "'\"null\"'", "'1e5'"][..];
    check(&[
        (
            "json",
            &[documents, &["'{\"k\":1,\"k\":2,\"a\":0}'", "' { \"z\" : 1 ,\n\"a\" : 2 } '", "'\"\\u00e9\\u0000\"'"]].concat(),
        ),
        ("jsonb", &[documents, &["'{\"k\":1,\"k\":2}'", "'123456789012345678901234567890.10'"]].concat()),
        ("jsonb[]", &["ARRAY['null', NULL, '{\"a\": \"x,y\"}']::jsonb[]"]),
    ])
    .await;
}

#[tokio::test]
async fn arrays_read_back() {
    check(&[
        ("integer[]", &["'{}'", "'{1,NULL,3}'", "'[2:3]={7,8}'", "'{{1,2},{3,4}}'"]),
        ("text[]", &["ARRAY['a,b', '{c}', 'd\"e', 'f\\g', NULL, 'NULL', '', ' h ']", "'{}'"]),
        ("numeric[]", &["'{1.50,NaN,Infinity}'"]),
        ("character(3)[]", &["'{a,\"b  \",\"\"}'"]),
        ("character varying(3)[]", &["'{a,\"b  \",\"\"}'"]),
        ("bytea[]", &["ARRAY['\\x00ff', '']::bytea[]"]),
        ("timestamp without time zone[]", &["'{2019-04-07 02:30,infinity,\"0044-03-15 BC\"}'"]),
        ("date[]", &["'{2020-02-29,-infinity,0001-01-01}'"]),
        ("interval[]", &["'{\"1 mon -2 days\",\"-00:00:01\"}'"]),
        ("timestamp with time zone[]", &["'{\"2019-04-07 02:30-06\",infinity}'"]),
        ("cf_quere_pro.color[]", &["'{rojo,\"Verde claro\",\"\"}'"]),
    ])
    .await;
}

#[tokio::test]
async fn bytes_intervals_enumerations_and_the_rest() {
    check(&[
        ("bytea", &["''", "'\\x00ff5c27'", "'abc'::bytea", "decode(repeat('00', 3000), 'hex')"]),
        (
            "interval",
            &[
                "'1 year 2 mons -3 days 04:05:06.789'",
                "'-1 day +02:00'",
                "'-1 mons -2 days -00:00:01'",
                "'0'",
                "'178000000 years'",
                "'1 mon -30 days'",
            ],
        ),
        ("interval(0)", &["'1.5 seconds'", "'-1 day'"]),
        ("interval year to month", &["'14 months'", "'-1 month'"]),
        ("cf_quere_pro.color", &["'rojo'", "'Verde claro'", "'a''b\"c'", "''"]),
        ("uuid", &["'00000000-0000-0000-0000-000000000000'"]),
        ("inet", &["'10.0.0.1/8'", "'::1'"]),
        ("macaddr", &["'08:00:2b:01:02:03'"]),
        ("bit(3)", &["B'101'", "B'000'"]),
        ("bit varying(5)", &["B''", "B'1'"]),
        ("int4range", &["'[1,5)'", "'empty'", "'(,)'"]),
        ("daterange", &["'[2020-01-02,2020-02-03)'"]),
        ("tstzrange", &["'[2020-01-02 00:00-06,)'"]),
        ("numrange", &["'(1.50,2.0]'"]),
        ("tsvector", &["'gato:1 perro:2'"]),
        ("xml", &["'<a b=\"c\">ñ</a>'"]),
        ("pg_lsn", &["'16/B374D848'"]),
    ])
    .await;
}

#[tokio::test]
async fn moments_of_every_kind() {
    let days = &["'infinity'", "'-infinity'", "'9999-12-31'", "'0001-01-01'", "'0044-03-15 BC'", "'2020-02-29'"][..];
    let stamps = [
        days,
        &[
            "'2019-04-07 02:30'",
            "'2019-10-27 01:30:00.000001'",
            "'1922-01-01 00:00'",
            "'294276-12-31 23:59:59'",
            "'4713-11-24 BC'",
        ],
    ]
    .concat();
    check(&[
        ("date", &[days, &["'5874897-12-31'", "'4713-11-24 BC'"]].concat()),
        ("timestamp without time zone", &stamps),
        ("timestamp(3) without time zone", &stamps),
        ("timestamp with time zone", &[days, &["'2019-04-07 08:30Z'", "'1900-01-01 00:00Z'", "'294276-12-31 00:00Z'"]].concat()),
        ("timestamp(0) with time zone", &["'2020-01-01 00:00:00.6Z'"]),
        ("time without time zone", &["'00:00'", "'24:00'", "'23:59:59.999999'"]),
        ("time with time zone", &["'00:00-06'", "'24:00+05:45'", "'12:00:00.5-06:36:36'"]),
    ])
    .await;
}

#[tokio::test]
async fn strings_survive_whatever_they_hold() {
    let odd = &[
        "''",
        "'∅'",
        "'[\"∅\"]'",
        "'null'",
        "'NULL'",
        "'\\N'",
        "'\\.'",
        "'{}'",
        "'[\"a\", \"b\"]'",
        "'a''b\"c'",
        "'\\'",
        "'\\\\u0041'",
        "E'\\x01\\x02\\x1f\\x7f'",
        "E'\\t\\n\\r\\b\\f'",
        "E'a\\r\\nb'",
        "'🙂'",
        "'𝒳 e' || U&'\\0301'",
        "'שלום'",
        "U&'\\FFFD\\FEFF\\2028'",
        "'$esclusa$'",
        "'%s %I $1 ?'",
    ][..];
    check(&[("text", &[odd, &["repeat('ñ', 1000)"]].concat()), ("character varying(60)", odd), ("character(12)", odd)]).await;
}

/// To jsonb 1.5 and 1.50 are equal; to the legacy table they are two rows.
#[tokio::test]
async fn rows_that_differ_only_in_scale_are_told_apart() {
    let mut bed = Bed::new(
        "CREATE TABLE hisscale (id numeric(5,0), n numeric, x text);
         INSERT INTO hisscale VALUES (1, 1.5, 'a'), (1, 1.50, 'a'), (1, 1.500, 'a'), (1, 1.50, 'a'), (NULL, 0, NULL), (NULL, 0.0, NULL)",
    )
    .await;
    bed.history("hisscale", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SELECT").await;
    let twin = Twin { session: &session, table: "hisscale" };
    for statement in [
        "UPDATE {t} SET x = 'b' WHERE n::text = '1.50'",
        "DELETE FROM {t} WHERE n::text = '1.500' RETURNING *",
        "UPDATE {t} SET x = x || n WHERE x IS NOT NULL",
        "DELETE FROM {t} WHERE n::text = '0.0' RETURNING *",
        "UPDATE {t} SET n = n * 1.0",
    ] {
        twin.write(statement).await;
    }
}

/// An assignment says 22001, 22003 or 22026 where an explicit cast cuts, rounds or pads in silence; blanks too many are cut by both.
#[tokio::test]
async fn assignments_raise_where_explicit_casts_cut() {
    let ddl = |t: &str| {
        format!(
            "CREATE TABLE {t} (id numeric(5,0) NOT NULL, a varchar(5), b char(4), c numeric(5,2), d smallint, e bit(3), f varchar(3)[], \
             g char, h timestamp(0), i color); INSERT INTO {t} VALUES (1)"
        )
    };
    let mut bed = Bed::new(&format!(
        "CREATE TYPE color AS ENUM ('rojo'); {}; {}; ALTER TABLE tipcast ADD PRIMARY KEY (id)",
        ddl("hiscast"),
        ddl("tipcast")
    ))
    .await;
    bed.history("hiscast", "id").await;
    bed.lookup("tipcast", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SELECT").await;
    for table in ["hiscast", "tipcast"] {
        let twin = Twin { session: &session, table };
        for (column, value, expected) in [
            ("a", "'abcdefgh'", "22001"),
            ("a", "'abcde   '", ""),
            ("a", "'ñandú🙂'", "22001"),
            ("b", "'abcde'", "22001"),
            ("b", "'abcd     '", ""),
            ("c", "999.999", "22003"),
            ("c", "1.005", ""),
            ("c", "'NaN'", ""),
            ("c", "'Infinity'", "22003"),
            ("c", "'x'", "22P02"),
            ("d", "32768", "22003"),
            ("d", "1.5", ""),
            ("e", "B'1011'", "22026"),
            ("e", "B'1'", "22026"),
            ("f", "ARRAY['abcd']", "22001"),
            ("g", "'ab'", "22001"),
            ("h", "timestamp '2020-01-01 00:00:00.6'", ""),
            ("i", "'azul'", "22P02"),
            ("id", "123456", "22003"),
            ("id", "7.4", ""),
        ] {
            for statement in [
                format!("INSERT INTO {{t}} (id, {column}) VALUES (2, {value}) RETURNING *"),
                format!("UPDATE {{t}} SET {column} = {value}"),
            ] {
                let statement =
                    if column == "id" { statement.replace("(id, id) VALUES (2, ", "(id) VALUES (") } else { statement };
                let answer = twin.write(&statement).await;
                let code = answer.strip_prefix("ERROR ").map_or("", |e| &e[..5]);
                assert_eq!(code, expected, "{table} {statement}: {answer}");
                twin.write("DELETE FROM {t} WHERE id <> (SELECT min(id) FROM {t})").await;
            }
        }
    }
}
