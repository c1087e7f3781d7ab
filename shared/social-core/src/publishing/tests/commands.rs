use rstest::rstest;
use serde_json::json;

use crate::{conversation::Who, fakes::comment, message::Verb};

use super::*;

/// Zoë and Bob write under Zoë's post; the channel allows everything.
async fn two_visitors() -> Scene {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene
        .world
        .deliver("acme-page", comment("c2", "1", None, "Bob", "Buy at rival.example"))
        .await
        .unwrap();
    let all: Vec<&str> = Command::ALL.into_iter().map(Command::name).collect();
    scene.world.channels.set("acme-page", &json!({ "commands": all, "approval": true }));
    scene.world.channels.set("acme-page", &json!({ "commands": all.iter().filter(|name| **name != "approve").collect::<Vec<_>>(), "approval": false }));
    scene
}

#[tokio::test]
async fn who_tells_of_the_visitor_and_publishes_nothing() {
    let scene = two_visitors().await;
    scene.jo_says("/who >1").await;
    insta::assert_snapshot!(scene.last_notice(), @r"
    ℹ Social Bridge: Zoë
        id id-Zoë
        1 message here since 22 Nov 12:00
        https://facebook.example/1
    ");
    scene.jo_says("/who").await;
    let both = scene.last_notice();
    assert!(both.contains("Zoë") && both.contains("Bob"), "{both}");
    scene.jo_says("/who 9").await;
    assert!(scene.last_notice().contains("there is no line 9"), "{}", scene.last_notice());
    assert!(scene.published().is_empty() && scene.network.private.borrow().is_empty());
}

#[tokio::test]
async fn who_tells_what_any_message_told() {
    let tweets = [("7", Some(1_204)), ("8", None)].map(|(id, followers)| {
        let author = crate::message::Author {
            id: "42".to_owned(),
            name: "Zoë".to_owned(),
            handle: Some("zoe".to_owned()),
            link: followers.map(|_| "https://x.com/zoe".to_owned()),
            picture: None,
            followers,
        };
        Message { author: Some(author), ..tweet(id, "7", "Zoë", Answerable::Yes) }
    });
    let [first, second] = tweets;
    let scene = Scene::of("acme-brand", first).await;
    scene.world.deliver("acme-brand", second).await.unwrap();
    scene.jo_says("/who").await;
    insta::assert_snapshot!(scene.last_notice(), @r"
    ℹ Social Bridge: Zoë (@zoe)
        id 42
        1204 followers
        https://x.com/zoe
        2 messages here since 22 Nov 12:00
        https://facebook.example/8
    ");
}

#[tokio::test]
async fn help_lists_what_the_channel_allows_and_nothing_else() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.jo_says("/help").await;
    let help = scene.last_notice();
    for allowed in ["/who", "/private", "/retry", "/discard", "/help"] {
        assert!(help.contains(&format!("    {allowed}")), "{help}");
    }
    assert!(!help.contains("/hide") && !help.contains("/approve"), "{help}");
}

#[tokio::test]
async fn a_private_answer_goes_to_the_one_who_is_named_and_never_in_public() {
    let scene = two_visitors().await;
    scene.jo_says("/private >2 Please call us").await;
    let expected = ("c2".to_owned(), "Please call us".to_owned());
    assert_eq!(*scene.network.private.borrow(), [expected]);
    assert!(scene.published().is_empty());
    let transcript = scene.conversation().tail().unwrap();
    assert!(transcript.contains("(privately) Please call us"), "{transcript}");
}

#[rstest]
#[case::refused(&[Fault::Refused])]
#[case::unknown(&[Fault::Duplicate, Fault::Duplicate])]
#[tokio::test]
async fn a_private_answer_that_fails_never_becomes_public(#[case] faults: &[Fault]) {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().extend(faults);
    scene.jo_says("/private Please call us").await;
    let notice = scene.last_notice();
    assert!(notice.contains("your private reply was not published"), "{notice}");
    assert!(notice.ends_with("\n    /private Please call us"), "it comes back whole: {notice}");
    scene.jo_says("/retry").await;
    assert!(scene.published().is_empty(), "sent again it is private again");
    assert_eq!(scene.network.private.borrow().len(), 1);
}

#[tokio::test]
async fn a_private_answer_whose_answer_is_lost_is_looked_for_among_private_messages() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    scene.jo_says("/private Please call us").await;
    assert_eq!(scene.network.private.borrow().len(), 1);
    assert!(!scene.last_notice().contains("not published"), "{}", scene.last_notice());
}

#[rstest]
#[case::unknown("/shrug")]
#[case::not_allowed("/hide")]
#[case::later_line("Look here\n/hide")]
#[case::later_line_of_a_command("/private Look\n/hide")]
#[case::behind_a_number(">1 /hide")]
#[tokio::test]
async fn what_is_no_command_here_is_refused_with_a_list_and_never_published(#[case] text: &str) {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.jo_says(text).await;
    assert!(scene.published().is_empty() && scene.moderated().is_empty());
    assert!(scene.network.private.borrow().is_empty());
    let notice = scene.last_notice();
    assert!(notice.contains("Commands here: /who, /private, /retry, /discard, /help."), "{notice}");
}

#[tokio::test]
async fn nothing_is_moderated_from_a_channel_that_only_watches() {
    let scene = Scene::of("rival-watch", tweet("7", "7", "Zoë", Answerable::ReadOnly)).await;
    scene.world.channels.set("rival-watch", &json!({ "commands": ["delete", "retry"] }));
    scene.jo_says("/delete").await;
    assert!(scene.moderated().is_empty());
    assert!(scene.last_notice().contains("only watches"), "{}", scene.last_notice());
}

#[tokio::test]
async fn a_picture_is_an_answer_with_or_without_a_text() {
    let scene = two_visitors().await;
    scene.jo_says("/image >2 https://cdn.example/1.jpg See here").await;
    let expected = ("c2".to_owned(), "[https://cdn.example/1.jpg] See here".to_owned());
    assert_eq!(scene.published(), [expected]);
}

#[tokio::test]
async fn hiding_leaves_a_trail_and_its_echo_is_no_news() {
    let scene = two_visitors().await;
    scene.jo_says("/hide >2").await;
    assert_eq!(scene.moderated(), ["hide c2"]);
    assert!(scene.last_notice().contains("done: line 2 is hidden"), "{}", scene.last_notice());

    let told = scene.world.cic.said()[0].len();
    let echo = Verb::Hide { revision: "1".to_owned() };
    let echo = Message { verb: echo, ..comment("c2", "1", None, "Bob", "") };
    scene.world.deliver("acme-page", echo).await.unwrap();
    assert_eq!(scene.world.cic.said()[0].len(), told, "the agent knows");

    let conversation = scene.conversation();
    let trail = conversation.lines.last().unwrap();
    let written = scene.last_queued().written_at;
    assert_eq!((&trail.who, trail.name.as_str(), trail.at), (&Who::Moderator, "Jo", written));
    let transcript = conversation.tail().unwrap();
    assert!(
        transcript.contains("Jo · 22 Nov 12:00\n    line 2 is hidden from the public"),
        "{transcript}"
    );

    scene.jo_says(">2 hello").await;
    assert_eq!(scene.published().len(), 1, "its author can still read the answer");
    scene.jo_says("/unhide 2").await;
    scene.jo_says("/like 2").await;
    assert_eq!(scene.moderated(), ["hide c2", "unhide c2", "like c2"]);
}

#[tokio::test]
async fn a_moderating_command_whose_answer_is_lost_is_carried_out_again_and_told_once() {
    let scene = two_visitors().await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    let lines = scene.conversation().lines.len();
    scene.jo_says("/like >1").await;
    assert_eq!(scene.moderated(), ["like 1", "like 1"]);
    assert_eq!(scene.conversation().lines.len(), lines + 1, "one line in the transcript");
}

#[tokio::test]
async fn a_refused_hiding_is_told_and_the_message_can_be_answered() {
    let scene = two_visitors().await;
    scene.network.faults.borrow_mut().push_back(Fault::Refused);
    scene.jo_says("/hide >2").await;
    assert!(
        scene.last_notice().contains("“/hide >2” was not carried out"),
        "{}",
        scene.last_notice()
    );
    scene.jo_says(">2 hello").await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn who_moderates_names_the_line_where_several_write() {
    let scene = two_visitors().await;
    for (text, reason) in
        [("/hide", "several visitors write here"), ("/like it", "no more than the number")]
    {
        scene.jo_says(text).await;
        assert!(scene.last_notice().contains(reason), "{}", scene.last_notice());
    }
    assert!(scene.moderated().is_empty());
}

#[tokio::test]
async fn only_replies_of_ours_are_deleted_the_newest_first() {
    let scene = two_visitors().await;
    scene.jo_says("/delete").await;
    assert!(scene.last_notice().contains("no reply of ours"), "{}", scene.last_notice());
    scene.jo_says("/private >1 secret").await;
    scene.jo_says(">1 one").await;
    scene.world.clock.advance(Duration::from_secs(1));
    scene.jo_says(">2 two").await;
    scene.jo_says("/delete >1").await;
    scene.jo_says("/delete").await;
    scene.jo_says("/delete").await;
    assert_eq!(scene.moderated(), ["delete r1", "delete r2"]);
    assert!(scene.last_notice().contains("no reply of ours"), "{}", scene.last_notice());
}

#[tokio::test]
async fn a_deletion_that_is_delivered_again_deletes_no_other_reply() {
    let scene = two_visitors().await;
    for text in [">1 one", ">1 two"] {
        scene.jo_says(text).await;
        scene.world.clock.advance(Duration::from_secs(1));
    }
    let delete = scene.jo_writes("/delete").await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    scene.publishing.publish(&delete).await.unwrap_err();
    // A worker that noted the deletion and died before it could say so of the command.
    let (state, key) = (&scene.world.state, scene.conversation().key);
    let newest = state.replies().into_iter().find(|it| it.state.remote_id() == Some(&"r2".into()));
    let newest = newest.unwrap();
    let deleted = newest.with(ReplyState::Deleted { remote_id: "r2".into() });
    assert!(state.advance(&delete.channel_id, &key, &newest, &deleted).await.unwrap());
    scene.deliver(&delete).await;
    scene.deliver(&delete).await;
    assert_eq!(scene.moderated(), ["delete r2", "delete r2"]);
}

#[tokio::test]
async fn what_came_back_is_sent_again_to_the_line_that_is_named() {
    let scene = two_visitors().await;
    scene.jo_says("Thank you both").await;
    assert!(
        scene.last_notice().contains("/retry >2 sends it to line 2"),
        "{}",
        scene.last_notice()
    );
    scene.jo_says("/retry >1").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Thank you both".to_owned())]);
    scene.jo_says("/retry").await;
    assert!(
        scene.last_notice().contains("there is no reply that came back"),
        "{}",
        scene.last_notice()
    );
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn what_came_back_can_be_forgotten() {
    let scene = two_visitors().await;
    scene.jo_says("Thank you both").await;
    scene.jo_says("/discard").await;
    scene.jo_says("/retry >1").await;
    assert!(scene.published().is_empty());
    assert!(scene.conversation().undecided.is_empty());
}

#[tokio::test]
async fn a_retry_that_is_delivered_twice_publishes_once() {
    let scene = two_visitors().await;
    scene.jo_says("Thank you both").await;
    let retry = scene.jo_writes("/retry >1").await;
    scene.deliver(&retry).await;
    let again = scene.last_queued();
    scene.deliver(&retry).await;
    scene.deliver(&again).await;
    scene.deliver(&again).await;
    assert_eq!(scene.published().len(), 1);
}
