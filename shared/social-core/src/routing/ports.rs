//! What routing works through, under one name.

use crate::{
    channel::Channels,
    chat::ContactCenter,
    clock::Clock,
    desk::Desk,
    inbound::{DeadLetters, InboundQueue, OutboundQueue},
    store::{Conversations, Forgotten, Ledger, Replies, ThreadOwners, Threads},
};

/// The ports of routing. Any tuple of adapters that fit is one.
pub trait Ports {
    type Channels: Channels;
    type ThreadOwners: ThreadOwners;
    type DeadLetters: DeadLetters;
    type Store: Conversations + Forgotten + Ledger + Replies + Threads;
    type ContactCenter: ContactCenter;
    type Inbound: InboundQueue;
    type Outbound: OutboundQueue;
    type Clock: Clock;
}

impl<H, T, D, S, C, I, O, K> Ports for (H, T, D, S, C, I, O, K)
where
    H: Channels,
    T: ThreadOwners,
    D: DeadLetters,
    S: Conversations + Forgotten + Ledger + Replies + Threads,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    type Channels = H;
    type ThreadOwners = T;
    type DeadLetters = D;
    type Store = S;
    type ContactCenter = C;
    type Inbound = I;
    type Outbound = O;
    type Clock = K;
}

/// The desk that works through them.
pub type DeskOf<P> = Desk<
    <P as Ports>::Store,
    <P as Ports>::ContactCenter,
    <P as Ports>::Inbound,
    <P as Ports>::Outbound,
    <P as Ports>::Clock,
>;
