"""Transactions that were taken in and are not yet final. Knows sequences and sums; no time, no I/O.

So that a sender may send several in a row, what it has on its way counts: its channel's next
sequence is the one after, and its balance is less by what they spend. So it is with a campaign, and
what is claimed from it.
"""

from __future__ import annotations

from asyncio import Future
from collections import Counter
from typing import Final, NamedTuple

from node.admission import Pending
from primitives.actions import (
    CampaignClaim,
    CampaignCreate,
    ContentLike,
    OrderOpen,
    Redeem,
    Transfer,
)
from primitives.commerce import Voucher
from primitives.transaction import Decoded, Transaction

Line = tuple[bytes, int]
"""A sender and a channel."""

_Word = tuple[bytes, bytes]
"""What tells vouchers of a campaign apart: id and claimant."""

MAX_COUNT: Final = 20_000
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_PER_SENDER: Final = 256
MAX_PER_PARTNER: Final = 4_096
"""For the accounts of this node's own partner, which import deposits in bulk."""
MAX_NEWCOMERS: Final = 2_000
"""Claims of senders without a record, which cost them nothing ([LEDGER-43])."""
MAX_PER_NEWCOMER: Final = 1
"""Once it is done its sender has a record."""


class Settled(NamedTuple):
    """Final at ``height``, or skipped there: then ``code`` says why no receipt came of it."""

    height: int
    code: str | None


Waiter = Future[Settled | None]
"""Whoever waits for a transaction; None when the node stops before it is settled."""


class Taken:
    """A transaction in this node's hands, and who waits for it. ``is_newcomer``: its sender had no
    record when it was taken in."""

    __slots__ = ("decoded", "is_newcomer", "line", "since", "spent", "voucher", "waiters")

    def __init__(self, decoded: Decoded, since: float, *, is_newcomer: bool = False) -> None:
        self.decoded = decoded
        self.since = since
        self.is_newcomer = is_newcomer
        transaction = decoded.transaction
        self.line: Line = (transaction.sender, transaction.channel)
        self.spent = spent_by(transaction)
        action = transaction.action
        self.voucher = action.voucher if isinstance(action, CampaignClaim) else None
        self.waiters: list[Waiter] = []


class _Sender:
    __slots__ = ("count", "spent")

    def __init__(self) -> None:
        self.count = 0
        self.spent = 0


class PendingPool:
    """All of them, by id, channel, sender and campaign; ``size`` is their bytes, ``newcomers`` how
    many are of senders without a record."""

    def __init__(self) -> None:
        self._taken: dict[bytes, Taken] = {}
        self._lines: dict[Line, dict[int, bytes]] = {}
        self._senders: dict[bytes, _Sender] = {}
        # By campaign, how many carry each voucher: one that is carried twice is paid once.
        self._claims: dict[bytes, Counter[_Word]] = {}
        self.size = 0
        self.newcomers = 0

    def __len__(self) -> int:
        return len(self._taken)

    def get(self, id_: bytes) -> Taken | None:
        """The transaction of this id, if it is on its way."""
        return self._taken.get(id_)

    def ids(self) -> list[bytes]:
        """All ids, oldest first."""
        return list(self._taken)

    def count_of(self, sender: bytes) -> int:
        """How many a sender has on its way."""
        state = self._senders.get(sender)
        return 0 if state is None else state.count

    def holder(self, transaction: Transaction) -> bytes | None:
        """The id that holds the same sequence of the same channel, if one does."""
        line = self._lines.get((transaction.sender, transaction.channel))
        return None if line is None else line.get(transaction.sequence)

    def next_sequence(self, sender: bytes, channel: int) -> int | None:
        """The sequence after the last one on its way; None if the channel has none."""
        line = self._lines.get((sender, channel))
        # Each one admitted continues its channel, so that the last one in is the highest.
        return None if line is None else next(reversed(line)) + 1

    def before(self, transaction: Transaction) -> Pending | None:
        """What counts when this transaction is judged; None if nothing here does."""
        state = self._senders.get(transaction.sender)
        claims = self._claims_beside(transaction)
        if state is None:
            return Pending(0, 0, claims) if claims else None
        following = self.next_sequence(transaction.sender, transaction.channel)
        return Pending(following or 0, state.spent, claims)

    def _claims_beside(self, transaction: Transaction) -> int:
        """Vouchers of the campaign that it claims from, other than its own, that are on their
        way: nobody holds up others' claims by sending one voucher again and again."""
        action = transaction.action
        if not isinstance(action, CampaignClaim):
            return 0
        vouchers = self._claims.get(action.voucher.campaign, Counter[_Word]())
        return len(vouchers) - (_word(action.voucher) in vouchers)

    def add(self, taken: Taken) -> None:
        """Take one in whose id and sequence are free."""
        line = self._lines.setdefault(taken.line, {})
        sequence = taken.decoded.transaction.sequence
        assert taken.decoded.id not in self._taken, taken.decoded.id.hex()
        assert sequence not in line, sequence
        self._taken[taken.decoded.id] = taken
        line[sequence] = taken.decoded.id
        state = self._senders.setdefault(taken.line[0], _Sender())
        state.count += 1
        state.spent += taken.spent
        self.size += taken.decoded.size
        self.newcomers += taken.is_newcomer
        if taken.voucher is not None:
            self._claims.setdefault(taken.voucher.campaign, Counter())[_word(taken.voucher)] += 1

    def remove(self, id_: bytes) -> Taken | None:
        """It is executed, or dead."""
        taken = self._taken.pop(id_, None)
        if taken is None:
            return None
        line = self._lines[taken.line]
        del line[taken.decoded.transaction.sequence]
        if not line:
            del self._lines[taken.line]
        sender = taken.line[0]
        state = self._senders[sender]
        state.count -= 1
        state.spent -= taken.spent
        if not state.count:
            del self._senders[sender]
        self.size -= taken.decoded.size
        self.newcomers -= taken.is_newcomer
        if taken.voucher is not None:
            self._forget_claim(taken.voucher)
        return taken

    def _forget_claim(self, voucher: Voucher) -> None:
        vouchers = self._claims[voucher.campaign]
        word = _word(voucher)
        vouchers[word] -= 1
        if not vouchers[word]:
            del vouchers[word]
        if not vouchers:
            del self._claims[voucher.campaign]


def _word(voucher: Voucher) -> _Word:
    """With its claimant: a sponsor who signs one id for thousands fills its own budget's room."""
    return voucher.id, voucher.claimant


def spent_by(transaction: Transaction) -> int:
    """Units that leave the sender's account if it is carried out."""
    match transaction.action:
        case Transfer(outputs):
            return sum(output.amount for output in outputs)
        case Redeem(invoice=invoice):
            return invoice.amount
        case CampaignCreate(budget=budget):
            return budget
        case OrderOpen(offer):
            return offer.price
        case ContentLike(amount=amount):
            return amount
        case _:
            return 0


def claimed_from(transaction: Transaction) -> bytes | None:
    """The campaign that pays if it is carried out; None if none does."""
    action = transaction.action
    return action.voucher.campaign if isinstance(action, CampaignClaim) else None
