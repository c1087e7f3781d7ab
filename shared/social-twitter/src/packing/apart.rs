//! Channels that refuse the same are packed together, so that their queries can leave it out.

use std::{collections::BTreeMap, sync::Arc};

use social_core::{Channel, channel::Keyword};

use super::{Causes, Packing, Query, pack_narrowed};
use crate::{
    terms::{self, Term},
    tokens,
};

/// Packs channels apart from each other where one refuses what another takes. Only what all channels
/// of a query refuse is left out of it.
pub(crate) fn pack_apart(
    channels: &[Arc<Channel>],
    causes: &Causes,
    packing: Packing<'_>,
) -> Vec<Query> {
    let mut groups: BTreeMap<Causes, Vec<&Channel>> = BTreeMap::new();
    for channel in channels.iter().filter(|channel| channel.twitter().is_some()) {
        let refused = causes.iter().filter(|cause| refuses(channel, cause)).cloned().collect();
        groups.entry(refused).or_default().push(channel);
    }
    let mut queries: Vec<Query> = groups
        .into_iter()
        .flat_map(|(refused, channels)| pack_narrowed(channels, &refused, packing))
        .collect();
    queries.sort_by(|a, b| a.text.cmp(&b.text));
    queries.dedup();
    queries
}

/// The languages of two letters that X's documentation names for `lang:`; of others it is not known
/// whether X refuses the search.
const LANGUAGES: &str = "am ar bg bn bo bs ca cs cy da de dv el en es et eu fa fi fr gu hi hr ht hu \
    hy in is it iw ja ka km kn ko lo lt lv ml mr my ne nl no or pa pl ps pt ro ru sd si sk sl sr sv \
    ta te th tl tr ug uk ur vi";

/// A language as a query leaves it out. `-lang:` and not `lang:`, so that tweets whose language X
/// does not know are found, whatever code they have.
pub(crate) fn language(code: &str) -> Option<String> {
    let code = code.to_ascii_lowercase();
    LANGUAGES.split_whitespace().any(|known| known == code).then(|| format!("lang:{code}"))
}

/// An excluded word as a query leaves it out. Not in scripts without spaces: how X cuts those is not
/// known well enough.
pub(crate) fn exclusion(keyword: &Keyword) -> Option<String> {
    let term = keyword.as_str();
    let is_empty = matches!(Term::keyword(keyword), Term::Phrase(words) if words.is_empty());
    (!is_empty && !tokens::is_unspaced(term)).then(|| terms::written(term))
}

fn refuses(channel: &Channel, cause: &str) -> bool {
    let languages = channel.twitter().map(|source| source.languages.as_slice()).unwrap_or_default();
    let is_taken = |cause| languages.iter().any(|code| language(code).as_deref() == Some(cause));
    if cause.starts_with("lang:") {
        return !languages.is_empty() && !is_taken(cause);
    }
    let mut excluded = channel.exclude_keywords.iter();
    excluded.any(|keyword| exclusion(keyword).as_deref() == Some(cause))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::german("de", Some("lang:de"))]
    #[case::as_x_writes_hebrew("IW", Some("lang:iw"))]
    #[case::not_known("und", None)]
    #[case::hashtags_only("qht", None)]
    #[case::not_documented("zh", None)]
    #[case::an_operator("de -acme", None)]
    fn only_documented_languages_are_left_out(#[case] code: &str, #[case] written: Option<&str>) {
        assert_eq!(language(code).as_deref(), written);
    }

    #[rstest]
    #[case::word("giveaway", Some("giveaway"))]
    #[case::phrase("free phone", Some("\"free phone\""))]
    #[case::unspaced("無料", None)]
    fn excluded_words_are_left_out_as_x_cuts_them(
        #[case] term: &str,
        #[case] written: Option<&str>,
    ) {
        let keyword = Keyword::parse(term).unwrap();
        assert_eq!(exclusion(&keyword).as_deref(), written);
    }
}
