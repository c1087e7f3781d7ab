//! Authors whose data was deleted, and the conversations that an administrator looks through for them.

use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use jiff::Timestamp;
use social_core::{
    Clock, Failure, Network,
    conversation::Conversation,
    forgetting::{Archive, Author},
    store::Forgotten,
};

use super::{
    StateTable,
    items::{
        CONVERSATION, EXPIRES_AT, Item, Key, PK, SK, decode, millis, number, seconds, text, time_of,
    },
};
use crate::AwsError;

/// Longer than what was written before may wait in a queue and then in its dead-letter queue.
const KEPT: Duration = Duration::from_hours(30 * 24);

const AT: &str = "forgotten_at";
const UNCHANGED: &str = "attribute_not_exists(pk) OR #version = :read";

impl<C: Clock> Forgotten for StateTable<C> {
    async fn forgotten_at(
        &self,
        network: Network,
        author_id: &str,
    ) -> Result<Option<Timestamp>, Failure> {
        let item = self.get(Key::forgotten(network, author_id), true).await?;
        Ok(item.as_ref().and_then(|item| item.get(AT)).and_then(time_of))
    }
}

impl<C: Clock> Archive for StateTable<C> {
    async fn note_forgotten(&self, author: &Author, at: Timestamp) -> Result<(), Failure> {
        let item = Item::from([
            (AT.to_owned(), millis(at)),
            (EXPIRES_AT.to_owned(), seconds(self.clock.now() + KEPT)),
        ]);
        let put = self.put(Key::forgotten(author.network, &author.id), item);
        put.send().await.map_err(AwsError::of("DynamoDB PutItem"))?;
        Ok(())
    }

    async fn holding(&self, author_id: &str) -> Result<(Vec<Conversation>, usize), Failure> {
        let (mut holding, mut unreadable) = (Vec::new(), 0);
        let mut pages = self.scan("conversation#", CONVERSATION).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(AwsError::of("DynamoDB Scan"))?;
            for item in page.items.unwrap_or_default() {
                match decode::<Conversation>("conversation", item) {
                    Ok(conversation) if conversation.holds(author_id) => holding.push(conversation),
                    Ok(_) => {}
                    Err(_) => unreadable += 1,
                }
            }
        }
        Ok((holding, unreadable))
    }

    async fn remove(&self, conversation: &Conversation) -> Result<bool, Failure> {
        let key = Key::conversation(&conversation.channel_id, &conversation.key);
        let delete = self.client.delete_item().table_name(&self.table_name);
        let removed = delete
            .set_key(Some(key.into_item()))
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":read", number(conversation.version))
            .send()
            .await;
        match removed {
            Ok(_) => Ok(true),
            Err(error) if changed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("DynamoDB DeleteItem")(error).into()),
        }
    }
}

fn changed<R>(error: &aws_sdk_dynamodb::error::SdkError<DeleteItemError, R>) -> bool {
    error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception)
}

impl<C: Clock> StateTable<C> {
    /// All items of one kind, page by page: reads the whole table.
    pub(super) fn scan(&self, prefix: &str, sk: &str) -> Pages {
        self.client
            .scan()
            .table_name(&self.table_name)
            .consistent_read(true)
            .filter_expression(format!("begins_with({PK}, :prefix) AND {SK} = :sk"))
            .expression_attribute_values(":prefix", text(prefix))
            .expression_attribute_values(":sk", text(sk))
            .into_paginator()
    }
}

type Pages = aws_sdk_dynamodb::operation::scan::paginator::ScanPaginator;

#[cfg(test)]
mod tests;
