//! Whether Facebook would call at all (contract A11): an hour of our failures unsubscribes a page without a word.

use serde::Deserialize;
use social_core::{Channel, Clock, channel::Include};

use super::Troubles;
use crate::graph::{List, Page};

/// An app that hears of the page's changes.
#[derive(Deserialize)]
struct App {
    #[serde(default)]
    subscribed_fields: Vec<String>,
}

/// Asks which fields are subscribed, and says once which are missing. What cannot be asked proves nothing.
pub(super) async fn reconcile<C: Clock>(
    page: &Page<'_, C>,
    page_id: &str,
    channel: &Channel,
    troubles: &Troubles,
) {
    let fields = vec![("fields", "id,subscribed_fields".to_owned())];
    let apps = match page.get::<List<App>>(&[page_id, "subscribed_apps"], &fields).await {
        Ok(apps) => apps.data,
        Err(error) => {
            tracing::debug!(channel_id = %channel.id, %error, "subscriptions cannot be asked for");
            return;
        }
    };
    let is_there =
        |field: &&str| apps.iter().any(|app| app.subscribed_fields.iter().any(|f| f == field));
    let missing: Vec<&str> = wanted(channel).into_iter().filter(|field| !is_there(field)).collect();
    if missing.is_empty() {
        troubles.subscribed(channel);
    } else {
        troubles.tell_unsubscribed(channel, &missing.join(", "));
    }
}

/// Fields that bring what the channel takes in.
fn wanted(channel: &Channel) -> Vec<&'static str> {
    let include = channel.facebook().map(|page| page.include.as_slice()).unwrap_or_default();
    let fields = [
        ("feed", [Include::VisitorPosts, Include::Comments].as_slice()),
        ("mention", &[Include::Mentions]),
        ("messages", &[Include::PrivateMessages]),
    ];
    let brings = |of: &[Include]| of.iter().any(|what| include.contains(what));
    fields.into_iter().filter(|(_, of)| brings(of)).map(|(field, _)| field).collect()
}
