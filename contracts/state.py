"""State entries as typed values over a store's bytes. Knows exact keys; no rule, no store, no list.

``State`` lies over a reader for one block, ``Draft`` over a state for one transaction: a draft that
is not committed was never there. Neither can be asked what keys exist ([STATE-2]).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar, cast

import msgspec

from primitives.encoding import Wire, encode
from primitives.entries import ENTRY_KINDS
from primitives.receipt import Event

W = TypeVar("W", bound=Wire)


class StateReader(Protocol):
    """Committed entries by exact key."""

    def get(self, key: bytes, /) -> bytes | None:
        """The canonical value under ``key``; None if there is no such entry."""


class Entries(Protocol):
    """Typed entries that can be changed: a ``State`` or a ``Draft``."""

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The value under ``key``, which must be of ``kind``; None if there is none."""

    def put(self, key: bytes, value: Wire) -> None:
        """Create the entry or replace its value."""

    def delete(self, key: bytes) -> None:
        """Remove an entry that exists."""

    def charge(self) -> None:
        """Count growth that is no entry of its own like one that is ([LEDGER-14])."""


# The store holds what was encoded here or proven against an attested root, so values are decoded
# without the second encoding by which strangers' bytes are shown to be canonical.
_UNKNOWN: Final = object()
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(kind) for kind in ENTRY_KINDS.values()}


class State:
    """Entries as they stand within a block: what the reader holds and what changed since."""

    __slots__ = ("_base", "_changed", "_entries", "_reader")

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader
        self._base: dict[bytes, bytes | None] = {}
        self._entries: dict[bytes, Wire | None] = {}
        self._changed: dict[bytes, object] = {}

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The value under ``key``; decoded once a block, whoever asks."""
        value: object = self._entries.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            raw = self._base[key] = self._reader.get(key)
            value = self._entries[key] = None if raw is None else _DECODERS[kind].decode(raw)
        return cast("W | None", value)

    def put(self, key: bytes, value: Wire) -> None:
        """Create or replace. The entry must have been asked for before: nothing is written blindly.

        That is also how ``changes`` knows what is a change.
        """
        assert key in self._entries, key.hex()
        self._entries[key] = value
        self._changed[key] = None

    def delete(self, key: bytes) -> None:
        """Remove an entry that exists. Only what fell due is ever removed ([STATE-3])."""
        assert self._entries.get(key) is not None, key.hex()
        self._entries[key] = None
        self._changed[key] = None

    def adopt(self, writes: dict[bytes, Wire | None]) -> None:
        """``put`` or, where it is None, ``delete`` all of these."""
        entries = self._entries
        for key, value in writes.items():
            assert key in entries, key.hex()
            assert value is not None or entries[key] is not None, key.hex()
        entries.update(writes)
        self._changed.update(writes)

    def charge(self) -> None:
        """Nobody is charged for the genesis or for what falls due."""

    def lacks(self, key: bytes) -> bool:
        """Whether an entry that was asked for before does not exist."""
        return self._entries[key] is None

    def get(self, key: bytes, /) -> bytes | None:
        """The canonical value under ``key`` now: a state is itself a ``StateReader``."""
        if key in self._entries:
            value = self._entries[key]
            return None if value is None else encode(value)
        return self._reader.get(key)

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """(key, new canonical value, or None for a removed entry), by ascending key.

        What was changed and changed back is no change.
        """
        changes: list[tuple[bytes, bytes | None]] = []
        for key in sorted(self._changed):
            value = self._entries[key]
            raw = None if value is None else encode(value)
            if raw != self._base[key]:
                changes.append((key, raw))
        return changes

    def before(self, changes: Iterable[tuple[bytes, bytes | None]]) -> dict[bytes, bytes | None]:
        """What stood where these ``changes`` are, before the block."""
        return {key: self._base[key] for key, _ in changes}


class Draft:
    """What one transaction would change, and the events it would leave, over a state.

    ``created`` counts the entries that it would add to the state, and what else is charged for.
    """

    __slots__ = ("_state", "_writes", "created", "events")

    def __init__(self, state: State) -> None:
        self._state = state
        self._writes: dict[bytes, Wire | None] = {}
        self.created = 0
        self.events: list[Event] = []

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The value under ``key``, as this transaction left it."""
        value: object = self._writes.get(key, _UNKNOWN)
        return self._state.entry(key, kind) if value is _UNKNOWN else cast("W | None", value)

    def put(self, key: bytes, value: Wire) -> None:
        """Create or replace, in this draft only. The entry must have been asked for before."""
        if key not in self._writes and self._state.lacks(key):
            self.created += 1
        self._writes[key] = value

    def delete(self, key: bytes) -> None:
        """Remove an entry that exists, in this draft only."""
        self._writes[key] = None

    def charge(self) -> None:
        """Count one more than the entries that the draft creates."""
        self.created += 1

    @property
    def changed(self) -> int:
        """How many entries the draft would write."""
        return len(self._writes)

    def commit(self) -> None:
        """Write the draft to the state. Cannot fail."""
        self._state.adopt(self._writes)
