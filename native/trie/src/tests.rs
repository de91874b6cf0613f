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
    let path = trie.top.path(&keys[1]);
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
