//! Who wrote what: looked up in batches, once per account and day, because each is billed
//! (contract B9).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use social_core::credential::TwitterCredential;

use crate::{
    api::{Api, MAX_IDS, Vocabulary},
    error::TwitterError,
    snowflake,
    wire::User,
};

/// X bills the same account once a day.
const KEPT: Duration = Duration::from_hours(24);

/// Accounts that were looked up, in memory.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    users: Mutex<BTreeMap<String, (Timestamp, Arc<User>)>>,
    /// Author of a tweet that another one quotes; never changes.
    wrote: Mutex<BTreeMap<String, String>>,
    /// Accounts and tweets that X billed and nobody has paid for yet.
    billed: [AtomicU64; 2],
}

impl Authors {
    /// How many accounts and tweets were looked up since this was last asked.
    pub(crate) fn take_billed(&self) -> (u64, u64) {
        let [users, tweets] = &self.billed;
        (users.swap(0, Ordering::Relaxed), tweets.swap(0, Ordering::Relaxed))
    }

    fn bill(&self, users: usize, tweets: usize) {
        let [billed_users, billed_tweets] = &self.billed;
        billed_users.fetch_add(u64::try_from(users).unwrap_or_default(), Ordering::Relaxed);
        billed_tweets.fetch_add(u64::try_from(tweets).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Accounts by their ids. Suspended and protected ones are missing, and asked for again.
    pub(crate) async fn users(
        &self,
        api: &Api,
        credential: &TwitterCredential,
        ids: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Arc<User>>, TwitterError> {
        let oldest = snowflake::before(now, KEPT);
        locked(&self.users).retain(|_, (at, _)| *at > oldest);
        let unknown = without(&ids, &locked(&self.users));
        for batch in unknown.chunks(MAX_IDS) {
            let found = api.users(credential, batch).await?;
            self.bill(found.len(), 0);
            let found = found.into_iter().map(|user| (user.id.clone(), (now, Arc::new(user))));
            locked(&self.users).extend(found);
        }
        let users = locked(&self.users);
        let known = |id: String| users.get(&id).map(|(_, user)| (id.clone(), Arc::clone(user)));
        Ok(ids.into_iter().filter_map(known).collect())
    }

    /// Ids of those who wrote these tweets, as far as X tells.
    pub(crate) async fn of_tweets(
        &self,
        api: &Api,
        credential: &TwitterCredential,
        tweets: BTreeSet<String>,
        vocabulary: Vocabulary,
    ) -> Result<BTreeMap<String, String>, TwitterError> {
        let unknown = without(&tweets, &locked(&self.wrote));
        for batch in unknown.chunks(MAX_IDS) {
            let found = api.tweets(credential, batch, vocabulary).await?;
            self.bill(0, found.len());
            let found = found.into_iter().filter_map(|tweet| Some((tweet.id, tweet.author_id?)));
            locked(&self.wrote).extend(found);
        }
        let wrote = locked(&self.wrote);
        let known = |id: String| wrote.get(&id).map(|author| (id.clone(), author.clone()));
        Ok(tweets.into_iter().filter_map(known).collect())
    }
}

fn without<T>(wanted: &BTreeSet<String>, known: &BTreeMap<String, T>) -> Vec<String> {
    wanted.iter().filter(|id| !known.contains_key(*id)).cloned().collect()
}

/// A panic elsewhere leaves the maps whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
