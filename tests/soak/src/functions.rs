//! The functions, as Lambda runs them: batches of a queue, and runs by schedule.

use std::{rc::Rc, time::Duration};

use social_core::{
    Clock,
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
const LEASE: Duration = Duration::from_secs(33);
const MAX_AGE: Duration = Duration::from_hours(1);
/// A message that was received so often is left alone: ten deaths would park it, as they should.
const SPARED_FROM: u32 = 6;

type Held<S> = Desk<Ports<S>, Ports<S>, Ports<S>, Ports<S>, VirtualClock>;

/// What router and publisher work through: eight ports, all of one process.
type RouterPorts<S> =
    (Ports<S>, Ports<S>, Ports<S>, Ports<S>, Ports<S>, Ports<S>, Ports<S>, VirtualClock);

fn desk<S: State>(ports: &Ports<S>) -> Held<S> {
    Desk {
        store: ports.clone(),
        contact_center: ports.clone(),
        inbound: ports.clone(),
        outbound: ports.clone(),
        clock: ports.world.clock,
        automatic: Vec::new(),
    }
}

/// One of the router's execution environments.
pub async fn router<S: State>(world: Rc<World<S>>) {
    loop {
        let event = world.inbound.receive(&world.faults.chance).await;
        let ports = ports(&world, "router", &event);
        let router: Router<RouterPorts<S>> = Router {
            channels: ports.clone(),
            thread_owners: ports.clone(),
            dead_letters: ports.clone(),
            desk: desk(&ports),
        };
        let queue = own_queue(&world.inbound, &ports);
        let route = async |batch: InboundBatch, deadline| router.route(batch, deadline).await;
        let deadline = world.clock.now() + TIMEOUT;
        let handles = handles(&event);
        let work = process_batch(event, &queue, &world.clock, deadline, &route);
        settle(&world.inbound, handles, ports.process.run(TIMEOUT, work).await);
    }
}

/// One of the publisher's execution environments.
pub async fn publisher<S: State>(world: Rc<World<S>>) {
    loop {
        let event = world.outbound.receive(&world.faults.chance).await;
        let ports = ports(&world, "publisher", &event);
        let publishing: Publishing<RouterPorts<S>> = Publishing {
            channels: ports.clone(),
            facebook: ports.clone(),
            twitter: ports.clone(),
            desk: desk(&ports),
            limits: Limits { max_age: MAX_AGE, lease: LEASE },
        };
        let queue = own_queue(&world.outbound, &ports);
        let publish = async |reply: Reply, _| publishing.publish(&reply).await;
        let deadline = world.clock.now() + TIMEOUT;
        let handles = handles(&event);
        let work = process_batch(event, &queue, &world.clock, deadline, &publish);
        settle(&world.outbound, handles, ports.process.run(TIMEOUT, work).await);
    }
}

/// Each minute a collector begins.
pub async fn collectors<S: State>(world: Rc<World<S>>) {
    loop {
        let process = Process::new("collector", true, &world.faults);
        let ports = Ports { world: Rc::clone(&world), process: process.clone() };
        spawn_local(async move {
            let world = Rc::clone(&ports.world);
            let collector = Collector {
                leases: ports.clone(),
                nudges: ports.clone(),
                desk: desk(&ports),
                idle: IdleRules::default(),
                pace: Pace {
                    shard: 0,
                    list_every: Duration::from_secs(2),
                    active: Duration::from_secs(2),
                    quiet: Duration::from_secs(15),
                    until: world.clock.now() + Duration::from_secs(150),
                },
            };
            let begun = Instant::now();
            match process.run(Duration::from_secs(180), collector.run()).await {
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
    Ports { world: Rc::clone(world), process: Process::new(function, mortal, &world.faults) }
}

fn own_queue<S>(queue: &Rc<Fifo>, ports: &Ports<S>) -> OwnQueue {
    OwnQueue { queue: Rc::clone(queue), process: ports.process.clone() }
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
