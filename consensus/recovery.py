"""From the journal's records to the engine's state. Knows records; reads no disk.

Everything that was said counts again, one's own votes among it: forgetting to count them is how
whole networks have stood still after a power cut ([DUR-3]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from consensus.attestation import Attestations
from consensus.config import Config
from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    Forgotten,
    OwnAttest,
    OwnVote,
    Record,
    StateCertificateKept,
)
from consensus.messages import Propose
from consensus.simplex import Simplex
from primitives.batch import Tip, batch_digest, decode_batch, header_of, tip_of
from primitives.block import block_digest
from primitives.vote import Kind, Vote


def replay(
    config: Config, records: Sequence[Record], simplex: Simplex, attestations: Attestations
) -> None:
    """Take in what the disk held, oldest first."""
    for record in records:
        match record:
            case BlockKept():
                _block(config, simplex, record)
            case BatchKept():
                batch = decode_batch(record.batch)
                digest = batch_digest(config.chain, batch.header)
                lane = simplex.lanes.lanes[batch.header.author]
                lane.ask(digest)
                if simplex.lanes.accepts(digest, batch.header):
                    simplex.lanes.add(batch, digest, False)
            case CertificateKept():
                simplex.chain.recall(record.certificate)
                simplex.on_certificate(record.certificate)
                simplex.view = max(simplex.view, simplex.chain.newest_view() + 1)
            case StateCertificateKept():
                attestations.add_certificate(record.certificate)
            case OwnVote():
                _own_vote(simplex, record.vote)
            case OwnAttest():
                attestations.recover_own(record.attest)
            case Forgotten():
                simplex.own.prune(record.view)
            case _:
                assert_never(record)
    simplex.view = max([simplex.view, *(view for view, _ in simplex.said)])


def sealed_before(config: Config, records: Sequence[Record], tip: Tip) -> tuple[Tip, int]:
    """The newest own batch that is known, ``tip`` at least, and the seq up to which one has sealed:
    above it if the journal has forgotten more than the store holds ([DUR-5])."""
    sealed = 0
    for record in records:
        match record:
            case BatchKept():
                header = header_of(record.batch)
                if header.author == config.me and header.seq > tip.seq:
                    tip = tip_of(batch_digest(config.chain, header), header)
            case Forgotten() if config.me is not None:
                sealed = max(sealed, record.lanes[config.me])
    return tip, max(sealed, tip.seq)


def _block(config: Config, simplex: Simplex, record: BlockKept) -> None:
    header = record.header
    if header.height <= simplex.chain.final.header.height:
        return
    digest = block_digest(config.chain, header)
    simplex.chain.add(header, digest)
    if record.vote is not None:
        if record.vote.author == config.me:
            # A torn write may have kept the block of a proposal and lost the vote's own record.
            simplex.own.record_vote(record.vote)
        simplex.on_recovered_proposal(Propose(header, record.vote))


def _own_vote(simplex: Simplex, vote: Vote) -> None:
    simplex.own.record_vote(vote)
    if vote.kind == Kind.PROPOSE:
        if vote.digest is not None and vote.digest in simplex.chain.blocks:
            header = simplex.chain.blocks[vote.digest].header
            simplex.on_recovered_proposal(Propose(header, vote))
    else:
        simplex.on_vote(vote)
