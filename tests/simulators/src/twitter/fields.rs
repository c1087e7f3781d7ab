//! Which fields and expansions a request asks for, in either vocabulary (contract B1, B2).

use std::collections::BTreeSet;

use super::params::Params;

/// The names of before August 2026, or those since.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Vocabulary {
    #[default]
    Tweet,
    Post,
}

/// The parameters that select fields, which every read takes.
pub(crate) const PARAMETERS: &[&str] = &[
    "tweet.fields",
    "post.fields",
    "expansions",
    "user.fields",
    "media.fields",
    "poll.fields",
    "place.fields",
];
/// The parameters that select fields of users alone.
pub(crate) const USER_PARAMETERS: &[&str] =
    &["tweet.fields", "post.fields", "expansions", "user.fields"];

const BOTH: &[&str] = &[
    "article",
    "attachments",
    "author_id",
    "card_uri",
    "community_id",
    "context_annotations",
    "conversation_id",
    "created_at",
    "display_text_range",
    "edit_controls",
    "entities",
    "geo",
    "id",
    "in_reply_to_user_id",
    "lang",
    "media_metadata",
    "non_public_metrics",
    "organic_metrics",
    "paid_partnership",
    "possibly_sensitive",
    "promoted_metrics",
    "public_metrics",
    "reply_settings",
    "scopes",
    "source",
    "suggested_source_links",
    "suggested_source_links_with_counts",
    "text",
    "withheld",
];
const TWEET: &[&str] = &["edit_history_tweet_ids", "note_tweet", "referenced_tweets"];
const POST: &[&str] = &[
    "article_title",
    "edit_history_post_ids",
    "matched_media_notes",
    "note_post",
    "note_request_suggestions",
    "referenced_posts",
];
const USER: &[&str] = &[
    "affiliation",
    "confirmed_email",
    "connection_status",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "most_recent_post_id",
    "most_recent_tweet_id",
    "name",
    "parody",
    "pinned_post_id",
    "pinned_tweet_id",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "receives_your_dm",
    "subscribes_to_you",
    "subscription",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_followers_count",
    "verified_type",
    "withheld",
];
const EXPANSIONS: &[&str] = &[
    "article.cover_media",
    "article.media_entities",
    "attachments.media_keys",
    "attachments.media_source_tweet",
    "attachments.poll_ids",
    "author_id",
    "author_screen_name",
    "edit_history_tweet_ids",
    "edit_history_post_ids",
    "entities.mentions.username",
    "entities.note.mentions.username",
    "geo.place_id",
    "in_reply_to_user_id",
    "referenced_posts",
    "referenced_posts.author_id",
    "referenced_tweets.id",
    "referenced_tweets.id.attachments.media_keys",
    "referenced_tweets.id.author_id",
    "username",
];
const USER_EXPANSIONS: &[&str] =
    &["affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"];
const MEDIA: &[&str] = &[
    "alt_text",
    "duration_ms",
    "height",
    "media_key",
    "non_public_metrics",
    "organic_metrics",
    "preview_image_url",
    "promoted_metrics",
    "public_metrics",
    "type",
    "url",
    "variants",
    "width",
];
const POLL: &[&str] = &["duration_minutes", "end_datetime", "id", "options", "voting_status"];
const PLACE: &[&str] = &[
    "contained_within",
    "country",
    "country_code",
    "full_name",
    "geo",
    "id",
    "name",
    "place_type",
];

/// What an answer is to hold. Fields and expansions carry their names of before August 2026.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) fields: BTreeSet<String>,
    pub(crate) expansions: BTreeSet<String>,
    pub(crate) user_fields: BTreeSet<String>,
    pub(crate) media_fields: BTreeSet<String>,
}

impl Selection {
    /// Reads the parameters of a route that answers with tweets.
    pub(crate) fn of_tweets(params: &mut Params, forced: Option<Vocabulary>) -> Self {
        params.list("poll.fields", POLL);
        params.list("place.fields", PLACE);
        let media = params.list("media.fields", MEDIA);
        Self { media_fields: media.into_iter().collect(), ..Self::read(params, EXPANSIONS, forced) }
    }

    /// Reads the parameters of a route that answers with users.
    pub(crate) fn of_users(params: &mut Params, forced: Option<Vocabulary>) -> Self {
        Self::read(params, USER_EXPANSIONS, forced)
    }

    fn read(params: &mut Params, expansions: &[&str], forced: Option<Vocabulary>) -> Self {
        let tweet = params.list("tweet.fields", &[BOTH, TWEET].concat());
        let post = params.list("post.fields", &[BOTH, POST].concat());
        if let (Some(_), Some(value)) = (params.text("tweet.fields"), params.text("post.fields")) {
            params.refuse("post.fields", &value, "Use either `tweet.fields` or `post.fields`");
        }
        let expansions = params.list("expansions", expansions);
        let new_names =
            expansions.iter().any(|name| name.contains("_posts") || name.contains("_post_"));
        let asked =
            if post.is_empty() && !new_names { Vocabulary::Tweet } else { Vocabulary::Post };
        let mut selection = Self {
            vocabulary: forced.unwrap_or(asked),
            fields: tweet.into_iter().chain(post).map(old_name).collect(),
            expansions: expansions.into_iter().map(old_expansion).collect(),
            user_fields: params.list("user.fields", USER).into_iter().collect(),
            media_fields: BTreeSet::new(),
        };
        selection.imply();
        selection
    }

    /// An expansion brings the field that it expands.
    fn imply(&mut self) {
        let implied = [
            ("author_id", "author_id"),
            ("in_reply_to_user_id", "in_reply_to_user_id"),
            ("referenced_tweets.id", "referenced_tweets"),
            ("entities.mentions.username", "entities"),
            ("attachments.media_keys", "attachments"),
        ];
        for (expansion, field) in implied {
            if self.expansions.iter().any(|asked| asked.starts_with(expansion)) {
                self.fields.insert(field.to_owned());
            }
        }
    }

    /// Everything, as events carry it.
    pub(crate) fn everything() -> Self {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            vocabulary: Vocabulary::Tweet,
            fields: all(&[BOTH, TWEET].concat()),
            expansions: all(EXPANSIONS),
            user_fields: all(USER),
            media_fields: all(MEDIA),
        }
    }

    /// Whether a field was asked for.
    pub(crate) fn wants(&self, field: &str) -> bool {
        self.fields.contains(field)
    }

    /// Whether an expansion was asked for.
    pub(crate) fn expands(&self, expansion: &str) -> bool {
        self.expansions.contains(expansion)
    }
}

fn old_name(field: String) -> String {
    match field.as_str() {
        "note_post" => "note_tweet".to_owned(),
        "referenced_posts" => "referenced_tweets".to_owned(),
        "edit_history_post_ids" => "edit_history_tweet_ids".to_owned(),
        _ => field,
    }
}

fn old_expansion(expansion: String) -> String {
    match expansion.as_str() {
        "referenced_posts" => "referenced_tweets.id".to_owned(),
        "referenced_posts.author_id" => "referenced_tweets.id.author_id".to_owned(),
        "edit_history_post_ids" => "edit_history_tweet_ids".to_owned(),
        _ => expansion,
    }
}
