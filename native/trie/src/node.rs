//! Nodes, which never change: what is updated is made anew along its path and shares the rest.

use crate::Path;
use crate::changes::Change;
use crate::hash::{self, EMPTY, Hash, bit};
use std::sync::Arc;

/// An entry, by the hashes of its key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub key: Hash,
    /// What stands there.
    pub value: Hash,
}

/// A subtree with its hash. The hash is kept beside the pointer and not behind it, so that hashing
/// a branch anew does not touch the side that did not change.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) hash: Hash,
    node: Node,
}

/// No entry; one, at the highest place where it is alone; or two and more.
#[derive(Clone, Debug)]
enum Node {
    Empty,
    Leaf(Arc<Entry>),
    Branch(Arc<[Side; 2]>),
}

impl Default for Side {
    fn default() -> Self {
        Self { hash: EMPTY, node: Node::Empty }
    }
}

impl Side {
    fn leaf(entry: Entry) -> Self {
        let hash = hash::of_leaf(&entry.key, &entry.value);
        Self { hash, node: Node::Leaf(Arc::new(entry)) }
    }

    /// Two sides together: nothing, an entry that is alone and rises, or a branch.
    fn joined(left: Self, right: Self) -> Self {
        match (&left.node, &right.node) {
            (Node::Empty, Node::Empty | Node::Leaf(_)) => right,
            (Node::Leaf(_), Node::Empty) => left,
            _ => {
                let hash = hash::of_branch(&left.hash, &right.hash);
                Self { hash, node: Node::Branch(Arc::new([left, right])) }
            }
        }
    }

    /// The subtree at `depth` with these changes made, one or more, all of which belong below it.
    /// `count` follows how many entries there are.
    pub(crate) fn updated(&self, changes: &[Change], depth: usize, count: &mut usize) -> Self {
        match &self.node {
            Node::Branch(sides) => {
                let [left, right] = sides.as_ref();
                let (of_left, of_right) =
                    changes.split_at(changes.partition_point(|change| !bit(&change.key, depth)));
                Self::joined(
                    left.perhaps_updated(of_left, depth + 1, count),
                    right.perhaps_updated(of_right, depth + 1, count),
                )
            }
            Node::Leaf(entry) => {
                *count -= 1;
                Self::placed(Some(**entry), changes, depth, count)
            }
            Node::Empty => Self::placed(None, changes, depth, count),
        }
    }

    fn perhaps_updated(&self, changes: &[Change], depth: usize, count: &mut usize) -> Self {
        match changes {
            [] => self.clone(),
            some => self.updated(some, depth, count),
        }
    }

    /// What stands where changes meet a single entry, or nothing.
    fn placed(old: Option<Entry>, changes: &[Change], depth: usize, count: &mut usize) -> Self {
        let mut entries = Vec::with_capacity(changes.len() + 1);
        entries.extend(
            changes.iter().filter_map(|&Change { key, value }| Some(Entry { key, value: value? })),
        );
        if let Some(old) = old
            && changes.binary_search_by_key(&old.key, |change| change.key).is_err()
        {
            entries.insert(entries.partition_point(|entry| entry.key < old.key), old);
        }
        *count += entries.len();
        Self::built(&entries, depth)
    }

    /// The subtree at `depth` of these entries alone, ascending and distinct.
    fn built(entries: &[Entry], depth: usize) -> Self {
        match entries {
            [] => Self::default(),
            [entry] => Self::leaf(*entry),
            _ => {
                let middle = entries.partition_point(|entry| !bit(&entry.key, depth));
                let (left, right) = entries.split_at(middle);
                Self::joined(Self::built(left, depth + 1), Self::built(right, depth + 1))
            }
        }
    }

    /// The way to a key hash.
    pub(crate) fn path(&self, key: &Hash) -> Path {
        let mut siblings = Vec::new();
        let mut node = &self.node;
        while let Node::Branch(sides) = node {
            let [left, right] = sides.as_ref();
            let (way, beside) =
                if bit(key, siblings.len()) { (right, left) } else { (left, right) };
            siblings.push(beside.hash);
            node = &way.node;
        }
        let end = if let Node::Leaf(entry) = node { Some(**entry) } else { None };
        Path { siblings, end }
    }
}
