//! The corpus through every target, and seeded mutations of it: the short run that every change has to pass.

use std::{fs, path::Path};

use fuzz::TARGETS;

/// Mutations of each file. `cargo fuzz` goes on for as long as wanted.
const MUTATIONS: usize = 200;

/// `SplitMix64`.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    /// A few bytes other, cut, doubled or taken from elsewhere in the file.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let until = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => {
                    let byte = INTERESTING.get(self.below(INTERESTING.len()));
                    bytes.insert(at, byte.copied().unwrap_or_default());
                }
                2 => drop(bytes.drain(at..until)),
                3 => {
                    let piece = bytes.get(at..until).unwrap_or_default().to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let bit = 1 << self.below(8);
                    bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
                }
            }
        }
        bytes
    }
}

const INTERESTING: &[u8] = b"{}[]\",:\\-09eEtfn \n\0\xff\x80\xe2<&>";

#[test]
fn what_others_write_breaks_no_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let files = fs::read_dir(corpus.join(name)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 12, "{name} has {} files", files.len());
        for (seed, file) in (1..).zip(&files) {
            let bytes = fs::read(file).unwrap();
            target(&bytes);
            let mut chance = Chance(seed);
            for _ in 0..MUTATIONS {
                target(&chance.mutate(&bytes));
            }
        }
    }
}
