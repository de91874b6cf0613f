"""Ed25519 keys and signatures. Knows when a signature is valid; not what was signed, or why.

The validity rule is ZIP-215 (https://zips.z.cash/zip-0215): the cofactored equation, canonical S,
any encoding of the points. It is the one rule that gives the same verdict for one signature and
for a batch of them; validators that disagreed about a signature would fork the chain ([CRYPTO-1]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

import ed25519_zebra
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PublicKey: TypeAlias = bytes
"""32 bytes, an encoded point of the curve (RFC 8032, section 5.1.2)."""

Signature: TypeAlias = bytes
"""64 bytes: the encoded point R, then the scalar S, little-endian."""

PUBLIC_KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
SEED_SIZE: Final = 32

_verify_zip215 = ed25519_zebra.ed_verify


class Check(NamedTuple):
    """A signature to verify: whose, over which bytes, and the claim itself."""

    public_key: PublicKey
    message: bytes
    signature: Signature


class SignatureScheme(Protocol):
    """Decides whether signatures are valid; a pure function of the bytes.

    The seam at which a native batch verifier, or a cheap scheme for simulations, takes its place.
    """

    def verify(self, public_key: PublicKey, message: bytes, signature: Signature) -> bool:
        """Whether ``signature`` is valid; False, and no error, for bytes of any other shape."""

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        """One verdict an item, in order; each is what ``verify`` says."""


class Signer(Protocol):
    """Holds one key, in this process or elsewhere, and signs with it."""

    @property
    def public_key(self) -> PublicKey:
        """32 bytes."""

    def sign(self, message: bytes) -> Signature:
        """64 bytes, the same ones each time for the same message (RFC 8032)."""


class Ed25519Scheme:
    """ZIP-215 by ``ed25519_zebra``, the library of the rule's author; about 50 us a check."""

    __slots__ = ()

    def verify(self, public_key: PublicKey, message: bytes, signature: Signature) -> bool:
        """Whether ``signature`` is valid under ZIP-215; False for wrong lengths ([CRYPTO-2])."""
        if len(public_key) != PUBLIC_KEY_SIZE or len(signature) != SIGNATURE_SIZE:
            return False
        return bool(_verify_zip215(signature, message, public_key))

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        """One verdict an item, in order. Holds the interpreter lock: use processes for more."""
        verify = self.verify
        return [verify(public_key, message, signature) for public_key, message, signature in items]


ED25519: Final[SignatureScheme] = Ed25519Scheme()
"""The signature scheme of every LiqBon chain."""


class Ed25519Key:
    """A private key held in this process. Its secret appears in no text form and no pickle."""

    __slots__ = ("_private_key", "public_key")

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key: PublicKey = private_key.public_key().public_bytes_raw()

    @classmethod
    def from_seed(cls, seed: bytes) -> Ed25519Key:
        """The key of a 32-byte seed (RFC 8032's private key). ValueError for any other size."""
        if len(seed) != SEED_SIZE:
            raise ValueError(f"an Ed25519 seed has {SEED_SIZE} bytes, not {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> Signature:
        """64 bytes, deterministic (RFC 8032, section 5.1.6)."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"Ed25519Key(public_key={self.public_key.hex()})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a private key is not copied or pickled")


# All 14 encodings of the 8 points whose order divides 8 that ZIP-215 decodes: y, once as it is and
# once with the sign bit set; y in {1, -1, 0, two values of order 8}, and the non-canonical y + p
# where that still fits in 255 bits. tests/unit/primitives/test_keys.py derives them from the curve.
_SMALL_ORDER_Y: Final = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)


def _both_signs(y_hex: str) -> tuple[bytes, bytes]:
    plain = bytes.fromhex(y_hex)
    return plain, plain[:31] + bytes([plain[31] | 0x80])


SMALL_ORDER_ENCODINGS: Final = frozenset(key for y in _SMALL_ORDER_Y for key in _both_signs(y))


def is_small_order(public_key: PublicKey) -> bool:
    """Whether the key is a point of order 1, 2, 4 or 8, in any encoding ([CRYPTO-3]).

    For such a key anyone can make valid signatures, so that it stands for nobody.
    """
    return public_key in SMALL_ORDER_ENCODINGS
