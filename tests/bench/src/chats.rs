//! Open chats in the simulated CIC, and when each of them was looked at.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{extract::Request, middleware, middleware::Next, response::Response};
use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    cic::{Pair, Settings},
    server::Bound,
};
use social_cic::{Cic, CicSettings};
use social_core::{
    ChannelId, ContactCenter,
    chat::{Chat, Opening},
    conversation::{Conversation, ConversationKey, Interaction, State, Who},
    store::Conversations,
};
use social_http::Client;
use tokio::time::Instant;

use crate::{Failed, cloud::Cloud};

/// Calls that are made side by side while the chats are opened.
const AT_ONCE: usize = 16;

/// When each visitor's leg was asked about.
type Looks = Arc<Mutex<HashMap<String, Vec<Instant>>>>;

/// The pair of servers, with its chats.
pub(crate) struct Chats {
    pub(crate) urls: String,
    primary: String,
    http: Client,
    /// Each with the id of its interaction.
    all: Vec<(Chat, String)>,
    looks: Looks,
}

impl Chats {
    /// Opens so many chats, each picked up by an agent and known to the bridge's state.
    pub(crate) async fn open(count: usize, cloud: &Cloud) -> Result<Self, Failed> {
        // Raised throttles, and time to open all of them before anybody looks.
        let settings = Settings {
            limits: false,
            poll_timeout: Duration::from_mins(10),
            ..Settings::default()
        };
        let looks = Looks::default();
        let (primary, backup) = (Bound::to(0).await?, Bound::to(0).await?);
        let urls = [primary.url(), backup.url()];
        let [first, second] = Pair::new(settings).routers();
        let noted = Arc::clone(&looks);
        let note = move |request: Request, next: Next| note(Arc::clone(&noted), request, next);
        tokio::spawn(primary.serve(first.layer(middleware::from_fn(note))));
        tokio::spawn(backup.serve(second));

        let http = Client::new(&social_http::Settings::default())?;
        let deployment = CicSettings::of_deployment(&urls.join(","), "auto", None)?;
        let cic = Cic::new(deployment, http.clone())?;
        let opened = stream::iter(0..count).map(|number| opened(number, &cic, cloud));
        let chats: Vec<Chat> = opened.buffered(AT_ONCE).try_collect().await?;
        let [primary, _] = &urls;
        let mut town = Self {
            urls: urls.join(","),
            primary: primary.clone(),
            http,
            all: chats.into_iter().map(|chat| (chat, String::new())).collect(),
            looks,
        };
        town.pick_up_all().await?;
        // That an agent is there was heard long ago.
        let heard =
            town.all.iter().enumerate().map(|(number, (chat, _))| hear(number, chat, &cic, cloud));
        stream::iter(heard).buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await?;
        Ok(town)
    }

    async fn pick_up_all(&mut self) -> Result<(), Failed> {
        let all = self.control(Method::GET, "/interactions", &Value::Null).await?;
        let ids: HashMap<&str, &str> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| Some((it.get("chat_id")?.as_str()?, it.get("id")?.as_str()?)))
            .collect();
        for (chat, id) in &mut self.all {
            (*ids.get(chat.chat_id.as_str()).ok_or("a chat is not there")?).clone_into(id);
        }
        let this = &*self;
        let picked_up = this.all.iter().map(|(_, id)| {
            let path = format!("/interactions/{id}/pickup");
            async move { this.control(Method::POST, &path, &json!({ "agent": "Jo" })).await }
        });
        stream::iter(picked_up).buffer_unordered(AT_ONCE).try_for_each(async |_| Ok(())).await
    }

    /// The agent who has the chat writes.
    pub(crate) async fn agent_writes(&self, chat: usize, text: &str) -> Result<(), Failed> {
        let (_, id) = self.all.get(chat).ok_or("no such chat")?;
        let path = format!("/interactions/{id}/messages");
        self.control(Method::POST, &path, &json!({ "text": text })).await.map(drop)
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> Result<Value, Failed> {
        let url = format!("{}/_sim{path}", self.primary).parse()?;
        let answer = self.http.send(self.http.request(method, url).json(body)).await?;
        if !answer.status.is_success() {
            return Err(format!("{path} is answered {}", answer.status).into());
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// The longest that any chat was not looked at, from `begin` to `end`, and when that was over.
    pub(crate) fn longest_unseen(&self, begin: Instant, end: Instant) -> (Duration, Duration) {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |chat: &Chat| {
            let seen = looks.get(&chat.participant_id).cloned().unwrap_or_default();
            let seen = seen.into_iter().filter(|at| (begin..=end).contains(at));
            let times: Vec<Instant> =
                std::iter::once(begin).chain(seen).chain(std::iter::once(end)).collect();
            let gaps = times.windows(2).map(|pair| gap(pair, begin));
            gaps.max().unwrap_or_default()
        };
        self.all.iter().map(|(chat, _)| of(chat)).max().unwrap_or_default()
    }

    /// Looks in that time, at all chats.
    pub(crate) fn looks(&self, begin: Instant, end: Instant) -> u32 {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let within = looks.values().flatten().filter(|at| (begin..=end).contains(*at)).count();
        u32::try_from(within).unwrap_or(u32::MAX)
    }
}

fn gap(pair: &[Instant], begin: Instant) -> (Duration, Duration) {
    match pair {
        [earlier, later] => (later.duration_since(*earlier), later.duration_since(begin)),
        _ => Default::default(),
    }
}

/// Notes a look before it is answered.
async fn note(looks: Looks, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.contains("/web-chat/messages/") {
        let participant = path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.entry(participant).or_default().push(Instant::now());
    }
    next.run(request).await
}

/// Takes in what the chat tells, as a collector would.
async fn hear(number: usize, chat: &Chat, cic: &Cic, cloud: &Cloud) -> Result<(), Failed> {
    let told = cic.poll(chat).await?;
    let mut conversation = cloud.state.load(&channel(), &key(number)).await?;
    conversation.hear_told(&told, &[], Timestamp::UNIX_EPOCH);
    cloud.state.save(&mut conversation).await?;
    Ok(())
}

/// A chat that was answered long ago, as the bridge's state has it.
async fn opened(number: usize, cic: &Cic, cloud: &Cloud) -> Result<Chat, Failed> {
    let opening = Opening {
        workgroup: "Social Support".to_owned(),
        participant_name: format!("Visitor {number}"),
        language: None,
        attributes: [("SocialConversation".to_owned(), number.to_string())].into(),
        routing_contexts: Vec::new(),
    };
    let chat = cic.open(&opening).await?.chat;
    let mut conversation = Conversation::new(channel(), key(number));
    conversation.generation = 1;
    let interaction = Interaction { answered: true, ..Interaction::new(chat.clone()) };
    conversation.state = State::Open(interaction);
    for line in 0..20 {
        let text = format!("line {line} of what both sides wrote so far, none of it long or short");
        conversation.remember(Who::Agent, "Jo", &text, Timestamp::UNIX_EPOCH);
    }
    cloud.state.save(&mut conversation).await?;
    Ok(chat)
}

fn channel() -> ChannelId {
    ChannelId("acme-page".to_owned())
}

fn key(number: usize) -> ConversationKey {
    ConversationKey(format!("post:{number}"))
}
