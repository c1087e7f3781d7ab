//! A CIC switchover pair, as strict as the real one: ICWS (connection, web-chat), the older
//! `websvcs`, and its agents under `/_sim`. Sections named here and below are those of what was
//! gathered on CIC's public contract; what no public source tells is a field of [`Settings`].

mod agent;
mod attributes;
mod chat;
mod events;
mod fields;
mod icws;
mod interactions;
mod limits;
mod messages;
mod pair;
mod sessions;
mod settings;
mod sim;
mod state;
mod status;
mod subscriptions;
mod web_chat;
mod webhook;
mod websvcs;

pub use pair::Pair;
pub use settings::{
    ADMIN_PASSWORD, ADMIN_USER, AGENT_PASSWORD, Age, Settings, ThrottleAnswer, UnknownAge, User,
};

#[cfg(test)]
mod tests;
