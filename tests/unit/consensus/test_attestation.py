"""Execution, lag, state certificates, alarms and beats."""

from __future__ import annotations

from msgspec.structs import replace

from consensus.config import Anchor
from consensus.effects import Effect, SayAttest, SendBatches, StateCertificateKept
from consensus.engine import Engine
from consensus.inputs import Connected, Executed, Received, Recovered
from consensus.messages import Attested, BatchSent, Beating, StateCertified, Voted
from primitives.block import genesis_block
from primitives.certificate import StateCertificate, check_certificate
from primitives.evidence import Offence, check_evidence
from primitives.keys import ED25519
from primitives.vote import Attest, Attestation, Beat, SignedBeat, attest_message, beat_message
from tests.builders import PARAMETERS, a_genesis, a_state_certificate, an_attestation
from tests.unit.consensus.pump import Node, Pump

NARROW = a_genesis(parameters=replace(PARAMETERS, lag_bound=2))


def an_attest(pump: Pump, author: int, like: Attest, **changes: object) -> Attested:
    attestation = replace(like.attestation, **changes)
    signature = pump.committee.signers[author].sign(attest_message(attestation))
    return Attested(Attest(attestation, author, signature))


def own_attest(node: Node, height: int) -> Attest:
    held = node.engine.attestations._votes[height][node.me]
    assert isinstance(held, Attest)
    return held


def test_an_attestation_names_the_protocol_version_that_carried_the_height_out() -> None:
    """[CERT-2], [LEDGER-74]"""
    pump = Pump()
    engine = pump.nodes[0].engine
    outcome = Executed(1, bytes(32), 0, bytes(32), bytes(32), None, 2, bytes(32))
    said = [each for each in engine.step(pump.now_ms, outcome) if isinstance(each, SayAttest)]
    assert [each.attestation.protocol for each in said] == [2]


def test_an_attestation_names_what_came_of_the_height_and_who_comes_next() -> None:
    """[CERT-2]"""
    pump = Pump()
    engine = pump.nodes[0].engine
    block, state, receipts, after = (bytes([byte]) * 32 for byte in range(1, 5))
    said = [
        effect.attestation
        for event in (
            Executed(1, block, 77, state, receipts, None, 1, after),
            Executed(2, block, 78, state, receipts, None, 1, after, last=2),
        )
        for effect in engine.step(pump.now_ms, event)
        if isinstance(effect, SayAttest)
    ]
    assert [each.last for each in said] == [False, True]
    members = pump.committee.members
    assert replace(said[0], last=False) == Attestation(
        chain=pump.chain,
        epoch=members.epoch,
        height=1,
        block=block,
        time=77,
        state_root=state,
        receipts_root=receipts,
        validators=members.hash,
        next_validators=after,
        last=False,
        protocol=1,
    )


def test_a_state_certificate_is_a_quorum_over_one_outcome() -> None:
    """[CERT-1, CERT-2, CERT-3, VOTE-1]"""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    for node in pump.nodes:
        certificate = node.certified[1].certificate
        check_certificate(pump.chain, pump.committee.members, ED25519, certificate)
        assert certificate.attestation.block == node.executed[0].digest
        assert not certificate.attestation.last


def test_attestations_of_different_outcomes_make_no_certificate() -> None:
    """[CERT-3] A quorum of members, but not of one mind; no two of them prove anybody wrong."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = lambda sender, to, message: isinstance(message, Attested)
    pump.submit(0)
    pump.deliver()
    like = own_attest(node, 1)
    for author in (1, 2, 3):
        message = an_attest(pump, author, like, state_root=bytes([author]) * 32)
        node.step(Received(author, pump.verified(message)))
    assert node.certified == {}
    assert node.engine.certified_height == 0
    assert node.halts == []


def test_lost_attestations_are_sent_again_until_every_height_is_certified() -> None:
    """[CERT-4]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: isinstance(message, Attested)
    for turn in range(3):
        pump.submit(turn, 1, f"sender {turn}")
        pump.pass_time(400)
    assert [node.engine.certified_height for node in pump.nodes] == [0, 0, 0, 0]
    assert all(node.engine.simplex.pacemaker.restless for node in pump.nodes)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(6_000)
    for node in pump.nodes:
        assert set(range(1, node.engine.final_height + 1)) <= set(node.certified)
        assert not node.engine.simplex.pacemaker.restless


def test_the_minority_with_another_outcome_stops_and_names_the_height() -> None:
    """[CERT-5]"""
    pump = Pump()
    odd = pump.nodes[3]
    original = odd._outcome
    odd._outcome = lambda effect: replace(original(effect), state_root=bytes(32))  # type: ignore[method-assign]
    pump.submit(0)
    pump.deliver()
    (halt,) = odd.halts
    assert halt.height == 1
    assert halt.mine.state_root == bytes(32)
    assert halt.theirs.state_root != bytes(32)
    assert (
        odd.engine.step(
            pump.now_ms, Executed(2, bytes(32), 0, bytes(32), bytes(32), None, 1, bytes(32))
        )
        == []
    )
    assert [len(node.halts) for node in pump.nodes[:3]] == [0, 0, 0]


def test_two_attestations_of_one_height_are_evidence() -> None:
    """[EVID-1]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = lambda sender, to, message: isinstance(message, Attested)
    pump.submit(0)
    pump.deliver()
    like = own_attest(node, 1)
    for root in (bytes(32), bytes(31) + b"\1"):
        message = an_attest(pump, 2, like, state_root=root)
        node.step(Received(2, pump.verified(message)))
    (evidence,) = node.engine.evidence.values()
    assert evidence.offence == Offence.TWO_ATTESTATIONS
    check_evidence(pump.chain, pump.committee.members, ED25519, evidence)


def test_slow_execution_limits_contents_and_never_proposals() -> None:
    """[LAG-1, LAG-2, LAG-3] With B = 2 and execution stopped, blocks go on, empty."""
    pump = Pump(genesis=NARROW)
    for node in pump.nodes:
        node.slow = True
    for turn in range(6):
        pump.submit(turn % 4, 1, f"sender {turn}")
        pump.pass_time(300)
    pump.pass_time(2_000)
    engines = [node.engine for node in pump.nodes]
    assert min(engine.final_height for engine in engines) > 6, "the chain goes on"
    filled = {effect.header.height for effect in pump.nodes[0].executed if effect.batches}
    assert filled <= {1, 2}, "a certificate of height k-2 is needed at k"
    for node in pump.nodes:
        node.slow = False
    for _ in range(60):
        for node in pump.nodes:
            node.execute()
        pump.pass_time(200)
    ordered = [place for effect in pump.nodes[0].executed for place in effect.batches]
    assert len(ordered) == 6
    assert len({engine.executed_height for engine in engines}) == 1
    assert not any(engine.simplex.pacemaker.restless for engine in engines)


def test_nobody_votes_for_contents_further_ahead_than_it_executed() -> None:
    """[LAG-3] One slow member holds its vote; the others do without."""
    pump = Pump(genesis=NARROW)
    slow = pump.nodes[3]
    slow.slow = True
    for turn in range(6):
        pump.submit(turn % 3, 1, f"sender {turn}")
        pump.pass_time(300)
    assert pump.nodes[0].engine.executed_height >= 6
    voted = {
        record.vote.view
        for record in slow.records
        if type(record).__name__ == "OwnVote" and record.vote.kind == 1  # type: ignore[union-attr]
    }
    blocks = {e.header.view: e.header.height for e in pump.nodes[0].executed if e.batches}
    assert all(blocks[view] <= 2 for view in voted if view in blocks)


def test_beats_prove_that_nothing_newer_exists() -> None:
    """[CERT-6]"""
    pump = Pump()
    pump.submit(0)
    pump.pass_time(25_000)
    for node in pump.nodes:
        beat = node.engine.newest_beat
        assert beat is not None
        check_certificate(pump.chain, pump.committee.members, ED25519, beat)
        assert beat.beat.height == 1
        assert beat.beat.tick == pump.now_ms // PARAMETERS.beat_ms


def test_beats_of_different_heights_prove_nothing() -> None:
    """[CERT-6] A quorum of members at one tick, but not of one mind."""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    node = pump.nodes[0]
    tick = pump.now_ms // PARAMETERS.beat_ms
    for author in (1, 2, 3):
        beat = Beat(pump.chain, 0, min(author, 2), bytes(32), tick)
        signature = pump.committee.signers[author].sign(beat_message(beat))
        message = Beating(SignedBeat(beat, author, signature))
        node.step(Received(author, pump.verified(message)))
    assert node.engine.newest_beat is None


def test_who_connects_is_told_of_the_newest_beat() -> None:
    """[CERT-6, LIVE-4] A node that was away can answer as fresh before the next tick."""
    pump = Pump()
    pump.submit(0)
    pump.pass_time(15_000)
    pump.restart(3)
    assert pump.nodes[3].engine.newest_beat is None
    pump.nodes[0].step(Connected(3))
    pump.deliver()
    assert pump.nodes[3].engine.newest_beat == pump.nodes[0].engine.newest_beat is not None


def test_nobody_beats_while_its_newest_attestation_is_uncertified() -> None:
    """[CERT-6]"""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    pump.drop = lambda sender, to, message: isinstance(message, Attested)
    pump.submit(1, 1, "b")
    pump.pass_time(15_000)
    assert all(node.engine.newest_beat is None for node in pump.nodes)


def test_a_node_that_was_away_catches_up_with_every_certificate() -> None:
    """[SYNC-2, SYNC-1]"""
    pump = Pump()
    pump.down = {3}
    for turn in range(12):
        pump.submit(turn % 3, 2, f"sender {turn}")
        pump.pass_time(2_500)
    assert pump.nodes[0].engine.final_height >= 12
    pump.restart(3)

    for node in pump.nodes:
        for peer in range(4):
            if peer != node.me:
                node.step(Connected(peer))
    pump.pass_time(8_000)
    back = pump.nodes[3]
    assert back.engine.executed_height == pump.nodes[0].engine.executed_height
    assert set(back.certified) == set(pump.nodes[0].certified)
    assert [e.digest for e in back.executed] == [e.digest for e in pump.nodes[0].executed]


def test_a_restarted_node_attests_what_it_executed_but_did_not_attest() -> None:
    """[CERT-4, DUR-3]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: isinstance(message, Attested)
    pump.submit(0)
    pump.pass_time(500)
    for node in list(pump.nodes):
        node.records = [r for r in node.records if type(r).__name__ != "OwnAttest"]
        pump.restart(node.me)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(4_000)
    assert [node.engine.certified_height for node in pump.nodes] == [1, 1, 1, 1]


def effects_of_kind(effects: list[Effect], kind: type) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def test_batches_are_announced_again_to_a_new_peer() -> None:
    """[LIVE-4]"""

    pump = Pump()
    pump.drop = lambda sender, to, message: isinstance(message, BatchSent | Voted)
    pump.submit(0)
    pump.deliver()
    effects = pump.nodes[0].engine.step(pump.now_ms, Connected(2))
    (again,) = effects_of_kind(effects, SendBatches)
    assert isinstance(again, SendBatches)
    assert again.to == 2
    assert len(again.digests) == 1


def test_a_gap_far_below_the_newest_height_is_closed_after_a_restart() -> None:
    """[CERT-4] The certificates above the gap are in the journal, and count."""
    pump = Pump()
    genesis_digest, genesis = genesis_block(pump.genesis)
    newest = 100

    def outcome(height: int) -> StateCertificate:
        attestation = an_attestation(height, block=genesis_digest, chain=pump.chain)
        return a_state_certificate(attestation)

    records = tuple(StateCertificateKept(outcome(h)) for h in range(11, newest + 1))
    engine = Engine(
        pump.nodes[0].engine.config,
        Anchor(
            header=replace(genesis, height=newest, view=newest),
            digest=genesis_digest,
            certificate=outcome(newest),
            members=pump.committee.members,
        ),
    )
    gap = outcome(10).attestation
    executed = Executed(
        10, gap.block, gap.time, gap.state_root, gap.receipts_root, None, 1, gap.next_validators
    )
    engine.step(pump.now_ms, Recovered(records, (executed,)))
    assert engine.needs["proof", 10, b""]
    engine.step(pump.now_ms, Received(1, pump.verified(StateCertified(outcome(10)))))
    assert engine.attestations.certified_through == newest
    assert not engine.simplex.pacemaker.restless
