"""What a signer in a process of its own signed, on its own disk ([DUR-6]). Knows files and frames.

record          frames (``node.logframes``): each was synced before a signature left
record.new      a shorter one in the making, renamed over it once it is synced

Of each key the two newest epochs are remembered: a node whose store fell behind at an epoch's end
goes through it again. An older one is never signed in any more. What a file of this size may hold
that nobody needs any more is let go of by writing it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec

from node.guard import Floor, Refused, Statement
from node.logframes import HEAD, MAX_RECORD, BadFrame, Frame, frame_bytes, frames
from node.remembered import Asked, Remembered
from primitives.encoding import Count, Digest, Malformed, Wire, decode, encode
from shell.errors import CommandError
from shell.keyfile import sync_directory

RECORD: Final = "record"
NEW: Final = "record.new"
COMPACT_BYTES: Final = 16 * 1024 * 1024
"""A record that has grown by so much is written anew."""
MOST_EPOCHS: Final = 2
"""Epochs that are remembered of one key."""
MOST_STATEMENTS: Final = 2_048
"""Statements of one frame or message; one takes at most 260 bytes."""

Statements = Annotated[tuple[Statement, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]


class _Signed(Wire, tag=1):
    """A request: what was new in it."""

    chain: Digest
    key: Digest
    epoch: Count
    statements: Statements
    contents: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]


class _Recalled(Wire, tag=2):
    """What a journal, or an older record, held; and floors."""

    chain: Digest
    key: Digest
    epoch: Count
    view: Count
    batch: Count
    statements: Statements


_Entry = _Signed | _Recalled
_Pasts = dict[bytes, dict[int, Remembered]]


class SignerRecord:
    """The pasts of all keys, on disk and in memory. One process at a time has it open."""

    def __init__(self, directory: Path, chain: bytes, compact_bytes: int = COMPACT_BYTES) -> None:
        self._directory = directory
        self._chain = chain
        self._compact_bytes = compact_bytes
        self._pasts: _Pasts = {}
        self._file: int | None = None
        self._size = 0
        self._compact_at = 0
        self.torn = 0
        """Bytes at the end that were being written when the process died, and were cut off."""

    def open(self) -> None:
        """Read what is there, cut off a torn end, and go on after it. Raises ``OSError``, and
        ``CommandError``: ``record_damaged`` if what was synced cannot be read back,
        ``record_foreign`` if it is another chain's."""
        path = self._directory / RECORD
        (self._directory / NEW).unlink(missing_ok=True)
        data = path.read_bytes() if path.exists() else b""
        size = self.take_up(data)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)
        self.torn = len(data) - size
        if self.torn:
            os.ftruncate(self._file, size)
        os.fsync(self._file)  # what was found may have been written and not synced
        sync_directory(self._directory)
        self._size, self._compact_at = size, size + self._compact_bytes

    def close(self) -> None:
        """Let go of the file; nothing of it is unsynced."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def past(self, key: bytes, epoch: int) -> Remembered | None:
        """What a key signed in an epoch, nothing if it is newer than all that it signed in; None if
        that is forgotten, so that it never signs there again."""
        pasts = self._pasts.get(key, {})
        if epoch in pasts:
            return pasts[epoch]
        return None if pasts and epoch < max(pasts) else Remembered(epoch)

    def sign(self, key: bytes, epoch: int, asked: Sequence[Asked]) -> None:
        """Make durable that a request is signed, if the guard lets it. Raises ``guard.Refused``;
        ``OSError``: then the process must end, for nobody knows what is durable."""
        past = self._entered(key, epoch)
        new = past.admit(asked)
        if new:
            self._append(_signed(self._chain, key, epoch, new))

    def recall(self, key: bytes, epoch: int, statements: Sequence[Statement], floor: Floor) -> None:
        """Take in what a journal holds, once ``Remembered.compare`` found no fault with it. Raises
        ``guard.Refused`` or ``OSError``."""
        past = self._entered(key, epoch)
        new = past.recall(statements, floor)
        if new:
            for entry in _recalled(self._chain, key, past, new):
                self._append(entry)

    def forget(self, key: bytes, epoch: int, floor: Floor) -> None:
        """Raise floors; on disk when the record is written anew, for without them it only refuses
        less that nobody asks for. Raises ``OSError``."""
        self._entered(key, epoch).forget(floor)
        if self._size >= self._compact_at:
            self._compact()

    def drop(self, key: bytes) -> None:
        """A key is destroyed: it signs no more."""
        self._pasts.pop(key, None)

    def summary(self) -> str:
        """For people: of which keys and epochs something is remembered."""
        counts = [
            f"{key.hex()[:16]} epoch {epoch}: {len(past.statements())} statements"
            for key, pasts in sorted(self._pasts.items())
            for epoch, past in sorted(pasts.items())
        ]
        return "; ".join(counts) or "nothing was signed"

    def take_up(self, data: bytes) -> int:
        """Take in a record's bytes; how many of them are sound. Raises ``CommandError``."""
        size = 0
        try:
            for offset, frame in frames(data, may_be_torn=True):
                self._take_in(decode(_Entry, frame.payload, MAX_RECORD))  # type: ignore[arg-type]
                size = offset + HEAD + len(frame.payload)
        except BadFrame as bad:
            raise self._damaged(str(bad)) from None
        except (Malformed, Refused) as error:
            raise self._damaged(f"damaged after byte {size}: {error}") from None
        return size

    # --- inside ----------------------------------------------------------------------------------

    def _entered(self, key: bytes, epoch: int) -> Remembered:
        past = self.past(key, epoch)
        assert past is not None, "nobody enters an epoch that is forgotten"
        pasts = self._pasts.setdefault(key, {})
        pasts[epoch] = past
        while len(pasts) > MOST_EPOCHS:
            del pasts[min(pasts)]
        return past

    def _take_in(self, entry: _Entry) -> None:
        if entry.chain != self._chain:
            reason = f"{self._directory / RECORD} is of chain {entry.chain.hex()}"
            raise CommandError("record_foreign", reason, "Put this signer's own record back.")
        if self.past(entry.key, entry.epoch) is None:
            return  # let go of when a newer one began
        past = self._entered(entry.key, entry.epoch)
        match entry:
            case _Signed():
                past.restore(entry.statements, Floor(0, 0))
                past.last = tuple(map(Asked, entry.statements, entry.contents))
            case _Recalled():
                past.restore(entry.statements, Floor(entry.view, entry.batch))

    def _damaged(self, reason: str) -> CommandError:
        return CommandError(
            "record_damaged",
            f"{self._directory / RECORD} is {reason}",
            "What these keys signed is not known any more: have other ones announced.",
        )

    def _append(self, entry: _Entry) -> None:
        assert self._file is not None, "open first"
        frame = self._frame(entry, self._size)
        _write(self._file, frame)
        os.fdatasync(self._file)
        self._size += len(frame)
        if self._size >= self._compact_at:
            self._compact()

    def _frame(self, entry: _Entry, durable: int) -> bytes:
        payload = encode(entry)
        assert len(payload) <= MAX_RECORD, f"a record of {len(payload)} bytes"
        return frame_bytes(Frame(payload[1], 0, durable, payload))

    def _compact(self) -> None:
        """Write the record anew, with what is still needed; a crash leaves the old or the new."""
        assert self._file is not None, "open first"
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        new = os.open(self._directory / NEW, flags, 0o600)
        size = 0
        for entry in self._needed():
            frame = self._frame(entry, size)
            _write(new, frame)
            size += len(frame)
        os.fsync(new)
        (self._directory / NEW).rename(self._directory / RECORD)
        sync_directory(self._directory)
        os.close(self._file)
        self._file, self._size, self._compact_at = new, size, size + self._compact_bytes

    def _needed(self) -> Iterator[_Entry]:
        for key, pasts in sorted(self._pasts.items()):
            for epoch, past in sorted(pasts.items()):
                yield from _recalled(self._chain, key, past, past.statements())
                if past.last:
                    yield _signed(self._chain, key, epoch, past.last)


def look_at(directory: Path, chain: bytes) -> SignerRecord | None:
    """The record of a directory as a start would find it, which changes nothing; None if there is
    none. Raises what ``SignerRecord.open`` raises."""
    path = directory / RECORD
    if not path.exists():
        return None
    found, data = SignerRecord(directory, chain), path.read_bytes()
    found.torn = len(data) - found.take_up(data)
    return found


def _signed(chain: bytes, key: bytes, epoch: int, asked: tuple[Asked, ...]) -> _Signed:
    statements = tuple(each.statement for each in asked)
    return _Signed(chain, key, epoch, statements, tuple(each.content for each in asked))


def _recalled(
    chain: bytes, key: bytes, past: Remembered, statements: Sequence[Statement]
) -> Iterator[_Recalled]:
    """In as many entries as it takes, and at least one: its floors count as well."""
    floor = past.floor
    for start in range(0, max(1, len(statements)), MOST_STATEMENTS):
        part = tuple(statements[start : start + MOST_STATEMENTS])
        yield _Recalled(chain, key, past.epoch, floor.view, floor.batch, part)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
