"""Random histories: partners and customers, honest and hostile, and time that passes deadlines.

A history is a list of small integers, so that Hypothesis can shrink it and a seeded generator can
make a long one. Each step is made against the ledger as it then stands, and every verdict, event,
balance and figure is compared with ``SlowLedger``. What is done is in ``moves.py``, and in
``moves_people.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import msgpack  # type: ignore[import-untyped]
from msgspec.structs import astuple, replace

from primitives.actions import ReserveRelease
from primitives.address import account_id
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.commerce import (
    Campaign,
    Content,
    Order,
    campaign_key,
    content_key,
    order_key,
)
from primitives.entries import (
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Obligation,
    Prefix,
    Programme,
    Settlement,
    Supply,
    programme_key,
)
from primitives.genesis import Genesis, Rate
from primitives.receipt import Event, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    GENESIS_TIME,
    HOUR_MS,
    LIMITS,
    PARAMETERS,
    a_genesis,
)
from tests.ledger import Ledger
from tests.properties import slow_people
from tests.properties.moves import CODES, CROWD, MOVES, Hands
from tests.properties.moves_people import PEOPLE_MOVES, Market
from tests.properties.slow_book import Subject
from tests.properties.slow_ledger import SlowLedger
from tests.properties.slow_partners import limit

Step = tuple[int, int, int, int]
"""What is done, by whom, to whom, how much: each 0..255, read modulo what there is."""

JUMPS = (HOUR_MS, 5 * HOUR_MS, DAY_MS, 20, 2 * DAY_MS, 13 * HOUR_MS)


@lru_cache(maxsize=1)
def a_tight_genesis() -> Genesis:
    """Everything that can run out, or fall due, does so within a few dozen steps."""
    limits = replace(
        LIMITS,
        credit=40 * MICRO,
        reserve=400 * MICRO,
        reserve_ceiling=600 * MICRO,
        claim_bound=60 * MICRO,
        mint_per_day=100 * MICRO,
        refund_per_day=20 * MICRO,
    )
    parameters = replace(
        PARAMETERS,
        entries_per_lane_and_day=18,
        reserve_lapse_ms=4 * DAY_MS,
        increase_delay_ms=2 * DAY_MS + 1,
        rate_notice_ms=3 * DAY_MS,
        settlement_cycle_ms=DAY_MS,
        payment_term_ms=DAY_MS // 2,
        confirmation_ms=DAY_MS // 4,
        dispute_ms=DAY_MS,
        order_dispute_ms=DAY_MS,
        due_per_block=3,
    )
    moved = [GENESIS_TIME + 2 * DAY_MS + 1, GENESIS_TIME + 4 * DAY_MS]
    rates = (BONUS.rates[0], Rate(moved[0], 20_001, 2), Rate(moved[1], 333, 7))
    later = replace(BONUS, code="later", rates=(Rate(moved[1], 10_000, 1),))
    par = replace(BONUS, code="par", rates=(Rate(0, 1, 1),))
    genesis = a_genesis(
        n=len(CODES),
        parameters=parameters,
        limits=limits,
        programmes=[replace(BONUS, rates=rates), later, par],
    )
    poor, *others, west = genesis.partners
    endless = replace(
        west.limits,
        credit=0,
        reserve=MAX_SUPPLY,
        haircut=0,
        mint_per_day=MAX_PER_DAY,
        reserve_ceiling=MAX_SUPPLY,
    )
    bare = replace(poor.limits, credit=200 * MICRO, reserve=30 * MICRO)
    founders = (replace(poor, limits=bare), *others, replace(west, limits=endless))
    return replace(genesis, partners=founders)


class History:
    """A ledger beside its slow twin; ``told``: how often each action came to each code."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger if ledger is not None else Ledger(a_tight_genesis())
        self.slow = SlowLedger(self.ledger.genesis)
        self.hands = Hands(self.ledger, self.slow.desk)
        self.market = Market(self.ledger, self.slow.desk, CROWD)
        self.told: Counter[tuple[str, str]] = Counter()
        self.most = Counter({code: limit(self.slow.desk, code) for code in CODES})
        for i, person in enumerate(CROWD[:-1]):
            self.settle([self.hands.deposit_to(CODES[i % 3], person, 3_000)], i % 4)

    @property
    def sent(self) -> list[Decoded]:
        """Every transaction, in order."""
        return self.hands.sent

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
        if what % 16 == 0:
            self.settle([], lane, JUMPS[size % len(JUMPS)])
        elif what % 16 == 1:
            mixed = [(who + 37 * i, whom + 11 * i * i, size ^ 29 * i) for i in range(2 + size % 9)]
            self.settle([self._made(what // 16 + sum(three), *three) for three in mixed], lane)
        else:
            self.settle([self._made(what * 7 + who, who, whom, size)], lane)

    def _made(self, choice: int, who: int, whom: int, size: int) -> Decoded:
        """One of all the moves."""
        number = choice % (len(MOVES) + len(PEOPLE_MOVES))
        if number < len(MOVES):
            return MOVES[number](self.hands, who, whom, size)
        return PEOPLE_MOVES[number - len(MOVES)](self.market, who, whom, size)

    def settle(self, made: Sequence[Decoded], lane: int, after_ms: int = 1_000) -> None:
        """Apply a block, compare with the slow ledger, and see that no stranger's balance fell."""
        ledger, slow = self.ledger, self.slow
        before = {key: raw for key, raw in ledger.state.items() if key[0] == Prefix.ACCOUNT}
        expected = slow.begin(ledger.time + after_ms)
        due = len(expected)
        self._note_limits()
        verdicts = ledger.block(*made, lane=lane, after_ms=after_ms)
        for decoded, verdict in zip(made, verdicts, strict=True):
            transaction = decoded.signed.transaction
            outcome = slow.carry_out(lane, transaction)
            code = verdict.text if isinstance(verdict, Skip) else verdict.outcome.text
            assert code == outcome, (code, outcome, transaction.action)
            if isinstance(verdict, Receipt):
                expected.append(slow.desk.events)
            self.told[type(transaction.action).__name__, code] += 1
            self.hands.remember(decoded, code)
            if code == "done" and isinstance(transaction.action, ReserveRelease):
                partner = transaction.action.release.partner
                self.most[partner] = limit(slow.desk, partner)
        assert ledger.last is not None
        told = [list(map(spelled, receipt.events)) for receipt in ledger.last.receipts]
        assert told == expected
        self.told.update(("(due)", str(event[0])) for events in told[:due] for event in events)
        self._note_limits()
        self._compare_balances(before, made)

    def _note_limits(self) -> None:
        """The most that each partner's limit was since a part of its reserve was handed back."""
        for code in CODES:
            self.most[code] = max(self.most[code], limit(self.slow.desk, code))

    def _compare_balances(self, before: dict[bytes, bytes], made: Sequence[Decoded]) -> None:
        """Balances as the slow ledger sums them up; every other debit would be theft [LEDGER-1]."""
        owners = [account_id(decoded.signed.policy) for decoded in made]
        for key, raw in self.ledger.state.items():
            if key[0] != Prefix.ACCOUNT or before.get(key) == raw:
                continue
            balance = _balance(raw)
            assert balance == self.slow.desk.balance(key[1:])
            if key[1:] not in owners and key in before:
                assert balance >= _balance(before[key])

    def compare(self) -> None:
        """Every invariant over the whole state, and every figure as the slow ledger has it."""
        self.ledger.scan()
        ledger, desk = self.ledger, self.slow.desk
        supply = ledger.entry(SUPPLY_KEY, Supply)
        assert supply is not None
        assert astuple(supply) == tuple(map(desk.issued, ("minted", "redeemed", "refunded")))
        for code in CODES:
            self._compare_partner(code)
        head = ledger.entry(SETTLEMENT_KEY, Settlement)
        assert head is not None
        assert (head.cycle, head.closes) == desk.book.word("closes")
        names = desk.book.notes("debts")
        keys = [key for key in ledger.state if key[0] == Prefix.OBLIGATION]
        assert len(keys) == len(names)
        for name in names:
            self._compare_obligation(ledger.obligation(*name), name)
        self._compare_people()

    def _compare_people(self) -> None:
        """Campaigns, orders and contents, and that there are no others."""
        ledger, book = self.ledger, self.slow.desk.book
        found = dict.fromkeys((Prefix.CAMPAIGN, Prefix.ORDER, Prefix.CONTENT), 0)
        for key in ledger.state:
            if key[0] in found:
                found[Prefix(key[0])] += 1
        kinds = ("campaigns", "orders", "contents")
        assert list(found.values()) == [len(book.notes(kind)) for kind in kinds]
        for id_ in book.notes("campaigns"):
            campaign = ledger.entry(campaign_key(id_), Campaign)
            assert campaign is not None
            assert campaign.left == slow_people.left(self.slow.desk, id_)
            assert campaign.claims == len(book.notes("claims", id_))
            assert campaign.closed == bool(book.word("campaign ended", id_))
        for id_ in book.notes("orders"):
            order, deal = ledger.entry(order_key(id_), Order), book.word("order", id_)
            assert order is not None
            assert (order.buyer, order.offer, order.status.text) == deal[:3]
            assert (order.deadline, order.tracking, order.to_buyer, order.to_promoter) == deal[3:]
            assert order.locked == deal.locked
        for id_ in book.notes("contents"):
            content, likes = ledger.entry(content_key(id_), Content), book.notes("likes", id_)
            assert content is not None
            assert (content.author, content.hash) == book.word("content", id_)
            assert (content.likes, content.units) == (len(likes), sum(likes))

    def _compare_partner(self, code: str) -> None:
        desk, book = self.slow.desk, self.slow.desk.book
        totals = [book.total(t, code) for t in ("minted", "redeemed", "refunded")]
        totals += [book.total("paid", code), book.total("received", code), 0]
        totals += [desk.payable(code), desk.receivable(code)]
        position = self.ledger.position(code)
        assert list(astuple(position)) == totals
        assert position.net == desk.position(code)
        # Nothing that the partner or others do brings it beyond the most that it might owe.
        owes = max(position.net + position.receivable, position.payable)
        assert owes <= self.most[code]
        limits = self.ledger.limits(code)
        terms = limits.terms
        assert (terms.reserve, limits.reserve_counts) == (
            desk.reserve(code),
            book.word("counts", code),
        )
        assert (terms.reserve_attested, limits.moved) == (
            book.word("attested", code),
            book.word("left", code),
        )
        assert terms.claim_bound == book.word("claim bound", code)
        assert (terms.mint_per_day, terms.refund_per_day) == book.word("caps", code)
        assert (limits.earmarked, limits.overdue) == (desk.held(code), desk.overdue(code))
        rise, caps = limits.pending_reserve, limits.pending_caps
        assert (rise and astuple(rise)) == book.word("rise", code)
        assert (caps and astuple(caps)) == book.word("wished caps", code)
        for name in book.notes("programmes", code):
            self._compare_programme(code, name)

    def _compare_programme(self, code: str, name: str) -> None:
        book = self.slow.desk.book
        programme = self.ledger.entry(programme_key(code, name), Programme)
        assert programme is not None
        history, begun = book.notes("rates", code, name), book.notes("begun", code, name)
        assert programme.published == len(history)
        assert programme.newest == history[-1][0]
        assert programme.place == (begun[-1] if begun else -1)
        assert programme.rate == (history[begun[-1]][0] if begun else None)
        assert programme.paused == book.word("paused", code, name)

    def _compare_obligation(self, stands: Obligation, name: tuple[int, int]) -> None:
        debt = self.slow.desk.book.word("debt", *name)
        assert (stands.debtor, stands.creditor, stands.amount) == (
            debt.debtor,
            debt.creditor,
            debt.amount,
        )
        assert stands.outstanding == self.slow.desk.outstanding(name)
        told = (stands.status.text, stands.deadline, stands.reference, stands.earmark, stands.late)
        assert told == (debt.status, debt.deadline, debt.reference, debt.held, debt.late)


def spelled(event: Event) -> Subject:
    """An event as the slow ledger tells it."""
    return (type(event).__name__, *astuple(event))


def _balance(raw: bytes) -> int:
    """Read as a stranger would."""
    return int(msgpack.unpackb(raw)[0])
