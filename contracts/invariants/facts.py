"""How a broken fact is told. Knows two values that should agree; not what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeVar

from primitives.encoding import Wire

W = TypeVar("W", bound=Wire)


def equal(what: str, left: object, right: object) -> None:
    """Raise ``AssertionError`` unless both are the same."""
    if left != right:
        broken(what, left, right)


def at_most(what: str, left: int, right: int) -> None:
    """Raise ``AssertionError`` if ``left`` is more than ``right``."""
    if left > right:
        broken(what, left, right)


def holds(what: str, fact: bool, of: object) -> None:
    """Raise ``AssertionError`` unless ``fact`` is true of ``of``."""
    if not fact:
        broken(what, fact, of)


def broken(what: str, left: object, right: object) -> NoReturn:
    """Raise ``AssertionError`` with both values."""
    raise AssertionError(f"{what}: {left!r} against {right!r}")


def at(state: Mapping[bytes, Wire], key: bytes, kind: type[W]) -> W:
    """The entry that must stand under ``key``."""
    value = state.get(key)
    if not isinstance(value, kind):
        broken(f"the entry under {key.hex()}", value, kind.__name__)
    return value
