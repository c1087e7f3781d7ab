//! Patience with a server that has just taken over, and with one that is down.

use std::time::Duration;

use social_core::{
    Verdict,
    chat::{Chat, ChatError, ContactCenter, Interface, Sent},
};
use social_http::{Client, Settings};
use wiremock::{MockServer, ResponseTemplate};

use super::support::*;
use crate::{Choice, Cic, CicSettings};

/// A server that takes calls and knows no chat.
async fn knows_nobody(server: &MockServer, times: u64) {
    on(server, "GET /icws/connection/features", features(6)).await;
    let gone = icws_error("error.request.webChat.invalidChatId");
    first(server, "POST /icws/web-chat/reconnect", times, gone).await;
}

fn is_recovering(error: &ChatError) -> bool {
    let soon = Verdict::Retry { after: Some(Duration::from_secs(2)) };
    match error {
        ChatError::Failed { failure, sent: Sent::No } => {
            (failure.verdict(), failure.error_type()) == (soon, "cic_recovering")
        }
        _ => false,
    }
}

#[tokio::test]
async fn a_server_that_took_over_may_recover_the_chat_a_moment_later() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    knows_nobody(&backup, 2).await;
    on(&backup, "POST /icws/web-chat/reconnect", ResponseTemplate::new(204)).await;
    on(&backup, &format!("GET /icws/web-chat/messages/{ME}"), messages(&[banana(11)])).await;
    let (cic, chat) = (cic(&[&primary, &backup], Choice::Auto), chat(Interface::WebChat));
    let error = cic.poll(&chat).await.unwrap_err();
    assert!(is_recovering(&error), "{error:?}");
    let error = cic.say(&chat, "hello").await.unwrap_err();
    assert!(is_recovering(&error), "{error:?}");
    let told = cic.poll(&chat).await.unwrap();
    assert_eq!((told.chat.server, told.events.len()), (1, 1));
    assert_eq!(calls(&primary).await.len(), 1, "the one that is down is let be");
}

#[tokio::test]
async fn a_chat_that_does_not_turn_up_within_seconds_is_gone() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    knows_nobody(&backup, 100).await;
    let (cic, chat) = (cic(&[&primary, &backup], Choice::Auto), chat(Interface::WebChat));
    assert!(is_recovering(&cic.poll(&chat).await.unwrap_err()));
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    let error = cic.poll(&chat).await.unwrap_err();
    assert!(matches!(error, ChatError::Gone), "{error:?}");
    let error = cic.poll(&chat).await.unwrap_err();
    assert!(matches!(error, ChatError::Gone), "waited for once: {error:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_seldom_asked_while_the_other_works() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    knows_nobody(&backup, 100).await;
    let gone = icws_error("error.request.webChat.invalidParticipantId");
    on(&backup, &format!("GET /icws/web-chat/messages/{ME}"), gone).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    let home = Chat { server: 1, ..chat(Interface::WebChat) };
    for _ in 0..20 {
        let error = cic.poll(&home).await.unwrap_err();
        assert!(matches!(error, ChatError::Gone), "{error:?}");
    }
    assert_eq!(calls(&primary).await.len(), 1);
}

fn kept_alive(server: &MockServer, pause: Duration) -> Cic {
    let urls = vec![server.uri().parse().unwrap()];
    let settings =
        CicSettings { urls, interface: Choice::Auto, events_url: None, keep_alive: None };
    let http = Client::new(&Settings::default()).unwrap();
    Cic::new(settings.kept_alive(Some(pause)), http).unwrap()
}

#[tokio::test]
async fn a_chat_in_which_the_visitor_is_silent_is_kept_alive() {
    let server = server().await;
    let typing = format!("/icws/web-chat/typing-state/{ME}");
    on(&server, &format!("POST {typing}"), ResponseTemplate::new(204)).await;
    on(&server, &format!("POST /icws/web-chat/send-message/{ME}"), ResponseTemplate::new(204))
        .await;
    on(&server, &format!("GET /icws/web-chat/messages/{ME}"), messages(&[])).await;
    let (cic, chat) = (kept_alive(&server, Duration::from_millis(300)), chat(Interface::WebChat));
    cic.say(&chat, "hello").await.unwrap();
    cic.poll(&chat).await.unwrap();
    let signs = async || calls(&server).await.iter().filter(|call| call.ends_with(&typing)).count();
    assert_eq!(signs().await, 0, "what was said is a sign of life");
    tokio::time::sleep(Duration::from_millis(310)).await;
    cic.poll(&chat).await.unwrap();
    cic.poll(&chat).await.unwrap();
    assert_eq!(signs().await, 1);
    assert_eq!(body(&server, &typing).await, serde_json::json!({ "typingIndicator": false }));
}

#[tokio::test]
async fn what_comes_with_a_sign_of_life_is_told() {
    let server = server().await;
    on(&server, &format!("GET /websvcs/chat/poll/{ME}"), websvcs(None, 1, &[])).await;
    let at = format!("POST /websvcs/chat/setTypingState/{ME}");
    on(&server, &at, websvcs(None, 1, &[banana(11)])).await;
    let cic = kept_alive(&server, Duration::from_secs(60));
    assert_eq!(cic.poll(&chat(Interface::Websvcs)).await.unwrap().events.len(), 1);
    assert_eq!(cic.poll(&chat(Interface::Websvcs)).await.unwrap().events.len(), 0);
}
