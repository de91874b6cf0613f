//! Points of public keys that were decoded lately. Knows how many are kept; not what they signed.
//!
//! Decoding a key is more than a quarter of what a signature costs in a batch, and most signers come
//! again. What is kept changes no verdict: a point is a function of the key's bytes.

use std::collections::HashMap;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};

use crate::{Check, GROUP, PUBLIC_KEY_SIZE, verdicts_of};

/// Keys of a generation, of which there are two, of 7 megabytes each, and no more whoever signs:
/// as many as a map of 32,768 places takes before it grows.
const GENERATION: usize = 28_672;

type Points = HashMap<[u8; PUBLIC_KEY_SIZE], Option<EdwardsPoint>>;

/// Keys in two generations: what nobody signed with during one is dropped.
#[derive(Debug)]
pub struct Signers {
    young: Points,
    old: Points,
    generation: usize,
}

impl Default for Signers {
    fn default() -> Self {
        Self::of(GENERATION)
    }
}

impl Signers {
    /// With so many keys a generation.
    pub(crate) fn of(generation: usize) -> Self {
        Self { young: Points::new(), old: Points::new(), generation }
    }

    /// One verdict a check, in order.
    pub fn verify_many(&mut self, checks: &[Check<'_>]) -> Vec<bool> {
        let mut verdicts = Vec::with_capacity(checks.len());
        for group in checks.chunks(GROUP) {
            verdicts.extend(verdicts_of(group, self));
        }
        verdicts
    }

    /// The point of a key; None if it encodes none.
    pub(crate) fn point(&mut self, key: [u8; PUBLIC_KEY_SIZE]) -> Option<EdwardsPoint> {
        if let Some(point) = self.young.get(&key) {
            return *point;
        }
        let point = self.old.remove(&key).unwrap_or_else(|| CompressedEdwardsY(key).decompress());
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, point);
        point
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.young.len() + self.old.len()
    }

    #[cfg(test)]
    pub(crate) fn keeps(&self, key: &[u8; PUBLIC_KEY_SIZE]) -> bool {
        self.young.contains_key(key) || self.old.contains_key(key)
    }
}
