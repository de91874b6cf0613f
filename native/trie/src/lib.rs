//! The state's trie of hashes. Knows which entries stand, by hash; not what they mean, nor which
//! versions somebody keeps. A pure function of the bytes: no clock, no chance, no I/O.
//!
//! A compact binary trie over key hashes (docs/spec/trees.md, TREE-5 to TREE-7). A trie is a value:
//! `updated` gives another one that shares what did not change, so that an older version goes on
//! being a whole trie for as long as somebody holds it.

#![forbid(unsafe_code)]

mod changes;
mod hash;
mod node;
#[cfg(test)]
mod tests;

pub use changes::{Changes, Collector};
pub use hash::Hash;
pub use node::Entry;

use node::Side;
use std::ops::Range;

/// Entries by the hashes of their keys, and the root over all of them.
#[derive(Clone, Debug, Default)]
pub struct Trie {
    top: Side,
    count: usize,
}

/// What leads from a root to the place of a key, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The hashes beside the way, from the root downwards.
    pub siblings: Vec<Hash>,
    /// The one entry at the end of the way, perhaps another key's; none where nothing stands.
    pub end: Option<Entry>,
}

impl Trie {
    /// The root: 32 zero bytes while there is no entry.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.top.hash
    }

    /// How many entries stand.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The trie with the changes at these places made; what is beyond their end is nothing.
    #[must_use]
    pub fn updated(&self, changes: &Changes, places: Range<usize>) -> Self {
        let mut count = self.count;
        let top = match changes.between(places) {
            [] => self.top.clone(),
            some => self.top.updated(some, 0, &mut count),
        };
        Self { top, count }
    }

    /// The way to where the key stands or would stand.
    #[must_use]
    pub fn path(&self, key: &[u8]) -> Path {
        self.top.path(&hash::of_key(key))
    }
}
