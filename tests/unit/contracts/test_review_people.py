"""What an adversary tried on campaigns, orders and likes, and how it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primitives.actions import (
    Action,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.commerce import OrderStatus
from primitives.receipt import Outcome
from tests.builders import SECOND_MS, Person
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import (
    ANN,
    BEN,
    HELD,
    JOY,
    PRICE,
    ROB,
    buy,
    disputed,
    offer,
    ordered,
    shipped,
    the_order,
    trading,
)

DONE = OrderStatus.DONE
Making = Callable[[Ledger], bytes]
Word = Callable[[bytes], Action]


def queued(make: Making) -> tuple[Ledger, bytes]:
    """An order a moment before its deadline; a block carries out one thing, and others come
    first."""
    ledger = trading(due_per_block=1)
    order = [make(ledger) for _ in range(4)][-1]
    ledger.pass_time(the_order(ledger, order).deadline - 2 * SECOND_MS - ledger.time)
    return ledger, order


def second_after(ledger: Ledger, order: bytes) -> int:
    """Milliseconds to the first whole second after an order's deadline."""
    return (the_order(ledger, order).deadline // SECOND_MS + 1) * SECOND_MS - ledger.time


LATE: dict[str, tuple[Making, Person, Word, int]] = {
    "ships": (ordered, BEN, lambda order: OrderShip(order, None), PRICE),
    "disputes": (shipped, ANN, OrderDispute, 0),
    "judges": (disputed, JOY, lambda order: OrderResolve(order, 1), PRICE),
}
"""By what comes late: how far the order was, who speaks, and what the buyer gets in the end."""


def test_who_is_paid_by_one_verdict_only_does_not_judge() -> None:
    """[LEDGER-44] A promoter gets nothing of what returns to the buyer."""
    ledger = trading()
    said = offer(ledger, arbiter=ROB.account, price=HELD + 1)
    ledger.refuse(buy(ledger, said), Outcome.ARBITER_INVALID)
    done(ledger, buy(ledger, offer(ledger, arbiter=ROB.account, promoter=None, share=0)))


class TestNobodyGainsByAQueue:
    """[LEDGER-45], [LEDGER-15] Who fills the calendar does not get more time than was agreed."""

    @pytest.mark.parametrize("late", LATE)
    def test_what_comes_late_is_refused_though_the_end_still_waits(self, late: str) -> None:
        make, speaker, word, to_buyer = LATE[late]
        ledger, order = queued(make)
        after_ms = second_after(ledger, order)
        said = ledger.act(speaker, word(order))
        assert ledger.send(said, after_ms=after_ms) == Outcome.ORDER_STATUS_WRONG
        assert the_order(ledger, order).status != DONE, "its end waits for its turn"
        for _ in range(20):
            ledger.pass_time(SECOND_MS)
        ended = the_order(ledger, order)
        assert (ended.status, ended.locked, ended.to_buyer) == (DONE, 0, to_buyer)
        ledger.scan()

    @pytest.mark.parametrize("late", LATE)
    def test_the_last_moment_is_in_time(self, late: str) -> None:
        make, speaker, word, _ = LATE[late]
        ledger, order = queued(make)
        after_ms = the_order(ledger, order).deadline - ledger.time
        assert ledger.send(ledger.act(speaker, word(order)), after_ms=after_ms) == Outcome.DONE

    @pytest.mark.parametrize(("who", "word"), [(ANN, OrderRelease), (BEN, OrderRefund)])
    def test_who_gives_up_what_is_its_own_is_never_late(self, who: Person, word: Word) -> None:
        """[LEDGER-46]"""
        ledger, order = queued(shipped)
        after_ms = second_after(ledger, order)
        assert ledger.send(ledger.act(who, word(order)), after_ms=after_ms) == Outcome.DONE
        assert the_order(ledger, order).to_buyer == (PRICE if word is OrderRefund else 0)
