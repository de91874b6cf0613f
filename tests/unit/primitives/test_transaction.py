"""What a transaction must look like before anyone looks at a state: [TX-1] to [TX-7]."""

from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from primitives.actions import (
    KNOWN_TAGS,
    MAX_OUTPUTS,
    Action,
    CampaignClaim,
    CampaignClose,
    ContentLike,
    ContentRegister,
    Mint,
    OpenChannels,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Output,
    Tag,
    Transfer,
    outputs_of,
)
from primitives.address import Policy
from primitives.amount import MAX_PER_DAY
from primitives.commerce import Voucher
from primitives.encoding import Malformed, encode
from primitives.hashing import TRANSACTION
from primitives.keys import ED25519
from primitives.transaction import (
    MAX_TRANSACTION,
    Decoded,
    KeySignature,
    SignedTransaction,
    decode_signed,
    reread_signed,
    signatures,
    signing_message,
    transaction_id,
)
from tests.builders import (
    Person,
    a_chain,
    a_mint,
    a_person,
    a_transaction,
    a_transfer,
    an_open_channels,
    raw,
)

ALICE, BOB = a_person("Alice"), a_person("Bob")
FAMILY = a_person("family", keys=3, threshold=2)
CROWD = a_person("crowd", keys=16, threshold=16)
PAYMENT = a_transfer(ALICE, (BOB, 5))


def code_of(data: bytes, chain: bytes | None = None) -> str:
    with pytest.raises(Malformed) as caught:
        decode_signed(data, chain if chain is not None else a_chain())
    return caught.value.code


def altered(decoded: Decoded, **fields: object) -> bytes:
    """The signed transaction with other fields, and the signatures it had."""
    return encode(replace(decoded.signed, **fields))


def changed(decoded: Decoded, **fields: object) -> bytes:
    """With another transaction inside."""
    return altered(decoded, transaction=replace(decoded.signed.transaction, **fields))


@pytest.mark.parametrize(
    "decoded",
    [
        PAYMENT,
        a_transfer(ALICE, *((BOB, 1) for _ in range(256)), memo=bytes(32)),
        a_transfer(FAMILY, (ALICE, 2**63 - 1)),
        a_transfer(CROWD, (ALICE, 1), channel=255, sequence=2**53, valid_until=2**53),
        a_mint("north", ALICE, 7),
        an_open_channels(ALICE, 16),
    ],
    ids=["plain", "256 outputs", "2 of 3", "16 of 16", "mint", "channels"],
)
def test_a_sound_transaction_is_read_back_with_its_checks(decoded: Decoded) -> None:
    """[TX-1, TX-6]"""
    again = decode_signed(raw(decoded), a_chain())
    assert again == decoded
    checks = signatures(again)
    assert len(checks) == decoded.signed.policy.threshold
    assert ED25519.verify_many(checks) == [True] * len(checks)


def test_bytes_that_are_cut_lengthened_or_too_many_are_refused() -> None:
    """[TX-1]"""
    data = raw(PAYMENT)
    assert {code_of(data[:end]) for end in range(len(data))} == {"malformed"}
    assert code_of(data + b"\0") == "malformed"
    assert code_of(bytes(MAX_TRANSACTION + 1)) == "oversized"
    assert code_of(b"") == "malformed"
    assert code_of(b"\x91" * 30_000) == "malformed"


def test_a_longer_spelling_of_the_same_transaction_is_refused() -> None:
    """[TX-1]"""
    data = raw(PAYMENT)
    assert data[0] == 0x93
    assert code_of(b"\xdc\x00\x03" + data[1:]) == "not_canonical"


def test_every_single_byte_matters() -> None:
    """[TX-6] whatever is flipped: refused, another id, or a signature that does not hold."""
    data = raw(PAYMENT)
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 1
        try:
            decoded = decode_signed(bytes(broken), a_chain())
        except Malformed:
            continue
        assert not all(ED25519.verify_many(signatures(decoded))), place


def test_other_versions_are_unknown() -> None:
    """[TX-2]"""
    assert {code_of(changed(PAYMENT, version=version)) for version in (0, 2, -1)} == {
        "version_unknown"
    }


def test_a_transaction_of_another_chain_is_refused() -> None:
    """[TX-3]"""
    assert code_of(raw(PAYMENT), bytes(32)) == "wrong_chain"
    assert code_of(raw(a_transfer(ALICE, (BOB, 5), chain=bytes(32)))) == "wrong_chain"


def test_the_policy_must_be_the_sender_s() -> None:
    """[TX-4]"""
    assert code_of(changed(PAYMENT, sender=BOB.account)) == "sender_mismatch"
    assert code_of(altered(PAYMENT, policy=BOB.policy)) == "sender_mismatch"


def test_the_policy_must_be_valid() -> None:
    """[TX-4]"""
    key = ALICE.policy.keys[0]
    for policy in (Policy(0, (key,)), Policy(2, (key,)), Policy(1, (key, key)), Policy(1, ())):
        assert code_of(altered(PAYMENT, policy=policy)) == "policy_malformed"


def family_signatures(*places: int) -> tuple[KeySignature, ...]:
    return tuple(KeySignature(place, bytes(64)) for place in places)


@pytest.mark.parametrize("places", [(0,), (0, 1, 2), (1, 0), (1, 1), (0, 3), (0, 65_535)], ids=str)
def test_exactly_the_threshold_signs_in_ascending_order(places: tuple[int, ...]) -> None:
    """[TX-5]"""
    payment = a_transfer(FAMILY, (ALICE, 2))
    data = altered(payment, signatures=family_signatures(*places))
    assert code_of(data) == "signatures_malformed"


@pytest.mark.parametrize("places", [(0, 1), (0, 2), (1, 2)], ids=str)
def test_any_keys_of_the_policy_may_sign(places: tuple[int, ...]) -> None:
    """[TX-5] and the id is the same, whoever of them does [TX-6]."""
    transaction = a_transaction(FAMILY, Transfer((Output(ALICE.account, 2),)))
    message = signing_message(transaction_id(transaction))
    signed = SignedTransaction(
        transaction,
        FAMILY.policy,
        tuple(KeySignature(place, FAMILY.keys[place].sign(message)) for place in places),
    )
    decoded = decode_signed(encode(signed), a_chain())
    assert decoded.id == a_transfer(FAMILY, (ALICE, 2)).id
    assert all(ED25519.verify_many(signatures(decoded)))


def test_the_id_is_the_digest_of_the_unsigned_part() -> None:
    """[TX-6]"""
    assert PAYMENT.id == TRANSACTION.digest(encode(PAYMENT.signed.transaction))
    assert signing_message(PAYMENT.id) == b"LiqBon/sign/transaction\0" + PAYMENT.id


def with_action(action: list[object]) -> bytes:
    """The payment with another action in its bytes."""
    parts = msgspec.msgpack.decode(raw(PAYMENT))
    parts[0][6] = action
    return msgspec.msgpack.encode(parts)


FREE = sorted({*range(256)} - KNOWN_TAGS)
"""Tags of no action; a later release may give them to one."""


@pytest.mark.parametrize("fields", [[], [bytes(32)], [1, 2, 3]], ids=len)
def test_a_tag_that_no_action_has_is_told_from_bytes_that_mean_nothing(
    fields: list[object],
) -> None:
    """[TX-7] whatever stands after it."""
    assert len(FREE) == 256 - len(Tag)
    assert {code_of(with_action([tag, *fields])) for tag in FREE} == {"action_unknown"}


@pytest.mark.parametrize("tag", [256, 2**32, -1, "mint", None, b"\x10", True, [], 16.0])
def test_a_tag_that_is_no_byte_is_malformed(tag: object) -> None:
    """[TX-7]"""
    assert code_of(with_action([tag])) == "malformed"


def test_an_action_without_a_tag_is_malformed() -> None:
    """[TX-7]"""
    assert code_of(with_action([])) == "malformed"


def test_an_unknown_action_is_not_excused_by_other_faults() -> None:
    """[TX-7] what is told is that the bytes mean nothing, if they would not with a known action."""
    parts = msgspec.msgpack.decode(with_action([0xFF]))
    assert code_of(msgspec.msgpack.encode(parts[:2])) == "malformed"


def test_every_action_has_its_own_tag_and_every_tag_its_action() -> None:
    """[TX-7] the first element of its array."""
    tags = [kind.__struct_config__.tag for kind in get_args(Action)]
    assert sorted(tags) == sorted(int(tag) for tag in Tag) == sorted(KNOWN_TAGS)


A32 = BOB.account
VOUCHER = Voucher(A32, A32, None, A32, 0)


@pytest.mark.parametrize(
    "action",
    [
        [0x10],
        [0x10, []],
        [0x10, [[A32, 0]]],
        [0x10, [[A32, -1]]],
        [0x10, [[A32, 2**63]]],
        [0x10, [[A32, 1.0]]],
        [0x10, [[A32, "1"]]],
        [0x10, [[A32, True]]],
        [0x10, [[A32[1:], 1]]],
        [0x10, [[A32 + b"\0", 1]]],
        [0x10, [[A32, 1, 1]]],
        [0x10, [[A32]]],
        [0x10, [[A32, 1]] * (MAX_OUTPUTS + 1)],
        [0x10, [[A32, 1]], None],
        [0x11, 0],
        [0x11, 1],
        [0x11, 17],
        [0x20, "north", "bonus", 0, 1, A32, A32],
        [0x20, "north", "bonus", 1, 0, A32, A32],
        [0x20, "north", "bonus", 2**63, 1, A32, A32],
        [0x20, "", "bonus", 1, 1, A32, A32],
        [0x20, "North", "bonus", 1, 1, A32, A32],
        [0x20, "north-", "bonus", 1, 1, A32, A32],
        [0x20, "-north", "bonus", 1, 1, A32, A32],
        [0x20, "north\n", "bonus", 1, 1, A32, A32],
        [0x20, "n" * 33, "bonus", 1, 1, A32, A32],
        [0x20, "north", "b\u00f6nus", 1, 1, A32, A32],
        [0x20, "north", "bonus", 1, 1, A32[1:], A32],
        [0x30, "north", "miles", "", "mile", A32, "", 1, 1],
        [0x30, "north", "miles", "M" * 65, "mile", A32, "", 1, 1],
        [0x30, "north", "miles", "Miles", "mile", A32, "u" * 201, 1, 1],
        [0x30, "north", "miles", "Miles", "mile", A32, "", 0, 1],
        [0x30, "north", "miles", "Miles", "mile", A32, "", 1, 2**32],
        [0x31, "north", "bonus", 1, 0, 0],
        [0x31, "north", "bonus", 1, 1, -1],
        [0x32, "north", "bonus", 1],
        [0x50, "north", -1],
        [0x50, "north", 2**63],
        [0x51, "north", 0, MAX_PER_DAY + 1],
        [0x51, "north", MAX_PER_DAY + 1, 0],
        [0x51, "north", -1, 0],
        [0x52, ["north", -1, 0], [[1, [A32]], [[0, bytes(64)]]]],
        [0x53, ["north", 0, 0, 0], [[1, [A32]], [[0, bytes(64)]]]],
        [0x60, ["north", 0, 0, A32, None], [[1, [A32]], [[0, bytes(64)]]]],
        [0x60, ["north", 1, 0, A32[1:], None], [[1, [A32]], [[0, bytes(64)]]]],
        [0x60, ["north", 1, 0, A32, A32[1:]], [[1, [A32]], [[0, bytes(64)]]]],
        [0x60, ["north", 1, 2**53 + 1, A32, None], [[1, [A32]], [[0, bytes(64)]]]],
        [0x60, ["north", 1, 0, A32, None], [[1, [A32]], []]],
        [0x60, ["north", 1, 0, A32, None]],
        [0x61, "north", A32, A32, 0],
        [0x61, "north", A32, A32[1:], 1],
        [0x70, 0, 0, A32],
        [0x70, 1, 99, A32],
        [0x90, A32, 0, 1, 0, 1, 1],
        [0x90, A32, 1, 0, 0, 1, 1],
        [0x90, A32, 1, 1, -1, 1, 1],
        [0x90, A32, 1, 1, 0, 0, 1],
        [0x90, A32, 1, 1, 0, 65_536, 1],
        [0x90, A32, 1, 1, 0, 1, 2**53 + 1],
        [0x91, [A32, A32, A32[1:], A32, 1], [[1, [A32]], [[0, bytes(64)]]]],
        [0x91, [A32, A32, None, A32], [[1, [A32]], [[0, bytes(64)]]]],
        [0x92, A32, None],
        [0xA0, [A32, 0, None, 0, A32, 1, 1, A32], [[1, [A32]], [[0, bytes(64)]]]],
        [0xA0, [A32, 1, None, -1, A32, 1, 1, A32], [[1, [A32]], [[0, bytes(64)]]]],
        [0xA0, [A32, 1, None, 0, A32, 0, 1, A32], [[1, [A32]], [[0, bytes(64)]]]],
        [0xA0, [A32, 1, None, 0, A32, 90 * 86_400_000 + 1, 1, A32], [[1, [A32]], []]],
        [0xA1, A32, "a parcel"],
        [0xA1, A32],
        [0xA2, A32[1:]],
        [0xA5, A32, -1],
        [0xB0, "a song"],
        [0xB1, A32, 0],
        [0x70, 2**32, 0, A32],
        [0x70, 1, 0, None],
        [0x71, 1, -1],
        [0x72, 1],
        [0x73, 1, 0, None],
    ],
    ids=lambda action: repr(action)[:48],
)
def test_an_action_out_of_bounds_is_malformed(action: list[object]) -> None:
    """[TX-1]"""
    assert code_of(with_action(action)) == "malformed"


@pytest.mark.parametrize(
    ("field", "value"),
    [(3, 256), (3, -1), (4, 2**53 + 1), (4, -1), (5, 2**53 + 1), (5, -1), (7, b"text"), (7, "")],
)
def test_a_field_out_of_bounds_is_malformed(field: int, value: object) -> None:
    """[TX-1]"""
    parts = msgspec.msgpack.decode(raw(PAYMENT))
    parts[0][field] = value
    assert code_of(msgspec.msgpack.encode(parts)) == "malformed"


def test_what_was_taken_once_is_read_again_as_it_was() -> None:
    for decoded in (PAYMENT, a_mint("north", ALICE, 1), an_open_channels(ALICE, 2)):
        assert reread_signed(raw(decoded)) == decoded
    for nothing in (b"", b"\xc0", raw(PAYMENT)[:-1], raw(PAYMENT) + b"\0", b"\x93\xa1\xff\0\0"):
        with pytest.raises(Malformed, match="malformed"):
            reread_signed(nothing)


def test_weight_is_signatures_outputs_and_kib_begun() -> None:
    """[LANE-3]"""
    assert PAYMENT.size == len(raw(PAYMENT)) < 1024
    assert PAYMENT.weight == 1 + 1 + 1
    many = a_transfer(FAMILY, *((BOB, 1) for _ in range(256)))
    assert many.weight == 2 + 256 + (many.size + 1023) // 1024
    assert an_open_channels(ALICE, 2).weight == 1 + 0 + 1
    assert a_mint("north", ALICE, 1).weight == 1 + 1 + 1


def test_the_largest_transaction_fits() -> None:
    """[TX-1] 256 outputs of the largest amount, 16 signatures."""
    person: Person = CROWD
    outputs = [(BOB, 2**63 - 1)] * MAX_OUTPUTS
    largest = a_transfer(
        person, *outputs, memo=bytes(32), channel=255, sequence=2**53, valid_until=2**53
    )
    assert largest.size < MAX_TRANSACTION // 2


def test_outputs_are_what_else_an_action_touches() -> None:
    assert outputs_of(Transfer((Output(A32, 1),) * 3)) == 3
    assert outputs_of(OpenChannels(2)) == 0
    assert outputs_of(Mint("north", "bonus", 1, 1, A32, A32)) == 1
    assert outputs_of(CampaignClaim(VOUCHER, ALICE.endorse(b""))) == 2
    assert outputs_of(CampaignClose(A32)) == outputs_of(ContentLike(A32, 1)) == 1
    ends: list[Action] = [OrderRelease(A32), OrderRefund(A32), OrderResolve(A32, 1)]
    assert [outputs_of(action) for action in ends] == [3, 3, 3]
    assert outputs_of(OrderShip(A32, None)) == outputs_of(ContentRegister(A32)) == 0
