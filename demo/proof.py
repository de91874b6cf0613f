"""Checks a state proof from nothing but the genesis and docs/spec. Knows hashes; no code of ours.

The wallet checks its own balances. The totals of the network are checked here a second time and by
other means, so that nobody has to believe one program: certificates.md, trees.md and state.md are
followed with the standard library, any MessagePack reader and any Ed25519. (Signatures of honest
validators are valid under every reading of Ed25519, so the strict one of ``cryptography`` will do.)

Members change. Those of an epoch are believed because a quorum of the epoch before signed for them,
from genesis on, step by step.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, replace
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
class Epoch:
    """An epoch's members, by name and key. They speak for the heights above ``after``, up to
    ``last`` once that is proven."""

    number: int
    after: int
    members: list[tuple[str, bytes]]
    last: int | None = None

    @property
    def quorum(self) -> int:
        """n - f, of n members of whom f = (n-1)//3 may be faulty."""
        return len(self.members) - (len(self.members) - 1) // 3


@dataclass(frozen=True)
class Pinned:
    """What is believed: the chain id, and each epoch from the founders' on as it was handed over
    to; the newest one is the last."""

    chain: bytes
    epochs: tuple[Epoch, ...]

    @property
    def newest(self) -> Epoch:
        """The epoch to which the last handover led."""
        return self.epochs[-1]


@dataclass(frozen=True)
class Proven:
    """A value of the state (None: absent), and who attested it: ``signers`` of so many ``members``
    of an epoch, by name."""

    value: Any
    height: int
    state_root: str
    epoch: int
    signers: tuple[str, ...]
    members: int


def pin(genesis: bytes) -> Pinned:
    """The trust that a canonical genesis gives ([GEN-1], [GEN-3])."""
    partners = msgspec.msgpack.decode(genesis)[7]
    founders = [(partner[0], partner[6]) for partner in partners]
    return Pinned(_digest("chain", genesis), (Epoch(0, 0, founders),))


def follow(pinned: Pinned, steps: bytes) -> Pinned:
    """What is believed after an array of ``EpochStep``s; those out of earlier epochs say nothing
    new. Raises ``NotProven`` ([PROOF-1], [PROOF-3])."""
    try:
        for certificate, members in msgspec.msgpack.decode(steps):
            if certificate[0][1] >= pinned.newest.number:
                pinned = _handed_over(pinned, certificate, members)
    except (ValueError, TypeError, IndexError, msgspec.DecodeError) as error:
        raise NotProven(f"no steps from epoch to epoch: {error}") from None
    return pinned


def _handed_over(pinned: Pinned, certificate: Any, members: Any) -> Pinned:
    """One epoch more: a quorum of the newest one signed its last height, and who is next."""
    *before, ending = pinned.epochs
    attestation, _ = certificate
    if attestation[1] != ending.number:
        raise NotProven(f"a step out of epoch {attestation[1]}, {ending.number} is known")
    _check_certificate(pinned, certificate)
    if attestation[9] is not True:
        raise NotProven("it does not attest the last height of its epoch")
    number, height = ending.number + 1, attestation[2]
    if attestation[8] != _members_hash(number, members):
        raise NotProven("others follow than the step says")
    ended = replace(ending, last=height)
    begun = Epoch(number, height, [(partner, key) for partner, key in members])
    return Pinned(pinned.chain, (*before, ended, begun))


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
        epoch, signers = _check_certificate(pinned, certificate)
        attestation = certificate[0]
        if root_of(key, value, path) != attestation[5]:
            raise NotProven("the entry is not under the attested root")
    except (ValueError, TypeError, IndexError, msgspec.DecodeError) as error:
        raise NotProven(f"not an entry proof: {error}") from None
    decoded = None if value is None else msgspec.msgpack.decode(value)
    root: bytes = attestation[5]
    members = len(epoch.members)
    return Proven(decoded, attestation[2], root.hex(), epoch.number, signers, members)


def value_hash(value: bytes) -> bytes:
    """What a leaf of the state holds of its value ([TREE-6])."""
    return _digest("tree/value", value)


def _of_partner(prefix: bytes, code: str) -> bytes:
    return prefix + bytes([len(code)]) + code.encode()


def _digest(domain: str, *parts: bytes) -> bytes:
    return sha256(b"LiqBon/" + domain.encode() + b"\0" + b"".join(parts)).digest()


def _members_hash(number: int, members: Any) -> bytes:
    """The hash of an epoch's members ([CERT-2])."""
    return _digest("validators", msgspec.msgpack.encode([number, members]))


def _check_certificate(pinned: Pinned, certificate: Any) -> tuple[Epoch, tuple[str, ...]]:
    """[CERT-1], [CERT-2]: a quorum of its epoch's members signed it, for a height of theirs. Who
    that was, and in which epoch."""
    attestation, signatures = certificate
    chain, number, height, *_ = attestation
    if chain != pinned.chain:
        raise NotProven("attested on another chain")
    if not 0 <= number < len(pinned.epochs):
        raise NotProven(f"attested in epoch {number}, to which no handover led")
    epoch = pinned.epochs[number]
    if attestation[7] != _members_hash(number, epoch.members):
        raise NotProven(f"attested by others than the validators of epoch {number}")
    if height <= epoch.after or (epoch.last is not None and height > epoch.last):
        raise NotProven(f"height {height} is none of epoch {number}")
    authors = [author for author, _ in signatures]
    if sorted(set(authors)) != authors or len(authors) < epoch.quorum:
        raise NotProven(f"signed by {len(set(authors))}, {epoch.quorum} are a quorum")
    if not all(0 <= author < len(epoch.members) for author in authors):
        raise NotProven("signed by nobody of that epoch")
    message = b"LiqBon/sign/attest\0" + msgspec.msgpack.encode(attestation)
    for author, signature in signatures:
        name, key = epoch.members[author]
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            raise NotProven(f"a signature that {name} never made") from None
    return epoch, tuple(epoch.members[author][0] for author in authors)


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
