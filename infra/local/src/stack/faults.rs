//! Has AWS fail: the control of microburst, which stands between the functions and ministack on a
//! stack that asks for it. What tests and the event source mappings ask of ministack never fails.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{REGION, StackError, http};

/// The services that functions call, each with a call that costs nothing.
const SERVICES: [(&str, &str); 3] = [
    ("dynamodb", "DynamoDB_20120810.ListTables"),
    ("sqs", "AmazonSQS.ListQueues"),
    ("ssm", "AmazonSSM.DescribeParameters"),
];

/// How long microburst may take to read what a service is.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of calls to AWS. Of several that fit a call, the first is carried out.
#[derive(Clone, Debug, Serialize)]
pub struct AwsFault {
    service: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_s: Option<u64>,
    #[serde(flatten)]
    kind: Value,
}

impl AwsFault {
    /// Nothing: the call is let through, and counted.
    pub fn none(service: &'static str) -> Self {
        let kind = json!({});
        Self {
            service,
            operation: None,
            body: None,
            times: None,
            probability: None,
            ttl_s: None,
            kind,
        }
    }

    /// `DynamoDB` refuses the call because there are too many.
    pub fn throttled() -> Self {
        Self::none("dynamodb").error("ProvisionedThroughputExceededException", 400)
    }

    /// The service fails, and has not done what was asked.
    pub fn failing(service: &'static str) -> Self {
        Self::none(service).error("InternalFailure", 500)
    }

    /// The service does what was asked, and its answer is lost.
    pub fn answer_lost(service: &'static str, operation: &'static str) -> Self {
        let kind = json!({ "response": { "abort_bytes": 0 } });
        Self { kind, ..Self::none(service) }.on(operation)
    }

    /// Touches this operation only.
    #[must_use]
    pub fn on(self, operation: &'static str) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Touches calls only whose body fits this `JMESPath` expression.
    #[must_use]
    pub fn where_body(self, expression: &str) -> Self {
        Self { body: Some(expression.to_owned()), ..self }
    }

    /// Happens this often, and then no more.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Happens to so many calls of ten, by chance.
    #[must_use]
    pub fn of_ten(self, calls: u8) -> Self {
        Self { probability: Some(f64::from(calls) / 10.0), ..self }
    }

    /// Happens for so long from now on, and then no more.
    #[must_use]
    pub fn lasting(self, time: Duration) -> Self {
        Self { ttl_s: Some(time.as_secs()), ..self }
    }

    fn error(self, code: &str, status: u16) -> Self {
        Self { kind: json!({ "error": { "code": code, "status": status } }), ..self }
    }
}

/// The control of one stack's microburst.
#[derive(Clone, Debug)]
pub struct AwsFaults {
    http: Client,
    rules: String,
}

impl AwsFaults {
    pub(super) fn new(url: &str) -> Result<Self, StackError> {
        Ok(Self { http: http::client()?, rules: format!("{url}/_microburst/rules") })
    }

    /// From now on AWS fails so, and no more as it did before. Without any, it does not fail.
    pub async fn set(&self, faults: &[AwsFault]) -> Result<(), StackError> {
        self.ask(self.http.post(&self.rules).json(faults)).await.map(drop)
    }

    /// How often each of the faults that were set has happened, in their order.
    pub async fn happened(&self) -> Result<Vec<u64>, StackError> {
        #[derive(Deserialize)]
        struct Rule {
            fired_count: u64,
        }
        let answer = self.ask(self.http.get(&self.rules)).await?;
        let rules = answer.json::<Vec<Rule>>().await.map_err(|source| self.failed(source))?;
        Ok(rules.into_iter().map(|rule| rule.fired_count).collect())
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, StackError> {
        let answer = request.send().await.and_then(Response::error_for_status);
        answer.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: reqwest::Error) -> StackError {
        StackError::Http { url: self.rules.clone(), source }
    }
}

/// Answers once microburst listens.
pub(super) fn health(url: &str) -> String {
    format!("{url}/_microburst/health")
}

/// Has it read the services' descriptions, which takes it seconds: longer than functions wait.
pub(super) async fn warm_up(http: &Client, url: &str) -> Result<(), StackError> {
    let faults = AwsFaults::new(url)?;
    let each = SERVICES.map(|(service, _)| AwsFault::failing(service));
    faults.set(&each).await?;
    for (service, target) in SERVICES {
        let scope = format!("Credential=test/20261122/{REGION}/{service}/aws4_request");
        let call = http
            .post(url)
            .timeout(PATIENCE)
            .header("Authorization", format!("AWS4-HMAC-SHA256 {scope}"))
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.0")
            .body("{}");
        call.send().await.map_err(|source| StackError::Http { url: url.to_owned(), source })?;
    }
    faults.set(&[]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_only_what_was_asked() {
        let throttled = serde_json::to_value(AwsFault::throttled().of_ten(3)).unwrap();
        assert_eq!(
            throttled,
            json!({"service": "dynamodb", "probability": 0.3,
                   "error": {"code": "ProvisionedThroughputExceededException", "status": 400}})
        );
        let lost = AwsFault::answer_lost("sqs", "SendMessage").times(4);
        assert_eq!(
            serde_json::to_value(lost).unwrap(),
            json!({"service": "sqs", "operation": "SendMessage", "times": 4,
                   "response": {"abort_bytes": 0}})
        );
        let counted = AwsFault::none("sqs").where_body("contains(QueueUrl, 'inbound')");
        assert_eq!(
            serde_json::to_value(counted).unwrap(),
            json!({"service": "sqs", "body": "contains(QueueUrl, 'inbound')"})
        );
    }
}
