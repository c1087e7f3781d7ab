//! The check-up: what CIC says by itself in a chat that nobody answers.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    chat::{ChatError, ContactCenter, Happening, Opening, ParticipantState, Party, Told},
    clock::Clock,
};

/// Longest pause between two looks: CIC drops a chat that nobody polls.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why the check-up learnt nothing.
#[derive(Debug, thiserror::Error)]
pub enum CheckupError {
    #[error("CIC did not do what was asked")]
    Chat(#[source] ChatError),
    #[error(
        "somebody picked the chat up, and what people write is no automatic text; name a workgroup in which nobody is logged on"
    )]
    Answered,
}

/// Opens a chat, listens for a while and leaves it: the texts that nobody wrote, in their order.
pub async fn automatic_texts(
    contact_center: &impl ContactCenter,
    clock: &impl Clock,
    workgroup: &str,
    listen_for: Duration,
) -> Result<Vec<String>, CheckupError> {
    let opening = Opening {
        workgroup: workgroup.to_owned(),
        participant_name: "Social Bridge check-up".to_owned(),
        language: None,
        attributes: BTreeMap::new(),
        routing_contexts: Vec::new(),
    };
    let until = clock.now() + listen_for;
    let mut told = contact_center.open(&opening).await.map_err(CheckupError::Chat)?;
    let mut texts = Vec::new();
    let learnt = loop {
        if let Err(error) = learn(&told, &mut texts) {
            break Err(error);
        }
        if clock.now() >= until {
            break Ok(());
        }
        clock.sleep(told.poll_after.min(LONGEST_PAUSE)).await;
        told = match contact_center.poll(&told.chat).await {
            Ok(told) => told,
            // CIC ended it by itself: what it had to say is said.
            Err(ChatError::Gone) => return Ok(texts),
            Err(error) => return Err(CheckupError::Chat(error)),
        };
    };
    // Whatever came of it, nobody should find the chat in a queue.
    contact_center.exit(&told.chat).await.map_err(CheckupError::Chat)?;
    learnt.map(|()| texts)
}

fn learn(told: &Told, texts: &mut Vec<String>) -> Result<(), CheckupError> {
    for event in told.events.iter().filter(|event| event.party != Party::Visitor) {
        match &event.what {
            Happening::State(ParticipantState::Active) if event.party == Party::Agent => {
                return Err(CheckupError::Answered);
            }
            Happening::Text(text) if !texts.contains(text) => texts.push(text.clone()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures::future;

    use super::*;
    use crate::fakes::World;

    const A_MINUTE: Duration = Duration::from_secs(60);

    /// The check-up, and what happens in its chat after a moment.
    async fn listening(
        world: &World,
        happens: impl FnOnce(&World),
    ) -> Result<Vec<String>, CheckupError> {
        let check = automatic_texts(&world.cic, &world.clock, "Social Support", A_MINUTE);
        let happening = async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            happens(world);
        };
        future::join(check, happening).await.0
    }

    #[tokio::test]
    async fn what_nobody_wrote_is_learnt_once_and_the_chat_is_left() {
        let world = World::new();
        let texts = listening(&world, |world| {
            world.cic.system_writes(0, "Welcome to Acme!");
            world.cic.agent_writes(0, "Acme", "Thank you for waiting.");
            world.cic.agent_writes(0, "Acme", "Thank you for waiting.");
        });
        assert_eq!(texts.await.unwrap(), ["Welcome to Acme!", "Thank you for waiting."]);
        assert!(world.cic.is_over(0) && world.cic.said()[0].is_empty());
    }

    #[tokio::test]
    async fn an_agent_who_picks_it_up_ends_it_and_nothing_is_learnt() {
        let world = World::new();
        let texts = listening(&world, |world| {
            world.cic.pick_up(0, "Jo");
            world.cic.agent_writes(0, "Jo", "Hello?");
        });
        assert!(matches!(texts.await, Err(CheckupError::Answered)));
        assert!(world.cic.is_over(0));
    }
}
