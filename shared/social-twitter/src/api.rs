//! The calls to X API v2 that the bridge makes, each once: whoever calls decides what a failure means.

use std::sync::Arc;

use http::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use social_core::credential::{OAuth2Keys, TwitterCredential};
use social_http::Client;
use url::{Url, form_urlencoded};

use crate::{
    error::TwitterError,
    limits::{Limits, Purpose, Route},
    oauth,
    wire::{Granted, One, Page, Posted, PrivatePage, Sent, Tweet, User, Users},
};

/// Most ids that one lookup takes.
pub(crate) const MAX_IDS: usize = 100;

/// The search's window.
const POLL_SEARCH: (Route, Purpose) = (Route::Search, Purpose::Poll);

/// In which names fields are asked for (contract B1); answers are read in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// `tweet.fields`, `note_tweet`, `referenced_tweets`.
    #[default]
    Tweet,
    /// `post.fields`, `note_post`, `referenced_posts`.
    Post,
}

impl Vocabulary {
    fn fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Tweet => (
                "tweet.fields",
                "attachments,author_id,conversation_id,created_at,entities,lang,note_tweet,referenced_tweets",
            ),
            Self::Post => (
                "post.fields",
                "attachments,author_id,conversation_id,created_at,entities,lang,note_post,referenced_posts",
            ),
        }
    }
}

/// From where on a search reads. X refuses both in one request (contract B2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// Exclusive.
    Id(u64),
    /// Inclusive, whole seconds.
    Time(Timestamp),
}

/// What is read page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    /// `GET /2/tweets/search/recent`, by this query.
    Search(&'a str),
    /// `GET /2/users/:id/mentions`, of the account's own id.
    Mentions(&'a str),
}

/// One page of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) asked: Asked<'a>,
    pub(crate) since: Since,
    /// Exclusive.
    pub(crate) until: Option<u64>,
    pub(crate) next_token: Option<&'a str>,
    pub(crate) vocabulary: Vocabulary,
}

/// A client of X API v2. Clones share their connections, and what they learn of limits.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: Url,
    limits: Arc<Limits>,
}

impl Api {
    /// Talks to `base`, `https://api.x.com` in production.
    pub fn new(http: Client, base: Url) -> Self {
        Self { http, base, limits: Arc::default() }
    }

    /// One page, bare: users and media that come along are billed (contract B9).
    pub(crate) async fn search(
        &self,
        credential: &TwitterCredential,
        search: Search<'_>,
    ) -> Result<Page, TwitterError> {
        let (name, fields) = search.vocabulary.fields();
        let mut url = match search.asked {
            Asked::Search(_) => self.url(&["2", "tweets", "search", "recent"]),
            Asked::Mentions(user) => self.url(&["2", "users", user, "mentions"]),
        };
        {
            let mut pairs = url.query_pairs_mut();
            if let Asked::Search(query) = search.asked {
                pairs.append_pair("query", query);
            }
            pairs.append_pair("max_results", "100");
            match search.since {
                Since::Id(id) => pairs.append_pair("since_id", &id.to_string()),
                Since::Time(time) => pairs.append_pair("start_time", &whole_seconds(time)),
            };
            if let Some(until) = search.until {
                pairs.append_pair("until_id", &until.to_string());
            }
            pairs.append_pair(name, fields);
            if let Some(token) = search.next_token {
                let name = match search.asked {
                    Asked::Search(_) => "next_token",
                    Asked::Mentions(_) => "pagination_token",
                };
                pairs.append_pair(name, token);
            }
        }
        match search.asked {
            Asked::Search(_) => self.read(credential, url, POLL_SEARCH).await,
            Asked::Mentions(_) => {
                self.signed(credential, Method::GET, url, None, Route::Mentions).await
            }
        }
    }

    /// `GET /2/users?ids=`: those that exist and may be shown. At most [`MAX_IDS`].
    pub(crate) async fn users(
        &self,
        credential: &TwitterCredential,
        ids: &[String],
    ) -> Result<Vec<User>, TwitterError> {
        let mut url = self.url(&["2", "users"]);
        let fields = "name,username,profile_image_url,public_metrics";
        url.query_pairs_mut().append_pair("ids", &ids.join(",")).append_pair("user.fields", fields);
        self.read::<Users>(credential, url, (Route::Users, Purpose::Poll))
            .await
            .map(|users| users.data)
    }

    /// `GET /2/tweets?ids=`: tweets with their `author_id`, no users. At most [`MAX_IDS`].
    pub(crate) async fn tweets(
        &self,
        credential: &TwitterCredential,
        ids: &[String],
        vocabulary: Vocabulary,
    ) -> Result<Vec<Tweet>, TwitterError> {
        let (name, _) = vocabulary.fields();
        let mut url = self.url(&["2", "tweets"]);
        url.query_pairs_mut().append_pair("ids", &ids.join(",")).append_pair(name, "author_id");
        self.read::<Page>(credential, url, (Route::Tweets, Purpose::Poll))
            .await
            .map(|page| page.data)
    }

    /// `GET /2/tweets?ids=`: one tweet, its author along with it.
    pub(crate) async fn tweet_with_author(
        &self,
        credential: &TwitterCredential,
        id: &str,
    ) -> Result<Page, TwitterError> {
        let mut url = self.url(&["2", "tweets"]);
        url.query_pairs_mut().append_pair("ids", id).append_pair("expansions", "author_id");
        self.read(credential, url, (Route::Tweets, Purpose::Reply)).await
    }

    /// `GET /2/users/me`: whose access token it is.
    pub(crate) async fn me(&self, credential: &TwitterCredential) -> Result<User, TwitterError> {
        let me: One<User> = self
            .signed(credential, Method::GET, self.url(&["2", "users", "me"]), None, Route::Me)
            .await?;
        Ok(me.data)
    }

    /// `GET /2/users/:id/tweets`, all pages since `since`, newest first. Signed, because reading
    /// one's own is cheaper (contract B9).
    pub(crate) async fn timeline(
        &self,
        credential: &TwitterCredential,
        user_id: &str,
        since: Timestamp,
        vocabulary: Vocabulary,
    ) -> Result<Vec<Tweet>, TwitterError> {
        let (name, fields) = vocabulary.fields();
        let mut tweets = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut url = self.url(&["2", "users", user_id, "tweets"]);
            url.query_pairs_mut()
                .append_pair("max_results", "100")
                .append_pair("start_time", &whole_seconds(since))
                .append_pair(name, &format!("{fields},display_text_range"));
            if let Some(token) = &next {
                url.query_pairs_mut().append_pair("pagination_token", token);
            }
            let page: Page =
                self.signed(credential, Method::GET, url, None, Route::Timeline).await?;
            tweets.extend(page.data);
            next = page.meta.next_token;
            if next.is_none() {
                return Ok(tweets);
            }
        }
    }

    /// `POST /2/tweets` in reply to a tweet; the id of the new one.
    pub(crate) async fn reply(
        &self,
        credential: &TwitterCredential,
        in_reply_to: &str,
        text: &str,
    ) -> Result<String, TwitterError> {
        let body = json!({"text": text, "reply": {"in_reply_to_tweet_id": in_reply_to}});
        let url = self.url(&["2", "tweets"]);
        let posted: One<Posted> =
            self.signed(credential, Method::POST, url, Some(&body), Route::Publish).await?;
        Ok(posted.data.id)
    }

    /// `POST /2/oauth2/token`: spends a refresh token for a new pair. Never made twice with the same one.
    pub(crate) async fn refresh(
        &self,
        keys: &OAuth2Keys,
        refresh_token: &SecretString,
    ) -> Result<Granted, TwitterError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", oauth::exposed(refresh_token))
            .append_pair("client_id", keys.client_id.trim())
            .finish();
        let request = self
            .http
            .request(Method::POST, self.url(&["2", "oauth2", "token"]))
            .header(AUTHORIZATION, oauth::client(keys)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = self.http.send(request).await?;
        match answer.status {
            StatusCode::OK => {
                serde_json::from_slice(&answer.body).map_err(|_| TwitterError::Unreadable)
            }
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Err(TwitterError::RefreshRefused),
            _ => Err(TwitterError::of(&answer)),
        }
    }

    /// `DELETE /2/tweets/:id`, of one's own. What is not there any more is gone as well.
    pub(crate) async fn delete(
        &self,
        credential: &TwitterCredential,
        id: &str,
    ) -> Result<(), TwitterError> {
        let url = self.url(&["2", "tweets", id]);
        let deleted =
            self.signed::<Value>(credential, Method::DELETE, url, None, Route::Delete).await;
        match deleted {
            Ok(_) | Err(TwitterError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `GET /2/dm_events`, newest first; those with one visitor where one is named.
    pub(crate) async fn private_events(
        &self,
        credential: &TwitterCredential,
        with: Option<&str>,
        next_token: Option<&str>,
    ) -> Result<PrivatePage, TwitterError> {
        let (mut url, route) = match with {
            Some(visitor) => {
                let path = ["2", "dm_conversations", "with", visitor, "dm_events"];
                (self.url(&path), Route::PrivateEventsWith)
            }
            None => (self.url(&["2", "dm_events"]), Route::PrivateEvents),
        };
        url.query_pairs_mut()
            .append_pair("max_results", "100")
            .append_pair("event_types", "MessageCreate")
            .append_pair(
                "dm_event.fields",
                "attachments,created_at,dm_conversation_id,event_type,id,sender_id,text",
            );
        if let Some(token) = next_token {
            url.query_pairs_mut().append_pair("pagination_token", token);
        }
        self.signed(credential, Method::GET, url, None, route).await
    }

    /// `POST /2/dm_conversations/with/:participant_id/messages`; the id of the new one.
    pub(crate) async fn send_private(
        &self,
        credential: &TwitterCredential,
        visitor: &str,
        text: &str,
    ) -> Result<String, TwitterError> {
        let url = self.url(&["2", "dm_conversations", "with", visitor, "messages"]);
        let body = json!({ "text": text });
        let sent: One<Sent> =
            self.signed(credential, Method::POST, url, Some(&body), Route::SendPrivate).await?;
        Ok(sent.data.dm_event_id)
    }

    /// Searches that a pass may make on top of what it needs, as far as X told.
    pub(crate) fn spare_searches(&self, credential: &TwitterCredential) -> Option<u64> {
        self.limits.spare(credential, Route::Search)
    }

    /// A GET in the app's name.
    async fn read<T: DeserializeOwned>(
        &self,
        credential: &TwitterCredential,
        url: Url,
        (route, purpose): (Route, Purpose),
    ) -> Result<T, TwitterError> {
        self.limits.check(credential, route, purpose)?;
        let request =
            self.http.request(Method::GET, url).header(AUTHORIZATION, oauth::bearer(credential)?);
        self.send(credential, request, route).await
    }

    /// A call in the user's name.
    async fn signed<T: DeserializeOwned>(
        &self,
        credential: &TwitterCredential,
        method: Method,
        url: Url,
        body: Option<&Value>,
        route: Route,
    ) -> Result<T, TwitterError> {
        self.limits.check(credential, route, Purpose::Reply)?;
        let authorization = oauth::authorization(credential, &method, &url, None)?;
        let mut request = self.http.request(method, url).header(AUTHORIZATION, authorization);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(credential, request, route).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        credential: &TwitterCredential,
        request: social_http::RequestBuilder,
        route: Route,
    ) -> Result<T, TwitterError> {
        let answer = self.http.send(request).await?;
        self.limits.learn(credential, route, &answer.headers);
        if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
            let error = TwitterError::of(&answer);
            if matches!(error, TwitterError::CreditsDepleted)
                && self.limits.out_of_credits(credential)
            {
                tracing::error!(
                    metric = "CreditsDepleted",
                    "the X account has no credits left; nothing is read or published until it has"
                );
            }
            return Err(error);
        }
        self.limits.has_credits(credential);
        // The decoder's own words may quote the text.
        serde_json::from_slice(&answer.body).map_err(|_| TwitterError::Unreadable)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// `YYYY-MM-DDTHH:mm:ssZ`, cut down.
fn whole_seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
