"""What partners may put to the vote, told in words. Knows every measure; decides none."""

from __future__ import annotations

from typing import assert_never

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


def told_measure(measure: Measure, network: str) -> str:
    """In one sentence, without the full stop, e.g. ``remove the partner north``."""
    match measure:
        case AdmitPartner():
            who = address(measure.applicant, network)
            return f"admit {who} as it applied, with {_limits(measure.limits)}"
        case RemovePartner():
            return f"remove the partner {measure.partner}; customers keep what they hold"
        case ReplaceAdmin():
            return f"make {address(measure.account, network)} the admin of {measure.partner}"
        case SetLimits():
            return f"let {measure.partner} have {_limits(measure.limits)}"
        case SetCustodian():
            belongs = f" of {measure.partner}" if measure.partner else ""
            who = address(measure.account, network)
            return f"have {measure.name}{belongs} at {who} be the custodian {measure.code}"
        case AssignCustodian() | SetJudge():
            return _told_of_custodians(measure)
        case DecideDispute() | ShareObligation() | SharePosition():
            return _told_of_debts(measure)
        case SetProtocol():
            return f"go over to protocol version {measure.version} at height {measure.height}"
        case Declare():
            where = f" ({measure.url})" if measure.url else ""
            return f"declare the document {measure.hash.hex()}{where}"
        case _:
            assert_never(measure)


def _told_of_custodians(measure: AssignCustodian | SetJudge) -> str:
    match measure:
        case AssignCustodian():
            return f"have {measure.custodian} hold the reserve of {measure.partner}"
        case SetJudge():
            return f"have {measure.custodian} say which payments were made"
        case _:
            assert_never(measure)


def _told_of_debts(measure: DecideDispute | ShareObligation | SharePosition) -> str:
    match measure:
        case DecideDispute(cycle=cycle, place=place):
            made = "made" if measure.paid else "not made"
            return f"decide that the payment of cycle {cycle}, place {place} was {made}"
        case ShareObligation(cycle=cycle, place=place):
            return f"bear together what is owed in cycle {cycle}, place {place}"
        case SharePosition():
            units = format_amount(measure.amount)
            return f"bear together {units} LiqBon of what {measure.partner} owes"
        case _:
            assert_never(measure)


def _limits(limits: VotedLimits) -> str:
    return (
        f"credit {format_amount(limits.credit)}, a reserve up to "
        f"{format_amount(limits.reserve_ceiling)} less {limits.haircut} basis points, "
        f"and a claim bound of {format_amount(limits.claim_bound)}"
    )
