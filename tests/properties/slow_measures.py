"""What can be decided by vote, told slowly from docs/spec/ledger.md.

Of each measure: whom it is about, what stands in its way, and what happens. Shares no rule with
``contracts``.
"""

from __future__ import annotations

from primitives.governance import (
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
)
from primitives.membership import Application, Role
from tests.properties import slow_members, slow_settlement
from tests.properties.slow_book import Desk
from tests.properties.slow_guarantee import bearers, relieve
from tests.properties.slow_speakers import Keeper, account_of, keeper, roles_of

MOST_PARTNERS = 100
MOST_CUSTODIANS = 16


def about(desk: Desk, measure: Measure) -> list[str | None]:
    """[LEDGER-64] to [LEDGER-75] Whom a measure is about: it has no vote on it."""
    match measure:
        case RemovePartner() | ReplaceAdmin() | SetLimits() | AssignCustodian() | SharePosition():
            return [measure.partner]
        case SetCustodian():
            before = keeper(desk, measure.code)
            return [measure.partner, before.partner if before is not None else None]
        case DecideDispute():
            debt = desk.book.word("debt", measure.cycle, measure.place)
            return [debt.debtor, debt.creditor]
        case ShareObligation():
            return [desk.book.word("debt", measure.cycle, measure.place).debtor]
        case AdmitPartner() | SetJudge() | SetProtocol() | Declare():
            return []


def obstacle(desk: Desk, measure: Measure) -> str | None:
    """What stands in the way of a measure now."""
    match measure:
        case AdmitPartner():
            return _cannot_admit(desk, measure)
        case RemovePartner(code):
            last = "last_partner" if desk.active() == [code] else None  # [LEDGER-65]
            return _unless_active(desk, code) or last
        case ReplaceAdmin():
            return _cannot_replace(desk, measure)
        case SetLimits(code, limits):
            return _unless_active(desk, code) or _too_much_credit(desk, code, limits.credit)
        case SetCustodian():
            return _cannot_set(desk, measure)
        case AssignCustodian():
            return _cannot_assign(desk, measure)
        case SetJudge(code):
            return _cannot_judge(desk, code)
        case DecideDispute(cycle, place):
            debt = desk.book.word("debt", cycle, place)
            if debt is None:
                return "obligation_unknown"
            return None if debt.status == "disputed" else "not_disputed"
        case ShareObligation() | SharePosition():
            return _cannot_share(desk, measure)
        case SetProtocol(version, height):
            if height <= desk.height:
                return "height_passed"
            return None if version > version_at(desk, desk.height) else "version_not_newer"
        case Declare():
            return None


def _unless_active(desk: Desk, code: str) -> str | None:
    if code not in desk.codes():
        return "partner_unknown"
    return None if code in desk.active() else "partner_leaving"


def _applied(desk: Desk, measure: AdmitPartner) -> Application | None:
    wish = desk.book.word("application", measure.applicant)
    if wish is None or slow_members.name_of(measure.applicant, wish) != measure.application:
        return None
    assert isinstance(wish, Application)
    return wish


def _cannot_admit(desk: Desk, measure: AdmitPartner) -> str | None:
    """[LEDGER-64]"""
    wish = _applied(desk, measure)
    if wish is None:
        return "application_unknown"
    refusal = slow_members.cannot_come(desk, measure.applicant, wish)
    if refusal is not None:
        return refusal
    if len(desk.directory()) >= MOST_PARTNERS:
        return "directory_full"
    return _too_much_credit(desk, wish.code, measure.limits.credit)


def _too_much_credit(desk: Desk, code: str, credit: int) -> str | None:
    """[LEDGER-67] Of those that are leaving it is zero."""
    others = [desk.book.word("voted", each).credit for each in desk.active() if each != code]
    fits = sum(others) + credit <= desk.genesis.parameters.total_credit
    return None if fits else "credit_exceeded"


def _cannot_replace(desk: Desk, measure: ReplaceAdmin) -> str | None:
    """[LEDGER-66]"""
    code, account = measure.partner, measure.account
    if code not in desk.codes():
        return "partner_unknown"
    held = account == account_of(desk, code, Role.ADMIN)
    free = not held and slow_members.may_act_for(desk, code, account)
    return None if free else "role_invalid"


def _cannot_set(desk: Desk, measure: SetCustodian) -> str | None:
    """[LEDGER-68]"""
    code, account, owner = measure.code, measure.account, measure.partner
    if owner is not None and owner not in desk.codes():
        return "partner_unknown"
    known = desk.book.notes("custodians")
    if code not in known and len(known) >= MOST_CUSTODIANS:
        return "custodians_full"
    if any(_keeper(desk, other).account == account for other in known if other != code):
        return "custodian_invalid"
    for partner in desk.directory():
        holds = desk.book.word("held by", partner) == code
        if holds and (owner == partner or account in roles_of(desk, partner)):
            return "custodian_invalid"
    judges = desk.book.word("judge") == code
    if judges and not _may_judge(desk, Keeper(measure.name, account, owner)):
        return "custodian_invalid"
    return None


def _keeper(desk: Desk, code: str) -> Keeper:
    found = keeper(desk, code)
    assert found is not None
    return found


def _may_judge(desk: Desk, who: Keeper) -> bool:
    acts = slow_members.holds_a_role(desk, who.account, desk.directory())
    return who.partner is None and not acts


def _cannot_assign(desk: Desk, measure: AssignCustodian) -> str | None:
    """[LEDGER-69]"""
    code = measure.partner
    if code not in desk.codes():
        return "partner_unknown"
    holder = keeper(desk, measure.custodian)
    if holder is None:
        return "custodian_unknown"
    same = desk.book.word("held by", code) == measure.custodian
    if same or holder.partner == code or holder.account in roles_of(desk, code):
        return "custodian_invalid"
    return None


def _cannot_judge(desk: Desk, code: str) -> str | None:
    """[LEDGER-70]"""
    who = keeper(desk, code)
    if who is None:
        return "custodian_unknown"
    if desk.book.word("judge") == code or not _may_judge(desk, who):
        return "custodian_invalid"
    return None


def _cannot_share(desk: Desk, measure: ShareObligation | SharePosition) -> str | None:
    """[LEDGER-72] [LEDGER-73]"""
    if isinstance(measure, SharePosition):
        if measure.partner not in desk.codes():
            return "partner_unknown"
        if desk.book.word("status", measure.partner) != "run off":
            return "partner_stays"
        owes = slow_settlement.expectation(desk, measure.partner)
        if measure.amount > owes - desk.free(measure.partner):
            return "position_smaller"
    else:
        debt = desk.book.word("debt", measure.cycle, measure.place)
        if debt is None:
            return "obligation_unknown"
        if debt.debtor in desk.active():
            return "partner_stays"
        if debt.status == "settled":
            return "obligation_settled"
        if not debt.late:
            return "obligation_in_time"
    return None if bearers(desk) else "nobody_to_share"


def version_at(desk: Desk, height: int) -> int:
    """[LEDGER-74]"""
    version, planned = desk.book.word("protocol")
    if planned is not None and height >= planned[1]:
        return int(planned[0])
    return int(version)


def carry_out(desk: Desk, measure: Measure) -> None:
    """It happens; nothing stands in the way."""
    match measure:
        case AdmitPartner(applicant):
            wish = _applied(desk, measure)
            assert wish is not None
            slow_members.admit(desk, applicant, wish, measure.limits)
        case RemovePartner(code):
            slow_members.run_off(desk, code)
        case ReplaceAdmin(code, account):
            slow_members.give_role(desk, code, Role.ADMIN, account)
        case SetLimits(code, limits):
            slow_members.set_limits(desk, code, limits)
            desk.tell("LimitsSet", code, limits)
        case SetCustodian():
            desk.open_role(measure.account)
            keep(desk, measure.code, Keeper(measure.name, measure.account, measure.partner))
            desk.tell("CustodianSet", measure.code, measure.account)
        case AssignCustodian(code, custodian):
            desk.book.note("held by", code, value=custodian)
            desk.book.note("counts", code, value=False)
            desk.book.note("rise", code, value=None)
            desk.book.note("left", code, value=desk.time)
            desk.tell("CustodianAssigned", code, custodian)
        case SetJudge(custodian):
            desk.book.note("judge", value=custodian)
            desk.tell("JudgeSet", custodian)
        case SetProtocol(version, height):
            now = version_at(desk, desk.height)
            desk.book.note("protocol", value=(now, (version, height)))
            desk.tell("ProtocolPlanned", Protocol(now, Planned(version, height)))
        case Declare():
            pass
        case DecideDispute() | ShareObligation() | SharePosition():
            _judge_or_share(desk, measure)


def _judge_or_share(desk: Desk, measure: DecideDispute | ShareObligation | SharePosition) -> None:
    """[LEDGER-71] to [LEDGER-73]"""
    match measure:
        case DecideDispute(cycle, place, paid):
            end = slow_settlement.pay_all if paid else slow_settlement.draw
            end(desk, (cycle, place))
        case ShareObligation(cycle, place):
            name = (cycle, place)
            creditor = desk.book.word("debt", *name).creditor
            amount = desk.outstanding(name)
            slow_settlement.close(desk, name)
            relieve(desk, creditor, amount)
        case SharePosition(partner, amount):
            relieve(desk, partner, amount)


def keep(desk: Desk, code: str, who: Keeper) -> None:
    """A custodian is that from now on."""
    if code not in desk.book.notes("custodians"):
        desk.book.note("custodians", value=code)
    desk.book.note("custodian", code, value=who)
