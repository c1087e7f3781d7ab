//! The functions, as Lambda runs them: batches of a queue, and runs by schedule.

use std::{rc::Rc, time::Duration};

use jiff::SignedDuration;
use social_core::{
    Clock,
    breaker::{Breaker, GuardedCic, GuardedOwners, GuardedPublisher},
    collecting::{Collector, IdleRules, Pace},
    desk::Desk,
    inbound::InboundBatch,
    publishing::{Limits, Publishing},
    reply::Reply,
    routing::Router,
};
use social_lambda::process_batch;
use tokio::{
    task::spawn_local,
    time::{Instant, sleep},
};

use crate::{
    clock::VirtualClock,
    faults::Process,
    ports::{OwnQueue, Ports},
    sqs::Fifo,
    world::{State, World},
};

/// As deployed.
const TIMEOUT: Duration = Duration::from_secs(30);
const COLLECTOR_TIMEOUT: Duration = Duration::from_mins(15);
const LAST_TRY: Duration = Duration::from_secs(15);
const LEASE: Duration = Duration::from_secs(33);
const MAX_AGE: Duration = Duration::from_hours(1);
/// What was received or begun so often is left alone: ten deaths would park it, as they should. A
/// change is begun for each of the queue's messages that tell of it.
pub const SPARED_FROM: u32 = 6;

type Cic<S> = GuardedCic<Ports<S>, Ports<S>, VirtualClock>;
type Network<S> = GuardedPublisher<Ports<S>, Ports<S>, VirtualClock>;
type Owners<S> = GuardedOwners<Ports<S>, Ports<S>, VirtualClock>;
type Held<S> = Desk<Ports<S>, Cic<S>, Ports<S>, Ports<S>, VirtualClock>;

/// What the two work through, guarded as the functions guard it: eight ports, all of one process.
type RouterPorts<S> =
    (Ports<S>, Owners<S>, Ports<S>, Ports<S>, Cic<S>, Ports<S>, Ports<S>, VirtualClock);
type PublisherPorts<S> =
    (Ports<S>, Network<S>, Network<S>, Ports<S>, Cic<S>, Ports<S>, Ports<S>, VirtualClock);

fn desk<S: State>(ports: &Ports<S>) -> Held<S> {
    let breaker = Breaker::of_cic(ports.clone(), ports.clock);
    Desk {
        store: ports.clone(),
        contact_center: GuardedCic { contact_center: ports.clone(), breaker },
        inbound: ports.clone(),
        outbound: ports.clone(),
        clock: ports.clock,
        automatic: Vec::new(),
    }
}

fn credentials<S: State>(ports: &Ports<S>) -> Breaker<Ports<S>, VirtualClock> {
    Breaker::of_credentials(ports.clone(), ports.clock)
}

/// One of the router's execution environments.
pub async fn router<S: State>(world: Rc<World<S>>, skew: SignedDuration) {
    loop {
        let event = world.inbound.receive(&world.faults).await;
        let ports = ports(&world, "router", &event).with_skew(skew);
        let router: Router<RouterPorts<S>> = Router {
            channels: ports.clone(),
            thread_owners: GuardedOwners { owners: ports.clone(), breaker: credentials(&ports) },
            dead_letters: ports.clone(),
            desk: desk(&ports),
        };
        let queue = own_queue(&world.inbound, &ports);
        let route = async |batch: InboundBatch, deadline| router.route(batch, deadline).await;
        let handles = handles(&event);
        let work = process_batch(event, &queue, &ports.clock, limits(&ports.clock), &route);
        settle(&world.inbound, handles, ports.process.run(TIMEOUT, work).await);
    }
}

/// One of the publisher's execution environments.
pub async fn publisher<S: State>(world: Rc<World<S>>, skew: SignedDuration) {
    loop {
        let event = world.outbound.receive(&world.faults).await;
        let ports = ports(&world, "publisher", &event).with_skew(skew);
        let network =
            || GuardedPublisher { publisher: ports.clone(), breaker: credentials(&ports) };
        let publishing: Publishing<PublisherPorts<S>> = Publishing {
            channels: ports.clone(),
            facebook: network(),
            twitter: network(),
            desk: desk(&ports),
            limits: Limits { max_age: MAX_AGE, lease: LEASE },
        };
        let queue = own_queue(&world.outbound, &ports);
        let publish = async |reply: Reply, _| publishing.publish(&reply).await;
        let handles = handles(&event);
        let work = process_batch(event, &queue, &ports.clock, limits(&ports.clock), &publish);
        settle(&world.outbound, handles, ports.process.run(TIMEOUT, work).await);
    }
}

/// Each minute a collector begins.
pub async fn collectors<S: State>(world: Rc<World<S>>, skew: SignedDuration) {
    for turn in 0.. {
        let process = Process::new("collector", true, &world.faults);
        // Every other one has the wrong clock, where there is one.
        let skew = if turn % 2 == 1 { skew } else { SignedDuration::ZERO };
        let ports = Ports::new(&world, &process).with_skew(skew);
        spawn_local(async move {
            let world = Rc::clone(&ports.world);
            let collector = Collector {
                leases: ports.clone(),
                nudges: ports.clone(),
                desk: desk(&ports),
                idle: IdleRules::of(&world.channels),
                pace: Pace {
                    shard: 0,
                    list_every: Duration::from_secs(2),
                    active: Duration::from_secs(2),
                    quiet: Duration::from_secs(15),
                    until: ports.clock.now() + Duration::from_secs(150),
                    keep_until: ports.clock.now() + COLLECTOR_TIMEOUT - LAST_TRY,
                },
            };
            let begun = Instant::now();
            match process.run(COLLECTOR_TIMEOUT, collector.run()).await {
                Some(Ok(())) => world.collected.borrow_mut().push((begun, Instant::now())),
                Some(Err(_)) => world.faults.note("collector could not begin"),
                None => {}
            }
        });
        sleep(Duration::from_mins(1)).await;
    }
}

fn ports<S: State>(
    world: &Rc<World<S>>,
    function: &'static str,
    event: &aws_lambda_events::sqs::SqsEvent,
) -> Ports<S> {
    let received = event.records.iter().filter_map(|record| {
        record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse::<u32>().ok())
    });
    let mortal = received.max().is_none_or(|received| received < SPARED_FROM);
    Ports::new(world, &Process::new(function, mortal, &world.faults))
}

fn own_queue<S>(queue: &Rc<Fifo>, ports: &Ports<S>) -> OwnQueue {
    OwnQueue { queue: Rc::clone(queue), process: ports.process.clone() }
}

fn limits(clock: &VirtualClock) -> social_lambda::Limits {
    social_lambda::Limits { deadline: clock.now() + TIMEOUT, lease: LEASE }
}

type Handles = Vec<(String, String)>;

fn handles(event: &aws_lambda_events::sqs::SqsEvent) -> Handles {
    let handles = event.records.iter();
    let handles = handles.map(|record| {
        let handle = record.receipt_handle.clone().unwrap_or_default();
        (record.message_id.clone().unwrap_or_default(), handle)
    });
    handles.collect()
}

/// The event source mapping deletes what the function did not name as failed.
fn settle(
    queue: &Fifo,
    handles: Handles,
    response: Option<aws_lambda_events::sqs::SqsBatchResponse>,
) {
    let Some(response) = response else { return };
    let failed = response.batch_item_failures;
    for (id, handle) in handles {
        if failed.iter().all(|failure| failure.item_identifier != id) {
            queue.delete(&handle);
        }
    }
}
