"""A validator that lies, as a process like any other: ``python -m benchmarks.byzantine start ...``.

As leader it proposes two blocks for one view, shows each to one peer and neither to the third, so
that no quorum can come of either and everybody waits for the view's timeout; and it goes on when it
sees its own key contradict itself, where an honest node would halt. What that costs the others is
measured here; that it gains nothing is for tests/simulation.
"""

from __future__ import annotations

from msgspec.structs import replace

from consensus.messages import Propose, decode_message
from node import cli
from node.assembly import Node
from node.signer import LocalSigner
from node.transport import Transport
from node.twins import Twins
from primitives.block import block_digest
from primitives.encoding import encode
from primitives.keys import Signer
from primitives.validators import ValidatorSet
from primitives.vote import Kind, vote_message

PLEASED, DECEIVED = 0, 1
"""Of every three peers one gets the first block and one the other."""


class Liar:
    """What leaves the node of ``key``, member ``me``, spoilt on its way."""

    def __init__(self, chain: bytes, me: int, key: Signer) -> None:
        self._chain = chain
        self._me = me
        self._key = key

    def spoilt(self, peer: int, frame: bytes) -> bytes | None:
        """What a peer gets instead of a frame; None: nothing."""
        message = decode_message(frame)
        if not isinstance(message, Propose) or message.header.proposer != self._me:
            return frame
        if peer % 3 == PLEASED:
            return frame
        return encode(self._twin(message)) if peer % 3 == DECEIVED else None

    def _twin(self, proposal: Propose) -> Propose:
        """Another block for the same place: a millisecond later."""
        header = replace(proposal.header, time=proposal.header.time + 1)
        digest = block_digest(self._chain, header)
        message = vote_message(self._chain, Kind.PROPOSE, header.epoch, header.view, digest)
        vote = replace(proposal.vote, digest=digest, signature=self._key.sign(message))
        return Propose(header, vote)


def corrupt() -> None:
    """Have every node that this process runs lie."""
    honest_send, honest_entered = Transport.send, Node._entered  # noqa: SLF001 - a liar's way in
    liars: dict[Transport, Liar] = {}

    def entered(node: Node, members: ValidatorSet, me: int | None) -> None:
        honest_entered(node, members, me)
        if me is not None:
            signing = node._signing  # noqa: SLF001
            assert isinstance(signing, LocalSigner), "a liar has its key at hand"
            key = signing._keys[members.key(me)]  # noqa: SLF001
            liars[node.transport] = Liar(node.chain, me, key)

    def send(transport: Transport, peer: int, frame: bytes) -> None:
        liar = liars.get(transport)
        told = frame if liar is None else liar.spoilt(peer, frame)
        if told is not None:
            honest_send(transport, peer, told)

    Node._entered = entered  # type: ignore[assignment, method-assign]  # noqa: SLF001
    Transport.send = send  # type: ignore[assignment, method-assign]
    Twins.twin = lambda *_: None  # type: ignore[method-assign]


if __name__ == "__main__":
    corrupt()
    cli.main()
