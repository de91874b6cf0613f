//! The equation, of one claim and of many. Knows points; not how many claims are bad, or which.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};

use crate::claim::Claim;

/// What is left of the sum of the weighed equations: of valid claims alone nothing but a point
/// whose order divides 8.
///
/// Claims of one key that stand together cost one point between them.
pub(crate) fn remainder(claims: &[Claim]) -> EdwardsPoint {
    let mut scalars = Vec::with_capacity(2 * claims.len() + 1);
    let mut points = Vec::with_capacity(2 * claims.len() + 1);
    let mut of_base = Scalar::ZERO;
    for of_one_key in claims.chunk_by(|left, right| left.key == right.key) {
        let mut of_key = Scalar::ZERO;
        for claim in of_one_key {
            of_base -= claim.weight * claim.scalar;
            of_key += claim.weight * claim.challenge;
            scalars.push(claim.weight);
            points.push(claim.nonce);
        }
        if let Some(first) = of_one_key.first() {
            scalars.push(of_key);
            points.push(first.signer);
        }
    }
    scalars.push(of_base);
    points.push(ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(&scalars, &points)
}

/// Whether a remainder is one of valid claims.
pub(crate) fn vanishes(remainder: EdwardsPoint) -> bool {
    remainder.mul_by_cofactor().is_identity()
}

/// Whether one claim is valid, by its own equation.
pub(crate) fn holds(claim: &Claim) -> bool {
    let (minus_k, signer) = (-claim.challenge, &claim.signer);
    let expected =
        EdwardsPoint::vartime_double_scalar_mul_basepoint(&minus_k, signer, &claim.scalar);
    vanishes(expected - claim.nonce)
}
