"""What an adversary would try against the economy's rules, each refused or bounded."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contracts import limits as rules
from primitives.actions import SetDailyCaps
from primitives.amount import MICRO
from primitives.encoding import Malformed
from primitives.entries import LaneDay, Obligation, lane_day_key, obligation_key
from primitives.genesis import check_genesis
from primitives.keys import ED25519
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE, BOB = a_person("Alice"), a_person("Bob")
L = 100 * MICRO
SECURED = replace(LIMITS, credit=0, haircut=0, reserve=L, reserve_ceiling=2 * L, claim_bound=2 * L)
"""Whatever a partner may owe, its reserve covers."""


def a_ledger(**parameters: int) -> Ledger:
    """Three partners, one second old, nothing of theirs on credit."""
    genesis = a_genesis(n=3, parameters=replace(PARAMETERS, **parameters), limits=SECURED)
    ledger = Ledger(genesis)
    ledger.pass_time(SECOND_MS)
    return ledger


def sent(ledger: Ledger, decoded: Decoded) -> None:
    assert ledger.send(decoded) == Outcome.DONE


def creditor_of(ledger: Ledger, cycle: int, place: int) -> str | None:
    found = ledger.entry(obligation_key(cycle, place), Obligation)
    return found.creditor if found is not None else None


def in_debt() -> Ledger:
    """North owes east 100, named and not paid, and took as much from customers since.

    So D = 0 though it has 100 to pay: its reserve is all that stands behind that.
    """
    ledger = a_ledger()
    ledger.give(ALICE, L, "north")
    sent(ledger, ledger.redeem(ALICE, ledger.invoice("east", L)))
    ledger.pass_time(7 * DAY_MS)
    assert ledger.position("north").payable == L
    ledger.give(BOB, L, "south")
    sent(ledger, ledger.redeem(BOB, ledger.invoice("north", L)))
    assert ledger.position("north").net == 0
    return ledger


def test_a_reserve_stands_behind_what_is_still_to_be_paid() -> None:
    """[LEDGER-25] else a debtor takes it back, is paid for what it sold, and pays nothing."""
    ledger = in_debt()
    ledger.refuse(ledger.release("north", L), Outcome.RESERVE_NEEDED)
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)
    sent(ledger, ledger.pay(1, 0))
    sent(ledger, ledger.confirm(1, 0))
    sent(ledger, ledger.release("north", L))


def test_who_owes_within_its_limit_still_does_when_it_was_paid_and_paid_nothing() -> None:
    """[LEDGER-8], [LEDGER-25] D stays covered by what the reserve can pay, whatever comes in."""
    ledger = in_debt()
    ledger.send(ledger.release("north", L))
    ledger.pass_time(7 * DAY_MS)
    for cycle in (1, 2):
        for place in range(2):
            if creditor_of(ledger, cycle, place) == "north":
                sent(ledger, ledger.confirm(cycle, place))
    limits = ledger.limits("north")
    assert ledger.position("north").net <= rules.limit(limits)
    ledger.scan()


def test_a_consent_to_a_release_is_not_used_again_once_an_increase_counts() -> None:
    """[LEDGER-25] the increase would bring back the reserve that the custodian's consent names."""
    ledger = a_ledger(settlement_cycle_ms=400 * DAY_MS)
    sent(ledger, ledger.attest("north", L + L // 2))
    attested = ledger.limits("north").terms.reserve_attested
    consent = {"reserve": L, "attested": attested}
    outcomes = [ledger.send(ledger.release("north", L // 2, **consent))]
    ledger.pass_time(PARAMETERS.increase_delay_ms)
    outcomes += [ledger.send(ledger.release("north", L // 2, **consent)) for _ in range(3)]
    assert outcomes.count(Outcome.DONE) <= 1, outcomes


def test_what_is_put_into_the_calendar_is_counted_item_by_item() -> None:
    """[LEDGER-14] else one admin fills the calendar so that nobody's deadline is carried out."""
    ledger = Ledger(a_ledger(entries_per_lane_and_day=257).genesis)
    admin = a_role("north", "admin")
    wish = SetDailyCaps("north", LIMITS.mint_per_day + 1, LIMITS.refund_per_day)
    first = ledger.sequence(admin)
    block = [ledger.act(admin, wish, sequence=first + number) for number in range(400)]
    verdicts = ledger.block(*block)
    done = [verdict for verdict in verdicts if isinstance(verdict, Receipt)]
    assert len(done) < 257
    assert Skip.LANE_EXHAUSTED in verdicts
    day = ledger.entry(lane_day_key(0), LaneDay)
    assert day is not None
    assert day.created <= 257


@pytest.mark.parametrize("role", ["admin", "issuer", "cashier"])
def test_who_judges_payments_holds_no_role(role: str) -> None:
    """[GEN-11] a debtor under another name would state that it paid."""
    genesis = a_genesis(n=2)
    judge = next(c for c in genesis.custodians if c.code == JUDGE)
    inside = replace(judge, account=a_role("north", role).account)
    others = tuple(c for c in genesis.custodians if c.code != JUDGE)
    with pytest.raises(Malformed) as refused:
        check_genesis(replace(genesis, custodians=(*others, inside)), ED25519)
    assert refused.value.code == "custodian_invalid"


def test_a_partner_attests_its_own_reserve_under_no_second_name() -> None:
    """[GEN-11] two custodians of one account would be one that belongs to a partner and one not."""
    genesis = a_genesis(n=2)
    vault = next(c for c in genesis.custodians if c.code == CUSTODIAN)
    alias = replace(vault, code="alias", partner="north")
    with pytest.raises(Malformed) as refused:
        check_genesis(replace(genesis, custodians=(*genesis.custodians, alias)), ED25519)
    assert refused.value.code == "custodian_invalid"


def test_the_longest_row_of_cheats_never_takes_more_than_the_limit() -> None:
    """[LEDGER-8] mint, spend at a friend, who confirms payments that were never made, and again.

    Whatever honest partners pay the friend, what north owes in the end stays within L.
    """
    ledger = a_ledger()
    ledger.give(BOB, L, "south")
    for week in range(1, 5):
        room = rules.limit(ledger.limits("north")) - ledger.position("north").net
        units = room // 10_000 * 10_000
        if units:
            ledger.give(ALICE, units, "north")
            sent(ledger, ledger.redeem(ALICE, ledger.invoice("east", units)))
        ledger.pass_time(7 * DAY_MS)
        for place in range(2):
            if creditor_of(ledger, week, place) is not None:
                sent(ledger, ledger.confirm(week, place))
        assert ledger.position("north").net <= L
    ledger.scan()


def test_full_lanes_keep_nobody_from_saying_what_was_paid() -> None:
    """[LEDGER-14] else who fills the lanes lets a rival's payment term pass, or a lie stand."""
    ledger = in_debt()
    parameters = replace(ledger.genesis.parameters, entries_per_lane_and_day=0)
    ledger.genesis = replace(ledger.genesis, parameters=parameters)  # a lane that was filled
    sent(ledger, ledger.pay(1, 0))
    sent(ledger, ledger.dispute(1, 0))
    sent(ledger, ledger.statement(1, 0, paid=True))
    assert ledger.send(ledger.mint("east", ALICE, 1)) == Skip.LANE_EXHAUSTED


def test_who_may_not_speak_of_an_obligation_fills_the_state_no_faster() -> None:
    """[LEDGER-14] a refused word on a new channel creates the channel's entry, and is charged."""
    ledger = in_debt()
    parameters = replace(ledger.genesis.parameters, entries_per_lane_and_day=0)
    ledger.genesis = replace(ledger.genesis, parameters=parameters)
    word = ledger.pay(1, 0, sender=a_role("south", "admin"), channel=7)
    assert ledger.send(word) == Skip.LANE_EXHAUSTED
