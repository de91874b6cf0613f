"""Puts a node together, starts it and stops it. Knows every part's constructor; no rule.

Starting goes from what others rely on to what relies on others: lock, store, journal, replica, then
peers, then clients. Stopping goes the other way: no new work, no peers, what was asked is synced,
everything is closed. A node that is killed instead loses nothing but time.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from consensus.config import Anchor, Config
from consensus.engine import Engine
from consensus.verification import Verifier
from node import stages
from node.api.app import Requests, build_app
from node.api.seams import Api, ApiLimits
from node.api.serving import serve as serve_http
from node.config import HomeLock, NodeHome, open_home, peer_addresses
from node.disk import FileDisk
from node.driver import LoopExecution, LoopTimers, NodeWatcher, PooledChecker, WallClock
from node.executor import Executor
from node.guard import Guard, Refused
from node.identity import Identity
from node.ingress import Door, Ingress
from node.journal import Damaged, Journal
from node.metrics import Metrics
from node.queries import Queries
from node.replica import Replica
from node.signer import LocalSigner
from node.standing import Standing
from node.store import LevelStore, StoreBroken
from node.transport import Address, Transport
from node.world import World
from primitives.genesis import chain_id, validators_of
from primitives.keys import ED25519, Ed25519Key
from shell.errors import CommandError, KeyFault
from shell.scheme import batch_library
from shell.signature_pool import SignaturePool

STOP_TIMEOUT_S: Final = 10.0
COLLECT_AFTER: Final = (50_000, 20, 100)
"""Objects made, and collections of each generation, before the collector looks again."""

log = structlog.get_logger(__name__)


class Node:
    """One validator. Made on the event loop that will run it; started once, stopped once."""

    def __init__(self, home: NodeHome, key: Ed25519Key) -> None:
        members = validators_of(home.genesis)
        me = members.index_of(key.public_key)
        if me is None:
            raise KeyFault(
                "key_unknown",
                f"the key of {home.path} ({key.public_key.hex()}) is no validator's of its genesis",
                "Use the home whose key joined, or the genesis that it joined.",
            )
        self.home = home
        self.me = me
        self.chain = chain_id(home.genesis)
        self.members = members
        self.standing: Standing | None = None
        self.failure: str | None = None
        self.stopping = asyncio.Event()
        self._key = key
        self._lock = HomeLock(home.path)
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self.clock = WallClock()
        self.pool = SignaturePool(self.chain, home.settings.signatures.workers)
        identity = Identity(self.chain, members, me, key)
        own = members.members[me].partner
        self.transport = Transport(identity, _others(home, own), own)
        self.watcher = NodeWatcher(self.transport)

    async def start(self) -> None:
        """Open what the disk holds, then meet peers and clients. Raises ``CommandError``."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        self._lock.acquire()
        self._closers.append(_soon(self._lock.release))
        stages.start()
        self._open_ledger()
        await self._start_workers()
        self._start_replica()
        await self._meet_peers()
        await self._start_serving()

    async def _meet_peers(self) -> None:
        peers = self.home.settings.peers
        try:
            listening = await self.transport.start(Address(peers.host, peers.port))
        except OSError as error:
            raise _taken("peers", f"{peers.host}:{peers.port}", error) from None
        self._closers.append(self.transport.stop)
        self.peer_port = listening.port
        log.info("peers", address=f"{listening.host}:{listening.port}")

    def _open_ledger(self) -> None:
        try:
            self._store = LevelStore.open(self.home.data)
            self._closers.append(_soon(self._store.close))
            self.executor = Executor.open(self._store, self.home.genesis)
        except StoreBroken as error:
            raise CommandError("store_broken", error.reason) from None
        _calm_collector()

    async def _start_workers(self) -> None:
        self._closers.append(self.pool.stop)
        await self.pool.start()
        batches = batch_library() or "one by one: liqbon-native is not installed"
        log.info("signatures", workers=self.home.settings.signatures.workers, batches=batches)

    def _start_replica(self) -> None:
        """Everything between the disk and the peers, and the replica in the middle."""
        loop = asyncio.get_running_loop()
        disk = FileDisk(_directory(self.home), loop).open()
        self._closers.append(_soon(disk.close))
        timers = LoopTimers(self.clock)
        signing = LocalSigner(self.chain, self._key, Guard(self.members.epoch))
        checker = PooledChecker(self.pool, self.fail)
        execution = self._execution = LoopExecution(self.executor, self.fail)
        self._closers += [_soon(lambda: timers.wake_at(None)), checker.stop, execution.stop]
        world = World(
            disk,
            self.transport,
            self.clock,
            timers,
            signing,
            checker,
            execution,
            self.executor,
            self.watcher,
        )
        verifier = Verifier(self.chain, self.members, ED25519)
        journal = Journal(disk, self.chain)
        self.replica = Replica(self._order, verifier, self.me, world, journal)
        disk.bind(self.replica.on_synced, lambda error: self.fail(f"the journal failed: {error}"))
        for part in (timers, checker, execution, signing, self.transport):
            part.bind(self.replica)
        self._start_ingress()
        try:
            self.replica.start()
        except (Damaged, Refused) as error:
            raise CommandError("journal_damaged", str(error)) from None
        execution.start()

    def _start_ingress(self) -> None:
        own = self.home.genesis.partners[self.me].code
        door = Door(self.executor, self.replica, self.pool, self.clock, self.me, own)
        self.ingress = Ingress(door)
        self.executor.followers.append(self.ingress)

    async def _start_serving(self) -> None:
        """The API and the metrics; a client that comes early is told that the node is not ready."""
        parameters = self.home.genesis.parameters
        self.standing = Standing(
            self.members, self.replica, self.transport, self.executor, parameters.lag_bound
        )
        queries = Queries(self.executor)
        software = f"liqbon {version('liqbon')}"
        self.api = Api(self.executor, queries, self.ingress, self.standing, ApiLimits(), software)
        requests = Requests()
        settings = self.home.settings
        loop = asyncio.get_running_loop()
        app = build_app(self.api, loop.time, requests)
        self.api_port = await self._listen("api", app, settings.api.host, settings.api.port)
        metrics = Metrics(self.api, requests, self._store)
        self._execution.on_executed = metrics.observe_execution
        where = settings.metrics
        self.metrics_port = await self._listen("metrics", metrics.app(), where.host, where.port)

    async def _listen(self, what: str, app: web.Application, host: str, port: int) -> int:
        try:
            serving = await serve_http(app, host, port, self.api.limits.connections)
        except OSError as error:
            raise _taken(what, f"{host}:{port}", error) from None
        self._closers.append(serving.close)
        log.info(what, address=f"{host}:{serving.port}")
        return serving.port

    def _order(self, anchor: Anchor) -> Engine:
        config = Config(self.chain, self.members, self.me, self.home.genesis.parameters)
        return Engine(config, anchor)

    def fail(self, reason: str) -> None:
        """Stop, because going on could do harm; the process then ends with status 1."""
        if self.failure is None:
            self.failure = reason
            log.critical("the node must stop", reason=reason)
        self.stopping.set()

    def reload(self) -> None:
        """Read the peers' addresses again. A bad file changes nothing."""
        try:
            own = self.members.members[self.me].partner
            addresses = _others(open_home(self.home.path), own)
        except CommandError as error:
            log.error("settings not reloaded", code=error.code, reason=error.message)  # noqa: TRY400 - the sentence says it all
            return
        self.transport.set_addresses(addresses)
        log.info("addresses reloaded", peers=len(addresses))

    async def stop(self) -> None:
        """Stop in the reverse order of starting, whatever was started. Goes on after a failure."""
        self.stopping.set()
        if self.standing is not None:
            self.standing.stops()
        for close in reversed(self._closers):
            try:
                await asyncio.wait_for(close(), STOP_TIMEOUT_S)
            except Exception as error:  # one part's failure must not keep the rest open
                self.failure = self.failure or f"stopping: {type(error).__name__}: {error}"
                log.exception("a part did not stop")
        self._closers.clear()


def _calm_collector() -> None:
    """The tree of hashes is many objects and no cycle: looking through it, block after block, took
    10 of the 67 us that a transfer's execution costs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _taken(what: str, address: str, error: OSError) -> CommandError:
    return CommandError(
        "address_unavailable",
        f"cannot listen for {what} on {address}: {error.strerror or error}",
        f"Another process may have it; see [{what}] in config.toml.",
    )


def _others(home: NodeHome, own: str) -> dict[str, Address]:
    return {code: where for code, where in peer_addresses(home).items() if code != own}


def _directory(home: NodeHome) -> Path:
    home.journal.mkdir(mode=0o700, exist_ok=True)
    return home.journal


def _soon(close: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def closing() -> None:
        close()

    return closing


async def serve(node: Node, ready: Callable[[Node], None]) -> int:
    """Run until SIGTERM, SIGINT or a failure: the exit status, 0 or 1. SIGHUP reloads addresses."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, node.stopping.set)
    await node.start()
    loop.add_signal_handler(signal.SIGHUP, node.reload)
    ready(node)
    await node.stopping.wait()
    log.info("stopping")
    await node.stop()
    return 0 if node.failure is None else 1
