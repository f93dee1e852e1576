//! Who asks, who works there and who may what: asked of the server, and kept for a while.
//!
//! What is kept is locked while it is asked for: whoever else wants it then waits for the same answer instead of asking again, and
//! nobody else waits.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::time::Instant;

use super::book::PAGE;
use super::land::{Land, Roster, has_customer, is_ours};
use super::wire::{Issue, Memberships, Named, OneRole, OneUser, Priorities, Project, Projects, Role, Statuses, User};
use super::{Redmine, switched_off};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::DeskError;

/// Projects, statuses, priorities and members are asked for again after this long.
const KEEP: Duration = Duration::from_mins(10);
/// Which roles we have is asked for again after this long, where a lost one would show to everybody what is for agents.
const KEEP_ROLES: Duration = Duration::from_mins(1);
/// So many unknown users are asked for at once.
const STRANGERS: usize = 25;

impl Redmine {
    /// Who asks, and what there is. Kept for a while.
    pub(super) async fn land(&self) -> DeskResult<Arc<Land>> {
        let mut held = self.lands.lock().await;
        if let Some((at, land)) = &*held
            && at.elapsed() < KEEP
        {
            return Ok(Arc::clone(land));
        }
        let statuses = Ask::get(["issue_statuses.json"]);
        let priorities = Ask::get(["enumerations", "issue_priorities.json"]);
        // Alone: whoever is not let in is told so by one answer.
        let me = self.me().await.map_err(switched_off)?;
        let (projects, statuses, priorities): (_, Statuses, Priorities) =
            futures_util::try_join!(self.projects(), self.get(&statuses), self.get(&priorities),)?;
        let land = Arc::new(Land {
            me,
            me_at: Instant::now(),
            projects,
            statuses: statuses.issue_statuses,
            priorities: priorities.issue_priorities,
            names: self.names.clone(),
            logins: self.logins.clone(),
        });
        land.logins.learn(land.me.id, &land.me.login);
        *held = Some((Instant::now(), Arc::clone(&land)));
        Ok(land)
    }

    async fn me(&self) -> DeskResult<User> {
        let ask = Ask::get(["users", "current.json"]).param("include", Some("memberships"));
        Ok(self.get::<OneUser>(&ask).await?.user)
    }

    /// The same, with the roles that we have in this very minute.
    async fn land_now(&self) -> DeskResult<Arc<Land>> {
        let land = self.land().await?;
        if land.me_at.elapsed() < KEEP_ROLES {
            return Ok(land);
        }
        let land = Arc::new(Land { me: self.me().await?, me_at: Instant::now(), ..Land::clone(&land) });
        if let Some((_, held)) = self.lands.lock().await.as_mut() {
            *held = Arc::clone(&land);
        }
        Ok(land)
    }

    async fn projects(&self) -> DeskResult<Vec<Project>> {
        let mut projects = Vec::new();
        loop {
            let offset = projects.len();
            let ask = Ask::get(["projects.json"])
                .param("include", Some("issue_custom_fields"))
                .param("limit", Some(PAGE))
                .param("offset", (offset > 0).then_some(offset));
            let page: Projects = self.get(&ask).await?;
            let end = page.projects.is_empty();
            projects.extend(page.projects);
            if end || projects.len() >= page.total_count as usize {
                projects.retain(|p| p.status == 1);
                return Ok(projects);
            }
        }
    }

    /// The roster as it was last known; empty when it never was asked for.
    pub(super) fn known_roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who works where. Kept for a while. A project whose members are not shown to us has none.
    pub(super) async fn roster(&self, land: &Land) -> DeskResult<Arc<Roster>> {
        let mut held = self.rosters.lock().await;
        if let Some((at, roster)) = &*held
            && at.elapsed() < KEEP
        {
            return Ok(Arc::clone(roster));
        }
        let projects: Vec<i64> = land.projects.iter().map(|p| p.id).collect();
        let lists: Vec<(i64, Memberships)> = stream::iter(projects)
            .map(|project| async move { Ok::<_, DeskError>((project, self.members(project).await?)) })
            .buffered(4)
            .try_collect()
            .await?;
        let mut ids: Vec<i64> =
            lists.iter().flat_map(|(_, l)| &l.memberships).flat_map(|m| &m.roles).map(|r| r.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let roles: HashMap<i64, Role> = stream::iter(ids)
            .map(|id| async move { Ok::<_, DeskError>((id, self.role(id).await?)) })
            .buffered(4)
            .filter_map(|got| async {
                match got {
                    Ok((id, role)) => role.map(|role| Ok((id, role))),
                    Err(error) => Some(Err(error)),
                }
            })
            .try_collect()
            .await?;
        let mut roster = Roster::default();
        for (project, list) in lists {
            // Without them everybody would look like a stranger.
            if !list.memberships.is_empty() {
                let ids = list.memberships.iter().filter_map(|m| m.user.as_ref()).map(|u| u.id);
                roster.members.insert(project, ids.collect());
            }
            for member in list.memberships {
                let has = |what: fn(&Role) -> bool, unknown: bool| {
                    member.roles.iter().any(|r| roles.get(&r.id).map_or(unknown, what))
                };
                if has(Role::is_staff, false) {
                    roster.staff.extend(member.user.iter().chain(&member.group).map(|m| m.id));
                }
                // Work may often be given to customers too: none is offered to them.
                let takes_work = has(|role| role.assignable && role.is_staff(), true);
                if let Some(user) = member.user.filter(|u| takes_work && !land.names.is_gateway(&u.name))
                    && !roster.agents.iter().any(|a| a.id == user.id)
                {
                    roster.agents.push(user);
                }
            }
        }
        roster.agents.sort_by_key(|a| a.id);
        self.sign_ins(&roster.agents).await?;
        let roster = Arc::new(roster);
        *held = Some((Instant::now(), Arc::clone(&roster)));
        *self.roster.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&roster);
        Ok(roster)
    }

    async fn members(&self, project: i64) -> DeskResult<Memberships> {
        let path = ["projects".to_owned(), project.to_string(), "memberships.json".to_owned()];
        let mut all = Memberships { memberships: Vec::new(), total_count: 0 };
        loop {
            let offset = all.memberships.len();
            let ask = Ask::get(path.clone()).param("limit", Some(PAGE)).param("offset", (offset > 0).then_some(offset));
            let page: Memberships = match self.get(&ask).await {
                Ok(page) => page,
                Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => return Ok(all),
                Err(error) => return Err(error),
            };
            let end = page.memberships.is_empty();
            all.total_count = page.total_count;
            all.memberships.extend(page.memberships);
            if end || all.memberships.len() >= all.total_count as usize {
                return Ok(all);
            }
        }
    }

    /// What a role may; nothing where the server does not say.
    async fn role(&self, id: i64) -> DeskResult<Option<Role>> {
        match self.get::<OneRole>(&Ask::get(["roles".to_owned(), format!("{id}.json")])).await {
            Ok(one) => Ok(Some(one.role)),
            Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for the names to sign in with of users that are not known yet. One who is not shown to us, and a group, goes by the name.
    pub(super) async fn sign_ins(&self, users: &[Named]) -> DeskResult<()> {
        let unknown: Vec<Named> =
            users.iter().filter(|u| self.logins.of(u.id).is_none()).take(STRANGERS).cloned().collect();
        let asked = stream::iter(unknown).map(|user| async move {
            let ask = Ask::get(["users".to_owned(), format!("{}.json", user.id)]);
            match self.get::<OneUser>(&ask).await {
                Ok(one) if !one.user.login.is_empty() => self.logins.learn(user.id, &one.user.login),
                Ok(_) | Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => {
                    self.logins.learn(user.id, &user.name);
                }
                Err(error) => return Err(error),
            }
            Ok(())
        });
        asked.buffered(4).try_collect().await
    }

    /// The roster, where it has to be known to tell who wrote: a user made the issue and wrote on it again, and only the roster says
    /// whether that is a customer or one of us.
    pub(super) async fn roster_to_read(&self, land: &Land, issue: &Issue) {
        let Some(author) = &issue.author else { return };
        let roster = self.known_roster();
        let plain = has_customer(&land.names, issue) || land.names.is_gateway(&author.name);
        let wrote = issue.journals.iter().any(|j| j.user.as_ref().is_some_and(|u| u.id == author.id));
        if plain || !wrote || is_ours(land, &roster, author) || !roster.members.is_empty() {
            return;
        }
        if let Err(error) = self.roster(land).await {
            tracing::debug!(%error, "who works there is not known");
        }
    }

    /// Whether the user may do something in a project, as it is now; nothing where the server does not say.
    pub(super) async fn may(&self, project: i64, what: &[&str]) -> DeskResult<Option<bool>> {
        let land = self.land_now().await?;
        if land.me.admin {
            return Ok(Some(true));
        }
        let roles = land.my_roles(project);
        let mut known = !roles.is_empty();
        for id in roles {
            match self.role(id).await? {
                Some(role) if what.iter().any(|w| role.permissions.iter().any(|p| p == w)) => return Ok(Some(true)),
                Some(_) => {}
                None => known = false,
            }
        }
        Ok(known.then_some(false))
    }
}
