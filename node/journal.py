"""The replica's memory: what it said, and what it relied on when it said it ([DUR-1]).

Knows frames, segments, and which records are still needed; not why a record was written.

The segments are made of frames (``node.logframes``), which tell a torn tail from damage. A frame's
serial numbers records for good: one that is copied out of an old segment keeps its number, so that
order survives. A journal that has lost what was synced refuses to open, because its owner might
sign twice.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, NamedTuple, assert_never

from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    Forgotten,
    OwnAttest,
    OwnVote,
    Record,
    StateCertificateKept,
)
from node.logframes import HEAD, MAX_RECORD, BadFrame, Frame, frame_bytes, frames
from node.shelf import Place, Shelf
from node.world import Disk
from primitives.batch import header_of
from primitives.block import Header
from primitives.encoding import Malformed, decode, encode
from primitives.vote import Kind

SEGMENT_BYTES: Final = 16 * 1024 * 1024

START_OVER: Final = (
    "this validator's key must not sign again: have another one announced, put the old one away "
    "with journal/ and data/, and start from nothing, as an observer until the next epoch"
)
"""What helps once it is not known any more what a key has signed ([DUR-4])."""


class Damaged(Exception):
    """The journal does not hold what it must. The node must not sign with its key.

    ``code``: ``journal_damaged``, a synced part of it cannot be read back; ``journal_missing``,
    it is empty though heights are executed; ``journal_behind``, it is older than the store;
    ``journal_foreign``, another chain's or member's.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{reason}: {START_OVER}")
        self.code = code
        self.reason = reason


class Orphans(NamedTuple):
    """Own batches that the epoch before did not order: those of member ``author`` above ``seq``.
    They are kept while the epoch after it lasts, since they are to be sealed again ([EPOCH-5])."""

    epoch: int
    author: int
    seq: int


class Executed(NamedTuple):
    """Where a *synced* state commit stands: the journal forgets what lies below."""

    height: int
    epoch: int
    view: int
    lanes: tuple[int, ...]
    """The executed seq of each lane."""
    certified: int
    """Every height up to this one has its certificate in the store, durably."""
    orphans: Orphans | None = None


GENESIS: Final = Executed(0, 0, 0, (), 0)


def executed_at(header: Header, certified: int) -> Executed:
    """The floor that a durable block sets."""
    lanes = tuple(tip.seq for tip in header.cut)
    return Executed(header.height, header.epoch, header.view, lanes, certified)


class _Entry(NamedTuple):
    """What is remembered of a frame: enough to say whether it is still needed."""

    kind: type
    serial: int
    epoch: int
    mark: tuple[int, ...]
    place: Place


class _Mark(NamedTuple):
    """Where a record stands in its series: its epoch, and a height, a view (and what kind of
    certificate), or a lane and seq."""

    epoch: int
    places: tuple[int, ...]


def _mark_of(record: Record) -> _Mark:
    match record:
        case BlockKept():
            return _Mark(record.header.epoch, (record.header.height,))
        case BatchKept():
            header = header_of(record.batch)
            return _Mark(header.epoch, (header.author, header.seq))
        case CertificateKept():
            certificate = record.certificate
            return _Mark(certificate.epoch, (certificate.view, certificate.kind))
        case StateCertificateKept():
            attested = record.certificate.attestation
            return _Mark(attested.epoch, (attested.height,))
        case OwnVote():
            return _Mark(record.vote.epoch, (record.vote.view,))
        case OwnAttest():
            attested = record.attest.attestation
            return _Mark(attested.epoch, (attested.height,))
        case Forgotten():
            return _Mark(record.epoch, (record.height,))
        case _:
            assert_never(record)


def epoch_of(record: Record) -> int:
    """The epoch to whose ordering a record belongs."""
    return _mark_of(record).epoch


class Journal:
    """Appends records, gives them back at start, and lets go of what is no longer needed."""

    def __init__(self, disk: Disk, chain: bytes, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._segments: deque[int] = deque()
        self._entries: dict[int, list[_Entry]] = {}
        self._forgotten = (0, 0)
        """Epoch and height up to which the journal may have let go of what was said."""
        self._newest: dict[type, int] = {}
        self._serial = 0
        self._size = 0
        self._durable = 0
        self._carried: int | None = None
        self._floor = GENESIS
        self.dirty = False
        self.shelf = Shelf(chain, lambda place: disk.read_at(*place))

    def recover(self, floor: Executed) -> list[Record]:
        """The records that are still needed, in the order in which they were first written.

        Cuts off a torn tail. Raises ``Damaged``. What was found counts as unsynced until the next
        sync, because a process may have died between its write and its sync.
        """
        self._floor = floor
        numbers = list(self._disk.segments())
        for number in numbers:
            self._load(number, last=number == numbers[-1])
        self._compare(floor)
        if not numbers:
            self._open_segment()
        self.dirty = True
        return self.kept()

    def kept(self) -> list[Record]:
        """The records that are still needed, in the order in which they were first written."""
        chosen = {
            entry.serial: entry
            for entries in self._entries.values()
            for entry in entries
            if self._is_live(entry)
        }
        return [self._record(chosen[serial]) for serial in sorted(chosen)]

    def _compare(self, floor: Executed) -> None:
        """Raise ``Damaged`` if the store knows what the journal has forgotten: what made a height
        final, and its certificate, are written down here before the store hears of them, and the
        newest of each are kept."""
        if not floor.height:
            return
        if not any(self._entries.values()):
            reason = f"the journal is empty though height {floor.height} is executed"
            raise Damaged("journal_missing", reason)
        certified = self.newest_certified
        if certified < floor.certified:
            reason = f"every height up to {floor.certified} has its certificate in the store, and "
            reason += f"the newest in the journal is of height {certified}"
            raise Damaged("journal_behind", reason)
        if certified < floor.height and not self._finalized(floor):
            reason = f"height {floor.height} is executed, and nothing in the journal makes it final"
            raise Damaged("journal_behind", reason)

    def _finalized(self, floor: Executed) -> bool:
        found = (entry for entries in self._entries.values() for entry in entries)
        return any(
            entry.kind is CertificateKept
            and entry.epoch == floor.epoch
            and entry.mark[0] >= floor.view
            and entry.mark[1] == Kind.FINALIZE
            for entry in found
        )

    def census(self) -> dict[str, int]:
        """How many records of each kind the segments hold."""
        kinds = (entry.kind.__name__ for entries in self._entries.values() for entry in entries)
        return dict(Counter(kinds))

    @property
    def newest_attest(self) -> int:
        """The highest height with an own ATTEST; 0 if there is none."""
        return self._newest.get(OwnAttest, 0)

    @property
    def newest_certified(self) -> int:
        """The highest height with a state certificate; 0 if there is none."""
        return self._newest.get(StateCertificateKept, 0)

    @property
    def forgotten_epoch(self) -> int:
        """Of what was said in earlier epochs than this anything may have been let go."""
        return self._forgotten[0]

    def append(self, record: Record) -> None:
        """Add a record; durable after the next sync."""
        self._serial += 1
        self._write(self._serial, record)

    def synced(self) -> None:
        """Everything appended so far is durable."""
        self._durable = self._size
        self.dirty = False
        if self._carried is not None:
            self._forget(self._carried)
            self._carried = None

    def tidy(self, floor: Executed) -> None:
        """Called between turns, when nothing is unsynced: begin a new segment if the last one is
        full, and copy what is still needed out of the oldest if that is little of it.

        The old segment is deleted once the copies are synced."""
        assert not self.dirty, "a segment ends with a sync"
        self._floor = floor
        if self._size >= self._segment_bytes:
            self._open_segment()
        if len(self._segments) < 2:
            return
        oldest = self._segments[0]
        live = [entry for entry in self._entries[oldest] if self._is_live(entry)]
        if sum(entry.place.size for entry in live) > self._segment_bytes // 4:
            return
        if (floor.epoch, floor.height) > self._forgotten:
            # Else a node whose store is lost would not know what it is missing here ([DUR-5]).
            self.append(Forgotten(floor.epoch, floor.height, floor.view, floor.lanes))
            live = [entry for entry in live if entry.kind is not Forgotten]
        for entry in live:
            self._write(entry.serial, self._record(entry))
        self._carried = oldest
        self.dirty = True

    def wants_tidying(self, floor_moved: bool) -> bool:
        """Whether ``tidy`` has something to do, or may have since the floor has moved."""
        full = self._size >= self._segment_bytes
        return full or (floor_moved and len(self._segments) > 1)

    def _open_segment(self) -> None:
        number = self._disk.rotate()
        self._segments.append(number)
        self._entries[number] = []
        self._size = self._durable = 0

    def _load(self, number: int, *, last: bool) -> None:
        data = self._disk.read(number)
        self._segments.append(number)
        self._entries[number] = []
        self._size = self._durable = 0
        try:
            for offset, frame in frames(data, may_be_torn=last):
                self._take_in(offset, frame)
        except BadFrame as bad:
            raise Damaged("journal_damaged", f"segment {number} is {bad}") from None
        if self._size < len(data):
            self._disk.truncate(number, self._size)

    def _take_in(self, offset: int, frame: Frame) -> None:
        try:
            record: Record = decode(Record, frame.payload, MAX_RECORD)  # type: ignore[arg-type]
        except Malformed as error:
            reason = f"segment {self._segments[-1]} at {offset}: {error}"
            raise Damaged("journal_damaged", reason) from None
        self._note(frame.serial, record, len(frame.payload))
        self._serial = max(self._serial, frame.serial)

    def _write(self, serial: int, record: Record) -> None:
        payload = encode(record)
        assert len(payload) <= MAX_RECORD, f"a record of {len(payload)} bytes"
        self._disk.append(frame_bytes(Frame(payload[1], serial, self._durable, payload)))
        self._note(serial, record, len(payload))
        self.dirty = True

    def _note(self, serial: int, record: Record, size: int) -> None:
        """Remember the frame that now ends the last segment."""
        number = self._segments[-1]
        place = Place(number, self._size + HEAD, size)
        mark = _mark_of(record)
        entry = _Entry(type(record), serial, mark.epoch, mark.places, place)
        self._entries[number].append(entry)
        self._size += HEAD + size
        if isinstance(record, Forgotten):
            self._forgotten = max(self._forgotten, (record.epoch, record.height))
        kind = entry.kind
        self._newest[kind] = max(self._newest.get(kind, 0), entry.mark[0])
        if isinstance(record, BatchKept):
            inside = size - len(record.batch)
            raw = Place(number, place.offset + inside, len(record.batch))
            self.shelf.put(record.batch, raw)

    def _record(self, entry: _Entry) -> Record:
        payload = self._disk.read_at(*entry.place)
        record: Record = decode(Record, payload, MAX_RECORD)  # type: ignore[arg-type]
        return record

    def _forget(self, segment: int) -> None:
        self._segments.remove(segment)
        del self._entries[segment]
        self.shelf.drop(segment)
        self._disk.drop(segment)

    def _is_live(self, entry: _Entry) -> bool:
        """Whether a start from the durable state, or a peer behind us, still needs the record."""
        floor, place = self._floor, entry.mark[0]
        if entry.kind is Forgotten:
            return (entry.epoch, place) == self._forgotten
        if entry.kind in (StateCertificateKept, OwnAttest):  # heights go on from epoch to epoch
            return place > floor.certified or place == self._newest[entry.kind]
        if entry.epoch != floor.epoch:
            return entry.epoch > floor.epoch or self._is_orphan(entry)
        if entry.kind is BatchKept:
            executed = floor.lanes[place] if place < len(floor.lanes) else 0
            return entry.mark[1] > executed
        if entry.kind is BlockKept:
            return place > floor.height
        if entry.kind is CertificateKept:
            return place >= floor.view
        return place > floor.view

    def _is_orphan(self, entry: _Entry) -> bool:
        orphans = self._floor.orphans
        if orphans is None or entry.kind is not BatchKept or entry.epoch != orphans.epoch:
            return False
        return entry.mark[0] == orphans.author and entry.mark[1] > orphans.seq
