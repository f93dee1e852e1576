//! What is known of a server before its issues: who asks, its projects, statuses and priorities, which custom fields stand for
//! what, and who speaks for customers. Redmine tells none of the last three; names do, and the desk's options overrule them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::wire::{CustomField, Issue, Named, NativePriority, NativeStatus, Project, User};
use crate::domain::{AgentRef, Priority, QueueId, Requester, Status};
use crate::text::{Clean, fold};

/// What Redmine answers, once and every now and then.
#[derive(Clone, Debug)]
pub struct Land {
    pub me: User,
    /// When it was asked who we are and which roles we have.
    pub me_at: Instant,
    /// Active projects that the user sees.
    pub projects: Vec<Project>,
    /// In the server's order.
    pub statuses: Vec<NativeStatus>,
    /// In the server's order, lowest first.
    pub priorities: Vec<NativePriority>,
    pub names: Names,
    pub logins: Logins,
}

/// The names to sign in with that are known: Redmine tells one only when a user is asked for.
#[derive(Clone, Debug, Default)]
pub struct Logins(Arc<Mutex<HashMap<i64, String>>>);

impl Logins {
    fn held(&self) -> MutexGuard<'_, HashMap<i64, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The login of a user, when it is known.
    pub fn of(&self, user: i64) -> Option<String> {
        self.held().get(&user).cloned()
    }

    /// Remembers one.
    pub fn learn(&self, user: i64, login: &str) {
        self.held().insert(user, login.to_owned());
    }
}

/// Which fields and accounts stand for what.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The custom field with the customer's address.
    customer: Option<String>,
    /// The list field that holds labels.
    label: Option<String>,
    /// The date field that holds a snooze.
    snooze: Option<String>,
    /// Accounts that bring customers' mail in.
    gateways: Option<Vec<String>>,
}

/// Words of field names, folded: one of the first and one of the second list make the customer's address.
const CUSTOMER: [&str; 10] =
    ["customer", "client", "owner", "requester", "contact", "kunde", "顧客", "お客", "依頼者", "cliente"];
const ADDRESS: [&str; 5] = ["mail", "メール", "address", "アドレス", "correo"];
const LABELS: [&str; 8] = ["tag", "tags", "label", "labels", "タグ", "ラベル", "schlagworte", "etiquetas"];
const SNOOZE: [&str; 3] = ["snooze", "follow-up", "スヌーズ"];
/// Words of the names of accounts that bring mail in.
const GATEWAYS: [&str; 8] =
    ["gateway", "mailbot", "mailer", "mailhandler", "robot", "anonymous", "匿名ユーザー", "anonym"];

impl Names {
    /// Reads the desk's options: `customer_field`, `label_field`, `snooze_field`, `gateway` (names of accounts, with commas).
    pub fn new(options: &BTreeMap<String, String>) -> Self {
        let named = |key: &str| options.get(key).map(|v| fold(v.trim())).filter(|v| !v.is_empty());
        Self {
            customer: named("customer_field"),
            label: named("label_field"),
            snooze: named("snooze_field"),
            gateways: named("gateway").map(|g| g.split(',').map(|n| n.trim().to_owned()).collect()),
        }
    }

    /// Whether a field of this name holds the customer's address.
    pub fn is_customer(&self, name: &str) -> bool {
        let name = fold(name);
        match &self.customer {
            Some(own) => name == *own,
            None => CUSTOMER.iter().any(|w| name.contains(w)) && ADDRESS.iter().any(|w| name.contains(w)),
        }
    }

    /// Whether a field of this name holds labels.
    pub fn is_label(&self, name: &str) -> bool {
        let name = fold(name);
        self.label.as_ref().map_or_else(|| LABELS.contains(&name.trim()), |own| name == *own)
    }

    fn is_snooze(&self, name: &str) -> bool {
        let name = fold(name);
        self.snooze.as_ref().map_or_else(|| SNOOZE.iter().any(|w| name.contains(w)), |own| name == *own)
    }

    /// Whether an account of this name brings customers' mail in.
    pub fn is_gateway(&self, name: &str) -> bool {
        let name = fold(name);
        self.gateways
            .as_ref()
            .map_or_else(|| name.split_whitespace().any(|word| GATEWAYS.contains(&word)), |own| own.contains(&name))
    }
}

/// The field of an issue that holds the customer's address.
pub fn customer_field<'a>(names: &Names, issue: &'a Issue) -> Option<&'a CustomField> {
    issue.custom_fields.iter().find(|f| names.is_customer(&f.name))
}

/// The field of an issue that holds its labels: the one of a fitting name, else the only one that takes several values.
pub fn label_field<'a>(names: &Names, issue: &'a Issue) -> Option<&'a CustomField> {
    issue.custom_fields.iter().find(|f| names.is_label(&f.name)).or_else(|| {
        let mut several = issue.custom_fields.iter().filter(|f| f.multiple);
        several.next().filter(|_| several.next().is_none() && names.label.is_none())
    })
}

/// The field of an issue that holds the day it comes back.
pub fn snooze_field<'a>(names: &Names, issue: &'a Issue) -> Option<&'a CustomField> {
    issue.custom_fields.iter().find(|f| names.is_snooze(&f.name))
}

/// Whom an issue is for: the address in its custom field, else its author.
pub fn requester(names: &Names, issue: &Issue) -> Requester {
    match customer_field(names, issue).and_then(|f| f.values().first().map(|v| Requester::parse(v))) {
        Some(customer) => customer,
        None => {
            let name = issue.author.as_ref().map_or("", |a| &a.name);
            Requester { name: Clean::line(name), ..Requester::default() }
        }
    }
}

/// Whether a field names the customer, so that its author is somebody else.
pub fn has_customer(names: &Names, issue: &Issue) -> bool {
    customer_field(names, issue).is_some_and(|f| !f.values().is_empty())
}

/// Whether what a user writes on an issue is the customer's word: the mail gateway's, that of somebody outside the project, or,
/// where no field names the customer, the author's. Never that of one of us, whoever made the issue.
pub fn is_customers(land: &Land, roster: &Roster, issue: &Issue, user: Option<&Named>) -> bool {
    let Some(user) = user else { return true };
    if land.names.is_gateway(&user.name) {
        return true;
    }
    // Work may be given to customers too: it tells something only while nothing better does.
    let holds = || issue.assigned_to.as_ref().is_some_and(|a| a.id == user.id);
    if is_ours(land, roster, user) || (!roster.knows(issue.project.id) && holds()) {
        return false;
    }
    let wrote = issue.author.as_ref().is_some_and(|a| a.id == user.id);
    let stranger = roster.members.get(&issue.project.id).is_some_and(|m| !m.contains(&user.id));
    // An administrator is in no project and may hold an issue all the same; so may its author, whoever that is.
    (wrote && !has_customer(&land.names, issue)) || (stranger && (wrote || !holds()))
}

/// Whether somebody works here: we ourselves, or one with a role that does agents' work in some project.
pub fn is_ours(land: &Land, roster: &Roster, user: &Named) -> bool {
    user.id == land.me.id || roster.staff.contains(&user.id)
}

impl Land {
    /// Where a status stands in our words. The server tells only whether it is closed; the rest is read from its name, in the
    /// languages that Redmine's own default data comes in, and from its place: the first is the new one.
    pub fn status(&self, native: &NativeStatus) -> Status {
        let known = self.statuses.iter().find(|s| s.id == native.id);
        let closed = native.is_closed.or_else(|| known.and_then(|s| s.is_closed)).unwrap_or(false);
        let name = fold(&native.name);
        // "new" is in "renewed": a word of letters has to begin one of the name's.
        let begins = |w: &str| name.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(w));
        let has = |words: &[&str]| words.iter().any(|w| if w.is_ascii() { begins(w) } else { name.contains(w) });
        if has(&["resol", "solved", "done", "解決", "gelost", "gelöst", "erledigt", "résolu", "risolto"]) {
            Status::Resolved
        } else if closed {
            Status::Closed
        } else if has(&["snooze", "スヌーズ"]) {
            Status::Snoozed
        } else if has(&[
            "feedback",
            "wait",
            "pending",
            "hold",
            "フィードバック",
            "保留",
            "待ち",
            "commentaire",
            "rückmeldung",
            "需要反馈",
            "反饋",
        ]) {
            Status::Waiting
        } else if ["new", "新規", "neu", "nouveau", "nuevo", "nuova", "nuovo", "novo"].contains(&name.as_str())
            || self.statuses.iter().find(|s| s.is_closed != Some(true)).is_some_and(|first| first.id == native.id)
        {
            Status::New
        } else {
            Status::Open
        }
    }

    /// The statuses that stand for one of ours.
    pub fn natives(&self, ours: &[Status]) -> Vec<i64> {
        self.statuses.iter().filter(|s| ours.contains(&self.status(s))).map(|s| s.id).collect()
    }

    /// A status by its id, for history.
    pub fn status_name(&self, id: &str) -> Option<&str> {
        self.statuses.iter().find(|s| s.id.to_string() == id).map(|s| s.name.as_str())
    }

    /// How urgent a priority is: by its place beside the default.
    pub fn priority(&self, id: i64) -> Priority {
        let usual = self.usual();
        match self.priorities.iter().position(|p| p.id == id) {
            Some(at) if at < usual => Priority::Low,
            Some(at) if at == usual + 1 => Priority::High,
            Some(at) if at > usual + 1 => Priority::Urgent,
            _ => Priority::Normal,
        }
    }

    /// The priority to set for one of ours: the nearest to the default that is at least as far from it.
    pub fn native_priority(&self, ours: Priority) -> Option<i64> {
        let usual = self.usual();
        let at = match ours {
            Priority::Low => usual.checked_sub(1)?,
            Priority::Normal => usual,
            Priority::High => usual + 1,
            Priority::Urgent => usual + 2,
        };
        self.priorities.iter().skip(at).find(|p| p.active && self.priority(p.id) == ours).map(|p| p.id)
    }

    /// The place of the usual priority. Where no default is set it is the second of three or more, as Redmine's own data has it.
    fn usual(&self) -> usize {
        let set = self.priorities.iter().position(|p| p.is_default);
        set.unwrap_or_else(|| usize::from(self.priorities.len() > 2))
    }

    /// A project by what a person types: id, identifier or name.
    pub fn project(&self, typed: &QueueId) -> Option<&Project> {
        let folded = fold(typed.as_str());
        let by_id = self.projects.iter().find(|p| p.id.to_string() == typed.as_str());
        by_id.or_else(|| self.projects.iter().find(|p| p.identifier == typed.as_str() || fold(&p.name) == folded))
    }

    /// The id of the field that holds customers' addresses.
    pub fn customer_id(&self, project: Option<i64>) -> Option<i64> {
        self.field(project, |name| self.names.is_customer(name))
    }

    fn field(&self, project: Option<i64>, is: impl Fn(&str) -> bool) -> Option<i64> {
        let projects = self.projects.iter().filter(|p| project.is_none_or(|id| p.id == id));
        projects.flat_map(|p| &p.issue_custom_fields).find(|f| is(&f.name)).map(|f| f.id)
    }

    /// The user who asks, by name. Redmine says its parts and not how this server puts them together.
    pub fn my_name(&self) -> String {
        let name = format!("{} {}", self.me.firstname, self.me.lastname);
        let name = name.trim();
        if name.is_empty() { self.me.login.clone() } else { name.to_owned() }
    }

    /// A user where only the name matters. Where no login is known the name stands for it.
    pub fn agent(&self, user: &Named) -> AgentRef {
        let login = self.logins.of(user.id).unwrap_or_else(|| user.name.clone());
        AgentRef { id: user.id.into(), login: Clean::line(&login), name: Clean::line(&user.name) }
    }

    /// The ids of the roles that the user has in a project.
    pub fn my_roles(&self, project: i64) -> Vec<i64> {
        let mine = self.me.memberships.iter().filter(|m| m.project.id == project);
        mine.flat_map(|m| &m.roles).map(|r| r.id).collect()
    }
}

/// Who works in which project, and who is there at all.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The users in a project, assignable or not.
    pub members: HashMap<i64, Vec<i64>>,
    /// Our users to whom work can be given, in the order of their ids.
    pub agents: Vec<Named>,
    /// Users and groups with a role that does agents' work.
    pub staff: HashSet<i64>,
}

impl Roster {
    /// Whether it is told who works in a project: its members, and what their roles may.
    pub fn knows(&self, project: i64) -> bool {
        !self.staff.is_empty() && self.members.contains_key(&project)
    }
}
