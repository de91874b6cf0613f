//! Signs for tests, and forges. Knows the private numbers that an attacker would know.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::Check;

/// A signature that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub key: Vec<u8>,
    pub message: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Signed {
    pub(crate) fn check(&self) -> Check<'_> {
        Check { public_key: &self.key, message: &self.message, signature: &self.signature }
    }

    /// The same with something added to S: no longer valid unless that is nothing.
    pub(crate) fn with_error(&self, error: Scalar) -> Self {
        let scalar = self.scalar() + error;
        let mut signature = self.signature.clone();
        signature[32..].copy_from_slice(scalar.as_bytes());
        Self { signature, ..self.clone() }
    }

    pub(crate) fn scalar(&self) -> Scalar {
        let bytes: [u8; 32] = self.signature[32..].try_into().unwrap();
        Scalar::from_canonical_bytes(bytes).unwrap()
    }
}

/// A number that depends on a text, evenly spread below the group order.
pub(crate) fn number(text: &str) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(text).into())
}

/// The signature of the person with a number, over a message. Points of small order may be added
/// to key and nonce: the rule does not see them.
pub(crate) fn signed(person: usize, message: &[u8], torsion: [EdwardsPoint; 2]) -> Signed {
    let secret = number(&format!("key {person}"));
    let nonce = number(&format!("nonce {person} {message:?}"));
    let key = (ED25519_BASEPOINT_POINT * secret + torsion[0]).compress().to_bytes();
    let point = (ED25519_BASEPOINT_POINT * nonce + torsion[1]).compress().to_bytes();
    let hash = Sha512::new().chain_update(point).chain_update(key).chain_update(message).finalize();
    let scalar = nonce + Scalar::from_bytes_mod_order_wide(&hash.into()) * secret;
    let signature = [point, scalar.to_bytes()].concat();
    Signed { key: key.to_vec(), message: message.to_vec(), signature }
}

/// As many good signatures, each of another person.
pub(crate) fn crowd(count: usize) -> Vec<Signed> {
    (0..count).map(|person| signed(person, b"message", Default::default())).collect()
}
