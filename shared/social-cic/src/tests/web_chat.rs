use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use social_core::chat::{ContactCenter, Happening, Interface, Party};
use wiremock::ResponseTemplate;

use super::support::*;
use crate::Choice;

#[tokio::test]
async fn a_chat_starts_with_all_that_version_5_takes() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(5)).await;
    on(&server, "POST /icws/web-chat/start", web_chat_started()).await;
    let told = cic(&[&server], Choice::Auto).open(&opening()).await.unwrap();
    assert_eq!(told.chat, chat(Interface::WebChat));
    assert_eq!((told.events, told.poll_after), (vec![], Duration::from_secs(1)));
    let sent = body(&server, "/icws/web-chat/start").await;
    insta::assert_json_snapshot!(sent, @r#"
    {
      "attributes": {
        "Network": "facebook"
      },
      "language": "en-us",
      "participantName": "Zoë",
      "routingContexts": [
        {
          "category": "Router",
          "context": "Product"
        },
        {
          "category": 7,
          "context": "Skill"
        }
      ],
      "targetName": "Social Support",
      "targetType": "Workgroup",
      "webhook": "https://bridge.test/cic/events/hidden"
    }
    "#);
}

#[tokio::test]
async fn an_older_one_is_told_nothing_that_it_does_not_know() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(4)).await;
    on(&server, "POST /icws/web-chat/start", web_chat_started()).await;
    cic(&[&server], Choice::WebChat).open(&opening()).await.unwrap();
    let sent = body(&server, "/icws/web-chat/start").await;
    let plain = json!({
        "participantName": "Zoë", "targetName": "Social Support", "targetType": "Workgroup",
        "language": "en-us",
    });
    assert_eq!(sent, plain);
}

#[rstest]
#[case::no_content(ResponseTemplate::new(204))]
#[case::empty_json(empty())]
#[case::no_json(ResponseTemplate::new(200).set_body_string("OK"))]
#[tokio::test]
async fn a_line_is_said(#[case] answer: ResponseTemplate) {
    let server = server().await;
    let at = format!("/icws/web-chat/send-message/{ME}");
    on(&server, &format!("POST {at}"), answer).await;
    let chat = chat(Interface::WebChat);
    let told = cic(&[&server], Choice::Auto).say(&chat, "hello <b>").await.unwrap();
    assert_eq!((told.chat, told.events), (chat, vec![]));
    assert_eq!(
        body(&server, &at).await,
        json!({ "message": "hello <b>", "contentType": "text/plain" })
    );
    assert_eq!(calls(&server).await.len(), 1);
}

#[tokio::test]
async fn a_poll_tells_events_in_order() {
    let server = server().await;
    let text = |sequence, value| {
        json!({
            "__type": "urn:inin.com:webChat:chatTextMessage", "participantId": AGENT,
            "sequenceNumber": sequence, "timestamp": "20210706T193229Z",
            "contentType": "text/plain", "value": value,
        })
    };
    let events = [text(12, "second"), text(11, "first")];
    on(&server, &format!("GET /icws/web-chat/messages/{ME}"), messages(&events)).await;
    let told = cic(&[&server], Choice::Auto).poll(&chat(Interface::WebChat)).await.unwrap();
    assert_eq!(told.events[0].at, None, "it has just happened, whatever CIC's clock says");
    let texts: Vec<_> = told.events.into_iter().map(|event| event.what).collect();
    assert_eq!(texts, [Happening::Text("first".into()), Happening::Text("second".into())]);
    assert_eq!(told.poll_after, Duration::from_millis(1500));
}

#[tokio::test]
async fn history_keeps_what_we_said() {
    let server = server().await;
    let ours = json!({
        "__type": "urn:inin.com:webChat:chatTextMessage", "participantId": ME,
        "sequenceNumber": 3, "timestamp": "20210706T193229Z",
        "contentType": "text/plain", "value": "hello",
    });
    on(&server, "GET /icws/connection/features", features(6)).await;
    on(&server, &format!("GET /icws/web-chat/message-history/{ME}"), messages(&[ours])).await;
    let cic = cic(&[&server], Choice::Auto);
    let history = cic.history(&chat(Interface::WebChat)).await.unwrap().unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].party, Party::Visitor);
    assert_eq!(history[0].what, Happening::Text("hello".into()));
    assert_eq!(history[0].at, "2021-07-06T19:32:29Z".parse().ok(), "the compact form of ICWS");
    cic.history(&chat(Interface::WebChat)).await.unwrap();
    assert_eq!(calls(&server).await.len(), 3, "features are asked once");
}

#[tokio::test]
async fn below_version_6_there_is_no_history() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(5)).await;
    let cic = cic(&[&server], Choice::Auto);
    assert!(cic.history(&chat(Interface::WebChat)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_chat_is_left_with_an_empty_post() {
    let server = server().await;
    on(&server, &format!("POST /icws/web-chat/exit/{ME}"), ResponseTemplate::new(204)).await;
    cic(&[&server], Choice::Auto).exit(&chat(Interface::WebChat)).await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert_eq!(received[0].headers.get("content-length").unwrap(), "0");
    assert_eq!(received[0].headers.get_all("content-length").iter().count(), 1);
}
