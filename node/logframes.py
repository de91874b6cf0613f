"""Frames of a file that only grows: what was written whole, what is torn, and what is damaged.

Knows bytes, checksums and how far a file was synced; not what is in a frame. The journal's segments
and the signer's record are made of them.

A frame is [magic 1][kind 1][serial 8][durable 4][length 4][crc of these 4][crc 4][payload],
little-endian; the second CRC-32 covers the payload too. ``durable`` says how much of the file was
synced when the frame was written. That is what tells a torn tail from damage: bytes that no later
frame calls durable were never said aloud, and are cut off at recovery; a bad frame below some later
frame's ``durable`` was synced once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

MAX_RECORD: Final = 1024 * 1024
"""Bytes of one frame's payload: a full batch takes about 300 KiB."""

_MAGIC: Final = 0xA7
_FIXED: Final = struct.Struct("<BBQII")
_CRCS: Final = struct.Struct("<II")
HEAD: Final = _FIXED.size + _CRCS.size
"""Bytes of a frame besides its payload."""


class Frame(NamedTuple):
    """What a frame holds. ``kind`` and ``serial`` mean what its file's owner says."""

    kind: int
    serial: int
    durable: int
    payload: bytes


class BadFrame(Exception):
    """A part of the file that was synced cannot be read back; ``offset`` is where it begins."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"damaged at byte {offset}, in a part that was synced")
        self.offset = offset


def frame_bytes(frame: Frame) -> bytes:
    """A frame as it is written."""
    kind, serial, durable, payload = frame
    fixed = _FIXED.pack(_MAGIC, kind, serial, durable, len(payload))
    crc = crc32(fixed)
    return b"".join((fixed, _CRCS.pack(crc, crc32(payload, crc)), payload))


def frames(data: bytes, *, may_be_torn: bool) -> Iterator[tuple[int, Frame]]:
    """The sound frames of a file with their offsets, up to a torn tail. Raises ``BadFrame``; a file
    that was left for a later one has no torn tail."""
    offset = 0
    while offset < len(data):
        frame = _frame_at(data, offset)
        if frame is None:
            if not may_be_torn or _was_durable(data, offset):
                raise BadFrame(offset)
            return
        yield offset, frame
        offset += HEAD + len(frame.payload)


def _end_of(data: bytes, offset: int) -> int | None:
    """Where the frame at ``offset`` ends by its own, sound head; perhaps beyond the data."""
    if offset + HEAD > len(data):
        return None
    magic, _, _, _, length = _FIXED.unpack_from(data, offset)
    crc, _ = _CRCS.unpack_from(data, offset + _FIXED.size)
    if magic != _MAGIC or length > MAX_RECORD:
        return None
    if crc != crc32(data[offset : offset + _FIXED.size]):
        return None
    return offset + HEAD + int(length)


def _frame_at(data: bytes, offset: int) -> Frame | None:
    """The sound frame at ``offset``, if there is one."""
    end = _end_of(data, offset)
    if end is None or end > len(data):
        return None
    _, kind, serial, durable, _ = _FIXED.unpack_from(data, offset)
    payload = data[offset + HEAD : end]
    head_crc, crc = _CRCS.unpack_from(data, offset + _FIXED.size)
    return Frame(kind, serial, durable, payload) if crc == crc32(payload, head_crc) else None


def _was_durable(data: bytes, offset: int) -> bool:
    """Whether some later frame says that what is at ``offset`` had been synced. What lies inside
    the bad frame is its payload, which may hold anything: customers choose its bytes."""
    magic = bytes([_MAGIC])
    candidate = data.find(magic, _end_of(data, offset) or offset + 1)
    while candidate >= 0:
        frame = _frame_at(data, candidate)
        if frame is not None and frame.durable > offset:
            return True
        candidate = data.find(magic, candidate + 1)
    return False
