//! A rate limit, a 5xx or a time-out at each page of a five-page pass: nothing skipped, nothing twice.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use rstest::rstest;
use social_core::{
    inbound::{Change, InboundBatch, InboundQueue},
    polling::{self, Pace},
    store::{Lease, Leases},
};
use wiremock::{Request, Respond};

use super::*;

const PAGES: u32 = 5;

/// A feed of five pages, two posts each, newest first; one of the pages fails once.
struct FivePages {
    failing: u32,
    fault: fn() -> ResponseTemplate,
    failed: AtomicU32,
}

impl Respond for FivePages {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let after = request.url.query_pairs().find(|(name, _)| name == "after");
        let number: u32 = after.map_or(0, |(_, after)| after.parse().unwrap());
        if number == self.failing && self.failed.fetch_add(1, Ordering::Relaxed) == 0 {
            return (self.fault)();
        }
        let minute = |newer: u32| 59 - 2 * number - newer;
        let posts = [0, 1].map(|newer| {
            let minute = minute(newer);
            post(&minute.to_string(), "42", &format!("12:{minute}:00"), &[])
        });
        let mut body = json!({ "data": posts });
        if number + 1 < PAGES {
            body["paging"] = more(&(number + 1).to_string());
        }
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// The lease and the queue of one source, as what became of them.
#[derive(Default)]
struct Outside {
    checkpoint: Mutex<Option<String>>,
    queued: Mutex<Vec<String>>,
}

impl Leases for Outside {
    async fn take(&self, name: &str, _: Duration) -> Result<Option<Lease>, Failure> {
        let checkpoint = self.checkpoint.lock().unwrap().clone();
        Ok(Some(Lease { name: name.to_owned(), epoch: 1, until: Timestamp::MAX, checkpoint }))
    }

    async fn take_over(&self, _: &str, _: Duration) -> Result<Lease, Failure> {
        unreachable!("pollers wait for their lease")
    }

    async fn holds(&self, _: &Lease) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn save_checkpoint(&self, _: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        *self.checkpoint.lock().unwrap() = Some(checkpoint.to_owned());
        Ok(true)
    }

    async fn release(&self, _: &Lease) -> Result<(), Failure> {
        Ok(())
    }
}

impl InboundQueue for Outside {
    async fn send(&self, _: &str, _: &str, batch: &InboundBatch) -> Result<(), Failure> {
        let ids = batch.changes.iter().map(|change| match change {
            Change::Message(message) => message.id.to_string(),
            Change::Tell(_) | Change::Pushed(_) | Change::Folded(_) => {
                panic!("no poll queues this")
            }
        });
        self.queued.lock().unwrap().extend(ids);
        Ok(())
    }
}

fn graph_error(status: u16, code: u32) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": { "code": code } }))
}

#[rstest]
#[case::app_limit(|| graph_error(400, 4))]
#[case::page_limit(|| graph_error(400, 80_001))]
#[case::custom_limit(|| graph_error(400, 613))]
#[case::limit_in_a_200(|| graph_error(200, 32))]
#[case::too_many(|| ResponseTemplate::new(429).insert_header("retry-after", "30"))]
#[case::transient(|| graph_error(400, 2))]
#[case::bad_gateway(|| ResponseTemplate::new(502).set_body_string("<html>Bad Gateway</html>"))]
#[case::cut_off(|| ResponseTemplate::new(200).set_body_string("{\"data\":[{\"id\""))]
#[case::time_out(|| ResponseTemplate::new(200).set_delay(Duration::from_secs(4)))]
#[case::token(|| graph_error(400, 190))]
#[tokio::test]
async fn nothing_is_skipped_and_nothing_comes_twice(
    #[case] fault: fn() -> ResponseTemplate,
    #[values(0, 1, 2, 3, 4)] failing: u32,
) {
    let (server, hands) = (MockServer::start().await, Hands::noon());
    let pages = FivePages { failing, fault, failed: AtomicU32::new(0) };
    Mock::given(path(format!("/v26.0/{PAGE}/feed"))).respond_with(pages).mount(&server).await;
    let ports = ports(&server, &hands, &Ledger::default(), &Troubles::default());
    let channel: Arc<Channel> = channel(json!({ "start": "2026-11-22T12:00:00Z" }));
    let poll = FacebookPoll::new(ports, channel).unwrap();
    let outside = Outside::default();
    let pace = Pace {
        pause: Duration::from_secs(60),
        pause_after_failure: Duration::from_secs(60),
        until: hands.now() + Duration::from_mins(10),
        slack: Duration::from_secs(20),
    };
    let ran = polling::run(&poll, &outside, &outside, &hands, pace).await.unwrap();
    assert!(ran.failures >= 1 && ran.passes > ran.failures, "{ran:?}");
    let mut queued = outside.queued.into_inner().unwrap();
    queued.sort();
    let expected: Vec<String> = (50..60).map(|minute| format!("{PAGE}_{minute}")).collect();
    assert_eq!(queued, expected);
}
