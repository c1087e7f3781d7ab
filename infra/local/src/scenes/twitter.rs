//! Conversations on Twitter: the brand's channel, which answers, and the competitor's, which only reads.

use super::{BRAND, MARKET_WATCH, SOCIAL_SUPPORT, SceneError, Steps, stage::Stage};
use crate::world::{Agent, Interaction, World};

/// In the notice that a conversation begins with when the network would refuse every reply.
const UNANSWERABLE: &str = "cannot be answered";

/// In the notice about a reply that did not go out; the reason stands beside it.
const NOT_PUBLISHED: &str = "not published";

/// A tweet that mentions the company's handle is answered, and the answer's answer comes back.
pub async fn mention(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (leo, jo) = (stage.visitor("Léo Martin"), stage.agent("Jo"));
    let question = stage.line("@acme is your shop down?");
    let (tweet, chat) = steps
        .holds("a tweet that mentions @acme is offered in Social Support", async {
            let tweet = leo.tweets(&question).await?;
            Ok((tweet, stage.offered(SOCIAL_SUPPORT, &question).await?))
        })
        .await?;

    let reply = stage.line("It is up again, sorry for that!");
    let answer = steps
        .holds("Jo replies, and @acme tweets it in reply to the mention", async {
            stage.picks_up(&jo, &chat).await?;
            jo.writes(&chat, &reply).await?;
            stage.answer(BRAND, &tweet, &reply).await
        })
        .await?;

    let thanks = stage.line("@acme thank you, it works.");
    steps
        .holds("Léo answers the reply, and the same interaction shows it", async {
            leo.answers(&answer.id, &thanks).await?;
            stage.joins(&chat, &thanks).await?;
            Ok(())
        })
        .await
}

/// A tweet with a keyword and no handle reaches the same channel, but X takes no reply to it.
pub async fn keyword_without_handle(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (eva, jo) = (stage.visitor("Eva Novak"), stage.agent("Jo"));
    let complaint = stage.line("My acme router restarts every hour.");
    let chat = steps
        .holds("a tweet with a keyword and no handle is offered in Social Support", async {
            eva.tweets(&complaint).await?;
            stage.offered(SOCIAL_SUPPORT, &complaint).await
        })
        .await?;
    steps
        .holds("the interaction says from the start that the tweet cannot be answered", async {
            stage.notice(&chat, UNANSWERABLE, |chat| &chat.transcript).await
        })
        .await?;
    is_refused(&stage, steps, &jo, &chat, "a reply to it is refused, and Jo reads why").await
}

/// The competitor's channel listens to its handle and to its product, and never says anything.
pub async fn competitor(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (tom, ana) = (stage.visitor("Tom Weber"), stage.visitor("Ana Silva"));
    let handle = stage.line("@rival never answers the phone.");
    let product = stage.line("The RivalPhone 9 is out, and it is heavy.");
    steps
        .holds("Tom tweets about @rival, Ana about its RivalPhone 9", async {
            tom.tweets(&handle).await?;
            ana.tweets(&product).await?;
            Ok(())
        })
        .await?;
    let chat = steps
        .holds("the tweet with the competitor's handle is offered in Market Watch", async {
            watched(&stage, &handle).await
        })
        .await?;
    steps
        .holds("the tweet with the product's name is offered in Market Watch", async {
            watched(&stage, &product).await
        })
        .await?;
    let step = "a reply there is not published: the channel is read-only";
    is_refused(&stage, steps, &stage.agent("Max"), &chat, step).await
}

async fn watched(stage: &Stage, text: &str) -> Result<Interaction, SceneError> {
    let chat = stage.offered(MARKET_WATCH, text).await?;
    stage.only_once(text, &[MARKET_WATCH]).await?;
    Ok(chat)
}

/// The agent's reply comes back as a notice, and nothing is published.
async fn is_refused(
    stage: &Stage,
    steps: &mut Steps,
    agent: &Agent,
    chat: &Interaction,
    step: &str,
) -> Result<(), SceneError> {
    let reply = stage.line("We would love to help.");
    steps
        .holds(step, async {
            stage.picks_up(agent, chat).await?;
            agent.writes(chat, &reply).await?;
            stage.notice(chat, NOT_PUBLISHED, |chat| chat.after_agents(&reply)).await?;
            stage.not_tweeted(&reply).await
        })
        .await
}

/// A tweet belongs to every channel whose terms it has, and to no other.
pub async fn matching(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let kim = stage.visitor("Kim Park");
    let neither = stage.line("What a fine morning for a walk.");
    let both = stage.line("@acme can you match the price of the RivalPhone 9?");
    steps
        .holds("Kim tweets with the terms of no channel, then with those of two", async {
            kim.tweets(&neither).await?;
            kim.tweets(&both).await?;
            Ok(())
        })
        .await?;
    steps
        .holds("the tweet that matches two channels has one interaction in each", async {
            stage.offered(SOCIAL_SUPPORT, &both).await?;
            stage.offered(MARKET_WATCH, &both).await?;
            stage.two_more_searches().await?;
            stage.only_once(&both, &[SOCIAL_SUPPORT, MARKET_WATCH]).await
        })
        .await?;
    // It is the older of the two, so every search that could have found it is over.
    steps.holds("the tweet that matches none has none", stage.only_once(&neither, &[])).await
}
