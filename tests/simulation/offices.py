"""What the retailers' admins and the settlement custodian say while a run goes on. Knows no state.

They speak of the first cycles without having looked: most of it is refused, which is as final as
anything, and now and then an admin pays, confirms or disputes what is really owed. What nobody
speaks of falls due by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from primitives.actions import (
    Action,
    ProgrammeOpen,
    ProgrammeSetRate,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
)
from primitives.genesis import Parameters
from primitives.transaction import Decoded
from tests.builders import BONUS, GENESIS_TIME, JUDGE, an_action, an_id
from tests.people import Person
from tests.simulation.clients import Clients, Market
from tests.simulation.machine import START_MS

CYCLES = 3
LATEST_MS = 600
"""How long after a closing somebody speaks of it."""
EXTRA = "extra"
"""A programme that nobody deposits into, so that its rate may change."""


def open_offices(clients: Clients, market: Market, parameters: Parameters, rng: Random) -> None:
    """Have everyone speak of each of the first cycles soon after it closed, in a channel for it."""
    judge = market.keys.person(f"custodian of {JUDGE}")
    admins = [market.keys.person(f"admin of {code}") for code in market.codes]
    for code, admin in zip(market.codes, admins, strict=True):
        words = _signed(admin, 0, _programme(code, rng), market.chain)
        clients.add(words, rng.randint(100, 3_000))
    for cycle in range(1, CYCLES + 1):
        closes_ms = GENESIS_TIME + cycle * parameters.settlement_cycle_ms - START_MS
        for admin in admins:
            words = _signed(admin, cycle, _settlement(cycle, rng), market.chain)
            clients.add(words, closes_ms + rng.randint(0, LATEST_MS))
        said = SettlementStatement(cycle, 0, rng.random() < 0.5)
        later_ms = closes_ms + rng.randint(LATEST_MS, 3 * LATEST_MS)
        clients.add(_signed(judge, cycle, [said], market.chain), later_ms)


def _signed(person: Person, channel: int, words: list[Action], chain: bytes) -> Iterator[Decoded]:
    for sequence, action in enumerate(words):
        yield an_action(person, action, channel=channel, sequence=sequence, chain=chain)


def _settlement(cycle: int, rng: Random) -> list[Action]:
    """As a debtor might, then as a creditor might."""
    place = rng.choice((0, 0, 0, 1))
    words: list[Action] = []
    if rng.random() < 0.7:
        words.append(SettlementPay(cycle, place, an_id(f"payment {cycle} {place}")))
    words.append(rng.choice((SettlementConfirm, SettlementDispute))(cycle, place))
    return words


def _programme(code: str, rng: Random) -> list[Action]:
    """A further programme, and a worse rate for it in a while; too soon, and it is refused."""
    opened = ProgrammeOpen(
        partner=code,
        programme=EXTRA,
        name="Extra points",
        point="point",
        terms_hash=BONUS.terms_hash,
        terms_url=BONUS.terms_url,
        numerator=10,
        denominator=1,
    )
    since = START_MS + rng.randint(1_000, 8_000)
    return [opened, ProgrammeSetRate(code, EXTRA, 9, 1, since)]
