//! Nodes, which never change: what is updated is made anew along its path and shares the rest.

use crate::Path;
use crate::changes::Change;
use crate::hash::{self, EMPTY, Hash, bit};
use crate::slab::{Place, Slab};

/// An entry, by the hashes of its key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub key: Hash,
    /// What stands there.
    pub value: Hash,
}

/// No entry; one, at the highest place where it is alone; or two and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Empty,
    Leaf(Place),
    Branch(Place),
}

/// A subtree with its hash. The hash stands beside the place of the node and not there, so that a
/// branch is hashed anew without a look at the side that did not change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) hash: Hash,
    node: Node,
}

impl Default for Side {
    fn default() -> Self {
        Self { hash: EMPTY, node: Node::Empty }
    }
}

/// All nodes of a trie and of the older ones that share them.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    leaves: Slab<Entry>,
    branches: Slab<[Side; 2]>,
}

impl Nodes {
    /// Let the place of a node that nobody shares any more be used again.
    pub(crate) fn free(&mut self, node: Node) {
        match node {
            Node::Empty => {}
            Node::Leaf(place) => self.leaves.free(place),
            Node::Branch(place) => self.branches.free(place),
        }
    }

    /// The way from a subtree to a key hash.
    pub(crate) fn path(&self, top: Side, key: &Hash) -> Path {
        let mut siblings = Vec::new();
        let mut node = top.node;
        while let Node::Branch(place) = node {
            let [left, right] = self.branches.at(place);
            let (way, beside) =
                if bit(key, siblings.len()) { (right, left) } else { (left, right) };
            siblings.push(beside.hash);
            node = way.node;
        }
        let end = if let Node::Leaf(place) = node { Some(self.leaves.at(place)) } else { None };
        Path { siblings, end }
    }

    /// A subtree of other nodes, here.
    pub(crate) fn copied(&mut self, others: &Self, side: Side) -> Side {
        let node = match side.node {
            Node::Empty => Node::Empty,
            Node::Leaf(place) => Node::Leaf(self.leaves.put(others.leaves.at(place))),
            Node::Branch(place) => {
                let sides = others.branches.at(place).map(|each| self.copied(others, each));
                Node::Branch(self.branches.put(sides))
            }
        };
        Side { hash: side.hash, node }
    }

    /// How many nodes there are.
    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.leaves.used() + self.branches.used()
    }
}

/// One pass that makes changes. `count` follows how many entries there are; `replaced` are the
/// nodes that the outcome does not share with the trie before.
pub(crate) struct Update<'a> {
    pub(crate) nodes: &'a mut Nodes,
    pub(crate) count: usize,
    pub(crate) replaced: Vec<Node>,
}

impl Update<'_> {
    /// The subtree at `depth` with these changes made, all of which belong below it.
    pub(crate) fn made(&mut self, side: Side, changes: &[Change], depth: usize) -> Side {
        if changes.is_empty() {
            return side;
        }
        match side.node {
            Node::Empty => self.placed(None, changes, depth),
            Node::Leaf(place) => {
                let old = self.nodes.leaves.at(place);
                if let [Change { key, value: Some(value) }] = *changes
                    && old == (Entry { key, value })
                {
                    return side;
                }
                self.replaced.push(side.node);
                self.count -= 1;
                self.placed(Some(old), changes, depth)
            }
            Node::Branch(place) => {
                let [left, right] = self.nodes.branches.at(place);
                let (of_left, of_right) =
                    changes.split_at(changes.partition_point(|change| !bit(&change.key, depth)));
                let new_left = self.made(left, of_left, depth + 1);
                let new_right = self.made(right, of_right, depth + 1);
                if (new_left.node, new_right.node) == (left.node, right.node) {
                    return side;
                }
                self.replaced.push(side.node);
                self.joined(new_left, new_right)
            }
        }
    }

    /// What stands where changes meet a single entry, or nothing.
    fn placed(&mut self, old: Option<Entry>, changes: &[Change], depth: usize) -> Side {
        let mut entries = Vec::with_capacity(changes.len() + 1);
        entries.extend(
            changes.iter().filter_map(|&Change { key, value }| Some(Entry { key, value: value? })),
        );
        if let Some(old) = old
            && changes.binary_search_by_key(&old.key, |change| change.key).is_err()
        {
            entries.insert(entries.partition_point(|entry| entry.key < old.key), old);
        }
        self.count += entries.len();
        self.built(&entries, depth)
    }

    /// The subtree at `depth` of these entries alone, ascending and distinct.
    fn built(&mut self, entries: &[Entry], depth: usize) -> Side {
        match entries {
            [] => Side::default(),
            [entry] => {
                let hash = hash::of_leaf(&entry.key, &entry.value);
                Side { hash, node: Node::Leaf(self.nodes.leaves.put(*entry)) }
            }
            _ => {
                let middle = entries.partition_point(|entry| !bit(&entry.key, depth));
                let (left, right) = entries.split_at(middle);
                let (left, right) = (self.built(left, depth + 1), self.built(right, depth + 1));
                self.joined(left, right)
            }
        }
    }

    /// Two sides together: nothing, an entry that is alone and rises, or a branch.
    fn joined(&mut self, left: Side, right: Side) -> Side {
        match (left.node, right.node) {
            (Node::Empty, Node::Empty | Node::Leaf(_)) => right,
            (Node::Leaf(_), Node::Empty) => left,
            _ => {
                let hash = hash::of_branch(&left.hash, &right.hash);
                Side { hash, node: Node::Branch(self.nodes.branches.put([left, right])) }
            }
        }
    }
}
