"""An auditor follows members who change, from genesis on, by the rules alone."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from audit import documents, replay
from audit.crew import Inline
from audit.home import Verified
from audit.replay import Audit
from client.raw import RawBlock
from contracts.context import BlockContext
from primitives.encoding import encode
from primitives.evidence import Evidence, Offence
from primitives.proof import EpochStep
from primitives.vote import Kind
from tests.builders import DAY_MS, a_genesis, a_vote
from tests.fakes.auditor import accepts, judged, said
from tests.fakes.chains import (
    BOUND,
    CHANGING,
    LEAST_MS,
    Chain,
    ChainSource,
    a_changing_chain,
    handed_out,
)
from tests.unit.audit.together import announced, generations


@pytest.fixture(scope="module")
def grown() -> Chain:
    return generations()


def ends(chain: Chain) -> list[int]:
    return [height for height, block in enumerate(chain.blocks, 1) if attested(block).last]


def attested(block: RawBlock) -> Any:
    assert block.certificate is not None
    return block.certificate.attestation


async def test_members_change_four_times_and_the_auditor_follows(grown: Chain) -> None:
    """[EPOCH-1], [EPOCH-2], [EPOCH-4], [EPOCH-5]"""
    verified = await accepts(grown)
    ledger = verified.ledger
    assert ledger.epoch == grown.epoch
    assert (ledger.epoch.number, verified.believed.epoch) == (4, 4)
    assert [len(epoch.members) for epoch in grown.epochs] == [4, 4, 4, 5, 4]
    assert [each.partner for each in ledger.epoch.members] == ["north", "east", "west", "inn"]
    assert ends(grown) == [epoch.after for epoch in grown.epochs[1:]]
    for earlier, later in zip(grown.epochs, grown.epochs[1:], strict=False):
        assert earlier.members != later.members
        begins = grown.blocks[later.after]
        assert (begins.header.epoch, begins.header.view) == (later.number, 1)
        assert len(begins.header.cut) == len(later.members)


async def test_an_epoch_ends_a_few_heights_after_its_least_age(grown: Chain) -> None:
    """[EPOCH-1] north's key is lost at height 2, and every block is a second."""
    fixed = LEAST_MS // 1_000
    assert grown.epochs[0].last == fixed + BOUND
    [north, east, *_] = grown.epochs[1].members
    assert north.key != grown.epochs[0].members[0].key
    assert east.key == grown.epochs[0].members[1].key, "what came after height h waits"
    assert east.key != grown.epochs[2].members[1].key


async def test_two_changes_of_one_epoch_end_it_once(grown: Chain) -> None:
    """[EPOCH-1]"""
    before, after = (grown.epochs[number].members for number in (3, 4))
    assert {each.partner for each in before} - {each.partner for each in after} == {"south"}
    assert before[3].partner == after[2].partner == "west"
    assert before[3].key != after[2].key


async def test_another_key_alone_waits_for_the_greatest_age() -> None:
    """[EPOCH-1]"""
    most = 40 * DAY_MS
    chain = Chain(a_genesis(parameters=replace(CHANGING, epoch_maximum_ms=most)))
    chain.block([announced(chain, "north", "north's second", lost=False)])
    chain.until(15)
    assert chain.epoch.last is None
    chain.block(after_ms=most)
    assert chain.end_epoch() == 16 + BOUND
    chain.block()
    verified = await accepts(chain)
    assert verified.ledger.epoch.members[0].key != chain.epochs[0].members[0].key


async def test_an_audit_goes_on_from_any_height_of_any_epoch(grown: Chain) -> None:
    """[PROOF-1]"""
    source = ChainSource(handed_out(grown.blocks), grown)
    verified = Verified.found(grown.genesis)
    for last in range(1, len(grown.blocks) + 1):
        audit = Audit(verified, source, Inline(), ())
        assert [block.header.height async for block in audit.blocks(last)] == [last]
    assert verified.ledger.epoch == grown.epoch


class TestEvidence:
    """A validator of epoch 1 votes twice."""

    def accusation(self, chain: Chain) -> Evidence:
        signing = {"author": 2, "committee": chain.committee_of(1), "chain": chain.chain}
        first, second = (
            a_vote(Kind.NOTARIZE, 3, bytes([n]) * 32, **signing)  # type: ignore[arg-type]
            for n in (1, 2)
        )
        return Evidence(Offence.TWO_NOTARIZE, 1, 2, encode(first), encode(second))

    async def found(self, chain: Chain, last: int, **wrong: int) -> tuple[Verified, Any]:
        source = ChainSource(handed_out(chain.blocks[:last]), chain)
        source.accusations = [replace(self.accusation(chain), **wrong)]
        return await judged(chain.genesis, source)

    async def test_it_is_judged_by_the_members_of_its_epoch(self, grown: Chain) -> None:
        """[EVID-1]"""
        verified, violation = await self.found(grown, len(grown.blocks))
        assert violation is None
        told = documents.accusation(verified, self.accusation(grown))
        assert (told.epoch, told.partner) == (1, "south")

    async def test_it_may_be_of_an_epoch_that_was_not_replayed_yet(self, grown: Chain) -> None:
        """[EVID-1] the audit ends inside of epoch 0."""
        verified, violation = await self.found(grown, 5)
        assert violation is None
        assert (verified.ledger.epoch.number, verified.believed.epoch) == (0, 4)

    @pytest.mark.parametrize("epoch", [0, 2, 5])
    async def test_of_another_epoch_it_proves_nothing(self, grown: Chain, epoch: int) -> None:
        """[EVID-1], [VOTE-1]"""
        _, violation = await self.found(grown, 5, epoch=epoch)
        assert violation is not None
        assert violation.code == "evidence_forged"


async def test_a_chain_without_changes_is_one_epoch() -> None:
    """[EPOCH-1]"""
    chain = a_changing_chain()
    chain.until(30)
    verified = await accepts(chain)
    assert (verified.ledger.epoch.number, verified.ledger.epoch.last) == (0, None)


async def test_what_was_said_before_the_end_is_for_the_epoch_after_the_next(grown: Chain) -> None:
    """[EPOCH-2] validators who record it for their own epoch have another state."""
    chain = a_changing_chain()
    chain.block([announced(chain, "north", "north's second")])
    while chain.epoch.last is None:
        chain.block()
    number = chain.epoch.number
    with patch("node.executor.BlockContext", lambda *a: BlockContext(*a[:5], number)):
        chain.block([announced(chain, "east", "east's second")])
    _, violation = await judged(chain.genesis, ChainSource(handed_out(chain.blocks), chain))
    assert violation is not None
    assert said(violation)[:2] == (len(chain.blocks), "state_wrong")


class Paging(ChainSource):
    """Counts the pages of handovers, which are small."""

    def __init__(self, chain: Chain, page: int) -> None:
        super().__init__(handed_out(chain.blocks), chain)
        self.page = page
        self.firsts: list[int] = []

    async def steps(self, height: int, first: int) -> tuple[EpochStep, ...]:
        self.firsts.append(first)
        return tuple(self.handovers[first : first + self.page])


async def test_handovers_are_read_page_after_page(
    grown: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[PROOF-3] Until a page is short: then there are no more."""
    for page, asked in ((1, [0, 1, 2, 3, 4]), (3, [0, 3]), (4, [0, 4]), (5, [0])):
        monkeypatch.setattr(replay, "STEPS", page)
        source = Paging(grown, page)
        verified = await accepts(grown, source)
        assert (verified.believed.epoch, source.firsts) == (4, asked)


async def test_endless_forgeries_end_at_the_first(
    grown: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node could go on handing out full pages: each is checked before the next is asked for."""
    monkeypatch.setattr(replay, "STEPS", 1)
    source = Paging(grown, 1)
    source.handovers = (grown.steps[0],) * 1_000
    violation = (await judged(grown.genesis, source))[1]
    assert violation is not None
    assert violation.code == "epoch_forged"
    assert set(source.firsts) == {0, 1}, "blocks ahead ask again"
