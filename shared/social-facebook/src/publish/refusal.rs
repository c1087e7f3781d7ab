//! What a failed POST means for a reply, in words for the agent. Facebook's own words are never repeated.

use social_core::reply::{PublishError, Refusal};

use crate::graph::GraphError;

/// Says whether the reply may be there, may be tried again, or never will be taken.
pub(super) fn publish_error(error: GraphError) -> PublishError {
    if error.perhaps_done() {
        return PublishError::Unknown(error.into());
    }
    if let GraphError::Unreachable(detail) = &error
        && detail.code == 10_900
    {
        return PublishError::Refused(Refusal::AnsweredPrivately);
    }
    match reason(&error) {
        Some(reason) => PublishError::Refused(Refusal::Network { reason: reason.to_owned() }),
        None => PublishError::NotPublished(error.into()),
    }
}

/// The same for what is hidden, shown, liked or deleted.
pub(super) fn moderation_error(error: GraphError) -> PublishError {
    let refused =
        |reason: &str| PublishError::Refused(Refusal::Network { reason: reason.to_owned() });
    match &error {
        _ if error.perhaps_done() => PublishError::Unknown(error.into()),
        GraphError::Permission(_) | GraphError::Unexpected(_) | GraphError::Parameter(_) => {
            match reason(&error) {
                Some(_) => refused("Facebook does not let the page do that there"),
                None => PublishError::NotPublished(error.into()),
            }
        }
        _ => publish_error(error),
    }
}

/// Why Facebook will never take it; `None` where it may, later.
fn reason(error: &GraphError) -> Option<&'static str> {
    match error {
        GraphError::Http(_)
        | GraphError::Transient(_)
        | GraphError::TooMuch(_)
        | GraphError::Throttled { .. }
        | GraphError::Token(_)
        | GraphError::Proof(_)
        | GraphError::Duplicate(_)
        | GraphError::Undecodable { .. } => None,
        // Not from Facebook, but from something on the way there.
        GraphError::Unexpected(detail) if detail.code == 0 => None,
        GraphError::Permission(_) => Some("the page may not answer there"),
        GraphError::Blocked(_) => Some("Facebook keeps the page from writing for now, for policy"),
        GraphError::Gone(_) => {
            Some("the post or comment was deleted, or the page may no longer see it")
        }
        GraphError::Window(_) => Some(
            "the visitor wrote too long ago: Facebook takes private answers for 24 hours, and for \
                  7 days from apps that it allows to answer as human agents",
        ),
        GraphError::Unreachable(detail) if detail.code == 10_903 => Some(
            "Facebook takes no private answer to it: another page wrote it, or it is older than 7 days",
        ),
        GraphError::Unreachable(_) => Some("the visitor takes no private message from the page"),
        GraphError::Parameter(_) => Some("Facebook does not take this text, or not there"),
        GraphError::Unexpected(_) => Some("Facebook gave a reason that the bridge does not know"),
    }
}
