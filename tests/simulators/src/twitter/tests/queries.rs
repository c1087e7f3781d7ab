//! The query language: what is found, and what is refused with which words.

use rstest::rstest;

use crate::twitter::query::{self, Subject, Text};

fn subject(text: &str) -> Subject {
    Subject {
        text: Text::of(text).into(),
        lang: "en".to_owned(),
        author: ["7001".to_owned(), "zoe".to_owned()],
        conversation: 77,
        ..Subject::default()
    }
}

fn found(query: &str, text: &str) -> bool {
    let expression = query::parse(query).unwrap_or_else(|message| panic!("{query}: {message}"));
    query::matches(&expression, &subject(text))
}

#[rstest]
#[case("router", "My Router, broken!")]
#[case("cafe", "the café")]
#[case("café", "the CAFE")]
#[case("\"coca-cola\"", "I like coca-cola.")]
#[case("cola", "I like coca-cola.")]
#[case("\"acme router\"", "my ACME router")]
#[case("\"say \\\"hi\\\" now\"", "say \"hi\" now")]
#[case("@acme", "hello @Acme!")]
#[case("#AcmeHelp", "oh #acmehelp please")]
#[case("$ACME", "buy $acme now")]
#[case("from:zoe", "anything")]
#[case("from:7001", "anything")]
#[case("FROM:zoe", "anything")]
#[case("acme lang:en", "acme")]
#[case("acme -lang:de", "acme")]
#[case("acme -is:retweet", "acme")]
#[case("acme has:links", "acme https://example.com")]
#[case("url:\"example.com\"", "look https://example.com/page")]
#[case("conversation_id:77", "anything")]
#[case("a OR b c", "a")]
#[case("a OR b c", "b and c")]
#[case("(a OR b) c", "a c")]
#[case("(a OR \"b-c\" OR @d) -x -from:acme", "b-c")]
#[case("\"or\"", "this or that")]
#[case("日本", "これは日本です")]
#[case("🔥", "so 🔥 hot")]
fn a_tweet_is_found(#[case] query: &str, #[case] text: &str) {
    assert!(found(query, text), "{query} in {text}");
}

#[rstest]
#[case("route", "my router")]
#[case("\"router acme\"", "acme router")]
#[case("@acme", "acme, mail me at x@acme or @acme_de")]
#[case("#acme", "#acmehelp")]
#[case("acme lang:de", "acme")]
#[case("a OR b c", "c")]
#[case("(a OR b) c", "a")]
#[case("a -b", "a b")]
#[case("acme is:reply", "acme")]
fn a_tweet_is_not_found(#[case] query: &str, #[case] text: &str) {
    assert!(!found(query, text), "{query} in {text}");
}

#[rstest]
#[case(
    "cats and dogs",
    "Ambiguous use of and as a keyword. Use a space to logically join two \
        clauses, or \"AND\" to treat as a keyword (at position 6)"
)]
#[case("this or that", "Ambiguous use of or as a keyword")]
#[case("not that", "Ambiguous use of not as a keyword")]
#[case("-cats", "at least one positive")]
#[case("-is:retweet", "'is' cannot be used as a standalone operator")]
#[case("lang:en", "'lang' cannot be used as a standalone operator")]
#[case("cats OR lang:en", "'lang' cannot be used as a standalone operator")]
#[case("cats -(dogs birds)", "Negation of a group")]
#[case("(cats", "missing ')'")]
#[case("cats)", "missing EOF at ')'")]
#[case("\"cats", "mismatched character")]
#[case("\"\"", "may not be empty")]
#[case("coca-cola", "no viable alternative at character '-'")]
#[case("what?", "no viable alternative at character '?'")]
#[case("it's", "no viable alternative at character '''")]
#[case("☺\u{fe0f}", "no viable alternative")]
#[case("nothing:here", "Reference to invalid operator 'nothing'")]
#[case("is:nice cats", "invalid value 'nice'")]
#[case("cats OR", "no viable alternative at input '<EOF>'")]
#[case("--cats", "no viable alternative at character '-'")]
#[case("OR cats", "no viable alternative at input 'OR'")]
#[case("()", "no viable alternative at input ')'")]
#[case("@this_name_is_too_long", "15 characters")]
fn a_query_is_refused(#[case] query: &str, #[case] words: &str) {
    let message = query::parse(query).expect_err(query);
    assert!(message.contains(words), "{query}: {message}");
}
