//! Posts, comments, authors and pages as the Graph API shows them: the fields that were asked for (contract A2, A3).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    call::Call,
    errors::GraphError,
    fields::Field,
    settings::Settings,
    time::graph_time,
    world::{Author, Object, Page, World, own_part},
};
use crate::seed::facebook as seed;

/// How long a comment may be answered privately.
pub(super) const PRIVATE_REPLY_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Fields that exist, but that nothing here has a value for.
const IDLE_POST_FIELDS: &str = "actions admin_creator allowed_advertising_objectives backdated_time \
    call_to_action child_attachments comments_mirroring_domain coordinates event expanded_height expanded_width \
    feed_targeting height icon instagram_eligibility message_tags multi_share_end_card multi_share_optimized \
    parent_id place promotable_id properties scheduled_publish_time shares sharedposts sponsor_tags story \
    story_tags subscribed target targeting via video_buying_eligibility width dynamic_posts insights";
const IDLE_COMMENT_FIELDS: &str = "admin_creator live_broadcast_timestamp message_tags";
const IDLE_PAGE_FIELDS: &str = "about bio business category_list connected_instagram_account cover description \
    emails engagement hours instagram_business_account location phone picture tasks website app_id \
    verification_status rating_count overall_star_rating";
const PERSON_FIELDS: &str =
    "email first_name last_name link middle_name name_format picture profile_pic short_name";
const PAGE_AS_AUTHOR_FIELDS: &str = "about category link picture username";
const ATTACHMENT_FIELDS: &str = "description description_tags media media_type subattachments target title type \
    unshimmed_url url";

/// The world as one call may see it.
pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) call: &'a Call,
    pub(super) settings: Settings,
    pub(super) now: Timestamp,
}

/// Asked-for fields; `None` means the node's default ones.
pub(super) type Wanted<'a> = Option<&'a [Field]>;

impl View<'_> {
    /// A post or a comment.
    pub(super) fn node(&self, object: &Object, wanted: Wanted) -> Result<Value, GraphError> {
        if object.is_comment() {
            let default = ["created_time", "from", "message", "id"];
            collect(&object.id, wanted, &default, |field| self.comment_field(object, field))
        } else {
            let default = ["created_time", "message", "story", "id"];
            collect(&object.id, wanted, &default, |field| self.post_field(object, field))
        }
    }

    /// The page itself.
    pub(super) fn page(&self, page: &Page, wanted: Wanted) -> Result<Value, GraphError> {
        collect(&page.id, wanted, &["name", "id"], |field| self.page_field(page, field))
    }

    fn post_field(&self, post: &Object, field: &Field) -> Result<Option<Value>, GraphError> {
        Ok(match field.name.as_str() {
            "message" => {
                Some(post.message.as_str()).filter(|text| !text.is_empty()).map(Value::from)
            }
            "is_published" | "is_instagram_eligible" => Some(true.into()),
            "is_expired"
            | "is_popular"
            | "is_app_share"
            | "is_spherical"
            | "is_fb_live_videos"
            | "is_eligible_for_dark_post"
            | "is_eligible_for_promotion"
            | "was_fb_live_videos"
            | "is_live_clip"
            | "is_inline_created" => Some(false.into()),
            "status_type" => Some(status_type(post).into()),
            "promotion_status" => Some("inactive".into()),
            "timeline_visibility" => Some("normal".into()),
            "privacy" => Some(json!({ "value": "EVERYONE", "description": "Public" })),
            "full_picture" | "picture" => post.photo_url.as_deref().map(Value::from),
            "to" => (!post.is_by_page()).then(|| {
                let name = self.world.page(&post.page).map(|page| page.name.as_str());
                json!({ "data": [{ "id": post.page, "name": name }] })
            }),
            "attachments" => attachments(post, field.fields.as_deref())?,
            name if knows(IDLE_POST_FIELDS, name) => None,
            _ => return self.common_field(post, field, "Post"),
        })
    }

    fn comment_field(&self, comment: &Object, field: &Field) -> Result<Option<Value>, GraphError> {
        let below = field.fields.as_deref();
        Ok(match field.name.as_str() {
            "message" => Some(comment.message.as_str().into()),
            "can_comment" | "can_like" | "can_remove" => Some(true.into()),
            "can_hide" => Some((!comment.is_by_page()).into()),
            "comment_count" => Some(self.world.replies(comment).len().into()),
            "like_count" => Some(u8::from(comment.liked_by_page).into()),
            "user_likes" => Some(comment.liked_by_page.into()),
            "is_private" => Some(false.into()),
            "attachment" => attachment(comment)
                .map(|whole| pick(&whole, below, ATTACHMENT_FIELDS))
                .transpose()?,
            "parent" => self.other(comment.parent.as_deref(), below)?,
            "object" => self.other(comment.post.as_deref(), below)?,
            "private_reply_conversation" if comment.answered_privately.is_some() => self
                .world
                .thread(&comment.page, &comment.author.id)
                .map(|thread| json!({ "id": thread.id })),
            "private_reply_conversation" => None,
            name if knows(IDLE_COMMENT_FIELDS, name) => None,
            _ => return self.common_field(comment, field, "Comment"),
        })
    }

    /// What posts and comments have in common.
    fn common_field(
        &self,
        object: &Object,
        field: &Field,
        node: &str,
    ) -> Result<Option<Value>, GraphError> {
        Ok(match field.name.as_str() {
            "id" => Some(object.id.as_str().into()),
            "created_time" => Some(graph_time(object.created).into()),
            "updated_time" if !object.is_comment() => Some(graph_time(object.updated).into()),
            "from" => self.author(object, field.fields.as_deref())?,
            "permalink_url" => Some(permalink(object).into()),
            "is_hidden" => Some(object.hidden.into()),
            "can_reply_privately" => Some(self.can_reply_privately(object).into()),
            "application" => object.by_app.then(|| json!({ "id": seed::APP_ID, "name": "Bridge" })),
            "comments" => self.nested_comments(object, field)?,
            "likes" | "reactions" => self.nested_likes(object, field),
            name => return Err(GraphError::no_field(name, node)),
        })
    }

    fn page_field(&self, page: &Page, field: &Field) -> Result<Option<Value>, GraphError> {
        let own = self.call.is_of(&page.id);
        Ok(match field.name.as_str() {
            "id" => Some(page.id.as_str().into()),
            "name" | "name_with_location_descriptor" => Some(page.name.as_str().into()),
            "access_token" => own.then(|| page.token.as_str().into()),
            "username" => Some(page.name.to_lowercase().replace(' ', "").into()),
            "category" => Some("Electronics".into()),
            "fan_count" | "followers_count" | "new_like_count" => Some(1200.into()),
            "link" => Some(format!("https://www.facebook.com/{}", page.id).into()),
            "is_published" | "can_post" => Some(true.into()),
            "is_webhooks_subscribed" => Some(page.tells("feed").into()),
            "feed" | "posts" | "published_posts" | "visitor_posts" | "tagged" => {
                self.nested_feed(page, field)?
            }
            name if knows(IDLE_PAGE_FIELDS, name) => None,
            name => return Err(GraphError::no_field(name, "Page")),
        })
    }

    /// `from`: only for the page's own token.
    fn author(&self, object: &Object, wanted: Wanted) -> Result<Option<Value>, GraphError> {
        if !self.call.is_of(&object.page) {
            return Ok(None);
        }
        self.person(&object.author, wanted).map(Some)
    }

    /// A person, or a page as an author.
    pub(super) fn person(&self, author: &Author, wanted: Wanted) -> Result<Value, GraphError> {
        let Author { id, name } = author;
        let (node, fields) = if self.world.page(id).is_some() {
            ("Page", PAGE_AS_AUTHOR_FIELDS)
        } else {
            ("User", PERSON_FIELDS)
        };
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" => Some(id.as_str().into()),
                "name" => Some(name.as_str().into()),
                field if !knows(fields, field) => return Err(GraphError::no_field(field, node)),
                "first_name" => Some(first.into()),
                "last_name" => Some(last.into()),
                "profile_pic" => Some(format!("https://lookaside.example/{id}.jpg").into()),
                _ => None,
            })
        };
        collect(id, wanted, &["name", "id"], value)
    }

    fn other(&self, id: Option<&str>, wanted: Wanted) -> Result<Option<Value>, GraphError> {
        let object = id.and_then(|id| self.world.objects.get(id));
        object.map(|object| self.node(object, wanted)).transpose()
    }

    /// Once, within seven days, and not to a page.
    pub(super) fn can_reply_privately(&self, object: &Object) -> bool {
        can_reply_privately(self.world, object, self.now)
    }
}

/// Whether the page may still send its one private reply to this post or comment.
pub(super) fn can_reply_privately(world: &World, object: &Object, now: Timestamp) -> bool {
    object.answered_privately.is_none()
        && world.page(&object.author.id).is_none()
        && now.duration_since(object.created) <= PRIVATE_REPLY_WINDOW
}

/// The address people see.
pub(super) fn permalink(object: &Object) -> String {
    let post = object.post.as_deref().unwrap_or(&object.id);
    let post = format!("https://www.facebook.com/{}/posts/{}", object.page, own_part(post));
    match (&object.post, &object.parent) {
        (None, _) => post,
        (Some(_), None) => format!("{post}/?comment_id={}", object.own_part()),
        (Some(_), Some(parent)) => {
            format!(
                "{post}/?comment_id={}&reply_comment_id={}",
                own_part(parent),
                object.own_part()
            )
        }
    }
}

/// `status_type` of a post.
pub(super) fn status_type(post: &Object) -> &'static str {
    match (&post.photo_url, post.is_by_page()) {
        (Some(_), _) => "added_photos",
        (None, true) => "mobile_status_update",
        (None, false) => "wall_post",
    }
}

/// A post's attachments come as a list, a comment's as one.
fn attachments(post: &Object, wanted: Wanted) -> Result<Option<Value>, GraphError> {
    let picked =
        attachment(post).map(|whole| pick(&whole, wanted, ATTACHMENT_FIELDS)).transpose()?;
    Ok(picked.map(|picked| json!({ "data": [picked] })))
}

fn attachment(object: &Object) -> Option<Value> {
    let photo = object.photo_url.as_deref()?;
    let address = permalink(object);
    Some(json!({
        "media": { "image": { "height": 720, "src": photo, "width": 960 } },
        "media_type": "photo",
        "target": { "id": object.own_part(), "url": address },
        "type": "photo",
        "url": address,
    }))
}

/// Puts a node together. The id is always in it, asked for or not.
pub(super) fn collect(
    id: &str,
    wanted: Wanted,
    default: &[&str],
    value: impl Fn(&Field) -> Result<Option<Value>, GraphError>,
) -> Result<Value, GraphError> {
    let by_default: Vec<Field>;
    let wanted = if let Some(wanted) = wanted {
        wanted
    } else {
        by_default = default
            .iter()
            .map(|name| Field { name: (*name).to_owned(), ..Field::default() })
            .collect();
        &by_default
    };
    let mut node = Map::new();
    for field in wanted {
        if let Some(value) = value(field)? {
            node.insert(field.name.clone(), value);
        }
    }
    node.insert("id".to_owned(), id.into());
    Ok(Value::Object(node))
}

fn pick(whole: &Value, wanted: Wanted, known: &str) -> Result<Value, GraphError> {
    let Some(wanted) = wanted else { return Ok(whole.clone()) };
    let mut picked = Map::new();
    for Field { name, .. } in wanted {
        match whole.get(name) {
            Some(value) => {
                picked.insert(name.clone(), value.clone());
            }
            None if knows(known, name) => {}
            None => return Err(GraphError::no_field(name, "StoryAttachment")),
        }
    }
    Ok(Value::Object(picked))
}

/// Whether `name` is in a list of words.
fn knows(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|known| known == name)
}
