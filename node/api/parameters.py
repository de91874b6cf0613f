"""What a request may say outside its body: names, forms, bounds. Knows spelling; no meaning.

One table entry is parsed by the server and described in OpenAPI, so that the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from multidict import MultiMapping

from client.fields import MAX_PAGE
from node.api.problems import ApiProblem
from primitives.address import parse_address
from primitives.encoding import Malformed
from primitives.entries import MAX_KEY

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")
_SECONDS: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?")
_CURSOR: Final = re.compile(r"(?:0|[1-9][0-9]{0,15})(?:-(?:0|[1-9][0-9]{0,15}))?")

Schema = dict[str, Any]


class Parameter(NamedTuple):
    """A path or query parameter. ``parse`` gets the text and the network's address prefix and
    raises ``Malformed``; ``default`` is what an absent one means."""

    name: str
    place: str
    parse: Callable[[str, str], Any]
    schema: Schema
    description: str
    default: Any = None


def values_of(
    parameters: Iterable[Parameter], path: Mapping[str, str], query: MultiMapping[str], network: str
) -> dict[str, Any]:
    """Every parameter, parsed, by name. Raises ``ApiProblem``; an unknown one is a mistake too."""
    asked = {parameter.name: parameter for parameter in parameters}
    for name in query:
        if name not in asked or asked[name].place != "query":
            raise ApiProblem("parameter_unknown", name[:64])
        if len(query.getall(name)) > 1:
            raise ApiProblem("parameter_repeated", name[:64])
    values: dict[str, Any] = {}
    for name, parameter in asked.items():
        text = path.get(name) if parameter.place == "path" else query.get(name)
        try:
            values[name] = parameter.default if text is None else parameter.parse(text, network)
        except Malformed as error:
            raise ApiProblem(error.code, f"{name}: {error.detail}") from None
    return values


def _number(text: str, low: int, high: int) -> int:
    if _NUMBER.fullmatch(text) is None or not low <= int(text) <= high:
        raise Malformed("parameter_malformed", f"a whole number from {low} to {high}")
    return int(text)


def _digest(text: str, _: str) -> bytes:
    if len(text) != 64 or _HEX.fullmatch(text) is None:
        raise Malformed("parameter_malformed", "64 lower-case hex digits")
    return bytes.fromhex(text)


def _key(text: str, _: str) -> bytes:
    if len(text) > 2 * MAX_KEY or _HEX.fullmatch(text) is None:
        raise Malformed("parameter_malformed", f"2 to {2 * MAX_KEY} lower-case hex digits")
    return bytes.fromhex(text)


def _flag(text: str, _: str) -> bool:
    if text not in ("0", "1"):
        raise Malformed("parameter_malformed", "0 or 1")
    return text == "1"


def _wait(text: str, _: str) -> bool:
    if text != "final":
        raise Malformed("parameter_malformed", "final, or leave it out")
    return True


def _seconds(text: str, _: str) -> float:
    if _SECONDS.fullmatch(text) is None:
        raise Malformed("parameter_malformed", "seconds, such as 2.5")
    return float(text)


def _cursor(text: str, _: str) -> tuple[int, ...]:
    if _CURSOR.fullmatch(text) is None:
        raise Malformed("cursor_malformed", "take it from the page before")
    return tuple(int(part) for part in text.split("-"))


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    return lambda text, _: _number(text, low, high)


def _digits(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


_DIGEST: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FLAG: Final[Schema] = {"type": "string", "enum": ["0", "1"]}
_ADDRESS: Final[Schema] = {"type": "string", "pattern": "^t?lqb1[02-9ac-hj-np-z]{58}$"}
MAX_HEIGHT: Final = 2**53

ID: Final = Parameter("id", "path", _digest, _DIGEST, "A transaction's id.")
BATCH_DIGEST: Final = Parameter("digest", "path", _digest, _DIGEST, "A batch's digest.")
ADDRESS: Final = Parameter("address", "path", parse_address, _ADDRESS, "An account.")
KEY: Final = Parameter(
    "key",
    "path",
    _key,
    {"type": "string", "pattern": f"^([0-9a-f]{{2}}){{1,{MAX_KEY}}}$"},
    "A state entry's key in hex (docs/spec/state.md).",
)
HEIGHT: Final = Parameter(
    "height", "path", _whole(0, MAX_HEIGHT), _digits(0, MAX_HEIGHT), "A block's height."
)
PROOF: Final = Parameter("proof", "query", _flag, _FLAG, "1: with proofs.", default=False)
LIMIT: Final = Parameter(
    "limit", "query", _whole(1, MAX_PAGE), _digits(1, MAX_PAGE), "Items of a page.", default=20
)
CURSOR: Final = Parameter(
    "cursor",
    "query",
    _cursor,
    {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$"},
    "``next`` of the page before.",
)
CHANNEL: Final = Parameter(
    "channel", "query", _whole(0, 255), _digits(0, 255), "Which sequence is asked for.", default=0
)
WAIT: Final = Parameter(
    "wait",
    "query",
    _wait,
    {"type": "string", "enum": ["final"]},
    "Answer once it is final, with receipt and proof.",
    default=False,
)
TIMEOUT: Final = Parameter(
    "timeout",
    "query",
    _seconds,
    {"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,6})?$"},
    "Seconds to wait at most; the node has a bound of its own.",
)
BATCHES: Final = Parameter(
    "batches", "query", _flag, _FLAG, "0: the raw block without its batches.", default=True
)
FROM: Final = Parameter(
    "from",
    "query",
    _whole(1, MAX_HEIGHT),
    _digits(1, MAX_HEIGHT),
    "The first height to send; without it, the next one.",
)
RECEIPTS: Final = Parameter(
    "receipts", "query", _flag, _FLAG, "0: blocks without receipts.", default=True
)
TOUCHING: Final = Parameter(
    "address", "query", parse_address, _ADDRESS, "Only receipts that touched this account."
)
