"""Campaigns, orders and contents as documents: actions, events, entries. Decides nothing.

Actions and events are part of ``client.render``, from where they are imported.
"""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from client import commerce_views as views
from client import event_views
from client.event_views import EventView
from client.fields import format_time
from client.ledger_views import ActionView
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
from primitives.address import address
from primitives.amount import format_amount
from primitives.commerce import Campaign, Content, Offer, Order, OrderStatus
from primitives.receipt import (
    CampaignClosed,
    CampaignOpened,
    ContentLiked,
    ContentRegistered,
    OrderEnded,
    OrderMoved,
    RewardPaid,
)

OfCampaigns: TypeAlias = CampaignCreate | CampaignClaim | CampaignClose
OfOrders: TypeAlias = (
    OrderOpen | OrderShip | OrderRelease | OrderRefund | OrderDispute | OrderResolve
)
OfContents: TypeAlias = ContentRegister | ContentLike
CommerceEvent: TypeAlias = (
    CampaignOpened
    | RewardPaid
    | CampaignClosed
    | OrderMoved
    | OrderEnded
    | ContentRegistered
    | ContentLiked
)

ORDER_STATES: Final[dict[OrderStatus, views.OrderState]] = {
    OrderStatus.OPEN: "open",
    OrderStatus.SHIPPED: "shipped",
    OrderStatus.DISPUTED: "disputed",
    OrderStatus.DONE: "done",
}


def campaign_action(action: OfCampaigns, network: str) -> ActionView:
    """Amounts in LiqBon, accounts as addresses of ``network``; so everywhere below."""
    match action:
        case CampaignCreate():
            return views.CampaignCreateView(
                signer=address(action.signer, network),
                budget=format_amount(action.budget),
                reward=format_amount(action.reward),
                bonus=format_amount(action.bonus),
                per_claimant=action.per_claimant,
                ends=format_time(action.ends),
            )
        case CampaignClaim(voucher, signer):
            return views.CampaignClaimView(
                campaign=voucher.campaign.hex(),
                claimant=address(voucher.claimant, network),
                referrer=_address(voucher.referrer, network),
                voucher=voucher.id.hex(),
                expires=format_time(voucher.expires),
                signer=address(signer.account, network),
            )
        case CampaignClose(campaign):
            return views.CampaignCloseView(campaign=campaign.hex())
        case _:
            assert_never(action)


def order_action(action: OfOrders, network: str) -> ActionView:
    """Whatever is done to an order."""
    match action:
        case OrderOpen(offer):
            return views.OrderOpenView(offer=offer_view(offer, network))
        case OrderShip(order, tracking):
            return views.OrderShipView(order=order.hex(), tracking=_hex(tracking))
        case OrderRelease(order):
            return views.OrderReleaseView(order=order.hex())
        case OrderRefund(order):
            return views.OrderRefundView(order=order.hex())
        case OrderDispute(order):
            return views.OrderDisputeView(order=order.hex())
        case OrderResolve(order, to_buyer):
            return views.OrderResolveView(order=order.hex(), to_buyer=format_amount(to_buyer))
        case _:
            assert_never(action)


def content_action(action: OfContents) -> ActionView:
    """What authors and those who like them do."""
    match action:
        case ContentRegister():
            return views.ContentRegisterView(hash=action.hash.hex())
        case ContentLike(content, amount):
            return views.ContentLikeView(content=content.hex(), amount=format_amount(amount))
        case _:
            assert_never(action)


def commerce_event(event: CommerceEvent, network: str) -> EventView:
    """What happened to a campaign, an order or a content."""
    match event:
        case CampaignOpened(campaign, budget):
            return event_views.CampaignOpenedView(
                campaign=campaign.hex(), budget=format_amount(budget)
            )
        case RewardPaid(campaign, account, amount):
            return event_views.RewardPaidView(
                campaign=campaign.hex(),
                address=address(account, network),
                amount=format_amount(amount),
            )
        case CampaignClosed(campaign, returned):
            return event_views.CampaignClosedView(
                campaign=campaign.hex(), returned=format_amount(returned)
            )
        case OrderMoved(order, status):
            return event_views.OrderMovedView(order=order.hex(), status=ORDER_STATES[status])
        case OrderEnded(order, to_buyer, to_promoter):
            return event_views.OrderEndedView(
                order=order.hex(),
                to_buyer=format_amount(to_buyer),
                to_promoter=format_amount(to_promoter),
            )
        case ContentRegistered(content):
            return event_views.ContentRegisteredView(content=content.hex())
        case ContentLiked(content, likes, units):
            return event_views.ContentLikedView(
                content=content.hex(), likes=likes, amount=format_amount(units)
            )
        case _:
            assert_never(event)


def offer_view(offer: Offer, network: str) -> views.OfferView:
    """What a seller asks."""
    return views.OfferView(
        seller=address(offer.seller, network),
        price=format_amount(offer.price),
        promoter=_address(offer.promoter, network),
        share=format_amount(offer.share),
        arbiter=address(offer.arbiter, network),
        ship_within_ms=offer.ship_within,
        expires=format_time(offer.expires),
        goods=offer.goods.hex(),
    )


def campaign_view(id_: bytes, campaign: Campaign, network: str) -> views.CampaignView:
    """A campaign as it stands."""
    return views.CampaignView(
        campaign=id_.hex(),
        sponsor=address(campaign.sponsor, network),
        signer=address(campaign.signer, network),
        reward=format_amount(campaign.reward),
        bonus=format_amount(campaign.bonus),
        left=format_amount(campaign.left),
        per_claimant=campaign.per_claimant,
        ends=format_time(campaign.ends),
        claims=campaign.claims,
        closed=campaign.closed,
    )


def order_view(id_: bytes, order: Order, network: str) -> views.OrderView:
    """An order as it stands. What is neither locked nor anyone else's is the seller's."""
    is_done = order.status == OrderStatus.DONE
    to_seller = order.offer.price - order.locked - order.to_buyer - order.to_promoter
    return views.OrderView(
        order=id_.hex(),
        buyer=address(order.buyer, network),
        offer=offer_view(order.offer, network),
        status=ORDER_STATES[order.status],
        deadline=None if is_done else format_time(order.deadline),
        locked=format_amount(order.locked),
        tracking=_hex(order.tracking),
        to_buyer=format_amount(order.to_buyer),
        to_seller=format_amount(to_seller),
        to_promoter=format_amount(order.to_promoter),
    )


def content_view(id_: bytes, content: Content, network: str) -> views.ContentView:
    """A content as it stands."""
    return views.ContentView(
        content=id_.hex(),
        author=address(content.author, network),
        hash=content.hash.hex(),
        likes=content.likes,
        amount=format_amount(content.units),
    )


def _address(account: bytes | None, network: str) -> str | None:
    return None if account is None else address(account, network)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
