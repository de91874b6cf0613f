"""Random histories: everybody, honest and hostile, time that passes deadlines, epochs that change.

A history is a list of small integers, so that Hypothesis can shrink it and a seeded generator can
make a long one. Each step is made against the ledger as it then stands; every verdict and event is
compared with ``SlowLedger``, and every figure now and then (``comparing.py``). What is done is in
``moves*.py``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgpack  # type: ignore[import-untyped]
from msgspec.structs import astuple

from primitives.actions import Propose, ReserveRelease
from primitives.address import account_id
from primitives.encoding import Wire
from primitives.entries import Prefix
from primitives.receipt import Event, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS
from tests.ledger import Ledger
from tests.properties import slow_votes
from tests.properties.cast import APPLICANTS, CROWD, Town
from tests.properties.comparing import Comparison
from tests.properties.geneses import GENESES, a_tight_genesis
from tests.properties.growth import check_growth
from tests.properties.moves import CUSTOMERS_DO, TILLS_DO, Hands
from tests.properties.moves_members import MEMBERS_DO, Gate
from tests.properties.moves_partners import PARTNERS_DO, Offices
from tests.properties.moves_people import PEOPLE_MOVES, Market
from tests.properties.moves_votes import COUNCIL_DOES, Council
from tests.properties.slow_book import Subject
from tests.properties.slow_ledger import SlowLedger
from tests.properties.slow_speakers import limit

Step = tuple[int, int, int, int]
"""What is done, by whom, to whom, how much: each 0..255, read modulo what there is."""

EDGE = 2**62
"""Amounts from here on hardly fit: two of them do not."""
JUMPS = (HOUR_MS, 5 * HOUR_MS, DAY_MS, 20, 2 * DAY_MS, 13 * HOUR_MS)

Move = Callable[[Any, int, int, int], Decoded]
MOVES: tuple[tuple[str, tuple[Move, ...]], ...] = (
    ("council", COUNCIL_DOES),
    ("council", COUNCIL_DOES),
    ("gate", MEMBERS_DO),
    ("offices", PARTNERS_DO),
    ("offices", PARTNERS_DO),
    ("offices", PARTNERS_DO),
    ("hands", TILLS_DO),
    ("hands", TILLS_DO),
    ("hands", CUSTOMERS_DO),
    ("hands", CUSTOMERS_DO),
    ("market", PEOPLE_MOVES),
    ("market", PEOPLE_MOVES),
    ("market", PEOPLE_MOVES),
)
"""Who may do what; those that stand here more often do more."""


class History:
    """A ledger beside its slow twin.

    ``told``: how often each action came to each code, and each event happened by itself; ``left``:
    how often each action left each event; ``voted``: how often each measure came to each end;
    ``edges``: as ``told``, of what names an amount that hardly fits.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger if ledger is not None else Ledger(a_tight_genesis())
        self.slow = SlowLedger(self.ledger.genesis)
        desk = self.slow.desk
        self.town = Town(self.ledger, desk)
        self.hands = Hands(self.town)
        self.offices = Offices(self.town)
        self.gate = Gate(self.town)
        self.council = Council(self.town)
        self.market = Market(self.town)
        self.told: Counter[tuple[str, str]] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        self.voted: Counter[tuple[str, str]] = Counter()
        self.edges: Counter[tuple[str, str]] = Counter()
        self.most: Counter[str] = Counter()
        """The most that each partner's limit was since a part of its reserve was handed back."""
        self._noted: Counter[str] = Counter()
        self._before = dict(self.ledger.state)
        self._note_limits()
        self._begin()

    def _begin(self) -> None:
        """Customers have something, and those who will apply a record."""
        codes = self.slow.desk.codes()
        for i, person in enumerate(CROWD[:-1]):
            self.settle([self.town.deposit_to(codes[i % 3 % len(codes)], person, 3_000)], i % 4)
        outputs = [(person, 10_000) for person in APPLICANTS]
        self.settle([self.ledger.transfer(CROWD[0], *outputs)], 1)

    @property
    def sent(self) -> list[Decoded]:
        """Every transaction, in order."""
        return self.town.sent

    def run(self, steps: Sequence[Step], scan_every: int = 25) -> None:
        for place, step in enumerate(steps):
            self.take(step)
            if place % scan_every == 0:
                self.compare()
        self.compare()

    def take(self, step: Step) -> None:
        """A transaction in a block of its own, several in one, or a block in which time passes."""
        what, who, whom, size = step
        lane = (who + whom + size) % 4
        kind, further = what % 16, what // 16
        if kind == 0:
            self.pass_time(size, new_epoch=whom % 8 == 0)
        elif kind == 1:
            mixed = [(who + 37 * i, whom + 11 * i * i, size ^ 29 * i) for i in range(2 + size % 9)]
            self.settle([self.make(further + sum(three), *three) for three in mixed], lane)
        elif kind == 2:
            self.settle(self.council.round(who, whom, size), lane)
        elif what == 3 and size % 3 == 0:
            for beside in (0, 1):
                self.settle(self.council.storm(who, whom, size), lane + beside)
        else:
            self.settle([self.make(kind - 3 + len(MOVES) * (further + who), who, whom, size)], lane)

    def pass_time(self, size: int, *, new_epoch: bool) -> None:
        """An empty block, some time later, and maybe of a new epoch."""
        self.ledger.epoch += new_epoch
        deadline = self.town.deadline(size) - self.town.now()
        jumps = (*JUMPS, deadline if deadline > 0 else HOUR_MS)
        self.settle([], 0, jumps[size % len(jumps)])

    def make(self, choice: int, who: int, whom: int, size: int) -> Decoded:
        """One of all the moves."""
        whose, moves = MOVES[choice % len(MOVES)]
        move = moves[choice // len(MOVES) % len(moves)]
        return move(getattr(self, whose), who, whom, size)

    def settle(self, made: Sequence[Decoded], lane: int, after_ms: int = 1_000) -> None:
        """Apply a block, compare with the slow ledger, and see that no stranger's balance fell."""
        ledger, slow = self.ledger, self.slow
        lane %= len(ledger.genesis.partners)
        expected = slow.begin(ledger.time + after_ms, ledger.epoch)
        due = len(expected)
        if due:
            self._note_limits()
        verdicts = ledger.block(*made, lane=lane, after_ms=after_ms)
        for decoded, verdict in zip(made, verdicts, strict=True):
            outcome = slow.carry_out(lane, decoded.signed.transaction)
            code = verdict.text if isinstance(verdict, Skip) else verdict.outcome.text
            assert code == outcome, (code, outcome, decoded.signed.transaction.action)
            if isinstance(verdict, Receipt):
                expected.append(slow.desk.events)
            self._remember(decoded, code)
        assert ledger.last is not None
        told = [list(map(spelled, receipt.events)) for receipt in ledger.last.receipts]
        assert told == expected
        self._count(told, due)
        self._check_step(made, alone=len(made) == 1 and not due)

    def _check_step(self, made: Sequence[Decoded], *, alone: bool) -> None:
        """What nobody may do to others; ``alone``: nothing else happened in the block."""
        ledger = self.ledger
        assert ledger.last is not None
        self._compare_balances(made)
        self._check_bounds()
        if alone:
            written = {key: raw for key, raw in ledger.last.changes if raw is not None}
            check_growth(self._before, written, made[0], ledger.genesis.parameters.opening)
        for key, raw in ledger.last.changes:
            if raw is None:
                del self._before[key]
            else:
                self._before[key] = raw

    def _remember(self, decoded: Decoded, code: str) -> None:
        """What became of a transaction."""
        action = decoded.signed.transaction.action
        name = type(action).__name__
        self.told[name, code] += 1
        if isinstance(action, Propose):
            name = f"Propose {type(action.measure).__name__}"
            self.told[name, code] += 1
        if at_the_edge(action):
            self.edges[name, code] += 1
        if code == "done":
            kind = type(action).__name__
            self.left.update((kind, str(event[0])) for event in self.slow.desk.events)
        self.town.remember(decoded, code)
        if code == "done" and isinstance(action, ReserveRelease):
            partner = action.release.partner
            self.most[partner] = limit(self.slow.desk, partner)
            self._noted[partner] = self.slow.desk.book.total("borne", partner)

    def _count(self, told: Sequence[Sequence[Subject]], due: int) -> None:
        """What happened by itself, in the first receipts, and how votes ended."""
        for place, events in enumerate(told):
            for name, *fields in events:
                if place < due:
                    self.told["(due)", str(name)] += 1
                if name == "ProposalMoved" and fields[1] != slow_votes.STATUSES["passed"]:
                    made = self.slow.desk.book.word("motion", fields[0])
                    assert isinstance(made, slow_votes.Motion)
                    self.voted[type(made.measure).__name__, made.status] += 1

    def _note_limits(self) -> None:
        """A limit rises by what falls due alone: whoever raises one by a word has to wait."""
        for code in self.slow.desk.codes():
            self.most[code] = max(self.most[code], limit(self.slow.desk, code))

    def bound(self, code: str) -> int:
        """The most that a partner may owe: its limits so far, and what others voted on it since.

        So no set of partners, whoever of them pays, confirms, denies or guarantees what, and
        whoever of them leaves, comes to owe the pool more than all their limits ever were (since
        what was left of a reserve last had to cover everything), and what votes made them bear for
        others. What such a set was relieved of by vote is what the others chose to bear for it.
        """
        borne = self.slow.desk.book.total("borne", code) - self._noted[code]
        return self.most[code] + borne

    def _check_bounds(self) -> None:
        """Nothing that a partner or others do brings it beyond the most that it might owe."""
        assert self.ledger.last is not None
        for key, _ in self.ledger.last.changes:
            if key[0] == Prefix.POSITION:
                code = key[2:].decode()
                position = self.ledger.position(code)
                owes = max(position.net + position.receivable, position.payable)
                assert owes <= self.bound(code), (code, owes, self.bound(code))

    def _compare_balances(self, made: Sequence[Decoded]) -> None:
        """Balances as the slow ledger sums them up; every other debit would be theft [LEDGER-1]."""
        assert self.ledger.last is not None
        owners = [account_id(decoded.signed.policy) for decoded in made]
        for key, raw in self.ledger.last.changes:
            if key[0] != Prefix.ACCOUNT or self._before.get(key) == raw:
                continue
            balance = _balance(raw)
            assert balance == self.slow.desk.balance(key[1:])
            if key[1:] not in owners and key in self._before:
                assert balance >= _balance(self._before[key])

    def compare(self) -> None:
        """Every invariant over the whole state, and every figure as the slow ledger has it."""
        self.ledger.scan()
        assert self._before == self.ledger.state
        Comparison(self.ledger, self.slow.desk).all()


def a_history(seed: int) -> History:
    """The networks take turns."""
    return History(Ledger(GENESES[seed % len(GENESES)]()))


def seeded(seed: int, count: int) -> Iterator[Step]:
    """The steps of a long history."""
    chance = random.Random(seed)
    for _ in range(count):
        what, who, whom, size = (chance.randrange(256) for _ in range(4))
        yield what, who, whom, size


def at_the_edge(value: object) -> bool:
    """Whether it names an amount near the most that can be written."""
    if isinstance(value, Wire):
        return any(map(at_the_edge, astuple(value)))
    if isinstance(value, tuple):
        return any(map(at_the_edge, value))
    return isinstance(value, int) and value >= EDGE


def spelled(event: Event) -> Subject:
    """An event as the slow ledger tells it."""
    return (type(event).__name__, *astuple(event))


def _balance(raw: bytes | None) -> int:
    """Read as a stranger would."""
    return int(msgpack.unpackb(raw)[0])
