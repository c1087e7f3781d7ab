//! Users' credentials: signatures over this server's URL, and refresh tokens that work once.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::Mac;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{World, world};
use crate::{
    seed::twitter::{BRAND, CONSUMER_KEY, CONSUMER_SECRET},
    twitter::{
        CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN,
        auth::oauth1::{base_string, encode, mac},
    },
};

struct Signature<'a> {
    nonce: &'a str,
    secret: &'a str,
    age: u64,
}

impl Default for Signature<'_> {
    fn default() -> Self {
        Self { nonce: "", secret: BRAND.access_token_secret, age: 0 }
    }
}

impl Signature<'_> {
    fn header(&self, method: &str, url: &str, query: &[(&str, &str)]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - self.age;
        let random = Uuid::new_v4().to_string();
        let nonce = if self.nonce.is_empty() { random.as_str() } else { self.nonce };
        let (token, time) = (BRAND.access_token, now.to_string());
        let fields = [
            ("oauth_consumer_key", CONSUMER_KEY),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &time),
            ("oauth_token", token),
            ("oauth_version", "1.0"),
        ];
        let signed: Vec<(String, String)> =
            fields.iter().chain(query).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let key = format!("{}&{}", encode(CONSUMER_SECRET), encode(self.secret));
        let mac = mac(&key, &base_string(method, url, &signed)).unwrap();
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let all = fields.iter().copied().chain([("oauth_signature", signature.as_str())]);
        let pairs: Vec<String> = all.map(|(n, v)| format!("{n}=\"{}\"", encode(v))).collect();
        format!("OAuth {}", pairs.join(", "))
    }
}

async fn signed_get(world: &World, signature: &Signature<'_>) -> (StatusCode, Value) {
    let url = format!("{}/2/tweets/search/recent", world.url);
    let query = [("query", "(acme OR \"a+b & c\") -is:retweet"), ("max_results", "10")];
    let header = signature.header("GET", &url, &query);
    world.send(world.client.get(&url).query(&query).header("authorization", header)).await
}

#[tokio::test]
async fn a_signed_request_is_the_brand_s() {
    let world = world().await;
    let (status, body) = signed_get(&world, &Signature::default()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let url = format!("{}/2/tweets", world.url);
    let header = Signature::default().header("POST", &url, &[]);
    let request = world.client.post(&url).header("authorization", header);
    let (status, body) = world.send(request.json(&json!({"text": "signed"}))).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
}

#[tokio::test]
async fn a_signature_must_be_right_fresh_and_new() {
    let world = world().await;
    let once = Signature { nonce: "only-once", ..Signature::default() };
    assert_eq!(signed_get(&world, &once).await.0, StatusCode::OK);
    let again = Signature { nonce: "only-once", ..Signature::default() };
    let wrong = Signature { secret: "guessed", ..Signature::default() };
    let stale = Signature { age: 600, ..Signature::default() };
    for refused in [again, wrong, stale] {
        assert_eq!(signed_get(&world, &refused).await.0, StatusCode::UNAUTHORIZED);
    }
    // A signature for another method does not hold either.
    let url = format!("{}/2/tweets", world.url);
    let header = Signature::default().header("GET", &url, &[]);
    let request = world.client.post(&url).header("authorization", header);
    assert_eq!(world.send(request.json(&json!({"text": "x"}))).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let world = world().await;
    let refresh = async |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let request = world.client.post(format!("{}/2/oauth2/token", world.url));
        world.send(request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(&form)).await
    };
    let (status, pair) = refresh(REFRESH_TOKEN).await;
    assert_eq!((status, pair["expires_in"].as_i64()), (StatusCode::OK, Some(7_200)));
    assert_eq!(refresh(REFRESH_TOKEN).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(refresh(pair["refresh_token"].as_str().unwrap()).await.0, StatusCode::OK);
    // The pair before the last holds no more.
    let request = world.client.get(format!("{}/2/users/me", world.url));
    let request = request.bearer_auth(pair["access_token"].as_str().unwrap());
    assert_eq!(world.send(request).await.0, StatusCode::UNAUTHORIZED);
}
