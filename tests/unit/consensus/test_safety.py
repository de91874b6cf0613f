"""What is never signed, and what is evidence."""

from __future__ import annotations

from consensus import safety
from consensus.effects import CertificateKept, SayVote
from consensus.messages import (
    BlockSent,
    Certified,
    StateCertified,
    Voted,
)
from primitives.batch import EMPTY_TIP
from primitives.evidence import Offence, check_evidence
from primitives.keys import ED25519
from primitives.vote import Kind
from tests.builders import a_vote
from tests.unit.consensus.pump import Pump
from tests.unit.consensus.scripted import (
    a_child_of_genesis,
    certificate,
    only,
    proposal,
    receive,
    votes_of,
)


def test_a_second_proposal_of_a_view_is_evidence_and_not_voted_for() -> None:
    """[SAFE-1, SAFE-2, EVID-1]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    first = a_child_of_genesis(pump, 1)
    second = a_child_of_genesis(pump, 1, time_ms=2)
    said = receive(pump, node, 1, proposal(pump, *first))
    said += receive(pump, node, 1, proposal(pump, *second))
    assert [vote.digest for vote in votes_of(said, Kind.NOTARIZE)] == [first[1]]
    (evidence,) = node.engine.evidence.values()
    assert evidence.offence == Offence.TWO_PROPOSALS
    check_evidence(pump.chain, pump.committee.members, ED25519, evidence)


def test_nobody_finalizes_in_a_view_that_it_nullified() -> None:
    """[SAFE-3]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    pump.submit(0)
    pump.pass_time(1_100)
    node = pump.nodes[0]
    assert node.engine.simplex.own.of(1).nullified
    header, digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, proposal(pump, header, digest))
    effects = receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, digest))
    assert votes_of(effects, Kind.FINALIZE) == []


def test_nobody_finalizes_in_a_view_that_it_nullified_before_a_restart() -> None:
    """[DUR-3, SAFE-3]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    pump.submit(0)
    pump.pass_time(1_100)
    assert pump.nodes[0].engine.simplex.own.of(1).nullified
    pump.restart(0)
    node = pump.nodes[0]
    header, digest = a_child_of_genesis(pump, 1)
    receive(pump, node, 1, proposal(pump, header, digest))
    effects = receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, digest))
    assert votes_of(effects, Kind.FINALIZE) == []


def test_nobody_nullifies_a_view_that_it_finalized() -> None:
    """[SAFE-4]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: True
    node = pump.nodes[0]
    _, digest = a_child_of_genesis(pump, 1)
    effects = receive(pump, node, 1, certificate(pump, Kind.NOTARIZE, 1, digest))
    assert len(votes_of(effects, Kind.FINALIZE)) == 1
    assert not safety.may_nullify(node.engine.simplex.own.of(1))
    assert safety.may_nullify(node.engine.simplex.own.of(2))


def test_two_finalizations_and_a_nullification_by_one_member_are_evidence() -> None:
    """[SAFE-5, EVID-1]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    for kind, digest in ((Kind.NULLIFY, None), (Kind.FINALIZE, bytes(32))):
        vote = a_vote(kind, 1, digest, author=2, chain=pump.chain)
        receive(pump, node, 2, Voted(vote, (EMPTY_TIP,) * 4))
    other = a_vote(Kind.FINALIZE, 1, bytes(31) + b"\1", author=2, chain=pump.chain)
    receive(pump, node, 2, Voted(other, (EMPTY_TIP,) * 4))
    found = {evidence.offence for evidence in node.engine.evidence.values()}
    assert found == {Offence.FINALIZE_AND_NULLIFY, Offence.TWO_FINALIZE}
    for evidence in node.engine.evidence.values():
        check_evidence(pump.chain, pump.committee.members, ED25519, evidence)


def test_catching_up_signs_nothing_in_a_forgotten_view() -> None:
    """[SAFE-6] A node nullified view 1, then learnt that view 1 is final after all."""
    pump = Pump()
    pump.down = {3}
    pump.submit(0)
    pump.pass_time(500)
    late = pump.nodes[3]
    pump.down = set()
    pump.drop = lambda sender, to, message: True
    late.engine.simplex.own.record(Kind.NULLIFY, 1, None)
    kept = pump.nodes[0].records
    notarized = next(
        r.certificate
        for r in kept
        if isinstance(r, CertificateKept) and r.certificate.kind == Kind.NOTARIZE
    )
    proven = pump.nodes[0].certified[1].certificate
    receive(pump, late, 0, BlockSent(pump.nodes[0].executed[0].header))
    late.engine.simplex.chain.add(
        pump.nodes[0].executed[0].header, pump.nodes[0].executed[0].digest
    )
    receive(pump, late, 0, StateCertified(proven))
    assert late.engine.final_height == 1
    effects = receive(pump, late, 0, Certified(notarized))
    assert [e for e in effects if isinstance(e, SayVote)] == []


def test_a_skipped_view_must_be_proven_nullified() -> None:
    """[SAFE-7]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    header, digest = a_child_of_genesis(pump, 2)
    _, other = a_child_of_genesis(pump, 1)
    receive(pump, node, 3, certificate(pump, Kind.NOTARIZE, 1, other))
    assert node.engine.view == 2
    effects = receive(pump, node, 2, proposal(pump, header, digest))
    assert votes_of(effects, Kind.NOTARIZE) == []
    assert ("nullified", 1, b"") in node.engine.needs
    effects = receive(pump, node, 3, certificate(pump, Kind.NULLIFY, 1, None))
    assert [v.digest for v in votes_of(effects, Kind.NOTARIZE)] == [digest]
