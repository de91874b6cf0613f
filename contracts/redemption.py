"""LiqBon being spent at a partner, and given back. Knows invoices; not what was bought.

Spending burns: the partner that handed over goods owes the pool less, or is owed by it. The invoice
is the cashier's word and is used once; a refund never exceeds what was redeemed on it, goes to who
redeemed it, and obeys the limit, or redeeming, minting and refunding would walk around it.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts import partners, supply, token
from contracts.context import BlockContext
from contracts.state import Draft
from primitives.actions import Redeem, Refund
from primitives.entries import Mark, MarkKind, Redemption, mark_key, redemption_key
from primitives.membership import PartnerStatus
from primitives.receipt import Outcome, Redeemed, Refunded
from primitives.transaction import Decoded


def redeem(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Burn the sender's LiqBon for an invoice ([LEDGER-17], [LEDGER-18])."""
    action = decoded.transaction.action
    assert isinstance(action, Redeem)
    invoice = action.invoice
    sender = decoded.transaction.sender
    refusal = _invoice_refusal(draft, context, action, sender)
    if refusal is not None:
        return refusal
    if token.balance(draft, sender) < invoice.amount:
        return Outcome.BALANCE_TOO_LOW
    token.debit(draft, sender, invoice.amount)
    used = Redemption(sender, invoice.amount, 0, decoded.id, context.height)
    draft.put(redemption_key(invoice.partner, invoice.id), used)
    supply.add_redeemed(draft, invoice.amount)
    position = partners.add_redeemed(draft, invoice.partner, invoice.amount)
    draft.events.append(Redeemed(invoice.partner, invoice.amount, position.redeemed))
    return Outcome.DONE


def _invoice_refusal(
    draft: Draft, context: BlockContext, action: Redeem, sender: bytes
) -> Outcome | None:
    invoice = action.invoice
    partner = partners.find(draft, invoice.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if action.cashier.account != partner.roles.cashier:
        return Outcome.NOT_CASHIER
    if not partner.active:
        return Outcome.PARTNER_LEAVING
    if not partner.kind.has_till:
        return Outcome.NO_TILL
    if invoice.expires < context.time:
        return Outcome.INVOICE_EXPIRED
    if invoice.payer is not None and invoice.payer != sender:
        return Outcome.INVOICE_FOR_ANOTHER
    # Keyed by the partner, so that a rival cannot use up an id that it saw ([LEDGER-12]).
    if draft.entry(redemption_key(invoice.partner, invoice.id), Redemption) is not None:
        return Outcome.INVOICE_USED
    claim = partners.position(draft, invoice.partner).owed + invoice.amount
    if claim > rules.of(draft, invoice.partner).terms.claim_bound:
        return Outcome.CLAIM_BOUND_EXCEEDED
    return None


def refund(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Give back to who redeemed an invoice, within the partner's limit ([LEDGER-19])."""
    action = decoded.transaction.action
    assert isinstance(action, Refund)
    partner = partners.find(draft, action.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if decoded.transaction.sender != partner.roles.cashier:
        return Outcome.NOT_CASHIER
    if partner.status == PartnerStatus.LEFT:
        return Outcome.PARTNER_LEAVING
    redemption = draft.entry(redemption_key(action.partner, action.invoice), Redemption)
    if redemption is None:
        return Outcome.INVOICE_UNKNOWN
    mark = mark_key(action.partner, MarkKind.REFUND, action.refund)
    if draft.entry(mark, Mark) is not None:
        return Outcome.REFUND_USED
    if redemption.refunded + action.amount > redemption.amount:
        return Outcome.REFUND_EXCEEDED
    refusal = _room_refusal(draft, context, action)
    if refusal is not None:
        return refusal
    draft.put(mark, Mark(decoded.id, context.height))
    given = replace(redemption, refunded=redemption.refunded + action.amount)
    draft.put(redemption_key(action.partner, action.invoice), given)
    supply.add_refunded(draft, action.amount)
    position = partners.add_refunded(draft, action.partner, action.amount)
    rules.add_refunded(draft, context, action.partner, action.amount)
    token.credit(draft, redemption.payer, action.amount)
    draft.events.append(Refunded(action.partner, action.amount, position.refunded))
    return Outcome.DONE


def _room_refusal(draft: Draft, context: BlockContext, action: Refund) -> Outcome | None:
    limits = rules.of(draft, action.partner)
    if not rules.has_room(limits, partners.position(draft, action.partner), action.amount):
        return Outcome.LIMIT_EXCEEDED
    today = rules.day_of(draft, context, action.partner)
    if today.refunded + action.amount > limits.terms.refund_per_day:
        return Outcome.DAILY_CAP_EXCEEDED
    return None
