//! Joins tweets with their authors, looked up in batches (contract B9), into one message per channel.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use social_core::{Clock, budget::Budgets, inbound::Incoming};

use super::TwitterPoll;
use crate::{
    error::TwitterError,
    matching::Reader,
    normal::{self, Known},
    wire::{Tweet, User},
};

/// A tweet and the channels that take it.
pub(super) struct Matched<'a> {
    pub(super) tweet: &'a Tweet,
    pub(super) readers: Vec<&'a Reader>,
}

impl<C: Clock, B: Budgets> TwitterPoll<C, B> {
    /// Looks up who wrote the tweets, and who wrote what they quote where an answer depends on it.
    pub(super) async fn messages(
        &self,
        matched: &[Matched<'_>],
        now: Timestamp,
    ) -> Result<Vec<Incoming>, TwitterError> {
        let quoted: BTreeSet<String> =
            matched.iter().filter_map(Matched::doubtful_quote).map(ToOwned::to_owned).collect();
        let quoted = self
            .authors
            .of_tweets(&self.api, &self.credential, quoted, self.settings.vocabulary)
            .await?;
        let written = matched.iter().filter_map(|matched| matched.tweet.author_id.clone());
        let ids = written.chain(quoted.values().cloned()).collect();
        let users = self.authors.users(&self.api, &self.credential, ids, now).await?;
        Ok(matched.iter().flat_map(|matched| matched.messages(&users, &quoted)).collect())
    }
}

impl Matched<'_> {
    /// The quoted tweet, where only its author tells whether some channel may answer.
    fn doubtful_quote(&self) -> Option<&str> {
        let quoted = self.tweet.reference("quoted")?;
        let handles = self.readers.iter().filter_map(|reader| reader.source.reply_handle.as_ref());
        let mut doubts = handles.filter(|handle| !self.tweet.mentions(|name| handle.is(name)));
        doubts.next().map(|_| quoted)
    }

    /// One message per channel.
    fn messages(
        &self,
        users: &BTreeMap<String, Arc<User>>,
        quoted: &BTreeMap<String, String>,
    ) -> Vec<Incoming> {
        let user = |id: Option<&String>| id.and_then(|id| users.get(id)).map(|user| &**user);
        let quoted = self.tweet.reference("quoted").and_then(|tweet| quoted.get(tweet));
        let known = Known {
            tweet: self.tweet,
            author: user(self.tweet.author_id.as_ref()),
            quoted: user(quoted),
        };
        let id = self.tweet.author_id.as_deref();
        let readers = self.readers.iter().filter(|reader| !reader.blocks(id, known.author));
        readers
            .map(|reader| Incoming {
                channel_id: reader.channel.id.clone(),
                message: normal::message(known, reader),
            })
            .collect()
    }
}
