"""What a transaction did to balances, from itself, its receipt and one entry of the state.

Knows amounts and whose they are; asks nobody. Some actions name something that tells the rest: a
refund its invoice, a like its content, an order's ending its order. The entry behind it is named
here; what is read of it never changes once it stands, so that of any later height does as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from primitives.actions import (
    Action,
    CampaignCreate,
    ContentLike,
    Mint,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Redeem,
    Refund,
    Transfer,
)
from primitives.commerce import Campaign, Content, Order, campaign_key, content_key, order_key
from primitives.encoding import Wire
from primitives.entries import Redemption, redemption_key
from primitives.receipt import CampaignClosed, Event, OrderEnded, Outcome, Receipt, RewardPaid
from primitives.transaction import Transaction

Changes: TypeAlias = dict[bytes, int]
"""Units that balances gained or, below zero, lost, by account. Zero: touched, and not changed."""


class Named(NamedTuple):
    """A state entry that says more about an action or event: its key and what stands there."""

    key: bytes
    kind: type[Wire]


def named_by(action: Action) -> Named | None:
    """The entry without which it cannot be told whom a done action touched; None if none."""
    match action:
        case Transfer():  # most of all there is, so it comes first
            return None
        case Refund(partner=partner, invoice=invoice):
            return Named(redemption_key(partner, invoice), Redemption)
        case ContentLike(content=content):
            return Named(content_key(content), Content)
        case (
            OrderShip(order=order)
            | OrderRelease(order=order)
            | OrderRefund(order=order)
            | OrderDispute(order=order)
            | OrderResolve(order=order)
        ):
            return Named(order_key(order), Order)
        case _:
            return None


def named_by_event(event: Event) -> Named | None:
    """The same of what fell due by itself: whose campaign or order it was."""
    match event:
        case CampaignClosed(campaign=campaign):
            return Named(campaign_key(campaign), Campaign)
        case OrderEnded(order=order):
            return Named(order_key(order), Order)
        case _:
            return None


def changes_of(transaction: Transaction, receipt: Receipt, named: Wire | None) -> Changes:
    """What a transaction did to each account that it touched, its sender first.

    ``named`` is the entry that ``named_by`` asks for. What was refused touched its sender alone.
    """
    sender = transaction.sender
    changes: Changes = {sender: 0}
    if receipt.outcome != Outcome.DONE:
        return changes
    for account, units in _moved(transaction, named):
        changes[account] = changes.get(account, 0) + units
    for event in receipt.events:
        for account, units in _paid(event, sender, named):
            changes[account] = changes.get(account, 0) + units
    return changes


def changes_of_due(event: Event, named: Wire | None) -> Changes:
    """What one event of something that fell due did; ``named`` as ``named_by_event`` says."""
    changes: Changes = {}
    owner = named.sponsor if isinstance(named, Campaign) else b""
    for account, units in _paid(event, owner, named):
        if units:
            changes[account] = changes.get(account, 0) + units
    return changes


def _moved(transaction: Transaction, named: Wire | None) -> Iterable[tuple[bytes, int]]:
    """What the action alone tells."""
    sender = transaction.sender
    match transaction.action:
        case Transfer(outputs):
            yield from ((output.account, output.amount) for output in outputs)
            yield sender, -sum(output.amount for output in outputs)
        case Mint(to=to, amount=amount):
            yield to, amount
        case Redeem(invoice, cashier):
            yield from ((sender, -invoice.amount), (cashier.account, 0))
        case Refund(amount=amount):
            assert isinstance(named, Redemption), "a refund of what was never redeemed"
            yield named.payer, amount
        case CampaignCreate(budget=budget):
            yield sender, -budget
        case ContentLike(amount=amount):
            assert isinstance(named, Content), "a like of nothing"
            yield from ((sender, -amount), (named.author, amount))
        case OrderOpen(offer):
            yield from ((sender, -offer.price), (offer.seller, 0))
        case OrderShip() | OrderDispute() | OrderRelease() | OrderRefund() | OrderResolve() as act:
            assert isinstance(named, Order), "an order that never was"
            yield from ((named.buyer, 0), (named.offer.seller, 0))
            if isinstance(act, OrderDispute):
                yield named.offer.arbiter, 0
        case _:
            return


def _paid(event: Event, sponsor: bytes, named: Wire | None) -> Iterable[tuple[bytes, int]]:
    """What an event tells: what left a campaign or an order."""
    match event:
        case RewardPaid(account=account, amount=amount):
            yield account, amount
        case CampaignClosed(returned=returned):
            yield sponsor, returned
        case OrderEnded(to_buyer=to_buyer, to_promoter=to_promoter):
            assert isinstance(named, Order), "an order that never was"
            offer = named.offer
            yield named.buyer, to_buyer
            yield offer.seller, offer.price - to_buyer - to_promoter
            if offer.promoter is not None and to_promoter:
                yield offer.promoter, to_promoter
        case _:
            return
