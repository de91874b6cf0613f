"""Genesis as people read and sign it off: JSON with names, addresses, amounts and dates.

Knows how each field is spelled, both ways; not whether founders agree. A document always comes
with the canonical bytes, from which the chain id follows, and is refused if the two differ.

    a digest or key   lower-case hex          an account   its address
    an amount         decimal LiqBon          a moment     RFC 3339 in UTC
"""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from client.fields import format_time, from_base64, parse_time, to_base64
from primitives.address import address, parse_address
from primitives.amount import format_amount, parse_amount
from primitives.encoding import Malformed, encode
from primitives.genesis import MAX_GENESIS, Genesis, chain_id, decode_genesis
from primitives.keys import ED25519
from primitives.membership import PartnerKind
from shell.errors import CommandError, UsageError

T = TypeVar("T", bound=msgspec.Struct)

AMOUNTS: Final = frozenset(
    {
        "opening",
        "channel_balance",
        "total_credit",
        "credit",
        "reserve",
        "reserve_ceiling",
        "claim_bound",
        "mint_per_day",
        "refund_per_day",
    }
)
MOMENTS: Final = frozenset({"time", "since", "reserve_attested"})
ACCOUNTS: Final = frozenset({"admin", "issuer", "cashier", "account"})
MAX_FILE: Final = 4 * MAX_GENESIS


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``genesis.json``: what it says for people, and what it is."""

    chain: str
    genesis: dict[str, Any]
    raw: str


def present(value: msgspec.Struct, network: str) -> dict[str, Any]:
    """The fields of a wire structure by name, spelled for people; addresses of ``network``."""
    return {name: _present(name, getattr(value, name), network) for name in value.__struct_fields__}


def _present(name: str, value: Any, network: str) -> Any:
    if name in AMOUNTS:
        return format_amount(value)
    if name in MOMENTS:
        return format_time(value)
    if name in ACCOUNTS:
        return address(value, network)
    if isinstance(value, PartnerKind):
        return value.text
    if isinstance(value, msgspec.Struct):
        return present(value, network)
    if isinstance(value, tuple):
        return [_present("", item, network) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def parse(kind: type[T], document: object, network: str) -> T:
    """The structure that ``present`` shows as ``document``, every bound of its type checked.

    Raises ``Malformed`` (``document_malformed``, or the code of a field's spelling), which names
    the field.
    """
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    try:
        return msgspec.convert(_parse_struct(info, document, network, ""), kind, strict=True)
    except msgspec.ValidationError as error:
        raise Malformed("document_malformed", str(error)) from None


def _parse_struct(
    info: inspect.StructType, document: object, network: str, place: str
) -> list[object]:
    if not isinstance(document, dict):
        raise Malformed("document_malformed", f"{place or 'the document'} is to be a table")
    names = [field.name for field in info.fields]
    for name in [
        *(n for n in names if n not in document),
        *(n for n in document if n not in names),
    ]:
        what = "is missing" if name in names else "is no field of it"
        raise Malformed("document_malformed", f"{_inside(place, name)} {what}")
    return [
        _parse(field, document[field.name], network, _inside(place, field.name))
        for field in info.fields
    ]


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _parse(field: inspect.Field, value: object, network: str, place: str) -> object:
    try:
        if field.name in AMOUNTS:
            return parse_amount(_text(value))
        if field.name in MOMENTS:
            return parse_time(_text(value))
        if field.name in ACCOUNTS:
            return parse_address(_text(value), network)
    except Malformed as error:
        raise Malformed(error.code, f"{place}: {error.detail}") from None
    return _parse_type(field.type, value, network, place)


def _parse_type(kind: inspect.Type, value: object, network: str, place: str) -> object:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.StructType):
        return _parse_struct(kind, value, network, place)
    if isinstance(kind, inspect.VarTupleType):
        if not isinstance(value, list):
            raise Malformed("document_malformed", f"{place} is to be a list")
        items = enumerate(value)
        return [_parse_type(kind.item_type, v, network, f"{place}[{i}]") for i, v in items]
    if isinstance(kind, inspect.BytesType):
        return _hex(value, place)
    if isinstance(kind, inspect.EnumType):
        return _named(kind.cls, value, place)
    return value


def _named(kind: type[Enum], value: object, place: str) -> int:
    """A member of an enumeration by the name that ``text`` shows."""
    names = {member.name.lower(): member.value for member in kind}
    if not isinstance(value, str) or value not in names:
        raise Malformed("document_malformed", f"{place} is to be one of {', '.join(names)}")
    number: int = names[value]
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("document_malformed", "is to be a text")
    return value


def _hex(value: object, place: str) -> bytes:
    try:
        data = bytes.fromhex(_text(value))
    except ValueError:
        raise Malformed("document_malformed", f"{place} is to be lower-case hex") from None
    if data.hex() != value:
        raise Malformed("document_malformed", f"{place} is to be lower-case hex")
    return data


def genesis_text(genesis: Genesis) -> bytes:
    """The contents of ``genesis.json``."""
    readable = present(genesis, genesis.network)
    document = _Document(chain_id(genesis).hex(), readable, to_base64(encode(genesis)))
    return pretty(document)


def read_genesis(path: Path) -> Genesis:
    """The checked genesis in a ``genesis.json``. Raises ``UsageError`` with the code of what is
    wrong; ``genesis_mismatch`` when the readable part, the bytes and the chain id differ."""
    try:
        document = msgspec.json.decode(read_file(path), type=_Document)
        return _checked(document)
    except Malformed as error:
        raise UsageError(error.code, f"{path}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("document_malformed", f"{path}: {error}") from None


def _checked(document: _Document) -> Genesis:
    genesis = decode_genesis(from_base64(document.raw), ED25519)
    if document.chain != chain_id(genesis).hex():
        raise Malformed("genesis_mismatch", "the chain id is not the digest of the genesis")
    if parse(Genesis, document.genesis, genesis.network) != genesis:
        raise Malformed("genesis_mismatch", "what is written for people is not the genesis")
    return genesis


def read_table(path: Path) -> dict[str, Any]:
    """A TOML (``.toml``) or JSON file that holds one table. Raises ``UsageError``."""
    data = read_file(path)
    try:
        if path.suffix == ".toml":
            return tomllib.loads(data.decode())
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("document_malformed", f"{path}: {error}") from None
    except RecursionError:
        raise UsageError("document_malformed", f"{path}: too deeply nested") from None


def read_file(path: Path) -> bytes:
    """The bytes of a document. Raises ``CommandError``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise CommandError("file_error", f"{path}: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise UsageError("oversized", f"{path}: over {MAX_FILE} bytes")
    return data


def pretty(document: object) -> bytes:
    """JSON for people, with a final line break."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
