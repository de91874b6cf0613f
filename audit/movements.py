"""How LiqBon moved, one payment at a time, from receipts and the state. Knows rules, not files.

Every change of a balance is in one of these, so that they add up to all balances: what has no
source came into being, was given back or leaves a campaign or an order; what has no destination was
burnt, or is locked in one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from primitives.actions import (
    CampaignCreate,
    ContentLike,
    Mint,
    OrderOpen,
    Redeem,
    Refund,
    Transfer,
)
from primitives.commerce import Campaign, Content, Order, campaign_key, content_key, order_key
from primitives.encoding import Wire
from primitives.entries import Redemption, decode_entry, redemption_key
from primitives.receipt import CampaignClosed, Event, OrderEnded, Receipt, RewardPaid
from primitives.transaction import Decoded

W = TypeVar("W", bound=Wire)
State = Mapping[bytes, bytes]


class Moved(NamedTuple):
    """``units`` of 10^-6 LiqBon from one account to another; ``reference`` is the id of a deposit's
    commitment, an invoice, a campaign, an order or a content, whatever it was about."""

    kind: str
    source: bytes | None
    destination: bytes | None
    units: int
    reference: bytes | None = None
    partner: str | None = None
    programme: str | None = None
    points: int | None = None


def moved_by(decoded: Decoded, receipt: Receipt, state: State) -> Iterator[Moved]:
    """What a transaction that was done moved; ``state`` is any that it led to."""
    sender = decoded.transaction.sender
    match decoded.transaction.action:
        case Transfer(outputs=outputs):
            for each in outputs:
                yield Moved("transfer", sender, each.account, each.amount)
        case Mint() as m:
            about = (m.commitment, m.partner, m.programme, m.points)
            yield Moved("mint", None, m.to, m.amount, *about)
        case Redeem(invoice=i):
            yield Moved("redeem", sender, None, i.amount, i.id, i.partner)
        case Refund() as r:
            payer = _entry(state, redemption_key(r.partner, r.invoice), Redemption).payer
            yield Moved("refund", None, payer, r.amount, r.invoice, r.partner)
        case CampaignCreate(budget=budget):
            yield Moved("campaign_lock", sender, None, budget, decoded.id)
        case OrderOpen(offer=offer):
            yield Moved("order_lock", sender, None, offer.price, decoded.id)
        case ContentLike(content=content, amount=amount):
            author = _entry(state, content_key(content), Content).author
            yield Moved("like", sender, author, amount, content)
        case _:
            pass
    yield from moved_by_due(receipt, state)


def moved_by_due(receipt: Receipt, state: State) -> Iterator[Moved]:
    """What left campaigns and orders by this receipt, whether a transaction or time did it."""
    for event in receipt.events:
        yield from (moved for moved in _freed(event, state) if moved.units)


def _freed(event: Event, state: State) -> Iterator[Moved]:
    match event:
        case RewardPaid(campaign, account, amount):
            yield Moved("campaign_pay", None, account, amount, campaign)
        case CampaignClosed(campaign, returned):
            sponsor = _entry(state, campaign_key(campaign), Campaign).sponsor
            yield Moved("campaign_return", None, sponsor, returned, campaign)
        case OrderEnded(id_, to_buyer, to_promoter):
            order = _entry(state, order_key(id_), Order)
            offer = order.offer
            yield Moved("order_return", None, order.buyer, to_buyer, id_)
            sold = offer.price - to_buyer - to_promoter
            yield Moved("order_pay", None, offer.seller, sold, id_)
            yield Moved("order_share", None, offer.promoter, to_promoter, id_)
        case _:
            return


def _entry(state: State, key: bytes, kind: type[W]) -> W:
    """What the receipt would not be without; it never goes."""
    found = decode_entry(key, state[key])
    assert isinstance(found, kind), key.hex()
    return found
