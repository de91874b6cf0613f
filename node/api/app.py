"""The HTTP edge: turns requests into checked questions, and answers into responses.

Knows aiohttp; no ledger. Every error leaves as a problem document with a stable code, and nothing
of the inside with it. All origins may read: there are no cookies and no secrets here, and a web
wallet asks nodes of other people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from node import stages
from node.api.asking import JSON, MSGPACK, OCTETS, Answer, Ask
from node.api.bounds import Gate, RateLimiter
from node.api.openapi import description
from node.api.parameters import values_of
from node.api.problems import PROBLEM_TYPE, ApiProblem
from node.api.route import Route
from node.api.routes import ROUTES
from node.api.seams import Api
from node.api.stream import Streams

HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT: Final = HEADERS | {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Accept",
    "Access-Control-Max-Age": "86400",
}
CHUNK: Final = 64 * 1024

AiohttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger("api")


class Requests:
    """Counts what was asked, for the metrics: (route, status) -> requests."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], int] = {}

    def count(self, route: str, status: int) -> None:
        """One more. Only routes of the table are named, so this stays small."""
        key = (route, status)
        self.counts[key] = self.counts.get(key, 0) + 1


def build_app(
    api: Api, now_s: Callable[[], float], requests: Requests | None = None
) -> web.Application:
    """The API as an aiohttp application; ``now_s`` is any clock that never goes back."""
    edge = Edge(api, now_s, requests or Requests())
    app = web.Application(middlewares=[edge.guard], client_max_size=api.limits.bulk_body)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, edge.handler(route))
    streams = Streams(api)
    api.executor.followers.append(streams)
    app.router.add_get("/v1/stream", streams.handle)
    app.on_shutdown.append(streams.close)
    document = msgspec.json.encode(description())

    async def openapi(_: web.Request) -> web.Response:
        return web.Response(body=document, content_type=JSON)

    app.router.add_get("/openapi.json", openapi)
    return app


class Edge:
    """What stands around every handler."""

    def __init__(self, api: Api, now_s: Callable[[], float], requests: Requests) -> None:
        limits = api.limits
        self._api = api
        self._requests = requests
        self._gate = Gate(limits.requests_at_once)
        self._rate = RateLimiter(limits.rate_per_s, limits.burst, limits.clients_remembered, now_s)

    @property
    def guard(self) -> Any:
        """The middleware: bounds first, then the handler; every failure becomes a problem."""

        @web.middleware
        async def guard(request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=PREFLIGHT)
            response = await self._answered(request, handler)
            resource = request.match_info.route.resource
            name = "unknown" if resource is None else resource.canonical
            self._requests.count(name, response.status)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return guard

    async def _answered(self, request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
        try:
            self._let_in(request)
            try:
                return await handler(request)
            finally:
                self._gate.leave()
        except ApiProblem as problem:
            return _problem(problem)
        except web.HTTPException as error:
            return _problem(_of_aiohttp(error), error.headers.get("Allow"))
        except Exception:  # noqa: BLE001  our own mistake: the log has the trace, the client a code
            _log.exception("request_failed", path=request.path, method=request.method)
            return _problem(ApiProblem("internal_error"))

    def _let_in(self, request: web.Request) -> None:
        """Raises ``ApiProblem``, or the gate must be left again."""
        if not self._rate.allows(request.remote or ""):
            raise ApiProblem("rate_limited")
        if not self._gate.enter():
            raise ApiProblem("node_busy", "too many requests at once")

    def handler(self, route: Route) -> AiohttpHandler:
        """The aiohttp handler of a route: checks the question, asks, renders the answer."""
        limits = self._api.limits
        most = limits.bulk_body if route.is_bulk else limits.body

        async def handle(request: web.Request) -> web.StreamResponse:
            values = values_of(
                route.parameters, request.match_info, request.query, self._api.network
            )
            body, media_type = b"", ""
            if route.body is not None:
                media_type = _media_type(request)
                body = await _body(request, most)
            wants_raw = route.raw is not None and MSGPACK in request.headers.get("Accept", "")
            ask = Ask(self._api, values, body, media_type, wants_raw)
            return _response(await stages.API.over(route.handler(ask)))

        return handle


def _media_type(request: web.Request) -> str:
    media_type = request.content_type
    if media_type not in (JSON, MSGPACK, OCTETS):
        raise ApiProblem("media_type_unknown", media_type[:64])
    return media_type


async def _body(request: web.Request, most: int) -> bytes:
    """The whole body, at most ``most`` bytes. Raises ``ApiProblem`` (``body_oversized``)."""
    if (request.content_length or 0) > most:
        raise ApiProblem("body_oversized", f"at most {most} bytes")
    parts, size = [], 0
    async for part in request.content.iter_chunked(CHUNK):
        size += len(part)
        if size > most:
            raise ApiProblem("body_oversized", f"at most {most} bytes")
        parts.append(part)
    return b"".join(parts)


def _response(answer: Answer) -> web.Response:
    if answer.raw is not None:
        return web.Response(body=answer.raw, content_type=MSGPACK)
    body = msgspec.json.encode(answer.document)
    return web.Response(body=body, status=answer.status, content_type=JSON)


def _problem(problem: ApiProblem, allow: str | None = None) -> web.Response:
    headers = {} if allow is None else {"Allow": allow}
    if problem.retry_s is not None:
        headers["Retry-After"] = str(problem.retry_s)
    return web.Response(
        body=problem.document(),
        status=problem.status,
        content_type=PROBLEM_TYPE,
        headers=headers,
    )


def _of_aiohttp(error: web.HTTPException) -> ApiProblem:
    match error.status:
        case 404:
            return ApiProblem("path_unknown")
        case 405:
            return ApiProblem("method_not_allowed")
        case 413:
            return ApiProblem("body_oversized")
        case _:
            return ApiProblem("body_malformed", f"HTTP {error.status}", status=error.status)
