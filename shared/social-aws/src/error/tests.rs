use rstest::rstest;
use social_core::Failure;

use super::*;
use crate::testing::config;

#[rstest]
#[case("ProvisionedThroughputExceededException", 400, Problem::Throttled)]
#[case("RequestLimitExceeded", 400, Problem::Throttled)]
#[case("KmsThrottled", 400, Problem::Throttled)]
#[case("OverLimit", 403, Problem::Throttled)]
#[case("", 429, Problem::Throttled)]
#[case("InternalServerError", 500, Problem::Unavailable)]
#[case("TransactionConflictException", 400, Problem::Unavailable)]
#[case("", 503, Problem::Unavailable)]
#[case("AccessDeniedException", 400, Problem::Denied)]
#[case("UnrecognizedClientException", 400, Problem::Denied)]
#[case("InvalidSignatureException", 400, Problem::Denied)]
#[case("KmsDisabled", 400, Problem::Denied)]
#[case("ResourceNotFoundException", 400, Problem::NotFound)]
#[case("AWS.SimpleQueueService.NonExistentQueue", 400, Problem::NotFound)]
#[case("QueueDoesNotExist", 400, Problem::NotFound)]
#[case("ValidationException", 400, Problem::Invalid)]
#[case("InvalidParameterValue", 400, Problem::Invalid)]
#[case("InvalidMessageContents", 400, Problem::Invalid)]
#[case("BatchRequestTooLong", 400, Problem::Invalid)]
#[case("SomethingNew", 400, Problem::Unexpected)]
fn an_answer_is_sorted_by_what_can_be_done(
    #[case] code: &str,
    #[case] status: u16,
    #[case] expected: Problem,
) {
    assert_eq!(answered(code, status), expected);
}

#[tokio::test]
async fn a_service_that_is_not_reached_is_tried_again() {
    let client = crate::dynamodb(&config("http://127.0.0.1:1"));
    let error = client.list_tables().send().await.map_err(AwsError::of("DynamoDB ListTables"));
    let failure = Failure::from(error.unwrap_err());
    assert_eq!((failure.verdict(), failure.error_type()), (Verdict::RETRY, "aws_unavailable"));
    assert!(failure.to_string().starts_with("DynamoDB ListTables failed: io error"), "{failure}");
}

#[test]
fn what_cannot_be_read_waits_for_a_version_that_can() {
    let error = AwsError::Malformed { what: "conversation" };
    assert_eq!((error.verdict(), error.error_type()), (Verdict::WAIT, "state_malformed"));
}
