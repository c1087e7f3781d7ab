//! Obeying: commands that are answered in the chat alone.

use super::{Ports, Publishing, PublishingError};
use crate::{
    channel::Channel,
    command::Command,
    conversation::{Needs, Undecided},
    inbound::OutboundQueue,
    reply::{Refusal, Reply, targeting},
};

impl<P: Ports> Publishing<P> {
    pub(super) async fn obey(
        &self,
        channel: &Channel,
        reply: &Reply,
        command: Command,
    ) -> Result<(), PublishingError> {
        if let Err(refusal) = &reply.target
            && *refusal != Refusal::NoneNamed
        {
            let name = command.name();
            return self
                .say_if_open(reply, &format!("“/{name}” was not carried out: {refusal}"))
                .await;
        }
        let answer = match command {
            Command::Who => self.who(reply).await?,
            Command::Retry => self.retry(reply).await?,
            Command::Discard => self.discard(reply).await?,
            Command::Approve => self.approve(reply).await?,
            _ => help(channel),
        };
        self.say_if_open(reply, &answer).await
    }

    async fn who(&self, reply: &Reply) -> Result<String, PublishingError> {
        let conversation = self.load(reply).await?;
        Ok(match &reply.target {
            Ok(target) => match &target.author_id {
                Some(author_id) => conversation.profiles(Some(author_id)),
                None => "the network does not tell who wrote that line".to_owned(),
            },
            Err(_) => conversation.profiles(None),
        })
    }

    /// Queues the newest reply that came back once more, as a new one.
    ///
    /// Queued before it is forgotten: a crash in between queues it again under the same id.
    async fn retry(&self, retry: &Reply) -> Result<String, PublishingError> {
        let conversation = self.load(retry).await?;
        let mut returned = conversation.undecided.iter().rev();
        let Some(Undecided { reply, .. }) = returned.find(|kept| kept.needs == Needs::Retry) else {
            return Ok("there is no reply that came back".to_owned());
        };
        let number = targeting::number(&retry.text);
        let (target, text) = match (&reply.target, number) {
            (Ok(target), None) => (Ok(target.clone()), reply.text.clone()),
            _ => targeting::read_again(&conversation, reply.command, &reply.text, number),
        };
        let again = Reply {
            id: format!("{}#retry", retry.id),
            agent: retry.agent.clone(),
            participant_id: retry.participant_id.clone(),
            written_at: retry.written_at,
            target,
            text,
            // A person stands for it now.
            in_doubt: false,
            approved_by: None,
            ..reply.clone()
        };
        let decided = reply.id.clone();
        self.queue_anew(&decided, &again, conversation).await?;
        Ok("the reply that came back is sent again".to_owned())
    }

    async fn discard(&self, discard: &Reply) -> Result<String, PublishingError> {
        let mut conversation = self.load(discard).await?;
        let Some(Undecided { reply, needs }) = conversation.undecided.last().cloned() else {
            return Ok("there is no reply that came back or waits".to_owned());
        };
        self.amend(&mut conversation, |conversation| conversation.decide(&reply.id)).await?;
        Ok(needs.forgotten().to_owned())
    }

    /// A second person lets the oldest reply that waits be published.
    async fn approve(&self, approval: &Reply) -> Result<String, PublishingError> {
        let conversation = self.load(approval).await?;
        if conversation.awaiting_approval().next().is_none() {
            return Ok("no reply waits for approval".to_owned());
        }
        let by_another = |reply: &&Reply| reply.is_by_another(approval);
        let Some(reply) = conversation.awaiting_approval().find(by_another).cloned() else {
            return Ok("a second person has to approve it, not the one who wrote it".to_owned());
        };
        let approved = Reply {
            id: format!("{}#approved", reply.id),
            // Somebody has just read it: it is as fresh as it was when it was written.
            written_at: approval.written_at,
            approved_by: Some(approval.agent.clone()),
            ..reply.clone()
        };
        self.queue_anew(&reply.id, &approved, conversation).await?;
        Ok("approved: the reply is sent".to_owned())
    }

    async fn queue_anew(
        &self,
        decided: &str,
        reply: &Reply,
        mut conversation: crate::conversation::Conversation,
    ) -> Result<(), PublishingError> {
        self.desk.outbound.send(reply).await.map_err(PublishingError::Queue)?;
        self.amend(&mut conversation, |conversation| conversation.decide(decided)).await
    }
}

impl Reply {
    /// Whether two different people wrote the two.
    fn is_by_another(&self, other: &Self) -> bool {
        self.participant_id != other.participant_id && self.agent != other.agent
    }
}

fn help(channel: &Channel) -> String {
    let lines =
        channel.desk_rules.commands.iter().map(|command| format!("\n    {}", command.help()));
    format!("what you can ask for here:{}", lines.collect::<String>())
}
