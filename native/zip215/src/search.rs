//! Finds the bad ones among many claims. Knows what looking costs, and keeps to it.
//!
//! A group whose sum does not vanish is cut in two. The remainder of the second half is what is
//! left of the whole's when the first half's is taken away, so a cut costs a sum over half of the
//! group. Somebody who puts a bad signature into every group must not make that dear: the cuts of
//! a group cost no more than its own sum did, and whatever is not found by then is checked claim
//! by claim.

use std::collections::VecDeque;

use curve25519_dalek::edwards::EdwardsPoint;

use crate::claim::Claim;
use crate::equation::{holds, remainder, vanishes};

/// So few claims are checked one by one: cutting them further would cost as much.
pub(crate) const LEAF: usize = 8;

/// What judging took: claims that went into sums, and claims that were checked by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub summed: usize,
    pub alone: usize,
}

/// Find which claims are valid.
pub(crate) fn judge(claims: &mut [Claim]) -> Work {
    let mut work = Work::default();
    if claims.len() < 2 {
        one_by_one(claims, &mut work);
        return work;
    }
    let mut allowance = claims.len();
    work.summed += claims.len();
    let mut bad = VecDeque::new();
    let whole = remainder(claims);
    settle(claims, whole, &mut bad);
    while let Some((part, left_over)) = bad.pop_front() {
        let half = part.len() / 2;
        if part.len() <= LEAF || half > allowance {
            one_by_one(part, &mut work);
            continue;
        }
        allowance -= half;
        work.summed += half;
        let (first, second) = part.split_at_mut(half);
        let of_first = remainder(first);
        settle(first, of_first, &mut bad);
        settle(second, left_over - of_first, &mut bad);
    }
    work
}

/// Accept a part whose remainder vanishes; otherwise there is a bad one in it, to be found.
fn settle<'a>(
    part: &'a mut [Claim],
    left_over: EdwardsPoint,
    bad: &mut VecDeque<(&'a mut [Claim], EdwardsPoint)>,
) {
    if vanishes(left_over) {
        part.iter_mut().for_each(|claim| claim.valid = true);
    } else {
        bad.push_back((part, left_over));
    }
}

fn one_by_one(claims: &mut [Claim], work: &mut Work) {
    work.alone += claims.len();
    for claim in claims {
        claim.valid = holds(claim);
    }
}
