"""Receipts change places, go missing, or come from nowhere."""

from collections.abc import Sequence

from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawBlock
from primitives.receipt import Outcome, Receipt
from tests.builders import a_person
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain

ALICE = a_person("alice")


def begun() -> Chain:
    chain = Chain()
    chain.block()
    return chain


def claiming(chain: Chain, receipts: Sequence[Receipt]) -> list[RawBlock]:
    """The chain, whose last block has other receipts, attested by a quorum."""
    *before, last = chain.blocks
    return [*before, chain.certified(replace(last, receipts=tuple(receipts)))]


async def test_a_node_that_swaps_two_receipts_is_told_by_their_root() -> None:
    """[TREE-2]"""
    chain = an_honest_chain()
    block = chain.blocks[1]
    doctored = replace(block, receipts=block.receipts[::-1])
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "receipts_forged", Blame.FORGED)


async def test_a_node_that_leaves_a_receipt_out_is_told_by_their_root() -> None:
    """[TREE-3]"""
    chain = an_honest_chain()
    block = chain.blocks[1]
    doctored = replace(block, receipts=block.receipts[:-1])
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "receipts_forged", Blame.FORGED)


async def test_validators_who_attest_receipts_in_another_order_are_refused() -> None:
    """[RCPT-4]"""
    chain = begun()
    block = chain.block([chain.mint(ALICE, 100, "r-1"), chain.mint(ALICE, 100, "r-2")])
    claimed = block.receipts[::-1]
    violation = await refusal(chain, claiming(chain, claimed))
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert "another order" in violation.detail


async def test_validators_who_exchange_two_outcomes_are_named_with_the_first() -> None:
    """[RCPT-1]"""
    chain = begun()
    good, bad = chain.mint(ALICE, 100, "r-1"), chain.mint(ALICE, 100, "r-2", amount=1)

    def exchanged(receipts: Sequence[Receipt]) -> list[Receipt]:
        first, second = receipts
        return [
            Receipt(first.origin, second.outcome, ()),
            Receipt(second.origin, first.outcome, first.events),
        ]

    block = chain.block([good, bad])
    violation = await refusal(chain, claiming(chain, exchanged(block.receipts)))
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == good.id
    assert violation.difference == ("done", "rate_mismatch")


async def test_validators_who_hide_a_receipt_are_refused() -> None:
    """[RCPT-1]"""
    chain = begun()
    first, second = chain.mint(ALICE, 100, "r-1"), chain.mint(ALICE, 100, "r-2")
    block = chain.block([first, second])
    claimed = block.receipts[:1]
    violation = await refusal(chain, claiming(chain, claimed))
    assert violation.transaction == second.id
    assert violation.difference == ("done", "no receipt")


async def test_validators_who_give_a_skipped_payment_a_receipt_are_refused() -> None:
    """[RCPT-2]"""
    chain = begun()
    early = chain.mint(ALICE, 100, "r-2")
    chain.sequences.clear()
    chain.sequences[b"issuer of north"] = 5
    skipped = chain.mint(ALICE, 100, "r-3")
    block = chain.block([early, skipped])
    claimed = [*block.receipts, Receipt(skipped.id, Outcome.DONE, ())]
    violation = await refusal(chain, claiming(chain, claimed))
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == skipped.id
    assert violation.difference == ("sequence_early", "done")


async def test_validators_who_carry_out_nothing_of_something_are_refused() -> None:
    chain = begun()
    block = chain.block([chain.mint(ALICE, 100, "r-1")])
    claimed = [*block.receipts, Receipt(b"\7" * 32, Outcome.DONE, ())]
    violation = await refusal(chain, claiming(chain, claimed))
    assert violation.transaction == b"\7" * 32
    assert violation.difference == ("no receipt", "done")


async def test_validators_who_change_an_event_are_named_with_the_transaction() -> None:
    """[RCPT-4]"""
    chain = begun()
    mint = chain.mint(ALICE, 100, "r-1")
    block = chain.block([mint])
    claimed = [replace(block.receipts[0], events=())]
    violation = await refusal(chain, claiming(chain, claimed))
    assert violation.transaction == mint.id
    assert violation.difference == ("done, with other events", "done, with its events")
