//! What administrators get wrong: it is told, it stops nobody else, and nothing is lost by it.

use std::time::Duration;

use libtest_mimic::Trial;
use local::{
    scenes::{ACME, SOCIAL_SUPPORT, SamplePage},
    world::PageObject,
};
use simulators::seed::cic::WORKGROUPS;

use crate::{
    sample::{self, CARE, INVALID, LABS, NIGHT, TYPO},
    story::{Outcome, Story, story},
};

/// A mended credential counts within a minute, and what waits for it asks at growing intervals.
const MENDED: Duration = Duration::from_secs(180);

pub(super) fn all() -> Vec<Trial> {
    vec![
        story(
            "administrators::a_missing_credential_keeps_only_its_own_replies_waiting",
            async |story: &Story| credential(story, &LABS).await,
        ),
        story(
            "administrators::a_malformed_credential_keeps_only_its_own_replies_waiting",
            async |story: &Story| credential(story, &CARE).await,
        ),
        story(
            "administrators::messages_wait_in_order_for_a_workgroup_that_does_not_exist_yet",
            workgroup,
        ),
        story("administrators::an_invalid_channel_is_named_and_skipped", invalid_channel),
    ]
}

/// Until the credential is mended a reply waits; another channel's does not.
async fn credential(story: &Story, page: &SamplePage) -> Outcome {
    let stage = &story.stage;
    let name = sample::credential(page);
    let waiting = async {
        let (post, reply) = answered(story, page).await?;
        story.counted("publisher", "CredentialFailed", &[("credential", &name)]).await?;
        Outcome::Ok((post, reply))
    };
    let beside = async {
        let (post, reply) = answered(story, &ACME).await?;
        Outcome::Ok(stage.page_comment(&ACME, &post, &reply).await?)
    };
    let ((post, reply), _) = futures::try_join!(waiting, beside)?;
    assert!(
        !has_comment(&stage.world.page_tree(page.id).await?, &reply),
        "published without a credential"
    );

    story.aws.put_parameter(&name, &sample::good_credential(page)).await?;
    let awaited = format!("the page's comment under {post} that says \"{reply}\"");
    story
        .until(&awaited, MENDED, async || {
            Ok(has_comment(&stage.world.page_tree(page.id).await?, &reply).then_some(()))
        })
        .await
}

/// A visitor posts on the page, and an agent answers. Gives the post's id and the answer.
async fn answered(Story { stage, .. }: &Story, page: &SamplePage) -> Outcome<(String, String)> {
    let (visitor, jo) = (stage.visitor("Ida Kowalska"), stage.agent("Jo"));
    let (question, reply) = (stage.line("Does it take larger batteries?"), stage.line("It does."));
    let post = visitor.posts_on(page.id, &question).await?;
    let chat = stage.offered(page.workgroup, &question).await?;
    stage.picks_up(&jo, &chat).await?;
    jo.writes(&chat, &reply).await?;
    Ok((post, reply))
}

fn has_comment(tree: &[PageObject], text: &str) -> bool {
    let mut objects = tree.iter().flat_map(PageObject::thread);
    objects.any(|object| object.message.as_deref() == Some(text))
}

async fn workgroup(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (zoe, ben) = (stage.visitor("Zoë O'Hara"), stage.visitor("Ben Okafor"));
    let (first, second) = (stage.line("Is anybody awake?"), stage.line("Hello?"));
    let other = stage.line("The lights are out.");
    let post = zoe.posts_on(NIGHT.id, &first).await?;
    zoe.comments_on(&post, &second).await?;
    ben.posts_on(NIGHT.id, &other).await?;
    let channel = sample::channel(&NIGHT);
    let fields = [("channel_id", channel.as_str()), ("workgroup", NIGHT.workgroup)];
    story.counted("router", "WorkgroupUnknown", &fields).await?;
    for text in [&first, &second, &other] {
        stage.only_once(text, &[]).await?;
    }

    let names: Vec<&str> = WORKGROUPS.into_iter().chain([NIGHT.workgroup]).collect();
    for server in &stage.world.cic {
        server.set_workgroups(&names).await?;
    }
    stage.offered(NIGHT.workgroup, &other).await?;
    let awaited = "both of Zoë's messages in one interaction";
    let chat = stage.interaction(awaited, |chat| chat.shows(&first) && chat.shows(&second)).await?;
    assert!(chat.before(&second).iter().any(|line| line.shows(&first)), "out of order: {chat:?}");
    for text in [&first, &second, &other] {
        stage.only_once(text, &[NIGHT.workgroup]).await?;
        let parked = story.aws.parked(&story.stack.queues.inbound_dlq).await?;
        assert!(!parked.iter().any(|message| message.body.contains(text.as_str())), "parked");
    }
    Ok(())
}

async fn invalid_channel(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (mia, zoe) = (stage.visitor("Mia Rossi"), stage.visitor("Zoë O'Hara"));
    let (lost, question) =
        (stage.line("Does anybody read this?"), stage.line("Where is my parcel?"));
    mia.posts_on(TYPO.id, &lost).await?;
    zoe.posts_on(ACME.id, &question).await?;
    stage.offered(SOCIAL_SUPPORT, &question).await?;
    for (channel, field) in INVALID {
        let fields = [("channel_id", channel), ("field", field)];
        story.counted("webhook", "ChannelInvalid", &fields).await?;
    }
    Ok(stage.only_once(&lost, &[]).await?)
}
