//! The older interface end to end.

use serde_json::json;

use super::*;

#[tokio::test]
async fn every_answer_carries_what_there_is_to_read_and_only_once() {
    let cic = Cic::new().await;
    let site = &cic.primary;
    let configuration = site.get("/I3Root/Server1/WebSvcs/serverConfiguration").await.body;
    assert_eq!(configuration[0]["serverConfiguration"]["cfgVer"], 1);
    let (me, _) = site.start_websvcs(json!({})).await;
    let opened = site.poll(&me).await;
    assert_eq!(
        each(opened["events"].as_array().unwrap(), "participantType").last().unwrap(),
        "System"
    );

    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    cic.agent("messages", json!({ "text": "Hello" })).await;
    let said = json!({ "message": "help", "contentType": "text/plain" });
    let path = format!("/I3Root/Server1/websvcs/chat/sendMessage/{me}");
    let sent = site.post(&path, said).await.body["chat"].clone();
    let events = sent["events"].as_array().unwrap();
    assert_eq!(each(events, "state"), ["initializing", "alerting", "active"]);
    assert_eq!(each(events, "value"), ["Hello", "help"]);
    let echo = events.last().unwrap();
    assert_eq!((&echo["participantType"], &echo["participantID"]), (&json!("WebUser"), &json!(me)));
    assert_eq!(
        site.poll(&me).await["events"],
        json!([]),
        "read once; the list is there all the same"
    );

    let agent = events.iter().find(|event| event["participantType"] == "Agent").unwrap();
    let wanted = json!({ "participantID": agent["participantID"] });
    let info = site.post(&format!("/websvcs/partyInfo/{me}"), wanted).await.body;
    assert_eq!(info["partyInfo"]["name"], "Jo");
    let queue = json!({ "queueName": "Nowhere", "queueType": "Workgroup" });
    let queue = site.post("/websvcs/queue/query", queue).await.body;
    assert_eq!(queue["queue"]["status"]["reason"], "error.websvc.unknownEntity.invalidQueue");
}

#[tokio::test]
async fn hold_transfer_and_disconnect_are_told() {
    let cic = Cic::new().await;
    let (me, _) = cic.primary.start_websvcs(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    assert_eq!(cic.agent("pickup", json!({ "agent": "Ann" })).await, 409);
    cic.primary.poll(&me).await;
    let states = async || {
        let events = cic.primary.poll(&me).await["events"].clone();
        each(events.as_array().unwrap(), "state")
    };
    cic.agent("hold", json!({})).await;
    assert_eq!(states().await, ["held"]);
    assert_eq!(cic.agent("messages", json!({ "text": "not while held" })).await, 409);
    cic.agent("unhold", json!({})).await;
    assert_eq!(states().await, ["active"]);

    assert_eq!(cic.agent("transfer", json!({ "workgroup": "Nowhere" })).await, 400);
    assert_eq!(cic.agent("transfer", json!({ "workgroup": "Social Nord" })).await, 200);
    assert_eq!(states().await, ["disconnected"]);
    let moved = cic.interaction().await;
    assert_eq!((&moved["state"], &moved["workgroup"]), (&json!("offering"), &json!("Social Nord")));

    cic.agent("disconnect", json!({})).await;
    let last = cic.primary.poll(&me).await["events"][0].clone();
    assert_eq!((&last["state"], &last["participantID"]), (&json!("disconnected"), &json!(me)));
    let over = cic.primary.poll(&me).await;
    let gone = json!({ "type": "failure", "reason": "error.websvc.unknownEntity.session" });
    assert_eq!(over["status"], gone);
}

#[tokio::test]
async fn a_supervisor_speaks_with_a_leg_of_their_own() {
    let cic = Cic::new().await;
    let (me, _) = cic.primary.start_websvcs(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    cic.primary.poll(&me).await;
    cic.agent("messages", json!({ "text": "mine" })).await;
    cic.agent("messages", json!({ "text": "hers", "agent": "Sue" })).await;
    let events = cic.primary.poll(&me).await["events"].clone();
    let ids = each(events.as_array().unwrap(), "participantID");
    assert_eq!(ids.len(), 3);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[1], ids[2], "joined, then spoke");
}

#[tokio::test]
async fn greetings_come_as_configured() {
    let cic = Cic::new().await;
    let greetings = json!({ "texts": ["Hi!", "Please wait."], "as": "Agent" });
    cic.primary.put("/_sim/greetings", greetings).await;
    let (me, _) = cic.primary.start_websvcs(json!({})).await;
    let events = cic.primary.poll(&me).await["events"].clone();
    let texts: Vec<_> =
        events.as_array().unwrap().iter().filter(|event| event["type"] == "text").collect();
    assert_eq!(texts.len(), 2);
    assert!(texts.iter().all(|text| text["participantType"] == "Agent"));
    let lines = cic.interaction().await["transcript"].clone();
    assert_eq!(each(lines.as_array().unwrap(), "type"), ["system", "system"]);
}

#[tokio::test]
async fn an_automatic_text_at_pickup_seems_to_come_from_the_agent() {
    let cic = Cic::new().await;
    let greetings =
        json!({ "texts": ["You are speaking to Acme."], "as": "Agent", "when": "pickup" });
    cic.primary.put("/_sim/greetings", greetings).await;
    let (me, _) = cic.primary.start_websvcs(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    let events = cic.primary.poll(&me).await["events"].clone();
    let last = events.as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["displayName"]), (&json!("text"), &json!("Jo")));
    assert_eq!(cic.interaction().await["transcript"][0]["type"], "system");
}

#[tokio::test]
async fn failures_are_http_200_with_a_reason() {
    let cic = Cic::new().await;
    let reason = async |change: Value| {
        let mut body = json!({
            "participant": { "name": "Zoë", "credentials": "" },
            "target": "Social Support", "targetType": "Workgroup",
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = cic.primary.post("/websvcs/chat/start", body).await;
        assert_eq!(answer.status, 200);
        text(&answer.body["chat"]["status"]["reason"])
    };
    assert_eq!(
        reason(json!({ "target": "Nowhere" })).await,
        "error.websvc.unknownEntity.badTarget"
    );
    assert_eq!(reason(json!({ "target": "" })).await, "error.websvc.content.invalid.missingData");
    assert_eq!(reason(json!({ "attributes": { "n": 1 } })).await, "error.websvc.content.invalid");
    let someone = json!({ "participant": { "name": "Zoë", "credentials": "x" } });
    assert_eq!(reason(someone).await, "error.websvc.userdb.badCredentials");
    let unknown = cic.primary.poll("no-such-leg").await;
    assert_eq!(unknown["status"]["reason"], "error.websvc.unknownEntity.session");

    let latin = cic.primary.http.post(format!("{}/websvcs/chat/start", cic.primary.url));
    let latin = latin.header("content-type", "application/json; charset=iso-8859-1").body("{}");
    let latin = answer(latin).await.body;
    assert_eq!(latin["chat"]["status"]["reason"], "error.websvc.contentType.invalidCharset");
}

#[tokio::test]
async fn attributes_are_prefixed_and_clients_of_all_kinds_get_through() {
    let cic = Cic::new().await;
    cic.primary.start_websvcs(json!({ "attributes": { "Network": "twitter" } })).await;
    let shown = cic.interaction().await;
    assert_eq!(shown["attributes"], json!({ "WebTools_Network": "twitter" }));
    let me = {
        let (me, _) = cic.primary.start_websvcs(json!({})).await;
        me.to_uppercase()
    };
    let url = format!("{}/i3root/server2/WEBSVCS/CHAT/POLL/{me}", cic.primary.url);
    let polled = answer(cic.primary.http.get(url).body("{}")).await.body;
    assert_eq!(polled["chat"]["status"]["type"], "success", "a GET may have a body");
    let url = format!("{}/websvcs/chat/exit/{me}", cic.primary.url);
    let left = answer(cic.primary.http.post(url)).await.body;
    assert_eq!(left["chat"]["events"][0]["state"], "disconnected");
}

#[tokio::test]
async fn a_visitor_may_have_no_name() {
    let cic = Cic::new().await;
    cic.primary.start_websvcs(json!({ "participant": { "participantName": "Zoë" } })).await;
    assert_eq!(cic.interaction().await["participant_name"], "Anonymous User");
}
