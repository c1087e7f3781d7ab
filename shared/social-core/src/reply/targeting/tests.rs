use rstest::rstest;

use crate::{
    channel::ChannelId,
    conversation::{Conversation, ConversationKey, Shown, Who},
    message::{Answerable, Kind},
    reply::Refusal,
};

use super::*;

/// A conversation in which each author wrote one line, numbered from 1.
fn lines(authors: &[&str]) -> Conversation {
    let mut conversation =
        Conversation::new(ChannelId("c".to_owned()), ConversationKey("k".to_owned()));
    for (index, author) in authors.iter().enumerate() {
        let number = u32::try_from(index).unwrap() + 1;
        let shown = Shown {
            number,
            message_id: format!("m{number}").into(),
            kind: Kind::Comment,
            author_id: Some((*author).to_owned()),
            reply_under: format!("m{number}").into(),
            answerable: Answerable::Yes,
            also_in: vec![],
            deleted: false,
            hidden: false,
            reposts: 0,
            permalink: None,
        };
        let at = "2026-11-22T12:00:00Z".parse().unwrap();
        conversation.remember(Who::Visitor(shown), author, "text", at);
    }
    conversation
}

fn outcome(authors: &[&str], text: &str) -> (Result<String, Refusal>, String) {
    let (target, text) = target(&lines(authors), text);
    (target.map(|target| target.message_id.to_string()), text)
}

#[rstest]
#[case::the_newest_of_one_visitor(&["zoe", "zoe"], "hello", Ok("m2"), "hello")]
#[case::named(&["zoe", "bob"], ">1 thank you", Ok("m1"), "thank you")]
#[case::a_space_makes_it_a_quotation(&["zoe"], "> 2 weeks I wait", Err(Refusal::OnlyAQuote), "> 2 weeks I wait")]
#[case::an_indented_quotation(&["zoe"], " > text\nWe are sorry", Ok("m1"), "We are sorry")]
#[case::a_line_as_the_desk_shows_it(&["zoe"], "1 · zoe · 12:00 · comment\nyes", Err(Refusal::Quote), "1 · zoe · 12:00 · comment\nyes")]
#[case::named_over_lines(&["zoe", "bob"], ">1\nthank\nyou", Ok("m1"), "thank\nyou")]
#[case::hashtags_stay(&["zoe"], "#acmehelp is here", Ok("m1"), "#acmehelp is here")]
#[case::quote_stripped(&["zoe"], "> text\nWe are sorry", Ok("m1"), "We are sorry")]
#[case::nobody_named(&["zoe", "bob"], "thanks", Err(Refusal::NameOne { example: 2 }), "thanks")]
#[case::unknown_line(&["zoe"], ">3 hm", Err(Refusal::UnknownLine { number: 3 }), ">3 hm")]
#[case::only_a_quote(&["zoe"], "> text", Err(Refusal::OnlyAQuote), "> text")]
#[case::command(&["zoe"], "/hide", Err(Refusal::UnknownCommand), "/hide")]
#[case::late_command(&["zoe"], "hi\n /hide", Err(Refusal::UnknownCommand), "hi\n /hide")]
#[case::empty(&["zoe"], "  ", Err(Refusal::Empty), "")]
#[case::nothing_shown(&[], "hello", Err(Refusal::NothingToAnswer), "hello")]
fn the_target_is_fixed_by_what_was_shown(
    #[case] authors: &[&str],
    #[case] text: &str,
    #[case] expected: Result<&str, Refusal>,
    #[case] published: &str,
) {
    let (target, text) = outcome(authors, text);
    assert_eq!(target, expected.map(str::to_owned));
    assert_eq!(text, published);
}

#[test]
fn a_number_given_twice_names_nobody() {
    let mut conversation = lines(&["zoe"]);
    let twice = lines(&["bob"]);
    conversation.lines.extend(twice.lines);
    if let Who::Visitor(shown) = &mut conversation.lines[1].who {
        shown.message_id = "other".into();
    }
    let (target, _) = target(&conversation, ">1 hello");
    assert_eq!(target, Err(Refusal::NameOne { example: 1 }));
}

#[test]
fn a_deleted_message_cannot_be_answered() {
    let mut conversation = lines(&["zoe"]);
    if let Who::Visitor(shown) = &mut conversation.lines[0].who {
        shown.deleted = true;
    }
    assert_eq!(target(&conversation, "hello").0, Err(Refusal::Deleted));
}

#[test]
fn a_visitors_words_are_never_published_as_ours() {
    let mut conversation = lines(&["zoe"]);
    "my card number is 4111 1111".clone_into(&mut conversation.lines[0].text);
    let (target, text) = target(&conversation, "Zoë wrote: my card number is 4111 1111. Yes!");
    assert_eq!(target, Err(Refusal::Quote));
    assert!(text.starts_with("Zoë wrote"), "it comes back whole");
}
