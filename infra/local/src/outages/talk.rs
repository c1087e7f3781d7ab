use std::collections::HashMap;

use crate::{
    scenes::{ACME, SceneError, Stage},
    world::{Agent, Interaction, PageObject, Visitor, WorldError},
};

/// A visitor's post on a page, and what is said under it.
pub struct Talk {
    visitor: Visitor,
    /// The post's id.
    pub post: String,
    /// Everything that the visitor wrote.
    pub said: Vec<String>,
    /// Everything that the agent wrote.
    pub answered: Vec<String>,
}

impl Talk {
    /// The visitor posts.
    pub async fn begin(stage: &Stage) -> Result<Self, WorldError> {
        let (visitor, question) =
            (stage.visitor("Zoë O'Hara"), stage.line("My router blinks red."));
        let post = visitor.posts_on(ACME.id, &question).await?;
        Ok(Self { visitor, post, said: vec![question], answered: Vec::new() })
    }

    /// The agent who picks the interaction up, and what she answers to the post.
    pub async fn picked_up(
        &mut self,
        stage: &Stage,
        agent: &Agent,
    ) -> Result<Interaction, SceneError> {
        let question = self.said.concat();
        let chat = stage.offered(ACME.workgroup, &question).await?;
        let chat = stage.picks_up(agent, &chat).await?;
        // The bridge hears who speaks before it hears what; that she is there stands in her first answer.
        self.answer(stage, agent, &chat).await?;
        stage.page_reply(&ACME, &self.post, &self.answered.concat()).await?;
        Ok(chat)
    }

    /// The visitor comments.
    pub async fn say(&mut self, stage: &Stage, text: &str) -> Result<(), WorldError> {
        let word = stage.line(text);
        self.visitor.comments_on(&self.post, &word).await?;
        self.said.push(word);
        Ok(())
    }

    /// The agent writes.
    pub async fn answer(
        &mut self,
        stage: &Stage,
        agent: &Agent,
        chat: &Interaction,
    ) -> Result<(), WorldError> {
        let reply = stage.line("Please hold the reset button.");
        agent.writes(chat, &reply).await?;
        self.answered.push(reply);
        Ok(())
    }
}

/// What agents see of each visitor's words, in order.
pub async fn seen(stage: &Stage, talks: &[Talk]) -> Result<Vec<Vec<String>>, WorldError> {
    let said = || talks.iter().map(|talk| &talk.said);
    let talk_of: HashMap<&str, usize> = (0..)
        .zip(said())
        .flat_map(|(talk, said)| said.iter().map(move |text| (mark(text), talk)))
        .collect();
    let mut seen = vec![Vec::new(); talks.len()];
    for chat in stage.world.interactions().await? {
        for entry in chat.transcript {
            let talk = talk_of.get(mark(&entry.text)).copied();
            let (Some(said), Some(seen)) =
                (talk.and_then(|it| said().nth(it)), talk.and_then(|it| seen.get_mut(it)))
            else {
                continue;
            };
            seen.extend(said.iter().find(|text| entry.shows(text)).cloned());
        }
    }
    Ok(seen)
}

/// What of each agent's answers is on the page, in order.
pub async fn public(stage: &Stage, talks: &[Talk]) -> Result<Vec<Vec<String>>, WorldError> {
    let tree = stage.world.page_tree(ACME.id).await?;
    let public = talks.iter().map(|talk| {
        let post = tree.iter().find(|post| post.id == talk.post);
        let mut comments = post.map(PageObject::thread).unwrap_or_default();
        // Facebook counts objects, and tells only whole seconds.
        comments.sort_by_key(|comment: &&PageObject| (comment.id.len(), comment.id.clone()));
        let answers = comments
            .iter()
            .filter_map(|it| talk.answered.iter().find(|text| it.is_by(ACME.id, text)));
        answers.cloned().collect()
    });
    Ok(public.collect())
}

/// What makes a line unlike any other: it ends in `(mark-number)`.
fn mark(text: &str) -> &str {
    let (_, mark) = text.rsplit_once('(').unwrap_or_default();
    mark.split_once(')').unwrap_or_default().0
}
