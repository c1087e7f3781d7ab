use std::sync::Mutex;

use serde_json::{Value, json};
use social_core::{budget::Spending, verdict::Verdict};
use wiremock::MockServer;

use super::*;
use crate::fixture::{TestClock, answer, api, channel, credential, parameter, queries, watch};

const SEARCH: &str = "/2/tweets/search/recent";

/// Counters in memory, and how often they were written.
#[derive(Default)]
pub(super) struct Ledger(pub(super) Mutex<(Spending, u32)>);

impl Budgets for Ledger {
    async fn spent(&self, _: &str, _: &str) -> Result<Spending, Failure> {
        Ok(self.0.lock().unwrap().0)
    }

    async fn spend(&self, _: &str, month: &str, more: &Spending) -> Result<Spending, Failure> {
        assert_eq!(month, "2026-11");
        let mut ledger = self.0.lock().unwrap();
        if ledger.1 == 99 {
            return Err(Failure::new(Verdict::RETRY, "away", "away"));
        }
        *ledger = (ledger.0.plus(more), ledger.1 + 1);
        Ok(ledger.0)
    }
}

struct World {
    server: MockServer,
    clock: TestClock,
    ledger: Ledger,
}

impl World {
    /// A budget of a dollar, of which so much is spent.
    async fn with_spent(amount: u64) -> Self {
        let world = Self {
            server: MockServer::start().await,
            clock: TestClock::at("2026-11-22T12:00:00Z"),
            ledger: Ledger::default(),
        };
        world.set_spent(amount);
        world
    }

    fn set_spent(&self, amount: u64) {
        self.ledger.0.lock().unwrap().0.amount = amount;
    }

    fn poll(&self) -> TwitterPoll<&TestClock, &Ledger> {
        let mut keys = (*credential()).clone();
        keys.monthly_budget_usd = Some(1.0);
        let channels = vec![
            channel(json!({"keywords": ["router"], "start": "2026-11-22T11:00:00Z"})),
            watch(json!({"start": "2026-11-22T11:00:00Z"})),
        ];
        let (api, settings) = (api(&self.server.uri()), PollSettings::default());
        let poll = TwitterPoll::new(api, "acme", keys.into(), channels, settings, &self.clock);
        poll.with_budgets(&self.ledger, Prices::default())
    }

    async fn finds(&self, tweets: &[Value]) {
        self.server.reset().await;
        let page = json!({"data": tweets, "meta": {"result_count": tweets.len()}});
        answer(&self.server, "GET", SEARCH, 200, page, 0..).await;
        let zoe = json!({"data": [{"id": "7", "name": "Zoë", "username": "zoe"}]});
        answer(&self.server, "GET", "/2/users", 200, zoe, 0..).await;
    }

    /// The texts of the searches so far.
    async fn searched(&self) -> Vec<String> {
        let searches = queries(&self.server, SEARCH).await;
        searches.iter().map(|q| parameter(q, "query").unwrap().to_owned()).collect()
    }

    fn writes(&self) -> u32 {
        self.ledger.0.lock().unwrap().1
    }
}

fn mention(time: &str) -> Value {
    let id = crate::snowflake::at(time.parse().unwrap()).to_string();
    json!({
        "id": id, "text": "@acme router", "author_id": "7", "created_at": time,
        "entities": {"mentions": [{"username": "acme"}]},
    })
}

/// An idle pass costs no write; one that read something costs one.
#[tokio::test]
async fn a_pass_is_paid_once_and_an_idle_one_not_at_all() {
    let world = World::with_spent(0).await;
    world.finds(&[]).await;
    let poll = world.poll();
    let idle = poll.pass(None).await.unwrap();
    assert_eq!(world.writes(), 0);
    world.finds(&[mention("2026-11-22T11:30:00Z")]).await;
    poll.pass(Some(&idle.checkpoint)).await.unwrap();
    assert_eq!(world.writes(), 1);
    let spent = world.ledger.0.lock().unwrap().0;
    assert_eq!(spent, Spending { reads: 1, users: 1, posts: 0, amount: 15_000 });
}

#[tokio::test]
async fn what_cannot_be_written_down_is_owed() {
    let world = World::with_spent(0).await;
    let poll = world.poll();
    world.ledger.0.lock().unwrap().1 = 99;
    world.finds(&[mention("2026-11-22T11:30:00Z")]).await;
    let first = poll.pass(None).await.unwrap();
    world.ledger.0.lock().unwrap().1 = 0;
    world.finds(&[]).await;
    poll.pass(Some(&first.checkpoint)).await.unwrap();
    assert_eq!(world.ledger.0.lock().unwrap().0.amount, 15_000);
}

/// The budget's last tenth is for mentions; what pauses is read from where it stopped.
#[tokio::test]
async fn keyword_searches_pause_and_the_gap_is_filled() {
    let world = World::with_spent(0).await;
    world.finds(&[]).await;
    let before = world.poll().pass(None).await.unwrap();
    let since = parameter(&queries(&world.server, SEARCH).await[0], "since_id").unwrap().to_owned();

    world.set_spent(900_000);
    world.clock.set("2026-11-22T12:10:00Z");
    world.finds(&[mention("2026-11-22T12:01:00Z")]).await;
    let reserved = world.poll().pass(Some(&before.checkpoint)).await.unwrap();
    assert_eq!(world.searched().await, ["(@acme) -is:retweet"]);
    assert_eq!(reserved.messages.len(), 1);
    // The gap is on record, from the last whole pass on.
    let gap = Checkpoint::read(&reserved.checkpoint).unwrap();
    assert_eq!(gap.paused, Some("2026-11-22T12:10:00Z".parse().unwrap()));
    assert_eq!(gap.read, Some("2026-11-22T12:00:00Z".parse().unwrap()));

    world.set_spent(1_000_000);
    world.finds(&[]).await;
    let spent = world.poll().pass(Some(&reserved.checkpoint)).await.unwrap();
    assert_eq!(world.searched().await, [""; 0]);
    assert_eq!(spent.messages, []);

    // A new month, or a larger budget.
    world.set_spent(0);
    world.clock.set("2026-11-24T12:00:00Z");
    world.finds(&[]).await;
    let resumed = world.poll().pass(Some(&spent.checkpoint)).await.unwrap();
    let closed = Checkpoint::read(&resumed.checkpoint).unwrap();
    assert_eq!((closed.paused, closed.read), (None, Some("2026-11-24T12:00:00Z".parse().unwrap())));
    assert_eq!(world.searched().await, ["(@acme OR @rival OR router) -is:retweet"]);
    let resumed = &queries(&world.server, SEARCH).await[0];
    assert_eq!(parameter(resumed, "since_id"), Some(since.as_str()));
}
