"""Losses and lies after which a network must still go on ([LIVE-7])."""

from __future__ import annotations

import msgspec

from consensus.inputs import Connected
from consensus.messages import BatchSent, ChainSent, FetchChain, Message, StateCertified
from primitives.batch import EMPTY_TIP, Tip
from primitives.block import block_digest
from primitives.vote import Kind
from tests.unit.consensus.pump import Pump
from tests.unit.consensus.scripted import (
    a_chain_of,
    a_child_of_genesis,
    certificate,
    heights,
    only,
    proposal,
    receive,
)


def test_members_that_each_missed_another_nullification_go_on() -> None:
    """[LIVE-2, SYNC-1] A leader asks for the X's that let it propose: nobody else can send a
    proposal that would show what is missing."""
    pump = Pump()
    pump.down = {3}
    pump.drop = lambda sender, to, message: True
    held = {0: (1, 2, 4, 5), 1: (2, 3, 4, 5), 2: (1, 3, 4, 5)}
    for node in pump.alive():
        for view in held[node.me]:
            receive(pump, node, 3, certificate(pump, Kind.NULLIFY, view, None))
        assert node.engine.view == 6
    pump.drop = lambda sender, to, message: False
    pump.submit(0)
    pump.pass_time(60_000)
    assert min(heights(pump)) >= 1


def test_a_gap_in_the_lane_of_a_dead_author_is_closed() -> None:
    """[LANE-8] Its last batch reached everyone; the one before it a single member."""
    pump = Pump()
    pump.submit(3)
    pump.pass_time(500)
    assert heights(pump) == [1, 1, 1, 1]
    sent: list[Message] = []
    pump.drop = lambda sender, to, message: bool(sent.append(message)) or True
    pump.submit(3, name="b")
    pump.submit(3, name="c")
    second, third = dict.fromkeys(m for m in sent if isinstance(m, BatchSent))
    pump.down = {3}
    for node in pump.alive():
        if node.me == 0:
            receive(pump, node, 3, second)
        receive(pump, node, 3, third)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(30_000)
    assert [node.engine.lanes.lanes[3].final_seq for node in pump.alive()] == [3, 3, 3]


def test_a_leader_cannot_make_an_author_suspect_by_a_tip_that_does_not_exist() -> None:
    """[LANE-6] Else a liar's every turn would bind honest lanes to what all members report."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    header, _ = a_child_of_genesis(pump, 1)
    cut = (EMPTY_TIP, EMPTY_TIP, Tip(1, b"\1" * 32, 3), EMPTY_TIP)
    lie = msgspec.structs.replace(header, cut=cut)
    receive(pump, node, 1, proposal(pump, lie, block_digest(pump.chain, lie)))
    pump.pass_time(900)
    assert ("lane", 2, b"\1" * 32) in node.engine.needs
    pump.submit(2)
    batch = next(m for _, _, m in pump.queue if isinstance(m, BatchSent))
    receive(pump, node, 2, batch)
    assert node.engine.lanes.next_cut((EMPTY_TIP,) * 4, 1)[2].seq == 1


def test_an_author_whose_batch_came_late_is_suspect() -> None:
    """[LANE-6] Then a leader waits until it knows that a quorum holds the tip."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    pump.submit(2)
    batch = next(m for _, _, m in pump.queue if isinstance(m, BatchSent))
    pump.queue.clear()
    header, _ = a_child_of_genesis(pump, 1)
    cut = tuple(pump.nodes[2].engine.lanes.tips)
    named = msgspec.structs.replace(header, cut=cut)
    receive(pump, node, 1, proposal(pump, named, block_digest(pump.chain, named)))
    pump.now_ms += 600
    receive(pump, node, 2, batch)
    assert node.engine.lanes.next_cut((EMPTY_TIP,) * 4, 1)[2].seq == 0


def test_a_node_far_behind_takes_the_chain_in_parts() -> None:
    """[SYNC-2, BLOCK-5] One answer holds 64 headers; the newest certificate came before."""
    pump = Pump()
    headers, certificates = a_chain_of(pump, 150)
    node = pump.nodes[3]
    pump.drop = only(node)
    receive(pump, node, 1, StateCertified(certificates[-1]))
    for start in (0, 64, 128):
        assert node.engine.needs["chain", start + 1, b""].request == FetchChain(start + 1)
        part = slice(start, start + 64)
        receive(pump, node, 1, ChainSent(headers[part], certificates[part]))
    assert node.engine.final_height == 150
    assert node.engine.executed_height == 150


def test_a_member_that_missed_a_whole_height_learns_of_it_from_the_beats() -> None:
    """[CERT-6, LIVE-7] Everyone else is done and silent; it does not know that it is behind."""
    pump = Pump()
    pump.submit(0)
    pump.pass_time(500)
    pump.drop = lambda sender, to, message: 3 in (sender, to)
    pump.submit(0, name="b")
    pump.pass_time(500)
    assert heights(pump) == [2, 2, 2, 1]
    pump.drop = lambda sender, to, message: False
    pump.queue.clear()
    pump.pass_time(30_000)
    assert heights(pump) == [2, 2, 2, 2]
    assert pump.nodes[3].engine.executed_height == 2


def test_what_a_leader_said_before_anybody_was_connected_is_heard_once_they_are() -> None:
    """[LIVE-4] An epoch begins with connections that are still to be made: its first view must not
    time out for that."""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    pump.submit(1)
    pump.pass_time(300)
    assert heights(pump) == [0, 0, 0, 0]
    pump.drop = lambda sender, to, message: False
    for node in pump.alive():
        for peer in range(4):
            if peer != node.me:
                node.step(Connected(peer))
    pump.pass_time(200)
    assert heights(pump) == [1, 1, 1, 1]
