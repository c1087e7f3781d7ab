//! `appsecret_proof`: shows that the caller knows the app's secret (contract A8; Meta: "Secure Graph API Calls").

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use social_core::credential::FacebookCredential;

/// Which form of the proof is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProofForm {
    /// With `appsecret_time`; good for five minutes, made anew for each call. Meta prefers it.
    #[default]
    Timestamped,
    /// Of the token alone.
    Classic,
}

/// The parameters that a call carries.
pub(super) fn parameters(
    form: ProofForm,
    credential: &FacebookCredential,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let token = credential.page_token.expose_secret();
    match form {
        ProofForm::Classic => vec![("appsecret_proof", proof(&credential.app_secret, token))],
        ProofForm::Timestamped => {
            let time = now.as_second().to_string();
            let proof = proof(&credential.app_secret, &format!("{token}|{time}"));
            vec![("appsecret_proof", proof), ("appsecret_time", time)]
        }
    }
}

fn proof(secret: &SecretString, message: &str) -> String {
    let key = secret.expose_secret().as_bytes();
    // HMAC takes keys of any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    hex::encode(mac.chain_update(message).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> FacebookCredential {
        FacebookCredential { page_token: "EAAtoken".into(), app_secret: "secret-sauce".into() }
    }

    #[test]
    fn the_classic_proof_is_that_of_the_contract() {
        let sent = parameters(ProofForm::Classic, &credential(), Timestamp::UNIX_EPOCH);
        let expected = "7663e2a50e39a881d532ed83f51483dcdaada17fb45809f6b4c07b6297a24e19";
        assert_eq!(sent, [("appsecret_proof", expected.to_owned())]);
    }

    #[test]
    fn the_timestamped_proof_is_of_token_and_time() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let sent = parameters(ProofForm::Timestamped, &credential(), now);
        let expected = proof(&"secret-sauce".into(), "EAAtoken|1700000000");
        assert_eq!(
            sent,
            [("appsecret_proof", expected), ("appsecret_time", "1700000000".to_owned())]
        );
    }
}
