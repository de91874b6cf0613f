"""Offers signed transfers at a fixed rate and times a sample of them. Knows the API; no verdict.

The loop is open: what is due is sent when it is due, however long answers take, and a latency
counts from the moment at which the transfer was due, so that a slow network cannot slow its own
examiner down. Every sender stays with one node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from time import process_time, time_ns
from typing import Final, NamedTuple

from client.answers import judge_receipt, read
from client.errors import Fault
from client.http import NodeApi
from client.trust import Believed
from client.views import TransactionView
from primitives.encoding import Malformed
from primitives.proof import ReceiptProof
from primitives.receipt import Outcome
from primitives.transaction import decode_signed

TICK_S: Final = 0.1
"""Each node is sent what is due this often."""
SAMPLE_TICKS: Final = 2
"""Of every so many requests to a node, one transfer is sent apart and waited for."""
SAMPLE_WAIT_S: Final = 20.0
POLL_S: Final = 0.5
FOLLOW_S: Final = 0.02
TAKEN_IN: Final = (202, 409)


class Plan(NamedTuple):
    """How much is offered: transfers a second of all nodes together, for so many seconds.

    ``in_order``: to one node one request after another, as a partner's gateway sends its mints,
    which one issuer signs: a request waits for the one before, and nothing is sent apart. What is
    timed is then looked for every FOLLOW_S.
    """

    rate: float
    seconds: float
    in_order: bool = False


class Request(NamedTuple):
    """What is due at one moment at one node: ``due_s`` after the start; places in the list."""

    due_s: float
    node: int
    places: range
    is_sampled: bool


class Sight(NamedTuple):
    """A node's newest certified height, seen at a moment."""

    at_s: float
    height: int


class Sample(NamedTuple):
    """A transfer that was waited for: when it was due, and what became of it.

    Both times end when its proof was verified, and are None if it was not final in time;
    ``ordering_ms`` begins at the time of its block, when a leader proposed it.
    """

    due_s: float
    latency_ms: float | None
    ordering_ms: float | None = None


class Offered(NamedTuple):
    """What a plan came to. Times are of the loop's clock, in seconds after the start."""

    plan: Plan
    sent: int
    refused: list[int]
    codes: dict[str, int]
    samples: list[Sample]
    sights: list[list[Sight]]
    most_late_ms: float
    cpu_s: float


def schedule(plan: Plan, nodes: int) -> list[Request]:
    """Every request of a plan, by time. Nodes take turns; the list's places are dealt out to them
    in rotation, so that place ``p`` goes to node ``p % nodes``, in order."""
    ticks = round(plan.seconds / TICK_S)
    share = plan.rate / nodes * TICK_S
    requests = []
    for tick in range(ticks):
        first, end = int(tick * share), int((tick + 1) * share)
        for node in range(nodes):
            due_s = (tick + node / nodes) * TICK_S
            places = range(first * nodes + node, end * nodes + node, nodes)
            if places:
                requests.append(Request(due_s, node, places, tick % SAMPLE_TICKS == 0))
    return requests


def due_by(requests: Sequence[Request]) -> Iterator[tuple[float, int]]:
    """(time, transfers due up to then), ascending."""
    total = 0
    for request in requests:
        total += len(request.places)
        yield request.due_s, total


class Load:
    """Sends to ``nodes``, believing what ``believed`` says."""

    def __init__(self, nodes: Sequence[NodeApi], believed: Believed) -> None:
        self._nodes = nodes
        self._believed = believed
        self._refused: list[int] = []
        self._codes: dict[str, int] = {}
        self._samples: list[Sample] = []
        self._sights: list[list[Sight]] = []
        self._start_s = 0.0
        self._turns = [asyncio.Lock() for _ in nodes]

    async def offer(self, plan: Plan, raws: Sequence[bytes]) -> Offered:
        """Send what the plan asks, of ``raws``, which holds at least so many."""
        requests = schedule(plan, len(self._nodes))
        self._refused, self._codes, self._samples = [], {}, []
        self._sights = [[] for _ in self._nodes]
        clock = asyncio.get_running_loop().time
        begun_cpu_s, self._start_s = process_time(), clock()
        watch = asyncio.create_task(self._watch())
        tasks: set[asyncio.Task[None]] = set()
        most_late_s = 0.0
        for request in requests:
            ahead_s = self._start_s + request.due_s - clock()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            most_late_s = max(most_late_s, clock() - self._start_s - request.due_s)
            for task in (
                self._ordered(request, raws) if plan.in_order else self._send(request, raws)
            ):
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        await asyncio.sleep(max(0.0, self._start_s + plan.seconds - clock()))
        cpu_s = process_time() - begun_cpu_s
        watch.cancel()
        await asyncio.gather(*tasks)
        return Offered(
            plan=plan,
            sent=sum(len(request.places) for request in requests),
            refused=sorted(self._refused),
            codes=self._codes,
            samples=self._samples,
            sights=self._sights,
            most_late_ms=most_late_s * 1000,
            cpu_s=cpu_s,
        )

    async def settle(self, raws: Sequence[bytes], refused: Sequence[int]) -> None:
        """Send again what was refused, after the clock, until all of it is taken in.

        So every sender's sequence goes on without a gap, and all that was sent must become final.
        """
        for node in range(len(self._nodes)):
            left = [place for place in refused if place % len(self._nodes) == node]
            while left:
                left = await self._again(node, left, raws)

    async def time(self, node: int, raw: bytes) -> Sample:
        """Send one transfer now, and wait. Raises ``Fault``."""
        clock = asyncio.get_running_loop().time
        self._start_s = clock()
        return self._timed(0.0, await self._proven(node, raw))

    async def _again(self, node: int, places: list[int], raws: Sequence[bytes]) -> list[int]:
        some, rest = places[:500], places[500:]
        try:
            results = await self._nodes[node].submit_many([raws[place] for place in some])
        except Fault:
            await asyncio.sleep(POLL_S)
            return places
        left = [p for p, r in zip(some, results, strict=True) if r.status not in TAKEN_IN]
        if left:
            await asyncio.sleep(POLL_S)
        return left + rest

    def _send(self, request: Request, raws: Sequence[bytes]) -> Iterator[asyncio.Task[None]]:
        places = list(request.places)
        if request.is_sampled:
            place = places.pop()
            yield asyncio.create_task(self._sample(request, place, raws[place]))
        if places:
            yield asyncio.create_task(self._bulk(request.node, places, raws))

    def _ordered(self, request: Request, raws: Sequence[bytes]) -> Iterator[asyncio.Task[None]]:
        yield asyncio.create_task(self._in_turn(request, raws))

    async def _in_turn(self, request: Request, raws: Sequence[bytes]) -> None:
        async with self._turns[request.node]:
            await self._bulk(request.node, list(request.places), raws)
        if request.is_sampled:
            place = request.places[-1]
            if place not in self._refused:
                proposed_ms = await self._followed(request.node, raws[place])
                self._samples.append(self._timed(request.due_s, proposed_ms))

    async def _followed(self, node: int, raw: bytes) -> int | None:
        """Like ``_proven``, of what was handed in already."""
        clock = asyncio.get_running_loop().time
        until_s = clock() + SAMPLE_WAIT_S
        id_ = decode_signed(raw, self._believed.chain).id
        while clock() < until_s:
            try:
                proven = self._proof(id_, await self._nodes[node].transaction(id_))
            except Fault:
                proven = None
            if proven is not None:
                return proven
            await asyncio.sleep(FOLLOW_S)
        return None

    async def _bulk(self, node: int, places: list[int], raws: Sequence[bytes]) -> None:
        try:
            results = await self._nodes[node].submit_many([raws[place] for place in places])
        except Fault as fault:
            self._refuse(places, fault.code)
            return
        for place, result in zip(places, results, strict=True):
            if result.status not in TAKEN_IN:
                self._refuse([place], result.code or str(result.status))

    async def _sample(self, request: Request, place: int, raw: bytes) -> None:
        """Send one, wait for its finality at the node, and believe the proof alone."""
        try:
            proposed_ms = await self._proven(request.node, raw)
        except Fault as fault:
            self._refuse([place], fault.code)
            return
        self._samples.append(self._timed(request.due_s, proposed_ms))

    async def _proven(self, node: int, raw: bytes) -> int | None:
        """Hand one in and wait: the time of the block that it is proven to stand in, if that comes
        in time. Raises ``Fault``."""
        view = await self._nodes[node].submit(raw, SAMPLE_WAIT_S)
        return self._proof(decode_signed(raw, self._believed.chain).id, view)

    def _proof(self, id_: bytes, view: TransactionView | None) -> int | None:
        """The time of the block that a view proves it to stand in; None without a proof."""
        if view is None or view.proof is None:
            return None
        proven = judge_receipt(self._believed, id_, read(ReceiptProof, view.proof))
        if proven.receipt.outcome != Outcome.DONE:
            raise Malformed("transfer_refused", Outcome(proven.receipt.outcome).text)
        return proven.certificate.attestation.time

    def _timed(self, due_s: float, proposed_ms: int | None) -> Sample:
        """What was due ``due_s`` after the start and is proven now, or (None) is not."""
        if proposed_ms is None:
            return Sample(due_s, None)
        now_s = asyncio.get_running_loop().time()
        return Sample(due_s, (now_s - self._start_s - due_s) * 1000, time_ns() / 1e6 - proposed_ms)

    def _refuse(self, places: list[int], code: str) -> None:
        self._refused += places
        self._codes[code] = self._codes.get(code, 0) + len(places)

    async def _watch(self) -> None:
        """Look at every node's newest certified height, now and again."""
        while True:
            await asyncio.gather(*(self._look(node) for node in range(len(self._nodes))))
            await asyncio.sleep(POLL_S)

    async def _look(self, node: int) -> None:
        try:
            status = await self._nodes[node].status()
        except Fault:
            return
        at_s = asyncio.get_running_loop().time() - self._start_s
        self._sights[node].append(Sight(at_s, status.certified_height))
