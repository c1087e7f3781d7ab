//! The agent's side as ICWS clients use it (sections 2.2 to 2.6 of the contract).

use http::Method;
use serde_json::json;

use super::*;
use crate::cic::{AGENT_PASSWORD, Age};

/// A client with an open session, as careless of content types as real ones.
pub(super) struct Client<'a> {
    site: &'a Site,
    session: String,
    token: String,
    cookie: String,
}

impl<'a> Client<'a> {
    pub(super) async fn connect(site: &'a Site, user: &str) -> Self {
        let password = if user == "admin" { crate::cic::ADMIN_PASSWORD } else { AGENT_PASSWORD };
        let body = json!({
            "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
            "applicationName": "test", "userID": user, "password": password,
        });
        let made = site.post("/icws/connection?include=features", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let cookie = made.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        Self {
            site,
            session: text(&made.body["sessionId"]),
            token: text(&made.body["csrfToken"]),
            cookie: cookie.to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/icws/{}{path}", self.site.url, self.session);
        let call = self.site.http.request(method, url).header("Cookie", &self.cookie);
        call.header("ININ-ICWS-CSRF-Token", &self.token)
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        answer(
            self.request(method, path).header("Content-Type", "text/plain").body(body.to_string()),
        )
        .await
    }

    pub(super) async fn does(&self, method: Method, path: &str, body: Value) {
        let done = self.call(method, path, body).await;
        assert_eq!((done.status, done.body), (200, json!("")), "{path}");
        assert!(done.headers["content-type"].to_str().unwrap().starts_with("application/vnd.inin"));
    }

    pub(super) async fn messages(&self) -> Vec<Value> {
        let told = answer(self.request(Method::GET, "/messaging/messages")).await;
        assert_eq!(told.status, 200);
        told.body.as_array().unwrap().clone()
    }

    pub(super) async fn acts(&self, id: &str, action: &str, body: Value) {
        self.does(Method::POST, &format!("/interactions/{id}/{action}"), body).await;
    }

    async fn watches_workgroup(&self) {
        self.watches(2, "Social Support").await;
    }

    async fn watches(&self, kind: u8, name: &str) {
        let body = json!({
            "queueIds": [{ "queueType": kind, "queueName": name }],
            "attributeNames": ["Eic_State", "eic_remotename", "Network"],
        });
        self.does(Method::PUT, "/messaging/subscriptions/queues/My-Queue", body).await;
    }

    pub(super) async fn is_at_a_station(&self) -> Answer {
        let body = json!({
            "__type": "urn:inin.com:connection:workstationSettings", "workstation": "ws1",
            "readyForInteractions": true, "supportedMediaTypes": [1, 2],
        });
        let taken = self.call(Method::PUT, "/connection/station", body).await;
        assert_eq!((taken.status, &taken.body), (200, &json!("")));
        taken
    }
}

/// A web-chat in Social Support; its participant, and the interaction's id.
pub(super) async fn offered(cic: &Cic) -> (String, String) {
    let (me, _) = cic.primary.start_web_chat(json!({ "attributes": { "Network": "x" } })).await;
    (me, text(&cic.interaction().await["id"]))
}

#[tokio::test]
async fn a_queue_is_watched() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    jo.watches_workgroup().await;
    let empty = json!([{
        "__type": "urn:inin.com:queues:queueContentsMessage", "isDelta": false,
        "subscriptionId": "My-Queue", "interactionsAdded": [], "interactionsChanged": [],
        "interactionsRemoved": [],
    }]);
    assert_eq!(json!(jo.messages().await), empty);
    assert_eq!(jo.messages().await, [] as [Value; 0]);

    let (_, id) = offered(&cic).await;
    let [told] = &jo.messages().await[..] else { panic!("one message") };
    let attributes = json!({ "Eic_State": "O", "eic_remotename": "Zoë", "Network": "x" });
    let added = json!([{ "interactionId": id, "attributes": attributes }]);
    assert_eq!((&told["isDelta"], &told["interactionsAdded"]), (&json!(true), &added));

    cic.agent("pickup", json!({ "agent": "Kim" })).await;
    let changed = json!([{ "interactionId": id, "attributes": { "Eic_State": "C" } }]);
    assert_eq!(jo.messages().await[0]["interactionsChanged"], changed);

    cic.agent("disconnect", json!({})).await;
    assert_eq!(jo.messages().await[0]["interactionsChanged"][0]["attributes"]["Eic_State"], "I");
    eventually("it is removed", || async {
        jo.messages().await.iter().any(|told| told["interactionsRemoved"] == json!([id]))
    })
    .await;
    let path = "/messaging/subscriptions/queues/My-Queue";
    assert_eq!(jo.call(Method::DELETE, path, json!({})).await.status, 204);
    offered_again(&cic).await;
    assert_eq!(jo.messages().await, [] as [Value; 0]);
}

async fn offered_again(cic: &Cic) {
    cic.primary.start_web_chat(json!({})).await;
}

#[tokio::test]
async fn an_agent_is_alerted_and_works_on_a_chat() {
    let cic = Cic::new().await;
    let (jo, admin) =
        (Client::connect(&cic.primary, "jo").await, Client::connect(&cic.primary, "admin").await);
    jo.does(Method::PUT, "/messaging/subscriptions/interaction-alerting", json!({})).await;
    let (me, id) = offered(&cic).await;
    assert_eq!(jo.messages().await.len(), 0, "nobody is at a station");
    jo.is_at_a_station().await;
    let alert = jo.messages().await[0]["alertingInteractionDetails"][0].clone();
    assert_eq!((&alert["interactionId"], &alert["alertAction"]), (&json!(id), &json!(1)));
    let path = format!("/interactions/{id}?select=eic_state");
    let state = jo.call(Method::GET, &path, json!({})).await;
    assert_eq!(state.body, json!({ "attributes": { "eic_state": "A" } }));

    jo.acts(&id, "pickup", json!({})).await;
    assert_eq!(jo.messages().await[0]["alertingInteractionDetails"][0]["alertAction"], 2);
    assert_eq!(cic.interaction().await["agent"], "Jo");
    jo.does(Method::PUT, &format!("/messaging/subscriptions/interactions/{id}/chat"), json!({}))
        .await;
    let [members, contents] = &jo.messages().await[..] else { panic!("two messages") };
    let kinds = each(members["membersAdded"].as_array().unwrap(), "chatMemberType");
    assert_eq!(kinds, [4, 1, 2], "visitor, system, the agent herself");
    assert_eq!(contents["isDelta"], false);

    let said = json!({ "message": "help", "contentType": "text/plain" });
    cic.primary.post(&format!("/icws/web-chat/send-message/{me}"), said).await;
    let heard = jo.messages().await[0]["messagesAdded"][0].clone();
    assert_eq!(
        (&heard["text"], &heard["chatMember"]["chatMemberType"]),
        (&json!("help"), &json!(4))
    );
    jo.acts(&id, "chat/messages", json!({ "text": "sure", "clearTypingIndicator": true })).await;
    assert_eq!(jo.messages().await[0]["messagesAdded"][0]["chatMember"]["chatMemberType"], 2);
    assert!(each(&cic.primary.read_web_chat(&me).await, "value").contains(&json!("sure")));

    jo.acts(&id, "hold", json!({ "on": true })).await;
    assert_eq!(cic.interaction().await["state"], "held");
    let path = format!("/interactions/{id}/chat/messages");
    let denied = jo.call(Method::POST, &path, json!({ "text": "x" })).await;
    assert_eq!(denied.body["errorId"], "error.request.invalidOperation");
    jo.acts(&id, "pickup", json!({})).await;
    admin.acts(&id, "join", json!({})).await;
    assert_eq!(jo.messages().await[0]["membersAdded"][0]["displayName"], "Administrator");
    let to = json!({ "queueID": { "queueType": 2, "queueName": "Social Nord" } });
    jo.acts(&id, "blind-transfer", to).await;
    assert_eq!(cic.interaction().await["workgroup"], "Social Nord");
    jo.acts(&id, "pickup", json!({})).await;
    jo.acts(&id, "disconnect", json!({})).await;
    assert_eq!(cic.interaction().await["state"], "disconnected");
}

#[tokio::test]
async fn an_interaction_goes_to_one_agent() {
    let cic = Cic::new().await;
    let (jo, kim) =
        (Client::connect(&cic.primary, "jo").await, Client::connect(&cic.primary, "kim").await);
    let (_, id) = offered(&cic).await;
    jo.acts(&id, "pickup", json!({})).await;
    let denied = kim.call(Method::POST, &format!("/interactions/{id}/disconnect"), json!({})).await;
    assert_eq!((denied.status, &denied.body["errorCode"]), (401, &json!(7)));
    jo.acts(&id, "park", json!({})).await;
    let state = |client: &Client<'_>| {
        let path = format!("/interactions/{id}?select=Eic_State");
        let call = client.request(Method::GET, &path);
        async move { text(&answer(call).await.body["attributes"]["Eic_State"]) }
    };
    assert_eq!(state(&jo).await, "P");
    jo.acts(&id, "blind-transfer", json!({ "target": "Kim" })).await;
    assert_eq!(state(&kim).await, "A");
    kim.acts(&id, "pickup", json!({})).await;
    assert_eq!(cic.interaction().await["agent"], "Kim");
}

#[tokio::test]
async fn an_ended_interaction_stays_a_while_in_its_agents_queue() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    let (_, id) = offered(&cic).await;
    jo.watches(1, "jo").await;
    // A body of `null` is none.
    jo.acts(&id, "pickup", Value::Null).await;
    assert_eq!(jo.messages().await[1]["interactionsAdded"][0]["interactionId"], json!(id));
    jo.acts(&id, "disconnect", Value::Null).await;
    let told = jo.messages().await;
    assert_eq!(told[0]["interactionsChanged"][0]["attributes"]["Eic_State"], "I");
    for (action, body) in [("disconnect", json!({})), ("chat/messages", json!({ "text": "x" }))] {
        let refused = jo.call(Method::POST, &format!("/interactions/{id}/{action}"), body).await;
        assert_eq!(
            (refused.status, &refused.body["errorId"]),
            (400, &json!("error.request.invalidOperation"))
        );
    }
    let path = format!("/interactions/{id}/wrap-up-assignments");
    let wrapped_up = jo.call(Method::POST, &path, json!({ "code": "Sale" })).await;
    assert_eq!(wrapped_up.status, 201);
    eventually("it is removed", || async {
        jo.messages().await.iter().any(|told| told["interactionsRemoved"] == json!([id]))
    })
    .await;
    let late = json!({ "attributes": { "Sale": "yes" } });
    let late = jo.call(Method::POST, &format!("/interactions/{id}"), late).await;
    assert_eq!(late.status, 404, "it is deallocated");
}

#[tokio::test]
async fn an_agents_own_interactions_are_a_system_queue() {
    let cic = Cic::new().await;
    let (jo, admin) =
        (Client::connect(&cic.primary, "jo").await, Client::connect(&cic.primary, "admin").await);
    jo.watches(0, "jo").await;
    admin.watches(0, "").await;
    jo.does(Method::PUT, "/messaging/subscriptions/interaction-alerting", json!({})).await;
    let (_, id) = offered(&cic).await;
    let all = admin.messages().await;
    assert_eq!(all[1]["interactionsAdded"][0]["interactionId"], json!(id));
    let [empty] = &jo.messages().await[..] else { panic!("nobody has it yet") };
    assert_eq!(empty["interactionsAdded"], json!([]));
    jo.is_at_a_station().await;
    let [alert, queue] = &jo.messages().await[..] else { panic!("the alert, then the queue") };
    assert_eq!(alert["alertingInteractionDetails"][0]["interactionId"], json!(id));
    assert_eq!(queue["interactionsAdded"][0]["interactionId"], json!(id));
}

#[tokio::test]
async fn attributes_are_set_and_seen_by_all() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    let (_, id) = offered(&cic).await;
    let path = format!("/interactions/{id}");
    let watched = json!({ "attributeNames": ["Eic_Subject"] });
    jo.does(Method::PUT, &format!("/messaging/subscriptions/interactions/{id}"), watched).await;
    assert_eq!(jo.messages().await[0]["attributes"], json!({ "Eic_Subject": "" }));
    jo.does(Method::POST, &path, json!({ "attributes": { "Eic_Subject": "a" } })).await;
    let more = json!({ "attributes": { "eic_subject": "b" }, "appendMode": 1 });
    jo.does(Method::POST, &path, more).await;
    assert_eq!(jo.messages().await.len(), 2);
    assert_eq!(cic.interaction().await["attributes"]["Eic_Subject"], "ab");
    let own = jo.call(Method::POST, &path, json!({ "attributes": { "Eic_State": "C" } })).await;
    assert_eq!(own.body["__type"], "urn:inin.com:common:invalidPropertyError");
    let none = jo.call(Method::GET, &path, json!({})).await;
    assert_eq!(none.body, json!({ "attributes": { "Eic_CallId": id } }));
    assert_eq!(jo.call(Method::GET, "/interactions/17", json!({})).await.status, 404);
}

#[tokio::test]
async fn messages_come_as_server_sent_events() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    let call = jo.request(Method::GET, "/messaging/messages").header("Accept", "text/event-stream");
    let mut response = call.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut read = async || {
        let chunk = response.chunk().await.unwrap();
        chunk.map(|chunk| String::from_utf8(chunk.to_vec()).unwrap())
    };
    assert_eq!(read().await.unwrap(), ":ping\n\n");
    jo.watches_workgroup().await;
    let event = read().await.unwrap();
    let data = event.strip_prefix("data: ").and_then(|it| it.strip_suffix("\n\n")).unwrap();
    let told: Value = serde_json::from_str(data).unwrap();
    assert_eq!(told["isDelta"], false);
    jo.does(Method::DELETE, "/connection", json!({})).await;
    assert!(read().await.is_none(), "the stream ends with the session");
}

#[tokio::test]
async fn an_older_server_has_no_events() {
    let cic = Cic::with(Settings { age: Age::R2016R1, ..Settings::default() }).await;
    let jo = Client::connect(&cic.primary, "jo").await;
    let call = jo.request(Method::GET, "/messaging/messages").header("Accept", "text/event-stream");
    assert_eq!(answer(call).await.body, json!([]));
}

#[tokio::test]
async fn a_session_ends_unused_and_with_its_server() {
    let session_timeout = Duration::from_millis(300);
    let cic = Cic::with(Settings { session_timeout, ..Settings::default() }).await;
    let jo = Client::connect(&cic.primary, "jo").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let expired = jo.call(Method::GET, "/connection", json!({})).await;
    assert_eq!((expired.status, &expired.body["errorCode"]), (401, &json!(-2_147_221_499_i64)));

    let kim = Client::connect(&cic.primary, "kim").await;
    let down =
        json!({ "match": { "path": "/icws/*" }, "fault": "status", "status": 503, "times": 99 });
    cic.primary.post("/_sim/faults", down).await;
    eventually("the backup takes over", || cic.backup.is_active()).await;
    cic.primary.delete("/_sim/faults").await;
    eventually("the primary is back", || cic.primary.is_active()).await;
    assert_eq!(kim.call(Method::GET, "/connection", json!({})).await.body["errorCode"], 1);
}

#[tokio::test]
async fn stations_and_licences_are_granted() {
    let cic = Cic::new().await;
    let jo = Client::connect(&cic.primary, "jo").await;
    assert_eq!(jo.call(Method::DELETE, "/connection/station", json!({})).await.status, 404);
    let unknown = jo.call(Method::PUT, "/connection/station", json!({ "__type": "x" })).await;
    assert_eq!(unknown.body["propertyName"], "__type");
    let station = async || jo.call(Method::GET, "/connection/station", json!({})).await;
    let none = station().await;
    assert_eq!((none.status, &none.body["errorId"]), (404, &json!("-2147221496")));
    let taken = jo.is_at_a_station().await;
    let place = format!("/icws/{}/connection/station", jo.session);
    assert_eq!(taken.headers["location"], *place);
    let (shown, expected) = (
        station().await.body,
        json!({
            "id": "ws1", "extension": "", "stationSetting": 1, "allowedMediaTypes": [1, 2],
        }),
    );
    assert_eq!(shown, expected);
    jo.does(Method::DELETE, "/connection/station", json!({})).await;
    assert_eq!(station().await.status, 404);
    let granted = jo.call(Method::POST, "/licenses", json!({ "licenseList": ["I3_X"] })).await;
    assert_eq!(granted.body["licenseOperationResultList"][0]["isAvailable"], true);
    jo.does(Method::POST, "/messaging/heartbeat", json!({})).await;
}
