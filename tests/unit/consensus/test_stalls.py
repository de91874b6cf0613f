"""Losses and lies after which a network must still go on ([LIVE-7])."""

from __future__ import annotations

from consensus.messages import BatchSent, Message
from primitives.vote import Kind
from tests.unit.consensus.pump import Pump
from tests.unit.consensus.scripted import certificate, heights, receive


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
