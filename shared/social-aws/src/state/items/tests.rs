use super::*;

fn channel(id: &str) -> ChannelId {
    ChannelId(id.to_owned())
}

#[test]
fn keys_are_readable() {
    let key = ConversationKey("post:7_8:9".to_owned());
    let reply = Key::reply(&channel("acme"), &key, "chat-1#5");
    assert_eq!(reply.pk, "conversation#acme#post:7_8:9");
    assert_eq!(reply.sk, "reply#chat-1#5");
    assert_eq!(Key::added(&channel("acme"), &"7_8".into()).pk, "message#acme#7_8");
    assert_eq!(Key::lease("poll#acme").pk, "lease#poll#acme");
}

#[test]
fn no_channel_reaches_into_anothers_keys() {
    let one = Key::thread(&channel("a#b"), "c");
    let other = Key::thread(&channel("a"), "b#c");
    assert_ne!(one, other);
    assert_ne!(Key::thread(&channel("a%23b"), "c"), one);
}

#[test]
fn a_key_that_is_too_long_is_hashed() {
    let root = |last: char| format!("{}{last}", "ö".repeat(2_000));
    let one = Key::thread(&channel("acme"), &root('1'));
    assert!(one.pk.len() <= MAX_PK && one.pk.starts_with("thread#acme#öö"));
    assert_ne!(one, Key::thread(&channel("acme"), &root('2')));
    let key = ConversationKey("k".to_owned());
    let reply = Key::reply(&channel("acme"), &key, &"9".repeat(3_000));
    assert!(reply.sk.len() <= MAX_SK && reply.sk.starts_with(REPLY_PREFIX));
}
