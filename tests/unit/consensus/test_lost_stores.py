"""A node whose store is lost begins anew with a journal that has let go of what it said."""

from __future__ import annotations

from consensus.effects import Forgotten, SayBatch
from consensus.inputs import Seal, Woken
from consensus.messages import BlockSent
from primitives.vote import Kind
from tests.unit.consensus.pump import Node, Pump
from tests.unit.consensus.scripted import (
    a_child_of_genesis,
    certificate,
    heights,
    receive,
    votes_of,
)

NO_LANES = (0, 0, 0, 0)


def test_it_signs_nothing_where_the_journal_has_forgotten() -> None:
    """[DUR-5] [SAFE-3] It may have nullified the view that a certificate asks it to finalize."""
    pump = Pump()
    node = pump.nodes[3] = Node(pump, 3, (Forgotten(0, 4, 5, NO_LANES),))
    header, digest = a_child_of_genesis(pump, 2)
    pump.submit(0)
    receive(pump, node, 1, BlockSent(header))
    old = receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 2, digest))
    assert votes_of(old, Kind.FINALIZE) == []
    timeout_ms = pump.genesis.parameters.view_timeout_limit_ms
    for _ in range(4):
        pump.now_ms += timeout_ms
        assert votes_of(node.engine.step(pump.now_ms, Woken()), Kind.NULLIFY) == []
    receive(pump, node, 1, certificate(pump, Kind.NULLIFY, 5, None))
    assert node.engine.view == 6
    pump.now_ms += timeout_ms
    said = votes_of(node.engine.step(pump.now_ms, Woken()), Kind.NULLIFY)
    assert [vote.view for vote in said] == [6]


def test_it_seals_nothing_before_it_has_its_lane_again() -> None:
    """[DUR-5] Its next batch follows one that it does not know any more; two of one seq would be
    evidence against it."""
    pump = Pump()
    for place in range(3):
        pump.submit(0, 1, f"sender {place}")
        pump.pass_time(500)
    newest = pump.nodes[1].executed[-1].header
    forgotten = Forgotten(0, newest.height, newest.view, tuple(tip.seq for tip in newest.cut))
    assert newest.cut[0].seq == 3
    assert Node(pump, 0).engine.can_seal(), "a lane without a past"
    lost = pump.nodes[0] = Node(pump, 0, (forgotten,))
    assert not lost.engine.can_seal()
    pump.submit(1)
    pump.pass_time(5_000)
    assert heights(pump) == [newest.height + 1] * 4
    assert lost.engine.can_seal()
    effects = lost.engine.step(pump.now_ms, Seal((b"more",), 1))
    [batch] = [effect for effect in effects if isinstance(effect, SayBatch)]
    assert batch.header.seq == 4
    assert batch.header.previous == newest.cut[0].digest
    assert pump.accusations == []


def test_batches_that_are_not_final_yet_are_gone_on_from() -> None:
    """[DUR-5] What the journal still holds of the own lane is above what it has forgotten."""
    pump = Pump()
    pump.submit(0)
    pump.pass_time(500)
    newest = pump.nodes[1].executed[-1].header
    pump.down = {1, 2, 3}
    pump.submit(0, 1, "later")
    kept = tuple(pump.nodes[0].records)
    forgotten = Forgotten(0, newest.height, newest.view, tuple(tip.seq for tip in newest.cut))
    own = [record for record in kept if record in pump.nodes[0].records[-9:]]
    lost = pump.nodes[0] = Node(pump, 0, (*own, forgotten))
    pump.down = set()
    pump.pass_time(8_000)
    assert lost.engine.can_seal()
    effects = lost.engine.step(pump.now_ms, Seal((b"more",), 1))
    [batch] = [effect for effect in effects if isinstance(effect, SayBatch)]
    assert batch.header.seq == 3
    assert {node.executed[-1].header.cut[0].seq for node in pump.nodes} == {2}
    assert pump.accusations == []
