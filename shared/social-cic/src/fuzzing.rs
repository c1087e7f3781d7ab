//! What fuzzing drives: the reading of answers, without a server.

use http::StatusCode;
use social_core::chat::{ChatEvent, Interface};
use social_http::Answer;

use crate::{
    ask::Ask,
    events::{self, Echoes},
};

/// The events that an answer to a poll tells, of a chat whose visitor's leg is `me`.
pub fn told(interface: Interface, status: StatusCode, body: Vec<u8>) -> Vec<ChatEvent> {
    let answer = Answer { status, headers: http::HeaderMap::new(), body: body.into() };
    let (reply, _refusal) = Ask::Poll { me: "me" }.read(interface, &answer);
    events::read(&reply.events, &["me".to_owned()], Echoes::Dropped)
}
