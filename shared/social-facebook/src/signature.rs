//! Proof that a callback comes from Facebook, taken from its raw bytes before anything parses them.
//!
//! Contract A11; Meta: "Webhooks, Getting Started", Validating Payloads and Verification Requests.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Longest challenge that is repeated.
const LONGEST_CHALLENGE: usize = 256;

/// Bytes whose signature is valid. There is no other way to get one than to prove it.
#[derive(Clone, Copy)]
pub struct Signed<'a>(&'a [u8]);

impl<'a> Signed<'a> {
    /// The proven bytes.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Why a callback is not Facebook's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// There is no `X-Hub-Signature-256` of the form `sha256=` and 64 hexadecimal digits, the letters small.
    #[error("the signature is missing or malformed")]
    Unsigned,
    /// None of the active app secrets makes this signature.
    #[error("the signature does not fit")]
    Forged,
}

/// Proves a callback by `X-Hub-Signature-256`. All secrets count: while one is replaced, two are active.
///
/// The older `X-Hub-Signature` (SHA-1) is no proof. Over HTTP, decode base64 bodies first.
pub fn verify<'a>(
    secrets: &[SecretString],
    header: Option<&str>,
    body: &'a [u8],
) -> Result<Signed<'a>, Unproven> {
    let digits = header.and_then(|header| header.trim().strip_prefix("sha256="));
    let mut signature = [0; 32];
    let digits = digits.ok_or(Unproven::Unsigned)?;
    if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return Err(Unproven::Unsigned);
    }
    hex::decode_to_slice(digits, &mut signature).map_err(|_| Unproven::Unsigned)?;
    prove(secrets, &signature, body)
}

/// Proves bytes by a signature, whichever way it came.
pub(crate) fn prove<'a>(
    secrets: &[SecretString],
    signature: &[u8; 32],
    body: &'a [u8],
) -> Result<Signed<'a>, Unproven> {
    let fits = |secret: &SecretString| is_signature(secret, body, signature);
    if secrets.iter().any(fits) { Ok(Signed(body)) } else { Err(Unproven::Forged) }
}

/// `verify_slice` takes the same time wherever the first difference is.
fn is_signature(secret: &SecretString, body: &[u8], signature: &[u8]) -> bool {
    let secret = secret.expose_secret().as_bytes();
    !secret.is_empty()
        && Hmac::<Sha256>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

/// Answers a verification request: the challenge to send back as the whole body, as `text/plain`.
///
/// `query` holds the decoded parameters. `None` is to be answered 403.
pub fn verification<'q>(
    verify_token: &SecretString,
    query: impl IntoIterator<Item = (&'q str, &'q str)>,
) -> Option<&'q str> {
    let (mut mode, mut token, mut challenge) = (None, None, None);
    for (name, value) in query {
        match name {
            "hub.mode" => mode = Some(value),
            "hub.verify_token" => token = Some(value),
            "hub.challenge" => challenge = Some(value),
            _ => {}
        }
    }
    let expected = verify_token.expose_secret().as_bytes();
    let known = !expected.is_empty() && bool::from(token?.as_bytes().ct_eq(expected));
    let challenge = challenge.filter(|challenge| challenge.len() <= LONGEST_CHALLENGE);
    challenge.filter(|_| known && mode == Some("subscribe"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Contract A11: literal escapes, as they are on the wire.
    const BODY: &[u8] = br#"{"a":"\u00e4"}"#;
    const SIGNATURE: &str =
        "sha256=462f8c209c663e0a69da0bb1d7693211dd604e5662bdb1b7a79ad364834889a3";

    fn secrets(of: &[&str]) -> Vec<SecretString> {
        of.iter().map(|&secret| secret.into()).collect()
    }

    fn outcome(of: &[&str], header: Option<&str>, body: &[u8]) -> Result<(), Unproven> {
        verify(&secrets(of), header, body).map(|signed| assert_eq!(signed.bytes(), body))
    }

    #[rstest]
    #[case::only(&["app_secret"])]
    #[case::first_of_two(&["app_secret", "next"])]
    #[case::second_of_two(&["old", "app_secret"])]
    fn the_published_example_is_proven(#[case] of: &[&str]) {
        assert_eq!(outcome(of, Some(SIGNATURE), BODY), Ok(()));
    }

    #[rstest]
    #[case::none(None)]
    #[case::empty(Some(""))]
    #[case::bare(SIGNATURE.strip_prefix("sha256="))]
    #[case::sha1(Some("sha1=462f8c209c663e0a69da0bb1d7693211dd604e56"))]
    #[case::short(Some("sha256=462f8c"))]
    #[case::capitals(Some(
        "sha256=462F8C209C663E0A69DA0BB1D7693211DD604E5662BDB1B7A79AD364834889A3"
    ))]
    #[case::odd(SIGNATURE.get(..SIGNATURE.len() - 1))]
    #[case::base64(Some("sha256=Ri+MIJxmPgpp2gux12kyEd1gTlZivbG3p5rTZINIiaM="))]
    fn what_is_no_signature_is_refused(#[case] header: Option<&str>) {
        assert_eq!(outcome(&["app_secret"], header, BODY), Err(Unproven::Unsigned));
    }

    #[test]
    fn other_bytes_or_other_secrets_do_not_fit() {
        let forged = Err(Unproven::Forged);
        assert_eq!(outcome(&["app_secret"], Some(SIGNATURE), "{\"a\":\"ä\"}".as_bytes()), forged);
        assert_eq!(outcome(&["app_secret"], Some(SIGNATURE), b"{\"a\":\"\\u00E4\"}"), forged);
        assert_eq!(outcome(&["app_secre"], Some(SIGNATURE), BODY), forged);
        assert_eq!(outcome(&[], Some(SIGNATURE), BODY), forged);
        assert_eq!(outcome(&[""], Some(SIGNATURE), BODY), forged);
        for at in 7..SIGNATURE.len() {
            let mut mutated = SIGNATURE.to_owned();
            let other = if mutated.as_bytes()[at] == b'0' { "1" } else { "0" };
            mutated.replace_range(at..=at, other);
            assert_eq!(outcome(&["app_secret"], Some(&mutated), BODY), forged, "digit {at}");
        }
    }

    #[rstest]
    #[case::good("subscribe", "right", Some("1158201444"))]
    #[case::mode("unsubscribe", "right", None)]
    #[case::token("subscribe", "wrong", None)]
    #[case::no_token("subscribe", "", None)]
    fn a_verification_needs_mode_and_token(
        #[case] mode: &str,
        #[case] token: &str,
        #[case] expected: Option<&str>,
    ) {
        let query =
            [("hub.mode", mode), ("hub.verify_token", token), ("hub.challenge", "1158201444")];
        assert_eq!(verification(&"right".into(), query), expected);
    }
}
