"""Batches by digest: where each lies on disk, and the newest in memory. Knows no order of lanes.

Every batch on the shelf was verified before it was put there, so that reading one back checks its
form alone. What the journal has let go of is in the executor's store.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from primitives.batch import Batch, batch_digest, header_of
from primitives.encoding import decode

CACHE_BYTES: Final = 32 * 1024 * 1024
"""Batches in memory: about a hundred full ones."""


class Place(NamedTuple):
    """Where a batch's canonical bytes are in the journal."""

    segment: int
    offset: int
    size: int


class Held(NamedTuple):
    """A batch in both of its forms."""

    raw: bytes
    batch: Batch


class Shelf:
    """The index of batches in the journal, and a bounded cache of them."""

    def __init__(
        self, chain: bytes, read: Callable[[Place], bytes], cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._chain = chain
        self._read = read
        self._limit = cache_bytes
        self._cached_bytes = 0
        self._places: dict[bytes, Place] = {}
        self._cache: OrderedDict[bytes, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def put(self, raw: bytes, place: Place) -> None:
        """Note where a batch is, or where it has been copied to."""
        self._places[batch_digest(self._chain, header_of(raw))] = place

    def warm(self, digest: bytes, raw: bytes, batch: Batch) -> None:
        """Keep a batch at hand that was just decoded anyway."""
        if digest in self._cache:
            self._cache.move_to_end(digest)
            return
        self._cache[digest] = Held(raw, batch)
        self._cached_bytes += len(raw)
        while self._cached_bytes > self._limit and len(self._cache) > 1:
            _, evicted = self._cache.popitem(last=False)
            self._cached_bytes -= len(evicted.raw)

    def get(self, digest: bytes) -> Held | None:
        """The batch, from memory or from disk."""
        held = self._cache.get(digest)
        if held is not None:
            self._cache.move_to_end(digest)
            return held
        place = self._places.get(digest)
        if place is None:
            return None
        raw = self._read(place)
        batch = decode(Batch, raw)
        self.warm(digest, raw, batch)
        return Held(raw, batch)

    def drop(self, segment: int) -> None:
        """Forget what was in a segment that is deleted."""
        gone = [digest for digest, place in self._places.items() if place.segment == segment]
        for digest in gone:
            del self._places[digest]
            held = self._cache.pop(digest, None)
            if held is not None:
                self._cached_bytes -= len(held.raw)
