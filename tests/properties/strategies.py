"""MessagePack as an adversary writes it: any value, any form of it, and any damage to it.

Knows the format's bytes, not what the product accepts.
"""

import struct
from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=20)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5), max_leaves=12)


def header(short: int, limit: int, wide: tuple[int, ...], size: int) -> list[bytes]:
    """Every header of that size: the short one up to ``limit``, and 8, 16, 32 bits wide."""
    forms = [bytes([short | size])] if size < limit else []
    for tag, form in zip(wide, (">BB", ">BH", ">BI"), strict=True):
        bits = 8 * (struct.calcsize(form) - 1)
        if tag and size < 1 << bits:
            forms.append(struct.pack(form, tag, size))
    return forms


def integer_forms(value: int) -> list[bytes]:
    """Every integer form that holds the value."""
    forms = [struct.pack(">b", value)] if -32 <= value < 128 else []
    for tag, form in ((0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q")):
        if 0 <= value < 1 << 8 * struct.calcsize(form):
            forms.append(struct.pack(f">B{form}", tag, value))
    for tag, form in ((0xD0, "b"), (0xD1, "h"), (0xD2, "i"), (0xD3, "q")):
        half = 1 << 8 * struct.calcsize(form) - 1
        if -half <= value < half:
            forms.append(struct.pack(f">B{form}", tag, value))
    return forms


@st.composite
def spellings(draw: st.DrawFn, value: Any) -> bytes:
    """One of the ways to write a value, the shortest or not."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return draw(st.sampled_from(integer_forms(value)))
    if isinstance(value, bytes):
        return draw(st.sampled_from(header(0, 0, (0xC4, 0xC5, 0xC6), len(value)))) + value
    if isinstance(value, str):
        data = value.encode()
        return draw(st.sampled_from(header(0xA0, 32, (0xD9, 0xDA, 0xDB), len(data)))) + data
    parts = [draw(spellings(part)) for part in value]
    return draw(st.sampled_from(header(0x90, 16, (0, 0xDC, 0xDD), len(parts)))) + b"".join(parts)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with one to three of them changed, taken out, put in or doubled, or cut short."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(changed)))
        match draw(st.integers(0, 4)):
            case 0:
                changed[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                del changed[place : place + draw(st.integers(1, 4))]
            case 2:
                changed[place:place] = draw(st.binary(min_size=1, max_size=4))
            case 3:
                changed[place:place] = changed[place : place + 8]
            case _:
                del changed[place:]
    return bytes(changed)
