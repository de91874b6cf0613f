"""What is said again, or answered, and to whom. Knows what is held; decides nothing anew.

Networks lose messages and nodes restart, so whatever matters is repeated until it is certified:
each time a fixed number of messages, the first ones that are missing ([LIVE-4]).
"""

from __future__ import annotations

from consensus.effects import Effect, Send, SendBatches
from consensus.messages import (
    Attested,
    BeatCertified,
    BlockSent,
    Certified,
    FetchBlock,
    FetchCertificate,
    StateCertified,
    Status,
)
from consensus.parts import Parts
from primitives.vote import Kind

MOST_HELPED = 8
"""State certificates sent to a peer that stands behind, at once."""
MOST_REANNOUNCED = 8
"""Own batches sent again at once; peers ask for the rest by range."""


def status_of(parts: Parts) -> Status:
    """Where this node stands."""
    through = parts.attestations.certified_through
    epoch = parts.config.members.epoch
    return Status(epoch, parts.view, parts.final_height, through, parts.lanes.tips)


def at_standstill(parts: Parts) -> list[Effect]:
    """To everyone: where I stand, certificates, open votes, uncertified attests, open batches."""
    return [Send(None, status_of(parts)), *parts.simplex.resend(), *_open_work(parts, None)]


def to_greet(parts: Parts, peer: int) -> list[Effect]:
    """To a peer whose connection is new: it may have missed anything."""
    beat = parts.attestations.newest_beat
    pulse: list[Effect] = [] if beat is None else [Send(peer, BeatCertified(beat))]
    greeting = [Send(peer, status_of(parts)), *pulse]
    if not parts.is_member(peer):
        return greeting
    # Or an epoch begins with a view that times out: its leader speaks before anyone is connected.
    return [*greeting, *parts.simplex.open_words(peer), *_open_work(parts, peer)]


def _open_work(parts: Parts, peer: int | None) -> list[Effect]:
    effects: list[Effect] = [
        Send(peer, Attested(attest)) for attest in parts.attestations.uncertified()
    ]
    if parts.config.me is not None:
        digests = parts.lanes.lanes[parts.config.me].unfinal(MOST_REANNOUNCED)
        if digests:
            effects.append(SendBatches(peer, digests))
    return effects


def to_help(parts: Parts, peer: int, status: Status) -> list[Effect]:
    """What a peer that stands behind lacks: to enter my view, and of its next heights."""
    effects: list[Effect] = []
    if status.final_height < parts.final_height or status.view < parts.view:
        effects += [Send(peer, Certified(c)) for c in parts.simplex.helpful_certificates()]
    start = status.certified_height + 1
    for height in (*range(start, start + MOST_HELPED), parts.certified_height):
        certificate = parts.attestations.certificates.get(height)
        if certificate is not None and height >= start:
            effects.append(Send(peer, StateCertified(certificate)))
    return effects


def block_for(parts: Parts, peer: int, request: FetchBlock) -> list[Effect]:
    """The block of a digest, if it is held."""
    block = parts.simplex.chain.blocks.get(request.digest)
    return [] if block is None else [Send(peer, BlockSent(block.header))]


def certificate_for(parts: Parts, peer: int, request: FetchCertificate) -> list[Effect]:
    """N or X of a view; the other one if the one asked for is not held: it too ends the view."""
    chain, view = parts.simplex.chain, request.view
    if request.epoch != parts.config.members.epoch:
        return []
    held = (chain.notarized.get(view), chain.nullified.get(view))
    n_first = request.kind == Kind.NOTARIZE
    certificate = (held[0] or held[1]) if n_first else (held[1] or held[0])
    return [] if certificate is None else [Send(peer, Certified(certificate))]
