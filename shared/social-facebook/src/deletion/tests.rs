use hmac::{Hmac, KeyInit, Mac};
use rstest::rstest;
use sha2::Sha256;

use super::*;

/// As Facebook signs: over the encoded payload.
fn signed(secret: &str, payload: &str) -> String {
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let tag = mac.chain_update(&payload).finalize().into_bytes();
    format!("{}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

fn parsed(signed_request: &str) -> Result<String, Refused> {
    let secrets = ["next", "app_secret"].map(SecretString::from);
    let request = parse(&secrets, signed_request)?;
    assert!(is_code(&request.code));
    Ok(request.user_id)
}

const PAYLOAD: &str =
    r#"{"algorithm":"HMAC-SHA256","expires":1291840400,"issued_at":1291836800,"user_id":"218471"}"#;

/// By `openssl dgst -sha256 -hmac app_secret -binary | basenc --base64url` over the payload.
#[test]
fn a_request_of_facebooks_form_is_read() {
    const EXAMPLE: &str = "V9m-jvVi1h5IO8u7DwhRd0PXRy_0cIMG0abzgvMcIYg.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0MDAsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9";
    assert_eq!(EXAMPLE, signed("app_secret", PAYLOAD));
    assert_eq!(parsed(EXAMPLE).as_deref(), Ok("218471"));
}

#[test]
fn both_active_secrets_count_and_no_other() {
    assert_eq!(parsed(&signed("next", PAYLOAD)).as_deref(), Ok("218471"));
    for secret in ["old", "app_secre", "App_secret"] {
        let refused = parsed(&signed(secret, PAYLOAD));
        assert_eq!(refused, Err(Refused::Unproven(Unproven::Forged)), "{secret}");
    }
}

#[rstest]
#[case::nothing("")]
#[case::no_dot("eyJhIjoxfQ")]
#[case::no_base64("%%%.eyJhIjoxfQ")]
#[case::short("AAAA.eyJhIjoxfQ")]
#[case::standard_alphabet("+/+/.eyJhIjoxfQ")]
fn what_is_no_signature_is_refused(#[case] signed_request: &str) {
    assert_eq!(parsed(signed_request), Err(Refused::Unproven(Unproven::Unsigned)));
}

#[rstest]
#[case::algorithm(&PAYLOAD.replace("HMAC-SHA256", "none"))]
#[case::no_algorithm(r#"{"user_id":"218471"}"#)]
#[case::nobody(r#"{"algorithm":"HMAC-SHA256"}"#)]
#[case::no_json("{")]
fn what_facebook_does_not_send_is_malformed(#[case] payload: &str) {
    assert_eq!(parsed(&signed("app_secret", payload)), Err(Refused::Malformed));
}

/// Another payload under the same signature, and the same payload encoded in another way.
#[test]
fn the_signature_is_over_the_payload_as_it_was_sent() {
    let request = signed("app_secret", PAYLOAD);
    let (tag, payload) = request.split_once('.').unwrap();
    let other = BASE64_URL_SAFE_NO_PAD.encode(PAYLOAD.replace("218471", "218472"));
    for payload in [other, format!("{payload}="), payload.to_lowercase()] {
        let refused = parsed(&format!("{tag}.{payload}"));
        assert_eq!(refused, Err(Refused::Unproven(Unproven::Forged)), "{payload}");
    }
}
