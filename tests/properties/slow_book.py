"""The book of the slow ledger: what was noted, and nothing that was worked out from it.

Every figure is counted from the notes when it is asked for. What is written by a transaction that
comes to nothing is torn out again. Knows notes and the calendar; no rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from primitives.genesis import Genesis

Subject = tuple[Hashable, ...]
DAY = 86_400_000
ALL = 2**63 - 1


class Book:
    """Notes by subject, in the order in which they were made."""

    def __init__(self) -> None:
        self._notes: defaultdict[Subject, list[Any]] = defaultdict(list)
        self._written: list[Subject] = []

    def note(self, *subject: Hashable, value: Any) -> None:
        self._notes[subject].append(value)
        self._written.append(subject)

    def notes(self, *subject: Hashable) -> list[Any]:
        return self._notes.get(subject, [])

    def total(self, *subject: Hashable) -> int:
        return sum(self.notes(*subject))

    def word(self, *subject: Hashable) -> Any:
        """The last note; None if there is none."""
        notes = self.notes(*subject)
        return notes[-1] if notes else None

    @property
    def length(self) -> int:
        return len(self._written)

    def tear_out(self, length: int) -> None:
        """Forget all that was noted since the book had that length."""
        while len(self._written) > length:
            self._notes[self._written.pop()].pop()


@dataclass
class Desk:
    """The book, open at a block. ``events`` are what to tell, ``created`` the new entries."""

    genesis: Genesis
    book: Book = field(default_factory=Book)
    time: int = 0
    height: int = 0
    epoch: int = 0
    events: list[Subject] = field(default_factory=list)
    created: int = 0
    done: set[int] = field(default_factory=set)

    def tell(self, name: str, *fields: Hashable) -> None:
        self.events.append((name, *fields))

    def create(self, *entry: Hashable) -> None:
        """Something stands in the state from now on; counted if it did not before [LEDGER-14]."""
        if self.book.word("entry", *entry) is None:
            self.book.note("entry", *entry, value=True)
            self.created += 1

    # --- the calendar ----------------------------------------------------------------------------

    def plan(self, at: int, *item: Hashable) -> None:
        """Rounded up to a second; new entries are those of [STATE-7], [STATE-8]."""
        second = -(-at // 1000)
        waiting = {planned for planned, _, _ in self.waiting()}
        for depth in range(4):
            path = second >> 8 * (4 - depth)
            self.created += all(other >> 8 * (4 - depth) != path for other in waiting)
        self.created += second not in waiting
        self.created += 1
        self.book.note("calendar", value=(second, item))

    def waiting(self) -> Iterator[tuple[int, int, Subject]]:
        for number, (second, item) in enumerate(self.book.notes("calendar")):
            if number not in self.done:
                yield second, number, item

    def next_due(self) -> Subject | None:
        """What comes first of all that is due, in the order in which it was put there."""
        due = [found for found in self.waiting() if found[0] * 1000 <= self.time]
        if not due:
            return None
        _, number, item = min(due)
        self.done.add(number)
        return item

    # --- accounts --------------------------------------------------------------------------------

    def exists(self, account: bytes) -> bool:
        return self.book.word("entry", "account", account) is not None

    def balance(self, account: bytes) -> int:
        return self.book.total("balance", account)

    def pay_in(self, account: bytes, amount: int) -> None:
        if not self.exists(account):
            self.tell("AccountOpened", account)
        self.create("account", account)
        self.book.note("balance", account, value=amount)

    def open_role(self, account: bytes) -> None:
        """Whoever speaks for a partner or a reserve has a record and all channels [LEDGER-51]."""
        if not self.exists(account):
            self.tell("AccountOpened", account)
        self.create("account", account)
        self.book.note("channels", account, value=256)

    def too_small(self, account: bytes, amount: int) -> bool:
        """Whether the amount would have to open the account and cannot [LEDGER-5]."""
        return not self.exists(account) and amount < self.genesis.parameters.opening

    # --- partners --------------------------------------------------------------------------------

    def codes(self) -> list[str]:
        """All partners that there ever were, in the order of admission."""
        return self.book.notes("partners")

    def directory(self) -> list[str]:
        """Those that have not left [LEDGER-54]."""
        return [code for code in self.codes() if self.book.word("status", code) != "left"]

    def active(self) -> list[str]:
        """Those that take part, and so sit among the validators of the next epoch."""
        return [code for code in self.codes() if self.book.word("status", code) == "active"]

    def issued(self, what: str, partner: str | None = None) -> int:
        """All that was minted, redeemed, refunded: by one partner or by all."""
        codes = self.codes() if partner is None else [partner]
        return sum(self.book.total(what, code) for code in codes)

    def position(self, partner: str) -> int:
        """D [LEDGER-3]"""
        owes = ("minted", "refunded", "received", "assumed")
        owed = ("redeemed", "paid")
        book = self.book
        return sum(book.total(what, partner) for what in owes) - sum(
            book.total(what, partner) for what in owed
        )

    def debts(self) -> Iterator[tuple[tuple[int, int], Debt]]:
        for name in self.book.notes("debts"):
            yield name, self.book.word("debt", *name)

    def outstanding(self, name: tuple[int, int]) -> int:
        debt = self.book.word("debt", *name)
        assert isinstance(debt, Debt)
        return debt.amount - self.book.total("settled", *name)

    def payable(self, partner: str) -> int:
        return sum(self.outstanding(n) for n, debt in self.debts() if debt.debtor == partner)

    def receivable(self, partner: str) -> int:
        return sum(self.outstanding(n) for n, debt in self.debts() if debt.creditor == partner)

    def overdue(self, partner: str) -> int:
        return sum(debt.late for _, debt in self.debts() if debt.debtor == partner)

    def held(self, partner: str) -> int:
        """Of the reserve, for disputes."""
        return sum(debt.held for _, debt in self.debts() if debt.debtor == partner)

    def reserve(self, partner: str) -> int:
        return int(self.book.word("reserve", partner))

    def counting(self, partner: str) -> int:
        """The reserve as far as it counts."""
        return self.reserve(partner) if self.book.word("counts", partner) else 0

    def free(self, partner: str) -> int:
        """The reserve, counting or not, that no dispute holds."""
        return max(0, self.reserve(partner) - self.held(partner))


@dataclass(frozen=True)
class Debt:
    """An obligation as it stands; what was settled of it is noted apart."""

    debtor: str
    creditor: str
    amount: int
    status: str
    deadline: int
    reference: bytes | None = None
    held: int = 0
    late: bool = False
