use std::time::Duration;

use serde_json::json;
use social_core::chat::{ContactCenter, Happening, Interface, Party};

use super::support::*;
use crate::Choice;

#[tokio::test]
async fn a_chat_starts_after_the_configuration_was_read() {
    let server = server().await;
    let base = "/I3Root/Server1/websvcs";
    on(&server, &format!("GET {base}/serverConfiguration"), configuration(1)).await;
    on(&server, &format!("POST {base}/chat/start"), websvcs(Some(ME), 1, &[])).await;
    let cic = bridge([format!("{}/I3Root/Server1/", server.uri())], Choice::Websvcs);
    let told = cic.open(&opening()).await.unwrap();
    assert_eq!(told.chat, chat(Interface::Websvcs));
    assert_eq!(told.poll_after, Duration::from_millis(2500));
    insta::assert_json_snapshot!(body(&server, &format!("{base}/chat/start")).await, @r#"
    {
      "attributes": {
        "Network": "facebook"
      },
      "emailAddress": "",
      "language": "en-us",
      "participant": {
        "credentials": "",
        "name": "Zoë"
      },
      "routingContexts": [
        {
          "category": "Router",
          "context": "Product"
        },
        {
          "category": "7",
          "context": "Skill"
        }
      ],
      "supportedContentTypes": "text/plain",
      "target": "Social Support",
      "targetType": "Workgroup",
      "transcriptRequired": false
    }
    "#);
}

#[tokio::test]
async fn a_changed_configuration_is_read_again_before_the_next_start() {
    let server = server().await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    on(&server, "POST /websvcs/chat/start", websvcs(Some(ME), 1, &[])).await;
    on(&server, &format!("GET /websvcs/chat/poll/{ME}"), websvcs(None, 2, &[])).await;
    let cic = cic(&[&server], Choice::Websvcs);
    cic.open(&opening()).await.unwrap();
    cic.open(&opening()).await.unwrap();
    cic.poll(&chat(Interface::Websvcs)).await.unwrap();
    cic.open(&opening()).await.unwrap();
    let calls = calls(&server).await;
    let asked = calls.iter().filter(|call| call.ends_with("serverConfiguration")).count();
    assert_eq!(asked, 2, "{calls:?}");
}

#[tokio::test]
async fn the_answer_to_a_line_tells_events_without_its_echo() {
    let server = server().await;
    let echo = json!({
        "type": "text", "participantID": ME, "sequenceNumber": 10, "contentType": "text/plain",
        "value": "hello", "displayName": "Zoë", "participantType": "WebUser",
    });
    let at = format!("/websvcs/chat/sendMessage/{ME}");
    on(&server, &format!("POST {at}"), websvcs(None, 1, &[banana(11), echo])).await;
    let cic = cic(&[&server], Choice::Auto);
    let told = cic.say(&chat(Interface::Websvcs), "hello").await.unwrap();
    assert_eq!(told.events.len(), 1);
    assert_eq!(told.events[0].what, Happening::Text("banana".into()));
    assert_eq!(told.events[0].party, Party::Agent);
    assert_eq!(told.events[0].name, "Administrator");
    let sent = body(&server, &at).await;
    assert_eq!(sent, json!({ "message": "hello", "contentType": "text/plain" }));
}

#[tokio::test]
async fn a_refusal_tells_its_events_too() {
    let server = server().await;
    let failure = json!({ "chat": {
        "status": { "type": "failure", "reason": "error.websvc.unknownEntity.session" },
        "events": [banana(11)],
    } });
    let answer = wiremock::ResponseTemplate::new(200).set_body_json(failure);
    first(&server, &format!("POST /websvcs/chat/sendMessage/{ME}"), 1, answer).await;
    on(&server, "POST /websvcs/chat/reconnect", refusal("error.websvc.unknownEntity.session"))
        .await;
    let gone = refusal("error.websvc.unknownEntity.session");
    on(&server, &format!("GET /websvcs/chat/poll/{ME}"), gone).await;
    let (cic, chat) = (cic(&[&server], Choice::Auto), chat(Interface::Websvcs));
    cic.say(&chat, "hello").await.unwrap_err();
    assert_eq!(cic.poll(&chat).await.unwrap().events.len(), 1, "told by the next poll");
    cic.poll(&chat).await.unwrap_err();
}

#[tokio::test]
async fn last_words_that_come_with_the_exit_are_told_by_the_next_poll() {
    let server = server().await;
    let told = websvcs(None, 1, &[banana(11)]);
    on(&server, &format!("POST /websvcs/chat/exit/{ME}"), told).await;
    on(&server, "POST /websvcs/chat/reconnect", refusal("error.websvc.unknownEntity.session"))
        .await;
    let gone = refusal("error.websvc.unknownEntity.session");
    on(&server, &format!("GET /websvcs/chat/poll/{ME}"), gone).await;
    let (cic, chat) = (cic(&[&server], Choice::Auto), chat(Interface::Websvcs));
    cic.exit(&chat).await.unwrap();
    assert_eq!(cic.poll(&chat).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn there_is_no_history() {
    let server = server().await;
    let cic = cic(&[&server], Choice::Auto);
    assert!(cic.history(&chat(Interface::Websvcs)).await.unwrap().is_none());
    assert!(calls(&server).await.is_empty());
}
