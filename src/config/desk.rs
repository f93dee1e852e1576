//! One configured helpdesk: adapter, address, account, and where its secret is. Never the secret itself.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::ConfigError;

/// `[desks.NAME]` of the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// The adapter: `ticketty`, …
    #[serde(default = "ticketty")]
    pub kind: String,
    /// The desk's address.
    pub url: Url,
    /// The account, where the kind needs one besides the secret.
    #[serde(default)]
    pub account: Option<String>,
    /// A command that prints the token, run by `sh -c` without a terminal.
    #[serde(default)]
    pub token_command: Option<String>,
    /// The environment variable that holds the token.
    #[serde(default)]
    pub token_env: Option<String>,
    /// A file with mode 0600 that holds the token.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The certificate authority of the house, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The certificate that we show, PEM.
    #[serde(default)]
    pub client_cert: Option<PathBuf>,
    /// Its private key, PEM, with mode 0600; not needed where it stands in the certificate's file.
    #[serde(default)]
    pub client_key: Option<PathBuf>,
    /// Ask for news every so many seconds: for a desk whose event stream does not get through a proxy, or one that is to be
    /// asked less often than its adapter would.
    #[serde(default)]
    pub poll: Option<NonZeroU32>,
    /// What only this kind of helpdesk asks for, by name; the adapter's header says which there are.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// What a house has of its own for safe connections; all files are PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// A certificate authority of the house.
    pub ca_file: Option<PathBuf>,
    /// The certificate that we show, with what leads to its authority.
    pub client_cert: Option<PathBuf>,
    /// Its private key, which nobody else may read; nothing where it stands in the certificate's file.
    pub client_key: Option<PathBuf>,
}

fn ticketty() -> String {
    "ticketty".to_owned()
}

impl Desk {
    /// A desk of our own kind at an address.
    pub fn at(url: Url) -> Self {
        Self {
            kind: ticketty(),
            url,
            account: None,
            token_command: None,
            token_env: None,
            token_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            poll: None,
            options: BTreeMap::new(),
        }
    }

    /// How often to ask for news, when that is set.
    pub fn poll_every(&self) -> Option<Duration> {
        self.poll.map(|seconds| Duration::from_secs(seconds.get().into()))
    }

    /// The files for safe connections.
    pub fn tls(&self) -> Tls {
        Tls {
            ca_file: self.ca_file.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
        }
    }

    /// Every file that is named, to make its path whole.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.token_file, &mut self.ca_file, &mut self.client_cert, &mut self.client_key].into_iter().flatten()
    }

    /// What cannot work, said before anything is tried. The answer is the reason.
    pub fn check(&self) -> Result<(), String> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(format!("the address must begin with http:// or https://, not {}:", self.url.scheme()));
        }
        if !self.url.has_host() {
            return Err("the address names no host".to_owned());
        }
        if self.url.password().is_some() {
            return Err("the address holds a password: use token_command, token_env or token_file".to_owned());
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            // Keys are handed around in such places, and the address is shown.
            return Err("the address goes on behind a ? or #: leave that off".to_owned());
        }
        if self.client_key.is_some() && self.client_cert.is_none() {
            return Err("client_key is set and client_cert is not: name the certificate too".to_owned());
        }
        Ok(())
    }

    /// The desk as text for the settings file.
    pub fn to_toml(&self, name: &str) -> String {
        let mut text = format!("[desks.{name}]\nkind = {}\nurl = {}\n", quoted(&self.kind), quoted(self.url.as_str()));
        let path = |p: &PathBuf| p.to_string_lossy().into_owned();
        let rest = [
            ("account", self.account.clone()),
            ("token_command", self.token_command.clone()),
            ("token_env", self.token_env.clone()),
            ("token_file", self.token_file.as_ref().map(path)),
            ("ca_file", self.ca_file.as_ref().map(path)),
            ("client_cert", self.client_cert.as_ref().map(path)),
            ("client_key", self.client_key.as_ref().map(path)),
        ];
        for (key, value) in rest {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {}\n", quoted(&value)));
            }
        }
        if !self.options.is_empty() {
            text.push_str(&format!("\n[desks.{name}.options]\n"));
        }
        for (key, value) in &self.options {
            text.push_str(&format!("{} = {}\n", quoted(key), quoted(value)));
        }
        text
    }
}

/// A desk's name: letters, digits, `-` and `_`, so that it needs no quoting in the file, in `--desk` or in `desk:1042`.
pub fn check_name(name: &str) -> Result<(), ConfigError> {
    let fits = !name.is_empty()
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if fits {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("\"{name}\" cannot name a desk"),
        "a name has 1 to 40 letters, digits, - and _",
        "choose another name",
    ))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_reads_back_as_it_was_written() {
        let mut desk = Desk::at("https://desk.example/base/".parse().unwrap());
        desk.token_command = Some("pass show \"a b\" | head -1 # 'x' \\ 日本".to_owned());
        desk.account = Some("mika".to_owned());
        desk.token_file = Some("/home/m/.token".into());
        desk.options = [("customer_field".to_owned(), "Kunde \"E-Mail\"".to_owned())].into();
        desk.ca_file = Some("/etc/house.pem".into());
        desk.client_cert = Some("/home/m/me.pem".into());
        desk.client_key = Some("/home/m/me.key".into());
        let text = desk.to_toml("shop-1");
        let read: super::super::Config = super::super::Config::parse(std::path::Path::new("c"), &text).unwrap();
        assert_eq!(read.desks["shop-1"], desk);
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (url, why) in [
            ("ftp://a.example", "http"),
            ("mailto:a@b.example", "http"),
            ("https://u:p@a.example", "password"),
            ("https://a.example/?key=:p@", "leave that off"),
        ] {
            let said = Desk::at(url.parse().unwrap()).check().unwrap_err();
            assert!(said.contains(why), "{url}: {said}");
            assert!(!said.contains(":p@"), "{said}");
        }
        assert_eq!(Desk::at("http://127.0.0.1:8470".parse().unwrap()).check(), Ok(()));
    }

    #[test]
    fn names_need_no_quotes() {
        for good in ["shop", "Shop-2", "a_b"] {
            assert!(check_name(good).is_ok());
        }
        for bad in ["", "a b", "a.b", "日本", "a:b", "x/y"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
