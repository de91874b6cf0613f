"""The demonstration's own checker accepts what is proven and nothing else ([PROOF-2], [TREE-8])."""

from base64 import b64encode

import msgspec
import pytest
from msgspec.structs import replace

from demo.proof import (
    SUPPLY_KEY,
    NotProven,
    Pinned,
    campaign_key,
    check,
    content_key,
    order_key,
    pin,
    position_key,
)
from primitives import commerce, entries
from primitives.encoding import encode
from primitives.keys import ED25519
from primitives.proof import EntryProof, check_entry_proof, trust_genesis
from primitives.statetree import StateTree
from tests.builders import a_chain, a_genesis, a_state_certificate, an_attestation, an_id

SUPPLY = encode(entries.Supply(minted=900, redeemed=0, refunded=0))


def a_tree() -> StateTree:
    tree = StateTree()
    others = [(f"entry {i}".encode(), b"value") for i in range(200)]
    tree.commit(1, [(entries.SUPPLY_KEY, SUPPLY), *others])
    return tree


def a_proof(key: bytes = SUPPLY_KEY, value: bytes | None = SUPPLY) -> EntryProof:
    tree = a_tree()
    certificate = a_state_certificate(an_attestation(7, state_root=tree.root))
    return EntryProof(certificate, key, value, tree.prove(key))


def text(proof: EntryProof) -> str:
    return b64encode(encode(proof)).decode()


@pytest.fixture(scope="module")
def pinned() -> Pinned:
    return pin(encode(a_genesis()))


def test_genesis_is_pinned_by_the_same_digest(pinned: Pinned) -> None:
    assert pinned.chain == a_chain()
    assert [name for name, _ in pinned.members] == ["north", "east", "south", "west"]
    assert pinned.quorum == 3


def test_keys_are_those_of_the_ledger() -> None:
    assert entries.SUPPLY_KEY == SUPPLY_KEY
    assert entries.position_key("north") == position_key("north")
    id_ = an_id("something of somebody's")
    assert commerce.campaign_key(id_) == campaign_key(id_.hex())
    assert commerce.order_key(id_) == order_key(id_.hex())
    assert commerce.content_key(id_) == content_key(id_.hex())


def test_a_value_is_proven_with_who_attests_it(pinned: Pinned) -> None:
    proof = a_proof()
    check_entry_proof(trust_genesis(a_genesis()), ED25519, proof)
    proven = check(pinned, SUPPLY_KEY, text(proof))
    assert (proven.value, proven.height, proven.attested, proven.members) == ([900, 0, 0], 7, 3, 4)
    assert bytes.fromhex(proven.state_root) == a_tree().root


@pytest.mark.parametrize("number", range(200, 220))
def test_absence_is_proven(pinned: Pinned, number: int) -> None:
    key = f"entry {number}".encode()
    assert check(pinned, key, text(a_proof(key, None))).value is None


def test_another_value_is_not(pinned: Pinned) -> None:
    with pytest.raises(NotProven, match="another entry"):
        check(pinned, SUPPLY_KEY, text(a_proof(value=encode([901, 0, 0]))))


def test_a_present_entry_is_not_absent(pinned: Pinned) -> None:
    with pytest.raises(NotProven, match="nothing stands there"):
        check(pinned, SUPPLY_KEY, text(a_proof(value=None)))


def test_a_proof_of_another_key_is_not(pinned: Pinned) -> None:
    with pytest.raises(NotProven, match="another entry"):
        check(pinned, position_key("north"), text(a_proof()))


def test_another_root_is_not_attested(pinned: Pinned) -> None:
    proof = a_proof()
    siblings = (bytes(32), *proof.proof.siblings[1:])
    with pytest.raises(NotProven, match="under the attested root"):
        check(
            pinned, SUPPLY_KEY, text(replace(proof, proof=replace(proof.proof, siblings=siblings)))
        )


def test_two_of_four_are_no_quorum(pinned: Pinned) -> None:
    proof = a_proof()
    two = replace(proof.certificate, signatures=proof.certificate.signatures[:2])
    with pytest.raises(NotProven, match="signed by 2, 3 are a quorum"):
        check(pinned, SUPPLY_KEY, text(replace(proof, certificate=two)))


def test_one_who_signs_three_times_is_no_quorum(pinned: Pinned) -> None:
    proof = a_proof()
    first = proof.certificate.signatures[0]
    thrice = replace(proof.certificate, signatures=(first, first, first))
    with pytest.raises(NotProven, match="signed by 1"):
        check(pinned, SUPPLY_KEY, text(replace(proof, certificate=thrice)))


def test_signatures_are_of_this_attestation(pinned: Pinned) -> None:
    proof = a_proof()
    other = replace(proof.certificate.attestation, height=8)
    forged = replace(proof.certificate, attestation=other)
    with pytest.raises(NotProven, match="never made"):
        check(pinned, SUPPLY_KEY, text(replace(proof, certificate=forged)))


def test_another_chain_is_another_network(pinned: Pinned) -> None:
    other = pin(encode(replace(a_genesis(), time=a_genesis().time + 1)))
    with pytest.raises(NotProven, match="another chain"):
        check(other, SUPPLY_KEY, text(a_proof()))


@pytest.mark.parametrize(
    "damaged", ["", "AAAA", "!", b64encode(msgspec.msgpack.encode([1, 2, 3, 4])).decode()]
)
def test_what_is_no_proof_is_refused(pinned: Pinned, damaged: str) -> None:
    with pytest.raises(NotProven):
        check(pinned, SUPPLY_KEY, damaged)


def test_no_single_byte_of_a_proof_can_be_changed(pinned: Pinned) -> None:
    good = encode(a_proof())
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1
        with pytest.raises(NotProven):
            check(pinned, SUPPLY_KEY, b64encode(bad).decode())
