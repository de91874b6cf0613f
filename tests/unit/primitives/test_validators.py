"""The only quorum arithmetic, and which sets of members are refused: [CERT-1, CERT-2, LIVE-1]."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.certificate import MemberSignature, StateCertificate, check_certificate
from primitives.encoding import Malformed
from primitives.keys import ED25519, SMALL_ORDER_ENCODINGS, Check
from primitives.validators import MAX_VALIDATORS, Validator, ValidatorSet, check_members
from primitives.vote import Kind, attest_message
from tests.builders import a_certificate, a_chain, a_committee, a_key, an_attestation


class EverySignature:
    """Finds every signature valid: what is left to check is who signed."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        return True

    def verify_many(self, items: list[Check]) -> list[bool]:
        return [True] * len(items)


def a_set(n: int, epoch: int = 0) -> ValidatorSet:
    """Members whose keys nobody holds."""
    seats = [Validator(f"p{i}", i.to_bytes(2, "big") + b"\x77" * 30) for i in range(n)]
    return ValidatorSet(epoch, tuple(seats))


@pytest.mark.parametrize(
    ("n", "faults", "quorum"),
    [
        (1, 0, 1),
        (2, 0, 2),
        (3, 0, 3),
        (4, 1, 3),
        (5, 1, 4),
        (6, 1, 5),
        (7, 2, 5),
        (10, 3, 7),
        (100, 33, 67),
    ],
)
def test_f_is_a_third_and_a_quorum_all_but_f(n: int, faults: int, quorum: int) -> None:
    members = a_set(n)
    assert (members.size, members.faults, members.quorum) == (n, faults, quorum)


@given(st.integers(1, MAX_VALIDATORS))
def test_two_quorums_share_an_honest_member_and_the_honest_are_a_quorum(n: int) -> None:
    members = a_set(n)
    assert 2 * members.quorum - n >= members.faults + 1
    assert n - members.faults >= members.quorum
    assert 3 * members.faults < n


@given(st.integers(1, 12), st.data())
def test_a_certificate_holds_exactly_from_a_quorum_of_distinct_members_on(
    n: int, data: st.DataObject
) -> None:
    """[CERT-1]"""
    members = a_set(n)
    authors = data.draw(st.lists(st.integers(0, n + 1), min_size=1, max_size=n + 2))
    certificate = a_certificate(Kind.NOTARIZE, 1, bytes(32), authors=(0,))
    signature = certificate.signatures[0].signature
    signatures = tuple(MemberSignature(author, signature) for author in authors)
    claimed = type(certificate)(Kind.NOTARIZE, 0, 1, bytes(32), signatures)
    sound = authors == sorted(set(authors)) and authors[-1] < n and len(authors) >= members.quorum
    try:
        check_certificate(a_chain(), members, EverySignature(), claimed)  # type: ignore[arg-type]
        held = True
    except Malformed:
        held = False
    assert held == sound


def test_one_forged_signature_spoils_a_certificate_that_has_a_quorum_without_it() -> None:
    """[CERT-1] a relay that adds rubbish gains nothing by being believed."""
    committee = a_committee()
    attestation = an_attestation()
    message = attest_message(attestation)
    good = [MemberSignature(i, committee.signers[i].sign(message)) for i in range(3)]
    forged = MemberSignature(3, bytes(64))
    check_certificate(
        a_chain(), committee.members, ED25519, StateCertificate(attestation, tuple(good))
    )
    spoiled = StateCertificate(attestation, (*good, forged))
    with pytest.raises(Malformed, match="certificate_signature"):
        check_certificate(a_chain(), committee.members, ED25519, spoiled)


def test_the_hash_commits_to_epoch_order_seats_and_keys() -> None:
    """[CERT-2]"""
    members = a_set(4)
    first, second, *rest = members.members
    others = [
        ValidatorSet(1, members.members),
        ValidatorSet(0, (second, first, *rest)),
        ValidatorSet(0, members.members[:3]),
        ValidatorSet(0, (Validator("px", first.key), second, *rest)),
        ValidatorSet(0, (Validator(first.partner, bytes(32)), second, *rest)),
    ]
    assert len({one.hash for one in (members, *others)}) == 6
    assert all(len(one.hash) == 32 for one in others)


def test_leaders_take_turns() -> None:
    """[LIVE-1]"""
    assert [a_set(3).leader(view) for view in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_a_member_is_found_by_its_key_and_by_its_place() -> None:
    members = a_set(4)
    assert [members.index_of(members.key(i)) for i in range(4)] == [0, 1, 2, 3]
    assert members.index_of(bytes(32)) is None
    for index in (-1, 4):
        with pytest.raises(Malformed, match="validator_unknown"):
            members.key(index)


@pytest.mark.parametrize("n", [0, MAX_VALIDATORS + 1])
def test_a_set_of_another_size_is_refused(n: int) -> None:
    with pytest.raises(Malformed, match="validators_invalid"):
        check_members(a_set(n).members)


@pytest.mark.parametrize("key", sorted(SMALL_ORDER_ENCODINGS), ids=bytes.hex)
def test_a_key_for_which_anyone_can_sign_has_no_seat(key: bytes) -> None:
    with pytest.raises(Malformed, match="validators_invalid"):
        check_members((Validator("north", key),))


def test_seats_do_not_share_keys_or_names() -> None:
    one, two = a_key("one").public_key, a_key("two").public_key
    check_members((Validator("a", one), Validator("b", two)))
    for pair in (
        (Validator("a", one), Validator("a", two)),
        (Validator("a", one), Validator("b", one)),
    ):
        with pytest.raises(Malformed, match="validators_invalid"):
            check_members(pair)
