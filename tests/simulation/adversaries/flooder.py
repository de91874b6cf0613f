"""Says far too much: votes for views to come, questions without end, heights that nobody has.

What it costs others is bounded ([MSG-3], [SYNC-3]), and nobody's payment waits for it.
"""

from __future__ import annotations

from random import Random

from consensus.messages import (
    FetchBlock,
    FetchCertificate,
    FetchChain,
    FetchLane,
    Message,
    Status,
    Voted,
)
from consensus.simplex import VIEW_WINDOW
from primitives.encoding import encode
from primitives.vote import Kind, Vote, vote_message
from tests.simulation.adversaries.tampering import seated_key
from tests.simulation.process import Process

MOST = 3_000
"""So that the network can come to rest."""


class Flooder:
    """Sends a heap of messages, again and again."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._process: Process | None = None
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Begin, once a life."""
        if self._process is not process:
            self._process = process
            process.later((20, 200), self._flood)

    def _flood(self) -> None:
        process = self._process
        if process is None or not process.alive or self.acted >= MOST:
            return
        for _ in range(self._rng.randint(5, 40)):
            message = self._message(process)
            for peer in process.replica.peers:
                self.acted += 1
                process.send(peer, encode(message))
        process.later((10, 60), self._flood)

    def _message(self, process: Process) -> Message:
        rng, engine = self._rng, process.replica.engine
        view = engine.view + rng.randint(0, 2 * VIEW_WINDOW)
        digest = rng.randbytes(32)
        vote = self._vote(process, rng.choice((Kind.NOTARIZE, Kind.FINALIZE)), view, digest)
        questions: tuple[Message, ...] = (
            FetchChain(rng.randint(1, 50)),
            FetchBlock(view, digest),
            FetchLane(rng.randrange(len(engine.lanes.tips)), digest, 0),
            FetchCertificate(engine.epoch, Kind.NULLIFY, view),
            Status(engine.epoch, view, 10**9, 10**9, engine.lanes.tips),
        )
        return rng.choice(questions if vote is None else (*questions, vote, vote, vote))

    def _vote(self, process: Process, kind: Kind, view: int, digest: bytes) -> Voted | None:
        replica, signer = process.replica, seated_key(process)
        me, epoch = replica.me, replica.members.epoch
        if me is None or signer is None:
            return None
        signature = signer.sign(vote_message(process.setting.chain, kind, epoch, view, digest))
        return Voted(Vote(kind, epoch, view, digest, me, signature), replica.engine.lanes.tips)
