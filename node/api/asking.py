"""A request after its form was checked, and an answer before it is sent. Knows no socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from client.fields import from_base64
from node.api.problems import ApiProblem
from node.api.seams import Api
from primitives.encoding import Malformed

T = TypeVar("T")

JSON: str = "application/json"
MSGPACK: str = "application/msgpack"
OCTETS: str = "application/octet-stream"


class Ask(NamedTuple):
    """What was asked: ``values`` of all parameters, the body with its media type, and whether the
    raw canonical bytes are wanted instead of JSON."""

    api: Api
    values: dict[str, Any]
    body: bytes
    media_type: str
    wants_raw: bool


class Answer(NamedTuple):
    """What is sent: a document, or canonical bytes."""

    document: object
    status: int = 200
    raw: bytes | None = None


def raw_answer(data: bytes) -> Answer:
    """Canonical bytes."""
    return Answer(None, raw=data)


def json_body(ask: Ask, kind: type[T]) -> T:
    """The body as a JSON document. Raises ``ApiProblem`` (``body_malformed``)."""
    try:
        return msgspec.json.decode(ask.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem("body_malformed", str(error)) from None


def bytes_of(text: str) -> bytes:
    """Base64 in a body. Raises ``ApiProblem`` (``body_malformed``)."""
    try:
        return from_base64(text)
    except Malformed as error:
        raise ApiProblem("body_malformed", error.detail) from None


def byte_strings(ask: Ask, most: int) -> Sequence[bytes]:
    """The body as an array of byte strings (MessagePack) or of base64 texts (JSON)."""
    if ask.media_type == JSON:
        found: Sequence[bytes] = [bytes_of(text) for text in json_body(ask, list[str])]
    else:
        try:
            found = msgspec.msgpack.decode(ask.body, type=list[bytes])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ApiProblem("body_malformed", str(error)) from None
    if not 1 <= len(found) <= most:
        raise ApiProblem("body_malformed", f"{len(found)} transactions, 1 to {most} allowed")
    return found


def cursor_place(ask: Ask) -> int:
    """Where the asked page of a list begins. Raises ``ApiProblem`` (``cursor_malformed``)."""
    cursor = ask.values["cursor"]
    if cursor is None:
        return 0
    if len(cursor) != 1:
        raise ApiProblem("cursor_malformed", "take it from the page before")
    return int(cursor[0])


def place_before(ask: Ask) -> tuple[int, int] | None:
    """The (height, receipt) after which a page of a list that is newest first begins; None: at the
    newest. Raises ``ApiProblem`` (``cursor_malformed``)."""
    cursor = ask.values["cursor"]
    if cursor is None:
        return None
    if len(cursor) != 2:
        raise ApiProblem("cursor_malformed", "take it from the page before")
    return cursor[0], cursor[1]
