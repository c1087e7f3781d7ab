//! What scenes and tests share: unique lines, and the awaits that several of them need.

use std::{cell::Cell, time::Duration};

use super::{SamplePage, SceneError};
use crate::world::{
    Agent, Control, Entry, Interaction, Mark, PageObject, State, Tweet, Visitor, World, WorldError,
};

/// A healthy stack needs a few seconds for anything; a busy machine gets time to catch up.
const LIMIT: Duration = Duration::from_secs(45);

/// Two more reads of a source that is due only every so often.
const READ_LIMIT: Duration = Duration::from_secs(75);

/// One run of one scene: its share of the world, and the words that nobody else writes.
pub struct Stage {
    /// Its failures tell only what bears the run's mark.
    pub world: World,
    mark: Mark,
    lines: Cell<u32>,
}

impl Stage {
    /// A share of `world` for the run that `mark` belongs to.
    pub fn new(world: &World, mark: &Mark) -> Self {
        Self { world: world.marked(mark), mark: mark.clone(), lines: Cell::new(0) }
    }

    /// `text`, made unique: networks refuse what was written before, and scenes find it by this.
    pub fn line(&self, text: &str) -> String {
        let number = self.lines.get() + 1;
        self.lines.set(number);
        format!("{text} ({}-{number})", self.mark)
    }

    /// A person who writes on the networks.
    pub fn visitor(&self, name: &str) -> Visitor {
        self.world.visitor(name)
    }

    /// An agent at the primary CIC server.
    pub fn agent(&self, name: &str) -> Agent {
        self.world.agent(name)
    }

    /// Awaits the interaction that is offered in `workgroup` and shows `text`.
    pub async fn offered(&self, workgroup: &str, text: &str) -> Result<Interaction, SceneError> {
        let awaited = format!("an interaction offered in \"{workgroup}\" that shows \"{text}\"");
        self.interaction(&awaited, |chat| {
            chat.workgroup == workgroup && chat.state == State::Offering && chat.shows(text)
        })
        .await
    }

    /// Awaits that this very interaction shows `text`, and that no other does.
    pub async fn joins(
        &self,
        interaction: &Interaction,
        text: &str,
    ) -> Result<Interaction, SceneError> {
        let awaited = format!("\"{text}\" in interaction {}", interaction.id);
        let found = self
            .interaction(&awaited, |chat| chat.id == interaction.id && chat.shows(text))
            .await?;
        self.only_once(text, &[&interaction.workgroup]).await?;
        Ok(found)
    }

    /// Picks up, and awaits that CIC connected them.
    pub async fn picks_up(
        &self,
        agent: &Agent,
        interaction: &Interaction,
    ) -> Result<Interaction, SceneError> {
        agent.picks_up(interaction).await?;
        self.reaches(interaction, State::Connected).await
    }

    /// Awaits that the interaction is in `state`.
    pub async fn reaches(
        &self,
        interaction: &Interaction,
        state: State,
    ) -> Result<Interaction, SceneError> {
        let awaited = format!("interaction {} to be {state:?}", interaction.id);
        self.interaction(&awaited, |chat| chat.id == interaction.id && chat.state == state).await
    }

    /// Awaits an interaction with the bridge's own line about `words`.
    ///
    /// `among` chooses the lines of the transcript to look at.
    pub async fn notice(
        &self,
        interaction: &Interaction,
        words: &str,
        among: impl Fn(&Interaction) -> &[Entry],
    ) -> Result<Interaction, SceneError> {
        let awaited = format!("a notice \"… {words} …\" in interaction {}", interaction.id);
        self.interaction(&awaited, |chat| {
            chat.id == interaction.id && among(chat).iter().any(|it| it.is_notice_of(words))
        })
        .await
    }

    /// Awaits an interaction for which `wanted` holds.
    pub async fn interaction(
        &self,
        awaited: &str,
        wanted: impl Fn(&Interaction) -> bool,
    ) -> Result<Interaction, SceneError> {
        let found = self.world.eventually(awaited, LIMIT, async || {
            Ok(self.world.interactions().await?.into_iter().find(|chat| wanted(chat)))
        });
        Ok(found.await?)
    }

    /// Claims that `text` is shown once in one interaction of each of `workgroups`, and nowhere else.
    pub async fn only_once(&self, text: &str, workgroups: &[&str]) -> Result<(), SceneError> {
        let interactions = self.world.interactions().await?;
        let mut shown: Vec<_> = interactions
            .iter()
            .flat_map(|chat| vec![chat.workgroup.as_str(); chat.times_shown(text)])
            .collect();
        shown.sort_unstable();
        let mut expected = workgroups.to_vec();
        expected.sort_unstable();
        let claim = format!("\"{text}\" is shown once each in {expected:?}, not in {shown:?}");
        self.claim(&claim, shown == expected).await
    }

    /// Awaits the comment directly under `object_id` in which the page says exactly `text`.
    pub async fn page_comment(
        &self,
        page: &SamplePage,
        object_id: &str,
        text: &str,
    ) -> Result<PageObject, SceneError> {
        self.by_page(page, object_id, text, |object| object.comments.iter().collect()).await
    }

    /// The same, at whatever depth: a reply to a comment may stand under that.
    pub async fn page_reply(
        &self,
        page: &SamplePage,
        object_id: &str,
        text: &str,
    ) -> Result<PageObject, SceneError> {
        self.by_page(page, object_id, text, PageObject::thread).await
    }

    async fn by_page(
        &self,
        page: &SamplePage,
        object_id: &str,
        text: &str,
        under: impl Fn(&PageObject) -> Vec<&PageObject>,
    ) -> Result<PageObject, SceneError> {
        let awaited = format!("a comment under {object_id}, by the page, that says \"{text}\"");
        let found = self.world.eventually(&awaited, LIMIT, async || {
            let tree = self.world.page_tree(page.id).await?;
            let objects = tree.iter().flat_map(PageObject::thread);
            let mut comments = objects.filter(|object| object.id == object_id).flat_map(&under);
            Ok(comments.find(|comment| comment.is_by(page.id, text)).cloned())
        });
        Ok(found.await?)
    }

    /// Awaits the answer to a tweet in which `handle` says exactly `text`.
    pub async fn answer(
        &self,
        handle: &str,
        tweet_id: &str,
        text: &str,
    ) -> Result<Tweet, SceneError> {
        let awaited = format!("a tweet of @{handle} in reply to {tweet_id} that says \"{text}\"");
        let found = self.world.eventually(&awaited, LIMIT, async || {
            let tweets = self.world.tweets().await?.into_iter();
            let mut answers = tweets.filter(|tweet| tweet.in_reply_to.as_deref() == Some(tweet_id));
            Ok(answers.find(|tweet| tweet.author.username == handle && tweet.text == text))
        });
        Ok(found.await?)
    }

    /// Claims that no tweet says `text`.
    pub async fn not_tweeted(&self, text: &str) -> Result<(), SceneError> {
        let tweets = self.world.tweets().await?;
        let claim = format!("no tweet says \"{text}\"");
        self.claim(&claim, !tweets.iter().any(|tweet| tweet.text.contains(text))).await
    }

    /// Awaits that the poller asked Twitter for matches twice more from now on.
    pub async fn two_more_searches(&self) -> Result<(), SceneError> {
        let weight = |route: &str| u64::from(route.ends_with("/search/recent"));
        self.more_reads("two more searches", self.world.twitter.control(), weight, 2).await
    }

    /// Awaits that the poller read the page's feed twice more from now on.
    ///
    /// Where the count does not tell the two pages apart, twice as many reads stand for both.
    pub async fn two_more_feeds(&self, page: &SamplePage) -> Result<(), SceneError> {
        let awaited = format!("two more reads of the feed of {}", page.name);
        let weight = |route: &str| match route.starts_with("GET ") && route.ends_with("/feed") {
            true if route.contains(page.id) => 2,
            true if route.contains('{') => 1,
            _ => 0,
        };
        self.more_reads(&awaited, self.world.facebook.control(), weight, 4).await
    }

    /// Awaits that the weighed count of requests grows by `growth`.
    async fn more_reads(
        &self,
        awaited: &str,
        control: &Control,
        weight: impl Fn(&str) -> u64,
        growth: u64,
    ) -> Result<(), SceneError> {
        let count = async || {
            let requests = control.requests().await?;
            Ok::<u64, WorldError>(requests.iter().map(|(route, n)| n * weight(route)).sum())
        };
        let before = count().await?;
        let grown = self.world.eventually(awaited, READ_LIMIT, async || {
            Ok((count().await? >= before + growth).then_some(()))
        });
        Ok(grown.await?)
    }

    /// Fails where `holds` is false, and then says what the world held.
    pub async fn claim(&self, claim: &str, holds: bool) -> Result<(), SceneError> {
        if holds {
            return Ok(());
        }
        let held = self.world.picture().await;
        Err(SceneError::Broken { claim: claim.to_owned(), held })
    }
}

/// Ends every open interaction of a run, as an agent would who has looked at it.
pub async fn tidy_up(world: &World, mark: &Mark) -> Result<(), WorldError> {
    let agent = world.agent("Sam");
    for chat in world.interactions().await? {
        let marked = chat.transcript.iter().any(|entry| entry.says(mark.as_str()));
        if !(marked && chat.is_open()) {
            continue;
        }
        if chat.state == State::Offering {
            // A disconnect before any agent was there would not count as an answer.
            agent.picks_up(&chat).await?;
        }
        agent.disconnects(&chat).await?;
    }
    Ok(())
}
