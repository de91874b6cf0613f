"""Minting, spending and giving back, told slowly from docs/spec/ledger.md.

Each function says what becomes of an action in the words of the spec, and notes it. Shares no rule
with ``contracts``.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from primitives.actions import Mint, Redeem, Refund
from primitives.membership import PartnerKind, Role
from tests.properties.slow_book import DAY, Desk
from tests.properties.slow_programmes import rate_in_force
from tests.properties.slow_speakers import account_of, has_room


def mint(desk: Desk, sender: bytes, action: Mint) -> str:
    """[LEDGER-6]"""
    code, name = action.partner, (action.partner, action.programme)
    if code not in desk.codes():
        return "partner_unknown"
    if sender != account_of(desk, code, Role.ISSUER):
        return "not_issuer"
    if code not in desk.active():
        return "partner_leaving"
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
    if desk.overdue(code) or desk.book.word("advance", code) is not None:
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
    code = invoice.partner
    if code not in desk.codes():
        return "partner_unknown"
    if action.cashier.account != account_of(desk, code, Role.CASHIER):
        return "not_cashier"
    if code not in desk.active():
        return "partner_leaving"
    if desk.book.word("kind", code) is PartnerKind.MANUFACTURER:
        return "no_till"
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
    code = action.partner
    if code not in desk.codes():
        return "partner_unknown"
    if sender != account_of(desk, code, Role.CASHIER):
        return "not_cashier"
    if code not in desk.directory():
        return "partner_leaving"
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
