//! Safe connections against a TLS server on the loopback, with authorities made for the test.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::backend::testserver::connection;
use crate::config::desk::Tls;

/// An authority of a house, with its file.
struct House {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A certificate for a name, valid between two years.
    fn certificate(&self, name: &str, years: (i32, i32), client: bool) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        if client {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A certificate that we show, in files; the key's file has this mode.
    fn client(&self, mode: u32) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.certificate("mika", (2020, 2120), true);
        let (cert_file, key_file) = (self.file("me.pem"), self.file("me.key"));
        std::fs::write(&cert_file, certificate.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(mode)).unwrap();
        (cert_file, key_file)
    }

    /// A server that answers 7 to whatever is asked; `clients`: only to those who show a certificate of the house.
    async fn serve(&self, name: &str, years: (i32, i32), clients: bool) -> Url {
        let (certificate, key) = self.certificate(name, years, false);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
        let config = if clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            config.with_client_cert_verifier(verifier)
        } else {
            config.with_no_client_auth()
        };
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/help/desk", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut line) = acceptor.accept(line).await else { return };
                    let mut asked = [0; 4096];
                    let n = line.read(&mut asked).await.unwrap_or(0);
                    let found = asked[..n].starts_with(b"GET /help/desk/x HTTP/1.1\r\n");
                    let status = if found { "200 OK" } else { "404 Not Found" };
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 1\r\nconnection: close\r\n\r\n7");
                    let _ = line.write_all(answer.as_bytes()).await;
                    let _ = line.shutdown().await;
                });
            }
        });
        url
    }
}

async fn ask(url: &Url, tls: Tls) -> Result<u8, String> {
    let http =
        Http::new(&Connection { tls, ..connection(url.clone()) }, HeaderMap::new()).map_err(|e| e.to_string())?;
    let answer = http.send(&Ask::get(["x"])).await.map_err(|e| e.to_string())?;
    answer.json::<u8>().map_err(|e| e.to_string())
}

fn trusting(ca: &Path) -> Tls {
    Tls { ca_file: Some(ca.to_owned()), ..Tls::default() }
}

#[tokio::test]
async fn a_house_with_its_own_authority_is_trusted_when_that_is_named() {
    let house = House::new();
    let url = house.serve("127.0.0.1", (2020, 2120), false).await;
    let told = ask(&url, Tls::default()).await.unwrap_err();
    assert!(told.contains("unknown authority") && told.contains("ca_file"), "{told}");
    // The base path stands before what is asked.
    assert_eq!(ask(&url, trusting(&house.file("ca.pem"))).await, Ok(7));
    let slash: Url = format!("{url}/").parse().unwrap();
    assert_eq!(ask(&slash, trusting(&house.file("ca.pem"))).await, Ok(7));
    let other = House::new();
    let told = ask(&url, trusting(&other.file("ca.pem"))).await.unwrap_err();
    assert!(told.contains("unknown authority") || told.contains("refused"), "{told}");
    let told = ask(&url, trusting(&house.file("none.pem"))).await.unwrap_err();
    assert!(told.contains("none.pem cannot be read"), "{told}");
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_says_what_to_do() {
    let house = House::new();
    for (name, years, said) in [
        ("127.0.0.1", (2001, 2002), "has expired; tell the desk's administrator"),
        ("127.0.0.1", (2120, 2121), "not valid yet; check the clock"),
        ("other.example", (2020, 2120), "for another name; check the address"),
    ] {
        let url = house.serve(name, years, false).await;
        let told = ask(&url, trusting(&house.file("ca.pem"))).await.unwrap_err();
        assert!(told.contains(said) && told.contains("no safe connection to 127.0.0.1:"), "{told}");
    }
}

#[tokio::test]
async fn a_desk_that_wants_our_certificate_gets_it() {
    let house = House::new();
    let url = house.serve("127.0.0.1", (2020, 2120), true).await;
    let ca = house.file("ca.pem");
    let told = ask(&url, trusting(&ca)).await.unwrap_err();
    assert!(told.contains("wants to see a certificate of ours") && told.contains("client_cert"), "{told}");

    let (cert, key) = house.client(0o600);
    let shown = Tls { client_cert: Some(cert.clone()), client_key: Some(key.clone()), ..trusting(&ca) };
    assert_eq!(ask(&url, shown.clone()).await, Ok(7));

    // Both in one file, which then is the secret.
    let both = house.file("both.pem");
    std::fs::write(&both, std::fs::read_to_string(&cert).unwrap() + &std::fs::read_to_string(&key).unwrap()).unwrap();
    std::fs::set_permissions(&both, std::fs::Permissions::from_mode(0o640)).unwrap();
    let one = Tls { client_cert: Some(both.clone()), ..trusting(&ca) };
    let told = ask(&url, one.clone()).await.unwrap_err();
    assert!(told.contains("mode 0640") && told.contains("chmod 600"), "{told}");
    std::fs::set_permissions(&both, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(ask(&url, one).await, Ok(7));

    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = ask(&url, shown.clone()).await.unwrap_err();
    assert!(told.contains("mode 0644") && told.contains("chmod 600") && !told.contains("PRIVATE"), "{told}");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, "s3cret nonsense").unwrap();
    let told = ask(&url, shown).await.unwrap_err();
    assert!(told.contains("PEM form") && !told.contains("s3cret"), "{told}");

    // A certificate of somebody else's house.
    let other = House::new();
    let (cert, key) = other.client(0o600);
    let foreign = Tls { client_cert: Some(cert), client_key: Some(key), ..trusting(&ca) };
    let told = ask(&url, foreign).await.unwrap_err();
    assert!(told.contains("does not take our certificate"), "{told}");
}
