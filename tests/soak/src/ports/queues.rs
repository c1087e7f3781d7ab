//! The queues, as one process holds them.

use std::{rc::Rc, time::Duration};

use social_core::{
    Failure, Verdict,
    collecting::NudgeQueue,
    inbound::{DeadLetters, InboundBatch, InboundQueue, OutboundQueue},
    reply::Reply,
};
use social_lambda::FifoQueue;

use super::Ports;
use crate::{faults::Process, world::State};

impl<S: State> InboundQueue for Ports<S> {
    async fn send(
        &self,
        group: &str,
        deduplication: &str,
        batch: &InboundBatch,
    ) -> Result<(), Failure> {
        if self.process.faults().happens("queue did not take it", |rates| rates.sends_refused) {
            return Err(Failure::new(Verdict::RETRY, "aws_unavailable", "refused on purpose"));
        }
        let body = serde_json::to_string(batch).unwrap_or_default();
        let work = async || {
            if self.world.inbound.send(group, deduplication, body.clone()) {
                self.world.note_queued(batch);
            }
            Ok(())
        };
        self.process.call_with_tries("send_inbound", work).await
    }
}

impl<S: State> OutboundQueue for Ports<S> {
    async fn send(&self, reply: &Reply) -> Result<(), Failure> {
        let work = async {
            let group = format!("{}#{}", reply.channel_id, reply.conversation);
            let body = serde_json::to_string(reply).unwrap_or_default();
            if self.world.outbound.send(&group, &reply.id, body) {
                self.world.note_reply(reply);
            }
            Ok(())
        };
        self.process.call("send_outbound", work).await
    }
}

impl<S: State> DeadLetters for Ports<S> {
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure> {
        let work = async {
            self.world.note_parked(body);
            self.world.inbound.park(body, reason, group);
            Ok(())
        };
        self.process.call("park", work).await
    }
}

/// One of the two queues, as the batch loop handles it.
#[derive(Debug)]
pub struct OwnQueue {
    pub queue: Rc<crate::sqs::Fifo>,
    pub process: Process,
}

impl FifoQueue for OwnQueue {
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure> {
        let work = async {
            self.queue.park(body, reason, group);
            Ok(())
        };
        self.process.call("park", work).await
    }

    async fn delay(&self, receipt_handles: &[String], pause: Duration) -> Result<(), Failure> {
        let work = async {
            for handle in receipt_handles {
                self.queue.delay(handle, pause);
            }
            Ok(())
        };
        self.process.call("delay", work).await
    }
}

impl<S: State> NudgeQueue for Ports<S> {
    async fn receive(&self, wait: Duration) -> Result<Vec<String>, Failure> {
        tokio::time::sleep(wait).await;
        Ok(Vec::new())
    }
}
