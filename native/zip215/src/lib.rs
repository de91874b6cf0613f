//! Which of many Ed25519 signatures are valid. Knows the rule (ZIP-215) and how to check many at
//! once; not what was signed, or by whom. A verdict is a pure function of the bytes: no clock, no
//! chance, no I/O.
//!
//! The rule (<https://zips.z.cash/zip-0215>): A and R are decoded from any encoding, S is below the
//! group order, k = SHA-512(R || A || M), and [8][S]B = [8]R + [8][k]A. Because of the factor 8 a
//! sum of such equations, each multiplied by a number that nobody could choose, holds exactly if
//! each of them does, but for one chance in 2^128.

#![forbid(unsafe_code)]

mod claim;
mod equation;
#[cfg(test)]
mod forger;
mod search;
mod signers;
#[cfg(test)]
mod tests;

pub use signers::Signers;

/// Bytes of an encoded public key.
pub const PUBLIC_KEY_SIZE: usize = 32;
/// Bytes of a signature: R, then S.
pub const SIGNATURE_SIZE: usize = 64;
/// As many signatures are summed up at once. A longer list is judged in groups, so that what is
/// kept at a time, a few kilobytes a signature, has a bound; a larger group would gain little.
pub const GROUP: usize = 512;

/// A signature to verify: whose, over which bytes, and the claim itself.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// An encoded point; any other length than 32 makes the check false.
    pub public_key: &'a [u8],
    /// The bytes that were signed, of any length.
    pub message: &'a [u8],
    /// R and S; any other length than 64 makes the check false.
    pub signature: &'a [u8],
}

fn verdicts_of(group: &[Check<'_>], signers: &mut Signers) -> Vec<bool> {
    let mut verdicts = vec![false; group.len()];
    let mut claims = claim::claims(group, signers);
    search::judge(&mut claims);
    for claim in &claims {
        if let Some(verdict) = verdicts.get_mut(claim.place) {
            *verdict = claim.valid;
        }
    }
    verdicts
}
