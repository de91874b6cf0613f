"""What clients offered and what was proven to them, one JSON line an event. Knows no network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import msgspec


class Offered(msgspec.Struct, tag="offered", frozen=True):
    """A transfer came due. Times are milliseconds after the start."""

    id: str
    at_ms: int


class Acknowledged(msgspec.Struct, tag="acknowledged", frozen=True):
    """A client holds a proof, which it checked, that a transfer is done at a height."""

    id: str
    at_ms: int
    height: int
    node: int
    tries: int


class Refused(msgspec.Struct, tag="refused", frozen=True):
    """A client holds a proof, which it checked, that the ledger refused a transfer for good."""

    id: str
    at_ms: int
    height: int
    outcome: int


class Lied(msgspec.Struct, tag="lied", frozen=True):
    """A node gave a client something that does not prove what it should."""

    id: str
    at_ms: int
    node: int
    code: str


class GaveUp(msgspec.Struct, tag="gave up", frozen=True):
    """A client heard nothing for too long; the transfer may be done all the same."""

    id: str
    at_ms: int


Event = Offered | Acknowledged | Refused | Lied | GaveUp


class History:
    """A file that events are added to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, event: Event) -> None:
        """Write an event down."""
        self._file.write(msgspec.json.encode(event) + b"\n")
        self._file.flush()


def read_history(path: Path) -> list[Event]:
    """All events of a file, in order."""
    decoder = msgspec.json.Decoder(Event)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


class Fate(NamedTuple):
    """What is known of a transfer from its client."""

    id: str
    offered_ms: int
    acknowledged: Acknowledged | None


def fates(events: Iterable[Event]) -> list[Fate]:
    """Every transfer that was offered, in order."""
    offered: dict[str, int] = {}
    proven: dict[str, Acknowledged] = {}
    for event in events:
        match event:
            case Offered():
                offered[event.id] = event.at_ms
            case Acknowledged():
                proven[event.id] = event
            case _:
                pass
    return [Fate(id_, at_ms, proven.get(id_)) for id_, at_ms in offered.items()]
