"""What a node tells of epochs: who their members were, and how each led to the next, in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from client import views
from client.fields import Page, from_base64
from primitives.encoding import decode
from primitives.evidence import Evidence, Offence
from primitives.keys import ED25519
from primitives.proof import EpochStep, follow_epoch, trust_genesis
from tests.fakes.chains import Chain
from tests.fakes.node import FakeNode, served
from tests.fakes.ordering import Ledger
from tests.fakes.site import Site
from tests.unit.audit.together import generations


@pytest.fixture(scope="module")
def grown() -> Chain:
    """Five epochs, each of other members or keys."""
    return generations()


def node_of(chain: Chain, me: int | None = 0) -> FakeNode:
    ledger = Ledger(genesis=chain.genesis)
    ledger.executor, ledger.committee = chain.executor, chain.committee
    return FakeNode(ledger, me)


@pytest.fixture
async def site(grown: Chain) -> AsyncIterator[Site]:
    node = node_of(grown)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


async def steps(site: Site, query: str) -> tuple[EpochStep, ...]:
    return decode(tuple[EpochStep, ...], await site.raw(f"/v1/epochs{query}"), 1 << 20)


async def test_every_epoch_is_told_with_the_step_that_ended_it(site: Site, grown: Chain) -> None:
    """[PROOF-3] From the genesis to the members of now, from what one untrusted node says."""
    items, cursor = [], ""
    while cursor is not None:
        page = await site.document(f"/v1/epochs?limit=2{cursor}", Page[views.EpochView])
        items += page.items
        cursor = None if page.next is None else f"&cursor={page.next}"
    assert [each.epoch for each in items] == [0, 1, 2, 3, 4]
    assert [each.last_height for each in items] == [e.last for e in grown.epochs]
    assert items[-1].step is None
    trust = trust_genesis(grown.genesis)
    for each in items[:-1]:
        assert each.validators == trust.members.hash.hex()
        trust = follow_epoch(trust, ED25519, decode(EpochStep, from_base64(each.step), 1 << 20))
    assert trust.members == grown.epoch.validators


async def test_raw_steps_come_in_pages_from_any_epoch_on(site: Site, grown: Chain) -> None:
    expected = tuple(grown.steps)
    assert len(expected) == 4
    assert await steps(site, "") == expected
    assert await steps(site, "?limit=3") == expected[:3]
    assert await steps(site, "?limit=3&cursor=3") == expected[3:]
    assert await steps(site, "?cursor=2&limit=1") == expected[2:3]
    for beyond in (4, 5, 99):
        assert await steps(site, f"?cursor={beyond}") == ()
    assert (await site.refused("/v1/epochs?cursor=1-2"))[1] == "cursor_malformed"


async def test_a_step_that_is_not_certified_yet_ends_the_page(grown: Chain) -> None:
    """Its last height is executed, and a quorum's word is still on the way."""
    chain = generations()
    number = chain.epoch.number
    chain.block([], [], [], [])
    executor = chain.executor
    held, executor.step_after = executor.step_after, lambda n: None if n == 2 else held(n)  # type: ignore[method-assign]
    node = node_of(chain)
    async with served(node) as url, aiohttp.ClientSession() as session:
        site = Site(node, session, url)
        assert await steps(site, "") == tuple(chain.steps[:2])
        assert await steps(site, "?cursor=2") == ()
        page = await site.document("/v1/epochs", Page[views.EpochView])
        assert [each.step is None for each in page.items] == [False, False, True, False, True]
    assert number == grown.epoch.number


async def test_blocks_and_evidence_name_the_partners_of_their_own_epoch(
    site: Site, grown: Chain
) -> None:
    """Member 2 was south once, and is west now."""
    page = await site.document("/v1/blocks?limit=100", Page[views.BlockView])
    assert len(page.items) == len(grown.blocks) + 1
    told = {each.height: each.proposer for each in page.items if each.height}
    for raw in grown.blocks:
        members = grown.epochs[raw.header.epoch].members
        assert told[raw.header.height] == members[raw.header.proposer].partner
    assert {"south", "inn"} <= set(told.values())
    ordered = next(b for b in reversed(grown.blocks) if b.order)
    detail = await site.document(f"/v1/blocks/{ordered.header.height}", views.BlockDetail)
    lanes = grown.epochs[ordered.header.epoch].members
    assert [each.partner for each in detail.batches] == [
        lanes[e.lane].partner for e in ordered.order
    ]
    assert isinstance(site.node.status.accused, list)
    site.node.status.accused = [Evidence(Offence.TWO_NOTARIZE, e, 2, b"", b"") for e in (0, 4)]
    evidence = await site.document("/v1/evidence", Page[views.EvidenceView])
    assert [each.partner for each in evidence.items] == ["south", "west"]


async def test_the_validators_are_those_of_now(site: Site, grown: Chain) -> None:
    shown = await site.document("/v1/validators", views.ValidatorsView)
    assert shown.epoch == 4
    assert [each.partner for each in shown.members] == ["north", "east", "west", "inn"]
    assert shown.hash == grown.epoch.validators.hash.hex()


async def test_an_observer_says_that_it_has_no_seat(grown: Chain) -> None:
    """[EPOCH-6] It answers all the same."""
    node = node_of(grown, me=None)
    async with served(node) as url, aiohttp.ClientSession() as session:
        site = Site(node, session, url)
        status = await site.document("/v1/status", views.StatusView)
        assert (status.partner, status.index, status.epoch) == (None, None, 4)
        assert [peer.partner for peer in status.peers] == ["north", "east", "west", "inn"]
        assert await steps(site, "") == tuple(grown.steps)
        code, body = await site.submit(b"\x90")
        assert code == 503, body
