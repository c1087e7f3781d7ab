//! The table's entries, as an administrator writes them: parsed once, refused by field.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Channel, ChannelId, ChannelSource, DeskRules, FacebookSource, Handle, Include, Keyword,
    LongReplies, RoutingContext, Scope, Start, TwitterSource, desk_rules, hours,
};
use crate::message::Network;

/// Below the lines that a conversation remembers, by which they are counted.
const MOST_SHOWN: u32 = 30;

/// An entry that is skipped, and the field to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("channel {channel_id}: {field} {problem}")]
pub struct EntryError {
    /// As far as it could be read.
    pub channel_id: String,
    pub field: String,
    pub problem: String,
}

/// All fields of both networks, as JSON. Unknown ones are refused: a misspelt switch must not be silent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches, each of its own name in the entry")]
struct Entry {
    channel_id: String,
    network: Network,
    workgroup: String,
    credential: String,
    name: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    exclude_keywords: Vec<String>,
    #[serde(default)]
    blocked_authors: Vec<String>,
    #[serde(default)]
    own_accounts: Vec<String>,
    language: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    routing_contexts: Vec<RoutingContext>,
    start: Option<String>,
    poll_interval_seconds: Option<u32>,
    #[serde(default = "a_hundred")]
    post_limit: u32,
    #[serde(default = "yes")]
    publishing: bool,
    max_open_interactions: Option<u32>,
    fold_above_per_minute: Option<u32>,
    // Facebook
    page_id: Option<String>,
    private_workgroup: Option<String>,
    include: Option<Vec<Include>>,
    // Twitter
    handles: Option<Vec<String>>,
    keywords: Option<Vec<String>>,
    reply_handle: Option<String>,
    languages: Option<Vec<String>>,
    include_reposts: Option<bool>,
    scope: Option<Scope>,
    long_replies: Option<LongReplies>,
    minimum_followers: Option<u64>,
    private_messages: Option<bool>,
    // At the desk
    commands: Option<Vec<String>>,
    #[serde(default)]
    approval: bool,
    #[serde(default)]
    published_notices: bool,
    idle_close_hours: Option<f64>,
    opening_hours: Option<hours::Written>,
    #[serde(default)]
    when_nobody_available: desk_rules::WhenNobodyAvailable,
}

fn yes() -> bool {
    true
}

fn a_hundred() -> u32 {
    100
}

/// A field and what is wrong with it.
type Problem = (&'static str, String);

impl Channel {
    /// Validates an entry. The error names the field.
    pub fn from_entry(entry: Value) -> Result<Self, EntryError> {
        let channel_id =
            entry.get("channel_id").and_then(Value::as_str).unwrap_or("(no channel_id)").to_owned();
        let entry: Entry = serde_path_to_error::deserialize(entry).map_err(|error| {
            let path = error.path().to_string();
            let problem = error.inner().to_string();
            // A missing or unknown field is at the root; its name is in the message.
            let named = problem.split('`').nth(1).unwrap_or("entry").to_owned();
            EntryError {
                channel_id: channel_id.clone(),
                field: if path == "." { named } else { path },
                problem,
            }
        })?;
        entry.into_channel().map_err(|(field, problem)| EntryError {
            channel_id,
            field: field.to_owned(),
            problem,
        })
    }
}

impl Entry {
    fn into_channel(self) -> Result<Channel, Problem> {
        required("channel_id", &self.channel_id)?;
        required("workgroup", &self.workgroup)?;
        if !self.credential.starts_with('/') {
            return Err(("credential", "must be a parameter's name that begins with /".to_owned()));
        }
        if self.poll_interval_seconds == Some(0) {
            return Err(("poll_interval_seconds", "must be 1 or more".to_owned()));
        }
        if self.fold_above_per_minute.is_some_and(|limit| !(1..=MOST_SHOWN).contains(&limit)) {
            return Err(("fold_above_per_minute", format!("must be between 1 and {MOST_SHOWN}")));
        }
        if self.max_open_interactions == Some(0) {
            return Err(("max_open_interactions", "must be 1 or more".to_owned()));
        }
        if !(1..=5_000).contains(&self.post_limit) {
            return Err(("post_limit", "must be between 1 and 5000".to_owned()));
        }
        let start = parse_start(self.start.as_deref())?;
        let exclude_keywords = terms("exclude_keywords", &self.exclude_keywords, Keyword::parse)?;
        let desk_rules = self.desk_rules()?;
        let source = self.source()?;
        Ok(Channel {
            name: self.name.unwrap_or_else(|| self.channel_id.clone()),
            id: ChannelId(self.channel_id),
            enabled: self.enabled,
            workgroup: self.workgroup,
            credential: self.credential,
            source,
            exclude_keywords,
            blocked_authors: self.blocked_authors,
            own_accounts: self.own_accounts,
            language: self.language,
            attributes: self.attributes,
            routing_contexts: self.routing_contexts,
            start,
            poll_interval_seconds: self.poll_interval_seconds,
            post_limit: self.post_limit,
            publishing: self.publishing,
            max_open_interactions: self.max_open_interactions,
            fold_above_per_minute: self.fold_above_per_minute,
            desk_rules,
        })
    }

    fn desk_rules(&self) -> Result<DeskRules, Problem> {
        let opening_hours = self.opening_hours.as_ref().map(hours::Written::parse).transpose();
        let named = self.commands.as_deref();
        Ok(DeskRules {
            commands: desk_rules::commands(self.network, named, self.approval)?,
            approval: self.approval,
            published_notices: self.published_notices,
            idle_close_after: desk_rules::idle_close_after(self.idle_close_hours)?,
            opening_hours: opening_hours.map_err(|problem| ("opening_hours", problem))?,
            when_nobody_available: self.when_nobody_available,
        })
    }

    fn source(&self) -> Result<ChannelSource, Problem> {
        match self.network {
            Network::Facebook => self.facebook().map(ChannelSource::Facebook),
            Network::Twitter => self.twitter().map(ChannelSource::Twitter),
        }
    }

    fn facebook(&self) -> Result<FacebookSource, Problem> {
        let foreign = [
            ("handles", self.handles.is_some()),
            ("keywords", self.keywords.is_some()),
            ("reply_handle", self.reply_handle.is_some()),
            ("languages", self.languages.is_some()),
            ("include_reposts", self.include_reposts.is_some()),
            ("scope", self.scope.is_some()),
            ("long_replies", self.long_replies.is_some()),
            ("minimum_followers", self.minimum_followers.is_some()),
            ("private_messages", self.private_messages.is_some()),
        ];
        refuse_foreign(&foreign, "belongs to Twitter channels")?;
        let page_id = self.page_id.clone().unwrap_or_default();
        if page_id.is_empty() || !page_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(("page_id", "must be the page's numeric id".to_owned()));
        }
        let all =
            [Include::VisitorPosts, Include::Comments, Include::Mentions, Include::PrivateMessages];
        Ok(FacebookSource {
            page_id,
            private_workgroup: self.private_workgroup.clone(),
            include: self.include.clone().unwrap_or_else(|| all.to_vec()),
        })
    }

    fn twitter(&self) -> Result<TwitterSource, Problem> {
        let foreign = [("page_id", self.page_id.is_some()), ("include", self.include.is_some())];
        refuse_foreign(&foreign, "belongs to Facebook channels")?;
        let handles = terms("handles", self.handles.as_deref().unwrap_or_default(), Handle::parse)?;
        let keywords =
            terms("keywords", self.keywords.as_deref().unwrap_or_default(), Keyword::parse)?;
        if handles.is_empty() && keywords.is_empty() {
            return Err(("handles", "or keywords must name something to look for".to_owned()));
        }
        let reply_handle = self
            .reply_handle
            .as_deref()
            .map(Handle::parse)
            .transpose()
            .map_err(|problem| ("reply_handle", problem.to_owned()))?;
        let private_messages = self.private_messages.unwrap_or_default();
        if private_messages && reply_handle.is_none() {
            let problem = "needs a reply_handle: private messages are that account's";
            return Err(("private_messages", problem.to_owned()));
        }
        Ok(TwitterSource {
            handles,
            keywords,
            reply_handle,
            languages: self.languages.clone().unwrap_or_default(),
            include_reposts: self.include_reposts.unwrap_or_default(),
            scope: self.scope.unwrap_or_default(),
            long_replies: self.long_replies.unwrap_or_default(),
            minimum_followers: self.minimum_followers.unwrap_or_default(),
            private_messages,
            private_workgroup: self.private_workgroup.clone(),
        })
    }
}

fn required(field: &'static str, value: &str) -> Result<(), Problem> {
    if value.trim().is_empty() { Err((field, "must not be empty".to_owned())) } else { Ok(()) }
}

fn refuse_foreign(fields: &[(&'static str, bool)], problem: &str) -> Result<(), Problem> {
    match fields.iter().find(|(_, present)| *present) {
        Some((field, _)) => Err((field, problem.to_owned())),
        None => Ok(()),
    }
}

fn terms<T>(
    field: &'static str,
    texts: &[String],
    parse: fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, Problem> {
    texts
        .iter()
        .map(|text| parse(text).map_err(|problem| (field, format!("entry {text:?} {problem}"))))
        .collect()
}

fn parse_start(start: Option<&str>) -> Result<Start, Problem> {
    match start {
        None | Some("now") => Ok(Start::Now),
        Some(time) => time.parse::<Timestamp>().map(Start::At).map_err(|_| {
            ("start", r#"must be "now" or a time such as 2026-11-22T08:00:00Z"#.to_owned())
        }),
    }
}
