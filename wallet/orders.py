"""Orders as a buyer, a seller and an arbiter meet them: held against proven state before signing.

Knows what the ledger asks of an offer and of each step of an order ([LEDGER-44]..[LEDGER-47]),
looks at each of it first ([URI-8]), and says in words what happens next. Signs and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple

from client.answers import ProvenReceipt
from client.fields import format_time
from client.home import Home, exclusive
from client.light import LightClient, ProvenAccount
from client.session import now_ms
from client.uri import OfferRequest
from primitives.actions import Action, OrderOpen
from primitives.address import address
from primitives.amount import format_amount
from primitives.commerce import Offer, Order, OrderStatus, order_key
from primitives.encoding import encode
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from wallet.checks import now_of, receipt_of, refused
from wallet.deeds import Deed, nothing_before
from wallet.records import ORDERS, OrderRecord, Records
from wallet.sending import check_balance

_SPANS: Final = ((24 * 3_600_000, "day"), (3_600_000, "hour"), (60_000, "minute"))


def buying(account: int, request: OfferRequest, home: Home, *, another: bool) -> Deed:
    """Take an offer, which was signed by its keys; whose they are is seen here.

    Unless ``another`` is wanted, an order that this account opened by the same offer is the answer.
    """
    offer = request.offer
    digest = sha256(encode(offer)).hexdigest()
    records = Records(home.path, ORDERS, OrderRecord)

    def keep(transaction: Decoded) -> None:
        buyer = transaction.transaction.sender.hex()
        record = OrderRecord(
            expires=offer.expires, order=transaction.id.hex(), buyer=buyer, offer=digest
        )
        with exclusive(home.path, "orders"):
            records.add(record, now_ms())

    async def before(light: LightClient, sender: bytes) -> ProvenReceipt | None:
        for record in records.find(lambda r: (r.buyer, r.offer) == (sender.hex(), digest)):
            order = bytes.fromhex(record.order)
            if (await light.entry(order_key(order), Order)).entry is not None:
                return await receipt_of(light, order, "opened")
        return None

    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        await _check_offer(light, request, proven)
        check_balance(proven, account, offer.price)
        return _offer_question(offer, light)

    return Deed(
        account=account,
        action=OrderOpen(offer, request.seller),
        ask=ask,
        before=nothing_before if another else before,
        last_ms=offer.expires,
        keep=keep,
    )


class Step(NamedTuple):
    """What one party may do to an order: ``who`` it is, when, and what it means (``words``).

    ``timed``: only until the order's deadline; what ends it by itself comes first then.
    """

    who: Callable[[Order], bytes]
    stranger: Outcome
    role: str
    when: tuple[OrderStatus, ...]
    words: Callable[[Order, LightClient], str]
    timed: bool = False


_UNDONE: Final = (OrderStatus.OPEN, OrderStatus.SHIPPED, OrderStatus.DISPUTED)


def _dispute_time(light: LightClient) -> str:
    return told_span(light.believed.genesis.parameters.order_dispute_ms)


SHIP: Final = Step(
    lambda order: order.offer.seller,
    Outcome.NOT_SELLER,
    "seller",
    (OrderStatus.OPEN,),
    lambda order, light: (
        f"Say that it was shipped? The buyer may dispute for {_dispute_time(light)}; then you are "
        f"paid {format_amount(order.offer.price - order.offer.share)} LiqBon by itself."
    ),
    timed=True,
)
RELEASE: Final = Step(
    lambda order: order.buyer,
    Outcome.NOT_BUYER,
    "buyer",
    _UNDONE,
    lambda order, _: (
        f"Pay the seller all {format_amount(order.locked)} LiqBon now? It cannot be taken back."
    ),
)
REFUND: Final = Step(
    lambda order: order.offer.seller,
    Outcome.NOT_SELLER,
    "seller",
    _UNDONE,
    lambda order, _: (
        f"Give all {format_amount(order.locked)} LiqBon back to the buyer? It ends the order."
    ),
)
DISPUTE: Final = Step(
    lambda order: order.buyer,
    Outcome.NOT_BUYER,
    "buyer",
    (OrderStatus.SHIPPED,),
    lambda order, light: (
        f"Ask the arbiter {address(order.offer.arbiter, light.believed.genesis.network)} to judge? "
        f"It has {_dispute_time(light)}; if it is silent, everything returns to you."
    ),
    timed=True,
)


def resolving(to_buyer: int) -> Step:
    """The arbiter's judgement: ``to_buyer`` units return, the rest is the seller's."""

    def words(order: Order, light: LightClient) -> str:  # noqa: ARG001 - as every step's
        if to_buyer > order.locked:
            raise refused(
                Outcome.AMOUNT_OVERFLOW,
                f"{format_amount(order.locked)} LiqBon are locked, "
                f"{format_amount(to_buyer)} cannot return",
            )
        return (
            f"Return {format_amount(to_buyer)} LiqBon to the buyer, and leave "
            f"{format_amount(order.locked - to_buyer)} to the seller? It ends the order."
        )

    return Step(
        lambda order: order.offer.arbiter,
        Outcome.NOT_ARBITER,
        "arbiter",
        (OrderStatus.DISPUTED,),
        words,
        timed=True,
    )


def moving(account: int, order: bytes, action: Action, step: Step) -> Deed:
    """Take one step. The ledger lets it be taken once: there is nothing to remember."""

    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        shown = await light.entry(order_key(order), Order)
        found = shown.entry
        if found is None:
            raise refused(Outcome.ORDER_UNKNOWN, f"this network has no order {order.hex()}")
        if step.who(found) != proven.account:
            name = address(step.who(found), light.believed.genesis.network)
            raise refused(step.stranger, f"only its {step.role} can do this: {name}")
        if found.status not in step.when:
            wanted = " or ".join(status.text for status in step.when)
            raise refused(
                Outcome.ORDER_STATUS_WRONG,
                f"the order is {found.status.text}; this takes one that is {wanted}",
            )
        if step.timed and found.deadline < now_of(light, shown.freshness):
            raise refused(
                Outcome.ORDER_STATUS_WRONG,
                f"its time was over at {format_time(found.deadline)}; it ends by itself now",
            )
        return step.words(found, light)

    return Deed(account, action, ask)


async def _check_offer(light: LightClient, request: OfferRequest, proven: ProvenAccount) -> None:
    """In the ledger's order ([LEDGER-44])."""
    offer = request.offer
    if request.seller.account != offer.seller:
        raise refused(
            Outcome.NOT_SELLER,
            "this offer is not signed by its seller",
            "Somebody else made it. Pay nothing.",
        )
    now = now_of(light, proven.freshness)
    if offer.expires < now:
        raise refused(
            Outcome.OFFER_EXPIRED,
            f"this offer was good until {format_time(offer.expires)}, it is {format_time(now)}",
            "Ask the seller for another.",
        )
    if proven.account in (offer.seller, offer.arbiter):
        raise refused(
            Outcome.ARBITER_INVALID, "you are its seller or its arbiter, and cannot be its buyer"
        )
    fault = offer_fault(offer)
    if fault is not None:
        raise refused(fault, _FAULTS[fault], "Ask the seller for another.")
    for account in (offer.seller, offer.promoter):
        if account is not None and not (await light.account(account)).exists:
            name = address(account, light.believed.genesis.network)
            raise refused(Outcome.ACCOUNT_UNKNOWN, f"{name} has no account that can be paid")


def offer_fault(offer: Offer) -> Outcome | None:
    """What is wrong with an offer, whoever buys."""
    if offer.arbiter in (offer.seller, offer.promoter):
        return Outcome.ARBITER_INVALID
    if offer.share > offer.price or (offer.promoter is None) != (offer.share == 0):
        return Outcome.PROMOTER_INVALID
    return None


_FAULTS: Final = {
    Outcome.ARBITER_INVALID: "its arbiter is its seller or its promoter, and would judge "
    "its own cause",
    Outcome.PROMOTER_INVALID: "a promoter's share is more than zero and at most the price, "
    "and nobody's share is zero",
}


def fault_in_words(fault: Outcome) -> str:
    """Why an offer cannot be."""
    return _FAULTS[fault]


def _offer_question(offer: Offer, light: LightClient) -> str:
    network, share = light.believed.genesis.network, ""
    if offer.promoter is not None:
        share = f", of which {format_amount(offer.share)} go to {address(offer.promoter, network)}"
    return (
        f"Lock {format_amount(offer.price)} LiqBon for what {address(offer.seller, network)} "
        f"offers{share}? It has {told_span(offer.ship_within)} to ship; else they return to you. "
        f"Once it says that it shipped you have {_dispute_time(light)} to dispute; then it is paid "
        f"by itself. {address(offer.arbiter, network)} judges a dispute. The goods go by "
        f"{offer.goods.hex()}."
    )


def told_span(millis: int) -> str:
    """A duration in its largest whole unit: ``14 days``."""
    for span, name in _SPANS:
        if millis >= span and millis % span == 0:
            return f"{millis // span} {name}{'' if millis == span else 's'}"
    return f"{millis / 1000:g} seconds"


def next_of(order: Order) -> str:
    """What happens next, and what by itself ([LEDGER-45], [LEDGER-47])."""
    until = format_time(order.deadline)
    match order.status:
        case OrderStatus.OPEN:
            return (
                f"The seller ships until {until}; otherwise everything returns to the buyer by "
                f"itself. The buyer may pay, the seller may refund, at any time."
            )
        case OrderStatus.SHIPPED:
            return f"The buyer may dispute until {until}; otherwise the seller is paid by itself."
        case OrderStatus.DISPUTED:
            return (
                f"The arbiter judges until {until}; otherwise everything returns to the buyer by "
                f"itself."
            )
        case OrderStatus.DONE:
            return "It is done, for ever."


def by_itself(order: Order) -> str | None:
    """``refund`` or ``payment`` at the deadline, if nobody speaks; None once it is done."""
    if order.status is OrderStatus.DONE:
        return None
    return "payment" if order.status is OrderStatus.SHIPPED else "refund"


def role_of(order: Order, account: bytes) -> str | None:
    """What an account is in an order."""
    offer = order.offer
    roles = {
        "buyer": order.buyer,
        "seller": offer.seller,
        "arbiter": offer.arbiter,
        "promoter": offer.promoter,
    }
    return next((role for role, who in roles.items() if who == account), None)
