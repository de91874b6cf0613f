"""The one canonical byte form. Knows MessagePack's strict subset; not what any value means.

A strict subset of MessagePack: nil, booleans, 64-bit integers, byte strings, UTF-8 strings and
arrays, each in its shortest form, typed and bounded, without trailing bytes. One value has one
spelling: whatever does not encode back to the same bytes is refused ([ENC-1]).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar, dataclass_transform

import msgspec

T = TypeVar("T")

MAX_DOCUMENT: Final = 16 * 1024 * 1024
"""Bytes. No canonical value of the protocol is larger, whatever a caller allows."""


class Malformed(ValueError):
    """Bytes or text that are not a value of the protocol.

    ``code`` is stable and may be shown to people and programs; ``detail`` is for people.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))  # for type checkers
class Wire(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True, gc=False):
    """A value with a canonical byte form: an array of its fields, in order, none optional.

    Without a word to the garbage collector: what never changes, and holds only what never changes,
    is in no reference cycle (tests/unit/primitives/test_values.py).
    """


Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
"""32 bytes: a SHA-256 digest, an account id or an Ed25519 public key."""
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
"""64 bytes."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number that is never negative and fits a signed 64-bit integer."""
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Index = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
"""A place in a small list: validators, keys, channels, outputs."""
Millis = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Milliseconds since 1970-01-01 UTC, or a duration in milliseconds."""

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}

encode = _encoder.encode
"""The canonical bytes of a value built from the types above."""


def decode(kind: type[T], data: bytes, limit: int = MAX_DOCUMENT) -> T:
    """The value of ``kind`` whose canonical form is ``data``.

    ``limit`` is in bytes. Raises ``Malformed`` with code ``oversized``, ``malformed`` or
    ``not_canonical``; never anything else, whatever the bytes.
    """
    if len(data) > limit:
        raise Malformed("oversized", f"{len(data)} bytes, at most {limit}")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        value: T = decoder.decode(data)
        again = _encoder.encode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        # msgspec's own words carry offsets and type names, never the value: safe to show.
        raise Malformed("malformed", str(error)) from None
    if again != data:
        raise Malformed("not_canonical", "a shorter or stricter form of this value exists")
    return value
