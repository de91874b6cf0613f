"""How partners come, change their keys and leave. Knows who may; not why others let them.

A newcomer applies and is admitted by vote; a partner gives its roles to other accounts and its seat
to another key; and it leaves when it owes nothing, or leaves a reserve behind that pays all of it.
Balances outlive whoever issued them ([LEDGER-53]).
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts import partners
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import (
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ValidatorAnnounceKey,
)
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Limits,
    Partner,
    Position,
    Settlement,
    limits_key,
    position_key,
)
from primitives.genesis import PartnerLimits, Roles
from primitives.governance import VotedLimits
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Member,
    Membership,
    PartnerStatus,
    Role,
    application_id,
    application_key,
)
from primitives.receipt import Outcome, PartnerApplied, PartnerMoved, RoleGiven, SeatAnnounced
from primitives.transaction import Decoded


def of(entries: Entries) -> Membership:
    """Who validates from the next epoch on."""
    found = entries.entry(MEMBERSHIP_KEY, Membership)
    assert found is not None, "a state without members"
    return found


def register(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Apply, or apply anew: what is admitted is what was read ([LEDGER-50])."""
    action = decoded.transaction.action
    assert isinstance(action, PartnerRegister)
    sender = decoded.transaction.sender
    refusal = application_refusal(draft, sender, action.application)
    if refusal is not None:
        return refusal
    key = application_key(sender)
    draft.entry(key, Application)
    draft.put(key, action.application)
    id_ = application_id(sender, action.application)
    draft.events.append(PartnerApplied(sender, action.application.code, id_))
    return Outcome.DONE


def application_refusal(entries: Entries, admin: bytes, wish: Application) -> Outcome | None:
    """Why nobody of these words can be admitted; None if somebody can."""
    if partners.find(entries, wish.code) is not None:
        return Outcome.PARTNER_EXISTS
    custodian = partners.find_custodian(entries, wish.custodian)
    if custodian is None:
        return Outcome.CUSTODIAN_UNKNOWN
    accounts = (admin, wish.issuer, wish.cashier)
    if custodian.account in accounts or custodian.partner == wish.code:
        return Outcome.CUSTODIAN_INVALID
    if judge_account(entries) in accounts:
        return Outcome.ROLE_INVALID
    if wish.seat.key in [member.key for member in of(entries).members]:
        return Outcome.SEAT_TAKEN
    return None


def judge_account(entries: Entries) -> bytes:
    """Who says which payments were made: it has no role of any partner ([GEN-11])."""
    head = entries.entry(SETTLEMENT_KEY, Settlement)
    assert head is not None, "a state without a settlement"
    return partners.custodian(entries, head.custodian).account


def admit(
    draft: Draft, context: BlockContext, admin: bytes, wish: Application, voted: VotedLimits
) -> None:
    """Make a newcomer a partner, with a seat from the next epoch on ([LEDGER-64])."""
    roles = Roles(admin, wish.issuer, wish.cashier)
    for account in dict.fromkeys((roles.admin, roles.issuer, roles.cashier)):
        partners.open_role(draft, account)
    partner = Partner(
        code=wish.code,
        name=wish.name,
        currency=wish.currency,
        kind=wish.kind,
        status=PartnerStatus.ACTIVE,
        roles=roles,
        custodian=wish.custodian,
        programmes=(),
        proposals=0,
    )
    partners.put(draft, partner)
    draft.entry(position_key(wish.code), Position)
    draft.put(position_key(wish.code), partners.NO_POSITION)
    draft.entry(limits_key(wish.code), Limits)
    rules.put(draft, wish.code, _first_limits(wish, voted))
    directory = partners.directory(draft)
    draft.put(DIRECTORY_KEY, replace(directory, partners=(*directory.partners, wish.code)))
    membership = of(draft)
    members = (*membership.members, Member(wish.code, wish.seat.key))
    draft.put(MEMBERSHIP_KEY, Membership(members, changed=context.epoch, admitted=context.epoch))
    draft.events.append(PartnerMoved(wish.code, PartnerStatus.ACTIVE))


def _first_limits(wish: Application, voted: VotedLimits) -> Limits:
    """No reserve yet: its custodian attests it later."""
    terms = PartnerLimits(
        credit=voted.credit,
        reserve=0,
        reserve_ceiling=voted.reserve_ceiling,
        haircut=voted.haircut,
        reserve_attested=0,
        claim_bound=voted.claim_bound,
        mint_per_day=wish.mint_per_day,
        refund_per_day=wish.refund_per_day,
    )
    return Limits(
        terms=terms,
        reserve_counts=False,
        earmarked=0,
        overdue=0,
        moved=0,
        pending_reserve=None,
        pending_caps=None,
        advance=None,
    )


def rotate_keys(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Give a role to another account, at once: whose key it was may have lost it ([LEDGER-51])."""
    action = decoded.transaction.action
    assert isinstance(action, PartnerRotateKeys)
    refusal = partners.admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    partner = partners.known(draft, action.partner)
    account = action.holder.account
    if account == role_of(partner.roles, action.role) or not may_hold(draft, partner, account):
        return Outcome.ROLE_INVALID
    give_role(draft, partner, action.role, account)
    return Outcome.DONE


def may_hold(entries: Entries, partner: Partner, account: bytes) -> bool:
    """Whether an account may act for a partner: it does not hold its reserve, nor judge it."""
    holder = partners.custodian(entries, partner.custodian).account
    return account not in (holder, judge_account(entries))


def role_of(roles: Roles, role: Role) -> bytes:
    """The account that has a role."""
    return {Role.ADMIN: roles.admin, Role.ISSUER: roles.issuer, Role.CASHIER: roles.cashier}[role]


def give_role(draft: Draft, partner: Partner, role: Role, account: bytes) -> None:
    """From now on the account acts for the partner."""
    partners.open_role(draft, account)
    roles = replace(partner.roles, **{role.text: account})
    partners.put(draft, replace(partner, roles=roles))
    draft.events.append(RoleGiven(partner.code, role, account))


def announce_key(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Sit with another consensus key from the next epoch on ([LEDGER-52])."""
    action = decoded.transaction.action
    assert isinstance(action, ValidatorAnnounceKey)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    membership = of(draft)
    key = action.seat.key
    if key in [member.key for member in membership.members]:
        return Outcome.SEAT_TAKEN
    members = tuple(
        Member(member.partner, key) if member.partner == action.partner else member
        for member in membership.members
    )
    changed = context.epoch if action.lost else membership.changed
    draft.put(MEMBERSHIP_KEY, replace(membership, members=members, changed=changed))
    draft.events.append(SeatAnnounced(action.partner, key, action.lost))
    return Outcome.DONE


def exit_partner(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Leave, owing nothing or leaving a reserve that covers all of it ([LEDGER-53])."""
    action = decoded.transaction.action
    assert isinstance(action, PartnerExit)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    if is_last(draft, action.partner):
        return Outcome.LAST_PARTNER
    position = partners.position(draft, action.partner)
    owes = max(position.net + position.receivable, position.payable)
    if owes > rules.recognised(rules.of(draft, action.partner)):
        return Outcome.RESERVE_NEEDED
    leave(draft, context, action.partner)
    return Outcome.DONE


def is_last(entries: Entries, code: str) -> bool:
    """Whether no other partner takes part: somebody has to keep the books."""
    return partners.active(entries) == (code,)


def leave(draft: Draft, context: BlockContext, code: str) -> None:
    """Run a partner off: no vote, seat or credit any more; what it owes and is owed stays."""
    partner = partners.known(draft, code)
    partners.put(draft, replace(partner, status=PartnerStatus.RUN_OFF))
    limits = rules.of(draft, code)
    rules.put(draft, code, replace(limits, terms=replace(limits.terms, credit=0)))
    membership = of(draft)
    members = tuple(member for member in membership.members if member.partner != code)
    draft.put(MEMBERSHIP_KEY, replace(membership, members=members, changed=context.epoch))
    draft.events.append(PartnerMoved(code, PartnerStatus.RUN_OFF))
    leave_when_square(draft)


def leave_when_square(draft: Draft) -> None:
    """Strike off whoever is leaving and neither owes nor is owed anything ([LEDGER-54])."""
    directory = partners.directory(draft)
    gone = [code for code in directory.partners if _is_square(draft, code)]
    for code in gone:
        partner = partners.known(draft, code)
        partners.put(draft, replace(partner, status=PartnerStatus.LEFT))
        draft.events.append(PartnerMoved(code, PartnerStatus.LEFT))
    if gone:
        left = tuple(code for code in directory.partners if code not in gone)
        draft.put(DIRECTORY_KEY, replace(directory, partners=left))


def _is_square(entries: Entries, code: str) -> bool:
    if partners.known(entries, code).active:
        return False
    position = partners.position(entries, code)
    return (position.net, position.payable, position.receivable) == (0, 0, 0)
