//! One client per process, shared by every adapter in it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Certificate, redirect::Policy};
use social_core::{Classify, Verdict};
use url::Url;

/// Largest answer that is read, in bytes: a page of 100 posts with comments is far below.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// How long to wait, and whom to trust.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For the whole call, the answer's body included. Less than half of the function's time-out.
    pub timeout: Duration,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// A private certificate authority in PEM, trusted beside the public ones.
    pub ca_certificate: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(8),
            connect_timeout: Duration::from_secs(3),
            ca_certificate: None,
        }
    }
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the private CA's certificate is no PEM, or TLS cannot start")]
pub struct CaError(#[source] reqwest::Error);

/// The client. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// An answer, read whole. Its status is data: adapters know which bodies mean failure.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A call without an answer. Holds no URL: it may carry a token.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing was sent: no address, no connection, no TLS.
    #[error("cannot connect")]
    Connect(#[source] reqwest::Error),
    /// The answer did not come, or not whole. The other side may have acted.
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer is larger than 8 MiB.
    #[error("the answer is too large")]
    TooLarge,
    /// The request could not be built: a fault of ours.
    #[error("malformed request")]
    Malformed(#[source] reqwest::Error),
}

impl HttpError {
    /// Whether the other side may have acted on the request.
    pub fn perhaps_sent(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::TooLarge)
    }
}

impl Classify for HttpError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Connect(_) | Self::NoAnswer(_) | Self::TooLarge => Verdict::RETRY,
            Self::Malformed(_) => Verdict::Reject,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Connect(_) => "http_connect",
            Self::NoAnswer(_) => "http_no_answer",
            Self::TooLarge => "http_too_large",
            Self::Malformed(_) => "http_malformed",
        }
    }
}

impl Client {
    /// Builds the client. Proxies of the environment are honoured; redirects are not followed.
    pub fn new(settings: &Settings) -> Result<Self, CaError> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that builds a client")]
        let mut builder = reqwest::Client::builder()
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true);
        if let Some(pem) = &settings.ca_certificate {
            for certificate in Certificate::from_pem_bundle(pem.as_bytes()).map_err(CaError)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map(Self).map_err(CaError)
    }

    /// Begins a request; [`Client::send`] ends it.
    pub fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.0.request(method, url)
    }

    /// Sends a request once and reads the answer whole.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, HttpError> {
        let mut response = request.send().await.map_err(classified)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(classified)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: body.into(),
        })
    }
}

fn classified(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if error.is_builder() {
        HttpError::Malformed(error)
    } else if error.is_connect() {
        HttpError::Connect(error)
    } else {
        HttpError::NoAnswer(error)
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    async fn call(url: &str, timeout: Duration) -> Result<Answer, HttpError> {
        let settings = Settings { timeout, ..Settings::default() };
        let client = Client::new(&settings).unwrap();
        client.send(client.request(Method::POST, url.parse().unwrap())).await
    }

    #[tokio::test]
    async fn a_refused_connection_was_never_sent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error =
            call(&format!("http://{address}/secret"), Duration::from_secs(2)).await.unwrap_err();
        assert!(!error.perhaps_sent(), "{error:?}");
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[tokio::test]
    async fn a_lost_answer_may_have_been_acted_on() {
        let server = MockServer::start().await;
        let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
        Mock::given(any()).respond_with(slow).mount(&server).await;
        let error = call(&server.uri(), Duration::from_millis(50)).await.unwrap_err();
        assert!(error.perhaps_sent(), "{error:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_not_followed() {
        let server = MockServer::start().await;
        let elsewhere = ResponseTemplate::new(302).insert_header("location", "http://192.0.2.1/");
        Mock::given(any()).respond_with(elsewhere).expect(1).mount(&server).await;
        let answer = call(&server.uri(), Duration::from_secs(2)).await.unwrap();
        assert_eq!(answer.status, StatusCode::FOUND);
    }
}
