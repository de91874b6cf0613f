"""Signatures for simulations: keyed hashes that cost a microsecond, or real Ed25519.

The cheap scheme's secret is its public key, so anyone could forge; the adversaries here do not, as
no polynomial adversary could under the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, NamedTuple

from primitives.address import policy_of
from primitives.endorsement import Endorsement
from primitives.keys import ED25519, Check, SignatureScheme, Signer
from primitives.transaction import KeySignature
from tests.builders import Person, SignerOf, a_key, a_person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class KeyedHash:
    """The cheap scheme: a signature is BLAKE2b of the message, keyed with the public key."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        return blake2b(message, key=public_key).digest() == signature

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        return [self.verify(*item) for item in items]


class KeyedSigner:
    """A key of the cheap scheme."""

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key

    def sign(self, message: bytes) -> bytes:
        return blake2b(message, key=self.public_key).digest()


def keyed_signer(name: str) -> Signer:
    """The cheap key of a name."""
    return KeyedSigner(sha256(b"cheap key " + name.encode()).digest())


@dataclass(frozen=True)
class CheapPerson(Person):
    """Someone with one cheap key."""

    def endorse(self, message: bytes) -> Endorsement:
        """As any person signs, with the cheap key."""
        [key_name] = self.key_names
        return Endorsement(self.policy, (KeySignature(0, keyed_signer(key_name).sign(message)),))


@lru_cache(maxsize=1024)
def cheap_person(name: str) -> Person:
    """The person of a name."""
    policy = policy_of(1, [keyed_signer(name).public_key])
    return CheapPerson(name, (name,), policy)


class Keys(NamedTuple):
    """How everyone in a run signs."""

    scheme: SignatureScheme
    signer: SignerOf
    person: Callable[[str], Person]


CHEAP = Keys(KeyedHash(), keyed_signer, cheap_person)
REAL = Keys(ED25519, a_key, a_person)
