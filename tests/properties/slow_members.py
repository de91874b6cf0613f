"""How partners come, change their keys and leave, told slowly from docs/spec/ledger.md.

Who validates next is whoever takes part, with the key that it named last. Shares no rule with
``contracts``.
"""

from __future__ import annotations

from primitives.encoding import encode
from primitives.governance import VotedLimits
from primitives.membership import (
    Application,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    Role,
    ValidatorAnnounceKey,
)
from tests.properties.reference import digest
from tests.properties.slow_book import Desk
from tests.properties.slow_speakers import (
    custodian_of,
    judge,
    keeper,
    not_its_active_admin,
    not_its_admin,
    recognised,
    roles_of,
)

STATUSES = {"active": 1, "run off": 2, "left": 3}


def members(desk: Desk) -> list[tuple[str, bytes]]:
    """Who validates from the next epoch on."""
    return [(code, desk.book.word("seat", code)) for code in desk.active()]


def name_of(sender: bytes, wish: Application) -> bytes:
    """[LEDGER-50]"""
    return digest("application", sender, encode(wish))


def cannot_come(desk: Desk, admin: bytes, wish: Application) -> str | None:
    """[LEDGER-50]"""
    if wish.code in desk.codes():
        return "partner_exists"
    holder = keeper(desk, wish.custodian)
    if holder is None:
        return "custodian_unknown"
    roles = (admin, wish.issuer, wish.cashier)
    if holder.account in roles or holder.partner == wish.code:
        return "custodian_invalid"
    if judge(desk) in roles:
        return "role_invalid"
    if wish.seat.key in [key for _, key in members(desk)]:
        return "seat_taken"
    return None


def register(desk: Desk, sender: bytes, action: PartnerRegister) -> str:
    """[LEDGER-50]"""
    wish = action.application
    refusal = cannot_come(desk, sender, wish)
    if refusal is not None:
        return refusal
    desk.book.note("application", sender, value=wish)
    desk.book.note("applicants", value=sender)
    desk.create("application", sender)
    desk.tell("PartnerApplied", sender, wish.code, name_of(sender, wish))
    return "done"


def admit(desk: Desk, admin: bytes, wish: Application, voted: VotedLimits) -> None:
    """[LEDGER-64]"""
    code, book = wish.code, desk.book
    accounts = {Role.ADMIN: admin, Role.ISSUER: wish.issuer, Role.CASHIER: wish.cashier}
    for role, account in accounts.items():
        desk.open_role(account)
        book.note("role", code, role, value=account)
    begin(desk, code, wish.custodian, wish.seat.key, voted)
    book.note("kind", code, value=wish.kind)
    book.note("caps", code, value=(wish.mint_per_day, wish.refund_per_day))
    book.note("reserve", code, value=0)
    book.note("counts", code, value=False)
    book.note("attested", code, value=0)
    book.note("changed", value=desk.epoch)
    book.note("admitted", value=desk.epoch)
    desk.tell("PartnerMoved", code, STATUSES["active"])
    desk.tell("LimitsSet", code, voted)


def begin(desk: Desk, code: str, holder: str, seat: bytes, voted: VotedLimits) -> None:
    """What a founder and a newcomer have in common."""
    book = desk.book
    book.note("partners", value=code)
    book.note("status", code, value="active")
    book.note("held by", code, value=holder)
    book.note("seat", code, value=seat)
    book.note("left", code, value=0)
    set_limits(desk, code, voted)


def set_limits(desk: Desk, code: str, voted: VotedLimits) -> None:
    """[LEDGER-67]"""
    desk.book.note("voted", code, value=voted)
    desk.book.note("claim bound", code, value=voted.claim_bound)


def may_act_for(desk: Desk, code: str, account: bytes) -> bool:
    """[LEDGER-51]"""
    return account not in (custodian_of(desk, code), judge(desk))


def rotate(desk: Desk, sender: bytes, action: PartnerRotateKeys) -> str:
    """[LEDGER-51]"""
    code, account = action.partner, action.holder.account
    refusal = not_its_admin(desk, code, sender)
    if refusal is not None:
        return refusal
    if account == desk.book.word("role", code, action.role) or not may_act_for(desk, code, account):
        return "role_invalid"
    give_role(desk, code, action.role, account)
    return "done"


def give_role(desk: Desk, code: str, role: Role, account: bytes) -> None:
    desk.open_role(account)
    desk.book.note("role", code, role, value=account)
    desk.tell("RoleGiven", code, int(role), account)


def announce(desk: Desk, sender: bytes, action: ValidatorAnnounceKey) -> str:
    """[LEDGER-52]"""
    refusal = not_its_active_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    if action.seat.key in [key for _, key in members(desk)]:
        return "seat_taken"
    desk.book.note("seat", action.partner, value=action.seat.key)
    if action.lost:
        desk.book.note("changed", value=desk.epoch)
    desk.tell("SeatAnnounced", action.partner, action.seat.key, action.lost)
    return "done"


def leave(desk: Desk, sender: bytes, action: PartnerExit) -> str:
    """[LEDGER-53]"""
    code = action.partner
    refusal = not_its_active_admin(desk, code, sender)
    if refusal is not None:
        return refusal
    if desk.active() == [code]:
        return "last_partner"
    owes = max(desk.position(code) + desk.receivable(code), desk.payable(code))
    if owes > recognised(desk, code):
        return "reserve_needed"
    run_off(desk, code)
    return "done"


def run_off(desk: Desk, code: str) -> None:
    """[LEDGER-53]"""
    desk.book.note("status", code, value="run off")
    desk.book.note("changed", value=desk.epoch)
    desk.tell("PartnerMoved", code, STATUSES["run off"])
    strike_off(desk)


def strike_off(desk: Desk) -> None:
    """[LEDGER-54]"""
    for code in desk.directory():
        square = not any((desk.position(code), desk.payable(code), desk.receivable(code)))
        if desk.book.word("status", code) == "run off" and square:
            desk.book.note("status", code, value="left")
            desk.tell("PartnerMoved", code, STATUSES["left"])


def holds_a_role(desk: Desk, account: bytes, codes: list[str]) -> bool:
    """Whether the account acts for one of these partners."""
    return any(account in roles_of(desk, code) for code in codes)
