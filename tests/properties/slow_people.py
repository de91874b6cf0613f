"""Campaigns, orders and likes told slowly, from docs/spec/ledger.md.

Each function says what becomes of an action in the words of the spec, and notes it. What is left of
a budget, who got what of an order, how much was given: counted from the notes. Shares no rule with
``contracts``.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

from primitives.actions import (
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.commerce import Offer
from primitives.transaction import Transaction, transaction_id
from tests.properties.reference import digest
from tests.properties.slow_book import ALL, DAY, Desk

YEAR_AND_A_DAY = 366 * DAY
STATUSES = {"open": 1, "shipped": 2, "disputed": 3, "done": 4}


def hear(desk: Desk, transaction: Transaction) -> str:
    """The code of what becomes of it."""
    sender, id_ = transaction.sender, transaction_id(transaction)
    match transaction.action:
        case CampaignCreate() as action:
            return create(desk, sender, id_, action)
        case CampaignClaim() as action:
            return claim(desk, sender, action)
        case CampaignClose(campaign):
            return close(desk, sender, campaign)
        case OrderOpen() as action:
            return take(desk, sender, id_, action)
        case OrderShip(order, tracking):
            return ship(desk, sender, order, tracking)
        case OrderRelease(order):
            return pay(desk, sender, order)
        case OrderRefund(order):
            return give_back(desk, sender, order)
        case OrderDispute(order):
            return dispute(desk, sender, order)
        case OrderResolve(order, to_buyer):
            return judge(desk, sender, order, to_buyer)
        case ContentRegister(work):
            return register(desk, sender, work)
        case ContentLike(content, amount):
            return like(desk, sender, content, amount)
        case action:
            raise AssertionError(action)


# --- campaigns -----------------------------------------------------------------------------------


class Terms(NamedTuple):
    """Who locked how much for what."""

    sponsor: bytes
    action: CampaignCreate


def create(desk: Desk, sender: bytes, id_: bytes, action: CampaignCreate) -> str:
    """[LEDGER-40]"""
    if action.ends <= desk.time or action.ends - desk.time > YEAR_AND_A_DAY:
        return "deadline_invalid"
    if action.reward + action.bonus > action.budget:
        return "budget_too_small"
    if action.budget > desk.balance(sender):
        return "balance_too_low"
    desk.book.note("balance", sender, value=-action.budget)
    desk.create("campaign", id_)
    desk.book.note("campaigns", value=id_)
    desk.book.note("campaign", id_, value=Terms(sender, action))
    desk.plan(action.ends, "campaign", id_)
    desk.tell("CampaignOpened", id_, action.budget)
    return "done"


def left(desk: Desk, id_: bytes) -> int:
    """Of a budget: nothing once it was given back, until then what no claim took."""
    if desk.book.word("campaign ended", id_):
        return 0
    action = desk.book.word("campaign", id_).action
    claims = len(desk.book.notes("claims", id_))
    return int(action.budget - claims * (action.reward + action.bonus))


def claim(desk: Desk, sender: bytes, action: CampaignClaim) -> str:
    """[LEDGER-41] [LEDGER-43] A sender without a record is one who is opened by being paid."""
    voucher = action.voucher
    id_ = voucher.campaign
    terms = desk.book.word("campaign", id_)
    if terms is None:
        return "campaign_unknown"
    said = terms.action
    if desk.book.word("campaign ended", id_) or desk.time > said.ends:
        return "campaign_ended"
    if action.signer.account != said.signer:
        return "not_signer"
    if sender != voucher.claimant:
        return "voucher_for_another"
    if desk.time > voucher.expires:
        return "voucher_expired"
    if bool(said.bonus) != bool(voucher.referrer) or voucher.referrer == sender:
        return "referrer_invalid"
    if desk.book.word("entry", "voucher", id_, voucher.id):
        return "voucher_used"
    if desk.book.notes("claims", id_).count(sender) == said.per_claimant:
        return "claims_exceeded"
    if said.reward + said.bonus > left(desk, id_):
        return "budget_exhausted"
    rewards = [(sender, said.reward)]
    if voucher.referrer:
        rewards.append((voucher.referrer, said.bonus))
    if any(desk.too_small(*reward) for reward in rewards):
        return "output_below_opening"
    desk.create("voucher", id_, voucher.id)
    desk.create("claims", id_, sender)
    desk.book.note("claims", id_, value=sender)
    for account, amount in rewards:
        desk.pay_in(account, amount)
        desk.tell("RewardPaid", id_, account, amount)
    return "done"


def close(desk: Desk, sender: bytes, id_: bytes) -> str:
    """[LEDGER-42]"""
    terms = desk.book.word("campaign", id_)
    if terms is None:
        return "campaign_unknown"
    if terms.sponsor != sender:
        return "not_sponsor"
    if desk.book.word("campaign ended", id_):
        return "campaign_ended"
    campaign_ends(desk, id_)
    return "done"


def campaign_ends(desk: Desk, id_: bytes) -> None:
    """[LEDGER-42]"""
    if desk.book.word("campaign ended", id_):
        return
    returned = left(desk, id_)
    desk.book.note("campaign ended", id_, value=True)
    if returned:
        desk.pay_in(desk.book.word("campaign", id_).sponsor, returned)
    desk.tell("CampaignClosed", id_, returned)


# --- orders --------------------------------------------------------------------------------------


class Deal(NamedTuple):
    """An order as it stands."""

    buyer: bytes
    offer: Offer
    status: str
    deadline: int
    tracking: bytes | None = None
    to_buyer: int = 0
    to_promoter: int = 0

    @property
    def locked(self) -> int:
        return 0 if self.status == "done" else self.offer.price


def take(desk: Desk, sender: bytes, id_: bytes, action: OrderOpen) -> str:
    """[LEDGER-44]"""
    offer = action.offer
    if offer.seller != action.seller.account:
        return "not_seller"
    if desk.time > offer.expires:
        return "offer_expired"
    if len({sender, offer.seller, offer.arbiter}) < 3 or offer.promoter == offer.arbiter:
        return "arbiter_invalid"
    if offer.share > offer.price or bool(offer.share) != bool(offer.promoter):
        return "promoter_invalid"
    if not desk.exists(offer.seller) or (offer.promoter and not desk.exists(offer.promoter)):
        return "account_unknown"
    if offer.price > desk.balance(sender):
        return "balance_too_low"
    desk.book.note("balance", sender, value=-offer.price)
    desk.create("order", id_)
    desk.book.note("orders", value=id_)
    _goes_on(desk, id_, Deal(sender, offer, "open", desk.time + offer.ship_within))
    return "done"


def _goes_on(desk: Desk, id_: bytes, deal: Deal) -> None:
    desk.book.note("order", id_, value=deal)
    desk.plan(deal.deadline, "order", id_, deal.deadline)
    desk.tell("OrderMoved", id_, STATUSES[deal.status])


def _heard(desk: Desk, id_: bytes, speaker: str, sender: bytes, *statuses: str) -> Deal | str:
    """The order, if this sender may speak about it; else the code."""
    deal = desk.book.word("order", id_)
    if deal is None:
        return "order_unknown"
    assert isinstance(deal, Deal)
    speakers = {"buyer": deal.buyer, "seller": deal.offer.seller, "arbiter": deal.offer.arbiter}
    if sender != speakers[speaker]:
        return f"not_{speaker}"
    return deal if deal.status in statuses else "order_status_wrong"


def _in_time(desk: Desk, id_: bytes, speaker: str, sender: bytes, status: str) -> Deal | str:
    """As ``_heard``, for a word that its status waits for until its deadline."""
    deal = _heard(desk, id_, speaker, sender, status)
    if isinstance(deal, Deal) and desk.time > deal.deadline:
        return "order_status_wrong"
    return deal


def ship(desk: Desk, sender: bytes, id_: bytes, tracking: bytes | None) -> str:
    """[LEDGER-45]"""
    deal = _in_time(desk, id_, "seller", sender, "open")
    if isinstance(deal, str):
        return deal
    until = desk.time + desk.genesis.parameters.order_dispute_ms
    _goes_on(desk, id_, deal._replace(status="shipped", deadline=until, tracking=tracking))
    return "done"


def dispute(desk: Desk, sender: bytes, id_: bytes) -> str:
    """[LEDGER-47]"""
    deal = _in_time(desk, id_, "buyer", sender, "shipped")
    if isinstance(deal, str):
        return deal
    until = desk.time + desk.genesis.parameters.order_dispute_ms
    _goes_on(desk, id_, deal._replace(status="disputed", deadline=until))
    return "done"


def pay(desk: Desk, sender: bytes, id_: bytes) -> str:
    """[LEDGER-46]"""
    deal = _heard(desk, id_, "buyer", sender, "open", "shipped", "disputed")
    return deal if isinstance(deal, str) else _end(desk, id_, deal, 0)


def give_back(desk: Desk, sender: bytes, id_: bytes) -> str:
    """[LEDGER-46]"""
    deal = _heard(desk, id_, "seller", sender, "open", "shipped", "disputed")
    return deal if isinstance(deal, str) else _end(desk, id_, deal, deal.offer.price)


def judge(desk: Desk, sender: bytes, id_: bytes, to_buyer: int) -> str:
    """[LEDGER-47]"""
    deal = _in_time(desk, id_, "arbiter", sender, "disputed")
    if isinstance(deal, str):
        return deal
    if to_buyer > deal.offer.price:
        return "amount_overflow"
    return _end(desk, id_, deal, to_buyer)


def order_waits_no_longer(desk: Desk, id_: bytes, deadline: int) -> None:
    """[LEDGER-45] [LEDGER-47]"""
    deal = desk.book.word("order", id_)
    if deal.status == "done" or deal.deadline != deadline:
        return
    _end(desk, id_, deal, 0 if deal.status == "shipped" else deal.offer.price)


def _end(desk: Desk, id_: bytes, deal: Deal, to_buyer: int) -> str:
    """[LEDGER-47] Who gets how much of the price."""
    offer = deal.offer
    rest = offer.price - to_buyer
    to_promoter = floor(Fraction(offer.share, offer.price) * rest)
    parts = [(deal.buyer, to_buyer), (offer.seller, rest - to_promoter)]
    if offer.promoter:
        parts.append((offer.promoter, to_promoter))
    for account, amount in parts:
        if amount:
            desk.pay_in(account, amount)
    done = deal._replace(status="done", to_buyer=to_buyer, to_promoter=to_promoter)
    desk.book.note("order", id_, value=done)
    desk.tell("OrderEnded", id_, to_buyer, to_promoter)
    return "done"


# --- likes ---------------------------------------------------------------------------------------


def name_of(author: bytes, work: bytes) -> bytes:
    """[LEDGER-48]"""
    return digest("content", author, work)


def register(desk: Desk, sender: bytes, work: bytes) -> str:
    """[LEDGER-48]"""
    id_ = name_of(sender, work)
    if desk.book.word("content", id_) is not None:
        return "content_exists"
    desk.create("content", id_)
    desk.book.note("contents", value=id_)
    desk.book.note("content", id_, value=(sender, work))
    desk.tell("ContentRegistered", id_)
    return "done"


def like(desk: Desk, sender: bytes, id_: bytes, amount: int) -> str:
    """[LEDGER-49]"""
    found = desk.book.word("content", id_)
    if found is None:
        return "content_unknown"
    author, _ = found
    if author == sender:
        return "own_content"
    if amount > desk.balance(sender):
        return "balance_too_low"
    if desk.book.total("likes", id_) + amount > ALL:
        return "amount_overflow"
    desk.book.note("balance", sender, value=-amount)
    desk.pay_in(author, amount)
    desk.book.note("likes", id_, value=amount)
    likes = desk.book.notes("likes", id_)
    desk.tell("ContentLiked", id_, len(likes), sum(likes))
    return "done"
