"""What partners can decide on together. Knows what stands in the way of each, and what it changes.

A measure is looked at when it is proposed and again when it is carried out, by the same rule, since
much can happen in between. None of them reads or writes a balance ([LEDGER-60]).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from contracts import limits as rules
from contracts import membership, netting, partners, reserves, settlement
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.codes import MAX_PARTNERS
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Obligation,
    ObligationStatus,
    Partner,
    custodian_key,
)
from primitives.genesis import MAX_CUSTODIANS, Custodian
from primitives.governance import (
    PROTOCOL_KEY,
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Declare,
    Measure,
    Planned,
    Protocol,
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
from primitives.membership import (
    Application,
    PartnerStatus,
    Role,
    application_id,
    application_key,
)
from primitives.receipt import (
    CustodianAssigned,
    CustodianSet,
    JudgeSet,
    LimitsSet,
    Outcome,
    ProtocolPlanned,
)


def _application(entries: Entries, measure: AdmitPartner) -> Application | None:
    """What the applicant said, if it still is what the measure names."""
    found = entries.entry(application_key(measure.applicant), Application)
    if found is None or application_id(measure.applicant, found) != measure.application:
        return None
    return found


def _admission_obstacle(
    entries: Entries, context: BlockContext, measure: AdmitPartner
) -> Outcome | None:
    application = _application(entries, measure)
    if application is None:
        return Outcome.APPLICATION_UNKNOWN
    refusal = membership.application_refusal(entries, measure.applicant, application)
    if refusal is not None:
        return refusal
    if len(partners.directory(entries).partners) >= MAX_PARTNERS:
        return Outcome.DIRECTORY_FULL
    return _credit_obstacle(entries, context, application.code, measure.limits)


def _credit_obstacle(
    entries: Entries, context: BlockContext, code: str, limits: VotedLimits
) -> Outcome | None:
    """All credit together stays within what the genesis allows ([LEDGER-67])."""
    others = [each for each in partners.directory(entries).partners if each != code]
    credit = sum(rules.of(entries, each).terms.credit for each in others)
    fits = credit + limits.credit <= context.parameters.total_credit
    return None if fits else Outcome.CREDIT_EXCEEDED


def _admit(draft: Draft, context: BlockContext, measure: AdmitPartner) -> None:
    application = _application(draft, measure)
    assert application is not None, measure
    membership.admit(draft, context, measure.applicant, application, measure.limits)
    draft.events.append(LimitsSet(application.code, measure.limits))


def _removal_obstacle(entries: Entries, _: BlockContext, measure: RemovePartner) -> Outcome | None:
    partner = partners.find(entries, measure.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if not partner.active:
        return Outcome.PARTNER_LEAVING
    return Outcome.LAST_PARTNER if membership.is_last(entries, measure.partner) else None


def _remove(draft: Draft, context: BlockContext, measure: RemovePartner) -> None:
    membership.leave(draft, context, measure.partner)


def _admin_obstacle(entries: Entries, _: BlockContext, measure: ReplaceAdmin) -> Outcome | None:
    partner = partners.find(entries, measure.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    held = measure.account == partner.roles.admin
    free = not held and membership.may_hold(entries, partner, measure.account)
    return None if free else Outcome.ROLE_INVALID


def _replace_admin(draft: Draft, _: BlockContext, measure: ReplaceAdmin) -> None:
    partner = partners.known(draft, measure.partner)
    membership.give_role(draft, partner, Role.ADMIN, measure.account)


def _limits_obstacle(entries: Entries, context: BlockContext, measure: SetLimits) -> Outcome | None:
    partner = partners.find(entries, measure.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if not partner.active:
        return Outcome.PARTNER_LEAVING
    return _credit_obstacle(entries, context, measure.partner, measure.limits)


def _set_limits(draft: Draft, _: BlockContext, measure: SetLimits) -> None:
    limits, voted = rules.of(draft, measure.partner), measure.limits
    terms = replace(
        limits.terms,
        credit=voted.credit,
        reserve_ceiling=voted.reserve_ceiling,
        haircut=voted.haircut,
        claim_bound=voted.claim_bound,
    )
    rules.put(draft, measure.partner, replace(limits, terms=terms))
    draft.events.append(LimitsSet(measure.partner, voted))


def _custodian_obstacle(entries: Entries, _: BlockContext, measure: SetCustodian) -> Outcome | None:
    """Nobody attests its own reserve, and who judges belongs to nobody, as in [GEN-11]."""
    if measure.partner is not None and partners.find(entries, measure.partner) is None:
        return Outcome.PARTNER_UNKNOWN
    codes = partners.directory(entries).custodians
    if measure.code not in codes and len(codes) >= MAX_CUSTODIANS:
        return Outcome.CUSTODIANS_FULL
    others = [partners.custodian(entries, code) for code in codes if code != measure.code]
    if measure.account in [other.account for other in others]:
        return Outcome.CUSTODIAN_INVALID
    custodian = Custodian(measure.code, measure.name, measure.account, measure.partner)
    held = [partner for partner in _all(entries) if partner.custodian == measure.code]
    sound = all(_may_attest(custodian, partner) for partner in held)
    if settlement.head(entries).custodian == measure.code:
        sound = sound and _may_judge(entries, custodian)
    return None if sound else Outcome.CUSTODIAN_INVALID


def _all(entries: Entries) -> list[Partner]:
    codes = partners.directory(entries).partners
    return [partners.known(entries, code) for code in codes]


def _may_attest(custodian: Custodian, partner: Partner) -> bool:
    roles = partner.roles
    own = custodian.account in (roles.admin, roles.issuer, roles.cashier)
    return not own and custodian.partner != partner.code


def _may_judge(entries: Entries, custodian: Custodian) -> bool:
    neutral = custodian.partner is None
    return neutral and all(_may_attest(custodian, partner) for partner in _all(entries))


def _set_custodian(draft: Draft, _: BlockContext, measure: SetCustodian) -> None:
    directory = partners.directory(draft)
    if measure.code not in directory.custodians:
        custodians = (*directory.custodians, measure.code)
        draft.put(DIRECTORY_KEY, replace(directory, custodians=custodians))
    partners.open_role(draft, measure.account)
    key = custodian_key(measure.code)
    draft.entry(key, Custodian)
    draft.put(key, Custodian(measure.code, measure.name, measure.account, measure.partner))
    draft.events.append(CustodianSet(measure.code, measure.account))


def _assignment_obstacle(
    entries: Entries, _: BlockContext, measure: AssignCustodian
) -> Outcome | None:
    partner = partners.find(entries, measure.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    custodian = partners.find_custodian(entries, measure.custodian)
    if custodian is None:
        return Outcome.CUSTODIAN_UNKNOWN
    fits = custodian.code != partner.custodian and _may_attest(custodian, partner)
    return None if fits else Outcome.CUSTODIAN_INVALID


def _assign(draft: Draft, context: BlockContext, measure: AssignCustodian) -> None:
    """What was held counts again once the new custodian attests it; until then it is only held."""
    partner = partners.known(draft, measure.partner)
    partners.put(draft, replace(partner, custodian=measure.custodian))
    limits = rules.of(draft, measure.partner)
    unattested = replace(limits, reserve_counts=False, pending_reserve=None, moved=context.time)
    rules.put(draft, measure.partner, unattested)
    draft.events.append(CustodianAssigned(measure.partner, measure.custodian))


def _judge_obstacle(entries: Entries, _: BlockContext, measure: SetJudge) -> Outcome | None:
    custodian = partners.find_custodian(entries, measure.custodian)
    if custodian is None:
        return Outcome.CUSTODIAN_UNKNOWN
    judges = settlement.head(entries).custodian == measure.custodian
    fits = not judges and _may_judge(entries, custodian)
    return None if fits else Outcome.CUSTODIAN_INVALID


def _set_judge(draft: Draft, _: BlockContext, measure: SetJudge) -> None:
    draft.put(SETTLEMENT_KEY, replace(settlement.head(draft), custodian=measure.custodian))
    draft.events.append(JudgeSet(measure.custodian))


def _dispute_obstacle(entries: Entries, _: BlockContext, measure: DecideDispute) -> Outcome | None:
    obligation = settlement.find(entries, (measure.cycle, measure.place))
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    disputed = obligation.status == ObligationStatus.DISPUTED
    return None if disputed else Outcome.NOT_DISPUTED


def _decide(draft: Draft, context: BlockContext, measure: DecideDispute) -> None:
    settlement.decide(draft, context, (measure.cycle, measure.place), paid=measure.paid)


def _obligation_obstacle(
    entries: Entries, _: BlockContext, measure: ShareObligation
) -> Outcome | None:
    obligation = settlement.find(entries, (measure.cycle, measure.place))
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    if partners.known(entries, obligation.debtor).active:
        return Outcome.PARTNER_STAYS
    if obligation.status == ObligationStatus.SETTLED:
        return Outcome.OBLIGATION_SETTLED
    if not obligation.late:
        return Outcome.OBLIGATION_IN_TIME
    return None if _bearers(entries) else Outcome.NOBODY_TO_SHARE


def _share_obligation(draft: Draft, _: BlockContext, measure: ShareObligation) -> None:
    """The creditor bears no more of it than its share; the others owe the pool theirs.

    Whatever the debtor says meanwhile: it could put off every vote by claiming a payment each time.
    """
    name = (measure.cycle, measure.place)
    obligation = settlement.find(draft, name)
    assert isinstance(obligation, Obligation)
    amount = settlement.write_off(draft, name)
    _bear(draft, obligation.creditor, amount)


def _position_obstacle(entries: Entries, _: BlockContext, measure: SharePosition) -> Outcome | None:
    partner = partners.find(entries, measure.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if partner.status != PartnerStatus.RUN_OFF:
        return Outcome.PARTNER_STAYS
    covered = reserves.available(rules.of(entries, measure.partner))
    if measure.amount > partners.position(entries, measure.partner).expected - covered:
        return Outcome.POSITION_SMALLER
    return None if _bearers(entries) else Outcome.NOBODY_TO_SHARE


def _share_position(draft: Draft, _: BlockContext, measure: SharePosition) -> None:
    _bear(draft, measure.partner, measure.amount)


def _bearers(entries: Entries) -> dict[str, int]:
    """The limits of those who take part: in proportion to them a loss is borne."""
    limits = {code: rules.limit(rules.of(entries, code)) for code in partners.active(entries)}
    return {code: limit for code, limit in limits.items() if limit}


def _bear(draft: Draft, relieved: str, amount: int) -> None:
    """``relieved`` owes the pool less, and those who take part as much more ([LEDGER-73])."""
    shifts = netting.apportion(amount, _bearers(draft))
    shifts[relieved] = shifts.get(relieved, 0) - amount
    for code in sorted(shifts):
        if shifts[code]:
            partners.shift(draft, code, shifts[code])


def protocol(entries: Entries) -> Protocol:
    """Which version of the rules is in force, and which one is planned."""
    found = entries.entry(PROTOCOL_KEY, Protocol)
    assert found is not None, "a state without a protocol"
    return found


def _protocol_obstacle(
    entries: Entries, context: BlockContext, measure: SetProtocol
) -> Outcome | None:
    if measure.height <= context.height:
        return Outcome.HEIGHT_PASSED
    newer = measure.version > protocol(entries).at(context.height)
    return None if newer else Outcome.VERSION_NOT_NEWER


def _plan_protocol(draft: Draft, context: BlockContext, measure: SetProtocol) -> None:
    in_force = protocol(draft).at(context.height)
    planned = Protocol(in_force, Planned(measure.version, measure.height))
    draft.put(PROTOCOL_KEY, planned)
    draft.events.append(ProtocolPlanned(planned))


def _no_obstacle(_: Entries, __: BlockContext, ___: Declare) -> None:
    return None


def _declare(_: Draft, __: BlockContext, ___: Declare) -> None:
    """That it was decided is all that happens."""


class _Way(NamedTuple):
    """What may stand in the way of a measure, and how it is carried out."""

    obstacle: Callable[[Entries, BlockContext, Any], Outcome | None]
    carry_out: Callable[[Draft, BlockContext, Any], None]


WAYS: Final[dict[type[Measure], _Way]] = {
    AdmitPartner: _Way(_admission_obstacle, _admit),
    RemovePartner: _Way(_removal_obstacle, _remove),
    ReplaceAdmin: _Way(_admin_obstacle, _replace_admin),
    SetLimits: _Way(_limits_obstacle, _set_limits),
    SetCustodian: _Way(_custodian_obstacle, _set_custodian),
    AssignCustodian: _Way(_assignment_obstacle, _assign),
    SetJudge: _Way(_judge_obstacle, _set_judge),
    DecideDispute: _Way(_dispute_obstacle, _decide),
    ShareObligation: _Way(_obligation_obstacle, _share_obligation),
    SharePosition: _Way(_position_obstacle, _share_position),
    SetProtocol: _Way(_protocol_obstacle, _plan_protocol),
    Declare: _Way(_no_obstacle, _declare),
}
"""What partners can decide, and nothing else."""


def obstacle(entries: Entries, context: BlockContext, measure: Measure) -> Outcome | None:
    """Why a measure cannot be carried out as things stand; None if it can."""
    return WAYS[type(measure)].obstacle(entries, context, measure)


def carry_out(draft: Draft, context: BlockContext, measure: Measure) -> None:
    """Do it; nothing stands in the way."""
    WAYS[type(measure)].carry_out(draft, context, measure)


def must_wait(entries: Entries, context: BlockContext, measure: Measure) -> bool:
    """Whether the epoch has had its newcomer: one at a time ([LEDGER-64])."""
    newcomer = isinstance(measure, AdmitPartner)
    return newcomer and membership.of(entries).admitted >= context.epoch


def subjects(entries: Entries, measure: Measure) -> tuple[str, ...]:
    """Whom a measure is about: they may propose it, and have no vote on it ([LEDGER-61]).

    Nothing stands in the way of the measure.
    """
    match measure:
        case RemovePartner() | ReplaceAdmin() | SetLimits() | AssignCustodian() | SharePosition():
            return (measure.partner,)
        case SetCustodian():
            before = partners.find_custodian(entries, measure.code)
            owners = (measure.partner, before.partner if before else None)
            return tuple(owner for owner in owners if owner is not None)
        case DecideDispute() | ShareObligation():
            obligation = settlement.find(entries, (measure.cycle, measure.place))
            assert obligation is not None, measure
            judged = isinstance(measure, DecideDispute)
            return (obligation.debtor, obligation.creditor) if judged else (obligation.debtor,)
        case _:
            return ()
