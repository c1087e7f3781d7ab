//! Takeover, hand-back, reset.

use serde_json::json;

use super::*;

async fn takes_over(cic: &Cic) {
    eventually("the backup takes over", || cic.backup.is_active()).await;
    assert!(!cic.primary.is_active().await);
}

fn fault(kind: &str, path: &str) -> Value {
    json!({ "match": { "path": path }, "fault": kind, "status": 503, "times": 1000, "delay_ms": 50 })
}

#[tokio::test]
async fn the_backup_names_the_active_server() {
    let cic = Cic::new().await;
    assert!(cic.primary.is_active().await);
    let refused = cic.backup.get("/icws/connection/features").await;
    assert_eq!(refused.status, 503);
    assert_eq!(
        refused.body,
        json!({
            "alternateHostList": ["ic1"], "errorId": "error.server.notAcceptingConnections",
            "message": "This Session Manager is not currently accepting connections.",
        })
    );
    assert_eq!(cic.backup.get("/websvcs/serverConfiguration").await.status, 503);
    assert_eq!(cic.backup.get("/I3Root/Server2/websvcs/chat/poll/x").await.status, 503);
    assert_eq!(cic.backup.get("/_sim/interactions").await.status, 200);
}

#[tokio::test]
async fn a_web_chat_survives_takeover_and_hand_back() {
    let cic = Cic::new().await;
    let (me, chat) = cic.primary.start_web_chat(json!({})).await;
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    cic.primary.read_web_chat(&me).await;
    cic.agent("messages", json!({ "text": "unread" })).await;
    cic.primary.post("/_sim/faults", fault("status", "/icws/*")).await;
    assert_eq!(cic.primary.get("/icws/connection/version").await.status, 503);
    takes_over(&cic).await;

    let path = format!("/icws/web-chat/messages/{me}");
    let strange = cic.backup.get(&path).await;
    assert_eq!(strange.body["errorId"], "error.request.webChat.invalidParticipantId");
    let reconnect = async |site: &Site, chat: &str| {
        let ids = json!({ "chatId": chat, "participantId": me });
        site.post("/icws/web-chat/reconnect", ids).await
    };
    let unknown = reconnect(&cic.backup, "no-such-chat").await;
    assert_eq!(unknown.body["errorId"], "error.request.webChat.invalidChatId");
    assert_eq!(reconnect(&cic.backup, &chat).await.status, 204);
    assert_eq!(each(&cic.backup.read_web_chat(&me).await, "value"), ["unread"]);

    cic.agent("messages", json!({ "text": "more" })).await;
    cic.primary.delete("/_sim/faults").await;
    eventually("it hands back", || cic.primary.is_active()).await;
    assert_eq!(cic.backup.get(&path).await.status, 503);
    assert_eq!(cic.primary.get(&path).await.status, 400);
    assert_eq!(reconnect(&cic.primary, &chat).await.status, 204);
    assert_eq!(each(&cic.primary.read_web_chat(&me).await, "value"), ["more"]);
}

#[tokio::test]
async fn a_websvcs_chat_gets_a_new_id_and_keeps_the_old() {
    let cic = Cic::new().await;
    let (old, chat) = cic.primary.start_websvcs(json!({})).await;
    cic.primary.post("/_sim/faults", fault("reset", "/I3Root/Server1/websvcs/*")).await;
    takes_over(&cic).await;
    let strange = cic.backup.poll(&old).await;
    assert_eq!(strange["status"]["reason"], "error.websvc.unknownEntity.session");

    let asked = json!({ "chatID": chat });
    let again = cic.backup.post("/I3Root/Server2/websvcs/chat/reconnect", asked).await.body;
    let new = text(&again["chat"]["participantID"]);
    assert_ne!(new, old);
    assert_eq!(again["chat"]["chatID"], chat);
    let unread = cic.backup.poll(&new).await["events"].clone();
    assert_eq!(unread[0]["participantID"], new, "a client knows itself by the id it asks with");
    let said = json!({ "message": "still here", "contentType": "text/plain" });
    let sent = cic.backup.post(&format!("/websvcs/chat/sendMessage/{old}"), said).await.body;
    assert_eq!(sent["chat"]["events"][0]["participantID"], old);
}

#[tokio::test]
async fn only_what_makes_a_server_unreachable_makes_the_other_take_over() {
    let settings = Settings { takeover_after: Duration::ZERO, ..Settings::default() };
    let cic = Cic::with(settings).await;
    let harmless = [
        json!({ "match": { "path": "/icws/*" }, "fault": "status", "status": 500 }),
        json!({ "match": { "path": "/icws/*" }, "fault": "apply_then_drop" }),
        fault("status", "/other/*"),
    ];
    for harmless in harmless {
        cic.primary.post("/_sim/faults", harmless).await;
        assert!(cic.primary.is_active().await);
    }
    for (kind, path) in [("timeout", "*"), ("reset", "/websvcs/chat/poll/*"), ("status", "/i*")] {
        cic.primary.post("/_sim/faults", fault(kind, path)).await;
        assert!(cic.backup.is_active().await, "{kind} on {path}");
        cic.primary.delete("/_sim/faults").await;
        assert!(cic.primary.is_active().await);
    }
    cic.backup.post("/_sim/faults", fault("reset", "*")).await;
    cic.primary.post("/_sim/faults", fault("reset", "*")).await;
    assert!(cic.primary.is_active().await, "nobody is there to take over");
    assert_eq!(cic.primary.get("/_sim/interactions").await.status, 200, "faults spare /_sim");
}

#[tokio::test]
async fn a_reset_of_either_server_restores_the_seed() {
    let cic = Cic::new().await;
    cic.primary.start_web_chat(json!({})).await;
    cic.primary.put("/_sim/workgroups", json!({ "names": ["Only"] })).await;
    cic.primary.post("/_sim/faults", fault("reset", "*")).await;
    assert_eq!(cic.backup.post("/_sim/reset", json!({})).await.status, 204);
    assert!(cic.primary.is_active().await);
    assert_eq!(cic.primary.get("/_sim/interactions").await.body, json!([]));
    cic.primary.start_web_chat(json!({})).await;
}
