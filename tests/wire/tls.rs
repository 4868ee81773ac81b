//! TLS on both legs, each on its own, with the real libpq: every sslmode, client certificates, passwords that are relayed and never
//! seen, channel binding, direct TLS, cancellation, Unix sockets, IPv6, and bytes smuggled in before the encryption.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use esclusa::config::{Address, OfferTls, Settings, UseTls};
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::server::{Loader, Server};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::Client;
use crate::common::wait_for;
use crate::frames::*;
use crate::process;
use crate::stage::{self, PATIENCE};
use crate::transcript::{Leniency, Message, take_message};

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Writes `name.crt` and `name.key`, for these hosts and this common name.
    pub(crate) fn sign(&self, directory: &Path, name: &str, hosts: &[&str], common_name: &str) {
        let mut params = CertificateParams::new(hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        write(&directory.join(format!("{name}.crt")), &certificate.pem());
        write(&directory.join(format!("{name}.key")), &key.serialize_pem());
    }

    /// A TLS client that trusts the authority, and names these protocols.
    pub(crate) fn connector(&self, protocols: &[&[u8]]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config =
            builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }
}

/// Writes a file that only its owner reads; it belongs to whom its directory belongs to.
fn write(path: &Path, text: &str) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let owner = std::fs::metadata(path.parent().unwrap()).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// A server with TLS and passwords.
pub(crate) struct Secure {
    pub(crate) postgres: Postgres,
    pub(crate) authority: Authority,
}

const ROLES: &str = "
SET password_encryption = 'scram-sha-256'; CREATE ROLE secreta LOGIN PASSWORD 'contraseña';
SET password_encryption = 'md5'; CREATE ROLE vieja LOGIN PASSWORD 'antigua';
CREATE ROLE con_certificado LOGIN";

const HBA: &str = "local all secreta scram-sha-256
host all secreta all scram-sha-256
host all vieja all md5
hostssl all con_certificado all cert
host all con_certificado all reject
local all postgres trust
host all postgres all trust
";

impl Secure {
    pub(crate) async fn start() -> Secure {
        let settings = vec!["listen_addresses = '127.0.0.1, ::1'".to_owned()];
        let postgres = Postgres::start(&Options { settings, ..Options::default() }).await.unwrap();
        let authority = Authority::new("the authority");
        let directory = &postgres.directory;
        write(&directory.join("ca.crt"), &authority.pem);
        write(&directory.join("other-ca.crt"), &Authority::new("another authority").pem);
        authority.sign(directory, "server", &["127.0.0.1", "::1", "localhost"], "the server");
        authority.sign(directory, "proxy", &["127.0.0.1", "::1", "localhost"], "the proxy");
        authority.sign(directory, "elsewhere", &["elsewhere.example"], "elsewhere");
        authority.sign(directory, "client", &[], "con_certificado");
        write(&directory.join("data/pg_hba.conf"), HBA);
        let secure = Secure { postgres, authority };
        secure.sql(ROLES).await;
        secure.offer_tls(true, "server").await;
        secure
    }

    async fn sql(&self, sql: &str) {
        self.postgres.connect("postgres").await.unwrap().batch("test", sql).await.unwrap();
    }

    /// Switches the server's TLS, with this certificate.
    async fn offer_tls(&self, on: bool, certificate: &str) {
        let directory = self.postgres.directory.display();
        let database = self.postgres.connect("postgres").await.unwrap();
        for (setting, value) in [
            ("ssl_ca_file", format!("{directory}/ca.crt")),
            ("ssl_cert_file", format!("{directory}/{certificate}.crt")),
            ("ssl_key_file", format!("{directory}/{certificate}.key")),
            ("ssl", on.to_string()),
        ] {
            database.batch("test", &format!("ALTER SYSTEM SET {setting} = '{value}'")).await.unwrap();
        }
        database.batch("test", "SELECT pg_reload_conf()").await.unwrap();
        // A new session has what the postmaster has read.
        let file = format!("{directory}/{certificate}.crt");
        let question = format!("SELECT current_setting('ssl')::bool = {on} AND current_setting('ssl_cert_file') = '{file}'");
        let began = std::time::Instant::now();
        loop {
            let fresh = self.postgres.connect("postgres").await.unwrap();
            if fresh.text("test", &question).await.unwrap() == [[Some("t".to_owned())]] {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "the server's TLS does not become {on}");
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.postgres.directory.join(name)
    }

    /// A proxy before it.
    pub(crate) async fn proxy(&self, change: impl FnOnce(&mut Settings)) -> Server {
        let settings = stage::settings(process::rules(), |s| {
            s.upstream.address = Address::Tcp("127.0.0.1".into(), self.postgres.port);
            s.upstream.tls = UseTls::Disable;
            change(s);
        });
        Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap()
    }

    /// Lets a proxy show its clients a certificate.
    pub(crate) fn shows(&self, settings: &mut Settings, offer: OfferTls, certificate: &str) {
        settings.listen.tls = offer;
        settings.listen.tls_certificate = self.file(&format!("{certificate}.crt"));
        settings.listen.tls_key = self.file(&format!("{certificate}.key"));
    }
}

/// psql, without a start-up file; its output, or its error.
async fn psql(address: &Address, settings: &[(&str, &str)], commands: &[&str]) -> Result<String, String> {
    let mut command = std::process::Command::new("psql");
    let (host, port) = match address {
        Address::Tcp(host, port) => (host.clone(), port.to_string()),
        Address::Unix(path) => {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (path.parent().unwrap().display().to_string(), name.rsplit('.').next().unwrap().to_owned())
        }
    };
    command.args(["-XAtw", "-h", &host, "-p", &port]).env("PGUSER", "postgres").env("PGDATABASE", "postgres");
    command.env("PGCONNECT_TIMEOUT", "20").env("PGSSLROOTCERT", "/nonexistent").env("PGSSLCERT", "/nonexistent");
    for (name, value) in settings {
        command.env(name, value);
    }
    for text in commands {
        command.args(["-c", text]);
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("psql is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Whether the server's leg is encrypted.
const ENCRYPTED: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

#[tokio::test]
async fn every_mode_on_both_legs() {
    let secure = Secure::start().await;
    let root = secure.file("ca.crt").display().to_string();
    let mut tried = 0;
    for server_offers in [true, false] {
        secure.offer_tls(server_offers, "server").await;
        for upstream in [UseTls::Disable, UseTls::Prefer, UseTls::Require, UseTls::VerifyCa, UseTls::VerifyFull] {
            for listen in [OfferTls::Off, OfferTls::Optional, OfferTls::Required] {
                let proxy = secure
                    .proxy(|s| {
                        s.upstream.tls = upstream;
                        if matches!(upstream, UseTls::VerifyCa | UseTls::VerifyFull) {
                            s.upstream.tls_ca = secure.file("ca.crt");
                        }
                        if listen != OfferTls::Off {
                            secure.shows(s, listen, "proxy");
                        }
                    })
                    .await;
                for mode in ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] {
                    let trusted = if mode.starts_with("verify") { root.as_str() } else { "/nonexistent" };
                    let environment = [("PGSSLMODE", mode), ("PGSSLROOTCERT", trusted)];
                    let got = psql(&proxy.address, &environment, &["\\conninfo", ENCRYPTED]).await;
                    let name = format!("client {mode}, proxy {listen:?}, upstream {upstream:?}, server {server_offers}: {got:?}");
                    let wants_tls = !matches!(mode, "disable" | "allow");
                    let client = match listen {
                        OfferTls::Off => (!matches!(mode, "require" | "verify-ca" | "verify-full")).then_some(false),
                        OfferTls::Optional => Some(wants_tls),
                        OfferTls::Required => (mode != "disable").then_some(true),
                    };
                    let server = match upstream {
                        UseTls::Disable => Some(false),
                        UseTls::Prefer => Some(server_offers),
                        _ => server_offers.then_some(true),
                    };
                    match (client, server) {
                        (Some(client), Some(server)) => {
                            let got = got.unwrap_or_else(|_| panic!("{name}"));
                            assert_eq!(got.contains("SSL connection"), client, "{name}");
                            assert_eq!(got.lines().last(), Some(if server { "t" } else { "f" }), "{name}");
                        }
                        (Some(_), None) => assert!(got.unwrap_err().contains("does not offer TLS"), "{name}"),
                        (None, _) => assert!(got.is_err(), "{name}"),
                    }
                    tried += 1;
                }
                proxy.stop().await;
            }
        }
    }
    assert_eq!(tried, 180);
}

/// Certificates that are not what they should be, on the server's side.
#[tokio::test]
async fn a_server_that_is_another_is_refused() {
    let secure = Secure::start().await;
    let cases = [
        ("server", UseTls::VerifyFull, "ca.crt", true),
        ("server", UseTls::VerifyCa, "other-ca.crt", false),
        ("server", UseTls::VerifyFull, "other-ca.crt", false),
        // Like libpq: if a root certificate is given, `require` verifies the certificate.
        ("server", UseTls::Require, "other-ca.crt", false),
        ("elsewhere", UseTls::Require, "", true),
        ("elsewhere", UseTls::VerifyCa, "ca.crt", true),
        ("elsewhere", UseTls::VerifyFull, "ca.crt", false),
        // The server's own certificate may stand for its authority.
        ("server", UseTls::VerifyFull, "server.crt", true),
        ("elsewhere", UseTls::VerifyFull, "elsewhere.crt", false),
        ("elsewhere", UseTls::VerifyCa, "elsewhere.crt", true),
    ];
    for (certificate, mode, trusted, accepted) in cases {
        secure.offer_tls(true, certificate).await;
        let proxy = secure
            .proxy(|s| {
                s.upstream.tls = mode;
                s.upstream.tls_ca = if trusted.is_empty() { PathBuf::new() } else { secure.file(trusted) };
            })
            .await;
        let got = psql(&proxy.address, &[], &[ENCRYPTED]).await;
        match got {
            Ok(got) => assert!(accepted && got == "t", "{certificate} {mode:?} {trusted}: {got}"),
            Err(got) => assert!(
                !accepted && got.contains("could not connect to the PostgreSQL server"),
                "{certificate} {mode:?} {trusted}: {got}"
            ),
        }
        proxy.stop().await;
    }
}

/// Client certificates, on either leg.
#[tokio::test]
async fn client_certificates() {
    let secure = Secure::start().await;
    let path = |name: &str| secure.file(name).display().to_string();
    let proxy = secure
        .proxy(|s| {
            secure.shows(s, OfferTls::Required, "proxy");
            s.listen.tls_client_ca = secure.file("ca.crt");
        })
        .await;
    let (certificate, key) = (path("client.crt"), path("client.key"));
    // libpq wants a key that its user owns.
    std::os::unix::fs::chown(&key, Some(rustix::process::geteuid().as_raw()), None).unwrap();
    let presenting = [("PGSSLMODE", "require"), ("PGSSLCERT", certificate.as_str()), ("PGSSLKEY", key.as_str())];
    assert_eq!(psql(&proxy.address, &presenting, &["select 1"]).await.unwrap(), "1");
    assert!(psql(&proxy.address, &[("PGSSLMODE", "require")], &["select 1"]).await.is_err());
    proxy.stop().await;

    // The server knows the proxy by its certificate.
    let with = |own: bool| {
        let secure = &secure;
        secure.proxy(move |s| {
            s.upstream.tls = UseTls::Require;
            if own {
                s.upstream.tls_certificate = secure.file("client.crt");
                s.upstream.tls_key = secure.file("client.key");
            }
        })
    };
    let user = [("PGUSER", "con_certificado")];
    let (proxy, bare) = (with(true).await, with(false).await);
    assert_eq!(psql(&proxy.address, &user, &["select current_user"]).await.unwrap(), "con_certificado");
    assert!(psql(&bare.address, &user, &["select 1"]).await.unwrap_err().contains("requires a valid client certificate"));
    proxy.stop().await;
    bare.stop().await;
}

/// Passwords are relayed, and channel binding works exactly where it can.
#[tokio::test]
async fn passwords_and_channel_binding() {
    let secure = Secure::start().await;
    let plain = secure.proxy(|_| ()).await;
    let to_tls = secure.proxy(|s| s.upstream.tls = UseTls::Require).await;
    let from_tls = secure.proxy(|s| secure.shows(s, OfferTls::Optional, "proxy")).await;
    let own = |name: &'static str| {
        let secure = &secure;
        secure.proxy(move |s| {
            secure.shows(s, OfferTls::Optional, name);
            s.upstream.tls = UseTls::Require;
        })
    };
    let (same, different) = (own("server").await, own("proxy").await);
    let scram = [("PGUSER", "secreta"), ("PGPASSWORD", "contraseña")];
    let md5 = [("PGUSER", "vieja"), ("PGPASSWORD", "antigua")];
    let binding = |mode| [scram[0], scram[1], ("PGCHANNELBINDING", mode)];
    let plainly = |mode| [scram[0], scram[1], ("PGCHANNELBINDING", mode), ("PGSSLMODE", "disable")];
    for proxy in [&plain, &to_tls, &from_tls, &same, &different] {
        assert_eq!(psql(&proxy.address, &md5, &["select current_user"]).await.unwrap(), "vieja");
        assert_eq!(psql(&proxy.address, &binding("disable"), &["select current_user"]).await.unwrap(), "secreta");
        assert_eq!(psql(&proxy.address, &plainly("prefer"), &["select current_user"]).await.unwrap(), "secreta");
        let wrong = [("PGUSER", "secreta"), ("PGPASSWORD", "otra"), ("PGCHANNELBINDING", "disable")];
        let wrong = psql(&proxy.address, &wrong, &["select 1"]).await.unwrap_err();
        assert!(wrong.contains("password authentication failed for user \"secreta\""), "{wrong}");
    }
    for proxy in [&plain, &to_tls, &from_tls, &same] {
        assert_eq!(psql(&proxy.address, &binding("prefer"), &["select current_user"]).await.unwrap(), "secreta");
    }
    // Both certificates are one: the binding holds.
    assert_eq!(psql(&same.address, &binding("require"), &["select current_user"]).await.unwrap(), "secreta");
    for proxy in [&plain, &to_tls, &from_tls, &different] {
        assert!(psql(&proxy.address, &binding("require"), &["select 1"]).await.is_err());
    }
    // Two certificates: the server refuses; the way out is channel_binding=disable, as above, and the log says so.
    let encrypted = [scram[0], scram[1], ("PGSSLMODE", "require")];
    let refused = psql(&different.address, &encrypted, &["select 1"]).await.unwrap_err();
    assert!(refused.contains("SCRAM channel binding"), "{refused}");

    // What is offered: with binding only where both legs are encrypted, or the client's leg could not use it.
    assert_eq!(offered(&secure, &same.address, true).await, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
    assert_eq!(offered(&secure, &to_tls.address, false).await, ["SCRAM-SHA-256"]);
    assert_eq!(offered(&secure, &same.address, false).await, ["SCRAM-SHA-256"]);
    assert_eq!(offered(&secure, &from_tls.address, true).await, ["SCRAM-SHA-256"]);
    assert_eq!(offered(&secure, &plain.address, false).await, ["SCRAM-SHA-256"]);
    for proxy in [plain, to_tls, from_tls, same, different] {
        proxy.stop().await;
    }
}

/// The SASL mechanisms that a client is offered.
async fn offered(secure: &Secure, address: &Address, encrypted: bool) -> Vec<String> {
    let packet = startup(V3_0, &[("user", "secreta"), ("database", "postgres")]);
    let message = if encrypted {
        let mut stream = encrypt(secure, address).await;
        stream.write_all(&packet).await.unwrap();
        message(&mut stream).await
    } else {
        let mut client = Client::connect(socket(address)).await;
        client.send(&packet).await;
        client.message().await.unwrap()
    };
    assert_eq!((message.tag, &message.body[..4]), (b'R', &[0, 0, 0, 10][..]));
    let names = message.body[4..].split(|b| *b == 0).filter(|n| !n.is_empty());
    names.map(|n| String::from_utf8(n.to_vec()).unwrap()).collect()
}

pub(crate) fn socket(address: &Address) -> std::net::SocketAddr {
    address.to_string().parse().unwrap()
}

pub(crate) async fn handshake(connector: TlsConnector, socket: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    tokio::time::timeout(PATIENCE, connector.connect(name, socket)).await.expect("a handshake in time")
}

/// TLS after asking for it.
async fn encrypt(secure: &Secure, address: &Address) -> TlsStream<TcpStream> {
    let mut plain = TcpStream::connect(socket(address)).await.unwrap();
    plain.write_all(&packet(TLS, b"")).await.unwrap();
    assert_eq!(plain.read_u8().await.unwrap(), b'S');
    handshake(secure.authority.connector(&[]), plain).await.unwrap()
}

pub(crate) async fn message(stream: &mut TlsStream<TcpStream>) -> Message {
    let mut bytes = Vec::new();
    loop {
        if let Some(message) = take_message(&mut bytes) {
            return message;
        }
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut bytes)).await.expect("an answer in time").unwrap();
        assert!(read > 0, "closed after {}", bytes.escape_ascii());
    }
}

#[tokio::test]
async fn direct_tls_cancellation_and_smuggled_bytes() {
    let secure = Secure::start().await;
    let proxy = secure.proxy(|s| {
        secure.shows(s, OfferTls::Optional, "proxy");
        s.upstream.tls = UseTls::Require;
    });
    let proxy = proxy.await;
    let log_in = startup(V3_0, &[("user", "postgres"), ("database", "postgres")]);

    // TLS at once, as libpq 17 does it: only with the protocol's name in the handshake.
    let plain = TcpStream::connect(socket(&proxy.address)).await.unwrap();
    let mut direct = handshake(secure.authority.connector(&[b"postgresql"]), plain).await.unwrap();
    direct.write_all(&log_in).await.unwrap();
    assert_eq!(message(&mut direct).await.line(Leniency::default()), "R Authentication 0");
    for protocols in [&[][..], &[&b"http/1.1"[..]]] {
        let plain = TcpStream::connect(socket(&proxy.address)).await.unwrap();
        if let Ok(mut stream) = handshake(secure.authority.connector(protocols), plain).await {
            let _ = stream.write_all(&log_in).await;
            let mut said = Vec::new();
            let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("closed in time");
            assert_eq!(said, b"");
        }
    }

    // Bytes after an unencrypted request may be an attacker's (CVE-2021-23222): refused, over TLS, with PostgreSQL's message.
    let mut plain = TcpStream::connect(socket(&proxy.address)).await.unwrap();
    plain.write_all(&[packet(TLS, b""), log_in.clone()].concat()).await.unwrap();
    assert_eq!(plain.read_u8().await.unwrap(), b'S');
    let mut stream = handshake(secure.authority.connector(&[]), plain).await.unwrap();
    stream.write_all(&log_in).await.unwrap();
    let refusal = message(&mut stream).await.line(Leniency::default());
    assert!(refusal.contains("C08P01") && refusal.contains("received unencrypted data after SSL request"), "{refusal}");

    // A cancel request over TLS, which ends with a farewell.
    let mut session = encrypt(&secure, &proxy.address).await;
    session.write_all(&log_in).await.unwrap();
    let mut bytes = Vec::new();
    let mut key = None;
    let mut ready = 0;
    let mut lines = Vec::new();
    while ready < 2 {
        let Some(message) = take_message(&mut bytes) else {
            let read = tokio::time::timeout(PATIENCE, session.read_buf(&mut bytes)).await.expect("in time").unwrap();
            assert!(read > 0);
            continue;
        };
        lines.push(message.line(Leniency::default()));
        if message.tag == b'K' {
            key = Some(message.body);
        } else if message.tag == b'Z' && ready == 0 {
            ready = 1;
            session.write_all(&query("select pg_sleep(60)")).await.unwrap();
            let running = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'select pg_sleep(60)' AND state = 'active')";
            wait_for(&secure.postgres.connect("postgres").await.unwrap(), running).await;
            let mut cancel = encrypt(&secure, &proxy.address).await;
            cancel.write_all(&packet(CANCEL, key.as_ref().unwrap())).await.unwrap();
            // Without close_notify this is an error.
            assert_eq!(cancel.read(&mut [0; 8]).await.unwrap(), 0);
        } else if message.tag == b'Z' {
            ready = 2;
        }
    }
    assert!(lines.iter().any(|l| l.contains("C57014")), "{lines:?}");
    drop(session);
    proxy.stop().await;
}

/// A server, or an attacker in front of it, that sends more than its one byte before the encryption is not trusted.
#[tokio::test]
async fn a_server_that_smuggles_bytes_is_refused() {
    for (answer, mode) in [
        (&b"SR\0\0\0\x08\0\0\0\0"[..], UseTls::Require),
        (b"SR\0\0\0\x08\0\0\0\0", UseTls::Prefer),
        (b"E", UseTls::Require),
        (b"", UseTls::Require),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let liar = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 8];
                let _ = socket.read_exact(&mut request).await;
                let _ = socket.write_all(answer).await;
                let _ = socket.shutdown().await;
                let _ = socket.read_to_end(&mut Vec::new()).await;
            }
        });
        let settings = stage::settings(process::rules(), |s| {
            s.upstream.address = Address::Tcp("127.0.0.1".into(), port);
            s.upstream.tls = mode;
        });
        let proxy = Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap();
        let mut client = Client::connect(socket(&proxy.address)).await;
        client.send(&startup(V3_0, &[("user", "postgres")])).await;
        let lines = client.until(b'Z').await;
        assert!(lines.len() == 1 && lines[0].contains("C08006"), "{lines:?}");
        proxy.stop().await;
        liar.abort();
    }
}

#[tokio::test]
async fn unix_sockets_and_ipv6() {
    let secure = Secure::start().await;
    // Paths of sockets are short, and libpq finds them by directory and port.
    let directory = tempfile::Builder::new().prefix("esclusa").tempdir_in("/tmp").unwrap();
    let ours = Address::Unix(directory.path().join(".s.PGSQL.6432"));
    let theirs = Address::Unix(secure.file(&format!(".s.PGSQL.{}", secure.postgres.port)));
    let port = secure.postgres.port;
    let both = secure
        .proxy(|s| {
            (s.listen.address, s.upstream.address) = (ours.clone(), theirs.clone());
            // TLS is for TCP: on a Unix socket it is neither offered nor demanded, as in PostgreSQL.
            secure.shows(s, OfferTls::Required, "proxy");
            s.upstream.tls = UseTls::Require;
        })
        .await;
    let scram = [("PGUSER", "secreta"), ("PGPASSWORD", "contraseña")];
    assert_eq!(psql(&ours, &scram, &["select current_user"]).await.unwrap(), "secreta");
    assert_eq!(psql(&ours, &[], &["select inet_client_addr() is null"]).await.unwrap(), "t");
    let mut socket = tokio::net::UnixStream::connect(directory.path().join(".s.PGSQL.6432")).await.unwrap();
    socket.write_all(&packet(TLS, b"")).await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), b'N');
    drop(socket);
    both.stop().await;
    // A socket file without a listening process is taken over.
    let again = secure.proxy(|s| s.listen.address = ours.clone()).await;
    assert_eq!(psql(&ours, &[], &["select inet_client_addr()"]).await.unwrap(), "127.0.0.1");
    again.stop().await;
    let to_unix = secure.proxy(|s| s.upstream.address = theirs.clone()).await;
    assert_eq!(psql(&to_unix.address, &scram, &["select inet_client_addr() is null"]).await.unwrap(), "t");
    to_unix.stop().await;
    let v6 = secure
        .proxy(|s| {
            (s.listen.address, s.upstream.address) = (Address::Tcp("::1".into(), 0), Address::Tcp("::1".into(), port));
            secure.shows(s, OfferTls::Required, "proxy");
            (s.upstream.tls, s.upstream.tls_ca) = (UseTls::VerifyFull, secure.file("ca.crt"));
        })
        .await;
    let root = secure.file("ca.crt").display().to_string();
    let verified = [("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", root.as_str())];
    assert_eq!(
        psql(&v6.address, &verified, &["select inet_client_addr(), ssl from pg_stat_ssl where pid = pg_backend_pid()"])
            .await
            .unwrap(),
        "::1|t"
    );
    v6.stop().await;
}
