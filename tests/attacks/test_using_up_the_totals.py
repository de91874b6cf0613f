"""Partners in league want to stop everyone: fill the totals that only grow, at their own till.

LiqBon that are minted, redeemed and given back leave every balance and position as it was, so no
limit is in the way; but the totals stay. What a day adds is bounded by the type of a daily cap, so
that a hundred partners doing nothing else for a hundred years do not fill them [LEDGER-2].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import inspect
from msgspec.structs import replace

from contracts import limits as rules
from primitives.actions import Action, SetDailyCaps
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.encoding import Malformed, Wire, decode, encode
from primitives.entries import (
    SUPPLY_KEY,
    Day,
    Directory,
    PendingCaps,
    Supply,
    day_key,
)
from primitives.genesis import LAST_DUE_MS, Genesis, PartnerLimits
from tests.attacks.scenes import ANN, BOB, CYCLE_MS, POINT, done, refused
from tests.builders import DAY_MS, GENESIS_TIME, LIMITS, a_genesis, a_role
from tests.ledger import Ledger

CENTURY_DAYS = 36_600
"""A hundred years, and some days."""
DAY = MAX_PER_DAY
DAY_POINTS = DAY // POINT
HALF, HALF_POINTS = DAY // 2, DAY_POINTS // 2


def bounds_of(kind: type[Wire], field: str) -> Any:
    """What msgspec enforces of a field."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return next(f.type for f in found.fields if f.name == field)


def a_greedy_ledger() -> Ledger:
    """Two partners that nothing bounds but what bounds everyone: credit and caps at their most."""
    most = replace(
        LIMITS,
        credit=500_000 * MICRO,
        reserve=MAX_SUPPLY,
        reserve_ceiling=MAX_SUPPLY,
        claim_bound=MAX_SUPPLY,
        mint_per_day=MAX_PER_DAY,
        refund_per_day=MAX_PER_DAY,
    )
    return Ledger(a_genesis(n=2, limits=most))


def totals(ledger: Ledger) -> Supply:
    found = ledger.entry(SUPPLY_KEY, Supply)
    assert found is not None
    return found


def loop(ledger: Ledger, partner: str, amount: int) -> None:
    """Mint to a friend, who redeems at the partner, which gives it back, and redeems again."""
    done(ledger, ledger.mint(partner, ANN, amount // POINT))
    invoice = ledger.invoice(partner, amount)
    done(ledger, ledger.redeem(ANN, invoice))
    done(ledger, ledger.refund(partner, invoice.id, amount))
    done(ledger, ledger.redeem(ANN, ledger.invoice(partner, amount)))


class TestByArithmetic:
    """From the bounds that decoding enforces, not from what a comment says."""

    @pytest.mark.parametrize(
        ("kind", "field"),
        [
            (PartnerLimits, "mint_per_day"),
            (PartnerLimits, "refund_per_day"),
            (SetDailyCaps, "mint_per_day"),
            (SetDailyCaps, "refund_per_day"),
            (PendingCaps, "mint_per_day"),
            (PendingCaps, "refund_per_day"),
            (Day, "minted"),
            (Day, "refunded"),
        ],
    )
    def test_a_hundred_years_of_every_partner_s_caps_stay_below_63_bits(
        self, kind: type[Wire], field: str
    ) -> None:
        """[LEDGER-9] Each place where a cap can come from, or a day's sum can stand."""
        day = bounds_of(kind, field).le
        partners = bounds_of(Genesis, "partners").max_length
        assert partners == bounds_of(Directory, "partners").max_length
        issued = partners * CENTURY_DAYS * (day + day)
        assert issued < 2**63, "minted and refunded; nothing else is ever redeemed"
        for total in ("minted", "redeemed", "refunded"):
            assert issued <= bounds_of(Supply, total).le

    def test_the_calendar_ends_before_that(self) -> None:
        """[GEN-6] In 2106: a network that is founded now needs no longer than a hundred years."""
        assert LAST_DUE_MS - GENESIS_TIME < CENTURY_DAYS * DAY_MS


class TestByLooping:
    """Minting, redeeming and giving back at one's own till, as fast as the ledger lets one."""

    def test_a_day_adds_its_caps_and_no_more(self) -> None:
        """[LEDGER-9] Positions are as if nothing had happened: only the caps say no."""
        ledger = a_greedy_ledger()
        loop(ledger, "north", HALF)
        loop(ledger, "north", HALF)
        assert totals(ledger) == Supply(DAY, 2 * DAY, DAY)
        assert ledger.position("north").net == 0
        assert rules.limit(ledger.limits("north")) > MAX_SUPPLY // 2
        refused(ledger, ledger.mint("north", ANN, 1), "daily_cap_exceeded")
        done(ledger, ledger.mint("east", BOB, HALF_POINTS))
        invoice = ledger.invoice("north", HALF)
        done(ledger, ledger.redeem(BOB, invoice))
        refused(ledger, ledger.refund("north", invoice.id, 1), "daily_cap_exceeded")

    def test_each_day_adds_as_much_and_honest_partners_mint_and_honour_as_ever(self) -> None:
        """[LEDGER-2] Four days of the whole attack; at this pace it takes more than a century."""
        ledger = a_greedy_ledger()
        days = 4
        for _ in range(days):
            loop(ledger, "north", DAY)
            refused(ledger, ledger.mint("north", ANN, 1), "daily_cap_exceeded")
            ledger.pass_time(DAY_MS)
        assert totals(ledger) == Supply(days * DAY, 2 * days * DAY, days * DAY)
        assert totals(ledger).supply == 0
        grown = (totals(ledger).minted + totals(ledger).refunded) // days
        assert 100 * grown * CENTURY_DAYS < 2**63
        done(ledger, ledger.mint("east", BOB, 1_000))
        done(ledger, ledger.redeem(BOB, ledger.invoice("east", 1_000 * POINT)))
        ledger.scan()

    def test_passing_it_around_among_partners_adds_no_more(self) -> None:
        """[LEDGER-27] Spent at a rival, and squared week after week: obligations are no LiqBon."""
        ledger = a_greedy_ledger()
        for cycle in (1, 2):
            done(ledger, ledger.mint("north", ANN, DAY_POINTS))
            done(ledger, ledger.redeem(ANN, ledger.invoice("east", DAY)))
            refused(ledger, ledger.mint("north", ANN, 1), "daily_cap_exceeded")
            ledger.pass_time(CYCLE_MS)
            done(ledger, ledger.pay(cycle, 0))
            done(ledger, ledger.confirm(cycle, 0))
        assert totals(ledger) == Supply(2 * DAY, 2 * DAY, 0)
        assert ledger.position("north").paid == ledger.position("east").received == 2 * DAY


class TestByRaisingTheCap:
    """There is no higher one to ask for, at founding or later."""

    @pytest.mark.parametrize("field", ["mint_per_day", "refund_per_day"])
    def test_what_asks_for_more_is_no_transaction_no_genesis_and_no_state(self, field: str) -> None:
        """[LEDGER-9] [LEDGER-22] [GEN-5]"""
        over = {field: MAX_PER_DAY + 1}
        caps = replace(SetDailyCaps("north", 0, 0), **over)
        genesis = a_genesis(limits=replace(LIMITS, **over))
        forms: list[tuple[type[Wire] | Callable[..., object], Wire]] = [
            (Action, caps),
            (Genesis, genesis),
            (PartnerLimits, genesis.partners[0].limits),
        ]
        for kind, value in forms:
            with pytest.raises(Malformed) as caught:
                decode(kind, encode(value))  # type: ignore[arg-type]
            assert caught.value.code == "malformed"

    def test_two_raises_are_not_more_than_the_most(self) -> None:
        """[LEDGER-22] Asked for, waited for, and used to the last unit."""
        ledger = Ledger(a_genesis(n=2, limits=replace(LIMITS, reserve=0, credit=DAY // 4)))
        admin, most = a_role("north", "admin"), SetDailyCaps("north", MAX_PER_DAY, MAX_PER_DAY)
        for _ in range(2):
            done(ledger, ledger.act(admin, most))
            ledger.pass_time(DAY_MS)
        assert ledger.limits("north").terms.mint_per_day == MAX_PER_DAY
        for _ in range(4):
            loop(ledger, "north", DAY // 4)
        refused(ledger, ledger.mint("north", ANN, 1), "daily_cap_exceeded")
        assert ledger.entry(day_key("north"), Day) == Day(ledger.time // DAY_MS, DAY, DAY)
