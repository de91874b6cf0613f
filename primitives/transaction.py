"""Transactions and the signatures that they need. Knows form; no state, no balance, no clock.

The id hashes the unsigned part, so nobody who relays a transaction can change its id. An action
that embeds signed things carries their public keys, so that ``signatures`` lists every check
without reading state; contracts only compare keys with roles (docs/spec/transactions.md).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from primitives import endorsement
from primitives.actions import BARE, KNOWN_TAGS, Action, endorsed, outputs_of, seat_of
from primitives.address import Policy, account_id, check_policy
from primitives.encoding import Digest, Malformed, Millis, Wire, decode, encode
from primitives.endorsement import KeySignature, Signatures
from primitives.hashing import TRANSACTION, TRANSACTION_SIGNATURE
from primitives.keys import Check, is_small_order

VERSION: Final = 1
MAX_TRANSACTION: Final = 32 * 1024
"""Bytes of a signed transaction: 256 outputs and 16 signatures take about 14 KiB."""
MAX_VALIDITY_MS: Final = 7 * 24 * 3600 * 1000
MAX_CHANNELS: Final = 256
MAX_TAG: Final = 0xFF
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


class SignedTransaction(Wire):
    """A transaction with the policy that the sender's id hashes, and its signatures."""

    transaction: Transaction
    policy: Policy
    signatures: Signatures


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """A signed transaction whose form was checked, with what every stage asks of it."""

    id: bytes
    signed: SignedTransaction
    size: int

    @property
    def transaction(self) -> Transaction:
        """The unsigned part."""
        return self.signed.transaction

    @property
    def weight(self) -> int:
        """What it costs everyone ([LANE-3])."""
        return weight_of(self.signed, self.size)


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
    ``sender_mismatch``, ``signatures_malformed``, ``endorsement_malformed``, ``seat_malformed``
    ([TX-1]..[TX-6], [TX-10], [TX-11]).
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
    if account_id(policy) != transaction.sender:
        raise Malformed("sender_mismatch", "the policy is not the sender's")
    endorsement.check_signatures(policy, signed.signatures, "signatures_malformed")
    if type(transaction.action) not in BARE:
        _check_carried(transaction.action, chain)
    return Decoded(transaction_id(transaction), signed, len(raw))


def _check_carried(action: Action, chain: bytes) -> None:
    carried = endorsed(action, chain)
    if carried is not None:
        endorsement.check_endorsement(carried[0])
    seat = seat_of(action, chain)
    if seat is not None and is_small_order(seat.public_key):
        raise Malformed("seat_malformed", "the consensus key has small order")


_SIGNED: Final = msgspec.msgpack.Decoder(SignedTransaction)


def reread_signed(raw: bytes) -> Decoded:
    """What ``decode_signed`` took once, here or in another process: its form is not checked again.

    A quarter of the time. Raises ``Malformed`` (``malformed``) for what is no transaction at all.
    """
    try:
        signed = _SIGNED.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed", str(error)) from None
    return Decoded(transaction_id(signed.transaction), signed, len(raw))


def _explained(error: Malformed, raw: bytes) -> Malformed:
    """Tell an action of a later release from bytes that mean nothing ([TX-7])."""
    if error.code != "malformed" or len(raw) > MAX_TRANSACTION:
        return error
    try:
        tag = msgspec.msgpack.decode(raw)[0][6][0]
    except (msgspec.DecodeError, ValueError, TypeError, IndexError, KeyError, RecursionError):
        return error
    is_tag = isinstance(tag, int) and 0 <= tag <= MAX_TAG
    if is_tag and tag not in KNOWN_TAGS and "Invalid value" in error.detail:
        return Malformed("action_unknown", f"no action has the tag 0x{tag:02x}")
    return error


def signatures(decoded: Decoded) -> list[Check]:
    """Every signature check that the transaction needs, embedded ones included."""
    signed = decoded.signed
    found = endorsement.checks(signed.policy, signed.signatures, signing_message(decoded.id))
    action = signed.transaction.action
    if type(action) in BARE:
        return found
    carried = endorsed(action, signed.transaction.chain)
    if carried is not None:
        by, message = carried
        found += endorsement.checks(by.policy, by.signatures, message)
    seat = seat_of(action, signed.transaction.chain)
    if seat is not None:
        found.append(seat)
    return found


def weight_of(signed: SignedTransaction, size: int) -> int:
    """What it costs everyone: signature checks + outputs + KiB begun ([LANE-3])."""
    action = signed.transaction.action
    checks = len(signed.signatures)
    if type(action) not in BARE:
        checks += _carried_checks(action, signed.transaction.chain)
    return checks + outputs_of(action) + (size + 1023) // 1024


def _carried_checks(action: Action, chain: bytes) -> int:
    carried = endorsed(action, chain)
    return (0 if carried is None else len(carried[0].signatures)) + (
        seat_of(action, chain) is not None
    )


__all__ = [
    "MAX_CHANNELS",
    "MAX_SEQUENCE",
    "MAX_TRANSACTION",
    "MAX_VALIDITY_MS",
    "VERSION",
    "Decoded",
    "KeySignature",
    "SignedTransaction",
    "Transaction",
    "decode_signed",
    "reread_signed",
    "signatures",
    "signing_message",
    "transaction_id",
    "weight_of",
]
