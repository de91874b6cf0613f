"""The API's description, OpenAPI 3.1, from the route table and the documents. Knows no request.

https://spec.openapis.org/oas/v3.1.0. Nothing here is written twice: paths, parameters and codes
come from ``node.api.routes``, schemas from ``client.views``.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from client.views import Problem, StreamItem, SubmittedView
from node.api.asking import JSON, MSGPACK
from node.api.parameters import STREAM, Parameter
from node.api.problems import CODES, PROBLEM_TYPE
from node.api.route import Route
from node.api.routes import ROUTES

Schema = dict[str, Any]

VERSION: Final = "1"
ALWAYS: Final = ("rate_limited", "internal_error", "node_busy")
ON_PARAMETERS: Final = ("parameter_unknown", "parameter_malformed", "parameter_repeated")
ON_BODIES: Final = ("body_malformed", "body_oversized", "media_type_unknown")
ABOUT: Final = (
    "Everything a node answers can be checked: proofs are base64 of canonical bytes whose types "
    "docs/spec names, and a client derives every value from them. Amounts are decimal strings in "
    "LiqBon, ids lower-case hex, addresses bech32m, times RFC 3339 in UTC with milliseconds. "
    "Errors are RFC 9457 problem documents whose code is stable."
)
ACCEPTED: Final = "Taken in; it will be ordered. Ask for it by its id."
REFUSED: Final = "Refused at the door, with the ledger's code; or skipped, if it was waited for."


def description() -> Schema:
    """The whole document. It is that of the paths under /v1, whatever the release."""
    kinds = [route.answer for route in ROUTES] + [Problem, StreamItem, SubmittedView]
    kinds += [route.body for route in ROUTES if route.body is not None]
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    shapes = dict(zip([_label(kind) for kind in kinds], schemas, strict=True))
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes)
    paths["/v1/stream"] = {"get": _stream(shapes)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "LiqBon node", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _label(kind: Any) -> str:
    return repr(kind)


def _operation(route: Route, shapes: dict[str, Schema]) -> Schema:
    content = {JSON: {"schema": shapes[_label(route.answer)]}}
    if route.raw is not None:
        content[MSGPACK] = {"schema": {"type": "string", "format": "binary"}}
    answers: Schema = {"200": {"description": route.summary, "content": content}}
    if route.body is not None:
        answers |= _submission_answers(route, shapes)
    if route.path == "/health/ready":
        answers["503"] = {"description": "Not ready.", "content": content}
    for status, codes in sorted(_problems(route).items()):
        answers.setdefault(str(status), _problem_answer(codes, shapes))
    operation: Schema = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": answers,
    }
    if route.raw is not None:
        operation["description"] = f"With `Accept: {MSGPACK}`: {route.raw}"
    if route.parameters:
        operation["parameters"] = [_parameter(parameter) for parameter in route.parameters]
    if route.body is not None:
        operation["requestBody"] = _request_body(route, shapes)
    return operation


def _request_body(route: Route, shapes: dict[str, Schema]) -> Schema:
    return {
        "required": True,
        "description": f"{MSGPACK}: {route.raw_body}",
        "content": {
            JSON: {"schema": shapes[_label(route.body)]},
            MSGPACK: {"schema": {"type": "string", "format": "binary"}},
        },
    }


def _submission_answers(route: Route, shapes: dict[str, Schema]) -> Schema:
    """What only a submission can be told."""
    if route.is_bulk:
        return {}
    submitted = {"$ref": "#/components/schemas/SubmittedView"}
    problem = {PROBLEM_TYPE: {"schema": shapes[_label(Problem)]}}
    return {
        "202": {"description": ACCEPTED, "content": {JSON: {"schema": submitted}}},
        "409": {"description": "Known already: ask for it by its id.", "content": problem},
        "422": {"description": REFUSED, "content": problem},
    }


def _problems(route: Route) -> dict[int, list[str]]:
    codes = [*ALWAYS, *ON_PARAMETERS[: 3 if route.parameters else 1], *route.problems]
    if any(parameter.is_required for parameter in route.parameters):
        codes.append("parameter_missing")
    if route.body is not None:
        codes += ON_BODIES
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(CODES[code][0], []).append(code)
    return found


def _problem_answer(codes: list[str], shapes: dict[str, Schema]) -> Schema:
    return {
        "description": "; ".join(f"{code}: {CODES[code][1]}" for code in codes),
        "content": {PROBLEM_TYPE: {"schema": shapes[_label(Problem)]}},
    }


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path" or parameter.is_required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _stream(shapes: dict[str, Schema]) -> Schema:
    return {
        "operationId": "stream",
        "summary": "WebSocket: every certified height, in order, from the one asked for.",
        "description": "Each message is a StreamItem.",
        "parameters": [_parameter(parameter) for parameter in STREAM],
        "responses": {
            "101": {
                "description": "The stream.",
                "content": {JSON: {"schema": shapes[_label(StreamItem)]}},
            },
            "410": _problem_answer(["pruned"], shapes),
            "426": _problem_answer(["body_malformed"], shapes),
            "503": _problem_answer(["node_busy"], shapes),
        },
    }
