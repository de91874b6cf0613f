"""Intent to signed transaction. Knows forms and keys; asks no node, keeps nothing.

Whoever calls says which slot the transaction takes: the sequence comes from a proven account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from primitives.actions import Action, Mint, OpenChannels, Output, Transfer
from primitives.address import AccountId, Policy, account_id, single_key
from primitives.encoding import encode
from primitives.endorsement import Endorsement, KeySignature
from primitives.keys import Signer
from primitives.transaction import (
    MAX_VALIDITY_MS,
    VERSION,
    Decoded,
    SignedTransaction,
    Transaction,
    decode_signed,
    signing_message,
    transaction_id,
)

VALIDITY_MS: Final = 3_600_000
"""How long a transaction may wait to be executed, unless told otherwise: an hour."""

__all__ = [
    "Mint",
    "OpenChannels",
    "Output",
    "Slot",
    "Transfer",
    "VALIDITY_MS",
    "account_of",
    "build",
    "endorse",
    "transfer",
    "valid_until",
]


class Slot(msgspec.Struct, frozen=True):
    """The one place in the ledger that a transaction can take: at most one ever does."""

    chain: bytes
    channel: int
    sequence: int
    valid_until: int


def account_of(signer: Signer) -> AccountId:
    """The 32-byte id of the account of one key."""
    return account_id(single_key(signer.public_key))


def valid_until(now_ms: int, proven_ms: int, validity_ms: int = VALIDITY_MS) -> int:
    """Block time, in milliseconds, after which a transaction made now is dead.

    From the later of the own clock and the newest proven block, so that a slow clock does not make
    it dead at birth. ValueError beyond the ledger's 7 days.
    """
    if not 0 < validity_ms <= MAX_VALIDITY_MS:
        raise ValueError(f"a validity of {validity_ms} ms, at most {MAX_VALIDITY_MS}")
    return max(now_ms, proven_ms) + validity_ms


def transfer(outputs: Sequence[tuple[AccountId, int]]) -> Transfer:
    """Move units of 10^-6 LiqBon to 1..256 accounts."""
    return Transfer(tuple(Output(account, units) for account, units in outputs))


def build(signer: Signer, slot: Slot, action: Action, memo: bytes | None = None) -> Decoded:
    """Signed by the account of one key, and read back as every node will.

    Raises ``Malformed`` if the action is out of its bounds.
    """
    policy: Policy = single_key(signer.public_key)
    transaction = Transaction(
        VERSION,
        slot.chain,
        account_id(policy),
        slot.channel,
        slot.sequence,
        slot.valid_until,
        action,
        memo,
    )
    signature = signer.sign(signing_message(transaction_id(transaction)))
    signed = SignedTransaction(transaction, policy, (KeySignature(0, signature),))
    return decode_signed(encode(signed), slot.chain)


def endorse(signer: Signer, message: bytes) -> Endorsement:
    """The account of one key signs something that another transaction will carry.

    ``message`` is one of ``primitives.actions``: an invoice's, an attestation's, a release's.
    """
    return Endorsement(single_key(signer.public_key), (KeySignature(0, signer.sign(message)),))
