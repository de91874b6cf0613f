"""Campaigns, orders and contents of a whole state: what they lock, and that it will come back.

Claims and vouchers are counted as they pass by, orders that are done not even kept. Knows no time
and nobody's word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import assert_never

from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at_most, equal, holds
from primitives.commerce import Campaign, Claimed, Content, Order, OrderStatus, content_id
from primitives.entries import CampaignEnd, OrderDue, account_key


@dataclass
class Commerce:
    """``locked`` units in all; campaigns; orders that are not done; claims by campaign."""

    locked: int = 0
    campaigns: dict[bytes, Campaign] = field(default_factory=dict)
    orders: dict[bytes, Order] = field(default_factory=dict)
    claimed: dict[bytes, list[int]] = field(default_factory=dict)
    vouchers: dict[bytes, int] = field(default_factory=dict)

    def read(self, key: bytes, value: Campaign | Claimed | Order | Content) -> None:
        """Take an entry in."""
        match value:
            case Campaign():
                check_campaign(value)
                self.campaigns[key[1:]] = value
                self.locked += value.left
            case Claimed():
                self._claimed(key[1:33], value)
            case Order():
                check_order(value)
                self.locked += value.locked
                if value.status != OrderStatus.DONE:
                    self.orders[key[1:]] = value
            case Content():
                id_ = content_id(value.author, value.hash)
                equal("a content stands under its id", key[1:], id_)
                at_most("a like is at least one unit", value.likes, value.units)
            case _:
                assert_never(value)

    def _claimed(self, campaign: bytes, value: Claimed) -> None:
        sums = self.claimed.setdefault(campaign, [0, 0])
        sums[0] += value.claims
        sums[1] = max(sums[1], value.claims)

    def use_voucher(self, key: bytes) -> None:
        """Count the mark of a voucher."""
        self.vouchers[key[1:33]] = self.vouchers.get(key[1:33], 0) + 1


def check(commerce: Commerce, alarms: Alarms, keys: Collection[bytes]) -> None:
    """Claims add up, whoever is to be paid can be, and what is locked returns by itself."""
    for id_, campaign in commerce.campaigns.items():
        claims, most = commerce.claimed.pop(id_, [0, 0])
        equal("claims and who claimed", claims, campaign.claims)
        equal("claims and vouchers", commerce.vouchers.pop(id_, 0), campaign.claims)
        at_most("claims of one account", most, campaign.per_claimant)
        holds("a sponsor has a record", account_key(campaign.sponsor) in keys, id_.hex())
        if not campaign.closed:
            check_alarm(alarms, CampaignEnd(id_), campaign.ends)
    equal("claims are of a campaign", commerce.claimed, {})
    equal("vouchers are of a campaign", commerce.vouchers, {})
    for id_, order in commerce.orders.items():
        offer = order.offer
        paid = [order.buyer, offer.seller, *([offer.promoter] if offer.promoter else [])]
        missing = [account.hex() for account in paid if account_key(account) not in keys]
        equal("whoever an order pays has a record", missing, [])
        check_alarm(alarms, OrderDue(id_, order.deadline), order.deadline)


def check_campaign(campaign: Campaign) -> None:
    """A campaign that ended holds nothing."""
    if campaign.closed:
        equal("a campaign that ended holds nothing", campaign.left, 0)


def check_order(order: Order) -> None:
    """The price is locked until the order is done, and then went to those of the offer."""
    offer = order.offer
    done = order.status == OrderStatus.DONE
    equal("the price is locked until the end", order.locked, 0 if done else offer.price)
    parties = (order.buyer, offer.seller, offer.arbiter)
    equal("buyer, seller and arbiter are three", len(dict.fromkeys(parties)), 3)
    holds("who judges has no share in it", offer.arbiter != offer.promoter, offer)
    at_most("a share of the price", offer.share, offer.price)
    equal("a share has its promoter", offer.promoter is None, offer.share == 0)
    at_most("what returns is of the price", order.to_buyer, offer.price)
    sold = offer.price - order.to_buyer if done else 0
    equal("the promoter's share", order.to_promoter, offer.share * sold // offer.price)
    if not done:
        equal("nothing is paid before the end", order.to_buyer, 0)
