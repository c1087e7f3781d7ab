//! AWS fails while people talk. Afterwards all is there, once and in order, by itself.

use std::time::Duration;

use futures::future::try_join_all;
use libtest_mimic::Trial;
use local::{
    outages::Talk,
    stack::{AwsFault, AwsFaults},
};

use super::talks::{Talks, all_shown, nothing_parked, shown};
use crate::{
    floor::FAULTY,
    story::{Outcome, Story, lonely_story_on, tell},
};

/// How long `DynamoDB` takes no call at all.
const AWAY: Duration = Duration::from_secs(10);
/// Visitors that talk with an agent.
const CONVERSATIONS: usize = 8;
/// That each visitor and each agent writes while AWS fails in one way.
const WORDS: usize = 3;
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9/facebook";
/// The most that Facebook puts into one callback.
const CHANGES: usize = 1_000;

pub(super) fn all() -> Vec<Trial> {
    vec![
        lonely_story_on(&FAULTY, "aws_faults::dynamodb_throttles", throttled),
        lonely_story_on(&FAULTY, "aws_faults::answers_of_aws_are_lost", answers_lost),
        lonely_story_on(&FAULTY, "aws_faults::sqs_fails_amid_a_callback", half_a_callback),
    ]
}

/// First no call gets through, and then seven of ten.
async fn throttled(story: &Story) -> Outcome {
    let faults = faults(story)?;
    let mut talks = Talks::begin(story, CONVERSATIONS).await?;
    faults.set(&[AwsFault::throttled().lasting(AWAY)]).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let [refused] = happened(&faults).await?;
    tell(&format!("refused {refused}"));

    faults.set(&[AwsFault::throttled().of_ten(3), AwsFault::none("dynamodb")]).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let [of_ten, through] = happened(&faults).await?;
    tell(&format!("of ten {of_ten} through {through}"));
    faults.set(&[]).await?;
    talks.end().await
}

/// What was asked is done, and nobody is told.
async fn answers_lost(story: &Story) -> Outcome {
    const CALLS: [(&str, &str); 4] = [
        ("dynamodb", "UpdateItem"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "TransactWriteItems"),
        ("sqs", "SendMessage"),
    ];
    let faults = faults(story)?;
    let mut talks = Talks::begin(story, CONVERSATIONS).await?;
    let lost =
        CALLS.map(|(service, operation)| AwsFault::answer_lost(service, operation).of_ten(3));
    faults.set(&lost).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let happened: [u64; CALLS.len()] = happened(&faults).await?;
    tell(&format!("lost {happened:?}"));
    faults.set(&[]).await?;
    talks.end().await
}

/// Each post's first part gets into the queue, and its second part does not: twice.
async fn half_a_callback(story: &Story) -> Outcome {
    const POSTS: usize = 10;
    let (stage, stack) = (&story.stage, story.stack);
    let faults = faults(story)?;
    let begun = (0..POSTS).map(|_| Talk::begin(stage));
    let mut talks = try_join_all(begun).await?;
    for talk in &talks {
        all_shown(story, talk).await?;
    }
    let facebook = &stage.world.facebook;
    let secret = &stack.secrets.facebook_app_secret;
    facebook.set_callbacks(NOBODY, secret, 1).await?;
    // The first is on its way by itself, and what waits behind it makes the callback.
    if let Some(talk) = talks.first_mut() {
        talk.say(stage, "And it still blinks.").await?;
    }
    for _ in 0..CHANGES / POSTS {
        for talk in &mut talks {
            talk.say(stage, "And it still blinks.").await?;
        }
    }
    assert_eq!(facebook.untold().await?, u64::try_from(CHANGES)?);
    let inbound =
        |fault: AwsFault| fault.on("SendMessage").where_body("contains(QueueUrl, 'nbound')");
    faults
        .set(&[
            inbound(AwsFault::none("sqs")).times(11),
            inbound(AwsFault::failing("sqs")).times(60),
            inbound(AwsFault::none("sqs")),
        ])
        .await?;
    facebook.set_callbacks(&format!("{}/facebook", stack.webhook_url), secret, 1).await?;
    for talk in &talks {
        all_shown(story, talk).await?;
    }
    for talk in &talks {
        assert_eq!(shown(story, talk).await?, talk.said);
    }
    let happened: [u64; 3] = happened(&faults).await?;
    tell(&format!("sqs {happened:?}"));
    faults.set(&[]).await?;
    nothing_parked(story).await
}

/// Every visitor and the agent write, in turn.
async fn go_on(talks: &mut Talks<'_>) -> Outcome {
    for _ in 0..WORDS {
        talks.say().await?;
        talks.answer().await?;
    }
    Ok(())
}

fn faults(story: &Story) -> Outcome<AwsFaults> {
    Ok(story.stack.aws_faults()?.ok_or("AWS cannot fail on this stack")?)
}

async fn happened<const FAULTS: usize>(faults: &AwsFaults) -> Outcome<[u64; FAULTS]> {
    let happened = faults.happened().await?;
    Ok(happened.try_into().map_err(|it| format!("other faults than were set: {it:?}"))?)
}
