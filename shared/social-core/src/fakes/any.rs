//! Anything that the types allow, for tests of what holds for all of it.

use jiff::Timestamp;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    channel::ChannelId,
    command::Command,
    conversation::ConversationKey,
    inbound::{Change, DueFolded, Pushed, Reoffer, Tell},
    message::{Answerable, Author, Kind, Media, Message, MessageId, Owner, Thread, Verb},
    reply::{Refusal, Reply, Target},
};

/// Whatever people can type, and what they cannot.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z@#. \u{e9}\u{1f600}\n\"\\\\]{0,12}",
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
    ]
}

pub(crate) fn channel_id() -> impl Strategy<Value = ChannelId> {
    text().prop_map(ChannelId)
}

fn conversation() -> impl Strategy<Value = ConversationKey> {
    text().prop_map(ConversationKey)
}

fn message_id() -> impl Strategy<Value = MessageId> {
    text().prop_map(MessageId)
}

fn time() -> impl Strategy<Value = Timestamp> {
    let instant = (-2_000_000_000..=4_000_000_000_i64, 0..1_000_000_000);
    instant.prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn author() -> impl Strategy<Value = Author> {
    let all = (
        text(),
        text(),
        option::of(text()),
        option::of(text()),
        option::of(text()),
        any::<Option<u64>>(),
    );
    all.prop_map(|(id, name, handle, link, picture, followers)| Author {
        id,
        name,
        handle,
        link,
        picture,
        followers,
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Post, Kind::Comment, Kind::Tweet, Kind::Repost, Kind::PrivateMessage])
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        Just(Verb::Add),
        Just(Verb::Delete),
        text().prop_map(|revision| Verb::Edit { revision }),
        text().prop_map(|revision| Verb::Hide { revision }),
        text().prop_map(|revision| Verb::Unhide { revision }),
    ]
}

fn owner() -> impl Strategy<Value = Option<Owner>> {
    select(vec![None, Some(Owner::Company), Some(Owner::Visitor)])
}

fn thread() -> impl Strategy<Value = Thread> {
    let post = (message_id(), option::of(message_id()), option::of(text()), owner());
    let tweets = (message_id(), option::of(message_id()), owner());
    prop_oneof![
        post.prop_map(|(post_id, top_level, top_level_author, owner)| Thread::Post {
            post_id,
            top_level,
            top_level_author,
            owner
        }),
        tweets.prop_map(|(conversation_id, in_reply_to, owner)| Thread::Tweets {
            conversation_id,
            in_reply_to,
            owner
        }),
        text().prop_map(|visitor_id| Thread::Private { visitor_id }),
    ]
}

fn answerable() -> impl Strategy<Value = Answerable> {
    select(vec![
        Answerable::Yes,
        Answerable::NotMentioned,
        Answerable::ReadOnly,
        Answerable::Closed,
    ])
}

fn message() -> impl Strategy<Value = Message> {
    let media = (text(), text()).prop_map(|(kind, url)| Media { kind, url });
    let what = (message_id(), kind(), verb(), option::of(author()), any::<bool>(), text());
    let more = (
        vec(media, 0..3),
        option::of(text()),
        time(),
        thread(),
        answerable(),
        vec(channel_id(), 0..3),
    );
    (what, more).prop_map(
        |(
            (id, kind, verb, author, own, text),
            (media, permalink, at, thread, answerable, also_in),
        )| Message {
            id,
            kind,
            verb,
            author,
            own,
            text,
            media,
            permalink,
            at,
            thread,
            answerable,
            also_in,
        },
    )
}

/// What a queue of messages holds.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    let reoffer = (any::<u32>(), time());
    let reoffer = reoffer.prop_map(|(generation, not_before)| Reoffer { generation, not_before });
    let tell = (text(), conversation(), text(), option::of(reoffer));
    let pushed = (text(), conversation(), option::of(text()), option::of(text()), text(), time());
    prop_oneof![
        4 => message().prop_map(|message| Change::Message(Box::new(message))),
        1 => tell.prop_map(|(id, conversation, notice, reoffer)| {
            Change::Tell(Tell { id, conversation, notice, reoffer })
        }),
        1 => pushed.prop_map(|(id, conversation, chat_id, agent, text, at)| {
            Change::Pushed(Pushed { id, conversation, chat_id, agent, text, at })
        }),
        1 => (conversation(), time()).prop_map(|(conversation, due)| {
            Change::Folded(DueFolded { conversation, due })
        }),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        select(vec![Refusal::ReadOnly, Refusal::Quote, Refusal::InDoubt, Refusal::Unknown]),
        any::<u32>().prop_map(|example| Refusal::NameOne { example }),
        any::<u64>().prop_map(|minutes| Refusal::TooOld { minutes }),
        (any::<usize>(), any::<usize>())
            .prop_map(|(length, limit)| Refusal::TooLong { length, limit }),
        text().prop_map(|reason| Refusal::Network { reason }),
        (0..9_usize, text()).prop_map(|(published, reason)| Refusal::PartlyPublished {
            published,
            parts: 9,
            reason
        }),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    let all = (message_id(), kind(), message_id(), option::of(text()));
    all.prop_map(|(message_id, kind, reply_under, author_id)| Target {
        message_id,
        kind,
        reply_under,
        author_id,
    })
}

/// What the queue of replies holds.
pub(crate) fn reply() -> impl Strategy<Value = Reply> {
    let target = prop_oneof![target().prop_map(Ok), refusal().prop_map(Err)];
    let what = (text(), channel_id(), conversation(), any::<u32>(), text(), text(), time(), target);
    let more = (
        option::of(select(&Command::ALL[..])),
        text(),
        vec(channel_id(), 0..3),
        any::<bool>(),
        any::<bool>(),
        option::of(text()),
    );
    (what, more).prop_map(|(what, more)| {
        let (id, channel_id, conversation, generation, agent, text, written_at, target) = what;
        let (command, participant_id, also_in, confirmed, in_doubt, approved_by) = more;
        Reply {
            id,
            channel_id,
            conversation,
            generation,
            agent,
            text,
            written_at,
            target,
            command,
            participant_id,
            also_in,
            confirmed,
            in_doubt,
            approved_by,
        }
    })
}
