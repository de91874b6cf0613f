"""Wire values in plain words, for rows: names, keys, JSON. Knows spellings; no table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from primitives.encoding import Wire


def snake(name: str) -> str:
    """``PartnerMoved`` as ``partner_moved``."""
    words: Iterable[str] = ("_" + c.lower() if c.isupper() else c for c in name)
    return "".join(words).lstrip("_")


def codes_in(key: bytes, count: int) -> list[str]:
    """The codes in a key, each after its length."""
    codes, place = [], 1
    for _ in range(count):
        size = key[place]
        codes.append(key[place + 1 : place + 1 + size].decode("ascii"))
        place += 1 + size
    return codes


def plain_json(value: Wire) -> str:
    """Fields by name, bytes as hex, statuses and the like by name; amounts stay whole units."""
    return json.dumps(_plain(value), separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Wire):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, IntEnum):
        return value.name.lower()
    return value.hex() if isinstance(value, bytes) else value
