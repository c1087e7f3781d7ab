//! AWS fails while people talk. Afterwards all is there, once and in order, by itself.

use std::time::Duration;

use futures::future::try_join_all;
use libtest_mimic::Trial;
use local::{
    outages::{Talk, all_seen, seen},
    stack::{AwsFault, AwsFaults},
};

use super::talks::{LIMIT, Talks, nothing_parked};
use crate::{
    floor::FAULTY,
    story::{Outcome, Story, lonely_story_on, tell},
};

/// How long `DynamoDB` takes no call at all.
const AWAY: Duration = Duration::from_secs(10);
/// Visitors that talk with an agent.
const CONVERSATIONS: usize = 8;
/// That each visitor and the agent write while AWS fails in one way.
const WORDS: usize = 3;
/// The most calls of a conversation that are refused in that time. Its message is tried after 0, 2 and 6
/// seconds, and asks for up to four things; its chat is looked at five times; each asks three times.
const REFUSED: u64 = 60;
/// So often must a fault have happened for a story to tell something.
const OFTEN: u64 = 10;
/// The most that Facebook puts into one callback.
const CHANGES: usize = 1_000;
/// That the changes are about: as many messages in the queue, and few enough changes in each that they
/// are shown within one invocation, however busy the machine is.
const POSTS: usize = 50;
/// How long it may take until agents see them all.
const PATIENCE: Duration = Duration::from_secs(300);
/// Of the SDK, before a call counts as failed.
const TRIES: u32 = 3;
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9/facebook";

pub(super) fn all() -> Vec<Trial> {
    vec![
        lonely_story_on(
            &FAULTY,
            "aws_faults::dynamodb_throttles_all_calls_and_then_some",
            throttled,
        ),
        lonely_story_on(
            &FAULTY,
            "aws_faults::what_was_asked_is_done_but_nobody_told",
            answers_lost,
        ),
        lonely_story_on(
            &FAULTY,
            "aws_faults::sqs_fails_in_the_middle_of_a_callback",
            half_a_callback,
        ),
    ]
}

async fn throttled(story: &Story) -> Outcome {
    let faults = faults(story)?;
    let mut talks = Talks::begin(story, CONVERSATIONS).await?;
    faults.set(&[AwsFault::throttled().lasting(AWAY)]).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let [refused] = happened(&faults).await?;
    tell(&format!("DynamoDB refused {refused} calls in {} s", AWAY.as_secs()));
    let bound = REFUSED * u64::try_from(CONVERSATIONS)?;
    assert!((OFTEN..=bound).contains(&refused), "{refused} calls in vain");

    faults.set(&[AwsFault::throttled().of_ten(2), AwsFault::none("dynamodb")]).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let [refused, through] = happened(&faults).await?;
    tell(&format!("DynamoDB refused {refused} calls, and took {through}"));
    assert!(refused >= OFTEN, "{refused} calls refused");
    faults.set(&[]).await?;
    talks.end().await
}

/// The calls that write are carried out, and three answers of ten are lost.
async fn answers_lost(story: &Story) -> Outcome {
    const CALLS: [(&str, &str); 3] =
        [("dynamodb", "UpdateItem"), ("dynamodb", "PutItem"), ("sqs", "SendMessage")];
    let faults = faults(story)?;
    let mut talks = Talks::begin(story, CONVERSATIONS).await?;
    let lost =
        CALLS.map(|(service, operation)| AwsFault::answer_lost(service, operation).of_ten(3));
    faults.set(&lost).await?;
    go_on(&mut talks).await?;
    talks.settle().await?;
    let happened: [u64; CALLS.len()] = happened(&faults).await?;
    tell(&format!("answers lost to {CALLS:?}: {happened:?}"));
    assert!(happened.iter().all(|lost| *lost >= OFTEN), "{happened:?}");
    faults.set(&[]).await?;
    talks.end().await
}

/// Half of a callback gets into the queue. Facebook is not told that it was taken, and delivers again.
async fn half_a_callback(story: &Story) -> Outcome {
    let (stage, stack) = (&story.stage, story.stack);
    let faults = faults(story)?;
    let mut talks = try_join_all((0..POSTS).map(|_| Talk::begin(stage))).await?;
    assert!(all_seen(stage, &talks, PATIENCE).await?, "a post was never shown");
    let facebook = &stage.world.facebook;
    let secret = &stack.secrets.facebook_app_secret;
    facebook.set_callbacks(NOBODY, secret, 1).await?;
    // This one is on its way by itself; what comes behind it makes the callback.
    let first = talks.first_mut().ok_or("no posts")?;
    first.say(stage, "And it still blinks.").await?;
    let taken = async || Ok((facebook.untold().await? == 0).then_some(()));
    story.until("Facebook to try", LIMIT, taken).await?;
    for _ in 0..CHANGES / POSTS {
        for talk in &mut talks {
            talk.say(stage, "And it still blinks.").await?;
        }
    }
    assert_eq!(facebook.untold().await?, u64::try_from(CHANGES)?);

    let sent =
        |fault: AwsFault| fault.on("SendMessage").where_body("contains(QueueUrl, 'inbound')");
    let half = u32::try_from(POSTS / 2)?;
    let refused = half * TRIES;
    let failing = sent(AwsFault::failing("sqs")).times(refused);
    let through = sent(AwsFault::none("sqs"));
    faults.set(&[through.clone().times(1 + half), failing, through]).await?;
    facebook.set_callbacks(&format!("{}/facebook", stack.webhook_url), secret, 1).await?;
    assert!(all_seen(stage, &talks, PATIENCE).await?, "a comment was never shown");
    let happened: [u64; 3] = happened(&faults).await?;
    tell(&format!("sent into inbound.fifo, refused by it, and sent afterwards: {happened:?}"));
    let [_, failed, again] = happened;
    assert_eq!(failed, u64::from(refused));
    assert!(again >= u64::try_from(POSTS)?, "only {again} messages when Facebook delivered again");
    faults.set(&[]).await?;
    // With this one, everything before it was dealt with.
    for talk in &mut talks {
        talk.say(stage, "Now it is green.").await?;
    }
    assert!(all_seen(stage, &talks, PATIENCE).await?, "a last word was never shown");
    for (talk, seen) in talks.iter().zip(seen(stage, &talks).await?) {
        assert_eq!(seen, talk.said);
    }
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

/// How often each fault that was set has happened.
async fn happened<const FAULTS: usize>(faults: &AwsFaults) -> Outcome<[u64; FAULTS]> {
    let happened = faults.happened().await?;
    Ok(happened.try_into().map_err(|it| format!("other faults than were set: {it:?}"))?)
}
