"""When clients are sent elsewhere: alone, behind, or without anything to prove."""

from __future__ import annotations

from types import SimpleNamespace

from node.standing import Standing
from primitives.validators import ValidatorSet
from tests.builders import a_committee

LAG = 16


class Node:
    """What a standing reads, as a test says."""

    def __init__(self, me: int | None) -> None:
        members = a_committee().members
        self.engine = SimpleNamespace(
            view=3, final_height=20, newest_beat=None, reported_by={}, ahead={}
        )
        self.replica = SimpleNamespace(
            engine=self.engine,
            members=members,
            me=me,
            halted=None,
            evidence={},
        )
        self.transport = SimpleNamespace(connected=(), guests=(), codes=frozenset())
        genesis = SimpleNamespace(parameters=SimpleNamespace(lag_bound=LAG))
        self.executor = SimpleNamespace(height=20, certified=object(), genesis=genesis)
        self.watcher = SimpleNamespace(missing=None)
        parts = (self.replica, self.transport, self.executor, self.watcher)
        self.standing = Standing(*parts)  # type: ignore[arg-type]


def test_a_validator_needs_a_quorum_and_an_observer_anybody() -> None:
    """[EPOCH-6]"""
    validator, observer = Node(0), Node(None)
    validator.transport.guests = observer.transport.connected = (1, 2, 3)
    assert validator.standing.not_ready() == "1 of 3 validators, a quorum"
    assert observer.standing.not_ready() == "no other node is connected"
    validator.transport.connected = (1, 2)
    observer.transport.guests = (1_000,)
    assert validator.standing.not_ready() is None
    assert observer.standing.not_ready() is None


def test_how_far_behind_it_is_f_and_1_members_say_or_any_guest_of_an_observer() -> None:
    """[EPOCH-6] A guest's word keeps no validator from answering."""
    validator, observer = Node(0), Node(None)
    validator.transport.connected, observer.transport.guests = (1, 2), (1_000,)
    for node in (validator, observer):
        node.engine.ahead = {1_000: 20 + LAG + 1}
    assert validator.standing.not_ready() is None
    assert observer.standing.not_ready() == "catching up: 17 heights behind"
    observer.watcher.missing = 21
    told = "history_missing: no node that is connected keeps height 21 any more"
    assert observer.standing.not_ready() == told
    observer.watcher.missing = None
    validator.engine.reported_by = {1: 90}
    assert validator.standing.not_ready() is None
    validator.engine.reported_by[2] = 37
    assert validator.standing.not_ready() == "catching up: 17 heights behind"


def test_it_follows_the_replica_into_the_next_epoch() -> None:
    node = Node(0)
    assert [each.member for each in node.standing.peers()] == [1, 2, 3]
    node.replica.members = ValidatorSet(1, node.replica.members.members[:3])
    node.replica.me = None
    node.transport.guests = (1_000,)
    assert (node.standing.members.epoch, node.standing.me) == (1, None)
    assert [each.member for each in node.standing.peers()] == [0, 1, 2]


def test_other_reasons_come_in_their_order() -> None:
    node = Node(0)
    node.transport.connected = (1, 2)
    node.executor.certified = None
    assert node.standing.not_ready() == "no height is attested yet, so nothing can be proven"
    node.replica.halted = "roots differ"
    assert node.standing.not_ready() == "halted: roots differ"
    node.standing.stops()
    assert node.standing.not_ready() == "this node stops"
