//! ICWS web-chat end to end.

use serde_json::json;

use super::*;
use crate::cic::Age;

#[tokio::test]
async fn an_agent_answers_and_the_visitor_reads_it_once() {
    let cic = Cic::new().await;
    let site = &cic.primary;
    let (me, _) = site.start_web_chat(json!({})).await;
    let opened = site.read_web_chat(&me).await;
    assert_eq!(each(&opened, "displayName"), ["Zoë", "IC"]);
    assert_eq!(each(&opened, "value"), ["Welcome. An agent will be with you shortly."]);
    assert_eq!(cic.interaction().await["state"], "offering");
    assert_eq!(cic.agent("messages", json!({ "text": "too early" })).await, 409);

    assert_eq!(cic.agent("pickup", json!({ "agent": "Jo" })).await, 200);
    let said = json!({ "message": "1 · help", "contentType": "text/plain" });
    let path = format!("/icws/web-chat/send-message/{me}");
    assert_eq!(site.post(&path, said).await.status, 204);
    assert_eq!(cic.agent("messages", json!({ "text": "Hello Zoë" })).await, 200);

    let told = site.read_web_chat(&me).await;
    assert_eq!(each(&told, "state"), [0, 1, 2], "initializing, alerting, active");
    assert_eq!(each(&told, "value"), ["1 · help", "Hello Zoë"]);
    let echo = told.iter().find(|event| event["value"] == "1 · help").unwrap();
    assert_eq!(echo["participantId"], me, "the visitor's own text comes back");
    assert!(site.read_web_chat(&me).await.is_empty(), "read once");

    let history = site.get(&format!("/icws/web-chat/message-history/{me}")).await.body;
    let kept = history["messages"].as_array().unwrap();
    let numbers: Vec<_> = (0..8).map(|number| json!(number)).collect();
    assert_eq!(each(kept, "sequenceNumber"), numbers, "everything, with no gap");
    let transcript = cic.interaction().await["transcript"].clone();
    let types = each(transcript.as_array().unwrap(), "type");
    assert_eq!(types, ["system", "visitor", "agent"]);
}

#[tokio::test]
async fn after_the_end_the_last_words_are_read_and_then_the_chat_is_unknown() {
    let cic = Cic::new().await;
    let site = &cic.primary;
    let (me, _) = site.start_web_chat(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    cic.agent("messages", json!({ "text": "Bye" })).await;
    cic.agent("disconnect", json!({})).await;
    assert_eq!(cic.interaction().await["state"], "disconnected");

    let said = json!({ "message": "wait", "contentType": "text/plain" });
    let refused = site.post(&format!("/icws/web-chat/send-message/{me}"), said).await;
    assert_eq!(refused.body["errorId"], "error.request.webChat.invalidParticipantId");
    let told = site.read_web_chat(&me).await;
    assert!(each(&told, "value").contains(&json!("Bye")));
    assert_eq!(told.last().unwrap()["state"], 4);
    assert_eq!(told.last().unwrap()["participantId"], me);

    let over = site.get(&format!("/icws/web-chat/messages/{me}")).await;
    assert_eq!(over.status, 400);
    assert_eq!(over.body["errorId"], "error.request.webChat.invalidParticipantId");
    assert_eq!(over.headers["content-type"], "application/vnd.inin.icws+JSON; charset=utf-8");
    let history = site.get(&format!("/icws/web-chat/message-history/{me}")).await;
    assert_eq!(history.status, 200, "a crash after the last read can still be made good");
}

#[tokio::test]
async fn what_travels_with_a_chat_is_shown_on_the_interaction() {
    let cic = Cic::new().await;
    let more = json!({
        "targetName": "social support",
        "attributes": { "Network": "facebook" },
        "routingContexts": [{ "context": "Product", "category": "Router" }],
        "notes": "from the page", "ChatHistory": [], "language": "en-us",
    });
    cic.primary.start_web_chat(more).await;
    let shown = cic.interaction().await;
    assert_eq!(shown["workgroup"], "Social Support", "as CIC spells it");
    assert_eq!(shown["attributes"], json!({ "Network": "facebook" }));
    assert_eq!(shown["routing_contexts"][0]["category"], "Router");
    assert_eq!(shown["participant_name"], "Zoë");
    assert_eq!(shown["id"].as_str().unwrap().len(), 10);
}

#[tokio::test]
async fn bad_starts_are_told_apart() {
    let cic = Cic::new().await;
    let good = json!({ "participantName": "Zoë", "targetName": "Social Support", "targetType": "workgroup" });
    let wrong = [
        ("targetName", json!("Nowhere"), "invalid"),
        ("targetType", json!("Planet"), "invalid"),
        ("participantName", json!(null), "missing"),
        ("attributes", json!({ "n": 1 }), "invalid"),
        ("webhook", json!("not a URL"), "invalid"),
    ];
    for (name, value, kind) in wrong {
        let mut body = good.clone();
        body[name] = value;
        let refused = cic.primary.post("/icws/web-chat/start", body).await;
        assert_eq!(refused.status, 400, "{name}");
        assert_eq!(refused.body["propertyName"], name);
        assert_eq!(refused.body["__type"], format!("urn:inin.com:common:{kind}PropertyError"));
    }
    let junk = cic.primary.post("/icws/web-chat/start", json!("junk")).await;
    assert_eq!(junk.body["errorId"], "error.request.invalidRepresentation");
    assert_eq!(cic.primary.get("/_sim/interactions").await.body, json!([]));
}

#[tokio::test]
async fn an_older_server_offers_less() {
    let age = |age| Settings { age, limits: false, ..Settings::default() };
    let cic = Cic::with(age(Age::R2018R4)).await;
    let (me, _) = cic.primary.start_web_chat(json!({ "attributes": { "a": "b" } })).await;
    let history = cic.primary.get(&format!("/icws/web-chat/message-history/{me}")).await;
    assert_eq!(history.status, 404);
    assert_eq!(cic.interaction().await["attributes"], json!({ "a": "b" }));

    let cic = Cic::with(age(Age::R2016R1)).await;
    cic.primary.start_web_chat(json!({ "attributes": { "a": "b" } })).await;
    assert_eq!(cic.interaction().await["attributes"], json!({}));

    let cic = Cic::with(age(Age::WebsvcsOnly)).await;
    assert_eq!(cic.primary.post("/icws/web-chat/start", json!({})).await.status, 404);
    assert_eq!(cic.primary.get("/icws/connection/features/web-chat").await.status, 400);
    cic.primary.start_websvcs(json!({})).await;
}

#[tokio::test]
async fn the_bridges_own_lines_are_notices() {
    let cic = Cic::new().await;
    let (me, _) = cic.primary.start_web_chat(json!({})).await;
    let said = json!({ "message": "ℹ Social Bridge: read-only", "contentType": "text/plain" });
    cic.primary.post(&format!("/icws/web-chat/send-message/{me}"), said).await;
    let line = cic.interaction().await["transcript"][1].clone();
    assert_eq!((&line["type"], &line["from"]), (&json!("notice"), &json!("Zoë")));
}

#[tokio::test]
async fn an_agents_file_can_be_fetched_by_both_interfaces() {
    let cic = Cic::new().await;
    let (me, _) = cic.primary.start_web_chat(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    cic.primary.read_web_chat(&me).await;
    let file = json!({ "name": "Bill.txt", "content_type": "text/plain", "base64": "aGVsbG8=" });
    assert_eq!(cic.agent("files", file).await, 200);
    let told = cic.primary.read_web_chat(&me).await[0].clone();
    assert_eq!((&told["fileName"], &told["fileSize"]), (&json!("Bill.txt"), &json!(5)));
    let guid = text(&told["fileGuid"]);
    for path in [
        format!("/icws/web-chat/file/{me}/{guid}/Bill.txt"),
        format!("/websvcs/chat/getFile/{me}/{}/-Bill.txt", guid.replace('-', "")),
    ] {
        assert_eq!(cic.primary.get(&path).await.body, "hello", "{path}");
    }
}
