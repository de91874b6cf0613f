"""Accounts and their addresses. Knows who may sign for an account; not what it holds.

An account is the hash of its policy: which keys, and how many of them must sign. The policy itself
is shown only when the account signs. A person's policy is one key; a partner's role may be several.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, TypeAlias

from primitives import bech32m
from primitives.encoding import Malformed, Wire, encode
from primitives.hashing import ACCOUNT, DIGEST_SIZE
from primitives.keys import PUBLIC_KEY_SIZE, PublicKey, is_small_order

AccountId: TypeAlias = bytes
"""32 bytes."""

MAX_KEYS: Final = 16

MAIN_HRP: Final = "lqb"
TEST_HRP: Final = "tlqb"


class Policy(Wire):
    """Who signs for an account: any ``threshold`` of ``keys`` ([CRYPTO-4])."""

    threshold: int
    keys: tuple[bytes, ...]


def check_policy(policy: Policy) -> None:
    """Raises ``Malformed`` ``policy_malformed`` unless the policy is valid ([CRYPTO-4]).

    1 to 16 keys of 32 bytes, strictly ascending (so that one set of keys and one threshold are one
    account, whoever lists them), none of small order (anyone could sign for it); a threshold of 1
    to the number of keys.
    """
    keys = policy.keys
    if not 1 <= len(keys) <= MAX_KEYS:
        raise Malformed("policy_malformed", f"{len(keys)} keys, 1 to {MAX_KEYS} allowed")
    if not 1 <= policy.threshold <= len(keys):
        raise Malformed("policy_malformed", f"threshold {policy.threshold} of {len(keys)} keys")
    for key in keys:
        if len(key) != PUBLIC_KEY_SIZE:
            raise Malformed("policy_malformed", f"a key of {len(key)} bytes")
        if is_small_order(key):
            raise Malformed("policy_malformed", "a key of small order, for which anyone can sign")
    if len(keys) > 1 and any(left >= right for left, right in pairwise(keys)):
        raise Malformed("policy_malformed", "keys are not strictly ascending")


def single_key(public_key: PublicKey) -> Policy:
    """The policy of a person's account: this key, alone. Not checked."""
    return Policy(1, (public_key,))


def policy_of(threshold: int, keys: Iterable[PublicKey]) -> Policy:
    """The valid policy of these keys in whatever order. Raises as ``check_policy``."""
    policy = Policy(threshold, tuple(sorted(keys)))
    check_policy(policy)
    return policy


def account_id(policy: Policy) -> AccountId:
    """32 bytes: H("account", canonical policy) ([CRYPTO-5])."""
    return ACCOUNT.digest(encode(policy))


def address(account: AccountId, network_hrp: str) -> str:
    """The bech32m text of an account, ``lqb1...`` (on test networks ``tlqb1...``) ([CRYPTO-6])."""
    if len(account) != DIGEST_SIZE:
        raise ValueError(f"an account id has {DIGEST_SIZE} bytes, not {len(account)}")
    return bech32m.encode(network_hrp, account)


def parse_address(text: str, network_hrp: str) -> AccountId:
    """The 32-byte account id of an address on the network of ``network_hrp``.

    Raises ``Malformed``: ``address_malformed``, ``address_checksum``, or ``address_network`` when
    it is a good bech32m text under another human-readable part. Upper case is accepted, as QR codes
    use it; mixed case is not.
    """
    hrp, account = bech32m.decode(text)
    if hrp != network_hrp:
        raise Malformed("address_network", f"an address of {hrp!r}, not of {network_hrp!r}")
    if len(account) != DIGEST_SIZE:
        raise Malformed("address_malformed", f"{len(account)} bytes, not {DIGEST_SIZE}")
    return account
