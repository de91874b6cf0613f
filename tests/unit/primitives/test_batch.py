"""Batches, blocks and evidence by their verdicts: [LANE-1, LANE-2, BLOCK-1, BLOCK-3, EVID-1].

The golden vectors freeze the bytes and the verdicts; here stand the reasons.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from primitives.batch import (
    EMPTY_TIP,
    MAX_TRANSACTIONS,
    batch_digest,
    decode_batch,
    reread_batch,
    tip_of,
)
from primitives.block import block_digest, decode_header, genesis_block, is_empty, order_of
from primitives.encoding import Malformed, encode
from primitives.evidence import Evidence, Offence, SignedBatchHeader, batch_fault, check_evidence
from primitives.keys import ED25519
from primitives.transaction import Decoded
from primitives.vote import Kind
from tests.builders import (
    a_batch,
    a_block,
    a_chain,
    a_committee,
    a_genesis,
    a_person,
    a_transfer,
    a_vote,
)

ALICE, BOB = a_person("Alice"), a_person("Bob")
PAYMENTS = [a_transfer(ALICE, (BOB, 1), sequence=i) for i in range(3)]


def unsigned(decoded: Decoded) -> Decoded:
    [signature] = decoded.signed.signatures
    signatures = (replace(signature, signature=bytes(64)),)
    return replace(decoded, signed=replace(decoded.signed, signatures=signatures))


def test_a_sound_batch_has_no_fault_and_chains() -> None:
    """[LANE-1, LANE-2]"""
    first = a_batch(PAYMENTS[:1])
    tip = tip_of(batch_digest(a_chain(), first.header), first.header)
    second = a_batch(PAYMENTS[1:], parent=tip)
    for batch in (first, second):
        assert decode_batch(encode(batch)) == reread_batch(encode(batch)) == batch
        assert batch_fault(a_chain(), ED25519, batch) is None
    assert (second.header.seq, second.header.previous) == (2, tip.digest)
    assert second.header.cumulative == sum(payment.weight for payment in PAYMENTS)


def test_what_makes_a_batch_unsound_is_told() -> None:
    """[LANE-2]"""
    batch = a_batch(PAYMENTS)
    wrong_weight = replace(batch, header=replace(batch.header, weight=batch.header.weight + 1))
    assert batch_fault(a_chain(), ED25519, wrong_weight) == "batch_weight"
    assert batch_fault(a_chain(), ED25519, a_batch([unsigned(PAYMENTS[0])])) == "signature_invalid"
    foreign = a_batch([a_transfer(ALICE, (BOB, 1), chain=bytes(32))])
    assert batch_fault(a_chain(), ED25519, foreign) == "wrong_chain"
    rubbish = replace(batch, transactions=(b"rubbish",))
    assert batch_fault(a_chain(), ED25519, rubbish) == "malformed"


@given(st.binary(max_size=200))
def test_what_is_no_batch_is_no_batch_when_it_is_read_again(junk: bytes) -> None:
    """[LANE-2]"""
    for raw in (junk, encode(a_batch(PAYMENTS[:1])) + junk[:1] + b"\xc0"):
        with pytest.raises(Malformed, match="malformed"):
            reread_batch(raw)


def test_a_batch_holds_at_most_1024_transactions() -> None:
    """[LANE-1]"""
    full = a_batch(PAYMENTS[:1] * MAX_TRANSACTIONS)
    decode_batch(encode(full))
    with pytest.raises(Malformed, match="malformed"):
        decode_batch(encode(a_batch(PAYMENTS[:1] * (MAX_TRANSACTIONS + 1))))


def test_the_same_batch_on_another_chain_is_another_batch() -> None:
    header = a_batch(PAYMENTS).header
    assert batch_digest(a_chain(), header) != batch_digest(bytes(32), header)


def test_the_same_block_on_another_chain_is_another_block() -> None:
    """[BLOCK-1]"""
    header = a_block()
    assert block_digest(a_chain(), header) != block_digest(bytes(32), header)


def test_height_0_is_an_empty_block_of_the_genesis() -> None:
    """[BLOCK-1]"""
    genesis = a_genesis()
    digest, header = genesis_block(genesis)
    assert (header.height, header.view, header.time) == (0, 0, genesis.time)
    assert header.cut == (EMPTY_TIP,) * 4
    assert is_empty(header, a_block(1, parent=digest))
    assert decode_header(encode(header)) == header
    with pytest.raises(Malformed, match="version_unknown"):
        decode_header(encode(replace(header, version=2)))


@given(st.integers(0, 50), st.lists(st.integers(0, 5), min_size=1, max_size=7))
def test_a_cut_orders_each_new_batch_once_and_each_lane_in_its_order(
    height: int, depths: list[int]
) -> None:
    """[BLOCK-3]"""
    lanes = [[bytes([i, j]) for j in range(depth)] for i, depth in enumerate(depths)]
    order = order_of(height, lanes)
    for i, lane in enumerate(lanes):
        assert [one.digest for one in order if one.lane == i] == lane
    distances = [one.digest[1] for one in order]
    assert distances == sorted(distances)


def test_no_lane_is_first_for_ever() -> None:
    """[BLOCK-3]"""
    lanes = [[bytes([i])] for i in range(4)]
    assert {order_of(height, lanes)[0].lane for height in range(4)} == {0, 1, 2, 3}


def accusation(offence: Offence, first: bytes, second: bytes) -> Evidence:
    return Evidence(offence, 0, 1, first, second)


def holds(evidence: Evidence) -> bool:
    try:
        check_evidence(a_chain(), a_committee().members, ED25519, evidence)
    except Malformed:
        return False
    return True


def test_only_the_accused_s_own_contradictions_are_evidence() -> None:
    """[EVID-1] every pair of votes that honest members may sign in a view proves nothing."""
    one, two = bytes([1]) * 32, bytes([2]) * 32
    votes = [
        (kind, encode(a_vote(kind, 5, digest, author=1)))
        for kind, digest in itertools.product(Kind, (one, two, None))
        if (kind == Kind.NULLIFY) == (digest is None)
    ]
    proven = {
        (offence.name, first[0].name, second[0].name)
        for offence in Offence
        for first, second in itertools.product(votes, votes)
        if holds(accusation(offence, first[1], second[1]))
    }
    assert proven == {
        ("TWO_PROPOSALS", "PROPOSE", "PROPOSE"),
        ("TWO_NOTARIZE", "NOTARIZE", "NOTARIZE"),
        ("FINALIZE_AND_NULLIFY", "NULLIFY", "FINALIZE"),
        ("TWO_FINALIZE", "FINALIZE", "FINALIZE"),
    }


def test_a_forged_vote_accuses_nobody() -> None:
    """[EVID-1]"""
    one = a_vote(Kind.NOTARIZE, 5, bytes([1]) * 32, author=1)
    two = a_vote(Kind.NOTARIZE, 5, bytes([2]) * 32, author=1)
    forged = replace(two, signature=one.signature)
    assert holds(accusation(Offence.TWO_NOTARIZE, encode(one), encode(two)))
    assert not holds(accusation(Offence.TWO_NOTARIZE, encode(one), encode(forged)))
    assert not holds(replace(accusation(Offence.TWO_NOTARIZE, encode(one), encode(two)), accused=2))
    assert not holds(replace(accusation(Offence.TWO_NOTARIZE, encode(one), encode(two)), epoch=1))


def test_two_batches_of_different_places_are_no_offence() -> None:
    """[EVID-1]"""
    first = a_batch(PAYMENTS[:1], author=1)
    tip = tip_of(batch_digest(a_chain(), first.header), first.header)
    twin = a_batch(PAYMENTS[1:], author=1)
    next_one = a_batch(PAYMENTS[1:], author=1, parent=tip)
    signed = [encode(SignedBatchHeader(b.header, b.signature)) for b in (first, twin, next_one)]
    assert holds(accusation(Offence.TWO_BATCHES, signed[0], signed[1]))
    assert not holds(accusation(Offence.TWO_BATCHES, signed[0], signed[2]))
    assert not holds(accusation(Offence.TWO_BATCHES, signed[0], signed[0]))
