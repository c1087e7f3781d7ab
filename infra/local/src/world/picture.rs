//! What the world holds, told for people: the second half of every failure.

use std::fmt::Write as _;

use super::{Entry, Interaction, PageObject, Tweet, World, WorldError};

/// What a picture shows at most of each kind, the newest: more would bury the reason.
const MOST: usize = 20;

/// Tells of everything that bears `mark`, or of the newest of everything.
pub(super) async fn of(world: &World, mark: Option<&str>) -> String {
    let mut picture = String::new();
    let interactions = world.interactions().await;
    part(&mut picture, "interactions", interactions, |chat| bears(chat, mark), draw_interaction);
    for page in world.facebook.used_pages() {
        let posts = world.page_tree(&page).await;
        let marked = |post: &PageObject| {
            mark.is_none_or(|mark| post.thread().iter().any(|it| message(it).contains(mark)))
        };
        part(&mut picture, &format!("posts on {page}"), posts, marked, |out, post| {
            draw_post(out, post, 1);
        });
    }
    let marked = |tweet: &Tweet| mark.is_none_or(|mark| tweet.text.contains(mark));
    part(&mut picture, "tweets", world.tweets().await, marked, draw_tweet);
    picture
}

fn part<T>(
    out: &mut String,
    name: &str,
    things: Result<Vec<T>, WorldError>,
    wanted: impl Fn(&T) -> bool,
    draw: impl Fn(&mut String, &T),
) {
    let things = match things {
        Ok(things) => things.into_iter().filter(wanted).collect::<Vec<_>>(),
        Err(error) => return line(out, 0, &format!("{name}: {error}")),
    };
    if things.is_empty() {
        return line(out, 0, &format!("no {name}"));
    }
    line(out, 0, &format!("{name}:"));
    for thing in things.iter().skip(things.len().saturating_sub(MOST)) {
        draw(out, thing);
    }
}

fn bears(chat: &Interaction, mark: Option<&str>) -> bool {
    mark.is_none_or(|mark| chat.transcript.iter().any(|entry| entry.text.contains(mark)))
}

fn draw_interaction(out: &mut String, chat: &Interaction) {
    let head = format!(
        "{} {:?} in \"{}\", with {}",
        chat.id, chat.state, chat.workgroup, chat.participant_name
    );
    line(out, 1, &head);
    for Entry { kind, text, .. } in &chat.transcript {
        line(out, 2, &format!("{kind:?}: {}", text.replace('\n', " ⏎ ")));
    }
}

fn draw_post(out: &mut String, post: &PageObject, depth: usize) {
    let author = post.author.as_ref().map_or("somebody", |author| author.name.as_str());
    line(out, depth, &format!("{} by {author}: {}", post.id, message(post)));
    for comment in &post.comments {
        draw_post(out, comment, depth + 1);
    }
}

fn draw_tweet(out: &mut String, tweet: &Tweet) {
    let answers = tweet.in_reply_to.as_ref().map_or(String::new(), |id| format!(" to {id}"));
    line(out, 1, &format!("{}{answers} by @{}: {}", tweet.id, tweet.author.username, tweet.text));
}

fn message(object: &PageObject) -> &str {
    object.message.as_deref().unwrap_or_default()
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string cannot fail.
    writeln!(out, "{:1$}{text}", "", depth * 2).ok();
}
