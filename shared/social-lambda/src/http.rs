use secrecy::ExposeSecret;
use social_aws::ParameterStore;
use social_http::{Client, Settings};

use crate::{Error, SystemClock};

/// The function's one HTTP client. `ca_certificate` names a parameter with a private CA in PEM.
pub async fn http_client(
    parameters: &ParameterStore<SystemClock>,
    ca_certificate: Option<&str>,
) -> Result<Client, Error> {
    let ca_certificate = match ca_certificate {
        Some(name) => Some(parameters.text(name).await?.expose_secret().to_owned()),
        None => None,
    };
    Ok(Client::new(&Settings { ca_certificate, ..Settings::default() })?)
}
