//! The start of a chat: what it is sent, and what a refusal means.

use social_core::chat::{Chat, Opening, Sent};

use crate::{
    ask::{Ask, Start},
    error::{CicError, PER_ADDRESS},
    offer::Offer,
    pair::Cic,
    server::Server,
    visit::Visit,
    wire::Reply,
};

impl Cic {
    /// Starts a chat on one server; without what the server refuses and a chat can do without.
    pub(crate) async fn start(
        &self,
        server: &Server,
        opening: &Opening,
        visit: &mut Visit,
    ) -> Result<Chat, CicError> {
        let Offer { interface, version } = server.offer(self.choice).await?;
        let mut without = server.refusals.known(opening);
        let reply = loop {
            let webhook = self.events_url.as_ref();
            let ask = Ask::Start(Start { opening, version, webhook, without: &without });
            match self.exchange(server, interface, ask, visit).await {
                Ok(reply) => break reply,
                // Only what was sent is ever refused: each time there is less of it.
                Err(CicError::Extras(mut refused)) => without.append(&mut refused),
                Err(error) => {
                    if error.perhaps_done() {
                        visit.sent = Sent::Perhaps;
                    }
                    return Err(self.throttled(server, error).await);
                }
            }
        };
        server.refusals.learn(&without, opening);
        let Reply { chat_id: Some(chat_id), participant_id: Some(participant_id), .. } = reply
        else {
            visit.sent = Sent::Perhaps;
            return Err(CicError::Malformed);
        };
        visit.adopt(&participant_id);
        Ok(Chat { interface, server: server.index, chat_id, participant_id })
    }

    /// Tells CIC's throttle from a server that is down. What a throttled start is answered is not
    /// public (section 9); a public client's comment hints at 404. Inferred: 429, `unavailable` of
    /// `websvcs`, and 404 or 503 from a server that, asked again, still offers chats.
    async fn throttled(&self, server: &Server, error: CicError) -> CicError {
        let at_once = match &error {
            CicError::Status { status, .. } => match status {
                429 => true,
                404 | 503 => false,
                _ => return error,
            },
            CicError::Refused { reason }
                if reason.to_ascii_lowercase().ends_with(".unavailable") =>
            {
                true
            }
            _ => return error,
        };
        if !at_once {
            server.forget();
            match server.offer(self.choice).await {
                Ok(_) => {}
                Err(CicError::NoInterface) => return error,
                Err(down) => return down,
            }
        }
        if self.memory().should_warn() {
            tracing::warn!(
                metric = "ChatsThrottled",
                error_type = "cic_throttled",
                field = PER_ADDRESS,
                "CIC takes no more chats: raise this one of its Web Services Parameters, or lower \
                 the bridge's caps; it also takes about 5 new chats a second and 5,000 in all"
            );
        }
        CicError::Throttled
    }
}
