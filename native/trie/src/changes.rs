//! Changes in the order of their key hashes, so that neighbours go together.

use crate::hash::{self, Hash};
use std::ops::Range;

/// One place and the value hash that is to stand there, or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) key: Hash,
    pub(crate) value: Option<Hash>,
}

/// Changes of distinct keys, ascending by key hash.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    sorted: Vec<Change>,
    repeats: bool,
}

impl Changes {
    /// Hashed and sorted; the last change of a key counts.
    #[must_use]
    pub(crate) fn sorted(mut changes: Vec<Change>) -> Self {
        let given = changes.len();
        changes.sort_by_key(|change| change.key); // it keeps the order of equal keys
        changes.dedup_by(|later, earlier| {
            let same = later.key == earlier.key;
            if same {
                *earlier = *later;
            }
            same
        });
        let repeats = changes.len() < given;
        Self { sorted: changes, repeats }
    }

    /// How many keys change.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether a key was named more than once.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    pub(crate) fn between(&self, places: Range<usize>) -> &[Change] {
        let end = places.end.min(self.sorted.len());
        self.sorted.get(places.start..end).unwrap_or_default()
    }
}

/// Takes changes one by one: a key and its new value, or none to remove it.
#[derive(Debug, Default)]
pub struct Collector(Vec<Change>);

impl Collector {
    /// Hash one more.
    pub fn add(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.0.push(Change { key: hash::of_key(key), value: value.map(hash::of_value) });
    }

    /// All of them in order.
    #[must_use]
    pub fn sorted(self) -> Changes {
        Changes::sorted(self.0)
    }
}
