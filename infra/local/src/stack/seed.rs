//! What the bridge is given to begin with: secrets of the simulated world, and sample channels.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use simulators::seed::{facebook, twitter};

/// Proves replies that a CIC handler pushes.
const CIC_REPLY_TOKEN: &str = "local-cic-reply-token";
/// Stands in the path of web-chat events.
const CIC_EVENT_TOKEN: &str = "local-cic-event-token";

/// The made-up secrets that callbacks prove themselves by.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Secrets {
    /// Signs Facebook's callbacks.
    pub facebook_app_secret: String,
    /// Named by Facebook's verification.
    pub facebook_verify_token: String,
    /// Signs X's events, and answers its challenges.
    pub twitter_consumer_secret: String,
    /// Of the CIC handler that pushes agents' replies.
    pub cic_reply_token: String,
}

/// The secrets that the callbacks' simulated senders hold.
pub(super) fn secrets() -> Secrets {
    Secrets {
        facebook_app_secret: facebook::APP_SECRET.to_owned(),
        facebook_verify_token: facebook::VERIFY_TOKEN.to_owned(),
        twitter_consumer_secret: twitter::CONSUMER_SECRET.to_owned(),
        cic_reply_token: CIC_REPLY_TOKEN.to_owned(),
    }
}

/// The documents in the Parameter Store, by name.
pub(super) fn parameters() -> Map<String, Value> {
    let [main, nord] = facebook::PAGES;
    let page = |page: facebook::Page| json!({ "page_token": page.token, "app_secret": facebook::APP_SECRET });
    Map::from_iter([
        ("/social/webhook".to_owned(), webhook()),
        ("/social/facebook/acme".to_owned(), page(main)),
        ("/social/facebook/acme-nord".to_owned(), page(nord)),
        ("/social/twitter/acme".to_owned(), twitter_keys()),
        ("/social/cic-events".to_owned(), CIC_EVENT_TOKEN.into()),
    ])
}

fn webhook() -> Value {
    json!({
        "facebook": {
            "app_secrets": [facebook::APP_SECRET],
            "verify_token": facebook::VERIFY_TOKEN,
        },
        "twitter": { "consumer_secrets": [twitter::CONSUMER_SECRET] },
        "cic": { "reply_tokens": [CIC_REPLY_TOKEN], "event_tokens": [CIC_EVENT_TOKEN] },
    })
}

fn twitter_keys() -> Value {
    json!({
        "bearer_token": twitter::BEARER_TOKEN,
        "consumer_key": twitter::CONSUMER_KEY,
        "consumer_secret": twitter::CONSUMER_SECRET,
        "access_token": twitter::BRAND.access_token,
        "access_token_secret": twitter::BRAND.access_token_secret,
        "tier": "self-serve",
        "monthly_budget_usd": 200,
    })
}

/// The sample channels: two pages, a brand, and a competitor that is only watched.
pub(super) fn channels() -> [Value; 4] {
    let [main, nord] = facebook::PAGES;
    [
        json!({
            "channel_id": "acme-page", "network": "facebook", "name": "Acme main page",
            "enabled": true, "workgroup": "Social Support", "private_workgroup": "Social Private",
            "page_id": main.id, "credential": "/social/facebook/acme",
            "include": ["visitor_posts", "comments", "mentions", "private_messages"],
            "own_accounts": [nord.id], "poll_interval_seconds": 3,
        }),
        json!({
            "channel_id": "acme-nord", "network": "facebook", "name": "Acme Nord",
            "enabled": true, "workgroup": "Social Nord",
            "page_id": nord.id, "credential": "/social/facebook/acme-nord",
            "own_accounts": [main.id], "poll_interval_seconds": 3,
        }),
        json!({
            "channel_id": "acme-brand", "network": "twitter", "name": "Acme on Twitter",
            "enabled": true, "workgroup": "Social Support", "handles": ["@acme"],
            "keywords": ["acme router", "#acmehelp"], "credential": "/social/twitter/acme",
            "reply_handle": "@acme", "poll_interval_seconds": 3,
        }),
        json!({
            "channel_id": "rival-watch", "network": "twitter", "name": "What people say of Rival",
            "enabled": true, "workgroup": "Market Watch", "handles": ["@rival"],
            "keywords": ["RivalPhone 9"], "credential": "/social/twitter/acme",
            "poll_interval_seconds": 3,
        }),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use simulators::seed::cic;

    use super::*;

    #[test]
    fn every_channel_names_a_credential_and_workgroups_that_exist() {
        let parameters = parameters();
        let workgroups = BTreeSet::from(cic::WORKGROUPS);
        for channel in channels() {
            assert!(parameters.contains_key(channel["credential"].as_str().unwrap()), "{channel}");
            for field in ["workgroup", "private_workgroup"] {
                let named = channel.get(field).map(|name| name.as_str().unwrap());
                assert!(named.is_none_or(|name| workgroups.contains(name)), "{channel}");
            }
        }
    }

    #[test]
    fn what_is_only_watched_is_never_answered() {
        let [.., rival] = channels();
        assert!(rival.get("reply_handle").is_none());
    }
}
