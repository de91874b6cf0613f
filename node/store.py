"""Ordered keys and values that change all at once. Knows LevelDB and memory; not what is stored.

``LevelStore`` is a node's, ``MemoryStore`` the simulator's; both are ``node.world.Store``. What
LevelDB does by default is not what a ledger wants, so four things are set here and nowhere else:
a write batch commits even when building it failed (``transaction=True`` prevents that); a damaged
log loses its middle in silence (``paranoid_checks`` refuses to open instead); a damaged table is
believed (``verify_checksums`` refuses to read it); and looking for what is not there reads every
level (a bloom filter answers that).
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import plyvel

Change = tuple[bytes, bytes | None]

BLOOM_BITS: Final = 10
"""Bits a key: one lookup in a hundred for what is not there reads a block in vain."""
WRITE_BUFFER_BYTES: Final = 4 * 1024 * 1024
"""What is written waits in a list that every row is looked up in. At four times this size the list
leaves the processor's caches; smaller, more is written anew by compactions."""
BLOCK_CACHE_BYTES: Final = 32 * 1024 * 1024
OPEN_FILES: Final = 256
EVERY_KEY: Final = (b"", b"\xff" * 64)
"""A range in which all keys are. (Of None, plyvel makes a range that LevelDB compacts in part.)"""

REMEDY: Final = "move the store away, and the node fetches the chain from its peers again"


class StoreBroken(Exception):
    """The store on disk cannot be used; ``reason`` says what was found, and what helps."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _damaged(directory: Path, error: plyvel.Error) -> StoreBroken:
    return StoreBroken(f"{directory} is damaged ({error}): {REMEDY}")


def _disk_error(directory: Path, error: plyvel.Error) -> OSError:
    """LevelDB tells no number, but says what the system said."""
    full = os.strerror(errno.ENOSPC) in str(error)
    return OSError(errno.ENOSPC if full else errno.EIO, str(error), str(directory))


class LevelStore:
    """A LevelDB database in a directory of its own, which one process at a time may hold.

    After a write that failed none is tried again: LevelDB would put it behind the torn one, and
    its log could not be read any more.
    """

    __slots__ = ("_database", "_failed", "directory")

    def __init__(self, directory: Path, database: plyvel.DB) -> None:
        self.directory = directory
        self._database = database
        self._failed = False

    @classmethod
    def open(cls, directory: Path) -> LevelStore:
        """Open, or create, the database. Raises ``StoreBroken``, or ``OSError`` on a full disk."""
        directory.mkdir(parents=True, exist_ok=True)
        try:
            database = plyvel.DB(
                str(directory),
                create_if_missing=True,
                paranoid_checks=True,
                bloom_filter_bits=BLOOM_BITS,
                write_buffer_size=WRITE_BUFFER_BYTES,
                lru_cache_size=BLOCK_CACHE_BYTES,
                max_open_files=OPEN_FILES,
                compression=None,  # hashes and signatures do not compress
            )
        except plyvel.CorruptionError as error:
            raise _damaged(directory, error) from error
        except plyvel.Error as error:
            failure = _disk_error(directory, error)
            if failure.errno == errno.ENOSPC:
                raise failure from error
            raise StoreBroken(f"{directory} does not open: {error}") from error
        return cls(directory, database)

    def get(self, key: bytes) -> bytes | None:
        """The value, or None. About 2 us when it is in memory. Raises ``StoreBroken``."""
        try:
            value: bytes | None = self._database.get(key, verify_checksums=True)
        except plyvel.Error as error:
            raise _damaged(self.directory, error) from error
        return value

    def write(self, changes: Sequence[Change], sync: bool) -> None:
        """Apply all changes (None deletes) or none; durable before it returns if ``sync``.

        What was not synced outlives the process, not the machine; and LevelDB may lose an older
        unsynced write while it keeps a later one, so whoever opens must check what it finds.
        Raises ``OSError``.
        """
        if self._failed:
            raise OSError(errno.EIO, "an earlier write failed", str(self.directory))
        try:
            with self._database.write_batch(transaction=True, sync=sync) as batch:
                put, delete = batch.put, batch.delete
                for key, value in changes:
                    if value is None:
                        delete(key)
                    else:
                        put(key, value)
        except plyvel.Error as error:
            self._failed = True
            raise _disk_error(self.directory, error) from error

    def scan(
        self, start: bytes, stop: bytes, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start <= key < stop, as they stand now, whatever is written meanwhile."""
        found = self._database.iterator(
            start=start, stop=stop, reverse=reverse, verify_checksums=True
        )
        return _drain(self.directory, found)

    def size(self) -> int:
        """Bytes on disk, roughly; what is only in the log is not counted."""
        return int(self._database.approximate_size(*EVERY_KEY))

    def compact(self, start: bytes, stop: bytes) -> None:
        """Write what is left of a range of keys anew, so that what was deleted of it leaves the
        disk. Takes a second or two for each 100 MB of them, and may run in another thread;
        ``close`` must wait for it. Raises ``StoreBroken``."""
        try:
            self._database.compact_range(start=start, stop=stop)
        except plyvel.Error as error:
            raise _damaged(self.directory, error) from error

    def close(self) -> None:
        """Release the directory. Whatever is called afterwards fails."""
        self._database.close()


def _drain(directory: Path, entries: plyvel.RawIterator) -> Iterator[tuple[bytes, bytes]]:
    try:
        with entries:
            yield from entries
    except plyvel.Error as error:
        raise _damaged(directory, error) from error


class MemoryStore:
    """The same in memory, with what a crash of the machine may do to unsynced writes."""

    def __init__(self) -> None:
        self._entries: dict[bytes, bytes] = {}
        self._keys: list[bytes] | None = []
        self._undo: list[list[Change]] = []

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        return self._entries.get(key)

    def write(self, changes: Sequence[Change], sync: bool) -> None:
        """Apply all changes (None deletes) or none. The last change of a key counts."""
        checked = [(bytes(key), None if value is None else bytes(value)) for key, value in changes]
        before = {key: self._entries.get(key) for key, _ in checked}
        self._apply(checked)
        if sync:
            self._undo.clear()
        else:
            self._undo.append(list(before.items()))

    @property
    def unsynced(self) -> int:
        """Writes that a crash may lose."""
        return len(self._undo)

    def crash(self, survivors: int, hole: int | None = None) -> None:
        """Lose all unsynced writes but the first ``survivors``; of those the one numbered ``hole``
        too, as LevelDB may lose an older write and keep a later one."""
        for before in reversed(self._undo[survivors:]):
            self._apply(before)
        if hole is not None:
            later = {key for before in self._undo[hole + 1 : survivors] for key, _ in before}
            self._apply([change for change in self._undo[hole] if change[0] not in later])
        self._undo.clear()

    def scan(
        self, start: bytes, stop: bytes, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start <= key < stop, as they stand now, whatever is written meanwhile."""
        if self._keys is None:
            self._keys = sorted(self._entries)
        keys = self._keys
        chosen = keys[bisect_left(keys, start) : bisect_left(keys, stop)]
        entries = [(key, self._entries[key]) for key in chosen]
        return iter(entries[::-1] if reverse else entries)

    def _apply(self, changes: Sequence[Change]) -> None:
        entries = self._entries
        for key, value in changes:
            if value is not None:
                if key not in entries:
                    self._keys = None
                entries[key] = value
            elif entries.pop(key, None) is not None:
                self._keys = None
