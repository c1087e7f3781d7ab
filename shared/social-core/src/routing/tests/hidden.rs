//! Comments that somebody hides from the public, or shows again.

use super::*;
use crate::fakes::{comment, post};

fn with(verb: Verb) -> Message {
    Message { verb, text: String::new(), ..comment("c1", "1", None, "Zoë", "") }
}

fn hide(revision: &str) -> Message {
    with(Verb::Hide { revision: revision.to_owned() })
}

fn unhide(revision: &str) -> Message {
    with(Verb::Unhide { revision: revision.to_owned() })
}

#[tokio::test]
async fn that_a_comment_is_hidden_and_shown_again_is_told_each_time() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Now!")).await.unwrap();
    for change in [hide("1"), hide("1"), hide("2"), unhide("3"), hide("4")] {
        route(&router, "acme-page", change).await.unwrap();
    }
    insta::assert_debug_snapshot!(&world.cic.said()[0][2..], @r#"
    [
        "ℹ Social Bridge: line 2 is hidden from the public now",
        "ℹ Social Bridge: line 2 can be read by everybody again",
        "ℹ Social Bridge: line 2 is hidden from the public now",
    ]
    "#);
}

#[tokio::test]
async fn a_hidden_comment_can_still_be_answered() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Now!")).await.unwrap();
    route(&router, "acme-page", hide("1")).await.unwrap();
    let conversation = &world.state.conversations()[0];
    let shown: Vec<_> = conversation.shown().map(|it| (it.hidden, it.deleted)).collect();
    assert_eq!(shown, [(true, false)]);
    assert_eq!(conversation.lines[0].text, "Now!");
}

#[tokio::test]
async fn a_comment_that_was_hidden_before_it_came_is_shown() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", hide("1")).await.unwrap();
    assert!(world.cic.said().is_empty());
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Now!")).await.unwrap();
    assert!(world.cic.said()[0][0].contains("Now!"));
}
