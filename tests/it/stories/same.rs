//! A busy page, played once per road: by callbacks alone, by polls alone, and by both with every
//! callback told three times. Agents must see the same each time.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use local::{
    scenes::{SOCIAL_SUPPORT, SamplePage},
    world::{Fault, Interaction, Visitor},
};

use crate::{
    floor::POLLING,
    sample::{BY_BOTH, BY_CALLBACK, BY_POLL, channel},
    story::{Outcome, Story, lonely_story, story_on},
};

/// Callbacks are told at once, but the machine may be busy.
const LIMIT: Duration = Duration::from_secs(45);

/// A channel is polled from the next run on.
const FIRST_POLL: Duration = Duration::from_secs(100);

/// What agents see of it: a block for each interaction, whichever road it came by. Links, ids and
/// times differ from one playing to the next.
const SEEN: &str = include_str!("same.txt");

/// A road, and the page that is read by it.
struct Road {
    page: SamplePage,
    polls: bool,
    callbacks: bool,
}

pub(super) fn all() -> Vec<Trial> {
    let polls = Road { page: BY_POLL, polls: true, callbacks: false };
    vec![story_on(&POLLING, "same::a_busy_page_by_polls_alone", async move |story: &Story| {
        play(story, &polls).await
    })]
}

/// These change what Facebook does for all pages.
pub(super) fn lonely() -> Vec<Trial> {
    let callbacks = Road { page: BY_CALLBACK, polls: false, callbacks: true };
    let both = Road { page: BY_BOTH, polls: true, callbacks: true };
    vec![
        lonely_story("same::a_busy_page_by_callbacks_alone", async move |story: &Story| {
            let facebook = story.stage.world.facebook.control();
            for edge in ["feed", "conversations"] {
                let path = format!("*/{}/{edge}", callbacks.page.id);
                facebook.add_fault(&Fault::status(&path, 500).times(100_000)).await?;
            }
            let played = play(story, &callbacks).await;
            facebook.drop_faults().await?;
            played
        }),
        lonely_story("same::a_busy_page_by_both_roads_told_thrice", async move |story: &Story| {
            tell_changes(story, 3).await?;
            let played = play(story, &both).await;
            tell_changes(story, 1).await?;
            played
        }),
    ]
}

/// Has Facebook tell each change so many times.
async fn tell_changes(story: &Story, times: u32) -> Outcome {
    let (url, secret) = (&story.stack.webhook_url, &story.stack.secrets.facebook_app_secret);
    let facebook = &story.stage.world.facebook;
    Ok(facebook.set_callbacks(&format!("{url}/facebook"), secret, times).await?)
}

/// Visitors and the page write without a pause; then the agents' desk is looked at.
async fn play(story: &Story, Road { page, polls, callbacks }: &Road) -> Outcome {
    let stage = &story.stage;
    let (zoe, bob, eve) = (stage.visitor("Zoë O'Hara"), stage.visitor("Bob"), stage.visitor("Eve"));
    let acme = stage.world.page(page.id, page.name);

    let question = zoe.posts_on(page.id, &stage.line("My router blinks red.")).await?;
    let guess = bob.comments_on(&question, &stage.line("Mine too!")).await?;
    zoe.comments_on(&guess, &stage.line("Since when?")).await?;
    let news = acme.posts_on(page.id, &stage.line("The shop is open.")).await?;
    let asked = bob.comments_on(&news, &stage.line("Until when?")).await?;
    eve.comments_on(&news, &stage.line("Hooray & <thanks>!")).await?;
    acme.comments_on(&asked, &stage.line("Until eight.")).await?;
    bob.comments_on(&asked, &stage.line("Great.")).await?;
    let photo = eve.shows_on(page.id, "https://scontent.example/red.jpg").await?;
    bob.comments_on(&photo, &stage.line("What is that?")).await?;
    eve.writes_to(page.id, &stage.line("Only for you.")).await?;

    let at_the_desk = async || Ok((!seen(story, page).await?.is_empty()).then_some(()));
    story.until("the first interaction", FIRST_POLL, at_the_desk).await?;
    if *callbacks {
        let facebook = &stage.world.facebook;
        let told = async || Ok::<_, Failed>((facebook.untold().await? == 0).then_some(()));
        story.until("the last callback", LIMIT, told).await?;
    }
    if *polls {
        stage.two_more_feeds(page).await?;
    }
    // Whatever came twice stands before these in its queue group, and would be shown by now.
    last_words(story, &[(&zoe, &question), (&bob, &news), (&eve, &news), (&eve, &photo)]).await?;
    let seen = seen(story, page).await?;
    assert!(seen == SEEN, "agents see:\n{seen}\ninstead of:\n{SEEN}");
    Ok(())
}

/// Each says a last word under that object, and it arrives.
async fn last_words(story: &Story, words: &[(&Visitor, &String)]) -> Outcome {
    let stage = &story.stage;
    for (visitor, object) in words {
        let bye = stage.line("Bye.");
        visitor.comments_on(object, &bye).await?;
        stage.offered(SOCIAL_SUPPORT, &bye).await?;
    }
    Ok(())
}

/// The interactions of the page's channel, as agents see them, in the order of their first lines.
async fn seen(story: &Story, page: &SamplePage) -> Outcome<String> {
    let interactions = story.stage.world.interactions().await?;
    let channel = channel(page);
    let of_page = interactions
        .iter()
        .filter(|chat| chat.attributes.values().any(|value| value.as_str() == Some(&channel)));
    let mut seen: Vec<String> = of_page.map(|chat| plain(&described(chat), page)).collect();
    seen.sort_unstable();
    Ok(seen.concat())
}

fn described(chat: &Interaction) -> String {
    let Interaction { workgroup, state, participant_name, attributes, transcript, .. } = chat;
    let lines = transcript.iter().map(|entry| format!("{:?}: {}\n", entry.kind, entry.text));
    let lines: String = lines.collect();
    let attributes = attributes
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} = {}\n", value.as_str()?)));
    let attributes: String = attributes.collect();
    format!("{workgroup} · {state:?} · {participant_name}\n{attributes}{lines}\n")
}

/// Without what differs from one playing to the next.
fn plain(text: &str, page: &SamplePage) -> String {
    let words = |line: &str| line.split(' ').filter_map(plain_word).collect::<Vec<_>>().join(" ");
    let text = text.replace(page.name, "Acme");
    text.lines().map(|line| words(line).trim_end().to_owned() + "\n").collect()
}

fn plain_word(word: &str) -> Option<String> {
    let is_time = word.len() == 5 && word.get(2..3) == Some(":");
    match word {
        word if word.starts_with("https://") && !word.ends_with("red.jpg") => {
            Some("LINK".to_owned())
        }
        word if word.starts_with("m_") => Some("ID".to_owned()),
        _ if is_time => Some("TIME".to_owned()),
        word if word.starts_with('(') => None,
        word => Some(without_ids(word)),
    }
}

fn without_ids(word: &str) -> String {
    let parts = word.split_inclusive([':', '_', '-']);
    let is_id = |part: &str| part.bytes().filter(u8::is_ascii_digit).count() > 9;
    parts.map(|part| if is_id(part) { "ID" } else { part }).collect()
}
