"""Documents of partners together: how they come and go, and what they vote on. Knows shapes.

Part of ``client.views``, from where everything here is imported. ``key``, ``height``, ``time``,
``proof`` and ``beat`` are those of ``client.views.EntryView``, for the entry behind a document.
"""

from __future__ import annotations

from typing import Literal

from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    TimeText,
    View,
)
from client.measure_views import MeasureView

PartnerKindName = Literal["shop", "chain", "airline", "manufacturer", "service", "coalition"]
"""All but a manufacturer have a till, where LiqBon can be spent."""
PartnerState = Literal["active", "run_off", "left"]
"""active: it takes part. run_off: it is leaving, mints and redeems nothing, and what it owes and is
owed is still settled. left: it owes nothing and is owed nothing. What customers hold notices none
of it."""
RoleName = Literal["admin", "issuer", "cashier"]
ProposalState = Literal["open", "passed", "executed", "rejected", "expired", "void"]
"""open: partners vote. passed: enough approve; it is carried out at the deadline. executed: done.
rejected: enough can no longer approve. expired: nothing came of it in time. void: something stood
in its way when it was to be carried out."""

# --- actions -------------------------------------------------------------------------------------


class ApplicantView(View, frozen=True):
    """What a newcomer says of itself: the accounts of its roles beside its admin's, the custodian
    that is to hold its reserve, the consensus key of its node and its own daily caps."""

    code: str
    name: str
    currency: str
    kind: PartnerKindName
    issuer: AddressText
    cashier: AddressText
    custodian: str
    validator: DigestText
    mint_per_day: AmountText
    refund_per_day: AmountText


class PartnerRegisterView(View, frozen=True, tag="partner_register", tag_field="type"):
    """The sender, its admin to be, asks to become a partner."""

    applicant: ApplicantView


class PartnerRotateKeysView(View, frozen=True, tag="partner_rotate_keys", tag_field="type"):
    """A role goes to ``holder``, an account, which signed that it takes it."""

    partner: str
    role: RoleName
    holder: AddressText


class PartnerExitView(View, frozen=True, tag="partner_exit", tag_field="type"):
    """A partner leaves."""

    partner: str


class ValidatorAnnounceKeyView(View, frozen=True, tag="validator_announce_key", tag_field="type"):
    """A partner's node validates with this key from the next epoch on; ``lost``: that should be
    soon."""

    partner: str
    validator: DigestText
    lost: bool


class ProposeView(View, frozen=True, tag="propose", tag_field="type"):
    """A partner puts something to the vote; the transaction's id is the proposal's."""

    partner: str
    measure: MeasureView


class VoteView(View, frozen=True, tag="vote", tag_field="type"):
    """A partner votes; its last vote before the decision counts."""

    partner: str
    proposal: DigestText
    approve: bool


# --- what stands in the state --------------------------------------------------------------------


class ElectorView(View, frozen=True):
    """A partner that may vote on a proposal, and how it did: null if it did not, or not yet."""

    partner: str
    approves: bool | None


class ProposalView(View, frozen=True):
    """Something that was put to the vote.

    ``needed`` of the ``electors`` must approve. At ``deadline`` it expires while open and is
    carried out while passed; null once it is over. ``decided``: when it passed or was rejected;
    ``ended``: when it was over, null while it is not (what was due then was done by the next
    block). ``obstacle`` is the code of what stood in the way of a void one.
    """

    proposal: DigestText
    proposer: str
    measure: MeasureView
    electors: list[ElectorView]
    needed: int
    approved: int
    opposed: int
    status: ProposalState
    opened: TimeText
    decided: TimeText | None
    deadline: TimeText | None
    ended: TimeText | None
    obstacle: str | None


class ProposalDetail(View, frozen=True):
    """A proposal. The ballots are entries of their own; ``proof`` shows the proposal's."""

    proposal: ProposalView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class ApplicationView(View, frozen=True):
    """What an account last applied with; ``application`` is its id, which a vote names.

    ``taken``: a partner has or had the code, so nobody can be admitted by these words any more.
    """

    application: DigestText
    address: AddressText
    applicant: ApplicantView
    taken: bool


class ApplicationDetail(View, frozen=True):
    """An application."""

    application: ApplicationView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class MemberView(View, frozen=True):
    """A seat of the next epoch."""

    partner: str
    validator: DigestText


class MembershipView(View, frozen=True):
    """Who validates from the next epoch on, in the order of admission.

    ``changed`` is the epoch of the newest change that ends one soon, ``admitted`` that of the
    newest admission; null if there was none.
    """

    members: list[MemberView]
    changed: int | None
    admitted: int | None
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class PlannedView(View, frozen=True):
    """A protocol version, and the height from which on it is in force."""

    version: int
    from_height: Height


class ProtocolView(View, frozen=True):
    """The protocol version in force as of ``height``, the one that is ``planned`` (null: none), and
    the newest that this node's release knows. A node stops before the height of one that it does
    not know."""

    version: int
    planned: PlannedView | None
    supported: int
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None
