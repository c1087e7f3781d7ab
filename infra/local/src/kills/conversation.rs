use std::time::Duration;

use super::KillError;
use crate::{
    scenes::{ACME, Stage},
    world::{Interaction, PageObject, WorldError, eventually},
};

/// How long anything may take, with a process dying of it a few times.
const LIMIT: Duration = Duration::from_secs(120);
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
    /// Those of them that came back to the agent, whole, instead of being published.
    pub returned: usize,
    /// What was lost, doubled or out of order, in words.
    pub wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.replies += other.replies;
        self.returned += other.returned;
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
    let mut returned = Vec::new();
    for (reply, word) in replies.iter().zip(words) {
        jo.writes(&chat, reply).await?;
        published(stage, reply, PATIENCE).await?;
        zoe.comments_on(&post, word).await?;
        if shown(stage, word, LIMIT).await?.is_none() {
            wrong.push(format!("never shown: {word}"));
        }
        match came_of(stage, &chat, reply).await? {
            Some(true) => {}
            Some(false) => returned.push(reply.clone()),
            None => wrong.push(format!("neither published nor given back: {reply}")),
        }
    }
    jo.disconnects(&chat).await?;
    wrong.extend(compare("shown", &said, &seen(stage, &said).await?));
    let kept: Vec<_> = replies.iter().filter(|it| !returned.contains(it)).cloned().collect();
    wrong.extend(compare("published", &kept, &public(stage, &replies).await?));
    Ok(Verdict { returned: returned.len(), ..judged(wrong) })
}

fn judged(wrong: Vec<String>) -> Verdict {
    Verdict { conversations: 1, messages: 3, replies: 2, returned: 0, wrong }
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

/// Whether the reply was published or given back; `None` where neither happened in time.
async fn came_of(
    stage: &Stage,
    chat: &Interaction,
    text: &str,
) -> Result<Option<bool>, WorldError> {
    eventually(LIMIT, async || {
        if !public(stage, &[text.to_owned()]).await?.is_empty() {
            return Ok(Some(true));
        }
        let interactions = stage.world.interactions().await?;
        let mut lines =
            interactions.iter().filter(|it| it.id == chat.id).flat_map(|it| &it.transcript);
        let returned = lines.any(|it| it.is_notice_of("not published") && it.says(text));
        Ok(returned.then_some(false))
    })
    .await
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
