"""What is said again, or answered, and to whom. Knows what is held; decides nothing anew.

Networks lose messages and nodes restart, so whatever matters is repeated until it is certified:
each time a fixed number of messages, the first ones that are missing ([LIVE-4]).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consensus.effects import Effect, Send, SendBatches
from consensus.messages import (
    Attested,
    BlockSent,
    Certified,
    FetchBlock,
    FetchCertificate,
    StateCertified,
    Status,
)
from primitives.vote import Kind

if TYPE_CHECKING:
    from consensus.engine import Engine

MOST_HELPED = 8
"""State certificates sent to a peer that stands behind, at once."""
MOST_REANNOUNCED = 8
"""Own batches sent again at once; peers ask for the rest by range."""


def status_of(engine: Engine) -> Status:
    """Where this node stands."""
    through = engine.attestations.certified_through
    return Status(engine.view, engine.final_height, through, engine.lanes.tips)


def at_standstill(engine: Engine) -> list[Effect]:
    """To everyone: where I stand, certificates, open votes, uncertified attests, open batches."""
    return [Send(None, status_of(engine)), *engine.simplex.resend(), *_open_work(engine, None)]


def to_greet(engine: Engine, peer: int) -> list[Effect]:
    """To a peer whose connection is new: it may have missed anything."""
    return [Send(peer, status_of(engine)), *_open_work(engine, peer)]


def _open_work(engine: Engine, peer: int | None) -> list[Effect]:
    effects: list[Effect] = [
        Send(peer, Attested(attest)) for attest in engine.attestations.uncertified()
    ]
    if engine.config.me is not None:
        digests = engine.lanes.lanes[engine.config.me].unfinal(MOST_REANNOUNCED)
        if digests:
            effects.append(SendBatches(peer, digests))
    return effects


def to_help(engine: Engine, peer: int, status: Status) -> list[Effect]:
    """What a peer that stands behind lacks: to enter my view, and of its next heights."""
    effects: list[Effect] = []
    if status.final_height < engine.final_height or status.view < engine.view:
        effects += [Send(peer, Certified(c)) for c in engine.simplex.helpful_certificates()]
    start = status.certified_height + 1
    for height in (*range(start, start + MOST_HELPED), engine.certified_height):
        certificate = engine.attestations.certificates.get(height)
        if certificate is not None and height >= start:
            effects.append(Send(peer, StateCertified(certificate)))
    return effects


def block_for(engine: Engine, peer: int, request: FetchBlock) -> list[Effect]:
    """The block of a digest, if it is held."""
    block = engine.simplex.chain.blocks.get(request.digest)
    return [] if block is None else [Send(peer, BlockSent(block.header))]


def certificate_for(engine: Engine, peer: int, request: FetchCertificate) -> list[Effect]:
    """N or X of a view, if it is held."""
    chain = engine.simplex.chain
    held = chain.notarized if request.kind == Kind.NOTARIZE else chain.nullified
    certificate = held.get(request.view)
    return [] if certificate is None else [Send(peer, Certified(certificate))]
