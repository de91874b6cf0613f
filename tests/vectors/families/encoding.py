"""Bytes that are the canonical form of a value, and bytes that are refused, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from primitives.address import Policy
from primitives.encoding import Count, Digest, Malformed, Wire, decode, encode


class Pair(Wire):
    """An integer and a byte string."""

    number: int
    data: bytes


class Chain(Wire):
    """As deep as the bytes say."""

    next: Chain | None


KINDS: dict[str, Any] = {
    "integer": int,
    "count": Count,
    "boolean": bool,
    "bytes": bytes,
    "digest": Digest,
    "text": str,
    "nil or integer": int | None,
    "integers": tuple[int, ...],
    "pair": Pair,
    "chain": Chain,
    "policy": Policy,
}

FIELDS = {
    "kind": "integer, count (0 to 2^63-1), boolean, bytes, digest (32 bytes), text, "
    "nil or integer, integers (an array), pair (integer, bytes), chain (an array of one: chain "
    "or nil), policy",
    "bytes": "what is decoded",
    "code": "why it is refused, or null",
}

ACCEPTED: tuple[tuple[str, object], ...] = (
    *(("integer", 2**bits - 1) for bits in (0, 1, 7, 8, 16, 32, 63, 64)),
    *(("integer", 2**bits) for bits in (0, 7, 8, 16, 32, 63)),
    *(("integer", -(2**bits)) for bits in (0, 5, 7, 15, 31, 63)),
    *(("integer", -(2**bits) - 1) for bits in (5, 7, 15, 31)),
    ("count", 2**63 - 1),
    ("boolean", False),
    ("boolean", True),
    *(("bytes", b"\x5a" * size) for size in (0, 1, 255, 256)),
    ("digest", bytes(range(32))),
    *(("text", "a" * size) for size in (0, 31, 32, 255, 256)),
    ("text", "\u043a\u0438\u0441\u0435\u0442 \U0001f45d\x00"),
    ("nil or integer", None),
    ("nil or integer", 7),
    *(("integers", tuple(range(size))) for size in (0, 1, 15, 16)),
    ("pair", Pair(-1, b"")),
    ("chain", Chain(Chain(Chain(None)))),
    ("policy", Policy(1, (bytes(range(32)),))),
)

REFUSED: tuple[tuple[str, str], ...] = (
    *(("integer", form) for form in ("", "cc", "cd00", "ce000000", "cf00000000000000")),
    *(("integer", form) for form in ("cc00", "cc7f", "cd00ff", "ce0000ffff", "cf00000000ffffffff")),
    *(("integer", form) for form in ("d000", "d07f", "d0ff", "d1ff80", "d2ffff8000", "d100ff")),
    *(("integer", form) for form in ("d3ffffffff80000000", "d30000000000000001", "0100", "00c0")),
    *(("integer", form) for form in ("ca3f800000", "cb3ff0000000000000", "cb7ff8000000000000")),
    *(("integer", form) for form in ("c0", "c2", "c3", "c1", "90", "80", "a131", "c40131")),
    *(("integer", form) for form in ("d40000", "d6ff00000000", "c70000", "c7000100")),
    *(("count", form) for form in ("ff", "d080", "cf8000000000000000", "cfffffffffffffffff")),
    *(("boolean", form) for form in ("00", "01", "c0", "c2c2")),
    *(("bytes", form) for form in ("c4", "c401", "c40200", "c5000100", "c60000000100", "a0")),
    *(("bytes", form) for form in ("c6ffffffff", "c5ffff", "9100")),
    ("digest", "c41f" + "00" * 31),
    ("digest", "c421" + "00" * 33),
    *(("text", form) for form in ("a1", "d900", "d90161", "da000161", "db0000000161", "c40161")),
    *(
        ("text", form)
        for form in ("a1ff", "a1c0", "a2c080", "a3eda080", "a4f4908080", "dbffffffff")
    ),
    *(("nil or integer", form) for form in ("c2", "c0c0", "90")),
    *(("integers", form) for form in ("dc0000", "dc000100", "dd00000000", "9100c0", "91", "92 00")),
    *(("integers", form) for form in ("ddffffffff", "dcffff", "810000", "de00010000", "91c0")),
    *(
        ("pair", form)
        for form in ("90", "9100", "9300c400c0", "92c40000", "8201c40002c400", "9200")
    ),
    *(
        ("pair", form)
        for form in ("dc000200c400", "92ccffc40000", "82a66e756d62657200a464617461c400")
    ),
    *(("chain", form) for form in ("91", "91" * 40, "91" * 5_000 + "c0", "90", "9190")),
    *(("policy", form) for form in ("9101", "920191a0", "93019000", "92cb3ff000000000000090")),
)


def refusal(kind: str, data: bytes) -> str:
    try:
        decode(KINDS[kind], data)
    except Malformed as error:
        return error.code
    raise AssertionError(f"{data.hex()} is canonical for {kind}")


def cases() -> Sequence[Mapping[str, object]]:
    good = []
    for kind, value in ACCEPTED:
        data = encode(value)
        assert decode(KINDS[kind], data) == value
        good.append({"kind": kind, "bytes": data.hex(), "code": None})
    return good + [
        {"kind": kind, "bytes": form.replace(" ", ""), "code": refusal(kind, bytes.fromhex(form))}
        for kind, form in REFUSED
    ]
