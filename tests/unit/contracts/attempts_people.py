"""Attempts of people with the faults that a world asks for. Knows one action each, no order."""

from __future__ import annotations

from typing import Final

from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    OpenChannels,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Output,
    Transfer,
    offer_message,
    voucher_message,
)
from primitives.amount import MAX_SUPPLY
from primitives.commerce import (
    Campaign,
    Claimed,
    Content,
    Order,
    OrderStatus,
    Voucher,
    campaign_key,
    claim_key,
    content_id,
    content_key,
    order_key,
    voucher_key,
)
from primitives.entries import Account, Mark, account_key
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import Person, an_id
from tests.trading import ANN, BEN, JOY, NEW, ROB, SIGNER, SUE, offer
from tests.unit.contracts.attempts_partners import Attempt
from tests.unit.contracts.faults import World

o = Outcome
ID = an_id("something that exists")
POOR: Final = 10**15
"""More than anybody has."""


def transfer(w: World) -> Decoded:
    outputs = [Output(BEN.account, 1)]
    if w.has(o.OUTPUT_BELOW_OPENING):
        outputs.append(Output(NEW.account, 1))
    if w.has(o.BALANCE_TOO_LOW):
        outputs.append(Output(BEN.account, POOR))
    if w.has(o.AMOUNT_OVERFLOW):
        outputs.append(Output(BEN.account, MAX_SUPPLY))
    return w.ledger.act(ANN, Transfer(tuple(outputs)))


def open_channels(w: World) -> Decoded:
    """Who has many channels already may have become poor since."""
    if w.has(o.CHANNELS_NOT_MORE):
        w.edit(account_key(ANN.account), Account, channels=16)
    if w.has(o.BALANCE_TOO_LOW):
        w.edit(account_key(ANN.account), Account, balance=0)
    return w.ledger.act(ANN, OpenChannels(16))


def campaign_create(w: World) -> Decoded:
    budget = w.pick(o.BALANCE_TOO_LOW, POOR, 10)
    action = CampaignCreate(
        signer=SIGNER.account,
        budget=budget,
        reward=w.pick(o.BUDGET_TOO_SMALL, budget + 1, budget),
        bonus=0,
        per_claimant=1,
        ends=w.now + w.pick(o.DEADLINE_INVALID, 0, 1),
    )
    return w.ledger.act(SUE, action)


def _campaign(w: World) -> bytes:
    """Sue's referral, with all that can be wrong with it; or the id of none."""
    campaign = Campaign(
        sponsor=SUE.account,
        signer=SIGNER.account,
        reward=1,
        bonus=1,
        left=w.pick(o.BUDGET_EXHAUSTED, 1, 2),
        per_claimant=1,
        ends=w.now,
        claims=0,
        closed=w.has(o.CAMPAIGN_ENDED),
    )
    w.put(campaign_key(ID), campaign)
    return w.pick(o.CAMPAIGN_UNKNOWN, bytes(32), ID)


def campaign_claim(w: World) -> Decoded:
    id_ = _campaign(w)
    claimant = w.pick(o.VOUCHER_FOR_ANOTHER, BEN, ANN)
    if w.has(o.VOUCHER_USED):
        w.put(voucher_key(ID, ID), Mark(ID, 1))
    if w.has(o.CLAIMS_EXCEEDED):
        w.put(claim_key(ID, claimant.account), Claimed(1))
    referrer = w.pick(o.OUTPUT_BELOW_OPENING, NEW, ROB).account
    voucher = Voucher(
        campaign=id_,
        claimant=claimant.account,
        referrer=w.pick(o.REFERRER_INVALID, None, referrer),
        id=ID,
        expires=w.now - w.pick(o.VOUCHER_EXPIRED, 1, 0),
    )
    signed = w.pick(o.NOT_SIGNER, BEN, SIGNER).endorse(voucher_message(w.ledger.chain, voucher))
    return w.ledger.act(ANN, CampaignClaim(voucher, signed))


def campaign_close(w: World) -> Decoded:
    return w.ledger.act(w.pick(o.NOT_SPONSOR, ANN, SUE), CampaignClose(_campaign(w)))


def order_open(w: World) -> Decoded:
    said = offer(
        w.ledger,
        seller=w.pick(o.ACCOUNT_UNKNOWN, NEW, BEN).account,
        price=w.pick(o.BALANCE_TOO_LOW, POOR, 10),
        promoter=w.pick(o.PROMOTER_INVALID, None, ROB.account),
        share=1,
        arbiter=w.pick(o.ARBITER_INVALID, ANN, JOY).account,
        expires=w.now - w.pick(o.OFFER_EXPIRED, 1, 0),
    )
    seller = w.pick(o.ACCOUNT_UNKNOWN, NEW, BEN)
    signed = w.pick(o.NOT_SELLER, JOY, seller).endorse(offer_message(w.ledger.chain, said))
    return w.ledger.act(ANN, OrderOpen(said, signed))


def _order(w: World, status: OrderStatus) -> bytes:
    """Ann's of Ben's, judged by Joy, in a status or done; or the id of none."""
    order = Order(
        buyer=ANN.account,
        offer=offer(w.ledger, price=10, share=1),
        status=w.pick(o.ORDER_STATUS_WRONG, OrderStatus.DONE, status),
        deadline=w.now,
        locked=10,
        tracking=None,
        to_buyer=0,
        to_promoter=0,
    )
    w.put(order_key(ID), order)
    return w.pick(o.ORDER_UNKNOWN, bytes(32), ID)


def _by(w: World, fault: Outcome, person: Person) -> Person:
    return w.pick(fault, SUE, person)


def order_ship(w: World) -> Decoded:
    order = _order(w, OrderStatus.OPEN)
    return w.ledger.act(_by(w, o.NOT_SELLER, BEN), OrderShip(order, None))


def order_release(w: World) -> Decoded:
    order = _order(w, OrderStatus.OPEN)
    return w.ledger.act(_by(w, o.NOT_BUYER, ANN), OrderRelease(order))


def order_refund(w: World) -> Decoded:
    order = _order(w, OrderStatus.SHIPPED)
    return w.ledger.act(_by(w, o.NOT_SELLER, BEN), OrderRefund(order))


def order_dispute(w: World) -> Decoded:
    order = _order(w, OrderStatus.SHIPPED)
    return w.ledger.act(_by(w, o.NOT_BUYER, ANN), OrderDispute(order))


def order_resolve(w: World) -> Decoded:
    order = _order(w, OrderStatus.DISPUTED)
    action = OrderResolve(order, w.pick(o.AMOUNT_OVERFLOW, 11, 10))
    return w.ledger.act(_by(w, o.NOT_ARBITER, JOY), action)


def _content(w: World, author: Person) -> bytes:
    """What the author registered, liked with almost all there can be; or the id of none."""
    id_ = content_id(author.account, ID)
    w.put(content_key(id_), Content(author.account, ID, 1, MAX_SUPPLY - POOR))
    return w.pick(o.CONTENT_UNKNOWN, bytes(32), id_)


def content_register(w: World) -> Decoded:
    if w.has(o.CONTENT_EXISTS):
        _content(w, ANN)
    return w.ledger.act(ANN, ContentRegister(ID))


def content_like(w: World) -> Decoded:
    id_ = _content(w, w.pick(o.OWN_CONTENT, ANN, BEN))
    amount = 1
    if w.has(o.AMOUNT_OVERFLOW):
        amount = POOR + 1
    elif w.has(o.BALANCE_TOO_LOW):
        amount = POOR
    rich = 2 * POOR if not w.has(o.BALANCE_TOO_LOW) else 0
    w.edit(account_key(ANN.account), Account, balance=rich)
    return w.ledger.act(ANN, ContentLike(id_, amount))


ATTEMPTS: Final[dict[type[Action], Attempt]] = {
    Transfer: transfer,
    OpenChannels: open_channels,
    CampaignCreate: campaign_create,
    CampaignClaim: campaign_claim,
    CampaignClose: campaign_close,
    OrderOpen: order_open,
    OrderShip: order_ship,
    OrderRelease: order_release,
    OrderRefund: order_refund,
    OrderDispute: order_dispute,
    OrderResolve: order_resolve,
    ContentRegister: content_register,
    ContentLike: content_like,
}
