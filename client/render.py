"""Actions, events and receipts as documents. Knows both forms; asks nobody, decides nothing.

The node renders what it serves with these, a wallet what it verified: so both read the same.
"""

from __future__ import annotations

from typing import assert_never

from client.fields import format_time
from client.ledger_views import (
    AccountOpenedView,
    ActionView,
    EventView,
    MintedView,
    MintView,
    OpenChannelsView,
    OutputView,
    RateChangedView,
    RateView,
    ReceiptView,
    ReserveLapsedView,
    TransferView,
)
from primitives.actions import Action, Mint, OpenChannels, Transfer
from primitives.address import address
from primitives.amount import format_amount
from primitives.genesis import Rate
from primitives.receipt import (
    AccountOpened,
    Event,
    Minted,
    Outcome,
    RateChanged,
    Receipt,
    ReserveLapsed,
)
from primitives.transaction import Transaction


def action_view(action: Action, network: str) -> ActionView:
    """``network`` is the addresses' human-readable part, as genesis names it."""
    match action:
        case Transfer():
            return TransferView(
                outputs=[
                    OutputView(to=address(o.account, network), amount=format_amount(o.amount))
                    for o in action.outputs
                ]
            )
        case OpenChannels():
            return OpenChannelsView(channels=action.channels)
        case Mint():
            return MintView(
                partner=action.partner,
                programme=action.programme,
                points=str(action.points),
                amount=format_amount(action.amount),
                commitment=action.commitment.hex(),
                to=address(action.to, network),
            )
        case _:
            assert_never(action)


def rate_view(rate: Rate) -> RateView:
    """A programme's rate."""
    return RateView(
        since=format_time(rate.since), numerator=rate.numerator, denominator=rate.denominator
    )


def event_view(event: Event, network: str) -> EventView:
    """One event of a receipt."""
    match event:
        case AccountOpened():
            return AccountOpenedView(address=address(event.account, network))
        case Minted():
            return MintedView(
                partner=event.partner,
                amount=format_amount(event.amount),
                minted=format_amount(event.minted),
            )
        case ReserveLapsed():
            return ReserveLapsedView(partner=event.partner)
        case RateChanged():
            return RateChangedView(
                partner=event.partner, programme=event.programme, rate=rate_view(event.rate)
            )
        case _:
            assert_never(event)


def receipt_view(receipt: Receipt, network: str) -> ReceiptView:
    """A receipt with its events."""
    return ReceiptView(
        origin=receipt.origin.hex(),
        outcome=receipt.outcome.text,
        events=[event_view(event, network) for event in receipt.events],
    )


def balance_change(transaction: Transaction, outcome: Outcome, account: bytes) -> int:
    """Units that a transaction added to (or, below zero, took from) an account's balance."""
    if outcome != Outcome.DONE:
        return 0
    match transaction.action:
        case Transfer(outputs):
            received = sum(o.amount for o in outputs if o.account == account)
            spent = sum(o.amount for o in outputs) if account == transaction.sender else 0
            return received - spent
        case Mint(to=to, amount=amount):
            return amount if to == account else 0
        case OpenChannels():
            return 0
        case _:
            assert_never(transaction.action)
