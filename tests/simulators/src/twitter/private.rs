//! Private messages, the legacy ones that are not encrypted: `/2/dm_events` and what goes with it
//! (contract B8).

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Twitter,
    auth::Caller,
    id,
    params::Params,
    problem::{self, Issue, Problem},
    render,
    sim::{Author, enter},
    state::State,
};

/// How far back events go.
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most characters that a message may have.
const LONGEST: usize = 10_000;

const FIELDS: &[&str] = &[
    "attachments",
    "created_at",
    "dm_conversation_id",
    "entities",
    "event_type",
    "id",
    "participant_ids",
    "referenced_tweets",
    "sender_id",
    "text",
];
const TYPES: &[&str] = &["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"];
const PARAMETERS: &[&str] = &[
    "dm_event.fields",
    "event_types",
    "expansions",
    "max_results",
    "pagination_token",
    "user.fields",
];

/// One message between two accounts.
#[derive(Clone, Debug)]
pub(crate) struct PrivateMessage {
    pub(crate) id: u64,
    pub(crate) sender: String,
    pub(crate) recipient: String,
    pub(crate) text: String,
    pub(crate) created_at: Timestamp,
}

impl PrivateMessage {
    fn is_of(&self, account: &str) -> bool {
        self.sender == account || self.recipient == account
    }

    fn is_between(&self, one: &str, other: &str) -> bool {
        one != other && self.is_of(one) && self.is_of(other)
    }

    /// `{smaller}-{larger}`.
    fn conversation(&self) -> String {
        conversation(&self.sender, &self.recipient)
    }
}

fn conversation(one: &str, other: &str) -> String {
    let number = |id: &str| id::parse(id).unwrap_or_default();
    let (one, other) = if number(one) <= number(other) { (one, other) } else { (other, one) };
    format!("{one}-{other}")
}

/// `GET /2/dm_events`: all of the caller's.
pub(crate) async fn events(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let Caller::User(user) = caller else { return Err(Problem::app_only()) };
    list(&twitter, raw.as_deref(), |message| message.is_of(&user))
}

/// `GET /2/dm_conversations/with/:participant_id/dm_events`.
pub(crate) async fn events_with(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    Path(participant): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let Caller::User(user) = caller else { return Err(Problem::app_only()) };
    list(&twitter, raw.as_deref(), |message| message.is_between(&user, &participant))
}

fn list(
    twitter: &Twitter,
    raw: Option<&str>,
    belongs: impl Fn(&PrivateMessage) -> bool,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw, &[PARAMETERS]);
    let mut fields = params.list("dm_event.fields", FIELDS);
    fields.extend(["id", "text", "event_type"].map(str::to_owned));
    let types = params.list("event_types", TYPES);
    params.list(
        "expansions",
        &["attachments.media_keys", "participant_ids", "referenced_tweets.id", "sender_id"],
    );
    let size = params.number("max_results", 1, 100, 100);
    let token = params.text("pagination_token");
    let below = token.as_deref().and_then(|token| token.strip_prefix("dm")?.parse::<u64>().ok());
    if let (Some(token), None) = (&token, below) {
        params.refuse(
            "pagination_token",
            token,
            "'pagination_token' is not valid for this request",
        );
    }
    params.finish()?;
    let wanted = types.is_empty() || types.iter().any(|kind| kind == "MessageCreate");
    let oldest = twitter.now().checked_sub(REACH).unwrap_or_default();
    let state = twitter.state();
    let mut rest = state.private_messages.values().rev().filter(|message| {
        wanted
            && belongs(message)
            && message.created_at >= oldest
            && below.is_none_or(|below| message.id < below)
    });
    let page: Vec<&PrivateMessage> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let data: Vec<Value> = page.iter().map(|message| rendered(message, &fields)).collect();
    let mut meta = json!({"result_count": page.len()});
    if let Some(last) = page.last().filter(|_| more) {
        render::set(&mut meta, "next_token", json!(format!("dm{}", last.id)));
    }
    let count = page.len();
    drop(state);
    twitter.bill_private(count);
    let mut answer = json!({"meta": meta});
    if count > 0 {
        render::set(&mut answer, "data", data);
    }
    Ok(Json(answer))
}

fn rendered(message: &PrivateMessage, fields: &[String]) -> Value {
    let all = json!({
        "id": message.id.to_string(),
        "text": message.text,
        "event_type": "MessageCreate",
        "created_at": render::time(message.created_at),
        "dm_conversation_id": message.conversation(),
        "sender_id": message.sender,
    });
    let wanted = |(name, _): &(&String, &Value)| fields.contains(name);
    let object = all.as_object().into_iter().flatten().filter(wanted);
    object.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// `POST /2/dm_conversations/with/:participant_id/messages`.
pub(crate) async fn send(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    Path(participant): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Caller::User(sender) = caller else { return Err(Problem::app_only()) };
    let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
        return Err(Problem::parameter("body", "", "Requests with bodies must be a JSON object"));
    };
    let mut issues: Vec<Issue> = body
        .iter()
        .filter(|(name, _)| !["text", "attachments"].contains(&name.as_str()))
        .map(|(name, value)| Issue {
            parameter: format!("$.{name}"),
            value: value.to_string(),
            message: format!("[$.{name}: is not defined in the schema]"),
        })
        .collect();
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        let message = format!("[$.text: must be 1 to {LONGEST} characters long]");
        issues.push(Issue { parameter: "$.text".to_owned(), value: String::new(), message });
    }
    if !issues.is_empty() {
        return Err(Problem::invalid(issues));
    }
    let now = twitter.now();
    let mut state = twitter.state();
    let known = state.accounts.get(&participant).filter(|account| !account.suspended);
    if known.is_none() || participant == sender {
        let body = json!({"errors": [problem::missing("user", "participant_id", &participant)]});
        return Err(Problem { status: StatusCode::BAD_REQUEST, body });
    }
    // Whoever has not written to us first lets only those in whom they follow.
    let wrote =
        |message: &PrivateMessage| message.sender == participant && message.recipient == sender;
    if !state.private_messages.values().any(wrote) {
        return Err(Problem::forbidden(
            "You do not have permission to DM one or more participants.",
        ));
    }
    let id = write(&mut state, (sender.clone(), participant.clone()), text, now);
    state.spend(1);
    let data = json!({
        "dm_conversation_id": conversation(&sender, &participant),
        "dm_event_id": id.to_string(),
    });
    Ok((StatusCode::CREATED, Json(json!({"data": data}))))
}

fn write(
    state: &mut State,
    (sender, recipient): (String, String),
    text: String,
    at: Timestamp,
) -> u64 {
    let mut id = id::at(at);
    while state.private_messages.contains_key(&id) {
        id += 1;
    }
    let message = PrivateMessage { id, sender, recipient, text, created_at: at };
    state.private_messages.insert(id, message);
    id
}

/// A visitor's private message, or, with `from_account`, one that a colleague writes by hand.
#[derive(Deserialize)]
pub(crate) struct NewMessage {
    author: Author,
    /// The account's id.
    to: String,
    text: String,
    created_at: Option<Timestamp>,
    #[serde(default)]
    from_account: bool,
}

/// `POST /_sim/private_messages`.
pub(crate) async fn create(
    Shared(twitter): Shared<Twitter>,
    Json(new): Json<NewMessage>,
) -> (StatusCode, Json<Value>) {
    let at = new.created_at.unwrap_or_else(|| twitter.now());
    let mut state = twitter.state();
    let visitor = enter(&mut state, &new.author);
    let ends = if new.from_account { (new.to, visitor) } else { (visitor, new.to) };
    let id = write(&mut state, ends, new.text, at);
    (StatusCode::CREATED, Json(json!({"id": id.to_string()})))
}

/// `GET /_sim/private_messages`: all there are, oldest first.
pub(crate) async fn show(Shared(twitter): Shared<Twitter>) -> Json<Value> {
    let state = twitter.state();
    let all = state.private_messages.values().map(|message| {
        json!({
            "id": message.id.to_string(), "from": message.sender, "to": message.recipient,
            "text": message.text,
        })
    });
    Json(all.collect::<Vec<_>>().into())
}
