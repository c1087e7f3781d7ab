//! How many agents could take a chat, as only `websvcs` tells (section 4.1 of the contract).

use rstest::rstest;
use serde_json::{Value, json};
use social_core::chat::ContactCenter;
use wiremock::ResponseTemplate;

use super::support::*;
use crate::Choice;

const QUERY: &str = "POST /websvcs/queue/query";

fn queue(told: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "queue": told }))
}

fn agents(available: u32) -> ResponseTemplate {
    queue(&json!({
        "agentsAvailable": available, "estimatedWaitTime": 0, "status": { "type": "success" },
    }))
}

#[rstest]
#[case::some(agents(3), Some(3))]
#[case::nobody(agents(0), Some(0))]
#[case::unknown_workgroup(queue(&json!({ "status": {
    "type": "failure", "reason": "error.websvc.unknownEntity.invalidQueue",
} })), None)]
#[case::nothing_there(ResponseTemplate::new(404), None)]
#[case::another_page(ResponseTemplate::new(200).set_body_string("<html>"), None)]
#[case::a_proxy_refuses(ResponseTemplate::new(502), None)]
#[tokio::test]
async fn a_server_tells_or_does_not(#[case] answer: ResponseTemplate, #[case] told: Option<u32>) {
    let server = server().await;
    on(&server, QUERY, answer).await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    let cic = cic(&[&server], Choice::Auto);
    assert_eq!(cic.agents_available("Social Support").await.unwrap(), told);
    let asked = body(&server, "/websvcs/queue/query").await;
    assert_eq!(
        (&asked["queueName"], &asked["queueType"]),
        (&json!("Social Support"), &json!("Workgroup"))
    );
}

#[tokio::test]
async fn the_server_that_serves_is_asked() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    on(&backup, QUERY, agents(2)).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    assert_eq!(cic.agents_available("Social Support").await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_pair_that_is_down_is_no_pair_without_agents() {
    let (primary, backup) = (server().await, server().await);
    is_backup(&primary).await;
    is_backup(&backup).await;
    let cic = cic(&[&primary, &backup], Choice::Auto);
    cic.agents_available("Social Support").await.unwrap_err();
}
