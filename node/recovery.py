"""Opens what a store holds: height 0 for an empty one, else the newest height, whole or not at all.

Knows what may be missing after a crash of the machine; repairs nothing. LevelDB may lose an older
unsynced write and keep a later one, so the root of all entries is compared with the one that was
attested to, and the newest records are counted: a store with a hole is refused, with what helps.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from contracts import epochs
from contracts.epochs import Epoch
from contracts.genesis import genesis_changes
from contracts.transition import next_due_ms, protocol_at
from node.archive import (
    CHAIN_KEY,
    FORMAT,
    FORMAT_KEY,
    HEAD_KEY,
    STATE,
    Archive,
    BlockRecord,
    block_key,
    encode_receipts,
    epoch_key,
    height_bytes,
    receipts_key,
)
from node.state import LedgerState
from node.store import REMEDY, Change, StoreBroken
from node.world import Store
from primitives.block import genesis_block
from primitives.certificate import StateCertificate
from primitives.encoding import encode
from primitives.genesis import Genesis, chain_id
from primitives.merkle import list_root
from primitives.statetree import StateTree

CHECKED_HEIGHTS: Final = 256
"""Newest heights whose records are looked for: more than are ever unsynced."""


class Opened(NamedTuple):
    """What a store holds: the newest executed block, the epoch of the block after it, its state,
    the newest certificate."""

    head: BlockRecord
    epoch: Epoch
    state: LedgerState
    certified: StateCertificate | None


def kept_versions(genesis: Genesis) -> int:
    """Heights that stay provable: execution may be B heights ahead of what is attested."""
    return 2 * genesis.parameters.lag_bound + 2


def open_ledger(store: Store, genesis: Genesis) -> Opened:
    """What ``store`` holds; an empty one gets the state of ``genesis`` first.

    Takes about 10 us an entry. Raises ``StoreBroken`` if the store is another chain's, or not
    whole.
    """
    if store.get(FORMAT_KEY) is None:
        _found(store, genesis)
    _check_identity(store, chain_id(genesis))
    archive = Archive(store)
    height = int.from_bytes(store.get(HEAD_KEY) or b"", "big")
    _check_records(store, archive.oldest, height)
    head = archive.block(height)
    if head is None:
        raise StoreBroken(f"height {height} is missing: {REMEDY}")
    state = LedgerState(store, kept_versions(genesis))
    root = state.load(archive, height)
    if root != head.state_root:
        raise StoreBroken(
            f"the entries of height {height} have the root {root.hex()}, "
            f"not {head.state_root.hex()}: {REMEDY}"
        )
    epoch = _epoch_after(archive, head)
    return Opened(head, epoch, state, _newest_certificate(archive, height))


def _epoch_after(archive: Archive, head: BlockRecord) -> Epoch:
    """Raises ``StoreBroken``: an older write that was lost must not lengthen an epoch."""
    height, number = head.header.height, head.header.epoch
    epoch = archive.epoch(number)
    if epoch is not None and epoch.last != head.last:
        epoch = None
    if epoch is not None and epoch.last == height:
        epoch = archive.epoch(number + 1)
    if epoch is None:
        raise StoreBroken(f"what height {height} says of its epoch is not there: {REMEDY}")
    return epoch


def agrees(record: BlockRecord | None, certificate: StateCertificate) -> bool:
    """Whether the attested outcome of a height is mine."""
    attested = certificate.attestation
    return record is not None and (record.digest, record.state_root, record.receipts_root) == (
        attested.block,
        attested.state_root,
        attested.receipts_root,
    )


def _found(store: Store, genesis: Genesis) -> None:
    """Write height 0: the state that the founders agreed on."""
    digest, header = genesis_block(genesis)
    entries = genesis_changes(genesis)
    record = BlockRecord(
        header=header,
        digest=digest,
        batches=(),
        state_root=StateTree().load(entries),
        receipts_root=list_root([]),
        transactions=0,
        receipts=0,
        due=0,
        next_due_ms=next_due_ms(dict(entries)),
        protocol=protocol_at(dict(entries), 0),
        last=None,
    )
    changes: list[Change] = [(STATE + key, value) for key, value in entries]
    changes.append((epoch_key(0), encode(epochs.first(genesis))))
    changes.append((receipts_key(0), encode_receipts([])))
    changes.append((block_key(0), encode(record)))
    changes.append((HEAD_KEY, height_bytes(0)))
    changes.append((CHAIN_KEY, chain_id(genesis)))
    changes.append((FORMAT_KEY, FORMAT))
    store.write(changes, sync=True)


def _check_identity(store: Store, chain: bytes) -> None:
    found = store.get(FORMAT_KEY)
    if found != FORMAT:
        raise StoreBroken(f"the store has the format {found!r}, this release has {FORMAT!r}")
    other = store.get(CHAIN_KEY)
    if other != chain:
        raise StoreBroken(
            f"the store is of chain {(other or b'').hex()}, the genesis of chain {chain.hex()}"
        )


def _check_records(store: Store, oldest: int, height: int) -> None:
    first = max(oldest, height - CHECKED_HEIGHTS)
    found = sum(1 for _ in store.scan(block_key(first), block_key(height + 1)))
    if found != height + 1 - first:
        raise StoreBroken(f"of heights {first} to {height} only {found} are there: {REMEDY}")


def _newest_certificate(archive: Archive, height: int) -> StateCertificate | None:
    for certified in archive.certified_heights(height + 1):
        certificate = archive.certificate(certified)
        if certificate is not None and agrees(archive.block(certified), certificate):
            return certificate
    return None
