"""A step's partners: who comes, who goes, who acts for whom. Knows words and votes; no reason.

A partner comes by vote alone, goes by its own word or by vote, and never comes back. Its roles move
by its admin's word, or the admin's role by vote.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.whole_membership import accounts_of, check_membership, check_square
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Account,
    Directory,
    Limits,
    Partner,
    Position,
    Prefix,
    Settlement,
    account_key,
    custodian_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.genesis import Custodian
from primitives.governance import AssignCustodian, RemovePartner, ReplaceAdmin, SetCustodian
from primitives.membership import MEMBERSHIP_KEY, Application, Member, Membership, PartnerStatus
from primitives.transaction import MAX_CHANNELS


def partner_step(step: Step, old: Wire | None, new: Partner) -> None:
    """A partner stays who it is; what of it may change is changed by who may."""
    code = new.code
    equal("nobody comes but by vote", old is None, code in step.newcomers)
    was = step.partner(code)
    kept = replace(
        new,
        status=was.status,
        roles=was.roles,
        custodian=was.custodian,
        programmes=was.programmes,
        proposals=was.proposals,
    )
    equal("a partner stays who it is", kept, was)
    step.of(code)
    count = len(was.programmes)
    equal("programmes stay", new.programmes[:count], was.programmes)
    for programme in new.programmes[count:]:
        holds("a programme is opened by the admin", step.by_admin(code), code)
        equal("a programme is opened once", step.old(programme_key(code, programme)), None)
    if new.custodian != was.custodian:
        named = [each.custodian for each in step.done(AssignCustodian) if each.partner == code]
        holds("another holds the reserve by vote", new.custodian in named, code)
    _status_step(step, was, new)
    _roles_step(step, was, new)


def _status_step(step: Step, was: Partner, new: Partner) -> None:
    """Active, running off, left: only forwards, and only so ([LEDGER-53], [LEDGER-54])."""
    code = new.code
    at_most("nobody comes back", was.status, new.status)
    if new.status == PartnerStatus.LEFT:
        check_square(step.after(position_key(code), Position), code)
        codes = step.after(DIRECTORY_KEY, Directory).partners
        holds("who has left is struck off", code not in codes, code)
    if not step.left(code):
        return
    seats = [member.partner for member in step.after(MEMBERSHIP_KEY, Membership).members]
    holds("who is leaving has no seat", code not in seats, code)
    equal("who is leaving has no credit", step.after(limits_key(code), Limits).terms.credit, 0)
    removed = any(each.partner == code for each in step.done(RemovePartner))
    holds("who leaves said so, or was removed", removed or step.by_admin(code), code)
    limits = step.after(limits_key(code), Limits)
    attested = step.limits(code).terms.reserve_attested
    if not removed and limits.terms.reserve_attested == attested:
        # Whatever was drawn or handed back since left as much less to be covered.
        position = step.after(position_key(code), Position)
        owes = max(position.net + position.receivable, position.payable)
        at_most("who leaves by itself leaves what it owes", owes, rules.recognised(limits))


def _roles_step(step: Step, was: Partner, new: Partner) -> None:
    """Roles move by the admin's word; the admin's role also by vote ([LEDGER-51], [LEDGER-66])."""
    if new.roles == was.roles:
        return
    code = new.code
    voted = [each.account for each in step.done(ReplaceAdmin) if each.partner == code]
    if new.roles != replace(was.roles, admin=new.roles.admin) or new.roles.admin not in voted:
        holds("a role was given away by the admin", step.by_admin(code), code)
    if new.status == PartnerStatus.LEFT:
        return
    judge = step.after(SETTLEMENT_KEY, Settlement).custodian
    for custodian in (new.custodian, judge):
        account = step.after(custodian_key(custodian), Custodian).account
        holds("nobody attests or judges for itself", account not in accounts_of(new.roles), code)
    for account in accounts_of(new.roles):
        step.after(account_key(account), Account)


def directory_step(step: Step, old: Wire | None, new: Directory) -> None:
    """Who has left is struck off, who was voted in stands last; custodians stay."""
    assert isinstance(old, Directory)
    codes = (*old.partners, *step.newcomers)
    equal("partners", new.partners, tuple(code for code in codes if not step.has_left(code)))
    count = len(old.custodians)
    equal("custodians stay", new.custodians[:count], old.custodians)
    for code in new.custodians[count:]:
        equal("a custodian is named once", step.old(custodian_key(code)), None)
        step.after(custodian_key(code), Custodian)


def membership_step(step: Step, old: Wire | None, new: Membership) -> None:
    """Who takes part has a seat; one newcomer an epoch ([LEDGER-52], [LEDGER-64])."""
    assert isinstance(old, Membership)
    epoch = step.context.epoch
    check_membership(new)
    comes = [Member(code, each.wish.seat.key) for code, each in step.newcomers.items()]
    at_most("newcomers of a step", len(comes), 1)
    if comes:
        at_most("one newcomer an epoch", old.admitted + 1, epoch)
    equal("when somebody came", new.admitted, epoch if comes else old.admitted)
    seats = [member for member in (*old.members, *comes) if _takes_part(step, member.partner)]
    equal("who has a seat", [m.partner for m in new.members], [m.partner for m in seats])
    for before, after in zip(seats, new.members, strict=True):
        if before.key != after.key:
            holds("a seat's key is changed by the admin", step.by_admin(after.partner), after)
    moved = [m.partner for m in new.members] != [m.partner for m in old.members]
    known = (epoch,) if moved else (old.changed, epoch)
    holds("when members changed", new.changed in known, new.changed)


def _takes_part(step: Step, code: str) -> bool:
    return step.after(partner_key(code), Partner).active


def application_step(step: Step, key: bytes, new: Application) -> None:
    """An account speaks for itself, and of a partner that there never was ([LEDGER-50])."""
    holds("who applies signed", key[1:] in step.signed, new.code)
    equal("a code is used once", step.new(partner_key(new.code)), None)


def custodian_step(step: Step, key: bytes, new: Custodian) -> None:
    """A custodian comes, and is another, by vote ([LEDGER-68])."""
    equal("a custodian stands under its code", key, custodian_key(new.code))
    voted = [Custodian(m.code, m.name, m.account, m.partner) for m in step.done(SetCustodian)]
    holds("a custodian is as was voted", new in voted, new)
    holds("a custodian is in the directory", new.code in _custodians(step), new.code)
    step.after(account_key(new.account), Account)


def _custodians(step: Step) -> tuple[str, ...]:
    return step.after(DIRECTORY_KEY, Directory).custodians


def speaks_for_somebody(step: Step, account: bytes, channels: int) -> bool:
    """Whether an account has a record, or all channels, because a role was given to it ([GEN-8]).

    Who had a role between two transactions, or two votes, of the step shows in neither state.
    """
    if channels != MAX_CHANNELS:
        return False
    voted = [measure.account for measure in step.done(SetCustodian)]
    voted += [measure.account for measure in step.done(ReplaceAdmin)]
    if step.transactions >= 2 or account in voted:
        return True
    for key in step.keys:
        found = step.new(key) if key[0] in (Prefix.PARTNER, Prefix.CUSTODIAN) else None
        if isinstance(found, Partner) and account in accounts_of(found.roles):
            return True
        if isinstance(found, Custodian) and account == found.account:
            return True
    return False
