//! Calls against recorded-looking answers of the contract's sections 2.2, 2.3 and 4.

mod attendance;
mod events;
mod failures;
mod interfaces;
mod patience;
mod starts;
mod support;
mod switchover;
mod web_chat;
mod websvcs;
