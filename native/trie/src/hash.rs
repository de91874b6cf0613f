//! The four hashes of the trie, each in a domain of its own (ENC-5).

use sha2::{Digest, Sha256};

/// 32 bytes.
pub type Hash = [u8; 32];

/// What stands for no entry at all.
pub(crate) const EMPTY: Hash = [0; 32];

/// The place of a key: its bits, of each byte the most significant first.
pub(crate) fn of_key(key: &[u8]) -> Hash {
    digest(b"LiqBon/tree/key\0", &[key])
}

/// What stands for a value.
pub(crate) fn of_value(value: &[u8]) -> Hash {
    digest(b"LiqBon/tree/value\0", &[value])
}

/// The hash of a single entry.
pub(crate) fn of_leaf(key: &Hash, value: &Hash) -> Hash {
    digest(b"LiqBon/tree/leaf\0", &[key, value])
}

/// The hash over two sides.
pub(crate) fn of_branch(left: &Hash, right: &Hash) -> Hash {
    digest(b"LiqBon/tree/node\0", &[left, right])
}

fn digest(prefix: &[u8], parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(prefix);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The bit of a hash that parts the two sides of a branch at this depth; 0 is left.
pub(crate) fn bit(hash: &Hash, depth: usize) -> bool {
    hash.get(depth / 8).is_some_and(|byte| byte >> (7 - depth % 8) & 1 == 1)
}
