"""Claim bounds, daily caps and reserves, told slowly from docs/spec/ledger.md.

Each function says what becomes of an action in the words of the spec, and notes it. Shares no rule
with ``contracts``.
"""

from __future__ import annotations

from primitives.actions import LowerClaimBound, ReserveAttest, ReserveRelease, SetDailyCaps
from primitives.membership import Role
from tests.properties.slow_book import Desk
from tests.properties.slow_speakers import (
    account_of,
    custodian_of,
    has_room,
    limit,
    not_its_admin,
    recognised,
)

# --- limits --------------------------------------------------------------------------------------


def lower_claim_bound(desk: Desk, sender: bytes, action: LowerClaimBound) -> str:
    """[LEDGER-21]"""
    refusal = not_its_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    if action.claim_bound >= desk.book.word("claim bound", action.partner):
        return "claim_bound_not_lower"
    desk.book.note("claim bound", action.partner, value=action.claim_bound)
    desk.tell("ClaimBoundLowered", action.partner, action.claim_bound)
    return "done"


def set_caps(desk: Desk, sender: bytes, action: SetDailyCaps) -> str:
    """[LEDGER-22]"""
    code = action.partner
    refusal = not_its_admin(desk, code, sender)
    if refusal is not None:
        return refusal
    wished = (action.mint_per_day, action.refund_per_day)
    before = desk.book.word("caps", code)
    now = (min(wished[0], before[0]), min(wished[1], before[1]))
    desk.book.note("caps", code, value=now)
    desk.book.note("wished caps", code, value=None)
    if now != wished:
        since = desk.time + desk.genesis.parameters.increase_delay_ms
        desk.book.note("wished caps", code, value=(*wished, since))
        desk.plan(since, "caps", code, since)
    if now != before:
        desk.tell("DailyCapsChanged", code, *now)
    return "done"


def caps_begin(desk: Desk, code: str, since: int) -> None:
    """[LEDGER-22]"""
    wished = desk.book.word("wished caps", code)
    if wished is None or wished[2] != since:
        return
    desk.book.note("caps", code, value=wished[:2])
    desk.book.note("wished caps", code, value=None)
    desk.tell("DailyCapsChanged", code, *wished[:2])


# --- reserves ------------------------------------------------------------------------------------


def attest(desk: Desk, sender: bytes, action: ReserveAttest) -> str:
    """[LEDGER-23]"""
    said = action.attestation
    code, book, parameters = said.partner, desk.book, desk.genesis.parameters
    if code not in desk.codes():
        return "partner_unknown"
    custodian = custodian_of(desk, code)
    if action.custodian.account != custodian:
        return "not_custodian"
    more = said.amount > recognised(desk, code)
    if sender != account_of(desk, code, Role.ADMIN) and (sender != custodian or more):
        return "not_admin"
    if said.amount > book.word("voted", code).reserve_ceiling:
        return "ceiling_exceeded"
    if said.as_of > desk.time:
        return "attestation_early"
    lapse = said.as_of + parameters.reserve_lapse_ms
    if said.as_of <= book.word("attested", code) or said.as_of <= book.word("left", code):
        return "attestation_stale"
    if lapse <= desk.time:
        return "attestation_stale"
    book.note("attested", code, value=said.as_of)
    if more:
        since = desk.time + parameters.increase_delay_ms
        book.note("reserve", code, value=min(desk.reserve(code), said.amount))
        book.note("rise", code, value=(said.amount, said.as_of, since))
        desk.plan(since, "reserve", code, said.as_of)
    else:
        put_reserve(desk, code, said.amount)
    desk.plan(lapse, "lapse", code, said.as_of)
    return "done"


def put_reserve(desk: Desk, code: str, amount: int) -> None:
    desk.book.note("reserve", code, value=amount)
    desk.book.note("counts", code, value=amount > 0)
    desk.book.note("rise", code, value=None)
    desk.tell("ReserveChanged", code, amount)


def reserve_rises(desk: Desk, code: str, attested: int) -> None:
    """[LEDGER-24]"""
    rise = desk.book.word("rise", code)
    if rise is not None and rise[1] == attested:
        put_reserve(desk, code, rise[0])


def reserve_lapses(desk: Desk, code: str, attested: int) -> None:
    """[LEDGER-10]"""
    book = desk.book
    if book.word("attested", code) != attested:
        return
    if book.word("counts", code) or book.word("rise", code) is not None:
        book.note("counts", code, value=False)
        book.note("rise", code, value=None)
        desk.tell("ReserveLapsed", code)


def release(desk: Desk, sender: bytes, action: ReserveRelease) -> str:
    """[LEDGER-25]"""
    wish = action.release
    code = wish.partner
    refusal = not_its_admin(desk, code, sender)
    if refusal is not None:
        return refusal
    if action.custodian.account != custodian_of(desk, code):
        return "not_custodian"
    if (wish.reserve, wish.attested) != (desk.reserve(code), desk.book.word("attested", code)):
        return "release_stale"
    if desk.book.word("rise", code) is not None:
        return "release_stale"
    if desk.overdue(code) or wish.amount > desk.free(code):
        return "reserve_needed"
    before = desk.book.length
    take_out(desk, code, wish.amount)
    if not has_room(desk, code, 0) or desk.payable(code) > limit(desk, code):
        desk.book.tear_out(before)
        return "reserve_needed"
    desk.tell("ReserveReleased", code, wish.amount)
    return "done"


def take_out(desk: Desk, code: str, amount: int) -> None:
    """[LEDGER-26] A part of the reserve goes."""
    book = desk.book
    book.note("reserve", code, value=desk.reserve(code) - amount)
    if not desk.reserve(code):
        book.note("counts", code, value=False)
    book.note("left", code, value=desk.time)
    rise = book.word("rise", code)
    if rise is not None:
        book.note("rise", code, value=(max(0, rise[0] - amount), *rise[1:]))
