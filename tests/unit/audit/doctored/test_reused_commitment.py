"""One deposit is minted twice."""

from msgspec.structs import replace

from audit.violations import Blame
from contracts import issuance
from primitives.receipt import Outcome
from tests.builders import a_person
from tests.fakes.auditor import accepts, refusal, said
from tests.fakes.chains import Chain, an_honest_chain, blind_to, colluding

ALICE = a_person("alice")


async def test_a_node_that_hands_out_a_mints_batch_twice_is_told_by_the_cut() -> None:
    chain = an_honest_chain()
    block = chain.blocks[0]
    doctored = replace(block, order=block.order * 2, batches=block.batches * 2)
    violation = await refusal(chain, [doctored])
    assert said(violation) == (1, "order_forged", Blame.FORGED)


async def test_validators_who_let_a_deposit_be_minted_twice_are_refused() -> None:
    """[LEDGER-12]"""
    chain = Chain()
    chain.block([chain.mint(ALICE, 100, "one receipt")])
    again = chain.mint(ALICE, 100, "one receipt")
    with colluding(issuance, "_deposit_refusal", blind_to(Outcome.COMMITMENT_USED)):
        chain.block([], [again])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == again.id
    assert violation.difference == ("commitment_used", "done")


async def test_an_honest_refusal_of_the_same_deposit_is_no_violation() -> None:
    chain = Chain()
    chain.block([chain.mint(ALICE, 100, "one receipt")])
    chain.block([], [chain.mint(ALICE, 100, "one receipt")])
    tally = (await accepts(chain)).ledger.standing.tally
    assert (tally.done, tally.refused) == (1, 1)
