//! Who wrote: private messages may tell no name.

use super::*;
use crate::{fakes::post, message::Author};

/// As a callback brings it: an id and no name.
fn private(id: &str, visitor: &str) -> Message {
    Message {
        kind: Kind::PrivateMessage,
        thread: Thread::Private { visitor_id: visitor.to_owned() },
        author: Some(Author { id: visitor.to_owned(), ..Author::default() }),
        ..post(id, "", "Hello?")
    }
}

#[tokio::test]
async fn a_private_message_without_a_name_is_shown_with_the_name_the_network_tells() {
    let world = World::new();
    world.owners.names.borrow_mut().insert("42".to_owned(), "Zoë O'Hara".to_owned());
    route(&world.router(), "acme-page", private("m1", "42")).await.unwrap();
    route(&world.router(), "acme-page", private("m2", "42")).await.unwrap();

    let chats = world.cic.said();
    assert!(chats[0][0].starts_with("1 · Zoë O'Hara · 11:59 · private message"), "{chats:?}");
    assert!(chats[0][1].starts_with("2 · Zoë O'Hara ·"), "{chats:?}");
    assert_eq!(world.cic.openings()[0].participant_name, "Zoë O'Hara");
    assert_eq!(world.owners.asked_names.get(), 1, "asked once in a conversation");
}

#[tokio::test]
async fn where_nobody_tells_the_name_the_message_goes_on_without() {
    let world = World::new();
    route(&world.router(), "acme-page", private("m1", "42")).await.unwrap();
    assert!(world.cic.said()[0][0].starts_with("1 · Somebody · 11:59 · private message"));
}

#[tokio::test]
async fn what_the_network_tells_of_the_author_travels_with_the_interaction() {
    let world = World::new();
    let zoe = Author {
        id: "7".to_owned(),
        name: "Zoë".to_owned(),
        handle: Some("zoe".to_owned()),
        link: Some("https://x.com/zoe".to_owned()),
        picture: Some("https://pbs.twimg.com/zoe.jpg".to_owned()),
        followers: Some(1_204),
    };
    let message = Message { author: Some(zoe), ..tweet("1", "1", "Zoë", Answerable::Yes) };
    route(&world.router(), "acme-brand", message).await.unwrap();
    let attributes = &world.cic.openings()[0].attributes;
    assert_eq!(attributes["SocialAuthorLink"], "https://x.com/zoe");
    assert_eq!(attributes["SocialAuthorPicture"], "https://pbs.twimg.com/zoe.jpg");
    assert_eq!(attributes["SocialAuthorFollowers"], "1204");
}
