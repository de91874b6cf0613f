"""A mint at another rate than the one in force."""

from msgspec.structs import replace

from audit.violations import Blame
from contracts import issuance, programmes
from primitives.batch import decode_batch
from primitives.encoding import encode
from primitives.receipt import Outcome
from tests.builders import a_person, raw
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain, colluding

ALICE = a_person("alice")


async def test_a_node_that_rewrites_a_mint_is_told_by_the_batchs_digest() -> None:
    """[LANE-1]"""
    chain = an_honest_chain()
    block = chain.blocks[0]
    batch = decode_batch(block.batches[0])
    better = raw(Chain().mint(ALICE, 5_000, "r-1", amount=99_000_000))
    contents = (better, *batch.transactions[1:])
    doctored = replace(block, batches=(encode(replace(batch, transactions=contents)),))
    violation = await refusal(chain, [doctored])
    assert said(violation) == (1, "batch_forged", Blame.FORGED)


async def test_validators_who_mint_at_another_rate_are_refused() -> None:
    """[LEDGER-7]"""
    chain = Chain()
    chain.block([chain.mint(ALICE, 100, "r-1")])
    generous = chain.mint(ALICE, 100, "r-2", amount=2_000_000)
    with colluding(programmes, "worth", lambda honest, points, rate: 2_000_000):
        chain.block([generous])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == generous.id
    assert violation.difference == ("rate_mismatch", "done")
    assert violation.finding.decided == "rate_mismatch"


async def test_validators_who_deny_a_good_mint_are_refused_too() -> None:
    """[LEDGER-6]"""
    chain = Chain()
    good = chain.mint(ALICE, 100, "r-1")
    with colluding(issuance, "_deposit_refusal", lambda *given: Outcome.RATE_MISMATCH):
        chain.block([good])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (1, "receipt_wrong", Blame.BROKEN)
    assert violation.difference == ("done", "rate_mismatch")
