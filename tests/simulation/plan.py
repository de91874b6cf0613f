"""What a seed draws: the network's size and parameters, who is Byzantine, and all that fails.

A plan is data; the cluster carries it out. Times are milliseconds after the start.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from msgspec.structs import replace

from primitives.genesis import Parameters
from tests.builders import PARAMETERS
from tests.simulation.machine import Pace
from tests.simulation.network import Weather

REAL_KEYS_EVERY: Final = 25
"""One seed in so many signs with Ed25519."""
SHORT_MS: Final = 60_000
"""A shorter settlement cycle closes within a run."""
TURNOVER: Final = 0.4
CHANGES: Final = ("lost", "lost", "announced", "comes", "leaves", "removed", "upgraded")
ADVERSARIES: Final = (
    *("none", "none", "none"),
    *("twin", "twin"),
    *("withholder", "mute", "skipper", "forger"),
    *("nuller", "flooder", "forker", "pusher", "liar", "stale"),
)


class Crash(NamedTuple):
    """Endpoints lose power, and start again after a while. ``in_sync``: not at that moment, but
    when the next sync is under way: between writing and knowing that it is written."""

    at_ms: int
    endpoints: tuple[int, ...]
    down_ms: int
    in_sync: bool


class Partition(NamedTuple):
    """Nothing passes between the two sides; ``one_way``: or only from the second to the first.
    ``silent``: nobody is told that connections broke or came back."""

    at_ms: int
    side: tuple[int, ...]
    lasts_ms: int
    one_way: bool
    silent: bool


class Jump(NamedTuple):
    """A clock is set."""

    at_ms: int
    endpoint: int
    skew_ms: int


class Storm(NamedTuple):
    """The weather changes."""

    at_ms: int
    weather: Weather


Fault = Crash | Partition | Jump | Storm


class Turn(NamedTuple):
    """A change begins to be spoken of: ``lost`` and ``announced`` are another key of a partner's,
    ``leaves`` and ``removed`` its end, ``comes`` a newcomer's beginning; ``upgraded`` is another
    protocol version, which the partner proposes."""

    at_ms: int
    change: str
    partner: int


class Plan(NamedTuple):
    """A whole run."""

    seed: int
    members: int
    real_keys: bool
    parameters: Parameters
    adversary: str
    byzantine: int
    paces: tuple[Pace, ...]
    skews_ms: tuple[int, ...]
    faults: tuple[Fault, ...]
    storm_ms: int
    people: int
    transfers: int
    turnover: tuple[Turn, ...] = ()
    fragile: int = -1
    """The endpoint that may lose its store, if there is one. It is honest: with a liar, that is as
    many as are borne."""
    keeps_ms: tuple[int | None, ...] = ()
    """How much of the past each endpoint keeps, in milliseconds of block time; None: everything."""
    archive: int = -1
    """Who keeps everything, is honest and never loses it, where others let go of it."""
    upgraded: tuple[int, ...] = ()
    """Endpoints on which the release that knows the next protocol version is installed from the
    start; others are upgraded when they stop."""

    @property
    def closes(self) -> bool:
        """Whether settlement cycles close within the run."""
        return self.parameters.settlement_cycle_ms < SHORT_MS

    @property
    def partners(self) -> int:
        """Founders, and those who come later; each has an endpoint."""
        return self.members + any(turn.change == "comes" for turn in self.turnover)

    @property
    def endpoints(self) -> int:
        """One a partner; a twin has two."""
        return self.partners + (self.adversary == "twin")


def plan_of(seed: int) -> Plan:
    """The plan of a seed."""
    rng = Random(f"plan {seed}")
    members = rng.choices((4, 5, 6, 7, 10, 1), (86, 4, 2, 4, 2, 2))[0]
    adversary = rng.choice(ADVERSARIES) if members > 3 else "none"
    storm_ms = rng.randint(2_500, 5_000)
    plan = Plan(
        seed=seed,
        members=members,
        real_keys=seed % REAL_KEYS_EVERY == REAL_KEYS_EVERY - 1,
        parameters=_with_deadlines(_parameters(rng), Random(f"plan {seed} deadlines")),
        adversary=adversary,
        byzantine=rng.randrange(members) if adversary != "none" else -1,
        paces=(),
        skews_ms=(),
        faults=(),
        storm_ms=storm_ms,
        people=rng.randint(3, 5),
        transfers=rng.randint(2, 4),
    )
    plan = _with_turnover(plan, Random(f"plan {seed} turnover"))
    everyone = range(plan.endpoints)
    plan = plan._replace(
        paces=tuple(_pace(rng) for _ in everyone),
        skews_ms=tuple(rng.randint(-150, 150) for _ in everyone),
        faults=_relapse(rng, plan, _faults(rng, plan)),
        upgraded=tuple(e for e in everyone if rng.random() < 0.4),
        fragile=_fragile(rng, plan),
    )
    archive, keeps_ms = _keeps(Random(f"plan {seed} pruning"), plan)
    return plan._replace(archive=archive, keeps_ms=keeps_ms)


def _fragile(rng: Random, plan: Plan) -> int:
    """Alone, one that lost the chain could ask nobody for it."""
    honest = [e for e in range(plan.members) if e != plan.byzantine]
    return rng.choice(honest) if plan.members > 1 else -1


def _keeps(rng: Random, plan: Plan) -> tuple[int, tuple[int | None, ...]]:
    """In half of all runs most let go of what is old, and one, who stays a member, does not."""
    going = {turn.partner for turn in plan.turnover if turn.change in ("leaves", "removed")}
    unfit = going | {plan.byzantine, plan.fragile}
    archives = [endpoint for endpoint in range(plan.members) if endpoint not in unfit]
    if rng.random() < 0.5 or not archives:
        return -1, (None,) * plan.endpoints
    archive = rng.choice(archives)
    return archive, tuple(
        rng.choice((0, 500, 2_000)) if rng.random() < 0.8 and endpoint != archive else None
        for endpoint in range(plan.endpoints)
    )


def _relapse(rng: Random, plan: Plan, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Who is to come back with an old disk has to fall first: in the midst of all, and once more
    when it is surely up."""
    if plan.adversary != "stale":
        return faults
    over_ms = max([plan.storm_ms, *map(end_of, faults)])
    falls = (rng.randint(1_500, plan.storm_ms), over_ms + 200)
    return (*faults, *(Crash(at_ms, (plan.byzantine,), 300, in_sync=False) for at_ms in falls))


def _parameters(rng: Random) -> Parameters:
    return replace(
        PARAMETERS,
        lag_bound=rng.choice((1, 2, 2, 4, 8)),
        lane_batches=rng.choice((2, 4, 16)),
        view_timeout_ms=400,
        view_timeout_limit_ms=3_200,
        empty_block_ms=50,
        standstill_ms=500,
        beat_ms=5_000,
    )


def _with_deadlines(parameters: Parameters, rng: Random) -> Parameters:
    """In half of all runs partners square their accounts every few seconds, for ever; in the others
    nothing falls due, and the network has to fall silent."""
    if rng.random() < 0.5:
        return parameters
    return replace(
        parameters,
        settlement_cycle_ms=rng.choice((2_000, 3_000, 5_000)),
        payment_term_ms=rng.choice((500, 1_500, 4_000)),
        confirmation_ms=rng.choice((400, 1_000)),
        dispute_ms=rng.choice((800, 2_000)),
        order_dispute_ms=rng.choice((800, 2_000)),
        rate_notice_ms=300,
    )


def _with_turnover(plan: Plan, rng: Random) -> Plan:
    """In two of five runs members come, go, or change keys, and epochs end.

    As many of them as lie or leave at once are borne: a network of four with a liar keeps all four.
    """
    if rng.random() > TURNOVER:
        return plan
    spare = plan.members - (4 if plan.adversary != "none" else 2)
    turns = [Turn(rng.randint(50, 2_000), "lost", rng.randrange(plan.members))]
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        if change in ("leaves", "removed"):
            if spare <= 0:
                continue
            spare -= 1
        if change in ("comes", "upgraded") and any(turn.change == change for turn in turns):
            continue
        partner = plan.members if change == "comes" else rng.randrange(plan.members)
        turns.append(Turn(rng.randint(50, plan.storm_ms + 3_000), change, partner))
    parameters = replace(
        plan.parameters,
        epoch_minimum_ms=rng.choice((1_100, 2_000, 4_000)),
        voting_ms=8_000,
        increase_delay_ms=300,
        timelock_ms=rng.choice((300, 1_500)),
    )
    return plan._replace(parameters=parameters, turnover=tuple(turns))


def _pace(rng: Random) -> Pace:
    """Most machines are quick; some have a slow disk, some execute slower than is ordered."""
    slow_disk = rng.random() < 0.15
    slow_execution = rng.random() < 0.25
    return Pace(
        sync=(5, 60) if slow_disk else (0, 4),
        check=(0, rng.choice((2, 10, 60))),
        execute=(80, 250) if slow_execution else (0, 3),
    )


def _faults(rng: Random, plan: Plan) -> tuple[Fault, ...]:
    end = plan.storm_ms
    faults: list[Fault] = [Storm(0, _weather(rng))]
    everyone = list(range(plan.endpoints))
    for _ in range(rng.choice((0, 1, 1, 2, 3)) if plan.members > 1 else 2):
        down = rng.choice((50, 300, 1_500, 4_000))
        many = rng.choice((1, 1, 1, 1, rng.randint(1, len(everyone)), len(everyone)))
        chosen = tuple(sorted(rng.sample(everyone, many)))
        faults.append(
            Crash(rng.randint(50, end), chosen, down, plan.members > 1 and rng.random() < 0.5)
        )
    for _ in range(rng.choice((0, 1, 2, 3)) if plan.members > 1 else 0):
        side = tuple(sorted(rng.sample(everyone, rng.randint(1, max(1, len(everyone) // 2)))))
        lasts, one_way = rng.randint(200, 2_000), rng.random() < 0.25
        at = rng.randint(0, end - 200)
        faults.append(Partition(at, side, lasts, one_way, rng.random() < 0.4))
    if rng.random() < 0.2:
        endpoint = rng.choice(everyone)
        faults.append(Jump(rng.randint(100, end), endpoint, rng.randint(-200, 200)))
    return tuple(sorted(faults, key=lambda fault: fault.at_ms))


def _weather(rng: Random) -> Weather:
    kind = rng.randrange(4)
    delay = rng.choice(((1, 5), (1, 30), (10, 60)))
    if kind == 0:
        return Weather(delay, slow_ms=300, slow=50, lost=0, twice=20)
    if kind == 1:
        return Weather(delay, slow_ms=150, slow=100, lost=rng.randint(1, 50), twice=30)
    if kind == 2:
        return Weather(delay, slow_ms=1_000, slow=30, lost=rng.randint(50, 250), twice=0)
    return Weather(delay, slow_ms=0, slow=0, lost=rng.randint(1, 20), twice=100)


def end_of(fault: Fault) -> int:
    """When a fault is over, in milliseconds after the start."""
    match fault:
        case Crash():
            return fault.at_ms + fault.down_ms
        case Partition():
            return fault.at_ms + fault.lasts_ms
        case _:
            return fault.at_ms
