//! What a sum of equations could get wrong. Published vectors and the comparison with another
//! library are Python's: tests/unit/native and tests/fuzz.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::scalar::Scalar;

use crate::claim::{self, Claim};
use crate::equation::holds;
use crate::forger::{Signed, crowd, number, signed};
use crate::search::{FEW, Work, judge};
use crate::{Check, GROUP, Signers};

fn claims(checks: &[Check<'_>]) -> Vec<Claim> {
    claim::claims(checks, &mut Signers::default())
}

fn verify_many(checks: &[Check<'_>]) -> Vec<bool> {
    Signers::default().verify_many(checks)
}

fn verdicts(many: &[Signed]) -> Vec<bool> {
    verify_many(&many.iter().map(Signed::check).collect::<Vec<_>>())
}

fn work_of(many: &[Signed]) -> (Work, Vec<bool>) {
    let mut found = claims(&many.iter().map(Signed::check).collect::<Vec<_>>());
    let work = judge(&mut found);
    found.sort_by_key(|claim| claim.place);
    (work, found.iter().map(|claim| claim.valid).collect())
}

fn spoilt(many: &[Signed], is_bad: impl Fn(usize) -> bool) -> (Vec<Signed>, Vec<bool>) {
    let spoil = |(place, each): (usize, &Signed)| {
        if is_bad(place) { each.with_error(Scalar::ONE) } else { each.clone() }
    };
    let expected = (0..many.len()).map(|place| !is_bad(place)).collect();
    (many.iter().enumerate().map(spoil).collect(), expected)
}

#[test]
fn nothing_has_no_verdicts() {
    assert!(verify_many(&[]).is_empty());
}

#[test]
fn good_signatures_take_one_sum_unless_they_are_few() {
    for count in [1, FEW - 1, FEW, 100, GROUP] {
        let (work, valid) = work_of(&crowd(count));
        let (summed, alone) = if count < FEW { (0, count) } else { (count, 0) };
        assert_eq!(work, Work { summed, alone });
        assert_eq!(valid, vec![true; count]);
    }
}

#[test]
fn one_bad_signature_is_found_wherever_it_stands_for_less_than_a_second_sum() {
    for count in [1, 2, FEW, FEW + 1, 2 * FEW + 1, 100] {
        let good = crowd(count);
        for place in 0..count {
            let (many, expected) = spoilt(&good, |each| each == place);
            let (work, valid) = work_of(&many);
            assert_eq!(valid, expected);
            assert!(work.summed < 2 * count && work.alone <= FEW, "{work:?}");
        }
    }
}

#[test]
fn every_pattern_of_bad_ones_is_told() {
    let good = crowd(FEW + 2);
    for pattern in 0..1_usize << good.len() {
        let (many, expected) = spoilt(&good, |place| pattern >> place & 1 == 1);
        assert_eq!(verdicts(&many), expected, "pattern {pattern:b}");
    }
}

/// Half a sum for a cut that shows two bad halves, or less than one to single out a small part.
#[test]
fn however_many_are_bad_the_search_has_a_bound() {
    let good = crowd(GROUP);
    let patterns: [fn(usize) -> bool; 8] = [
        |_| true,
        |place| place % 2 == 0,
        |place| place % (FEW + 1) == 0,
        |place| place % 37 == 5,
        |place| place < FEW + 1,
        |place| place.is_power_of_two(),
        |place| place == 1 || place == 2,
        |place| place == 7,
    ];
    for is_bad in patterns {
        for count in [FEW, FEW + 1, 64, 100, 333, GROUP] {
            let (many, expected) = spoilt(&good[..count], is_bad);
            let (work, valid) = work_of(&many);
            assert_eq!(valid, expected);
            assert!(2 * work.summed + work.alone <= 4 * count, "{work:?} of {count}");
            assert!(work.summed < 2 * count && work.alone <= count, "{work:?} of {count}");
        }
    }
}

#[test]
fn verdicts_keep_their_places_across_groups() {
    let good = crowd(2 * GROUP + 1);
    let (many, expected) = spoilt(&good, |place| place % GROUP == 0 || place == GROUP - 1);
    assert_eq!(verdicts(&many), expected);
}

#[test]
fn many_signatures_of_one_key_are_told_apart() {
    let of_one: Vec<_> = (0..40_u8).map(|text| signed(7, &[text], Default::default())).collect();
    let (mut many, mut expected) = spoilt(&of_one, |place| place % 11 == 3);
    many.extend(crowd(20));
    expected.extend([true; 20]);
    assert_eq!(verdicts(&many), expected);
}

#[test]
fn a_duplicate_has_the_verdict_of_its_twin() {
    let mut many = crowd(10);
    many[3] = many[3].with_error(Scalar::ONE);
    many.extend(many.clone());
    let expected: Vec<_> = (0..20).map(|place| place % 10 != 3).collect();
    assert_eq!(verdicts(&many), expected);
}

#[test]
fn points_of_small_order_do_not_change_a_verdict() {
    let torsions = EIGHT_TORSION.iter().flat_map(|a| EIGHT_TORSION.iter().map(|r| [*a, *r]));
    let good: Vec<_> = torsions.map(|torsion| signed(1, b"message", torsion)).collect();
    let (many, expected) = spoilt(&good, |place| place % 5 == 0);
    assert_eq!(verdicts(&good), vec![true; 64]);
    assert_eq!(verdicts(&many), expected);
}

#[test]
fn wrong_lengths_are_invalid_and_spoil_nobody_else() {
    let mut many = crowd(8);
    many[0].key.pop();
    many[1].key.push(0);
    many[2].key.clear();
    many[3].signature.pop();
    many[4].signature.push(0);
    many[5].signature.clear();
    assert_eq!(verdicts(&many), [false, false, false, false, false, false, true, true]);
}

#[test]
fn what_is_no_point_or_no_canonical_scalar_is_invalid() {
    let mut many = crowd(6);
    many[0].key = vec![2; 32];
    many[1].signature[..32].fill(2);
    many[2].signature[32..].fill(255);
    let mut carry = 1; // the group order is one more than its last number
    for (byte, order) in many[3].signature[32..].iter_mut().zip((-Scalar::ONE).to_bytes()) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(verdicts(&many), [false, false, false, false, true, true]);
}

/// Errors of opposite sign vanish in a sum without weights.
#[test]
fn errors_that_cancel_each_other_are_found() {
    let error = number("error");
    let mut many = crowd(30);
    many[10] = many[10].with_error(error);
    many[20] = many[20].with_error(-error);
    let expected: Vec<_> = (0..30).map(|place| place != 10 && place != 20).collect();
    assert_eq!(verdicts(&many), expected);
}

/// A forger who knows the weights of a batch makes errors that cancel under them. Weights that did
/// not depend on S would stay as they were, and the batch would pass.
#[test]
fn errors_made_for_known_weights_change_the_weights() {
    let good = crowd(30);
    let weight = |many: &[Signed], place: usize| {
        let found = claims(&many.iter().map(Signed::check).collect::<Vec<_>>());
        found.iter().find(|claim| claim.place == place).unwrap().weight
    };
    let (first, second) = (weight(&good, 10), weight(&good, 20));
    let mut many = good.clone();
    many[10] = many[10].with_error(second);
    many[20] = many[20].with_error(-first);
    assert_ne!((weight(&many, 10), weight(&many, 20)), (first, second));
    let expected: Vec<_> = (0..30).map(|place| place != 10 && place != 20).collect();
    assert_eq!(verdicts(&many), expected);
}

#[test]
fn every_weight_depends_on_every_byte() {
    let good = crowd(6);
    let weights = |many: &[Signed]| -> Vec<Scalar> {
        let mut found = claims(&many.iter().map(Signed::check).collect::<Vec<_>>());
        found.sort_by_key(|claim| claim.place);
        found.iter().map(|claim| claim.weight).collect()
    };
    let before = weights(&good);
    assert_eq!(before, weights(&good));
    let mut changes = vec![good.clone(); 2];
    changes[0][2].message.push(0);
    changes[1][2] = good[2].with_error(Scalar::ONE);
    changes
        .push([&good[..2], &[signed(2, b"message", [EIGHT_TORSION[1]; 2])], &good[3..]].concat());
    for changed in changes {
        let after = weights(&changed);
        assert_eq!(after.len(), 6);
        assert!(before.iter().zip(&after).all(|(old, new)| old != new));
    }
}

#[test]
fn weights_have_128_bits_and_none_is_repeated() {
    let found = claims(&crowd(GROUP).iter().map(Signed::check).collect::<Vec<_>>());
    let mut weights: Vec<_> = found.iter().map(|claim| claim.weight.to_bytes()).collect();
    assert!(weights.iter().all(|weight| weight[16..] == [0; 16]));
    assert!((0..16).all(|byte| weights.iter().any(|weight| weight[byte] != 0)));
    weights.sort();
    weights.dedup();
    assert_eq!(weights.len(), GROUP);
}

#[test]
fn a_claim_by_itself_has_the_verdict_of_a_sum() {
    let (many, expected) = spoilt(&crowd(20), |place| place % 3 == 0);
    let mut found = claims(&many.iter().map(Signed::check).collect::<Vec<_>>());
    found.sort_by_key(|claim| claim.place);
    assert_eq!(found.iter().map(holds).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_kept_of_keys_changes_no_verdict() {
    let (mut many, _) = spoilt(&crowd(40), |place| place % 7 == 2);
    many[5].key = vec![2; 32]; // no point
    many[30].key = many[31].key.clone();
    let expected = verdicts(&many);
    let checks: Vec<_> = many.iter().map(Signed::check).collect();
    let mut signers = Signers::default();
    for _ in 0..3 {
        assert_eq!(signers.verify_many(&checks), expected);
        checks.iter().zip(&expected).for_each(|(check, valid)| {
            assert_eq!(signers.verify_many(std::slice::from_ref(check)), [*valid]);
        });
    }
}

#[test]
fn keys_are_kept_while_they_sign_and_within_a_bound() {
    const MOST: usize = 8;
    let mut signers = Signers::of(MOST);
    let key = |number: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    };
    for number in 1..5 * MOST {
        assert_eq!(signers.point(key(number)), point_of(key(number)));
        assert_eq!(signers.point(key(0)), point_of(key(0)));
        assert!(signers.kept() <= 2 * MOST);
        assert!(signers.keeps(&key(0)) && signers.keeps(&key(number)));
    }
    assert!(!signers.keeps(&key(1)));
}

fn point_of(key: [u8; 32]) -> Option<curve25519_dalek::edwards::EdwardsPoint> {
    curve25519_dalek::edwards::CompressedEdwardsY(key).decompress()
}
