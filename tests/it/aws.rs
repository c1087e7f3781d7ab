//! The administrators' way in: channels, credentials, queues and logs, over AWS's JSON protocol.

use local::stack::Stack;
use reqwest::Client;
use serde_json::{Map, Value, json};

use crate::{outside, story::Outcome};

/// AWS as the stack has it. No signature is asked for.
pub(crate) struct Aws {
    http: Client,
    endpoint: String,
}

/// A message in a dead-letter queue.
pub(crate) struct Parked {
    pub(crate) body: String,
    /// Its attribute `reason`.
    pub(crate) reason: String,
}

impl Aws {
    pub(crate) fn new(stack: &Stack) -> Outcome<Self> {
        Ok(Self { http: outside::client()?, endpoint: stack.aws_endpoint_url.clone() })
    }

    /// Writes a channel as an administrator does.
    pub(crate) async fn put_channel(&self, stack: &Stack, entry: &Value) -> Outcome {
        let item: Map<_, _> = entry
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), attribute(v)))
            .collect();
        let order = json!({ "TableName": stack.tables.channels, "Item": item });
        self.call("dynamodb", "DynamoDB_20120810.PutItem", &order).await.map(drop)
    }

    /// Writes a secret document, over the one that is there.
    pub(crate) async fn put_parameter(&self, name: &str, value: &str) -> Outcome {
        let order =
            json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
        self.call("ssm", "AmazonSSM.PutParameter", &order).await.map(drop)
    }

    /// Sends a message into a FIFO queue.
    pub(crate) async fn send(&self, queue: &str, group: &str, body: &str) -> Outcome {
        let order = json!({
            "QueueUrl": queue, "MessageBody": body,
            "MessageGroupId": group, "MessageDeduplicationId": group,
        });
        self.call("sqs", "AmazonSQS.SendMessage", &order).await.map(drop)
    }

    /// The oldest messages of a dead-letter queue. They stay there, for others to see.
    pub(crate) async fn parked(&self, queue: &str) -> Outcome<Vec<Parked>> {
        let order = json!({
            "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0,
            "MessageAttributeNames": ["All"],
        });
        let answer = self.call("sqs", "AmazonSQS.ReceiveMessage", &order).await?;
        let messages = answer.get("Messages").and_then(Value::as_array).cloned();
        let parked = messages.unwrap_or_default().into_iter().map(|message| Parked {
            body: text_at(&message, "/Body"),
            reason: text_at(&message, "/MessageAttributes/reason/StringValue"),
        });
        Ok(parked.collect())
    }

    /// Every log line of a function so far.
    pub(crate) async fn log(&self, stack: &Stack, function: &str) -> Outcome<Vec<String>> {
        let name =
            stack.functions.get(function).ok_or_else(|| format!("no function {function}"))?;
        let (mut lines, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut order = json!({ "logGroupName": format!("/aws/lambda/{name}") });
            if let (Some(order), false) = (order.as_object_mut(), token.is_null()) {
                order.insert("nextToken".to_owned(), token);
            }
            let answer = self.call("logs", "Logs_20140328.FilterLogEvents", &order).await?;
            let events = answer.get("events").and_then(Value::as_array);
            lines.extend(events.into_iter().flatten().map(|event| text_at(event, "/message")));
            token = answer.get("nextToken").cloned().unwrap_or_default();
            if token.is_null() {
                return Ok(lines);
            }
        }
    }

    async fn call(&self, service: &str, target: &str, body: &Value) -> Outcome<Value> {
        let scope = format!("Credential=test/20261122/us-east-1/{service}/aws4_request");
        let request = self
            .http
            .post(&self.endpoint)
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("Authorization", format!("AWS4-HMAC-SHA256 {scope}"))
            .body(body.to_string());
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(format!("{target} was answered {status}: {text}").into());
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A value as `DynamoDB` writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(it) => json!({ "BOOL": it }),
        Value::Number(it) => json!({ "N": it.to_string() }),
        Value::String(it) => json!({ "S": it }),
        Value::Array(all) => json!({ "L": all.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(all) => {
            json!({ "M": all.iter().map(|(k, v)| (k.clone(), attribute(v))).collect::<Map<_, _>>() })
        }
    }
}
