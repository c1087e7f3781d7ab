//! AWS's own time: each of its answers tells it, to the second.
//!
//! Workers compare times that others wrote: leases, and since when to look for a reply. One whose clock is
//! minutes ahead would end others' leases early, and post again what it looks for too late.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// An answer that took longer tells too little: the process may have been frozen meanwhile.
const LONGEST: SignedDuration = SignedDuration::from_secs(2);
/// `Date` has no fractions.
const FRACTIONS: SignedDuration = SignedDuration::from_secs(1);

/// This process's, for all its clients.
static SHARED: LazyLock<Correction> = LazyLock::new(Correction::default);

/// What has to be added to this machine's clock for AWS's time: zero before the first answer, and as long
/// as the two agree. It is right to three seconds.
///
/// Source: `Date` of RFC 9110, 6.6.1, which AWS's answers bear.
pub fn clock_correction() -> SignedDuration {
    SHARED.told()
}

/// Listens to what answers tell of the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Correction(Arc<AtomicI64>);

impl Correction {
    /// The one that counts.
    pub(crate) fn shared() -> Self {
        SHARED.clone()
    }

    pub(crate) fn told(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.load(Relaxed))
    }
}

/// By how much a clock is wrong that showed these times when a call was made and answered, if the answer
/// was quick enough to tell. No more than is certain.
fn correction(sent: Timestamp, answered: Timestamp, told: Timestamp) -> Option<SignedDuration> {
    if answered < sent || answered.duration_since(sent) > LONGEST {
        return None;
    }
    if told > answered {
        return Some(told.duration_since(answered));
    }
    Some((told + FRACTIONS).duration_since(sent).min(SignedDuration::ZERO))
}

/// When the request was sent.
#[derive(Debug, Clone, Copy)]
struct Sent(Timestamp);

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

#[expect(clippy::disallowed_methods, reason = "it is the machine's clock that is judged")]
fn now() -> Timestamp {
    Timestamp::now()
}

impl Intercept for Correction {
    fn name(&self) -> &'static str {
        "clock correction"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Sent(now()));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let told = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
        let known = bag.load::<Sent>().zip(told);
        if let Some(by) = known.and_then(|(Sent(sent), told)| correction(*sent, now(), told)) {
            let millis = i64::try_from(by.as_millis()).unwrap_or_default();
            let before = self.0.swap(millis, Relaxed);
            if (before == 0) != (millis == 0) {
                tracing::warn!(correction_ms = millis, "this machine's clock and AWS's differ");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
    use rstest::rstest;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    #[rstest]
    #[case::agreeing(0, 500, 0, Some(0))]
    #[case::within_the_second_that_a_date_leaves_open(900, 950, 0, Some(0))]
    #[case::ten_minutes_ahead(600_900, 600_950, 0, Some(-599_900))]
    #[case::ten_minutes_behind(0, 500, 600_000, Some(599_500))]
    #[case::too_slow_to_tell(0, 2_500, 600_000, None)]
    #[case::set_back_in_between(500, 0, 600_000, None)]
    fn an_answer_tells_no_more_than_is_certain(
        #[case] sent: i64,
        #[case] answered: i64,
        #[case] told: i64,
        #[case] by: Option<i64>,
    ) {
        let [sent, answered, told] =
            [sent, answered, told].map(|at| Timestamp::from_millisecond(at).unwrap());
        let by = by.map(SignedDuration::from_millis);
        assert_eq!(correction(sent, answered, told), by);
    }

    /// What is heard of a service whose clock is so many seconds ahead of ours.
    async fn told_by_an_answer(ahead: i64) -> SignedDuration {
        let server = MockServer::start().await;
        let date = now() + SignedDuration::from_secs(ahead);
        let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
        let answer = ResponseTemplate::new(200).set_body_string("{}").insert_header("date", date);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(server.uri())
            .build();
        let correction = Correction::default();
        let config =
            aws_sdk_dynamodb::config::Builder::from(&config).interceptor(correction.clone());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        client.list_tables().send().await.unwrap();
        correction.told()
    }

    #[tokio::test]
    async fn a_clock_that_is_minutes_wrong_is_set_right_by_the_first_answer() {
        for ahead in [600, -600] {
            let told = told_by_an_answer(ahead).await;
            assert!((told.as_secs() - ahead).abs() <= 3, "{ahead} s ahead: corrected by {told:?}");
        }
        assert_eq!(told_by_an_answer(0).await, SignedDuration::ZERO);
    }
}
