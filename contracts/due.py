"""The calendar: what falls due, under its second. Knows order and bounds; not what items mean.

A trie of bitmaps over the four bytes of the second, big-endian, so that the earliest one is found
with four reads; under each second a queue of pages. Reading and removing cost the same however much
the calendar holds, and once everything was removed no entry is left ([STATE-7], [STATE-8]).
"""

from __future__ import annotations

from typing import Final

import msgspec

from contracts.state import Entries
from primitives.entries import (
    DUE_PAGE_ITEMS,
    DueItem,
    DueNode,
    DuePage,
    DueSecond,
    due_node_key,
    due_origin,
    due_page_key,
    due_second_key,
)

SECOND_MS: Final = 1000
_LEVELS: Final = 4
_BITMAP_SIZE: Final = 32


class Due(msgspec.Struct, frozen=True):
    """An item that was taken from the calendar, and the origin of its receipt."""

    origin: bytes
    item: DueItem


def second_of(time_ms: int) -> int:
    """The second in which what is due at ``time_ms`` stands: rounded up, so never too early."""
    return -(-time_ms // SECOND_MS)


def insert(entries: Entries, time_ms: int, item: DueItem) -> None:
    """Put ``item`` at the end of its second's queue.

    ``time_ms`` is later than the block's time, so that no queue starts again after it was emptied
    and no origin is used twice; and at most ``genesis.LAST_DUE_MS``.
    """
    second = second_of(time_ms)
    queue_key = due_second_key(second)
    queue = entries.entry(queue_key, DueSecond)
    if queue is None:
        queue = DueSecond(0, 0, 0)
        _mark(entries, second)
    page_key = due_page_key(second, queue.last)
    page = entries.entry(page_key, DuePage)
    if page is not None and len(page.items) == DUE_PAGE_ITEMS:
        queue = DueSecond(queue.first, queue.start, queue.last + 1)
        page_key = due_page_key(second, queue.last)
        page = entries.entry(page_key, DuePage)
        assert page is None, page_key.hex()
    if page is not None:
        entries.charge()  # each item takes its turn of ``due_per_block``, whatever page it is on
    entries.put(page_key, DuePage((*page.items, item) if page is not None else (item,)))
    entries.put(queue_key, queue)


def earliest(entries: Entries) -> int | None:
    """The earliest second that holds an item; None if the calendar is empty."""
    path = b""
    while len(path) < _LEVELS:
        node = entries.entry(due_node_key(path), DueNode)
        if node is None:
            assert not path, path.hex()
            return None
        path += bytes([_lowest(node.children)])
    return int.from_bytes(path, "big")


def pop(entries: Entries, now_ms: int) -> Due | None:
    """Take the first item whose second is not after ``now_ms``; None if nothing is due."""
    second = earliest(entries)
    if second is None or second * SECOND_MS > now_ms:
        return None
    queue_key = due_second_key(second)
    queue = entries.entry(queue_key, DueSecond)
    assert queue is not None, second
    page_key = due_page_key(second, queue.first)
    page = entries.entry(page_key, DuePage)
    assert page is not None, page_key.hex()
    due = Due(due_origin(second, queue.first, queue.start), page.items[queue.start])
    if queue.start + 1 < len(page.items):
        entries.put(queue_key, DueSecond(queue.first, queue.start + 1, queue.last))
        return due
    entries.delete(page_key)
    if queue.first < queue.last:
        entries.put(queue_key, DueSecond(queue.first + 1, 0, queue.last))
    else:
        entries.delete(queue_key)
        _unmark(entries, second)
    return due


def waiting(entries: Entries, second: int, page: int) -> tuple[DueItem, ...]:
    """The items of one page that are still to be done, in order; empty if the page is not there."""
    queue = entries.entry(due_second_key(second), DueSecond)
    stored = entries.entry(due_page_key(second, page), DuePage)
    if queue is None or stored is None:
        return ()
    return stored.items[queue.start :] if page == queue.first else stored.items


def _lowest(bitmap: bytes) -> int:
    """The lowest child that exists: bit i of byte i // 8, least significant first."""
    bits = int.from_bytes(bitmap, "little")
    assert bits, "a node without children"
    return (bits & -bits).bit_length() - 1


def _mark(entries: Entries, second: int) -> None:
    """Note the second in every node on its way; nodes above an existing one know already."""
    path = second.to_bytes(_LEVELS, "big")
    for depth in range(_LEVELS - 1, -1, -1):
        key = due_node_key(path[:depth])
        node = entries.entry(key, DueNode)
        bits = int.from_bytes(node.children, "little") if node is not None else 0
        entries.put(key, _node(bits | 1 << path[depth]))
        if node is not None:
            return


def _unmark(entries: Entries, second: int) -> None:
    """Forget the second; a node that loses its last child goes too."""
    path = second.to_bytes(_LEVELS, "big")
    for depth in range(_LEVELS - 1, -1, -1):
        key = due_node_key(path[:depth])
        node = entries.entry(key, DueNode)
        assert node is not None, key.hex()
        bits = int.from_bytes(node.children, "little") & ~(1 << path[depth])
        if bits:
            entries.put(key, _node(bits))
            return
        entries.delete(key)


def _node(bits: int) -> DueNode:
    return DueNode(bits.to_bytes(_BITMAP_SIZE, "little"))
