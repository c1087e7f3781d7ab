use rstest::rstest;

use super::*;
use crate::fixture::secret;

fn signature(key: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[test]
fn e12_the_published_challenge_is_answered() {
    let answer = challenge_answer(&secret("consumer_secret"), "challenge_string").unwrap();
    assert_eq!(
        answer,
        r#"{"response_token":"sha256=v1WdiCVwy17uGTMWveHGlqQXN/qW1bQraNXXByRO2YA="}"#
    );
    assert_eq!(challenge_answer(&secret(""), "challenge_string"), None);
}

/// Contract E1, for X: base64 of the raw bytes, and nothing that only looks like it.
#[rstest]
#[case::good(b"{\"n\":\"\\u00e4\"}", Some(signature("now", b"{\"n\":\"\\u00e4\"}")), Ok(()))]
#[case::older_secret(b"{}", Some(signature("before", b"{}")), Ok(()))]
#[case::altered(b"{ }", Some(signature("now", b"{}")), Err(SignatureError::Wrong))]
#[case::wrong_secret(b"{}", Some(signature("other", b"{}")), Err(SignatureError::Wrong))]
#[case::no_secret(b"{}", Some(signature("", b"{}")), Err(SignatureError::Wrong))]
#[case::missing(b"{}", None, Err(SignatureError::Missing))]
#[case::sha1(b"{}", Some("sha1=abcd".to_owned()), Err(SignatureError::Malformed))]
#[case::hexadecimal(b"{}", Some(format!("sha256={}", "0a".repeat(32))), Err(SignatureError::Malformed))]
#[case::short(b"{}", Some("sha256=YWJj".to_owned()), Err(SignatureError::Malformed))]
#[case::empty(b"{}", Some("sha256=".to_owned()), Err(SignatureError::Malformed))]
fn e1_only_xs_bodies_are_proven(
    #[case] body: &[u8],
    #[case] signature: Option<String>,
    #[case] expected: Result<(), SignatureError>,
) {
    let secrets = [secret("before"), secret("now"), secret("")];
    let signed = Signed::verify(body, signature.as_deref(), &secrets);
    assert_eq!(signed.map(|signed| assert_eq!(signed.body(), body)), expected);
    assert!(Signed::verify(body, signature.as_deref(), &[]).is_err());
}
