"""A replica whose signer is another process, which dies, comes back, and remembers ([SIG-3])."""

from __future__ import annotations

from consensus.config import Anchor
from consensus.effects import (
    BatchKept,
    BlockKept,
    Execute,
    Halt,
    Keep,
    OwnAttest,
    OwnVote,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    Send,
)
from consensus.inputs import Connected, Executed, Received, Recovered
from consensus.messages import FetchBlock
from consensus.verification import Verifier
from node.guard import BatchStatement, Floor, VoteStatement
from node.journal import GENESIS, Journal
from node.signer import message_of
from node.speech import Speech
from node.world import CannotExecute, Unheard
from primitives.batch import EMPTY_TIP, batch_digest, header_after
from primitives.block import block_digest
from primitives.keys import ED25519
from primitives.vote import PROTOCOL_VERSION, Beat, Kind
from tests import builders
from tests.builders import raw
from tests.unit.node.fakes import (
    CHAIN,
    COMMITTEE,
    TIPS,
    A,
    ApartSigner,
    FakeWorld,
    ScriptedEngine,
    a_vote_message,
)

VOTE = SayVote(Kind.NOTARIZE, 1, A, TIPS)
MINT = builders.a_mint("north", builders.a_person("ann"), 5)


def journaled(world: FakeWorld) -> list[object]:
    return list(Journal(world.disk, CHAIN).recover(GENESIS))


def recovered(engine: ScriptedEngine) -> list[type]:
    """The kinds of records that an engine began with."""
    [event] = engine.of(Recovered)
    assert isinstance(event, Recovered)
    return [type(record) for record in event.records]


def voting(world: FakeWorld) -> None:
    """The next connection makes the engine keep a block and vote for it."""
    kept = Keep(BlockKept(builders.a_block(), None))
    world.engine.script = [(Connected, [kept, VOTE, Send(1, FetchBlock(1, A))])]


def test_what_a_vote_rests_on_is_synced_before_it_is_asked_for() -> None:
    """[SIG-4] [DUR-1] Else it could come back without its block."""
    world, signer = FakeWorld(auto_sync=False), ApartSigner()
    replica = world.replica(signer)
    world.sync()
    voting(world)
    replica.on_connected(1)
    assert signer.asked == []
    assert [type(record) for record in journaled(world)] == [BlockKept]
    world.sync()
    assert len(signer.asked) == 1
    assert world.sent == []
    signer.answer()
    assert world.sent == [], "the vote itself is synced, too"
    assert [type(record) for record in journaled(world)] == [BlockKept, OwnVote]
    world.sync()
    assert len(world.sent) == 2


def test_an_answer_that_leaves_nothing_to_sync_lets_the_next_turn_begin() -> None:
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    replica.on_connected(1)
    beat = SayBeat(Beat(CHAIN, 0, 1, A, 1))
    world.engine.script = [(Connected, [beat])]
    replica.on_connected(2)
    replica.on_frame(1, builders.encode(a_vote_message()))
    assert not world.engine.of(Received)
    signer.answer()
    assert len(world.engine.of(Received)) == 2, "the beat, and what had waited"
    assert replica.is_resting


def test_without_an_answer_nothing_is_sent_and_the_node_follows() -> None:
    """[SIG-3] What was kept stays kept."""
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    follower = ScriptedEngine(me=None)
    world.later = [follower]
    voting(world)
    replica.on_connected(1)
    signer.dies()
    assert world.sent == []
    assert replica.me is None
    assert replica.engine is follower
    assert world.entries[-1] == (COMMITTEE.members, None)
    assert recovered(follower) == [BlockKept]
    assert replica.halted is None
    replica.on_frame(1, builders.encode(a_vote_message()))
    assert follower.of(Received)


def test_a_signer_that_dies_between_two_votes_is_noticed_too() -> None:
    """[SIG-3]"""
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    signer.dies()
    assert replica.me is None


def test_the_same_way_leads_back() -> None:
    """[SIG-3] And the journal's word binds the signer, whatever it forgot."""
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    voting(world)
    replica.on_connected(1)
    signer.answer()
    follower, again = ScriptedEngine(me=None), ScriptedEngine()
    world.later = [follower, again]
    signer.asked.clear()
    signer.dies()
    assert OwnVote not in recovered(follower), "who follows has said nothing"
    signer.away = False
    replica.renew()
    assert replica.me == 0
    assert recovered(again) == [BlockKept, OwnVote]
    assert signer.recalled[-1] == (VoteStatement(Kind.NOTARIZE, 0, 1, A),)


def test_what_is_under_way_is_finished_first() -> None:
    """[SIG-3] A block that is being carried out belongs to the engine that ordered it."""
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    block = builders.a_block(proposer=1)
    digest = block_digest(CHAIN, block)
    world.engine.script = [(Connected, [Execute(block, digest, ())])]
    replica.on_connected(1)
    assert len(world.executing) == 1
    signer.dies()
    assert replica.me == 0
    replica.on_frame(1, builders.encode(a_vote_message()))
    assert not world.engine.of(Received), "the engine that is left takes nothing more in"
    outcome = Executed(1, digest, block.time, A, A, None, PROTOCOL_VERSION, A)
    replica.on_executed(outcome)
    assert replica.me is None


def test_what_a_crash_may_undo_is_no_floor() -> None:
    """[SIG-4] Seen in the simulator: a vote of a view that was executed and not synced was neither
    handed back nor in the journal once the power was gone."""
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    block = builders.a_block(proposer=1)
    digest = block_digest(CHAIN, block)
    world.engine.script = [(Connected, [Execute(block, digest, ())])]
    replica.on_connected(1)
    replica.on_executed(Executed(1, digest, block.time, A, A, None, PROTOCOL_VERSION, A))
    world.anchor = Anchor(block, digest, None, COMMITTEE.members)
    for durable, view in ((0, 0), (1, block.view)):
        world.durable_height = durable
        replica.renew()
        assert signer.floors[-1] == Floor(view, 0)


def test_a_seat_that_the_signer_does_not_give_is_none() -> None:
    """[SIG-4] It is ahead of the journal."""
    world, signer = FakeWorld(), ApartSigner()
    world.engine = ScriptedEngine(me=None)
    signer.ahead = True
    replica = world.replica(signer)
    assert replica.me is None
    assert world.ordered[-1][1] is None


def test_what_nobody_heard_is_journaled_and_said() -> None:
    """[SIG-4] Of every kind; it is synced before anything else is asked for."""
    world, signer = FakeWorld(auto_sync=False), ApartSigner()
    block = builders.a_block()
    batch = header_after(EMPTY_TIP, 0, 0, (raw(MINT),), MINT.weight)
    says = (
        SayProposal(block, block_digest(CHAIN, block)),
        SayVote(Kind.FINALIZE, 3, A, ()),
        SayBatch(batch, batch_digest(CHAIN, batch), (raw(MINT),)),
        SayAttest(builders.an_attestation(4)),
    )
    speech = Speech(Verifier(CHAIN, COMMITTEE.members, ED25519), 0)
    key = COMMITTEE.signers[0]
    signer.unheard = tuple(
        Unheard(say, key.sign(message_of(CHAIN, speech.statement(say)))) for say in says
    )
    world.engine.script = [(Recovered, [VOTE])]
    replica = world.replica(signer)
    kinds = [BlockKept, OwnVote, OwnVote, BatchKept, OwnAttest]
    assert recovered(world.engine) == kinds
    assert [type(record) for record in journaled(world)] == kinds
    assert signer.asked == []
    world.sync()
    assert len(signer.asked) == 1
    assert replica.me == 0
    signer.unheard = ()
    world.engine = ScriptedEngine()
    world.replica(signer)
    assert recovered(world.engine) == kinds, "as after any other restart"
    assert BatchStatement(0, 1, says[2].digest) in signer.recalled[-1]


def test_a_node_that_halted_stays_as_it_is() -> None:
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    attestation = builders.an_attestation()
    world.engine.script = [(Connected, [Halt(1, attestation, attestation)])]
    replica.on_connected(1)
    assert replica.halted is not None
    entries = len(world.entries)
    signer.dies()
    replica.renew()
    assert len(world.entries) == entries
    assert replica.me == 0


def test_what_is_signed_after_a_halt_is_not_sent() -> None:
    world, signer = FakeWorld(), ApartSigner()
    replica = world.replica(signer)
    block = builders.a_block(proposer=1)
    digest = block_digest(CHAIN, block)
    world.engine.script = [(Connected, [Execute(block, digest, ())]), (Connected, [VOTE])]
    replica.on_connected(1)
    replica.on_connected(2)
    replica.on_unexecutable(CannotExecute("protocol_unknown", "of a later release"))
    signer.answer()
    assert world.sent == []
