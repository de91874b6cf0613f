"""Key and value layout of every state entry. Knows bytes; no rule, no store.

A key is a prefix byte followed by fixed or length-prefixed fields, so that no key is a prefix of
another entry's key by accident ([STATE-1], docs/spec/state.md). State is read by exact key only;
what would be a list is an explicit, bounded page. Prefixes of the whole economy are reserved here.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.amount import DailyCap
from primitives.calendar import DUE_PAGE_ITEMS as DUE_PAGE_ITEMS
from primitives.calendar import CampaignEnd as CampaignEnd
from primitives.calendar import CapsStart as CapsStart
from primitives.calendar import CycleClose as CycleClose
from primitives.calendar import DueItem as DueItem
from primitives.calendar import DueNode as DueNode
from primitives.calendar import DuePage as DuePage
from primitives.calendar import DueSecond as DueSecond
from primitives.calendar import ObligationDue as ObligationDue
from primitives.calendar import OrderDue as OrderDue
from primitives.calendar import ProposalDue as ProposalDue
from primitives.calendar import RateStart as RateStart
from primitives.calendar import ReserveLapse as ReserveLapse
from primitives.calendar import ReserveStart as ReserveStart
from primitives.calendar import TermsStart as TermsStart
from primitives.codes import MAX_PARTNERS, Code, Currency, Cycle, Name, Signed, Url
from primitives.commerce import Campaign, Claimed, Content, Order
from primitives.encoding import Count, Digest, Malformed, Millis, Positive, Wire, decode
from primitives.genesis import MAX_CUSTODIANS, Custodian, PartnerLimits, Rate, Roles
from primitives.governance import Ballot, Proposal, Protocol
from primitives.hashing import DUE, ZERO_DIGEST
from primitives.membership import Application, Membership, PartnerKind, PartnerStatus
from primitives.settlement import SETTLEMENT_KEY as SETTLEMENT_KEY
from primitives.settlement import CycleLine as CycleLine
from primitives.settlement import Obligation as Obligation
from primitives.settlement import ObligationStatus as ObligationStatus
from primitives.settlement import Settlement as Settlement
from primitives.settlement import SettlementCycle as SettlementCycle
from primitives.settlement import cycle_key as cycle_key
from primitives.settlement import obligation_key as obligation_key

MAX_KEY: Final = 128
MAX_VALUE: Final = 16 * 1024
MAX_PROPOSALS: Final = 16
"""Proposals of one partner that wait at a time."""


@unique
class Prefix(IntEnum):
    """The first byte of a key. Values never change; unbuilt contracts have theirs reserved."""

    SUPPLY = 0x01
    DIRECTORY = 0x02
    MEMBERSHIP = 0x03
    PROTOCOL = 0x04
    ACCOUNT = 0x10
    CHANNEL = 0x11
    PARTNER = 0x20
    POSITION = 0x21
    LIMITS = 0x22
    DAY = 0x23
    CUSTODIAN = 0x25
    APPLICATION = 0x26
    PROGRAMME = 0x30
    RATE = 0x31
    TERMS = 0x32
    MARK = 0x40
    LANE_DAY = 0x50
    DUE_NODE = 0x60
    DUE_PAGE = 0x61
    DUE_SECOND = 0x62
    CYCLE = 0x70
    OBLIGATION = 0x71
    REDEMPTION = 0x72
    SETTLEMENT = 0x73
    PROPOSAL = 0x80
    BALLOT = 0x81
    CAMPAIGN = 0x90
    CLAIM = 0x91
    VOUCHER = 0x92
    ORDER = 0xA0
    CONTENT = 0xB0


@unique
class MarkKind(IntEnum):
    """What a single-use mark was for. Marks are keyed by (partner, kind, id).

    An invoice needs none: its ``Redemption`` stands under (partner, id) as well. Vouchers have keys
    of their own, as sponsors need not be partners.
    """

    COMMITMENT = 1
    REFUND = 2


class Account(Wire):
    """An account's record; it is never deleted. ``balance`` in units of 10^-6 LiqBon.

    ``sequence`` is the next sequence of channel 0 and ``last`` the id of the transaction that used
    the one before (32 zeros if none). Channels 1.. have entries of their own, from their first use.
    """

    balance: Count
    channels: Annotated[int, msgspec.Meta(ge=1, le=256)]
    sequence: Count
    last: Digest


class Channel(Wire):
    """A further channel of an account: next sequence and the id that used the one before."""

    sequence: Count
    last: Digest


class Supply(Wire):
    """Totals in units: supply = minted + refunded - redeemed ([LEDGER-2])."""

    minted: Count
    redeemed: Count
    refunded: Count

    @property
    def supply(self) -> int:
        """LiqBon in existence, in units."""
        return self.minted + self.refunded - self.redeemed


class Partner(Wire):
    """Who a partner is, who holds its reserve, and which of its programmes exist.

    ``proposals`` counts those that it made and that are not decided, or not carried out, yet.
    """

    code: Code
    name: Name
    currency: Currency
    kind: PartnerKind
    status: PartnerStatus
    roles: Roles
    custodian: Code
    programmes: Annotated[tuple[Code, ...], msgspec.Meta(max_length=16)]
    proposals: Annotated[int, msgspec.Meta(ge=0, le=MAX_PROPOSALS)]

    @property
    def active(self) -> bool:
        """Whether it takes part: neither left nor leaving."""
        return self.status == PartnerStatus.ACTIVE


class Position(Wire):
    """The six totals of a partner, in units; D is derived ([LEDGER-3]).

    ``payable`` and ``receivable`` are what it owes and is owed in obligations that are not settled.
    """

    minted: Count
    redeemed: Count
    refunded: Count
    paid: Count
    received: Count
    assumed: Signed
    payable: Count
    receivable: Count

    @property
    def net(self) -> int:
        """D: positive when the partner owes the pool, negative when it is owed."""
        owed = self.minted + self.refunded + self.received + self.assumed
        return owed - self.redeemed - self.paid

    @property
    def owed(self) -> int:
        """What others owe it, once it has paid all that it has to: -D and what is payable."""
        return self.payable - self.net

    @property
    def expected(self) -> int:
        """E: what D becomes once every obligation is settled ([LEDGER-27])."""
        return self.net - self.payable + self.receivable


class PendingReserve(Wire):
    """An attested reserve, in units, of which the increase counts from ``since`` on."""

    amount: Count
    attested: Millis
    since: Millis


class PendingCaps(Wire):
    """Daily caps, in units, that were raised and are in force from ``since`` on."""

    mint_per_day: DailyCap
    refund_per_day: DailyCap
    since: Millis


class Advance(Wire):
    """Units that the others' reserves paid for a partner, in obligations of cycles up to ``cycle``,
    and that it did not pay in later ones since."""

    amount: Positive
    cycle: Cycle


class Limits(Wire):
    """A partner's limits as in force; ``reserve_counts`` is false once its attestation lapsed.

    ``earmarked`` of the reserve is held for disputed payments, ``overdue`` counts the obligations
    that were not paid in time and are not settled, ``moved`` is when a part of the reserve was last
    drawn or handed back (0: never).
    """

    terms: PartnerLimits
    reserve_counts: bool
    earmarked: Count
    overdue: Count
    moved: Millis
    pending_reserve: PendingReserve | None
    pending_caps: PendingCaps | None
    advance: Advance | None


class Day(Wire):
    """What a partner minted and refunded in one UTC day of block time, in units."""

    day: Count
    minted: DailyCap
    refunded: DailyCap


class Programme(Wire):
    """A programme, the rate in force (nil: none yet) and the newest of its ``published`` rates.

    ``place`` is that of the rate in force among those published, from 0; -1 if there is none.
    Of ``terms_published`` terms the one at ``terms_place`` is in force, the newest starts at
    ``terms_newest``.
    """

    code: Code
    name: Name
    point: Name
    terms_hash: Digest
    terms_url: Url
    paused: bool
    place: Annotated[int, msgspec.Meta(ge=-1, lt=2**32)]
    rate: Rate | None
    published: Annotated[int, msgspec.Meta(ge=1, le=2**32)]
    newest: Rate
    terms_place: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    terms_published: Annotated[int, msgspec.Meta(ge=1, le=2**32)]
    terms_newest: Millis


class PublishedTerms(Wire):
    """One version of a programme's terms: a document by its digest, from ``since`` on, and the
    block time of its publication."""

    terms_hash: Digest
    terms_url: Url
    since: Millis
    published: Millis


class PublishedRate(Wire):
    """One rate of a programme's history, and the block time of its publication."""

    rate: Rate
    published: Millis


class Redemption(Wire):
    """An invoice that was redeemed: by whom, for how much, and how much of it was given back."""

    payer: Digest
    amount: Positive
    refunded: Count
    transaction: Digest
    height: Count


class Directory(Wire):
    """The partners that have not left, and the custodians, each in the order of admission."""

    partners: Annotated[tuple[Code, ...], msgspec.Meta(max_length=MAX_PARTNERS)]
    custodians: Annotated[tuple[Code, ...], msgspec.Meta(max_length=MAX_CUSTODIANS)]


class Mark(Wire):
    """A single-use id was used by this transaction, at this height."""

    transaction: Digest
    height: Count


class LaneDay(Wire):
    """State entries that one lane created in one UTC day of block time."""

    day: Count
    created: Count


NO_ACCOUNT: Final = Account(0, 1, 0, ZERO_DIGEST)
"""What an account without a record is worth to those who ask: nothing yet."""

SUPPLY_KEY: Final = bytes([Prefix.SUPPLY])
DIRECTORY_KEY: Final = bytes([Prefix.DIRECTORY])
_ACCOUNT: Final = bytes([Prefix.ACCOUNT])
_CHANNEL: Final = bytes([Prefix.CHANNEL])


def account_key(account: bytes) -> bytes:
    """33 bytes."""
    return _ACCOUNT + account


def channel_key(account: bytes, channel: int) -> bytes:
    """34 bytes; channels 1..255."""
    return _CHANNEL + account + bytes([channel])


def _coded(prefix: Prefix, *codes: str) -> bytes:
    return bytes([prefix]) + b"".join(bytes([len(c)]) + c.encode("ascii") for c in codes)


def partner_key(partner: str) -> bytes:
    """Who a partner is."""
    return _coded(Prefix.PARTNER, partner)


def position_key(partner: str) -> bytes:
    """A partner's totals."""
    return _coded(Prefix.POSITION, partner)


def limits_key(partner: str) -> bytes:
    """A partner's limits."""
    return _coded(Prefix.LIMITS, partner)


def day_key(partner: str) -> bytes:
    """A partner's newest day of minting and refunding."""
    return _coded(Prefix.DAY, partner)


def programme_key(partner: str, programme: str) -> bytes:
    """A programme of a partner."""
    return _coded(Prefix.PROGRAMME, partner, programme)


def rate_key(partner: str, programme: str, place: int) -> bytes:
    """The rate at ``place`` (4 bytes, from 0) of a programme's history."""
    return _coded(Prefix.RATE, partner, programme) + place.to_bytes(4, "big")


def terms_key(partner: str, programme: str, place: int) -> bytes:
    """The terms at ``place`` (4 bytes, from 0) of a programme's history."""
    return _coded(Prefix.TERMS, partner, programme) + place.to_bytes(4, "big")


def custodian_key(custodian: str) -> bytes:
    """Who holds reserves."""
    return _coded(Prefix.CUSTODIAN, custodian)


def redemption_key(partner: str, invoice: bytes) -> bytes:
    """An invoice of a partner that was redeemed; ``invoice`` is its id, 32 bytes."""
    return _coded(Prefix.REDEMPTION, partner) + invoice


def mark_key(partner: str, kind: MarkKind, id_: bytes) -> bytes:
    """A single-use id of a partner; ``id_`` is 32 bytes. A rival's key is another key."""
    return _coded(Prefix.MARK, partner) + bytes([kind]) + id_


def lane_day_key(lane: int) -> bytes:
    """A lane's newest day of creating entries."""
    return bytes([Prefix.LANE_DAY]) + lane.to_bytes(2, "big")


def due_node_key(path: bytes) -> bytes:
    """A node of the calendar; ``path`` is 0..3 bytes of the second, big-endian."""
    return bytes([Prefix.DUE_NODE, len(path)]) + path


def due_second_key(second: int) -> bytes:
    """What is still to be done of one second since 1970 (4 bytes)."""
    return bytes([Prefix.DUE_SECOND]) + second.to_bytes(4, "big")


def due_page_key(second: int, page: int) -> bytes:
    """A page of what falls due in one second since 1970 (4 bytes); pages count from 0."""
    return bytes([Prefix.DUE_PAGE]) + second.to_bytes(4, "big") + page.to_bytes(4, "big")


def due_origin(second: int, page: int, place: int) -> bytes:
    """32 bytes: the origin in the receipt of what stood at ``place`` (0..31) of a page."""
    return DUE.digest(due_page_key(second, page), place.to_bytes(2, "big"))


ENTRY_KINDS: Final[dict[int, type[Wire]]] = {
    Prefix.SUPPLY: Supply,
    Prefix.DIRECTORY: Directory,
    Prefix.MEMBERSHIP: Membership,
    Prefix.PROTOCOL: Protocol,
    Prefix.ACCOUNT: Account,
    Prefix.CHANNEL: Channel,
    Prefix.PARTNER: Partner,
    Prefix.POSITION: Position,
    Prefix.LIMITS: Limits,
    Prefix.DAY: Day,
    Prefix.CUSTODIAN: Custodian,
    Prefix.APPLICATION: Application,
    Prefix.PROGRAMME: Programme,
    Prefix.RATE: PublishedRate,
    Prefix.TERMS: PublishedTerms,
    Prefix.MARK: Mark,
    Prefix.LANE_DAY: LaneDay,
    Prefix.DUE_NODE: DueNode,
    Prefix.DUE_PAGE: DuePage,
    Prefix.DUE_SECOND: DueSecond,
    Prefix.CYCLE: SettlementCycle,
    Prefix.OBLIGATION: Obligation,
    Prefix.REDEMPTION: Redemption,
    Prefix.SETTLEMENT: Settlement,
    Prefix.PROPOSAL: Proposal,
    Prefix.BALLOT: Ballot,
    Prefix.CAMPAIGN: Campaign,
    Prefix.CLAIM: Claimed,
    Prefix.VOUCHER: Mark,
    Prefix.ORDER: Order,
    Prefix.CONTENT: Content,
}


def decode_entry(key: bytes, value: bytes) -> Wire:
    """The typed value of any entry. Raises ``Malformed`` (``entry_unknown`` or encoding codes)."""
    kind = ENTRY_KINDS.get(key[0]) if 0 < len(key) <= MAX_KEY else None
    if kind is None:
        raise Malformed("entry_unknown", key[:MAX_KEY].hex())
    return decode(kind, value, MAX_VALUE)
