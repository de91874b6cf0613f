"""Keys and people that tests start from: a name is all that a key, and a person, is made of.

Knows how accounts sign; not what. Everything here is handed on by ``tests.builders``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from primitives.address import Policy, account_id, policy_of
from primitives.endorsement import Endorsement
from primitives.keys import Ed25519Key
from primitives.transaction import (
    KeySignature,
    SignedTransaction,
    Transaction,
    signing_message,
    transaction_id,
)


def seed_of(name: str) -> bytes:
    """32 bytes: the private key behind ``a_key(name)``."""
    return sha256(b"test key " + name.encode()).digest()


def a_key(name: str) -> Ed25519Key:
    """The Ed25519 key that belongs to ``name``."""
    return Ed25519Key.from_seed(seed_of(name))


@dataclass(frozen=True)
class Person:
    """An account with the keys that sign for it, in the order of its policy."""

    name: str
    key_names: tuple[str, ...]
    policy: Policy

    @cached_property
    def keys(self) -> tuple[Ed25519Key, ...]:
        return tuple(map(a_key, self.key_names))

    @cached_property
    def account(self) -> bytes:
        return account_id(self.policy)

    def sign(self, transaction: Transaction) -> SignedTransaction:
        """Signed by as many keys as the policy asks, the first ones."""
        signed = self.endorse(signing_message(transaction_id(transaction)))
        return SignedTransaction(transaction, signed.policy, signed.signatures)

    def endorse(self, message: bytes) -> Endorsement:
        """Signed likewise, for another to carry."""
        signers = self.keys[: self.policy.threshold]
        signatures = tuple(KeySignature(i, key.sign(message)) for i, key in enumerate(signers))
        return Endorsement(self.policy, signatures)


@lru_cache(maxsize=4096)
def a_person(name: str, keys: int = 1, threshold: int = 1) -> Person:
    """Someone with ``keys`` keys, of which ``threshold`` sign."""
    names = [f"{name} {place}" for place in range(keys)]
    names.sort(key=lambda key_name: a_key(key_name).public_key)
    policy = policy_of(threshold, [a_key(key_name).public_key for key_name in names])
    return Person(name, tuple(names), policy)


def a_policy(*names: str, threshold: int = 1) -> Policy:
    """The policy of the keys ``a_key(name)``."""
    return policy_of(threshold, [a_key(name).public_key for name in names])
