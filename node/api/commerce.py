"""Campaigns, orders and contents: each as it is proven, and lists of them. Knows keys; no rule.

An entry is proven; that a list is whole is the node's word. Lists hold what is attested, newest
first: an item that was made a moment ago is there once its height is certified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from client.fields import Page
from client.render_commerce import campaign_view, content_view, order_view
from client.views import (
    CampaignDetail,
    CampaignView,
    ClaimsView,
    ContentDetail,
    ContentView,
    OrderDetail,
    OrderView,
)
from node.api.asking import Answer, Ask, place_before
from node.api.problems import ApiProblem
from node.api.reading import read, shown
from node.index import EVERYONE, Listing
from primitives.address import address
from primitives.commerce import (
    Campaign,
    Claimed,
    Content,
    Order,
    campaign_key,
    claim_key,
    content_key,
    order_key,
)

V = TypeVar("V")


async def campaigns(ask: Ask) -> Answer:
    """Campaigns, newest first: all, or those of one sponsor."""
    network = ask.api.network

    def view(id_: bytes) -> CampaignView | None:
        found = ask.api.queries.entry(campaign_key(id_), Campaign)
        if found is None or not _is_asked_for(ask, found.sponsor):
            return None
        return campaign_view(id_, found, network)

    items, following = _page(ask, Listing.CAMPAIGNS, view)
    return Answer(Page[CampaignView](items=items, next=following))


async def campaign(ask: Ask) -> Answer:
    """A campaign as it stands."""
    id_ = ask.values["campaign"]
    entry = read(ask.api, campaign_key(id_), ask.values["proof"])
    found = entry.decoded(Campaign)
    if found is None:
        raise ApiProblem("campaign_unknown")
    view = campaign_view(id_, found, ask.api.network)
    return Answer(CampaignDetail(campaign=view, **shown(ask.api, entry)))


async def claims(ask: Ask) -> Answer:
    """How often an account claimed from a campaign; 0, provably, if it never did."""
    api, id_, claimant = ask.api, ask.values["campaign"], ask.values["address"]
    if api.queries.entry(campaign_key(id_), Campaign) is None:
        raise ApiProblem("campaign_unknown")
    entry = read(api, claim_key(id_, claimant), ask.values["proof"])
    found = entry.decoded(Claimed)
    document = ClaimsView(
        campaign=id_.hex(),
        address=address(claimant, api.network),
        claims=0 if found is None else found.claims,
        **shown(api, entry),
    )
    return Answer(document)


async def orders(ask: Ask) -> Answer:
    """Orders, newest first: all, or those in which one account has a part."""
    network = ask.api.network

    def view(id_: bytes) -> OrderView | None:
        found = ask.api.queries.entry(order_key(id_), Order)
        if found is None:
            return None
        offer = found.offer
        sides = (found.buyer, offer.seller, offer.arbiter, offer.promoter)
        return order_view(id_, found, network) if _is_asked_for(ask, *sides) else None

    items, following = _page(ask, Listing.ORDERS, view)
    return Answer(Page[OrderView](items=items, next=following))


async def order(ask: Ask) -> Answer:
    """An order as it stands."""
    id_ = ask.values["order"]
    entry = read(ask.api, order_key(id_), ask.values["proof"])
    found = entry.decoded(Order)
    if found is None:
        raise ApiProblem("order_unknown")
    view = order_view(id_, found, ask.api.network)
    return Answer(OrderDetail(order=view, **shown(ask.api, entry)))


async def contents(ask: Ask) -> Answer:
    """Contents, newest first: all, or those of one author."""
    network = ask.api.network

    def view(id_: bytes) -> ContentView | None:
        found = ask.api.queries.entry(content_key(id_), Content)
        if found is None or not _is_asked_for(ask, found.author):
            return None
        return content_view(id_, found, network)

    items, following = _page(ask, Listing.CONTENTS, view)
    return Answer(Page[ContentView](items=items, next=following))


async def content(ask: Ask) -> Answer:
    """A content, and how much it was liked."""
    id_ = ask.values["content"]
    entry = read(ask.api, content_key(id_), ask.values["proof"])
    found = entry.decoded(Content)
    if found is None:
        raise ApiProblem("content_unknown")
    view = content_view(id_, found, ask.api.network)
    return Answer(ContentDetail(content=view, **shown(ask.api, entry)))


def _is_asked_for(ask: Ask, *owners: bytes | None) -> bool:
    account = ask.values["account"]
    return account is None or account in owners


def _page(
    ask: Ask, listing: Listing, view: Callable[[bytes], V | None]
) -> tuple[list[V], str | None]:
    """A page of a list, and the cursor of what follows: the place of its last item."""
    cursor, limit = place_before(ask), ask.values["limit"]
    owner = EVERYONE if ask.values["account"] is None else ask.values["account"]
    found = ask.api.queries.listed(listing, owner, cursor, limit + 1)
    items = list(_shown(view, [id_ for _, id_ in found[:limit]]))
    if len(found) <= limit:
        return items, None
    height, place = found[limit - 1][0]
    return items, f"{height}-{place}"


def _shown(view: Callable[[bytes], V | None], ids: list[bytes]) -> Iterator[V]:
    for id_ in ids:
        document = view(id_)
        if document is not None:
            yield document
