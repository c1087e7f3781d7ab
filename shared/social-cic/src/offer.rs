//! Which chat interface a server offers: asked once, and again when it was down or says that its
//! configuration changed (sections 2.2 and 4.1 of the contract).

use std::time::Duration;

use http::Method;
use serde_json::Value;
use social_core::chat::Interface;
use social_http::Answer;
use tokio::time::Instant;

use crate::{
    ask::{Request, status_error},
    error::CicError,
    server::Server,
    settings::Choice,
    web_chat, websvcs,
    wire::{self, Fields},
};

/// How long that is believed.
const ASKED_AGAIN: Duration = Duration::from_mins(10);

/// What a server told of itself; `None` where it was not asked.
#[derive(Default)]
pub(crate) struct Known {
    /// Version of the feature `web-chat`; 0 where there is none.
    web_chat: Option<u32>,
    websvcs: Option<Configuration>,
    /// When it was asked first.
    since: Option<Instant>,
}

/// What matters of `serverConfiguration`.
#[derive(Clone, Copy, Default)]
struct Configuration {
    starts_chats: bool,
    cfg_ver: Option<i64>,
}

/// An interface that chats may be started through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) interface: Interface,
    /// Version of the feature `web-chat`.
    pub(crate) version: u32,
}

impl Known {
    /// What was asked at `now`.
    pub(crate) fn asked(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Whether it is time to ask again: a server may have been updated while nobody called it.
    pub(crate) fn is_old(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.duration_since(since) >= ASKED_AGAIN)
    }

    /// Forgets all when an answer tells of another configuration.
    pub(crate) fn note_version(&mut self, told: Option<i64>) {
        let known = self.websvcs.and_then(|configuration| configuration.cfg_ver);
        if told.is_some() && known.is_some() && told != known {
            *self = Self::default();
        }
    }
}

impl Server {
    /// The interface for a new chat. Attributes decide: they carry the permalink and the channel.
    pub(crate) async fn offer(&self, choice: Choice) -> Result<Offer, CicError> {
        let version = if choice == Choice::Websvcs { 0 } else { self.web_chat_version().await? };
        let web_chat = Offer { interface: Interface::WebChat, version };
        if version >= web_chat::TAKES_ATTRIBUTES {
            return Ok(web_chat);
        }
        let starts = version >= web_chat::STARTS;
        if choice != Choice::WebChat {
            match self.starts_websvcs_chats().await {
                Ok(true) => return Ok(Offer { interface: Interface::Websvcs, version }),
                Err(error) if !starts => return Err(error),
                _ => {}
            }
        }
        if starts {
            return Ok(web_chat);
        }
        // Perhaps a proxy that is not ready: asked again the next time.
        self.forget();
        Err(CicError::NoInterface)
    }

    /// Makes sure that the server is up and its configuration for `interface` has been fetched.
    pub(crate) async fn prepare(&self, interface: Interface) -> Result<(), CicError> {
        match interface {
            Interface::WebChat => self.web_chat_version().await.map(|_| ()),
            Interface::Websvcs => self.starts_websvcs_chats().await.map(|_| ()),
        }
    }

    /// Version of the feature `web-chat`, 0 where there is none.
    pub(crate) async fn web_chat_version(&self) -> Result<u32, CicError> {
        let known = self.known().web_chat;
        if let Some(version) = known {
            return Ok(version);
        }
        let path = ["icws", "connection", "features"].map(str::to_owned).to_vec();
        let request =
            Request { method: Method::GET, path, body: None, accept: web_chat::ICWS_JSON };
        let version = described(&self.send(&request).await?)?.map_or(0, |body| version_in(&body));
        let mut known = self.known();
        known.web_chat = Some(version);
        known.asked(Instant::now());
        Ok(version)
    }

    /// Asked three more times when the bridge itself fails, as the vendor's client does.
    async fn configuration(&self) -> Result<Answer, CicError> {
        const PAUSE: Duration = Duration::from_millis(200);
        let request = websvcs::configuration_request();
        for _ in 0..3 {
            let answer = self.send(&request).await?;
            if !answer.status.is_server_error() || !status_error(&answer).is_passing() {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.send(&request).await
    }

    async fn starts_websvcs_chats(&self) -> Result<bool, CicError> {
        let known = self.known().websvcs;
        if let Some(configuration) = known {
            return Ok(configuration.starts_chats);
        }
        let answer = self.configuration().await?;
        let configuration =
            described(&answer)?.as_ref().and_then(configuration_in).unwrap_or_default();
        let mut known = self.known();
        known.websvcs = Some(configuration);
        known.asked(Instant::now());
        drop(known);
        Ok(configuration.starts_chats)
    }
}

/// What a server says of itself; `None` where it does not know the question. Below 500 it is up.
fn described(answer: &Answer) -> Result<Option<Value>, CicError> {
    if answer.status.is_server_error() {
        return Err(status_error(answer));
    }
    Ok(if answer.status.is_success() { wire::json(answer).ok().flatten() } else { None })
}

/// `{featureInfoList: [{featureId, version}]}`
fn version_in(body: &Value) -> u32 {
    let features = Fields::of(body).map(|body| body.list("featureInfoList")).unwrap_or_default();
    let is_web_chat = |id: &str| id.eq_ignore_ascii_case("web-chat");
    let mut features = features.iter().filter_map(Fields::of);
    features
        .find(|feature| feature.text("featureId").is_some_and(is_web_chat))
        .and_then(|feature| u32::try_from(feature.number("version")?).ok())
        .unwrap_or(0)
}

/// `[{serverConfiguration: {cfgVer, capabilities: {chat: ["start", …]}}}]`
fn configuration_in(body: &Value) -> Option<Configuration> {
    let first = body.as_array().map_or(Some(body), |all| all.first())?;
    let configuration = Fields::of(first)?.object("serverConfiguration")?;
    let chat = configuration.object("capabilities")?.list("chat");
    let is_start = |it: &Value| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case("start"));
    Some(Configuration {
        starts_chats: chat.iter().any(is_start),
        cfg_ver: configuration.number("cfgVer"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_long_ago_is_asked_again() {
        let (mut known, now) = (Known::default(), Instant::now());
        assert!(!known.is_old(now + ASKED_AGAIN), "nothing was asked");
        known.asked(now);
        known.asked(now + ASKED_AGAIN / 2);
        assert!(!known.is_old(now + ASKED_AGAIN / 2));
        assert!(known.is_old(now + ASKED_AGAIN));
    }
}
