"""Cycles that close and what they make partners owe: [LEDGER-27, LEDGER-28, LEDGER-29]."""

import pytest
from msgspec.structs import replace

from contracts import netting
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import (
    DUE_PAGE_ITEMS,
    MAX_VALUE,
    SETTLEMENT_KEY,
    CycleLine,
    DueSecond,
    Obligation,
    ObligationStatus,
    Settlement,
    SettlementCycle,
    cycle_key,
    due_second_key,
    obligation_key,
    position_key,
)
from primitives.receipt import CycleClosed, ObligationSettled, Outcome, Receipt
from tests.builders import (
    GENESIS_TIME,
    HOUR_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    a_code,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
CYCLE, TERM = PARAMETERS.settlement_cycle_ms, PARAMETERS.payment_term_ms
CLOSING = GENESIS_TIME + CYCLE

Move = tuple[str, str, int]
"""So many LiqBon minted by a partner and redeemed at another."""


def moved(*moves: Move, n: int = 4) -> Ledger:
    ledger = Ledger(a_genesis(n=n))
    for minter, seller, amount in moves:
        ledger.give(ALICE, amount * MICRO, minter)
        invoice = ledger.invoice(seller, amount * MICRO)
        assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    return ledger


def close(ledger: Ledger) -> list[Receipt]:
    """The receipts of the block in which the cycle closes."""
    settlement = ledger.entry(SETTLEMENT_KEY, Settlement)
    assert settlement is not None
    return ledger.pass_time(settlement.closes - ledger.time).receipts


def obligations(ledger: Ledger, cycle: int = 1) -> list[tuple[str, str, int]]:
    """(debtor, creditor, LiqBon) in the order of their places."""
    found = ledger.entry(cycle_key(cycle), SettlementCycle)
    assert found is not None
    held = [ledger.obligation(cycle, place) for place in range(found.obligations)]
    assert obligation_key(cycle, found.obligations) not in ledger.state
    return [(o.debtor, o.creditor, o.amount // MICRO) for o in held]


def test_a_cycle_closes_by_itself_in_its_second() -> None:
    """[LEDGER-27]"""
    ledger = moved(("north", "east", 30))
    assert ledger.pass_time(CLOSING - ledger.time - 1).receipts == []
    [receipt] = ledger.pass_time(1).receipts
    assert receipt.events == (CycleClosed(1, 30 * MICRO, 1),)
    lines = (CycleLine("east", -30 * MICRO, 30 * MICRO), CycleLine("north", 30 * MICRO, 30 * MICRO))
    cycle = ledger.entry(cycle_key(1), SettlementCycle)
    assert cycle == SettlementCycle(CLOSING, ledger.height, lines, 1)
    assert ledger.obligation(1, 0) == Obligation(
        debtor="north",
        creditor="east",
        amount=30 * MICRO,
        settled=0,
        status=ObligationStatus.OPEN,
        deadline=CLOSING + TERM,
        reference=None,
        earmark=0,
        late=False,
    )
    ledger.scan()


def test_a_closing_moves_no_position_and_no_balance() -> None:
    """[LEDGER-28, LEDGER-36]"""
    ledger = moved(("north", "east", 30))
    ledger.give(ALICE, 7 * MICRO)
    before = {code: ledger.position(code) for code in ("north", "east")}
    close(ledger)
    north, east = ledger.position("north"), ledger.position("east")
    assert north == replace(before["north"], payable=30 * MICRO)
    assert east == replace(before["east"], receivable=30 * MICRO)
    assert (north.net, north.expected) == (37 * MICRO, 7 * MICRO)
    assert (east.net, east.expected) == (-30 * MICRO, 0)
    assert ledger.balance(ALICE) == 7 * MICRO
    assert ledger.scan().supply == 7 * MICRO


def test_a_cycle_in_which_nothing_is_owed_closes_all_the_same() -> None:
    ledger = moved(("north", "north", 5))
    [receipt] = close(ledger)
    assert receipt.events == (CycleClosed(1, 0, 0),)
    cycle = ledger.entry(cycle_key(1), SettlementCycle)
    assert cycle == SettlementCycle(CLOSING, ledger.height, (), 0)
    settlement = ledger.entry(SETTLEMENT_KEY, Settlement)
    assert settlement == Settlement(2, CLOSING + CYCLE, JUDGE)


def test_unspent_liqbon_claim_nothing() -> None:
    """[LEDGER-27] who minted what nobody spent owes the pool, and the pool asks for nothing."""
    ledger = Ledger()
    ledger.give(ALICE, 50 * MICRO)
    [receipt] = close(ledger)
    assert receipt.events == (CycleClosed(1, 0, 0),)
    cycle = ledger.entry(cycle_key(1), SettlementCycle)
    assert cycle is not None
    assert cycle.lines == (CycleLine("north", 50 * MICRO, 0),)


def test_debtors_pay_by_their_share_to_the_unit() -> None:
    """[LEDGER-28] 2 LiqBon are claimed of debts of 4 and 3: 8/7 and 6/7, the rest to the larger."""
    ledger = moved(("north", "south", 1), ("east", "south", 1), n=3)
    ledger.give(ALICE, 3 * MICRO, "north")
    ledger.give(ALICE, 2 * MICRO, "east")
    close(ledger)
    owed = [ledger.obligation(1, place) for place in range(2)]
    assert [(o.debtor, o.creditor, o.amount) for o in owed] == [
        ("east", "south", 857_143),
        ("north", "south", 1_142_857),
    ]


SHAPES: dict[str, tuple[list[Move], list[tuple[str, str, int]]]] = {
    "a ring cancels out": (
        [("north", "east", 9), ("east", "south", 9), ("south", "north", 9)],
        [],
    ),
    "one pays two": (
        [("north", "east", 10), ("north", "south", 20)],
        [("north", "east", 10), ("north", "south", 20)],
    ),
    "two pairs need two payments": (
        [("north", "east", 7), ("south", "west", 5)],
        [("north", "east", 7), ("south", "west", 5)],
    ),
    "two debtors and two creditors of whom no two are even": (
        [("north", "east", 5), ("north", "west", 2), ("south", "east", 3), ("south", "west", 4)],
        [("north", "east", 7), ("south", "west", 6), ("south", "east", 1)],
    ),
    "four partners, three payments": (
        [("north", "south", 7), ("north", "west", 4), ("east", "west", 5)],
        [("east", "south", 5), ("north", "south", 2), ("north", "west", 9)],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_payments_of(name: str) -> None:
    """[LEDGER-29]"""
    moves, expected = SHAPES[name]
    ledger = moved(*moves)
    close(ledger)
    assert obligations(ledger) == sorted(expected)


def test_the_next_closing_counts_only_what_is_not_in_an_obligation_yet() -> None:
    """[LEDGER-27] what is open is not claimed twice, paid or not."""
    ledger = moved(("north", "east", 30))
    close(ledger)
    assert ledger.send(ledger.pay(1, 0)) == Outcome.DONE
    ledger.give(ALICE, 5 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", 5 * MICRO))) == Outcome.DONE
    close(ledger)
    assert obligations(ledger, 2) == [("north", "east", 5)]


def test_a_creditor_that_minted_since_turns_debtor() -> None:
    ledger = moved(("north", "east", 30))
    close(ledger)
    ledger.give(ALICE, 40 * MICRO, "east")
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("south", 40 * MICRO))) == Outcome.DONE
    close(ledger)
    assert obligations(ledger, 2) == [("east", "south", 40)]


def test_closings_that_a_standstill_slept_through_are_one() -> None:
    """[LEDGER-27] and the next is in step with genesis, not with the standstill's end."""
    ledger = moved(("north", "east", 30))
    [receipt] = ledger.pass_time(CLOSING + 3 * CYCLE + HOUR_MS - ledger.time).receipts
    assert receipt.events == (CycleClosed(1, 30 * MICRO, 1),)
    assert ledger.obligation(1, 0).deadline == ledger.time + TERM, "nobody is late by it"
    settlement = ledger.entry(SETTLEMENT_KEY, Settlement)
    assert settlement == Settlement(2, CLOSING + 4 * CYCLE, JUDGE)
    assert close(ledger)[-1].events == (CycleClosed(2, 0, 0),)


def test_a_closing_at_exactly_the_next_one_s_time_skips_it() -> None:
    """[LEDGER-27] the next is always to come."""
    ledger = moved(("north", "east", 30))
    ledger.pass_time(CLOSING + CYCLE - ledger.time)
    settlement = ledger.entry(SETTLEMENT_KEY, Settlement)
    assert settlement == Settlement(2, CLOSING + 2 * CYCLE, JUDGE)


def test_cycles_of_a_millisecond_do_not_keep_a_block_busy() -> None:
    """On a test network: each block closes one, however many were due."""
    fast = replace(PARAMETERS, settlement_cycle_ms=1)
    ledger = Ledger(a_genesis(parameters=fast))
    for number in (1, 2, 3):
        [receipt] = ledger.pass_time(HOUR_MS).receipts
        assert receipt.events == (CycleClosed(number, 0, 0),)


# A hundred partners

MANY = 100


def a_hundred() -> Ledger:
    """99 partners owe a hundredth partner an odd sum each, so there are 99 payments of one cycle.

    Their positions are written into the state: 99 mints and redemptions would say the same.
    """
    limits = replace(LIMITS, claim_bound=2**62, credit=2**40, reserve=0)
    ledger = Ledger(a_genesis(n=MANY, limits=limits))
    codes = [a_code(i) for i in range(MANY)]
    ledger.give(ALICE, 99 * 50 * MICRO, codes[0])
    invoice = ledger.invoice(codes[-1], 99 * 50 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    first = ledger.position(codes[0])
    for place, code in enumerate(codes[1:-1]):
        assumed = 40 * MICRO + place
        first = replace(first, assumed=first.assumed - assumed)
        moved_to = replace(ledger.position(code), assumed=assumed)
        ledger.state[position_key(code)] = encode(moved_to)
    ledger.state[position_key(codes[0])] = encode(first)
    ledger.scan()
    return ledger


def test_a_cycle_of_a_hundred_partners_fits_its_entry() -> None:
    """[STATE-4, LEDGER-29] 99 payments; codes and figures at their longest would fit as well."""
    ledger = a_hundred()
    [receipt] = close(ledger)
    assert receipt.events == (CycleClosed(1, 99 * 50 * MICRO, MANY - 1),)
    assert len(obligations(ledger)) == MANY - 1
    assert len(ledger.state[cycle_key(1)]) < MAX_VALUE
    longest = tuple(CycleLine(f"{i:0>32}", -(2**63), 2**63 - 1) for i in range(MANY))
    assert len(encode(SettlementCycle(2**53, 2**63 - 1, longest, 99))) < MAX_VALUE
    assert sum(ledger.position(a_code(i)).payable for i in range(MANY)) == 99 * 50 * MICRO
    ledger.scan()


def test_ninety_nine_deadlines_of_one_second_are_carried_out_over_blocks() -> None:
    """[LEDGER-15, STATE-8] at most ``due_per_block`` a block, in order of places, none lost."""
    ledger = a_hundred()
    close(ledger)
    claims = [ledger.pay(1, place) for place in range(MANY - 1)]
    verdicts = ledger.block(*claims)
    assert all(isinstance(v, Receipt) and v.outcome == Outcome.DONE for v in verdicts)
    second = -(-(ledger.time + PARAMETERS.confirmation_ms) // SECOND_MS)
    queue = ledger.entry(due_second_key(second), DueSecond)
    assert queue == DueSecond(0, 0, (MANY - 2) // DUE_PAGE_ITEMS)
    settled: list[int] = []
    for expected in (64, 35):
        after = PARAMETERS.confirmation_ms if not settled else 1
        result = ledger.pass_time(after)
        assert len(result.receipts) == expected
        events = [event for receipt in result.receipts for event in receipt.events]
        settled += [event.place for event in events if isinstance(event, ObligationSettled)]
        ledger.scan()
    assert settled == list(range(MANY - 1))
    assert ledger.position(a_code(MANY - 1)).net == 0


# Shares and payments as pure figures; tests/properties/test_netting.py has them all


def test_units_that_are_left_go_to_the_largest_remainders_ties_by_code() -> None:
    """[LEDGER-28]"""
    assert netting.shares({"a": 1, "b": 1, "c": 1, "z": -2}) == {"a": 1, "b": 1, "z": -2}
    assert netting.shares({"a": 1, "b": 2, "c": 2, "z": -2}) == {"b": 1, "c": 1, "z": -2}
    assert netting.shares({"b": 5, "a": 5, "z": -5}) == {"a": 3, "b": 2, "z": -5}
    assert netting.shares({"a": 7, "b": 0}) == {}


def test_more_than_all_is_never_claimed() -> None:
    """The sum of all E is the supply, so this would be a state that cannot be."""
    with pytest.raises(AssertionError):
        netting.shares({"a": 1, "b": -2})


def test_the_largest_first_would_take_one_payment_more() -> None:
    """[LEDGER-29] 6 = 4 + 2 and 5 = 3 + 2: four payments, where greed alone makes five."""
    moves = {"a": 6, "b": 5, "c": -4, "d": -3, "e": -2, "f": -2}
    payments = [(p.debtor, p.creditor, p.amount) for p in netting.payments(moves)]
    assert len(payments) == 4
    assert len(netting._within(moves, moves)) == 5


def test_beyond_twelve_parties_pairs_still_cancel_out() -> None:
    """[LEDGER-29] seven pairs of fourteen parties: seven payments."""
    moves = {f"d{i}": 10 + i for i in range(7)} | {f"c{i}": -10 - i for i in range(7)}
    payments = netting.payments(moves)
    assert [(p.debtor, p.creditor) for p in payments] == [(f"d{i}", f"c{i}") for i in range(7)]


def test_roles_of_a_cycle_are_named_by_genesis() -> None:
    settlement = Ledger().entry(SETTLEMENT_KEY, Settlement)
    assert settlement == Settlement(1, CLOSING, JUDGE)
    assert Ledger().account(a_role(JUDGE, "custodian")) is not None
