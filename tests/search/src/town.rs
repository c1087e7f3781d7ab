//! A town that talks of many brands: channels whose terms overlap, and tweets with some of them.
//! Made up by a fixed seed, so that every run is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};
use social_core::Channel;

use crate::opinion::Opinion;

/// Who takes what, by channel and tweet.
pub type Belongings = BTreeSet<(String, String)>;

/// A small generator of numbers that look random.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = self.roll(list.len());
        list.get(index).unwrap_or_else(|| unreachable!("nothing to pick from"))
    }
}

/// A made-up word of two or three syllables; the number makes it its own.
fn word(dice: &mut Dice, number: usize) -> String {
    let heads = ["b", "d", "f", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "tr"];
    let tails = ["a", "e", "i", "o", "u", "é", "ö", "an", "el", "ir", "on", "ü", "ñu"];
    let mut word = String::new();
    for _ in 0..2 + dice.roll(2) {
        word.push_str(dice.pick::<&str>(&heads));
        word.push_str(dice.pick::<&str>(&tails));
    }
    format!("{word}{number}")
}

/// What the town searches for and talks of.
pub struct Town {
    /// All terms, each as an administrator writes it.
    pub terms: Vec<String>,
    pub channels: Vec<Vec<String>>,
    fillers: Vec<String>,
}

impl Town {
    /// So many terms, spread over so many channels; a third of a channel's terms are also its
    /// neighbour's.
    pub fn new(seed: u64, terms: usize, channels: usize) -> Self {
        let mut dice = Dice::new(seed);
        let brands: Vec<String> = (0..terms / 3).map(|number| word(&mut dice, number)).collect();
        let products = ["router", "phone 9", "help", "shop", "outage", "pro max", "radio"];
        let all: Vec<String> = (0..terms)
            .map(|number| {
                let brand = brands.get(number % brands.len()).cloned().unwrap_or_default();
                let product = dice.pick(&products);
                match number / brands.len() {
                    0 => brand,
                    1 => format!("{brand} {product}"),
                    _ if number % 2 == 0 => format!("#{brand}"),
                    _ => format!("@{}", ascii(&brand)),
                }
            })
            .collect();
        let per_channel = terms.div_ceil(channels);
        let of = |channel: usize| {
            let own = all.iter().skip(channel * per_channel).take(per_channel);
            let next = (channel + 1) % channels;
            own.chain(all.iter().skip(next * per_channel).take(per_channel / 3)).cloned().collect()
        };
        let fillers = (0..400).map(|number| word(&mut dice, 10_000 + number)).collect();
        Self { channels: (0..channels).map(of).collect(), terms: all, fillers }
    }

    /// The channels as administrators write them.
    pub fn entries(&self, credential: &str) -> Vec<Value> {
        let entry = |(number, terms): (usize, &Vec<String>)| {
            let (handles, keywords): (Vec<&String>, Vec<&String>) =
                terms.iter().partition(|term| term.starts_with('@'));
            json!({
                "channel_id": name(number), "network": "twitter",
                "workgroup": "Market Watch", "credential": credential,
                "handles": handles, "keywords": keywords, "start": "2020-01-01T00:00:00Z",
            })
        };
        self.channels.iter().enumerate().map(entry).collect()
    }

    /// The channels as the bridge reads them.
    #[expect(clippy::expect_used, reason = "the town's terms are valid")]
    pub fn parsed(&self) -> Vec<Arc<Channel>> {
        let parse = |entry| Arc::new(Channel::from_entry(entry).expect("a valid entry"));
        self.entries("/social/twitter/acme").into_iter().map(parse).collect()
    }

    /// What each channel should get of these tweets, by the second opinion.
    pub fn belongings(&self, tweets: &BTreeMap<String, String>) -> Belongings {
        let opinion = Opinion::new(&self.channels);
        let of = |(id, text): (&String, &String)| -> Vec<(String, String)> {
            opinion.takers(text).into_iter().map(|number| (name(number), id.clone())).collect()
        };
        tweets.iter().flat_map(of).collect()
    }

    /// A tweet with so many of the terms, in odd spellings.
    pub fn tweet(&self, dice: &mut Dice, terms: usize) -> String {
        let mut words: Vec<String> = (0..6).map(|_| dice.pick(&self.fillers).clone()).collect();
        for _ in 0..terms {
            let term = dice.pick(&self.terms).clone();
            let term = match dice.roll(4) {
                0 => term.to_uppercase(),
                1 => format!("{term}!"),
                2 => format!("({term})"),
                _ => term,
            };
            words.insert(dice.roll(words.len()), term);
        }
        words.join(" ")
    }
}

/// Of a channel.
fn name(number: usize) -> String {
    format!("channel-{number:03}")
}

fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(15).collect()
}
