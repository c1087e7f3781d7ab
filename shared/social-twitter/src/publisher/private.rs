//! Private messages to a visitor (contract B8). Only who wrote to us can be written to.

use jiff::Timestamp;
use social_core::{
    budget::Budgets,
    credential::{Credentials, TwitterCredential},
    reply::{Fingerprint, OwnMessage, PublishError, Refusal, Target},
};

use super::{Account, TwitterPublisher};
use crate::{error::TwitterError, snowflake, text::unescaped};

impl<C: Credentials, B: Budgets> TwitterPublisher<C, B> {
    /// Sends one message.
    pub(super) async fn send_private(
        &self,
        account: Account<'_>,
        target: &Target,
        text: &str,
    ) -> Result<String, PublishError> {
        let Account { name, credential } = account;
        let visitor = visitor(target).map_err(PublishError::Refused)?;
        let sent = self.api.send_private(credential, visitor, text).await;
        let sent = sent.map_err(|error| self.outcome(error, text))?;
        self.pay_private(name, credential, &sent).await;
        Ok(sent)
    }

    /// What the account wrote to the visitor since then, oldest first.
    pub(super) async fn own_private(
        &self,
        account: &str,
        credential: &TwitterCredential,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, TwitterError> {
        let Ok(visitor) = visitor(target) else { return Ok(Vec::new()) };
        // The newest hundred: a conversation of two that said more in the minutes since then is none.
        let page = self.api.private_events(credential, Some(visitor), None).await?;
        let own = page
            .data
            .into_iter()
            .filter(|event| event.sender_id.as_deref() == Some(account) && event.at() >= since);
        let mut own: Vec<OwnMessage> = own
            .map(|event| OwnMessage {
                id: event.id.as_str().into(),
                fingerprint: Fingerprint::of(&unescaped(&event.text)),
                at: event.at(),
            })
            .collect();
        own.sort_by_key(|message| (message.at, snowflake::parse(message.id.as_str())));
        Ok(own)
    }
}

/// What can be said without asking X.
pub(super) fn check(text: &str, limit: usize) -> Result<(), Refusal> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err(Refusal::Empty),
        length if length > limit => Err(Refusal::TooLong { length, limit }),
        _ => Ok(()),
    }
}

fn visitor(target: &Target) -> Result<&str, Refusal> {
    target.author_id.as_deref().ok_or(Refusal::NothingToAnswer)
}
