//! What a chat can start without: left out where a server refuses it.
//!
//! The names of these properties in web-chat were never seen in public (section 4.2 of the
//! contract), so a server may know others. A chat without them still reaches its workgroup.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;
use social_core::chat::Opening;
use social_http::Answer;
use tokio::time::Instant;

use crate::{
    ask::Start,
    web_chat,
    wire::{Fields, json},
};

/// How long a refusal is remembered: the next chat may have nothing wrong with it.
const REMEMBERED: Duration = Duration::from_secs(600);

/// A property of a start that is not needed to open the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    Attributes,
    RoutingContexts,
    Webhook,
}

impl Extra {
    pub(crate) const ALL: [Self; 3] = [Self::Attributes, Self::RoutingContexts, Self::Webhook];

    /// As the property is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attributes => web_chat::ATTRIBUTES,
            Self::RoutingContexts => web_chat::ROUTING_CONTEXTS,
            Self::Webhook => web_chat::WEBHOOK,
        }
    }

    /// What chats that would be refused alike have in common.
    fn shape(self, opening: &Opening) -> String {
        match self {
            Self::Attributes => {
                opening.attributes.keys().map(String::as_str).collect::<Vec<_>>().join("\0")
            }
            Self::RoutingContexts => {
                let contexts = opening.routing_contexts.iter();
                let pairs = contexts.map(|it| format!("{}\0{}", it.context, it.category));
                pairs.collect::<Vec<_>>().join("\0")
            }
            Self::Webhook => String::new(),
        }
    }

    /// Whether a refused property is this one, or one within it.
    fn is_named(self, property: &str) -> bool {
        let parts: &[&str] = match self {
            Self::Attributes => &["attribute"],
            Self::RoutingContexts => &["context", "category"],
            Self::Webhook => &["webhook"],
        };
        parts.iter().any(|part| property.contains(part))
    }
}

/// The extras among `sent` that ICWS refused: the one that is named, or all where none is.
pub(crate) fn refused(answer: &Answer, sent: &[Extra]) -> Vec<Extra> {
    let body = json(answer).ok().flatten();
    let Some(error) = body.as_ref().and_then(Fields::of) else { return Vec::new() };
    if answer.status != StatusCode::BAD_REQUEST {
        return Vec::new();
    }
    let lower = |field| error.owned(field).unwrap_or_default().to_ascii_lowercase();
    let named = |text: &str| sent.iter().copied().filter(|extra| extra.is_named(text)).collect();
    let property = lower("propertyName");
    if !property.is_empty() {
        return named(&property);
    }
    let told: Vec<Extra> = named(&lower("message"));
    if !told.is_empty() {
        return told;
    }
    let unclear = lower("errorId").starts_with("error.request.invalidrepresentation");
    if unclear { sent.to_vec() } else { Vec::new() }
}

/// The extras that a start takes along.
pub(crate) fn sent(start: &Start<'_>, knows_all: bool) -> Vec<Extra> {
    let there = |extra: &Extra| match extra {
        Extra::Attributes => !start.opening.attributes.is_empty(),
        Extra::RoutingContexts => !start.opening.routing_contexts.is_empty(),
        Extra::Webhook => knows_all && start.webhook.is_some(),
    };
    Extra::ALL.into_iter().filter(|extra| there(extra) && !start.without.contains(extra)).collect()
}

/// What a server refused lately, in the shape in which it was sent: what it dislikes about one
/// channel's chats is no reason to open another's without.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Vec<Refusal>>);

struct Refusal {
    extra: Extra,
    shape: String,
    since: Instant,
}

impl Refusals {
    fn list(&self) -> MutexGuard<'_, Vec<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to leave out of a chat like this one.
    pub(crate) fn known(&self, opening: &Opening) -> Vec<Extra> {
        let mut list = self.list();
        list.retain(|refusal| refusal.since.elapsed() < REMEMBERED);
        let like_it = list.iter().filter(|refusal| refusal.shape == refusal.extra.shape(opening));
        like_it.map(|refusal| refusal.extra).collect()
    }

    /// Remembers what a chat was opened without, and tells the administrator what is new.
    pub(crate) fn learn(&self, without: &[Extra], opening: &Opening) {
        let known = self.known(opening);
        for extra in without.iter().filter(|extra| !known.contains(extra)) {
            let (shape, since) = (extra.shape(opening), Instant::now());
            self.list().push(Refusal { extra: *extra, shape, since });
            tracing::warn!(
                metric = "ChatStartReduced",
                error_type = "cic_start_reduced",
                field = extra.name(),
                workgroup = opening.workgroup,
                "CIC refuses a property of new chats; they are opened without it"
            );
        }
    }
}
