//! Replies on an X that is as strict as the real one: it takes no text twice, and no refresh token.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use search::{Clock, World, keys};
use secrecy::SecretString;
use serde_json::{Value, json};
use simulators::twitter::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Settings};
use social_core::{
    Channel, Failure,
    credential::{Credentials, FacebookCredential, OAuth2Keys, TwitterCredential},
    message::Kind,
    polling::Source,
    reply::{Fingerprint, PublishError, Publisher, Target},
    store::{Lease, Leases},
    verdict::Verdict,
};
use social_twitter::{PublishSettings, TwitterInbox, TwitterPublisher, Uncounted, UserTokens};

const POST: &str = "POST /2/tweets";

/// A document of Parameter Store.
struct Document(TwitterCredential);

impl Credentials for Document {
    async fn facebook(&self, _: &str) -> Result<Arc<FacebookCredential>, Failure> {
        Err(Failure::new(Verdict::WAIT, "credential_missing", "no such credential"))
    }

    async fn twitter(&self, _: &str) -> Result<Arc<TwitterCredential>, Failure> {
        Ok(Arc::new(self.0.clone()))
    }
}

fn channel() -> Channel {
    let entry = json!({
        "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
        "credential": "/social/twitter/acme", "handles": ["@acme"], "reply_handle": "@acme",
        "long_replies": "thread",
    });
    Channel::from_entry(entry).unwrap()
}

/// A visitor asks the brand something.
async fn asked(world: &World, text: &str) -> Target {
    let question = world.write(text, world.control.now(), json!({})).await;
    Target {
        message_id: question.as_str().into(),
        kind: Kind::Tweet,
        reply_under: question.as_str().into(),
        author_id: Some("7001".to_owned()),
    }
}

/// What the brand wrote: id, what it answers, text.
async fn written(world: &World) -> Vec<(String, String, String)> {
    let text = |tweet: &Value, name: &str| tweet[name].as_str().unwrap_or_default().to_owned();
    let tweets = world.tweets().await;
    let own = tweets.iter().filter(|tweet| tweet["author"]["username"] == "acme");
    own.map(|tweet| (text(tweet, "id"), text(tweet, "in_reply_to"), text(tweet, "text"))).collect()
}

#[tokio::test]
async fn a_thread_stands_once_although_an_answer_in_it_was_lost() {
    let world = World::new(Settings::default()).await;
    let target = asked(&world, "@acme how do I reset it?").await;
    let text = "Hold the reset button for ten seconds, then wait for the light. ".repeat(9);
    let publisher =
        TwitterPublisher::new(world.api(), Document((*keys()).clone()), PublishSettings::default());
    let fine =
        json!({"match": {"method": "POST", "path": "/2/tweets"}, "fault": "delay", "delay_ms": 0});
    world.fails(fine).await;
    let lost =
        json!({"match": {"method": "POST", "path": "/2/tweets"}, "fault": "apply_then_drop"});
    world.fails(lost).await;
    let since = world.control.now();
    let first = publisher.publish(&channel(), &target, &text).await;
    assert!(matches!(first, Err(PublishError::Unknown(_))), "{first:?}");
    // It is not whole, so that nobody takes it for published.
    let found = publisher.own_messages(&channel(), &target, since).await.unwrap();
    assert!(found.iter().all(|own| own.fingerprint != Fingerprint::of(&text)));

    let id = publisher.publish(&channel(), &target, &text).await.unwrap();
    let parts = written(&world).await;
    assert_eq!(parts.len(), 3, "{parts:?}");
    assert_eq!(parts[0].0, id.as_str());
    assert_eq!(parts[0].1, target.message_id.as_str());
    assert_eq!((&parts[1].1, &parts[2].1), (&parts[0].0, &parts[1].0));
    assert!(parts[2].2.ends_with(" 3/3"), "{}", parts[2].2);
    let found = publisher.own_messages(&channel(), &target, since).await.unwrap();
    let whole = found.iter().find(|own| own.fingerprint == Fingerprint::of(&text)).unwrap();
    assert_eq!(whole.id, id);
    assert_eq!(world.calls(POST).await, 3);
}

/// A private message is read, answered, and the answer comes back as the company's own.
#[tokio::test]
async fn a_private_conversation_goes_both_ways() {
    let world = World::new(Settings::default()).await;
    let entry = json!({
        "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
        "private_workgroup": "Social Private", "private_messages": true,
        "credential": "/social/twitter/acme", "handles": ["@acme"], "reply_handle": "@acme",
    });
    let channel = Arc::new(Channel::from_entry(entry).unwrap());
    let inbox = TwitterInbox::<_, Uncounted>::new(
        world.api(),
        "/social/twitter/acme",
        keys(),
        &[Arc::clone(&channel)],
        world.clock(),
        None,
    );
    let inbox = inbox.unwrap();
    world.whispers("Old news").await;
    world.wait(SignedDuration::from_secs(60)).await;
    let begun = inbox.pass(None).await.unwrap();
    assert_eq!(begun.messages, []);
    world.wait(SignedDuration::from_secs(60)).await;
    world.whispers("Where is my parcel?").await;
    let asked = inbox.pass(Some(&begun.checkpoint)).await.unwrap();
    assert_eq!(asked.messages.len(), 1);
    let message = &asked.messages[0].message;
    assert_eq!((message.text.as_str(), message.own), ("Where is my parcel?", false));
    assert_eq!(channel.workgroup_for(message.kind), "Social Private");

    let target = Target {
        message_id: message.id.clone(),
        kind: Kind::PrivateMessage,
        reply_under: message.id.clone(),
        author_id: message.author.as_ref().map(|author| author.id.clone()),
    };
    let publisher =
        TwitterPublisher::new(world.api(), Document((*keys()).clone()), PublishSettings::default());
    let lost = json!({
        "match": {"method": "POST", "path": "/2/dm_conversations/*"}, "fault": "apply_then_drop",
    });
    world.fails(lost).await;
    let since = world.control.now();
    let sent = publisher.publish(&channel, &target, "On its way").await;
    assert!(matches!(sent, Err(PublishError::Unknown(_))), "{sent:?}");
    let found = publisher.own_messages(&channel, &target, since).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fingerprint, Fingerprint::of("On its way"));

    let echo = inbox.pass(Some(&asked.checkpoint)).await.unwrap();
    assert_eq!(echo.messages.len(), 1);
    let own = &echo.messages[0].message;
    assert!(own.own);
    assert_eq!((&own.id, &own.thread), (&found[0].id, &message.thread));
}

/// Leases with what is stored beside them, as the bridge's state has them.
#[derive(Default)]
struct Table(Mutex<BTreeMap<String, Row>>);

/// Epoch, whether it is held, checkpoint.
type Row = (u64, bool, Option<String>);

impl Leases for &Table {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        let held = self.0.lock().unwrap().get(name).is_some_and(|row| row.1);
        if held { Ok(None) } else { self.take_over(name, length).await.map(Some) }
    }

    async fn take_over(&self, name: &str, _: Duration) -> Result<Lease, Failure> {
        let mut rows = self.0.lock().unwrap();
        let row = rows.entry(name.to_owned()).or_default();
        (row.0, row.1) = (row.0 + 1, true);
        let (name, checkpoint) = (name.to_owned(), row.2.clone());
        Ok(Lease { name, epoch: row.0, until: Timestamp::MAX, checkpoint })
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        Ok(self.0.lock().unwrap().get(&lease.name).is_some_and(|row| row.0 == lease.epoch))
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        let mut rows = self.0.lock().unwrap();
        let row = rows.get_mut(&lease.name).filter(|row| row.0 == lease.epoch);
        let ours = row.map(|row| row.2 = Some(checkpoint.to_owned()));
        Ok(ours.is_some())
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        let mut rows = self.0.lock().unwrap();
        let row = rows.get_mut(&lease.name).filter(|row| row.0 == lease.epoch);
        if let Some(row) = row {
            row.1 = false;
        }
        Ok(())
    }
}

/// Each function with tokens of its own, as it starts.
fn publisher<'a>(
    world: &World,
    table: &'a Table,
) -> TwitterPublisher<UserTokens<Document, &'a Table, Clock>> {
    let oauth2 = OAuth2Keys {
        client_id: CLIENT_ID.to_owned(),
        client_secret: SecretString::from(CLIENT_SECRET),
        refresh_token: SecretString::from(REFRESH_TOKEN),
    };
    let document = TwitterCredential {
        access_token: None,
        access_token_secret: None,
        oauth2: Some(oauth2),
        ..(*keys()).clone()
    };
    let tokens = UserTokens::new(Document(document), table, world.api(), world.clock());
    TwitterPublisher::new(world.api(), tokens, PublishSettings::default())
}

#[tokio::test]
async fn two_functions_share_an_account_whose_tokens_rotate() {
    let world = World::new(Settings::default()).await;
    let table = Table::default();
    let channel = channel();
    let (one, two) = (publisher(&world, &table), publisher(&world, &table));
    for round in 0..3 {
        let target = asked(&world, &format!("@acme question {round}")).await;
        let (first, second) = (format!("First answer {round}"), format!("Second answer {round}"));
        let (first, second) = tokio::join!(
            one.publish(&channel, &target, &first),
            two.publish(&channel, &target, &second),
        );
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        world.wait(SignedDuration::from_mins(116)).await;
    }
    assert_eq!(world.calls("POST /2/oauth2/token").await, 3);
}
