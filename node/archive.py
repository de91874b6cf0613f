"""What a node keeps of executed blocks, in keys and bytes. Knows layout; executes nothing.

One store holds everything, so that a height is written at once. The first byte of a key says what
it is; numbers in keys are big-endian, so that scans run in their order:

    m name                      what the store is, how far it got
    s state key                 a state entry's canonical value
    h height                    ``BlockRecord``
    r height                    the height's receipts, canonical array
    c height                    ``StateCertificate``
    b digest                    a batch that a block ordered, canonical
    l epoch lane seq            that batch's digest
    e epoch                     ``contracts.epochs.Epoch``
    t, a, d, i                  the indexes of ``node.index``

A node may let go of old heights (``node.pruning``). From ``oldest`` on everything is there; of what
is below, the record and the certificate of each epoch's last height are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Annotated, Final, Generic, TypeVar

import msgspec

from contracts.epochs import Epoch
from node.world import Store
from primitives.batch import Batch, BatchHeader
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.encoding import Count, Digest, Index, Malformed, Millis, Wire, decode
from primitives.merkle import ListProof, ListTree, leaf_hashes
from primitives.receipt import Receipt

FORMAT: Final = b"liqbon-2"
KEPT_RECEIPTS: Final = 32
KEPT_BATCHES: Final = 32
KEPT_EPOCHS: Final = 8

META: Final = b"m"
STATE: Final = b"s"
_BLOCK: Final = b"h"
_RECEIPTS: Final = b"r"
_CERTIFICATE: Final = b"c"
BATCH: Final = b"b"
_LANE: Final = b"l"
_EPOCH: Final = b"e"

FORMAT_KEY: Final = META + b"format"
CHAIN_KEY: Final = META + b"chain"
HEAD_KEY: Final = META + b"head"
OLDEST_KEY: Final = META + b"oldest"
DEAD_KEY: Final = META + b"dead"
DURABLE_KEY: Final = META + b"durable"
STATE_END: Final = b"t"

K = TypeVar("K")
V = TypeVar("V")


class OrderedBatch(Wire):
    """A batch that a block ordered, and how many transactions it holds."""

    lane: Index
    digest: Digest
    seq: Count
    count: Count


class BlockRecord(Wire):
    """An executed block: header, what it ordered, in order, and what came of it.

    ``due`` of the ``receipts`` are of what fell due; they come first. ``protocol`` is the version
    of the rules that carried it out, ``last`` the epoch's last height, once it is fixed.
    """

    header: Header
    digest: Digest
    batches: Annotated[tuple[OrderedBatch, ...], msgspec.Meta(max_length=2**20)]
    state_root: Digest
    receipts_root: Digest
    transactions: Count
    receipts: Count
    due: Count
    next_due_ms: Millis | None
    protocol: Count
    last: Count | None


class BatchHead(msgspec.Struct, array_like=True, frozen=True):
    """A stored batch of which only the header is decoded."""

    header: BatchHeader
    transactions: msgspec.Raw
    signature: msgspec.Raw


_RECORD = msgspec.msgpack.Decoder(BlockRecord)
_EPOCH_RECORD = msgspec.msgpack.Decoder(Epoch)
_RECEIPT_LIST = msgspec.msgpack.Decoder(tuple[Receipt, ...])
_WHOLE_BATCH = msgspec.msgpack.Decoder(Batch)
_BATCH_HEAD = msgspec.msgpack.Decoder(BatchHead)


def height_bytes(height: int) -> bytes:
    """8 bytes, big-endian."""
    return height.to_bytes(8, "big")


def block_key(height: int) -> bytes:
    """Where a height's ``BlockRecord`` is."""
    return _BLOCK + height_bytes(height)


def receipts_key(height: int) -> bytes:
    """Where a height's receipts are."""
    return _RECEIPTS + height_bytes(height)


def certificate_key(height: int) -> bytes:
    """Where a height's state certificate is."""
    return _CERTIFICATE + height_bytes(height)


def batch_key(digest: bytes) -> bytes:
    """Where a batch's canonical bytes are."""
    return BATCH + digest


def lane_key(epoch: int, lane: int, seq: int) -> bytes:
    """Where the digest of a lane's batch is."""
    return _LANE + epoch.to_bytes(8, "big") + lane.to_bytes(2, "big") + seq.to_bytes(8, "big")


def epoch_key(epoch: int) -> bytes:
    """Where what is decided of an epoch is."""
    return _EPOCH + height_bytes(epoch)


def encode_receipts(leaves: list[bytes]) -> bytes:
    """The canonical array of receipts that are encoded already."""
    count = len(leaves)
    if count < 16:
        head = bytes([0x90 | count])
    elif count < 1 << 16:
        head = b"\xdc" + count.to_bytes(2, "big")
    else:
        head = b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(leaves)


class Recent(Generic[K, V]):
    """The few values that were made or asked for last."""

    __slots__ = ("_capacity", "_values")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        """Keep a value; the one unused for longest goes."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)

    def get(self, key: K, make: Callable[[K], V | None]) -> V | None:
        """The value kept, or made now; what is None is not kept."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = make(key)
        if value is not None:
            self.put(key, value)
        return value


class ReceiptList:
    """A height's receipts with their canonical bytes; the hash tree is built on first use."""

    __slots__ = ("_tree", "leaves", "receipts")

    def __init__(
        self, receipts: tuple[Receipt, ...], leaves: list[bytes], tree: ListTree | None
    ) -> None:
        self.receipts = receipts
        self.leaves = leaves
        self._tree = tree

    @property
    def root(self) -> bytes:
        """32 bytes: the receipts root."""
        return self._hashed().root

    def proof(self, index: int) -> ListProof:
        """The path of one receipt under the receipts root."""
        return self._hashed().proof(index)

    def _hashed(self) -> ListTree:
        if self._tree is None:
            self._tree = ListTree(leaf_hashes(self.leaves))
        return self._tree


class Archive:
    """Reads what was written of executed heights. Values were checked before they were written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._receipts: Recent[int, ReceiptList] = Recent(KEPT_RECEIPTS)
        self._batches: Recent[bytes, Batch] = Recent(KEPT_BATCHES)
        self._epochs: Recent[int, Epoch] = Recent(KEPT_EPOCHS)
        self.oldest = int.from_bytes(store.get(OLDEST_KEY) or b"", "big")
        """The lowest height of which everything is here; 0 where nothing was ever pruned."""

    def epoch(self, number: int) -> Epoch | None:
        """What is decided of an epoch, as of the newest height."""
        return self._epochs.get(number, self._read_epoch)

    def remember_epoch(self, epoch: Epoch) -> None:
        """It was just written: more is decided than may have been read before."""
        self._epochs.put(epoch.number, epoch)

    def _read_epoch(self, number: int) -> Epoch | None:
        raw = self._store.get(epoch_key(number))
        return None if raw is None else _EPOCH_RECORD.decode(raw)

    def block(self, height: int) -> BlockRecord | None:
        """The record of an executed height."""
        raw = self._store.get(block_key(height)) if 0 <= height < 2**64 else None
        return None if raw is None else _RECORD.decode(raw)

    def certificate_bytes(self, height: int) -> bytes | None:
        """The canonical state certificate of a height."""
        return self._store.get(certificate_key(height)) if 0 <= height < 2**64 else None

    def certificate(self, height: int) -> StateCertificate | None:
        """The state certificate of a height."""
        raw = self.certificate_bytes(height)
        return None if raw is None else decode(StateCertificate, raw)

    def certified_heights(self, below: int) -> Iterator[int]:
        """Heights with a certificate, from ``below`` (excluded) downwards."""
        for key, _ in self._store.scan(_CERTIFICATE, certificate_key(below), reverse=True):
            yield int.from_bytes(key[1:], "big")

    def receipts(self, height: int) -> ReceiptList | None:
        """All receipts of an executed height."""
        return self._receipts.get(height, self.load_receipts)

    def remember(self, height: int, receipts: ReceiptList) -> None:
        """Keep the receipts of a height that was just executed: they are asked for at once."""
        self._receipts.put(height, receipts)

    def batch_bytes(self, digest: bytes) -> bytes | None:
        """The canonical bytes of a batch that was ordered."""
        return self._store.get(batch_key(digest)) if len(digest) == 32 else None

    def batch(self, digest: bytes) -> Batch | None:
        """A batch that was ordered."""
        return self._batches.get(digest, self.load_batch)

    def lane(self, lane: int, tip: bytes, after: int) -> Iterator[bytes]:
        """Canonical batches of a lane above seq ``after`` up to the one of digest ``tip``, oldest
        first; nothing if ``tip`` is not there or not of that lane."""
        raw = self.batch_bytes(tip)
        if raw is None:
            return
        header = _BATCH_HEAD.decode(raw).header
        if header.author != lane:
            return
        start = lane_key(header.epoch, lane, min(after + 1, 2**63))
        stop = lane_key(header.epoch, lane, header.seq + 1)
        for _, digest in self._store.scan(start, stop):
            found = self.batch_bytes(digest)
            if found is None:  # pragma: no cover - the two are written together
                raise Malformed("store_inconsistent", digest.hex())
            yield found

    def state(self) -> Iterator[tuple[bytes, bytes]]:
        """Every state entry, by key."""
        for key, value in self._store.scan(STATE, STATE_END):
            yield key[1:], value

    def load_receipts(self, height: int) -> ReceiptList | None:
        """As ``receipts``, and none that was asked for lately is forgotten for it."""
        raw = self._store.get(receipts_key(height)) if 0 <= height < 2**64 else None
        if raw is None:
            return None
        receipts = _RECEIPT_LIST.decode(raw)
        return ReceiptList(receipts, [msgspec.msgpack.encode(each) for each in receipts], None)

    def load_batch(self, digest: bytes) -> Batch | None:
        """As ``batch``, and none that was asked for lately is forgotten for it."""
        raw = self.batch_bytes(digest)
        return None if raw is None else _WHOLE_BATCH.decode(raw)
