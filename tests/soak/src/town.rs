//! Who is around: visitors who write, callbacks and polls that tell of it, agents who answer.

use std::{rc::Rc, sync::Arc, time::Duration};

use social_core::{
    Author, Clock, Message,
    breaker::{Breaker, GuardedSource, Use},
    conversation::ConversationKey,
    inbound::{Incoming, group_id},
    intake,
    message::{Answerable, Kind, Owner, Thread, Verb},
    parked::Parked,
    polling,
};
use tokio::{task::spawn_local, time::sleep};

use crate::{
    faults::Process,
    judge,
    ports::Ports,
    scenario::{Agents, Repeats, Scenario},
    world::{State, World, channel_id},
};

/// Conversations under one post of the company's own.
const UNDER_ONE_POST: usize = 10;
/// The first and the longest pause before a callback comes again.
const CALLBACK_AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_hours(1));

/// A visitor's message of that conversation: a post and its comments, comments under a post of the
/// company's, or private messages.
pub fn message(conversation: usize, number: usize, clock: &impl Clock) -> Message {
    let id = format!("m{conversation}-{number}");
    let visitor = format!("v{conversation}");
    let (kind, thread) = match conversation % 3 {
        0 => (Kind::Comment, post(format!("p{conversation}"), Owner::Visitor)),
        1 => {
            let post_id = format!("news{}", conversation / (3 * UNDER_ONE_POST));
            (Kind::Comment, post(post_id, Owner::Company))
        }
        _ => (Kind::PrivateMessage, Thread::Private { visitor_id: visitor.clone() }),
    };
    Message {
        kind,
        verb: Verb::Add,
        author: Some(Author {
            id: visitor,
            name: "Zoë".to_owned(),
            handle: None,
            followers: None,
            link: None,
            picture: None,
        }),
        own: false,
        text: judge::text_of(&id),
        id: id.into(),
        media: Vec::new(),
        also_in: Vec::new(),
        permalink: None,
        at: clock.now(),
        thread,
        answerable: Answerable::Yes,
    }
}

fn post(post_id: String, owner: Owner) -> Thread {
    let owner = Some(owner);
    Thread::Post { post_id: post_id.into(), top_level: None, top_level_author: None, owner }
}

/// The conversation that a key names.
pub fn conversation_of(key: &ConversationKey) -> Option<usize> {
    let last = key.as_str().rsplit(':').next()?;
    last.trim_start_matches(['p', 'v']).parse().ok()
}

/// Visitors write, and their messages take both roads.
pub async fn visitors<S: State>(world: Rc<World<S>>, scenario: Scenario) {
    let Scenario { conversations, messages, span, burst, .. } = scenario.clone();
    let chance = &world.faults.chance;
    let mut order: Vec<usize> = (0..messages).map(|index| index % conversations.max(1)).collect();
    for index in (1..order.len()).rev() {
        let other = usize::try_from(chance.below(index as u64 + 1)).unwrap_or_default();
        order.swap(index, other);
    }
    let mut numbers = vec![0; conversations];
    let mut write = |conversation: usize| {
        let number = numbers.get_mut(conversation)?;
        *number += 1;
        Some(message(conversation, *number, &world.clock))
    };
    let later = order.split_off(burst.min(order.len()));
    let at_once: Vec<Message> = order.into_iter().filter_map(&mut write).collect();
    let at_once: Vec<Incoming> = at_once.into_iter().map(|it| stands(&world, it)).collect();
    if !at_once.is_empty() {
        spawn_local(call_back(Rc::clone(&world), at_once));
    }
    let pause = span.checked_div(u32::try_from(later.len()).unwrap_or(u32::MAX));
    let every = later.len().checked_div(scenario.poison).unwrap_or(usize::MAX);
    for (index, conversation) in later.into_iter().enumerate() {
        if let Some(message) = write(conversation) {
            if index % every == 0 && scenario.poison > 0 {
                poison(&world, &message);
            }
            appear(&world, message, scenario.repeats);
        }
        sleep(pause.unwrap_or_default()).await;
    }
    world.written.set(true);
}

fn stands<S: State>(world: &World<S>, message: Message) -> Incoming {
    world.messages.borrow_mut().insert(message.id.clone(), message.clone());
    let incoming = Incoming { channel_id: channel_id(), message };
    world.there.borrow_mut().push(incoming.clone());
    incoming
}

/// What nobody can read is in both queues, in the inbound one in front of that message.
fn poison<S: State>(world: &World<S>, message: &Message) {
    let group = group_id(&channel_id(), &message.thread);
    for queue in [&world.inbound, &world.outbound] {
        let body = format!("{{ \"poison\": {} }}", world.poison.get());
        if queue.send(&group, &body, body.clone()) {
            world.poison.set(world.poison.get() + 1);
        }
    }
}

/// A message stands on the network from now on.
fn appear<S: State>(world: &Rc<World<S>>, message: Message, repeats: Repeats) {
    let incoming = stands(world, message);
    if !world.faults.happens("callback missing", |rates| rates.callbacks_missing) {
        spawn_local(call_back(Rc::clone(world), vec![incoming.clone()]));
    }
    if world.faults.happens("message deleted", |rates| rates.deletions) {
        spawn_local(delete(Rc::clone(world), incoming.message.clone()));
    }
    if world.faults.happens("callback repeated", |rates| rates.callbacks_repeated) {
        for _ in 0..=world.faults.chance.below(repeats.times) {
            let again = call_back(Rc::clone(world), vec![incoming.clone()]);
            let later = world.faults.chance.up_to(repeats.within);
            let world = Rc::clone(world);
            world.faults.note("callback made again");
            world.busy.set(world.busy.get() + 1);
            spawn_local(async move {
                sleep(later).await;
                again.await;
                world.busy.set(world.busy.get() - 1);
            });
        }
    }
}

/// A visitor deletes what agents see, and the callback names neither author nor text.
async fn delete<S: State>(world: Rc<World<S>>, message: Message) {
    world.busy.set(world.busy.get() + 1);
    let line = judge::text_of(message.id.as_str());
    let is_shown = || {
        let rooms = world.cic.rooms.borrow();
        rooms.iter().flat_map(|room| &room.lines).any(|shown| shown.text.contains(&line))
    };
    while !is_shown() {
        sleep(Duration::from_mins(1)).await;
    }
    let deletion = Message {
        verb: Verb::Delete,
        author: None,
        text: String::new(),
        at: world.clock.now(),
        ..message
    };
    call_back(Rc::clone(&world), vec![Incoming { channel_id: channel_id(), message: deletion }])
        .await;
    world.busy.set(world.busy.get() - 1);
}

/// Now and then an administrator puts back what was parked for a reason that may be over.
pub async fn administrator<S: State>(world: Rc<World<S>>) {
    loop {
        sleep(Duration::from_mins(5)).await;
        for queue in [&world.inbound, &world.outbound] {
            queue.redrive(|dead| {
                let parked = Parked {
                    id: String::new(),
                    reason: Some(dead.reason.clone()),
                    group: dead.group.clone(),
                    since: world.clock.now(),
                    body: dead.body.clone(),
                    receipt: String::new(),
                };
                let back = parked.body_to_put_back();
                back.inspect(|_| world.faults.note("put back"))
            });
        }
    }
}

/// One callback, made again until it is answered 200.
pub async fn call_back<S: State>(world: Rc<World<S>>, changes: Vec<Incoming>) {
    world.busy.set(world.busy.get() + 1);
    sleep(world.faults.chance.up_to(Duration::from_secs(2))).await;
    world.silence.wait_for_its_end().await;
    let (mut pause, longest) = CALLBACK_AGAIN;
    loop {
        let process = Process::new("webhook", true, &world.faults);
        let ports = Ports::new(&world, &process);
        let queued = intake::queue_all(&ports, changes.clone());
        if let Some(Ok(_)) = process.run(Duration::from_secs(20), queued).await {
            break;
        }
        world.faults.note("callback not answered 200");
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
    world.busy.set(world.busy.get() - 1);
}

/// Each minute a poll begins.
pub async fn pollers<S: State>(world: Rc<World<S>>) {
    let Some(channel) = world.channels.find(&channel_id()).cloned() else { return };
    loop {
        let channel = Arc::clone(&channel);
        let process = Process::new("poller", true, &world.faults);
        let ports = Ports::new(&world, &process);
        spawn_local(async move {
            let clock = ports.clock;
            let breaker = Breaker::of_credentials(ports.clone(), clock);
            let name = Use::Reading.of(&channel);
            let source = GuardedSource { source: &ports, breaker: &breaker, name };
            let pace = polling::Pace {
                pause: Duration::from_secs(15),
                pause_after_failure: Duration::from_secs(15),
                until: clock.now() + Duration::from_secs(75),
                slack: Duration::from_secs(25),
            };
            let run = polling::run(&source, &ports, &ports, &clock, pace);
            if let Some(Err(_)) = process.run(Duration::from_secs(115), run).await {
                ports.world.faults.note("poll failed");
            }
        });
        sleep(Duration::from_mins(1)).await;
    }
}

/// Agents look at their chats every few seconds, and answer what visitors wrote.
pub async fn agents<S: State>(world: Rc<World<S>>, agents: Agents) {
    // Chats that go on, and how many of their lines were read.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut rooms = 0;
    loop {
        sleep(Duration::from_secs(5)).await;
        if world.cic.away.is_on() {
            continue;
        }
        let there = world.cic.rooms.borrow().len();
        open.extend((rooms..there).map(|room| (room, 0)));
        rooms = there;
        let mut answers = Vec::new();
        open.retain_mut(|(index, read)| {
            let rooms = world.cic.rooms.borrow();
            let Some(room) = rooms.get(*index).filter(|room| !room.over) else { return false };
            if room.lines.iter().skip(*read).any(|line| judge::is_visitors(&line.text)) {
                answers.push(*index);
            }
            *read = room.lines.len();
            true
        });
        for room in answers {
            world.busy.set(world.busy.get() + 1);
            spawn_local(answer(Rc::clone(&world), room, agents));
        }
    }
}

async fn answer<S: State>(world: Rc<World<S>>, room: usize, agents: Agents) {
    let (cic, chance) = (&world.cic, &world.faults.chance);
    sleep(Duration::from_secs(3) + chance.up_to(Duration::from_mins(1))).await;
    let is_over = || cic.away.is_on() || cic.rooms.borrow().get(room).is_none_or(|room| room.over);
    let picked_up = cic.rooms.borrow().get(room).is_some_and(|room| room.picked_up);
    if !is_over() && !picked_up {
        if chance.below(100) < agents.ignore {
            cic.disconnect(room);
        } else {
            cic.pick_up(room);
        }
    }
    for _ in 0..=chance.below(2) {
        if is_over() {
            break;
        }
        let number = cic.written.borrow().len();
        let equal = chance.below(100) < agents.equal;
        cic.write(room, &if equal { "Thanks!".to_owned() } else { format!("Answer {number}.") });
        sleep(chance.up_to(Duration::from_secs(20))).await;
    }
    if !is_over() && chance.below(100) < agents.end {
        cic.disconnect(room);
    }
    world.busy.set(world.busy.get() - 1);
}

/// What the bridge published comes back as a callback, as everything does.
pub async fn echoes<S: State>(world: Rc<World<S>>) {
    let mut echoed = 0;
    loop {
        sleep(Duration::from_secs(1)).await;
        let mut own = Vec::new();
        for published in world.network.published.borrow().iter().skip(echoed) {
            echoed += 1;
            if let Some(answered) = world.messages.borrow().get(&published.under) {
                own.push(Message {
                    id: published.id.clone(),
                    own: true,
                    author: Some(Author {
                        id: "100".to_owned(),
                        name: "Acme".to_owned(),
                        handle: None,
                        followers: None,
                        link: None,
                        picture: None,
                    }),
                    text: published.text.clone(),
                    at: published.time,
                    ..answered.clone()
                });
            }
        }
        for message in own {
            if world.faults.happens("echo missing", |rates| rates.echoes_missing) {
                continue;
            }
            let incoming = Incoming { channel_id: channel_id(), message };
            let world = Rc::clone(&world);
            spawn_local(async move {
                let id = incoming.message.id.clone();
                call_back(Rc::clone(&world), vec![incoming]).await;
                if world.network.is_unanswered(&id) {
                    world.faults.note("echo before the answer");
                }
            });
        }
    }
}
