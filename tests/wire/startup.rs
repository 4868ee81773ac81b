//! "Startup" of the transparent proxy, line by line.

use crate::frames::{self, *};
use crate::script::{Script, compare, raw, script};
use crate::stage::Way;

#[test]
fn protocol_versions_and_options() {
    let lying = |name: &str, version| raw(name).startup(version, &[]).ready(1).query("select 1").send(&[terminate()]).eof();
    let odd = |name: &str, parameters: &[(&str, &str)], then: &str| raw(name).startup(V3_0, parameters).ready(1).query(then);
    compare([
        lying("protocol 3.0", V3_0),
        lying("protocol 3.2: NegotiateProtocolVersion", V3_2),
        lying("protocol 3.99", V3_99),
        raw("protocol 2.0").send(&[frames::packet(131_072, b"user\0postgres\0\0")]).eof(),
        raw("protocol 4.0").startup(262_144, &[]).eof(),
        raw("_pq_ options").startup(V3_0, &[("_pq_.future", "1"), ("_pq_.other", "x")]).ready(1).query("select 1"),
        raw("_pq_ options and 3.2").startup(V3_2, &[("_pq_.future", "1")]).ready(1).query("select 1"),
        odd(
            "options",
            &[("options", "-c extra_float_digits=0 -c work_mem=3MB")],
            "show work_mem; show extra_float_digits; select 0.1::float8 * 3",
        ),
        odd("options with escapes", &[("options", "-c search_path=a\\ b,\\\\c --geqo=off")], "show search_path; show geqo"),
        odd(
            "settings",
            &[("extra_float_digits", "3"), ("TimeZone", "America/Mexico_City"), ("DateStyle", "SQL, DMY")],
            "select 0.1::float8, timestamptz '2026-03-05 10:00+00'",
        ),
        odd("client_encoding", &[("client_encoding", "LATIN1")], "select chr(241), U&'\\00f1and\\00fa'"),
        odd("application_name", &[("application_name", "caja \u{f1} 7")], "show application_name"),
        odd(
            "a search path with a legacy table in it",
            &[("search_path", "\"$user\", cf_quere_pro")],
            "select count(*) from tipocorreo",
        )
        .rewritten(),
        odd("a parameter given twice", &[("application_name", "one"), ("application_name", "two")], "show application_name"),
        odd("debug messages asked for at log-in", &[("client_min_messages", "debug1")], "select 1"),
        odd("log messages asked for at log-in", &[("options", "-c client_min_messages=log -c log_statement=all")], "select 1"),
        odd("a short statement timeout", &[("statement_timeout", "200ms")], "select pg_sleep(60)").query("select 1"),
    ]);
}

#[test]
fn log_ins_that_fail() {
    let fails = |name: &str, parameters: &[(&str, &str)]| raw(name).startup(V3_0, parameters).eof();
    let long = "x".repeat(9_900);
    compare([
        fails("3D000", &[("database", "nowhere")]),
        fails("28000", &[("user", "nobody_here")]),
        fails("no user", &[("user", "")]),
        fails("22023", &[("TimeZone", "Nowhere/Land")]),
        fails("42704: an unknown setting", &[("no_such_setting", "1")]),
        fails("42601: broken options", &[("options", "-c")]),
        fails("an unknown replication mode", &[("replication", "perhaps")]),
        fails("a NUL where none may be", &[("client_encoding", "KLINGON")]),
        raw("the longest packet").startup(V3_0, &[("application_name", &long)]).ready(1).query("select 1"),
        raw("a packet of 10,001 bytes").send(&[packet(V3_0, &filler(10_001 - 8))]).ready(1),
        raw("a packet of 10,004 bytes").send(&[packet(V3_0, &filler(10_004 - 8))]).ready(1),
        raw("a packet of 10,005 bytes").send(&[packet(V3_0, &filler(10_005 - 8))]).eof(),
        raw("no terminator").send(&[packet(V3_0, b"user\0postgres\0database")]).eof(),
        raw("nothing but a version").send(&[packet(V3_0, b"")]).eof(),
        raw("a length of 0").send(&[vec![0; 8]]).eof(),
        raw("a length of 7").send(&[vec![0, 0, 0, 7, 0, 3, 0]]).eof(),
        raw("a length of -1").send(&[vec![0xff; 8]]).eof(),
        raw("HTTP").send(&[b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()]).eof(),
        raw("nothing at all").half_close().eof(),
        raw("half a packet").send(&[startup(V3_0, &[("user", "postgres")])[..9].to_vec()]).half_close().eof(),
        raw("a query before the log-in").send(&[query("select 1")]).eof(),
    ]);
}

/// Parameters of exactly so many bytes for the stage's server.
fn filler(bytes: usize) -> Vec<u8> {
    let head = b"user\0postgres\0database\0postgres\0application_name\0";
    [&head[..], &vec![b'x'; bytes - head.len() - 2], &[0, 0]].concat()
}

#[test]
fn encryption_requests() {
    let tls = || packet(TLS, b"");
    let done = |script: Script| script.startup(V3_0, &[]).ready(1).query("select 1").send(&[terminate()]).eof();
    compare([
        done(raw("SSLRequest").send(&[tls()]).byte()),
        raw("SSLRequest twice").send(&[tls()]).byte().send(&[tls()]).eof().own_error(),
        raw("a packet behind SSLRequest")
            .send(&[tls(), startup(V3_0, &[("user", "postgres")])])
            .byte()
            .eof()
            .own_error()
            .without(Way::Split)
            .without(Way::Bytes),
        raw("a byte behind SSLRequest").send(&[tls(), vec![0]]).byte().eof().own_error().without(Way::Split).without(Way::Bytes),
        raw("SSLRequest with a body").send(&[packet(TLS, b"body")]).byte().startup(V3_0, &[]).ready(1),
        raw("SSLRequest, then nothing").send(&[tls()]).byte().half_close().eof(),
        raw("a query and its end in the start-up's packet")
            .send(&[startup(V3_0, &[("user", "postgres"), ("database", "postgres")]), query("select 1"), terminate()])
            .eof(),
        raw("a transaction in the start-up's packet")
            .send(&[
                startup(V3_0, &[("user", "postgres"), ("database", "postgres")]),
                query("begin"),
                statement("select $1::int", &["7"]),
                sync(),
                query("commit"),
            ])
            .ready(4)
            .query("select 2"),
    ]);
}

#[test]
fn identities_and_replication() {
    let replication = |name: &str, value: &str| raw(name).startup(V3_0, &[("replication", value)]).ready(1);
    compare([
        script("the backend's own pid")
            .query("select pg_backend_pid() = (select pid from pg_stat_activity where pid = pg_backend_pid())"),
        replication("replication=true", "true")
            .send(&[query("SHOW server_version")])
            .ready(1)
            .send(&[query("nonsense")])
            .ready(1),
        replication("replication=on", "on").send(&[query("SHOW wal_segment_size")]).ready(1),
        replication("replication=database", "database")
            .send(&[query("select count(*) from cf_quere_pro.plain"), query("SHOW server_version")])
            .ready(2),
        replication("replication=off", "off").query("select 1"),
        replication("the extended protocol in replication", "true")
            .send(&[statement("SHOW server_version", &[]), sync()])
            .ready(1),
        script("a cancel request with a wrong key").cancel().query("select 1"),
    ]);
}
