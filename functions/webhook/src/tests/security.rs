//! Who is let in, and what a body may do: many calls of the whole HTTP surface, from a seed.

use super::{cloud::Cloud, *};

/// Mutations of signed requests, of both networks together.
const MUTATIONS: u64 = 100_000;
const SEED: u64 = 20_261_122;

/// `SplitMix64`: the same seed, the same mutations.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    /// Another byte at a place of its own choice.
    fn flip(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        bytes[at] ^= 1 << self.below(8);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Delivery {
    path: &'static str,
    name: &'static str,
    value: String,
    body: Vec<u8>,
}

/// What the networks send, and how they sign.
fn genuine(twitter: bool, secret: &str) -> Delivery {
    // As Facebook writes what is not ASCII: literal escapes.
    let body = feed("100", &[comment("1_2", "Zo\u{eb} / \u{1f600}")])
        .replace('\u{eb}', "\\u00eb")
        .replace('/', "\\/");
    let (path, name) =
        if twitter { ("/twitter", TWITTER_SIGNATURE) } else { ("/facebook", SIGNATURE) };
    let tag = mac(secret, &body);
    let tag = if twitter { BASE64_STANDARD.encode(tag) } else { hex::encode(tag) };
    Delivery { path, name, value: format!("sha256={tag}"), body: body.into_bytes() }
}

fn mutated(chance: &mut Chance) -> Delivery {
    let twitter = chance.below(2) == 1;
    let original = genuine(twitter, "now");
    let mut delivery = original.clone();
    match chance.below(12) {
        0 | 1 => chance.flip(&mut delivery.body),
        2 => delivery.body.truncate(chance.below(original.body.len())),
        3 => delivery.body.push(b' '),
        4 => {
            let at = chance.below(delivery.body.len());
            delivery.body.swap_remove(at);
        }
        5 | 6 => {
            let mut value = delivery.value.into_bytes();
            let at = 7 + chance.below(value.len() - 8);
            value[at] = if value[at] == b'0' { b'1' } else { b'0' };
            delivery.value = String::from_utf8(value).unwrap();
        }
        7 => {
            let length = chance.below(delivery.value.len());
            delivery.value.truncate(length);
        }
        // As hexadecimal digits the same number, and not what Facebook sends.
        8 => delivery.value = delivery.value.to_uppercase(),
        9 => {
            let mut sha1 = delivery.value.replace("sha256=", "sha1=");
            sha1.truncate("sha1=".len() + 40);
            (delivery.name, delivery.value) = ("x-hub-signature", sha1);
        }
        10 => {
            let mut secret = b"now".to_vec();
            match chance.below(3) {
                0 => secret.truncate(chance.below(3)),
                1 => secret.push(b'a' + u8::try_from(chance.below(26)).unwrap()),
                _ => secret[chance.below(3)] ^= 1 + u8::try_from(chance.below(15)).unwrap(),
            }
            delivery = genuine(twitter, &String::from_utf8(secret).unwrap());
        }
        _ => match chance.below(4) {
            // Encoded once more, decoded, and written anew by a JSON library.
            0 => delivery.body = BASE64_STANDARD.encode(&delivery.body).into_bytes(),
            1 => delivery.body = BASE64_STANDARD.decode("eyJhIjoxfQ==").unwrap(),
            2 => {
                let value: Value = serde_json::from_slice(&delivery.body).unwrap();
                delivery.body = value.to_string().into_bytes();
            }
            // The other network's form of the signature.
            _ => delivery.value = genuine(!twitter, "now").value,
        },
    }
    assert_ne!(delivery, original);
    delivery
}

async fn deliver(app: &Router, delivery: Delivery) -> StatusCode {
    let request = Request::post(delivery.path).header(delivery.name, delivery.value);
    app.clone().oneshot(request.body(Body::from(delivery.body)).unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn of_100_000_mutations_none_is_let_in() {
    let cloud = Cloud::new(&["now", "before", ""]);
    let app = cloud.app();
    let mut chance = Chance(SEED);
    for number in 0..MUTATIONS {
        let delivery = mutated(&mut chance);
        let told = deliver(&app, delivery.clone()).await;
        assert_eq!(told, StatusCode::UNAUTHORIZED, "seed {SEED}, mutation {number}: {delivery:?}");
    }
    assert_eq!(cloud.calls(), ["AmazonSSM.GetParameter"], "nothing but the secrets was asked for");
    for (twitter, secret) in [(false, "now"), (false, "before"), (true, "now"), (true, "before")] {
        assert_eq!(deliver(&app, genuine(twitter, secret)).await, StatusCode::OK, "{secret}");
    }
}

/// Facebook signs by the old secret until it is told of the new one, and repeats what is not
/// answered 200. An environment learns of a new document when it reads it next.
#[tokio::test]
async fn a_secret_is_replaced_without_a_lost_callback() {
    let cloud = Cloud::new(&["old"]);
    let first = cloud.app();
    assert_eq!(deliver(&first, genuine(false, "old")).await, StatusCode::OK);

    cloud.replace_secrets(&["new", "old"]);
    let second = cloud.app();
    assert_eq!(deliver(&second, genuine(false, "old")).await, StatusCode::OK);
    // Changed at Facebook: an environment of before refuses until it has read the document again.
    assert_eq!(deliver(&first, genuine(false, "new")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(deliver(&second, genuine(false, "new")).await, StatusCode::OK);
    // What Facebook repeats of before still counts.
    assert_eq!(deliver(&second, genuine(false, "old")).await, StatusCode::OK);

    cloud.replace_secrets(&["new"]);
    let third = cloud.app();
    assert_eq!(deliver(&third, genuine(false, "old")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(deliver(&third, genuine(false, "new")).await, StatusCode::OK);
    assert_eq!(cloud.sent("inbound.fifo").len(), 5);
}

/// A captured request is as good as the first time; what it does is known by its ids.
#[tokio::test]
async fn a_request_that_is_sent_again_says_the_same_again() {
    let cloud = Cloud::new(&["now"]);
    let app = cloud.app();
    for _ in 0..1_000 {
        assert_eq!(deliver(&app, genuine(false, "now")).await, StatusCode::OK);
    }
    let mut told = cloud.sent("inbound.fifo");
    assert_eq!(told.len(), 1_000);
    told.dedup();
    assert_eq!(told.len(), 1, "the ledger knows the change by its id, verb and revision");
}

fn signed(path: &'static str, body: Vec<u8>) -> Delivery {
    let mac = Hmac::<Sha256>::new_from_slice(b"now").unwrap();
    let tag = mac.chain_update(&body).finalize().into_bytes();
    match path {
        "/facebook" => {
            let value = format!("sha256={}", hex::encode(tag));
            Delivery { path, name: SIGNATURE, value, body }
        }
        "/twitter" => {
            let value = format!("sha256={}", BASE64_STANDARD.encode(tag));
            Delivery { path, name: TWITTER_SIGNATURE, value, body }
        }
        _ => Delivery { path, name: "authorization", value: "Bearer now".to_owned(), body },
    }
}

/// Even who holds the secret brings nothing down.
#[rstest]
#[case::nested_lists(|| "[".repeat(100_000))]
#[case::nested_objects(|| r#"{"entry":"#.repeat(100_000))]
#[case::nested_in_a_callback(|| format!(r#"{{"object":"page","entry":[{{"id":"100","changes":[{{"field":"feed","value":{}{}}}]}}]}}"#, "[".repeat(100), "]".repeat(100)))]
#[case::many_keys(|| format!("{{{}}}", (0..380_000).map(|key| format!(r#""{key:x}":0"#)).collect::<Vec<_>>().join(",")))]
#[case::many_entries(|| format!(r#"{{"object":"page","entry":[{}]}}"#, vec!["{}"; 100_000].join(",")))]
#[case::many_empty_lists(|| format!("[{}]", vec!["[]"; 1_400_000].join(",")))]
#[case::duplicate_keys(|| r#"{"object":"user","object":"page","entry":[],"entry":[{"id":"100","id":"200","changes":[]}]}"#.to_owned())]
#[case::a_huge_number(|| format!(r#"{{"object":"page","entry":[{{"id":1{},"time":1e400}}]}}"#, "0".repeat(10_000)))]
#[case::a_text_of_a_mebibyte(|| feed("100", &[comment("1_2", &"\u{202e}\u{0}a".repeat(200_000))]))]
#[case::a_long_id(|| feed("100", &[comment(&"1".repeat(100_000), "hi")]))]
#[tokio::test]
async fn no_body_brings_the_function_down(#[case] body: fn() -> String) {
    let cloud = Cloud::new(&["now"]);
    let app = cloud.app();
    for path in ["/facebook", "/twitter", "/cic/replies"] {
        let told = deliver(&app, signed(path, body().into_bytes())).await;
        assert!(told.is_success() || told == StatusCode::BAD_REQUEST, "{path}: {told}");
    }
    // It still works.
    assert_eq!(deliver(&app, genuine(false, "now")).await, StatusCode::OK);
}

#[rstest]
#[case::lone_continuation(b"\x80")]
#[case::overlong(b"\xc0\xaf")]
#[case::surrogate(b"\xed\xa0\x80")]
#[case::cut(b"\xf0\x9f\x98")]
#[tokio::test]
async fn what_is_no_text_is_refused(#[case] bytes: &[u8]) {
    let cloud = Cloud::new(&["now"]);
    let body = feed("100", &[comment("1_2", "HERE")]);
    let (before, after) = body.split_once("HERE").unwrap();
    let body = [before.as_bytes(), bytes, after.as_bytes()].concat();
    for path in ["/facebook", "/twitter", "/cic/replies"] {
        let told = deliver(&cloud.app(), signed(path, body.clone())).await;
        assert_eq!(told, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(cloud.sent("inbound.fifo"), Vec::<String>::new());
}
