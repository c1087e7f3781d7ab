//! Approval from outside the chat: which replies wait for a second person, and that person's word.

use crate::{
    clock::Clock, command::Command, inbound::OutboundQueue, reply::Reply, store::Conversations,
    verdict::Failure,
};

/// Why a word about a reply was not passed on.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error("no reply with this id waits for approval")]
    Unknown,
    #[error(
        "the reply {first} of the same conversation has waited longer; decide about that first"
    )]
    NotYet { first: String },
    #[error("a second person has to approve it, not the one who wrote it")]
    Oneself,
    #[error("cannot read the bridge's state, or queue the word")]
    Failed(#[from] Failure),
}

/// Replies that wait for a second person, the oldest of each conversation first. Where an agent has
/// left, what waits has opened a new interaction: every one of them has an open chat.
pub async fn awaiting(store: &impl Conversations) -> Result<Vec<Reply>, Failure> {
    let mut awaiting = Vec::new();
    for open in store.open_chats(0).await? {
        let conversation = store.load(&open.channel_id, &open.conversation).await?;
        awaiting.extend(conversation.awaiting_approval().cloned());
    }
    Ok(awaiting)
}

/// Passes on the word of `by`: it goes the way of an agent's command, and is answered in the chat.
pub async fn decide(
    (store, outbound, clock): (&impl Conversations, &impl OutboundQueue, &impl Clock),
    reply_id: &str,
    word: Command,
    by: &str,
) -> Result<(), ApprovalError> {
    let awaiting = awaiting(store).await?;
    let reply = awaiting.iter().find(|reply| reply.id == reply_id);
    let reply = reply.ok_or(ApprovalError::Unknown)?;
    let mut of_conversation = awaiting.iter().filter(|other| {
        other.channel_id == reply.channel_id && other.conversation == reply.conversation
    });
    if let Some(first) = of_conversation.next().filter(|first| first.id != reply.id) {
        return Err(ApprovalError::NotYet { first: first.id.clone() });
    }
    if by.eq_ignore_ascii_case(&reply.agent) {
        return Err(ApprovalError::Oneself);
    }
    let word = Reply {
        id: format!("{}#{}", reply.id, word.name()),
        agent: by.to_owned(),
        // No participant of the chat has such an id.
        participant_id: format!("outside {by}"),
        text: String::new(),
        written_at: clock.now(),
        command: Some(word),
        also_in: Vec::new(),
        ..reply.clone()
    };
    Ok(outbound.send(&word).await?)
}
