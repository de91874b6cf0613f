"""Losses and lies after which a network must still go on ([LIVE-7])."""

from __future__ import annotations

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
