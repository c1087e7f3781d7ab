//! The `channels` table, which administrators write by hand.

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use social_core::{ChannelSet, Channels, Clock, Failure, channel::EntryError};
use tokio::sync::Mutex;

use crate::AwsError;

/// How long the last good reading serves while the table cannot be read.
const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// The channels, read again when they are older than `refresh`. Clones share one reading.
#[derive(Debug, Clone)]
pub struct ChannelTable<C> {
    client: Client,
    table_name: String,
    clock: C,
    refresh: Duration,
    reading: Arc<Mutex<Option<Reading>>>,
}

#[derive(Debug)]
struct Reading {
    set: Arc<ChannelSet>,
    /// When it was read.
    read_at: Timestamp,
    /// When that was last tried.
    tried_at: Timestamp,
    failing: bool,
}

impl<C> ChannelTable<C> {
    /// Changes take effect within this time unless told otherwise.
    pub const REFRESH: Duration = Duration::from_secs(30);

    /// The table of that name.
    pub fn new(
        client: &Client,
        table_name: impl Into<String>,
        clock: C,
        refresh: Duration,
    ) -> Self {
        Self {
            client: client.clone(),
            table_name: table_name.into(),
            clock,
            refresh,
            reading: Arc::default(),
        }
    }

    /// Reads them at once, as a function starts; what cannot be read then is read when it is needed.
    ///
    /// The answer tells AWS's time ([`crate::clock_correction`]) before anything is decided by it.
    pub async fn read_early(self) -> Self
    where
        C: Clock,
    {
        self.all().await.ok();
        self
    }

    async fn read(&self) -> Result<ChannelSet, AwsError> {
        let scan = self.client.scan().table_name(&self.table_name);
        let pages = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let mut unreadable = Vec::new();
        let items = pages.map_err(AwsError::of("DynamoDB Scan"))?;
        let entries = items.into_iter().filter_map(|item| {
            let channel_id = item.get("channel_id").and_then(|id| id.as_s().ok()).cloned();
            let entry = entry(item);
            if entry.is_none() {
                unreadable.push(EntryError {
                    channel_id: channel_id.unwrap_or_else(|| "(no channel_id)".to_owned()),
                    field: "entry".to_owned(),
                    problem: "holds a type that no field has".to_owned(),
                });
            }
            entry
        });
        let mut set = ChannelSet::from_entries(entries);
        set.invalid.extend(unreadable);
        set.invalid.sort_by(|a, b| (&a.channel_id, &a.field).cmp(&(&b.channel_id, &b.field)));
        Ok(set)
    }
}

fn entry(item: std::collections::HashMap<String, AttributeValue>) -> Option<Value> {
    serde_dynamo::from_item(item).ok()
}

impl<C: Clock> Channels for ChannelTable<C> {
    async fn all(&self) -> Result<Arc<ChannelSet>, Failure> {
        let mut reading = self.reading.lock().await;
        let now = self.clock.now();
        let old = match reading.as_mut() {
            Some(reading) if now.duration_since(reading.tried_at) < signed(self.refresh) => {
                return Ok(reading.set.clone());
            }
            old => old,
        };
        let read = self.read().await;
        // Later than the answer, which may have set the clock right.
        let now = self.clock.now();
        match (read, old) {
            (Ok(set), old) => {
                let known = old.map(|old| old.set.invalid.as_slice()).unwrap_or_default();
                if set.invalid != known {
                    set.invalid.iter().for_each(tell);
                }
                let set = Arc::new(set);
                *reading =
                    Some(Reading { set: set.clone(), read_at: now, tried_at: now, failing: false });
                Ok(set)
            }
            (Err(error), Some(old)) if now.duration_since(old.read_at) < GRACE => {
                if !old.failing {
                    let error = Failure::from(error);
                    tracing::warn!(metric = "ChannelsUnread", %error, "channels cannot be read; the last reading serves");
                }
                old.failing = true;
                old.tried_at = now;
                Ok(old.set.clone())
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

fn tell(EntryError { channel_id, field, problem }: &EntryError) {
    tracing::warn!(
        metric = "ChannelInvalid",
        %channel_id,
        %field,
        %problem,
        "channel entry is invalid and is skipped"
    );
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests;
