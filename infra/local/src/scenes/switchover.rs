//! The primary CIC server goes down in mid-conversation.

use std::time::Duration;

use super::{ACME, SceneError, Steps, stage::Stage};
use crate::world::{Cic, Fault, World};

/// The backup takes over within a second, and hands back as fast.
const TAKEOVER: Duration = Duration::from_secs(15);

/// A conversation that began at the primary goes on through the other server.
///
/// Everybody else's chats move too, so it plays alone.
pub async fn switchover(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let played = conversation(world, steps).await;
    let [primary, _] = &world.cic;
    let restored = async {
        primary.control().drop_faults().await?;
        takes_over(world, primary, "the primary to serve again").await
    };
    let restored = restored.await;
    played.and(restored)
}

async fn conversation(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let [primary, backup] = &stage.world.cic;
    // Whatever happens to the primary, this agent works on at the other server.
    let (kai, jo) = (stage.visitor("Kai Tanaka"), backup.agent("Jo"));
    let question = stage.line("Can I change my delivery address?");
    let (post, chat) = steps
        .holds("Kai posts on the page Acme, and Jo picks it up", async {
            let post = kai.posts_on(ACME.id, &question).await?;
            let chat = stage.offered(ACME.workgroup, &question).await?;
            Ok((post, stage.picks_up(&jo, &chat).await?))
        })
        .await?;
    steps
        .holds("the primary CIC server goes down, and the backup takes over", async {
            primary.control().add_fault(&Fault::status("*", 503).times(100_000)).await?;
            takes_over(&stage.world, backup, "the backup to take over").await
        })
        .await?;

    let address = stage.line("It is Harbour Street 5 now.");
    steps
        .holds("Kai's comment reaches the same interaction through the backup", async {
            kai.comments_on(&post, &address).await?;
            stage.joins(&chat, &address).await
        })
        .await?;
    let reply = stage.line("Done, the parcel goes to the new address.");
    steps
        .holds("Jo's reply, collected from the backup, is a comment of the page", async {
            jo.writes(&chat, &reply).await?;
            // It answers Kai's comment, so it may stand under it.
            stage.page_reply(&ACME, &post, &reply).await
        })
        .await?;
    Ok(())
}

async fn takes_over(world: &World, server: &Cic, awaited: &str) -> Result<(), SceneError> {
    let active = async || Ok(server.status().await?.active.then_some(()));
    Ok(world.eventually(awaited, TAKEOVER, active).await?)
}
