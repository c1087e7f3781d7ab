//! What is parked can be looked at, and goes back by one command.

use libtest_mimic::Trial;
use local::{
    scenes::{ACME, Stage},
    world::{Fault, PageObject},
};
use serde_json::{Value, json};

use crate::{
    aws::Parked,
    floor,
    socialctl::Socialctl,
    story::{Outcome, Story, lonely_story},
};

/// Alone: they look at whole queues.
pub(super) fn lonely() -> Vec<Trial> {
    vec![
        lonely_story(
            "parked::what_was_parked_goes_back_by_one_command_and_is_shown_once",
            redriven,
        ),
        lonely_story("parked::a_reply_that_was_parked_comes_back_to_its_agent_once", reply),
    ]
}

/// CIC refuses a line. Once that is mended, an administrator puts the message back, twice.
async fn redriven(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (zoe, queue) = (stage.visitor("Zoë O'Hara"), story.stack.queues.inbound.as_str());
    let (question, refused) = (stage.line("My router blinks red."), stage.line("And it beeps."));
    let (later, last) = (stage.line("It still does."), stage.line("Hello?"));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;

    a_line_is_refused(stage).await?;
    zoe.comments_on(&post, &refused).await?;
    let parked = parked(story, &story.stack.queues.inbound_dlq, &refused).await?;
    zoe.comments_on(&post, &later).await?;
    stage.joins(&chat, &later).await?;

    let socialctl = Socialctl::built(story)?;
    let told = socialctl.says(&["parked", "list", "--queue", queue])?;
    assert!(told.contains(&parked.reason) && !told.contains("beeps"), "{told}");
    let id = id_of(&told, &parked.reason)?;
    let whole = socialctl.says(&["parked", "show", "--queue", queue, "--id", &id])?;
    assert!(whole.contains(&refused), "{whole}");

    goes_back(&socialctl, queue, &id)?;
    let chat = stage.joins(&chat, &refused).await?;

    // The same message once more, as if the command had been broken off before it was removed.
    let mut again: Value = serde_json::from_str(&parked.body)?;
    if let Some(batch) = again.as_object_mut() {
        batch.insert("redriven".to_owned(), json!(1));
    }
    let group = format!("acme-page#conversation#post:{post}");
    story.aws.send(queue, &group, &again.to_string()).await?;
    // Of the same conversation, and behind it in its group.
    let mut bye = again.clone();
    *bye.pointer_mut("/changes/0/message/id").ok_or("no id")? = json!(format!("{post}_last"));
    *bye.pointer_mut("/changes/0/message/text").ok_or("no text")? = json!(last);
    story.aws.send_as(queue, &group, &last, &bye.to_string()).await?;
    let chat = stage.joins(&chat, &last).await?;
    assert_eq!(chat.times_shown(&refused), 1, "{chat:?}");
    let told = socialctl.says(&["parked", "list", "--queue", queue])?;
    assert!(!told.contains(&id), "{told}");
    Ok(())
}

/// Facebook refuses a reply, and CIC the notice of it. Put back, the notice reaches Jo, who sends the
/// reply again.
async fn reply(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (zoe, jo, queue) =
        (stage.visitor("Zoë O'Hara"), stage.agent("Jo"), story.stack.queues.outbound.as_str());
    let (question, reply) = (stage.line("My router blinks red."), stage.line("Hold the button."));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;
    let chat = stage.picks_up(&jo, &chat).await?;

    let error =
        json!({ "error": { "message": "(#100) no", "type": "OAuthException", "code": 100 } });
    let fault = Fault::status("*/comments", 400).method("POST").body(error);
    stage.world.facebook.control().add_fault(&fault).await?;
    a_line_is_refused(stage).await?;
    jo.writes(&chat, &reply).await?;
    let parked = parked(story, &story.stack.queues.outbound_dlq, &reply).await?;

    let socialctl = Socialctl::built(story)?;
    let told = socialctl.says(&["parked", "list", "--queue", queue])?;
    assert!(told.contains(&parked.reason) && !told.contains(&reply), "{told}");
    goes_back(&socialctl, queue, &id_of(&told, &parked.reason)?)?;
    let chat = stage.notice(&chat, "not published", |chat| chat.after_agents(&reply)).await?;
    let notices = chat.transcript.iter().filter(|line| line.is_notice_of("not published"));
    assert_eq!(notices.count(), 1, "{chat:?}");

    jo.writes(&chat, "/retry").await?;
    stage.page_reply(&ACME, &post, &reply).await?;
    let tree = stage.world.page_tree(ACME.id).await?;
    let comments = tree.iter().flat_map(PageObject::thread);
    assert_eq!(comments.filter(|comment| comment.is_by(ACME.id, &reply)).count(), 1);
    Ok(())
}

/// CIC refuses the next line that the bridge says.
async fn a_line_is_refused(stage: &Stage) -> Outcome {
    let [primary, _] = &stage.world.cic;
    let fault = json!({ "errorId": "error.request.invalidRepresentation", "message": "no" });
    let fault = Fault::status("*/send-message/*", 400).method("POST").body(fault);
    Ok(primary.control().add_fault(&fault).await?)
}

/// Awaits what is parked with these words in it.
async fn parked(story: &Story, queue: &str, words: &str) -> Outcome<Parked> {
    story
        .until("what is parked", floor::LIMIT, async || {
            let parked = story.aws.parked(queue).await?;
            Ok(parked.into_iter().find(|it| it.body.contains(words)))
        })
        .await
}

/// An administrator looks what the command would do, and does it.
fn goes_back(socialctl: &Socialctl, queue: &str, id: &str) -> Outcome {
    let redrive = ["parked", "redrive", "--queue", queue, "--id", id];
    let told = socialctl.says(&redrive)?;
    assert!(told.contains("1 to put back, 0 to stay\nnothing was changed"), "{told}");
    let told = socialctl.says(&[redrive.as_slice(), &["--execute"]].concat())?;
    assert!(told.ends_with("1 put back, 0 stayed\n"), "{told}");
    Ok(())
}

/// The id in front of the reason.
fn id_of(told: &str, reason: &str) -> Outcome<String> {
    let line = told.lines().find(|line| line.contains(reason)).ok_or("the reason is not told")?;
    Ok(line.split(' ').next().unwrap_or_default().to_owned())
}
