//! The state's trie of hashes. Knows which entries stand, by hash; not what they mean, nor which
//! versions somebody keeps. A pure function of the bytes: no clock, no chance, no I/O.
//!
//! A compact binary trie over key hashes (docs/spec/trees.md, TREE-5 to TREE-7). A trie is a value:
//! `updated` gives another one that shares what did not change, and an older one goes on being a
//! whole trie for as long as somebody holds it.

#![forbid(unsafe_code)]

mod changes;
mod hash;
mod history;
mod node;
mod slab;
#[cfg(test)]
mod tests;

pub use changes::{Changes, Collector};
pub use hash::Hash;
pub use node::Entry;

use history::History;
use node::Side;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Entries by the hashes of their keys, and the root over all of them.
///
/// Tries that were made one from the other share their nodes. The empty one that everything starts
/// from shares nothing.
#[derive(Debug, Default)]
pub struct Trie {
    history: Option<Arc<Mutex<History>>>,
    moment: u64,
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
    ///
    /// Of a trie that is not the newest of its history, all is copied first.
    #[must_use]
    pub fn updated(&self, changes: &Changes, places: Range<usize>) -> Self {
        let changes = changes.between(places);
        let (mut own, mut top) = (History::default(), self.top);
        if let Some(shared) = &self.history {
            let mut history = locked(shared);
            if history.newest() == self.moment {
                let (moment, top, count) = history.advance(top, self.count, changes);
                return Self { history: Some(Arc::clone(shared)), moment, top, count };
            }
            top = own.nodes.copied(&history.nodes, top);
        }
        let (moment, top, count) = own.advance(top, self.count, changes);
        Self { history: Some(Arc::new(Mutex::new(own))), moment, top, count }
    }

    /// The way to where the key stands or would stand.
    #[must_use]
    pub fn path(&self, key: &[u8]) -> Path {
        self.path_to(&hash::of_key(key))
    }

    fn path_to(&self, place: &Hash) -> Path {
        match &self.history {
            Some(shared) => locked(shared).nodes.path(self.top, place),
            None => Path { siblings: Vec::new(), end: None },
        }
    }
}

impl Drop for Trie {
    fn drop(&mut self) {
        if let Some(shared) = &self.history {
            locked(shared).release(self.moment);
        }
    }
}

/// Nothing that holds the lock can fail half-way, so a lock that is poisoned guards what is whole.
fn locked(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
