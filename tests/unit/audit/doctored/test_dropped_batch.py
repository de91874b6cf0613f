"""A batch that the cut orders is left out, so that a payment seems never to have come."""

from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawOrdered
from primitives.batch import tip_of
from primitives.block import order_of
from primitives.encoding import encode
from tests.builders import a_person
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain


async def test_a_node_that_leaves_a_batch_out_withholds_it() -> None:
    chain = an_honest_chain()
    doctored = replace(chain.blocks[1], batches=chain.blocks[1].batches[1:])
    violation = await refusal(chain, [chain.blocks[0], doctored, *chain.blocks[2:]])
    assert said(violation) == (2, "batch_withheld", Blame.WITHHELD)


async def test_a_node_that_hides_that_there_was_one_is_told_by_the_cut() -> None:
    """[BLOCK-2]"""
    chain = an_honest_chain()
    block = chain.blocks[1]
    doctored = replace(block, order=block.order[1:], batches=block.batches[1:])
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "batch_withheld", Blame.WITHHELD)
    assert "0 batches are handed out, the cut orders 1" in violation.detail


async def test_a_node_that_hands_out_another_batch_instead_is_told_by_its_digest() -> None:
    """[LANE-1]"""
    chain = an_honest_chain()
    block = chain.blocks[1]
    doctored = replace(block, batches=(block.batches[1], *block.batches[1:]))
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "batch_forged", Blame.FORGED)


async def test_a_node_that_turns_the_order_round_is_told_by_the_cut() -> None:
    """[BLOCK-3]"""
    chain = an_honest_chain()
    block = chain.blocks[1]
    doctored = replace(block, order=block.order[::-1], batches=block.batches[::-1])
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "order_forged", Blame.FORGED)


async def test_validators_who_step_over_a_rivals_batch_break_its_lane() -> None:
    """[LANE-4] All sign a cut that goes on with the second batch, as if it were the first."""
    chain = Chain()
    alice, bob = a_person("alice"), a_person("bob")
    chain.block([chain.mint(alice, 5_000, "r-1")])
    dropped, kept = chain.batches(
        1, [chain.transfer(alice, (bob, 10_000))], [chain.transfer(alice, (bob, 20_000))]
    )
    honest = chain.order([dropped, kept])
    digest = chain.tip(kept).digest
    cut = list(honest.header.cut)
    cut[1] = tip_of(digest, replace(kept.header, seq=1))
    [order] = order_of(2, [[], [digest], [], []])
    doctored = chain.certified(
        replace(
            honest,
            header=replace(honest.header, cut=tuple(cut)),
            order=(RawOrdered(order.lane, order.digest),),
            batches=(encode(kept),),
        )
    )
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "lane_broken", Blame.BROKEN)
