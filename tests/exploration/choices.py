"""What may happen next, given what honest members have said. Knows no engine.

Everything that was said may reach anyone at any time. The liar adds its vote wherever two honest
ones are there, and shows the blocks that its engine would never have made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from primitives.vote import Kind
from tests.exploration.member import Answered, Crash, Deadline, Event, Quorum, Said, Shown, State
from tests.exploration.world import VOTES, World


class Public(NamedTuple):
    """What others can see of a member."""

    said: frozenset[Said]
    shown: frozenset[bytes]


def public_of(state: State, views: int) -> Public:
    """Of a state. What is said after the last view reaches nobody."""
    return Public(frozenset(said for said in state.said if said[1] <= views), state.shown)


class Offer(NamedTuple):
    """An event that anybody may meet, and, of votes, whose they are."""

    event: Event
    voters: tuple[int, ...]


def votes_of(world: World, publics: Sequence[Public]) -> dict[Said, tuple[int, ...]]:
    """Which honest members said a thing."""
    found: dict[Said, tuple[int, ...]] = {}
    for member, public in zip(world.honest, publics, strict=True):
        for said in public.said:
            found[said] = (*found.get(said, ()), member)
    return found


class Bounds(NamedTuple):
    """How far a walk goes: ``views`` in which anything is proposed, ``ended`` of them to the end;
    ``crashes`` of all members together."""

    views: int
    ended: int
    crashes: int = 0


def offers(world: World, publics: Sequence[Public], bounds: Bounds) -> list[Offer]:
    """What may reach anyone now, in a fixed order; no votes of views that do not end."""
    votes = votes_of(world, publics)
    found = []
    for said in sorted(votes, key=repr):
        kind, view, digest = said
        if kind == Kind.PROPOSE and digest is not None:
            found.append(Offer(Shown(digest), ()))
        if kind in VOTES and len(votes[said]) >= 2 and view <= bounds.ended:
            voters = (world.liar, *votes[said])
            found.append(Offer(Quorum(Kind(kind), view, digest), voters))
    found += [Offer(Shown(digest), ()) for digest in _lies(world, publics, votes, bounds.views)]
    return found


def _lies(
    world: World, publics: Sequence[Public], votes: dict[Said, tuple[int, ...]], views: int
) -> Iterator[bytes]:
    """The liar's blocks: on genesis, and on all that may be notarized. Others would wait."""
    used = {digest for public in publics for digest in public.shown}
    used |= {digest for _, _, digest in votes if digest is not None}
    notarized = [
        digest
        for (kind, _, digest), voters in sorted(votes.items(), key=repr)
        if kind == Kind.NOTARIZE and len(voters) >= 2 and digest is not None
    ]
    for view in range(1, views + 1):
        if world.leader(view) != world.liar:
            continue
        for parent in [world.genesis_digest, *notarized]:
            if world.view_of(parent) >= view:
                continue
            pair = [world.lie(view, parent, which) for which in (0, 1)]
            yield pair[0]
            if used & set(pair):
                yield pair[1]


def own_choices(state: State, bounds: Bounds, may_crash: bool) -> list[Offer]:
    """What may happen to one member whatever others said."""
    found = [Offer(Answered(digest), ()) for digest in state.wanted]
    if state.view <= bounds.ended:
        found.append(Offer(Deadline(state.view), ()))
    if may_crash:
        found.append(Offer(Crash(state.crashes + 1), ()))
    return found
