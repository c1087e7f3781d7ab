use std::cell::{Cell, RefCell};

use super::*;
use crate::{
    fakes::{FakeClock, channel_id, post},
    verdict::Verdict,
};

/// A dead-letter queue that shows at most two messages at once, and its queue.
#[derive(Default)]
struct Queue {
    parked: RefCell<Vec<Parked>>,
    taken: RefCell<BTreeSet<String>>,
    back: RefCell<Vec<String>>,
    refuses_from: Cell<Option<usize>>,
}

impl Queue {
    fn with(bodies: &[(&str, &str)]) -> Self {
        let parked = bodies.iter().enumerate().map(|(index, (body, reason))| Parked {
            id: format!("m{index}"),
            reason: Some((*reason).to_owned()),
            group: "g".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            body: (*body).to_owned(),
            receipt: String::new(),
        });
        Self { parked: RefCell::new(parked.collect()), ..Self::default() }
    }

    fn left(&self) -> Vec<String> {
        self.parked.borrow().iter().map(|parked| parked.id.clone()).collect()
    }
}

impl ParkedMessages for Queue {
    async fn take(&self) -> Result<Vec<Parked>, Failure> {
        let mut taken = self.taken.borrow_mut();
        let parked = self.parked.borrow();
        let free = parked.iter().filter(|parked| !taken.contains(&parked.id));
        let free: Vec<Parked> = free.take(2).cloned().collect();
        taken.extend(free.iter().map(|parked| parked.id.clone()));
        Ok(free)
    }

    async fn put_back(&self, _: &Parked, body: &str) -> Result<(), Failure> {
        if self.refuses_from.get() == Some(self.back.borrow().len()) {
            return Err(Failure::new(Verdict::RETRY, "aws_throttled", "throttled"));
        }
        self.back.borrow_mut().push(body.to_owned());
        Ok(())
    }

    async fn remove(&self, parked: &Parked) -> Result<(), Failure> {
        self.parked.borrow_mut().retain(|other| other.id != parked.id);
        Ok(())
    }

    async fn release(&self, parked: &Parked) -> Result<(), Failure> {
        self.taken.borrow_mut().remove(&parked.id);
        Ok(())
    }
}

fn change(id: &str) -> String {
    let message = Change::Message(Box::new(post(id, "Zoë", "Help!")));
    serde_json::to_string(&InboundBatch::new(channel_id("acme-page"), vec![message])).unwrap()
}

async fn redriven(queue: &Queue, which: Which) -> (usize, Result<Vec<Parked>, Failure>) {
    let (clock, mut count) = (FakeClock::new(), 0);
    let stayed = redrive((queue, &clock), &which, Duration::from_secs(1), |_| count += 1).await;
    (count, stayed)
}

#[tokio::test]
async fn what_goes_back_is_removed_and_what_cannot_stays_and_can_be_seen() {
    let queue = Queue::with(&[
        (&change("1"), "cic_refused"),
        ("{\"field\": \"unknown\"}", "facebook_change_unknown"),
        (&change("2"), "cic_refused"),
    ]);
    let (count, stayed) = redriven(&queue, Which::default()).await;
    assert_eq!((count, queue.left()), (2, vec!["m1".to_owned()]));
    assert_eq!(stayed.unwrap()[0].id, "m1");
    assert!(queue.back.borrow()[0].contains("\"redriven\":1"));
    assert_eq!(list(&queue, &Which::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_what_is_meant_goes_back() {
    let queue = Queue::with(&[(&change("1"), "cic_refused"), (&change("2"), "deadly_message")]);
    let reason = Some("deadly_message".to_owned());
    let (count, stayed) = redriven(&queue, Which { reason, id: None }).await;
    assert_eq!((count, stayed.unwrap().len()), (1, 0));
    assert_eq!(queue.left(), ["m0"]);
    let id = Some("m0".to_owned());
    assert_eq!(redriven(&queue, Which { id, reason: None }).await.0, 1);
}

#[tokio::test]
async fn after_a_failure_nothing_more_goes_and_nothing_is_lost() {
    let queue = Queue::with(&[(&change("1"), "r"), (&change("2"), "r"), (&change("3"), "r")]);
    queue.refuses_from.set(Some(1));
    let (count, stayed) = redriven(&queue, Which::default()).await;
    assert!(stayed.is_err());
    assert_eq!((count, queue.left()), (1, vec!["m1".to_owned(), "m2".to_owned()]));
    queue.refuses_from.set(None);
    assert_eq!(redriven(&queue, Which::default()).await.0, 2);
}

#[test]
fn a_reply_goes_back_with_a_body_of_its_own() {
    let body = serde_json::json!({
        "id": "chat#1", "channel_id": "acme-page", "conversation": "post:1", "generation": 1,
        "agent": "Jo", "text": "Hello", "written_at": "2026-11-22T12:00:00Z",
        "target": { "Err": "deleted" },
    });
    let queue = Queue::with(&[(&body.to_string(), "r")]);
    let mut parked = queue.parked.borrow()[0].clone();
    let once = parked.body_to_put_back().unwrap();
    parked.body = once.clone();
    let twice = parked.body_to_put_back().unwrap();
    assert_ne!(once, twice);
    assert_eq!(parked.content().to_string(), "acme-page: reply chat#1");
    serde_json::from_str::<Reply>(&twice).unwrap();
}

#[test]
fn what_people_wrote_is_in_no_summary() {
    let queue = Queue::with(&[(&change("1"), "r")]);
    let parked = queue.parked.borrow()[0].clone();
    let told = format!("{} {parked:?}", parked.content());
    assert!(told.contains("acme-page: message of 1") && !told.contains("Help!"), "{told}");
}
