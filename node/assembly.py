"""Puts a node together, starts it and stops it. Knows every part's constructor; no rule.

Starting goes from what others rely on to what relies on others: lock, store, journal, replica, then
peers, then clients. Stopping goes the other way: no new work, no peers, what was asked is synced,
everything is closed. A node that is killed instead loses nothing but time.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from node import stages
from node.api.app import Requests, build_app
from node.api.seams import Api, ApiLimits
from node.api.serving import serve as serve_http
from node.config import (
    HomeLock,
    NodeHome,
    configured_passphrase,
    kept_ms,
    open_home,
    peer_addresses,
    signer_socket,
)
from node.disk import FileDisk
from node.driver import (
    LoopExecution,
    LoopTimers,
    NodeWatcher,
    PooledChecker,
    WallClock,
    disk_code,
    disk_failure,
)
from node.executor import Executor
from node.guard import Refused
from node.housekeeping import Housekeeping
from node.identity import Identity, Speechless
from node.ingress import Door, Ingress
from node.journal import START_OVER, Damaged, Journal
from node.keyring import Keyring
from node.metrics import Metrics
from node.pruning import Pruner
from node.queries import Queries
from node.remote_signer import RemoteSigner
from node.replica import Replica
from node.retention import EVERYTHING
from node.retirement import Retirement
from node.signer import LocalSigner
from node.standing import Standing
from node.store import LevelStore, StoreBroken
from node.terms import makers
from node.transport import Address, Transport
from node.world import World
from primitives.genesis import chain_id, validators_of
from primitives.keys import ED25519, Ed25519Key
from primitives.validators import ValidatorSet
from shell.errors import CommandError
from shell.native import library_name
from shell.scheme import batch_library
from shell.signature_pool import SignaturePool

STOP_TIMEOUT_S: Final = 10.0
COLLECT_AFTER: Final = (50_000, 20, 100)
"""Objects made, and collections of each generation, before the collector looks again."""

log = structlog.get_logger(__name__)


class Node:
    """One validator, or an observer while none of its keys has a seat. Made on the event loop that
    will run it; started once, stopped once."""

    def __init__(self, home: NodeHome, keys: Sequence[Ed25519Key]) -> None:
        self.home = home
        self.chain = chain_id(home.genesis)
        self.partner: str | None = None
        """Whose seat the node has; of the epoch in which it last had one."""
        self.standing: Standing | None = None
        self.failure: str | None = None
        self.stopping = asyncio.Event()
        path = signer_socket(home)
        self._signing = (
            LocalSigner(self.chain, keys) if path is None else RemoteSigner(self.chain, path)
        )
        self._lock = HomeLock(home.path)
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self.clock = WallClock()
        self.pool = SignaturePool(self.chain, home.settings.signatures.workers)
        observer = Identity(self.chain, validators_of(home.genesis), None, None)
        self.transport = Transport(observer, peer_addresses(home), None)
        self.watcher = NodeWatcher(self.transport)
        self.watcher.on_entered = self._entered
        self.watcher.on_orphaned = self._orphaned
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open what the disk holds, then meet peers and clients. Raises ``CommandError``."""
        try:
            await self._start()
        except OSError as error:
            await self.stop()
            raise _disk_failed(self.home, error) from error
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        self._lock.acquire()
        self._closers.append(_soon(self._lock.release))
        stages.start()
        self._open_ledger()
        await self._start_workers()
        if isinstance(self._signing, RemoteSigner):
            self._closers.append(self._signing.stop)
            await self._signing.start()
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
            log.info("state", trie=library_name() or "in Python: liqbon-native is not installed")
            pruner = Pruner.open(self.executor, kept_ms(self.home))
        except StoreBroken as error:
            raise CommandError("store_broken", error.reason) from None
        self._housekeeping = Housekeeping(pruner, self._store, self.fail)
        self._closers.append(self._housekeeping.stop)
        keep, oldest = self.home.settings.history.keep, self.executor.oldest
        log.info("history", keep=keep, oldest=oldest)
        if keep == EVERYTHING and oldest:
            log.warning("no archive: what was pruned before is not here", oldest=oldest)
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
        timers, signing = LoopTimers(self.clock), self._signing
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
        journal = Journal(disk, self.chain)
        self.replica = Replica(makers(self.home.genesis, ED25519), world, journal)
        disk.bind(self.replica.on_synced, self._journal_failed)
        for part in (timers, checker, execution, signing, self.transport):
            part.bind(self.replica)
        self._start_ingress()
        try:
            self.replica.start()
        except Damaged as error:
            raise CommandError(error.code, error.reason, _sentence(START_OVER)) from None
        except Refused as error:
            reason = f"the journal contradicts itself: {error}"
            raise CommandError("journal_contradicts", reason, _sentence(START_OVER)) from None
        execution.start()
        self._housekeeping.start()

    def _start_ingress(self) -> None:
        door = Door(self.executor, self.replica, self.pool, self.clock, None, None)
        self.ingress = Ingress(door)
        signing = self._signing
        retirement = (
            Retirement(Keyring(self.home.path), self.executor, signing.drop)
            if isinstance(signing, LocalSigner)
            else Retirement(signing, self.executor, lambda _: None)
        )
        self.executor.followers += [self.ingress, retirement]
        self._closers.append(self._forget_tasks)

    async def _start_serving(self) -> None:
        """The API and the metrics; a client that comes early is told that the node is not ready."""
        signing = self._signing
        self.standing = Standing(
            self.replica, self.transport, self.executor, self.watcher, lambda: signing.trouble
        )
        queries = Queries(self.executor)
        software = f"liqbon {version('liqbon')}"
        self.api = Api(
            self.executor,
            queries,
            self.ingress,
            self.standing,
            ApiLimits(),
            software,
            self.home.settings.history.keep,
        )
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

    def _entered(self, members: ValidatorSet, me: int | None) -> None:
        """Be known to peers by this epoch's key, and seal in this epoch's lane."""
        identity = Identity(self.chain, members, None, None)
        if me is not None:
            self.partner = members.members[me].partner
            member = Identity(self.chain, members, me, self._signing.voice())
            try:
                member.credential()
                identity = member
            except Speechless as error:  # the signer is gone again: the replica will hear of it
                log.warning("this node cannot say who it is", reason=str(error))
        self.transport.enter(identity, self.partner)
        self.ingress.enter(me, self.partner)

    def _orphaned(self, transactions: tuple[bytes, ...]) -> None:
        task = asyncio.get_running_loop().create_task(self.ingress.take_back(transactions))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forget_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def fail(self, reason: str) -> None:
        """Stop, because going on could do harm; the process then ends with status 1."""
        if self.failure is None:
            self.failure = reason
            log.critical("the node must stop", reason=reason)
        self.stopping.set()

    def _journal_failed(self, error: OSError) -> None:
        self.fail(disk_failure("the journal", error))

    def reload(self) -> None:
        """Read the peers' addresses and the keys again. A bad file changes nothing."""
        try:
            home = open_home(self.home.path)
            addresses = peer_addresses(home)
            keys = self._new_keys(home)
        except CommandError as error:
            log.error("settings not reloaded", code=error.code, reason=error.message)  # noqa: TRY400 - the sentence says it all
            return
        self.transport.set_addresses(addresses)
        log.info("reloaded", peers=len(addresses), keys=keys)

    def _new_keys(self, home: NodeHome) -> int | None:
        """Take keys that are new in the home; how many there are now. None if a signer has them.
        Raises ``KeyFault``."""
        signing = self._signing
        if not isinstance(signing, LocalSigner):
            return None
        passphrase = configured_passphrase(home)
        known = signing.public_keys()
        for key in [] if passphrase is None else Keyring(home.path).open(passphrase, known):
            signing.add(key)
        keys = signing.public_keys()
        if self.replica.me is None and any(
            self.replica.members.index_of(key) is not None for key in keys
        ):
            log.warning("a key has a seat in this epoch: start the node anew to validate with it")
        return len(keys)

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


def _disk_failed(home: NodeHome, error: OSError) -> CommandError:
    code, reason = disk_code(error), error.strerror or str(error)
    hint = "Nothing is lost; free some space, and start it again." if code == "disk_full" else ""
    place = error.filename or home.path
    return CommandError(code, f"{place} cannot be used: {reason}", hint)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _taken(what: str, address: str, error: OSError) -> CommandError:
    return CommandError(
        "address_unavailable",
        f"cannot listen for {what} on {address}: {error.strerror or error}",
        f"Another process may have it; see [{what}] in config.toml.",
    )


def _directory(home: NodeHome) -> Path:
    home.journal.mkdir(mode=0o700, exist_ok=True)
    return home.journal


def _soon(close: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def closing() -> None:
        close()

    return closing


def _unheard(node: Node, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What a turn of the replica raised, and nobody awaits. A store that cannot be read any more
    stops the node; the rest is told as ever."""
    error = context.get("exception")
    if isinstance(error, StoreBroken):
        node.fail(f"store_broken: {error.reason}")
    loop.default_exception_handler(context)


async def serve(node: Node, ready: Callable[[Node], None]) -> int:
    """Run until SIGTERM, SIGINT or a failure: the exit status, 0 or 1. SIGHUP reloads addresses
    and keys."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, node.stopping.set)
    loop.set_exception_handler(lambda _, context: _unheard(node, loop, context))
    await node.start()
    loop.add_signal_handler(signal.SIGHUP, node.reload)
    ready(node)
    await node.stopping.wait()
    log.info("stopping")
    await node.stop()
    loop.set_exception_handler(None)
    return 0 if node.failure is None else 1
