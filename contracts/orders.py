"""Sales between people, the price held until it is clear whose it is. Knows offers; not the goods.

The buyer's LiqBon are locked by the order and leave it by one way only: to the seller and its
promoter, back to the buyer, or split by the arbiter that both agreed on. No deadline waits for
anyone: what was not shipped returns, what was shipped and not disputed is paid, and what the
arbiter did not judge returns.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import due as calendar
from contracts import token
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import (
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.commerce import Offer, Order, OrderStatus, order_key
from primitives.entries import OrderDue
from primitives.receipt import OrderEnded, OrderMoved, Outcome
from primitives.transaction import Decoded


def open_order(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Take a seller's offer, and lock its price ([LEDGER-44])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderOpen)
    buyer, offer = decoded.transaction.sender, action.offer
    refusal = _offer_refusal(draft, context, action, buyer)
    if refusal is not None:
        return refusal
    if token.balance(draft, buyer) < offer.price:
        return Outcome.BALANCE_TOO_LOW
    token.debit(draft, buyer, offer.price)
    order = Order(
        buyer=buyer,
        offer=offer,
        status=OrderStatus.OPEN,
        deadline=context.time + offer.ship_within,
        locked=offer.price,
        tracking=None,
        to_buyer=0,
        to_promoter=0,
    )
    assert draft.entry(order_key(decoded.id), Order) is None, decoded.id.hex()
    _put(draft, decoded.id, order)
    _wake(draft, decoded.id, order)
    draft.events.append(OrderMoved(decoded.id, OrderStatus.OPEN))
    return Outcome.DONE


def _offer_refusal(
    draft: Draft, context: BlockContext, action: OrderOpen, buyer: bytes
) -> Outcome | None:
    offer = action.offer
    if action.seller.account != offer.seller:
        return Outcome.NOT_SELLER
    if offer.expires < context.time:
        return Outcome.OFFER_EXPIRED
    if offer.arbiter in (buyer, offer.seller, offer.promoter) or offer.seller == buyer:
        return Outcome.ARBITER_INVALID
    if offer.share > offer.price or (offer.promoter is None) != (offer.share == 0):
        return Outcome.PROMOTER_INVALID
    paid = [offer.seller, *([offer.promoter] if offer.promoter is not None else [])]
    if not all(token.has_record(draft, account) for account in paid):
        return Outcome.ACCOUNT_UNKNOWN
    return None


def ship(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The seller says that it shipped; the buyer may dispute for a while ([LEDGER-45])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderShip)
    order = _find(draft, action.order)
    if order is None:
        return Outcome.ORDER_UNKNOWN
    if order.offer.seller != decoded.transaction.sender:
        return Outcome.NOT_SELLER
    if not _awaits(order, context, OrderStatus.OPEN):
        return Outcome.ORDER_STATUS_WRONG
    deadline = context.time + context.parameters.order_dispute_ms
    shipped = replace(
        order, status=OrderStatus.SHIPPED, deadline=deadline, tracking=action.tracking
    )
    _put(draft, action.order, shipped)
    _wake(draft, action.order, shipped)
    draft.events.append(OrderMoved(action.order, OrderStatus.SHIPPED))
    return Outcome.DONE


def release(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """The buyer has what it wanted: the seller is paid at once ([LEDGER-46])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderRelease)
    order = _find(draft, action.order)
    if order is None:
        return Outcome.ORDER_UNKNOWN
    if order.buyer != decoded.transaction.sender:
        return Outcome.NOT_BUYER
    if order.status == OrderStatus.DONE:
        return Outcome.ORDER_STATUS_WRONG
    _end(draft, action.order, order, to_buyer=0)
    return Outcome.DONE


def refund(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """The seller gives everything back ([LEDGER-46])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderRefund)
    order = _find(draft, action.order)
    if order is None:
        return Outcome.ORDER_UNKNOWN
    if order.offer.seller != decoded.transaction.sender:
        return Outcome.NOT_SELLER
    if order.status == OrderStatus.DONE:
        return Outcome.ORDER_STATUS_WRONG
    _end(draft, action.order, order, to_buyer=order.locked)
    return Outcome.DONE


def dispute(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The buyer asks the arbiter, once the seller says that it shipped ([LEDGER-47])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderDispute)
    order = _find(draft, action.order)
    if order is None:
        return Outcome.ORDER_UNKNOWN
    if order.buyer != decoded.transaction.sender:
        return Outcome.NOT_BUYER
    if not _awaits(order, context, OrderStatus.SHIPPED):
        return Outcome.ORDER_STATUS_WRONG
    deadline = context.time + context.parameters.order_dispute_ms
    disputed = replace(order, status=OrderStatus.DISPUTED, deadline=deadline)
    _put(draft, action.order, disputed)
    _wake(draft, action.order, disputed)
    draft.events.append(OrderMoved(action.order, OrderStatus.DISPUTED))
    return Outcome.DONE


def resolve(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The arbiter says how much returns to the buyer ([LEDGER-47])."""
    action = decoded.transaction.action
    assert isinstance(action, OrderResolve)
    order = _find(draft, action.order)
    if order is None:
        return Outcome.ORDER_UNKNOWN
    if order.offer.arbiter != decoded.transaction.sender:
        return Outcome.NOT_ARBITER
    if not _awaits(order, context, OrderStatus.DISPUTED):
        return Outcome.ORDER_STATUS_WRONG
    if action.to_buyer > order.locked:
        return Outcome.AMOUNT_OVERFLOW
    _end(draft, action.order, order, to_buyer=action.to_buyer)
    return Outcome.DONE


def deadline_passes(draft: Draft, context: BlockContext, item: OrderDue) -> None:  # noqa: ARG001  as all that falls due
    """Nobody spoke in time: shipped goods are paid, everything else returns ([LEDGER-45])."""
    order = _find(draft, item.order)
    assert order is not None, item.order.hex()
    if order.deadline != item.deadline or order.status == OrderStatus.DONE:
        return
    shipped = order.status == OrderStatus.SHIPPED
    _end(draft, item.order, order, to_buyer=0 if shipped else order.locked)


def _end(draft: Draft, id_: bytes, order: Order, *, to_buyer: int) -> None:
    """Everything that is locked leaves; the promoter's share shrinks with what the seller gets."""
    sold = order.locked - to_buyer
    to_promoter = _share(order.offer, sold)
    ended = replace(
        order,
        status=OrderStatus.DONE,
        locked=0,
        to_buyer=to_buyer,
        to_promoter=to_promoter,
    )
    _put(draft, id_, ended)
    offer = order.offer
    if to_buyer:
        token.credit(draft, order.buyer, to_buyer)
    if sold - to_promoter:
        token.credit(draft, offer.seller, sold - to_promoter)
    if to_promoter:
        assert offer.promoter is not None, id_.hex()
        token.credit(draft, offer.promoter, to_promoter)
    draft.events.append(OrderEnded(id_, to_buyer, to_promoter))


def _awaits(order: Order, context: BlockContext, status: OrderStatus) -> bool:
    """Whether it is still time for what ends a status: nobody gains by what waits to be carried
    out ([LEDGER-15]), so an order whose deadline is over ends as it would have."""
    return order.status == status and context.time <= order.deadline


def _share(offer: Offer, sold: int) -> int:
    """Of a part of the price, that part of the promoter's share, rounded down."""
    return offer.share * sold // offer.price


def _find(entries: Entries, id_: bytes) -> Order | None:
    return entries.entry(order_key(id_), Order)


def _put(entries: Entries, id_: bytes, order: Order) -> None:
    entries.put(order_key(id_), order)


def _wake(entries: Entries, id_: bytes, order: Order) -> None:
    calendar.insert(entries, order.deadline, OrderDue(id_, order.deadline))
