//! Telling: notices that reach an agent by the queue, in a new interaction if the last one has ended.

use std::time::Duration;

use super::{Course, DEADLY_ATTEMPTS, Ports, RouteError, Routed, Router, showing::PERHAPS_SHOWN};
use crate::{
    channel::Channel,
    clock::Clock,
    inbound::Tell,
    store::{Claim, Conversations, Ledger},
    text,
};

impl<P: Ports> Router<P> {
    pub(super) async fn route_tell(
        &self,
        channel: &Channel,
        tell: &Tell,
        course: Course,
    ) -> Result<Routed, RouteError> {
        let now = self.desk.clock.now();
        let early = tell.reoffer.as_ref().filter(|reoffer| now < reoffer.not_before);
        if let Some(reoffer) = early {
            let after = Duration::try_from(reoffer.not_before.duration_since(now));
            return Err(RouteError::NotYet { after: after.unwrap_or_default() });
        }
        let store = &self.desk.store;
        self.unpark(channel, tell, course).await?;
        let claim = store.claim(&channel.id, tell).await;
        let again = match claim.map_err(RouteError::Store)? {
            Claim::Done => return Ok(Routed::Done { anew: false }),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { attempts, .. } if attempts > DEADLY_ATTEMPTS => {
                return Err(RouteError::Deadly);
            }
            Claim::Granted { again, .. } => again,
        };
        match self.say_notice(channel, tell, again).await {
            Ok(()) => {
                let completed = store.complete(&channel.id, tell, None).await;
                completed.map_err(RouteError::Store)?;
                Ok(Routed::Done { anew: true })
            }
            Err(error) => {
                let perhaps_done = again || error.perhaps_done();
                let released = store.release(&channel.id, tell, perhaps_done).await;
                released.map_err(RouteError::Store)?;
                Err(error)
            }
        }
    }

    async fn say_notice(
        &self,
        channel: &Channel,
        tell: &Tell,
        again: bool,
    ) -> Result<(), RouteError> {
        let loaded = self.desk.store.load(&channel.id, &tell.conversation).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        // Where the chat counts as open, who heard its end died before writing that down: saying it
        // there finds out.
        let needless = tell.reoffer.as_ref().is_some_and(|reoffer| {
            let ended =
                conversation.ended.as_ref().filter(|_| conversation.interaction().is_none());
            conversation.generation != reoffer.generation || ended.is_some_and(|it| it.answered)
        });
        if needless {
            return Ok(());
        }
        let line = text::notice(&tell.notice);
        let line = match (again, self.was_said(&conversation, &line, again).await?) {
            (_, Some(true)) => return self.hear_what_was_answered(&mut conversation).await,
            (true, None) => format!("{PERHAPS_SHOWN}\n{line}"),
            _ => line,
        };
        self.say_in_an_open_chat(channel, &mut conversation, None, &line, |_| {}).await
    }
}
