//! Whose thread it is, remembered once it was told or looked up.

use serde::{Deserialize, Serialize};
use social_core::{ChannelId, Clock, Failure, message::Owner, store::Threads};

use super::{
    StateTable,
    items::{EXPIRES_AT, Key, decode, encode, seconds},
    retention::days,
};
use crate::AwsError;

const WHAT: &str = "thread's owner";

#[derive(Serialize, Deserialize)]
struct Thread {
    owner: Owner,
}

impl<C: Clock> Threads for StateTable<C> {
    async fn owner(&self, channel: &ChannelId, root: &str) -> Result<Option<Owner>, Failure> {
        // An owner never changes: a read that is behind costs one look-up on the network.
        let Some(item) = self.get(Key::thread(channel, root), false).await? else {
            return Ok(None);
        };
        Ok(Some(decode::<Thread>(WHAT, item)?.owner))
    }

    async fn remember(&self, channel: &ChannelId, root: &str, owner: Owner) -> Result<(), Failure> {
        self.put(Key::thread(channel, root), encode(WHAT, &Thread { owner })?)
            .item(EXPIRES_AT, seconds(self.clock.now() + days(self.retention.conversations)))
            .send()
            .await
            .map_err(AwsError::of("DynamoDB PutItem"))?;
        Ok(())
    }
}
