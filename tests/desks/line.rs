//! What stands between an agent and a desk in an office: a proxy that notes who wants to go where, and a server that speaks TLS
//! before the desk.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A proxy of an office. Whatever host is asked for, the way leads to one server.
pub struct Proxy {
    /// `127.0.0.1:PORT`.
    pub place: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy to the server at `host:port`; `sign_in`: only for those who show this (base64 of `name:password`).
    pub fn to(server: &str, sign_in: Option<&'static str>) -> Self {
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        // These threads end with the test binary, or with their connection.
        std::thread::spawn({
            let asked = Arc::clone(&asked);
            move || {
                for client in listener.incoming().flatten() {
                    let (server, asked) = (server.clone(), Arc::clone(&asked));
                    std::thread::spawn(move || serve(client, &server, sign_in, &asked));
                }
            }
        });
        Self { place, asked }
    }

    /// What was asked of it: the first line of each connection.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, server: &str, sign_in: Option<&str>, asked: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(text.lines().next().unwrap_or_default().to_owned());
    let shown = text.lines().find_map(|l| {
        l.to_ascii_lowercase().starts_with("proxy-authorization: basic ").then(|| l[27..].trim().to_owned())
    });
    if sign_in.is_some() && shown.as_deref() != sign_in {
        let _ = client.write_all(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
        );
        return;
    }
    let mut upstream = TcpStream::connect(server).unwrap();
    if text.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    } else {
        upstream.write_all(&head).unwrap();
    }
    let (from, to) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || pump(from, to));
    pump(client, upstream);
}

/// Carries bytes one way until an end closes.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// A server that speaks TLS before another one, under the name `desk.example`.
pub struct Safe {
    /// `127.0.0.1:PORT`.
    pub place: String,
    /// The authority's certificate, PEM.
    pub authority: String,
}

impl Safe {
    /// Before the server at `host:port`.
    pub fn before(server: &str) -> Self {
        let server = server.to_owned();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["desk.example".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let place = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((line, _)) = listener.accept().await {
                    let (acceptor, server) = (acceptor.clone(), server.clone());
                    tokio::spawn(async move {
                        let Ok(mut line) = acceptor.accept(line).await else { return };
                        let mut upstream = tokio::net::TcpStream::connect(&server).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut line, &mut upstream).await;
                    });
                }
            });
        });
        Self { place, authority: issuer.pem() }
    }
}
