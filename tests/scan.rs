//! `esclusa scan`: legacy names in a source tree, in logs and dumps, as the program reports them; and files made to cause trouble.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

fn write(directory: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn scan(directory: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["scan", "--format", "csv"])
        .arg(directory)
        .args(arguments)
        .output()
        .unwrap()
}

/// What is found: file, line, table, operation, source and times of each.
fn found(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let said = scan(directory, arguments);
    let out = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success(), "{out}{}", String::from_utf8_lossy(&said.stderr));
    let begin = format!("{}/", directory.display());
    // No cell before the statement has a comma or a quote.
    let line = |line: &str| line.strip_prefix(&begin).map(|l| l.splitn(7, ',').take(6).collect::<Vec<_>>().join(" "));
    out.lines().filter_map(line).collect()
}

#[test]
fn names_are_found_where_they_are_written() {
    let tree = tempfile::tempdir().unwrap();
    let tree = tree.path();
    write(
        tree,
        "src/Dao.java",
        "/* tipooficina is not used here */\n@Table(name = \"tipositver\", schema = \"cf_quere_pro\")\nclass Dao {\n  String a = \"SELECT o.tofid \" +\n      \"FROM tipo\" + \"oficina o WHERE o.tofid = ?\";\n  void f(String schema) {\n    q(\"DELETE FROM \" + schema + \".tipocorreo WHERE tcoid = :id\");\n    StringBuilder sb = new StringBuilder();\n    sb.append(\"UPDATE tipositver\");\n    sb.append(\" SET tsvdesc = 'x' WHERE tsvid IN (SELECT tofid FROM tipooficina)\");\n  }\n}\n",
    );
    write(
        tree,
        "src/Tipo.hbm.xml",
        "<hibernate-mapping>\n <!-- tipocorreo -->\n <class name=\"a.Tipo\"\n   table=\"TIPOCORREO\">\n  <query name=\"q\"><![CDATA[ insert into tipositver (tsvid) values (:x) ]]></query>\n </class>\n</hibernate-mapping>\n",
    );
    write(tree, "etc/sql.properties", "# tipositver\nq.one = select * \\\n   from histipooficina\nq.two=tipocorreo\n");
    write(
        tree,
        "page.jsp",
        "<%@ page import=\"x\" %>\n<% q(\"select 1 from \"\n  + \"tipocorreo\"); %>\n<sql:query>select * from tipositver</sql:query>\n",
    );
    write(
        tree,
        "db/load.sql",
        "\\set x tipositver\nSELECT 'tipooficina';\nCOPY tipocorreo FROM stdin;\n1\ttipositver\n\\.\nTRUNCATE tipositver, tipocorreo;\nDO $$ BEGIN DELETE FROM histipooficina; END $$;\nINSERT INTO tipocorreo VALUES (1);\nINSERT INTO tipocorreo VALUES (2);\n",
    );
    write(tree, "latin1.java", b"s = \"a\xf1o\" + \" \"; t = \"select 1 from tipositver -- \xf1\";\n");
    write(tree, "readme.txt", "see\ntipositver, and cf_quere_pro.tipocorreo\n");
    assert_eq!(
        found(tree, &[]),
        [
            "db/load.sql 2 tipooficina mention sql 1",
            "db/load.sql 3 tipocorreo copy from sql 1",
            "db/load.sql 6 tipocorreo truncate sql 1",
            "db/load.sql 6 tipositver truncate sql 1",
            "db/load.sql 7 histipooficina delete sql 1",
            "db/load.sql 8 tipocorreo insert sql 2",
            "etc/sql.properties 3 histipooficina select properties 1",
            "etc/sql.properties 4 tipocorreo name properties 1",
            "latin1.java 1 tipositver select java 1",
            "page.jsp 3 tipocorreo select jsp 1",
            "page.jsp 4 tipositver select jsp 1",
            "readme.txt 2 tipocorreo mention text 1",
            "readme.txt 2 tipositver mention text 1",
            "src/Dao.java 2 tipositver mapping java 1",
            "src/Dao.java 5 tipooficina select java 1",
            "src/Dao.java 7 tipocorreo delete java 1",
            "src/Dao.java 9 tipositver update java 1",
            "src/Dao.java 10 tipooficina select java 1",
            "src/Tipo.hbm.xml 4 tipocorreo mapping xml 1",
            "src/Tipo.hbm.xml 5 tipositver insert xml 1",
        ]
    );
    assert_eq!(found(tree, &["--table", "histipooficina"]).len(), 2);
}

#[test]
fn logs_and_dumps_are_added_up() {
    let tree = tempfile::tempdir().unwrap();
    let tree = tree.path();
    let mut log = String::new();
    for n in 0..500 {
        log += &format!(
            "2026-03-01 10:00:00 CST [7] ana@aqua LOG:  duration: 0.{n} ms  execute <unnamed>: SELECT * FROM tipositver\n\tWHERE tsvid = {n}\n2026-03-01 10:00:00 CST [7] ana@aqua DETAIL:  parameters: $1 = 'tipocorreo'\n"
        );
    }
    write(tree, "postgresql.log", log);
    let csv = |message: &str| {
        format!(
            "2026-03-01 10:00:00.123 CST,\"ana\",\"aqua\",77,\"1.2.3.4:5\",abc,1,\"SELECT\",2026-03-01 09:00:00 CST,3/4,0,LOG,00000,\"{message}\",,,,,,,,,\"app\",\"client backend\",,0\n"
        )
    };
    write(tree, "postgresql.csv", csv("statement: UPDATE tipositver\nSET tsvdesc = 'a,\"\"b\"\"'").repeat(3));
    write(
        tree,
        "postgresql.json",
        "{\"timestamp\":\"2026\",\"user\":\"ana\",\"message\":\"statement: INSERT INTO tipocorreo VALUES (1)\"}\n".repeat(4),
    );
    write(tree, "pgss.csv", "userid,query,calls\n10,\"SELECT $1 FROM tipositver t, tipocorreo c\",1234\n");
    assert_eq!(
        found(tree, &[]),
        [
            "pgss.csv 2 tipocorreo select pg_stat_statements 1234",
            "pgss.csv 2 tipositver select pg_stat_statements 1234",
            "postgresql.csv 1 tipositver update log 3",
            "postgresql.json 1 tipocorreo insert log 4",
            "postgresql.log 1 tipositver select log 500",
        ]
    );
    let out = String::from_utf8(scan(tree, &["--table", "tipositver"]).stdout).unwrap();
    assert!(out.contains("select * from tipositver where tsvid = ?") && !out.contains("499"), "values are not told: {out}");
}

/// Difficult files of some megabytes each: the time must be proportional to their size.
#[test]
fn hostile_files_take_their_time_and_no_more() {
    let tree = tempfile::tempdir().unwrap();
    let tree = tree.path();
    let fill = |part: &str| part.repeat(3_000_000 / part.len()) + " select 1 from tipositver";
    for (name, bytes) in [
        ("line.txt", fill("x")),
        ("open.java", fill("\"a\" + ")),
        ("quotes.java", fill("\"\\\"'")),
        ("comments.java", fill("/*")),
        ("builder.java", fill("s.append(\"tipositver \");")),
        ("tags.xml", "<a ".to_owned() + &fill("b='\n' ")),
        ("open.xml", fill("<")),
        ("cdata.xml", fill("<![CDATA[")),
        ("page.jsp", fill("<%")),
        ("dollars.sql", fill("$a$ $b$ ")),
        ("dollar.sql", fill("$")),
        ("statements.sql", fill(";")),
        ("blank.sql", fill(" \n")),
        ("nested.sql", "select ".to_owned() + &fill("(")),
        ("names.sql", "select 1 from ".to_owned() + &fill("tipositver, ")),
        ("lines.properties", fill("\\\n")),
        ("open.csv", "query,calls\n\"".to_owned() + &fill("\n")),
        ("commas.csv", "query,calls\n".to_owned() + &fill(",")),
        ("tabs.log", "x LOG:  statement: select\n".to_owned() + &fill("\t\n")),
        ("plan.log", fill("x LOG:  plan:\n\t\"Query Text\": \"")),
        ("deep.json", "{\"timestamp\":".to_owned() + &fill("[")),
    ] {
        write(tree, name, bytes);
    }
    write(tree, "binary.java", [b"select 1 from tipositver".to_vec(), vec![0; 100], b"tipositver".to_vec()].concat());
    write(tree, "invalid.sql", [b"\xff\xc0\x80 select '\xed\xa0\x80' from tipositver;".as_slice(), &[0xfe; 1000]].concat());
    write(tree, "empty.java", "");
    write(tree, "deep/a/b/c/d/x.sql", "select 1 from tipositver");
    std::os::unix::fs::symlink(tree, tree.join("deep/a/b/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", tree.join("deep/gone")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, tree.join("pipe.sql"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let began = Instant::now();
    let said = scan(tree, &[]);
    let (out, faults) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    // For three of them the unread parts are reported.
    assert_eq!(said.status.code(), Some(1), "{faults}");
    assert_eq!(faults.matches("its rest was not read").count(), 3, "{faults}");
    // Quadratic work would take hours.
    assert!(began.elapsed() < Duration::from_secs(400), "{:?}", began.elapsed());
    assert!(faults.contains("24 files were read; 1 are not text"), "{faults}");
    for name in [
        "/invalid.sql,1,tipositver,",
        "/deep/a/b/c/d/x.sql,1,tipositver,select,",
        "/names.sql,1,tipositver,",
        "/builder.java,1,tipositver,",
    ] {
        assert!(out.contains(name), "{name}");
    }
    assert!(!out.contains("/loop/"));
    let missing = scan(&tree.join("nosuch"), &[]);
    assert_eq!(missing.status.code(), Some(2), "{}", String::from_utf8_lossy(&missing.stderr));
}
