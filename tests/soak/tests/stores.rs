//! The state in memory answers like the real table: the same calls, in a random order, to both.

use std::time::Duration;

use jiff::Timestamp;
use soak::{chance::Chance, clock::VirtualClock, memory::Memory, table, town, world::State};
use social_core::{
    ChannelId, Clock, Failure,
    chat::{Chat, Interface},
    conversation::{ConversationKey, Hearing, Interaction, State as Standing},
    message::Owner,
    reply::{Fingerprint, ReplyRecord, ReplyState},
    store::{Leases, Ledger},
};

/// One call, and its answer in words.
async fn call(store: &impl State, chance: &Chance, clock: VirtualClock) -> Result<String, Failure> {
    let channel = ChannelId("acme-page".to_owned());
    let pick = |count: u64| usize::try_from(chance.below(count)).unwrap_or_default();
    let message = town::message(pick(2), pick(2), &clock);
    let key = ConversationKey(format!("post:p{}", pick(2)));
    let name = format!("lease-{}", pick(2));
    Ok(match pick(13) {
        0 | 1 => format!("{:?}", store.claim(&channel, &message).await?),
        2 => format!("{:?}", store.complete(&channel, &message, Some(&key)).await?),
        3 => {
            let perhaps = pick(2) == 0;
            format!("{:?}", Ledger::release(store, &channel, &message, perhaps).await?)
        }
        4 => format!("{:?}", store.conversation_of(&channel, &message.id).await?),
        5 | 6 => {
            let mut conversation = store.load(&channel, &key).await?;
            let stale = pick(3) == 0;
            conversation.version -= u64::from(stale && conversation.version > 0);
            conversation.generation += 1;
            conversation.state =
                if pick(2) == 0 { Standing::Closed } else { open(format!("{key}-{}", pick(3))) };
            let clash = store.save(&mut conversation).await?;
            format!("{clash:?} {conversation:?}")
        }
        7 => {
            let mut open = store.open_chats(0).await?;
            open.sort_by(|a, b| {
                (&a.chat.chat_id, &a.conversation.0).cmp(&(&b.chat.chat_id, &b.conversation.0))
            });
            format!("{open:?}")
        }
        8 => {
            store.remember(&channel, &name, Owner::Visitor).await?;
            format!("{:?}", store.owner(&channel, "lease-0").await?)
        }
        9 | 10 => {
            let record = record(pick(2), clock.now());
            let begun = store.begin(&channel, &key, &record).await?;
            let standing = begun.clone().unwrap_or_else(|| record.clone());
            let old = if pick(3) == 0 { record } else { standing.clone() };
            let new = ReplyRecord { attempt: standing.attempt + 1, ..standing };
            let advanced = store.advance(&channel, &key, &old, &new).await?;
            format!("{begun:?} {advanced} {:?}", store.of(&channel, &key).await?)
        }
        11 => {
            let Some(lease) = store.take(&name, Duration::from_secs(chance.below(60))).await?
            else {
                return Ok("held".to_owned());
            };
            let saved = store.save_checkpoint(&lease, &format!("{}", chance.below(100))).await;
            if pick(2) == 0 {
                Leases::release(store, &lease).await?;
            }
            format!("{lease:?} {:?}", saved?)
        }
        _ => {
            let lease = store.take_over(&name, Duration::from_secs(10)).await?;
            let next = store.take_over(&name, Duration::from_secs(10)).await?;
            let saved = store.save_checkpoint(&lease, "late").await?;
            let held = [store.holds(&lease).await?, store.holds(&next).await?];
            format!("{lease:?} {next:?} {saved} {held:?}")
        }
    })
}

fn open(chat_id: String) -> Standing {
    let chat = Chat {
        interface: Interface::WebChat,
        server: 0,
        chat_id,
        participant_id: "visitor".to_owned(),
    };
    Standing::Open(Interaction {
        chat,
        answered: false,
        hearing: Hearing::default(),
        last_word_at: None,
        closing: false,
    })
}

fn record(reply: usize, now: Timestamp) -> ReplyRecord {
    ReplyRecord {
        id: format!("chat#{reply}"),
        state: ReplyState::InFlight { lease_until: now },
        attempt: 1,
        unknown: 0,
        fingerprint: Fingerprint("same".to_owned()),
        parts: Vec::new(),
        reply_under: None,
        answers: None,
        since: now,
        command: None,
        delayed: false,
    }
}

#[tokio::test(start_paused = true)]
async fn memory_and_the_real_table_answer_alike() {
    for seed in 1..=3 {
        let clock = VirtualClock::begin();
        let (memory, table) = (Memory::new(clock), table::new(clock));
        let [one, two, time] = [Chance::new(seed), Chance::new(seed), Chance::new(seed)];
        for step in 0..300 {
            let ours = call(&memory, &one, clock).await.unwrap();
            let theirs = call(&table, &two, clock).await.unwrap();
            assert_eq!(ours, theirs, "seed {seed}, step {step}");
            tokio::time::advance(time.up_to(Duration::from_secs(20))).await;
        }
    }
}
