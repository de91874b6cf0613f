"""Signature checks in other processes or in other threads: what each does to the loop.

The same batches are judged by ``shell.signature_pool``'s processes and, since the native library
lets go of the interpreter's lock, by a thread of this process. Beside them a loop has work of its
own, as a node's has; what is measured is how late that loop is. Knows no network and no state.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from typing import Final

import msgspec

from benchmarks import founders
from benchmarks.population import Terms, transfer
from benchmarks.processes import snapshot, usage
from primitives.batch import EMPTY_TIP, Batch, batch_digest, batch_message, header_after
from primitives.encoding import encode
from primitives.genesis import chain_id
from primitives.transaction import decode_signed
from shell.scheme import SCHEME
from shell.signature_pool import SignaturePool
from shell.verifier import CheckBatch, judge

BATCH: Final = 200
"""Transfers in the batch that is judged over and over: one lane's of a busy network."""
ASKERS: Final = 3
"""Batches that wait at once, one from each other validator."""
BUSY_MS, IDLE_MS = 0.6, 1.4
"""The loop's own work: three tenths of its time, in steps."""
LOOK_MS: Final = 2.0

Judge = Callable[[bytes], Awaitable[str | None]]


class Pooled(msgspec.Struct, frozen=True):
    """One way to judge batches. Late is by how much a timer of the loop missed its time."""

    by: str
    transactions_per_second: float
    cpu_us_per_transaction: float
    late_ms_p50: float
    late_ms_p99: float


async def compare(seconds: float, rounds: int) -> list[Pooled]:
    """Processes and threads in turn, each ``rounds`` times; the run in the middle of each."""
    chain, raw = chain_id(founders.genesis()), _batch()
    found: dict[str, list[Pooled]] = {"processes": [], "threads": []}
    for _ in range(rounds):
        pool = SignaturePool(chain)
        await pool.start()
        try:
            found["processes"].append(await _measured("processes", pool.batch_fault, raw, seconds))
        finally:
            await pool.stop()
        with ThreadPoolExecutor(1) as executor:
            judge_here = _in_thread(executor, chain)
            found["threads"].append(await _measured("threads", judge_here, raw, seconds))
    middle = rounds // 2
    return [sorted(runs, key=lambda run: run.late_ms_p99)[middle] for runs in found.values()]


def _in_thread(executor: ThreadPoolExecutor, chain: bytes) -> Judge:
    async def fault(raw: bytes) -> str | None:
        loop, job = asyncio.get_running_loop(), CheckBatch(1, raw)
        return (await loop.run_in_executor(executor, judge, job, chain, SCHEME)).codes[0]

    return fault


async def _measured(by: str, fault: Judge, raw: bytes, seconds: float) -> Pooled:
    late: list[float] = []
    loop_work = [asyncio.create_task(_look(late)), asyncio.create_task(_work())]
    begun, cpu_s, done = time.perf_counter(), _cpu_s(), 0

    async def ask() -> int:
        judged = 0
        while time.perf_counter() - begun < seconds:
            assert await fault(raw) is None, "a sound batch was refused"
            judged += BATCH
        return judged

    done = sum(await asyncio.gather(*(ask() for _ in range(ASKERS))))
    took_s, used_s = time.perf_counter() - begun, _cpu_s() - cpu_s
    for task in loop_work:
        task.cancel()
    await asyncio.gather(*loop_work, return_exceptions=True)
    p99 = quantiles(late, n=100)[-1]
    return Pooled(by, done / took_s, used_s / done * 1e6, median(late), p99)


async def _look(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + LOOK_MS / 1000
        await asyncio.sleep(LOOK_MS / 1000)
        late.append((time.perf_counter() - due) * 1000)


async def _work() -> None:
    while True:
        until = time.perf_counter() + BUSY_MS / 1000
        while time.perf_counter() < until:
            sum(range(50))
        await asyncio.sleep(IDLE_MS / 1000)


def _cpu_s() -> float:
    """Of this process and its workers; the loop's own work is in it, and the same for both."""
    used = usage(snapshot(), os.getpid())
    return used.own_cpu_s + used.children_cpu_s


def _batch() -> bytes:
    """A lane's first batch, signed by its author."""
    chain = chain_id(founders.genesis())
    terms = Terms(chain, BATCH, founders.START_MS + founders.HOUR_MS)
    raws = tuple(transfer(terms, number) for number in range(BATCH))
    weight = sum(decode_signed(raw, chain).weight for raw in raws)
    header = header_after(EMPTY_TIP, 0, 0, raws, weight)
    signature = founders.validator(0).key.sign(batch_message(batch_digest(chain, header)))
    return encode(Batch(header, raws, signature))
