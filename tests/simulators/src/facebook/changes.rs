//! What happens to posts, comments and messages, and who is told: every change goes to the app (contract A11).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Facebook,
    callbacks::Change,
    members::set,
    nodes::{permalink, status_type},
    threads::{Message, Sender},
    time::graph_time,
    world::{Author, Object, World},
};
use crate::seed::facebook as seed;

/// The app behind the page's own inbox, where people answer by hand.
const INBOX_APP_ID: &str = "263902037430900";

/// What was done to a post or comment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verb {
    Add,
    Edited,
    Remove,
    Hide,
    Unhide,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Edited => "edited",
            Self::Remove => "remove",
            Self::Hide => "hide",
            Self::Unhide => "unhide",
        }
    }
}

impl Facebook {
    /// Changes the words of a post or comment.
    pub(super) fn set_message(&self, world: &mut World, id: &str, message: &str) {
        if let Some(object) = world.objects.get_mut(id) {
            message.clone_into(&mut object.message);
            object.updated = self.now();
            let object = object.clone();
            self.tell_object(world, &object, Verb::Edited);
        }
    }

    /// Hides a post or comment from visitors, or shows it again.
    pub(super) fn set_hidden(&self, world: &mut World, id: &str, hidden: bool) {
        let object = world.objects.get_mut(id).filter(|object| object.hidden != hidden);
        if let Some(object) = object {
            object.hidden = hidden;
            let object = object.clone();
            self.tell_object(world, &object, if hidden { Verb::Hide } else { Verb::Unhide });
        }
    }

    /// Deletes a post or comment. What stood under it goes silently.
    pub(super) fn remove(&self, world: &mut World, id: &str) {
        if let Some(object) = world.remove(id) {
            self.tell_object(world, &object, Verb::Remove);
        }
    }

    /// Tells the app of a post or comment, the page's own ones like everybody's.
    pub(super) fn tell_object(&self, world: &World, object: &Object, verb: Verb) {
        let value = if object.is_comment() {
            comment_value(world, object, verb)
        } else {
            post_value(object, verb)
        };
        self.tell(world, &object.page, "feed", |at| Change::feed(&object.page, at, value));
    }

    /// Tells the app of a private message; of the page's own as an echo.
    pub(super) fn tell_message(
        &self,
        world: &World,
        page: &str,
        person: &Author,
        message: &Message,
    ) {
        let (page, person) = (page.to_owned(), person.id.as_str());
        let mut said = json!({ "mid": message.id, "text": message.text });
        let (field, sender, recipient) = if message.by_page() {
            set(&mut said, "is_echo", true);
            let app = if message.by == Sender::App { seed::APP_ID } else { INBOX_APP_ID };
            set(&mut said, "app_id", app.parse::<u64>().unwrap_or_default());
            ("message_echoes", page.as_str(), person)
        } else {
            ("messages", person, page.as_str())
        };
        let value = json!({
            "sender": { "id": sender }, "recipient": { "id": recipient },
            "timestamp": message.created.as_millisecond(), "message": said,
        });
        self.tell(world, &page, field, |at| Change::messaging(&page, at, value));
    }

    fn tell(
        &self,
        world: &World,
        page: &str,
        field: &str,
        change: impl FnOnce(Timestamp) -> Change,
    ) {
        if world.page(page).is_some_and(|page| page.tells(field)) {
            self.callbacks().push(change(self.now()));
        }
    }
}

fn comment_value(world: &World, comment: &Object, verb: Verb) -> Value {
    let post_id = comment.post.as_deref().unwrap_or_default();
    let mut value = json!({
        "from": author(comment),
        "post_id": post_id,
        "comment_id": comment.id,
        "parent_id": comment.parent.as_deref().unwrap_or(post_id),
        "created_time": comment.created.as_second(),
        "item": "comment",
        "verb": verb.name(),
    });
    if verb == Verb::Remove {
        return value;
    }
    set(&mut value, "message", comment.message.as_str());
    set(&mut value, "permalink_url", permalink(comment));
    if let Some(photo) = &comment.photo_url {
        set(&mut value, "photo", photo.as_str());
    }
    if let Some(post) = world.objects.get(post_id) {
        set(
            &mut value,
            "post",
            json!({
                "status_type": status_type(post), "is_published": true, "promotion_status": "inactive",
                "updated_time": graph_time(post.updated), "permalink_url": permalink(post), "id": post.id,
            }),
        );
    }
    value
}

fn post_value(post: &Object, verb: Verb) -> Value {
    let item = match (&post.photo_url, post.is_by_page()) {
        (Some(_), _) => "photo",
        (None, true) => "status",
        (None, false) => "post",
    };
    let mut value = json!({
        "from": author(post),
        "post_id": post.id,
        "created_time": post.created.as_second(),
        "item": item,
        "verb": verb.name(),
    });
    if verb == Verb::Remove {
        return value;
    }
    set(&mut value, "published", 1);
    if !post.message.is_empty() {
        set(&mut value, "message", post.message.as_str());
    }
    if let Some(photo) = &post.photo_url {
        set(&mut value, "link", photo.as_str());
        set(&mut value, "photo_id", post.own_part());
    }
    value
}

fn author(object: &Object) -> Value {
    json!({ "id": object.author.id, "name": object.author.name })
}
