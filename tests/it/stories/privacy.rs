//! What people may ask for, and what nobody else gets to read.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use libtest_mimic::Trial;
use local::{scenes::ACME, stack::FUNCTIONS};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    socialctl::Socialctl,
    story::{Outcome, Story, story},
    webhook::signature,
};

const PATH: &str = "/facebook/data-deletion";

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("privacy::a_request_by_facebook_is_told_and_has_a_page", deletion),
        story("privacy::who_asks_to_be_forgotten_is", forgotten),
        story("privacy::no_log_line_tells_what_people_wrote", logs),
    ]
}

async fn deletion(story: &Story) -> Outcome {
    let webhook = &story.webhook;
    let forged = signed_request(story, "another secret")?;
    let answer = webhook.form(PATH, &[("signed_request", &forged)]).await?;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, ""));

    let code = asked(story).await?;
    story.counted("webhook", "DeletionAsked", &[]).await?;
    let page = webhook.get(&format!("{PATH}/{code}"), &[]).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.content_type.starts_with("text/html"), "{}", page.content_type);
    assert!(page.body.contains(&code) && page.body.contains("by hand"), "{}", page.body);
    let unknown = webhook.get(&format!("{PATH}/{}", "0".repeat(32)), &[]).await?;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    Ok(())
}

/// The agent finds out the visitor's id, the visitor asks Facebook, and an administrator does it.
async fn forgotten(story: &Story) -> Outcome {
    let Story { stage, aws, stack, .. } = story;
    let (jo, zoe) = (stage.agent("Jo"), stage.visitor(&stage.line("Zoë")));
    let (question, reply) = (stage.line("My PIN is 0815"), stage.line("Please change it."));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;
    let chat = stage.picks_up(&jo, &chat).await?;
    jo.writes(&chat, &reply).await?;
    stage.page_reply(&ACME, &post, &reply).await?;
    jo.writes(&chat, "/who").await?;
    let chat = stage.notice(&chat, "here since", |chat| &chat.transcript).await?;
    jo.disconnects(&chat).await?;
    let told = chat.transcript.iter().find(|it| it.is_notice_of("here since"));
    let mut lines = told.map(|it| it.text.lines()).into_iter().flatten();
    let id = lines.find_map(|line| line.trim().strip_prefix("id ")).ok_or("/who tells no id")?;
    let code = asked(story).await?;

    let socialctl = Socialctl::built(story)?;
    let (state, channels) = (stack.tables.state.as_str(), stack.tables.channels.as_str());
    let waiting = || socialctl.says(&["deletions", "--state-table", state]);
    assert!(waiting()?.contains(&code), "{}", waiting()?);
    let forget = ["forget", "facebook", id, "--state-table", state, "--channels-table", channels];
    let forget = [forget.as_slice(), &["--request", &code]].concat();
    let told = socialctl.says(&[forget.as_slice(), &["--dry-run"]].concat())?;
    assert!(told.starts_with("would be erased in 1 conversations"), "{told}");
    let stored = aws.state(stack).await?;
    assert!(stored.contains(&question) && stored.contains(zoe.name()));

    let told = socialctl.says(&forget)?;
    assert!(told.starts_with("erased in 1 conversations") && told.contains("settled"), "{told}");
    let stored = aws.state(stack).await?;
    assert!(!stored.contains(&question) && !stored.contains(zoe.name()));
    assert!(!waiting()?.contains(&code), "{}", waiting()?);
    let page = story.webhook.get(&format!("{PATH}/{code}"), &[]).await?;
    assert!(page.body.contains("erased, in 1 of your conversations"), "{}", page.body);

    let later = stage.line("It is me again.");
    zoe.comments_on(&post, &later).await?;
    stage.offered(ACME.workgroup, &later).await.map(drop)?;
    Ok(())
}

/// Facebook passes somebody's wish on; it gets the code that the person can ask about.
async fn asked(story: &Story) -> Outcome<String> {
    let genuine = signed_request(story, &story.stack.secrets.facebook_app_secret)?;
    let answer = story.webhook.form(PATH, &[("signed_request", &genuine)]).await?;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body)?;
    let field = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = field("confirmation_code");
    assert!(field("url").ends_with(&format!("{PATH}/{code}")), "{told}");
    Ok(code.to_owned())
}

fn signed_request(story: &Story, secret: &str) -> Outcome<String> {
    let payload = json!({ "algorithm": "HMAC-SHA256", "user_id": story.stage.line("1") });
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload.to_string());
    let tag = hex::decode(signature(secret, &payload).trim_start_matches("sha256="))?;
    Ok(format!("{}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(tag)))
}

/// A visitor asks and an agent answers; each function that had it in its hands has logged by then.
async fn logs(Story { stage, aws, stack, .. }: &Story) -> Outcome {
    let (jo, zoe) = (stage.agent("Jo"), stage.visitor("Zoë O'Hara"));
    let (question, reply) = (stage.line("My PIN is 0815"), stage.line("Dear Zoë, change it."));
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;
    stage.picks_up(&jo, &chat).await?;
    jo.writes(&chat, &reply).await?;
    stage.page_reply(&ACME, &post, &reply).await?;
    let secrets = &stack.secrets;
    let canaries = [
        question.as_str(),
        reply.as_str(),
        zoe.name(),
        &secrets.facebook_app_secret,
        &secrets.twitter_consumer_secret,
        &secrets.cic_reply_token,
    ];
    for function in FUNCTIONS {
        for line in aws.log(stack, function).await? {
            let told = canaries.iter().find(|canary| line.contains(**canary));
            assert_eq!(told, None, "{function} logs {line}");
        }
    }
    Ok(())
}
