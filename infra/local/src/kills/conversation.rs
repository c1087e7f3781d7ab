use std::time::Duration;

use super::KillError;
use crate::{
    scenes::{ACME, Stage},
    world::{Interaction, PageObject, WorldError, eventually},
};

/// How long anything may take, with a process dying of it a few times.
const LIMIT: Duration = Duration::from_secs(240);
/// How long a visitor waits for an answer before saying more. It is what brings to light that a
/// process died of an agent's words: the chat's numbers have a gap then.
const PATIENCE: Duration = Duration::from_secs(8);

/// What became of what people said.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Conversations that came to their end.
    pub conversations: usize,
    /// What visitors wrote.
    pub messages: usize,
    /// What agents wrote.
    pub replies: usize,
    /// What was lost, doubled or out of order, in words.
    pub wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.replies += other.replies;
        self.wrong.extend(other.wrong);
    }
}

/// A visitor writes, an agent answers, and once more; a last word, and the agent hangs up.
pub(super) async fn play(stage: &Stage) -> Result<Verdict, KillError> {
    let (zoe, jo) = (stage.visitor("Zoë O'Hara"), stage.agent("Jo"));
    let said = ["My router blinks red.", "Now it beeps.", "That helped."].map(|it| stage.line(it));
    let replies = ["Hold the reset button.", "Unplug it."].map(|it| stage.line(it));
    let [question, words @ ..] = &said;
    let post = zoe.posts_on(ACME.id, question).await?;
    let mut wrong = Vec::new();
    let Some(chat) = shown(stage, question, LIMIT).await? else {
        return Ok(judged(vec![format!("never shown: {question}")]));
    };
    stage.picks_up(&jo, &chat).await?;
    for (reply, word) in replies.iter().zip(words) {
        jo.writes(&chat, reply).await?;
        published(stage, reply, PATIENCE).await?;
        zoe.comments_on(&post, word).await?;
        if shown(stage, word, LIMIT).await?.is_none() {
            wrong.push(format!("never shown: {word}"));
        }
        if !published(stage, reply, LIMIT).await? {
            wrong.push(format!("never published: {reply}"));
        }
    }
    jo.disconnects(&chat).await?;
    wrong.extend(compare("shown", &said, &seen(stage, &said).await?));
    wrong.extend(compare("published", &replies, &public(stage, &replies).await?));
    Ok(judged(wrong))
}

fn judged(wrong: Vec<String>) -> Verdict {
    Verdict { conversations: 1, messages: 3, replies: 2, wrong }
}

async fn shown(
    stage: &Stage,
    text: &str,
    limit: Duration,
) -> Result<Option<Interaction>, WorldError> {
    eventually(limit, async || {
        let interactions = stage.world.interactions().await?;
        Ok(interactions.into_iter().find(|chat| chat.shows(text)))
    })
    .await
}

async fn published(stage: &Stage, text: &str, limit: Duration) -> Result<bool, WorldError> {
    let texts = [text.to_owned()];
    let there = async || Ok((!public(stage, &texts).await?.is_empty()).then_some(()));
    Ok(eventually(limit, there).await?.is_some())
}

/// Every line of every interaction that shows one of `texts`, in order.
async fn seen(stage: &Stage, texts: &[String]) -> Result<Vec<String>, WorldError> {
    let interactions = stage.world.interactions().await?;
    let entries = interactions.iter().flat_map(|chat| &chat.transcript);
    let seen = entries.filter_map(|entry| texts.iter().find(|text| entry.shows(text)));
    Ok(seen.cloned().collect())
}

/// Every comment of the page's that says one of `texts`, in order.
async fn public(stage: &Stage, texts: &[String]) -> Result<Vec<String>, WorldError> {
    let tree = stage.world.page_tree(ACME.id).await?;
    let mut comments: Vec<&PageObject> = tree.iter().flat_map(PageObject::thread).collect();
    comments.sort_by(|a, b| a.created_time.cmp(&b.created_time));
    let by_page = comments
        .iter()
        .filter_map(|comment| texts.iter().find(|text| comment.is_by(ACME.id, text)));
    Ok(by_page.cloned().collect())
}

fn compare(how: &str, said: &[String], there: &[String]) -> Option<String> {
    (said != there).then(|| format!("{how} as {there:?} instead of {said:?}"))
}
