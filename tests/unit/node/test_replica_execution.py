"""Final blocks are carried out one after the other, beside turns; what cannot be carried out stops."""

from __future__ import annotations

from consensus.effects import (
    BatchKept,
    BlockKept,
    Execute,
    Keep,
    SayAttest,
    SayVote,
)
from consensus.inputs import (
    Connected,
    Executed,
    Recovered,
)
from consensus.messages import (
    Attested,
    Message,
)
from node.journal import GENESIS, Journal
from node.world import CannotExecute
from primitives.block import Ordered
from primitives.encoding import encode
from primitives.vote import PROTOCOL_VERSION, Kind
from tests import builders
from tests.unit.node.fakes import (
    CHAIN,
    TIPS,
    A,
    B,
    FakeWorld,
    a_lane,
    digest_of,
)

MINT = builders.a_mint("north", builders.a_person("ann"), 5)


def journaled(world: FakeWorld) -> list[object]:
    return list(Journal(world.disk, CHAIN).recover(GENESIS))


def a_frame(message: Message) -> bytes:
    return encode(message)


def test_final_blocks_are_executed_one_at_a_time_with_their_batches() -> None:
    world = FakeWorld()
    replica = world.replica()
    first, second = a_lane(2)
    kept = [Keep(BatchKept(encode(batch))) for batch in (first, second)]
    blocks = [builders.a_block(height, proposer=1) for height in (1, 2)]
    orders = [
        Execute(blocks[0], A, (Ordered(1, digest_of(first)),)),
        Execute(blocks[1], B, (Ordered(1, digest_of(second)),)),
    ]
    world.engine.script = [(Connected, [*kept, *orders])]
    replica.on_connected(1)
    assert world.executing == [(blocks[0], ((1, first),))]
    outcome = Executed(1, A, blocks[0].time, A, A, None, PROTOCOL_VERSION, A)
    replica.on_executed(outcome)
    assert world.engine.of(Executed) == [outcome]
    assert world.executing[1:] == [(blocks[1], ((1, second),))]


def test_a_block_beyond_this_release_halts_the_node_and_no_block_comes_after_it() -> None:
    """[LEDGER-74]"""
    world = FakeWorld()
    replica = world.replica()
    blocks = [builders.a_block(height, proposer=1) for height in (1, 2)]
    world.engine.script = [(Connected, [Execute(blocks[0], A, ()), Execute(blocks[1], B, ())])]
    replica.on_connected(1)
    replica.on_unexecutable(CannotExecute("protocol_unknown", "version 2 at height 1"))
    assert replica.halted == "protocol_unknown: version 2 at height 1"
    assert world.halts == [replica.halted]
    world.sent.clear()
    world.engine.script = [(Connected, [SayVote(Kind.NOTARIZE, 1, A, TIPS)])]
    replica.on_connected(2)
    assert (world.sent, journaled(world)) == ([], [])
    assert [header for header, _ in world.executing] == blocks[:1]
    assert not replica.can_seal()


def test_a_newer_release_goes_on_over_the_disk_of_the_one_that_halted() -> None:
    """[LEDGER-74]"""
    world = FakeWorld()
    older = world.replica()
    [batch] = a_lane(1)
    block = Execute(builders.a_block(proposer=1), A, (Ordered(1, digest_of(batch)),))
    world.engine.script = [(Connected, [Keep(BatchKept(encode(batch))), block])]
    older.on_connected(1)
    older.on_unexecutable(CannotExecute("protocol_unknown", "version 2 at height 1"))
    world.engine.script = [(Recovered, [block])]
    newer = world.replica()
    assert newer.halted is None
    assert world.executing[1:] == world.executing[:1], "the same block, and its batch is there"
    outcome = Executed(1, A, block.header.time, A, A, None, 2, A)
    world.engine.script = [(Executed, [SayAttest(builders.an_attestation())])]
    newer.on_connected(1)
    newer.on_executed(outcome)
    assert [type(message) for _, message in world.sent] == [Attested]


def test_execution_goes_on_while_a_sync_is_under_way() -> None:
    world = FakeWorld(auto_sync=False)
    replica = world.replica()
    world.sync()
    blocks = [builders.a_block(height, proposer=1) for height in (1, 2)]
    world.engine.script = [(Connected, [Execute(blocks[0], A, ()), Execute(blocks[1], B, ())])]
    replica.on_connected(1)
    world.engine.script = [(Connected, [Keep(BlockKept(builders.a_block(3), None))])]
    replica.on_connected(2)
    replica.on_executed(Executed(1, A, blocks[0].time, A, A, None, PROTOCOL_VERSION, A))
    assert [header for header, _ in world.executing] == blocks
