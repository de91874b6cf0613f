"""Spending, settlement and terms as the API tells them, and what proves itself does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import MAX_ENTRIES, Page, from_base64, parse_time
from client.http import open_nodes
from client.light import LightClient
from client.trust import Believed
from node.api import settlement
from primitives.address import address
from primitives.amount import MICRO, format_amount, parse_amount
from primitives.encoding import decode
from primitives.entries import (
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Obligation,
    PublishedRate,
    Redemption,
    Settlement,
    SettlementCycle,
    Supply,
    account_key,
    cycle_key,
    obligation_key,
    position_key,
    rate_key,
    redemption_key,
)
from primitives.keys import ED25519
from primitives.proof import EntryProof, check_entry_proof, trust_genesis
from tests.builders import CUSTODIAN, DAY_MS, JUDGE, a_person, a_role, an_id
from tests.fakes import story
from tests.fakes.node import FakeNode, served
from tests.fakes.site import Site

ANN = story.ANN


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """The week of ``tests.fakes.story``, and nothing was paid yet."""
    node = FakeNode()
    story.spend(node.ledger)
    story.settle(node.ledger)
    story.change_terms(node.ledger)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


def proven(site: Site, document: Any, key: bytes) -> bytes:
    """The value that a document proves under ``key``."""
    proof = decode(EntryProof, from_base64(document.proof))
    check_entry_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)
    assert proof.key == key == bytes.fromhex(document.key)
    assert proof.certificate.attestation.height == document.height
    assert proof.value is not None
    return proof.value


async def refused(site: Site, path: str) -> tuple[int, str]:
    status, body = await site.get(path)
    problem = msgspec.json.decode(body, type=views.Problem)
    assert problem.status == status
    return status, problem.code


# --- spending -----------------------------------------------------------------------------------


async def test_a_redeemed_invoice_says_and_proves_who_spent_what(site: Site) -> None:
    """[LEDGER-17], [LEDGER-19]: one entry an invoice, with what was given back."""
    id_ = an_id("a coat")
    site.node.status.newest_beat = site.node.ledger.beat()
    path = f"/v1/invoices/east/{id_.hex()}"
    document = await site.document(path + "?proof=1", views.RedemptionView)
    assert document.payer == address(ANN.account, "tlqb")
    assert (document.amount, document.refunded, document.redeemed_at) == ("30", "5", 2)
    assert document.beat is not None
    entry = decode(Redemption, proven(site, document, redemption_key("east", id_)))
    assert (entry.amount, entry.refunded, entry.payer) == (30 * MICRO, 5 * MICRO, ANN.account)
    assert entry.transaction.hex() == document.transaction
    bare = await site.document(path, views.RedemptionView)
    assert (bare.proof, bare.beat, bare.amount) == (None, None, "30")


async def test_an_invoice_is_not_there_until_it_is_redeemed_and_not_elsewhere(site: Site) -> None:
    assert await refused(site, f"/v1/invoices/east/{'00' * 32}") == (404, "invoice_unknown")
    assert await refused(site, f"/v1/invoices/south/{an_id('a coat').hex()}") == (
        404,
        "invoice_unknown",
    )
    assert await refused(site, f"/v1/invoices/nobody/{'00' * 32}") == (404, "partner_unknown")


async def test_spending_stands_in_the_histories_of_all_whom_it_touched(site: Site) -> None:
    path = f"/v1/accounts/{address(ANN.account, 'tlqb')}/transactions"
    page = await site.document(path, Page[views.HistoryItem])
    assert [type(item.action) for item in page.items] == [
        views.RefundView,
        views.RedeemView,
        views.MintView,
    ]
    assert [item.change for item in page.items] == ["5", "-30", "100"]
    till = address(a_role("east", "cashier").account, "tlqb")
    page = await site.document(f"/v1/accounts/{till}/transactions", Page[views.HistoryItem])
    assert [item.change for item in page.items] == ["0", "0"]
    assert page.items[1].action.cashier == till


async def test_redemptions_and_what_fell_due_are_in_the_blocks(site: Site) -> None:
    spent = await site.document("/v1/blocks/2", views.BlockDetail)
    [redeemed] = [event for receipt in spent.receipts for event in receipt.events]
    assert redeemed == views.RedeemedView(partner="east", amount="30", redeemed="30")
    closed = await site.document("/v1/blocks/4", views.BlockDetail)
    events = [event for receipt in closed.receipts for event in receipt.events]
    assert views.CycleClosedView(cycle=1, claims="25", obligations=1) in events
    assert closed.block.transactions == 0


# --- settlement ---------------------------------------------------------------------------------


async def test_the_next_closing_is_told_and_proven(site: Site) -> None:
    document = await site.document("/v1/settlement?proof=1", views.SettlementView)
    entry = decode(Settlement, proven(site, document, SETTLEMENT_KEY))
    assert (document.cycle, document.custodian) == (2, JUDGE) == (entry.cycle, entry.custodian)
    genesis = site.node.ledger.genesis
    assert parse_time(document.closes) == entry.closes == genesis.time + 2 * story.CYCLE_MS


async def test_a_cycle_says_what_each_partner_was_owed_and_who_pays_whom(site: Site) -> None:
    document = await site.document("/v1/settlement/cycles/1?proof=1", views.CycleDetail)
    entry = decode(SettlementCycle, proven(site, document, cycle_key(1)))
    assert (document.cycle.claims, document.cycle.obligations) == ("25", 1)
    assert document.cycle.closed_at == entry.height == 4
    assert [(line.partner, line.expected, line.amount) for line in document.cycle.lines] == [
        ("east", "-25", "25"),
        ("north", "100", "25"),
    ]
    [obligation] = document.obligations
    assert (obligation.debtor, obligation.creditor, obligation.amount) == ("north", "east", "25")
    page = await site.document("/v1/settlement/cycles", Page[views.CycleView])
    assert page.items == [document.cycle]
    assert await refused(site, "/v1/settlement/cycles/2") == (404, "cycle_unknown")


async def test_an_obligation_is_followed_from_open_to_settled(site: Site) -> None:
    """[LEDGER-30]: every status is told under its name, with what happens when."""
    ledger = site.node.ledger

    async def now() -> views.ObligationView:
        document = await site.document("/v1/obligations/1/0?proof=1", views.ObligationDetail)
        entry = decode(Obligation, proven(site, document, obligation_key(1, 0)))
        assert entry.status.text == document.obligation.status
        assert format_amount(entry.outstanding) == document.obligation.outstanding
        return document.obligation

    opened = await now()
    assert (opened.status, opened.reference, opened.outstanding) == ("open", None, "25")
    assert opened.deadline is not None
    ledger.block(ledger.act(a_role("north", "admin"), story.SettlementPay(1, 0, an_id("paid"))))
    claimed = await now()
    assert (claimed.status, claimed.reference) == ("claimed", an_id("paid").hex())
    ledger.block(ledger.act(a_role("east", "admin"), story.SettlementDispute(1, 0)))
    disputed = await now()
    assert (disputed.status, disputed.earmark, disputed.late) == ("disputed", "25", False)
    ledger.pass_time(15 * DAY_MS)
    settled = await now()
    assert (settled.status, settled.settled, settled.outstanding) == ("settled", "25", "0")
    assert (settled.deadline, settled.earmark) == (None, "0")
    assert await refused(site, "/v1/obligations/1/1") == (404, "obligation_unknown")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("?partner=north", 1),
        ("?partner=east&status=open&cycle=1", 1),
        ("?partner=south", 0),
        ("?status=settled", 0),
        ("?cycle=2", 0),
        ("?cycle=4294967295", 0),
        ("?cursor=1-1", 0),
        ("?cursor=1-98", 0),
    ],
)
async def test_obligations_are_found_by_partner_status_and_cycle(
    site: Site, query: str, count: int
) -> None:
    page = await site.document(f"/v1/obligations{query}", Page[views.ObligationView])
    assert (len(page.items), page.next) == (count, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?partner=nobody", "partner_unknown"),
        ("?partner=-", "parameter_malformed"),
        ("?status=paid", "parameter_malformed"),
        ("?cycle=0", "parameter_malformed"),
        ("?cursor=1", "cursor_malformed"),
        ("?cursor=2-0", "cursor_malformed"),
    ],
)
async def test_obligations_are_not_asked_for_in_any_other_way(
    site: Site, query: str, code: str
) -> None:
    assert (await refused(site, f"/v1/obligations{query}"))[1] == code


async def test_pages_of_cycles_and_obligations_join_in_bounded_steps(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten cycles, of which the first and the last have an obligation, three places a question."""
    ledger = site.node.ledger
    monkeypatch.setattr(settlement, "SCANNED", 3)
    for _ in range(8):
        ledger.pass_time(story.CYCLE_MS)
    ledger.block(ledger.redeem(ANN, ledger.invoice("west", MICRO, "a scarf")))
    ledger.pass_time(story.CYCLE_MS)
    cycles = [cycle.cycle for cycle in await every(site, "/v1/settlement/cycles", views.CycleView)]
    assert cycles == list(range(10, 0, -1))
    found = await every(site, "/v1/obligations", views.ObligationView)
    assert [(each.cycle, each.creditor) for each in found] == [(10, "west"), (1, "east")]
    page = await site.document("/v1/obligations?partner=east", Page[views.ObligationView])
    assert (page.items, page.next) == ([], "8-0")


async def every(site: Site, path: str, kind: Any) -> list[Any]:
    """The items of all pages, one a page."""
    items, cursor = [], ""
    for _ in range(50):
        page = await site.document(f"{path}?limit=1{cursor}", Page[kind])
        items += page.items
        if page.next is None:
            return items
        cursor = f"&cursor={page.next}"
    raise AssertionError("no end of pages")


# --- partners -----------------------------------------------------------------------------------


async def test_a_position_says_what_is_owed_expected_and_still_possible(site: Site) -> None:
    """[LEDGER-8], [LEDGER-27]: room = L - D - receivables, expected = D - payable + receivable."""
    document = await site.document("/v1/positions", views.PositionsView)
    north, east, *_ = document.items
    assert (north.net, north.payable, north.receivable, north.expected) == ("100", "25", "0", "75")
    assert (east.net, east.payable, east.receivable, east.expected) == ("-25", "0", "25", "0")
    for item in document.items:
        room = parse_amount(item.limits.limit) - parse_signed(item.net)
        assert parse_signed(item.limits.room) == room - parse_amount(item.receivable)
    total = sum(parse_signed(item.net) for item in document.items)
    assert total == parse_amount(document.supply.supply) == 75 * MICRO
    limits = north.limits
    assert (limits.reserve, limits.reserve_ceiling) == ("50000", "80000")
    assert (limits.mint_per_day, limits.refund_per_day) == ("1000", "20000")
    assert limits.pending_caps is not None
    assert limits.pending_caps.refund_per_day == "30000"
    assert (limits.pending_reserve, limits.reserve_moved) == (None, None)
    assert (limits.overdue, limits.minting_suspended) == (0, False)


def parse_signed(text: str) -> int:
    return -parse_amount(text[1:]) if text.startswith("-") else parse_amount(text)


async def test_a_debtor_that_cannot_pay_is_seen_suspended(site: Site) -> None:
    """[LEDGER-31]: without a reserve to draw on an unpaid obligation is overdue."""
    ledger = site.node.ledger
    said = story.reserve_of("north", 0, ledger)
    ledger.block(ledger.act(a_role(CUSTODIAN, "custodian"), said))
    ledger.pass_time(6 * DAY_MS)
    document = await site.document("/v1/positions", views.PositionsView)
    limits = document.items[0].limits
    assert (limits.overdue, limits.minting_suspended) == (1, True)
    found = await site.document("/v1/obligations?status=overdue", Page[views.ObligationView])
    assert [(each.debtor, each.late) for each in found.items] == [("north", True)]


async def test_custodians_and_who_judges_payments_are_listed(site: Site) -> None:
    page = await site.document("/v1/custodians", Page[views.CustodianView])
    assert [(each.code, each.settlement, each.partner) for each in page.items] == [
        (CUSTODIAN, False, None),
        (JUDGE, True, None),
    ]
    assert page.items[0].address == address(a_role(CUSTODIAN, "custodian").account, "tlqb")
    partners = await site.document("/v1/partners", Page[views.PartnerView])
    assert {partner.custodian for partner in partners.items} == {CUSTODIAN}
    genesis = await site.document("/v1/genesis", views.GenesisView)
    assert (genesis.custodians, genesis.settlement_custodian) == ([CUSTODIAN, JUDGE], JUDGE)
    assert genesis.parameters["settlement_cycle_ms"] == story.CYCLE_MS


async def test_every_rate_that_was_published_stays_to_be_read(site: Site) -> None:
    """[LEDGER-34]: the history grows and nothing of it goes."""
    programmes = await site.document("/v1/programmes", Page[views.ProgrammeView])
    bonus = programmes.items[0]
    assert (bonus.partner, bonus.place, bonus.published) == ("north", 0, 2)
    assert (bonus.rate.numerator, bonus.newest.numerator) == (10_000, 20_000)
    assert [rate.place for rate in bonus.rates] == [1, 0]
    path = "/v1/programmes/north/bonus/rates"
    rates = await every(site, path, views.PublishedRateView)
    assert rates == bonus.rates
    assert await refused(site, "/v1/programmes/north/miles/rates") == (404, "programme_unknown")
    assert await refused(site, "/v1/programmes/nobody/bonus/rates") == (404, "partner_unknown")
    site.node.ledger.pass_time(31 * DAY_MS)
    programmes = await site.document("/v1/programmes?limit=1", Page[views.ProgrammeView])
    assert (programmes.items[0].place, programmes.items[0].rate.numerator) == (1, 20_000)


# --- several entries ----------------------------------------------------------------------------


async def test_several_entries_are_proven_for_one_height(site: Site) -> None:
    keys = [SUPPLY_KEY, position_key("north"), account_key(a_person("nobody").account), SUPPLY_KEY]
    asked = ",".join(key.hex() for key in keys)
    site.node.status.newest_beat = site.node.ledger.beat()
    document = await site.document(f"/v1/state?keys={asked}&proof=1", views.EntriesView)
    assert [item.key for item in document.items] == [key.hex() for key in keys]
    trust = trust_genesis(site.node.ledger.genesis)
    for key, item in zip(keys, document.items, strict=True):
        proof = decode(EntryProof, from_base64(item.proof))
        check_entry_proof(trust, ED25519, proof)
        assert proof.key == key
        assert proof.certificate.attestation.height == document.height
        assert (item.value is None) == (proof.value is None)
    assert document.items[2].value is None
    assert document.beat is not None
    bare = await site.document(f"/v1/state?keys={asked}", views.EntriesView)
    assert [item.proof for item in bare.items] == [None] * 4


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "parameter_missing"),
        ("?proof=1", "parameter_missing"),
        ("?keys=", "parameter_malformed"),
        ("?keys=01,", "parameter_malformed"),
        ("?keys=01,0", "parameter_malformed"),
        ("?keys=" + ",".join(["01"] * (MAX_ENTRIES + 1)), "parameter_malformed"),
    ],
)
async def test_entries_are_asked_for_by_keys_so_many_and_no_more(
    site: Site, query: str, code: str
) -> None:
    assert await refused(site, f"/v1/state{query}") == (400, code)


async def test_a_light_client_reads_them_over_http(site: Site) -> None:
    """The longest keys that there are, as many as may be asked for, fit into one request."""
    longest = rate_key("a" * 32, "b" * 32, 2**32 - 1)
    keys = [SUPPLY_KEY, *(longest[:-1] + bytes([place]) for place in range(MAX_ENTRIES - 1))]
    ledger = site.node.ledger
    now_ms = ledger.executor.head_record.header.time
    async with open_nodes([site.url], 5.0) as nodes:
        light = LightClient(Believed(ledger.genesis), nodes, lambda: now_ms)
        snapshot = await light.entries(keys)
        single = await light.entry(SETTLEMENT_KEY, Settlement)
    supply = snapshot.entry(SUPPLY_KEY, Supply)
    assert supply is not None
    assert supply.supply == 75 * MICRO
    assert [snapshot.entry(key, PublishedRate) for key in keys[1:]] == [None] * (MAX_ENTRIES - 1)
    assert single.entry is not None
    assert single.entry.cycle == 2
