//! What publishing works through, under one name.

use crate::{
    channel::Channels,
    chat::ContactCenter,
    clock::Clock,
    desk::Desk,
    inbound::{InboundQueue, OutboundQueue},
    reply::Publisher,
    store::{Conversations, Ledger, Replies},
};

/// The ports of publishing. Any tuple of adapters that fit is one.
pub trait Ports {
    type Channels: Channels;
    type Facebook: Publisher;
    type Twitter: Publisher;
    type Store: Conversations + Ledger + Replies;
    type ContactCenter: ContactCenter;
    type Inbound: InboundQueue;
    type Outbound: OutboundQueue;
    type Clock: Clock;
}

impl<H, F, X, S, C, I, O, K> Ports for (H, F, X, S, C, I, O, K)
where
    H: Channels,
    F: Publisher,
    X: Publisher,
    S: Conversations + Ledger + Replies,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    type Channels = H;
    type Facebook = F;
    type Twitter = X;
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
