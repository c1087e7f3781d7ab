//! What the queues deliver twice, or should never have held.

use libtest_mimic::Trial;
use local::scenes::ACME;
use reqwest::StatusCode;

use crate::{
    story::{Outcome, Story, story},
    webhook::{callback, commented},
};

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("queues::a_callback_that_comes_again_and_again_is_shown_once", redelivered),
        story("queues::ten_first_messages_at_once_open_one_interaction", ten_at_once),
        story("queues::an_undecodable_message_is_parked_and_its_neighbours_go_on", undecodable),
    ]
}

/// First the same bytes, which the queue folds; then in other company, which only the ledger knows.
async fn redelivered(Story { stage, webhook, .. }: &Story) -> Outcome {
    let zoe = stage.visitor("Zoë O'Hara");
    let (question, late) = (stage.line("My router blinks red."), stage.line("Never mind."));
    let (again, once_more) = (stage.line("Now it is green."), stage.line("And red again."));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;

    let id =
        |number: u8| format!("{}_{number}", post.trim_start_matches(ACME.id).trim_matches('_'));
    let one = commented(&post, &id(1), &zoe, &again);
    let two = commented(&post, &id(2), &zoe, &once_more);
    let alone = callback(&ACME, std::slice::from_ref(&one));
    let together = callback(&ACME, &[one, two]);
    let thrice = futures::future::try_join_all([
        webhook.signed(&alone),
        webhook.signed(&alone),
        webhook.signed(&alone),
    ]);
    assert_eq!(thrice.await?, [StatusCode::OK; 3]);
    let twice = futures::future::try_join(webhook.signed(&together), webhook.signed(&together));
    assert_eq!(twice.await?, (StatusCode::OK, StatusCode::OK));

    // A post's changes wait in line: with this one, everything before it was dealt with.
    zoe.comments_on(&post, &late).await?;
    let chat = stage.joins(&chat, &late).await?;
    for text in [&question, &again, &once_more, &late] {
        assert_eq!(chat.times_shown(text), 1, "\"{text}\" in {chat:?}");
    }
    Ok(())
}

async fn undecodable(story: &Story) -> Outcome {
    let stage = &story.stage;
    let zoe = stage.visitor("Zoë O'Hara");
    let (question, more) = (stage.line("My router blinks red."), stage.line("Hello?"));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;

    let odd = format!("{{\"channel_id\": \"acme-page\", \"changes\": \"{}\"}}", stage.line("odd"));
    let queues = &story.stack.queues;
    story.aws.send(&queues.inbound, &format!("acme-page#post#{post}"), &odd).await?;
    zoe.comments_on(&post, &more).await?;
    stage.joins(&chat, &more).await?;
    // What stands behind it in its group was shown, so it is parked by now.
    let parked = story.aws.parked(&queues.inbound_dlq).await?;
    let reasons: Vec<_> = parked.iter().filter(|it| it.body == odd).map(|it| &it.reason).collect();
    assert_eq!(reasons, ["malformed_message"]);
    story.counted("router", "Parked", &[("error_type", "malformed_message")]).await
}

/// Ten queue groups keep nobody waiting for anybody: the routers begin with one thread side by side.
async fn ten_at_once(story: &Story) -> Outcome {
    let stage = &story.stage;
    let first = stage.line("My router blinks red.");
    let others = (1..10).map(|n| stage.line(&format!("{n}: me too!")));
    let texts: Vec<String> = std::iter::once(first.clone()).chain(others).collect();
    let post = first.replace(' ', "-");
    let bodies: Vec<String> =
        texts.iter().enumerate().map(|(n, text)| comment(&post, n, text)).collect();
    let sends = bodies.iter().enumerate().map(|(n, body)| {
        let group = format!("acme-page#{post}#{n}");
        async move { story.aws.send(&story.stack.queues.inbound, &group, body).await }
    });
    futures::future::try_join_all(sends).await?;
    let chat = stage.offered(ACME.workgroup, &first).await?;
    for text in &texts {
        let joined = stage.joins(&chat, text).await?;
        assert_eq!(joined.times_shown(text), 1, "{joined:?}");
    }
    Ok(())
}

/// A comment under a visitor's post, as the webhook queues it.
fn comment(post: &str, number: usize, text: &str) -> String {
    serde_json::json!({ "channel_id": "acme-page", "changes": [{ "message": {
        "id": format!("{post}_{number}"), "kind": "comment", "verb": "add",
        "author": { "id": "visitor", "name": "Zoë" }, "text": text,
        "at": "2026-11-22T12:00:00Z", "answerable": "yes",
        "thread": { "post": { "post_id": post, "owner": "visitor" } },
    } }] })
    .to_string()
}
