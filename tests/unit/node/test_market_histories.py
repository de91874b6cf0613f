"""Campaigns, orders and likes stand in the histories of those they touched, and add up."""

from __future__ import annotations

import pytest

from node.executor import Executor
from node.index import EVERYONE, Listing
from node.queries import Queries
from primitives.actions import (
    Action,
    CampaignClose,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
)
from primitives.amount import MICRO
from primitives.receipt import Outcome
from tests.builders import DAY_MS, PARAMETERS, Person
from tests.fakes import market
from tests.fakes.market import ANN, BEN, JOY, NED, ROB, SUE
from tests.fakes.ordering import Ledger

EVERYBODY = (*market.PEOPLE, NED)


def newest_change(ledger: Ledger, person: Person) -> int:
    """What the newest transaction in someone's history did to the balance."""
    [found] = Queries(ledger.executor).history(person.account, None, 1)
    assert found.receipt.outcome == Outcome.DONE
    return found.changes[person.account]


def length(ledger: Ledger, person: Person) -> int:
    return len(Queries(ledger.executor).history(person.account, None, 100))


def assert_all_adds_up(ledger: Ledger) -> None:
    """The changes of what was sent and of what fell due are, together, the balance."""
    queries = Queries(ledger.executor)
    for person in EVERYBODY:
        account = person.account
        sent = sum(found.changes[account] for found in queries.history(account, None, 100))
        due = sum(found.changes[account] for found in queries.fell_due(account, None, 100))
        assert sent + due == ledger.executor.account(account).balance, person


def test_a_claim_stands_in_the_histories_of_who_is_paid() -> None:
    """[LEDGER-41], [LEDGER-43]: the claimant had no record; the referrer signed nothing."""
    ledger = market.opened()
    campaign = market.campaign(ledger)
    ledger.block(campaign)
    assert newest_change(ledger, SUE) == -market.BUDGET
    ledger.block(market.claim(ledger, campaign.id))
    assert newest_change(ledger, NED) == market.REWARD
    assert newest_change(ledger, ROB) == market.BONUS
    assert length(ledger, SUE) == 2  # what it was given, and the campaign
    assert_all_adds_up(ledger)
    ledger.block(ledger.act(SUE, CampaignClose(campaign.id)))
    assert newest_change(ledger, SUE) == market.BUDGET - market.REWARD - market.BONUS
    assert_all_adds_up(ledger)


def test_a_claim_that_is_skipped_stands_in_no_history() -> None:
    ledger = market.opened()
    campaign = market.campaign(ledger)
    ledger.block(campaign)
    ledger.block(market.claim(ledger, campaign.id, expires=1))
    assert length(ledger, NED) == 0
    assert not ledger.executor.has_record(NED.account)


def test_a_like_stands_in_the_histories_of_both() -> None:
    """[LEDGER-49]"""
    ledger = market.opened()
    market.liked(ledger)
    assert newest_change(ledger, ANN) == -market.LIKED
    assert newest_change(ledger, BEN) == market.LIKED
    assert_all_adds_up(ledger)


SOLD = market.PRICE - market.SHARE
ENDS: list[tuple[str, Person, type[Action], dict[Person, int]]] = [
    ("released", ANN, OrderRelease, {ANN: 0, BEN: SOLD, ROB: market.SHARE}),
    ("refunded", BEN, OrderRefund, {ANN: market.PRICE, BEN: 0}),
]


@pytest.mark.parametrize(("name", "sender", "act", "changes"), ENDS, ids=lambda v: str(v)[:8])
def test_an_order_stands_in_the_histories_of_its_sides(
    name: str, sender: Person, act: type[Action], changes: dict[Person, int]
) -> None:
    """[LEDGER-44], [LEDGER-46]: the promoter's once it is paid."""
    ledger = market.opened()
    order = market.ordered(ledger, is_shipped=True)
    before = {person: length(ledger, person) for person in EVERYBODY}
    assert before[ANN] == before[BEN] == 3  # funded, opened, shipped
    assert before[ROB] == before[JOY] == 1
    ledger.block(ledger.act(sender, act(order)))  # type: ignore[call-arg, arg-type]
    for person in EVERYBODY:
        grew = length(ledger, person) - before[person]
        assert grew == (person in changes), (name, person)
        if person in changes:
            assert newest_change(ledger, person) == changes[person]
    assert_all_adds_up(ledger)


def test_a_dispute_reaches_its_arbiter_and_what_it_decides_both_sides() -> None:
    """[LEDGER-47]: the promoter's share shrinks with what is sold."""
    ledger = market.opened()
    order = market.ordered(ledger, is_shipped=True)
    ledger.block(ledger.act(ANN, OrderDispute(order)))
    assert [newest_change(ledger, each) for each in (ANN, BEN, JOY)] == [0, 0, 0]
    back = market.PRICE // 2
    ledger.block(ledger.act(JOY, OrderResolve(order, back)))
    share = market.SHARE * (market.PRICE - back) // market.PRICE
    assert newest_change(ledger, ANN) == back
    assert newest_change(ledger, ROB) == share
    assert newest_change(ledger, BEN) == market.PRICE - back - share
    assert newest_change(ledger, JOY) == 0
    assert_all_adds_up(ledger)


def test_what_fell_due_by_itself_is_found_by_whom_it_paid() -> None:
    """[LEDGER-42], [LEDGER-45]: no transaction did it, and nobody has to poke."""
    ledger = market.opened()
    market.given(ledger)
    order = market.ordered(ledger, is_shipped=True)
    ledger.pass_time(7 * DAY_MS)
    ledger.pass_time(PARAMETERS.order_dispute_ms)
    queries = Queries(ledger.executor)
    [returned] = queries.fell_due(SUE.account, None, 9)
    assert returned.changes == {SUE.account: market.BUDGET - market.REWARD - market.BONUS}
    [sold] = queries.fell_due(BEN.account, None, 9)
    assert sold.changes == {BEN.account: SOLD, ROB.account: market.SHARE}
    assert sold.receipt.events[0].order == order  # type: ignore[union-attr]
    assert [due.height for due in queries.fell_due(ROB.account, None, 9)] == [sold.height]
    assert queries.fell_due(ANN.account, None, 9) == []
    assert_all_adds_up(ledger)
    assert sold.place in queries.touching(BEN.account, sold.height)
    assert queries.touching(ANN.account, sold.height) == []


def test_what_nobody_shipped_returns_and_is_found() -> None:
    """[LEDGER-45]"""
    ledger = market.opened()
    market.ordered(ledger)
    ledger.pass_time(3 * DAY_MS)
    [returned] = Queries(ledger.executor).fell_due(ANN.account, None, 9)
    assert returned.changes == {ANN.account: market.PRICE}
    assert_all_adds_up(ledger)


def test_what_fell_due_is_paged_newest_first() -> None:
    ledger = market.opened()
    for _ in range(3):
        market.ordered(ledger)
        ledger.pass_time(3 * DAY_MS)
    queries = Queries(ledger.executor)
    whole = queries.fell_due(ANN.account, None, 9)
    assert [due.height for due in whole] == sorted((d.height for d in whole), reverse=True)
    assert len(whole) == 3
    joined, before = [], None
    while page := queries.fell_due(ANN.account, before, 2):
        joined += page
        before = (page[-1].height, page[-1].place)
    assert joined == whole


def test_lists_are_newest_first_by_owner_and_all_together() -> None:
    ledger = market.opened()
    first, second = market.given(ledger), market.campaign(ledger, budget=3 * MICRO)
    ledger.block(second)
    order = market.ordered(ledger)
    market.liked(ledger)

    def ids(listing: Listing, owner: bytes) -> list[bytes]:
        return [id_ for _, id_ in Queries(ledger.executor).listed(listing, owner, None, 9)]

    for owner in (EVERYONE, SUE.account):
        assert ids(Listing.CAMPAIGNS, owner) == [second.id, first]
    for person in (ANN, BEN, ROB, JOY):
        assert ids(Listing.ORDERS, person.account) == [order]
    assert ids(Listing.ORDERS, EVERYONE) == [order]
    assert ids(Listing.ORDERS, SUE.account) == ids(Listing.CAMPAIGNS, NED.account) == []
    assert ids(Listing.CONTENTS, BEN.account) == ids(Listing.CONTENTS, EVERYONE) == [market.ESSAY]


def test_what_was_refused_is_in_no_list() -> None:
    ledger = market.opened()
    ledger.block(market.campaign(ledger, budget=10**15), market.buying(ledger, share=10**12))
    for listing in Listing:
        assert Queries(ledger.executor).listed(listing, EVERYONE, None, 9) == []


def test_histories_and_lists_are_there_after_a_restart() -> None:
    ledger = market.opened()
    campaign = market.given(ledger)
    ledger.pass_time(8 * DAY_MS)
    again = Queries(Executor.open(ledger.store, ledger.genesis))
    [(_, listed)] = again.listed(Listing.CAMPAIGNS, SUE.account, None, 9)
    assert listed == campaign
    [returned] = again.fell_due(SUE.account, None, 9)
    assert returned.changes == {SUE.account: market.BUDGET - market.REWARD - market.BONUS}
    assert [f.changes[NED.account] for f in again.history(NED.account, None, 9)] == [market.REWARD]
