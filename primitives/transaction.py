"""Transactions and the signatures that they need. Knows form; no state, no balance, no clock.

The id hashes the unsigned part, so nobody who relays a transaction can change its id. An action
that embeds signed things carries their public keys, so that ``signatures`` lists every check
without reading state; contracts only compare keys with roles (docs/spec/transactions.md).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from primitives.actions import RESERVED_TAGS, Action, outputs_of
from primitives.address import Policy, check_policy
from primitives.encoding import Digest, Index, Malformed, Millis, Signature, Wire, decode, encode
from primitives.hashing import ACCOUNT, TRANSACTION, TRANSACTION_SIGNATURE
from primitives.keys import Check

VERSION: Final = 1
MAX_TRANSACTION: Final = 32 * 1024
"""Bytes of a signed transaction: 256 outputs and 16 signatures take about 14 KiB."""
MAX_VALIDITY_MS: Final = 7 * 24 * 3600 * 1000
MAX_CHANNELS: Final = 256
MAX_SEQUENCE: Final = 2**53


class Transaction(Wire):
    """What the sender signs. ``valid_until`` is block time, milliseconds since 1970."""

    version: int
    chain: Digest
    sender: Digest
    channel: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CHANNELS)]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQUENCE)]
    valid_until: Millis
    action: Action
    memo: Digest | None


class KeySignature(Wire):
    """A signature by the policy's key at ``key``."""

    key: Index
    signature: Signature


class SignedTransaction(Wire):
    """A transaction with the policy that the sender's id hashes, and its signatures."""

    transaction: Transaction
    policy: Policy
    signatures: Annotated[tuple[KeySignature, ...], msgspec.Meta(min_length=1, max_length=16)]


class Decoded(msgspec.Struct, frozen=True):
    """A signed transaction whose form was checked, with what every stage asks of it."""

    id: bytes
    signed: SignedTransaction
    size: int
    weight: int

    @property
    def transaction(self) -> Transaction:
        """The unsigned part."""
        return self.signed.transaction


def transaction_id(transaction: Transaction) -> bytes:
    """32 bytes: the digest of the unsigned part."""
    return TRANSACTION.digest(encode(transaction))


def signing_message(id_: bytes) -> bytes:
    """What a key of the policy signs: the domain and the transaction's id."""
    return TRANSACTION_SIGNATURE.message(id_)


def decode_signed(raw: bytes, chain: bytes) -> Decoded:
    """Check everything about ``raw`` that needs neither state nor a signature check.

    Raises ``Malformed`` with a stable code: ``oversized``, ``malformed``, ``not_canonical``,
    ``action_unknown``, ``version_unknown``, ``wrong_chain``, ``policy_malformed``,
    ``sender_mismatch``, ``signatures_malformed`` ([TX-1]..[TX-6]).
    """
    try:
        signed = decode(SignedTransaction, raw, MAX_TRANSACTION)
    except Malformed as error:
        raise _explained(error, raw) from None
    transaction = signed.transaction
    if transaction.version != VERSION:
        raise Malformed("version_unknown", str(transaction.version))
    if transaction.chain != chain:
        raise Malformed("wrong_chain", transaction.chain.hex())
    policy = signed.policy
    check_policy(policy)
    if ACCOUNT.digest(encode(policy)) != transaction.sender:
        raise Malformed("sender_mismatch", "the policy is not the sender's")
    _check_signature_form(signed)
    size = len(raw)
    return Decoded(transaction_id(transaction), signed, size, weight_of(signed, size))


def _explained(error: Malformed, raw: bytes) -> Malformed:
    """Tell an action that is reserved but not built yet from bytes that mean nothing."""
    if error.code != "malformed" or len(raw) > MAX_TRANSACTION:
        return error
    try:
        tag = msgspec.msgpack.decode(raw)[0][6][0]
    except (msgspec.DecodeError, ValueError, TypeError, IndexError, KeyError, RecursionError):
        return error
    if isinstance(tag, int) and tag in RESERVED_TAGS and "Invalid value" in error.detail:
        return Malformed("action_unknown", f"tag 0x{tag:02x} is reserved")
    return error


def _check_signature_form(signed: SignedTransaction) -> None:
    policy = signed.policy
    signatures = signed.signatures
    if len(signatures) != policy.threshold:
        raise Malformed(
            "signatures_malformed",
            f"{len(signatures)} signatures, the policy asks {policy.threshold}",
        )
    last = -1
    for signature in signatures:
        if signature.key <= last or signature.key >= len(policy.keys):
            raise Malformed("signatures_malformed", "key indices must ascend within the policy")
        last = signature.key


def signatures(decoded: Decoded) -> list[Check]:
    """Every signature check that the transaction needs, embedded ones included."""
    message = signing_message(decoded.id)
    keys = decoded.signed.policy.keys
    return [Check(keys[s.key], message, s.signature) for s in decoded.signed.signatures]


def weight_of(signed: SignedTransaction, size: int) -> int:
    """What it costs everyone: signature checks + outputs + KiB begun ([LANE-3])."""
    return len(signed.signatures) + outputs_of(signed.transaction.action) + (size + 1023) // 1024
