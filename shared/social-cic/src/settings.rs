//! What a deployment tells about its CIC.

use std::{fmt, str::FromStr, time::Duration};

use url::Url;

/// One switchover pair (or a single server), as the deployment's settings have it.
#[derive(Clone)]
pub struct CicSettings {
    /// One or two. A path such as `/I3Root/Server1` is kept before `/icws` and `/websvcs`.
    pub urls: Vec<Url>,
    pub interface: Choice,
    /// Where CIC pushes hints of new events, with web-chat 5 and up. Its path holds a secret.
    pub events_url: Option<Url>,
    /// How long the visitor's leg may do nothing, where `EnableIdleTimeout` is on (section 7 of the
    /// contract): then CIC is told that nobody types. `None` where it is off, as by default.
    pub keep_alive: Option<Duration>,
}

impl fmt::Debug for CicSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CicSettings")
            .field("servers", &self.urls.len())
            .field("interface", &self.interface)
            .field("pushes", &self.events_url.is_some())
            .field("keep_alive", &self.keep_alive)
            .finish()
    }
}

/// Which interface new chats take. A chat stays with the one it was opened through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// Asks the server: web-chat from version 5 on; else `websvcs`, which carries attributes;
    /// else web-chat 2 to 4, which does not.
    #[default]
    Auto,
    /// ICWS `web-chat` or nothing. Below version 5 attributes and routing contexts are lost.
    WebChat,
    /// `websvcs` or nothing.
    Websvcs,
}

/// The name is none of `auto`, `web-chat`, `websvcs`.
#[derive(Debug, thiserror::Error)]
#[error("no such interface of CIC; there are auto, web-chat and websvcs")]
pub struct UnknownChoice;

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(name: &str) -> Result<Self, UnknownChoice> {
        match name.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "web-chat" => Ok(Self::WebChat),
            "websvcs" => Ok(Self::Websvcs),
            _ => Err(UnknownChoice),
        }
    }
}

impl CicSettings {
    /// From a deployment's strings: URLs separated by commas, an interface's name, and where to push.
    pub fn of_deployment(
        urls: &str,
        interface: &str,
        events_url: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let parse = |url: &str| Url::parse(url.trim()).map_err(|_| SettingsError::Malformed);
        Ok(Self {
            urls: urls.split(',').map(parse).collect::<Result<_, _>>()?,
            interface: interface.parse().map_err(|UnknownChoice| SettingsError::Interface)?,
            events_url: events_url.map(parse).transpose()?,
            keep_alive: None,
        })
    }

    /// The same with a sign of life after every `pause` without one.
    #[must_use]
    pub fn kept_alive(self, pause: Option<Duration>) -> Self {
        Self { keep_alive: pause, ..self }
    }
}

/// Settings that no CIC can be reached with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// One of `CIC_URLS`, or `CIC_EVENTS_URL`.
    #[error("a URL of CIC_URLS or CIC_EVENTS_URL is malformed")]
    Malformed,
    /// `CIC_INTERFACE`.
    #[error("CIC_INTERFACE is none of auto, web-chat and websvcs")]
    Interface,
    /// A pair has one or two servers.
    #[error("there are {0} URLs of CIC servers; one or two are needed")]
    Servers(usize),
    /// Counted from one.
    #[error("the URL of CIC server {0} is neither http nor https")]
    Scheme(usize),
}
