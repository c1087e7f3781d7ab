//! OAuth 1.0a with HMAC-SHA1, verified over this server's own URL (contract B7).

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri, header::HOST};
use sha1::Sha1;

use crate::{
    seed::twitter::{BRAND, CONSUMER_KEY, CONSUMER_SECRET},
    twitter::Twitter,
};

/// How far a caller's clock may be off, in seconds.
const SKEW: i64 = 300;

/// The user who signed the request, if the signature holds. A JSON body is not signed.
pub(crate) fn verify(
    twitter: &Twitter,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    header: &str,
) -> Option<String> {
    let oauth = fields(header)?;
    let field = |name: &str| oauth.get(name).map(String::as_str);
    let host = headers.get(HOST)?.to_str().ok()?;
    let known = field("oauth_consumer_key")? == CONSUMER_KEY
        && field("oauth_token")? == BRAND.access_token
        && field("oauth_signature_method")? == "HMAC-SHA1"
        && field("oauth_version").is_none_or(|version| version == "1.0");
    if !known {
        return None;
    }
    let mut parameters: Vec<(String, String)> = oauth
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "oauth_signature" | "realm"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let query = uri.query().unwrap_or_default().as_bytes();
    parameters.extend(url::form_urlencoded::parse(query).into_owned());
    let url = format!("http://{}{}", host.strip_suffix(":80").unwrap_or(host), uri.path());
    let base = base_string(method.as_str(), &url, &parameters);
    let signature = STANDARD.decode(field("oauth_signature")?).ok()?;
    let key = format!("{}&{}", encode(CONSUMER_SECRET), encode(BRAND.access_token_secret));
    mac(&key, &base)?.verify_slice(&signature).ok()?;
    let fresh = is_fresh(twitter, field("oauth_timestamp")?.parse().ok()?, field("oauth_nonce")?);
    fresh.then(|| BRAND.id.to_owned())
}

/// Whether the request is of now and was not seen before. Callers go by the real time, so the
/// simulator's moved clock does not count here.
fn is_fresh(twitter: &Twitter, timestamp: i64, nonce: &str) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = i64::try_from(now).unwrap_or_default();
    if nonce.is_empty() || (timestamp - now).abs() > SKEW {
        return false;
    }
    let mut state = twitter.state();
    state.nonces.retain(|(time, _)| (time - now).abs() <= SKEW);
    state.nonces.insert((timestamp, nonce.to_owned()))
}

/// The `name="value"` pairs of the header.
fn fields(header: &str) -> Option<BTreeMap<String, String>> {
    header
        .split(',')
        .map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            // A plus is no space here, unlike in a form.
            let value = value.replace('+', "%2B");
            let pair = format!("v={value}");
            let decoded = url::form_urlencoded::parse(pair.as_bytes()).next()?.1.into_owned();
            Some((name.to_owned(), decoded))
        })
        .collect()
}

/// What is signed: method, URL and all parameters in order.
pub(crate) fn base_string(method: &str, url: &str, parameters: &[(String, String)]) -> String {
    let mut pairs: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), encode(url), encode(&joined.join("&")))
}

/// Percent-encoding of RFC 3986: only letters, digits, `-`, `.`, `_` and `~` stay.
pub(crate) fn encode(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    text.bytes()
        .map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

pub(crate) fn mac(key: &str, base: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(base.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of X's own documentation, with its present and its former host.
    #[test]
    fn the_documentation_s_signature_comes_out() {
        let sign = |host: &str| {
            let parameters = [
                ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
                ("include_entities", "true"),
                ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
                ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "1318622958"),
                ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
                ("oauth_version", "1.0"),
            ];
            let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let url = format!("https://{host}/1.1/statuses/update.json");
            let key = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw&\
                       LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE";
            let mac = mac(key, &base_string("post", &url, &parameters)).unwrap();
            STANDARD.encode(mac.finalize().into_bytes())
        };
        assert_eq!(sign("api.x.com"), "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=");
        assert_eq!(sign("api.twitter.com"), "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
    }
}
