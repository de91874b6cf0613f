"""What the others' reserves pay for who does not pay: [LEDGER-55], [LEDGER-56].

North owes east 30 LiqBon, has no reserve and does not pay; south and west have 100 and 200. A tenth
of the reserves stands behind the payments of others.
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import Advance, ObligationStatus, Position, limits_key
from primitives.genesis import Genesis
from primitives.governance import RemovePartner, ShareObligation
from primitives.receipt import (
    Event,
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PositionShifted,
    ReserveDrawn,
)
from tests.builders import DAY_MS, LIMITS, PARAMETERS, a_genesis
from tests.ledger import Ledger
from tests.settling import ALICE, OWED, TERM, done, lasting, until_due
from tests.voting import an_exit, executed

CYCLE = 100 * DAY_MS
LIMIT = replace(LIMITS, credit=1_000 * MICRO, haircut=0)
HELD = {"north": 0, "east": 1_000, "south": 100, "west": 200}
"""Reserves, in LiqBon."""


def a_network(held: dict[str, int], share: int = 1_000) -> Genesis:
    """Everybody has the same limits but for its reserve; no cycle closes for 100 days."""
    parameters = replace(
        PARAMETERS,
        settlement_cycle_ms=CYCLE,
        reserve_lapse_ms=400 * DAY_MS,
        guarantee_share=share,
    )
    genesis = a_genesis(parameters=parameters, limits=LIMIT)
    partners = tuple(
        replace(founder, limits=replace(founder.limits, reserve=held[founder.code] * MICRO))
        for founder in genesis.partners
    )
    return replace(genesis, partners=partners)


def in_default(held: dict[str, int] | None = None, share: int = 1_000) -> Ledger:
    """North did not pay in time; its obligation (1, 0) is overdue, and due again in a term."""
    ledger = Ledger(a_network(held or HELD, share))
    ledger.give(ALICE, OWED)
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", OWED)))
    ledger.pass_time(ledger.genesis.time + CYCLE - ledger.time)
    ledger.pass_time(until_due(ledger))
    assert ledger.obligation(1, 0).status == ObligationStatus.OVERDUE
    return ledger


def told(ledger: Ledger) -> tuple[Event, ...]:
    """The events when the obligation is drawn again."""
    [receipt] = ledger.pass_time(until_due(ledger)).receipts
    return receipt.events


def assumed(ledger: Ledger) -> list[int]:
    """By how much each owes the pool more, in LiqBon, in the order of the directory."""
    return [ledger.position(code).assumed // MICRO for code in HELD]


def reserves(ledger: Ledger) -> list[int]:
    """What each holds, in LiqBon."""
    return [ledger.limits(code).terms.reserve // MICRO for code in HELD]


class TestWhatTheyPay:
    """[LEDGER-55]"""

    def test_nobody_pays_for_it_the_first_time(self) -> None:
        """Its debtor has a term more."""
        ledger = in_default()
        assert ledger.obligation(1, 0).outstanding == OWED
        assert reserves(ledger) == [0, 1_000, 100, 200]

    def test_a_term_later_they_do_in_proportion(self) -> None:
        """Neither the debtor's reserve nor the creditor's; D of the debtor stays what it was."""
        ledger = in_default()
        before = ledger.position("north")
        assert told(ledger) == (
            ReserveDrawn("south", 1, 0, 10 * MICRO),
            PositionShifted("south", -10 * MICRO),
            ReserveDrawn("west", 1, 0, 20 * MICRO),
            PositionShifted("west", -20 * MICRO),
            PositionShifted("north", 30 * MICRO),
            ObligationSettled(1, 0, OWED),
        )
        assert reserves(ledger) == [0, 1_000, 90, 180]
        assert assumed(ledger) == [30, 0, -10, -20]
        after = ledger.position("north")
        assert (after.net, after.payable) == (before.net, 0)
        assert ledger.position("east").received == OWED
        assert ledger.limits("north").advance == Advance(OWED, 1)
        assert ledger.limits("south").moved == ledger.time
        ledger.scan()

    def test_its_own_reserve_pays_first(self) -> None:
        ledger = in_default(HELD | {"north": 12})
        assert ledger.obligation(1, 0).outstanding == 18 * MICRO
        assert told(ledger)[:2] == (
            ReserveDrawn("south", 1, 0, 6 * MICRO),
            PositionShifted("south", -6 * MICRO),
        )
        assert ledger.limits("north").advance == Advance(18 * MICRO, 1)

    def test_a_unit_that_is_left_goes_to_the_largest_remainder_and_ties_by_code(self) -> None:
        ledger = Ledger(a_network(HELD))
        for code, units in (("south", 100 * MICRO + 5), ("west", 100 * MICRO + 5)):
            limits = ledger.limits(code)
            terms = replace(limits.terms, reserve=units)
            ledger.state[limits_key(code)] = encode(replace(limits, terms=terms))
        ledger.give(ALICE, OWED)
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", OWED)))
        ledger.pass_time(ledger.genesis.time + CYCLE - ledger.time)
        ledger.pass_time(until_due(ledger))
        drawn = [event.amount for event in told(ledger) if isinstance(event, ReserveDrawn)]
        assert drawn == [10 * MICRO + 1, 10 * MICRO]

    def test_what_a_dispute_holds_stands_for_nobody_else(self) -> None:
        ledger = in_default()
        limits = replace(ledger.limits("west"), earmarked=100 * MICRO)
        ledger.state[limits_key("west")] = encode(limits)
        drawn = [event.amount for event in told(ledger) if isinstance(event, ReserveDrawn)]
        assert drawn == [10 * MICRO, 10 * MICRO]

    def test_a_reserve_that_lapsed_still_stands_for_it(self) -> None:
        ledger = in_default()
        limits = replace(ledger.limits("west"), reserve_counts=False)
        ledger.state[limits_key("west")] = encode(limits)
        told(ledger)
        assert reserves(ledger) == [0, 1_000, 90, 180]

    def test_who_left_stands_for_nobody(self) -> None:
        ledger = in_default()
        done(ledger, an_exit(ledger, "west"))
        assert [e.amount for e in told(ledger) if isinstance(e, ReserveDrawn)] == [10 * MICRO]
        assert ledger.obligation(1, 0).outstanding == 20 * MICRO

    def test_an_increase_that_waits_shrinks_too(self) -> None:
        """[LEDGER-26]"""
        ledger = in_default()
        ledger.pass_time(TERM - DAY_MS // 2)
        done(ledger, ledger.attest("south", 150 * MICRO))
        told(ledger)
        pending = ledger.limits("south").pending_reserve
        assert pending is not None
        assert pending.amount == 140 * MICRO

    @pytest.mark.parametrize(("share", "paid"), [(0, 0), (1, 30_000), (10_000, OWED)])
    def test_the_share_is_the_genesis_s(self, share: int, paid: int) -> None:
        ledger = in_default(share=share)
        told(ledger)
        assert ledger.position("north").assumed == paid
        assert ledger.obligation(1, 0).outstanding == OWED - paid
        ledger.scan()

    def test_nobody_stands_for_it_where_nobody_has_a_reserve(self) -> None:
        ledger = in_default(HELD | {"south": 0, "west": 0})
        assert told(ledger) == (ObligationOverdue(1, 0, OWED),)
        assert ledger.limits("north").advance is None

    def test_the_judge_s_word_has_them_pay_at_once(self) -> None:
        """An obligation that was overdue, claimed, denied and judged is drawn again."""
        ledger = in_default()
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.dispute(1, 0))
        events = done(ledger, ledger.statement(1, 0, paid=False))
        assert events[-1] == ObligationSettled(1, 0, OWED)
        assert assumed(ledger) == [30, 0, -10, -20]
        ledger.scan()

    def test_the_next_cycle_squares_them(self) -> None:
        ledger = in_default()
        told(ledger)
        ledger.pass_time(CYCLE)
        owed = [ledger.obligation(2, place) for place in range(2)]
        parties = [(each.debtor, each.creditor, each.amount // MICRO) for each in owed]
        assert parties == [("north", "south", 10), ("north", "west", 20)]


class TestTheShare:
    """[LEDGER-55] A share of the reserves in all, however often anything is drawn."""

    def test_what_it_does_not_reach_stays_overdue(self) -> None:
        ledger = in_default(HELD | {"west": 100})
        assert told(ledger)[-1] == ObligationOverdue(1, 0, 10 * MICRO)
        assert ledger.limits("north").advance == Advance(20 * MICRO, 1)
        ledger.scan()

    def test_time_does_not_make_it_more(self) -> None:
        """What was paid and is not back counts against it, or a debt would eat reserves up."""
        ledger = in_default(HELD | {"west": 100})
        told(ledger)
        for _ in range(5):
            assert told(ledger) == (ObligationOverdue(1, 0, 10 * MICRO),)
        assert reserves(ledger) == [0, 1_000, 90, 90]

    def test_a_reserve_that_grows_makes_it_more(self) -> None:
        ledger = in_default(HELD | {"west": 100})
        told(ledger)
        ledger.pass_time(1_000)
        done(ledger, ledger.attest("west", 190 * MICRO))
        ledger.pass_time(2 * DAY_MS)
        assert told(ledger)[-1] == ObligationSettled(1, 0, 10 * MICRO)
        left = [ledger.limits(code).terms.reserve for code in ("south", "west")]
        assert sum(left) == (90 + 190 - 10) * MICRO

    def test_another_s_default_meets_what_is_left_of_it(self) -> None:
        """North took up all of it; west's default finds nothing until that is back."""
        ledger = Ledger(a_network({"north": 0, "east": 0, "south": 300, "west": 0}))
        ledger.give(ALICE, OWED, "north")
        ledger.give(ALICE, OWED, "west")
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 2 * OWED)))
        ledger.pass_time(ledger.genesis.time + CYCLE - ledger.time)
        for _ in range(3):
            ledger.pass_time(TERM)
        paid = [ledger.position(code).assumed for code in ("north", "west")]
        assert paid == [OWED, 0]
        assert reserves(ledger)[2] == 270
        ledger.scan()


class TestTheAdvance:
    """[LEDGER-56]"""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """The others paid 30 for north, and a cycle closed: north owes south 10 and west 20."""
        ledger = in_default()
        told(ledger)
        ledger.pass_time(CYCLE)
        return ledger

    def test_while_there_is_one_its_debtor_mints_nothing(self, ledger: Ledger) -> None:
        assert ledger.limits("north").overdue == 0
        ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.MINTING_SUSPENDED)

    def test_it_may_refund_and_sell(self, ledger: Ledger) -> None:
        ledger.give(ALICE, MICRO, "east")
        bill = ledger.invoice("north", MICRO)
        done(ledger, ledger.redeem(ALICE, bill))
        done(ledger, ledger.refund("north", bill.id, MICRO))

    def test_what_it_pays_of_later_cycles_pays_it_back(self, ledger: Ledger) -> None:
        for place, left in ((0, 20), (1, 0)):
            done(ledger, ledger.pay(2, place))
            done(ledger, ledger.confirm(2, place))
            advance = ledger.limits("north").advance
            assert advance == (Advance(left * MICRO, 1) if left else None)
        done(ledger, ledger.mint("north", ALICE, 100))
        ledger.scan()

    @pytest.mark.parametrize("way", ["undisputed", "judged", "drawn"])
    def test_by_whatever_way(self, ledger: Ledger, way: str) -> None:
        if way == "drawn":
            done(ledger, ledger.attest("north", 10 * MICRO))
            ledger.pass_time(TERM)
        elif way == "undisputed":
            done(ledger, ledger.pay(2, 0))
            ledger.pass_time(PARAMETERS.confirmation_ms)
        else:
            done(ledger, ledger.statement(2, 0, paid=True))
        assert ledger.limits("north").advance == Advance(20 * MICRO, 1)
        ledger.scan()

    def test_what_is_owed_to_who_paid_is_not_guaranteed(self, ledger: Ledger) -> None:
        """Else the same money would go in a circle."""
        before = reserves(ledger)
        ledger.pass_time(TERM)
        ledger.pass_time(TERM)
        ledger.pass_time(TERM)
        assert [ledger.obligation(2, place).late for place in range(2)] == [True, True]
        assert reserves(ledger) == before
        assert ledger.limits("north").advance == Advance(OWED, 1)

    def test_shared_losses_do_not_pay_it_back(self, ledger: Ledger) -> None:
        ledger.pass_time(TERM)
        executed(ledger, RemovePartner("north"), "south")
        executed(ledger, ShareObligation(2, 0), "south")
        assert ledger.obligation(2, 0).status == ObligationStatus.SETTLED
        assert ledger.limits("north").advance == Advance(OWED, 1)

    def test_once_it_is_paid_back_the_next_default_is_guaranteed_again(
        self, ledger: Ledger
    ) -> None:
        for place in range(2):
            done(ledger, ledger.pay(2, place))
            done(ledger, ledger.confirm(2, place))
        ledger.give(ALICE, 10 * MICRO)
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 10 * MICRO)))
        ledger.pass_time(CYCLE)
        ledger.pass_time(TERM)
        ledger.pass_time(TERM)
        assert ledger.limits("north").advance == Advance(10 * MICRO, 3)
        ledger.scan()

    def test_what_is_paid_of_its_own_cycle_does_not_pay_it_back(self) -> None:
        """That is the debt of which others paid a part, not the one to them."""
        ledger = in_default(HELD | {"west": 100})
        told(ledger)
        done(ledger, ledger.pay(1, 0, **lasting(ledger)))
        done(ledger, ledger.confirm(1, 0))
        assert ledger.limits("north").advance == Advance(20 * MICRO, 1)

    def test_earlier_obligations_are_guaranteed_and_add_to_it(self) -> None:
        """Two obligations of one cycle: the second is paid after the first, of what is left."""
        ledger = Ledger(a_network({"north": 0, "east": 0, "south": 0, "west": 1_000}))
        ledger.give(ALICE, 2 * OWED)
        for code in ("east", "south"):
            done(ledger, ledger.redeem(ALICE, ledger.invoice(code, OWED)))
        ledger.pass_time(ledger.genesis.time + CYCLE - ledger.time)
        for _ in range(2):
            ledger.pass_time(TERM)
        assert ledger.limits("north").advance == Advance(2 * OWED, 1)
        assert ledger.position("west") == replace(
            Position(0, 0, 0, 0, 0, 0, 0, 0), assumed=-2 * OWED
        )
        ledger.scan()
