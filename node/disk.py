"""The journal's files. Knows appending, syncing and segments; not what the bytes mean.

One thread writes and syncs, so that the event loop never waits for the disk; answers come on the
loop. A write or sync that fails is never tried again: after it nobody knows what is durable (the
kernel may have dropped the pages), so the owner is told and the node must stop.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Final

from shell.keyfile import sync_directory

_NAME: Final = re.compile(r"\A([0-9]{10})\.log\Z")
_WRITE_BYTES: Final = 4 * 1024 * 1024
"""Most bytes of one write call."""


class FileDisk:
    """``node.world.Disk`` over the files ``0000000001.log``... of a directory of its own.

    ``on_synced`` and ``on_failed`` are called on ``loop``. Mode 0600; the directory must exist.
    """

    def __init__(self, directory: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._directory = directory
        self._loop = loop
        self._files: dict[int, int] = {}
        self._unwritten: deque[bytes] = deque()
        self._write_lock = Lock()
        self._directory_changed = False
        self._failed = False
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._on_synced: Callable[[int], None] | None = None
        self._on_failed: Callable[[OSError], None] | None = None
        self.syncs = 0
        self.bytes_written = 0

    def open(self) -> FileDisk:
        """Open the segments that are there. Raises ``OSError``."""
        for entry in sorted(self._directory.iterdir()):
            name = _NAME.match(entry.name)
            if name is not None:
                self._files[int(name[1])] = os.open(entry, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        return self

    def bind(self, on_synced: Callable[[int], None], on_failed: Callable[[OSError], None]) -> None:
        """Name who is answered; once, before the first sync."""
        self._on_synced = on_synced
        self._on_failed = on_failed

    def append(self, data: bytes) -> None:
        """Add bytes to the end; written by the next sync, or before the next read."""
        if not self._files:
            self.rotate()
        self._unwritten.append(data)

    def sync(self, token: int) -> None:
        """Write and sync everything appended so far, off the loop; then ``on_synced(token)``.
        After ``close`` nothing happens, and nobody is answered."""
        if not self._closed:
            self._thread.submit(self._sync, token)

    def segments(self) -> Sequence[int]:
        """Numbers of the segments there are, ascending."""
        return sorted(self._files)

    def read(self, segment: int) -> bytes:
        """All bytes of a segment."""
        self._settle()
        return self._read_at(segment, 0, os.fstat(self._files[segment]).st_size)

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        """``size`` bytes of a segment; fewer at its end. Raises ``OSError``, and then the owner is
        told as well: what could not be written is lost, and no later sync may say otherwise."""
        if self._unwritten:
            self._settle()
        return self._read_at(segment, offset, size)

    def _settle(self) -> None:
        """Write what was appended, for a reader."""
        if self._failed:
            raise OSError(errno.EIO, "an earlier write failed", str(self._directory))
        try:
            self._write_out()
        except OSError as error:
            self._fail(error)
            raise

    def _read_at(self, segment: int, offset: int, size: int) -> bytes:
        parts = []
        while size > 0:
            part = os.pread(self._files[segment], size, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)

    def truncate(self, segment: int, size: int) -> None:
        """Cut a segment's torn tail at recovery; durable when it returns."""
        assert not self._unwritten, "the tail is cut before anything is appended"
        os.ftruncate(self._files[segment], size)
        os.fsync(self._files[segment])

    def rotate(self) -> int:
        """Begin a new segment. Its file is made durable with the first sync after it. Raises
        ``OSError``, and then the owner is told as well."""
        assert not self._unwritten, "rotate after a sync"
        number = max(self._files, default=0) + 1
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            self._files[number] = os.open(self._path(number), flags, 0o600)
        except OSError as error:
            self._fail(error)
            raise
        self._directory_changed = True
        return number

    def drop(self, segment: int) -> None:
        """Delete a segment, off the loop. If it comes back after a crash, nothing is lost by it."""
        file = self._files.pop(segment)
        self._thread.submit(self._drop, file, self._path(segment))

    def close(self) -> None:
        """Sync what was appended, and close the files. Raises ``OSError``."""
        if self._closed:
            return
        self._closed = True
        self._thread.shutdown(wait=True)
        if self._unwritten and not self._failed:
            self._write_out()
            os.fdatasync(self._files[max(self._files)])
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:010}.log"

    def _sync(self, token: int) -> None:
        """In the thread. A later append that is caught by the same sync is durable early."""
        if self._failed:
            return
        try:
            self._write_out()
            os.fdatasync(self._files[max(self._files)])
            if self._directory_changed:
                self._directory_changed = False
                sync_directory(self._directory)
        except OSError as error:
            self._fail(error)
            return
        self.syncs += 1
        self._answer(self._on_synced, token)

    def _write_out(self) -> None:
        """Write what was appended, in order; from the thread, or from a reader on the loop."""
        with self._write_lock:
            parts = []
            while self._unwritten:
                parts.append(self._unwritten.popleft())
            if not parts:
                return
            data = memoryview(b"".join(parts))
            file = self._files[max(self._files)]
            while data:
                written = os.write(file, data[:_WRITE_BYTES])
                self.bytes_written += written
                data = data[written:]

    def _drop(self, file: int, path: Path) -> None:
        os.close(file)
        try:
            path.unlink(missing_ok=True)
            sync_directory(self._directory)
        except OSError as error:
            self._answer(self._on_failed, error)

    def _fail(self, error: OSError) -> None:
        """Nothing is written from now on, and the owner is told why."""
        self._failed = True
        if self._on_failed is not None:
            self._answer(self._on_failed, error)

    def _answer(self, call: Callable[..., None] | None, argument: object) -> None:
        assert call is not None, "bind first"
        if not self._closed:
            self._loop.call_soon_threadsafe(self._tell, call, argument)

    def _tell(self, call: Callable[..., None], argument: object) -> None:
        if not self._closed:
            call(argument)
