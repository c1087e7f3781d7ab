//! Clients with patience that ends well inside a function's 30 seconds.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

use crate::correction::Correction;

const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(2);
const ATTEMPT: Duration = Duration::from_secs(3);
const OPERATION: Duration = Duration::from_secs(8);

/// A client of `DynamoDB`. Clones share its connections.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&patient(config));
    aws_sdk_dynamodb::Client::from_conf(config.interceptor(Correction::shared()).build())
}

/// A client of SQS. Clones share its connections.
pub fn sqs(config: &SdkConfig) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(&patient(config));
    aws_sdk_sqs::Client::from_conf(config.interceptor(Correction::shared()).build())
}

/// A client of Systems Manager. Clones share its connections.
pub fn ssm(config: &SdkConfig) -> aws_sdk_ssm::Client {
    let config = aws_sdk_ssm::config::Builder::from(&patient(config));
    aws_sdk_ssm::Client::from_conf(config.interceptor(Correction::shared()).build())
}

fn patient(config: &SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(100))
        .with_max_backoff(Duration::from_secs(1));
    let timeouts = timeouts(Duration::ZERO);
    config.to_builder().retry_config(retries).timeout_config(timeouts).build()
}

/// Time-outs of a call whose answer the service itself holds back for `wait`.
pub(crate) fn timeouts(wait: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(wait + ATTEMPT)
        .operation_timeout(wait + OPERATION)
        .build()
}
