"""Actions, events and receipts as documents. Knows both forms; asks nobody, decides nothing.

The node renders what it serves with these, a wallet what it verified: so both read the same.
"""

from __future__ import annotations

from client.ledger_views import ReceiptView
from client.render_actions import action_view
from client.render_events import event_view, rate_view
from primitives.receipt import Receipt

__all__ = ("action_view", "event_view", "rate_view", "receipt_view")


def receipt_view(receipt: Receipt, network: str) -> ReceiptView:
    """A receipt with its events."""
    return ReceiptView(
        origin=receipt.origin.hex(),
        outcome=receipt.outcome.text,
        events=[event_view(event, network) for event in receipt.events],
    )
