"""Every path answers what it describes, and what it answers can be checked."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import Page, from_base64
from node.api.parameters import KEYS, PROOF
from node.api.route import Route
from node.api.routes import ROUTES
from node.index import EVERYONE, Listing
from primitives.address import address
from primitives.amount import parse_amount
from primitives.certificate import BeatCertificate
from primitives.encoding import decode
from primitives.entries import SUPPLY_KEY, Account, Supply, account_key, channel_key
from primitives.keys import ED25519
from primitives.proof import (
    EntryProof,
    ReceiptProof,
    check_beat,
    check_entry_proof,
    check_receipt_proof,
    trust_genesis,
)
from primitives.transaction import decode_signed
from tests.builders import Person, a_person, a_transfer, an_id, an_open_channels, raw
from tests.fakes import council, market, story
from tests.fakes.node import FakeNode, served
from tests.fakes.site import Site

ANN, BOB, CARL = (a_person(name) for name in ("ann", "bob", "carl"))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Ann and Bob have 100 LiqBon each; Ann paid Carl twice."""
    node = FakeNode()
    node.ledger.fund(ANN, BOB)
    node.ledger.block(node.ledger.transfer(ANN, (CARL, 20_000)))
    node.ledger.block(node.ledger.transfer(ANN, (CARL, 30_000), memo=bytes(range(32))))
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


@pytest.fixture
async def lively() -> AsyncIterator[Site]:
    """A week of ``tests.fakes.story``: something is there behind every path."""
    node = FakeNode()
    story.spend(node.ledger)
    story.settle(node.ledger, paid=True)
    story.change_terms(node.ledger)
    market.stock(node.ledger)
    council.stock(node.ledger, ANN)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


def named(person: Person) -> str:
    return address(person.account, "tlqb")


# --- each path ----------------------------------------------------------------------------------


async def concrete(site: Site, route: Route) -> str:
    """A path of the route that is there."""
    block = site.node.ledger.executor.archive.block(2)
    found = site.node.api.queries.history(ANN.account, None, 1)
    assert block is not None
    made = {
        listing: site.node.api.queries.listed(listing, EVERYONE, None, 1) for listing in Listing
    }
    key = account_key(ANN.account).hex()
    path = route.path.format(
        id=found[0].decoded.id.hex(),
        address=named(ANN),
        key=key,
        height=2,
        digest=block.batches[0].digest.hex(),
        partner="east",
        programme="bonus",
        invoice=an_id("a coat").hex(),
        cycle=1,
        place=0,
        campaign=_newest(made[Listing.CAMPAIGNS]),
        order=_newest(made[Listing.ORDERS]),
        content=_newest(made[Listing.CONTENTS]),
        proposal=_newest(made[Listing.PROPOSALS]),
    )
    return path + (f"?keys={key}" if KEYS in route.parameters else "?")


def _newest(found: list[tuple[tuple[int, int], bytes]]) -> str:
    """The id of what was made last; nothing has none."""
    return found[0][1].hex() if found else "00" * 32


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET"], ids=lambda r: r.name)
async def test_every_path_answers_its_document(lively: Site, route: Route) -> None:
    path = await concrete(lively, route)
    document = await lively.document(path, route.answer)
    assert document is not None
    if PROOF in route.parameters:
        await lively.document(path + "&proof=1", route.answer)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.raw], ids=lambda r: r.name)
async def test_raw_bytes_are_canonical(lively: Site, route: Route) -> None:
    data = await lively.raw(await concrete(lively, route))
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(data)) == data


async def test_the_description_names_every_path_and_document(site: Site) -> None:
    status, body = await site.get("/openapi.json")
    described = msgspec.json.decode(body)
    assert status == 200
    assert described["openapi"].startswith("3.1")
    paths = {(m.upper(), path) for path, item in described["paths"].items() for m in item}
    assert paths == {(r.method, r.path) for r in ROUTES} | {("GET", "/v1/stream")}
    text = body.decode()
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in described["components"]["schemas"]


# --- transactions -------------------------------------------------------------------------------


async def test_a_payment_is_answered_final_with_a_receipt_that_proves_itself(site: Site) -> None:
    payment = site.node.ledger.transfer(BOB, (CARL, 5_000_000))
    status, body = await site.submit(raw(payment), "?wait=final")
    assert status == 200
    document = msgspec.json.decode(body, type=views.TransactionView)
    assert (document.status, document.id) == ("final", payment.id.hex())
    assert from_base64(document.raw) == raw(payment)
    proof = decode(ReceiptProof, from_base64(document.proof or ""))
    check_receipt_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)
    assert proof.receipt.origin == payment.id
    assert proof.certificate.attestation.height == document.height


async def test_a_payment_may_come_as_json_and_be_asked_for_later(site: Site) -> None:
    site.node.ledger.hold = True
    payment = site.node.ledger.transfer(BOB, (CARL, 5_000_000))
    body = {"transaction": b64encode(raw(payment)).decode()}
    async with site.session.post(site.url + "/v1/transactions", json=body) as answer:
        assert answer.status == 202
        assert await answer.json() == {"id": payment.id.hex(), "status": "pending"}
    path = f"/v1/transactions/{payment.id.hex()}"
    pending = await site.document(path, views.TransactionView)
    assert (pending.status, pending.height, pending.receipt) == ("pending", None, None)
    site.node.ledger.attest = False
    site.node.ledger.release()
    executed = await site.document(path + "?proof=1", views.TransactionView)
    assert (executed.status, executed.receipt.outcome, executed.proof) == ("executed", "done", None)
    site.node.ledger.certify(site.node.ledger.executor.uncertified()[-1])
    final = await site.document(path + "?proof=1", views.TransactionView)
    assert final.status == "final"
    assert final.proof is not None


async def test_waiting_ends_at_the_time_limit_with_202(site: Site) -> None:
    site.node.ledger.hold = True
    payment = site.node.ledger.transfer(BOB, (CARL, 5_000_000))
    status, body = await site.submit(raw(payment), "?wait=final&timeout=0.05")
    assert (status, msgspec.json.decode(body)["status"]) == (202, "pending")


async def test_a_payment_that_is_known_is_409_and_one_that_is_refused_422(site: Site) -> None:
    payment = site.node.ledger.transfer(BOB, (CARL, 5_000_000))
    assert (await site.submit(raw(payment)))[0] == 202
    status, body = await site.submit(raw(payment))
    assert (status, msgspec.json.decode(body)["code"]) == (409, "already_executed")
    status, body = await site.submit(raw(a_transfer(CARL, (BOB, 10**9))))
    problem = msgspec.json.decode(body, type=views.Problem)
    assert (status, problem.status, problem.code) == (422, 422, "balance_too_low")
    assert problem.transaction == a_transfer(CARL, (BOB, 10**9)).id.hex()


async def test_a_payment_that_is_skipped_while_waited_for_is_422_with_the_reason(
    site: Site,
) -> None:
    ledger = site.node.ledger
    ledger.hold = True
    payment = ledger.transfer(BOB, (CARL, 5_000_000))
    waiting = asyncio.create_task(site.submit(raw(payment), "?wait=final"))
    while site.node.ingress.pending(payment.id) is None:  # noqa: ASYNC110  seen from outside
        await asyncio.sleep(0.001)
    ledger.author = 1
    ledger.block(a_transfer(BOB, (CARL, 20_000)))
    ledger.author = 0
    ledger.release()
    status, body = await waiting
    assert (status, msgspec.json.decode(body)["code"]) == (422, "sequence_stale")
    path = f"/v1/transactions/{payment.id.hex()}"
    document = await site.document(path, views.TransactionView)
    assert (document.status, document.code) == ("skipped", "sequence_stale")


async def test_a_refused_receipt_is_final_too(site: Site) -> None:
    ledger = site.node.ledger
    refused = ledger.transfer(CARL, (BOB, 10**9))
    ledger.block(refused)
    document = await site.document(f"/v1/transactions/{refused.id.hex()}", views.TransactionView)
    assert (document.status, document.code) == ("final", "balance_too_low")
    assert document.receipt.outcome == "balance_too_low"


@pytest.mark.parametrize("form", ["msgpack", "json"])
async def test_a_thousand_may_be_sent_at_once_with_a_result_each(site: Site, form: str) -> None:
    ledger = site.node.ledger
    good = [raw(ledger.transfer(BOB, (CARL, 20_000))) for _ in range(20)]
    sent = [*good[:10], b"junk", *good[10:], good[0]]
    if form == "msgpack":
        body, media_type = msgspec.msgpack.encode(sent), "application/msgpack"
    else:
        body = msgspec.json.encode([b64encode(each).decode() for each in sent])
        media_type = "application/json"
    url = site.url + "/v1/transactions/batch"
    async with site.session.post(url, data=body, headers={"Content-Type": media_type}) as answer:
        assert answer.status == 200
        results = msgspec.json.decode(await answer.read(), type=list[views.SubmissionResult])
    statuses = [result.status for result in results]
    assert statuses == [202] * 10 + [422] + [202] * 10 + [409]
    assert [result.code for result in results if result.code] == ["malformed", "already_pending"]
    assert results[10].id is None


# --- accounts -----------------------------------------------------------------------------------


async def test_an_account_is_proven_with_its_channel_and_its_beat(site: Site) -> None:
    ledger, trust = site.node.ledger, trust_genesis(site.node.ledger.genesis)
    ledger.block(an_open_channels(BOB, 3, sequence=0))
    ledger.block(a_transfer(BOB, (CARL, 20_000), channel=2))
    site.node.status.newest_beat = ledger.beat()
    path = f"/v1/accounts/{named(BOB)}?proof=1&channel=2"
    document = await site.document(path, views.AccountView)
    assert (document.channels, document.sequence, document.next_sequence) == (3, 1, 1)
    entry = decode(EntryProof, from_base64(document.proof))
    check_entry_proof(trust, ED25519, entry)
    assert entry.key == account_key(BOB.account)
    assert entry.value is not None
    account = decode(Account, entry.value)
    assert account.balance == parse_amount(document.balance) == 99_980_000
    channel = decode(EntryProof, from_base64(document.channel_proof))
    check_entry_proof(trust, ED25519, channel)
    assert channel.key == channel_key(BOB.account, 2)
    beat = decode(BeatCertificate, from_base64(document.beat))
    check_beat(trust, ED25519, beat)
    assert beat.beat.height == document.height


async def test_a_beat_of_another_height_is_not_shown(site: Site) -> None:
    site.node.status.newest_beat = site.node.ledger.beat()
    site.node.ledger.block()
    document = await site.document(f"/v1/accounts/{named(BOB)}?proof=1", views.AccountView)
    assert document.beat is None


async def test_an_unknown_account_has_nothing_provably(site: Site) -> None:
    nobody = a_person("nobody")
    document = await site.document(f"/v1/accounts/{named(nobody)}?proof=1", views.AccountView)
    assert (document.exists, document.balance, document.next_sequence) == (False, "0", 0)
    assert document.last is None
    proof = decode(EntryProof, from_base64(document.proof))
    assert proof.value is None
    check_entry_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)


async def test_before_anything_is_attested_a_proof_is_asked_for_in_vain() -> None:
    node = FakeNode()
    async with served(node) as url, aiohttp.ClientSession() as session:
        path = f"{url}/v1/accounts/{named(ANN)}"
        async with session.get(path + "?proof=1") as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "not_certified")
            assert answer.headers["Retry-After"] == "1"
        async with session.get(path) as answer:
            assert answer.status == 200


async def test_pages_of_a_history_join_and_their_changes_add_up(site: Site) -> None:
    ledger = site.node.ledger
    for place in range(7):
        ledger.block(ledger.transfer(ANN, (CARL, 20_000 + place)), ledger.transfer(BOB, (CARL, 10)))
    items: list[views.HistoryItem] = []
    path = f"/v1/accounts/{named(CARL)}/transactions?limit=3&proof=1"
    page = await site.document(path, Page[views.HistoryItem])
    items += page.items
    while page.next is not None:
        page = await site.document(f"{path}&cursor={page.next}", Page[views.HistoryItem])
        items += page.items
    assert len(items) == 16
    assert len({item.id for item in items}) == 16
    total = sum(parse_amount(item.change) for item in items)
    assert total == ledger.executor.account(CARL.account).balance
    for item in items:
        proof = decode(ReceiptProof, from_base64(item.proof or ""))
        check_receipt_proof(trust_genesis(ledger.genesis), ED25519, proof)
        decoded = decode_signed(from_base64(item.raw), ledger.executor.chain)
        assert decoded.id.hex() == item.id == proof.receipt.origin.hex()


async def test_any_state_entry_can_be_asked_for(site: Site) -> None:
    document = await site.document(f"/v1/state/{SUPPLY_KEY.hex()}?proof=1", views.EntryView)
    assert decode(Supply, from_base64(document.value)).supply == 200_000_000
    proof = decode(EntryProof, from_base64(document.proof))
    check_entry_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)
    absent = await site.document("/v1/state/ff?proof=1", views.EntryView)
    assert absent.value is None
