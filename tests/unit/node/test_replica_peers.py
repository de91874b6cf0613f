"""What peers send: blamed, bounded, checked elsewhere, answered; and only then the engine's."""

from __future__ import annotations

from msgspec.structs import replace

from consensus.effects import (
    BatchKept,
    Keep,
    Need,
)
from consensus.inputs import (
    Connected,
    Received,
    VerifiedBatch,
)
from consensus.messages import (
    BatchSent,
    Certified,
    FetchChain,
    FetchLane,
    Message,
    Oldest,
    Status,
    Voted,
)
from node.inbox import PEER_MESSAGES
from node.reception import MOST_CHECKING
from primitives.batch import Batch
from primitives.encoding import encode
from primitives.vote import Kind
from tests import builders
from tests.unit.node.fakes import (
    TIPS,
    A,
    B,
    FakeWorld,
    a_lane,
    a_vote_message,
    digest_of,
)


def a_frame(message: Message) -> bytes:
    return encode(message)


def test_frames_that_mean_nothing_are_blamed_on_the_peer() -> None:
    """[MSG-1] [MSG-2]"""
    world = FakeWorld()
    replica = world.replica()
    replica.on_frame(2, b"\xc1")
    forged = a_vote_message(author=1)
    replica.on_frame(3, a_frame(Voted(builders.a_vote(Kind.NOTARIZE, 1, B, author=2), ())))
    broken = Voted(replace(forged.vote, signature=bytes(64)), TIPS)
    replica.on_frame(1, a_frame(broken))
    assert [(blame.peer, blame.code) for blame in world.blamed] == [
        (2, "malformed"),
        (3, "tips_form"),
        (1, "signature_invalid"),
    ]
    assert not world.engine.of(Received)


def test_unwanted_messages_cost_no_signature_check() -> None:
    """[MSG-2]"""
    world = FakeWorld()
    replica = world.replica()
    world.engine.unwanted = [Certified]
    certificate = builders.a_certificate(Kind.NOTARIZE, 1, A)
    unsigned = tuple(replace(each, signature=bytes(64)) for each in certificate.signatures)
    broken = Certified(replace(certificate, signatures=unsigned))
    replica.on_frame(1, a_frame(broken))
    assert world.blamed == []
    assert not world.engine.of(Received)


def test_a_batch_is_checked_elsewhere_and_once() -> None:
    world = FakeWorld()
    replica = world.replica()
    [batch] = a_lane(1)
    frame = a_frame(BatchSent(encode(batch)))
    replica.on_frame(1, frame)
    replica.on_frame(2, frame)
    assert world.checks == [(digest_of(batch), 1)]
    assert not world.engine.of(Received)
    assert not replica.is_resting
    replica.on_batch_checked(digest_of(batch), None)
    [received] = world.engine.of(Received)
    assert isinstance(received, Received)
    assert isinstance(received.verified.message, VerifiedBatch)
    assert received.verified.message.fault is None
    replica.on_batch_checked(digest_of(batch), None)
    assert len(world.engine.of(Received)) == 1


def test_a_batch_with_a_fault_goes_to_the_engine_as_evidence() -> None:
    world = FakeWorld()
    replica = world.replica()
    [batch] = a_lane(1)
    replica.on_frame(1, a_frame(BatchSent(encode(batch))))
    replica.on_batch_checked(digest_of(batch), "signature_invalid")
    [received] = world.engine.of(Received)
    assert isinstance(received, Received)
    message = received.verified.message
    assert isinstance(message, VerifiedBatch)
    assert message.fault == "signature_invalid"


def test_a_batch_that_its_author_did_not_sign_is_blamed_on_who_sent_it() -> None:
    world = FakeWorld()
    replica = world.replica()
    [batch] = a_lane(1)
    unsigned = Batch(batch.header, batch.transactions, bytes(64))
    replica.on_frame(2, a_frame(BatchSent(encode(unsigned))))
    assert world.checks == []
    assert [(blame.peer, blame.code) for blame in world.blamed] == [(2, "signature_invalid")]


def test_a_peer_cannot_have_more_checked_than_its_share() -> None:
    """[MSG-3]"""
    world = FakeWorld()
    replica = world.replica()
    for batch in a_lane(MOST_CHECKING + 3):
        replica.on_frame(1, a_frame(BatchSent(encode(batch))))
    assert len(world.checks) == MOST_CHECKING


def test_an_inbox_that_is_full_drops() -> None:
    """[MSG-3]"""
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    for _ in range(PEER_MESSAGES + 5):
        replica.on_frame(1, a_frame(Status(0, 1, 1, 1, TIPS)))
    replica.on_frame(2, a_frame(Status(0, 1, 1, 1, TIPS)))
    assert replica.waiting == PEER_MESSAGES + 1
    assert replica.dropped == 5


def test_lanes_and_chains_are_answered_without_the_engine() -> None:
    """[SYNC-3]"""
    world = FakeWorld()
    replica = world.replica()
    lane = a_lane(3)
    world.engine.script = [(Connected, [Keep(BatchKept(encode(batch))) for batch in lane[1:]])]
    world.past = {digest_of(lane[0]): encode(lane[0])}
    replica.on_connected(1)
    replica.on_frame(2, a_frame(FetchLane(1, digest_of(lane[2]), 0)))
    assert world.sent == [(2, BatchSent(encode(batch))) for batch in lane]
    world.sent.clear()
    replica.on_frame(2, a_frame(FetchLane(1, digest_of(lane[2]), 2)))
    assert world.sent == [(2, BatchSent(encode(lane[2])))]
    world.sent.clear()
    replica.on_frame(2, a_frame(FetchLane(0, digest_of(lane[2]), 0)))
    replica.on_frame(2, a_frame(FetchLane(1, A, 0)))
    replica.on_frame(2, a_frame(FetchChain(1)))
    assert world.sent == []
    certificate = builders.a_state_certificate(builders.an_attestation())
    world.chain = ((builders.a_block(),), (certificate,))
    replica.on_frame(2, a_frame(FetchChain(1)))
    assert len(world.sent) == 1
    assert not world.engine.of(Received)


def test_a_peer_that_leaves_takes_its_words_along() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    replica.on_connected(1)
    replica.on_frame(1, a_frame(Status(0, 1, 1, 1, TIPS)))
    waiting = replica.waiting
    replica.on_disconnected(1)
    assert replica.waiting == waiting - 1
    assert replica.peers == ()


def test_a_node_says_once_that_nobody_keeps_what_it_needs() -> None:
    """[SYNC-4] And answers itself how far back it goes."""
    world = FakeWorld()
    replica = world.replica()
    world.oldest = 8
    replica.on_frame(2, a_frame(FetchChain(7)))
    assert world.sent == [(2, Oldest(8))]
    world.engine.needs = {("chain", 3, b""): Need(FetchChain(3), (2,))}
    for peer in (1, 2):
        replica.on_connected(peer)
    world.sent.clear()
    replica.on_frame(2, a_frame(Oldest(4)))
    assert world.sent[-1] == (1, FetchChain(3))
    assert world.missing == []
    replica.on_frame(1, a_frame(Oldest(9)))
    replica.on_frame(1, a_frame(Oldest(9)))
    assert world.missing == [3]
    replica.on_connected(3)
    assert world.missing == [3, None], "somebody new may keep it"
    assert not world.blamed
    assert not world.engine.of(Received), "no engine hears of it"
