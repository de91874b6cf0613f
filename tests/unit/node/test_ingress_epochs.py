"""What was taken in and not ordered when an epoch ends is sealed again, in the next one's lane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from node.ingress import Blame, Refusal
from node.pending import MAX_PER_SENDER
from primitives.actions import ContentRegister
from primitives.encoding import encode
from tests.builders import a_person, a_role, an_id, raw
from tests.fakes.node import FakeNode

ANN, BOB = a_person("ann"), a_person("bob")


@pytest.fixture
async def node() -> AsyncIterator[FakeNode]:
    """Ann has 100 LiqBon; what is sealed is not ordered."""
    made = FakeNode()
    made.ledger.fund(ANN)
    made.ledger.hold = True
    yield made
    made.ingress.close()


def sealed(node: FakeNode) -> list[bytes]:
    """Every transaction of the batches that wait to be ordered."""
    return [each for transactions, _ in node.ledger.held for each in transactions]


async def turn() -> None:
    await asyncio.sleep(0.001)


async def test_what_an_epoch_did_not_order_is_sealed_again_and_settled(node: FakeNode) -> None:
    """[EPOCH-5] Sealed before or not; whoever waits goes on waiting."""
    ledger = node.ledger
    payments = [ledger.transfer(ANN, (BOB, 20_000 + place)) for place in range(3)]
    ids = [await node.ingress.submit(raw(each)) for each in payments[:2]]
    waiting = asyncio.create_task(node.ingress.wait(ids[0], 5))
    await turn()
    assert sealed(node) == [raw(payments[0])], "the second waits for company"
    ledger.held = []
    node.ingress.enter(2, "south")
    ids.append(await node.ingress.submit(raw(payments[2])))
    await asyncio.sleep(0.15)
    assert sorted(sealed(node)) == sorted(raw(each) for each in payments)
    assert node.ingress.pending_count == 3
    ledger.author = 2
    ledger.release()
    settled = await waiting
    assert settled is not None
    assert settled.code is None
    assert all(node.ingress.is_executed(id_) for id_ in ids)


async def test_without_a_lane_whoever_waits_is_told_nothing(node: FakeNode) -> None:
    """[EPOCH-5] It may be ordered by another node yet; here nobody will."""
    id_ = await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    waiting = asyncio.create_task(node.ingress.wait(id_, 5))
    await turn()
    node.ledger.held = []
    node.ingress.enter(None, None)
    assert await asyncio.wait_for(waiting, 1) is None
    assert (node.ingress.pending_count, node.ingress.queued) == (0, 0)
    assert node.ingress.skipped(id_) is None
    with pytest.raises(Refusal) as caught:
        await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    assert (caught.value.blame, caught.value.code) == (Blame.NODE_BUSY, "not_a_validator")
    await asyncio.sleep(0.15)
    assert sealed(node) == []


async def test_a_lane_that_is_lost_while_signatures_are_checked_takes_nothing_in(
    node: FakeNode,
) -> None:
    """[EPOCH-5]"""
    payment = raw(node.ledger.transfer(ANN, (BOB, 20_000)))
    asked = asyncio.create_task(node.ingress.submit_many([payment]))
    await asyncio.sleep(0)  # it is with those who check signatures now
    node.ingress.enter(None, None)
    [refusal] = await asked
    assert isinstance(refusal, Refusal)
    assert (refusal.blame, refusal.code) == (Blame.NODE_BUSY, "not_a_validator")
    assert node.ingress.pending_count == 0


async def test_a_newcomer_takes_in_from_its_first_epoch_on() -> None:
    node = FakeNode(me=None)
    node.ledger.fund(ANN)
    node.ingress.enter(1, "east")
    assert await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    node.ingress.close()


async def test_the_partner_of_the_seat_is_favoured_and_no_other() -> None:
    node = FakeNode(own="north")
    ledger = node.ledger
    ledger.hold = True
    node.ingress.enter(1, "east")
    works = [ContentRegister(an_id(str(place))) for place in range(MAX_PER_SENDER + 1)]
    for sender, taken in (
        (a_role("east", "issuer"), MAX_PER_SENDER + 1),
        (a_role("north", "issuer"), MAX_PER_SENDER),
    ):
        outcomes = await node.ingress.submit_many([raw(ledger.act(sender, w)) for w in works])
        assert sum(isinstance(each, bytes) for each in outcomes) == taken
    node.ingress.close()


async def test_what_is_taken_back_is_sealed_unless_it_is_pending_or_executed(
    node: FakeNode,
) -> None:
    """[EPOCH-5] After a restart the journal says what was sealed; some of it was ordered since."""
    ledger = node.ledger
    executed, pending, orphan, other = (
        ledger.transfer(ANN, (BOB, 20_000 + place)) for place in range(4)
    )
    ledger.hold = False
    await node.ingress.submit(raw(executed))
    ledger.hold = True
    await node.ingress.submit(raw(pending))
    await turn()
    stale = ledger.act(BOB, ContentRegister(an_id("work")))
    spoiled = encode(stale.signed)[:-1]
    assert sealed(node) == [raw(pending)]
    before = node.ingress.refused.total()
    await node.ingress.take_back([raw(each) for each in (executed, pending, orphan)] + [spoiled])
    await node.ingress.take_back([raw(orphan)])
    await asyncio.sleep(0.15)
    assert sealed(node) == [raw(pending), raw(orphan)]
    assert node.ingress.pending_count == 2
    assert node.ingress.pending(other.id) is None
    assert node.ingress.refused.total() == before, "no client was refused anything"
