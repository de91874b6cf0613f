"""Whose word counts in an epoch: its members', and of nobody else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consensus.effects import Need, Send
from consensus.engine import Engine
from consensus.inputs import Connected, Received, Recovered, Woken
from consensus.messages import (
    FetchCertificate,
    FetchChain,
    Status,
)
from consensus.needs import known_height
from consensus.parts import MOST_GUESTS
from consensus.verification import Verifier
from primitives.keys import ED25519
from primitives.vote import Kind
from tests.unit.consensus.pump import Pump
from tests.unit.consensus.test_epochs import NARROW, TIPS, ended

GUEST = 1_000


def heard(engine: Engine, peer: int, status: Status) -> None:
    verifier = Verifier(engine.config.chain, engine.config.members, ED25519)
    engine.step(NARROW.time + 5_000, Received(peer, verifier.verify(status)))


def fresh() -> Engine:
    return Pump(genesis=NARROW).nodes[0].engine


@pytest.mark.parametrize(("peer", "epoch"), [(1, 1), (GUEST, 0), (GUEST, 1)])
def test_a_status_of_another_epoch_or_of_a_guest_is_nobodys_word(peer: int, epoch: int) -> None:
    """[EPOCH-6] It makes this node ask there, and changes nothing else."""
    engine = fresh()
    far = replace(TIPS[0], seq=9, digest=bytes([9]) * 32, cumulative=99)
    tips = (far,) * (4 if epoch == 0 else 7)
    heard(engine, peer, Status(epoch, 50, 90, 80, tips))
    assert dict(engine.ahead) == {peer: 80}
    assert dict(engine.reported_by) == {}
    assert engine.lanes.claims == engine.lanes._reports == {}
    assert engine.view == 1
    assert known_height(engine._parts) == 0
    assert engine.needs == {("chain", 1, b""): Need(FetchChain(1), (peer,))}


def test_a_members_own_status_counts_as_ever() -> None:
    """[LIVE-4]"""
    engine = fresh()
    heard(engine, 1, Status(0, 3, 2, 2, TIPS))
    assert (dict(engine.ahead), dict(engine.reported_by)) == ({}, {1: 2})


def test_who_stands_in_an_earlier_epoch_is_ahead_of_nobody() -> None:
    """[EPOCH-6]"""
    engine = Pump(genesis=NARROW, over=ended()).nodes[0].engine
    heard(engine, GUEST, Status(1, 1, 90, 90, TIPS))
    heard(engine, GUEST, Status(0, 1, 90, 90, TIPS))
    assert dict(engine.ahead) == {}


def test_a_word_that_leads_nowhere_is_forgotten_and_a_new_one_counts_anew() -> None:
    """[EPOCH-6] Whoever names heights that nobody has is not asked for them for ever."""
    engine = fresh()
    limit_ms = engine.config.parameters.view_timeout_limit_ms
    since_ms = NARROW.time + 5_000
    heard(engine, GUEST, Status(0, 1, 90, 90, TIPS))
    engine.step(since_ms + limit_ms - 1, Woken())
    assert engine.needs, "not yet; and only blocks that came of it would make it longer"
    engine.step(since_ms + limit_ms, Woken())
    assert (engine.needs, dict(engine.ahead)) == ({}, {})
    heard(engine, GUEST, Status(0, 1, 90, 90, TIPS))
    assert engine.needs


def test_guests_are_remembered_up_to_a_bound() -> None:
    """[EPOCH-6] Those that spoke last."""
    engine = fresh()
    for guest in range(MOST_GUESTS + 3):
        heard(engine, GUEST + guest, Status(1, 1, 9, 9, TIPS))
    assert len(engine.ahead) == MOST_GUESTS
    assert GUEST + 2 not in engine.ahead
    assert GUEST + 3 in engine.ahead


def test_an_observer_asks_for_each_height_and_a_member_only_from_afar() -> None:
    """[EPOCH-6] Votes bring a member the next heights; nobody sends votes to an observer."""
    config = replace(fresh().config, me=None)
    observer, member = Engine(config, Pump(genesis=NARROW).anchor), fresh()
    for engine in (observer, member):
        engine.step(NARROW.time + 5_000, Recovered((), ()))
        heard(engine, GUEST, Status(0, 2, 1, 1, TIPS))
    assert ("chain", 1, b"") in observer.needs
    assert ("chain", 1, b"") not in member.needs


def test_a_guest_that_connects_gets_where_one_stands_and_no_work() -> None:
    """[EPOCH-6]"""
    pump = Pump(genesis=NARROW)
    pump.drop = lambda sender, to, message: True
    pump.submit(0)
    engine = pump.nodes[0].engine
    to_guest = engine.step(pump.now_ms, Connected(GUEST))
    assert to_guest == [Send(GUEST, engine.status())]
    assert len(engine.step(pump.now_ms, Connected(1))) > 1


def test_a_certificate_of_another_epoch_is_not_given_instead() -> None:
    """[EPOCH-6] Views count anew in each."""
    pump = Pump(genesis=NARROW)
    pump.submit(0)
    pump.pass_time(300)
    engine = pump.nodes[0].engine
    for epoch, count in ((0, 1), (1, 0)):
        message = pump.verifier.verify(FetchCertificate(epoch, Kind.NOTARIZE, 1))
        sent = engine.step(pump.now_ms, Received(GUEST, message))
        assert len([each for each in sent if isinstance(each, Send) and each.to == GUEST]) == count
