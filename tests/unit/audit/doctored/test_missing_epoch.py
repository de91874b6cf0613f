"""A block of an epoch to which no handover leads."""

from collections.abc import Sequence

from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawBlock
from primitives.proof import EpochStep
from primitives.validators import ValidatorSet
from tests.fakes.auditor import accepts, judged, said
from tests.fakes.chains import (
    NEXT,
    STRANGERS,
    Chain,
    ChainSource,
    an_honest_chain,
    beginning,
    ending,
    handed_out,
    step,
)


async def judged_with(
    chain: Chain, blocks: Sequence[RawBlock], *steps: EpochStep
) -> tuple[int, str, Blame]:
    source = ChainSource(handed_out(blocks), chain)
    source.handovers = steps
    _, violation = await judged(chain.genesis, source)
    assert violation is not None
    return said(violation)


async def test_an_epoch_without_a_handover_is_missing() -> None:
    """[PROOF-1]"""
    chain = an_honest_chain()
    blocks = ending(chain)
    found = await judged_with(chain, [*blocks, beginning(chain, blocks)])
    assert found == (5, "epoch_missing", Blame.WITHHELD)


async def test_with_the_handover_the_next_epoch_is_followed() -> None:
    """[PROOF-3]"""
    chain = an_honest_chain()
    blocks = ending(chain)
    source = ChainSource(handed_out([*blocks, beginning(chain, blocks)]))
    source.handovers = (step(blocks),)
    verified = await accepts(chain, source)
    assert verified.believed.epoch == verified.ledger.standing.header.epoch == 1


async def test_a_handover_to_other_members_is_forged() -> None:
    """[PROOF-3]"""
    chain = an_honest_chain()
    blocks = ending(chain)
    strangers = ValidatorSet(1, NEXT.members[::-1])
    found = await judged_with(chain, [*blocks, beginning(chain, blocks)], step(blocks, strangers))
    assert found == (5, "epoch_forged", Blame.FORGED)


async def test_a_handover_that_no_quorum_signed_is_forged() -> None:
    """[PROOF-3]"""
    chain = an_honest_chain()
    blocks = ending(chain)
    good = step(blocks)
    forged = replace(
        good, certificate=replace(good.certificate, signatures=good.certificate.signatures[:2])
    )
    found = await judged_with(chain, [*blocks, beginning(chain, blocks)], forged)
    assert found == (5, "epoch_forged", Blame.FORGED)


async def test_an_epoch_that_begins_before_the_last_one_ended_is_wrong() -> None:
    """[CERT-2] The handover is of height 4, and epoch 1 begins at height 3."""
    chain = an_honest_chain()
    blocks = ending(chain)
    early = beginning(chain, blocks[:2])
    found = await judged_with(chain, [*blocks[:2], early], step(blocks))
    assert found == (3, "epoch_wrong", Blame.BROKEN)


async def test_an_epoch_that_goes_on_after_its_last_height_is_wrong() -> None:
    """[CERT-2]"""
    chain = an_honest_chain()
    blocks = list(chain.blocks)
    blocks[2] = chain.certified(blocks[2], last=True, next_validators=NEXT.hash)
    assert await judged_with(chain, blocks) == (4, "epoch_wrong", Blame.BROKEN)


async def test_members_who_change_within_an_epoch_are_wrong() -> None:
    """[CERT-2]"""
    chain = an_honest_chain()
    blocks = list(chain.blocks)
    blocks[2] = chain.certified(blocks[2], next_validators=NEXT.hash)
    assert await judged_with(chain, blocks) == (3, "epoch_wrong", Blame.BROKEN)


async def test_a_quorum_that_hands_the_network_over_to_strangers_is_named() -> None:
    """[CERT-2] no action of this protocol makes anyone else a member, so no signature does."""
    chain = an_honest_chain()
    handed_over = chain.certified(chain.blocks[-1], last=True, next_validators=STRANGERS.hash)
    blocks = [*chain.blocks[:-1], handed_over]
    height = handed_over.header.height
    found = await judged_with(chain, blocks, step(blocks, STRANGERS))
    assert found == (height, "epoch_wrong", Blame.BROKEN)
