use rstest::rstest;

use super::*;
use crate::fixture::secret;

/// X's published example. <https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature>
fn published() -> TwitterCredential {
    TwitterCredential {
        bearer_token: secret("unused"),
        consumer_key: secret("xvz1evFS4wEEPTGEFPHBog"),
        consumer_secret: secret("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
        access_token: Some(secret("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb")),
        access_token_secret: Some(secret("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")),
        oauth2: None,
        user_token: None,
        owns_app: false,
        monthly_budget_usd: None,
    }
}

/// The host is signed too.
#[rstest]
#[case::today("https://api.x.com", "Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D")]
#[case::then("https://api.twitter.com", "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D")]
fn the_published_vector_is_reproduced(#[case] base: &str, #[case] signature: &str) {
    let mut url: Url = format!("{base}/1.1/statuses/update.json").parse().unwrap();
    url.query_pairs_mut()
        .append_pair("status", "Hello Ladies + Gentlemen, a signed OAuth request!")
        .append_pair("include_entities", "true");
    let fixed =
        Fixed { nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", timestamp: 1_318_622_958 };
    let header = authorization(&published(), &Method::POST, &url, Some(fixed)).unwrap();
    let header = header.to_str().unwrap();
    assert!(header.contains(&format!("oauth_signature=\"{signature}\"")), "{header}");
    assert!(!header.contains("status="), "{header}");
}

#[test]
fn a_key_set_without_user_token_cannot_sign() {
    let url = "https://api.x.com/2/tweets".parse().unwrap();
    let credential = TwitterCredential { access_token: None, ..published() };
    let error = authorization(&credential, &Method::POST, &url, None).unwrap_err();
    assert!(matches!(error, TwitterError::NoUserToken));
}

#[test]
fn no_header_shows_its_token() {
    let header = bearer(&published()).unwrap();
    assert!(!format!("{header:?}").contains("unused"));
}
