"""Asks one node over HTTP. Knows paths, limits and documents; believes nothing, proves nothing.

Every answer is bounded in bytes and time, must be whole, and is decoded into a document of
``client.views`` or refused. Redirects, compression and proxies of the environment are not used: the
node that was named is the one that is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from client import views
from client.errors import Fault, Lie, Refusal, Silent
from client.fields import MAX_SUBMISSIONS, Page

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of the longest answer that is read."""
CONNECT_TIMEOUT_S: Final = 3.0
CONNECTIONS_PER_NODE: Final = 32
MSGPACK: Final = "application/msgpack"

Params = Mapping[str, str]


class NodeApi(Protocol):
    """One node, as the light client asks it. Every verb may raise ``Fault``."""

    @property
    def url(self) -> str:
        """Its name in what is told about it."""

    async def status(self) -> views.StatusView:
        """Where it stands."""

    async def account(self, address: str, channel: int) -> views.AccountView:
        """An account and one of its channels, with proofs."""

    async def entry(self, key: bytes) -> views.EntryView:
        """A state entry with its proof."""

    async def entries(self, keys: Sequence[bytes]) -> views.EntriesView:
        """Up to 32 state entries with their proofs, all of one height."""

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        """A transaction with its proof, or None: it never heard of it."""

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        """Hand in a signed transaction and wait; None: taken in, or known, without a receipt."""

    async def submit_many(self, raws: Sequence[bytes]) -> list[views.SubmissionResult]:
        """Hand in up to 1,000, a result each."""

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        """A page of what touched an account, newest first, with proofs."""

    async def fell_due(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.FellDueView]:
        """A page of what fell due by itself and paid an account, newest first, with proofs."""

    async def proposals(self, cursor: str | None, limit: int) -> Page[views.ProposalView]:
        """A page of what was put to the vote, newest first, without proofs."""

    async def epochs(self, cursor: str | None) -> Page[views.EpochView]:
        """A page of epochs, oldest first."""

    async def genesis(self) -> views.GenesisView:
        """Its genesis."""


class HttpNode:
    """A node at ``http://host:port``. ``timeout_s`` bounds each request, waiting included."""

    def __init__(self, url: str, session: aiohttp.ClientSession, timeout_s: float) -> None:
        self.url = url
        self._session = session
        self._timeout_s = timeout_s

    async def status(self) -> views.StatusView:
        """``GET /v1/status``."""
        return await self._get("/status", views.StatusView)

    async def account(self, address: str, channel: int) -> views.AccountView:
        """``GET /v1/accounts/{address}?proof=1&channel=``."""
        params = {"proof": "1", "channel": str(channel)}
        return await self._get(f"/accounts/{address}", views.AccountView, params)

    async def entry(self, key: bytes) -> views.EntryView:
        """``GET /v1/state/{key}?proof=1``."""
        return await self._get(f"/state/{key.hex()}", views.EntryView, {"proof": "1"})

    async def entries(self, keys: Sequence[bytes]) -> views.EntriesView:
        """``GET /v1/state?keys=&proof=1``."""
        asked = ",".join(key.hex() for key in keys)
        return await self._get("/state", views.EntriesView, {"keys": asked, "proof": "1"})

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        """``GET /v1/transactions/{id}?proof=1``; None where it answers 404."""
        try:
            return await self._get(
                f"/transactions/{id_.hex()}", views.TransactionView, {"proof": "1"}
            )
        except Refusal as refusal:
            if refusal.http == 404:
                return None
            raise

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        """``POST /v1/transactions?wait=final``; None for 202 and for 409."""
        params = {"wait": "final", "timeout": f"{wait_s:.3f}"} if wait_s > 0 else {}
        try:
            status, body = await self._send("/transactions", params, raw, MSGPACK, wait_s)
        except Refusal as refusal:
            if refusal.http == 409:
                return None
            raise
        return self._decoded(body, views.TransactionView) if status == 200 else None

    async def submit_many(self, raws: Sequence[bytes]) -> list[views.SubmissionResult]:
        """``POST /v1/transactions/batch``."""
        if not 0 < len(raws) <= MAX_SUBMISSIONS:
            raise ValueError(f"1 to {MAX_SUBMISSIONS} transactions, not {len(raws)}")
        body = msgspec.msgpack.encode(list(raws))
        _, answer = await self._send("/transactions/batch", {}, body, MSGPACK, 0)
        results = self._decoded(answer, list[views.SubmissionResult])
        if len(results) != len(raws):
            raise Lie(self.url, "answer_cut_off", f"{len(results)} results of {len(raws)}")
        return results

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        """``GET /v1/accounts/{address}/transactions?proof=1``."""
        params = {"proof": "1", "limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return await self._get(f"/accounts/{address}/transactions", Page[views.HistoryItem], params)

    async def fell_due(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.FellDueView]:
        """``GET /v1/accounts/{address}/due?proof=1``."""
        params = {"proof": "1", "limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return await self._get(f"/accounts/{address}/due", Page[views.FellDueView], params)

    async def proposals(self, cursor: str | None, limit: int) -> Page[views.ProposalView]:
        """``GET /v1/proposals``."""
        params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return await self._get("/proposals", Page[views.ProposalView], params)

    async def epochs(self, cursor: str | None) -> Page[views.EpochView]:
        """``GET /v1/epochs``."""
        return await self._get(
            "/epochs", Page[views.EpochView], {"cursor": cursor} if cursor else {}
        )

    async def genesis(self) -> views.GenesisView:
        """``GET /v1/genesis``."""
        return await self._get("/genesis", views.GenesisView)

    async def evidence(self, cursor: str | None) -> Page[views.EvidenceView]:
        """``GET /v1/evidence``."""
        params = {"cursor": cursor} if cursor else {}
        return await self._get("/evidence", Page[views.EvidenceView], params)

    async def raw(self, path: str, limit: int, params: Params | None = None) -> bytes:
        """The canonical bytes under a path of /v1, at most ``limit`` of them, as they came."""
        accept = {"Accept": MSGPACK}
        _, body = await self._call(
            "GET", path, params or {}, self._timeout_s, headers=accept, max_answer=limit
        )
        return body

    async def _get(self, path: str, kind: type[T], params: Params | None = None) -> T:
        _, body = await self._call("GET", path, params or {}, self._timeout_s)
        return self._decoded(body, kind)

    async def _send(
        self, path: str, params: Params, body: bytes, content: str, wait_s: float
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": content}
        timeout_s = self._timeout_s + wait_s
        return await self._call("POST", path, params, timeout_s, data=body, headers=headers)

    async def _call(
        self, method: str, path: str, params: Params, timeout_s: float, **extra: Any
    ) -> tuple[int, bytes]:
        import aiohttp

        max_answer = extra.pop("max_answer", MAX_ANSWER)

        url = f"{self.url}/v1{path}"
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.request(
                    method, url, params=params, allow_redirects=False, **extra
                ) as answer,
            ):
                body = await self._body(answer, max_answer)
                status, retry = answer.status, answer.headers.get("Retry-After", "")
        except TimeoutError:
            raise Silent(self.url, "timeout", f"nothing in {timeout_s:g} s") from None
        except aiohttp.ClientPayloadError:
            raise Lie(
                self.url, "answer_cut_off", "the connection ended inside the answer"
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Silent(self.url, "unreachable", type(error).__name__) from None
        if status in (200, 202):
            return status, body
        raise self._fault(status, body, retry)

    async def _body(self, answer: aiohttp.ClientResponse, limit: int) -> bytes:
        if "Content-Encoding" in answer.headers:
            raise Lie(self.url, "answer_malformed", "compressed, which nobody asked for")
        parts, size = [], 0
        async for chunk in answer.content.iter_chunked(64 * 1024):
            size += len(chunk)
            if size > limit:
                raise Lie(self.url, "answer_oversized", f"over {limit} bytes")
            parts.append(chunk)
        return b"".join(parts)

    def _decoded(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Lie(self.url, "answer_malformed", str(error)) from None

    def _fault(self, status: int, body: bytes, retry_after: str) -> Fault:
        try:
            problem = msgspec.json.decode(body, type=views.Problem)
            code, detail = problem.code[:64], problem.detail[:200]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            code, detail = f"http_{status}", ""
        if status in (429, 503):
            return Silent(self.url, "busy", f"{code} {detail} (again in {retry_after or '?'} s)")
        if status >= 500:
            return Silent(self.url, "server_error", f"{status} {code} {detail}")
        if 400 <= status < 500:
            return Refusal(self.url, code, detail, status)
        return Lie(self.url, "answer_malformed", f"HTTP status {status}")


@asynccontextmanager
async def open_nodes(urls: Sequence[str], timeout_s: float) -> AsyncIterator[list[HttpNode]]:
    """The nodes at ``urls``, over connections that are closed at the end."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS_PER_NODE)
    async with aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        trust_env=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield [HttpNode(url, session, timeout_s) for url in urls]
