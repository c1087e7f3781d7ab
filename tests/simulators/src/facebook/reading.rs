//! `GET` on the Graph API: nodes, feeds, comments and tokens (contract A2 to A4, A7).

use serde_json::{Map, Value, json};

use super::{
    Facebook,
    call::{Call, Caller, app_token},
    errors::GraphError,
    fields::{self, Field},
    nodes::View,
    world::{Author, Object, Page, World},
};
use crate::seed::facebook as seed;

type Outcome = Result<Value, GraphError>;

/// The most ids that one call may name.
const MOST_IDS: usize = 50;

impl Call {
    /// The fields asked for, parsed; `None` where the defaults are wanted.
    pub(super) fn fields(&self) -> Result<Option<Vec<Field>>, GraphError> {
        self.param("fields").map(fields::parse).transpose()
    }

    /// The page that this call is about; it must be the token's own, or the app asks.
    pub(super) fn readable_page<'w>(&self, world: &'w World) -> Result<&'w Page, GraphError> {
        let page = world.page(&self.object);
        let page = page.ok_or_else(|| GraphError::gone(&self.method, &self.object))?;
        if self.is_of(&page.id) || self.caller == Caller::App {
            Ok(page)
        } else {
            Err(GraphError::not_your_page())
        }
    }

    /// The post or comment that this call is about; one of another page is as good as gone.
    pub(super) fn readable_object<'w>(&self, world: &'w World) -> Result<&'w Object, GraphError> {
        let object = world.objects.get(&self.object);
        object
            .filter(|object| self.is_of(&object.page) || self.caller == Caller::App)
            .ok_or_else(|| GraphError::gone(&self.method, &self.object))
    }

    /// The person that this call is about, if they wrote to the token's page (Meta: "User Profile API").
    fn readable_person<'w>(&self, world: &'w World) -> Option<&'w Author> {
        let mut threads = world.threads.iter().filter(|thread| self.is_of(&thread.page));
        threads.find(|thread| thread.person.id == self.object).map(|thread| &thread.person)
    }

    /// The page whose token this is, if it is the page that the call is about.
    pub(super) fn own_page<'w>(&self, world: &'w World) -> Result<&'w Page, GraphError> {
        let page = world.page(&self.object);
        let page = page.ok_or_else(|| GraphError::gone(&self.method, &self.object))?;
        if self.is_of(&page.id) {
            Ok(page)
        } else {
            Err(GraphError::no_permission("pages_messaging"))
        }
    }
}

impl Facebook {
    /// The world as this call may see it.
    pub(super) fn view<'w>(&self, world: &'w World, call: &'w Call) -> View<'w> {
        View { world, call, settings: self.settings(), now: self.now() }
    }
}

/// `GET /{object}`: a page, a thread, a person who wrote to the page, a post or a comment.
pub(super) fn object(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let view = facebook.view(&world, call);
    if world.page(&call.object).is_some() {
        return view.page(call.readable_page(&world)?, fields.as_deref());
    }
    if let Some(thread) = world.threads.iter().find(|thread| thread.id == call.object) {
        return view.thread(thread, fields.as_deref());
    }
    if let Some(person) = call.readable_person(&world) {
        return view.person(person, fields.as_deref());
    }
    view.node(call.readable_object(&world)?, fields.as_deref())
}

/// `GET /?ids=`: several posts or comments, by id. One that cannot be read fails all.
pub(super) fn objects(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let view = facebook.view(&world, call);
    let ids: Vec<&str> = call.param("ids").into_iter().flat_map(|ids| ids.split(',')).collect();
    if ids.is_empty() {
        return Err(GraphError::gone(&call.method, ""));
    }
    if ids.len() > MOST_IDS {
        let message = format!("Too many IDs. Maximum: {MOST_IDS}. Provided: {}.", ids.len());
        return Err(GraphError::parameter(&message));
    }
    let mut nodes = Map::new();
    for id in ids {
        let object = world.objects.get(id);
        let object = object.filter(|object| call.is_of(&object.page) || call.caller == Caller::App);
        let object = object.ok_or_else(|| GraphError::gone(&call.method, id))?;
        nodes.insert(id.to_owned(), view.node(object, fields.as_deref())?);
    }
    Ok(Value::Object(nodes))
}

/// `GET /{page}/feed` and its narrower relatives.
pub(super) fn feed(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let page = call.readable_page(&world)?;
    facebook.view(&world, call).feed((page, &call.edge), &call.params, fields.as_deref())
}

/// `GET /{post or comment}/comments`.
pub(super) fn comments(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let object = call.readable_object(&world)?;
    facebook.view(&world, call).comments(object, &call.params, fields.as_deref())
}

/// `GET /{post or comment}/likes`.
pub(super) fn likes(facebook: &Facebook, call: &Call) -> Outcome {
    let world = facebook.world();
    Ok(facebook.view(&world, call).likes(call.readable_object(&world)?, &call.params))
}

/// An edge that nodes of this kind do not have: worded like an unknown field.
pub(super) fn unknown_edge(facebook: &Facebook, call: &Call) -> Outcome {
    let world = facebook.world();
    let node = if world.page(&call.object).is_some() {
        "Page"
    } else if call.readable_object(&world)?.is_comment() {
        "Comment"
    } else {
        "Post"
    };
    Err(GraphError::no_field(&call.edge, node))
}

/// `GET /debug_token`: asked by the app, or by the page's own token.
pub(super) fn debug_token(facebook: &Facebook, call: &Call) -> Outcome {
    let input = call
        .param("input_token")
        .ok_or_else(|| GraphError::parameter("The parameter input_token is required."))?;
    let world = facebook.world();
    if input == app_token() {
        let data = json!({ "app_id": seed::APP_ID, "type": "APP", "is_valid": true, "scopes": [] });
        return Ok(json!({ "data": data }));
    }
    let Some(page) = world.pages.iter().find(|page| page.token == input) else {
        let dead = json!({ "code": 190, "message": "Invalid OAuth access token." });
        return Ok(json!({ "data": { "error": dead, "is_valid": false, "scopes": [] } }));
    };
    let scopes = [
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_manage_metadata",
        "pages_messaging",
    ];
    let data = json!({
        "app_id": seed::APP_ID, "type": "PAGE", "application": "Bridge", "profile_id": page.id,
        "user_id": "10157000000000001", "is_valid": true, "expires_at": 0,
        "data_access_expires_at": facebook.now().as_second() + 90 * 86_400,
        "issued_at": facebook.now().as_second() - 86_400, "scopes": scopes,
    });
    Ok(json!({ "data": data }))
}
