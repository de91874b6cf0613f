"""Counts votes into certificates, and notices who contradicts himself.

Knows who may vote and what a quorum is; not time, contents, or peers. Votes come verified. Each
member is remembered with at most two digests a view and kind, so a liar costs bounded memory.
"""

from __future__ import annotations

from consensus.config import Config
from primitives.certificate import Certificate, MemberSignature
from primitives.encoding import encode
from primitives.evidence import Evidence, Offence
from primitives.vote import Kind, Vote

_TWICE = {
    Kind.PROPOSE: Offence.TWO_PROPOSALS,
    Kind.NOTARIZE: Offence.TWO_NOTARIZE,
    Kind.FINALIZE: Offence.TWO_FINALIZE,
}


class Tally:
    """Votes of the views that are still open."""

    def __init__(self, config: Config) -> None:
        self._members = config.members
        self._votes: dict[int, dict[tuple[Kind, int], list[Vote]]] = {}
        self.accused: list[Evidence] = []

    def known(self, vote: Vote) -> bool:
        """True if counting the vote again would change nothing."""
        held = self._votes.get(vote.view, {}).get((vote.kind, vote.author), ())
        return len(held) >= 2 or any(vote.digest == other.digest for other in held)

    def add(self, vote: Vote) -> Certificate | None:
        """Count a verified vote; the certificate if this vote completed one."""
        if self.known(vote):
            return None
        votes = self._votes.setdefault(vote.view, {})
        self._contradictions(vote, votes)
        votes.setdefault((vote.kind, vote.author), []).append(vote)
        if vote.kind == Kind.PROPOSE:
            return None
        return self._certificate(vote, votes)

    def voters(self, view: int, digest: bytes) -> tuple[int, ...]:
        """Members that signed NOTARIZE for the digest: they hold all that it orders."""
        votes = self._votes.get(view, {})
        return tuple(
            author
            for (kind, author), held in votes.items()
            if kind == Kind.NOTARIZE and any(vote.digest == digest for vote in held)
        )

    def prune(self, view: int) -> None:
        """Forget views below."""
        self._votes = {v: votes for v, votes in self._votes.items() if v >= view}

    def _certificate(
        self, vote: Vote, votes: dict[tuple[Kind, int], list[Vote]]
    ) -> Certificate | None:
        signatures = [
            MemberSignature(author, held.signature)
            for author in range(self._members.size)
            for held in votes.get((vote.kind, author), ())
            if held.digest == vote.digest
        ]
        if len(signatures) != self._members.quorum:
            return None
        return Certificate(vote.kind, vote.epoch, vote.view, vote.digest, tuple(signatures))

    def _contradictions(self, vote: Vote, votes: dict[tuple[Kind, int], list[Vote]]) -> None:
        for other in votes.get((vote.kind, vote.author), ()):
            self._accuse(_TWICE[vote.kind], other, vote)
        if vote.kind == Kind.NULLIFY:
            for other in votes.get((Kind.FINALIZE, vote.author), ()):
                self._accuse(Offence.FINALIZE_AND_NULLIFY, vote, other)
        if vote.kind == Kind.FINALIZE:
            for other in votes.get((Kind.NULLIFY, vote.author), ()):
                self._accuse(Offence.FINALIZE_AND_NULLIFY, other, vote)

    def _accuse(self, offence: Offence, first: Vote, second: Vote) -> None:
        evidence = Evidence(offence, first.epoch, first.author, encode(first), encode(second))
        self.accused.append(evidence)
