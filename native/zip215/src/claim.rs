//! Bytes become points and numbers. Knows encodings and hashes; judges no signature.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::signers::Signers;
use crate::{Check, PUBLIC_KEY_SIZE, SIGNATURE_SIZE};

/// Sets this use of SHA-512 apart from every other.
const DOMAIN: &[u8] = b"liqbon zip215 coefficients 1";

/// A signature whose parts decode: it is valid if [8](R + [k]A - [S]B) vanishes.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Where it stands in the caller's list.
    pub place: usize,
    /// The key as it came: claims of one key stand together.
    pub key: [u8; PUBLIC_KEY_SIZE],
    /// A.
    pub signer: EdwardsPoint,
    /// R.
    pub nonce: EdwardsPoint,
    /// S.
    pub scalar: Scalar,
    /// k.
    pub challenge: Scalar,
    /// z: by what the equation of this claim is multiplied in a sum; below 2^128.
    pub weight: Scalar,
    /// The verdict; nothing is valid until it is found to be.
    pub valid: bool,
}

struct Shaped<'a> {
    place: usize,
    key: [u8; PUBLIC_KEY_SIZE],
    nonce: [u8; 32],
    scalar: [u8; 32],
    message: &'a [u8],
}

/// The claims among some checks, ordered by key. What has no claim is invalid by its form alone.
pub(crate) fn claims(checks: &[Check<'_>], signers: &mut Signers) -> Vec<Claim> {
    let mut shaped: Vec<Shaped<'_>> = checks.iter().enumerate().filter_map(shape).collect();
    shaped.sort_by_key(|each| each.key);
    let mut transcript = Sha512::new().chain_update(DOMAIN);
    let mut claims = Vec::with_capacity(shaped.len());
    for of_one_key in shaped.chunk_by(|left, right| left.key == right.key) {
        let Some(signer) = of_one_key.first().and_then(|each| signers.point(each.key)) else {
            continue;
        };
        claims.extend(of_one_key.iter().filter_map(|each| claim(each, signer, &mut transcript)));
    }
    weigh(&mut claims, &transcript.finalize());
    claims
}

fn shape<'a>((place, check): (usize, &Check<'a>)) -> Option<Shaped<'a>> {
    let key = check.public_key.try_into().ok()?;
    let signature: &[u8; SIGNATURE_SIZE] = check.signature.try_into().ok()?;
    let (nonce, scalar) = signature.split_at(32);
    let (nonce, scalar) = (nonce.try_into().ok()?, scalar.try_into().ok()?);
    Some(Shaped { place, key, nonce, scalar, message: check.message })
}

fn claim(shaped: &Shaped<'_>, signer: EdwardsPoint, transcript: &mut Sha512) -> Option<Claim> {
    let scalar = Option::from(Scalar::from_canonical_bytes(shaped.scalar))?;
    let nonce = point(shaped.nonce)?;
    let hashed: [u8; 64] = Sha512::new()
        .chain_update(shaped.nonce)
        .chain_update(shaped.key)
        .chain_update(shaped.message)
        .finalize()
        .into();
    transcript.update(shaped.scalar);
    transcript.update(hashed); // of R, A and M: all else that the signature says
    Some(Claim {
        place: shaped.place,
        key: shaped.key,
        signer,
        nonce,
        scalar,
        challenge: Scalar::from_bytes_mod_order_wide(&hashed),
        weight: Scalar::ZERO,
        valid: false,
    })
}

/// The point of an encoding: y may be above p, and x = 0 may have its sign bit set.
fn point(encoding: [u8; 32]) -> Option<EdwardsPoint> {
    CompressedEdwardsY(encoding).decompress()
}

/// Give each claim 128 bits that depend on every bit of every claim, S among them. Whoever made
/// the claims could not aim at them, and whoever checks them again finds the same.
fn weigh(claims: &mut [Claim], seed: &[u8]) {
    for (number, four) in (0_u64..).zip(claims.chunks_mut(4)) {
        let hashed = Sha512::new().chain_update(seed).chain_update(number.to_le_bytes()).finalize();
        for (claim, bytes) in four.iter_mut().zip(hashed.chunks_exact(16)) {
            let mut bits = [0; 16];
            bits.copy_from_slice(bytes);
            claim.weight = Scalar::from(u128::from_le_bytes(bits));
        }
    }
}
