//! `POST` and `DELETE` on posts and comments: what the page itself writes, hides and deletes (contract A5).

use http::Method;
use serde_json::{Value, json};

use super::{
    Facebook,
    call::{Call, Caller},
    changes::Verb,
    errors::GraphError,
    world::{Author, Draft, Object, Subscription, World},
};
use crate::seed::facebook as seed;

/// The longest comment, in characters.
const LONGEST_COMMENT: usize = 8_000;

/// Fields of a page that an app may be told of.
const PAGE_FIELDS: [&str; 16] = [
    "feed",
    "mention",
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_reads",
    "message_deliveries",
    "messaging_postbacks",
    "messaging_handovers",
    "messaging_optins",
    "messaging_referrals",
    "standby",
    "ratings",
    "name",
    "picture",
];

type Outcome = Result<Value, GraphError>;

fn done() -> Value {
    json!({ "success": true })
}

impl Call {
    /// The page behind the token, and the object it acts on, which must stand on that page.
    fn acts_on(&self, world: &World) -> Result<(Author, Object), GraphError> {
        let gone = || GraphError::gone(&self.method, &self.object);
        let Caller::Page(page) = &self.caller else { return Err(gone()) };
        let page = world.page(page).ok_or_else(gone)?;
        let object = world.objects.get(&self.object).filter(|object| object.page == page.id);
        Ok((page.author(), object.ok_or_else(gone)?.clone()))
    }

    /// What is to be written, as the page.
    fn draft(&self, facebook: &Facebook, author: Author) -> Result<Draft, GraphError> {
        let message = self.param("message").unwrap_or_default().trim();
        let photo =
            ["attachment_url", "attachment_share_url", "url"].iter().find_map(|n| self.param(n));
        let attached =
            self.param("attachment_id").map(|id| format!("https://scontent.example/{id}.jpg"));
        let photo_url = photo.map(str::to_owned).or(attached);
        if message.is_empty() && photo_url.is_none() {
            return Err(GraphError::parameter("Missing message or attachment"));
        }
        if message.chars().count() > LONGEST_COMMENT {
            return Err(GraphError::parameter("Param message must be at most 8000 characters"));
        }
        if photo_url.as_deref().is_some_and(|url| url::Url::parse(url).is_err()) {
            return Err(GraphError::parameter("Param attachment_url must be a valid URL"));
        }
        let message = message.to_owned();
        Ok(Draft { author, message, photo_url, created: facebook.now(), by_app: true })
    }
}

/// `POST /{post or comment}/comments`: the page comments or replies.
pub(super) fn comment(facebook: &Facebook, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let mut world = facebook.world();
    let (page, target) = call.acts_on(&world)?;
    let draft = call.draft(facebook, page)?;
    refuse_duplicate(facebook, &world, &target, &draft)?;
    let comment = world
        .add_comment(&target.id, draft)
        .ok_or_else(|| GraphError::gone(&call.method, &call.object))?;
    facebook.tell_object(&world, &comment, Verb::Add);
    match fields {
        None => Ok(json!({ "id": comment.id })),
        Some(fields) => facebook.view(&world, call).node(&comment, Some(&fields)),
    }
}

/// 506: the same words by the page on the same target, a short time ago.
fn refuse_duplicate(
    facebook: &Facebook,
    world: &World,
    target: &Object,
    draft: &Draft,
) -> Result<(), GraphError> {
    let window = facebook.settings().duplicate_window;
    let post = target.post.as_deref().unwrap_or(&target.id);
    let repeated = world.comments_of_post(post).into_iter().any(|said| {
        said.is_by_page()
            && said.target == target.id
            && said.message == draft.message
            && said.photo_url == draft.photo_url
            && draft.created.duration_since(said.created) <= window
    });
    if repeated { Err(GraphError::duplicate()) } else { Ok(()) }
}

/// `POST /{page}/feed`: the page posts.
pub(super) fn post(facebook: &Facebook, call: &Call) -> Outcome {
    let mut world = facebook.world();
    let page =
        world.page(&call.object).ok_or_else(|| GraphError::gone(&call.method, &call.object))?;
    if !call.is_of(&page.id) {
        return Err(GraphError::not_allowed());
    }
    let draft = call.draft(facebook, page.author())?;
    let post = world.add_post(&call.object, draft);
    facebook.tell_object(&world, &post, Verb::Add);
    Ok(json!({ "id": post.id }))
}

/// `POST /{post or comment}`: hides it, shows it again, or changes what the page itself wrote.
pub(super) fn edit(facebook: &Facebook, call: &Call) -> Outcome {
    let (hidden, message) = (call.flag("is_hidden")?, call.param("message"));
    if hidden.is_none() && message.is_none() {
        return Err(GraphError::parameter("Missing message or is_hidden"));
    }
    let mut world = facebook.world();
    let (_, object) = call.acts_on(&world)?;
    let (may_hide, may_edit) = (!object.is_by_page(), object.is_by_page());
    if hidden.is_some() && !may_hide || message.is_some() && !may_edit {
        return Err(GraphError::not_allowed());
    }
    if let Some(hidden) = hidden {
        facebook.set_hidden(&mut world, &object.id, hidden);
    }
    if let Some(message) = message {
        facebook.set_message(&mut world, &object.id, message);
    }
    Ok(done())
}

/// `DELETE /{post or comment}`: the page's own, or what others wrote on it.
pub(super) fn delete(facebook: &Facebook, call: &Call) -> Outcome {
    let mut world = facebook.world();
    let (_, object) = call.acts_on(&world)?;
    facebook.remove(&mut world, &object.id);
    Ok(done())
}

/// `POST|DELETE /{post or comment}/likes`.
pub(super) fn like(facebook: &Facebook, call: &Call) -> Outcome {
    let mut world = facebook.world();
    let (_, object) = call.acts_on(&world)?;
    if let Some(object) = world.objects.get_mut(&object.id) {
        object.liked_by_page = call.method == Method::POST;
    }
    Ok(done())
}

/// `GET|POST|DELETE /{page}/subscribed_apps` (A11).
pub(super) fn subscribed_apps(facebook: &Facebook, call: &Call) -> Outcome {
    let mut world = facebook.world();
    let page = world.page_mut(&call.object);
    let page = page.ok_or_else(|| GraphError::gone(&call.method, &call.object))?;
    let by_app = call.caller == Caller::App && call.method == Method::DELETE;
    if !call.is_of(&page.id) && !by_app {
        return Err(GraphError::no_permission("pages_manage_metadata"));
    }
    match call.method {
        Method::POST => page.subscription = Subscription::Fields(wanted_fields(call)?),
        Method::DELETE => page.subscription = Subscription::Removed,
        _ => {
            let fields: Vec<&str> = match &page.subscription {
                Subscription::Default if facebook.callbacks().is_on() => PAGE_FIELDS.to_vec(),
                Subscription::Fields(fields) => fields.iter().map(String::as_str).collect(),
                Subscription::Default | Subscription::Removed => return Ok(json!({ "data": [] })),
            };
            let app = json!({
                "id": seed::APP_ID, "name": "Bridge", "link": "https://www.example.com/",
                "category": "Business", "subscribed_fields": fields,
            });
            return Ok(json!({ "data": [app] }));
        }
    }
    Ok(done())
}

/// `subscribed_fields`, as a list with commas or as JSON.
fn wanted_fields<C: FromIterator<String>>(call: &Call) -> Result<C, GraphError> {
    let text = call
        .param("subscribed_fields")
        .ok_or_else(|| GraphError::parameter("The parameter subscribed_fields is required."))?;
    let fields: Vec<String> = serde_json::from_str(text)
        .unwrap_or_else(|_| text.split(',').map(|field| field.trim().to_owned()).collect());
    if let Some(unknown) = fields.iter().find(|field| !PAGE_FIELDS.contains(&field.as_str())) {
        let message = format!(
            "Param subscribed_fields[0] must be one of {{{}}} - got \"{unknown}\".",
            PAGE_FIELDS.join(", ").to_uppercase()
        );
        return Err(GraphError::parameter(&message));
    }
    Ok(fields.into_iter().collect())
}
