//! What Python cannot reach: key hashes that are alike in as many bits as there are.

use crate::changes::{Change, Changes};
use crate::hash::{Hash, of_branch, of_leaf};
use crate::{Entry, Trie};

/// A key hash with one bit set, counted from the first one.
fn with_bit(place: usize) -> Hash {
    let mut key = [0; 32];
    key[place / 8] = 0x80 >> (place % 8);
    key
}

fn standing(keys: &[Hash]) -> Vec<Change> {
    keys.iter().map(|&key| Change { key, value: Some([7; 32]) }).collect()
}

fn updated(trie: &Trie, changes: Vec<Change>) -> Trie {
    let sorted = Changes::sorted(changes);
    let len = sorted.len();
    trie.updated(&sorted, 0..len)
}

#[test]
fn two_keys_that_only_their_last_bit_parts_stand_256_deep() {
    let keys = [[0; 32], with_bit(255)];
    let trie = updated(&Trie::default(), standing(&keys));
    let mut root = of_branch(&of_leaf(&keys[0], &[7; 32]), &of_leaf(&keys[1], &[7; 32]));
    for _ in 0..255 {
        root = of_branch(&root, &[0; 32]);
    }
    assert_eq!((trie.root(), trie.count()), (root, 2));
    let path = trie.path_to(&keys[1]);
    assert_eq!(path.siblings.len(), 256);
    assert_eq!(path.end, Some(Entry { key: keys[1], value: [7; 32] }));
}

#[test]
fn a_key_that_is_left_alone_rises_to_the_top() {
    let keys: Vec<Hash> = (0..256).map(with_bit).chain([[0; 32]]).collect();
    let trie = updated(&Trie::default(), standing(&keys));
    assert_eq!(trie.count(), 257);
    let gone = keys[1..].iter().map(|&key| Change { key, value: None }).collect();
    let alone = updated(&trie, gone);
    assert_eq!((alone.root(), alone.count()), (of_leaf(&keys[0], &[7; 32]), 1));
    let none = updated(&alone, vec![Change { key: keys[0], value: None }]);
    assert_eq!((none.root(), none.count()), ([0; 32], 0));
    assert_eq!(trie.count(), 257, "the older one is as it was");
}

#[test]
fn the_order_of_changes_is_that_of_places_and_the_last_of_a_key_counts() {
    let (low, high) = (with_bit(9), with_bit(1));
    let given = vec![
        Change { key: high, value: None },
        Change { key: low, value: Some([1; 32]) },
        Change { key: high, value: Some([2; 32]) },
        Change { key: low, value: Some([3; 32]) },
    ];
    let sorted = Changes::sorted(given);
    assert!(sorted.repeats());
    let found: Vec<_> = sorted.between(0..9).iter().map(|each| (each.key, each.value)).collect();
    assert_eq!(found, [(low, Some([3; 32])), (high, Some([2; 32]))]);
    assert!(sorted.between(3..9).is_empty());
}

/// How many nodes the histories of these tries have, should all be of one.
fn nodes(trie: &Trie) -> usize {
    trie.history.as_ref().map_or(0, |shared| crate::locked(shared).nodes.used())
}

/// Drawn without chance: a place and its value, or none.
fn drawn(step: u64) -> Change {
    let mixed = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut key = [0; 32];
    key[0] = (mixed >> 40) as u8;
    let value = (mixed >> 60 != 0).then_some([(mixed >> 32) as u8; 32]);
    Change { key, value }
}

#[test]
fn places_are_used_again_once_nobody_holds_what_was_replaced() {
    let mut kept = vec![Trie::default()];
    for version in 0..500 {
        let changes = (0..20).map(|each| drawn(version * 20 + each)).collect();
        let next = updated(kept.last().unwrap(), changes);
        kept.push(next);
        if kept.len() > 5 {
            kept.remove(0);
        }
    }
    let newest = kept.pop().unwrap();
    kept.clear();
    let fresh = {
        let entries = (0..=255).filter_map(|byte| {
            let mut key = [0; 32];
            key[0] = byte;
            newest.path_to(&key).end.filter(|entry| entry.key == key)
        });
        let standing = entries.map(|Entry { key, value }| Change { key, value: Some(value) });
        updated(&Trie::default(), standing.collect())
    };
    assert_eq!((newest.root(), newest.count()), (fresh.root(), fresh.count()));
    assert_eq!(nodes(&newest), nodes(&fresh), "no node is left that is not of the newest");
}

#[test]
fn two_tries_made_of_one_do_not_meet() {
    let base = updated(&Trie::default(), (0..50).map(drawn).collect());
    let (root, count) = (base.root(), base.count());
    let mut one = updated(&base, (50..60).map(drawn).collect());
    let mut other = updated(&base, (50..60).map(drawn).collect());
    for step in 60..90 {
        one = updated(&one, vec![drawn(step)]);
        other = updated(&other, vec![drawn(step)]);
        assert_eq!((one.root(), one.count()), (other.root(), other.count()));
    }
    assert_eq!((base.root(), base.count()), (root, count));
    assert_eq!(updated(&base, Vec::new()).root(), root);
    drop(base);
    drop(one);
    assert_eq!(other.path_to(&drawn(89).key).end.map(|entry| entry.value), drawn(89).value);
}
