"""One engine among scripted peers: build what they say, collect what it answers."""

from __future__ import annotations

from collections.abc import Callable

from consensus.effects import Effect, SayVote
from consensus.inputs import Received
from consensus.messages import (
    Certified,
    Message,
    Propose,
)
from primitives.batch import EMPTY_TIP
from primitives.block import VERSION, Header, block_digest, genesis_block
from primitives.certificate import StateCertificate
from primitives.vote import Kind
from tests.builders import a_certificate, a_state_certificate, a_vote, an_attestation
from tests.unit.consensus.pump import ROOT, Node, Pump


def heights(pump: Pump) -> list[int]:
    return [node.engine.final_height for node in pump.alive()]


def votes_of(effects: list[Effect], kind: Kind) -> list[SayVote]:
    return [e for e in effects if isinstance(e, SayVote) and e.kind == kind]


def only(node: Node) -> Callable[[int, int, Message], bool]:
    """Drop everything that would reach anyone else."""
    return lambda sender, to, message: to != node.me


def a_child_of_genesis(pump: Pump, view: int, *, time_ms: int = 1) -> tuple[Header, bytes]:
    digest, genesis = genesis_block(pump.genesis)
    leader = view % 4
    cut = (EMPTY_TIP,) * 4
    header = Header(VERSION, 0, view, 1, digest, genesis.time + time_ms, leader, cut)
    return header, block_digest(pump.chain, header)


def proposal(pump: Pump, header: Header, digest: bytes) -> Propose:
    vote = a_vote(Kind.PROPOSE, header.view, digest, author=header.proposer, chain=pump.chain)
    return Propose(header, vote)


def receive(pump: Pump, node: Node, sender: int, message: Message) -> list[Effect]:
    """Give one verified message; perform and return its effects (own says come back at once)."""
    effects: list[Effect] = []
    original = node.engine.step

    def recording(now_ms: int, event: object) -> list[Effect]:
        found = original(now_ms, event)  # type: ignore[arg-type]
        effects.extend(found)
        return found

    node.engine.step = recording  # type: ignore[method-assign, assignment]
    try:
        node.step(Received(sender, pump.verified(message)))
    finally:
        node.engine.step = original  # type: ignore[method-assign]
    return effects


def certificate(pump: Pump, kind: Kind, view: int, digest: bytes | None) -> Certified:
    return Certified(a_certificate(kind, view, digest, chain=pump.chain))


def a_chain_of(pump: Pump, length: int) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]]:
    """Empty blocks above genesis, each attested as the pump would execute it."""
    parent, genesis = genesis_block(pump.genesis)
    headers, certificates = [], []
    for height in range(1, length + 1):
        header = Header(VERSION, 0, height, height, parent, genesis.time, height % 4, genesis.cut)
        parent = block_digest(pump.chain, header)
        root = ROOT.digest(parent)
        attestation = an_attestation(
            height,
            block=parent,
            time=genesis.time,
            state_root=root,
            receipts_root=root,
            chain=pump.chain,
        )
        headers.append(header)
        certificates.append(a_state_certificate(attestation))
    return tuple(headers), tuple(certificates)
