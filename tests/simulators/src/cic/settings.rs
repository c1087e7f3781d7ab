//! How the simulated pair is set up: its version, its limits, its waits.

use std::{fmt, str::FromStr, time::Duration};

/// The administrator, who may also work on everybody's interactions.
pub const ADMIN_USER: &str = "admin";
/// The made-up password of [`ADMIN_USER`].
pub const ADMIN_PASSWORD: &str = "local-cic-password";
/// The made-up password of every agent.
pub const AGENT_PASSWORD: &str = "local-agent-password";

/// Who may open an ICWS session.
#[derive(Debug, PartialEq)]
pub struct User {
    /// Case does not matter.
    pub id: &'static str,
    /// As others see it; an agent of this name under `/_sim` is the same person.
    pub name: &'static str,
    pub password: &'static str,
    /// May work on interactions that others have.
    pub is_supervisor: bool,
}

const fn agent(id: &'static str, name: &'static str) -> User {
    User { id, name, password: AGENT_PASSWORD, is_supervisor: false }
}

impl User {
    /// Everybody.
    pub const ALL: &'static [Self] = &[
        Self {
            id: ADMIN_USER,
            name: "Administrator",
            password: ADMIN_PASSWORD,
            is_supervisor: true,
        },
        agent("jo", "Jo"),
        agent("kim", "Kim"),
        agent("sam", "Sam"),
    ];

    /// The user of this id or name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL
            .iter()
            .find(|user| [user.id, user.name].iter().any(|it| it.eq_ignore_ascii_case(name)))
    }
}

/// Everything that differs from one CIC installation to the next.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The release, told by what it offers.
    pub age: Age,
    /// Whether the throttles below hold (section 7 of the contract).
    pub limits: bool,
    /// `MaxInteractionsAllowedPerIP`: open chats of one client address.
    pub per_address: usize,
    /// New chats in any one second.
    pub per_second: usize,
    /// Open chats altogether.
    pub active_chats: usize,
    /// What a throttled start is answered. Nothing public tells; the default follows a hint.
    pub throttle_answer: ThrottleAnswer,
    /// A chat that nobody asks about for this long is disconnected. Remembered, not documented.
    pub poll_timeout: Duration,
    /// `EnableIdleTimeout`: a chat whose visitor neither writes nor types for this long is
    /// disconnected, polled or not. Off by default.
    pub idle_timeout: Option<Duration>,
    /// How long an ended chat's message history can still be read. Inferred: an interaction is
    /// deallocated some time after its end.
    pub history_linger: Duration,
    /// An ICWS session that nobody uses for this long ends. Assumed by a public client, not
    /// documented (section 2.3).
    pub session_timeout: Duration,
    /// How long the active server must be down before the other one takes over.
    pub takeover_after: Duration,
    /// Whether `websvcs` refuses a chat before anyone fetched `serverConfiguration`. The vendor
    /// asks clients to fetch it first; no server was seen to insist, and not every client does.
    pub configuration_first: bool,
    /// What web-chat puts before an attribute's name on the interaction; `websvcs` always puts
    /// `WebTools_`.
    pub web_chat_attribute_prefix: String,
    /// How the bridge's own lines begin; they are listed as `notice`.
    pub notice_prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            age: Age::default(),
            limits: true,
            per_address: 15,
            per_second: 5,
            active_chats: 5_000,
            throttle_answer: ThrottleAnswer::NotFound,
            poll_timeout: Duration::from_mins(1),
            idle_timeout: None,
            history_linger: Duration::from_mins(1),
            session_timeout: Duration::from_mins(3),
            takeover_after: Duration::from_millis(500),
            configuration_first: false,
            web_chat_attribute_prefix: String::new(),
            notice_prefix: "ℹ Social Bridge: ".to_owned(),
        }
    }
}

/// How a start beyond a limit is refused (section 9 of the contract: open).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThrottleAnswer {
    /// HTTP 404, as a comment in a public client hints at.
    NotFound,
    /// `websvcs`: failure `error.websvc.unavailable`; ICWS: 503 `error.server.unavailable`.
    Unavailable,
}

/// A release of CIC, told by what it offers outside programs.
///
/// Which release brought which version of `web-chat` is inferred: public are only that 2 starts
/// chats, 5 brings the webhook and 6 the history (section 1 of the contract), and that `messaging`
/// is 2, with server-sent events, since 2016 R3 (section 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Age {
    /// `2020r1`: web-chat 6, with message history.
    #[default]
    R2020R1,
    /// `2018r4`: web-chat 5, with webhook, attributes and routing contexts, without history.
    R2018R4,
    /// `2016r3`: web-chat 3, still the plain one; messages as server-sent events.
    R2016R3,
    /// `2016r1`: web-chat 2, the plain one; what it does not know in a start is ignored. Messages
    /// by polling alone.
    R2016R1,
    /// `websvcs`, or `old`: no web-chat at all, its paths answer 404.
    WebsvcsOnly,
}

impl Age {
    const ALL: [Self; 5] =
        [Self::R2020R1, Self::R2018R4, Self::R2016R3, Self::R2016R1, Self::WebsvcsOnly];

    /// The version of the feature `web-chat`, if there is one.
    pub fn web_chat(self) -> Option<u32> {
        match self {
            Self::R2020R1 => Some(6),
            Self::R2018R4 => Some(5),
            Self::R2016R3 => Some(3),
            Self::R2016R1 => Some(2),
            Self::WebsvcsOnly => None,
        }
    }

    /// The version of the feature `messaging`; from 2 on there are server-sent events.
    pub fn messaging(self) -> u32 {
        match self {
            Self::R2020R1 | Self::R2018R4 | Self::R2016R3 => 2,
            Self::R2016R1 | Self::WebsvcsOnly => 1,
        }
    }

    /// Whether web-chat offers at least `version`.
    pub(super) fn offers(self, version: u32) -> bool {
        self.web_chat().is_some_and(|offered| offered >= version)
    }

    /// Year and release, as `/icws/connection/version` words them.
    pub(super) fn release(self) -> (&'static str, &'static str) {
        match self {
            Self::R2020R1 => ("20", "1"),
            Self::R2018R4 => ("18", "4"),
            Self::R2016R3 => ("16", "3"),
            Self::R2016R1 => ("16", "1"),
            Self::WebsvcsOnly => ("15", "4"),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::R2020R1 => "2020r1",
            Self::R2018R4 => "2018r4",
            Self::R2016R3 => "2016r3",
            Self::R2016R1 => "2016r1",
            Self::WebsvcsOnly => "websvcs",
        })
    }
}

/// The name is none of `2020r1`, `2018r4`, `2016r3`, `2016r1`, `websvcs` and `old`.
#[derive(Debug, thiserror::Error)]
#[error("no such age of CIC; there are 2020r1, 2018r4, 2016r3, 2016r1 and websvcs (or old)")]
pub struct UnknownAge;

impl FromStr for Age {
    type Err = UnknownAge;

    fn from_str(name: &str) -> Result<Self, UnknownAge> {
        if name.eq_ignore_ascii_case("old") {
            return Ok(Self::WebsvcsOnly);
        }
        let known = |age: &Self| age.to_string().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(known).ok_or(UnknownAge)
    }
}
