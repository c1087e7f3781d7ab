use std::time::Duration;

use rstest::rstest;
use social_core::{
    Verdict,
    chat::{Chat, ChatError, ContactCenter, Interface, Sent},
};
use wiremock::{MockServer, ResponseTemplate};

use super::support::*;
use crate::Choice;

/// A backup that has taken over, with a web-chat moved to it.
async fn takes_over(server: &MockServer) {
    on(server, "GET /icws/connection/features", features(6)).await;
    on(server, "POST /icws/web-chat/reconnect", ResponseTemplate::new(204)).await;
    on(server, &format!("GET /icws/web-chat/messages/{ME}"), messages(&[banana(11)])).await;
    let said = ResponseTemplate::new(204);
    on(server, &format!("POST /icws/web-chat/send-message/{ME}"), said).await;
}

fn moved() -> Chat {
    Chat { server: 1, ..chat(Interface::WebChat) }
}

#[tokio::test]
async fn the_backup_answers_when_the_primary_says_503() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    takes_over(&backup).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    let told = cic.poll(&chat(Interface::WebChat)).await.unwrap();
    assert_eq!((told.chat.clone(), told.events.len()), (moved(), 1));
    let expected = [
        "GET /icws/connection/features",
        "POST /icws/web-chat/reconnect",
        &format!("GET /icws/web-chat/messages/{ME}"),
    ];
    assert_eq!(calls(&backup).await, expected);
    let reconnected = body(&backup, "/icws/web-chat/reconnect").await;
    assert_eq!(reconnected, serde_json::json!({ "chatId": CHAT, "participantId": ME }));

    // From here on the backup is asked at once, and another chat of the primary is taken there.
    cic.poll(&told.chat).await.unwrap();
    assert_eq!(cic.say(&chat(Interface::WebChat), "hello").await.unwrap().chat, moved());
    assert_eq!(calls(&primary).await.len(), 1);
    assert_eq!(calls(&backup).await.len(), 6);
}

#[tokio::test]
async fn a_refused_connection_moves_a_line_to_the_backup() {
    let backup = server().await;
    takes_over(&backup).await;
    let cic = bridge([nobody(), backup.uri()], Choice::Auto);
    let told = cic.say(&chat(Interface::WebChat), "hello").await.unwrap();
    assert_eq!(told.chat, moved());
}

#[tokio::test]
async fn a_line_that_may_have_been_sent_is_not_said_again() {
    let (primary, backup) = (server().await, server().await);
    let slow = ResponseTemplate::new(204).set_delay(Duration::from_secs(5));
    on(&primary, &format!("POST /icws/web-chat/send-message/{ME}"), slow).await;
    takes_over(&backup).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    let error = cic.say(&chat(Interface::WebChat), "hello").await.unwrap_err();
    let ChatError::Failed { failure, sent: Sent::Perhaps } = error else { panic!("{error:?}") };
    assert_eq!(failure.verdict(), Verdict::RETRY);
    assert!(calls(&backup).await.is_empty());
}

#[tokio::test]
async fn a_lost_poll_moves_on() {
    let (primary, backup) = (server().await, server().await);
    let slow = messages(&[]).set_delay(Duration::from_secs(5));
    on(&primary, &format!("GET /icws/web-chat/messages/{ME}"), slow).await;
    takes_over(&backup).await;
    let told = cic(&[&primary, &backup], Choice::Auto).poll(&chat(Interface::WebChat)).await;
    assert_eq!(told.unwrap().chat, moved());
}

#[tokio::test]
async fn with_both_down_everything_waits() {
    let primary = server().await;
    is_backup(&primary).await;
    let cic = bridge([primary.uri(), nobody()], Choice::Auto);
    let chat = chat(Interface::Websvcs);
    for error in [
        cic.open(&opening()).await.unwrap_err(),
        cic.say(&chat, "hello").await.unwrap_err(),
        cic.poll(&chat).await.unwrap_err(),
        cic.exit(&chat).await.unwrap_err(),
    ] {
        let ChatError::Failed { failure, sent: Sent::No } = error else { panic!("{error:?}") };
        assert_eq!((failure.verdict(), failure.error_type()), (Verdict::WAIT, "cic_pair_down"));
    }
}

#[rstest]
#[case::adopted(ME_AFTER, ME_AFTER)]
#[case::old_one_kept("refused", ME)]
#[tokio::test]
async fn websvcs_hands_out_a_new_participant_id(#[case] handed_out: &str, #[case] used: &str) {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    on(&backup, "GET /websvcs/serverConfiguration", configuration(1)).await;
    let told = websvcs(Some(handed_out), 1, &[banana(10)]);
    on(&backup, "POST /websvcs/chat/reconnect", told).await;
    on(&backup, &format!("GET /websvcs/chat/poll/{used}"), websvcs(None, 1, &[banana(11)])).await;
    let gone = refusal("error.websvc.unknownEntity.participant");
    on(&backup, "GET /websvcs/chat/poll/refused", gone).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    let told = cic.poll(&chat(Interface::Websvcs)).await.unwrap();
    assert_eq!((told.chat.server, told.chat.participant_id.as_str()), (1, used));
    assert_eq!(told.events.len(), 2, "the reconnect's events are told as well");
    let reconnected = body(&backup, "/websvcs/chat/reconnect").await;
    assert_eq!(reconnected, serde_json::json!({ "chatID": CHAT }));
}

#[tokio::test]
async fn the_pair_hands_back() {
    let (primary, backup) = (server().await, server().await);
    takes_over(&primary).await;
    first(&backup, &format!("GET /icws/web-chat/messages/{ME}"), 1, messages(&[])).await;
    is_backup(&backup).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    assert_eq!(cic.poll(&moved()).await.unwrap().chat, moved());
    let told = cic.poll(&moved()).await.unwrap();
    assert_eq!(told.chat, chat(Interface::WebChat));
}

#[tokio::test]
async fn a_chat_that_went_to_and_fro_is_reconnected_at_home() {
    let server = server().await;
    let gone = icws_error("error.request.webChat.invalidParticipantId");
    first(&server, &format!("GET /icws/web-chat/messages/{ME}"), 1, gone).await;
    takes_over(&server).await;
    let told = cic(&[&server], Choice::Auto).poll(&chat(Interface::WebChat)).await.unwrap();
    assert_eq!((told.chat, told.events.len()), (chat(Interface::WebChat), 1));
}

#[rstest]
#[case::both_say_so(false)]
#[case::the_other_takes_no_calls(true)]
#[tokio::test]
async fn a_chat_that_nobody_knows_is_gone(#[case] backup_is_down: bool) {
    let (primary, backup) = (server().await, server().await);
    if backup_is_down {
        is_backup(&backup).await;
    }
    for server in [&primary, &backup] {
        on(server, "GET /icws/connection/features", features(6)).await;
        let gone = || icws_error("error.request.webChat.invalidChatId");
        on(server, &format!("GET /icws/web-chat/messages/{ME}"), gone()).await;
        on(server, "POST /icws/web-chat/reconnect", gone()).await;
    }
    let cic = cic(&[&primary, &backup], Choice::Auto);
    let error = cic.poll(&chat(Interface::WebChat)).await.unwrap_err();
    assert!(matches!(error, ChatError::Gone), "{error:?}");
    for server in [&primary, &backup] {
        let calls = calls(server).await;
        let tries = calls.iter().filter(|call| call.ends_with("reconnect")).count();
        assert!(tries <= 1, "{calls:?}");
    }
}

#[tokio::test]
async fn a_chat_opens_on_the_backup() {
    let (primary, backup) = (server().await, server().await);
    on(&backup, "GET /icws/connection/features", features(6)).await;
    on(&backup, "POST /icws/web-chat/start", web_chat_started()).await;
    is_backup(&primary).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    assert_eq!(cic.open(&opening()).await.unwrap().chat, moved());
    assert_eq!(cic.open(&opening()).await.unwrap().chat, moved());
    assert_eq!(calls(&primary).await.len(), 1, "the server that answered last comes first");
}

#[tokio::test]
async fn a_primary_that_went_down_since_it_was_asked_is_not_throttling() {
    let (primary, backup) = (server().await, server().await);
    first(&primary, "GET /icws/connection/features", 1, features(6)).await;
    is_backup(&primary).await;
    on(&backup, "GET /icws/connection/features", features(6)).await;
    on(&backup, "POST /icws/web-chat/start", web_chat_started()).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    assert_eq!(cic.open(&opening()).await.unwrap().chat, moved());
}
