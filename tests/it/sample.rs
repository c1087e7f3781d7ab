//! Pages and channels of the stories' own, beside those of every local stack. They are there before
//! anybody writes, because a changed channel takes effect only within a minute.

use std::time::SystemTime;

use jiff::Timestamp;
use local::{
    scenes::{SOCIAL_SUPPORT, SamplePage},
    stack::Stack,
};
use serde_json::{Value, json};
use simulators::seed::facebook::APP_SECRET;

use crate::{aws::Aws, outside, story::Outcome};

/// Its credential is not there.
pub(crate) const LABS: SamplePage =
    SamplePage { id: "1029384760", name: "Acme Labs", workgroup: SOCIAL_SUPPORT };
/// Its credential has no token.
pub(crate) const CARE: SamplePage =
    SamplePage { id: "1029384761", name: "Acme Care", workgroup: SOCIAL_SUPPORT };
/// CIC does not know its workgroup.
pub(crate) const NIGHT: SamplePage =
    SamplePage { id: "1029384762", name: "Acme Night", workgroup: "Night Shift" };
/// Its channel has a field that there is not.
pub(crate) const TYPO: SamplePage =
    SamplePage { id: "1029384763", name: "Acme Typo", workgroup: SOCIAL_SUPPORT };
/// Three of a kind: what is written on them is the same, and only the road differs that it comes by.
pub(crate) const BY_CALLBACK: SamplePage =
    SamplePage { id: "1029384774", name: "Acme Told", workgroup: SOCIAL_SUPPORT };
pub(crate) const BY_POLL: SamplePage =
    SamplePage { id: "1029384775", name: "Acme Read", workgroup: SOCIAL_SUPPORT };
pub(crate) const BY_BOTH: SamplePage =
    SamplePage { id: "1029384776", name: "Acme Told and Read", workgroup: SOCIAL_SUPPORT };

/// Its agents may ask for everything.
pub(crate) const SHOP: SamplePage =
    SamplePage { id: "1029384764", name: "Acme Shop", workgroup: SOCIAL_SUPPORT };

/// What its agents write waits for a second person.
pub(crate) const BANK: SamplePage =
    SamplePage { id: "1029384765", name: "Acme Bank", workgroup: SOCIAL_SUPPORT };

/// Entries that are skipped, each with the field to mend.
pub(crate) const INVALID: [(&str, &str); 3] =
    [("it-typo", "workgruop"), ("it-no-page", "page_id"), ("it-no-workgroup", "workgroup")];

/// Name of the page's credential.
pub(crate) fn credential(page: &SamplePage) -> String {
    format!("/social/facebook/it-{}", page.id)
}

/// Name of the page's channel.
pub(crate) fn channel(page: &SamplePage) -> String {
    format!("it-{}", page.id)
}

/// The credential as it should be.
pub(crate) fn good_credential(page: &SamplePage) -> String {
    json!({ "page_token": token(page), "app_secret": APP_SECRET }).to_string()
}

fn token(page: &SamplePage) -> String {
    format!("EAAlocalIt{}", page.id)
}

/// Adds them to a stack that nobody has used yet.
pub(crate) async fn prepare(stack: &Stack) -> Outcome {
    let (aws, http) = (Aws::new(stack)?, outside::client()?);
    let same = [BY_CALLBACK, BY_POLL, BY_BOTH];
    let pages = [LABS, CARE, NIGHT, TYPO, SHOP, BANK].into_iter().chain(same);
    let pages: Vec<_> = pages
        .map(|page| json!({ "id": page.id, "name": page.name, "token": token(&page) }))
        .collect();
    let url = format!("{}/_sim/pages", stack.facebook_url);
    outside::put(&http, &url, &json!({ "pages": pages })).await?;
    for page in same.iter().chain([&NIGHT, &SHOP, &BANK]) {
        aws.put_parameter(&credential(page), &good_credential(page)).await?;
    }
    aws.put_parameter(&credential(&CARE), r#"{"app_secret": "s"}"#).await?;
    let (of_pages, start) =
        ([LABS, CARE, NIGHT].iter().chain(&same), Timestamp::try_from(SystemTime::now())?);
    for entry in of_pages.map(|page| entry(page, start)).chain(invalid()) {
        aws.put_channel(stack, &entry).await?;
    }
    let commands = json!(["who", "private", "hide", "unhide", "like", "delete", "image"]);
    for (page, field, value) in [(SHOP, "commands", commands), (BANK, "approval", json!(true))] {
        let mut entry = entry(&page, start);
        if let Some(fields) = entry.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
        aws.put_channel(stack, &entry).await?;
    }
    Ok(())
}

/// Takes what is written from `start` on, whenever it is polled for the first time.
fn entry(page: &SamplePage, start: Timestamp) -> Value {
    json!({
        "channel_id": channel(page), "network": "facebook", "name": page.name,
        "workgroup": page.workgroup, "page_id": page.id, "credential": credential(page),
        "poll_interval_seconds": 3, "start": start.to_string(),
    })
}

/// One for each of [`INVALID`].
fn invalid() -> [Value; 3] {
    let [typo, no_page, no_workgroup] = INVALID.map(|(id, _)| id);
    let credential = credential(&NIGHT);
    [
        json!({
            "channel_id": typo, "network": "facebook", "page_id": TYPO.id,
            "workgroup": TYPO.workgroup, "workgruop": "Social Nord", "credential": credential,
        }),
        json!({
            "channel_id": no_page, "network": "facebook", "page_id": "Acme",
            "workgroup": SOCIAL_SUPPORT, "credential": credential,
        }),
        json!({
            "channel_id": no_workgroup, "network": "twitter", "handles": ["@acmelabs"],
            "credential": "/social/twitter/acme",
        }),
    ]
}
