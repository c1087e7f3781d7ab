//! Users' statuses, as public clients of ICWS read, set and watch them.

use http::Method;
use serde_json::json;

use super::{
    agents::{Client, offered},
    *,
};

const WATCH: &str = "/messaging/subscriptions/status/user-statuses";

async fn turns(client: &Client<'_>, user: &str, status: &str) -> Answer {
    let path = format!("/status/user-statuses/{user}");
    client.call(Method::PUT, &path, json!({ "statusId": status })).await
}

#[tokio::test]
async fn who_watches_a_user_is_told_how_the_user_is() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    jo.does(Method::PUT, WATCH, json!({ "userIds": ["jo", "kim"] })).await;
    let [first] = &jo.messages().await[..] else { panic!("one message") };
    assert_eq!(first["__type"], "urn:inin.com:status:userStatusMessage");
    assert_eq!(first["isDelta"], false);
    let list = first["userStatusList"].as_array().unwrap();
    assert_eq!(each(list, "userId"), ["jo", "kim"]);
    assert_eq!(each(list, "loggedIn"), [true, false]);

    let taken = turns(&jo, "jo", "Do Not disturb").await;
    assert_eq!(taken.status, 202);
    let [done, told] = &jo.messages().await[..] else { panic!("two messages") };
    assert_eq!(done["__type"], "urn:inin.com:messaging:asyncOperationCompletedMessage");
    assert!(taken.body["requestId"].is_string());
    assert_eq!((&done["requestId"], &done["error"]), (&taken.body["requestId"], &Value::Null));
    assert_eq!(told["isDelta"], true);
    let list = told["userStatusList"].as_array().unwrap();
    assert_eq!(each(list, "statusId"), ["Do Not disturb"], "kim's did not change");
    let read = jo.call(Method::GET, "/status/user-statuses/jo", json!({})).await.body;
    assert_eq!(read, list[0]);

    assert_eq!(jo.call(Method::DELETE, WATCH, json!({})).await.status, 204);
    turns(&jo, "jo", "Available").await;
    assert_eq!(jo.messages().await.len(), 1, "that it is done");
}

#[tokio::test]
async fn a_status_must_be_one_that_there_is_and_the_users_own() {
    let cic = Cic::new().await;
    let (jo, admin) =
        (Client::connect(&cic.primary, "jo").await, Client::connect(&cic.primary, "admin").await);
    let list = jo.call(Method::GET, "/status/status-messages", json!({})).await.body;
    let ids = each(list["statusMessageList"].as_array().unwrap(), "statusId");
    let path = "/status/status-messages-user-access/jo";
    let own = jo.call(Method::GET, path, json!({})).await.body;
    assert_eq!(own, json!({ "userId": "jo", "statusMessages": ids }));

    assert_eq!(turns(&jo, "jo", "Asleep").await.body["propertyName"], "statusId");
    assert_eq!(turns(&jo, "nobody", "Available").await.status, 404);
    assert_eq!(turns(&jo, "kim", "Gone Home").await.status, 403);
    assert_eq!(turns(&admin, "kim", "Gone Home").await.status, 202);
    let unknown = jo.call(Method::PUT, WATCH, json!({ "userIds": ["nobody"] })).await;
    assert_eq!(unknown.body["propertyName"], "userIds");
}

#[tokio::test]
async fn acd_alerts_only_who_is_available() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    jo.does(Method::PUT, "/messaging/subscriptions/interaction-alerting", json!({})).await;
    turns(&jo, "jo", "Gone Home").await;
    jo.is_at_a_station().await;
    let (_, id) = offered(&cic).await;
    let told = jo.messages().await;
    assert!(told.iter().all(|it| it["alertingInteractionDetails"].is_null()), "{told:?}");
    turns(&jo, "jo", "Available").await;
    let told = jo.messages().await;
    let alerts = each(&told, "alertingInteractionDetails");
    assert_eq!(alerts[0][0]["interactionId"], json!(id));
}
