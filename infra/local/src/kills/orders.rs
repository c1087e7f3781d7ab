use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use social_failpoints::{POINTS, Point};
use tokio::time::{Instant, sleep};

use super::KillError;
use crate::stack::Stack;

/// How often it is looked whether an order was carried out.
const LOOK: Duration = Duration::from_millis(30);
/// How long a function lives at least after it died: most messages get through in it, although it takes
/// the queue a while to start it again.
const LIFE: Duration = Duration::from_millis(1_500);
/// How long a point is left alone after a kill: a message that its worker died of is begun again in it. Of
/// ten deaths it would be parked, as it should, and some points are passed by few messages.
const REST: Duration = Duration::from_secs(16);
/// How long nobody else is given a message that a worker took.
const VISIBILITY_SECONDS: u32 = 3;
/// Functions that nothing starts again but the next minute's schedule, and how often they are started
/// here. A poller that finds another one's lease gives up soon. X allows 450 searches in a quarter of an
/// hour, and a run may make two.
const SCHEDULED: [(&str, Duration); 3] = [
    ("collect-replies", Duration::from_secs(60)),
    ("poll-facebook", Duration::from_millis(500)),
    ("poll-twitter", Duration::from_secs(5)),
];

/// The stack's AWS, as an administrator has it. No signature is asked for.
pub(super) struct Aws {
    http: Client,
    url: String,
    functions: BTreeMap<String, String>,
}

impl Aws {
    #[expect(clippy::disallowed_methods, reason = "never leaves with a function")]
    pub(super) fn new(stack: &Stack) -> Result<Self, KillError> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let (url, functions) = (stack.aws_endpoint_url.clone(), stack.functions.clone());
        Ok(Self { http, url, functions })
    }

    /// Has a function get one message at a time.
    pub(super) async fn one_at_a_time(&self, function: &str) -> Result<(), KillError> {
        let mappings = format!("{}/2015-03-31/event-source-mappings/", self.url);
        let name = self.functions.get(function).cloned().unwrap_or_default();
        let list = self.http.get(&mappings).query(&[("FunctionName", name)]);
        let found = self.call("lambda", list).await?;
        for mapping in
            found.pointer("/EventSourceMappings").and_then(Value::as_array).into_iter().flatten()
        {
            let id = mapping.get("UUID").and_then(Value::as_str).unwrap_or_default();
            let update = self.http.put(format!("{mappings}{id}")).json(&json!({ "BatchSize": 1 }));
            self.call("lambda", update).await?;
        }
        Ok(())
    }

    /// Starts a scheduled function, as the next minute would.
    async fn start(&self, function: &str) -> Result<(), KillError> {
        let name = self.functions.get(function).cloned().unwrap_or_default();
        let invoke =
            self.http.post(format!("{}/2015-03-31/functions/{name}/invocations", self.url));
        let invoke = invoke.header("X-Amz-Invocation-Type", "Event").json(&json!({}));
        self.call("lambda", invoke).await.map(drop)
    }

    /// Has a queue show a message again soon after a worker took it and died. The template allows
    /// no such time: a worker that lives takes longer in AWS.
    pub(super) async fn forget_soon(&self, queue: &str) -> Result<(), KillError> {
        let attributes = json!({ "VisibilityTimeout": VISIBILITY_SECONDS.to_string() });
        let order = json!({ "QueueUrl": queue, "Attributes": attributes });
        let set = self.http.post(&self.url).header("X-Amz-Target", "AmazonSQS.SetQueueAttributes");
        let set = set.header("Content-Type", "application/x-amz-json-1.0").body(order.to_string());
        self.call("sqs", set).await.map(drop)
    }

    async fn call(&self, service: &str, request: RequestBuilder) -> Result<Value, KillError> {
        let scope = format!("Credential=test/20261122/us-east-1/{service}/aws4_request");
        let request = request.header("Authorization", format!("AWS4-HMAC-SHA256 {scope}"));
        let answer = request.send().await?.error_for_status()?.text().await?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }
}

/// The orders to die that stand, and those that were carried out.
pub(super) struct Orders {
    directory: PathBuf,
    functions: BTreeMap<String, String>,
    each: u32,
    kills: RefCell<BTreeMap<Point, u32>>,
    closed: Cell<bool>,
}

impl Orders {
    pub(super) fn new(stack: &Stack, each: u32) -> Self {
        Self {
            directory: stack.directory.join("failpoints"),
            functions: stack.functions.clone(),
            each,
            kills: RefCell::new(POINTS.map(|point| (point, 0)).into()),
            closed: Cell::new(false),
        }
    }

    /// Whether some point has not had its kills.
    pub(super) fn is_open(&self) -> bool {
        self.kills.borrow().values().any(|kills| *kills < self.each)
    }

    /// Kills that are owed yet, at all points.
    pub(super) fn to_go(&self) -> u32 {
        self.kills.borrow().values().map(|kills| self.each.saturating_sub(*kills)).sum()
    }

    /// Gives no more.
    pub(super) fn close(&self) {
        self.closed.set(true);
    }

    pub(super) fn kills(&self) -> BTreeMap<Point, u32> {
        self.kills.borrow().clone()
    }

    /// Gives orders for every point that has not had its kills. When one is carried out, the others
    /// of its function are taken back for a while, so that nothing dies of everything.
    pub(super) async fn give(&self, aws: &Aws) -> Result<(), KillError> {
        let mut given: BTreeSet<Point> = BTreeSet::new();
        let mut due: BTreeMap<&str, Instant> = BTreeMap::new();
        // Until when a point is left alone.
        let mut spared: BTreeMap<Point, Instant> = BTreeMap::new();
        while !self.closed.get() {
            let now = Instant::now();
            let carried_out = given.iter().filter(|point| !self.order(**point).exists());
            let dead: BTreeSet<&str> = carried_out.map(|point| point.function).collect();
            for function in dead {
                for point in POINTS.into_iter().filter(|point| point.function == function) {
                    let died = given.remove(&point) && !self.take_back(point)?;
                    if died {
                        self.count(point);
                    }
                    let until = now + if died { REST } else { LIFE };
                    let known = spared.entry(point).or_insert(until);
                    *known = until.max(*known);
                }
                due.remove(function);
            }
            for (function, pause) in SCHEDULED {
                if due.get(function).is_none_or(|due| *due <= Instant::now()) {
                    due.insert(function, Instant::now() + pause);
                    aws.start(function).await?;
                }
            }
            let open: Vec<Point> = self
                .kills
                .borrow()
                .iter()
                .filter(|(_, kills)| **kills < self.each)
                .map(|(point, _)| *point)
                .collect();
            for point in open {
                let is_spared = spared.get(&point).is_some_and(|until| now < *until);
                if !is_spared && given.insert(point) {
                    fs::write(self.order(point), [])?;
                }
            }
            sleep(LOOK).await;
        }
        given.into_iter().try_for_each(|point| self.take_back(point).map(drop))?;
        Ok(())
    }

    fn count(&self, point: Point) {
        *self.kills.borrow_mut().entry(point).or_default() += 1;
    }

    /// `false`: it was carried out before.
    fn take_back(&self, point: Point) -> io::Result<bool> {
        match fs::remove_file(self.order(point)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    fn order(&self, point: Point) -> PathBuf {
        let function = self.functions.get(point.function).map_or("", String::as_str);
        self.directory.join(point.order(function))
    }
}
