//! X API v2: packed search, local match, replies, and the proof that a callback is X's.
//! Users of CIC still say Twitter. X's JSON never leaves this crate.
//!
//! Where the tests are that the contract's section E lists, as far as X is concerned, and its table of
//! errors (B5):
//!
//! | item | tests |
//! |---|---|
//! | E1 signatures | `webhook::tests::e1_only_xs_bodies_are_proven`; over HTTP in the function `webhook` |
//! | E4 own echoes | `activity::tests::e4_own_tweets_are_recognised` |
//! | E9 an empty result keeps `since_id` | `poll::tests::e9_an_empty_pass_keeps_the_checkpoint_and_costs_one_call` |
//! | E9 `since_id` from the first page only | `poll::tests::e9_since_id_stays_while_paging_and_moves_to_the_first_pages_newest` |
//! | E9 a crash between pages | `poll::tests::e9_a_page_that_fails_fails_the_pass`; every fault at every page in `tests/search` |
//! | E9 a stale `since_id` | `error::tests::e9_a_since_id_out_of_reach_names_the_oldest`, `poll::tests::e9_where_x_calls_since_id_too_old_the_search_begins_where_it_says` |
//! | E9 queries of 512 characters, not ASCII | `packing::tests::e9_queries_are_full_and_none_is_too_long`, `e9_length_counts_characters_and_not_bytes` |
//! | E9 terms that would change a query | `packing::tests::e9_terms_are_quoted` |
//! | E10 vocabularies, long posts, edits | `poll::message_tests::e10_both_vocabularies_are_read` |
//! | E10 missing author, errors beside data | `poll::message_tests::e10_a_missing_author_is_tolerated`, `e10_errors_beside_data_are_warnings` |
//! | E10 ids of different lengths | `snowflake::tests::e10_ids_compare_as_numbers` |
//! | E10 429 with something left | `error::tests::e10_a_limit_says_how_long_to_wait`, `limits::tests::e10_limits_are_obeyed_before_x_refuses` |
//! | E10 402 | `limits::tests::e10_without_credits_nothing_is_asked_and_it_is_told_once`, `publisher::tests::e10_answers_become_outcomes` |
//! | E10 duplicate after a time-out | `publisher::tests::e10_a_duplicate_after_a_time_out_is_found_on_the_timeline` |
//! | E10 not summoned | `publisher::tests::e10_answers_become_outcomes`; known before the try: `poll::message_tests::e10_what_does_not_call_us_cannot_be_answered` |
//! | E11 weighted length | `length::tests::e11_lengths_are_weighted`, `e11_the_conformance_suites_agree` |
//! | E12 challenge | `webhook::tests::e12_the_published_challenge_is_answered`; decoded once over HTTP: `xs_challenge_is_answered_with_its_signature` of the function `webhook` |
//! | B5 each row | `error::tests::b5_every_row_is_understood`, for a reply `publisher::tests::e10_answers_become_outcomes` |

mod account;
pub mod activity;
mod api;
mod authors;
mod budget;
mod error;
mod inbox;
pub mod length;
mod limits;
mod links;
mod matching;
mod normal;
mod oauth;
mod owners;
pub mod packing;
mod poll;
mod publisher;
pub mod rate;
mod rest;
mod snowflake;
mod splitting;
mod terms;
mod text;
mod tlds;
mod tokens;
mod user_tokens;
pub mod webhook;
mod wire;

#[cfg(test)]
mod fixture;

pub use account::wrong_reply_handles;
pub use api::{Api, Vocabulary};
pub use budget::{Prices, Uncounted};
pub use error::{TwitterError, Wording};
pub use inbox::TwitterInbox;
pub use owners::TwitterThreadOwners;
pub use poll::{PollSettings, TwitterPoll};
pub use publisher::{PublishSettings, TwitterPublisher};
pub use rest::{Reading, let_rest};
pub use user_tokens::UserTokens;
