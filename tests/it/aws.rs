//! The administrators' way in: channels, credentials, queues and logs, over AWS's JSON protocol.

use local::stack::Stack;
use reqwest::{Client, RequestBuilder};
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
        let order = json!({ "TableName": stack.tables.channels, "Item": item(entry) });
        self.call("dynamodb", "DynamoDB_20120810.PutItem", &order).await.map(drop)
    }

    /// Writes many channels.
    pub(crate) async fn put_channels(&self, stack: &Stack, entries: &[Value]) -> Outcome {
        // DynamoDB takes 25 at once.
        for entries in entries.chunks(25) {
            let put = |entry| json!({ "PutRequest": { "Item": item(entry) } });
            let order: Vec<Value> = entries.iter().map(put).collect();
            let order = json!({ "RequestItems": { stack.tables.channels.as_str(): order } });
            self.call("dynamodb", "DynamoDB_20120810.BatchWriteItem", &order).await?;
        }
        Ok(())
    }

    /// Starts a function, and does not wait for its end.
    pub(crate) async fn invoke(&self, stack: &Stack, function: &str) -> Outcome {
        let name = name(stack, function)?;
        let path = format!("functions/{name}/invocations");
        self.lambda(self.http.post(self.lambda_url(&path)), &json!({})).await.map(drop)
    }

    /// Keeps a function from its queues.
    pub(crate) async fn unplug(&self, stack: &Stack, function: &str) -> Outcome {
        let query = format!("event-source-mappings/?FunctionName={}", name(stack, function)?);
        let found = self.lambda(self.http.get(self.lambda_url(&query)), &Value::Null).await?;
        let mappings = found.get("EventSourceMappings").and_then(Value::as_array);
        for mapping in mappings.into_iter().flatten() {
            let path = format!("event-source-mappings/{}", text_at(mapping, "/UUID"));
            let order = json!({ "Enabled": false });
            self.lambda(self.http.put(self.lambda_url(&path)), &order).await?;
        }
        Ok(())
    }

    /// Takes up to ten messages off a queue, for good.
    pub(crate) async fn take(&self, queue: &str) -> Outcome<Vec<String>> {
        let order = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
        let answer = self.call("sqs", "AmazonSQS.ReceiveMessage", &order).await?;
        let messages = answer.get("Messages").and_then(Value::as_array).cloned();
        let messages = messages.unwrap_or_default();
        let done = messages.iter().enumerate().map(|(number, message)| {
            json!({ "Id": number.to_string(), "ReceiptHandle": text_at(message, "/ReceiptHandle") })
        });
        let done: Vec<Value> = done.collect();
        if !done.is_empty() {
            let order = json!({ "QueueUrl": queue, "Entries": done });
            self.call("sqs", "AmazonSQS.DeleteMessageBatch", &order).await?;
        }
        Ok(messages.iter().map(|message| text_at(message, "/Body")).collect())
    }

    /// Writes a secret document, over the one that is there.
    pub(crate) async fn put_parameter(&self, name: &str, value: &str) -> Outcome {
        let order =
            json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
        self.call("ssm", "AmazonSSM.PutParameter", &order).await.map(drop)
    }

    /// Sends a message into a FIFO queue.
    pub(crate) async fn send(&self, queue: &str, group: &str, body: &str) -> Outcome {
        self.send_as(queue, group, group, body).await
    }

    /// Sends one of several messages of a group.
    pub(crate) async fn send_as(
        &self,
        queue: &str,
        group: &str,
        deduplication: &str,
        body: &str,
    ) -> Outcome {
        let deduplication: String =
            deduplication.chars().filter(char::is_ascii_alphanumeric).collect();
        let order = json!({
            "QueueUrl": queue, "MessageBody": body,
            "MessageGroupId": group, "MessageDeduplicationId": deduplication,
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

    /// Everything in the bridge's state, in one text.
    pub(crate) async fn state(&self, stack: &Stack) -> Outcome<String> {
        let (table, mut state) = (&stack.tables.state, String::new());
        let mut order = json!({ "TableName": table });
        loop {
            let page = self.call("dynamodb", "DynamoDB_20120810.Scan", &order).await?;
            state += &page.get("Items").cloned().unwrap_or_default().to_string();
            let Some(next) = page.get("LastEvaluatedKey") else { return Ok(state) };
            order = json!({ "TableName": table, "ExclusiveStartKey": next });
        }
    }

    /// Every log line of a function so far.
    pub(crate) async fn log(&self, stack: &Stack, function: &str) -> Outcome<Vec<String>> {
        let name = name(stack, function)?;
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

    fn lambda_url(&self, path: &str) -> String {
        format!("{}/2015-03-31/{path}", self.endpoint)
    }

    async fn lambda(&self, request: RequestBuilder, body: &Value) -> Outcome<Value> {
        let request = request.header("X-Amz-Invocation-Type", "Event");
        answered("lambda", request, body).await
    }

    async fn call(&self, service: &str, target: &str, body: &Value) -> Outcome<Value> {
        let request = self.http.post(&self.endpoint).header("X-Amz-Target", target);
        answered(service, request, body)
            .await
            .map_err(|error| format!("{target}: {}", error.message().unwrap_or_default()).into())
    }
}

async fn answered(service: &str, request: RequestBuilder, body: &Value) -> Outcome<Value> {
    let scope = format!("Credential=test/20261122/us-east-1/{service}/aws4_request");
    let request = request
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("Authorization", format!("AWS4-HMAC-SHA256 {scope}"))
        .body(body.to_string());
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    if !status.is_success() {
        return Err(format!("{service} answered {status}: {text}").into());
    }
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

/// A function's name in AWS.
fn name<'a>(stack: &'a Stack, function: &str) -> Outcome<&'a str> {
    let name = stack.functions.get(function);
    Ok(name.ok_or_else(|| format!("no function {function}"))?)
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An entry as `DynamoDB` writes it.
fn item(entry: &Value) -> Map<String, Value> {
    let fields = entry.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), attribute(value))).collect()
}

/// A value as `DynamoDB` writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(it) => json!({ "BOOL": it }),
        Value::Number(it) => json!({ "N": it.to_string() }),
        Value::String(it) => json!({ "S": it }),
        Value::Array(all) => json!({ "L": all.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(_) => {
            json!({ "M": item(value) })
        }
    }
}
