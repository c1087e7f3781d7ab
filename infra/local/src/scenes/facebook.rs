//! Conversations on Facebook pages.

use super::{ACME, ACME_NORD, SceneError, Steps, stage::Stage};
use crate::world::{Entry, Interaction, State, World};

/// The six steps: from a visitor's post to the interaction after the one that ended.
pub async fn facebook_conversation(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (zoe, jo) = (stage.visitor("Zoë O'Hara"), stage.agent("Jo"));
    let question = stage.line("My router blinks red since this morning.");
    let post = steps
        .holds("Zoë posts on the page Acme", async { Ok(zoe.posts_on(ACME.id, &question).await?) })
        .await?;
    let chat = steps
        .holds("the post is offered in Social Support, with name, text and permalink", async {
            let chat = stage.offered(ACME.workgroup, &question).await?;
            reads_well(&stage, &chat, &question, zoe.name(), &post).await?;
            Ok(chat)
        })
        .await?;
    steps.holds("Jo picks it up", stage.picks_up(&jo, &chat)).await?;

    let advice = stage.line("Please hold the reset button for ten seconds.");
    let reply = steps
        .holds("Jo replies, and the page comments under the post", async {
            jo.writes(&chat, &advice).await?;
            stage.page_comment(&ACME, &post, &advice).await
        })
        .await?;

    let thanks = stage.line("That helped, now it is green.");
    steps
        .holds("Zoë answers the comment, and the same interaction shows it", async {
            zoe.comments_on(&reply.id, &thanks).await?;
            stage.joins(&chat, &thanks).await
        })
        .await?;
    steps
        .holds("Jo disconnects", async {
            jo.disconnects(&chat).await?;
            stage.reaches(&chat, State::Disconnected).await
        })
        .await?;

    let again = stage.line("Now it blinks red again!");
    steps
        .holds("Zoë's next comment opens a new interaction with the tail of the old", async {
            zoe.comments_on(&post, &again).await?;
            let next = stage.offered(ACME.workgroup, &again).await?;
            follows(&stage, &chat, &next, &again, &[&advice, &thanks]).await
        })
        .await
}

/// Claims that the first line of a chat has what an agent needs: number, name, text and permalink.
async fn reads_well(
    stage: &Stage,
    chat: &Interaction,
    text: &str,
    name: &str,
    post_id: &str,
) -> Result<(), SceneError> {
    let message = chat.message(text);
    let header = message.and_then(Entry::header);
    let numbered = header.is_some_and(|header| header.number == 1);
    stage.claim("the first message's header has the number 1", numbered).await?;
    let named = header.is_some_and(|header| header.name.contains(name));
    stage.claim(&format!("the header names {name}"), named).await?;
    // A post's id is the page's and its own; a permalink holds at least the latter.
    let own_id = post_id.rsplit('_').next().unwrap_or(post_id);
    let linked = message.is_some_and(|message| message.links().any(|link| link.contains(own_id)));
    stage.claim(&format!("the message has a permalink to {post_id}"), linked).await
}

/// Claims that `next` is another interaction than `old`, and that it tells `tail` before `text`.
async fn follows(
    stage: &Stage,
    old: &Interaction,
    next: &Interaction,
    text: &str,
    tail: &[&str],
) -> Result<(), SceneError> {
    stage.claim("the new interaction is another one", old.id != next.id).await?;
    let above = next.before(text);
    for line in tail {
        let told = above.iter().any(|entry| entry.says(line));
        stage.claim(&format!("\"{line}\" stands above \"{text}\""), told).await?;
    }
    Ok(())
}

/// The page's own post: everyone who comments on it has an interaction of their own.
pub async fn own_post(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (ana, ben) = (stage.visitor("Ana Lima"), stage.visitor("Ben Okafor"));
    let news = stage.line("Our new opening hours start on Monday.");
    let post = steps
        .holds("the page Acme posts news of its own", async {
            Ok(world.page(ACME.id, ACME.name).posts_on(ACME.id, &news).await?)
        })
        .await?;

    let (hers, his) = (stage.line("Also on Sundays?"), stage.line("And on public holidays?"));
    let (chat, other) = steps
        .holds("Ana and Ben comment on it, and each has an interaction", async {
            ana.comments_on(&post, &hers).await?;
            ben.comments_on(&post, &his).await?;
            let chats = (offered_once(&stage, &hers).await?, offered_once(&stage, &his).await?);
            stage.claim("the interactions are two", chats.0.id != chats.1.id).await?;
            Ok(chats)
        })
        .await?;

    let second = stage.line("I mean the shop in the harbour.");
    steps
        .holds("Ana's second comment joins her first, and not Ben's", async {
            ana.comments_on(&post, &second).await?;
            let joined = stage.joins(&chat, &second).await?;
            let apart = !joined.shows(&his) && joined.id != other.id;
            stage.claim("Ana's interaction shows nothing of Ben's", apart).await
        })
        .await?;
    steps.holds("the page's own post is nobody's message", stage.only_once(&news, &[])).await
}

async fn offered_once(stage: &Stage, text: &str) -> Result<Interaction, SceneError> {
    let chat = stage.offered(ACME.workgroup, text).await?;
    stage.only_once(text, &[ACME.workgroup]).await?;
    Ok(chat)
}

/// Two regional pages, two workgroups.
pub async fn two_pages(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let (mia, nils) = (stage.visitor("Mia Rossi"), stage.visitor("Nils Berg"));
    let main = stage.line("Where is my parcel?");
    let nord = stage.line("Is the shop in Kiel open today?");
    steps
        .holds("Mia posts on Acme, Nils on Acme Nord", async {
            mia.posts_on(ACME.id, &main).await?;
            nils.posts_on(ACME_NORD.id, &nord).await?;
            Ok(())
        })
        .await?;
    for (page, text) in [(ACME, &main), (ACME_NORD, &nord)] {
        let step =
            format!("the post on {} is offered in {}, and only there", page.name, page.workgroup);
        steps
            .holds(step, async {
                stage.offered(page.workgroup, text).await?;
                stage.only_once(text, &[page.workgroup]).await
            })
            .await?;
    }
    Ok(())
}

/// One post comes by callback and is read by the poller too.
pub async fn both_roads(world: &World, steps: &mut Steps) -> Result<(), SceneError> {
    let stage = Stage::new(world, steps.mark());
    let ida = stage.visitor("Ida Kowalska");
    let question = stage.line("Does the guarantee cover water damage?");
    let (post, chat) = steps
        .holds("Ida's post is offered in Social Support", async {
            let post = ida.posts_on(ACME.id, &question).await?;
            Ok((post, stage.offered(ACME.workgroup, &question).await?))
        })
        .await?;
    steps
        .holds("the poller reads the page again, with the post on it", stage.two_more_feeds(&ACME))
        .await?;

    // A post's changes wait in line: when this one is shown, whatever the poller found was dealt with.
    let more = stage.line("It fell into the sink.");
    steps
        .holds("Ida's comment joins the interaction, which shows her post once", async {
            ida.comments_on(&post, &more).await?;
            stage.joins(&chat, &more).await?;
            stage.only_once(&question, &[ACME.workgroup]).await
        })
        .await
}
