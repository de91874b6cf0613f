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
    follow,
    order_key,
    pin,
    position_key,
)
from primitives import commerce, entries
from primitives.encoding import encode
from primitives.keys import ED25519
from primitives.proof import EntryProof, EpochStep, check_entry_proof, trust_genesis
from primitives.statetree import StateTree
from primitives.validators import Validator, ValidatorSet
from tests.builders import (
    Committee,
    a_chain,
    a_committee,
    a_genesis,
    a_key,
    a_state_certificate,
    an_attestation,
    an_id,
)

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


def heirs(epoch: int) -> Committee:
    """Five members of a later epoch: the founders with other keys, and one more."""
    codes = ("north", "east", "south", "west", "new")
    signers = tuple(a_key(f"{code} in epoch {epoch}") for code in codes)
    seats = map(Validator, codes, (signer.public_key for signer in signers))
    return Committee(signers, ValidatorSet(epoch, tuple(seats)))


FIRST, SECOND = heirs(1), heirs(2)
QUORUM = {4: (0, 1, 2), 5: (1, 2, 3, 4)}
"""A quorum, by how many there are."""


def a_step(by: Committee, to: Committee, height: int, **wrong: object) -> EpochStep:
    """The handover from one epoch's members to the next at a height."""
    said = replace(
        an_attestation(height, members=by.members),
        **{"last": True, "next_validators": to.members.hash} | wrong,
    )
    signed = a_state_certificate(said, committee=by, authors=QUORUM[by.members.size])
    return EpochStep(signed, to.members.members)


STEPS = (a_step(a_committee(), FIRST, 10), a_step(FIRST, SECOND, 20))


def of_epoch(committee: Committee, height: int, authors: tuple[int, ...] = (1, 2, 3, 4)) -> str:
    """The supply, as members of an epoch attest it of a height."""
    tree = a_tree()
    said = an_attestation(height, state_root=tree.root, members=committee.members)
    signed = a_state_certificate(said, committee=committee, authors=authors)
    return text(EntryProof(signed, SUPPLY_KEY, SUPPLY, tree.prove(SUPPLY_KEY)))


def text(proof: EntryProof) -> str:
    return b64encode(encode(proof)).decode()


@pytest.fixture(scope="module")
def pinned() -> Pinned:
    return pin(encode(a_genesis()))


def test_genesis_is_pinned_by_the_same_digest(pinned: Pinned) -> None:
    assert pinned.chain == a_chain()
    assert [name for name, _ in pinned.newest.members] == ["north", "east", "south", "west"]
    assert pinned.newest.quorum == 3


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
    assert (proven.value, proven.height, proven.epoch) == ([900, 0, 0], 7, 0)
    assert (proven.signers, proven.members) == (("north", "east", "south"), 4)
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


def test_handovers_lead_from_the_founders_to_whoever_attests_now(pinned: Pinned) -> None:
    followed = follow(pinned, encode(STEPS))
    assert [(each.number, each.after, each.last) for each in followed.epochs] == [
        (0, 0, 10),
        (1, 10, 20),
        (2, 20, None),
    ]
    assert followed.newest.members == [(each.partner, each.key) for each in SECOND.members.members]
    for committee, height in ((FIRST, 20), (SECOND, 21)):
        proven = check(followed, SUPPLY_KEY, of_epoch(committee, height))
        assert (proven.epoch, proven.height) == (committee.members.epoch, height)
        assert (proven.signers, proven.members) == (("east", "south", "west", "new"), 5)
    assert check(followed, SUPPLY_KEY, text(a_proof())).epoch == 0


def test_steps_may_come_in_pages_or_again_from_the_first(pinned: Pinned) -> None:
    whole = follow(pinned, encode(STEPS))
    first = follow(pinned, encode(STEPS[:1]))
    assert follow(first, encode(STEPS[1:])) == follow(first, encode(STEPS)) == whole
    assert follow(whole, encode(())) == follow(whole, encode(STEPS)) == whole


def test_of_an_epoch_to_which_no_handover_led_nothing_is_proven(pinned: Pinned) -> None:
    with pytest.raises(NotProven, match="epoch 1, to which no handover led"):
        check(pinned, SUPPLY_KEY, of_epoch(FIRST, 11))


def test_four_of_five_are_a_quorum_and_three_are_none(pinned: Pinned) -> None:
    followed = follow(pinned, encode(STEPS))
    with pytest.raises(NotProven, match="signed by 3, 4 are a quorum"):
        check(followed, SUPPLY_KEY, of_epoch(SECOND, 21, (0, 1, 4)))


@pytest.mark.parametrize(("committee", "height"), [(FIRST, 10), (FIRST, 21), (SECOND, 20)], ids=str)
def test_members_speak_of_the_heights_of_their_epoch_only(
    pinned: Pinned, committee: Committee, height: int
) -> None:
    """[PROOF-1] Whoever left may still have the old key, and says nothing with it."""
    followed = follow(pinned, encode(STEPS))
    with pytest.raises(NotProven, match=f"height {height} is none of epoch"):
        check(followed, SUPPLY_KEY, of_epoch(committee, height))


def signed_by(step: EpochStep, *authors: int) -> EpochStep:
    """The step with fewer signatures, or others."""
    said = step.certificate.attestation
    signed = a_state_certificate(said, committee=a_committee(), authors=authors)
    return replace(step, certificate=signed)


GOOD = STEPS[0]
STRANGER = (*GOOD.members[:4], replace(GOOD.members[4], key=a_key("x").public_key))
NO_STEPS = {
    "signed by 2, 3 are a quorum": signed_by(GOOD, 0, 1),
    "that north never made": replace(
        GOOD,
        certificate=replace(
            GOOD.certificate,
            attestation=replace(GOOD.certificate.attestation, height=11),
        ),
    ),
    "by others than the validators of epoch 0": a_step(
        Committee(FIRST.signers, ValidatorSet(0, FIRST.members.members)), FIRST, 10
    ),
    "not attest the last height": a_step(a_committee(), FIRST, 10, last=False),
    "others follow than": replace(GOOD, members=STRANGER),
    "a step out of epoch 1, 0 is known": STEPS[1],
    "another chain": a_step(a_committee(), FIRST, 10, chain=bytes(32)),
}


@pytest.mark.parametrize("why", NO_STEPS)
def test_a_handover_for_which_no_quorum_of_the_epoch_signed_is_refused(
    pinned: Pinned, why: str
) -> None:
    """[PROOF-3]"""
    with pytest.raises(NotProven, match=why):
        follow(pinned, encode((NO_STEPS[why],)))


@pytest.mark.parametrize("damaged", [b"", b"\xc0", encode([1]), encode([[[1, 2], 3]])])
def test_what_are_no_steps_is_refused(pinned: Pinned, damaged: bytes) -> None:
    with pytest.raises(NotProven):
        follow(pinned, damaged)


def test_no_single_byte_of_a_step_can_be_changed(pinned: Pinned) -> None:
    good = encode(STEPS[:1])
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1
        try:
            followed = follow(pinned, bytes(bad))
        except NotProven:
            continue
        assert followed == pinned, place
