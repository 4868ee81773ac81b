//! A server that lets the proxy in without a password lets every client in: `serve` and `check` detect this, and refuse.

use esclusa::demo::postgres::Postgres;

use crate::program::{esclusa, said};

#[tokio::test]
async fn a_server_that_asks_the_proxy_for_no_password_is_not_served() {
    let postgres = Postgres::start(&Default::default()).await.unwrap();
    let admin = postgres.connect("postgres").await.unwrap();
    admin
        .batch("test", "CREATE ROLE control LOGIN SUPERUSER PASSWORD 'geheim'; CREATE ROLE otra LOGIN PASSWORD 'otra'")
        .await
        .unwrap();
    let url = format!("postgres://control:geheim@127.0.0.1:{}/postgres", postgres.port);
    let rules = tempfile::tempdir().unwrap();
    let run = |command: &str, accept: &str| {
        let mut command = esclusa(&[command]);
        command.env("ESCLUSA_CONTROL_URL", &url).env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{}", postgres.port));
        command.env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", accept).env("ESCLUSA_RULES_DIRECTORY", rules.path());
        // A run that passes the check fails at this setting.
        said(command.env("ESCLUSA_LISTEN_ADDRESS", "192.0.2.1:1").env("ESCLUSA_CONSOLE_ADDRESS", "127.0.0.1:0"))
    };
    let told = "the server lets control in from here without a password";
    for command in ["serve", "check"] {
        let refused = run(command, "false");
        assert_eq!(refused.code, Some(1), "{command}: {refused:?}");
        assert!(refused.err.contains(told) && refused.err.contains("upstream.accept_trust"), "{}", refused.err);
        assert!(!run(command, "true").err.contains(told));
    }
    // Each authentication method that asks the role for no secret, and the one that does.
    let hba = postgres.directory.join("data/pg_hba.conf");
    for (method, is_trusting) in
        [("trust", true), ("scram-sha-256", false), ("md5", false), ("password", false), ("reject", false)]
    {
        std::fs::write(
            &hba,
            format!("local all all trust\nhost all control 127.0.0.1/32 {method}\nhost all otra 127.0.0.1/32 trust\n"),
        )
        .unwrap();
        admin.batch("test", "SELECT pg_reload_conf()").await.unwrap();
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while run("serve", "false").err.contains(told) != is_trusting {
            assert!(std::time::Instant::now() < limit, "{method}");
        }
    }
}
