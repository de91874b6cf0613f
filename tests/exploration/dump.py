"""An engine as a value: equal dumps mean that the engines behave alike from here on.

Walks everything that is reachable and leaves out, by name and with the reason, what changes nothing
that is decided within the bounds of a walk.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from hashlib import blake2b
from typing import Any

import msgspec

from consensus.chain import Block, Chain
from consensus.config import Anchor, Config
from consensus.safety import OwnView
from primitives.certificate import Certificate
from primitives.genesis import Parameters
from primitives.validators import ValidatorSet

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
ALIKE = frozenset(
    {
        ("Pacemaker", "_final_ms"),  # since when it stands still: standstill is out of reach
        ("Pacemaker", "_attested_ms"),
        ("Lanes", "_reports"),  # which batches others hold: there are none
        ("Leaders", "_failures"),  # a leader's next turn is after the last view
        ("Leaders", "_skips"),
        ("Chain", "notarized"),  # of views that are not open any more: see ``_open``
        ("Chain", "nullified"),
    }
)
"""Left out as well; the tests compare a walk with one that keeps these apart."""
SHARED = (Config, Anchor, ValidatorSet, Parameters)
"""Never changes."""
PLAIN = frozenset({type(None), bool, int, str, bytes})


def digest_of(root: object) -> bytes:
    """16 bytes that stand for all that ``root`` holds."""
    return blake2b(msgspec.msgpack.encode(_dump(root, {})), digest_size=16).digest()


def _dump(value: Any, seen: dict[int, int]) -> Any:
    kind = type(value)
    if kind in PLAIN or isinstance(value, Enum):
        return value
    if kind is dict:
        # An empty record of a view is as none.
        items = [
            (_dump(key, seen), _dump(held, seen))
            for key, held in value.items()
            if type(held) is not OwnView or held != NOTHING
        ]
        return sorted(items)
    if kind in (list, tuple, deque):
        return tuple([_dump(each, seen) for each in value])
    if kind is Certificate:  # whoever signed it
        return (value.kind, value.view, value.digest)
    if kind is Block:
        return value.digest
    if kind in SHARED:
        return kind.__name__
    if isinstance(value, msgspec.Struct):
        return msgspec.msgpack.encode(value)
    return _dump_object(value, seen)


NOTHING = OwnView()


def _dump_object(value: object, seen: dict[int, int]) -> object:
    if id(value) in seen:
        return ("object", seen[id(value)])
    seen[id(value)] = len(seen)
    kind = type(value).__name__
    dumped = [
        (name, _dump(held, seen))
        for name, held in vars(value).items()
        if (kind, name) not in LEFT_OUT and (kind, name) not in ALIKE
    ]
    return [*dumped, *(_open(value) if type(value) is Chain and ALIKE else [])]


def _open(chain: Chain) -> list[tuple[int, int, bytes | None]]:
    """Certificates of open views. Those of other views are kept for whoever asks."""
    final_view = chain.final.header.view
    held = [*chain.notarized.values(), *chain.nullified.values()]
    return sorted(
        [(int(c.kind), c.view, c.digest) for c in held if c.view > final_view],
        key=lambda certificate: certificate[:2],
    )
