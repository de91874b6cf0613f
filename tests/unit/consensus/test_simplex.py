"""The protocol's rules, one by one."""

from __future__ import annotations

from collections import deque

from consensus.config import Anchor
from consensus.effects import SayProposal, SayVote, Send
from consensus.engine import Engine
from consensus.inputs import Executed, Received, Recovered, Woken
from consensus.messages import (
    Certified,
    StateCertified,
    Status,
    Voted,
)
from primitives.batch import EMPTY_TIP
from primitives.block import VERSION, Header, block_digest
from primitives.vote import Kind
from tests.builders import a_vote
from tests.unit.consensus.pump import GENESIS, Node, Pump
from tests.unit.consensus.scripted import (
    a_child_of_genesis,
    certificate,
    heights,
    only,
    proposal,
    receive,
    votes_of,
)

# -- the good case ---------------------------------------------------------------------------


def test_a_batch_becomes_final_and_certified_everywhere() -> None:
    """[LIVE-1, LIVE-2, BLOCK-1, BLOCK-2]"""
    pump = Pump()
    pump.submit(2, 3)
    assert [node.engine.unordered for node in pump.nodes] == [0, 0, 1, 0]
    pump.deliver()
    assert heights(pump) == [1, 1, 1, 1]
    assert pump.nodes[2].engine.unordered == 0
    assert [node.engine.certified_height for node in pump.nodes] == [1, 1, 1, 1]
    (first,) = pump.nodes[0].executed
    assert first.header.proposer == 1, "view 1 is led by member 1"
    assert [place.lane for place in first.batches] == [2]
    assert {node.executed[0].digest for node in pump.nodes} == {first.digest}
    assert pump.accusations == []


def test_many_lanes_become_final_in_one_order() -> None:
    """[BLOCK-3]"""
    pump = Pump()
    for turn in range(12):
        pump.submit(turn % 4, 1 + turn % 3, f"sender {turn}")
        pump.pass_time(40)
    pump.pass_time(3_000)
    orders = {
        tuple(place.digest for effect in node.executed for place in effect.batches)
        for node in pump.nodes
    }
    assert len(orders) == 1
    assert len(orders.pop()) == 12


def test_blocks_that_follow_each_other_let_transactions_gather() -> None:
    """[LIVE-8]"""
    pump = Pump()
    pause_ms = pump.genesis.parameters.empty_block_ms
    pump.submit(0)
    pump.deliver()
    assert heights(pump) == [1] * 4, "a first block waits for nobody"
    first_ms = pump.nodes[0].executed[0].header.time
    assert {node.engine.gathers_until_ms for node in pump.nodes} == {first_ms + pause_ms}
    pump.submit(1)
    pump.pass_time(pause_ms // 2)
    pump.submit(2)
    pump.pass_time(pause_ms // 2 - 1)
    assert heights(pump) == [1] * 4
    pump.pass_time(1)
    assert heights(pump) == [2] * 4
    assert [place.lane for place in pump.nodes[0].executed[1].batches] == [2, 1]
    pump.now_ms += pause_ms
    pump.submit(3)
    pump.deliver()
    assert heights(pump) == [3] * 4, "after a pause nobody waits again"


def test_a_parent_from_a_faster_clock_does_not_hold_its_child_up() -> None:
    """[LIVE-8]"""
    pump = Pump()
    pacemaker = pump.nodes[0].engine.simplex.pacemaker
    pause_ms = pump.genesis.parameters.empty_block_ms
    entered_ms = pump.now_ms + 1_000
    pacemaker.enter(entered_ms)
    assert pacemaker.gathers_until_ms(entered_ms + 400) == entered_ms + pause_ms
    assert pacemaker.gathers_until_ms(entered_ms - 100) == entered_ms - 100 + pause_ms


def test_the_same_inputs_give_the_same_effects() -> None:
    def trace() -> list[bytes]:
        pump = Pump()
        pump.submit(0, 2)
        pump.submit(3, 1, "b")
        pump.pass_time(2_000)
        return [effect.digest for node in pump.nodes for effect in node.executed]

    assert trace() == trace()


def test_what_came_together_is_weighed_together() -> None:
    """A view's deadline and the votes that end the view: what is held at the end counts."""
    pump = Pump()
    header, digest = a_child_of_genesis(pump, 1)
    votes = [a_vote(Kind.NOTARIZE, 1, digest, author=peer, chain=pump.chain) for peer in (1, 2, 3)]
    messages = [proposal(pump, header, digest), *(Voted(v, (EMPTY_TIP,) * 4) for v in votes)]
    inputs = [Woken(), *(Received(1, pump.verified(message)) for message in messages)]
    late_ms = pump.now_ms + pump.genesis.parameters.view_timeout_ms
    apart, together = pump.nodes[0].engine, pump.nodes[2].engine
    one_by_one = [effect for event in inputs for effect in apart.step(late_ms, event)]
    assert [say.view for say in votes_of(one_by_one, Kind.NULLIFY)] == [1]
    for event in inputs:
        together.take(late_ms, event)
    effects = together.settle(late_ms)
    assert votes_of(effects, Kind.NULLIFY) == []
    assert [say.digest for say in votes_of(effects, Kind.FINALIZE)] == [digest]
    assert together.view == apart.view == 2
    assert together.settle(late_ms) == [], "nothing is said twice"


def test_who_is_idle_says_nothing_and_asks_for_no_wake_but_its_pulse() -> None:
    """[IDLE-1]"""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    assert not any(node.engine.simplex.pacemaker.restless for node in pump.nodes)
    pulse = [node.engine.attestations.next_beat_ms() for node in pump.nodes]
    assert [node.wake_ms for node in pump.nodes] == pulse


def test_a_network_slower_than_an_empty_block_rests_all_the_same() -> None:
    """[IDLE-2] F comes one delay after N: an empty block before that would call for another."""
    parameters = GENESIS.parameters
    delay_ms = parameters.empty_block_ms * 2
    pump = Pump()
    pump.pass_time(1_000)
    assert heights(pump) == [1] * 4
    pump.submit(0)
    for _ in range(20):  # each message takes one delay, and everyone looks at the clock before
        under_way, pump.queue = pump.queue, deque()
        pump.now_ms += delay_ms
        for node in pump.nodes:
            node.step(Woken())
        for sender, to, message in under_way:
            if pump.nodes[to].wants(message):
                pump.nodes[to].step(Received(sender, pump.verified(message)))
    assert heights(pump) == [2] * 4, "and no empty block after it"


def notarized_without_f() -> tuple[Pump, int, Node]:
    """A network that lost every FINALIZE of its newest block; the view after that, its leader."""
    pump = Pump()
    pump.pass_time(1_000)
    pump.drop = lambda sender, to, message: (
        isinstance(message, Voted) and message.vote.kind is Kind.FINALIZE
    )
    pump.submit(0)
    pump.deliver()
    view = pump.nodes[0].engine.view
    return pump, view, pump.nodes[view % 4]


def test_a_parent_that_stays_without_f_gets_its_empty_block() -> None:
    """[IDLE-2] [LIVE-7] After a quarter of a view's first timeout."""
    parameters = GENESIS.parameters
    patience_ms = parameters.view_timeout_ms // 4
    assert patience_ms > parameters.empty_block_ms
    pump, view, leader = notarized_without_f()
    assert heights(pump) == [1] * 4
    started_ms = pump.now_ms
    for now_ms, proposes in (
        (started_ms + patience_ms - 1, False),
        (started_ms + patience_ms, True),
    ):
        effects = leader.engine.step(now_ms, Woken())
        proposed = [e.header.view for e in effects if isinstance(e, SayProposal)]
        assert proposed == ([view] if proposes else [])


def test_what_falls_due_does_not_wait_for_an_f() -> None:
    """[IDLE-2]"""
    pump, view, leader = notarized_without_f()
    leader.engine._next_due_ms = pump.now_ms
    effects = leader.engine.step(pump.now_ms + GENESIS.parameters.empty_block_ms, Woken())
    assert [e.header.view for e in effects if isinstance(e, SayProposal)] == [view]


def test_deadlines_start_when_work_appears() -> None:
    """[IDLE-2]"""
    pump = Pump()
    pump.pass_time(1_000)
    assert heights(pump) == [1, 1, 1, 1], "a new network attests a first height by itself"
    pump.down = {0, 1}
    pump.now_ms += 60_000
    pump.submit(2)
    node = pump.nodes[2]
    assert node.engine.simplex.pacemaker.view_deadline_ms() == pump.now_ms + 1_000


def test_what_falls_due_ends_idleness_and_gets_an_empty_block() -> None:
    """[IDLE-1, LAG-1]"""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    last = pump.nodes[0].executed[-1]
    for node in pump.nodes:
        roots = node.engine.attestations.certificates[1].attestation
        due = Executed(
            1, last.digest, last.header.time, roots.state_root, roots.receipts_root,
            pump.now_ms + 500, 1, pump.committee.members.hash,
        )  # fmt: skip
        node.step(due)
    pump.pass_time(400)
    assert heights(pump) == [1, 1, 1, 1]
    pump.pass_time(1_000)
    assert min(heights(pump)) >= 2
    assert pump.nodes[0].executed[1].batches == ()


def test_what_was_due_before_a_restart_still_ends_idleness() -> None:
    """[IDLE-1] The state knows what falls due, not only the heights executed since the start."""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    header, digest = pump.nodes[0].executed[0].header, pump.nodes[0].executed[0].digest
    certificate = pump.nodes[0].certified[1].certificate
    config = pump.nodes[0].engine.config
    engine = Engine(config, Anchor(header, digest, certificate, config.members, pump.now_ms + 500))
    engine.step(pump.now_ms, Recovered((), ()))
    assert not engine.simplex.pacemaker.busy
    engine.step(pump.now_ms + 500, Woken())
    assert engine.simplex.pacemaker.busy


# -- liveness --------------------------------------------------------------------------------


def test_certificates_are_passed_on_once() -> None:
    """[LIVE-3]"""
    pump = Pump()
    node = pump.nodes[0]
    passed = certificate(pump, Kind.NULLIFY, 1, None)
    effects = receive(pump, node, 1, passed)
    assert [e.message for e in effects if isinstance(e, Send)].count(passed) == 1
    again = receive(pump, node, 2, passed)
    assert [e.message for e in again if isinstance(e, Send)].count(passed) == 0


def test_a_dead_leader_costs_one_timeout_and_is_then_skipped() -> None:
    """[LIVE-6]"""
    pump = Pump()
    pump.down = {1}
    for turn in range(20):
        pump.submit(0, 1, f"sender {turn}")
        pump.pass_time(1_500)
    assert heights(pump) == [20, 20, 20]
    leaders = pump.nodes[0].engine.simplex.leaders
    assert leaders.of(1) == 1
    led = [effect.header.proposer for effect in pump.nodes[0].executed]
    assert 1 not in led
    started = pump.now_ms
    pump.submit(0, 1, "once more")
    pump.pass_time(900)
    assert heights(pump) == [21, 21, 21], pump.now_ms - started


def test_the_next_turn_of_a_leader_that_failed_is_nullified_on_entry() -> None:
    """[LIVE-6] Nobody waits for it."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    receive(pump, node, 2, certificate(pump, Kind.NULLIFY, 1, None))
    for view in (2, 3):
        receive(pump, node, 2, certificate(pump, Kind.NOTARIZE, view, bytes([view]) * 32))
    effects = receive(pump, node, 2, certificate(pump, Kind.NOTARIZE, 4, bytes([4]) * 32))
    assert node.engine.view == 5
    assert [vote.view for vote in votes_of(effects, Kind.NULLIFY)] == [5]


def test_turns_skipped_double_with_each_failure_in_a_row_up_to_a_limit() -> None:
    """[LIVE-6]"""
    leaders = Pump().nodes[0].engine.simplex.leaders
    view, counts = 1, []
    for _ in range(7):
        leaders.failed(view)
        counts.append(0)
        view += 4
        leaders.enter(view)
        while leaders.skipped(view):
            leaders.failed(view)  # X of a turn that was skipped
            counts[-1] += 1
            view += 4
            leaders.enter(view)
    assert counts == [1, 2, 4, 8, 16, 16, 16]
    leaders.succeeded(view)
    leaders.failed(view)
    leaders.enter(view + 4)
    leaders.enter(view + 8)
    assert (leaders.skipped(view + 4), leaders.skipped(view + 8)) == (True, False)


def test_nobody_is_skipped_while_more_than_f_leaders_fail() -> None:
    """[LIVE-6]"""
    pump = Pump()
    leaders = pump.nodes[0].engine.simplex.leaders
    for view in (1, 2):
        leaders.failed(view)
    leaders.enter(5)
    assert not leaders.skipped(5)
    leaders.succeeded(2)
    leaders.enter(9)
    assert leaders.skipped(9)
    leaders.failed(9)
    leaders.enter(13)
    assert not leaders.skipped(13), "a skipped turn is not a failure"


def test_a_proposal_from_the_future_is_held_until_its_time() -> None:
    """[BLOCK-4]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    ahead = pump.now_ms - pump.genesis.time + 900
    header, digest = a_child_of_genesis(pump, 1, time_ms=ahead)
    effects = receive(pump, node, 1, proposal(pump, header, digest))
    assert votes_of(effects, Kind.NOTARIZE) == []
    assert node.wake_ms == pump.now_ms + 400
    pump.pass_time(400)
    assert node.engine.simplex.own.of(1).notarized == digest


def test_what_no_honest_leader_proposes_is_never_voted_for() -> None:
    """[BLOCK-4]"""
    base = Pump()
    header, _ = a_child_of_genesis(base, 1)
    broken = [
        Header(VERSION, 0, 1, 2, header.parent, header.time, 1, header.cut),
        Header(VERSION, 0, 1, 1, header.parent, base.genesis.time - 1, 1, header.cut),
        Header(VERSION, 0, 1, 1, header.parent, header.time, 1, header.cut[:3]),
        Header(2, 0, 1, 1, header.parent, header.time, 1, header.cut),
    ]
    for header in broken:
        pump = Pump()
        node = pump.nodes[0]
        pump.drop = only(node)
        digest = block_digest(pump.chain, header)
        effects = receive(pump, node, 1, proposal(pump, header, digest))
        assert votes_of(effects, Kind.NOTARIZE) == [], header
        assert 1 in node.engine.simplex.rejected


def test_a_proposal_by_another_than_the_leader_is_ignored() -> None:
    """[LIVE-1]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    header, _ = a_child_of_genesis(pump, 1)
    header = Header(VERSION, 0, 1, 1, header.parent, header.time, 3, header.cut)
    digest = block_digest(pump.chain, header)
    effects = receive(pump, node, 3, proposal(pump, header, digest))
    assert [e for e in effects if isinstance(e, SayVote | SayProposal)] == []


def test_a_peer_behind_is_helped_but_not_too_often() -> None:
    """[LIVE-4]"""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    node = pump.nodes[0]
    behind = Status(0, 1, 0, 0, (EMPTY_TIP,) * 4)
    helped = receive(pump, node, 3, behind)
    sent = [e.message for e in helped if isinstance(e, Send)]
    assert any(isinstance(m, Certified) and m.certificate.kind == Kind.FINALIZE for m in sent)
    assert any(isinstance(m, StateCertified) for m in sent)
    assert [e for e in receive(pump, node, 3, behind) if isinstance(e, Send)] == []


def test_votes_far_ahead_are_dropped_and_a_certificate_brings_the_node_there() -> None:
    """[MSG-2]"""
    pump = Pump()
    node = pump.nodes[0]
    far = a_vote(Kind.NULLIFY, 5_000, None, author=1, chain=pump.chain)
    assert not node.engine.wants(Voted(far, (EMPTY_TIP,) * 4))
    message = certificate(pump, Kind.NULLIFY, 5_000, None)
    assert node.engine.wants(message)
    receive(pump, node, 1, message)
    assert node.engine.view == 5_001
    assert not node.engine.wants(message)
