//! The errors of the Graph API: one constructor for each, with the real one's code and words (contract A6 to A9).

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::members::set;

/// An error as Facebook words it. Classified by `code`; `type` says little.
#[derive(Debug, PartialEq)]
pub(super) struct GraphError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    pub(super) message: String,
    for_people: Option<(&'static str, &'static str)>,
    transient: bool,
}

impl GraphError {
    /// An `OAuthException` with HTTP 400, as most errors are.
    fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode: None,
            kind: "OAuthException",
            message: message.into(),
            for_people: None,
            transient: false,
        }
    }

    fn sub(mut self, subcode: u32) -> Self {
        self.subcode = Some(subcode);
        self
    }

    fn method_exception(mut self) -> Self {
        self.kind = "GraphMethodException";
        self
    }

    fn forbidden(mut self) -> Self {
        self.status = StatusCode::FORBIDDEN;
        self
    }

    /// `{"error":{…}}`.
    pub(super) fn body(&self, trace: &str) -> Value {
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": trace,
        });
        if let Some(subcode) = self.subcode {
            set(&mut error, "error_subcode", subcode);
        }
        if let Some((title, text)) = self.for_people {
            set(&mut error, "error_user_title", title);
            set(&mut error, "error_user_msg", text);
        }
        if self.transient || self.for_people.is_some() {
            set(&mut error, "is_transient", self.transient);
        }
        json!({ "error": error })
    }

    /// The `WWW-Authenticate` header that comes beside it.
    pub(super) fn challenge(&self) -> String {
        let class = match self.code {
            190 => "invalid_token",
            10 | 200 => "insufficient_scope",
            _ => "invalid_request",
        };
        let message: String =
            self.message.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        format!("OAuth \"Facebook Platform\" \"{class}\" \"{}\"", message.replace('"', "'"))
    }

    /// 104: no token at all.
    pub(super) fn no_token() -> Self {
        Self::new(104, "An access token is required to request this resource.")
    }

    /// 190: not a token.
    pub(super) fn bad_token() -> Self {
        Self::new(190, "Invalid OAuth access token - Cannot parse access token")
    }

    /// 190/460: was a token once.
    pub(super) fn dead_token() -> Self {
        Self::new(
            190,
            "Error validating access token: The session has been invalidated because the user changed \
             their password or Facebook has changed the session for security reasons.",
        )
        .sub(460)
    }

    /// 2500: `/me` without anybody behind the token.
    pub(super) fn nobody() -> Self {
        Self::new(
            2500,
            "An active access token must be used to query information about the current user.",
        )
    }

    /// 100: "Require App Secret" is on, and there is no proof.
    pub(super) fn no_proof() -> Self {
        Self::new(100, "API calls from the server require an appsecret_proof argument")
            .method_exception()
    }

    /// 100: a proof, but not of this token by this app, or not of these five minutes.
    pub(super) fn bad_proof() -> Self {
        Self::new(100, "Invalid appsecret_proof provided in the API argument").method_exception()
    }

    /// 100/33: deleted, never there, or not for this token; Facebook does not say which.
    pub(super) fn gone(method: &Method, id: &str) -> Self {
        let method = method.as_str().to_ascii_lowercase();
        Self::new(
            100,
            format!(
                "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to \
                 missing permissions, or does not support this operation. Please read the Graph API \
                 documentation at https://developers.facebook.com/docs/graph-api"
            ),
        )
        .sub(33)
        .method_exception()
    }

    /// 100: another page's edge, read with a token that is not its own.
    pub(super) fn not_your_page() -> Self {
        Self::new(
            100,
            "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable feature, \
             or does not support this operation. This endpoint requires the 'pages_read_engagement' \
             permission or the 'Page Public Content Access' feature. Refer to \
             https://developers.facebook.com/docs/apps/review/login-permissions#manage-pages and \
             https://developers.facebook.com/docs/apps/review/feature#reference-PAGES_ACCESS for details.",
        )
    }

    /// 10: private messages, and other things that only the page itself may do.
    pub(super) fn no_permission(permission: &str) -> Self {
        Self::new(
            10,
            format!(
                "(#10) This endpoint requires the '{permission}' permission, granted by the page to this app."
            ),
        )
        .forbidden()
    }

    /// 200: the page may not do this to this object.
    pub(super) fn not_allowed() -> Self {
        Self::new(200, "(#200) Permissions error").forbidden()
    }

    /// 100: a field that the node does not have. Fails the whole call.
    pub(super) fn no_field(field: &str, node: &str) -> Self {
        Self::new(
            100,
            format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})"),
        )
    }

    /// 100: anything else about a parameter.
    pub(super) fn parameter(message: &str) -> Self {
        Self::new(100, format!("(#100) {message}"))
    }

    /// 2500: `fields` or the path cannot be read.
    pub(super) fn syntax(message: impl Into<String>) -> Self {
        Self::new(2500, message)
    }

    /// 1: HTTP 500; ask for less.
    pub(super) fn too_much_data() -> Self {
        let mut error = Self::new(
            1,
            "Please reduce the amount of data you're asking for, then retry your request",
        );
        error.status = StatusCode::INTERNAL_SERVER_ERROR;
        error
    }

    /// 506: the page said exactly this a moment ago, in the same place.
    pub(super) fn duplicate() -> Self {
        let mut error = Self::new(506, "(#506) Duplicate status message").sub(1_455_006);
        error.for_people = Some((
            "Duplicate Status Update",
            "This status update is identical to the last one you posted. Try posting something different, \
             or delete your previous update.",
        ));
        error
    }

    /// 10/2018278: the person wrote too long ago.
    pub(super) fn outside_window() -> Self {
        Self::new(
            10,
            "(#10) This message is sent outside of allowed window. Learn more about the new policy here: \
             https://developers.facebook.com/docs/messenger-platform/policy-overview",
        )
        .sub(2_018_278)
    }

    /// 100/2018001: nobody of this id ever wrote to the page.
    pub(super) fn no_such_person() -> Self {
        Self::new(100, "(#100) No matching user found").sub(2_018_001)
    }

    /// 10900: a private reply may be sent once.
    pub(super) fn already_replied() -> Self {
        Self::new(10_900, "(#10900) Activity already replied to")
    }

    /// 10903: too old, or written by a page.
    pub(super) fn cannot_reply_privately() -> Self {
        Self::new(10_903, "(#10903) This user cant reply to this activity")
    }
}
