//! Roads: an agent's text comes by CIC's answers, and by a handler's push where there is one. It is
//! the same text when it is the same occurrence of the same words in the same chat.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Pushes that are remembered as taken: the queue may deliver one again.
const REMEMBERED_PUSHES: usize = 32;

/// How often each text came by either road.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Roads {
    texts: BTreeMap<String, Times>,
    pushes: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    #[serde(default)]
    told: u32,
    #[serde(default)]
    pushed: u32,
}

impl Roads {
    /// CIC told a text: which occurrence it is, unless a push brought that one before.
    pub(super) fn told(&mut self, text: &str) -> Option<String> {
        let digest = digest(text);
        let times = self.texts.entry(digest.clone()).or_default();
        times.told += 1;
        (times.told > times.pushed).then(|| format!("{digest}#{}", times.told))
    }

    /// A push brought a text: which occurrence it is, unless CIC told that one before.
    pub(super) fn pushed(&mut self, push: &str, text: &str) -> Option<String> {
        if self.pushes.iter().any(|known| known == push) {
            return None;
        }
        self.pushes.push(push.to_owned());
        let surplus = self.pushes.len().saturating_sub(REMEMBERED_PUSHES);
        self.pushes.drain(..surplus);
        let digest = digest(text);
        let times = self.texts.entry(digest.clone()).or_default();
        times.pushed += 1;
        (times.pushed > times.told).then(|| format!("{digest}#{}", times.pushed))
    }
}

/// Of the words alone: a handler may see other spaces than a web client.
fn digest(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    hex::encode(Sha256::digest(words).get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_is_taken_once_whichever_road_is_first() {
        let mut roads = Roads::default();
        let first = roads.told("ok").unwrap();
        assert_eq!(roads.pushed("push 1", " ok\n"), None);
        let second = roads.pushed("push 2", "ok").unwrap();
        assert_ne!(first, second);
        assert_eq!(roads.pushed("push 2", "ok"), None, "the queue delivers it again");
        assert_eq!(roads.told("ok"), None);
        assert!(roads.told("ok").is_some(), "the third time");
        assert!(roads.told("other").is_some());
    }

    #[test]
    fn two_workers_at_the_same_moment_give_it_the_same_name() {
        let told = Roads::default().told("ok");
        assert!(told.is_some());
        assert_eq!(told, Roads::default().pushed("push", "ok"));
    }
}
