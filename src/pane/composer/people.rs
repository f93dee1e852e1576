//! The people of a message: who it goes to as typed, who else was on the thread, and whom the text greets.

use crate::domain::{Kind, Requester, Thread};

/// Everybody on the newest public message except the requester and me.
pub(super) fn others(thread: &Thread, my_mail: &str) -> Vec<Requester> {
    let Some(message) = thread.last_public() else { return Vec::new() };
    let requester = &thread.ticket.requester.email;
    let mut found: Vec<Requester> = Vec::new();
    let author = (message.kind == Kind::Incoming).then_some(&message.author);
    for person in author.into_iter().chain(&message.to).chain(&message.cc) {
        let known = person.email.is_empty()
            || person.email.eq_ignore_ascii_case(requester)
            || person.email.eq_ignore_ascii_case(my_mail)
            || found.iter().any(|f| f.email.eq_ignore_ascii_case(&person.email));
        // The team's own address is where the mail came in: the only `To` of a customer's message.
        let ours = message.kind == Kind::Incoming && message.to.len() == 1 && message.to.contains(person);
        if !known && !ours {
            found.push(person.clone());
        }
    }
    found
}

/// Reads `Ben Ode <ben@example.net>, lena@example.net`; commas inside quotes belong to a name.
pub(super) fn parse_people(typed: &str) -> Vec<Requester> {
    let mut people = Vec::new();
    let (mut from, mut quoted) = (0, false);
    for (at, c) in typed.char_indices().chain([(typed.len(), ',')]) {
        match c {
            '"' => quoted = !quoted,
            ',' | ';' if !quoted || at == typed.len() => {
                let person = Requester::parse(&typed[from..at]);
                if !person.display().is_empty() {
                    people.push(person);
                }
                from = at + c.len_utf8();
            }
            _ => {}
        }
        if at >= typed.len() {
            break;
        }
    }
    people
}

/// What the agent wrote: lines that are not quoted.
pub(super) fn own_text(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with('>')).collect::<Vec<_>>().join("\n")
}

/// The name in the salutation: `Dear Ben,`, `Hello Ms Ode!`, `田中様`.
pub(super) fn salutation(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty())?;
    if let Some((name, _)) = line.split_once('様') {
        let name = name.trim();
        return (!name.is_empty() && name.chars().count() <= 12).then(|| name.to_owned());
    }
    let low = line.to_lowercase();
    let rest = ["dear ", "hello ", "hi ", "hey "].iter().find_map(|s| low.starts_with(s).then(|| &line[s.len()..]))?;
    let name = rest.split([',', '!', '.', ':', '-']).next().unwrap_or_default().trim();
    let short = !name.is_empty() && name.split_whitespace().count() <= 4;
    let nobody = ["all", "there", "team", "everyone", "everybody", "sir", "madam", "customer", "again"];
    (short && !name.split_whitespace().any(|w| nobody.contains(&w.to_lowercase().as_str()))).then(|| name.to_owned())
}

/// Whether a salutation means somebody of this name.
pub(super) fn shares_a_word(said: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let squeezed: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    said.to_lowercase().split_whitespace().any(|w| {
        let w = w.trim_matches(|c: char| !c.is_alphanumeric());
        !w.is_empty()
            && !["mr", "mrs", "ms", "dr", "herr", "frau"].contains(&w)
            && (name.contains(w) || squeezed.contains(w))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_apart() {
        let found = parse_people("Ben Ode <ben@example.net>, lena@example.net; \"Rossi, A.\" <a@example.net>,");
        let mails: Vec<&str> = found.iter().map(|p| p.email.as_str()).collect();
        assert_eq!(mails, ["ben@example.net", "lena@example.net", "a@example.net"]);
        assert_eq!(found[2].name.as_str(), "Rossi, A.");
    }

    #[test]
    fn a_salutation_names_somebody() {
        assert_eq!(salutation("Dear Ben,\nthanks"), Some("Ben".to_owned()));
        assert_eq!(salutation("\n田中様\nお世話"), Some("田中".to_owned()));
        assert_eq!(salutation("Hello there, thanks"), None);
        assert_eq!(salutation("We looked at it."), None);
        assert!(shares_a_word("Mr Ode", "Ben Ode"));
        assert!(shares_a_word("田中", "田中 美咲"));
        assert!(!shares_a_word("Anna", "Ben Ode"));
    }
}
