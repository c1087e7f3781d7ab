//! A small world with its own bridge: both networks and the contact centre in one place.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{Addresses, World};

/// What the town's bridge does wrong.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Flaw {
    None,
    ShowsTwice,
    OpensTwice,
    PublishesAll,
    NoTail,
}

pub(super) struct Town {
    flaw: Flaw,
    ids: u64,
    reads: u64,
    down: bool,
    posts: BTreeMap<String, Vec<Value>>,
    tweets: Vec<Value>,
    chats: Vec<Value>,
}

type Shared = State<Arc<Mutex<Town>>>;

fn held(town: &Shared) -> MutexGuard<'_, Town> {
    town.0.lock().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The object with this id in a tree of posts and comments.
fn find<'a>(objects: &'a mut [Value], id: &str) -> Option<&'a mut Value> {
    objects.iter_mut().find_map(|object| {
        if object["id"] == id {
            return Some(object);
        }
        object["comments"].as_array_mut().and_then(|comments| find(comments, id))
    })
}

impl Town {
    pub(super) async fn with(flaw: Flaw) -> World {
        let (posts, tweets, chats) = Default::default();
        let town = Town { flaw, ids: 0, reads: 0, down: false, posts, tweets, chats };
        let app = Router::new()
            .route("/_sim/pages/{page}/posts", post(posts_on))
            .route("/_sim/pages/{page}/tree", get(tree))
            .route("/_sim/objects/{id}/comments", post(comments))
            .route("/_sim/tweets", post(tweets_text).get(all_tweets))
            .route("/_sim/requests", get(requests))
            .route("/{server}/_sim/interactions", get(interactions))
            .route("/{server}/_sim/interactions/{id}/{command}", post(command))
            .route("/{server}/_sim/status", get(status))
            .route("/{server}/_sim/faults", post(goes_down).delete(comes_back))
            .with_state(Arc::new(Mutex::new(town)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let cic_urls = [format!("{url}/primary"), format!("{url}/backup")];
        World::new(&Addresses { facebook_url: url.clone(), twitter_url: url, cic_urls }).unwrap()
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        1000 + self.ids
    }

    /// What the bridge does with a message: `thread` is its conversation, `id` what a reply answers.
    fn deliver(&mut self, thread: &str, workgroup: &str, id: &str, name: &str, words: &str) {
        let open = self.chats.iter().rposition(|chat| {
            chat["thread"] == thread
                && chat["workgroup"] == workgroup
                && chat["state"] != "disconnected"
        });
        let at = match open {
            Some(at) => at,
            None => self.open(thread, workgroup, words),
        };
        let chat = &mut self.chats[at];
        chat["answers"] = id.into();
        let lines = chat["transcript"].as_array_mut().unwrap();
        let number = lines.iter().filter(|line| line["type"] == "visitor").count() + 1;
        let line =
            format!("{number} · {name} · 12:04 · post\n    {words}\n    https://x.test/{id}");
        let times = if self.flaw == Flaw::ShowsTwice { 2 } else { 1 };
        for _ in 0..times {
            lines.push(json!({"from": name, "type": "visitor", "text": line, "at": "12:04"}));
        }
        if self.flaw == Flaw::OpensTwice {
            let again = self.chats[at].clone();
            self.chats.push(again);
        }
    }

    fn open(&mut self, thread: &str, workgroup: &str, words: &str) -> usize {
        let mut lines = Vec::new();
        let mut notice = |text: &str| lines.push(json!({"type": "notice", "text": text}));
        let ended = self.chats.iter().rfind(|chat| chat["thread"] == thread);
        if let Some(ended) = ended.filter(|_| self.flaw != Flaw::NoTail) {
            for line in ended["transcript"].as_array().unwrap() {
                notice(&format!("earlier: {}", text(&line["text"])));
            }
        }
        if words.contains("acme router") {
            notice("This tweet cannot be answered.");
        }
        let id = self.id().to_string();
        self.chats.push(json!({
            "id": id, "chat_id": id, "workgroup": workgroup, "state": "offering", "attributes": {},
            "participant_name": "somebody", "transcript": lines, "thread": thread,
            "silent": words.contains("acme router") || workgroup == "Market Watch",
        }));
        self.chats.len() - 1
    }

    fn comment(&mut self, object: &str, author: &Value, words: &str) -> String {
        let id = format!("c_{}", self.id());
        for (page, posts) in &mut self.posts {
            for post in posts {
                let root = post["id"].clone();
                let own = post["author"]["id"] == page.as_str();
                let Some(above) = find(std::slice::from_mut(post), object) else { continue };
                let comment = json!({"id": id, "author": author, "message": words, "comments": []});
                above["comments"].as_array_mut().unwrap().push(comment);
                if author["id"] != page.as_str() {
                    let whose = if own { text(&author["id"]) } else { "" };
                    let (thread, page) = (format!("{root}{whose}"), page.clone());
                    self.deliver(&thread, workgroup(&page), &id, text(&author["name"]), words);
                }
                return id;
            }
        }
        panic!("no object {object}");
    }

    fn tweet(&mut self, author: &Value, words: &str, answered: &Value) -> String {
        let id = self.id().to_string();
        let above = self.tweets.iter().find(|tweet| tweet["id"] == *answered);
        let thread = above.map_or(json!(id), |tweet| tweet["conversation_id"].clone());
        self.tweets.push(json!({"id": id, "author": author, "text": words,
            "conversation_id": thread, "in_reply_to": answered}));
        let terms = [
            ("@acme", "Social Support"),
            ("acme router", "Social Support"),
            ("@rival", "Market Watch"),
            ("RivalPhone 9", "Market Watch"),
        ];
        for (_, workgroup) in terms.iter().filter(|(term, _)| words.contains(term)) {
            self.deliver(text(&thread), workgroup, &id, text(&author["name"]), words);
        }
        id
    }

    fn writes(&mut self, at: usize, words: &str) {
        let chat = &mut self.chats[at];
        let (answered, silent) = (chat["answers"].clone(), chat["silent"] == true);
        let lines = chat["transcript"].as_array_mut().unwrap();
        lines.push(json!({"from": "Jo", "type": "agent", "text": words}));
        if silent {
            let why = "This reply was not published, because this channel is read-only.";
            lines.push(json!({"type": "notice", "text": why}));
        }
        if silent && self.flaw != Flaw::PublishesAll {
            return;
        }
        if self.tweets.iter().any(|tweet| tweet["id"] == answered) {
            self.tweet(&json!({"id": "1", "username": "acme"}), words, &answered);
        } else {
            let acme = json!({"id": "1029384756", "name": "Acme"});
            self.comment(text(&answered), &acme, words);
        }
    }
}

fn workgroup(page: &str) -> &'static str {
    if page == "1029384757" { "Social Nord" } else { "Social Support" }
}

async fn posts_on(town: Shared, Path(page): Path<String>, Json(new): Json<Value>) -> Json<Value> {
    let mut town = held(&town);
    let id = format!("{page}_{}", town.id());
    let (author, words) = (&new["author"], text(&new["message"]));
    let post = json!({"id": id, "author": author, "message": words, "comments": []});
    town.posts.entry(page.clone()).or_default().push(post);
    if author["id"] != page {
        let thread = json!(id).to_string();
        town.deliver(&thread, workgroup(&page), &id, text(&author["name"]), words);
    }
    Json(json!({ "id": id }))
}

async fn comments(town: Shared, Path(id): Path<String>, Json(new): Json<Value>) -> Json<Value> {
    let id = held(&town).comment(&id, &new["author"], text(&new["message"]));
    Json(json!({ "id": id }))
}

async fn tree(town: Shared, Path(page): Path<String>) -> Json<Value> {
    Json(json!(held(&town).posts.get(&page).cloned().unwrap_or_default()))
}

async fn tweets_text(town: Shared, Json(new): Json<Value>) -> Json<Value> {
    let id = held(&town).tweet(&new["author"], text(&new["text"]), &new["in_reply_to"]);
    Json(json!({ "id": id }))
}

async fn all_tweets(town: Shared) -> Json<Value> {
    Json(json!(held(&town).tweets))
}

async fn requests(town: Shared) -> Json<Value> {
    let mut town = held(&town);
    town.reads += 1;
    let reads = town.reads;
    Json(
        json!({"routes": {"GET /{version}/{id}/feed": reads, "GET /2/tweets/search/recent": reads}}),
    )
}

async fn interactions(town: Shared) -> Json<Value> {
    Json(json!(held(&town).chats))
}

async fn command(
    town: Shared,
    Path((_, id, command)): Path<(String, String, String)>,
    body: String,
) -> Json<Value> {
    let mut town = held(&town);
    let at = town.chats.iter().position(|chat| chat["id"] == id.as_str()).unwrap();
    match command.as_str() {
        "pickup" => town.chats[at]["state"] = "connected".into(),
        "disconnect" => town.chats[at]["state"] = "disconnected".into(),
        "messages" => {
            let body: Value = serde_json::from_str(&body).unwrap();
            town.writes(at, text(&body["text"]));
        }
        other => panic!("no command {other}"),
    }
    Json(json!({}))
}

async fn status(town: Shared, Path(server): Path<String>) -> Json<Value> {
    Json(json!({"active": held(&town).down == (server == "backup")}))
}

async fn goes_down(town: Shared) {
    held(&town).down = true;
}

async fn comes_back(town: Shared) {
    held(&town).down = false;
}
