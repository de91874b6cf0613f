"""Netting against brute force: exact sums, nearest shares, fewest payments, one answer.

[LEDGER-28], [LEDGER-29]. What is best is found here by trying everything, so only small cases are
tried; what must hold of any case is checked of large ones too.
"""

import itertools
import random
import time
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.netting import EXACT_PARTIES, Payment, payments, shares
from tests.properties import slow_settlement

NAMES = tuple("abcdefg")


@st.composite
def positions(draw: st.DrawFn, parties: int = 7, most: int = 40) -> dict[str, int]:
    """E of a few partners, of which no more is claimed than is owed; ties are frequent."""
    names = draw(st.permutations(NAMES[: draw(st.integers(1, parties))]))
    spread = draw(st.sampled_from((2, 5, most)))
    found = {name: draw(st.integers(-spread, spread)) for name in names}
    short = -sum(found.values())
    if short > 0:
        found[names[0]] += short
    return found


@st.composite
def moves(draw: st.DrawFn, parties: int = 7) -> dict[str, int]:
    """What some pay and some are paid; groups that cancel out are frequent."""
    count = draw(st.integers(0, parties))
    amounts = [draw(st.integers(-6, 6).filter(bool)) for _ in range(count)]
    if sum(amounts):
        amounts = [*amounts[: parties - 1], -sum(amounts[: parties - 1])]
    names = draw(st.permutations(NAMES[: len(amounts)]))
    return {name: amount for name, amount in zip(names, amounts, strict=True) if amount}


def carried_out(found: list[Payment]) -> dict[str, int]:
    moved: dict[str, int] = {}
    for payment in found:
        assert payment.amount > 0
        moved[payment.debtor] = moved.get(payment.debtor, 0) + payment.amount
        moved[payment.creditor] = moved.get(payment.creditor, 0) - payment.amount
    return moved


# --- shares --------------------------------------------------------------------------------------


@given(positions())
def test_claims_are_paid_in_full_by_debtors_alone(expected: dict[str, int]) -> None:
    moved = shares(expected)
    assert sum(moved.values()) == 0
    assert {p: -m for p, m in moved.items() if m < 0} == {
        p: -e for p, e in expected.items() if e < 0
    }
    assert all(0 < m <= expected[p] for p, m in moved.items() if m > 0)


def whole_shares(total: int, count: int) -> itertools.chain[tuple[int, ...]]:
    """Every way to split ``total`` units among ``count`` debtors."""
    bars = itertools.combinations(range(total + count - 1), count - 1)
    return itertools.chain(
        tuple(b - a - 1 for a, b in itertools.pairwise((-1, *places, total + count - 1)))
        for places in bars
    )


@settings(max_examples=60)
@given(positions(parties=5, most=9))
def test_no_other_shares_are_nearer_to_proportion(expected: dict[str, int]) -> None:
    """Least squares over every split; of equally near ones, the extra units go by name."""
    debtors = sorted(p for p, e in expected.items() if e > 0)
    claims = sum(-e for e in expected.values() if e < 0)
    owed = sum(expected[p] for p in debtors)
    if not claims or claims > 12:
        assert claims or shares(expected) == {}
        return
    exact = [Fraction(claims * expected[p], owed) for p in debtors]

    def off(split: tuple[int, ...]) -> Fraction:
        return sum(((s - e) ** 2 for s, e in zip(split, exact, strict=True)), Fraction(0))

    every = list(whole_shares(claims, len(debtors)))
    least = min(map(off, every))
    moved = shares(expected)
    found = tuple(moved.get(p, 0) for p in debtors)
    assert off(found) == least
    assert found == max(split for split in every if off(split) == least)


def test_ties_go_to_the_first_names() -> None:
    expected = {"d": 5, "a": 5, "c": 5, "b": 5, "x": -6}
    assert shares(expected) == {"a": 2, "b": 2, "c": 1, "d": 1, "x": -6}


def test_what_is_larger_than_any_amount_is_shared_exactly() -> None:
    """[CRYPTO-8] No rounding but the last unit's, at the bound of all amounts."""
    most = 2**63 - 1
    expected = {"a": most, "b": most - 1, "c": 1, "x": -most, "y": -1}
    moved = shares(expected)
    assert moved == {"a": 2**62, "b": 2**62 - 1, "c": 1, "x": -most, "y": -1}


# --- payments ------------------------------------------------------------------------------------


def fewest(moved: Mapping[str, int]) -> int:
    """The least number of pairs that suffice, found by trying every set of pairs.

    A set suffices if no debtors owe more than those whom they may pay are to be paid (Gale). That a
    debtor pays another debtor on the way never helps: whoever are joined by k payments are at most
    k + 1, and their moves cancel out.
    """
    debtors = [p for p in moved if moved[p] > 0]
    creditors = [p for p in moved if moved[p] < 0]
    pairs = list(itertools.product(debtors, creditors))
    for count in range(max(1, len(moved))):
        if any(suffices(moved, debtors, chosen) for chosen in itertools.combinations(pairs, count)):
            return count
    raise AssertionError(moved)


def suffices(
    moved: Mapping[str, int], debtors: list[str], chosen: tuple[tuple[str, str], ...]
) -> bool:
    for size in range(1, len(debtors) + 1):
        for some in itertools.combinations(debtors, size):
            reached = {creditor for debtor, creditor in chosen if debtor in some}
            if sum(moved[p] for p in some) > -sum(moved[p] for p in reached):
                return False
    return True


@settings(max_examples=150, deadline=None)
@given(moves())
def test_payments_are_the_fewest_that_suffice(moved: dict[str, int]) -> None:
    found = payments(moved)
    assert carried_out(found) == moved
    assert len(found) == fewest(moved)
    assert len(found) <= max(0, len(moved) - 1)


@given(moves(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(
    moved: dict[str, int], chance: random.Random
) -> None:
    """[LEDGER-16]"""
    items = list(moved.items())
    chance.shuffle(items)
    assert payments(dict(items)) == payments(dict(sorted(items)))


@given(positions(), st.randoms(use_true_random=False))
def test_the_order_of_positions_does_not_matter(
    expected: dict[str, int], chance: random.Random
) -> None:
    items = list(expected.items())
    chance.shuffle(items)
    again = shares(dict(items))
    assert list(again.items()) == list(shares(dict(sorted(items))).items())


@given(moves())
def test_payments_are_those_of_the_text(moved: dict[str, int]) -> None:
    """The slow ledger follows docs/spec/ledger.md word by word."""
    found = [(p.debtor, p.creditor, p.amount) for p in payments(moved)]
    assert found == slow_settlement.payments(moved)


@given(positions())
def test_shares_are_those_of_the_text(expected: dict[str, int]) -> None:
    assert shares(expected) == slow_settlement.moves(expected)


def many(count: int, seed: int) -> dict[str, int]:
    """Moves of ``count`` parties, many of which cancel out in pairs."""
    chance = random.Random(seed)
    names = [f"partner-{i:03}" for i in range(count)]
    amounts = [chance.choice((-1, 1)) * chance.choice((1, 2, 3, 1000 + i)) for i in range(count)]
    amounts[-1] -= sum(amounts)
    return {n: a for n, a in zip(names, amounts, strict=True) if a}


@pytest.mark.parametrize("count", [EXACT_PARTIES, EXACT_PARTIES + 1, 40, 100])
@pytest.mark.parametrize("seed", range(3))
def test_many_parties_pay_at_most_one_fewer_times_and_at_once(count: int, seed: int) -> None:
    """Beyond twelve parties the time grows with their number, not with their subsets."""
    moved = many(count, seed)
    begun = time.process_time()
    found = payments(moved)
    assert time.process_time() - begun < 2
    assert carried_out(found) == moved
    assert len(found) <= len(moved) - 1
    if len(moved) > EXACT_PARTIES:
        told = [(p.debtor, p.creditor, p.amount) for p in found]
        assert told == slow_settlement.payments(moved)
        assert len(found) <= len(moved) - cancelling_pairs(moved)


def cancelling_pairs(moved: Mapping[str, int]) -> int:
    amounts = list(moved.values())
    sizes = {abs(a) for a in amounts}
    return sum(min(amounts.count(size), amounts.count(-size)) for size in sizes)


def test_up_to_twelve_parties_groups_are_sought_and_beyond_only_pairs() -> None:
    """[LEDGER-29] four groups of either cancel out, no pair does."""
    twelve = [28, 34, -62, -49, 32, 17, 23, 44, -67, -49, 19, 30]
    thirteen = [31, -48, 17, 27, -24, -3, -6, 43, -37, 50, -34, -24, 8]
    moved = dict(zip("abcdefghijkl", twelve, strict=True))
    assert len(payments(moved)) == 12 - 4
    assert payments({**moved, "m": 0}) == payments(moved), "who neither pays nor is paid is none"
    assert len(payments(dict(zip("abcdefghijklm", thirteen, strict=True)))) == 13 - 1


def test_moves_that_do_not_cancel_out_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        payments({"a": 2, "b": -1})


def test_nobody_owed_and_nobody_owing_pay_nothing() -> None:
    assert shares({}) == {}
    assert shares({"a": 5, "b": 0}) == {}
    assert payments({}) == []
