"""What three validators say to the fourth, block by block, recorded before the clock starts.

The blocks are ``benchmarks.solo``'s: real batches, roots and signatures. The fourth, who is
measured, leads no view here: whoever records it cannot know what it will say, so at its turns the
three give up at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import founders
from benchmarks.population import Terms
from benchmarks.solo import Made, Solo
from consensus.messages import Attested, BatchSent, Message, Propose, Voted
from primitives.encoding import encode
from primitives.genesis import Genesis
from primitives.validators import ValidatorSet
from primitives.vote import Attest, Kind, Vote, attest_message, vote_message

MEASURED: Final = 3
PEERS: Final = (0, 1, 2)
"""They are a quorum by themselves."""


class Said(NamedTuple):
    """A frame, and who says it."""

    author: int
    frame: bytes


class Block(NamedTuple):
    """What is said of one block, in the order in which it may be said: ``ahead``, the batches;
    ``skipping``, of the turn before it if that was the fourth's; then round after round."""

    height: int
    view: int
    time: int
    transactions: int
    ahead: list[Said]
    skipping: list[Said]
    proposal: list[Said]
    notarizing: list[Said]
    finalizing: list[Said]
    attesting: list[Said]


class Recording(NamedTuple):
    """What the peers say: of the blocks that fund the senders, and of those that are measured; and
    the root of the state at the end."""

    funding: list[Block]
    blocks: list[Block]
    root: bytes


def record(
    directory: Path,
    genesis: Genesis,
    senders: int,
    size: int,
    sign: Callable[[Terms], Sequence[bytes]],
) -> Recording:
    """Make a chain in ``directory``, and everything that is said of it: blocks of ``size`` of what
    ``sign`` signs, spread over the lanes of the three."""
    solo = Solo(directory, senders, genesis, absent=MEASURED)
    try:
        funding = solo.fund()
        raws = sign(solo.terms)
        share = -(-size // len(PEERS))
        blocks = []
        for first in range(0, len(raws), size):
            slice_ = raws[first : first + size]
            blocks.append(solo.block(*(slice_[at : at + share] for at in range(0, size, share))))

        def said(made: Sequence[Made]) -> list[Block]:
            return [recorded(solo.executor.chain, solo.members, each) for each in made]

        return Recording(said(funding), said(blocks), solo.executor.head_record.state_root)
    finally:
        solo.close()


def recorded(chain: bytes, members: ValidatorSet, made: Made) -> Block:
    """The frames of a block."""
    header, view = made.header, made.header.view

    def vote(kind: Kind, voter: int, of_view: int, digest: bytes | None) -> Vote:
        message = vote_message(chain, kind, header.epoch, of_view, digest)
        signature = founders.validator(voter).key.sign(message)
        return Vote(kind, header.epoch, of_view, digest, voter, signature)

    def round_of(kind: Kind, of_view: int, digest: bytes | None) -> list[Said]:
        return _said(
            (voter, Voted(vote(kind, voter, of_view, digest), header.cut)) for voter in PEERS
        )

    message = attest_message(made.attestation)

    def attested(author: int) -> Attested:
        signature = founders.validator(author).key.sign(message)
        return Attested(Attest(made.attestation, author, signature))

    was_skipped = members.leader(view - 1) == MEASURED and view > 1
    propose = Propose(header, vote(Kind.PROPOSE, header.proposer, view, made.digest))
    return Block(
        height=header.height,
        view=view,
        time=header.time,
        transactions=sum(len(batch.transactions) for batch in made.batches.values()),
        ahead=_said((lane, BatchSent(encode(batch))) for lane, batch in made.batches.items()),
        skipping=round_of(Kind.NULLIFY, view - 1, None) if was_skipped else [],
        proposal=_said([(header.proposer, propose)]),
        notarizing=round_of(Kind.NOTARIZE, view, made.digest),
        finalizing=round_of(Kind.FINALIZE, view, made.digest),
        attesting=_said((author, attested(author)) for author in PEERS),
    )


def _said(words: Iterator[tuple[int, Message]] | list[tuple[int, Message]]) -> list[Said]:
    return [Said(author, encode(message)) for author, message in words]
