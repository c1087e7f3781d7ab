//! Persons' requests to be deleted, by their codes.

use std::time::Duration;

use social_core::{
    Clock, Failure,
    forgetting::{Request, Requests, Settled},
};

use super::{
    ABSENT, Outcome, StateTable,
    items::{EXPIRES_AT, Item, Key, REQUEST_PREFIX, decode, encode, seconds},
    put_if,
};
use crate::AwsError;

/// As long as somebody may ask what became of it.
const KEPT: Duration = Duration::from_hours(365 * 24);

const WHAT: &str = "request to delete";

impl<C: Clock> Requests for StateTable<C> {
    async fn note(&self, request: &Request) -> Result<bool, Failure> {
        let put = self.put(Key::request(&request.code), self.request_item(request)?);
        let outcome = put_if(put.condition_expression(ABSENT)).await?;
        Ok(matches!(outcome, Outcome::Written(_)))
    }

    async fn request(&self, code: &str) -> Result<Option<Request>, Failure> {
        let item = self.get(Key::request(code), true).await?;
        Ok(item.map(|item| decode(WHAT, item)).transpose()?)
    }

    async fn unsettled(&self) -> Result<Vec<Request>, Failure> {
        let mut unsettled: Vec<Request> = Vec::new();
        let mut pages = self.scan(REQUEST_PREFIX, "request").send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(AwsError::of("DynamoDB Scan"))?.items.unwrap_or_default() {
                unsettled.push(decode(WHAT, item)?);
            }
        }
        unsettled.retain(|request| request.settled.is_none());
        unsettled.sort_by_key(|request| request.asked_at);
        Ok(unsettled)
    }

    async fn settle(&self, code: &str, settled: &Settled) -> Result<bool, Failure> {
        let Some(request) = self.request(code).await? else { return Ok(false) };
        let settled = Request { user_id: None, settled: Some(settled.clone()), ..request };
        let put = self.put(Key::request(code), self.request_item(&settled)?);
        put.send().await.map_err(AwsError::of("DynamoDB PutItem"))?;
        Ok(true)
    }
}

impl<C: Clock> StateTable<C> {
    fn request_item(&self, request: &Request) -> Result<Item, AwsError> {
        let mut item = encode(WHAT, request)?;
        item.insert(EXPIRES_AT.to_owned(), seconds(self.clock.now() + KEPT));
        Ok(item)
    }
}
