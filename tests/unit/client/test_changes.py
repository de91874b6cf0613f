"""What a transaction did to balances, from itself, its receipt and the entry that it names."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from client.changes import Changes, changes_of, changes_of_due, named_by, named_by_event
from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Refund,
)
from primitives.commerce import (
    Campaign,
    Content,
    Offer,
    Order,
    OrderStatus,
    Voucher,
    campaign_key,
    content_key,
    order_key,
)
from primitives.encoding import Wire
from primitives.entries import Redemption, redemption_key
from primitives.receipt import (
    CampaignClosed,
    Event,
    OrderEnded,
    OrderMoved,
    Outcome,
    Receipt,
    ReserveLapsed,
    RewardPaid,
)
from tests.builders import (
    GENESIS_TIME,
    Person,
    a_mint,
    a_person,
    a_redeem,
    a_refund,
    a_role,
    a_transaction,
    a_transfer,
    an_invoice,
    an_open_channels,
)

ANN, BOB, ROB, JOY = (a_person(name) for name in ("ann", "bob", "rob", "joy"))
CLERK = a_role("north", "cashier")
NAMES = {ANN.account: "ann", BOB.account: "bob", ROB.account: "rob", JOY.account: "joy"}
NAMES[CLERK.account] = "clerk"
ID = bytes(range(32))
SIGNED = CLERK.endorse(b"whatever was said")
OFFER = Offer(BOB.account, 90, ROB.account, 20, JOY.account, 60_000, GENESIS_TIME, ID)
ORDER = Order(ANN.account, OFFER, OrderStatus.SHIPPED, GENESIS_TIME, 90, None, 0, 0)
VOUCHER = Voucher(ID, ANN.account, ROB.account, bytes(32), GENESIS_TIME)
CAMPAIGN = Campaign(JOY.account, CLERK.account, 5, 2, 93, 1, GENESIS_TIME, 1, closed=False)


def became(
    sender: Person, action: Action, *events: Event, named: Wire | None = None
) -> dict[str, int]:
    """What a done action did, by people."""
    receipt = Receipt(ID, Outcome.DONE, events)
    changes = changes_of(a_transaction(sender, action), receipt, named)
    assert next(iter(changes)) == sender.account, "its sender comes first"
    return people(changes)


def people(changes: Changes) -> dict[str, int]:
    return {NAMES[account]: units for account, units in changes.items()}


def test_a_transfer_is_what_came_less_what_went() -> None:
    paid = a_transfer(ANN, (BOB, 5), (ANN, 7), (BOB, 11)).transaction.action
    assert became(ANN, paid) == {"ann": -16, "bob": 16}


def test_minting_spending_and_giving_back() -> None:
    assert became(JOY, a_mint("north", BOB, 3).transaction.action) == {"joy": 0, "bob": 30_000}
    spent = a_redeem(ANN, an_invoice("north", 7)).transaction.action
    assert became(ANN, spent) == {"ann": -7, "clerk": 0}
    given = a_refund("north", ID, 5).transaction.action
    redeemed = Redemption(ANN.account, 7, 0, bytes(32), 1)
    assert became(CLERK, given, named=redeemed) == {"clerk": 0, "ann": 5}
    assert became(ANN, an_open_channels(ANN, 2).transaction.action) == {"ann": 0}


def test_a_claim_pays_whom_its_receipt_says() -> None:
    """[LEDGER-40], [LEDGER-41], [LEDGER-42]"""
    events = (RewardPaid(ID, ANN.account, 5), RewardPaid(ID, ROB.account, 2))
    assert became(ANN, CampaignClaim(VOUCHER, SIGNED), *events) == {"ann": 5, "rob": 2}
    create = CampaignCreate(CLERK.account, 100, 5, 2, 1, GENESIS_TIME)
    assert became(JOY, create) == {"joy": -100}
    assert became(JOY, CampaignClose(ID), CampaignClosed(ID, 93)) == {"joy": 93}


ENDS: list[tuple[Person, Action, OrderEnded, dict[str, int]]] = [
    (ANN, OrderRelease(ID), OrderEnded(ID, 0, 20), {"ann": 0, "bob": 70, "rob": 20}),
    (BOB, OrderRefund(ID), OrderEnded(ID, 90, 0), {"bob": 0, "ann": 90}),
    (
        JOY,
        OrderResolve(ID, 45),
        OrderEnded(ID, 45, 10),
        {"joy": 0, "ann": 45, "bob": 35, "rob": 10},
    ),
]


@pytest.mark.parametrize(("sender", "action", "ended", "changes"), ENDS)
def test_the_end_of_an_order_pays_its_sides(
    sender: Person, action: Action, ended: OrderEnded, changes: dict[str, int]
) -> None:
    """[LEDGER-46], [LEDGER-47]: all that was locked leaves, whatever the order is later."""
    assert became(sender, action, ended, named=ORDER) == changes
    done = replace(ORDER, status=OrderStatus.DONE, locked=0, to_buyer=ended.to_buyer)
    assert became(sender, action, ended, named=done) == changes
    assert sum(changes.values()) == OFFER.price


def test_what_moves_an_order_touches_its_sides_and_a_dispute_its_arbiter() -> None:
    assert became(ANN, OrderOpen(OFFER, SIGNED)) == {"ann": -90, "bob": 0}
    assert became(BOB, OrderShip(ID, None), named=ORDER) == {"bob": 0, "ann": 0}
    disputed = OrderMoved(ID, OrderStatus.DISPUTED)
    touched = became(ANN, OrderDispute(ID), disputed, named=ORDER)
    assert touched == {"ann": 0, "bob": 0, "joy": 0}


def test_a_like_goes_to_the_author() -> None:
    """[LEDGER-49]"""
    liked = Content(BOB.account, ID, 3, 12)
    assert became(ANN, ContentLike(ID, 4), named=liked) == {"ann": -4, "bob": 4}


def test_what_was_refused_touched_its_sender_alone_and_asks_for_nothing() -> None:
    for action in (ContentLike(ID, 4), OrderRelease(ID), Refund("north", ID, ID, 4)):
        receipt = Receipt(ID, Outcome.BALANCE_TOO_LOW, ())
        assert changes_of(a_transaction(ANN, action), receipt, None) == {ANN.account: 0}


def test_what_fell_due_pays_and_touches_nobody_else() -> None:
    """[LEDGER-42], [LEDGER-45]"""
    assert people(changes_of_due(CampaignClosed(ID, 93), CAMPAIGN)) == {"joy": 93}
    assert changes_of_due(CampaignClosed(ID, 0), CAMPAIGN) == {}
    assert people(changes_of_due(OrderEnded(ID, 0, 20), ORDER)) == {"bob": 70, "rob": 20}
    assert people(changes_of_due(OrderEnded(ID, 90, 0), ORDER)) == {"ann": 90}
    assert changes_of_due(ReserveLapsed("north"), None) == {}


def test_what_is_named_is_asked_for_by_its_key() -> None:
    order, content = (order_key(ID), Order), (content_key(ID), Content)
    assert named_by(Refund("north", ID, bytes(32), 1)) == (redemption_key("north", ID), Redemption)
    assert named_by(ContentLike(ID, 1)) == content
    acts = (OrderShip(ID, None), OrderRelease(ID), OrderRefund(ID), OrderDispute(ID))
    assert [named_by(act) for act in (*acts, OrderResolve(ID, 1))] == [order] * 5
    assert named_by(CampaignClaim(VOUCHER, SIGNED)) is None
    assert named_by(OrderOpen(OFFER, SIGNED)) is None
    assert named_by_event(CampaignClosed(ID, 1)) == (campaign_key(ID), Campaign)
    assert named_by_event(OrderEnded(ID, 1, 0)) == order
    assert named_by_event(RewardPaid(ID, ANN.account, 1)) is None
