//! Desk rules: how a channel's interactions are opened and closed, and what its agents may ask for.

use std::time::Duration;

use serde::Deserialize;

use super::OpeningHours;
use crate::{command::Command, message::Network};

/// A field and what is wrong with it.
type Problem = (&'static str, String);

/// Longest time after which an interaction may be closed for being idle.
const LONGEST_IDLE_HOURS: f64 = 24.0 * 30.0;

/// How a channel works at the agent's desk.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskRules {
    /// What agents may ask for in the chat, in the order in which they read it.
    pub commands: Vec<Command>,
    /// Whether a second person has to approve each reply.
    pub approval: bool,
    /// Whether the agent is told of each reply that was published.
    pub published_notices: bool,
    /// After how long without a word an interaction is closed in which an agent had the last one.
    pub idle_close_after: Option<Duration>,
    /// When interactions are opened; always where there are none.
    pub opening_hours: Option<OpeningHours>,
    /// What becomes of messages while no agent is available.
    pub when_nobody_available: WhenNobodyAvailable,
}

/// What becomes of a message that would open an interaction while CIC says that no agent of the
/// workgroup is available. CIC does not tell agents who are busy from agents who are logged off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenNobodyAvailable {
    /// It opens one, and waits in ACD's queue: CIC is not asked.
    #[default]
    Open,
    /// It opens one that says so.
    Mark,
    /// It waits, in order, until an agent is available.
    Hold,
}

impl DeskRules {
    /// Whether agents may ask for it in this channel's chats.
    pub fn allow(&self, command: Command) -> bool {
        self.commands.contains(&command)
    }
}

/// What agents may ask for where the entry names these, or nothing.
pub(super) fn commands(
    network: Network,
    named: Option<&[String]>,
    approval: bool,
) -> Result<Vec<Command>, Problem> {
    let mut allowed = vec![Command::Help];
    if approval {
        allowed.push(Command::Approve);
    }
    match named {
        None => {
            let by_default = Command::BY_DEFAULT.into_iter();
            allowed.extend(by_default.filter(|command| command.works_on(network)));
        }
        Some(wanted) => {
            for name in wanted {
                allowed.push(command(network, name, approval)?);
            }
        }
    }
    Ok(Command::ALL.into_iter().filter(|command| allowed.contains(command)).collect())
}

fn command(network: Network, name: &str, approval: bool) -> Result<Command, Problem> {
    let problem = |problem: &str| ("commands", format!("entry {name:?} {problem}"));
    let Some(command) = Command::named(name) else {
        let known: Vec<&str> = Command::ALL.into_iter().map(Command::name).collect();
        return Err(problem(&format!("is no command; there are {}", known.join(", "))));
    };
    if !command.works_on(network) {
        return Err(problem("is not possible on Twitter"));
    }
    if command == Command::Approve && !approval {
        return Err(problem(r#"has nothing to approve without "approval": true"#));
    }
    Ok(command)
}

/// Hours as an administrator writes them.
pub(super) fn idle_close_after(hours: Option<f64>) -> Result<Option<Duration>, Problem> {
    match hours {
        None => Ok(None),
        Some(hours) if hours > 0.0 && hours <= LONGEST_IDLE_HOURS => {
            Ok(Some(Duration::from_secs_f64(hours * 3_600.0)))
        }
        Some(_) => Err(("idle_close_hours", "must be more than 0 and at most 720".to_owned())),
    }
}
