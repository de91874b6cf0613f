"""A partner mints past what it may owe, or past its own day's cap."""

import pytest
from msgspec.structs import replace

from audit.violations import Blame
from contracts import issuance
from primitives.amount import MICRO
from primitives.receipt import Outcome
from tests.builders import LIMITS, a_genesis, a_person
from tests.fakes.auditor import accepts, refusal, said
from tests.fakes.chains import Chain, blind_to, colluding

ALICE = a_person("alice")
TIGHT = replace(LIMITS, credit=10 * MICRO, reserve=0, mint_per_day=1_000 * MICRO)
CAPPED = replace(LIMITS, mint_per_day=10 * MICRO)


async def test_a_node_that_calls_a_refused_mint_done_forges_the_receipts() -> None:
    """[RCPT-4]"""
    chain = Chain(a_genesis(limits=TIGHT))
    block = chain.block([chain.mint(ALICE, 1_001, "r-1")])
    assert block.receipts[0].outcome == Outcome.LIMIT_EXCEEDED
    doctored = replace(block, receipts=(replace(block.receipts[0], outcome=Outcome.DONE),))
    violation = await refusal(chain, [doctored])
    assert said(violation) == (1, "receipts_forged", Blame.FORGED)


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [(TIGHT, Outcome.LIMIT_EXCEEDED), (CAPPED, Outcome.DAILY_CAP_EXCEEDED)],
)
async def test_validators_who_let_a_partner_past_its_limit_are_refused(
    limits: object, outcome: Outcome
) -> None:
    """[LEDGER-8], [LEDGER-9]"""
    chain = Chain(a_genesis(limits=limits))  # type: ignore[arg-type]
    chain.block([chain.mint(ALICE, 1_000, "r-1")])
    over = chain.mint(ALICE, 1, "r-2")
    with colluding(issuance, "_room_refusal", blind_to(outcome)):
        chain.block([over])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == over.id
    assert violation.difference == (outcome.text, "done")


async def test_up_to_the_limit_nothing_is_wrong() -> None:
    chain = Chain(a_genesis(limits=TIGHT))
    chain.block([chain.mint(ALICE, 1_000, "r-1"), chain.mint(ALICE, 1, "r-2")])
    tally = (await accepts(chain)).ledger.standing.tally
    assert (tally.done, tally.refused) == (1, 1)
