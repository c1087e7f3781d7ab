//! Forgetting an author: what the bridge holds of a person is erased, and what is still on its way
//! is left out. Which of it can be found by machine stands in `docs/privacy.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::ChannelId,
    clock::Clock,
    conversation::{Conversation, Erased},
    message::Network,
    store::{Conversations, Forgotten},
    verdict::Failure,
};

/// Whom to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub network: Network,
    /// The network's id of the person, as in the profile that an agent is told by `/who`.
    pub id: String,
}

/// What was found of an author, and erased unless somebody only wanted to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    pub conversations: usize,
    /// Those of them that were removed: closed, and nobody else wrote in them.
    pub removed: usize,
    pub lines: usize,
    pub profiles: usize,
    pub replies: usize,
    /// Conversations that cannot be read; nobody knows whose they are.
    pub unreadable: usize,
}

/// A person's wish to be deleted, as Facebook passed it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Under which the person can ask what became of it.
    pub code: String,
    /// The id that the network named; gone when the request is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    pub asked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub at: Timestamp,
    /// Conversations in which something was erased.
    pub conversations: usize,
}

/// Requests to delete, by their codes.
pub trait Requests {
    /// Remembers a request; `false` if it is known.
    async fn note(&self, request: &Request) -> Result<bool, Failure>;

    /// The request with this code.
    async fn request(&self, code: &str) -> Result<Option<Request>, Failure>;

    /// Those that nobody has settled yet, oldest first. Reads the whole table.
    async fn unsettled(&self) -> Result<Vec<Request>, Failure>;

    /// Settles a request; `false` if there is none with this code.
    async fn settle(&self, code: &str, settled: &Settled) -> Result<bool, Failure>;
}

/// All conversations at once, for administrators.
pub trait Archive: Conversations + Forgotten {
    /// Remembers that the author is forgotten, as of that time.
    async fn note_forgotten(&self, author: &Author, at: Timestamp) -> Result<(), Failure>;

    /// Conversations that hold anything of that id, and how many cannot be read. Reads the whole table.
    async fn holding(&self, author_id: &str) -> Result<(Vec<Conversation>, usize), Failure>;

    /// Removes a conversation if nobody changed it since; `false` if somebody did.
    async fn remove(&self, conversation: &Conversation) -> Result<bool, Failure>;
}

/// Forgets an author: first what is on its way, then what is stored. `is_of_network` tells whether a
/// conversation's channel is one of the author's network. A dry run only counts.
pub async fn forget(
    (archive, clock): (&impl Archive, &impl Clock),
    author: &Author,
    is_of_network: impl Fn(&ChannelId) -> bool,
    dry_run: bool,
) -> Result<Found, Failure> {
    if !dry_run {
        archive.note_forgotten(author, clock.now()).await?;
    }
    let (holding, unreadable) = archive.holding(&author.id).await?;
    let mut found = Found { unreadable, ..Found::default() };
    for mut conversation in holding.into_iter().filter(|it| is_of_network(&it.channel_id)) {
        let removed = if dry_run {
            found.add(conversation.forget(&author.id));
            conversation.is_spent()
        } else {
            let (erased, removed) = erase(archive, conversation, &author.id).await?;
            found.add(erased);
            removed
        };
        found.conversations += 1;
        found.removed += usize::from(removed);
    }
    Ok(found)
}

/// Erases until nobody has written in between. Says what was there, and whether all of it is gone.
async fn erase(
    archive: &impl Archive,
    mut conversation: Conversation,
    author_id: &str,
) -> Result<(Erased, bool), Failure> {
    let mut first = None;
    loop {
        let erased = conversation.forget(author_id);
        first.get_or_insert(erased);
        let erased = first.unwrap_or(erased);
        if conversation.is_spent() {
            if archive.remove(&conversation).await? {
                return Ok((erased, true));
            }
            conversation = archive.load(&conversation.channel_id, &conversation.key).await?;
        } else {
            match archive.save(&mut conversation).await? {
                None => return Ok((erased, false)),
                Some(standing) => conversation = standing,
            }
        }
    }
}

impl Found {
    fn add(&mut self, erased: Erased) {
        self.lines += erased.lines;
        self.profiles += erased.profiles;
        self.replies += erased.replies;
    }
}
