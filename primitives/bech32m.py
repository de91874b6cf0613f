"""Bech32m text (BIP-350). Knows checksummed base 32; not which text is an account.

A string is a human-readable part, the separator ``1``, base-32 symbols, six checksum symbols:
at most 90 characters, of one case. The checksum finds any error of up to four characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from primitives.encoding import Malformed

MAX_LENGTH: Final = 90
_CHECKSUM_SYMBOLS: Final = 6
_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BECH32M: Final = 0x2BC830A3
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(hrp: str, data: bytes) -> str:
    """Bech32m text, in lower case, of bytes. ValueError when it would be over 90 characters."""
    return encode_symbols(hrp, to_symbols(data))


def decode(text: str) -> tuple[str, bytes]:
    """The human-readable part, in lower case, and the bytes. Raises as ``decode_symbols``, and
    ``address_malformed`` when the padding to whole bytes is not at most four zero bits."""
    hrp, symbols = decode_symbols(text)
    return hrp, from_symbols(symbols)


def encode_symbols(hrp: str, symbols: Sequence[int]) -> str:
    """Text of 5-bit symbols under a lower-case human-readable part of ASCII 33 to 126."""
    if not hrp or hrp != hrp.lower() or not _is_printable(hrp):
        raise ValueError("a human-readable part is lower-case printable ASCII, not empty")
    if len(hrp) + 1 + len(symbols) + _CHECKSUM_SYMBOLS > MAX_LENGTH:
        raise ValueError(f"bech32m text has at most {MAX_LENGTH} characters")
    residue = _polymod((*_expand(hrp), *symbols, *(0,) * _CHECKSUM_SYMBOLS)) ^ _BECH32M
    checksum = ((residue >> 5 * (_CHECKSUM_SYMBOLS - 1 - i)) & 31 for i in range(_CHECKSUM_SYMBOLS))
    return hrp + "1" + "".join(_ALPHABET[symbol] for symbol in (*symbols, *checksum))


def decode_symbols(text: str) -> tuple[str, tuple[int, ...]]:
    """The human-readable part, in lower case, and the symbols without the checksum.

    Raises ``Malformed``: ``address_malformed`` (length, characters, case, separator) or
    ``address_checksum`` (well formed, and mistyped).
    """
    if len(text) > MAX_LENGTH:
        raise Malformed("address_malformed", f"at most {MAX_LENGTH} characters")
    if not _is_printable(text):
        raise Malformed("address_malformed", "only printable ASCII, without spaces")
    if text != text.lower() and text != text.upper():
        raise Malformed("address_malformed", "either lower or upper case, not both")
    hrp, separator, rest = text.lower().rpartition("1")
    if not separator or not hrp or len(rest) < _CHECKSUM_SYMBOLS:
        raise Malformed("address_malformed", "a prefix, the digit 1, and a checksummed part")
    symbols = tuple(_VALUES.get(character, -1) for character in rest)
    if -1 in symbols:
        raise Malformed("address_malformed", "a character that bech32m does not use")
    if _polymod((*_expand(hrp), *symbols)) != _BECH32M:
        raise Malformed("address_checksum", "mistyped: the checksum does not fit")
    return hrp, symbols[:-_CHECKSUM_SYMBOLS]


def to_symbols(data: bytes) -> tuple[int, ...]:
    """Bytes as 5-bit symbols, most significant bit first, padded with zero bits at the end."""
    count = -(-len(data) * 8 // 5)
    bits = int.from_bytes(data, "big") << (count * 5 - len(data) * 8)
    return tuple((bits >> 5 * (count - 1 - i)) & 31 for i in range(count))


def from_symbols(symbols: Sequence[int]) -> bytes:
    """Whole bytes of 5-bit symbols. ``Malformed`` unless at most four zero bits are left over."""
    size, padding = divmod(len(symbols) * 5, 8)
    bits = 0
    for symbol in symbols:
        bits = bits << 5 | symbol
    if padding > 4 or bits & ((1 << padding) - 1):
        raise Malformed("address_malformed", "padding is not at most four zero bits")
    return (bits >> padding).to_bytes(size, "big")


def _is_printable(text: str) -> bool:
    return all(33 <= ord(character) <= 126 for character in text)


def _expand(hrp: str) -> tuple[int, ...]:
    codes = [ord(character) for character in hrp]
    return (*(code >> 5 for code in codes), 0, *(code & 31 for code in codes))


def _polymod(values: Iterable[int]) -> int:
    """The remainder, in GF(32), of the values read as a polynomial; BIP-173's generator."""
    residue = 1
    for value in values:
        top = residue >> 25
        residue = (residue & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate(_GENERATOR):
            if top >> bit & 1:
                residue ^= factor
    return residue
