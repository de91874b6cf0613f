"""Breadth first through every state of the network, each once.

What a member becomes depends on it and on the input alone, so each member's step is taken once and
remembered. And what it does without saying anything is seen by nobody, while what it may meet only
grows: so its silent steps are put off until the moment before it speaks, and a state of the network
is three members who have just spoken. What silent steps commit is checked on the way.

Memory: a dictionary entry a state of the network, a pickle a state of a member; ``most_states``
bounds the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from primitives.vote import Kind
from tests.exploration.checks import check_certificates, check_committed, check_grounds, grounds
from tests.exploration.choices import (
    Bounds,
    Offer,
    Public,
    events_of,
    offers,
    own_choices,
    public_of,
)
from tests.exploration.freezer import Freezer
from tests.exploration.member import Event, Member, Said, State, Wrong
from tests.exploration.world import World

SHIFT = 24
MASK = (1 << SHIFT) - 1
Place = tuple[int, int, int]


class Found(NamedTuple):
    """What a walk came to. ``complete``: nothing within the bounds was left out."""

    states: int
    steps: int
    depth: int
    member_states: tuple[int, ...]
    member_steps: int
    complete: bool
    longest_chain: int
    wrong: str
    trace: tuple[str, ...]


class Walk:
    """One search, within bounds."""

    def __init__(self, world: World, bounds: Bounds) -> None:
        self._world = world
        self._bounds = bounds
        self._freezer = Freezer()
        self._states: list[State] = []
        self._frozen: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._next: list[dict[Event, int]] = []
        self._grounds: list[frozenset[Event]] = []
        self._publics: list[int] = []
        self._heard: list[int] = []
        self._heard_numbers: dict[frozenset[Said], int] = {}
        self._public_numbers: dict[Public, int] = {}
        self._seen: list[Public] = []
        self._offers: dict[int, int] = {}
        self._offer_numbers: dict[tuple[Event, ...], int] = {}
        self._spoken: dict[tuple[int, int, bool], tuple[int, ...]] = {}
        self._from: dict[int, int] = {}
        self._awake: tuple[int, Member] | None = None
        self._steps = 0
        self._member_steps = 0

    def run(self, most_states: int, tell: Callable[[int, int], None] | None = None) -> Found:
        """Walk until nothing is new, something is wrong, or the bound is met; ``tell`` hears of
        each depth and the states so far."""
        depth, place = 0, self._start()
        frontier = [_packed(place)]
        self._from[frontier[0]] = -1
        try:
            while frontier and len(self._from) < most_states:
                frontier = self._level(frontier)
                depth += bool(frontier)
                if tell is not None:
                    tell(depth, len(self._from))
        except _Stopped as stopped:
            return self._found(depth, complete=False, stopped=stopped)
        return self._found(depth, complete=not frontier, stopped=None)

    def heard(self) -> Iterator[tuple[frozenset[Said], ...]]:
        """What honest members have said, as far as others hear of it, in each state."""
        for packed in self._from:
            yield tuple(self._seen[self._publics[number]].said for number in _unpacked(packed))

    def _start(self) -> Place:
        numbers = []
        for me in self._world.honest:
            member = Member(self._world, me)
            member.begin()
            numbers.append(self._number(member))
        return (numbers[0], numbers[1], numbers[2])

    def _level(self, frontier: list[int]) -> list[int]:
        reached, known = [], self._from
        for packed in frontier:
            place = _unpacked(packed)
            try:
                for following in self._after(place):
                    self._steps += 1
                    if following not in known:
                        known[following] = packed
                        reached.append(following)
            except (Wrong, AssertionError) as error:
                raise _Stopped(packed, error) from error
        return reached

    def _after(self, place: Place) -> list[int]:
        """Every state in which one member has spoken. Raises ``Wrong``, or what engines assert."""
        a, b, c = place
        publics = (self._publics[a], self._publics[b], self._publics[c])
        packed_publics = _packed(publics)
        offered = self._offers.get(packed_publics)
        if offered is None:
            offered = self._offers[packed_publics] = self._look(publics)
        states, packed = self._states, _packed(place)
        may_crash = states[a].crashes + states[b].crashes + states[c].crashes < self._bounds.crashes
        reached = []
        for seat, number in enumerate(place):
            key = (number, offered, may_crash)
            spoken = self._spoken.get(key)
            if spoken is None:
                spoken = self._spoken[key] = self._speak(number, publics, may_crash)
            reached += [packed + ((following - number) << SHIFT * seat) for following in spoken]
        return reached

    def _look(self, publics: Place) -> int:
        """The number of what may be met: many states offer the same."""
        check_certificates(self._world, [self._seen[number] for number in publics])
        events = events_of(self._offered(publics))
        return self._offer_numbers.setdefault(events, len(self._offer_numbers))

    def _offered(self, publics: Place) -> list[Offer]:
        return offers(self._world, [self._seen[number] for number in publics], self._bounds)

    def _speak(self, number: int, publics: Place, may_crash: bool) -> tuple[int, ...]:
        """All that a member may be when it has spoken next, after any silent steps."""
        common = self._offered(publics)
        met = frozenset(events_of(common))
        silent, spoken = {number: None}, dict[int, None]()
        waiting = [number]
        crashes = self._states[number].crashes
        while waiting:
            state = self._states[here := waiting.pop()]
            check_committed(self._world, state.committed, met)
            check_grounds(self._grounds[here], met)
            may_die = may_crash and state.crashes == crashes
            known = self._next[here]
            for offer in (*common, *own_choices(state, self._bounds, may_die)):
                following = known.get(offer.event)
                if following is None:
                    following = self._step(here, offer)
                if self._is_heard(number, following):
                    spoken[following] = None
                elif following not in silent:
                    silent[following] = None
                    waiting.append(following)
        return tuple(spoken)

    def _is_heard(self, number: int, following: int) -> bool:
        """Whether a member has said more that may reach anybody."""
        return self._heard[following] != self._heard[number]

    def _step(self, number: int, offer: Offer) -> int:
        self._member_steps += 1
        member = self._wake(number)
        following = number
        if not member.ignores(offer.event, offer.voters):
            self._awake = None
            member.take(offer.event, offer.voters)
            following = self._number(member)
        self._next[number][offer.event] = following
        return following

    def _wake(self, number: int) -> Member:
        """The member of a state; the last one again if it was only asked."""
        if self._awake is None or self._awake[0] != number:
            self._awake = (number, self._freezer.thaw(self._frozen[number]))
        return self._awake[1]

    def _number(self, member: Member) -> int:
        state = member.state(self._bounds.crashes)
        number = self._numbers.get(state.key)
        if number is None:
            number = self._numbers[state.key] = len(self._states)
            assert number < MASK
            self._states.append(state)
            self._frozen.append(self._freezer.freeze(member))
            self._next.append({})
            self._grounds.append(grounds(self._world, state.said, self._bounds.ended))
            public = public_of(state, self._bounds)
            if public not in self._public_numbers:
                self._public_numbers[public] = len(self._seen)
                self._seen.append(public)
            self._publics.append(self._public_numbers[public])
            heard = self._heard_numbers.setdefault(public.said, len(self._heard_numbers))
            self._heard.append(heard)
        return number

    def _found(self, depth: int, *, complete: bool, stopped: _Stopped | None) -> Found:
        by_member = [sum(s.me == me for s in self._states) for me in self._world.honest]
        wrong = "" if stopped is None else f"{type(stopped.error).__name__}: {stopped.error}"
        return Found(
            states=len(self._from),
            steps=self._steps,
            depth=depth,
            member_states=tuple(by_member),
            member_steps=self._member_steps,
            complete=complete,
            longest_chain=max(len(state.committed) for state in self._states),
            wrong=wrong,
            trace=() if stopped is None else self._trace(stopped.packed),
        )

    def _trace(self, packed: int) -> tuple[str, ...]:
        """What was said on the way to a state, a line each."""
        lines: list[str] = []
        while (before := self._from[packed]) != -1:
            for member, was, now in zip(
                self._world.honest, _unpacked(before), _unpacked(packed), strict=True
            ):
                new = self._states[now].said - self._states[was].said
                said = [
                    f"{Kind(k).name} {v} {self._world.name(d)}" for k, v, d in sorted(new, key=repr)
                ]
                lines += [f"member {member}: {', '.join(said)}"] if said else []
            packed = before
        return tuple(reversed(lines))


class _Stopped(Exception):
    """Something is wrong after a state."""

    def __init__(self, packed: int, error: Exception) -> None:
        super().__init__(str(error))
        self.packed = packed
        self.error = error


def _packed(place: Place) -> int:
    return place[0] | place[1] << SHIFT | place[2] << (2 * SHIFT)


def _unpacked(packed: int) -> Place:
    return packed & MASK, packed >> SHIFT & MASK, packed >> (2 * SHIFT)
