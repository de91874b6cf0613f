"""Where a transaction is, and which ones touched an account. Knows places; no content.

Both indexes follow from the blocks alone and are written with them. Who redeemed an invoice, and so
is given a refund, is asked of the state, which keeps it for ever. A key holds 16 bytes of an id:
enough that nobody meets another's by design, and whoever reads compares the whole id anyway.

    t id                        height, receipt index, batch, place in the batch
    a account ~height ~index    batch, place in the batch: newest first
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from node.store import Change
from node.world import Store
from primitives.actions import Mint, Redeem, Refund, Transfer
from primitives.receipt import Outcome
from primitives.transaction import Transaction

_ID_BYTES: Final = 16
_TRANSACTION: Final = b"t"
_ACCOUNT: Final = b"a"
_LOCATION: Final = Struct(">QIHH")
_DESCENDING: Final = Struct(">QI")
_PLACE: Final = Struct(">HH")
_TOP_HEIGHT: Final = 2**64 - 1
_TOP_INDEX: Final = 2**32 - 1


PayerOf: TypeAlias = Callable[[str, bytes], bytes]
"""Which account redeemed a partner's invoice (its id) that was redeemed."""


class Location(NamedTuple):
    """A receipt's place at ``height``, and its transaction's in the block's ``batch``-th batch."""

    height: int
    receipt: int
    batch: int
    place: int


def touched(transaction: Transaction, outcome: Outcome, payer_of: PayerOf) -> list[bytes]:
    """The accounts in whose history a transaction stands: sender first, none twice.

    What was refused touched nobody else. A redemption stands in the cashier's history too, so that
    a till sees by its own address what was paid to it.
    """
    sender = transaction.sender
    if outcome != Outcome.DONE:
        return [sender]
    match transaction.action:
        case Transfer(outputs):
            return list(dict.fromkeys([sender, *(output.account for output in outputs)]))
        case Mint(to=to):
            return list(dict.fromkeys([sender, to]))
        case Redeem(cashier=cashier):
            return list(dict.fromkeys([sender, cashier.account]))
        case Refund(partner=partner, invoice=invoice):
            return list(dict.fromkeys([sender, payer_of(partner, invoice)]))
        case _:
            return [sender]


def index_changes(id_: bytes, accounts: Iterable[bytes], at: Location) -> list[Change]:
    """What to write so that a transaction that touched these accounts is found."""
    descending = _DESCENDING.pack(_TOP_HEIGHT - at.height, _TOP_INDEX - at.receipt)
    place = _PLACE.pack(at.batch, at.place)
    changes: list[Change] = [
        (_ACCOUNT + account[:_ID_BYTES] + descending, place) for account in accounts
    ]
    changes.append((_TRANSACTION + id_[:_ID_BYTES], _LOCATION.pack(*at)))
    return changes


def locate(store: Store, id_: bytes) -> Location | None:
    """Where a transaction of this id may be: the caller compares the id of what is there."""
    raw = store.get(_TRANSACTION + id_[:_ID_BYTES])
    return None if raw is None else Location(*_LOCATION.unpack(raw))


def history(store: Store, account: bytes, before: tuple[int, int] | None) -> Iterator[Location]:
    """Places of what may have touched an account, newest first.

    ``before`` is the (height, index) of the last one seen: what is older follows.
    """
    prefix = _ACCOUNT + account[:_ID_BYTES]
    start = prefix
    if before is not None:
        height, index = min(before[0], _TOP_HEIGHT), min(before[1], _TOP_INDEX)
        start += _DESCENDING.pack(_TOP_HEIGHT - height, _TOP_INDEX - index) + b"\0"
    size = len(prefix)
    for key, value in store.scan(start, prefix + b"\xff" * (_DESCENDING.size + 1)):
        height, index = _DESCENDING.unpack(key[size:])
        yield Location(_TOP_HEIGHT - height, _TOP_INDEX - index, *_PLACE.unpack(value))
