//! Finds the bad ones among many claims. Knows what looking costs, and keeps to it.
//!
//! A group whose sum does not vanish is cut in two. The remainder of the second half is that of the
//! whole less that of the first, so a cut costs a sum over half of the group. As long as one half
//! is good, the other is cut again: a single bad claim costs less than another sum over the group.
//! Where both are bad there are several, and what is left is checked claim by claim: somebody who
//! spoils groups on purpose gains half a sum by it.

use curve25519_dalek::edwards::EdwardsPoint;

use crate::claim::Claim;
use crate::equation::{holds, remainder, vanishes};

/// So few claims are checked one by one: a sum saves little, and is lost if one of them is bad.
pub(crate) const FEW: usize = 8;

/// What judging took: claims that went into sums, and claims that were checked by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub summed: usize,
    pub alone: usize,
}

/// Find which claims are valid.
pub(crate) fn judge(claims: &mut [Claim]) -> Work {
    let mut work = Work::default();
    if claims.len() < FEW {
        one_by_one(claims, &mut work);
        return work;
    }
    work.summed += claims.len();
    let whole = remainder(claims);
    if settled(claims, whole) {
        return work;
    }
    let (mut bad, mut left_over) = (claims, whole);
    while bad.len() > FEW {
        let (first, second) = bad.split_at_mut(bad.len() / 2);
        work.summed += first.len();
        let of_first = remainder(first);
        let of_second = left_over - of_first;
        if settled(first, of_first) {
            (bad, left_over) = (second, of_second);
        } else if settled(second, of_second) {
            (bad, left_over) = (first, of_first);
        } else {
            one_by_one(first, &mut work);
            bad = second;
            break;
        }
    }
    one_by_one(bad, &mut work);
    work
}

/// Accept a part whose remainder vanishes; otherwise there is a bad claim in it.
fn settled(part: &mut [Claim], left_over: EdwardsPoint) -> bool {
    let good = vanishes(left_over);
    if good {
        part.iter_mut().for_each(|claim| claim.valid = true);
    }
    good
}

fn one_by_one(claims: &mut [Claim], work: &mut Work) {
    work.alone += claims.len();
    for claim in claims {
        claim.valid = holds(claim);
    }
}
