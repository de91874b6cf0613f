"""Minting, spending, programmes, caps and reserves, told slowly from docs/spec/ledger.md.

Each function says what becomes of an action in the words of the spec, and notes it. Shares no rule
with ``contracts``.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from primitives.actions import (
    LowerClaimBound,
    Mint,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    Refund,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
)
from primitives.genesis import GenesisPartner, Rate
from tests.properties.slow_book import DAY, Desk

YEAR_AND_A_DAY = 366 * DAY


def find(desk: Desk, code: str) -> GenesisPartner | None:
    return next((p for p in desk.genesis.partners if p.code == code), None)


def custodian_of(desk: Desk, code: str) -> bytes:
    return next(c.account for c in desk.genesis.custodians if c.code == code)


def not_its_admin(desk: Desk, code: str, sender: bytes) -> str | None:
    partner = find(desk, code)
    if partner is None:
        return "partner_unknown"
    return None if sender == partner.roles.admin else "not_admin"


def limit(desk: Desk, code: str) -> int:
    """L [LEDGER-8]"""
    partner = find(desk, code)
    assert partner is not None
    share = Fraction(10_000 - partner.limits.haircut, 10_000)
    return partner.limits.credit + floor(desk.counting(code) * share)


def has_room(desk: Desk, code: str, amount: int) -> bool:
    return desk.position(code) + desk.receivable(code) + amount <= limit(desk, code)


# --- programmes ----------------------------------------------------------------------------------


def rate_in_force(desk: Desk, partner: str, programme: str) -> Rate | None:
    begun = desk.book.notes("begun", partner, programme)
    history = desk.book.notes("rates", partner, programme)
    return history[begun[-1]][0] if begun else None


def publish(desk: Desk, name: tuple[str, str], rate: Rate, published: int) -> int:
    place = len(desk.book.notes("rates", *name))
    desk.book.note("rates", *name, value=(rate, published))
    desk.create("rate", *name, place)
    return place


def open_programme(desk: Desk, sender: bytes, action: ProgrammeOpen) -> str:
    """[LEDGER-33]"""
    refusal = not_its_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    names = desk.book.notes("programmes", action.partner)
    if action.programme in names:
        return "programme_exists"
    if len(names) == 16:
        return "programmes_full"
    desk.book.note("programmes", action.partner, value=action.programme)
    desk.book.note("paused", *name, value=False)
    desk.create("programme", *name)
    publish(desk, name, Rate(desk.time, action.numerator, action.denominator), desk.time)
    desk.book.note("begun", *name, value=0)
    desk.tell("ProgrammeOpened", *name)
    return "done"


def set_rate(desk: Desk, sender: bytes, action: ProgrammeSetRate) -> str:
    """[LEDGER-34]"""
    refusal = not_its_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    if action.programme not in desk.book.notes("programmes", action.partner):
        return "programme_unknown"
    start = action.since if action.since > desk.time else desk.time
    newest, _ = desk.book.word("rates", *name)
    if start <= newest.since:
        return "rate_unordered"
    if start - desk.time > YEAR_AND_A_DAY:
        return "rate_too_far"
    worse = Fraction(action.numerator, action.denominator) < Fraction(
        newest.numerator, newest.denominator
    )
    if worse and start - desk.time < desk.genesis.parameters.rate_notice_ms:
        return "rate_notice_short"
    rate = Rate(start, action.numerator, action.denominator)
    place = publish(desk, name, rate, desk.time)
    desk.tell("RatePublished", *name, rate)
    if start == desk.time:
        rate_begins(desk, *name, place)
    else:
        desk.plan(start, "rate", *name, place)
    return "done"


def rate_begins(desk: Desk, partner: str, programme: str, place: int) -> None:
    """[LEDGER-11]"""
    begun = desk.book.notes("begun", partner, programme)
    if any(later >= place for later in begun):
        return
    desk.book.note("begun", partner, programme, value=place)
    rate, _ = desk.book.notes("rates", partner, programme)[place]
    desk.tell("RateChanged", partner, programme, rate)


def pause(desk: Desk, sender: bytes, action: ProgrammePause) -> str:
    """[LEDGER-35]"""
    refusal = not_its_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    if action.programme not in desk.book.notes("programmes", action.partner):
        return "programme_unknown"
    if desk.book.word("paused", *name) is action.paused:
        return "programme_unchanged"
    desk.book.note("paused", *name, value=action.paused)
    desk.tell("ProgrammePaused", *name, action.paused)
    return "done"


# --- issuing and spending ------------------------------------------------------------------------


def mint(desk: Desk, sender: bytes, action: Mint) -> str:
    """[LEDGER-6]"""
    partner = find(desk, action.partner)
    if partner is None:
        return "partner_unknown"
    if sender != partner.roles.issuer:
        return "not_issuer"
    code, name = partner.code, (partner.code, action.programme)
    if action.programme not in desk.book.notes("programmes", code):
        return "programme_unknown"
    if desk.book.word("paused", *name):
        return "programme_paused"
    rate = rate_in_force(desk, *name)
    if rate is None:
        return "rate_not_in_force"
    if floor(Fraction(action.points * rate.numerator, rate.denominator)) != action.amount:
        return "rate_mismatch"
    if desk.book.notes("commitment", code, action.commitment):
        return "commitment_used"
    if desk.too_small(action.to, action.amount):
        return "output_below_opening"
    if desk.overdue(code):
        return "minting_suspended"
    if not has_room(desk, code, action.amount):
        return "limit_exceeded"
    today = desk.book.total("minted", code, desk.time // DAY)
    if today + action.amount > desk.book.word("caps", code)[0]:
        return "daily_cap_exceeded"
    desk.book.note("commitment", code, action.commitment, value=True)
    desk.create("mark", code, 1, action.commitment)
    issue(desk, "minted", code, action.amount)
    desk.pay_in(action.to, action.amount)
    desk.tell("Minted", code, action.amount, desk.issued("minted", code))
    return "done"


def issue(desk: Desk, what: str, code: str, amount: int) -> None:
    desk.book.note(what, code, value=amount)
    desk.book.note(what, code, desk.time // DAY, value=amount)
    desk.create("day", code)


def redeem(desk: Desk, sender: bytes, action: Redeem) -> str:
    """[LEDGER-17], [LEDGER-18]"""
    invoice = action.invoice
    partner = find(desk, invoice.partner)
    if partner is None:
        return "partner_unknown"
    code = partner.code
    if action.cashier.account != partner.roles.cashier:
        return "not_cashier"
    if invoice.expires < desk.time:
        return "invoice_expired"
    if invoice.payer not in (None, sender):
        return "invoice_for_another"
    if desk.book.notes("invoice", code, invoice.id):
        return "invoice_used"
    owed = desk.payable(code) - desk.position(code)
    if owed + invoice.amount > desk.book.word("claim bound", code):
        return "claim_bound_exceeded"
    if desk.balance(sender) < invoice.amount:
        return "balance_too_low"
    desk.book.note("balance", sender, value=-invoice.amount)
    desk.book.note("invoice", code, invoice.id, value=(sender, invoice.amount))
    desk.create("redemption", code, invoice.id)
    desk.book.note("redeemed", code, value=invoice.amount)
    desk.tell("Redeemed", code, invoice.amount, desk.issued("redeemed", code))
    return "done"


def refund(desk: Desk, sender: bytes, action: Refund) -> str:
    """[LEDGER-19]"""
    partner = find(desk, action.partner)
    if partner is None:
        return "partner_unknown"
    code = partner.code
    if sender != partner.roles.cashier:
        return "not_cashier"
    redemption = desk.book.word("invoice", code, action.invoice)
    if redemption is None:
        return "invoice_unknown"
    payer, redeemed = redemption
    if desk.book.notes("refund", code, action.refund):
        return "refund_used"
    if desk.book.total("given back", code, action.invoice) + action.amount > redeemed:
        return "refund_exceeded"
    if not has_room(desk, code, action.amount):
        return "limit_exceeded"
    today = desk.book.total("refunded", code, desk.time // DAY)
    if today + action.amount > desk.book.word("caps", code)[1]:
        return "daily_cap_exceeded"
    desk.book.note("refund", code, action.refund, value=True)
    desk.create("mark", code, 2, action.refund)
    desk.book.note("given back", code, action.invoice, value=action.amount)
    issue(desk, "refunded", code, action.amount)
    desk.pay_in(payer, action.amount)
    desk.tell("Refunded", code, action.amount, desk.issued("refunded", code))
    return "done"


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
    partner = find(desk, said.partner)
    if partner is None:
        return "partner_unknown"
    code, book, parameters = partner.code, desk.book, desk.genesis.parameters
    custodian = custodian_of(desk, partner.custodian)
    if action.custodian.account != custodian:
        return "not_custodian"
    more = said.amount > desk.counting(code)
    if sender != partner.roles.admin and (sender != custodian or more):
        return "not_admin"
    if said.amount > partner.limits.reserve_ceiling:
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
    partner = find(desk, code)
    assert partner is not None
    if action.custodian.account != custodian_of(desk, partner.custodian):
        return "not_custodian"
    if (wish.reserve, wish.attested) != (desk.reserve(code), desk.book.word("attested", code)):
        return "release_stale"
    if desk.book.word("rise", code) is not None:
        return "release_stale"
    if desk.overdue(code) or wish.amount > desk.free(code):
        return "reserve_needed"
    before = desk.book.length
    leave(desk, code, wish.amount)
    if not has_room(desk, code, 0) or desk.payable(code) > limit(desk, code):
        desk.book.tear_out(before)
        return "reserve_needed"
    desk.tell("ReserveReleased", code, wish.amount)
    return "done"


def leave(desk: Desk, code: str, amount: int) -> None:
    """[LEDGER-26] A part of the reserve goes."""
    book = desk.book
    book.note("reserve", code, value=desk.reserve(code) - amount)
    if not desk.reserve(code):
        book.note("counts", code, value=False)
    book.note("left", code, value=desk.time)
    rise = book.word("rise", code)
    if rise is not None:
        book.note("rise", code, value=(max(0, rise[0] - amount), *rise[1:]))
