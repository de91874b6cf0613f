"""Epochs that begin, end or go to others than the rules say; and handovers that are kept back.

The chain: north lost its key at height 1. Height 10 finds epoch 0 old enough, height 12 is its
last, and with height 13 epoch 1 begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawBlock
from contracts.epochs import Epoch
from primitives.batch import EMPTY_TIP
from primitives.block import Header, block_digest
from primitives.proof import EpochStep
from primitives.validators import Validator, ValidatorSet
from tests.builders import Committee, a_key, a_state_certificate
from tests.fakes.auditor import accepts, judged, said
from tests.fakes.chains import Chain, ChainSource, a_changing_chain, a_step, handed_out
from tests.unit.audit.together import announced, generations

LAST = 12
STRANGERS = tuple(a_key(f"stranger {place}") for place in range(4))
SEATS = tuple(Validator(f"member-{i}", key.public_key) for i, key in enumerate(STRANGERS))


@pytest.fixture(scope="module")
def chain() -> Chain:
    chain = a_changing_chain()
    chain.block([announced(chain, "north", "north's second")])
    assert chain.end_epoch() == LAST
    chain.until(LAST + 3)
    return chain


async def judged_with(
    chain: Chain, blocks: Sequence[RawBlock], *steps: EpochStep
) -> tuple[int, str, Blame]:
    source = ChainSource(handed_out(blocks), chain)
    source.handovers = steps
    _, violation = await judged(chain.genesis, source)
    assert violation is not None, "the auditor took it"
    assert violation.block is not None, "no proof is kept"
    return said(violation)


def instead(chain: Chain, height: int, block: RawBlock) -> list[RawBlock]:
    """The chain with another block at a height, its last."""
    return [*chain.blocks[: height - 1], block]


def moved(chain: Chain, block: RawBlock, height: int, **header: Any) -> RawBlock:
    """The block at another height, certified by the members of the epoch that it says."""
    before = chain.blocks[height - 2].header
    parent = block_digest(chain.chain, before)
    place = {"height": height, "parent": parent, "time": before.time + 1_000, **header}
    return chain.certified(replace(block, header=replace(block.header, **place)))


def led(header: Header, epoch: Epoch, view: int) -> dict[str, int]:
    """A view of an epoch, and who leads it."""
    return {"epoch": header.epoch, "view": view, "proposer": epoch.validators.leader(view)}


def by_strangers(chain: Chain, block: RawBlock) -> RawBlock:
    """An honest first block of epoch 1, but members are strangers."""
    assert block.certificate is not None
    committee = Committee(STRANGERS, ValidatorSet(1, SEATS))
    own = committee.members.hash
    attested = replace(block.certificate.attestation, validators=own, next_validators=own)
    return replace(block, certificate=a_state_certificate(attested, committee=committee))


class TestHandovers:
    async def test_with_it_the_next_epoch_is_followed(self, chain: Chain) -> None:
        """[PROOF-3]"""
        verified = await accepts(chain)
        assert verified.believed.epoch == verified.ledger.standing.header.epoch == 1

    async def test_without_it_the_epoch_is_missing(self, chain: Chain) -> None:
        """[PROOF-1]"""
        found = await judged_with(chain, chain.blocks)
        assert found == (LAST + 1, "epoch_missing", Blame.WITHHELD)

    async def test_to_other_members_it_is_forged(self, chain: Chain) -> None:
        """[PROOF-3]"""
        step = a_step(chain.blocks[LAST - 1], chain.epoch.members[::-1])
        found = await judged_with(chain, chain.blocks, step)
        assert found == (LAST + 1, "epoch_forged", Blame.FORGED)

    async def test_by_too_few_it_is_forged(self, chain: Chain) -> None:
        """[PROOF-3]"""
        [good] = chain.steps
        few = replace(good.certificate, signatures=good.certificate.signatures[:2])
        found = await judged_with(chain, chain.blocks, replace(good, certificate=few))
        assert found == (LAST + 1, "epoch_forged", Blame.FORGED)

    @pytest.mark.parametrize("taken", [True, False])
    async def test_a_second_one_to_strangers_is_named(self, chain: Chain, taken: bool) -> None:
        """[EPOCH-4] a quorum signed it, whether the next block is the strangers' or not."""
        second = chain.certified(
            chain.blocks[6], last=True, next_validators=ValidatorSet(1, SEATS).hash
        )
        following = chain.blocks[LAST]
        if taken:
            following = by_strangers(chain, following)
        blocks = [*chain.blocks[:LAST], following]
        found = await judged_with(chain, blocks, a_step(second, SEATS))
        assert found == (LAST + 1, "epoch_wrong", Blame.BROKEN)

    async def test_a_second_one_to_the_right_members_is_named(self, chain: Chain) -> None:
        """[EPOCH-4] an epoch has one last height."""
        named = chain.epoch.validators.hash
        second = chain.certified(chain.blocks[6], last=True, next_validators=named)
        found = await judged_with(chain, chain.blocks, a_step(second, chain.epoch.members))
        assert found == (LAST + 1, "epoch_wrong", Blame.BROKEN)


class TestWhatIsAttested:
    """[EPOCH-4] of a height, by a quorum of its epoch."""

    def lies(self, chain: Chain) -> dict[str, tuple[int, dict[str, object]]]:
        stay, follow = chain.epochs[0].validators.hash, chain.epochs[1].validators.hash
        same = ValidatorSet(1, chain.epochs[0].members).hash
        strangers = ValidatorSet(1, SEATS).hash
        return {
            "ends before anything is fixed": (5, {"last": True, "next_validators": follow}),
            "ends as soon as it is fixed": (10, {"last": True, "next_validators": follow}),
            "ends a height early": (LAST - 1, {"last": True, "next_validators": follow}),
            "goes on": (LAST, {"last": False, "next_validators": stay}),
            "goes on, and hands over": (LAST, {"last": False}),
            "hands over to nobody else": (LAST, {"next_validators": same}),
            "hands over to its own epoch": (LAST, {"next_validators": stay}),
            "hands over to strangers": (LAST, {"next_validators": strangers}),
            "names others within": (5, {"next_validators": strangers}),
            "names the next within": (LAST - 1, {"next_validators": follow}),
            "ends an epoch that begins": (LAST + 1, {"last": True}),
        }

    @pytest.mark.parametrize(
        "lie",
        [
            "ends before anything is fixed",
            "ends as soon as it is fixed",
            "ends a height early",
            "goes on",
            "goes on, and hands over",
            "hands over to nobody else",
            "hands over to its own epoch",
            "hands over to strangers",
            "names others within",
            "names the next within",
            "ends an epoch that begins",
        ],
    )
    async def test_another_end_or_others_are_wrong(self, chain: Chain, lie: str) -> None:
        """[EPOCH-1], [CERT-2]"""
        height, said_too = self.lies(chain)[lie]
        lying = chain.certified(chain.blocks[height - 1], **said_too)
        found = await judged_with(chain, instead(chain, height, lying), *chain.steps)
        assert found == (height, "epoch_wrong", Blame.BROKEN)

    async def test_strangers_who_are_handed_the_network_get_no_further(self, chain: Chain) -> None:
        """[EPOCH-4] the node shows their first block and a handover that a quorum signed."""
        named = ValidatorSet(1, SEATS).hash
        lying = chain.certified(chain.blocks[LAST - 1], next_validators=named)
        blocks = [*instead(chain, LAST, lying), by_strangers(chain, chain.blocks[LAST])]
        found = await judged_with(chain, blocks, a_step(lying, SEATS))
        assert found == (LAST, "epoch_wrong", Blame.BROKEN)


class TestBlocks:
    async def test_one_of_the_next_epoch_before_the_last_height_is_wrong(
        self, chain: Chain
    ) -> None:
        """[EPOCH-5]"""
        for height in (5, 11, LAST):
            early = moved(chain, chain.blocks[LAST], height)
            found = await judged_with(chain, instead(chain, height, early), *chain.steps)
            assert found == (height, "epoch_wrong", Blame.BROKEN)

    async def test_one_above_the_last_height_is_no_part_of_the_chain(self, chain: Chain) -> None:
        """[EPOCH-3] though the members of epoch 0 attest it."""
        last = chain.blocks[LAST - 2]
        view = led(last.header, chain.epochs[0], LAST + 1)
        above = moved(chain, last, LAST + 1, **view)
        found = await judged_with(chain, instead(chain, LAST + 1, above), *chain.steps)
        assert found == (LAST + 1, "epoch_wrong", Blame.BROKEN)

    async def test_views_begin_at_one_with_an_epoch_and_only_then(self, chain: Chain) -> None:
        """[EPOCH-5], [BLOCK-4]"""
        for height, view in ((5, 1), (LAST + 2, 1), (LAST + 1, 0)):
            honest = chain.blocks[height - 1]
            epoch = chain.epochs[honest.header.epoch]
            again = moved(chain, honest, height, **led(honest.header, epoch, view))
            found = await judged_with(chain, instead(chain, height, again), *chain.steps)
            assert found == (height, "view_wrong", Blame.BROKEN)

    async def test_views_may_be_passed_over_at_its_beginning(self, chain: Chain) -> None:
        """[EPOCH-5]"""
        honest = chain.blocks[LAST]
        later = moved(chain, honest, LAST + 1, **led(honest.header, chain.epoch, 3))
        source = ChainSource(handed_out(instead(chain, LAST + 1, later)), chain)
        _, violation = await judged(chain.genesis, source)
        assert violation is None

    async def test_an_epoch_has_as_many_lanes_as_members(self) -> None:
        """[EPOCH-5] with epoch 3 the inn comes, and with epoch 4 south is gone."""
        grown = generations()
        for epoch in grown.epochs[3:]:
            height = epoch.after + 1
            honest = grown.blocks[epoch.after]
            before = len(grown.blocks[epoch.after - 1].header.cut)
            stale = moved(grown, honest, height, cut=(EMPTY_TIP,) * before)
            found = await judged_with(grown, instead(grown, height, stale), *grown.steps)
            assert found == (height, "cut_wrong", Blame.BROKEN)
