"""Random histories: honest customers, hostile ones, and time that passes over what falls due.

A history is a list of small integers, so that Hypothesis can shrink it and a seeded generator can
make a long one. Each step is made against the ledger as it then stands, and every verdict is
compared with ``SlowLedger``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgpack  # type: ignore[import-untyped]
from msgspec.structs import replace

from primitives.address import account_id
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.encoding import encode
from primitives.entries import Programme, account_key, programme_key
from primitives.genesis import Genesis, Rate
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    GENESIS_TIME,
    HOUR_MS,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.properties.slow_ledger import SlowLedger

Step = tuple[int, int, int, int]
"""What is done, by whom, to whom, how much: each 0..255, read modulo what there is."""

CROWD = [a_person(f"customer {i}") for i in range(6)]
"""They have accounts from the start, but for the last one."""
CODES = ("north", "east", "south", "west")
PAUSED = (("south", "bonus"),)


@lru_cache(maxsize=1)
def a_tight_genesis() -> Genesis:
    """Everything that can run out does so within a few dozen steps."""
    limits = replace(LIMITS, credit=40 * MICRO, reserve=400 * MICRO, mint_per_day=100 * MICRO)
    parameters = replace(
        PARAMETERS, entries_per_lane_and_day=6, reserve_lapse_ms=6 * DAY_MS, due_per_block=64
    )
    moved = [GENESIS_TIME + 2 * DAY_MS + 1, GENESIS_TIME + 4 * DAY_MS]
    rates = (BONUS.rates[0], Rate(moved[0], 20_001, 2), Rate(moved[1], 333, 7))
    later = replace(BONUS, code="later", rates=(Rate(moved[1], 10_000, 1),))
    par = replace(BONUS, code="par", rates=(Rate(0, 1, 1),))
    genesis = a_genesis(
        parameters=parameters,
        limits=limits,
        programmes=[replace(BONUS, rates=rates), later, par],
    )
    *others, west = genesis.partners
    endless = replace(
        west.limits,
        credit=0,
        reserve=MAX_SUPPLY,
        haircut=0,
        mint_per_day=MAX_SUPPLY,
        reserve_ceiling=MAX_SUPPLY,
    )
    return replace(genesis, partners=(*others, replace(west, limits=endless)))


class History:
    """A ledger beside its slow twin, and how often each code was seen."""

    def __init__(self) -> None:
        self.ledger = Ledger(a_tight_genesis())
        for partner, programme in PAUSED:
            key = programme_key(partner, programme)
            entry = self.ledger.entry(key, Programme)
            assert entry is not None
            self.ledger.state[key] = encode(replace(entry, paused=True))
        self.slow = SlowLedger(self.ledger.genesis, PAUSED)
        self.seen: Counter[str] = Counter()
        self.sent: list[Decoded] = []
        self._deposits = 0
        for i, person in enumerate(CROWD[:-1]):
            self._settle(self._mint(CODES[i % 2], person, 1_000), lane=i % 4)

    def run(self, steps: Sequence[Step], scan_every: int = 50) -> None:
        for place, step in enumerate(steps):
            self.take(step)
            if place % scan_every == 0:
                self.ledger.scan()
        self.ledger.scan()

    def take(self, step: Step) -> None:
        """One step: a transaction in a block of its own, or a block in which only time passes."""
        what, who, whom, size = step
        if what % 16 == 0:
            jump = (HOUR_MS, 5 * HOUR_MS, DAY_MS, 20)[size % 4]
            self.ledger.pass_time(jump)
            return
        make = MOVES[what % len(MOVES)]
        decoded = make(self, who, whom, size)
        self._settle(decoded, lane=(who + whom + size) % 4)

    def _settle(self, decoded: Decoded, lane: int) -> None:
        """Send it, compare with the slow ledger, and see that no stranger's balance fell."""
        ledger = self.ledger
        before = {key: raw for key, raw in ledger.state.items() if key[0] == account_key(b"")[0]}
        time = ledger.context().time
        verdict = ledger.send(decoded, lane=lane)
        expected = self.slow.foresee(lane, decoded.signed.transaction, time)
        assert verdict.text == expected, (verdict.text, expected)
        self._compare(before, decoded)
        self.seen[verdict.text] += 1
        self.sent.append(decoded)

    def _compare(self, before: dict[bytes, bytes], decoded: Decoded) -> None:
        """Balances as the slow ledger sums them up; every other debit would be theft [LEDGER-1]."""
        owner = account_id(decoded.signed.policy)
        for key, raw in self.ledger.state.items():
            if key[0] != account_key(b"")[0] or before.get(key) == raw:
                continue
            balance = _balance(raw)
            assert balance == self.slow.balance(key[1:])
            if key[1:] != owner and key in before:
                assert balance >= _balance(before[key])

    # --- what people do --------------------------------------------------------------------------

    def _mint(self, partner: str, to: Person, points: int, **fields: object) -> Decoded:
        self._deposits += 1
        fields = {"reference": f"deposit {self._deposits}"} | fields
        programme = str(fields.get("programme", "bonus"))
        terms = next(
            (t for t in self.ledger.genesis.partners[0].programmes if t.code == programme), None
        )
        worth = None
        if terms is not None:
            worth = self.slow._worth(terms, points, self.ledger.context().time)
        fields = {"amount": worth or 1} | fields
        return self.ledger.mint(partner, to, points, **fields)

    def pay(self, who: int, whom: int, size: int) -> Decoded:
        sender, to = CROWD[who % 6], CROWD[whom % 6]
        held = self.ledger.balance(sender)
        amounts = (1, held // 3, MICRO, held, held + 1, 9_999, 10_000, MAX_SUPPLY)
        return self.ledger.transfer(sender, (to, max(1, amounts[size % 8])))

    def pay_many(self, who: int, whom: int, size: int) -> Decoded:
        sender = CROWD[who % 6]
        people = [*CROWD, a_person(f"newcomer {whom % 40}"), a_person(f"newcomer {size % 40}")]
        chosen = [people[(whom + i * size) % 8] for i in range(1 + size % 4)]
        amounts = (10_000, 5, 20_000, MICRO)
        return self.ledger.transfer(
            sender, *((to, amounts[(who + i) % 4]) for i, to in enumerate(chosen))
        )

    def overflow(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.transfer(
            CROWD[who % 6], (CROWD[whom % 6], MAX_SUPPLY), (CROWD[size % 6], MAX_SUPPLY)
        )

    def open_channels(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.open_channels(CROWD[who % 6], 2 + size % 15)

    def pay_by_channel(self, who: int, whom: int, size: int) -> Decoded:
        sender = (CROWD[who % 6], a_role(CODES[who % 4], "issuer"))[size % 2]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1 + size), channel=1 + whom % 6)

    def deposit(self, who: int, whom: int, size: int) -> Decoded:
        to = (CROWD[whom % 6], a_person(f"newcomer {whom % 40}"))[size % 2]
        return self._mint(CODES[who % 3], to, (1, 200, 3_000, 6_000)[size % 4])

    def odd_deposit(self, who: int, whom: int, size: int) -> Decoded:
        fields: dict[str, object] = (
            {"programme": "later"},
            {"programme": "miles"},
            {"amount": 1 + size},
            {"reference": f"deposit {1 + size % 5}"},
            {"issuer": CROWD[who % 5]},
            {"issuer": a_role(CODES[(who + 1) % 4], "issuer")},
            {"programme": "par"},
        )[size % 7]
        return self._mint((*CODES, "nobody")[whom % 5], CROWD[who % 6], 1 + size, **fields)

    def flood(self, who: int, whom: int, size: int) -> Decoded:
        return self._mint("west", CROWD[who % 6], MAX_SUPPLY - size, programme="par")

    def replay(self, who: int, whom: int, size: int) -> Decoded:
        return self.sent[(who * 256 + size) % len(self.sent)]

    def mistime(self, who: int, whom: int, size: int) -> Decoded:
        sender, next_time = CROWD[who % 6], self.ledger.context().time
        limit = self.ledger.genesis.parameters.validity_limit_ms
        sequence = self.ledger.sequence(sender)
        fields: dict[str, object] = (
            {"sequence": sequence + 1},
            {"sequence": max(0, sequence - 1)},
            {"sequence": 2**53},
            {"valid_until": next_time - 1},
            {"valid_until": next_time},
            {"valid_until": next_time + limit},
            {"valid_until": next_time + limit + 1},
            {"channel": 255},
        )[size % 8]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1), **fields)


def _balance(raw: bytes) -> int:
    """Read as a stranger would."""
    return int(msgpack.unpackb(raw)[0])


MOVES: tuple[Callable[[History, int, int, int], Decoded], ...] = (
    History.pay,
    History.pay,
    History.pay_many,
    History.pay_many,
    History.deposit,
    History.deposit,
    History.odd_deposit,
    History.open_channels,
    History.pay_by_channel,
    History.replay,
    History.mistime,
    History.overflow,
    History.flood,
)

EVERY_CODE = [code.text for code in (*Outcome, *Skip)]
