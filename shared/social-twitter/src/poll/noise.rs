//! What is read in vain: tweets that no channel takes, because of their language or an excluded word.
//! Where the counts say that it is worth it, searches leave it out (`docs/adr/0017-packed-search.md`).

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use social_core::Channel;

use crate::packing::{self, Causes, Packing};

/// Tweets that are read before the counts say something.
const WINDOW: u32 = 200;
/// One tweet of so many has to be read in vain for the same cause before searches leave it out: less
/// is not worth the searches more.
const WORTH: u32 = 10;
/// Causes that are counted: the checkpoint is one item of a table.
const COUNTED: usize = 50;
/// Searches that parting the channels may lead to: half of X's 450 in 15 minutes, at a pass each 20
/// seconds. Those that find nothing are free.
const SEARCHES: usize = 5;

/// The counts of a window, and what they led to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noise {
    #[serde(default)]
    read: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    vain: BTreeMap<String, u32>,
    /// What searches leave out.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub(super) left_out: Causes,
    /// X refused a search that left something out: never again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    given_up: bool,
}

impl Noise {
    /// Nothing was counted and nothing is left out.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// A tweet was read; the causes why no channel takes it.
    pub(super) fn count(&mut self, causes: Vec<String>) {
        self.read = self.read.saturating_add(1);
        for cause in causes {
            if self.vain.len() < COUNTED || self.vain.contains_key(&cause) {
                *self.vain.entry(cause).or_default() += 1;
            }
        }
    }

    /// What searches should leave out from now on, once enough was counted. The most frequent first,
    /// as far as the searches stay few. What is left out stays so: nothing of it is counted any more.
    pub(super) fn judge(&self, channels: &[Arc<Channel>], packing: Packing<'_>) -> Option<Causes> {
        if self.read < WINDOW || self.given_up {
            return None;
        }
        let mut worth: Vec<(&String, &u32)> =
            self.vain.iter().filter(|(_, count)| **count >= self.read / WORTH).collect();
        if worth.is_empty() {
            return Some(self.left_out.clone());
        }
        worth.sort_by_key(|(cause, count)| (std::cmp::Reverse(**count), *cause));
        let searches = |causes: &Causes| packing::pack_apart(channels, causes, packing).len();
        let most = searches(&Causes::new()).max(SEARCHES);
        let mut chosen = Causes::new();
        for cause in self.left_out.iter().chain(worth.into_iter().map(|(cause, _)| cause)) {
            let mut more = chosen.clone();
            more.insert(cause.clone());
            if searches(&more) <= most {
                chosen = more;
            }
        }
        Some(chosen)
    }

    /// X does not understand what searches leave out.
    pub(super) fn give_up(&mut self) {
        *self = Self { given_up: true, ..Self::default() };
    }

    /// Counts anew.
    pub(super) fn leave_out(&mut self, causes: Causes) {
        *self = Self { left_out: causes, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::watch;

    fn counted(read: u32, vain: &[(&str, u32)], left_out: &[&str]) -> Noise {
        let vain = vain.iter().map(|(cause, count)| ((*cause).to_owned(), *count)).collect();
        let left_out = left_out.iter().map(|&cause| cause.to_owned()).collect();
        Noise { read, vain, left_out, given_up: false }
    }

    /// English, German with an exclusion, and whatever language.
    fn channels(third: Value) -> Vec<Arc<Channel>> {
        vec![
            watch(json!({"handles": [], "keywords": ["acme"], "languages": ["en"]})),
            watch(json!({"handles": [], "keywords": ["rival"], "languages": ["de"],
                "exclude_keywords": ["giveaway"]})),
            watch(third),
        ]
    }

    #[rstest]
    #[case::too_few_read(counted(199, &[("lang:fr", 150)], &[]), None)]
    #[case::nothing_in_vain(counted(200, &[], &[]), Some(vec!["(acme OR rival OR third)"]))]
    #[case::not_worth_it(counted(200, &[("lang:fr", 19)], &[]), Some(vec!["(acme OR rival OR third)"]))]
    #[case::two_refuse_it(
        counted(200, &[("lang:fr", 20)], &[]),
        Some(vec!["(acme OR rival) -lang:fr", "(third)"])
    )]
    #[case::each_refuses_another(
        counted(200, &[("lang:en", 30), ("lang:de", 20)], &[]),
        Some(vec!["(acme) -lang:de", "(rival) -lang:en", "(third)"])
    )]
    #[case::beside_what_is_left_out(
        counted(200, &[("lang:de", 20)], &["lang:fr"]),
        Some(vec!["(acme) -lang:de -lang:fr", "(rival) -lang:fr", "(third)"])
    )]
    #[case::after_a_refusal(Noise { given_up: true, ..counted(200, &[("lang:fr", 90)], &[]) }, None)]
    #[case::an_exclusion(
        counted(200, &[("giveaway", 20)], &[]),
        Some(vec!["(acme OR third)", "(rival) -giveaway"])
    )]
    #[case::what_is_left_out_stays_so(
        counted(200, &[], &["lang:fr"]),
        Some(vec!["(acme OR rival) -lang:fr", "(third)"])
    )]
    fn channels_are_parted_where_the_counts_say_so(
        #[case] noise: Noise,
        #[case] expected: Option<Vec<&str>>,
    ) {
        let channels = channels(json!({"handles": [], "keywords": ["third"]}));
        let packing = Packing { without: None, limit: 512 };
        let judged = noise.judge(&channels, packing);
        let texts = judged.map(|causes| {
            let queries = packing::pack_apart(&channels, &causes, packing);
            queries.into_iter().map(|q| q.text.replace(" -is:retweet", "")).collect::<Vec<_>>()
        });
        let expected = expected.map(|list| list.into_iter().map(str::to_owned).collect());
        assert_eq!(texts, expected);
    }

    #[test]
    fn channels_are_not_parted_into_more_searches_than_x_allows() {
        let languages = ["en", "de", "fr", "it", "es", "pt"];
        let channel = |lang: &&str| {
            watch(json!({"handles": [], "keywords": [format!("in{lang}")], "languages": [lang]}))
        };
        let channels: Vec<_> = languages.iter().map(channel).collect();
        let vain = ["en", "de", "fr", "it", "es", "pt"].map(|code| format!("lang:{code}"));
        let vain: Vec<(&str, u32)> = vain.iter().map(String::as_str).zip(30..).collect();
        let packing = Packing { without: None, limit: 512 };
        let causes = counted(200, &vain, &[]).judge(&channels, packing).unwrap();
        assert_eq!(causes, ["lang:pt", "lang:es", "lang:it", "lang:fr"].map(str::to_owned).into());
        assert_eq!(packing::pack_apart(&channels, &causes, packing).len(), SEARCHES);
    }
}
