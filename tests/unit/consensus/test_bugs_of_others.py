"""Bugs that real implementations of this protocol had, each tried on ours."""

from __future__ import annotations

from consensus.effects import OwnVote
from consensus.inputs import Woken
from consensus.messages import (
    BlockSent,
    Certified,
    ChainSent,
    FetchBlock,
    FetchCertificate,
    Message,
    Voted,
)
from node.sync import Fetcher
from primitives.block import VERSION, Header, block_digest
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
    votes_of,
)


def test_holding_both_n_and_x_of_a_view_refuses_neither_ancestry() -> None:
    """[LIVE-2] Children of the notarized block and children that skip it are both voted for."""
    for skipping in (True, False):
        pump = Pump()
        node = pump.nodes[0]
        pump.drop = only(node)
        first, first_digest = a_child_of_genesis(pump, 1)
        receive(pump, node, 1, proposal(pump, first, first_digest))
        receive(pump, node, 1, certificate(pump, Kind.NULLIFY, 1, None))
        receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, first_digest))
        header, digest = a_child_of_genesis(pump, 2)
        if not skipping:
            cut = first.cut
            header = Header(VERSION, 0, 2, 2, first_digest, first.time, 2, cut)
            digest = block_digest(pump.chain, header)
        effects = receive(pump, node, 2, proposal(pump, header, digest))
        assert [v.digest for v in votes_of(effects, Kind.NOTARIZE)] == [digest], skipping


def test_an_n_after_an_own_nullify_still_advances_the_view() -> None:
    """[LIVE-3]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    pump.submit(0)
    pump.pass_time(1_100)
    node = pump.nodes[0]
    assert node.engine.simplex.own.of(1).nullified
    assert node.engine.view == 1
    _, digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, digest))
    assert node.engine.view == 2


def test_everyone_restarting_after_nullify_counts_its_own_replayed_vote() -> None:
    """[DUR-3] Each node knows only its own NULLIFY when the power fails."""
    pump = Pump()
    pump.down = {1}
    pump.drop = lambda sender, to, message: isinstance(message, Voted | Certified)
    pump.submit(0)
    pump.pass_time(1_200)
    assert all(node.engine.simplex.own.of(1).nullified for node in pump.alive())
    pump.queue.clear()
    for node in list(pump.alive()):
        pump.restart(node.me)
    pump.drop = lambda sender, to, message: False
    for node in pump.alive():
        node.step(Woken())
    pump.pass_time(6_000)
    assert heights(pump) == [1, 1, 1]


def test_lost_votes_are_sent_again_and_standstill_traffic_is_bounded() -> None:
    """[LIVE-4]"""
    pump = Pump()
    lost: list[Message] = []
    pump.drop = lambda sender, to, message: bool(lost.append(message)) or True
    pump.submit(0)
    pump.pass_time(20_000)
    per_second = len(lost) / 3 / 4 / 20
    assert per_second < 30, "messages a member and second, to each peer"
    pump.drop = lambda sender, to, message: False
    pump.pass_time(25_000)
    assert heights(pump) == [1, 1, 1, 1]


def test_votes_of_a_timeout_are_sent_until_they_arrive() -> None:
    """[LIVE-4] The leader is down, and every first NULLIFY is lost: nothing else ends the view."""
    pump = Pump()
    pump.down = {1}
    pump.drop = lambda sender, to, message: True
    pump.submit(0)
    pump.pass_time(1_100)
    assert all(node.engine.simplex.own.of(1).nullified for node in pump.alive())
    pump.drop = lambda sender, to, message: False
    pump.pass_time(6_000)
    assert min(heights(pump)) >= 1


def test_standstill_traffic_does_not_grow_with_what_was_missed() -> None:
    """[LIVE-4] Of fifty views that came to nothing a fixed number of words is said again."""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    node = pump.nodes[2]
    said = []
    for view in range(1, 51):
        deadline = node.engine.simplex.pacemaker.view_deadline_ms()
        assert deadline is not None
        pump.now_ms = deadline
        node.step(Woken())
        assert node.engine.simplex.own.of(view).nullified
        receive(pump, node, 3, certificate(pump, Kind.NULLIFY, view, None))
        said.append(len(node.engine.simplex.resend()))
    assert max(said) == max(said[:5]) <= 8


def test_a_timeout_grows_until_a_height_is_final() -> None:
    """[LIVE-5] New views, votes and nullifications do not shorten it."""
    pump = Pump()
    pump.down = {0, 1}
    pump.submit(2)
    pump.submit(3)
    pacemaker = pump.nodes[2].engine.simplex.pacemaker
    for view in range(1, 5):
        deadline = pacemaker.view_deadline_ms()
        assert deadline is not None
        waited = deadline - pump.now_ms
        assert waited == min(1_000 << (view - 1), 16_000)
        pump.now_ms = deadline
        pump.nodes[2].step(Woken())
        receive(pump, pump.nodes[2], 3, certificate(pump, Kind.NULLIFY, view, None))


def test_a_notarized_block_is_not_taken_for_a_final_one() -> None:
    """[BLOCK-5]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    header, digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, proposal(pump, header, digest))
    receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, digest))
    assert node.engine.final_height == 0
    assert node.executed == []
    receive(pump, node, 1, certificate(pump, Kind.FINALIZE, 1, digest))
    assert node.engine.final_height == 1


def test_catching_up_finalizes_no_view_that_was_nullified_and_is_forgotten() -> None:
    """[SAFE-6] N of a view that I nullified is held; then a chain comes that makes the view final,
    and what I signed in it is forgotten, but N is not."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = lambda sender, to, message: True
    pump.pass_time(1_100)
    assert node.engine.simplex.own.of(1).nullified
    headers, certificates = a_chain_of(pump, 2)
    notarized = certificate(pump, Kind.NOTARIZE, 1, block_digest(pump.chain, headers[0]))
    receive(pump, node, 1, notarized)
    receive(pump, node, 1, ChainSent(headers, certificates))
    receive(pump, node, 1, notarized)
    pump.pass_time(1_100)
    assert node.engine.final_height == 2
    assert 1 in node.engine.simplex.chain.notarized
    signed = [record.vote for record in node.records if isinstance(record, OwnVote)]
    assert [vote.kind for vote in signed if vote.view == 1] == [Kind.NULLIFY]


def test_what_is_fetched_of_a_view_is_told_apart_by_its_kind() -> None:
    """[SYNC-1] N and X of one view are both missing: each is asked for by itself, with pauses that
    grow, and what comes of the one neither ends the asking for the other nor hurries it."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    first, first_digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, proposal(pump, first, first_digest))
    receive(pump, node, 1, certificate(pump, Kind.NULLIFY, 2, None))
    child = Header(VERSION, 0, 3, 2, first_digest, first.time, 3, first.cut)
    receive(pump, node, 3, proposal(pump, child, block_digest(pump.chain, child)))
    fetcher, asked = Fetcher(0), []
    for now_ms in range(2_000):
        asked += [sent for _, sent in fetcher.poll(now_ms, node.engine.needs, (1, 2, 3), ())]
    n, x = (FetchCertificate(0, kind, 1) for kind in (Kind.NOTARIZE, Kind.NULLIFY))
    assert {n, x} == set(asked)
    assert asked.count(n) == asked.count(x) < 10
    receive(pump, node, 1, certificate(pump, Kind.NULLIFY, 1, None))
    assert [need.request for need in node.engine.needs.values()] == [n]
    assert fetcher.poll(2_000, node.engine.needs, (1, 2, 3), ()) == []
    effects = receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, first_digest))
    assert len(votes_of(effects, Kind.NOTARIZE)) == 1
    assert node.engine.needs == {}


def test_a_block_of_which_only_f_is_known_is_asked_for() -> None:
    """[BLOCK-5, SYNC-1]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    header, digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, certificate(pump, Kind.FINALIZE, 1, digest))
    assert node.engine.view == 2
    assert node.engine.needs["block", 1, digest].request == FetchBlock(1, digest)
    receive(pump, node, 1, BlockSent(header))
    assert node.engine.final_height == 1
    assert ("block", 1, digest) not in node.engine.needs
