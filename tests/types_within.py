"""The types of which values of a type are made, as msgspec sees them. Knows no type of ours."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import inspect


def types_within(kind: type) -> Iterator[inspect.Type]:
    """The type itself, and those of all its parts."""
    return _within(inspect.type_info(kind))


def _within(kind: inspect.Type) -> Iterator[inspect.Type]:
    yield kind
    match kind:
        case inspect.StructType():
            for field in kind.fields:
                yield from _within(field.type)
        case inspect.VarTupleType():
            yield from _within(kind.item_type)
        case inspect.TupleType():
            for one in kind.item_types:
                yield from _within(one)
        case inspect.UnionType():
            for one in kind.types:
                yield from _within(one)
