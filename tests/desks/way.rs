//! The way to a desk: proxies named by the environment, TLS with an authority of the house, and what is said when it is wrong.

use super::line::{Proxy, Safe};
use crate::cli::{Desk, Home, Ran, finish};

/// `mika:s3cret` as a proxy is shown it.
const MIKA: &str = "bWlrYTpzM2NyZXQ=";

struct Office {
    desk: Desk,
    home: Home,
    /// The command that prints the token.
    token: String,
}

impl Office {
    fn new() -> Self {
        let desk = Desk::new();
        let token = format!("cat {}", desk.mika.path("token").display());
        Self { desk, home: Home::new(), token }
    }

    fn server(&self) -> &str {
        self.desk.url.strip_prefix("http://").unwrap()
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        finish(self.home.command(args).envs(env.iter().copied()).spawn().unwrap())
    }

    fn add(&self, url: &str, more: &[&str], env: &[(&str, &str)]) -> Ran {
        let add = ["desk", "add", "shop", "--url", url, "--token-command", &self.token];
        self.run(&[&add[..], more].concat(), env)
    }
}

#[test]
fn a_desk_behind_a_proxy_is_reached_through_it() {
    let office = Office::new();
    let proxy = Proxy::to(office.server(), None);
    let through =
        [("HTTP_PROXY", format!("http://{}", proxy.place))].map(|(n, v)| (n, Box::leak(v.into_boxed_str()) as &str));
    let added = office.add("http://desk.example/", &[], &through).ended(0);
    assert!(added.stdout.contains("the line is not encrypted"), "{added}");
    office.run(&["queues"], &through).ended(0);
    let asked = proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|a| a.contains(" http://desk.example/api/v1/")), "{asked:?}");
}

#[test]
fn a_safe_desk_behind_a_proxy_is_reached_through_a_tunnel() {
    let office = Office::new();
    let safe = Safe::before(office.server());
    let proxy = Proxy::to(&safe.place, Some(MIKA));
    let ca = office.home.path("house.pem");
    std::fs::write(&ca, &safe.authority).unwrap();
    let trusting = ["--ca-file", "house.pem"];
    let (named, nameless) = (format!("http://mika:s3cret@{}", proxy.place), format!("http://{}", proxy.place));

    let stranger = office.add("https://desk.example/", &[], &[("HTTPS_PROXY", &named)]).ended(3);
    assert!(stranger.stderr.contains("unknown authority") && stranger.stderr.contains("ca_file"), "{stranger}");
    let unsigned = office.add("https://desk.example/", &trusting, &[("HTTPS_PROXY", &nameless)]).ended(3);
    assert!(unsigned.stderr.contains("the proxy of HTTPS_PROXY wants a sign-in"), "{unsigned}");
    office.add("https://desk.example/", &trusting, &[("https_proxy", &named)]).ended(0);
    let check = office.run(&["desk", "check", "--json"], &[("ALL_PROXY", &named)]).ended(0).json();
    assert_eq!(check["desks"][0]["me"]["login"], "mika");
    assert!(proxy.asked().iter().all(|a| a.starts_with("CONNECT desk.example:443 ")), "{:?}", proxy.asked());
    let log = std::fs::read_to_string(office.home.path(".local/state/ticketty/ticketty.log")).unwrap_or_default();
    assert!(![log, stranger.to_string(), unsigned.to_string()].iter().any(|t| t.contains("s3cret")));
}

#[test]
fn a_proxy_that_is_wrong_is_named_and_can_be_passed_by() {
    let office = Office::new();
    // A port that nobody listens on, with a password that nobody shall read.
    let dead = "http://mika:s3cret@127.0.0.1:9";
    let port = office.server().rsplit(':').next().unwrap();
    // On this machine no proxy is asked.
    office.add(&office.desk.url, &[], &[("HTTP_PROXY", dead)]).ended(0);
    office.run(&["desk", "remove", "shop"], &[]).ended(0);
    let gone = office.add(&format!("http://desk.example:{port}"), &[], &[("HTTP_PROXY", dead)]).ended(3);
    assert!(gone.stderr.contains("through the proxy of HTTP_PROXY") && gone.stderr.contains("NO_PROXY"), "{gone}");
    assert!(!gone.stderr.contains("s3cret"), "{gone}");
    // Passed by: then only the name is wrong.
    let env = [("HTTP_PROXY", dead), ("NO_PROXY", ".invalid")];
    let direct = office.add(&format!("http://desk.invalid:{port}"), &[], &env).ended(3);
    assert!(direct.stderr.contains("no host of that name") && !direct.stderr.contains("proxy of"), "{direct}");
}
