"""What is put to the vote, as documents. Knows both forms; asks nobody, decides nothing."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from client import measure_views as views
from primitives.address import address
from primitives.amount import format_amount
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Declare,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)

_OfPartners: TypeAlias = AdmitPartner | RemovePartner | ReplaceAdmin | SetLimits
_OfCustody: TypeAlias = SetCustodian | AssignCustodian | SetJudge
_OfLosses: TypeAlias = DecideDispute | ShareObligation | SharePosition


def voted_limits_view(limits: VotedLimits) -> views.VotedLimitsView:
    """Amounts in LiqBon."""
    return views.VotedLimitsView(
        credit=format_amount(limits.credit),
        reserve_ceiling=format_amount(limits.reserve_ceiling),
        haircut_basis_points=limits.haircut,
        claim_bound=format_amount(limits.claim_bound),
    )


def measure_view(measure: Measure, network: str) -> views.MeasureView:
    """``network`` is the addresses' human-readable part, as genesis names it."""
    match measure:
        case AdmitPartner() | RemovePartner() | ReplaceAdmin() | SetLimits():
            return _of_partners(measure, network)
        case SetCustodian() | AssignCustodian() | SetJudge():
            return _of_custody(measure, network)
        case DecideDispute() | ShareObligation() | SharePosition():
            return _of_losses(measure)
        case SetProtocol(version, height):
            return views.SetProtocolView(version=version, height=height)
        case Declare(hash=hash_, url=url):
            return views.DeclareView(hash=hash_.hex(), url=url)
        case _:
            assert_never(measure)


def _of_partners(measure: _OfPartners, network: str) -> views.MeasureView:
    match measure:
        case AdmitPartner():
            return views.AdmitPartnerView(
                applicant=address(measure.applicant, network),
                application=measure.application.hex(),
                limits=voted_limits_view(measure.limits),
            )
        case RemovePartner(partner):
            return views.RemovePartnerView(partner=partner)
        case ReplaceAdmin(partner, account):
            return views.ReplaceAdminView(partner=partner, address=address(account, network))
        case SetLimits(partner, limits):
            return views.SetLimitsView(partner=partner, limits=voted_limits_view(limits))
        case _:
            assert_never(measure)


def _of_custody(measure: _OfCustody, network: str) -> views.MeasureView:
    match measure:
        case SetCustodian():
            return views.SetCustodianView(
                code=measure.code,
                name=measure.name,
                address=address(measure.account, network),
                partner=measure.partner,
            )
        case AssignCustodian(partner, custodian):
            return views.AssignCustodianView(partner=partner, custodian=custodian)
        case SetJudge(custodian):
            return views.SetJudgeView(custodian=custodian)
        case _:
            assert_never(measure)


def _of_losses(measure: _OfLosses) -> views.MeasureView:
    match measure:
        case DecideDispute(cycle, place, paid):
            return views.DecideDisputeView(cycle=cycle, place=place, paid=paid)
        case ShareObligation(cycle, place):
            return views.ShareObligationView(cycle=cycle, place=place)
        case SharePosition(partner, amount):
            return views.SharePositionView(partner=partner, amount=format_amount(amount))
        case _:
            assert_never(measure)
