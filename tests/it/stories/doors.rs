//! Who gets in by the webhook, and who does not.

use libtest_mimic::Trial;
use local::scenes::ACME;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    story::{Outcome, Story, story},
    webhook::{callback, posted, signature},
};

/// More than the webhook takes, and less than Lambda does.
const TOO_LARGE: usize = 4_400_000;

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("doors::a_callback_that_is_no_networks_is_refused_and_not_queued", refused),
        story("doors::facebooks_verification_is_answered_with_its_challenge", verification),
        story("doors::xs_challenge_is_answered_with_its_signature", challenge),
        story("doors::a_pushed_reply_needs_its_token", pushed_reply),
        story("doors::there_are_no_other_paths", other_paths),
    ]
}

/// All of them are about one post, so they would share a group: the genuine one, sent last, is
/// shown only after everything that was queued before it, and only if that was nothing.
async fn refused(Story { stage, webhook, .. }: &Story) -> Outcome {
    let eve = stage.visitor("Eve Adams");
    let post = format!("{}_{}", ACME.id, eve.handle());
    let body = |text: &str| callback(&ACME, &[posted(&post, &eve, text)]);
    let (forged, cut, large) = (stage.line("forged"), stage.line("cut"), stage.line("large"));

    let forgery = body(&forged);
    for signature in [signature("another secret", &forgery), String::new(), "sha256=00".to_owned()]
    {
        assert_eq!(webhook.facebook(&forgery, &signature).await?, StatusCode::UNAUTHORIZED);
    }
    let altered = forgery.replace("Eve", "Eva");
    let of_the_other = webhook.signature(&forgery);
    assert_eq!(webhook.facebook(&altered, &of_the_other).await?, StatusCode::UNAUTHORIZED);

    let malformed = body(&cut);
    let malformed = malformed.strip_suffix('}').unwrap_or_default();
    assert_eq!(webhook.signed(malformed).await?, StatusCode::BAD_REQUEST);
    let oversized = body(&(large.clone() + &" ".repeat(TOO_LARGE)));
    assert_eq!(webhook.signed(&oversized).await?, StatusCode::PAYLOAD_TOO_LARGE);

    let genuine = stage.line("genuine");
    assert_eq!(webhook.signed(&body(&genuine)).await?, StatusCode::OK);
    stage.offered(ACME.workgroup, &genuine).await?;
    for text in [&forged, &cut, &large] {
        stage.only_once(text, &[]).await?;
    }
    Ok(())
}

async fn verification(Story { webhook, stack, .. }: &Story) -> Outcome {
    let asked = |token| {
        [("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", "<b>1158</b>")]
    };
    let answer = webhook.get("/facebook", &asked(&stack.secrets.facebook_verify_token)).await?;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "<b>1158</b>"));
    // Facebook wants the bare challenge, and a browser must not take it for a page.
    assert!(answer.content_type.starts_with("text/plain"), "{}", answer.content_type);

    let answer = webhook.get("/facebook", &asked("another")).await?;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::FORBIDDEN, ""));
    Ok(())
}

async fn challenge(Story { webhook, .. }: &Story) -> Outcome {
    let answer = webhook.get("/twitter", &[("crc_token", "9b0c2f7e")]).await?;
    assert_eq!(answer.status, StatusCode::OK);
    let token: serde_json::Value = serde_json::from_str(&answer.body)?;
    // By `openssl dgst -sha256 -hmac local-consumer-secret -binary | base64`.
    let expected = "sha256=zNm3bp+rHPEHMil6dt2YtnQkaAgLS6D9T+nRdFUnfNI=";
    assert_eq!(token, json!({ "response_token": expected }));
    assert_eq!(webhook.get("/twitter", &[]).await?.status, StatusCode::BAD_REQUEST);
    Ok(())
}

async fn pushed_reply(Story { webhook, stack, .. }: &Story) -> Outcome {
    let body = json!({ "chatId": "no-such-chat" }).to_string();
    for (token, status) in [
        (stack.secrets.cic_reply_token.as_str(), StatusCode::ACCEPTED),
        ("another", StatusCode::UNAUTHORIZED),
        ("", StatusCode::UNAUTHORIZED),
    ] {
        let header = ("Authorization", format!("Bearer {token}"));
        let answer = webhook.post("/cic/replies", (header.0, &header.1), &body).await?;
        assert_eq!(answer.status, status, "with the token \"{token}\"");
    }
    let answer = webhook.post("/cic/events/another", ("Accept", "*/*"), &body).await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

async fn other_paths(Story { webhook, .. }: &Story) -> Outcome {
    for path in ["/", "/facebooks", "/cic", "/twitter/", "/admin"] {
        let status = webhook.get(path, &[]).await?.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    Ok(())
}
