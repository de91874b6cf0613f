"""One value, one spelling: what decodes encodes back to its bytes; all else is Malformed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import primitives
from primitives.address import Policy
from primitives.encoding import MAX_DOCUMENT, Malformed, Wire, decode, encode
from primitives.stateproof import StateProof
from primitives.transaction import SignedTransaction
from tests.properties.strategies import SCALARS, VALUES, damaged, spellings
from tests.vectors.families.encoding import KINDS

CODES = {"malformed", "not_canonical", "oversized"}
KINDS_AND_MORE: dict[str, Any] = {
    **KINDS,
    "scalar": None | bool | int | bytes,
    "proof": StateProof,
    "transaction": SignedTransaction,
}
kinds = st.sampled_from(sorted(KINDS_AND_MORE))


def decoded_or_refused(kind: str, data: bytes) -> tuple[bool, Any]:
    """The value, if there is one; any error but Malformed with a known code fails the test."""
    try:
        value = decode(KINDS_AND_MORE[kind], data)
    except Malformed as error:
        assert error.code in CODES  # noqa: PT017
        return False, None
    assert encode(value) == data
    return True, value


def kind_of(scalar: Any) -> str:
    """A kind that holds the scalar: byte strings and text do not stand in one union."""
    return "text" if isinstance(scalar, str) else "scalar"


def second_reader(data: bytes) -> Any:
    """What an independent library reads."""
    return msgpack.unpackb(data, strict_map_key=False)


def plain(value: Any) -> Any:
    """A decoded value without its types."""
    return second_reader(encode(value))


@given(VALUES)
def test_the_canonical_form_is_the_one_that_another_library_writes(value: Any) -> None:
    """[ENC-1, ENC-2] Where msgpack's default, the shortest, is our only form."""
    assert encode(value) == msgpack.packb(value)
    assert second_reader(encode(value)) == value


@given(kinds, st.data())
@settings(max_examples=400)
def test_any_form_of_any_value_is_read_exactly_or_refused(kind: str, data: st.DataObject) -> None:
    """[ENC-1, ENC-2, ENC-3]"""
    value = data.draw(VALUES)
    raw = data.draw(spellings(value))
    accepted, found = decoded_or_refused(kind, raw)
    if accepted:
        assert raw == msgpack.packb(value)
        assert plain(found) == value


@given(SCALARS, st.data())
def test_a_scalar_has_exactly_one_accepted_form(value: Any, data: st.DataObject) -> None:
    """[ENC-2]"""
    raw = data.draw(spellings(value))
    accepted, found = decoded_or_refused(kind_of(value), raw)
    assert accepted == (raw == msgpack.packb(value))
    assert not accepted or (found == value and type(found) is type(value))


@given(kinds, st.data())
@settings(max_examples=600)
def test_damaged_bytes_never_give_a_second_spelling(kind: str, data: st.DataObject) -> None:
    """[ENC-1, ENC-3] If both libraries read them, they read the same."""
    raw = data.draw(damaged(msgpack.packb(data.draw(VALUES))))
    accepted, found = decoded_or_refused(kind, raw)
    if accepted:
        assert plain(found) == second_reader(raw)
        assert msgpack.packb(second_reader(raw)) == raw


@given(st.data())
@settings(max_examples=300)
def test_damaged_structures_never_give_a_second_spelling(data: st.DataObject) -> None:
    """[ENC-1, ENC-3] From bytes that were canonical, so that much of the damage still decodes."""
    keys = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3)
    policy = Policy(data.draw(st.integers(0, 3)), tuple(data.draw(keys)))
    raw = data.draw(damaged(encode(policy)))
    decoded_or_refused("policy", raw)
    decoded_or_refused("transaction", b"\x93" + raw + raw + b"\x90")


@given(kinds, st.binary(max_size=64))
@settings(max_examples=400)
def test_chance_bytes_are_read_exactly_or_refused(kind: str, raw: bytes) -> None:
    """[ENC-3]"""
    decoded_or_refused(kind, raw)


@pytest.mark.parametrize("kind", sorted(KINDS_AND_MORE))
@pytest.mark.parametrize("tag", [*range(0x80, 0x90), 0xC1, *range(0xC7, 0xCC), *range(0xD4, 0xD9)])
def test_maps_floats_and_extensions_are_refused_everywhere(kind: str, tag: int) -> None:
    """[ENC-3] At the top, and in every place of an array."""
    form = bytes([tag])
    for size in (0, 1, 2, 4, 8, 9, 17, 40):
        for before in (b"", b"\x91", b"\x92\x00", b"\x92", b"\x93"):
            for filler in (b"\x00", b"\xc0", b"\xff", b"\xa1a"):
                accepted, _ = decoded_or_refused(kind, before + form + filler * size)
                assert not accepted


@pytest.mark.parametrize("kind", sorted(KINDS_AND_MORE))
@pytest.mark.parametrize(
    "raw",
    [
        b"\x91" * 100_000,
        b"\x91" * 100_000 + b"\xc0",
        b"\x81\xc0" * 50_000 + b"\xc0",
        b"\xdd\xff\xff\xff\xff" * 1_000,
        b"\xc6\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xffa",
        b"\xdf\xff\xff\xff\xff\xc0",
        b"\x92\x01\xdd\x7f\xff\xff\xff\xc4\x20",
        b"\xc9\xff\xff\xff\xff\x00",
    ],
    ids=lambda raw: raw[:6].hex(),
)
def test_depth_and_claimed_sizes_are_refused_without_being_believed(kind: str, raw: bytes) -> None:
    """[ENC-3, ENC-4]"""
    accepted, _ = decoded_or_refused(kind, raw)
    assert not accepted


@given(VALUES, st.binary(min_size=1, max_size=4))
def test_nothing_may_follow_a_value(value: Any, tail: bytes) -> None:
    """[ENC-3]"""
    scalar = value if not isinstance(value, list) else None
    accepted, _ = decoded_or_refused(kind_of(scalar), encode(scalar) + tail)
    assert not accepted


def test_a_limit_is_in_bytes_and_checked_first() -> None:
    """[ENC-4]"""
    assert decode(bytes, encode(b"a" * 8), 10) == b"a" * 8
    with pytest.raises(Malformed) as refused:
        decode(bytes, encode(b"a" * 9), 10)
    assert refused.value.code == "oversized"
    with pytest.raises(Malformed) as refused:
        decode(bytes, b"\xc1" * (MAX_DOCUMENT + 1))
    assert refused.value.code == "oversized"


def wire_types() -> list[type[Wire]]:
    """Every type of the protocol: all Wire classes of primitives."""
    for module in pkgutil.iter_modules(primitives.__path__):
        importlib.import_module(f"primitives.{module.name}")
    found: list[type[Wire]] = []
    todo = [Wire]
    while todo:
        kind = todo.pop()
        found += kind.__subclasses__()
        todo += kind.__subclasses__()
    return sorted(
        (kind for kind in found if kind.__module__.startswith("primitives.")),
        key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
    )


ALLOWED = (
    msgspec.inspect.NoneType,
    msgspec.inspect.BoolType,
    msgspec.inspect.IntType,
    msgspec.inspect.BytesType,
    msgspec.inspect.StrType,
    msgspec.inspect.EnumType,
    msgspec.inspect.VarTupleType,
    msgspec.inspect.TupleType,
    msgspec.inspect.ListType,
    msgspec.inspect.UnionType,
    msgspec.inspect.StructType,
    msgspec.inspect.Metadata,
)


def parts(kind: msgspec.inspect.Type, above: tuple[type, ...]) -> Iterator[msgspec.inspect.Type]:
    """A type and every type below it; fails when a type stands below itself."""
    yield kind
    match kind:
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            assert cls not in above, f"{cls.__name__} contains itself"
            for field in fields:
                yield from parts(field.type, (*above, cls))
        case msgspec.inspect.UnionType(types=types) | msgspec.inspect.TupleType(item_types=types):
            for inner in types:
                yield from parts(inner, above)
        case (
            msgspec.inspect.VarTupleType(item_type=inner)
            | msgspec.inspect.ListType(item_type=inner)
        ):
            yield from parts(inner, above)
        case msgspec.inspect.Metadata(type=inner):
            yield from parts(inner, above)
        case _:
            return


@pytest.mark.parametrize("kind", wire_types(), ids=lambda kind: kind.__name__)
def test_a_type_of_the_protocol_stays_within_the_subset(kind: type[Wire]) -> None:
    """[ENC-1, ENC-4, ENC-7] No map, float, extension or optional field; and no type contains
    itself, so that depth is bounded by the type and never by a reader's stack."""
    described = msgspec.inspect.type_info(kind)
    if kind is Wire:
        return
    for part in parts(described, ()):
        assert isinstance(part, ALLOWED), part
        if isinstance(part, msgspec.inspect.StructType):
            assert part.array_like
            assert part.forbid_unknown_fields
            assert part.cls.__struct_config__.frozen
            assert all(field.required for field in part.fields)
        if isinstance(part, msgspec.inspect.EnumType):
            assert all(type(member.value) is int for member in part.cls)
