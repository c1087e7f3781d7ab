use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep};

use super::{KillError, place::Place};
use crate::{
    scenes::Stage,
    world::{Interaction, WorldError},
};

/// How long anything may take: pauses double each time that a process dies of it, up to a minute, and
/// in a long run many die of it.
const LIMIT: Duration = Duration::from_secs(1_200);
/// How long a visitor waits for an answer before saying more. It is what brings to light that a
/// process died of an agent's words: the chat's numbers have a gap then.
const PATIENCE: Duration = Duration::from_secs(8);

/// Between two looks at what people see.
const PACE: Duration = Duration::from_secs(2);

/// What became of what people said.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Conversations that came to their end.
    pub conversations: usize,
    /// What visitors wrote.
    pub messages: usize,
    /// What agents wrote.
    pub replies: usize,
    /// Why those of them came back to the agent, whole, that were not published.
    pub returned: Vec<String>,
    /// Chats that CIC ended because nobody asked for news, with nothing lost in them.
    pub dropped: usize,
    /// What was lost, doubled or out of order, in words.
    pub wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.replies += other.replies;
        self.returned.extend(other.returned);
        self.dropped += other.dropped;
        self.wrong.extend(other.wrong);
    }
}

/// A visitor writes, an agent answers, and once more; a last word, and the agent hangs up.
pub(super) async fn play(stage: &Stage, place: Place) -> Result<Verdict, KillError> {
    let (zoe, jo) = (stage.visitor("Zoë O'Hara"), stage.agent("Jo"));
    let question = place.line(stage, "My router blinks red.");
    let begun_with = place.begin(&zoe, &question).await?;
    let mut verdict = Verdict { conversations: 1, ..Verdict::default() };
    let Some(chat) = shown(stage, &question, LIMIT).await? else {
        verdict.wrong.push(format!("never shown: {question}"));
        return Ok(verdict);
    };
    stage.picks_up(&jo, &chat).await?;
    let (mut said, mut written, mut kept) = (vec![question], Vec::new(), Vec::new());
    for (reply, word) in
        [("Hold the reset button.", "Now it beeps."), ("Unplug it.", "That helped.")]
    {
        let (reply, word) = (stage.line(reply), place.line(stage, word));
        if !is_taken(jo.writes(&chat, &reply).await)? {
            verdict.dropped += 1;
            break;
        }
        written.push(reply.clone());
        published(stage, place, &reply, PATIENCE).await?;
        place.go_on(&zoe, &begun_with, &word).await?;
        if shown(stage, &word, LIMIT).await?.is_none() {
            verdict.wrong.push(format!("never shown: {word}"));
        }
        said.push(word);
        match came_of(stage, place, &reply).await? {
            Some(Fate::Published) => kept.push(reply),
            Some(Fate::Returned(why)) => verdict.returned.push(why),
            None => verdict.wrong.push(format!("neither published nor given back: {reply}")),
        }
    }
    is_taken(jo.disconnects(&chat).await)?;
    (verdict.messages, verdict.replies) = (said.len(), written.len());
    verdict.wrong.extend(compare("shown", &said, &seen(stage, &said).await?));
    verdict.wrong.extend(compare("published", &kept, &place.public(stage, &written).await?));
    Ok(verdict)
}

/// `false`: CIC has ended the chat. A chat that nobody asks for news for a minute is dropped, and
/// who should ask may be dying for so long.
fn is_taken(done: Result<(), WorldError>) -> Result<bool, WorldError> {
    match done {
        Err(WorldError::Refused { status: StatusCode::CONFLICT, .. }) => Ok(false),
        done => done.map(|()| true),
    }
}

async fn shown(
    stage: &Stage,
    text: &str,
    limit: Duration,
) -> Result<Option<Interaction>, WorldError> {
    patiently(limit, async || {
        let interactions = stage.world.interactions().await?;
        Ok(interactions.into_iter().find(|chat| chat.shows(text)))
    })
    .await
}

async fn published(
    stage: &Stage,
    place: Place,
    text: &str,
    limit: Duration,
) -> Result<bool, WorldError> {
    let texts = [text.to_owned()];
    let there = async || Ok((!place.public(stage, &texts).await?.is_empty()).then_some(()));
    Ok(patiently(limit, there).await?.is_some())
}

/// What became of a reply.
enum Fate {
    Published,
    /// Given back, with these words.
    Returned(String),
}

/// Whether the reply was published or given back; `None` where neither happened in time.
async fn came_of(stage: &Stage, place: Place, text: &str) -> Result<Option<Fate>, WorldError> {
    patiently(LIMIT, async || {
        if !place.public(stage, &[text.to_owned()]).await?.is_empty() {
            return Ok(Some(Fate::Published));
        }
        let interactions = stage.world.interactions().await?;
        let mut lines = interactions.iter().flat_map(|it| &it.transcript);
        let told = lines.find(|it| it.is_notice_of("not published") && it.says(text));
        Ok(told.map(|it| Fate::Returned(it.text.clone())))
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

fn compare(how: &str, said: &[String], there: &[String]) -> Option<String> {
    (said != there).then(|| format!("{how} as {there:?} instead of {said:?}"))
}

/// Asks less often than scenes do: so many conversations would keep the machine busy with asking.
async fn patiently<T>(
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Result<Option<T>, WorldError>,
) -> Result<Option<T>, WorldError> {
    let deadline = Instant::now() + limit;
    loop {
        let last = Instant::now() >= deadline;
        let found = condition().await?;
        if found.is_some() || last {
            return Ok(found);
        }
        sleep(PACE).await;
    }
}
