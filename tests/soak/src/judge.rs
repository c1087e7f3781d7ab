//! What came of it all, by what CIC and the network hold, never by the bridge's own tables.

use std::{collections::BTreeMap, time::Duration};

use social_core::{conversation::ConversationKey, text::NOTICE_PREFIX};
use tokio::time::Instant;

use crate::{
    town::conversation_of,
    world::{State, World},
};

const PERHAPS: &str = "perhaps shown before:\n";
/// When whoever died is followed by another worker: the visibility time-out of the queues, and a bit.
const FOLLOWED_AFTER: Duration = Duration::from_mins(4);
const RETURNED: &str = " was not published: ";

/// One table's row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages of visitors.
    pub events: usize,
    pub interactions: usize,
    /// Agents' texts, and how many of them are in public, or back with the agent.
    pub replies: usize,
    pub published: usize,
    pub returned: usize,
    /// Neither here nor there.
    pub messages_lost: usize,
    pub replies_lost: usize,
    /// More often than once.
    pub messages_doubled: usize,
    pub replies_doubled: usize,
    pub messages_out_of_order: usize,
    pub replies_out_of_order: usize,
    /// Two chats of one conversation with words in them, open at once.
    pub open_twice: usize,
    /// The limit that the design names: the answer that told of it was lost, or its reader died.
    pub replies_at_the_limit: usize,
    /// The limit where CIC has no history of the chat, or no longer: shown again, and marked as such.
    pub messages_marked: usize,
    /// More, or less, than what nobody can read.
    pub parked: usize,
    /// Shown as a visitor's, and no visitor wrote it.
    pub strangers: usize,
    pub worst_message: Duration,
    pub worst_reply: Duration,
    /// The first few of what is not as it should be.
    pub examples: Vec<String>,
}

/// How many are told.
const EXAMPLES: usize = 5;

impl Verdict {
    fn tell(&mut self, example: String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(example);
        }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        let Self { worst_message, worst_reply, .. } = *self;
        let examples = self.examples.iter().chain(&other.examples).take(EXAMPLES).cloned();
        *self = Self {
            events: self.events + other.events,
            interactions: self.interactions + other.interactions,
            replies: self.replies + other.replies,
            published: self.published + other.published,
            returned: self.returned + other.returned,
            messages_lost: self.messages_lost + other.messages_lost,
            replies_lost: self.replies_lost + other.replies_lost,
            messages_doubled: self.messages_doubled + other.messages_doubled,
            replies_doubled: self.replies_doubled + other.replies_doubled,
            messages_out_of_order: self.messages_out_of_order + other.messages_out_of_order,
            replies_out_of_order: self.replies_out_of_order + other.replies_out_of_order,
            open_twice: self.open_twice + other.open_twice,
            replies_at_the_limit: self.replies_at_the_limit + other.replies_at_the_limit,
            messages_marked: self.messages_marked + other.messages_marked,
            parked: self.parked + other.parked,
            strangers: self.strangers + other.strangers,
            worst_message: worst_message.max(other.worst_message),
            worst_reply: worst_reply.max(other.worst_reply),
            examples: examples.collect(),
        };
    }

    /// Nothing lost, nothing twice, nothing out of order, nothing parked.
    pub fn holds(&self) -> bool {
        self.messages_lost + self.replies_lost == 0
            && self.messages_doubled + self.replies_doubled + self.open_twice == 0
            && self.messages_out_of_order + self.replies_out_of_order == 0
            && self.parked + self.strangers == 0
    }
}

/// The text of a visitor's message.
pub fn text_of(id: &str) -> String {
    format!("I am {id}.")
}

/// Whether a line is a visitor's, not the bridge's own.
pub fn is_visitors(line: &str) -> bool {
    !line.starts_with(NOTICE_PREFIX)
}

/// A visitor's message as it was said.
struct Said {
    room: usize,
    at: Instant,
    marked: bool,
}

impl Said {
    fn tell<S: State>(&self, world: &World<S>) -> String {
        let rooms = world.cic.rooms.borrow();
        let over = rooms.get(self.room).is_some_and(|room| room.over);
        let ended = if over { ", ended" } else { "" };
        let marked = if self.marked { ", marked" } else { "" };
        let at = world.clock.since_start(self.at).as_secs();
        format!("chat {}{ended}{marked} at {at} s", self.room)
    }
}

/// Judges the world as it stands.
pub fn judge<S: State>(world: &World<S>) -> Verdict {
    let mut verdict = Verdict {
        interactions: world.cic.rooms.borrow().iter().filter(|room| !room.lines.is_empty()).count(),
        parked: world.parked().abs_diff(world.poison.get()),
        ..Verdict::default()
    };
    messages(world, &mut verdict);
    replies(world, &mut verdict);
    verdict
}

fn messages<S: State>(world: &World<S>, verdict: &mut Verdict) {
    let rooms = world.cic.rooms.borrow();
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for (room, it) in rooms.iter().enumerate() {
        for line in it.lines.iter().filter(|line| is_visitors(&line.text)) {
            let (marked, text) = match line.text.strip_prefix(PERHAPS) {
                Some(text) => (true, text),
                None => (false, line.text.as_str()),
            };
            if !is_visitors(text) {
                continue;
            }
            let text = text.lines().nth(1).unwrap_or_default().trim().to_owned();
            said.entry(text).or_default().push(Said { room, at: line.at, marked });
        }
    }
    let queued = world.queued.borrow();
    let mut firsts: BTreeMap<usize, Vec<(Instant, usize)>> = BTreeMap::new();
    for incoming in world.there.borrow().iter() {
        let id = &incoming.message.id;
        verdict.events += 1;
        let Some(mut said) = said.remove(&text_of(id.as_str())) else {
            verdict.messages_lost += 1;
            continue;
        };
        said.sort_by_key(|said| said.at);
        let Some((first, again)) = said.split_first() else { continue };
        let marked = again.iter().filter(|again| again.marked).count();
        verdict.messages_marked += marked;
        verdict.messages_doubled += again.len() - marked;
        if again.len() > marked {
            let chats = std::iter::once(first).chain(again);
            let chats: Vec<String> = chats.map(|said| said.tell(world)).collect();
            verdict.tell(format!("message {id} shown in {}", chats.join(", ")));
        }
        let in_order = !world.set_aside.borrow().contains(id);
        if let Some((place, at)) = queued.get(id).filter(|_| in_order) {
            verdict.worst_message = verdict.worst_message.max(first.at - *at);
            let conversation = id.as_str().trim_start_matches('m').split('-').next();
            let conversation = conversation.and_then(|number| number.parse().ok());
            firsts.entry(conversation.unwrap_or_default()).or_default().push((first.at, *place));
        }
    }
    for (text, said) in said {
        verdict.strangers += said.len();
        verdict.tell(format!("{text:?} shown as a visitor's"));
    }
    for mut shown in firsts.into_values() {
        shown.sort_unstable();
        let pairs = shown.windows(2);
        verdict.messages_out_of_order +=
            pairs.filter(|pair| matches!(pair, [(_, a), (_, b)] if a > b)).count();
    }
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for room in rooms.iter().filter(|room| !room.over && !room.lines.is_empty()) {
        *open.entry(&room.conversation).or_default() += 1;
    }
    verdict.open_twice = open.values().map(|rooms| rooms.saturating_sub(1)).sum();
}

/// One text of agents in one conversation: written so often, published so often.
#[derive(Default)]
struct Text {
    written: Vec<usize>,
    at_the_limit: usize,
    queued: usize,
    published: usize,
    returned: usize,
}

fn replies<S: State>(world: &World<S>, verdict: &mut Verdict) {
    let rooms = world.cic.rooms.borrow();
    let of_room = |room: usize| {
        let room = rooms.get(room)?;
        conversation_of(&ConversationKey(room.conversation.clone()))
    };
    let mut texts: BTreeMap<(usize, String), Text> = BTreeMap::new();
    let written = world.cic.written.borrow();
    for (index, it) in written.iter().enumerate().filter(|(_, it)| !it.text.is_empty()) {
        let key = (of_room(it.chat).unwrap_or_default(), it.text.clone());
        let text = texts.entry(key).or_default();
        text.written.push(index);
        // A collector that lived for its whole run finds it in the history, while that can be read.
        let findable = rooms.get(it.chat).zip(it.read_at).is_some_and(|(room, read_at)| {
            let until = room.readable_until(world.cic.history_linger.get());
            let collected = |(begun, ended): &(Instant, Instant)| {
                *begun > read_at + FOLLOWED_AFTER && until.is_none_or(|until| *ended < until)
            };
            world.cic.keeps_history.get() && world.collected.borrow().iter().any(collected)
        });
        let died = it.died_with_its_reader() && !findable;
        text.at_the_limit += usize::from(died);
    }
    for room in rooms.iter() {
        let conversation = conversation_of(&ConversationKey(room.conversation.clone()));
        for line in room.lines.iter().filter(|line| line.text.contains(RETURNED)) {
            let notice = line.text.strip_prefix(PERHAPS).unwrap_or(&line.text);
            let text = notice.lines().nth(1).unwrap_or_default().trim().to_owned();
            let key = (conversation.unwrap_or_default(), text);
            texts.entry(key).or_default().returned += 1;
        }
    }
    let mut order: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queued: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for ((key, text), (place, ids)) in world.replies_queued.borrow().iter() {
        let conversation = conversation_of(&ConversationKey(key.clone())).unwrap_or_default();
        queued.insert((conversation, text.clone()), *place);
        texts.entry((conversation, text.clone())).or_default().queued = ids.len();
    }
    for it in world.network.published.borrow().iter() {
        let conversation = it.under.as_str().trim_start_matches('m').split('-').next();
        let conversation = conversation.and_then(|number| number.parse().ok()).unwrap_or_default();
        let text = texts.entry((conversation, it.text.clone())).or_default();
        text.published += 1;
        // What came back as unknown may still turn up, behind what was published meanwhile.
        if let ([index], 0) = (&text.written[..], text.returned) {
            let index = *index;
            let newest = order.entry(conversation).or_default();
            let place = queued.get(&(conversation, it.text.clone())).copied().unwrap_or_default();
            if place < *newest {
                verdict.replies_out_of_order += 1;
                verdict.tell(format!("reply {:?} published after a later one", it.text));
            }
            *newest = place.max(*newest);
            let delay = written.get(index).map(|written| it.at - written.at);
            verdict.worst_reply = verdict.worst_reply.max(delay.unwrap_or_default());
        }
    }
    for ((conversation, words), text) in &texts {
        let written = text.written.len();
        verdict.replies += written;
        verdict.published += text.published.min(written);
        verdict.replies_doubled += text.published.saturating_sub(written);
        let missing = written.saturating_sub(text.published);
        let returned = text.returned.min(missing);
        verdict.returned += returned;
        let missing = missing - returned;
        // What was in the queue was heard: no reader's death explains its loss.
        let unqueued = written.saturating_sub(text.queued);
        let limit = missing.min(text.at_the_limit).min(unqueued);
        verdict.replies_at_the_limit += limit;
        let lost = missing - limit;
        verdict.replies_lost += lost;
        if lost > 0 {
            let Text { queued, published, returned, .. } = text;
            verdict.tell(format!(
                "reply {words:?} of conversation {conversation} lost: written {written} times, \
                 queued {queued}, published {published}, given back {returned}"
            ));
        }
    }
}
