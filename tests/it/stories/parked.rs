//! What is parked can be looked at, and goes back by one command.

use libtest_mimic::Trial;
use local::{scenes::ACME, world::Fault};
use serde_json::{Value, json};

use crate::{
    floor,
    socialctl::Socialctl,
    story::{Outcome, Story, lonely_story},
};

/// Alone: they look at whole queues.
pub(super) fn lonely() -> Vec<Trial> {
    vec![lonely_story(
        "parked::what_was_parked_goes_back_by_one_command_and_is_shown_once",
        redriven,
    )]
}

/// CIC refuses a line. Once that is mended, an administrator puts the message back, twice.
async fn redriven(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (zoe, queue) = (stage.visitor("Zoë O'Hara"), story.stack.queues.inbound.as_str());
    let (question, refused) = (stage.line("My router blinks red."), stage.line("And it beeps."));
    let (later, last) = (stage.line("It still does."), stage.line("Hello?"));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;

    let [primary, _] = &stage.world.cic;
    let fault = json!({ "errorId": "error.request.invalidRepresentation", "message": "no" });
    let fault = Fault::status("*/send-message/*", 400).method("POST").body(fault);
    primary.control().add_fault(&fault).await?;
    zoe.comments_on(&post, &refused).await?;
    let parked = story
        .until("the parked message", floor::LIMIT, async || {
            let parked = story.aws.parked(&story.stack.queues.inbound_dlq).await?;
            Ok(parked.into_iter().find(|it| it.body.contains(&refused)))
        })
        .await?;
    zoe.comments_on(&post, &later).await?;
    stage.joins(&chat, &later).await?;

    let socialctl = Socialctl::built(story)?;
    let told = socialctl.says(&["parked", "list", "--queue", queue])?;
    assert!(told.contains(&parked.reason) && !told.contains("beeps"), "{told}");
    let id = id_of(&told, &parked.reason)?;
    let whole = socialctl.says(&["parked", "show", "--queue", queue, "--id", &id])?;
    assert!(whole.contains(&refused), "{whole}");

    let redrive = ["parked", "redrive", "--queue", queue, "--id", &id];
    let told = socialctl.says(&redrive)?;
    assert!(told.contains("1 to put back, 0 to stay\nnothing was changed"), "{told}");
    let told = socialctl.says(&[redrive.as_slice(), &["--execute"]].concat())?;
    assert!(told.ends_with("1 put back, 0 stayed\n"), "{told}");
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

/// The id in front of the reason.
fn id_of(told: &str, reason: &str) -> Outcome<String> {
    let line = told.lines().find(|line| line.contains(reason)).ok_or("the reason is not told")?;
    Ok(line.split(' ').next().unwrap_or_default().to_owned())
}
