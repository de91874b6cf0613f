"""Whatever happens at the market, in whatever order: histories add up, lists are whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.movements import Moved, moved_by, moved_by_due
from node.index import EVERYONE, Listing
from node.queries import Queries
from primitives.actions import (
    CampaignClose,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.amount import MICRO
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS
from tests.fakes import market
from tests.fakes.market import ANN, BEN, JOY, NED, ROB, SUE
from tests.fakes.ordering import Ledger

EVERYBODY: Final = (*market.PEOPLE, NED)


class Stall:
    """A market on which acts are drawn; most are refused, as people do what they may not."""

    def __init__(self) -> None:
        self.ledger = market.opened()
        self.campaigns: list[bytes] = []
        self.orders: list[bytes] = []
        market.liked(self.ledger)

    def start(self, at: int) -> Decoded:
        made = market.campaign(self.ledger, budget=(1 + at) * MICRO, per_claimant=2)
        self.campaigns.append(made.id)
        return made

    def buy(self, at: int) -> Decoded:
        promoted = {} if at % 2 else {"promoter": None, "share": 0}
        made = market.buying(self.ledger, price=(3 + at) * MICRO, **promoted)
        self.orders.append(made.id)
        return made

    def claim(self, at: int) -> Decoded | None:
        if not self.campaigns:
            return None
        person = EVERYBODY[at % len(EVERYBODY)]
        if person in (ROB, NED) and not self.ledger.executor.has_record(person.account):
            self.ledger.sequences[person.account] = 0  # what was skipped used no sequence
        return market.claim(self.ledger, self.campaigns[at % len(self.campaigns)], person)

    def close(self, at: int) -> Decoded | None:
        if not self.campaigns:
            return None
        return self.ledger.act(SUE, CampaignClose(self.campaigns[at % len(self.campaigns)]))

    def speak(self, at: int) -> Decoded | None:
        """Somebody says something about an order."""
        if not self.orders:
            return None
        order = self.orders[at // 5 % len(self.orders)]
        words = (
            (BEN, OrderShip(order, None)),
            (ANN, OrderRelease(order)),
            (BEN, OrderRefund(order)),
            (ANN, OrderDispute(order)),
            (JOY, OrderResolve(order, at * MICRO // 4)),
        )
        return self.ledger.act(*words[at % 5])

    def judge(self, at: int) -> Decoded | None:
        """An order goes all the way to its arbiter, if it still can."""
        if not self.orders:
            return None
        order = self.orders[at % len(self.orders)]
        self.ledger.block(self.ledger.act(BEN, OrderShip(order, None)))
        self.ledger.block(self.ledger.act(ANN, OrderDispute(order)))
        return self.ledger.act(JOY, OrderResolve(order, at * MICRO // 4))

    def like(self, at: int) -> Decoded:
        return market.like(self.ledger)

    def wait(self, at: int) -> None:
        self.ledger.pass_time((HOUR_MS, 3 * DAY_MS, 8 * DAY_MS, 15 * DAY_MS)[at % 4])


ACTS: Final[tuple[Callable[[Stall, int], Decoded | None], ...]] = (
    Stall.start,
    Stall.buy,
    Stall.claim,
    Stall.close,
    Stall.speak,
    Stall.judge,
    Stall.like,
    Stall.wait,
)
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 19)), max_size=40)


def assert_histories_add_up(ledger: Ledger) -> None:
    queries = Queries(ledger.executor)
    for person in EVERYBODY:
        account = person.account
        total = sum(found.changes[account] for found in queries.history(account, None, 1_000))
        total += sum(due.changes[account] for due in queries.fell_due(account, None, 1_000))
        assert total == ledger.executor.account(account).balance


def assert_the_auditor_moves_as_much(ledger: Ledger) -> None:
    """The auditor's payments and the node's changes are written twice, and say the same."""
    executor = ledger.executor
    state = dict(executor.archive.state())
    queries = Queries(executor)
    for person in EVERYBODY:
        for found in queries.history(person.account, None, 1_000):
            moved = []
            if found.receipt.outcome == Outcome.DONE:
                moved = list(moved_by(found.decoded, found.receipt, state))
            assert net(moved) == {who: units for who, units in found.changes.items() if units}
        for due in queries.fell_due(person.account, None, 1_000):
            assert net(moved_by_due(due.receipt, state)) == due.changes


def net(moved: Iterable[Moved]) -> dict[bytes, int]:
    """What payments come to, by account."""
    sums: Counter[bytes] = Counter()
    for each in moved:
        if each.source is not None:
            sums[each.source] -= each.units
        if each.destination is not None:
            sums[each.destination] += each.units
    return {who: units for who, units in sums.items() if units}


@settings(max_examples=60)
@given(steps=steps)
def test_histories_add_up_and_lists_are_whole(
    steps: list[tuple[Callable[[Stall, int], Decoded | None], int]],
) -> None:
    """[LEDGER-2]: after anything, also what was refused or skipped."""
    stall = Stall()
    ledger = stall.ledger
    for act, at in steps:
        made = act(stall, at)
        if made is not None:
            ledger.block(made)
    assert_histories_add_up(ledger)
    assert_the_auditor_moves_as_much(ledger)
    queries = Queries(ledger.executor)
    state = dict(ledger.executor.archive.state())
    for listing, prefix in ((Listing.CAMPAIGNS, 0x90), (Listing.ORDERS, 0xA0)):
        listed = [id_ for _, id_ in queries.listed(listing, EVERYONE, None, 1_000)]
        stands = {key[1:] for key in state if key[0] == prefix}
        assert len(listed) == len(stands)
        assert set(listed) == stands
        asked = stall.campaigns if listing == Listing.CAMPAIGNS else stall.orders
        assert listed == [id_ for id_ in reversed(asked) if id_ in stands]
