"""What must hold in every state, of all that was said and committed ([SAFE-5])."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from primitives.vote import Kind
from tests.exploration.choices import Public, votes_of
from tests.exploration.member import Event, Quorum, Said, Wrong
from tests.exploration.world import World


def check_certificates(world: World, publics: Sequence[Public]) -> None:
    """One N a view, never F and X, and whatever is notarized after a final block descends from it,
    with X for each view that it skips ([SAFE-7]). Two honest votes and the liar's are a quorum."""
    votes = votes_of(world, publics)
    made = sorted((said for said, voters in votes.items() if len(voters) >= 2), key=repr)
    notarized = [d for kind, _, d in made if kind == Kind.NOTARIZE and d is not None]
    finalized = [d for kind, _, d in made if kind == Kind.FINALIZE and d is not None]
    nullified = {view for kind, view, _ in made if kind == Kind.NULLIFY}
    seen = [world.view_of(digest) for digest in notarized]
    if len(seen) != len(set(seen)):
        raise Wrong(f"two blocks of one view are notarized: {_names(world, notarized)}")
    for digest in finalized:
        if world.view_of(digest) in nullified:
            raise Wrong(f"{world.name(digest)} is final and its view is nullified")
        if digest not in notarized:
            raise Wrong(f"{world.name(digest)} is final and not notarized")
        later = [d for d in notarized if world.view_of(d) >= world.view_of(digest)]
        if not all(world.descends(d, digest) for d in later):
            raise Wrong(f"{_names(world, later)} do not descend from final {world.name(digest)}")
    for digest in notarized:
        _check_ancestry(world, digest, notarized, nullified)


def _check_ancestry(
    world: World, digest: bytes, notarized: list[bytes], nullified: set[int]
) -> None:
    header = world.blocks[digest]
    if header.parent != world.genesis_digest and header.parent not in notarized:
        raise Wrong(f"the parent of notarized {world.name(digest)} is not")
    between = range(world.view_of(header.parent) + 1, header.view)
    if not nullified.issuperset(between):
        raise Wrong(f"notarized {world.name(digest)} skips views that are not nullified")


def check_committed(world: World, committed: Sequence[bytes], met: Iterable[Event]) -> None:
    """What a member committed is below a block that is final by what was said. Such blocks are on
    one chain, by ``check_certificates``: so no two members ever disagree."""
    if not committed:
        return
    final = [e.digest for e in met if isinstance(e, Quorum) and e.kind == Kind.FINALIZE]
    if not any(d is not None and world.descends(d, committed[-1]) for d in final):
        raise Wrong(f"{_names(world, committed)} was committed and is not final")


def grounds(world: World, said: Iterable[Said], ended: int) -> frozenset[Event]:
    """What must have been met by whoever proposed or NOTARIZEd in a view that does not end: N of
    the parent, X of each view between ([SAFE-7]). No certificate of such a view is ever looked at,
    so each vote is."""
    found: set[Event] = set()
    for _, view, digest in said:
        if view > ended and digest is not None:
            parent = world.blocks[digest].parent
            below = world.view_of(parent)
            if parent != world.genesis_digest:
                found.add(Quorum(Kind.NOTARIZE, below, parent))
            found.update(Quorum(Kind.NULLIFY, between, None) for between in range(below + 1, view))
    return frozenset(found)


def check_grounds(due: frozenset[Event], met: frozenset[Event]) -> None:
    """All that the votes of a member rest on was there."""
    if not due <= met:
        raise Wrong(f"a vote rests on what is not there: {sorted(due - met, key=repr)}")


def _names(world: World, digests: Sequence[bytes]) -> str:
    return ", ".join(world.name(digest) for digest in digests)
