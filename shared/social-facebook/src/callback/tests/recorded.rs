//! What others recorded: every file becomes something, and the ones that are known become the same again.

use std::{fmt::Write, path::Path};

use super::{delivered, told};

/// The files that the snapshot is of. Further ones are read too, and told of.
const KNOWN: [&str; 16] = [
    "feed-comment-add-211",
    "feed-comment-add-25",
    "feed-comment-add-with-photo",
    "feed-comment-edited-25",
    "feed-like-add-25",
    "feed-photo-add-message",
    "feed-post-add-25",
    "feed-reaction-add",
    "feed-status-add-25",
    "feed-two-entries-25",
    "mention-post-add",
    "messaging-message-basic",
    "messaging-message-basic-echo",
    "messaging-message-media-attachment",
    "messaging-postback-basic",
    "messaging-read-basic",
];

/// `SOCIAL_FIXTURES` says where they are.
#[test]
#[expect(clippy::print_stderr, reason = "a test that does not look must say so")]
fn recorded_callbacks_become_what_they_were() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let fixtures = std::env::var_os("SOCIAL_FIXTURES").map_or(beside, Into::into);
    let Ok(files) = std::fs::read_dir(fixtures.join("facebook-callbacks")) else {
        eprintln!("no recorded callbacks here; set SOCIAL_FIXTURES to look at them");
        return;
    };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut became = String::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let changes = delivered(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(!changes.is_empty(), "{name}");
        let changes: Vec<String> = changes.iter().map(told).collect();
        if KNOWN.contains(&name) {
            writeln!(became, "{name}\n  {}", changes.join("\n  ")).unwrap();
        } else {
            eprintln!("{name}\n  {}", changes.join("\n  "));
        }
    }
    insta::assert_snapshot!(became);
}
