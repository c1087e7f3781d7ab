//! Visitors who talk with an agent while something fails, and what must have come of it afterwards.

use std::{slice, time::Duration};

use futures::future::try_join_all;
use local::{
    outages::{Talk, public, seen},
    world::{Agent, Interaction},
};

use crate::story::{Outcome, Story};

/// What waited or was refused is tried again after pauses that double up to a minute, and may be refused again.
pub(super) const LIMIT: Duration = Duration::from_secs(300);

/// Talks with the same agent, each in its own interaction.
pub(super) struct Talks<'a> {
    story: &'a Story,
    agent: Agent,
    all: Vec<(Talk, Interaction)>,
}

impl<'a> Talks<'a> {
    /// Each begins with a question and its answer.
    pub(super) async fn begin(story: &'a Story, count: usize) -> Outcome<Self> {
        let agent = story.stage.agent("Jo");
        let all = (0..count).map(async |_| {
            let mut talk = Talk::begin(&story.stage).await?;
            let chat = talk.picked_up(&story.stage, &agent).await?;
            Outcome::Ok((talk, chat))
        });
        let all = try_join_all(all).await?;
        Ok(Self { story, agent, all })
    }

    /// Every visitor writes.
    pub(super) async fn say(&mut self) -> Outcome {
        for (talk, _) in &mut self.all {
            talk.say(&self.story.stage, "And it still blinks.").await?;
        }
        Ok(())
    }

    /// The agent answers everybody.
    pub(super) async fn answer(&mut self) -> Outcome {
        for (talk, chat) in &mut self.all {
            talk.answer(&self.story.stage, &self.agent, chat).await?;
        }
        Ok(())
    }

    /// Awaits that each interaction tells the agent of its last answer with these words.
    pub(super) async fn told(&self, words: &str) -> Outcome {
        for (talk, chat) in &self.all {
            let last = talk.answered.last().ok_or("no answer")?;
            self.story.stage.notice(chat, words, |chat| chat.after_agents(last)).await?;
        }
        Ok(())
    }

    /// Awaits that all is shown and public, and claims that it is so once, and in order.
    pub(super) async fn settle(&self) -> Outcome {
        for (talk, _) in &self.all {
            all_shown(self.story, talk).await?;
            let there = async || {
                let public = in_public(self.story, talk).await?;
                Ok((public.len() >= talk.answered.len()).then_some(()))
            };
            self.story.until("every answer on the page", LIMIT, there).await?;
        }
        for (talk, _) in &self.all {
            assert_eq!(shown(self.story, talk).await?, talk.said);
            assert_eq!(in_public(self.story, talk).await?, talk.answered);
        }
        Ok(())
    }

    /// The same after one word more each: everything before it was dealt with by then, as a
    /// conversation's messages wait in line. And nothing was parked.
    pub(super) async fn end(mut self) -> Outcome {
        self.say().await?;
        self.answer().await?;
        self.settle().await?;
        nothing_parked(self.story).await
    }
}

/// What agents see of the visitor's words, in order.
async fn shown(story: &Story, talk: &Talk) -> Outcome<Vec<String>> {
    Ok(seen(&story.stage, slice::from_ref(talk)).await?.concat())
}

/// Awaits that agents see as many of the visitor's words as were written.
async fn all_shown(story: &Story, talk: &Talk) -> Outcome {
    let there = async || Ok((shown(story, talk).await?.len() >= talk.said.len()).then_some(()));
    story.until("every word of the visitor's", LIMIT, there).await
}

async fn in_public(story: &Story, talk: &Talk) -> Outcome<Vec<String>> {
    Ok(public(&story.stage, slice::from_ref(talk)).await?.concat())
}

/// Claims that no message is in a dead-letter queue.
pub(super) async fn nothing_parked(story: &Story) -> Outcome {
    let queues = &story.stack.queues;
    for queue in [&queues.inbound_dlq, &queues.outbound_dlq] {
        let parked = story.aws.parked(queue).await?;
        let reasons: Vec<&String> = parked.iter().map(|it| &it.reason).collect();
        assert!(parked.is_empty(), "parked, because of {reasons:?}");
    }
    Ok(())
}
