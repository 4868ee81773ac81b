//! TLS, separately for each side: offered to clients, and used towards the server (PostgreSQL manual, sections 19.9 and 34.19).
//!
//! Passwords are relayed, and never seen. This has a consequence: SCRAM with channel binding hashes the certificate that the client
//! was shown, and the server compares the hash with its own certificate's. With TLS on both sides that works only if the proxy
//! presents the server's certificate. [`Connector::connect`] logs once when it does not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::config::{Listen, OfferTls, UseTls};
use crate::error::{Error, Fault, Faults, Result};

/// The protocol (ALPN) that a client of PostgreSQL 17 names when it starts TLS directly.
pub const ALPN: &[u8] = b"postgresql";

/// TLS towards clients.
#[derive(Clone)]
pub struct Acceptor {
    inner: TlsAcceptor,
    /// Connections without TLS are refused.
    pub required: bool,
    certificate: CertificateDer<'static>,
}

/// TLS towards the server.
#[derive(Clone)]
pub struct Connector {
    /// When TLS is used, and what is verified of the server.
    pub mode: UseTls,
    inner: TlsConnector,
    /// The certificate that clients are shown, to detect that channel binding will fail.
    shown: Option<CertificateDer<'static>>,
    told: Arc<AtomicBool>,
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Acceptor {{ required: {} }}", self.required)
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connector {{ mode: {:?} }}", self.mode)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let read = CertificateDer::pem_file_iter(file).and_then(|found| found.collect::<Result<Vec<_>, _>>());
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Fault::at(file, 0, "holds no certificate")),
        Err(error) => Err(Fault::at(file, 0, format!("cannot be read as certificates: {error}"))),
    }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, Fault> {
    PrivateKeyDer::from_pem_file(file).map_err(|e| Fault::at(file, 0, format!("cannot be read as a private key: {e}")))
}

fn roots(file: &Path) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(file)? {
        store.add(certificate).map_err(|e| Fault::at(file, 0, format!("holds a certificate that is no authority: {e}")))?;
    }
    Ok(store)
}

fn is_set(file: &Path) -> bool {
    !file.as_os_str().is_empty()
}

impl Acceptor {
    /// Reads certificate, key and client authorities, if TLS is offered at all. All faults are returned at once.
    pub fn new(listen: &Listen) -> Result<Option<Acceptor>, Faults> {
        if listen.tls == OfferTls::Off {
            return Ok(None);
        }
        let mut faults = Faults::default();
        let mut keep = |fault: Fault| faults.push(fault);
        let chain = certificates(&listen.tls_certificate).map_err(&mut keep).ok();
        let key = key(&listen.tls_key).map_err(&mut keep).ok();
        let clients = is_set(&listen.tls_client_ca).then(|| roots(&listen.tls_client_ca)).transpose().map_err(&mut keep).ok();
        let (Some(chain), Some(key), Some(clients)) = (chain, key, clients) else { return Err(faults) };
        let certificate = chain[0].clone();
        let built = server_config(chain, key, clients).map_err(|e| {
            let message = format!("the certificate and its key cannot be used: {e}");
            Faults(vec![Fault::at(&listen.tls_certificate, 0, message)])
        })?;
        let required = listen.tls == OfferTls::Required;
        Ok(Some(Acceptor { inner: TlsAcceptor::from(Arc::new(built)), required, certificate }))
    }

    /// The TLS handshake with a client.
    pub async fn accept(&self, socket: TcpStream) -> std::io::Result<server::TlsStream<TcpStream>> {
        self.inner.accept(socket).await
    }
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Option<RootCertStore>,
) -> Result<ServerConfig, String> {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(|e| e.to_string())?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|e| e.to_string())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

impl Connector {
    /// Reads authorities and our own certificate for the server. All faults are returned at once.
    pub fn new(upstream: &crate::config::Upstream, acceptor: Option<&Acceptor>) -> Result<Connector, Faults> {
        let mut faults = Faults::default();
        let verifies = matches!(upstream.tls, UseTls::VerifyCa | UseTls::VerifyFull) || is_set(&upstream.tls_ca);
        if verifies && !is_set(&upstream.tls_ca) {
            faults.push(Fault::general(format!("upstream.tls = \"{}\" needs upstream.tls_ca", upstream.tls.name())));
        }
        let trusted = (verifies && faults.is_empty()).then(|| Ok((certificates(&upstream.tls_ca)?, roots(&upstream.tls_ca)?)));
        let trusted = trusted.transpose().map_err(|fault| faults.push(fault)).ok().flatten();
        let own =
            is_set(&upstream.tls_certificate).then(|| Ok((certificates(&upstream.tls_certificate)?, key(&upstream.tls_key)?)));
        let own = own.transpose().map_err(|fault| faults.push(fault)).ok().flatten();
        faults.or(())?;
        let config = client_config(trusted, own, upstream.tls == UseTls::VerifyFull)
            .map_err(|e| Faults(vec![Fault::general(format!("TLS towards the server cannot be set up: {e}"))]))?;
        let shown = acceptor.map(|a| a.certificate.clone());
        Ok(Connector { mode: upstream.tls, inner: TlsConnector::from(Arc::new(config)), shown, told: Arc::default() })
    }

    /// The TLS handshake with a server that has agreed to TLS.
    pub async fn connect(&self, host: &str, socket: TcpStream) -> Result<client::TlsStream<TcpStream>> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| Error::usage(format!("`{host}` cannot be a TLS server's name")))?;
        let stream = self.inner.connect(name, socket).await;
        let stream = stream.map_err(|e| Error::io(format!("beginning TLS with {host}"), e))?;
        let theirs = stream.get_ref().1.peer_certificates().and_then(|c| c.first());
        let differs = self.shown.as_ref().is_some_and(|ours| theirs.is_some_and(|theirs| theirs != ours));
        if differs && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "clients are shown another certificate than the server's: SCRAM authentication over TLS on both legs will fail for \
                 libpq, because the server refuses channel binding that it did not offer. Present the server's certificate and key \
                 (listen.tls_certificate), reach the server without TLS (upstream.tls = \"disable\", a Unix socket), or let clients \
                 connect with channel_binding=disable"
            );
        }
        Ok(stream)
    }
}

type Trusted = (Vec<CertificateDer<'static>>, RootCertStore);
type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_config(trusted: Option<Trusted>, own: Option<Own>, check_name: bool) -> Result<ClientConfig, String> {
    let verifier = Verifier {
        chain: match &trusted {
            None => None,
            Some((_, roots)) => {
                let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots.clone()), provider()).build();
                Some(built.map_err(|e| e.to_string())?)
            }
        },
        pinned: trusted.map(|(certificates, _)| certificates).unwrap_or_default(),
        check_name,
        provider: provider(),
    };
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|e| e.to_string())?,
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

/// The modes of libpq (manual, table 34.1): `require` encrypts and verifies nothing, `verify-ca` verifies the chain, `verify-full`
/// also the name. A server certificate that is itself among the authorities is trusted, as OpenSSL trusts a self-signed one.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    pinned: Vec<CertificateDer<'static>>,
    check_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        let pinned = self.pinned.iter().any(|p| p == certificate);
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Ok(verified) => Ok(verified),
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_name => Ok(ServerCertVerified::assertion()),
            // webpki does not accept an authority's certificate for a server; then only the name is left to check.
            Err(_) if pinned && (!self.check_name || names_server(certificate, name)) => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn names_server(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    let parsed = tokio_rustls::rustls::server::ParsedCertificate::try_from(certificate);
    parsed.is_ok_and(|c| tokio_rustls::rustls::client::verify_server_name(&c, name).is_ok())
}
