"""Who sends what in a benchmark: keys, accounts and signed transfers. Knows bytes; no network.

Everything follows from a sender's number and its sequence, so that worker processes sign without
being told anything else, and a run can be repeated byte for byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from hashlib import sha256
from multiprocessing import get_context
from typing import Final, NamedTuple

from primitives.actions import Action, Output, Transfer
from primitives.address import Policy, account_id, single_key
from primitives.encoding import encode
from primitives.keys import Ed25519Key, Signer
from primitives.transaction import (
    VERSION,
    KeySignature,
    SignedTransaction,
    Transaction,
    signing_message,
    transaction_id,
)

AMOUNT: Final = 1
"""Units (of 10^-6 LiqBon) that each transfer moves: balances outlast any run."""
SIGN_SLICE: Final = 2_000
"""Transfers that a worker signs in one job."""
_STRIDE: Final = 2_654_435_761
"""A prime that scatters recipients over all accounts."""


class Holder(NamedTuple):
    """An account of one key, and the key."""

    key: Signer
    policy: Policy
    account: bytes


class Terms(NamedTuple):
    """What all transfers of a run have in common. ``valid_until`` is in milliseconds since 1970."""

    chain: bytes
    senders: int
    valid_until: int


def holder(name: str) -> Holder:
    """The holder whose key's seed is the digest of ``name``: for test networks only."""
    return holder_of(Ed25519Key.from_seed(sha256(b"benchmark " + name.encode()).digest()))


def holder_of(key: Signer) -> Holder:
    """The account of a single key."""
    policy = single_key(key.public_key)
    return Holder(key, policy, account_id(policy))


@lru_cache(maxsize=200_000)
def sender(number: int) -> Holder:
    """The sender of a number; derived once a process, at about 100 us."""
    return holder(f"sender {number}")


def signed(who: Holder, terms: Terms, sequence: int, action: Action) -> bytes:
    """A signed transaction's canonical bytes, on channel 0 and without a memo."""
    transaction = Transaction(
        VERSION, terms.chain, who.account, 0, sequence, terms.valid_until, action, None
    )
    signature = who.key.sign(signing_message(transaction_id(transaction)))
    return encode(SignedTransaction(transaction, who.policy, (KeySignature(0, signature),)))


def transfer(terms: Terms, number: int) -> bytes:
    """The ``number``-th transfer of a run: senders take turns, each with its next sequence.

    One signature, one output, to an account that exists and is not the sender's.
    """
    sequence, place = divmod(number, terms.senders)
    step = 1 + (number * _STRIDE) % (terms.senders - 1)
    to = sender((place + step) % terms.senders).account
    return signed(sender(place), terms, sequence, Transfer((Output(to, AMOUNT),)))


def transfers(terms: Terms, numbers: Iterable[int]) -> list[bytes]:
    """Several, in order."""
    return [transfer(terms, number) for number in numbers]


def accounts_of(numbers: Iterable[int]) -> list[bytes]:
    """The account ids of several senders, in order."""
    return [sender(number).account for number in numbers]


class Workshop:
    """Processes that sign before the clock starts; one a core. They hold keys, and idle in runs."""

    def __init__(self, workers: int | None = None) -> None:
        self._pool = ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn"))

    def accounts(self, count: int) -> list[bytes]:
        """The account ids of senders 0..count-1."""
        return self._spread(accounts_of, range(count))

    def transfers(self, terms: Terms, first: int, count: int) -> list[bytes]:
        """Transfers ``first``..``first + count - 1`` of a run, signed: about 60 us each a core."""
        return self._spread(partial(transfers, terms), range(first, first + count))

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown()

    def _spread(self, work: Callable[[Sequence[int]], list[bytes]], numbers: range) -> list[bytes]:
        slices = [numbers[i : i + SIGN_SLICE] for i in range(0, len(numbers), SIGN_SLICE)]
        return [made for part in self._pool.map(work, slices) for made in part]
