//! Which tries of a history are still held, and so which nodes nobody shares any more.

use crate::changes::Change;
use crate::node::{Node, Nodes, Side, Update};
use std::collections::{BTreeSet, VecDeque};

/// The nodes of tries that were made one from the other, each at a moment of its own.
///
/// A node that was replaced at a moment is shared by tries of earlier moments alone: once the oldest
/// that is held is not earlier, its place is free. So nobody counts who shares a node, which would
/// mean to look at every neighbour of what changed.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) nodes: Nodes,
    newest: u64,
    held: BTreeSet<u64>,
    replaced: VecDeque<(u64, Vec<Node>)>,
}

impl History {
    /// The moment of the newest trie.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// Make changes of the newest trie, whose top and count these are. What comes of it is the
    /// newest from now on, and is held: its moment, top and count.
    pub(crate) fn advance(
        &mut self,
        top: Side,
        count: usize,
        changes: &[Change],
    ) -> (u64, Side, usize) {
        let mut update = Update { nodes: &mut self.nodes, count, replaced: Vec::new() };
        let top = update.made(top, changes, 0);
        let (count, replaced) = (update.count, update.replaced);
        self.newest += 1;
        self.held.insert(self.newest);
        self.replaced.push_back((self.newest, replaced));
        (self.newest, top, count)
    }

    /// Nobody holds the trie of a moment any more.
    pub(crate) fn release(&mut self, moment: u64) {
        self.held.remove(&moment);
        let Some(&oldest) = self.held.first() else { return };
        while self.replaced.front().is_some_and(|(moment, _)| *moment <= oldest) {
            for node in self.replaced.pop_front().map_or_else(Vec::new, |(_, nodes)| nodes) {
                self.nodes.free(node);
            }
        }
    }
}
