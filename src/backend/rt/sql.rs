//! Questions in TicketSQL. Every word of an agent stands quoted: nothing typed becomes a part of a question.

use crate::domain::{AssigneeFilter, Query, Status};

/// A value in quotes. RT's backslash escapes the quote and itself; control characters become spaces.
pub fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for c in value.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}

/// The active tickets of all queues.
pub const ACTIVE: &str = "Status = '__Active__'";

/// What RT can judge of a query; the rest is sorted out among its rows. `labels` are the custom fields that hold them.
pub fn question(query: &Query, labels: &[String]) -> String {
    let mut parts = Vec::new();
    if let Some(queue) = &query.queue {
        parts.push(format!("Queue = {}", quoted(queue.as_str())));
    }
    match states(query) {
        States::Active => parts.push(ACTIVE.to_owned()),
        States::Done => {
            parts.push("Status = '__Inactive__'".to_owned());
            // The stock names of what is not wanted: else a list of the few rejected ones reads all that were ever resolved.
            let wanted = |status| query.status.contains(&status);
            match (wanted(Status::Resolved), wanted(Status::Closed)) {
                (true, false) => parts.push("Status != 'rejected'".to_owned()),
                (false, true) => parts.push("Status != 'resolved'".to_owned()),
                _ => {}
            }
        }
        States::Any => {}
    }
    match &query.assignee {
        AssigneeFilter::Any => {}
        AssigneeFilter::Me => parts.push("Owner = '__CurrentUser__'".to_owned()),
        AssigneeFilter::Nobody => parts.push("Owner = 'Nobody'".to_owned()),
        AssigneeFilter::Agent(id) => parts.push(format!("Owner = {}", quoted(id.as_str()))),
    }
    let fields: Vec<&String> = labels.iter().filter(|f| !f.contains(['{', '}'])).collect();
    for label in query.labels.iter().filter(|_| !fields.is_empty()) {
        let any: Vec<String> =
            fields.iter().map(|field| format!("CF.{} = {}", quoted_field(field), quoted(label))).collect();
        parts.push(if any.len() == 1 { any.concat() } else { format!("( {} )", any.join(" OR ")) });
    }
    if let Some(address) = &query.requester {
        parts.push(format!("Requestor.EmailAddress = {}", quoted(address)));
    }
    for word in query.text.as_deref().unwrap_or_default().split_whitespace() {
        parts.push(word_clause(word));
    }
    if parts.is_empty() {
        // An empty question finds nothing.
        parts.push("id > 0".to_owned());
    }
    parts.join(" AND ")
}

/// A question for the tickets between two ids alone.
pub fn between(question: &str, low: Option<i64>, high: Option<i64>) -> String {
    let low = low.map(|id| format!(" AND id > {id}")).unwrap_or_default();
    let high = high.map(|id| format!(" AND id < {id}")).unwrap_or_default();
    if low.is_empty() && high.is_empty() { question.to_owned() } else { format!("( {question} ){low}{high}") }
}

fn quoted_field(name: &str) -> String {
    // Inside braces neither quotes nor backslashes mean anything to RT, and braces were refused before.
    format!("{{{}}}", name.replace(['\'', '"', '\\'], ""))
}

fn word_clause(word: &str) -> String {
    if let Some(number) = word.strip_prefix('#').and_then(|n| n.parse::<u64>().ok()) {
        return format!("id = {number}");
    }
    let word = quoted(word);
    format!(
        "( Subject LIKE {word} OR Requestor.EmailAddress LIKE {word} OR Requestor.RealName LIKE {word} OR Content LIKE {word} )"
    )
}

/// Which of RT's two halves of statuses a query wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// Active ones.
    Active,
    /// The others.
    Done,
    /// All.
    Any,
}

/// Which statuses a query wants.
pub fn states(query: &Query) -> States {
    if query.status.is_empty() {
        return if query.text.is_some() { States::Any } else { States::Active };
    }
    let active = query.status.iter().any(|s| s.is_active());
    let done = query.status.iter().any(|s: &Status| s.is_done());
    match (active, done) {
        (true, false) => States::Active,
        (false, true) => States::Done,
        _ => States::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_never_becomes_a_question() {
        assert_eq!(quoted("it's"), r"'it\'s'");
        assert_eq!(quoted(r"x\' OR id > 0 OR Subject = '"), r"'x\\\' OR id > 0 OR Subject = \''");
        assert_eq!(quoted("a\nb\0"), "'a b '");
        let evil = Query {
            text: Some("') OR id > 0 --".to_owned()),
            labels: vec!["x' OR '1".to_owned()],
            requester: Some("a'b@x.example".to_owned()),
            queue: Some("S' OR Queue != 'S".into()),
            ..Query::default()
        };
        let question = question(&evil, &["Labels".to_owned()]);
        // Without what is quoted, only our own words are left.
        let mut bare = String::new();
        let (mut inside, mut escaped) = (false, false);
        for c in question.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '\'' => inside = !inside,
                c if !inside => bare.push(c),
                _ => {}
            }
        }
        assert!(!inside, "{question}");
        assert!(!bare.contains("id >") && !bare.contains("--") && !bare.contains('1'), "{bare}");
    }

    #[test]
    fn a_question_says_what_the_query_wants() {
        assert_eq!(question(&Query::default(), &[]), ACTIVE);
        let all = Query { status: Status::ALL.to_vec(), ..Query::default() };
        assert_eq!(question(&all, &[]), "id > 0");
        let query = Query {
            queue: Some("3".into()),
            assignee: AssigneeFilter::Nobody,
            status: vec![Status::Resolved],
            labels: vec!["配送".to_owned()],
            text: Some("#12 返品".to_owned()),
            ..Query::default()
        };
        assert_eq!(
            question(&query, &["Labels".to_owned()]),
            "Queue = '3' AND Status = '__Inactive__' AND Status != 'rejected' AND Owner = 'Nobody' AND CF.{Labels} = '配送' AND id = 12 AND \
             ( Subject LIKE '返品' OR Requestor.EmailAddress LIKE '返品' OR Requestor.RealName LIKE '返品' OR Content LIKE '返品' )"
        );
        assert_eq!(states(&Query { status: vec![Status::Snoozed], ..Query::default() }), States::Any);
    }
}
