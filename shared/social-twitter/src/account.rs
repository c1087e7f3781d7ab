//! Whose token a credential holds, held against what its channels say.

use std::sync::Arc;

use social_core::{Channel, ChannelId, credential::TwitterCredential, verdict::Failure};

use crate::api::Api;

/// The channels whose `reply_handle` is not the account of the credential's token: what their agents
/// write would appear under another name. Asks X once; without a token of a user there is nothing to ask.
pub async fn wrong_reply_handles(
    api: &Api,
    credential: &TwitterCredential,
    channels: &[Arc<Channel>],
) -> Result<Vec<ChannelId>, Failure> {
    let replies = |channel: &&Arc<Channel>| !channel.is_read_only();
    let acts = credential.user_token.is_some() || credential.access_token.is_some();
    if !acts || !channels.iter().any(|channel| replies(&channel)) {
        return Ok(Vec::new());
    }
    let account = api.me(credential).await?;
    let is_wrong = |channel: &&Arc<Channel>| {
        let handle = channel.twitter().and_then(|source| source.reply_handle.as_ref());
        handle.is_some_and(|handle| !handle.is(&account.username))
    };
    Ok(channels.iter().filter(is_wrong).map(|channel| channel.id.clone()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::MockServer;

    use super::*;
    use crate::fixture::{answer, api, channel, credential, watch};

    #[tokio::test]
    async fn a_reply_handle_that_is_not_the_tokens_is_named() {
        let server = MockServer::start().await;
        let me = json!({"data": {"id": "42", "name": "Acme", "username": "Acme"}});
        answer(&server, "GET", "/2/users/me", 200, me, 1).await;
        let uk = channel(json!({"channel_id": "uk", "reply_handle": "@acme_uk"}));
        let channels = [channel(json!({})), uk, watch(json!({}))];
        let api = api(&server.uri());
        let wrong = wrong_reply_handles(&api, &credential(), &channels).await.unwrap();
        assert_eq!(wrong, [ChannelId("uk".to_owned())]);
    }

    #[tokio::test]
    async fn who_only_reads_is_not_asked() {
        let server = MockServer::start().await;
        let (api, credential) = (api(&server.uri()), credential());
        assert_eq!(wrong_reply_handles(&api, &credential, &[watch(json!({}))]).await.unwrap(), []);
        let bearer = TwitterCredential { access_token: None, ..(*credential).clone() };
        let brand = [channel(json!({}))];
        assert_eq!(wrong_reply_handles(&api, &bearer, &brand).await.unwrap(), []);
        assert_eq!(server.received_requests().await.unwrap().len(), 0);
    }
}
