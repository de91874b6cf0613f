"""One process goes from epoch to epoch; whoever is not of the present one is a guest."""

from __future__ import annotations

from msgspec.structs import replace

from consensus.config import Anchor, Before, handed_over
from consensus.effects import (
    BatchKept,
    CertificateKept,
    Certify,
    Execute,
    Forgotten,
    Halt,
    Keep,
    OwnVote,
    SayVote,
    StateCertificateKept,
)
from consensus.inputs import Executed, Input, Received, Recovered, Woken
from consensus.messages import (
    Certified,
    Message,
    StateCertified,
    Status,
    Voted,
)
from node.journal import Executed as Floor
from node.journal import Journal
from node.world import GUESTS
from primitives.batch import tip_of
from primitives.block import block_digest
from primitives.certificate import StateCertificate
from primitives.encoding import encode
from primitives.keys import Ed25519Key
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Kind
from tests import builders
from tests.builders import Committee
from tests.unit.node.fakes import (
    CHAIN,
    COMMITTEE,
    TIPS,
    A,
    B,
    FakeWorld,
    ScriptedEngine,
    a_lane,
    a_vote_message,
    digest_of,
)

LAST = 6
"""Epoch 0's last height."""
PLACES = (2, 0, 1, 3)
"""Who sits where in epoch 1: north, which is member 0 of epoch 0, is member 1 then."""
NEXT = Committee(
    tuple(COMMITTEE.signers[place] for place in PLACES),
    ValidatorSet(1, tuple(COMMITTEE.members.members[place] for place in PLACES)),
)
WITHOUT = ValidatorSet(1, tuple(m for m in COMMITTEE.members.members if m.partner != "north"))
GUEST = GUESTS + 7


def certificate(height: int, committee: Committee = COMMITTEE) -> StateCertificate:
    """Of others: with a signature of its own that it does not know of, a node halts."""
    attestation = builders.an_attestation(height, members=committee.members)
    authors = range(1, 1 + committee.members.quorum)
    return builders.a_state_certificate(attestation, authors=authors, committee=committee)


def at_the_end(members: ValidatorSet = NEXT.members, own_seq: int = 0) -> Anchor:
    """Epoch 0 as the next one's members see it; it ordered ``own_seq`` batches of member 0."""
    cut = list(TIPS)
    if own_seq:
        own = a_lane(own_seq, author=0)[-1]
        cut[0] = tip_of(digest_of(own), own.header)
    end = builders.a_block(LAST, view=9, cut=cut)
    return Anchor(
        header=handed_over(end, 1, members.size),
        digest=block_digest(CHAIN, end),
        certificate=certificate(LAST),
        members=members,
        before=Before(COMMITTEE.members, tuple(cut), LAST),
    )


def ending(world: FakeWorld, anchor: Anchor | None = None) -> ScriptedEngine:
    """Epoch 0 is over once the last height's certificate comes; the engine of the next one."""
    anchor = anchor or at_the_end()
    last = certificate(LAST)

    def ends(event: Input) -> bool:
        is_last = isinstance(event, Received) and event.verified.message == StateCertified(last)
        if is_last:
            world.anchor = anchor
        return is_last

    world.engine.ends = ends
    world.engine.script.append(
        (Received, [Keep(StateCertificateKept(last)), Certify(last)]),
    )
    me = next((i for i, m in enumerate(anchor.members.members) if m.partner == "north"), None)
    following = ScriptedEngine(anchor.members, me)
    world.later.append(following)
    return following


def end(replica: object) -> None:
    replica.on_frame(2, encode(StateCertified(certificate(LAST))))  # type: ignore[attr-defined]


def sent_to(world: FakeWorld, peer: int) -> list[Message]:
    return [message for to, message in world.sent if to == peer]


# --- from one to the next -------------------------------------------------------------------------


def test_the_next_epoch_begins_after_the_turn_that_kept_the_last_certificate() -> None:
    """[EPOCH-5], [DUR-1] Not before it is on disk, and with the executor told."""
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    following = ending(world)
    replica.on_connected(2)
    end(replica)
    assert world.engine is not following
    assert world.entries == [(COMMITTEE.members, 0)]
    world.sync()
    assert world.certified == [certificate(LAST)]
    assert world.engine is following
    assert world.entries == [(COMMITTEE.members, 0), (NEXT.members, 1)]
    assert (replica.me, replica.members) == (1, NEXT.members)
    assert world.ordered[-1] == (at_the_end(), 1)
    assert [type(event) for event in following.inputs] == [Recovered]


def test_what_waited_and_who_was_connected_belonged_to_the_old_epoch() -> None:
    """[EPOCH-5] Handles are member indices: they mean others now."""
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    following = ending(world)
    replica.on_connected(2)
    end(replica)
    replica.on_frame(3, encode(a_vote_message(author=3)))
    replica.on_frame(1, encode(Status(0, 1, 1, 1, TIPS)))
    assert replica.waiting == 2
    world.sync()
    assert replica.peers == ()
    assert [type(event) for event in following.inputs] == [Recovered]
    replica.on_frame(0, encode(Voted(builders.a_vote(Kind.NOTARIZE, 1, A, committee=NEXT), TIPS)))
    assert [type(event) for event in following.inputs] == [Recovered, Received]


def test_an_execution_that_is_under_way_is_waited_for() -> None:
    world = FakeWorld()
    replica = world.replica()
    following = ending(world)
    header = builders.a_block(LAST, proposer=1)
    world.engine.script.insert(0, (Woken, [Execute(header, block_digest(CHAIN, header), ())]))
    replica._inbox.put(Woken())
    replica._run()
    end(replica)
    assert world.engine is not following
    replica.on_executed(
        Executed(LAST, A, 0, A, A, None, 1, NEXT.members.hash, LAST),
    )
    assert world.engine is following


def test_a_halted_replica_enters_nothing() -> None:
    """[CERT-5] A human has to look first."""
    world = FakeWorld()
    replica = world.replica()
    following = ending(world)
    world.engine.script = [
        (Received, [Halt(3, builders.an_attestation(3), builders.an_attestation(3))])
    ]
    end(replica)
    assert world.halts
    assert world.engine is not following
    assert world.entries == [(COMMITTEE.members, 0)]


def test_a_vote_of_the_new_epoch_is_signed_with_the_seat_there() -> None:
    """[EPOCH-7] By another key, if another one has the seat."""
    world = FakeWorld()
    second = builders.a_key("north's second")
    assert isinstance(second, Ed25519Key)
    world.keys.append(second)
    seats = list(NEXT.members.members)
    seats[1] = Validator("north", second.public_key)
    members = ValidatorSet(1, tuple(seats))
    replica = world.replica()
    following = ending(world, at_the_end(members))
    replica.on_connected(3)
    end(replica)
    replica.on_connected(3)
    following.script = [(Woken, [SayVote(Kind.NOTARIZE, 1, B, TIPS)])]
    replica._inbox.put(Woken())
    replica._run()
    [vote] = [m.vote for m in sent_to(world, 3) if isinstance(m, Voted)]
    assert (vote.epoch, vote.author) == (1, 1)
    committee = Committee((NEXT.signers[0], second, *NEXT.signers[2:]), members)
    assert vote == builders.a_vote(Kind.NOTARIZE, 1, B, author=1, committee=committee)


def test_without_a_seat_it_reads_on_and_signs_nothing() -> None:
    """[EPOCH-6], [EPOCH-7]"""
    world = FakeWorld()
    replica = world.replica()
    following = ending(world, at_the_end(WITHOUT))
    following.room = False
    end(replica)
    assert (replica.me, world.entries[-1]) == (None, (WITHOUT, None))
    assert not replica.can_seal()
    replica.on_connected(GUEST)
    replica.on_frame(GUEST, encode(Certified(builders.a_certificate(Kind.NOTARIZE, 1, A))))
    assert world.blamed == []
    assert world.halts == []


# --- what was sealed and not ordered --------------------------------------------------------------


def test_batches_that_were_not_ordered_are_handed_back() -> None:
    """[EPOCH-5]"""
    world = FakeWorld()
    replica = world.replica()
    ending(world)
    batches = a_lane(2, author=0)
    world.engine.script.insert(0, (Woken, [Keep(BatchKept(encode(each))) for each in batches]))
    replica._inbox.put(Woken())
    replica._run()
    world.engine.left = tuple(digest_of(each) for each in batches)
    end(replica)
    assert world.orphans == [tuple(raw for each in batches for raw in each.transactions)]


def test_without_a_seat_nothing_is_handed_back() -> None:
    """Nobody would order it here."""
    world = FakeWorld()
    replica = world.replica()
    ending(world, at_the_end(WITHOUT))
    [batch] = a_lane(1, author=0)
    world.engine.script.insert(0, (Woken, [Keep(BatchKept(encode(batch)))]))
    replica._inbox.put(Woken())
    replica._run()
    world.engine.left = (digest_of(batch),)
    end(replica)
    assert world.orphans == []


def restarted(world: FakeWorld, anchor: Anchor, *records: object) -> FakeWorld:
    """The world of a node whose journal holds these, and whose store stands at ``anchor``."""
    journal = Journal(world.disk, CHAIN)
    journal.recover(Floor(0, 0, 0, (), 0))
    for record in records:
        journal.append(record)  # type: ignore[arg-type]
        journal.synced()
    world.anchor = anchor
    world.engine = ScriptedEngine(anchor.members, 1)
    return world


def test_after_a_restart_they_are_handed_back_from_the_journal() -> None:
    """[EPOCH-5] The own ones above what the epoch before ordered, and nobody else's."""
    own, others = a_lane(3, author=0), a_lane(2, author=1)
    kept = [BatchKept(encode(each)) for each in (*own, *others)]
    end_of_it = StateCertificateKept(certificate(LAST))
    world = restarted(FakeWorld(), at_the_end(own_seq=1), *kept, end_of_it)
    world.replica()
    assert world.orphans == [tuple(raw for each in own[1:] for raw in each.transactions)]
    [recovered] = world.engine.of(Recovered)
    assert isinstance(recovered, Recovered)
    assert recovered.records == ()


def test_records_of_a_later_epoch_wait_for_it() -> None:
    """[DUR-3] The store may have lost the certificate with which that epoch began."""
    said = OwnVote(builders.a_vote(Kind.NOTARIZE, 1, B, author=1, committee=NEXT))
    old = OwnVote(builders.a_vote(Kind.NOTARIZE, 12, A))
    start = replace(
        at_the_end(),
        header=builders.a_block(LAST, view=9),
        members=COMMITTEE.members,
        last=LAST,
        before=None,
    )
    final = CertificateKept(builders.a_certificate(Kind.FINALIZE, 9, A))
    before = StateCertificateKept(certificate(LAST - 1))
    world = restarted(FakeWorld(), start, before, final, said, old)
    world.unproven = [Executed(LAST, A, 0, A, A, None, 1, NEXT.members.hash, LAST)]
    world.engine = ScriptedEngine()
    replica = world.replica()
    [recovered] = world.engine.of(Recovered)
    assert isinstance(recovered, Recovered)
    assert recovered.records == (before, final, old)
    following = ending(world)
    end(replica)
    [anew] = following.of(Recovered)
    assert isinstance(anew, Recovered)
    assert anew.records == (said,)
    following.script = [(Woken, [SayVote(Kind.NOTARIZE, 1, A, TIPS)])]
    replica._inbox.put(Woken())
    replica._run()
    assert world.halts, "[DUR-4] the guard remembers: B was signed there"
    assert "guard" in world.halts[0]


def test_whoever_lost_the_store_observes_where_the_journal_has_forgotten_the_epoch() -> None:
    """[DUR-5] In epoch 0 it may have said anything; in epoch 1 it knows what it said."""
    forgotten = Forgotten(1, LAST + 2, 3, (0, 0, 0, 0))
    start = replace(
        at_the_end(),
        header=builders.a_block(LAST, view=9),
        members=COMMITTEE.members,
        last=LAST,
        before=None,
    )
    final = CertificateKept(builders.a_certificate(Kind.FINALIZE, 9, A))
    proof = StateCertificateKept(certificate(LAST - 1))
    world = restarted(FakeWorld(), start, proof, final, forgotten)
    world.unproven = [Executed(LAST, A, 0, A, A, None, 1, NEXT.members.hash, LAST)]
    world.engine = ScriptedEngine(me=None)
    replica = world.replica()
    assert replica.me is None, "epoch 0 is forgotten"
    following = ending(world)
    end(replica)
    assert (replica.members.epoch, replica.me) == (1, PLACES.index(0))
    [anew] = following.of(Recovered)
    assert isinstance(anew, Recovered)
    assert anew.records == (forgotten,)
    following.script = [(Woken, [SayVote(Kind.NOTARIZE, 3, A, TIPS)])]
    replica._inbox.put(Woken())
    replica._run()
    assert "slot_forgotten" in world.halts[0], "[DUR-4] the guard knows how far"


def test_a_certificate_that_the_store_lost_after_its_epoch_comes_from_the_journal() -> None:
    """[DUR-2] The last height's: nobody of the present epoch attests it, or hands it out to one
    who stands there. What is of the present epoch is the engine's to close."""
    start = replace(at_the_end(), header=builders.a_block(LAST + 1, view=1, epoch=1))
    kept = StateCertificateKept(certificate(LAST))
    final = CertificateKept(builders.a_certificate(Kind.FINALIZE, 1, A, committee=NEXT))
    world = restarted(FakeWorld(), start, kept, StateCertificateKept(certificate(LAST - 1)), final)
    lost, open_ = (
        Executed(height, A, 0, A, A, None, 1, NEXT.members.hash) for height in (LAST, LAST + 1)
    )
    world.unproven = [lost, open_]
    replica = world.replica()
    assert world.certified == [certificate(LAST)]
    [recovered] = world.engine.of(Recovered)
    assert recovered == Recovered((final,), (open_,))
    assert replica._terms.horizon._unproven.keys() == {LAST, LAST + 1}
    assert replica._terms.horizon._unproven[LAST] is not None
