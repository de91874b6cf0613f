"""A step's campaigns, orders and contents: what is locked leaves by its ways only. Knows no events.

A step may hold many claims of a campaign and several words about one order, so what is checked is
what no order of them could give, and that somebody spoke, or a time came, who may bring it there.
Each function returns by how much more is locked after it.
"""

from __future__ import annotations

from contracts.campaigns import MAX_DURATION_MS
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.whole_commerce import check_campaign, check_order
from primitives.commerce import (
    Campaign,
    Claimed,
    Content,
    Order,
    OrderStatus,
    campaign_key,
    content_id,
)
from primitives.encoding import Wire
from primitives.entries import Mark

OPEN, SHIPPED, DISPUTED, DONE = OrderStatus


def campaign_step(step: Step, key: bytes, old: Wire | None, new: Campaign) -> int:
    """What is left falls by what claims pay, and to nothing once it ends ([LEDGER-40])."""
    check_campaign(new)
    id_, now = key[1:], step.context.time
    by_sponsor = new.sponsor in step.signed
    step.claims.setdefault(id_, [0, 0, 0])[0] += new.claims
    if old is None:
        holds("who locks a budget signed", by_sponsor, new.sponsor.hex())
        at_most("a campaign ends later", now + 1, new.ends)
        at_most("a campaign ends in time", new.ends, now + MAX_DURATION_MS)
        return new.left
    assert isinstance(old, Campaign)
    step.claims[id_][0] -= old.claims
    equal("a campaign's terms stay", _terms(new), _terms(old))
    holds("a campaign that ended stays as it is", not old.closed, old)
    paid = (new.claims - old.claims) * (new.reward + new.bonus)
    at_most("claims only rise", old.claims, new.claims)
    at_most("claims are paid out of what is left", paid, old.left)
    if new.claims > old.claims:
        at_most("a campaign that ended pays nobody", now, old.ends)
    if new.closed:
        ended = by_sponsor or has_come(old.ends, now)
        holds("a campaign ends in its time or by its sponsor", ended, old)
    else:
        equal("what is left of a budget", new.left, old.left - paid)
    return new.left - old.left


def _terms(campaign: Campaign) -> tuple[object, ...]:
    return (
        campaign.sponsor,
        campaign.signer,
        campaign.reward,
        campaign.bonus,
        campaign.per_claimant,
        campaign.ends,
    )


def claimed_step(step: Step, key: bytes, old: Wire | None, new: Claimed) -> None:
    """Who claims signed, and does not claim more often than the campaign lets it ([LEDGER-41])."""
    id_, claimant = key[1:33], key[33:]
    holds("who claims signed", claimant in step.signed, claimant.hex())
    before = old.claims if isinstance(old, Claimed) else 0
    at_most("claims only rise", before + 1, new.claims)
    campaign = step.after(campaign_key(id_), Campaign)
    at_most("claims of one account", new.claims, campaign.per_claimant)
    step.claims.setdefault(id_, [0, 0, 0])[1] += new.claims - before


def voucher_step(step: Step, key: bytes, old: Wire | None, new: Mark) -> None:
    """A voucher is used once, now ([LEDGER-41])."""
    equal("a voucher is used once", old, None)
    equal("a mark is of its block", new.height, step.context.height)
    step.claims.setdefault(key[1:33], [0, 0, 0])[2] += 1


def check_claims(step: Step) -> None:
    """Every claim that a campaign counts used a voucher, and counts against its claimant."""
    for id_ in sorted(step.claims):
        counted, claimed, vouchers = step.claims[id_]
        equal("claims and who claimed", counted, claimed)
        equal("claims and vouchers", counted, vouchers)


def order_step(step: Step, old: Wire | None, new: Order) -> int:
    """An order moves along its arrows, each by the word of who may, or in time ([LEDGER-45])."""
    check_order(new)
    now = step.context.time
    by_buyer, by_seller = new.buyer in step.signed, new.offer.seller in step.signed
    if old is None:
        holds("who opens an order signed", by_buyer, new.buyer.hex())
        at_most("an offer is taken while it stands", now, new.offer.expires)
        status, locked, tracking = OPEN, 0, None
        deadline = now + new.offer.ship_within
    else:
        assert isinstance(old, Order)
        equal("an order's terms stay", (new.buyer, new.offer), (old.buyer, old.offer))
        status, locked, tracking = old.status, old.locked, old.tracking
        deadline = old.deadline
    holds("an order that is done stays as it is", status != DONE, old)
    at_most("an order goes forwards", status, new.status)
    by_arbiter = new.offer.arbiter in step.signed and now <= deadline
    come = has_come(deadline, now)
    if new.tracking != tracking or (status == OPEN and new.status in (SHIPPED, DISPUTED)):
        holds("the seller said that it shipped", by_seller, new)
    if status < DISPUTED == new.status:
        holds("the buyer disputes", by_buyer, new)
    if new.status == DONE:
        if new.to_buyer:
            holds("returned by nobody's word", by_seller or by_arbiter or come, new)
        if new.to_buyer < new.offer.price:
            waited = come and status == SHIPPED
            holds("paid by nobody's word", by_buyer or by_arbiter or waited, new)
    elif new.status == status:
        equal("a deadline stays", new.deadline, deadline)
    else:
        at_most("what moves an order is said in time", now, deadline)
        dispute_ms = step.context.parameters.order_dispute_ms
        equal("what was said can be answered", new.deadline, now + dispute_ms)
    return new.locked - locked


def content_step(step: Step, key: bytes, old: Wire | None, new: Content) -> None:
    """A content stands under its author's name, and its counters only rise ([LEDGER-49])."""
    equal("a content stands under its id", key[1:], content_id(new.author, new.hash))
    if old is None:
        holds("the author registered it", new.author in step.signed, new.author.hex())
        likes = units = 0
    else:
        assert isinstance(old, Content)
        likes, units = old.likes, old.units
    at_most("likes only rise", likes, new.likes)
    at_most("a like is at least one unit", new.likes - likes, new.units - units)
