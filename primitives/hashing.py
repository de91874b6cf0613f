"""Domain-separated digests. Knows SHA-256 and the closed list of domains; not what is hashed.

digest = SHA-256(b"LiqBon/" + name + b"\\x00" + parts...). No name contains a zero byte, so no
preimage of one domain is a preimage of another ([ENC-5]). A domain also prefixes what is signed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

DIGEST_SIZE: Final = 32
ZERO_DIGEST: Final = bytes(DIGEST_SIZE)


class Domain:
    """One purpose of a digest or a signature. ``name`` is ASCII without zero bytes."""

    __slots__ = ("name", "prefix")

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefix = b"LiqBon/" + name.encode("ascii") + b"\0"

    def digest(self, first: bytes = b"", *more: bytes) -> bytes:
        """32 bytes. The parts are concatenated: callers encode what has more than one field."""
        data = self.prefix + first  # most have one part, and a join costs a tenth of the hash
        return sha256(data + b"".join(more) if more else data).digest()

    def message(self, first: bytes = b"", *more: bytes) -> bytes:
        """What is given to Ed25519: the prefix and the parts, not hashed first."""
        data = self.prefix + first
        return data + b"".join(more) if more else data


CHAIN: Final = Domain("chain")
ACCOUNT: Final = Domain("account")
TRANSACTION: Final = Domain("transaction")
TRANSACTION_SIGNATURE: Final = Domain("sign/transaction")
INVOICE_SIGNATURE: Final = Domain("sign/invoice")
ATTESTATION_SIGNATURE: Final = Domain("sign/attestation")
RELEASE_SIGNATURE: Final = Domain("sign/release")
VOUCHER_SIGNATURE: Final = Domain("sign/voucher")
OFFER_SIGNATURE: Final = Domain("sign/offer")
ROLE_SIGNATURE: Final = Domain("sign/role")
SEAT_SIGNATURE: Final = Domain("sign/seat")
CONTENT: Final = Domain("content")
APPLICATION: Final = Domain("application")
BATCH: Final = Domain("batch")
BATCH_SIGNATURE: Final = Domain("sign/batch")
BLOCK: Final = Domain("block")
VOTE_SIGNATURE: Final = Domain("sign/vote")
ATTEST_SIGNATURE: Final = Domain("sign/attest")
BEAT_SIGNATURE: Final = Domain("sign/beat")
HELLO_SIGNATURE: Final = Domain("sign/hello")
POSSESSION_SIGNATURE: Final = Domain("sign/possession")
VALIDATORS: Final = Domain("validators")
COMMITMENT: Final = Domain("commitment")
DUE: Final = Domain("due")
LIST_LEAF: Final = Domain("list/leaf")
LIST_NODE: Final = Domain("list/node")
LIST_ROOT: Final = Domain("list/root")
TREE_KEY: Final = Domain("tree/key")
TREE_VALUE: Final = Domain("tree/value")
TREE_LEAF: Final = Domain("tree/leaf")
TREE_NODE: Final = Domain("tree/node")

ALL_DOMAINS: Final = (
    CHAIN,
    ACCOUNT,
    TRANSACTION,
    TRANSACTION_SIGNATURE,
    INVOICE_SIGNATURE,
    ATTESTATION_SIGNATURE,
    RELEASE_SIGNATURE,
    VOUCHER_SIGNATURE,
    OFFER_SIGNATURE,
    ROLE_SIGNATURE,
    SEAT_SIGNATURE,
    CONTENT,
    APPLICATION,
    BATCH,
    BATCH_SIGNATURE,
    BLOCK,
    VOTE_SIGNATURE,
    ATTEST_SIGNATURE,
    BEAT_SIGNATURE,
    HELLO_SIGNATURE,
    POSSESSION_SIGNATURE,
    VALIDATORS,
    COMMITMENT,
    DUE,
    LIST_LEAF,
    LIST_NODE,
    LIST_ROOT,
    TREE_KEY,
    TREE_VALUE,
    TREE_LEAF,
    TREE_NODE,
)
