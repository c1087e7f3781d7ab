//! What X reads out of a tweet's text: its weight, its links, its entities (contract B2, B6).

pub(crate) mod entities;
pub(crate) mod links;
mod tlds;
pub(crate) mod weigh;
