//! Access: the same rules as on the console, with the delay after a wrong password.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::client::{Port, basic};
use super::{on_a_port, site};
use crate::common::Bed;
use crate::common::proxy::Proxy;

/// A proxy whose users are `esclusa` (an admin), `metrics` (a reader) and `other` (neither), each with the password `geheim ñ`.
pub(crate) async fn with_users() -> (Bed, Proxy, Port, tempfile::TempDir) {
    let bed = Bed::new("").await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("users");
    let role = format!("web_{}", bed.name());
    bed.sql(&format!("CREATE ROLE {role} PASSWORD 'geheim ñ'")).await;
    let verifier = bed.cell(&format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'")).await;
    bed.sql(&format!("DROP ROLE {role}")).await;
    std::fs::write(&file, ["esclusa", "metrics", "other"].map(|user| format!("{user} {verifier}\n")).concat()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let proxy = Proxy::start_with(&bed, |settings| {
        on_a_port(settings);
        settings.console.users_file = file;
    })
    .await;
    let port = Port::of(proxy.server.web.as_ref());
    (bed, proxy, port, directory)
}

#[tokio::test]
async fn a_password_is_asked_for_and_a_wrong_one_costs_time() {
    let (_bed, _proxy, port, _file) = with_users().await;
    let asked = port.get("/metrics").await;
    assert_eq!((asked.status, asked.header("www-authenticate")), (401, "Basic realm=\"esclusa\", charset=\"UTF-8\""));
    assert_eq!((port.get("/healthz").await.status, port.get("/readyz").await.status), (200, 200), "these are open");
    for (user, status) in [("esclusa", 200), ("metrics", 200), ("other", 403)] {
        assert_eq!(port.get_with("/metrics", &basic(user, "geheim ñ")).await.status, status, "{user}");
    }
    for (user, password) in [("metrics", "geheim"), ("metrics", ""), ("nobody", "geheim ñ"), ("Metrics", "geheim ñ")] {
        let begun = Instant::now();
        assert_eq!(port.get_with("/metrics", &basic(user, password)).await.status, 401, "{user}");
        assert!(begun.elapsed() >= Duration::from_secs(2), "{user}: a guess costs two seconds");
    }
}

/// However many connections guess: four guesses a second, and those who do not guess wait behind them and are let in.
#[tokio::test]
async fn guesses_are_bounded_over_all_connections() {
    let (_bed, _proxy, port, _file) = with_users().await;
    let begun = Instant::now();
    let guesses = (0..24).map(|n| async move { port.get_with("/metrics", &basic("metrics", &n.to_string())).await.status });
    let right = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        port.get_with("/metrics", &basic("metrics", "geheim ñ")).await.status
    };
    let (told, right) = tokio::join!(futures_util::future::join_all(guesses), right);
    assert_eq!((told, right), (vec![401; 24], 200));
    assert!(begun.elapsed() >= Duration::from_secs(6), "8 places and 2 s: {:?}", begun.elapsed());
}

/// A client that does not wait for the answer has made a guess all the same.
#[tokio::test]
async fn a_guess_that_is_given_up_costs_its_place_too() {
    let (_bed, _proxy, port, _file) = with_users().await;
    let begun = Instant::now();
    let guesses = (0..8).map(|n| async move {
        let wrong = basic("metrics", &n.to_string());
        tokio::time::timeout(Duration::from_millis(200), port.get_with("/metrics", &wrong)).await.is_err()
    });
    assert_eq!(futures_util::future::join_all(guesses).await, [true; 8]);
    assert_eq!(port.get_with("/metrics", &basic("metrics", "geheim ñ")).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// However many log in at once: a client with the right password is let in.
#[tokio::test]
async fn nobody_with_the_right_password_is_sent_away() {
    let (_bed, _proxy, port, _file) = with_users().await;
    let right = (0..100).map(|_| async move { port.get_with("/metrics", &basic("metrics", "geheim ñ")).await.status });
    assert_eq!(futures_util::future::join_all(right).await, [200; 100]);
}

/// The users file is that of this moment: a user who is removed loses access.
#[tokio::test]
async fn a_user_who_is_taken_out_is_out_at_once() {
    let (_bed, _proxy, port, directory) = with_users().await;
    let file = directory.path().join("users");
    let text = std::fs::read_to_string(&file).unwrap();
    let right = basic("metrics", "geheim ñ");
    assert_eq!(port.get_with("/metrics", &right).await.status, 200);
    std::fs::write(&file, text.replace("metrics ", "another ")).unwrap();
    assert_eq!(port.get_with("/metrics", &right).await.status, 401);
    std::fs::write(&file, &text).unwrap();
    assert_eq!(port.get_with("/metrics", &right).await.status, 200);
}

/// Without a users file the kernel says who asks, and a foreign host name that resolves to this machine is refused (DNS rebinding).
#[tokio::test]
async fn without_a_users_file_only_this_machine_and_its_own_users_are_served() {
    let (_bed, _proxy, port) = site().await;
    assert_eq!(port.get("/metrics").await.status, 200);
    let foreign = format!("GET /metrics HTTP/1.1\r\nHost: evil.example:{}\r\nConnection: close\r\n\r\n", port.0);
    assert_eq!(port.send(foreign.as_bytes()).await.unwrap().status, 403);
    assert_eq!(port.get_with("/metrics", &basic("stranger", "")).await.status, 403, "a name that nobody has listed");
    assert_eq!(port.get_with("/metrics", &basic("metrics", "")).await.status, 200);
    if !std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0) {
        return;
    }
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3",
        port.0
    );
    let mut stranger = Command::new("bash");
    stranger.args(["-c", &script]).uid(65_534).gid(65_534).current_dir("/").stdin(Stdio::null());
    let said = tokio::task::spawn_blocking(move || stranger.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.starts_with("HTTP/1.1 403") && text.contains("only root and the user that esclusa runs as"), "{text}");
}
