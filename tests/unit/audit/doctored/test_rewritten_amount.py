"""A payment that its owner signed gets another amount, or another receiver."""

from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawOrdered
from primitives.actions import Output, Transfer
from primitives.batch import Batch, decode_batch
from primitives.encoding import encode
from primitives.transaction import Decoded, transaction_id
from tests.builders import a_person, raw
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain

ALICE, BOB, MALLORY = a_person("alice"), a_person("bob"), a_person("mallory")


def rewritten(payment: Decoded, *outputs: Output) -> bytes:
    """The payment with other outputs and the signature that its owner gave."""
    transaction = replace(payment.transaction, action=Transfer(outputs))
    return encode(replace(payment.signed, transaction=transaction))


def with_money() -> Chain:
    chain = Chain()
    chain.block([chain.mint(ALICE, 5_000, "r-1"), chain.mint(MALLORY, 100, "r-2")])
    return chain


async def test_a_node_that_rewrites_an_amount_is_told_by_the_batchs_root() -> None:
    """[LANE-1]"""
    chain = an_honest_chain()
    block = chain.blocks[2]
    batch = decode_batch(block.batches[0])
    assert isinstance(batch, Batch)
    payment = with_money().transfer(ALICE, (BOB, 10))
    doctored_batch = encode(replace(batch, transactions=(raw(payment),)))
    doctored = replace(block, batches=(doctored_batch, *block.batches[1:]))
    violation = await refusal(chain, [*chain.blocks[:2], doctored])
    assert said(violation) == (3, "batch_forged", Blame.FORGED)


async def test_a_node_that_seals_the_batch_anew_is_told_by_its_digest() -> None:
    """[LANE-1]"""
    chain = with_money()
    payment = chain.transfer(ALICE, (BOB, 1_000_000))
    block = chain.block([payment])
    before = chain.blocks[0].header.cut[0]
    bent = chain.batch(0, [rewritten(payment, Output(MALLORY.account, 9))], before, 3)
    doctored = replace(block, batches=(encode(bent),))
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "batch_forged", Blame.FORGED)


async def test_validators_who_rewrite_a_payment_have_no_signature_for_it() -> None:
    """[TX-6], [LANE-2] All of them seal, order and attest it."""
    chain = with_money()
    payment = chain.transfer(ALICE, (BOB, 1_000_000))
    bent = rewritten(payment, Output(MALLORY.account, 40_000_000))
    chain.order([chain.batch(0, [bent], chain.cut[0], payment.weight)])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "batch_unsound", Blame.BROKEN)
    assert "signature_invalid" in violation.detail
    transaction = replace(
        payment.transaction, action=Transfer((Output(MALLORY.account, 40_000_000),))
    )
    assert violation.transaction == transaction_id(transaction)


async def test_validators_who_sign_for_a_customer_with_a_key_of_their_own_are_refused() -> None:
    """[TX-4]"""
    chain = with_money()
    payment = chain.transfer(MALLORY, (BOB, 100_000))
    transaction = replace(payment.transaction, sender=ALICE.account, sequence=0)
    forged = encode(MALLORY.sign(transaction))
    chain_of_forgers = Chain()
    chain_of_forgers.block([chain_of_forgers.mint(ALICE, 5_000, "r-1")])
    batch = chain_of_forgers.batch(0, [forged], chain_of_forgers.cut[0], payment.weight)
    honest = chain_of_forgers.block()
    tip = chain_of_forgers.tip(batch)
    header = replace(honest.header, cut=(tip, *honest.header.cut[1:]))
    order = (RawOrdered(0, tip.digest),)
    block = replace(honest, header=header, order=order, batches=(encode(batch),))
    doctored = chain_of_forgers.certified(block)
    violation = await refusal(chain_of_forgers, [chain_of_forgers.blocks[0], doctored])
    assert said(violation) == (2, "batch_unsound", Blame.BROKEN)
    assert "sender_mismatch" in violation.detail


async def test_a_batch_of_another_weight_than_it_says_is_unsound() -> None:
    """[LANE-3]"""
    chain = with_money()
    payment = chain.transfer(ALICE, (BOB, 1_000_000))
    chain.order([chain.batch(0, [raw(payment)], chain.cut[0], payment.weight - 1)])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "batch_unsound", Blame.BROKEN)
    assert "batch_weight" in violation.detail
