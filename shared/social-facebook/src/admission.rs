//! What of a page a channel takes in: `include`, `exclude_keywords`, `blocked_authors`, `own_accounts`.

use social_core::{
    Channel, Message,
    channel::{FacebookSource, Include, Keyword},
    message::{Kind, Owner, Thread, Verb},
};

use crate::normalise;

/// The message as the channel takes it; `None` where it does not.
///
/// `mention` tells what stands elsewhere and only names the page.
pub(crate) fn admit(channel: &Channel, mention: bool, message: Message) -> Option<Message> {
    let page = channel.facebook()?;
    let message = with_own_accounts(channel, message);
    let admitted = is_included(page, mention, &message)
        && (message.own || !(is_blocked(channel, &message) || is_excluded(channel, &message)));
    admitted.then_some(message)
}

/// Marks what the company's other accounts wrote.
fn with_own_accounts(channel: &Channel, mut message: Message) -> Message {
    let company = |id: &str| channel.own_accounts.iter().any(|own| own == id);
    if message.author.as_ref().is_some_and(|author| company(&author.id)) {
        message.own = true;
        if let (Kind::Post, Thread::Post { owner, .. }) = (message.kind, &mut message.thread) {
            *owner = Some(Owner::Company);
        }
    }
    message
}

/// Posts of the company's own are taken with the comments: they tell whose post it is.
fn is_included(page: &FacebookSource, mention: bool, message: &Message) -> bool {
    let includes = |what| page.include.contains(&what);
    match message.kind {
        Kind::PrivateMessage => includes(Include::PrivateMessages),
        _ if mention => includes(Include::Mentions),
        Kind::Post if message.own => includes(Include::Comments) || includes(Include::VisitorPosts),
        Kind::Post => includes(Include::VisitorPosts),
        Kind::Comment => includes(Include::Comments),
        Kind::Tweet | Kind::Repost => false,
    }
}

fn is_blocked(channel: &Channel, message: &Message) -> bool {
    let author = message.author.as_ref();
    author.is_some_and(|author| channel.blocked_authors.contains(&author.id))
}

/// Only texts are judged; a deletion holds none.
fn is_excluded(channel: &Channel, message: &Message) -> bool {
    matches!(message.verb, Verb::Add | Verb::Edit { .. })
        && channel.exclude_keywords.iter().any(|keyword| holds(&message.text, keyword))
}

/// Whether the keyword is in the text as words of its own, without case.
fn holds(text: &str, keyword: &Keyword) -> bool {
    let text = words(text);
    let keyword = words(keyword.as_str());
    !keyword.is_empty() && text.windows(keyword.len()).any(|part| part == keyword)
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Whether a post of the feed is a mention.
pub(crate) fn is_mention(page_id: &str, message: &Message) -> bool {
    message.kind == Kind::Post && normalise::is_elsewhere(page_id, message.thread.root())
}
