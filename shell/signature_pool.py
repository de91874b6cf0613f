"""Signature checks on the machine's other cores. Knows processes and queues; no transaction.

Each worker is a process of its own (``shell.verifier``), because decoding holds the interpreter
lock, and so does checking where ``shell.scheme`` finds no other library. A worker that dies is
started again and its job repeated; a job that kills one worker after another is given up, with an
error, and the node goes on.

Two lines wait for the workers and take turns: batches of other validators, bounded by whoever asks
for them, and clients' transactions, bounded here (``PoolFull`` becomes an answer 503).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog

from primitives.encoding import Malformed, decode, encode
from primitives.transaction import MAX_TRANSACTION
from shell.verifier import (
    LENGTH_SIZE,
    MAX_FRAME,
    READY,
    CheckBatch,
    CheckTransactions,
    Job,
    Verdict,
    framed,
)

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 5.0
RESTART_DELAY_S: Final = 0.2
MAX_ATTEMPTS: Final = 3
MAX_WAITING_TRANSACTIONS: Final = 8_192
MAX_JOB_BYTES: Final = 256 * 1024
"""A longer list of transactions becomes several jobs, so that nobody waits long behind it."""

log = structlog.get_logger(__name__)


class PoolFull(Exception):
    """As many transactions as may wait are waiting: tell the client to come back."""


class PoolFailed(Exception):
    """The pool has stopped, or this job ended its worker every time it was tried."""


class _Waiting(msgspec.Struct, eq=False):
    job: Job
    answer: asyncio.Future[tuple[str | None, ...]]
    attempts: int = 0


class SignaturePool:
    """Worker processes for one chain. Use from one event loop; ``start`` first."""

    def __init__(self, chain: bytes, workers: int = 1) -> None:
        self._chain = chain
        self._count = workers
        self._number = 0
        self._batches: deque[_Waiting] = deque()
        self._transactions: deque[_Waiting] = deque()
        self._waiting_transactions = 0
        self._batches_next = True
        self._wanted = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False
        self.restarts = 0

    @property
    def waiting(self) -> int:
        """Jobs that no worker has taken yet."""
        return len(self._batches) + len(self._transactions)

    async def start(self) -> None:
        """Start the workers and wait until each can take a job."""
        workers = [_Worker(self._chain) for _ in range(self._count)]
        try:
            await asyncio.gather(*(worker.start() for worker in workers))
        except BaseException:
            await asyncio.gather(*(worker.stop() for worker in workers))
            raise
        self._tasks = [asyncio.create_task(self._work(worker)) for worker in workers]

    async def stop(self) -> None:
        """End the workers; jobs that still wait fail with ``PoolFailed``."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for waiting in [*self._batches, *self._transactions]:
            _fail(waiting, "the pool has stopped")
        self._batches.clear()
        self._transactions.clear()

    async def check_transactions(self, raws: Sequence[bytes]) -> list[str | None]:
        """For each signed transaction None, or the stable code of what is wrong with its form or a
        signature. Raises ``PoolFull`` and ``PoolFailed``."""
        if self._waiting_transactions + len(raws) > MAX_WAITING_TRANSACTIONS:
            raise PoolFull
        self._waiting_transactions += len(raws)
        try:
            answers = [
                self._put(
                    self._transactions, lambda number, part=part: CheckTransactions(number, part)
                )
                for part in _parts(raws)
            ]
            return [code for codes in await asyncio.gather(*answers) for code in codes]
        finally:
            self._waiting_transactions -= len(raws)

    async def batch_fault(self, raw: bytes) -> str | None:
        """Why no honest validator would have sealed a batch that ``decode_batch`` took and its
        author signed; None if it is sound. Not bounded here: the asker bounds what it asks.
        Raises ``PoolFailed``."""
        [fault] = await self._put(self._batches, partial(CheckBatch, raw=raw))
        return fault

    def _put(
        self, line: deque[_Waiting], make: Callable[..., Job]
    ) -> asyncio.Future[tuple[str | None, ...]]:
        answer: asyncio.Future[tuple[str | None, ...]] = asyncio.get_running_loop().create_future()
        self._number += 1
        waiting = _Waiting(make(number=self._number), answer)
        if self._stopped:
            _fail(waiting, "the pool has stopped")
            return answer
        line.append(waiting)
        self._wanted.release()
        return answer

    def _take(self) -> _Waiting:
        lines = (self._batches, self._transactions)
        first, second = lines if self._batches_next else lines[::-1]
        line = first or second
        self._batches_next = line is self._transactions
        return line.popleft()

    async def _work(self, worker: _Worker) -> None:
        """One worker's life: take a job, have it judged, start the process anew when it dies."""
        try:
            while True:
                await self._wanted.acquire()
                waiting = self._take()
                if waiting.answer.done():
                    continue  # nobody waits for it any more
                await self._judge(worker, waiting)
        finally:
            await worker.stop()

    async def _judge(self, worker: _Worker, waiting: _Waiting) -> None:
        try:
            verdict = await worker.judge(waiting.job)
        except asyncio.CancelledError:
            _fail(waiting, "the pool has stopped")
            raise
        except _WorkerDied as death:
            self._repeat(waiting, str(death))
            await self._restart(worker)
            return
        if not waiting.answer.done():
            waiting.answer.set_result(verdict.codes)

    def _repeat(self, waiting: _Waiting, reason: str) -> None:
        waiting.attempts += 1
        log.warning("signature worker died", reason=reason, attempts=waiting.attempts)
        if waiting.attempts >= MAX_ATTEMPTS:
            _fail(waiting, "this job ended every worker that tried it")
            return
        is_batch = isinstance(waiting.job, CheckBatch)
        (self._batches if is_batch else self._transactions).appendleft(waiting)
        self._wanted.release()

    async def _restart(self, worker: _Worker) -> None:
        while True:
            self.restarts += 1
            await worker.stop()
            await asyncio.sleep(RESTART_DELAY_S)
            try:
                return await worker.start()
            except (_WorkerDied, OSError, TimeoutError) as error:
                log.error("signature worker does not start", reason=str(error))  # noqa: TRY400


def _fail(waiting: _Waiting, reason: str) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(PoolFailed(reason))


def _parts(raws: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Cut into runs of at most ``MAX_JOB_BYTES``. What is too long for a transaction travels only
    as far as it takes to see that."""
    parts: list[list[bytes]] = []
    size = 0
    for raw in (raw[: MAX_TRANSACTION + 1] for raw in raws):
        if not parts or size + len(raw) > MAX_JOB_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(raw)
        size += len(raw)
    return [tuple(part) for part in parts]


class _WorkerDied(Exception):
    """The process ended, or said what no verifier says."""


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, chain: bytes) -> None:
        self._chain = chain
        self._process: Process | None = None

    async def start(self) -> None:
        # -I: a folder named like one of our packages in the working directory is not imported.
        arguments = ("-I", "-m", "shell.verifier", self._chain.hex())
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=PIPE, stdout=PIPE
        )
        hello = await asyncio.wait_for(self._read(), START_TIMEOUT_S)
        if hello != READY:
            raise _WorkerDied("it does not speak as a verifier does")

    async def judge(self, job: Job) -> Verdict:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(framed(encode(job)))
            await self._process.stdin.drain()
            verdict = decode(Verdict, await self._read(), MAX_FRAME)
        except (ConnectionError, Malformed) as error:
            raise _WorkerDied(str(error)) from error
        if verdict.number != job.number or len(verdict.codes) != _size(job):
            raise _WorkerDied("it answered another job")
        return verdict

    async def _read(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            size = int.from_bytes(await self._process.stdout.readexactly(LENGTH_SIZE), "big")
            if size > MAX_FRAME:
                raise _WorkerDied(f"a frame of {size} bytes")
            return await self._process.stdout.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _WorkerDied("its output ended") from None

    async def stop(self) -> None:
        """Close its input, at which it ends by itself; kill it if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _size(job: Job) -> int:
    return len(job.raws) if isinstance(job, CheckTransactions) else 1
