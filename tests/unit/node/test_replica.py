"""The turn: written down, synced, and only then said; whatever the order in which answers come."""

from __future__ import annotations

import pytest

from consensus.effects import (
    Accuse,
    BatchKept,
    BlockKept,
    CertificateKept,
    Certify,
    Halt,
    Keep,
    Need,
    OwnAttest,
    OwnVote,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    Send,
    SendBatches,
    Wake,
)
from consensus.inputs import (
    Connected,
    Received,
    Recovered,
    Seal,
    VerifiedBatch,
    Woken,
)
from consensus.messages import (
    Attested,
    BatchSent,
    Beating,
    Certified,
    FetchBlock,
    Message,
    Propose,
)
from node.journal import GENESIS, Damaged, Journal
from primitives.batch import EMPTY_TIP, batch_digest, header_after
from primitives.block import block_digest
from primitives.encoding import encode
from primitives.evidence import Evidence, Offence
from primitives.vote import Beat, Kind
from tests import builders
from tests.unit.node.fakes import (
    CHAIN,
    NOW,
    TIPS,
    A,
    B,
    FakeWorld,
    a_lane,
    a_vote_message,
    digest_of,
)

MINT = builders.a_mint("north", builders.a_person("ann"), 5)


def journaled(world: FakeWorld) -> list[object]:
    return list(Journal(world.disk, CHAIN).recover(GENESIS))


def a_frame(message: Message) -> bytes:
    return encode(message)


def test_nothing_is_said_before_the_sync_is_answered() -> None:
    """[DUR-1]"""
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    replica.on_connected(1)
    replica.on_connected(2)
    world.engine.script = [(Woken, [Wake(None), SayVote(Kind.NOTARIZE, 1, A, TIPS)])]
    world.engine.script.insert(0, (Connected, [Wake(NOW)]))
    replica.on_connected(3)
    replica.on_timer()
    assert world.sent == []
    assert not world.engine.of(Received), "not counted before it is durable either"
    assert [type(record) for record in journaled(world)] == [OwnVote], "written down already"
    world.sync()
    assert [peer for peer, _ in world.sent] == [1, 2, 3]
    [received] = world.engine.of(Received)
    assert isinstance(received, Received)
    assert received.sender == 0
    assert received.verified.message == world.sent[0][1]


def test_what_arrives_during_a_sync_waits_for_the_next_turn() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    kept = Keep(BlockKept(builders.a_block(), None))
    world.engine.script = [(Connected, [kept, Send(1, FetchBlock(1, A))])]
    replica.on_connected(1)
    replica.on_frame(1, a_frame(a_vote_message()))
    assert replica.waiting == 1
    assert not world.engine.of(Received)
    world.sync()
    assert len(world.engine.of(Received)) == 1


def test_a_turn_with_nothing_to_persist_sends_without_a_sync() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    replica.on_connected(1)
    syncs = len(world.disk.syncs)
    world.engine.script = [(Connected, [Send(1, FetchBlock(1, A)), Send(None, FetchBlock(2, B))])]
    replica.on_connected(2)
    assert world.sent == [(1, FetchBlock(1, A)), (1, FetchBlock(2, B)), (2, FetchBlock(2, B))]
    assert len(world.disk.syncs) == syncs


def test_what_is_only_kept_is_synced_with_what_is_said_next() -> None:
    """[DUR-1] Nobody hears of it before."""
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    syncs = len(world.disk.syncs)
    kept = Keep(BlockKept(builders.a_block(), None))
    world.engine.script = [
        (Connected, [kept]),
        (Connected, [SayVote(Kind.NOTARIZE, 1, A, TIPS)]),
    ]
    replica.on_connected(1)
    assert [type(record) for record in journaled(world)] == [BlockKept]
    assert len(world.disk.syncs) == syncs
    replica.on_connected(2)
    assert len(world.disk.syncs) == syncs + 1
    assert world.sent == []
    world.sync()
    assert [type(record) for record in journaled(world)] == [BlockKept, OwnVote]
    assert [peer for peer, _ in world.sent] == [1, 2]


def test_the_first_turn_syncs_what_was_found_on_disk() -> None:
    """A process may have died between its write and its sync ([DUR-1])."""
    world = FakeWorld(auto_sync=False)
    world.engine.script = [(Recovered, [Send(1, FetchBlock(1, A))])]
    world.replica()
    assert world.sent == []
    world.sync()
    assert world.sent == [(1, FetchBlock(1, A))]


def test_an_answer_to_another_turns_sync_is_ignored() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    replica.on_synced(99)
    assert replica.waiting == 0
    replica.on_connected(1)
    assert replica.waiting == 1, "still in the first turn"
    world.sync()
    assert replica.waiting == 0
    world.sync()


def test_every_kind_of_own_message_is_signed_kept_sent_and_taken_in() -> None:
    world = FakeWorld()
    replica = world.replica()
    replica.on_connected(1)
    header = builders.a_block()
    contents = (builders.raw(MINT),)
    lane = header_after(EMPTY_TIP, 0, 0, contents, MINT.weight)
    attestation = builders.an_attestation()
    beat = Beat(CHAIN, 0, 1, A, 7)
    world.engine.script = [
        (
            Connected,
            [
                SayProposal(header, block_digest(CHAIN, header)),
                SayBatch(lane, batch_digest(CHAIN, lane), contents),
                SayAttest(attestation),
                SayBeat(beat),
            ],
        )
    ]
    replica.on_connected(2)
    to_one = [message for peer, message in world.sent if peer == 1]
    assert [type(message) for message in to_one] == [Propose, BatchSent, Attested, Beating]
    kinds = [type(record) for record in journaled(world)]
    assert kinds == [BlockKept, OwnVote, BatchKept, OwnAttest], "a beat is not kept"
    taken = [event.verified.message for event in world.engine.of(Received)]  # type: ignore[union-attr]
    assert [type(message) for message in taken] == [Propose, VerifiedBatch, Attested, Beating]


def test_after_a_restart_the_engine_gets_the_records_and_the_guard_remembers() -> None:
    """[DUR-3] [DUR-4]"""
    world = FakeWorld()
    replica = world.replica()
    world.engine.script = [(Connected, [SayVote(Kind.NOTARIZE, 1, A, TIPS)])]
    replica.on_connected(1)
    again = world.replica()
    recovered = world.engine.of(Recovered)[-1]
    assert isinstance(recovered, Recovered)
    assert [type(record) for record in recovered.records] == [OwnVote]
    world.sent.clear()
    world.engine.script = [(Connected, [SayVote(Kind.NOTARIZE, 1, B, TIPS)])]
    again.on_connected(1)
    assert world.sent == []
    assert again.halted is not None
    assert "slot_taken" in again.halted


def test_a_refusal_by_the_guard_halts_and_says_why() -> None:
    world = FakeWorld()
    replica = world.replica()
    votes = [SayVote(Kind.NULLIFY, 1, None, TIPS), SayVote(Kind.FINALIZE, 1, A, TIPS)]
    world.engine.script = [(Connected, list(votes)), (Connected, [Send(1, FetchBlock(1, A))])]
    replica.on_connected(1)
    assert world.sent == [], "none of the turn's words"
    assert len(world.halts) == 1
    assert "slot_excluded" in world.halts[0]
    replica.on_connected(2)
    assert world.sent == []
    assert not replica.can_seal()
    assert world.wakes == [], "it asks for no call either"


def test_halt_discards_what_the_same_turn_wanted_to_sign() -> None:
    world = FakeWorld()
    replica = world.replica()
    mine, theirs = builders.an_attestation(), builders.an_attestation(state_root=B)
    world.engine.script = [(Connected, [SayVote(Kind.NOTARIZE, 1, A, TIPS), Halt(1, mine, theirs)])]
    replica.on_connected(1)
    assert world.sent == []
    assert replica.halted is not None
    assert mine.state_root.hex() in replica.halted
    assert theirs.state_root.hex() in replica.halted
    assert journaled(world) == []


def test_an_attestation_below_what_the_journal_remembers_is_not_signed_again() -> None:
    world = FakeWorld()
    replica = world.replica()
    world.engine.script = [(Connected, [SayAttest(builders.an_attestation(5))])]
    replica.on_connected(1)
    world.sent.clear()
    again = world.replica()
    world.engine.script = [(Connected, [SayAttest(builders.an_attestation(4))])]
    again.on_connected(1)
    assert again.halted is None
    assert world.sent == []


def test_a_damaged_journal_does_not_start() -> None:
    world = FakeWorld()
    replica = world.replica()
    for view in (1, 2, 3):
        world.engine.script = [(Connected, [SayVote(Kind.NOTARIZE, view, A, TIPS)])]
        replica.on_connected(1)
    world.disk.files[1][40] ^= 1
    with pytest.raises(Damaged):
        world.replica()


def test_certificates_and_accusations_reach_who_has_to_know() -> None:
    world = FakeWorld()
    replica = world.replica()
    certificate = builders.a_state_certificate(builders.an_attestation())
    evidence = Evidence(Offence.TWO_NOTARIZE, 0, 2, b"", b"")
    world.engine.script = [(Connected, [Certify(certificate), Accuse(evidence)])]
    replica.on_connected(1)
    assert world.certified == [certificate]
    assert world.proofs == [evidence]
    assert len(replica.evidence) == 1


def test_batches_are_sent_again_by_digest_from_the_journal() -> None:
    world = FakeWorld()
    replica = world.replica()
    [batch] = a_lane(1)
    world.engine.script = [
        (Connected, [Keep(BatchKept(encode(batch)))]),
        (Connected, [SendBatches(2, (digest_of(batch), A))]),
    ]
    replica.on_connected(1)
    replica.on_connected(2)
    assert world.sent == [(2, BatchSent(encode(batch)))]


def test_sealing_takes_one_batch_at_a_time_into_the_engine() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    assert replica.can_seal()
    replica.seal((builders.raw(MINT),), MINT.weight)
    assert not replica.can_seal()
    assert replica.ahead() == (1, 70)
    world.sync()
    [seal] = world.engine.of(Seal)
    assert seal == Seal((builders.raw(MINT),), MINT.weight)
    assert replica.can_seal()


def test_the_timer_serves_the_engine_and_the_fetcher() -> None:
    world = FakeWorld()
    replica = world.replica()
    world.engine.script = [(Connected, [Wake(NOW + 500)])]
    replica.on_connected(1)
    assert world.wakes == [NOW + 500]
    world.engine.needs = {("block", 1, A): Need(FetchBlock(1, A), (1,))}
    replica.on_connected(2)
    assert world.sent == [(1, FetchBlock(1, A))]
    assert world.wakes[-1] == NOW + 200
    world.now += 200
    replica.on_timer()
    assert world.sent == [(1, FetchBlock(1, A)), (2, FetchBlock(1, A))], "then the next peer"
    assert not world.engine.of(Woken)
    world.now = NOW + 500
    world.engine.needs = {}
    replica.on_timer()
    assert len(world.engine.of(Woken)) == 1
    replica.on_timer()
    assert len(world.engine.of(Woken)) == 1, "told once for each moment"


def test_a_clock_set_back_brings_the_engines_moment_back() -> None:
    world = FakeWorld()
    replica = world.replica()
    world.engine.script = [(Connected, [Wake(NOW + 500)])]
    replica.on_connected(1)
    world.now = NOW + 500
    replica.on_timer()
    world.now = NOW
    replica.on_timer()
    assert world.wakes[-1] == NOW + 500


def test_an_observer_follows_and_signs_nothing() -> None:
    world = FakeWorld(me=None)
    certificate = builders.a_certificate(Kind.NOTARIZE, 1, A)
    world.engine.script = [(Received, [Keep(CertificateKept(certificate))])]
    replica = world.replica()
    replica.on_connected(1)
    replica.on_frame(1, a_frame(Certified(certificate)))
    assert len(world.engine.of(Received)) == 1
    assert [type(record) for record in journaled(world)] == [CertificateKept]
