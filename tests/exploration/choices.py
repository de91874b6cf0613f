"""What may happen next, given what honest members have said. Knows no engine.

Everything that was said may reach anyone at any time. The liar adds its vote wherever two honest
ones are there, and shows the blocks that its engine would never have made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from primitives.vote import Kind
from tests.exploration.member import (
    Answered,
    Crash,
    Deadline,
    Event,
    Quorum,
    Said,
    Shown,
    State,
    order,
)
from tests.exploration.world import VOTES, World


class Public(NamedTuple):
    """What others can see of a member."""

    said: frozenset[Said]
    shown: frozenset[bytes]


class Bounds(NamedTuple):
    """How far a walk goes: ``views`` in which anything is proposed, ``ended`` of them to the end;
    ``crashes`` of all members together."""

    views: int
    ended: int
    crashes: int = 0

    def is_heard(self, said: Said) -> bool:
        """Whether it may reach anybody: votes of views that end, proposals of all."""
        kind, view, _ = said
        return view <= (self.views if kind == Kind.PROPOSE else self.ended)


def public_of(state: State, bounds: Bounds) -> Public:
    """Of a state."""
    return Public(frozenset(filter(bounds.is_heard, state.said)), state.shown)


class Offer(NamedTuple):
    """An event that anybody may meet, and, of votes, whose they are."""

    event: Event
    voters: tuple[int, ...]


def events_of(offered: Sequence[Offer]) -> tuple[Event, ...]:
    """Without whose votes they are."""
    return tuple(offer.event for offer in offered)


def votes_of(world: World, publics: Sequence[Public]) -> dict[Said, tuple[int, ...]]:
    """Which honest members said a thing."""
    found: dict[Said, tuple[int, ...]] = {}
    for member, public in zip(world.honest, publics, strict=True):
        for said in public.said:
            found[said] = (*found.get(said, ()), member)
    return found


def offers(world: World, publics: Sequence[Public], bounds: Bounds) -> list[Offer]:
    """What may reach anyone now, in a fixed order."""
    votes = votes_of(world, publics)
    found = []
    for said in sorted(votes, key=order):
        kind, view, digest = said
        if kind == Kind.PROPOSE and digest is not None:
            found.append(Offer(Shown(digest), ()))
        if kind in VOTES and len(votes[said]) >= 2:
            voters = (world.liar, *votes[said])
            found.append(Offer(Quorum(Kind(kind), view, digest), voters))
    found += [Offer(Shown(digest), ()) for digest in _lies(world, publics, votes, bounds)]
    return found


def _lies(
    world: World, publics: Sequence[Public], votes: dict[Said, tuple[int, ...]], bounds: Bounds
) -> Iterator[bytes]:
    """The liar's blocks: on genesis, and on all that may be notarized. Others would wait."""
    used = {digest for public in publics for digest in public.shown}
    used |= {digest for _, _, digest in votes if digest is not None}
    notarized = [
        digest
        for (kind, _, digest), voters in sorted(votes.items(), key=lambda item: order(item[0]))
        if kind == Kind.NOTARIZE and len(voters) >= 2 and digest is not None
    ]
    for view in range(1, bounds.views + 1):
        if world.leader(view) != world.liar:
            continue
        for parent in [world.genesis_digest, *notarized]:
            if world.view_of(parent) < view:
                pair = (world.lie(view, parent, 0), world.lie(view, parent, 1))
                # Of a view whose votes are not heard nobody could tell that the first was used.
                both = view > bounds.ended or is_used(pair, used)
                yield from pair if both else pair[:1]


def is_used(pair: tuple[bytes, bytes], used: set[bytes]) -> bool:
    """Whether a lie was shown or voted for: then it can be told from the other one."""
    return not used.isdisjoint(pair)


def own_choices(state: State, bounds: Bounds, may_crash: bool) -> list[Offer]:
    """What may happen to one member whatever others said."""
    found = [Offer(Answered(digest), ()) for digest in state.wanted]
    if state.view <= bounds.ended:
        found.append(Offer(Deadline(state.view), ()))
    if may_crash:
        found.append(Offer(Crash(state.crashes + 1), ()))
    return found
