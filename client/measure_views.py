"""Documents of what partners decide on together: one for each measure. Knows shapes; no rule.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from typing import TypeAlias

from client.fields import AddressText, AmountText, DigestText, Height, View


class VotedLimitsView(View, frozen=True):
    """What others let a partner owe (``credit``, and its reserve up to the ceiling, less the
    haircut) and be owed (``claim_bound``)."""

    credit: AmountText
    reserve_ceiling: AmountText
    haircut_basis_points: int
    claim_bound: AmountText


class AdmitPartnerView(View, frozen=True, tag="admit_partner", tag_field="type"):
    """``applicant`` becomes a partner, as its application of exactly this id says."""

    applicant: AddressText
    application: DigestText
    limits: VotedLimitsView


class RemovePartnerView(View, frozen=True, tag="remove_partner", tag_field="type"):
    """A partner leaves, whether it wants to or not."""

    partner: str


class ReplaceAdminView(View, frozen=True, tag="replace_admin", tag_field="type"):
    """Another account becomes the admin of a partner."""

    partner: str
    address: AddressText


class SetLimitsView(View, frozen=True, tag="set_limits", tag_field="type"):
    """Others let a partner owe and be owed this much."""

    partner: str
    limits: VotedLimitsView


class SetCustodianView(View, frozen=True, tag="set_custodian", tag_field="type"):
    """A custodian is admitted, or its name, account or affiliation (``partner``) changed."""

    code: str
    name: str
    address: AddressText
    partner: str | None


class AssignCustodianView(View, frozen=True, tag="assign_custodian", tag_field="type"):
    """Another custodian holds a partner's reserve."""

    partner: str
    custodian: str


class SetJudgeView(View, frozen=True, tag="set_judge", tag_field="type"):
    """Another custodian says which payments between partners were made."""

    custodian: str


class DecideDisputeView(View, frozen=True, tag="decide_dispute", tag_field="type"):
    """A disputed payment was made, or was not."""

    cycle: int
    place: int
    paid: bool


class ShareObligationView(View, frozen=True, tag="share_obligation", tag_field="type"):
    """The others bear what a partner that is leaving did not pay of an obligation."""

    cycle: int
    place: int


class SharePositionView(View, frozen=True, tag="share_position", tag_field="type"):
    """The others bear ``amount`` of what a partner that is leaving owes the pool."""

    partner: str
    amount: AmountText


class SetProtocolView(View, frozen=True, tag="set_protocol", tag_field="type"):
    """From ``height`` on the rules are those of another protocol version."""

    version: int
    height: Height


class DeclareView(View, frozen=True, tag="declare", tag_field="type"):
    """Something is said together: a document, by its digest. Nothing follows from it."""

    hash: DigestText
    url: str


MeasureView: TypeAlias = (
    AdmitPartnerView
    | RemovePartnerView
    | ReplaceAdminView
    | SetLimitsView
    | SetCustodianView
    | AssignCustodianView
    | SetJudgeView
    | DecideDisputeView
    | ShareObligationView
    | SharePositionView
    | SetProtocolView
    | DeclareView
)
