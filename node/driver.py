"""The replica's world over asyncio. Knows loops, timers and tasks; not what the replica decides.

Everything here is called on the node's one event loop. What cannot be repaired (a disk that fails,
a block that cannot be carried out) is told to ``fatal``, and the node stops: an error that is
swallowed here could become a lost payment.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Final, Protocol

import structlog

from consensus.inputs import Executed
from node import stages
from node.executor import Executor
from node.store import StoreBroken
from node.transport import Transport
from node.world import CannotExecute, Misbehaviour
from primitives.batch import Batch
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.evidence import Evidence
from primitives.validators import ValidatorSet
from shell.signature_pool import PoolFailed, SignaturePool

LOOK_S: Final = 1.0
"""The longest sleep: a wall clock that was set is noticed within it."""
FLUSH_S: Final = 0.5
"""How long an executed height may wait until its state is synced, and the journal may forget."""

Fatal = Callable[[str], None]

log = structlog.get_logger(__name__)


class Answered(Protocol):
    """The replica, as the world answers it."""

    def on_timer(self) -> None:
        """The time has come."""

    def on_batch_checked(self, digest: bytes, fault: str | None) -> None:
        """A batch's verdict."""

    def on_executed(self, executed: Executed) -> None:
        """A block's outcome."""

    def on_unexecutable(self, error: CannotExecute) -> None:
        """A block that must not be carried out here."""


class WallClock:
    """``node.world.Clock``"""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, by the machine's clock."""
        return time.time_ns() // 1_000_000


class LoopTimers:
    """``node.world.Timers``: one wake-up, by the wall clock, whatever happens to that clock."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._at_ms: int | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._replica: Answered | None = None

    def bind(self, replica: Answered) -> None:
        """Name who is woken."""
        self._replica = replica

    def wake_at(self, at_ms: int | None) -> None:
        """Replace the last request; None cancels."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._at_ms = at_ms
        if at_ms is not None:
            self._arm(at_ms)

    def _arm(self, at_ms: int) -> None:
        delay_s = max(0, at_ms - self._clock.now_ms()) / 1000
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(min(delay_s, LOOK_S), self._look)

    def _look(self) -> None:
        assert self._replica is not None, "bind first"
        assert self._at_ms is not None
        self._handle = None
        if self._clock.now_ms() < self._at_ms:
            self._arm(self._at_ms)
            return
        self._at_ms = None
        self._replica.on_timer()


class PooledChecker:
    """``node.world.BatchChecker`` over the signature processes."""

    def __init__(self, pool: SignaturePool, fatal: Fatal) -> None:
        self._pool = pool
        self._fatal = fatal
        self._tasks: set[asyncio.Task[None]] = set()
        self._replica: Answered | None = None

    def bind(self, replica: Answered) -> None:
        """Name who is answered."""
        self._replica = replica

    def check(self, raw: bytes, batch: Batch, digest: bytes, sender: int) -> None:  # noqa: ARG002 - the pool decodes it again, in its own process
        """Check the batch's transactions; the replica bounds how many it asks for at a time."""
        task = asyncio.get_running_loop().create_task(self._check(raw, digest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, raw: bytes, digest: bytes) -> None:
        assert self._replica is not None, "bind first"
        try:
            fault = await self._pool.batch_fault(raw)
        except PoolFailed as error:
            self._fatal(f"batch {digest.hex()} cannot be checked: {error}")
            return
        self._replica.on_batch_checked(digest, fault)

    async def stop(self) -> None:
        """Forget what is being checked."""
        await _cancelled(self._tasks)


class LoopExecution:
    """``node.world.Execution``: drains the executor between other turns of the loop."""

    def __init__(self, executor: Executor, fatal: Fatal) -> None:
        self._executor = executor
        self._fatal = fatal
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing: asyncio.Future[None] | None = None
        self.on_executed: Callable[[float], None] = _ignore
        """Is told how many seconds each block took, pauses included."""
        self._replica: Answered | None = None

    def bind(self, replica: Answered) -> None:
        """Name who is answered."""
        self._replica = replica

    def start(self) -> None:
        """Begin to make executed heights durable."""
        self._spawn(self._flush())

    def execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        """Carry out a block in slices; then the replica's ``on_executed``."""
        self._spawn(self._execute(header, digest, batches))

    def certify(self, certificate: StateCertificate) -> None:
        """Hand a certificate to the executor."""
        try:
            with stages.STORE:
                self._executor.certify(certificate)
        except (OSError, StoreBroken) as error:  # within a turn, where nobody would hear of it
            self._fatal(store_failure(error))

    async def stop(self) -> None:
        """Drop the block that is being carried out (none of it is visible), and sync the rest."""
        await _cancelled(self._tasks)
        if self._flushing is not None:
            await self._flushing  # the store must not be closed under a thread that writes
        self._executor.flush()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("execution failed", exc_info=error)
            self._fatal(store_failure(error))

    async def _execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        assert self._replica is not None, "bind first"
        slices = self._executor.execute(header, digest, batches)
        began_s = time.monotonic()
        executed: Executed | None = None
        while executed is None:
            try:
                with stages.EXECUTE:
                    executed = _next_slice(slices)
            except CannotExecute as error:
                self._replica.on_unexecutable(error)
                return
            await asyncio.sleep(0)
        self.on_executed(time.monotonic() - began_s)
        self._replica.on_executed(executed)

    async def _flush(self) -> None:
        """Sync the store now and then, off the loop: the journal keeps what is not synced."""
        executor = self._executor
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(FLUSH_S)
            if executor.durable_height < executor.height:
                self._flushing = loop.run_in_executor(None, executor.flush)
                await asyncio.shield(self._flushing)


class NodeWatcher:
    """``node.world.Watcher``: tells people, and the transport. Called from within turns."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.on_entered: Callable[[ValidatorSet, int | None], None] = _nobody
        """Is told in which epoch the node stands, and who it is there."""
        self.on_orphaned: Callable[[tuple[bytes, ...]], None] = _ignore
        """Is given what has to be sealed again."""
        self.halted_reason: str | None = None
        self.missing: int | None = None
        """The height that is needed next and that all who are connected let go of, as they say."""

    def misbehaved(self, blame: Misbehaviour) -> None:
        """Disconnect the peer, after the turn."""
        loop = asyncio.get_running_loop()
        loop.call_soon(self._disconnect, blame, self._transport.epoch)

    def _disconnect(self, blame: Misbehaviour, epoch: int) -> None:
        if self._transport.epoch == epoch:  # in another its index is somebody else's
            self._transport.disconnect(blame.peer, blame.code)

    def entered(self, members: ValidatorSet, me: int | None) -> None:
        """Whoever is concerned hears it within the turn: handles are other peers' from now on."""
        log.info("epoch", number=members.epoch, members=members.size, me=me)
        self.on_entered(members, me)

    def orphaned(self, transactions: tuple[bytes, ...]) -> None:
        """After the turn."""
        asyncio.get_running_loop().call_soon(self.on_orphaned, transactions)

    def accused(self, evidence: Evidence) -> None:
        """A member broke a rule, provably."""
        log.error("evidence", accused=evidence.accused, offence=evidence.offence.name)

    def halted(self, reason: str) -> None:
        """This replica signs nothing more."""
        self.halted_reason = reason
        log.critical("halted: this node signs nothing more until a human has looked", reason=reason)

    def history_missing(self, height: int | None) -> None:
        """The network's past is elsewhere; or was, and is not any more."""
        self.missing = height
        if height is not None:
            told = "all who are connected have let go of the height that this node needs next"
            log.error(told, code="history_missing", height=height)


def store_failure(error: BaseException) -> str:
    """Why a node has to stop that cannot use its store any more: a code and a sentence."""
    match error:
        case OSError():
            return disk_failure("the store", error)
        case StoreBroken():
            return f"store_broken: {error.reason}"
        case _:
            return f"execution failed: {type(error).__name__}: {error}"


def disk_failure(what: str, error: OSError) -> str:
    """Why a node has to stop that cannot write any more: a code and a sentence."""
    return f"{disk_code(error)}: {what} cannot be written: {error}"


def disk_code(error: OSError) -> str:
    """``disk_full``: the node starts again once there is space. ``disk_failed``: look at it."""
    return "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "disk_failed"


def _ignore(_: object) -> None:
    pass


def _nobody(_: ValidatorSet, __: int | None) -> None:
    pass


def _next_slice(slices: Generator[None, None, Executed]) -> Executed | None:
    try:
        next(slices)
    except StopIteration as end:
        executed: Executed = end.value
        return executed
    return None


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
