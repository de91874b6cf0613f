"""A node's whole outside in one process: ledger, door and API, over an ordering that is at once.

Knows no consensus: ``Ledger`` orders and attests. Signatures are checked for real, here.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from node.api.app import Requests, build_app
from node.api.seams import Api, ApiLimits, PeerState
from node.api.serving import serve
from node.ingress import Door, Ingress
from node.queries import Queries
from primitives.certificate import BeatCertificate
from primitives.encoding import Malformed
from primitives.evidence import Evidence
from primitives.keys import ED25519
from primitives.transaction import decode_signed, signatures
from primitives.validators import ValidatorSet
from tests.fakes.ordering import Ledger


class InlineChecks:
    """Signature checks in this process, a turn of the loop later."""

    def __init__(self, chain: bytes) -> None:
        self.chain = chain
        self.asked = 0

    async def check_transactions(self, raws: Sequence[bytes]) -> list[str | None]:
        self.asked += len(raws)
        await asyncio.sleep(0)
        return [self._fault(raw) for raw in raws]

    def _fault(self, raw: bytes) -> str | None:
        try:
            checks = signatures(decode_signed(raw, self.chain))
        except Malformed as error:
            return error.code
        return None if all(ED25519.verify_many(checks)) else "signature_invalid"


class FixedStatus:
    """A node's standing, as a test sets it."""

    def __init__(self, ledger: Ledger, me: int | None = 0) -> None:
        self.ledger = ledger
        self.me = me
        self.halted: str | None = None
        self.signer_trouble: str | None = None
        self.newest_beat: BeatCertificate | None = None
        self.reason: str | None = None
        self.history_missing: int | None = None
        self.accused: list[Evidence] = []

    @property
    def view(self) -> int:
        return self.ledger.executor.head_record.header.view

    @property
    def final_height(self) -> int:
        return self.ledger.executor.height

    @property
    def members(self) -> ValidatorSet:
        return self.ledger.committee.members

    def not_ready(self) -> str | None:
        return self.reason

    def peers(self) -> Sequence[PeerState]:
        size = self.ledger.committee.members.size
        return [PeerState(other, connected=True) for other in range(size) if other != self.me]

    def evidence(self) -> Sequence[Evidence]:
        return self.accused


class LedgerClock:
    """Shows what time the next block will have."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def now_ms(self) -> int:
        return self._ledger.now_ms()


class FakeNode:
    """The parts, wired. Make it inside a running event loop."""

    def __init__(
        self,
        ledger: Ledger | None = None,
        me: int | None = 0,
        limits: ApiLimits | None = None,
        own: str | None = None,
    ) -> None:
        self.ledger = ledger or Ledger()
        executor = self.ledger.executor
        self.checks = InlineChecks(executor.chain)
        door = Door(executor, self.ledger, self.checks, LedgerClock(self.ledger), me, own)
        self.ingress = Ingress(door)
        executor.followers.append(self.ingress)
        self.status = FixedStatus(self.ledger, me)
        self.requests = Requests()
        self.limits = limits or ApiLimits()
        self.api = Api(
            executor, Queries(executor), self.ingress, self.status, self.limits, "0.0.0-test"
        )

    def app(self) -> web.Application:
        """The API; build it once."""
        return build_app(self.api, asyncio.get_running_loop().time, self.requests)


@asynccontextmanager
async def served(node: FakeNode) -> AsyncIterator[str]:
    """The node's API on a loopback port; gives its URL."""
    serving = await serve(node.app(), "127.0.0.1", 0, node.limits.connections)
    try:
        yield f"http://127.0.0.1:{serving.port}"
    finally:
        node.ingress.close()
        await serving.close()


@contextmanager
def served_in_thread(make: Callable[[], FakeNode]) -> Iterator[str]:
    """The API of a node that lives in a thread and loop of its own, for clients that block."""
    up = threading.Event()
    known: dict[str, object] = {}

    async def live() -> None:
        down = asyncio.Event()
        async with served(make()) as url:
            known.update(url=url, loop=asyncio.get_running_loop(), down=down)
            up.set()
            await down.wait()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert up.wait(10), "the node did not start"
        yield str(known["url"])
    finally:
        loop, down = known["loop"], known["down"]
        assert isinstance(loop, asyncio.AbstractEventLoop)
        assert isinstance(down, asyncio.Event)
        loop.call_soon_threadsafe(down.set)
        thread.join(10)
