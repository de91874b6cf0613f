"""May I sign this? The rules that keep two histories apart, each with a name.

Everything here is about one's own past votes in one view; nothing depends on time, on peers or on
contents. The guard of the signer applies the same rules once more over what is on disk.

Why these are enough ([SAFE-5]): if F(v, d) exists, Q members signed FINALIZE(v, d) and so never
NULLIFY(v); two quorums share an honest member, so X(v) cannot exist, and no block of a later view
may skip v. Nor can N(v, d') for another d': two quorums of NOTARIZE would share an honest member
that signed twice. So every later notarized block descends from d.
"""

from __future__ import annotations

import msgspec

from primitives.vote import Kind, Vote


class OwnView(msgspec.Struct):
    """What I have signed in one view (also what this turn is about to sign)."""

    proposed: bytes | None = None
    notarized: bytes | None = None
    finalized: bytes | None = None
    nullified: bool = False


def may_propose(own: OwnView) -> bool:
    """[SAFE-1] At most one proposal a view."""
    return own.proposed is None


def may_notarize(own: OwnView) -> bool:
    """[SAFE-2] At most one NOTARIZE a view; an own NULLIFY of the view does not forbid it."""
    return own.notarized is None


def may_finalize(own: OwnView) -> bool:
    """[SAFE-3] Never FINALIZE in a view that I nullified, and only once."""
    return not own.nullified and own.finalized is None


def may_nullify(own: OwnView) -> bool:
    """[SAFE-4] Never NULLIFY in a view in which I signed FINALIZE, and only once."""
    return own.finalized is None and not own.nullified


class OwnVotes:
    """My votes of every view above the newest final one, where I may still sign."""

    def __init__(self) -> None:
        self._views: dict[int, OwnView] = {}
        self._floor = 0

    @property
    def floor(self) -> int:
        """Nothing may be signed in this view or below: what I signed there is forgotten."""
        return self._floor

    def of(self, view: int) -> OwnView:
        """The record of a view above the floor."""
        assert view > self._floor, (view, self._floor)
        return self._views.setdefault(view, OwnView())

    def record(self, kind: Kind, view: int, digest: bytes | None) -> None:
        """Note a vote before it is signed, or one that was read back from disk."""
        if view <= self._floor:
            return
        own = self.of(view)
        match kind:
            case Kind.PROPOSE:
                own.proposed = digest
            case Kind.NOTARIZE:
                own.notarized = digest
            case Kind.FINALIZE:
                own.finalized = digest
            case Kind.NULLIFY:
                own.nullified = True

    def record_vote(self, vote: Vote) -> None:
        """Note a signed vote."""
        self.record(vote.kind, vote.view, vote.digest)

    def prune(self, final_view: int) -> None:
        """Forget views up to a final one, and never sign there again ([SAFE-6])."""
        self._floor = max(self._floor, final_view)
        self._views = {v: own for v, own in self._views.items() if v > self._floor}
