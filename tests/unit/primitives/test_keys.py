"""Keys and signatures: what is valid, what is nobody's key, and what never leaks."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.keys import (
    ED25519,
    SMALL_ORDER_ENCODINGS,
    Check,
    Ed25519Key,
    is_small_order,
)

SEED = bytes(range(32))
KEY = Ed25519Key.from_seed(SEED)
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def points(encoding: bytes) -> list[tuple[int, int]]:
    """The points that an encoding stands for under ZIP-215: y may be above p, and x = 0 may have
    its sign bit set."""
    number = int.from_bytes(encoding, "little")
    y, sign = number % 2**255 % P, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    if root * root % P != square:
        return []
    return [(root if root & 1 == sign or root == 0 else P - root, y)]


def add(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def has_small_order(encoding: bytes) -> bool:
    for point in points(encoding):
        for _ in range(3):
            point = add(point, point)
        return point == (0, 1)
    return False


def test_every_listed_encoding_is_of_small_order() -> None:
    """[CRYPTO-3] The curve itself says so."""
    assert len(SMALL_ORDER_ENCODINGS) == 14
    assert all(has_small_order(encoding) for encoding in sorted(SMALL_ORDER_ENCODINGS))
    assert len({points(encoding)[0] for encoding in SMALL_ORDER_ENCODINGS}) == 8


def test_no_other_encoding_of_those_points_exists() -> None:
    """[CRYPTO-3] Every y below 2^255 of one of the 8 points, with either sign bit."""
    ys = {points(encoding)[0][1] for encoding in SMALL_ORDER_ENCODINGS}
    spellings = {
        (y + lift + (sign << 255)).to_bytes(32, "little")
        for y in ys
        for lift in (0, P)
        for sign in (0, 1)
        if y + lift < 2**255
    }
    assert spellings == SMALL_ORDER_ENCODINGS


def test_small_order_keys_are_told_from_others() -> None:
    assert is_small_order(bytes(32))
    assert not is_small_order(KEY.public_key)
    assert not has_small_order(KEY.public_key)
    assert not is_small_order(b"")


def test_a_signature_of_a_small_order_key_is_anyones() -> None:
    """[CRYPTO-3] Why such keys are refused: no secret was needed for this one."""
    identity = b"\x01" + bytes(31)
    assert ED25519.verify(identity, b"whatever", identity + bytes(32))


def test_what_a_key_signs_it_verifies() -> None:
    """[CRYPTO-7]"""
    signature = KEY.sign(b"message")
    assert len(KEY.public_key) == 32
    assert len(signature) == 64
    assert ED25519.verify(KEY.public_key, b"message", signature)
    assert KEY.sign(b"message") == signature
    assert not ED25519.verify(KEY.public_key, b"messagf", signature)
    assert not ED25519.verify(Ed25519Key.from_seed(bytes(32)).public_key, b"message", signature)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_no_bit_of_a_signature_can_change(bit: int) -> None:
    signature = bytearray(KEY.sign(b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    assert not ED25519.verify(KEY.public_key, b"message", bytes(signature))


def test_the_scalar_must_be_canonical() -> None:
    """[CRYPTO-1] S + L is the same scalar, and another spelling of the signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = KEY.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + order
    assert not ED25519.verify(
        KEY.public_key, b"message", signature[:32] + scalar.to_bytes(32, "little")
    )


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_verification_never_raises(public_key: bytes, message: bytes, signature: bytes) -> None:
    """[CRYPTO-2]"""
    assert not ED25519.verify(public_key, message, signature)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_verification_never_raises_for_the_right_sizes(public_key: bytes, signature: bytes) -> None:
    """[CRYPTO-2]"""
    assert ED25519.verify(public_key, b"", signature) in (True, False)


@pytest.mark.parametrize(("key_size", "size"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_wrong_sizes_are_invalid(key_size: int, size: int) -> None:
    """[CRYPTO-2]"""
    key = (KEY.public_key + b"\0")[:key_size]
    assert not ED25519.verify(key, b"message", (KEY.sign(b"message") + b"\0")[:size])


def test_many_verdicts_keep_their_places() -> None:
    good = Check(KEY.public_key, b"a", KEY.sign(b"a"))
    bad = Check(KEY.public_key, b"b", good.signature)
    short = Check(KEY.public_key[:-1], b"a", good.signature)
    assert ED25519.verify_many([good, bad, short, good]) == [True, False, False, True]
    assert ED25519.verify_many([]) == []


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Ed25519Key.from_seed(bytes(size))


def test_a_key_shows_its_public_half_alone() -> None:
    shown = f"{KEY!r} {KEY} {vars(type(KEY))}"
    assert KEY.public_key.hex() in shown
    assert SEED.hex() not in shown
    assert repr(SEED) not in shown


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_key_is_not_copied(duplicate: object) -> None:
    assert callable(duplicate)
    with pytest.raises(TypeError, match="not copied"):
        duplicate(KEY)


def test_the_scheme_travels_to_another_process() -> None:
    scheme = pickle.loads(pickle.dumps(ED25519))
    assert scheme.verify(KEY.public_key, b"m", KEY.sign(b"m"))
