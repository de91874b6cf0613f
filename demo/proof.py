"""Checks a state proof from nothing but the genesis and docs/spec. Knows hashes; no code of ours.

The wallet checks its own balances. The totals of the network are checked here a second time and by
other means, so that nobody has to believe one program: certificates.md, trees.md and state.md are
followed with the standard library, any MessagePack reader and any Ed25519. (Signatures of honest
validators are valid under every reading of Ed25519, so the strict one of ``cryptography`` will do.)

Of one epoch only: a network that lives longer than an hour has to follow the handovers too.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SUPPLY_KEY: Final = b"\x01"
PARTNER_PREFIX: Final = b"\x20"
POSITION_PREFIX: Final = b"\x21"
LIMITS_PREFIX: Final = b"\x22"
OBLIGATION_PREFIX: Final = b"\x71"
CAMPAIGN_PREFIX: Final = b"\x90"
ORDER_PREFIX: Final = b"\xa0"
CONTENT_PREFIX: Final = b"\xb0"


class NotProven(Exception):
    """A proof does not show what it is said to show."""


@dataclass(frozen=True)
class Pinned:
    """What is believed from the start: the chain id, and each validator's name and key."""

    chain: bytes
    members: list[tuple[str, bytes]]

    @property
    def quorum(self) -> int:
        """n - f, of n members of whom f = (n-1)//3 may be faulty."""
        return len(self.members) - (len(self.members) - 1) // 3


@dataclass(frozen=True)
class Proven:
    """A value of the state (None: absent), and what the quorum that attested it says of it."""

    value: Any
    height: int
    state_root: str
    attested: int
    members: int


def pin(genesis: bytes) -> Pinned:
    """The trust that a canonical genesis gives ([GEN-1], [GEN-3])."""
    partners = msgspec.msgpack.decode(genesis)[7]
    return Pinned(_digest("chain", genesis), [(partner[0], partner[6]) for partner in partners])


def position_key(partner: str) -> bytes:
    """The key of a partner's position ([STATE-5])."""
    return _of_partner(POSITION_PREFIX, partner)


def partner_key(partner: str) -> bytes:
    """The key of who a partner is, and how it stands ([STATE-5])."""
    return _of_partner(PARTNER_PREFIX, partner)


def limits_key(partner: str) -> bytes:
    """The key of a partner's limits ([STATE-5])."""
    return _of_partner(LIMITS_PREFIX, partner)


def obligation_key(cycle: int, place: int) -> bytes:
    """The key of a payment between partners ([STATE-5])."""
    return OBLIGATION_PREFIX + cycle.to_bytes(4, "big") + bytes([place])


def campaign_key(campaign: str) -> bytes:
    """The key of a campaign, by its id in hex ([STATE-5])."""
    return CAMPAIGN_PREFIX + bytes.fromhex(campaign)


def order_key(order: str) -> bytes:
    """The key of an order, by its id in hex ([STATE-5])."""
    return ORDER_PREFIX + bytes.fromhex(order)


def content_key(content: str) -> bytes:
    """The key of a work that can be liked, by its id in hex ([STATE-5])."""
    return CONTENT_PREFIX + bytes.fromhex(content)


def check(pinned: Pinned, key: bytes, proof: str) -> Proven:
    """What base64 of an ``EntryProof`` proves about ``key``. Raises ``NotProven``."""
    try:
        certificate, proven_key, value, path = msgspec.msgpack.decode(b64decode(proof))
        if proven_key != key:
            raise NotProven("a proof of another entry")
        attestation, signatures = certificate
        _check_certificate(pinned, attestation, signatures)
        if root_of(key, value, path) != attestation[5]:
            raise NotProven("the entry is not under the attested root")
    except (ValueError, TypeError, IndexError, msgspec.DecodeError) as error:
        raise NotProven(f"not an entry proof: {error}") from None
    decoded = None if value is None else msgspec.msgpack.decode(value)
    root: bytes = attestation[5]
    return Proven(decoded, attestation[2], root.hex(), len(signatures), len(pinned.members))


def value_hash(value: bytes) -> bytes:
    """What a leaf of the state holds of its value ([TREE-6])."""
    return _digest("tree/value", value)


def _of_partner(prefix: bytes, code: str) -> bytes:
    return prefix + bytes([len(code)]) + code.encode()


def _digest(domain: str, *parts: bytes) -> bytes:
    return sha256(b"LiqBon/" + domain.encode() + b"\0" + b"".join(parts)).digest()


def _check_certificate(pinned: Pinned, attestation: Any, signatures: Any) -> None:
    """[CERT-1], [CERT-2]: a quorum of the genesis' validators signed this attestation."""
    chain, epoch, *_ = attestation
    validators = msgspec.msgpack.encode([0, pinned.members])
    if chain != pinned.chain or epoch != 0:
        raise NotProven("attested on another chain, or in another epoch")
    if attestation[7] != _digest("validators", validators):
        raise NotProven("attested by other validators than those of the genesis")
    authors = [author for author, _ in signatures]
    if sorted(set(authors)) != authors or len(authors) < pinned.quorum:
        raise NotProven(f"signed by {len(set(authors))}, {pinned.quorum} are a quorum")
    message = b"LiqBon/sign/attest\0" + msgspec.msgpack.encode(attestation)
    for author, signature in signatures:
        try:
            Ed25519PublicKey.from_public_bytes(pinned.members[author][1]).verify(signature, message)
        except InvalidSignature:
            raise NotProven(f"a signature that {pinned.members[author][0]} never made") from None


def root_of(key: bytes, value: bytes | None, path: Any) -> bytes:
    """[TREE-8]: the root to which the path leads, its directions read from the asked key."""
    siblings, end = path
    place = _digest("tree/key", key)
    bits = f"{int.from_bytes(place, 'big'):0256b}"
    if value is not None and end != [place, value_hash(value)]:
        raise NotProven("another entry stands there")
    if value is None and end is not None:
        other = f"{int.from_bytes(end[0], 'big'):0256b}"
        if end[0] == place or other[: len(siblings)] != bits[: len(siblings)]:
            raise NotProven("that does not show that nothing stands there")
    node = bytes(32) if end is None else _digest("tree/leaf", *end)
    for depth in reversed(range(len(siblings))):
        pair = (siblings[depth], node) if bits[depth] == "1" else (node, siblings[depth])
        node = _digest("tree/node", *pair)
    return node
