"""Campaigns, orders and contents as the API tells them; what stands in the state proves itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import Page, from_base64, parse_time
from client.http import open_nodes
from client.light import LightClient
from client.trust import Believed
from primitives.actions import OrderDispute, OrderRelease, OrderResolve
from primitives.address import address
from primitives.commerce import (
    Campaign,
    Claimed,
    Content,
    Order,
    OrderStatus,
    campaign_key,
    claim_key,
    content_key,
    order_key,
)
from primitives.encoding import decode
from primitives.keys import ED25519
from primitives.proof import (
    EntryProof,
    ReceiptProof,
    check_entry_proof,
    check_receipt_proof,
    trust_genesis,
)
from tests.builders import DAY_MS, PARAMETERS, Person, an_id, raw
from tests.fakes import market
from tests.fakes.market import ANN, BEN, JOY, NED, ROB, SIGNER, SUE
from tests.fakes.node import FakeNode, served
from tests.fakes.site import Site

NOWHERE = "00" * 32


class Market(NamedTuple):
    """A served node at which something was given, ordered and liked."""

    site: Site
    campaign: bytes
    order: bytes


@pytest.fixture
async def at() -> AsyncIterator[Market]:
    """Ned claimed by Rob; Ann's order is shipped; she liked Ben's essay."""
    node = FakeNode(market.opened())
    campaign = market.given(node.ledger)
    order = market.ordered(node.ledger, is_shipped=True)
    market.liked(node.ledger)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Market(Site(node, session, url), campaign, order)


def named(person: Person) -> str:
    return address(person.account, "tlqb")


def proven(site: Site, document: Any, key: bytes) -> bytes | None:
    """What a document proves to stand under ``key``."""
    proof = decode(EntryProof, from_base64(document.proof))
    check_entry_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)
    assert proof.key == key == bytes.fromhex(document.key)
    assert proof.certificate.attestation.height == document.height
    return proof.value


async def refused(site: Site, path: str) -> tuple[int, str]:
    status, body = await site.get(path)
    problem = msgspec.json.decode(body, type=views.Problem)
    assert problem.status == status
    return status, problem.code


# --- campaigns ----------------------------------------------------------------------------------


async def test_a_campaign_says_and_proves_what_is_left_of_it(at: Market) -> None:
    """[LEDGER-40], [LEDGER-41]"""
    path = f"/v1/campaigns/{at.campaign.hex()}"
    document = await at.site.document(path + "?proof=1", views.CampaignDetail)
    told = document.campaign
    assert (told.campaign, told.sponsor, told.signer) == (
        at.campaign.hex(),
        named(SUE),
        named(SIGNER),
    )
    assert (told.reward, told.bonus, told.left) == ("2", "0.5", "7.5")
    assert (told.claims, told.per_claimant, told.closed) == (1, 1, False)
    value = proven(at.site, document, campaign_key(at.campaign))
    assert value is not None
    entry = decode(Campaign, value)
    assert (entry.left, entry.claims, entry.ends) == (7_500_000, 1, parse_time(told.ends))
    assert (await at.site.document(path, views.CampaignDetail)).proof is None


async def test_how_often_one_claimed_is_proven_even_if_never(at: Market) -> None:
    base = f"/v1/campaigns/{at.campaign.hex()}/claims/"
    ned = await at.site.document(base + named(NED) + "?proof=1", views.ClaimsView)
    assert (ned.claims, ned.address, ned.campaign) == (1, named(NED), at.campaign.hex())
    value = proven(at.site, ned, claim_key(at.campaign, NED.account))
    assert value is not None
    assert decode(Claimed, value) == Claimed(1)
    ann = await at.site.document(base + named(ANN) + "?proof=1", views.ClaimsView)
    assert ann.claims == 0
    assert proven(at.site, ann, claim_key(at.campaign, ANN.account)) is None
    assert await refused(at.site, f"/v1/campaigns/{NOWHERE}/claims/{named(ANN)}") == (
        404,
        "campaign_unknown",
    )
    assert await refused(at.site, base + "lqb1nobody") == (400, "address_malformed")


async def test_a_newcomers_claim_is_taken_in_and_answered_when_final(at: Market) -> None:
    """[LEDGER-43]: over HTTP as well, from an account that is not there."""
    claim = market.claim(at.site.node.ledger, at.campaign, JOY)
    assert (await at.site.submit(raw(claim)))[0] == 202
    newcomer = market.a_person("who heard of it")
    first = market.claim(at.site.node.ledger, at.campaign, newcomer)
    status, body = await at.site.submit(raw(first), "?wait=final")
    assert status == 200
    view = msgspec.json.decode(body, type=views.TransactionView)
    assert view.receipt is not None
    assert view.receipt.events == [
        views.AccountOpenedView(address=named(newcomer)),
        views.RewardPaidView(campaign=at.campaign.hex(), address=named(newcomer), amount="2"),
        views.RewardPaidView(campaign=at.campaign.hex(), address=named(ROB), amount="0.5"),
    ]
    late = market.claim(at.site.node.ledger, at.campaign, market.a_person("late"), expires=1)
    status, body = await at.site.submit(raw(late))
    assert (status, msgspec.json.decode(body, type=views.Problem).code) == (422, "voucher_expired")


# --- orders -------------------------------------------------------------------------------------


async def test_an_order_says_and_proves_where_it_stands(at: Market) -> None:
    """[LEDGER-44], [LEDGER-45]"""
    path = f"/v1/orders/{at.order.hex()}"
    document = await at.site.document(path + "?proof=1", views.OrderDetail)
    told = document.order
    assert (told.status, told.locked, told.to_seller) == ("shipped", "7", "0")
    assert (told.buyer, told.offer.seller, told.offer.arbiter, told.offer.promoter) == tuple(
        named(person) for person in (ANN, BEN, JOY, ROB)
    )
    assert (told.offer.share, told.tracking) == ("1", an_id("a parcel").hex())
    value = proven(at.site, document, order_key(at.order))
    assert value is not None
    entry = decode(Order, value)
    assert entry.status == OrderStatus.SHIPPED
    assert told.deadline is not None
    assert parse_time(told.deadline) == entry.deadline


async def test_an_order_that_is_done_says_who_got_what(at: Market) -> None:
    """[LEDGER-47]"""
    ledger = at.site.node.ledger
    ledger.block(ledger.act(ANN, OrderDispute(at.order)))
    path = f"/v1/orders/{at.order.hex()}"
    told = (await at.site.document(path, views.OrderDetail)).order
    assert told.status == "disputed"
    ledger.block(ledger.act(JOY, OrderResolve(at.order, 3_500_000)))
    told = (await at.site.document(path, views.OrderDetail)).order
    assert (told.status, told.deadline, told.locked) == ("done", None, "0")
    assert (told.to_buyer, told.to_seller, told.to_promoter) == ("3.5", "3", "0.5")


# --- contents -----------------------------------------------------------------------------------


async def test_a_content_says_and_proves_how_much_it_was_liked(at: Market) -> None:
    """[LEDGER-48], [LEDGER-49]"""
    ledger = at.site.node.ledger
    ledger.block(market.like(ledger))
    path = f"/v1/contents/{market.ESSAY.hex()}?proof=1"
    document = await at.site.document(path, views.ContentDetail)
    told = document.content
    assert (told.author, told.hash) == (named(BEN), market.WORK.hex())
    assert (told.likes, told.amount) == (2, "0.5")
    value = proven(at.site, document, content_key(market.ESSAY))
    assert value is not None
    assert decode(Content, value).likes == 2


# --- lists --------------------------------------------------------------------------------------

LISTS: list[tuple[str, Any, str]] = [
    ("campaigns", views.CampaignView, "campaign"),
    ("orders", views.OrderView, "order"),
    ("contents", views.ContentView, "content"),
]


@pytest.mark.parametrize(("plural", "kind", "single"), LISTS)
async def test_lists_show_all_or_whose_they_are(
    at: Market, plural: str, kind: Any, single: str
) -> None:
    def ids(page: Any) -> list[str]:
        return [getattr(item, single) for item in page.items]

    made = {"campaigns": at.campaign, "orders": at.order, "contents": market.ESSAY}[plural].hex()
    owners = {"campaigns": (SUE,), "orders": (ANN, BEN, ROB, JOY), "contents": (BEN,)}[plural]
    assert ids(await at.site.document(f"/v1/{plural}", Page[kind])) == [made]
    for person in (*market.PEOPLE, NED):
        page = await at.site.document(f"/v1/{plural}?account={named(person)}", Page[kind])
        assert (ids(page), page.next) == ([made] if person in owners else [], None)
    assert await refused(at.site, f"/v1/{plural}/{NOWHERE}") == (404, f"{single}_unknown")
    assert await refused(at.site, f"/v1/{plural}/00") == (400, "parameter_malformed")
    assert await refused(at.site, f"/v1/{plural}?cursor=3") == (400, "cursor_malformed")
    assert await refused(at.site, f"/v1/{plural}?account=lqb1") == (400, "address_malformed")


async def test_lists_are_paged_newest_first_without_gap_or_repetition(at: Market) -> None:
    ledger = at.site.node.ledger
    made = [at.order]
    for _ in range(2):
        orders = [market.buying(ledger), market.buying(ledger)]
        ledger.block(*orders)
        made += [order.id for order in orders]
    joined: list[str] = []
    cursor = ""
    for _ in range(9):
        page = await at.site.document(f"/v1/orders?limit=2{cursor}", Page[views.OrderView])
        joined += [item.order for item in page.items]
        if page.next is None:
            break
        assert len(page.items) == 2
        cursor = f"&cursor={page.next}"
    assert joined == [id_.hex() for id_ in reversed(made)]


async def test_a_list_shows_what_is_attested_and_nothing_newer(at: Market) -> None:
    ledger = at.site.node.ledger
    ledger.attest = False
    executed = ledger.block(market.buying(ledger))
    page = await at.site.document("/v1/orders", Page[views.OrderView])
    assert [item.order for item in page.items] == [at.order.hex()]
    ledger.certify(executed)
    page = await at.site.document("/v1/orders", Page[views.OrderView])
    assert len(page.items) == 2


# --- histories and what fell due ----------------------------------------------------------------


async def test_histories_tell_what_each_got(at: Market) -> None:
    ledger = at.site.node.ledger
    ledger.block(ledger.act(ANN, OrderRelease(at.order)))

    async def changes(person: Person) -> list[tuple[str, str]]:
        path = f"/v1/accounts/{named(person)}/transactions?limit=3"
        page = await at.site.document(path, Page[views.HistoryItem])
        return [(type(item.action).__struct_config__.tag, item.change) for item in page.items]

    assert await changes(NED) == [("campaign_claim", "2")]
    assert await changes(ROB) == [
        ("order_release", "1"),
        ("campaign_claim", "0.5"),
        ("mint", "100"),
    ]
    assert await changes(ANN) == [
        ("order_release", "0"),
        ("content_like", "-0.25"),
        ("order_ship", "0"),
    ]
    assert (await changes(BEN))[0] == ("order_release", "6")
    assert (await changes(SUE))[0] == ("campaign_create", "-10")


async def test_what_fell_due_is_listed_with_its_proof(at: Market) -> None:
    """[LEDGER-42], [LEDGER-45]"""
    ledger = at.site.node.ledger
    ledger.pass_time(PARAMETERS.order_dispute_ms + DAY_MS)
    path = f"/v1/accounts/{named(BEN)}/due?proof=1"
    page = await at.site.document(path, Page[views.FellDueView])
    [sold] = page.items
    assert sold.event == views.OrderEndedView(order=at.order.hex(), to_buyer="0", to_promoter="1")
    assert (sold.change, sold.status, page.next) == ("6", "final", None)
    proof = decode(ReceiptProof, from_base64(sold.proof))
    check_receipt_proof(trust_genesis(ledger.genesis), ED25519, proof)
    assert proof.receipt.origin.hex() == sold.origin
    assert proof.index == sold.index
    path = f"/v1/accounts/{named(SUE)}/due"
    [returned] = (await at.site.document(path, Page[views.FellDueView])).items
    assert (returned.change, returned.proof) == ("7.5", None)
    assert isinstance(returned.event, views.CampaignClosedView)
    nobody = await at.site.document(f"/v1/accounts/{named(NED)}/due", Page[views.FellDueView])
    assert nobody.items == []
    assert await refused(at.site, f"/v1/accounts/{named(NED)}/due?cursor=1") == (
        400,
        "cursor_malformed",
    )


async def test_the_light_client_proves_what_stands_there(at: Market) -> None:
    ledger = at.site.node.ledger
    async with open_nodes([at.site.url], 5) as nodes:
        light = LightClient(Believed(ledger.genesis), nodes, ledger.now_ms)
        order = await light.entry(order_key(at.order), Order)
        assert order.entry is not None
        assert order.entry.locked == market.PRICE
        content = await light.entry(content_key(market.ESSAY), Content)
        assert content.entry is not None
        assert content.entry.units == market.LIKED
        assert (await light.entry(campaign_key(bytes(32)), Campaign)).entry is None
