use std::cell::Cell;

use super::*;
use crate::{
    chat::{Chat, ContactCenter, Interface},
    desk::Desk,
    fakes::{Away, FakeCic, FakeClock, FakeQueues, FakeState, World, channel_id, post},
    inbound::{Change, InboundBatch},
    routing::Router,
};

const EVERY: Duration = Duration::from_secs(10);

/// A function of its own: what it remembers nobody else knows.
fn breaker(world: &World) -> Breaker<FakeState, FakeClock> {
    Breaker::new(world.state.clone(), world.clock.clone(), EVERY)
}

fn guarded(world: &World) -> GuardedCic<FakeCic, FakeState, FakeClock> {
    GuardedCic { contact_center: world.cic.clone(), breaker: breaker(world) }
}

#[tokio::test]
async fn while_all_is_well_nothing_is_asked_of_the_state_but_once() {
    let world = World::new();
    let breaker = Breaker::new(Counted::default(), world.clock.clone(), EVERY);
    for _ in 0..100 {
        breaker.guard("cic", async { Ok::<_, Failure>(()) }).await.unwrap();
    }
    assert_eq!(breaker.breakers.0.get(), 1);
}

/// Counts what is asked of it.
#[derive(Default)]
struct Counted(Cell<u32>);

impl Breakers for Counted {
    async fn outage(&self, _: &str) -> Result<Option<Outage>, Failure> {
        self.0.set(self.0.get() + 1);
        Ok(None)
    }

    async fn note_down(&self, _: &str, _: Timestamp) -> Result<Outage, Failure> {
        unreachable!()
    }

    async fn take_probe(&self, _: &str, _: Timestamp) -> Result<Probe, Failure> {
        unreachable!()
    }

    async fn note_up(&self, _: &str) -> Result<(), Failure> {
        unreachable!()
    }
}

#[tokio::test]
async fn one_failure_holds_all_others_back_and_one_success_lets_them_through() {
    let world = World::new();
    let (first, second) = (breaker(&world), breaker(&world));
    let calls = Cell::new(0);
    let call = async |works: bool| {
        calls.set(calls.get() + 1);
        tokio::task::yield_now().await;
        if works { Ok(()) } else { Err(Failure::from(Away)) }
    };
    first.guard("a", call(false)).await.unwrap_err();
    for breaker in [&first, &second] {
        let error = breaker.guard("a", call(true)).await.unwrap_err();
        assert_eq!((error.error_type(), error.verdict()), (HELD_BACK, Verdict::WAIT));
        breaker.guard("b", call(true)).await.unwrap();
    }
    assert_eq!(calls.get(), 3, "nobody calls in vain, and others are not concerned");

    world.clock.advance(EVERY);
    let tries = futures::join!(first.guard("a", call(true)), second.guard("a", call(true)));
    assert_eq!([tries.0.is_ok(), tries.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    world.clock.advance(EVERY);
    first.guard("a", call(true)).await.unwrap();
    second.guard("a", call(true)).await.unwrap();
}

/// For two seconds no server of the pair serves, as in a switchover: ten functions that want to call
/// all the time are held back for hardly longer, and make few calls meanwhile.
#[tokio::test]
async fn a_switchover_holds_nobody_back_for_long() {
    let world = World::new();
    let breakers: Vec<_> = (0..10).map(|_| breaker(&world)).collect();
    let (began, calls) = (world.clock.now(), Cell::new(0));
    let call = async |works: bool| {
        calls.set(calls.get() + 1);
        if works { Ok(()) } else { Err(Failure::from(Away)) }
    };
    for breaker in &breakers {
        breaker.guard("cic", call(true)).await.unwrap();
    }
    calls.set(0);
    let mut waiting: Vec<_> = breakers.iter().collect();
    while !waiting.is_empty() {
        let works = world.clock.now() >= began + Duration::from_secs(2);
        let mut still = Vec::new();
        for breaker in waiting {
            if breaker.guard("cic", call(works)).await.is_err() {
                still.push(breaker);
            }
            if !works {
                assert!(calls.get() <= 12, "one of each function, then one for all at a time");
            }
        }
        waiting = still;
        world.clock.advance(Duration::from_millis(200));
        let waited = world.clock.now().duration_since(began);
        assert!(waited <= jiff::SignedDuration::from_secs(4), "{} wait still", waiting.len());
    }
}

/// A day of it costs few calls all the same.
#[tokio::test]
async fn tries_become_ever_more_seldom() {
    let world = World::new();
    let breaker = breaker(&world);
    let began = world.clock.now();
    let mut tried = Vec::new();
    while world.clock.now() < began + Duration::from_secs(60) {
        let call = async {
            tried.push(world.clock.now().duration_since(began).as_secs());
            Err::<(), _>(Failure::from(Away))
        };
        breaker.guard("cic", call).await.unwrap_err();
        world.clock.advance(Duration::from_millis(100));
    }
    assert_eq!(tried, [0, 1, 2, 4, 8, 16, 26, 36, 46, 56]);
}

#[tokio::test]
async fn a_failure_of_one_message_is_no_outage() {
    let world = World::new();
    let breaker = breaker(&world);
    for _ in 0..3 {
        let failed =
            async { Err::<(), _>(Failure::new(Verdict::WAIT, "unknown", "just this one")) };
        assert_eq!(breaker.guard("a", failed).await.unwrap_err().error_type(), "unknown");
    }
}

type GuardedRouter = Router<(
    crate::fakes::FakeChannels,
    crate::fakes::FakeOwners,
    FakeQueues,
    FakeState,
    GuardedCic<FakeCic, FakeState, FakeClock>,
    FakeQueues,
    FakeQueues,
    FakeClock,
)>;

fn router(world: &World) -> GuardedRouter {
    let Desk { store, inbound, outbound, clock, automatic, .. } = world.desk();
    let contact_center = guarded(world);
    let desk = Desk { store, contact_center, inbound, outbound, clock, automatic };
    let Router { channels, thread_owners, dead_letters, .. } = world.router();
    Router { channels, thread_owners, dead_letters, desk }
}

/// A message in its queue, as SQS would keep it.
struct Queued {
    id: u32,
    received: u32,
    visible_at: Timestamp,
}

/// CIC is away for a day: five routers, a new message every ten minutes, a chat that was open.
#[tokio::test]
async fn cic_is_away_for_a_day_and_all_comes_back_by_itself() {
    let world = World::new();
    let routers: Vec<GuardedRouter> = (0..5).map(|_| router(&world)).collect();
    world.deliver("acme-page", post("0", "Zoë", "before")).await.unwrap();
    let begin = world.clock.now();
    let back = begin + Duration::from_hours(24);
    world.cic.go_down(true);
    let before = world.cic.calls();

    let (mut queue, mut next, mut most) = (Vec::<Queued>::new(), 1_u32, 0);
    while world.clock.now() < back + Duration::from_mins(20) {
        let now = world.clock.now();
        if now >= back {
            world.cic.go_down(false);
        } else if now >= begin + Duration::from_mins(10) * next {
            queue.push(Queued { id: next, received: 0, visible_at: now });
            next += 1;
        }
        let mut left = Vec::new();
        for mut queued in queue {
            if now < queued.visible_at {
                left.push(queued);
                continue;
            }
            queued.received += 1;
            most = most.max(queued.received);
            let turn = usize::try_from(queued.id + queued.received).unwrap() % routers.len();
            let message = post(&queued.id.to_string(), "Zoë", "meanwhile");
            let changes = vec![Change::Message(Box::new(message))];
            let batch = InboundBatch::new(channel_id("acme-page"), changes);
            if let Err(error) = routers[turn].route(batch, Timestamp::MAX).await {
                assert!(matches!(error.verdict(), Verdict::Wait { after: None }), "{error:?}");
                let doubled = Duration::from_secs(5) * 2_u32.pow(queued.received.min(10) - 1);
                queued.visible_at = now + doubled.min(Duration::from_mins(15));
                left.push(queued);
            }
        }
        queue = left;
        // The collector's looks at the chat that was open.
        if world.clock.now() < back {
            let chat = Chat {
                interface: Interface::WebChat,
                server: 0,
                chat_id: "0".to_owned(),
                participant_id: "visitor-0".to_owned(),
            };
            routers[0].desk.contact_center.poll(&chat).await.unwrap_err();
            let tries = (world.clock.now().duration_since(begin).as_secs() + 10) / 10;
            assert!(i64::from(world.cic.calls() - before) <= tries + 10, "more calls than probes");
        }
        world.clock.advance(Duration::from_secs(2));
    }
    assert!(queue.is_empty(), "all came back by itself");
    assert!(world.queues.parked.borrow().is_empty());
    assert!(most < 1_000, "SQS gives up after 1,000 deliveries, these were {most}");
    assert_eq!(world.cic.said().len(), usize::try_from(next).unwrap());
}
