use std::time::Duration;

use serde_json::{Value, json};
use social_core::{
    Verdict,
    channel::ChannelId,
    conversation::ConversationKey,
    inbound::{Change, DeadLetters, InboundBatch, InboundQueue, Nudges, OutboundQueue},
    reply::{Refusal, Reply},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::header};

use super::*;
use crate::testing::{assert_send, channel, config, message};

const URL: &str = "https://sqs.eu-central-1.amazonaws.com/1/inbound.fifo";

async fn sqs(operation: &str, answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    on(&server, operation, answer).await;
    let client = crate::sqs(&config(&server.uri()));
    (server, client)
}

async fn on(server: &MockServer, operation: &str, answer: ResponseTemplate) {
    Mock::given(header("x-amz-target", format!("AmazonSQS.{operation}")))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn sent() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "1" }))
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

fn batch(text: &str) -> InboundBatch {
    let mut message = message("1");
    message.text = text.to_owned();
    InboundBatch::new(channel(), vec![Change::Message(Box::new(message))])
}

fn reply(conversation: &str) -> Reply {
    Reply {
        id: "chat-1#5".to_owned(),
        channel_id: ChannelId("acme-page".to_owned()),
        conversation: ConversationKey(conversation.to_owned()),
        generation: 1,
        agent: "Ann".to_owned(),
        text: "thank you".to_owned(),
        written_at: "2026-11-22T12:00:00Z".parse().unwrap(),
        target: Err(Refusal::Empty),
        command: None,
        participant_id: String::new(),
        also_in: vec![],
        confirmed: false,
        in_doubt: false,
        approved_by: None,
    }
}

#[tokio::test]
async fn a_batch_is_sent_in_its_group() {
    let (server, client) = sqs("SendMessage", sent()).await;
    let queue = SqsInbound::new(&client, URL);
    // The last two are allowed in JSON and refused by SQS.
    let batch = batch("Zoë 👋 \u{7} \u{fffe}\u{ffff}");
    queue.send("acme-page#post#7_8", "d", &batch).await.unwrap();
    queue.send("Zoë's group", "d", &batch).await.unwrap();
    queue.send(&"x".repeat(129), "e", &batch).await.unwrap();

    let bodies = bodies(&server).await;
    let id = |index: usize, name: &str| bodies[index][name].as_str().unwrap().to_owned();
    assert_eq!(id(0, "QueueUrl"), URL);
    assert_eq!(id(0, "MessageGroupId"), "acme-page#post#7_8");
    assert_eq!(id(1, "MessageGroupId").len(), 64);
    assert_eq!(id(2, "MessageGroupId").len(), 64);
    assert_eq!(id(0, "MessageDeduplicationId"), id(1, "MessageDeduplicationId"));
    assert_ne!(id(0, "MessageDeduplicationId"), id(2, "MessageDeduplicationId"));
    let body = id(0, "MessageBody");
    assert!(!body.contains(|c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}')), "{body}");
    assert_eq!(serde_json::from_str::<InboundBatch>(&body).unwrap(), batch);
    assert_send(queue.send("g", "d", &batch));
}

#[tokio::test]
async fn replies_of_a_conversation_share_a_group() {
    let (server, client) = sqs("SendMessage", sent()).await;
    let queue = SqsOutbound::new(&client, URL);
    for conversation in ["post:7_8", "post:7_8", "post:7_9"] {
        queue.send(&reply(conversation)).await.unwrap();
    }
    let bodies = bodies(&server).await;
    let ids = |name: &str| bodies.iter().map(|body| body[name].clone()).collect::<Vec<_>>();
    let (groups, deduplication) = (ids("MessageGroupId"), ids("MessageDeduplicationId"));
    assert!(groups[0] == groups[1] && groups[0] != groups[2]);
    assert!(deduplication[0] == deduplication[1]);
    let body: Reply = serde_json::from_str(bodies[0]["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body, reply("post:7_8"));
}

#[tokio::test]
async fn what_is_parked_keeps_its_body_and_reason() {
    let (server, client) = sqs("SendMessage", sent()).await;
    let queue = SqsDeadLetters::new(&client, URL);
    queue.park("{\"odd\": \"\u{1}\u{ffff}\"}", "malformed_message", "g").await.unwrap();
    queue.park("", "", "g").await.unwrap();
    let bodies = bodies(&server).await;
    let mut first = bodies[0].clone();
    assert_eq!(first["MessageDeduplicationId"].take().as_str().unwrap().len(), 64);
    insta::assert_json_snapshot!(first, @r#"
    {
      "MessageAttributes": {
        "reason": {
          "DataType": "String",
          "StringValue": "malformed_message"
        }
      },
      "MessageBody": "{\"odd\": \"��\"}",
      "MessageDeduplicationId": null,
      "MessageGroupId": "g",
      "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/inbound.fifo"
    }
    "#);
    assert_eq!(bodies[1]["MessageBody"], "(empty)");
    assert_send(queue.park("", "", "g"));
}

#[tokio::test]
async fn nudges_are_taken_once_each() {
    let message = |id: &str, body: &str| json!({ "MessageId": id, "ReceiptHandle": format!("r-{id}"), "Body": body });
    let messages = [message("1", "chat-1"), message("2", "chat-2"), message("3", "chat-1")];
    let (server, client) = sqs(
        "ReceiveMessage",
        ResponseTemplate::new(200).set_body_json(json!({ "Messages": messages })),
    )
    .await;
    let deleted = json!({ "Successful": [{ "Id": "0" }], "Failed": [] });
    on(&server, "DeleteMessageBatch", ResponseTemplate::new(200).set_body_json(deleted)).await;
    let queue = SqsNudges::new(&client, URL);
    let chats = queue.receive(Duration::from_secs(30)).await.unwrap();
    assert_eq!(chats, ["chat-1", "chat-2"]);
    insta::assert_json_snapshot!(bodies(&server).await, @r#"
    [
      {
        "MaxNumberOfMessages": 10,
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/inbound.fifo",
        "WaitTimeSeconds": 20
      },
      {
        "Entries": [
          {
            "Id": "0",
            "ReceiptHandle": "r-1"
          },
          {
            "Id": "1",
            "ReceiptHandle": "r-2"
          },
          {
            "Id": "2",
            "ReceiptHandle": "r-3"
          }
        ],
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/inbound.fifo"
      }
    ]
    "#);
    assert_send(queue.receive(Duration::ZERO));
    assert_send(queue.nudge("chat-1"));
}

#[tokio::test]
async fn without_nudges_nothing_is_deleted() {
    let empty = ResponseTemplate::new(200).set_body_json(json!({}));
    let (server, client) = sqs("ReceiveMessage", empty).await;
    assert!(SqsNudges::new(&client, URL).receive(Duration::ZERO).await.unwrap().is_empty());
    assert_eq!(bodies(&server).await.len(), 1);
}

#[tokio::test]
async fn a_nudge_is_a_chat_id() {
    let (server, client) = sqs("SendMessage", sent()).await;
    SqsNudges::new(&client, URL).nudge("chat-1").await.unwrap();
    assert_eq!(bodies(&server).await, [json!({ "QueueUrl": URL, "MessageBody": "chat-1" })]);
}

#[tokio::test]
async fn delays_go_out_ten_by_ten() {
    let answer = json!({
        "Successful": [],
        "Failed": [{ "Id": "0", "SenderFault": true, "Code": "MessageNotInflight" }],
    });
    let answer = ResponseTemplate::new(200).set_body_json(answer);
    let (server, client) = sqs("ChangeMessageVisibilityBatch", answer).await;
    let visibility = SqsVisibility::new(&client, URL);
    visibility.delay(&["r"; 12], Duration::from_mins(15)).await.unwrap();
    visibility.delay(&[], Duration::ZERO).await.unwrap();
    let bodies = bodies(&server).await;
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["Entries"].as_array().unwrap().len(), 10);
    let last = json!({ "Id": "1", "ReceiptHandle": "r", "VisibilityTimeout": 900 });
    assert_eq!(bodies[1]["Entries"][1], last);
    assert_send(visibility.delay(&["r"], Duration::ZERO));
}

#[tokio::test]
async fn a_refusal_tells_no_values() {
    let refusal = json!({ "__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "where is my parcel" });
    let answer = ResponseTemplate::new(400).set_body_json(refusal);
    let (_server, client) = sqs("SendMessage", answer).await;
    let queue = SqsInbound::new(&client, URL);
    let failure = queue.send("g", "d", &batch("where is my parcel")).await.unwrap_err();
    assert_eq!((failure.verdict(), failure.error_type()), (Verdict::Reject, "aws_invalid"));
    let told = format!("{failure} {failure:?}");
    assert!(told.contains("InvalidMessageContents") && !told.contains("parcel"), "{told}");
}
