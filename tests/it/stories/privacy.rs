//! What people may ask for, and what nobody else gets to read.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use libtest_mimic::Trial;
use local::{scenes::ACME, stack::FUNCTIONS};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    story::{Outcome, Story, story},
    webhook::signature,
};

const PATH: &str = "/facebook/data-deletion";

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("privacy::a_request_by_facebook_is_told_and_has_a_page", deletion),
        story("privacy::no_log_line_tells_what_people_wrote", logs),
    ]
}

async fn deletion(story: &Story) -> Outcome {
    let webhook = &story.webhook;
    let payload = json!({ "algorithm": "HMAC-SHA256", "user_id": story.stage.line("1") });
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload.to_string());
    let request = |secret: &str| -> Outcome<String> {
        let tag = hex::decode(signature(secret, &payload).trim_start_matches("sha256="))?;
        Ok(format!("{}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(tag)))
    };
    let forged = request("another secret")?;
    let answer = webhook.form(PATH, &[("signed_request", &forged)]).await?;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, ""));

    let genuine = request(&story.stack.secrets.facebook_app_secret)?;
    let answer = webhook.form(PATH, &[("signed_request", &genuine)]).await?;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body)?;
    let field = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = field("confirmation_code");
    assert!(field("url").ends_with(&format!("{PATH}/{code}")), "{told}");
    story.counted("webhook", "DeletionAsked", &[]).await?;

    let page = webhook.get(&format!("{PATH}/{code}"), &[]).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.content_type.starts_with("text/html"), "{}", page.content_type);
    assert!(page.body.contains(code) && page.body.contains("by hand"), "{}", page.body);
    let unknown = webhook.get(&format!("{PATH}/{}", "0".repeat(32)), &[]).await?;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    Ok(())
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
