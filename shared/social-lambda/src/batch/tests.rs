use std::cell::RefCell;

use serde_json::{Value, json};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
struct Refused(Verdict);

impl Classify for Refused {
    fn verdict(&self) -> Verdict {
        self.0
    }

    fn error_type(&self) -> &'static str {
        "refused"
    }
}

/// Logs what the loop asks of the queue.
#[derive(Default)]
struct Queue(RefCell<Vec<String>>);

impl FifoQueue for Queue {
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure> {
        self.0.borrow_mut().push(format!("park {group} {reason} {body}"));
        Ok(())
    }

    async fn delay(&self, handles: &[String], pause: Duration) -> Result<(), Failure> {
        self.0.borrow_mut().push(format!("delay {} {}s", handles.join("+"), pause.as_secs()));
        Ok(())
    }
}

fn record(group: &str, id: &str, body: &str, received: u32) -> Value {
    json!({ "messageId": id, "receiptHandle": format!("r-{id}"), "body": body,
            "attributes": { "MessageGroupId": group, "ApproximateReceiveCount": received.to_string() } })
}

async fn process(records: Value, time_left: Duration) -> (Vec<String>, Vec<String>, Vec<String>) {
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let (queue, done) = (Queue::default(), RefCell::new(Vec::new()));
    let limits = Limits { deadline: SystemClock.now() + time_left, lease: LEASE };
    let response = process_batch(event, &queue, &SystemClock, limits, &async |body: String, _| {
        done.borrow_mut().push(body.clone());
        match body.as_str() {
            "retry" => Err(Refused(Verdict::RETRY)),
            "wait" => Err(Refused(Verdict::WAIT)),
            "reset" => Err(Refused(Verdict::Wait { after: Some(Duration::from_secs(77)) })),
            "reject" => Err(Refused(Verdict::Reject)),
            "panic" => panic!("boom"),
            _ => Ok(()),
        }
    })
    .await;
    let failed = response.batch_item_failures.into_iter().map(|item| item.item_identifier);
    (failed.collect(), done.into_inner(), queue.0.into_inner())
}

const TIME: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(35);

#[tokio::test]
async fn a_failure_holds_back_its_own_group_only() {
    let records = json!([
        record("a", "1", r#""ok""#, 1),
        record("a", "2", r#""retry""#, 1),
        record("a", "3", r#""ok""#, 1),
        record("b", "4", r#""ok""#, 1),
    ]);
    let (failed, done, asked) = process(records, TIME).await;
    assert_eq!(failed, ["2", "3"]);
    assert_eq!(done.iter().filter(|body| *body == "ok").count(), 2);
    assert_eq!(asked, ["delay r-2+r-3 2s"]);
}

#[tokio::test]
async fn what_is_parked_holds_nobody_back() {
    let records = json!([
        record("a", "1", "{", 1),
        record("a", "2", r#""reject""#, 1),
        record("a", "3", r#""ok""#, 1),
    ]);
    let (failed, done, asked) = process(records, TIME).await;
    assert!(failed.is_empty());
    assert_eq!(done, ["reject", "ok"]);
    assert_eq!(asked, ["park a malformed_message {", "park a refused \"reject\""]);
}

#[tokio::test]
async fn waiting_grows_with_each_delivery_and_is_seldom_only_after_an_hour() {
    for (body, received, pause) in [
        (r#""wait""#, 1, 5),
        (r#""wait""#, 3, 20),
        (r#""wait""#, 60, 60),
        (r#""wait""#, 61, 900),
        (r#""reset""#, 1, 77),
        (r#""panic""#, 2, 4),
    ] {
        let (failed, _, asked) = process(json!([record("a", "1", body, received)]), TIME).await;
        assert_eq!(failed, ["1"]);
        assert_eq!(asked, [format!("delay r-1 {pause}s")], "{body} {received}");
    }
}

#[tokio::test]
async fn nothing_is_begun_that_may_not_end_in_time() {
    let records = json!([record("a", "1", r#""ok""#, 1)]);
    let (failed, done, asked) = process(records, Duration::from_secs(5)).await;
    assert_eq!((failed, done), (vec!["1".to_owned()], vec![]));
    assert_eq!(asked, ["delay r-1 0s"]);
}

#[tokio::test]
async fn a_message_that_hangs_leaves_time_to_answer_for_its_neighbours() {
    let records = json!([record("a", "1", r#""hang""#, 1), record("b", "2", r#""ok""#, 1)]);
    let (failed, waited) = hang(records, WORST_STEP + Duration::from_secs(1), LEASE).await;
    assert_eq!(failed, ["1"]);
    assert_eq!(waited, [Duration::from_secs(15)]);
}

#[tokio::test]
async fn work_on_a_message_ends_before_it_is_somebody_elses() {
    let records = json!([record("a", "1", r#""hang""#, 1)]);
    let (failed, waited) = hang(records, TIME, Duration::from_secs(10)).await;
    assert_eq!(failed, ["1"]);
    assert_eq!(waited, [Duration::from_secs(8)]);
}

/// What failed, and for how long it was waited for what hangs.
async fn hang(
    records: Value,
    time_left: Duration,
    lease: Duration,
) -> (Vec<String>, Vec<Duration>) {
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let clock = Hasty { now: SystemClock.now(), waited: RefCell::default() };
    let limits = Limits { deadline: clock.now + time_left, lease };
    let work = async |body: String, _| match body.as_str() {
        "hang" => std::future::pending().await,
        _ => Ok::<(), Refused>(()),
    };
    let response = process_batch(event, &Queue::default(), &clock, limits, &work).await;
    let failed = response.batch_item_failures.into_iter().map(|item| item.item_identifier);
    (failed.collect(), clock.waited.into_inner())
}

/// A clock on which nobody waits.
struct Hasty {
    now: Timestamp,
    waited: RefCell<Vec<Duration>>,
}

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn sleep(&self, time: Duration) {
        self.waited.borrow_mut().push(time);
    }
}
