"""Where a transaction is, which ones touched an account, what was made. Knows places; no content.

All of it follows from the blocks alone and is written with them. Where an action names something
that tells whom it touched (``client.changes``), that is asked of the state, which keeps it for
ever. A key holds 16 bytes of an id: enough that nobody meets another's by design, and whoever reads
compares the whole id anyway.

    t id                              height, receipt index, batch, place in the batch
    a account ~height ~index          batch, place in the batch: newest first
    d account ~height ~index          nothing: the receipt of what fell due
    i listing owner ~height ~index    the id of what that receipt's transaction made
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, unique
from struct import Struct
from typing import Final, NamedTuple

from client.changes import Changes, Named, changes_of, changes_of_due, named_by, named_by_event
from contracts.state import Entries
from node.store import Change
from node.world import Store
from primitives.actions import (
    CampaignCreate,
    ContentRegister,
    OrderOpen,
    PartnerRegister,
    Propose,
    Transfer,
)
from primitives.commerce import content_id
from primitives.encoding import Wire
from primitives.governance import Measure
from primitives.receipt import Outcome, Receipt
from primitives.transaction import Decoded, Transaction

_ID_BYTES: Final = 16
_TRANSACTION: Final = b"t"
_ACCOUNT: Final = b"a"
_DUE: Final = b"d"
_LISTED: Final = b"i"
PASSING: Final = (_TRANSACTION, _ACCOUNT, _DUE)
"""The indexes whose rows lead to a height and go with it; what is listed is state, and stays."""
_LOCATION: Final = Struct(">QIHH")
_DESCENDING: Final = Struct(">QI")
_PLACE: Final = Struct(">HH")
_TOP_HEIGHT: Final = 2**64 - 1
_TOP_INDEX: Final = 2**32 - 1


@unique
class Listing(Enum):
    """What is listed, by who it belongs to and all together."""

    CAMPAIGNS = b"c"
    ORDERS = b"o"
    CONTENTS = b"w"
    PROPOSALS = b"p"
    APPLICATIONS = b"a"


EVERYONE: Final = b""
"""The owner under which all of a listing stand."""


class Made(NamedTuple):
    """What a transaction made: its id, and whose it is."""

    listing: Listing
    id: bytes
    owners: tuple[bytes, ...]


class Location(NamedTuple):
    """A receipt's place at ``height``, and its transaction's in the block's ``batch``-th batch."""

    height: int
    receipt: int
    batch: int
    place: int


def touched(transaction: Transaction, receipt: Receipt, named: Wire | None) -> list[bytes]:
    """The accounts in whose history a transaction stands: sender first, none twice.

    What was refused touched nobody else. A redemption stands in the cashier's history too, so that
    a till sees by its own address what was paid to it; an order in that of both its sides, and in
    the arbiter's once it is disputed. ``named`` as ``client.changes`` says.
    """
    action = transaction.action
    if isinstance(action, Transfer) and receipt.outcome == Outcome.DONE:  # most of all that is done
        accounts = {transaction.sender: None}
        for output in action.outputs:
            accounts[output.account] = None
        return list(accounts)
    return list(changes_of(transaction, receipt, named))


def due_paid(receipt: Receipt, entry_of: Callable[[Named | None], Wire | None]) -> Changes:
    """Whom what fell due paid, and how much; most of it pays nobody."""
    changes: Changes = {}
    for event in receipt.events:
        for account, units in changes_of_due(event, entry_of(named_by_event(event))).items():
            changes[account] = changes.get(account, 0) + units
    return changes


def made_by(decoded: Decoded, outcome: Outcome) -> Made | None:
    """What lists show of a transaction: a campaign is its sponsor's, a content its author's, an
    order everybody's who has a part in it, a proposal that of the partners whom it concerns. An
    application's id is its account: who applies again replaces it."""
    if outcome != Outcome.DONE:
        return None
    action = decoded.transaction.action
    if isinstance(action, Transfer):  # as above
        return None
    sender = decoded.transaction.sender
    match action:
        case CampaignCreate():
            return Made(Listing.CAMPAIGNS, decoded.id, (sender,))
        case OrderOpen(offer):
            sides = [sender, offer.seller, offer.arbiter]
            if offer.promoter is not None:
                sides.append(offer.promoter)
            return Made(Listing.ORDERS, decoded.id, tuple(dict.fromkeys(sides)))
        case ContentRegister(hash=digest):
            return Made(Listing.CONTENTS, content_id(sender, digest), (sender,))
        case Propose(partner, measure):
            owners = tuple(owner_of(code) for code in concerns(partner, measure))
            return Made(Listing.PROPOSALS, decoded.id, owners)
        case PartnerRegister():
            return Made(Listing.APPLICATIONS, sender, (sender,))
        case _:
            return None


def concerns(proposer: str, measure: Measure) -> tuple[str, ...]:
    """The codes of who made a proposal and of the partner that it names, if any."""
    named = getattr(measure, "partner", None)
    return (proposer,) if named in (None, proposer) else (proposer, named)


def owner_of(partner: str) -> bytes:
    """A partner as an owner of what is listed."""
    return partner.encode("ascii")


def transaction_changes(
    state: Entries, decoded: Decoded, receipt: Receipt, at: Location
) -> list[Change]:
    """What to write of a transaction that has a receipt, just after it was carried out."""
    transaction = decoded.transaction
    named = entry_named(state, named_by(transaction.action))
    changes = index_changes(decoded.id, touched(transaction, receipt, named), at)
    made = made_by(decoded, receipt.outcome)
    if made is not None:
        changes += listing_changes(made, at.height, at.receipt)
    return changes


def index_changes(id_: bytes, accounts: Iterable[bytes], at: Location) -> list[Change]:
    """What to write so that a transaction that touched these accounts is found."""
    height, receipt, batch, place = at
    newest_first = _DESCENDING.pack(_TOP_HEIGHT - height, _TOP_INDEX - receipt)
    stands = _PLACE.pack(batch, place)
    changes: list[Change] = [
        (_TRANSACTION + id_[:_ID_BYTES], _LOCATION.pack(height, receipt, batch, place))
    ]
    changes += [(_ACCOUNT + account[:_ID_BYTES] + newest_first, stands) for account in accounts]
    return changes


def entry_named(state: Entries, named: Named | None) -> Wire | None:
    """The entry that an action or event names, as the block left it; None if it names none."""
    return None if named is None else state.entry(named.key, named.kind)


def changes_of_due_items(state: Entries, receipts: Iterable[Receipt], height: int) -> list[Change]:
    """What to write of what fell due: it stands in the block's first receipts."""
    changes: list[Change] = []
    for place, receipt in enumerate(receipts):
        paid = due_paid(receipt, lambda named: entry_named(state, named))
        changes += due_changes(paid, height, place)
    return changes


def due_changes(accounts: Iterable[bytes], height: int, receipt: int) -> list[Change]:
    """What to write so that what fell due is found by the accounts that it paid."""
    descending = _descending(height, receipt)
    return [(_DUE + account[:_ID_BYTES] + descending, b"") for account in accounts]


def listing_changes(made: Made, height: int, receipt: int) -> list[Change]:
    """What to write so that lists show it."""
    descending = _descending(height, receipt)
    owners = (EVERYONE, *made.owners)
    return [(_listed(made.listing, owner) + descending, made.id) for owner in owners]


def locate(store: Store, id_: bytes) -> Location | None:
    """Where a transaction of this id may be: the caller compares the id of what is there."""
    raw = store.get(_TRANSACTION + id_[:_ID_BYTES])
    return None if raw is None else Location(*_LOCATION.unpack(raw))


def history(store: Store, account: bytes, before: tuple[int, int] | None) -> Iterator[Location]:
    """Places of what may have touched an account, newest first.

    ``before`` is the (height, index) of the last one seen: what is older follows.
    """
    for (height, index), value in _descend(store, _ACCOUNT + account[:_ID_BYTES], before):
        yield Location(height, index, *_PLACE.unpack(value))


def fell_due(
    store: Store, account: bytes, before: tuple[int, int] | None
) -> Iterator[tuple[int, int]]:
    """(height, index) of receipts of what fell due and may have paid an account, newest first."""
    for at, _ in _descend(store, _DUE + account[:_ID_BYTES], before):
        yield at


def listed(
    store: Store, listing: Listing, owner: bytes, before: tuple[int, int] | None
) -> Iterator[tuple[tuple[int, int], bytes]]:
    """((height, index), id) of what was made, newest first. ``EVERYONE``, or whose it may be."""
    return _descend(store, _listed(listing, owner), before)


def _descend(
    store: Store, prefix: bytes, before: tuple[int, int] | None
) -> Iterator[tuple[tuple[int, int], bytes]]:
    start = prefix
    if before is not None:
        height, index = min(before[0], _TOP_HEIGHT), min(before[1], _TOP_INDEX)
        start += _descending(height, index) + b"\0"
    size = len(prefix)
    for key, value in store.scan(start, prefix + b"\xff" * (_DESCENDING.size + 1)):
        height, index = _DESCENDING.unpack(key[size:])
        yield (_TOP_HEIGHT - height, _TOP_INDEX - index), value


def _descending(height: int, index: int) -> bytes:
    return _DESCENDING.pack(_TOP_HEIGHT - height, _TOP_INDEX - index)


def _listed(listing: Listing, owner: bytes) -> bytes:
    """Of one length, so that no owner's prefix is the beginning of another's."""
    name = owner[:_ID_BYTES].ljust(_ID_BYTES, b"\0")
    return _LISTED + listing.value + (b"*" if owner == EVERYONE else b"=") + name
