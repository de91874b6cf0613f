"""What is taken in is ordered; what is refused is told why; who waits is answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from node import ingress as door
from node.ingress import Blame, Refusal, SkippedHere
from node.pending import MAX_PER_SENDER, Settled
from primitives.actions import ContentRegister
from primitives.encoding import encode
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import (
    PARAMETERS,
    SECOND_MS,
    a_genesis,
    a_mint,
    a_person,
    a_role,
    a_transfer,
    an_id,
    an_open_channels,
    raw,
)
from tests.fakes import council
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger

ANN, BOB = a_person("ann"), a_person("bob")


@pytest.fixture
async def node() -> AsyncIterator[FakeNode]:
    """Ann has 100 LiqBon."""
    made = FakeNode()
    made.ledger.fund(ANN)
    yield made
    made.ingress.close()


async def refused(node: FakeNode, contents: bytes) -> tuple[Blame, str]:
    with pytest.raises(Refusal) as caught:
        await node.ingress.submit(contents)
    return caught.value.blame, caught.value.code


def forged(decoded: Decoded) -> bytes:
    signature = decoded.signed.signatures[0]
    bad = replace(
        signature, signature=bytes([signature.signature[0] ^ 1]) + signature.signature[1:]
    )
    return encode(replace(decoded.signed, signatures=(bad,)))


# --- taking in ----------------------------------------------------------------------------------


async def test_a_sound_payment_is_taken_in_ordered_and_settled(node: FakeNode) -> None:
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    assert await node.ingress.submit(raw(payment)) == payment.id
    assert await node.ingress.wait(payment.id, 1) == Settled(2, None)
    assert node.ledger.executor.account(BOB.account).balance == 20_000
    assert (node.ingress.accepted, node.ingress.pending_count, node.ingress.batches) == (1, 0, 1)


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        (b"", "malformed"),
        (b"\xc1", "malformed"),
        (b"x" * 40_000, "oversized"),
        (raw(a_transfer(ANN, (BOB, 1)))[:-1], "malformed"),
        (raw(a_transfer(ANN, (BOB, 1))) + b"\0", "malformed"),
        (b"\x91" * 20_000, "malformed"),
        (forged(a_transfer(ANN, (BOB, 20_000))), "signature_invalid"),
        (raw(a_transfer(ANN, (BOB, 9_999))), "output_below_opening"),
        (raw(a_transfer(ANN, (BOB, 100_000_001))), "balance_too_low"),
        (raw(a_transfer(ANN, (BOB, 2**63 - 1), (BOB, 2**63 - 1))), "amount_overflow"),
        (raw(a_transfer(ANN, (BOB, 20_000), sequence=1)), "sequence_early"),
        (raw(a_transfer(ANN, (BOB, 20_000), channel=1)), "channel_unopened"),
        (raw(a_transfer(BOB, (ANN, 1))), "sender_unknown"),
        (raw(a_transfer(ANN, (BOB, 20_000), valid_until=0)), "expired"),
        (raw(a_transfer(ANN, (BOB, 20_000), valid_until=2**53)), "valid_too_long"),
        (raw(a_mint("north", ANN, 5, reference="north 0", sequence=1)), "commitment_used"),
    ],
)
async def test_what_is_unsound_is_refused_at_the_door_with_its_code(
    node: FakeNode, contents: bytes, code: str
) -> None:
    height = node.ledger.executor.height
    assert await refused(node, contents) == (Blame.REFUSED, code)
    assert node.ledger.executor.height == height
    assert node.ingress.pending_count == 0
    assert node.ingress.refused[code] == 1


async def test_a_payment_of_another_chain_is_refused(node: FakeNode) -> None:
    foreign = ANN.sign(replace(a_transfer(ANN, (BOB, 1)).transaction, chain=bytes(32)))
    assert await refused(node, encode(foreign)) == (Blame.REFUSED, "wrong_chain")


async def test_a_sequence_that_was_used_is_stale(node: FakeNode) -> None:
    await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    other = a_transfer(ANN, (BOB, 30_000))
    with pytest.raises(Refusal, match="next is 1") as caught:
        await node.ingress.submit(raw(other))
    assert caught.value.code == "sequence_stale"
    assert caught.value.id == other.id


async def test_what_is_known_is_not_taken_in_twice(node: FakeNode) -> None:
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    node.ledger.hold = True
    await node.ingress.submit(raw(payment))
    assert await refused(node, raw(payment)) == (Blame.KNOWN, "already_pending")
    node.ledger.release()
    assert await refused(node, raw(payment)) == (Blame.KNOWN, "already_executed")
    assert node.ledger.executor.account(BOB.account).balance == 20_000
    assert node.checks.asked == 1, "what is known costs no signature check"


async def test_the_same_payment_twice_in_one_submission_is_taken_in_once(node: FakeNode) -> None:
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    first, second = await node.ingress.submit_many([raw(payment), raw(payment)])
    assert first == payment.id
    assert isinstance(second, Refusal)
    assert second.blame == Blame.KNOWN


async def test_many_may_be_sent_in_a_row_before_the_first_is_final(node: FakeNode) -> None:
    node.ledger.hold = True
    many = [node.ledger.transfer(ANN, (BOB, 20_000)) for _ in range(5)]
    for payment in many[:2]:
        await node.ingress.submit(raw(payment))
    assert node.ingress.next_sequence(ANN.account, 0) == 2
    assert await node.ingress.submit_many([raw(each) for each in many[2:]]) == [
        each.id for each in many[2:]
    ]
    node.ledger.hold = False
    node.ledger.release()
    node.ingress.poke()
    await asyncio.gather(*(node.ingress.wait(each.id, 5) for each in many))
    assert node.ledger.executor.account(BOB.account).balance == 100_000
    assert node.ledger.executor.account(ANN.account).sequence == 5


async def test_what_is_on_its_way_cannot_be_spent_twice(node: FakeNode) -> None:
    node.ledger.hold = True
    await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 60_000_000))))
    too_much = a_transfer(ANN, (BOB, 40_000_001), sequence=1)
    assert await refused(node, raw(too_much)) == (Blame.REFUSED, "balance_too_low")
    await node.ingress.submit(raw(a_transfer(ANN, (BOB, 40_000_000), sequence=1)))


async def test_another_transaction_of_a_pending_sequence_is_refused(node: FakeNode) -> None:
    node.ledger.hold = True
    await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    rival = a_transfer(ANN, (BOB, 30_000))
    assert await refused(node, raw(rival)) == (Blame.REFUSED, "sequence_pending")


async def test_channels_are_sequences_of_their_own(node: FakeNode) -> None:
    opening = an_open_channels(ANN, 3, valid_until=node.ledger.now_ms() + SECOND_MS)
    await node.ingress.submit(raw(opening))
    node.ledger.hold = True
    for channel in (1, 2, 1):
        sequence = node.ingress.next_sequence(ANN.account, channel)
        payment = a_transfer(ANN, (BOB, 20_000), channel=channel, sequence=sequence)
        await node.ingress.submit(raw(payment))
    assert node.ingress.next_sequence(ANN.account, 1) == 2
    assert node.ingress.next_sequence(ANN.account, 2) == 1


async def test_each_of_many_has_a_result_of_its_own(node: FakeNode) -> None:
    good = [node.ledger.transfer(ANN, (BOB, 20_000)) for _ in range(2)]
    outcomes = await node.ingress.submit_many(
        [b"junk", raw(good[0]), forged(good[1]), raw(good[1]), raw(a_transfer(BOB, (ANN, 1)))]
    )
    codes = [each.code if isinstance(each, Refusal) else each for each in outcomes]
    assert codes == ["malformed", good[0].id, "signature_invalid", good[1].id, "sender_unknown"]


# --- bounds -------------------------------------------------------------------------------------


async def test_a_sender_with_too_many_pending_is_told_to_come_back(node: FakeNode) -> None:
    node.ledger.hold = True
    many = [raw(node.ledger.transfer(ANN, (BOB, 20_000))) for _ in range(MAX_PER_SENDER + 1)]
    outcomes = await node.ingress.submit_many(many)
    assert all(isinstance(each, bytes) for each in outcomes[:-1])
    last = outcomes[-1]
    assert isinstance(last, Refusal)
    assert (last.blame, last.code) == (Blame.SENDER_BUSY, "sender_busy")
    await node.ingress.submit(raw(a_mint("north", BOB, 100, reference="x", sequence=1)))


async def test_a_role_that_was_given_away_has_no_favour_any_more() -> None:
    """[LEDGER-51]: whoever holds a stolen key is a sender like any other."""
    node = FakeNode(own="north")
    ledger = node.ledger
    successor = a_person("the next issuer of north")
    ledger.block(council.giving_role(ledger, "north", Role.ISSUER, successor))
    ledger.hold = True
    works = [ContentRegister(an_id(str(place))) for place in range(MAX_PER_SENDER + 1)]
    for sender, taken in ((successor, len(works)), (a_role("north", "issuer"), MAX_PER_SENDER)):
        many = [raw(ledger.act(sender, work)) for work in works]
        outcomes = await node.ingress.submit_many(many)
        assert sum(isinstance(each, bytes) for each in outcomes) == taken
    node.ingress.close()


async def test_the_nodes_own_partner_may_have_more_pending() -> None:
    node = FakeNode(own="north")
    node.ledger.hold = True
    many = [
        raw(a_mint("north", ANN, 1, reference=str(place), amount=10_000, sequence=place))
        for place in range(MAX_PER_SENDER + 10)
    ]
    outcomes = await node.ingress.submit_many(many)
    assert all(isinstance(each, bytes) for each in outcomes)
    node.ingress.close()


async def test_a_full_node_says_so(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_COUNT", 2)
    node.ledger.hold = True
    many = [raw(node.ledger.transfer(ANN, (BOB, 20_000))) for _ in range(3)]
    outcomes = await node.ingress.submit_many(many)
    last = outcomes[-1]
    assert isinstance(last, Refusal)
    assert (last.blame, last.code) == (Blame.NODE_BUSY, "node_busy")
    assert node.checks.asked == 2, "what there is no room for costs no signature check"


async def test_an_observer_takes_nothing_in() -> None:
    node = FakeNode(me=None)
    payment = raw(a_transfer(ANN, (BOB, 20_000)))
    assert await refused(node, payment) == (Blame.NODE_BUSY, "not_a_validator")


async def test_what_no_block_could_hold_is_refused() -> None:
    parameters = replace(PARAMETERS, lane_weight=5)
    node = FakeNode(Ledger(genesis=a_genesis(parameters=parameters)))
    node.ledger.fund(ANN)
    chain = node.ledger.executor.chain
    heavy = a_transfer(ANN, *[(BOB, 20_000)] * 5, chain=chain)
    assert await refused(node, raw(heavy)) == (Blame.REFUSED, "too_heavy")


# --- waiting ------------------------------------------------------------------------------------


async def test_whoever_waits_is_answered_when_it_is_certified_and_not_before(
    node: FakeNode,
) -> None:
    node.ledger.attest = False
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    await node.ingress.submit(raw(payment))
    executed = node.ledger.executor.uncertified()[-1]
    assert node.ingress.is_executed(payment.id)
    assert await node.ingress.wait(payment.id, 0.02) is None
    waiting = asyncio.create_task(node.ingress.wait(payment.id, 5))
    await asyncio.sleep(0)
    node.ledger.certify(executed)
    assert await waiting == Settled(executed.height, None)
    assert await node.ingress.wait(payment.id, 5) == Settled(executed.height, None)


async def test_many_may_wait_for_one_transaction(node: FakeNode) -> None:
    node.ledger.hold = True
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    await node.ingress.submit(raw(payment))
    waiting = [asyncio.create_task(node.ingress.wait(payment.id, 5)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    node.ledger.release()
    assert await asyncio.gather(*waiting[1:]) == [Settled(2, None)] * 2


async def test_nobody_waits_for_what_is_not_here(node: FakeNode) -> None:
    assert await node.ingress.wait(bytes(32), 5) is None


async def test_a_skipped_transaction_is_settled_with_its_reason(node: FakeNode) -> None:
    node.ledger.hold = True
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    await node.ingress.submit(raw(payment))
    node.ledger.author = 1
    node.ledger.block(a_transfer(ANN, (BOB, 30_000)))
    node.ledger.author = 0
    waiting = asyncio.create_task(node.ingress.wait(payment.id, 5))
    await asyncio.sleep(0)
    node.ledger.release()
    assert await waiting == Settled(3, "sequence_stale")
    assert node.ingress.skipped(payment.id) == SkippedHere(payment, "sequence_stale")
    assert node.ingress.pending(payment.id) is None


async def test_a_rival_who_replays_a_payment_too_early_settles_nothing(node: FakeNode) -> None:
    node.ledger.hold = True
    first, second = (node.ledger.transfer(ANN, (BOB, 20_000)) for _ in range(2))
    await node.ingress.submit_many([raw(first), raw(second)])
    node.ledger.author = 1
    node.ledger.block(second)
    node.ledger.author = 0
    assert node.ingress.pending(second.id) is not None
    node.ledger.release()
    assert await node.ingress.wait(second.id, 5) == Settled(3, None)


async def test_a_payment_carried_by_another_lane_is_settled_as_done(node: FakeNode) -> None:
    node.ledger.hold = True
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    await node.ingress.submit(raw(payment))
    node.ledger.author = 1
    node.ledger.block(payment)
    node.ledger.author = 0
    assert await node.ingress.wait(payment.id, 5) == Settled(2, None)
    node.ledger.release()
    assert node.ingress.skipped(payment.id) is None


async def test_what_expired_in_the_queue_is_dead_and_not_sealed(node: FakeNode) -> None:
    ledger = node.ledger
    ledger.hold = True
    soon = ledger.now_ms() + 500
    ledger.held = [((), 0)] * 4
    payment = a_transfer(ANN, (BOB, 20_000), valid_until=soon)
    await node.ingress.submit(raw(payment))
    assert node.ingress.queued == 1
    ledger.block()
    ledger.block()
    assert node.ingress.skipped(payment.id) == SkippedHere(payment, "expired")
    ledger.held = []
    node.ingress.poke()
    assert (ledger.held, node.ingress.queued) == ([], 0)


async def test_a_node_that_stops_lets_everyone_go(node: FakeNode) -> None:
    node.ledger.hold = True
    payment = node.ledger.transfer(ANN, (BOB, 20_000))
    await node.ingress.submit(raw(payment))
    waiting = asyncio.create_task(node.ingress.wait(payment.id, 60))
    await asyncio.sleep(0)
    node.ingress.close()
    assert await waiting is None


async def test_the_time_to_finality_is_told(node: FakeNode) -> None:
    told: list[float] = []
    node.ingress.on_final = told.append
    await node.ingress.submit(raw(node.ledger.transfer(ANN, (BOB, 20_000))))
    await asyncio.sleep(0)
    assert len(told) == 1
    assert 0 <= told[0] < 5
