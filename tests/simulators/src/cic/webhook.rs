//! The hint to a chat's `webhook` that there is something to read.
//!
//! The field is documented from web-chat 5 on, what is sent there was never seen in public: a small
//! JSON of the ids, to be taken as a hint to read `/messages`. Sent once, whatever comes of it.

use serde_json::json;

/// Tells each webhook of its chat: `(url, participant id, chat id)`.
pub(super) fn tell(http: &reqwest::Client, hints: Vec<(String, String, String)>) {
    for (url, participant, chat) in hints {
        let body = json!({ "participantId": participant, "chatId": chat });
        let sending = http.post(url).json(&body).send();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // A hint that gets lost costs its receiver time, never a message.
            runtime.spawn(async move { sending.await.ok() });
        }
    }
}
