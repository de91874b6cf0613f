"""What a request may say outside its body: names, forms, bounds. Knows spelling; no meaning.

One table entry is parsed by the server and described in OpenAPI, so that the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar, get_args

from multidict import MultiMapping

from client.fields import MAX_ENTRIES, MAX_PAGE
from client.render_governance import PROPOSAL_STATES
from client.views import EventView
from node.api.problems import ApiProblem
from node.api.settlement_documents import STATES
from primitives.address import parse_address
from primitives.encoding import Malformed
from primitives.entries import MAX_KEY, ObligationStatus
from primitives.governance import ProposalStatus

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")
_SECONDS: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?")
_CURSOR: Final = re.compile(r"(?:0|[1-9][0-9]{0,15})(?:-(?:0|[1-9][0-9]{0,15}))?")

_CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

EVENT_TYPES: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(EventView))
"""What events are called, in documents and in questions."""

Schema = dict[str, Any]
E = TypeVar("E", ObligationStatus, ProposalStatus)


class Parameter(NamedTuple):
    """A path or query parameter. ``parse`` gets the text and the network's address prefix and
    raises ``Malformed``; ``default`` is what an absent one means, if it may be absent."""

    name: str
    place: str
    parse: Callable[[str, str], Any]
    schema: Schema
    description: str
    default: Any = None
    is_required: bool = False


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
        if text is None and parameter.is_required:
            raise ApiProblem("parameter_missing", f"{name}: {parameter.description}")
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


def _keys(text: str, network: str) -> tuple[bytes, ...]:
    parts = text.split(",")
    if len(parts) > MAX_ENTRIES:
        raise Malformed("parameter_malformed", f"1 to {MAX_ENTRIES} keys between commas")
    return tuple(_key(part, network) for part in parts)


def _code(text: str, _: str) -> str:
    if _CODE.fullmatch(text) is None:
        raise Malformed("parameter_malformed", "1 to 32 of a-z, 0-9 and inner hyphens")
    return text


def _one_of(names: Mapping[E, str]) -> Callable[[str, str], E]:
    values = {name: value for value, name in names.items()}

    def parse(text: str, _: str) -> E:
        if text not in values:
            raise Malformed("parameter_malformed", "one of " + ", ".join(values))
        return values[text]

    return parse


def _events(text: str, _: str) -> frozenset[str]:
    names = frozenset(text.split(","))
    if not names <= frozenset(EVENT_TYPES):
        raise Malformed("parameter_malformed", "types of events between commas")
    return names


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
_NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"}
MAX_HEIGHT: Final = 2**53
MAX_CYCLE: Final = 2**32 - 1
MAX_PLACE: Final = 98

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
KEYS: Final = Parameter(
    "keys",
    "query",
    _keys,
    {
        "type": "string",
        "pattern": f"^([0-9a-f]{{2}}){{1,{MAX_KEY}}}(,([0-9a-f]{{2}}){{1,{MAX_KEY}}})*$",
    },
    f"1 to {MAX_ENTRIES} keys of state entries in hex, between commas.",
    is_required=True,
)
PARTNER: Final = Parameter("partner", "path", _code, _NAME, "A partner's code.")
PROGRAMME: Final = Parameter("programme", "path", _code, _NAME, "A programme's code.")
INVOICE: Final = Parameter("invoice", "path", _digest, _DIGEST, "An invoice's id.")
CAMPAIGN: Final = Parameter("campaign", "path", _digest, _DIGEST, "A campaign's id.")
ORDER: Final = Parameter("order", "path", _digest, _DIGEST, "An order's id.")
CONTENT: Final = Parameter("content", "path", _digest, _DIGEST, "A content's id.")
OF_ACCOUNT: Final = Parameter(
    "account",
    "query",
    parse_address,
    _ADDRESS,
    "Only those of this sponsor or author, or in which this account has a part.",
)
CYCLE: Final = Parameter(
    "cycle", "path", _whole(1, MAX_CYCLE), _digits(1, MAX_CYCLE), "A settlement cycle, from 1."
)
PLACE: Final = Parameter(
    "place", "path", _whole(0, MAX_PLACE), _digits(0, MAX_PLACE), "A place in the cycle, from 0."
)
OF_PARTNER: Final = Parameter(
    "partner", "query", _code, _NAME, "Only what this partner owes or is owed."
)
OF_CYCLE: Final = Parameter(
    "cycle", "query", _whole(1, MAX_CYCLE), _digits(1, MAX_CYCLE), "Only those of this cycle."
)
STATUS: Final = Parameter(
    "status",
    "query",
    _one_of(STATES),
    {"type": "string", "enum": list(STATES.values())},
    "Only those that stand there.",
)
PROPOSAL: Final = Parameter("proposal", "path", _digest, _DIGEST, "A proposal's id.")
CONCERNING: Final = Parameter(
    "partner", "query", _code, _NAME, "Only those that this partner made, or that name it."
)
PROPOSAL_STATUS: Final = Parameter(
    "status",
    "query",
    _one_of(PROPOSAL_STATES),
    {"type": "string", "enum": list(PROPOSAL_STATES.values())},
    "Only those that stand there.",
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
EVENTS: Final = Parameter(
    "events",
    "query",
    _events,
    {"type": "string", "pattern": "^[a-z_]+(,[a-z_]+)*$"},
    "Only receipts with an event of these types, between commas.",
)
STREAM: Final = (FROM, TOUCHING, EVENTS, RECEIPTS)
"""What a stream may be asked for."""
