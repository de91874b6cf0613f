"""Actions, events and receipts as documents. Knows both forms; asks nobody, decides nothing.

The node renders what it serves with these, a wallet what it verified: so both read the same.
"""

from __future__ import annotations

from client.ledger_views import ReceiptView
from client.render_actions import action_view
from client.render_events import event_view, rate_view
from primitives.actions import Mint, Redeem, Refund, Transfer
from primitives.receipt import Outcome, Receipt
from primitives.transaction import Transaction

__all__ = ("action_view", "balance_change", "event_view", "rate_view", "receipt_view")


def receipt_view(receipt: Receipt, network: str) -> ReceiptView:
    """A receipt with its events."""
    return ReceiptView(
        origin=receipt.origin.hex(),
        outcome=receipt.outcome.text,
        events=[event_view(event, network) for event in receipt.events],
    )


def balance_change(
    transaction: Transaction, outcome: Outcome, account: bytes, payer: bytes | None = None
) -> int:
    """Units that a transaction added to (or, below zero, took from) an account's balance.

    A refund names an invoice and not who gets it: ``payer`` is who redeemed that invoice, as its
    ``Redemption`` says.
    """
    if outcome != Outcome.DONE:
        return 0
    match transaction.action:
        case Transfer(outputs):
            received = sum(o.amount for o in outputs if o.account == account)
            spent = sum(o.amount for o in outputs) if account == transaction.sender else 0
            return received - spent
        case Mint(to=to, amount=amount):
            return amount if to == account else 0
        case Redeem(invoice):
            return -invoice.amount if account == transaction.sender else 0
        case Refund(amount=amount):
            return amount if account == payer else 0
        case _:
            return 0
