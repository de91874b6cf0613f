"""Orders: a block each, done or refused, the whole state before and after."""

from collections.abc import Callable, Mapping, Sequence

from primitives.actions import (
    Action,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.transaction import Decoded
from tests.builders import SECOND_MS, Person, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import (
    ANN,
    BEN,
    HELD,
    JOY,
    NEW,
    PRICE,
    ROB,
    buy,
    disputed,
    offer,
    ordered,
    shipped,
    the_order,
    trading,
)
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

Case = Callable[[Ledger], list[Decoded]]
Made = Callable[..., bytes]
Say = Callable[[bytes], Action]


def taken(sender: Person = ANN, seller: Person = BEN, **fields: object) -> Case:
    """An offer, by Ann; ``fields`` are the offer's."""
    return lambda ledger: [buy(ledger, offer(ledger, **fields), sender=sender, seller=seller)]


def of_a_stranger(ledger: Ledger) -> list[Decoded]:
    return [buy(ledger, offer(ledger, seller=NEW.account), seller=NEW)]


def expiring(ahead: int) -> Case:
    """``ahead`` of the block's time."""
    return lambda ledger: taken(expires=ledger.context().time + ahead)(ledger)


def said(made: Made, speaker: Person, say: Say, **fields: object) -> Case:
    """A word about an order that was made so; ``fields`` of its offer."""
    return lambda ledger: [ledger.act(speaker, say(made(ledger, **fields)))]


def ended(ledger: Ledger) -> bytes:
    order = ordered(ledger)
    done(ledger, ledger.act(BEN, OrderRefund(order)))
    return order


def nothing(ledger: Ledger) -> bytes:
    return an_id("no order")


def ship(order: bytes) -> Action:
    return OrderShip(order, an_id("tracking"))


def ship_silently(order: bytes) -> Action:
    return OrderShip(order, None)


def split(to_buyer: int) -> Say:
    return lambda order: OrderResolve(order, to_buyer)


def all_at_once(ledger: Ledger) -> list[Decoded]:
    """Opened, shipped, disputed and resolved in one block."""
    opened = buy(ledger, offer(ledger))
    return [
        opened,
        ledger.act(BEN, ship(opened.id)),
        ledger.act(ANN, OrderDispute(opened.id), sequence=1),
        ledger.act(JOY, OrderResolve(opened.id, 1)),
    ]


def a_race(ledger: Ledger) -> list[Decoded]:
    """The buyer pays and the seller gives back: who is first is heard."""
    order = shipped(ledger)
    return [ledger.act(ANN, OrderRelease(order)), ledger.act(BEN, OrderRefund(order))]


CASES: dict[str, Case] = {
    "an order": taken(),
    "an order without a promoter, of all that the buyer has": taken(
        promoter=None, share=0, price=HELD
    ),
    "an offer in its very last moment": expiring(0),
    "not_seller": taken(seller=ROB),
    "offer_expired": expiring(-1),
    "arbiter_invalid (the buyer)": taken(arbiter=ANN.account),
    "arbiter_invalid (the seller)": taken(arbiter=BEN.account),
    "arbiter_invalid (who buys of itself)": taken(sender=BEN),
    "arbiter_invalid (who has a share in it)": taken(arbiter=ROB.account),
    "promoter_invalid (more than the price)": taken(share=PRICE + 1),
    "promoter_invalid (no share)": taken(share=0),
    "promoter_invalid (nobody's share)": taken(promoter=None),
    "account_unknown (the seller's)": of_a_stranger,
    "account_unknown (the promoter's)": taken(promoter=NEW.account),
    "balance_too_low for an order": taken(price=HELD + 1),
    "shipped": said(ordered, BEN, ship),
    "shipped without a tracking": said(ordered, BEN, ship_silently),
    "order_unknown to ship": said(nothing, BEN, ship),
    "not_seller ships": said(ordered, ANN, ship),
    "order_status_wrong to ship": said(shipped, BEN, ship),
    "released before it is shipped": said(ordered, ANN, OrderRelease),
    "released": said(shipped, ANN, OrderRelease),
    "released when disputed": said(disputed, ANN, OrderRelease),
    "released without a promoter": said(shipped, ANN, OrderRelease, promoter=None, share=0),
    "released, all of it the promoter's": said(shipped, ANN, OrderRelease, share=PRICE),
    "order_unknown to release": said(nothing, ANN, OrderRelease),
    "not_buyer releases": said(shipped, BEN, OrderRelease),
    "order_status_wrong to release": said(ended, ANN, OrderRelease),
    "refunded before it is shipped": said(ordered, BEN, OrderRefund),
    "refunded": said(shipped, BEN, OrderRefund),
    "refunded when disputed": said(disputed, BEN, OrderRefund),
    "order_unknown to refund": said(nothing, BEN, OrderRefund),
    "not_seller refunds": said(shipped, ANN, OrderRefund),
    "order_status_wrong to refund": said(ended, BEN, OrderRefund),
    "disputed": said(shipped, ANN, OrderDispute),
    "order_unknown to dispute": said(nothing, ANN, OrderDispute),
    "not_buyer disputes": said(shipped, BEN, OrderDispute),
    "order_status_wrong to dispute": said(ordered, ANN, OrderDispute),
    "resolved for the buyer": said(disputed, JOY, split(PRICE)),
    "resolved for the seller": said(disputed, JOY, split(0)),
    "split, the share rounded down": said(disputed, JOY, split(PRICE // 2 + 1)),
    "order_unknown to resolve": said(nothing, JOY, split(0)),
    "not_arbiter": said(disputed, ANN, split(PRICE)),
    "order_status_wrong to resolve": said(shipped, JOY, split(0)),
    "amount_overflow to resolve": said(disputed, JOY, split(PRICE + 1)),
    "from offer to judgement in one block": all_at_once,
    "order_status_wrong for who is second": a_race,
}


def left_alone() -> list[dict[str, object]]:
    """What becomes by itself of an order in each status, and of a deadline that was overtaken."""
    found = []
    for name, made in (("open", ordered), ("shipped", shipped), ("disputed", disputed)):
        ledger = trading(founders=2, settlement_cycle_ms=400 * 86_400_000)
        order = made(ledger)
        first = the_order(ledger, order).deadline
        wait = -(-first // SECOND_MS) * SECOND_MS - ledger.time
        found.append(record(f"left alone when {name}", ledger, after_ms=wait))
    return found


def too_late() -> list[dict[str, object]]:
    """Words after the deadline, in the second in which it lies, so that the end waits yet."""
    found = []
    words: tuple[tuple[Made, Person, Say], ...] = (
        (ordered, BEN, ship),
        (shipped, ANN, OrderDispute),
        (disputed, JOY, split(1)),
    )
    for made, speaker, say in words:
        ledger = trading(founders=2, settlement_cycle_ms=400 * 86_400_000)
        ledger.pass_time(500)
        order = made(ledger)
        late = the_order(ledger, order).deadline + 1 - ledger.time
        said = say(order)
        ledger.pass_time(late - 2)
        decoded = ledger.act(speaker, said)
        name = f"order_status_wrong as {type(said).__name__} comes late"
        found.append(record(name, ledger, [decoded], after_ms=2))
    return found


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = trading(founders=2)
        found.append(record(name, ledger, case(ledger)))
    return [*found, *left_alone(), *too_late()]
