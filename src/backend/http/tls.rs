//! Safe connections: the files that a house has of its own, words for what goes wrong, and which variable names a proxy.

use std::path::Path;

use reqwest::{Certificate, Identity};
use rustls::AlertDescription;
use url::Url;

use crate::config::desk::Tls;
use crate::config::secret::read_private;

/// The largest key file: a chain of certificates may stand in it.
const LARGEST_KEY: u64 = 1024 * 1024;

/// What went wrong, and what to do.
pub(super) fn words(error: &rustls::Error) -> String {
    use rustls::CertificateError as C;
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return match error {
            rustls::Error::InvalidMessage(_) => {
                "what answers there does not speak TLS; is the address http://?".to_owned()
            }
            rustls::Error::AlertReceived(alert) => refused_by_them(*alert),
            rustls::Error::PeerIncompatible(_) => {
                "it speaks no version of TLS that is still safe; tell the desk's administrator".to_owned()
            }
            other => other.to_string(),
        };
    };
    match certificate {
        C::UnknownIssuer => {
            "its certificate is of an unknown authority; name the authority's file as ca_file of the desk".to_owned()
        }
        C::Expired | C::ExpiredContext { .. } => {
            "its certificate has expired; tell the desk's administrator".to_owned()
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "its certificate is not valid yet; check the clock of this machine".to_owned()
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            "its certificate is for another name; check the address".to_owned()
        }
        other => format!("its certificate is refused: {other}"),
    }
}

/// The desk ended it: what it said.
fn refused_by_them(alert: AlertDescription) -> String {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired => {
            "it wants to see a certificate of ours; name its file as client_cert of the desk".to_owned()
        }
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::DecryptError
        | A::AccessDenied => {
            "it does not take our certificate; see whether client_cert of the desk is the right one and still valid"
                .to_owned()
        }
        A::HandshakeFailure => {
            "it ends the handshake; it may want a certificate of ours (client_cert of the desk)".to_owned()
        }
        A::ProtocolVersion => {
            "it speaks no version of TLS that is still safe; tell the desk's administrator".to_owned()
        }
        A::UnrecognisedName => "it has no desk of that name; check the address".to_owned(),
        other => format!("it ends the handshake: {other:?}"),
    }
}

/// The authorities of the house.
pub(super) fn authorities(tls: &Tls) -> Result<Vec<Certificate>, String> {
    let Some(path) = &tls.ca_file else { return Ok(Vec::new()) };
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|e| format!("ca_file {shown} cannot be read: {e}"))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(format!("ca_file {shown} holds no certificate in PEM form")),
    }
}

/// The certificate that we show, with its key.
pub(super) fn identity(tls: &Tls) -> Result<Option<Identity>, String> {
    let Some(certificate) = &tls.client_cert else { return Ok(None) };
    let private = |path: &Path| read_private(path, LARGEST_KEY).map_err(|(why, next)| format!("{why}; {next}"));
    let (pem, key) = match &tls.client_key {
        Some(key) => {
            let pem = std::fs::read_to_string(certificate)
                .map_err(|e| format!("client_cert {} cannot be read: {e}", certificate.display()))?;
            (pem + "\n" + &private(key)?, key)
        }
        None => (private(certificate)?, certificate),
    };
    Identity::from_pem(pem.as_bytes()).map(Some).map_err(|_| {
        format!(
            "client_cert {} and the key in {} are not a certificate and its unencrypted key in PEM form",
            certificate.display(),
            key.display()
        )
    })
}

/// The variable that names a proxy for an address; nothing where none is asked. The same rules as the HTTP client's: `NO_PROXY` holds hosts
/// and their domains, `*` all.
pub(super) fn proxy_variable(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let host = url.host_str()?;
    let set = |name: &str| variable(name).filter(|v| !v.trim().is_empty());
    let without = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
    let passed_by = without.split(',').map(str::trim).any(|w| {
        let domain = w.trim_start_matches('.');
        w == "*" || !domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}")))
    });
    let names: &[&'static str] = match url.scheme() {
        "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.iter().copied().find(|name| set(name).is_some()).filter(|_| !passed_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_the_proxy_is_known() {
        let told = |url: &str, set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            proxy_variable(&url.parse().unwrap(), variable)
        };
        let desk = "https://desk.example/x";
        assert_eq!(told(desk, &[]), None);
        assert_eq!(told(desk, &[("HTTP_PROXY", "http://p")]), None);
        assert_eq!(told(desk, &[("https_proxy", "http://p")]), Some("https_proxy"));
        assert_eq!(told("http://desk.example", &[("ALL_PROXY", "p"), ("HTTP_PROXY", "")]), Some("ALL_PROXY"));
        for (without, asked) in
            [("desk.example", false), (".example", false), ("*", false), ("a.b, example", false), ("k.example", true)]
        {
            let found = told(desk, &[("HTTPS_PROXY", "p"), ("NO_PROXY", without)]);
            assert_eq!(found.is_some(), asked, "{without}");
        }
    }
}
