"""An engine as a value: equal dumps mean that the engines behave alike from here on.

Walks everything that is reachable and leaves out, by name, what changes nothing that is decided:
who signed a certificate, what is known against whom, hints whom to ask.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from hashlib import blake2b
from typing import Any

import msgspec

from consensus.config import Anchor, Config
from primitives.certificate import Certificate
from primitives.validators import ValidatorSet
from primitives.vote import Vote

LEFT_OUT = frozenset(
    {
        ("Pacemaker", "_timeouts"),  # all timeouts are equal here
        ("Engine", "evidence"),  # noted, never acted upon; checked when it is found
        ("Engine", "needs"),  # a function of the rest
        ("Engine", "_wake_ms"),  # likewise
        ("Engine", "_out"),  # the last step's effects
        ("Simplex", "out"),
    }
)
SHARED = (Config, Anchor, ValidatorSet)
"""Never changes."""


def digest_of(root: object) -> bytes:
    """16 bytes that stand for all that ``root`` holds."""
    return blake2b(repr(_dump(root, {})).encode(), digest_size=16).digest()


def _dump(value: Any, seen: dict[int, int]) -> Any:
    match value:
        case None | bool() | Enum() | int() | str() | bytes():
            return value
        case Certificate():
            return (int(value.kind), value.view, value.digest)
        case Vote():
            return (int(value.kind), value.view, value.digest, value.author)
        case dict():
            items = [(_dump(key, seen), _dump(held, seen)) for key, held in value.items()]
            return sorted(items, key=repr)
        case list() | tuple() | deque():
            return [_dump(each, seen) for each in value]
        case _ if isinstance(value, SHARED):
            return type(value).__name__
        case msgspec.Struct():
            return [_dump(getattr(value, name), seen) for name in value.__struct_fields__]
        case _:
            return _dump_object(value, seen)


def _dump_object(value: object, seen: dict[int, int]) -> object:
    if id(value) in seen:
        return f"object {seen[id(value)]}"
    seen[id(value)] = len(seen)
    kind = type(value).__name__
    return [
        (name, _dump(held, seen))
        for name, held in sorted(vars(value).items())
        if (kind, name) not in LEFT_OUT
    ]
