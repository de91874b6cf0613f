"""What a node that starts anew still has for those who stand behind it."""

from __future__ import annotations

from consensus.config import Anchor
from consensus.effects import CertificateKept, Effect, Send
from consensus.engine import Engine
from consensus.inputs import Received, Recovered, Woken
from consensus.messages import BlockSent, Certified, FetchBlock, Message
from primitives.vote import Kind
from tests.unit.consensus.pump import Pump


def sent(effects: list[Effect]) -> list[Message]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


def test_a_restart_takes_from_nobody_the_proof_of_what_is_final_and_uncertified() -> None:
    """[LIVE-4] [LIVE-7] Two of four know two heights to be final, and start anew. The third needs
    the F and both blocks before it can attest, and no certificate says so until it has."""
    pump = Pump()
    pump.pass_time(1_000)
    pump.submit(0)
    pump.deliver()
    node = pump.nodes[0]
    first, newest = node.executed[-2:]
    proofs = [
        record
        for record in node.records
        if isinstance(record, CertificateKept) and record.certificate.kind is Kind.FINALIZE
    ]
    anchor = Anchor(
        header=newest.header,
        digest=newest.digest,
        certificate=None,
        members=pump.committee.members,
        bare=((first.header, first.digest),),
    )
    again = Engine(node.engine.config, anchor)
    outcomes = (node._outcome(first), node._outcome(newest))
    again.step(pump.now_ms, Recovered(tuple(proofs), outcomes))
    later_ms = pump.now_ms + 2 * pump.genesis.parameters.standstill_ms
    said = sent(again.step(later_ms, Woken()))
    assert [m.certificate.digest for m in said if isinstance(m, Certified)] == [newest.digest]
    for block in (first, newest):
        request = FetchBlock(block.header.view, block.digest)
        answer = sent(again.step(later_ms, Received(1, pump.verified(request))))
        assert answer == [BlockSent(block.header)]
