"""The chain as the API serves it is enough to check every figure without trust."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import Page, from_base64, parse_time
from client.raw import decode_raw_block
from contracts.context import BlockContext
from contracts.genesis import genesis_changes
from contracts.transition import apply_block
from primitives.amount import parse_amount
from primitives.batch import batch_digest, decode_batch
from primitives.block import block_digest, order_of
from primitives.certificate import StateCertificate, check_certificate
from primitives.encoding import decode, encode
from primitives.genesis import chain_id, decode_genesis, validators_of
from primitives.keys import ED25519
from primitives.merkle import list_root
from primitives.statetree import StateTree
from primitives.transaction import decode_signed
from tests.builders import a_person
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


async def test_the_raw_chain_is_enough_to_replay_without_trust(site: Site) -> None:
    """From the genesis: every batch, order, root, receipt and certificate follows or is refused."""
    genesis = decode_genesis(await site.raw("/v1/genesis"), ED25519)
    chain, members = chain_id(genesis), validators_of(genesis)
    state = dict(genesis_changes(genesis))
    status = await site.document("/v1/status", views.StatusView)
    parent = block_digest(chain, decode_raw_block(await site.raw("/v1/blocks/0")).header)
    for height in range(1, status.certified_height + 1):
        block = decode_raw_block(await site.raw(f"/v1/blocks/{height}"))
        assert block.header.parent == parent
        parent = block_digest(chain, block.header)
        batches = [decode_batch(each) for each in block.batches]
        assert [each.digest for each in block.order] == [
            batch_digest(chain, batch.header) for batch in batches
        ]
        lanes: list[list[bytes]] = [[] for _ in block.header.cut]
        for each in block.order:
            lanes[each.lane].append(each.digest)
        assert [each.digest for each in order_of(height, lanes)] == [e.digest for e in block.order]
        context = BlockContext(genesis.parameters, chain, height, block.header.time, len(lanes), 0)
        ordered = [
            (each.lane, decode_signed(contents, chain))
            for each, batch in zip(block.order, batches, strict=True)
            for contents in batch.transactions
        ]
        result = apply_block(state, context, ordered)
        for key, value in result.changes:
            state.pop(key, None)
            if value is not None:
                state[key] = value
        assert block.certificate is not None
        check_certificate(chain, members, ED25519, block.certificate)
        attested = block.certificate.attestation
        assert attested.block == parent
        assert attested.state_root == StateTree().load(state.items())
        assert attested.receipts_root == list_root(encode(each) for each in result.receipts)
        assert tuple(result.receipts) == block.receipts


async def test_a_raw_block_may_come_without_its_batches(site: Site) -> None:
    bare = decode_raw_block(await site.raw("/v1/blocks/2?batches=0"))
    assert len(bare.order) == 1
    assert bare.batches == ()
    digest = bare.order[0].digest.hex()
    batch = await site.document(f"/v1/batches/{digest}", views.BatchView)
    data = await site.raw(f"/v1/batches/{digest}")
    assert from_base64(batch.raw) == data
    chain = site.node.ledger.executor.chain
    ids = [decode_signed(each, chain).id.hex() for each in decode_batch(data).transactions]
    assert batch.transactions == ids


async def test_certificates_are_served_by_height(site: Site) -> None:
    document = await site.document("/v1/certificates/2", views.CertificateView)
    certificate = decode(StateCertificate, await site.raw("/v1/certificates/2"))
    assert from_base64(document.certificate) == encode(certificate)
    assert document.state_root == certificate.attestation.state_root.hex()
    assert parse_time(document.time) == certificate.attestation.time


async def test_blocks_are_listed_newest_first(site: Site) -> None:
    page = await site.document("/v1/blocks?limit=3", Page[views.BlockView])
    assert [block.height for block in page.items] == [3, 2, 1]
    rest = await site.document(f"/v1/blocks?limit=3&cursor={page.next}", Page[views.BlockView])
    assert [block.height for block in rest.items] == [0]
    assert rest.next is None
    assert [block.parent for block in page.items[:2]] == [b.digest for b in page.items[1:]]


async def test_status_shows_the_newest_certificate(site: Site) -> None:
    status = await site.document("/v1/status", views.StatusView)
    ledger = site.node.ledger
    assert (status.certified_height, status.partner, status.ready) == (3, "north", True)
    assert from_base64(status.certificate) == encode(ledger.executor.certified)
    assert [peer.partner for peer in status.peers] == ["east", "south", "west"]


async def test_positions_add_up_to_the_supply(site: Site) -> None:
    site.node.ledger.fund(CARL, partner="east")
    document = await site.document("/v1/positions", views.PositionsView)
    assert sum(parse_amount(item.net) for item in document.items) == parse_amount(
        document.supply.supply
    )
    north = document.items[0]
    assert (north.partner, north.minted, north.limits.minted_today) == ("north", "200", "200")
    assert north.limits.limit == "55000"


async def test_lists_are_paged(site: Site) -> None:
    first = await site.document("/v1/partners?limit=3", Page[views.PartnerView])
    rest = await site.document(f"/v1/partners?cursor={first.next}", Page[views.PartnerView])
    assert [p.code for p in [*first.items, *rest.items]] == ["north", "east", "south", "west"]
    assert rest.next is None


async def test_readiness_and_life_are_different_questions(site: Site) -> None:
    site.node.status.reason = "far behind"
    status, body = await site.get("/health/ready")
    assert (status, msgspec.json.decode(body)) == (503, {"ok": False, "reason": "far behind"})
    assert (await site.get("/health/live"))[0] == 200
