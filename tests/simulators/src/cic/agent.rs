//! What agents do at their desktop: pick up, write, hold, transfer, disconnect (section 5).

use jiff::Timestamp;

use super::{
    chat::{Chat, FILE_MARK, File, Stage, guid},
    events::{Standing, What},
    settings::User,
    state::{State, When},
};

/// Why CIC does not do what an agent asks.
#[derive(Debug, PartialEq)]
pub(super) enum Denied {
    NoSuchInteraction,
    NoSuchWorkgroup,
    /// The interaction is in a state that does not allow it.
    NotNow,
}

impl State {
    fn agent_at(&mut self, id: &str, allowed: &[Stage]) -> Result<&mut Chat, Denied> {
        let chat = self.interaction(id).ok_or(Denied::NoSuchInteraction)?;
        if allowed.contains(&chat.stage) { Ok(chat) } else { Err(Denied::NotNow) }
    }

    /// ACD alerts the agent, who picks up.
    pub(super) fn pickup(&mut self, id: &str, agent: &str, now: Timestamp) -> Result<(), Denied> {
        let greetings = self.greetings.clone();
        let chat = self.agent_at(id, &[Stage::Offering])?;
        let party = chat.join(agent);
        for standing in [Standing::Initializing, Standing::Alerting, Standing::Active] {
            chat.stand(party, standing, now);
        }
        chat.agent = Some(party);
        chat.stage = Stage::Connected;
        chat.alerting = None;
        if greetings.when == When::Pickup {
            greetings.greet(chat, now);
        }
        Ok(())
    }

    /// The agent holds the interaction, or takes it up again.
    pub(super) fn hold(&mut self, id: &str, on: bool, now: Timestamp) -> Result<(), Denied> {
        let (from, to, standing) = if on {
            (Stage::Connected, Stage::Held, Standing::Held)
        } else {
            (Stage::Held, Stage::Connected, Standing::Active)
        };
        let chat = self.agent_at(id, &[from])?;
        let party = chat.agent.ok_or(Denied::NotNow)?;
        chat.stage = to;
        chat.parked = false;
        chat.stand(party, standing, now);
        Ok(())
    }

    /// The agent parks the interaction: held until it is taken up again.
    pub(super) fn park(&mut self, id: &str, now: Timestamp) -> Result<(), Denied> {
        self.hold(id, true, now)?;
        self.agent_at(id, &[Stage::Held])?.parked = true;
        Ok(())
    }

    /// Takes an interaction that is offered, or held by the same agent.
    pub(super) fn take_up(&mut self, id: &str, user: &User, now: Timestamp) -> Result<(), Denied> {
        let chat = self.agent_at(id, &[Stage::Offering, Stage::Held])?;
        match chat.stage {
            Stage::Held if chat.is_with(user) => self.hold(id, false, now),
            Stage::Held => Err(Denied::NotNow),
            _ => self.pickup(id, user.name, now),
        }
    }

    /// A second party joins, such as a supervisor.
    pub(super) fn join(&mut self, id: &str, name: &str, now: Timestamp) -> Result<(), Denied> {
        speaker(self.agent_at(id, &[Stage::Connected])?, Some(name), now).map(|_| ())
    }

    /// The interaction goes to one agent, who is alerted of it.
    pub(super) fn hand_to(&mut self, id: &str, to: &User, now: Timestamp) -> Result<(), Denied> {
        let chat = self.agent_at(id, &[Stage::Offering, Stage::Connected, Stage::Held])?;
        chat.drop_agents(now);
        chat.stage = Stage::Offering;
        chat.alerting = Some(to.name.to_owned());
        Ok(())
    }

    /// ACD: alerts the agent with the fewest interactions, among those who are at a station, of
    /// each interaction that nobody is alerted of.
    pub(super) fn alert(&mut self) {
        let ready: Vec<&'static User> = self.ready_users();
        if ready.is_empty() {
            return;
        }
        let mut load: Vec<usize> = ready
            .iter()
            .map(|user| self.chats().filter(|chat| chat.is_with(user)).count())
            .collect();
        for chat in self.offered() {
            let least = load.iter_mut().zip(&ready).min_by_key(|(load, _)| **load);
            if let Some((load, user)) = least {
                *load += 1;
                chat.alerting = Some(user.name.to_owned());
            }
        }
    }

    /// The agent, or CIC itself, ends the interaction.
    pub(super) fn disconnect(&mut self, id: &str, now: Timestamp) -> Result<(), Denied> {
        self.agent_at(id, &[Stage::Offering, Stage::Connected, Stage::Held])?.end(now);
        Ok(())
    }

    /// The interaction goes to another workgroup, which it is offered to.
    pub(super) fn transfer(&mut self, id: &str, to: &str, now: Timestamp) -> Result<(), Denied> {
        let workgroup = self.workgroup(to).cloned();
        let chat = self.agent_at(id, &[Stage::Offering, Stage::Connected, Stage::Held])?;
        chat.workgroup = workgroup.ok_or(Denied::NoSuchWorkgroup)?;
        chat.drop_agents(now);
        chat.stage = Stage::Offering;
        Ok(())
    }

    /// The agent writes. Another name than the agent's is a second party, such as a supervisor.
    pub(super) fn write(
        &mut self,
        id: &str,
        agent: Option<&str>,
        text: &str,
        content_type: &str,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let chat = self.agent_at(id, &[Stage::Connected])?;
        let party = speaker(chat, agent, now)?;
        chat.say(party, text, content_type, "agent", now);
        Ok(())
    }

    /// The agent types, or stops typing.
    pub(super) fn agent_types(&mut self, id: &str, on: bool, now: Timestamp) -> Result<(), Denied> {
        let chat = self.agent_at(id, &[Stage::Connected])?;
        let party = speaker(chat, None, now)?;
        chat.tell(party, What::Typing(on), now);
        Ok(())
    }

    /// The agent sends a file.
    pub(super) fn send_file(
        &mut self,
        id: &str,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let chat = self.agent_at(id, &[Stage::Connected])?;
        let party = speaker(chat, None, now)?;
        let (guid, size) = (guid(), bytes.len());
        let what = What::File { guid: guid.clone(), name: name.to_owned(), size };
        chat.files.push(File { guid, content_type: content_type.to_owned(), bytes });
        chat.tell(party, what, now);
        chat.note(party, &format!("{FILE_MARK}{name}"), "agent", now);
        Ok(())
    }
}

/// The leg that speaks: the agent's, or another's, who joins first.
fn speaker(chat: &mut Chat, name: Option<&str>, now: Timestamp) -> Result<usize, Denied> {
    let agent = chat.agent.ok_or(Denied::NotNow)?;
    let Some(name) = name else { return Ok(agent) };
    let present = |party: &super::events::Party| {
        party.name == name
            && party.standing == Standing::Active
            && party.kind == super::events::Kind::Agent
    };
    if let Some(found) = chat.parties.iter().position(present) {
        return Ok(found);
    }
    let joined = chat.join(name);
    chat.stand(joined, Standing::Active, now);
    Ok(joined)
}
