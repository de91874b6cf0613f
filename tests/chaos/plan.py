"""What a seed draws: which faults strike, when, for how long. Knows no process and no socket.

A plan is data. Times are milliseconds after the start of the load; nodes are places among the
founders' codes. Everything ends, and after the last end the network is left alone for long enough.
When a quorum is connected follows from the plan alone, not from what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, pairwise
from random import Random
from typing import Final, NamedTuple

from benchmarks.proxy import Weather

NODES: Final = 4
QUORUM: Final = 3
WARM_UP_MS: Final = 3_000
RECOVERY_MS: Final = 8_000
"""What a node may take to be of use again after a fault: it starts, dials after a pause of up to
five seconds, hears what it missed, and a view or two pass in which it does not vote."""
REST_MS: Final = RECOVERY_MS + 500
TAIL_MS: Final = 12_000
"""The last end of a fault is so long before the end of the load."""
RESET_EVERY_MS: Final = 400
HASTE: Final = 0.25
"""How often the next victim is struck before the one before it has recovered."""


class Kill(NamedTuple):
    """``kill -9``; started again at the end."""

    at_ms: int
    lasts_ms: int
    nodes: tuple[int, ...]


class Freeze(NamedTuple):
    """SIGSTOP; SIGCONT at the end."""

    at_ms: int
    lasts_ms: int
    nodes: tuple[int, ...]


class Cut(NamedTuple):
    """Nothing passes between a side and the others, or, ``one_way``, in one direction only."""

    at_ms: int
    lasts_ms: int
    side: tuple[int, ...]
    one_way: str
    """What is held: ``both``, or what goes ``to`` the side, or comes ``from`` it."""


class Resets(NamedTuple):
    """Every connection between a side and the others is reset every RESET_EVERY_MS."""

    at_ms: int
    lasts_ms: int
    side: tuple[int, ...]


class Slow(NamedTuple):
    """All ways have this weather; a quorum is connected all the same."""

    at_ms: int
    lasts_ms: int
    weather: Weather


Fault = Kill | Freeze | Cut | Resets | Slow
Span = tuple[int, int]
Link = tuple[int, int]
"""Two nodes; as a way: from, to."""


class Plan(NamedTuple):
    """A whole run. ``rate``: transfers a second."""

    seed: int
    seconds: int
    rate: int
    faults: tuple[Fault, ...]


def plan_of(seed: int, seconds: int, rate: int) -> Plan:
    """The plan of a seed. ValueError if not even one victim fits into so few seconds."""
    rng = Random(f"chaos {seed}")
    end_ms = seconds * 1000 - TAIL_MS
    strikes = tuple(_strikes(rng, end_ms))
    if not strikes:
        raise ValueError(f"{seconds} s are too few")
    slow = _slow(Random(f"chaos {seed} slow"), end_ms)
    faults = sorted((*strikes, *slow), key=lambda fault: (fault.at_ms, end_of(fault)))
    return Plan(seed, seconds, rate, tuple(faults))


def end_of(fault: Fault) -> int:
    """When a fault is over."""
    return fault.at_ms + fault.lasts_ms


def _strikes(rng: Random, end_ms: int) -> Iterator[Fault]:
    """A victim, then too many of them or all, then another victim, and so on, until the end."""
    victims, mild, severe = _Deck(rng, range(NODES)), _Deck(rng, _MILD), _Deck(rng, _SEVERE)
    at_ms, turn = WARM_UP_MS, 0
    while True:
        found: list[Fault] = []
        now_ms = at_ms
        if turn % 3 == 1:
            found.append(_severe(rng, now_ms, severe.draw()))
        else:
            victim = victims.draw()
            for _ in range(rng.choice((2, 2, 3))):
                found.append(_mild(rng, now_ms, mild.draw(), victim))
                now_ms = end_of(found[-1]) + rng.randint(300, 1_500)
        fitting = [fault for fault in found if end_of(fault) <= end_ms]
        yield from fitting
        if fitting != found:
            return
        over_ms = end_of(found[-1])
        hasty = turn % 3 == 2 and rng.random() < HASTE
        at_ms = over_ms + (rng.randint(500, 3_000) if hasty else REST_MS + rng.randint(500, 3_500))
        turn += 1


_MILD: Final = ("kill", "kill", "freeze", "alone", "deaf", "mute", "resets")
_SEVERE: Final = ("kill two", "kill all", "halves", "freeze two")


class _Deck:
    """Draws everything once before anything twice."""

    def __init__(self, rng: Random, cards: Iterable[object]) -> None:
        self._rng, self._cards = rng, list(cards)
        self._left: list[object] = []

    def draw(self) -> object:
        if not self._left:
            self._left = self._rng.sample(self._cards, len(self._cards))
        return self._left.pop()


def _mild(rng: Random, at_ms: int, kind: object, victim: object) -> Fault:
    assert isinstance(victim, int)
    lasts_ms = rng.choice((1_000, 2_000, 3_000, 3_000, 5_000))
    side = (victim,)
    match kind:
        case "kill":
            return Kill(at_ms, lasts_ms, side)
        case "freeze":
            return Freeze(at_ms, rng.choice((lasts_ms, lasts_ms, 12_000)), side)
        case "alone":
            return Cut(at_ms, rng.choice((lasts_ms, lasts_ms, 12_000)), side, "both")
        case "deaf":
            return Cut(at_ms, lasts_ms, side, "to")
        case "mute":
            return Cut(at_ms, lasts_ms, side, "from")
        case _:
            return Resets(at_ms, lasts_ms, side)


def _severe(rng: Random, at_ms: int, kind: object) -> Fault:
    lasts_ms = rng.choice((2_000, 3_000, 5_000))
    two = tuple(sorted(rng.sample(range(NODES), 2)))
    match kind:
        case "kill two":
            return Kill(at_ms, lasts_ms, two)
        case "kill all":
            return Kill(at_ms, lasts_ms, tuple(range(NODES)))
        case "halves":
            return Cut(at_ms, lasts_ms, two, "both")
        case _:
            return Freeze(at_ms, lasts_ms, two)


def _slow(rng: Random, end_ms: int) -> Iterator[Slow]:
    """Bad weather now and again, whatever else happens."""
    at_ms = rng.randint(0, 6_000)
    while True:
        lasts_ms = rng.randint(5_000, 12_000)
        if at_ms + lasts_ms > end_ms:
            return
        weather = Weather(
            delay_ms=rng.choice((5, 20, 60)),
            jitter_ms=rng.choice((0, 10, 40)),
            lost_permille=rng.choice((0, 10, 30)),
            bytes_per_second=rng.choice((0, 0, 500_000)),
        )
        yield Slow(at_ms, lasts_ms, weather)
        at_ms += lasts_ms + rng.randint(4_000, 12_000)


# --- what is so at a moment -------------------------------------------------------------------


class Moment(NamedTuple):
    """What the plan wants to be so between two moments at which something changes."""

    killed: frozenset[int]
    frozen: frozenset[int]
    weather: dict[Link, Weather]
    """Of every way between nodes."""
    resets: frozenset[Link]
    """Pairs, the lower first."""


def moments(plan: Plan) -> list[tuple[int, Moment]]:
    """Every change of what is so, by time, from 0 on; after the last one all is well."""
    times = {0, *(fault.at_ms for fault in plan.faults), *map(end_of, plan.faults)}
    return [(at_ms, moment(plan, at_ms)) for at_ms in sorted(times)]


def moment(plan: Plan, at_ms: int) -> Moment:
    """What is so at a time."""
    killed: set[int] = set()
    frozen: set[int] = set()
    resets: set[Link] = set()
    slow, stalled = Weather(), set[Link]()
    for fault in plan.faults:
        if not fault.at_ms <= at_ms < end_of(fault):
            continue
        match fault:
            case Kill(nodes=nodes):
                killed.update(nodes)
            case Freeze(nodes=nodes):
                frozen.update(nodes)
            case Cut():
                stalled.update(stalled_by(fault))
            case Resets(side=side):
                resets.update(across(side))
            case Slow():
                slow = fault.weather
    weather = {way: _held(slow) if way in stalled else slow for way in WAYS}
    return Moment(frozenset(killed), frozenset(frozen), weather, frozenset(resets))


WAYS: Final = tuple((a, b) for a in range(NODES) for b in range(NODES) if a != b)


def _held(weather: Weather) -> Weather:
    return Weather(
        weather.delay_ms,
        weather.jitter_ms,
        weather.lost_permille,
        weather.bytes_per_second,
        stalled=True,
    )


def across(side: Iterable[int]) -> Iterator[Link]:
    """The pairs between a side and the others, the lower node first."""
    one = set(side)
    return ((a, b) for a, b in combinations(range(NODES), 2) if (a in one) != (b in one))


def stalled_by(cut: Cut) -> Iterator[Link]:
    """The ways that a cut holds."""
    for a, b in WAYS:
        into, out = b in cut.side and a not in cut.side, a in cut.side and b not in cut.side
        if (into and cut.one_way != "from") or (out and cut.one_way != "to"):
            yield a, b


# --- when a quorum is connected ---------------------------------------------------------------


def connected(plan: Plan) -> list[Span]:
    """The spans in which, by the plan, a quorum is up and connected both ways, each of its pairs,
    and every node and pair of it has had RECOVERY_MS since anything was done to it."""
    away, broken = _outages(plan)
    end_ms = plan.seconds * 1000
    edges = {0, end_ms}
    for outage in chain(*away.values(), *broken.values()):
        edges.update(min(edge, end_ms) for edge in outage)
    spans: list[Span] = []
    for begin, end in pairwise(sorted(edges)):
        if not _has_quorum(begin, away, broken):
            continue
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans


def _outages(plan: Plan) -> tuple[dict[int, list[Span]], dict[Link, list[Span]]]:
    """When each node, and each pair, cannot be counted on."""
    away: dict[int, list[Span]] = {node: [] for node in range(NODES)}
    broken: dict[Link, list[Span]] = {pair: [] for pair in combinations(range(NODES), 2)}
    for fault in plan.faults:
        span = (fault.at_ms, end_of(fault) + RECOVERY_MS)
        match fault:
            case Kill(nodes=nodes) | Freeze(nodes=nodes):
                for node in nodes:
                    away[node].append(span)
            case Cut(side=side) | Resets(side=side):
                for pair in across(side):
                    broken[pair].append(span)
            case Slow():
                pass
    return away, broken


def _has_quorum(at_ms: int, away: dict[int, list[Span]], broken: dict[Link, list[Span]]) -> bool:
    def touches(spans: list[Span]) -> bool:
        return any(begin <= at_ms < end for begin, end in spans)

    up = [node for node, spans in away.items() if not touches(spans)]
    return any(
        not any(touches(broken[pair]) for pair in combinations(quorum, 2))
        for quorum in combinations(up, QUORUM)
    )


def inside(spans: Iterable[Span], at_ms: float) -> bool:
    """Whether a moment is in one of these spans."""
    return any(begin <= at_ms < end for begin, end in spans)
