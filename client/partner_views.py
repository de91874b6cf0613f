"""Documents of partners: who they are, what their points are worth, what they owe. Knows shapes.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from client.event_views import RateView
from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    SignedText,
    TimeText,
    View,
)
from client.governance_views import PartnerKindName, PartnerState


class RolesView(View, frozen=True):
    """Who may act for a partner, in what."""

    admin: AddressText
    issuer: AddressText
    cashier: AddressText


class PartnerView(View, frozen=True):
    """A partner, the code of the custodian that holds its reserve, and those of its programmes.

    ``proposals`` of those that it made are not decided, or not carried out, yet.
    """

    code: str
    name: str
    currency: str
    kind: PartnerKindName
    status: PartnerState
    roles: RolesView
    custodian: str
    programmes: list[str]
    proposals: int


class PartnerDetail(View, frozen=True):
    """A partner; those that left, whom no list holds any more, can be asked for too.

    ``key``, ``height``, ``time``, ``proof`` and ``beat`` are those of ``client.views.EntryView``.
    """

    partner: PartnerView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class CustodianView(View, frozen=True):
    """Who holds reserves: the account that attests them, and the partner that it belongs to, if
    any. ``settlement``: it is the one that says of disputed payments whether they were made."""

    code: str
    name: str
    address: AddressText
    partner: str | None
    settlement: bool


class PublishedRateView(View, frozen=True):
    """The rate at ``place`` of a programme's history, from 0, and when it was published.

    The rate in force is the one at the programme's ``place``; those above it are still to come.
    """

    place: int
    rate: RateView
    published: TimeText


class PublishedTermsView(View, frozen=True):
    """The terms at ``place`` of a programme's history, from 0, and when they were published.

    Those in force are the ones at the programme's ``terms_place``; those above are to come.
    """

    place: int
    terms_hash: DigestText
    terms_url: str
    since: TimeText
    published: TimeText


class ProgrammeView(View, frozen=True):
    """A loyalty programme: the terms and the rate in force (null: none yet), and the newest rate.

    ``place`` is that of the rate in force among the ``published`` ones, -1 if there is none;
    ``terms_place`` that of the terms in force among the ``terms_published`` ones. ``rates`` and
    ``terms`` are the newest eight of each; the rest is a page away.
    """

    partner: str
    code: str
    name: str
    point: str
    terms_hash: DigestText
    terms_url: str
    paused: bool
    place: int
    rate: RateView | None
    published: int
    newest: RateView
    rates: list[PublishedRateView]
    terms_place: int
    terms_published: int
    terms: list[PublishedTermsView]


class PendingReserveView(View, frozen=True):
    """A higher reserve that was attested and counts from ``since`` on."""

    amount: AmountText
    attested: TimeText
    since: TimeText


class PendingCapsView(View, frozen=True):
    """Daily caps that were raised and are in force from ``since`` on."""

    mint_per_day: AmountText
    refund_per_day: AmountText
    since: TimeText


class AdvanceView(View, frozen=True):
    """What the others' reserves paid for a partner, in obligations of cycles up to ``cycle``, and
    what it did not pay in later ones since."""

    amount: AmountText
    cycle: int


class LimitsView(View, frozen=True):
    """What bounds a partner. ``limit`` = recognised reserve less haircut, and credit.

    ``recognised`` is the reserve, at most its ceiling, while it counts. ``room`` is how much more
    it may issue: limit - net - receivable. ``earmarked`` of the reserve is held for disputed
    payments; ``overdue`` counts obligations that were not paid in time; while there is one, or an
    ``advance``, ``minting_suspended`` is true. ``reserve_moved``: when a part of the reserve was
    last drawn or handed back, null if never.
    """

    limit: AmountText
    room: SignedText
    credit: AmountText
    reserve: AmountText
    reserve_ceiling: AmountText
    recognised: AmountText
    haircut_basis_points: int
    reserve_attested: TimeText
    reserve_counts: bool
    reserve_moved: TimeText | None
    earmarked: AmountText
    overdue: int
    advance: AdvanceView | None
    minting_suspended: bool
    pending_reserve: PendingReserveView | None
    claim_bound: AmountText
    mint_per_day: AmountText
    refund_per_day: AmountText
    pending_caps: PendingCapsView | None
    minted_today: AmountText
    refunded_today: AmountText


class PositionView(View, frozen=True):
    """What a partner owes the pool (``net`` above zero) or is owed, and why.

    ``payable`` and ``receivable`` stand in obligations that are not settled; ``expected`` = net -
    payable + receivable is what ``net`` becomes once they are.
    """

    partner: str
    minted: AmountText
    redeemed: AmountText
    refunded: AmountText
    paid: AmountText
    received: AmountText
    assumed: SignedText
    net: SignedText
    payable: AmountText
    receivable: AmountText
    expected: SignedText
    limits: LimitsView


class SupplyView(View, frozen=True):
    """LiqBon in existence: ``supply`` = minted + refunded - redeemed = the sum of all ``net``."""

    minted: AmountText
    redeemed: AmountText
    refunded: AmountText
    supply: AmountText


class PositionsView(View, frozen=True):
    """Every partner's position as of ``height``, and their sum."""

    height: Height
    time: TimeText
    supply: SupplyView
    items: list[PositionView]
    next: str | None
