"""The calendar of a whole state, and of a step. Knows its shape and order; not what items mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from contracts.due import SECOND_MS, second_of
from contracts.invariants.facts import at, at_most, broken, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    DUE_PAGE_ITEMS,
    DueItem,
    DueNode,
    DuePage,
    DueSecond,
    due_node_key,
    due_page_key,
)

Alarms: TypeAlias = Mapping[DueItem, tuple[int, ...]]
"""Under which seconds each item still waits."""
_KINDS: Final = (DueNode, DuePage, DueSecond)


@dataclass
class Calendar:
    """The entries of the calendar, by key."""

    nodes: dict[bytes, DueNode] = field(default_factory=dict)
    pages: dict[bytes, DuePage] = field(default_factory=dict)
    queues: dict[bytes, DueSecond] = field(default_factory=dict)

    def read(self, key: bytes, value: Wire) -> None:
        """Keep one of the calendar's entries."""
        match value:
            case DueNode():
                self.nodes[key] = value
            case DuePage():
                self.pages[key] = value
            case DueSecond():
                self.queues[key] = value
            case _:
                broken("no entry of the calendar", key.hex(), value)

    def waiting(self) -> Alarms:
        """Every item that is still to be done. The calendar was checked."""
        found: dict[DueItem, tuple[int, ...]] = {}
        for key, queue in self.queues.items():
            second = int.from_bytes(key[1:], "big")
            for number in range(queue.first, queue.last + 1):
                items = self.pages[due_page_key(second, number)].items
                for item in items[queue.start if number == queue.first else 0 :]:
                    found[item] = (*found.get(item, ()), second)
        return found


def is_calendar(value: Wire) -> bool:
    """Whether an entry is one of the calendar's."""
    return isinstance(value, _KINDS)


def check_calendar(calendar: Calendar) -> None:
    """The bitmaps name exactly the seconds that have a queue, and queues exactly their pages."""
    nodes: dict[bytes, int] = {}
    pages: dict[bytes, int] = {}
    for key, queue in calendar.queues.items():
        second = int.from_bytes(key[1:], "big")
        path = key[1:]
        for depth in range(len(path)):
            node = due_node_key(path[:depth])
            nodes[node] = nodes.get(node, 0) | 1 << path[depth]
        for number in range(queue.first, queue.last + 1):
            page = at(calendar.pages, due_page_key(second, number), DuePage)
            pages[due_page_key(second, number)] = len(page.items)
            if number < queue.last:
                equal("only the last page has room", len(page.items), DUE_PAGE_ITEMS)
        first = pages.get(due_page_key(second, queue.first), 0)
        at_most("something is left", queue.start + 1, first)
    found = {key: int.from_bytes(n.children, "little") for key, n in calendar.nodes.items()}
    equal("the calendar's bitmaps", found, nodes)
    stored = {key: len(page.items) for key, page in calendar.pages.items()}
    equal("the calendar's pages", stored, pages)


def check_alarm(alarms: Alarms, item: DueItem, time_ms: int) -> None:
    """What is to happen at ``time_ms`` is in the calendar under its second ([STATE-7])."""
    holds("what is to happen is in the calendar", second_of(time_ms) in alarms.get(item, ()), item)


def has_come(time_ms: int, now_ms: int) -> bool:
    """Whether what stands in the calendar at ``time_ms`` may have happened by ``now_ms``."""
    return second_of(time_ms) * SECOND_MS <= now_ms


def queue_step(second: int, old: Wire | None, new: Wire | None, now_ms: int) -> None:
    """A queue grows before its second has come, and is worked off and goes once it has."""
    come = second * SECOND_MS <= now_ms
    if old is not None and new is None:
        holds("what is not due yet was taken from the calendar", come, second)
    if not isinstance(new, DueSecond):
        return
    if isinstance(old, DueSecond):
        taken = (new.first, new.start) != (old.first, old.start)
        at_most("a queue is worked off forwards", _place(old), _place(new))
        at_most("a queue grows at its end", old.last, new.last)
        holds("what is not due yet was taken from the calendar", come or not taken, second)
    else:
        equal("a queue begins with its first item", _place(new), 0)
        holds("a queue begins before its second has come", not come, second)


def _place(queue: DueSecond) -> int:
    return queue.first * DUE_PAGE_ITEMS + queue.start


def page_step(second: int, old: Wire | None, new: Wire | None, now_ms: int) -> None:
    """Items are only put at a page's end; a page goes once its second has come ([STATE-8])."""
    come = second * SECOND_MS <= now_ms
    if new is None:
        holds("what is not due yet was taken from the calendar", come, second)
        return
    assert isinstance(new, DuePage)
    if come:
        equal("nothing is put under a second that has come", old, new)
        return
    before = old.items if isinstance(old, DuePage) else ()
    equal("a page is written forwards", new.items[: len(before)], before)
