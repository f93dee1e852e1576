//! Desks elsewhere: adding, checking and removing them, their secrets, and the way there through proxies and TLS.

mod line;
mod way;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::{Desk, Home, finish, mail};
use crate::pty::harness::{Screen, WIDE};

/// What lies below a folder.
fn files(dir: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn a_desk_is_added_by_answering_questions() {
    let desk = Desk::new();
    let token = std::fs::read_to_string(desk.mika.path("token")).unwrap().trim().to_owned();
    let home = Home::new();
    let mut screen = Screen::open(&home, &["desk", "add"], WIDE);
    screen.wait_for("A name for the desk");
    screen.press("no name<CR>");
    screen.wait_for("a name has 1 to 40 letters");
    screen.press("shop<CR>");
    screen.wait_for("What kind of helpdesk");
    screen.press("<CR>");
    screen.wait_for("Its address");
    screen.press(&format!("{}<CR>", desk.url));
    screen.wait_for("Your account there");
    screen.press("<CR>");
    screen.wait_for("Where is the token");
    screen.press("1<CR>");
    screen.wait_for("(not shown)");
    screen.press("wr0ng-t0ken<CR>");
    screen.wait("second question", |s| s.contents().matches("(not shown)").count() == 2);
    screen.wait_for("This token is unknown");
    screen.press(&format!("x<BS>{token}<CR>"));
    assert_eq!(screen.ended(), 0, "{}", screen.contents());
    let raw = String::from_utf8_lossy(&screen.raw()).into_owned();
    assert!(!raw.contains(&token) && !raw.contains("wr0ng"), "{raw}");
    for said in ["shop added: you are Mika Kato (mika)", "2 queues", "does by itself: claim"] {
        assert!(raw.contains(said), "{said}: {raw}");
    }
    let kept = home.path(".local/share/ticketty/tokens/shop");
    assert_eq!(std::fs::read_to_string(&kept).unwrap().trim(), token);
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let settings = std::fs::read_to_string(home.path(".config/ticketty/config.toml")).unwrap();
    assert!(!settings.contains(&token) && settings.contains("account = \"mika\""), "{settings}");
    home.run(&["queues"]).ended(0);
    home.run(&["desk", "remove", "shop"]).ended(0);
    assert!(!kept.exists(), "a token that was typed goes with its desk");
}

#[test]
fn a_question_that_is_given_up_gives_the_terminal_back() {
    let home = Home::new();
    let add = ["desk", "add", "shop", "--url", "http://127.0.0.1:9"];
    let mut screen = Screen::open(&home, &add, WIDE);
    screen.wait_for("What kind of helpdesk");
    screen.press("1<CR>");
    screen.wait_for("Your account there");
    screen.press("<CR>");
    screen.wait_for("Where is the token");
    screen.press("1<CR>");
    screen.wait_for("(not shown)");
    screen.press("half a s3cret<C-c>");
    assert_eq!(screen.ended(), 2);
    assert!(screen.is_cooked());
    assert!(!screen.contents().contains("s3cret"), "{}", screen.contents());
    assert!(!home.path(".config/ticketty/config.toml").exists());
}

#[test]
fn a_kind_goes_by_its_name_and_may_have_to_know_the_account() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["desk", "add", "shop", "--url", "http://127.0.0.1:9"], WIDE);
    screen.wait_for("What kind of helpdesk");
    screen.press("otrs<CR>");
    screen.wait_for("a number from 1 to 4");
    screen.press("django-helpdesk<CR>");
    screen.wait_for("Your account there: ");
    screen.press("<CR>");
    screen.wait_for("its tokens do not tell whose they are");
    screen.press("mika<CR>");
    screen.wait_for("Where is the token");
}

#[test]
fn without_a_terminal_what_is_missing_is_said() {
    let home = Home::new();
    for (args, why) in [
        (&["desk", "add"][..], "name is missing"),
        (&["desk", "add", "shop"], "address is missing"),
        (&["desk", "add", "shop", "--url", "https://desk.example", "--kind", "otrs"], "no kind of helpdesk"),
        (&["desk", "add", "shop", "--url", "https://desk.example", "--option", "x"], "NAME=VALUE"),
    ] {
        let wrong = home.run(args).ended(2);
        assert!(wrong.stderr.contains(why), "{wrong}");
    }
}

#[test]
fn no_secret_stands_where_others_see_it() {
    let desk = Desk::new();
    let token = std::fs::read_to_string(desk.mika.path("token")).unwrap().trim().to_owned();
    let home = Home::new();
    let mut said = String::new();
    // In an address: refused without repeating it.
    for url in [format!("http://mika:{token}@127.0.0.1:9"), format!("http://127.0.0.1:9/?token={token}")] {
        said += &home.run(&["desk", "add", "shop", "--url", &url, "--json"]).ended(2).to_string();
    }
    // By the environment, by a command, by a file; while it works, and while it does not.
    let with =
        |args: &[&str]| finish(home.command(args).env("DESK_TOKEN", &token).env("RUST_LOG", "trace").spawn().unwrap());
    said +=
        &with(&["desk", "add", "shop", "--url", &desk.url, "--token-env", "DESK_TOKEN", "--json"]).ended(0).to_string();
    said += &with(&["desk", "check"]).ended(0).to_string();
    said += &with(&["list", "--json"]).ended(0).to_string();
    let command = format!("echo {token}; exit 3");
    said += &with(&["desk", "add", "other", "--url", &desk.url, "--token-command", &command]).ended(2).to_string();
    std::fs::write(home.path("loose"), &token).unwrap();
    said += &with(&["desk", "add", "third", "--url", &desk.url, "--token-file", "loose"]).ended(2).to_string();
    let wrong = home.command(&["list"]).env("DESK_TOKEN", format!("{token}x")).env("RUST_LOG", "trace").spawn();
    said += &finish(wrong.unwrap()).ended(4).to_string();
    assert!(!said.contains(&token), "{said}");
    // While a request is on its way nobody reads the token from the list of processes.
    let log = std::fs::read_to_string(home.path(".local/state/ticketty/ticketty.log")).unwrap_or_default();
    assert!(!log.contains(&token), "{log}");
    for file in files(home.path("")).into_iter().filter(|f| !f.ends_with("loose")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(token.len()).any(|w| w == token.as_bytes()), "{}", file.display());
    }
}

#[test]
fn what_this_machine_remembers_goes_with_its_desk() {
    let mut desk = Desk::new();
    let id = desk.import(&[mail(1, "One", None, "body")]).remove(0);
    let kept = |home: &Home| {
        let all = files(home.path(".local/share/ticketty"));
        all.into_iter().filter(|f| f.extension().is_some_and(|e| e != "log")).collect::<Vec<_>>()
    };
    let mut screen = Screen::open(&desk.taro, &[], WIDE);
    screen.press("2").wait_for("One");
    // A living screen would write on into files that are gone.
    let open = desk.taro.run(&["desk", "remove", "shop", "--purge"]).ended(2);
    assert!(open.stderr.contains("ticketty is open on it"), "{open}");
    screen.quit();
    assert!(!kept(&desk.taro).is_empty(), "a screen remembers");
    desk.taro.run(&["claim", &id]).ended(0);
    // A second desk of the same address and account shares it all.
    let settings = std::fs::read_to_string(desk.taro.path(".config/ticketty/config.toml")).unwrap();
    desk.taro.configure(&format!(
        "{settings}\n{}",
        settings
            .replace("[desks.shop]", "[desks.again]")
            .split_once("[desks")
            .map(|(_, d)| format!("[desks{d}"))
            .unwrap()
    ));
    desk.taro.run(&["desk", "remove", "again"]).ended(0);
    assert!(!kept(&desk.taro).is_empty());
    desk.taro.run(&["desk", "remove", "shop"]).ended(0);
    assert_eq!(kept(&desk.taro), Vec::<PathBuf>::new());

    // What has not left is nowhere else.
    desk.stop();
    desk.mika.run(&["note", &id, "-m", "kept words", "--wait", "1"]).ended(6);
    let removed = desk.mika.run(&["desk", "remove", "shop", "--json"]).ended(0).json();
    assert_eq!((&removed["kept"]["changes"], &removed["kept"]["drafts"]), (&json!(1), &json!(0)));
    let file = removed["kept"]["file"].as_str().unwrap();
    assert!(PathBuf::from(file).exists());
}

/// What the README shows is done as it stands there; only the desks are not asked, for they are examples.
#[test]
fn the_commands_of_the_readme_add_their_desks() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let home = Home::new();
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_ticketty"));
    let path = format!("{}:{}", programs.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut names = Vec::new();
    for line in readme.lines().map(str::trim).filter(|l| l.starts_with("ticketty desk add ") && l.contains("--url")) {
        let name = line.split(' ').nth(3).unwrap();
        // A team's first desk and one elsewhere may bear the same name.
        if names.contains(&name) {
            home.run(&["desk", "remove", name]).ended(0);
            names.retain(|n| *n != name);
        }
        let shell = home.command(&[]);
        let mut words = std::process::Command::new("sh");
        words.args(["-c", &format!("{line} --no-check")]).env_clear().current_dir(home.path(""));
        words.envs(shell.get_envs().filter_map(|(k, v)| Some((k, v?)))).env("PATH", &path);
        words
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        finish(words.spawn().unwrap()).ended(0);
        names.push(name);
    }
    assert!(names.len() >= 4, "{names:?}");
    let list = home.run(&["desk", "list", "--json"]).ended(0).json();
    assert_eq!(list["desks"].as_array().unwrap().len(), names.len());
}

#[test]
fn one_list_over_all_desks_and_ids_that_name_their_desk() {
    let (mut shop, other) = (Desk::new(), Desk::new());
    let late = shop.import(&[mail(1, "Of the shop", None, "a")]).remove(0);
    let id = other.import(&[mail(2, "Of the other", None, "b")]).remove(0);
    let home = &shop.mika;
    let command = format!("cat {}", other.mika.path("token").display());
    home.run(&["desk", "add", "other", "--url", &other.url, "--token-command", &command]).ended(0);
    let list = home.run(&["list", "--all-desks", "--json"]).ended(0).json();
    let mut ids: Vec<&str> = list["tickets"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [format!("other:{id}"), format!("shop:{late}")]);
    // An id that names its desk needs no --desk, though two are configured and none is the default.
    home.run(&["claim", &format!("other:{id}")]).ended(0);
    let mine = home.run(&["list", "--all-desks", "--assignee", "me", "--json"]).ended(0).json();
    assert_eq!(mine["tickets"].as_array().unwrap().len(), 1);
    let shown = home.run(&["show", &format!("#other:{id}"), "--json"]).ended(0).json();
    assert_eq!(shown["ticket"]["assignee"]["login"], "mika");
    let mixed = home.run(&["claim", &format!("shop:{late}"), &format!("other:{id}")]).ended(2);
    assert!(mixed.stderr.contains("several desks"), "{mixed}");
    // A number without a desk is not taken for the ticket of this number on the desk beside it.
    let bare = home.run(&["claim", &format!("other:{id}"), &late]).ended(2);
    assert!(bare.stderr.contains("several desks"), "{bare}");
    home.run(&["show", &format!("other:{id}"), "--desk", "shop"]).ended(2);
    // The desk of the environment is only where ids go that name none.
    let by = |desk: &str, id: &str| {
        finish(home.command(&["show", id, "--json"]).env("TICKETTY_DESK", desk).spawn().unwrap()).ended(0).json()
    };
    assert_eq!(by("shop", &format!("other:{id}"))["ticket"]["subject"], "Of the other");
    assert_eq!(by("shop", &late)["ticket"]["subject"], "Of the shop");
    // The token in the environment is that desk's too, and goes to no other one.
    let mut elsewhere = home.command(&["show", &format!("other:{id}"), "--json"]);
    elsewhere.env("TICKETTY_DESK", "shop").env("TICKETTY_TOKEN", "of-the-shop");
    assert_eq!(finish(elsewhere.spawn().unwrap()).ended(0).json()["ticket"]["subject"], "Of the other");
    // A desk that is away hides no other one.
    shop.stop();
    let partly = shop.mika.run(&["list", "--all-desks", "--json"]).ended(5);
    assert_eq!(
        (partly.json()["tickets"].as_array().unwrap().len(), &partly.json()["failed"][0]["desk"]),
        (1, &json!("shop"))
    );
}
