//! What ICWS tells of itself, and sessions.

use http::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_server_tells_what_it_offers() {
    let cic = Cic::new().await;
    let feature = cic.primary.get("/icws/connection/features/web-chat").await;
    assert_eq!(feature.body, json!({ "featureId": "web-chat", "version": 6 }));
    assert_eq!(feature.headers["content-type"], "application/vnd.inin.icws+JSON; charset=utf-8");
    let all = cic.primary.get("/ICWS/connection/features").await.body;
    assert!(all["featureInfoList"].as_array().unwrap().contains(&feature.body));
    assert_eq!(cic.primary.get("/icws/connection/features/teleport").await.status, 400);
    let version = cic.primary.get("/icws/connection/version").await.body;
    assert_eq!(version["productReleaseDisplayString"], "2020 R1");
    for path in ["server-info", "server-time"] {
        assert_eq!(cic.primary.get(&format!("/icws/connection/{path}")).await.status, 200);
    }
    assert_eq!(cic.primary.get("/icws/nothing").await.status, 404);
    let wrong = cic.primary.delete("/icws/connection/version").await;
    assert_eq!(wrong.status, 405);
    assert_eq!(wrong.body["errorId"], "error.request.accessDenied.httpMethodNotAllowed");
}

#[rstest::rstest]
#[case("2020r1", Some(6), 2, "2020 R1")]
#[case("2018R4", Some(5), 2, "2018 R4")]
#[case("2016r3", Some(3), 2, "2016 R3")]
#[case("2016r1", Some(2), 1, "2016 R1")]
#[case("websvcs", None, 1, "2015 R4")]
#[case("old", None, 1, "2015 R4")]
#[tokio::test]
async fn an_age_is_told_by_what_it_offers(
    #[case] name: &str,
    #[case] web_chat: Option<u32>,
    #[case] messaging: u32,
    #[case] release: &str,
) {
    let cic = Cic::with(Settings { age: name.parse().unwrap(), ..Settings::default() }).await;
    let all = cic.primary.get("/icws/connection/features").await.body;
    let version = |id: &str| {
        let all = all["featureInfoList"].as_array().unwrap();
        all.iter().find(|feature| feature["featureId"] == id)?["version"].as_u64()
    };
    assert_eq!(version("web-chat"), web_chat.map(u64::from));
    assert_eq!(version("messaging"), Some(u64::from(messaging)));
    let told = cic.primary.get("/icws/connection/version").await.body;
    assert_eq!(told["productReleaseDisplayString"], release);
}

fn login(password: &str) -> Value {
    json!({
        "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
        "applicationName": "test", "userID": "admin", "password": password,
    })
}

#[tokio::test]
async fn a_session_needs_id_token_and_cookie() {
    let cic = Cic::new().await;
    let refused = cic.primary.post("/icws/connection", login("guess")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body,
        json!({
            "errorId": "error.request.connection.authenticationFailure",
            "errorCode": -2_147_221_503_i64, "message": "The authentication process failed.",
        })
    );
    let path = "/icws/connection?include=features,version";
    let made = cic.primary.post(path, login(crate::cic::ADMIN_PASSWORD)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["alternateHostList"], json!(["ic2"]));
    assert!(made.body["features"].is_array() && made.body["serverTimeInfo"].is_null());
    let header = |name: &str| made.headers[name].to_str().unwrap().to_owned();
    let (id, token) = (header("ININ-ICWS-Session-ID"), header("ININ-ICWS-CSRF-Token"));
    assert_eq!(header("Location"), format!("/icws/{id}/connection"));
    let cookie = header("Set-Cookie").split(';').next().unwrap().to_owned();

    let call = async |method: Method, id: &str, token: &str, cookie: &str| {
        let url = format!("{}/icws/{id}/connection", cic.primary.url);
        let call = cic.primary.http.request(method, url);
        answer(call.header("ININ-ICWS-CSRF-Token", token).header("Cookie", cookie)).await
    };
    let wrong = [("1", &*token, &*cookie, 1), (&id, "x", &cookie, 2), (&id, &token, "a=b", 4)];
    for (id, token, cookie, code) in wrong {
        let denied = call(Method::GET, id, token, cookie).await;
        assert_eq!((denied.status, &denied.body["errorCode"]), (401, &json!(code)));
        let realm = r#"ICWS realm="ICWS" location="/ICWS/connection""#;
        assert_eq!(denied.headers["www-authenticate"], realm);
    }
    let up = call(Method::GET, &id, &token, &cookie).await;
    assert_eq!((up.status, &up.body["connectionState"]), (200, &json!(1)));
    let url = format!("{}/icws/{id}/connection/switchover-status", cic.primary.url);
    let get = cic.primary.http.get(url).header("ININ-ICWS-CSRF-Token", &token);
    let pair = answer(get.header("Cookie", &cookie)).await.body;
    let own = json!({ "isSwitchoverActive": true, "primaryHost": "ic1", "backupHost": "ic2" });
    assert_eq!(pair, own);
    assert_eq!(call(Method::DELETE, &id, &token, &cookie).await.status, 200);
    assert_eq!(call(Method::GET, &id, &token, &cookie).await.body["errorCode"], 1);
}
