use rstest::rstest;
use social_core::{
    Classify, Verdict,
    chat::{ChatError, ContactCenter, Interface},
};
use social_http::{Client, Settings};
use wiremock::ResponseTemplate;

use super::support::*;
use crate::{Choice, Cic, CicError, CicSettings, SettingsError};

#[rstest]
#[case::newest(Choice::Auto, Some(6), true, Some(Interface::WebChat))]
#[case::with_attributes(Choice::Auto, Some(5), true, Some(Interface::WebChat))]
#[case::attributes_decide(Choice::Auto, Some(4), true, Some(Interface::Websvcs))]
#[case::without_attributes(Choice::Auto, Some(2), false, Some(Interface::WebChat))]
#[case::too_old(Choice::Auto, Some(1), true, Some(Interface::Websvcs))]
#[case::websvcs_only(Choice::Auto, None, true, Some(Interface::Websvcs))]
#[case::neither(Choice::Auto, None, false, None)]
#[case::web_chat_wanted(Choice::WebChat, Some(2), true, Some(Interface::WebChat))]
#[case::web_chat_missing(Choice::WebChat, None, true, None)]
#[case::websvcs_wanted(Choice::Websvcs, Some(6), true, Some(Interface::Websvcs))]
#[case::websvcs_missing(Choice::Websvcs, Some(6), false, None)]
#[tokio::test]
async fn the_server_is_asked(
    #[case] choice: Choice,
    #[case] web_chat: Option<u32>,
    #[case] offers_websvcs: bool,
    #[case] chosen: Option<Interface>,
) {
    let server = server().await;
    if let Some(version) = web_chat {
        on(&server, "GET /icws/connection/features", features(version)).await;
        on(&server, "POST /icws/web-chat/start", web_chat_started()).await;
    }
    if offers_websvcs {
        on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
        on(&server, "POST /websvcs/chat/start", websvcs(Some(ME), 1, &[])).await;
    }
    match (cic(&[&server], choice).open(&opening()).await, chosen) {
        (Ok(told), Some(interface)) => assert_eq!(told.chat.interface, interface),
        (Err(ChatError::Failed { failure, .. }), None) => {
            assert_eq!(failure.verdict(), Verdict::WAIT);
        }
        (outcome, _) => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn what_a_server_offers_is_asked_once() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    on(&server, "POST /icws/web-chat/start", web_chat_started()).await;
    let cic = cic(&[&server], Choice::Auto);
    cic.open(&opening()).await.unwrap();
    cic.open(&opening()).await.unwrap();
    assert_eq!(calls(&server).await.len(), 3);
}

#[tokio::test]
async fn what_a_server_offers_is_asked_again_when_its_configuration_changes() {
    let server = server().await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    first(&server, "POST /websvcs/chat/start", 2, websvcs(Some(ME), 1, &[])).await;
    on(&server, "POST /websvcs/chat/start", websvcs(Some(ME), 2, &[])).await;
    let cic = cic(&[&server], Choice::Websvcs);
    let asked = async || {
        let calls = calls(&server).await;
        calls.iter().filter(|call| call.ends_with("/serverConfiguration")).count()
    };
    cic.open(&opening()).await.unwrap();
    cic.open(&opening()).await.unwrap();
    assert_eq!(asked().await, 1);
    cic.open(&opening()).await.unwrap();
    cic.open(&opening()).await.unwrap();
    assert_eq!(asked().await, 2, "the last start but one told of another configuration");
}

#[tokio::test]
async fn what_a_proxy_answers_is_no_offer() {
    let server = server().await;
    let page = ResponseTemplate::new(200).set_body_string("<html>Welcome</html>");
    on(&server, "GET /icws/connection/features", page.clone()).await;
    on(&server, "GET /websvcs/serverConfiguration", page).await;
    let error = cic(&[&server], Choice::Auto).open(&opening()).await.unwrap_err();
    assert!(matches!(error, ChatError::Failed { .. }), "{error:?}");
}

#[rstest]
#[case("auto", Some(Choice::Auto))]
#[case("Web-Chat", Some(Choice::WebChat))]
#[case("websvcs", Some(Choice::Websvcs))]
#[case("icws", None)]
fn a_choice_is_read_by_its_name(#[case] name: &str, #[case] choice: Option<Choice>) {
    assert_eq!(name.parse().ok(), choice);
}

#[rstest]
#[case(&[], SettingsError::Servers(0))]
#[case(&["http://a", "http://b", "http://c"], SettingsError::Servers(3))]
#[case(&["http://a", "ftp://b"], SettingsError::Scheme(2))]
fn settings_are_checked(#[case] urls: &[&str], #[case] wrong: SettingsError) {
    let urls = urls.iter().map(|url| url.parse().unwrap()).collect();
    let http = Client::new(&Settings::default()).unwrap();
    let settings =
        CicSettings { urls, interface: Choice::Auto, events_url: None, keep_alive: None };
    assert_eq!(Cic::new(settings, http).unwrap_err(), wrong);
}

#[test]
fn debug_output_holds_no_secret() {
    let events_url = Some("https://bridge.test/cic/events/hidden".parse().unwrap());
    let urls = vec!["http://cic.test".parse().unwrap()];
    let settings = CicSettings { urls, interface: Choice::Auto, events_url, keep_alive: None };
    assert!(!format!("{settings:?}").contains("hidden"));
    let http = Client::new(&Settings::default()).unwrap();
    assert!(!format!("{:?}", Cic::new(settings, http).unwrap()).contains("hidden"));
}

#[test]
fn futures_may_move_between_threads() {
    fn is_send(_: impl Send) {}
    let cic = bridge(["http://cic.test".to_owned()], Choice::Auto);
    let (chat, opening) = (chat(Interface::WebChat), opening());
    is_send(cic.open(&opening));
    is_send(cic.say(&chat, ""));
    is_send(cic.poll(&chat));
    is_send(cic.history(&chat));
    is_send(cic.exit(&chat));
}

#[test]
fn an_error_has_a_label() {
    assert_eq!(CicError::NoInterface.error_type(), "cic_no_interface");
}
