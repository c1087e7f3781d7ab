//! CIC (Genesys `PureConnect`): the visitor's leg of a chat over ICWS `web-chat` and over the older
//! `websvcs`, on a pair of servers that switch over.
//!
//! Which interface a new chat takes is asked of the server, see [`Choice`]. What is sent follows the
//! vendor's pages "Web Chat" of the ICWS reference and the Web Tools developer's guide.

mod ask;
mod entities;
mod error;
mod events;
mod extras;
#[doc(hidden)]
pub mod fuzzing;
mod html;
mod memory;
mod offer;
mod pair;
mod server;
mod settings;
mod starting;
mod visit;
mod web_chat;
mod websvcs;
mod wire;

pub use error::CicError;
pub use extras::Extra;
pub use pair::Cic;
pub use settings::{Choice, CicSettings, SettingsError, UnknownChoice};

#[cfg(test)]
mod tests;
