//! What holds for the terms of any channels.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use social_core::channel::Keyword;

use super::*;
use crate::fixture::watch;

/// Few words, so that terms meet; and what would be an operator if it were not quoted.
fn keyword() -> impl Strategy<Value = String> {
    let word = select(
        &["acme", "Acmé", "router", "or", "not", "from:rival", "-x", "(9", "東京", "a-b"][..],
    );
    prop_oneof![
        4 => vec(word, 1..4).prop_map(|words| words.join(" ")),
        2 => "[#$@]?[a-zA-Z0-9_]{1,9}",
        1 => "[a-zß東 ]{1,70}",
        1 => vec(any::<char>(), 1..6).prop_map(String::from_iter),
    ]
    .prop_filter("is refused in an entry", |term| Keyword::parse(term).is_ok())
}

/// A channel with keywords and handles, and what it refuses.
fn a_channel() -> impl Strategy<Value = Arc<Channel>> {
    let refused = vec(select(&["giveaway", "free phone", "無料"][..]), 0..2);
    let languages = vec(select(&["en", "de", "qht"][..]), 0..2);
    let terms = (vec(keyword(), 0..8), vec("[a-cA-C]{1,2}", 1..3));
    (terms, refused, languages, any::<bool>()).prop_map(
        |((keywords, handles), refused, languages, reposts)| {
            watch(json!({ "keywords": keywords, "handles": handles, "exclude_keywords": refused,
            "languages": languages, "include_reposts": reposts }))
        },
    )
}

/// The terms of a query's text, read without its own help: what stands between ORs, outside of quotes.
fn read(query: &str) -> (Vec<String>, String) {
    let mut quoted = false;
    let mut terms = vec![String::new()];
    let mut inside = query.strip_prefix('(').unwrap().chars();
    while let Some(c) = inside.next() {
        let term = terms.last_mut().unwrap();
        match c {
            ')' if !quoted => return (terms, inside.collect()),
            _ if !quoted && term.ends_with(OR) => {
                term.truncate(term.len() - OR.len());
                terms.push(c.into());
            }
            _ => term.push(c),
        }
        quoted ^= c == '"';
    }
    panic!("no end: {query}")
}

/// Whether who finds `shorter` finds `term` too.
fn holds(term: &Term, shorter: &Term) -> bool {
    match (term, shorter) {
        (Term::Phrase(words), Term::Phrase(fewer)) => {
            !fewer.is_empty() && words.windows(fewer.len()).any(|part| part == fewer.as_slice())
        }
        _ => term == shorter,
    }
}

/// What tweets without which a channel misses nothing.
fn refused(channel: &Channel, all: &Causes) -> Causes {
    let languages = &channel.twitter().unwrap().languages;
    let is_refused = |cause: &&String| match cause.strip_prefix("lang:") {
        Some(code) => !languages.is_empty() && !languages.iter().any(|taken| taken == code),
        None => {
            channel.exclude_keywords.iter().any(|word| terms::written(word.as_str()) == **cause)
        }
    };
    let mut refused: Causes = all.iter().filter(is_refused).cloned().collect();
    if !channel.twitter().unwrap().include_reposts {
        refused.insert(REPOSTS.to_owned());
    }
    refused
}

/// Each query within the limit, and its text what it says that it asks for.
fn well_formed(queries: &[Query], limit: usize) -> Result<(), TestCaseError> {
    for query in queries {
        prop_assert!(query.text.chars().count() <= limit, "{}", query.text);
        let (terms, rest) = read(&query.text);
        let written: Vec<&String> = query.terms.iter().map(|(_, written)| written).collect();
        prop_assert_eq!(terms.iter().collect::<Vec<_>>(), written, "{}", query.text);
        prop_assert_eq!(&rest, &suffix(&query.left_out));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn every_term_of_every_channel_is_asked_for_once(channels in vec(a_channel(), 0..5), limit in 40..=512_usize) {
        let queries = pack(channels.iter().map(|channel| &**channel), limit);
        well_formed(&queries, limit)?;
        let asked: Vec<&Term> = queries.iter().flat_map(|query| &query.terms).map(|(term, _)| term).collect();
        let mut once = asked.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), asked.len(), "a term is asked for twice");
        let wanted: Vec<(Term, String)> =
            channels.iter().flat_map(|channel| terms::of_source(channel.twitter().unwrap())).collect();
        prop_assert!(asked.iter().all(|term| wanted.iter().any(|(wanted, _)| wanted == *term)));
        let reposts = channels.iter().any(|channel| channel.twitter().unwrap().include_reposts);
        let room = limit - "()".len() - if reposts { 0 } else { " -is:retweet".len() };
        for (term, written) in &wanted {
            let is_found = asked.iter().any(|asked| holds(term, asked));
            prop_assert!(is_found || written.chars().count() > room, "{} is not asked for", written);
        }
    }

    #[test]
    fn no_channel_misses_what_others_refuse(channels in vec(a_channel(), 1..5), chosen in vec(any::<bool>(), 5)) {
        let causes = ["giveaway", "\"free phone\"", "lang:de", "lang:fr", "lang:en"];
        let causes: Causes =
            causes.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(cause, _)| (*cause).to_owned()).collect();
        let packing = Packing { without: None, limit: DEFAULT_QUERY_LENGTH };
        let queries = pack_apart(&channels, &causes, packing);
        well_formed(&queries, DEFAULT_QUERY_LENGTH)?;
        for channel in &channels {
            let refused = refused(channel, &causes);
            for (term, written) in terms::of_source(channel.twitter().unwrap()) {
                let finds = |query: &&Query| {
                    query.left_out.is_subset(&refused) && query.terms.iter().any(|(asked, _)| holds(&term, asked))
                };
                prop_assert!(queries.iter().any(|query| finds(&query)), "{} is missed", written);
            }
        }
    }
}
