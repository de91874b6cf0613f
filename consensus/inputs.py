"""What can happen to the engine. Knows no transport, disk or clock: inputs come with a time."""

from __future__ import annotations

import msgspec

from consensus.effects import Record
from consensus.messages import (
    Attested,
    BeatCertified,
    Beating,
    BlockSent,
    Certified,
    ChainSent,
    FetchBlock,
    FetchCertificate,
    Propose,
    StateCertified,
    Status,
    Voted,
)
from primitives.batch import Batch


class VerifiedBatch(msgspec.Struct, frozen=True):
    """A batch whose author's signature, and every transaction's, were checked.

    ``fault`` says what is wrong with a transaction in it (evidence against the author), else None.
    """

    batch: Batch
    raw: bytes
    digest: bytes
    fault: str | None


Checked = (
    Propose
    | Voted
    | Certified
    | Attested
    | StateCertified
    | Beating
    | BlockSent
    | Status
    | FetchBlock
    | FetchCertificate
    | ChainSent
    | BeatCertified
    | VerifiedBatch
)
"""What a ``Verified`` can hold. FetchLane and FetchChain are answered by the replica from disk,
and Oldest tells it whom to ask."""


class Verified(msgspec.Struct, frozen=True):
    """A message whose every signature was checked. Made by ``consensus.verification`` alone."""

    message: Checked


class Received(msgspec.Struct, frozen=True):
    """A peer's message, or one's own after it was synced and sent. ``sender`` is a member index."""

    sender: int
    verified: Verified


class Woken(msgspec.Struct, frozen=True):
    """The time that a ``Wake`` named has come (or any other time: asking twice is harmless)."""


class Seal(msgspec.Struct, frozen=True):
    """Checked client transactions for the own lane's next batch, and their summed weight."""

    transactions: tuple[bytes, ...]
    weight: int


class Executed(msgspec.Struct, frozen=True):
    """A final height was executed by the rules of ``protocol``, and its state committed.

    ``next_validators`` is the hash of those of the height after; ``last`` the epoch's last height,
    once the execution of this or an earlier height has fixed it ([EPOCH-1]).
    """

    height: int
    block: bytes
    time: int
    state_root: bytes
    receipts_root: bytes
    next_due_ms: int | None
    protocol: int
    next_validators: bytes
    last: int | None = None


class Connected(msgspec.Struct, frozen=True):
    """A connection to ``peer`` is new: it may have missed anything."""

    peer: int


class Recovered(msgspec.Struct, frozen=True):
    """What the disk held at start: the journal's records in order, and the executed heights that
    have no state certificate yet, ascending."""

    records: tuple[Record, ...]
    executed: tuple[Executed, ...]


Input = Recovered | Received | Woken | Seal | Executed | Connected
