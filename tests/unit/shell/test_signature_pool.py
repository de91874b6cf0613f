"""The pool's verdicts are the library's, whatever happens to its processes."""

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from primitives.encoding import encode
from primitives.keys import ED25519
from shell import signature_pool
from shell.signature_pool import PoolFailed, PoolFull, SignaturePool
from shell.verifier import (
    READY,
    CheckBatch,
    CheckTransactions,
    Verdict,
    framed,
    judge,
    read_frame,
    serve,
)
from tests import builders

CHAIN = builders.a_chain()
ANN, BEN = builders.a_person("ann"), builders.a_person("ben")
SOUND = builders.a_transfer(ANN, (BEN, 5))


def forged() -> bytes:
    """A transfer whose signature is of another one."""
    other = builders.a_transfer(ANN, (BEN, 6))
    return encode(replace(SOUND.signed, signatures=other.signed.signatures))


MIXED = (builders.raw(SOUND), forged(), b"\xc1", builders.raw(SOUND), bytes(40_000))
CODES = [None, "signature_invalid", "malformed", None, "oversized"]


@pytest.fixture
async def pool() -> AsyncIterator[SignaturePool]:
    pool = SignaturePool(CHAIN, workers=1)
    await pool.start()
    yield pool
    await pool.stop()


def worker_pid(pool: SignaturePool) -> int:
    """The only child of this process that is a worker."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    [worker] = [
        int(pid)
        for pid in children
        if b"shell.verifier" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return worker


def test_each_transaction_has_its_own_verdict() -> None:
    """[TX-1] [CRYPTO-1]"""
    verdict = judge(CheckTransactions(7, MIXED), CHAIN, ED25519)
    assert verdict == Verdict(7, tuple(CODES))


def test_a_batch_is_judged_as_a_whole() -> None:
    """[LANE-2]"""
    sound = builders.a_batch([SOUND])
    assert judge(CheckBatch(1, encode(sound)), CHAIN, ED25519).codes == (None,)
    lying = replace(sound, header=replace(sound.header, weight=1, cumulative=1))
    assert judge(CheckBatch(2, encode(lying)), CHAIN, ED25519).codes == ("batch_weight",)
    assert judge(CheckBatch(3, b"\x90"), CHAIN, ED25519).codes == ("malformed",)


def test_a_worker_answers_in_order_until_its_input_ends() -> None:
    jobs = [CheckTransactions(1, MIXED), CheckBatch(2, encode(builders.a_batch([SOUND])))]
    source = io.BytesIO(b"".join(framed(encode(job)) for job in jobs))
    sink = io.BytesIO()
    serve(CHAIN, source, sink)
    sink.seek(0)
    assert read_frame(sink) == READY
    assert read_frame(sink) == encode(Verdict(1, tuple(CODES)))
    assert read_frame(sink) == encode(Verdict(2, (None,)))
    assert read_frame(sink) is None


async def test_processes_give_the_same_verdicts(pool: SignaturePool) -> None:
    assert await pool.check_transactions(MIXED) == CODES
    assert await pool.check_transactions([]) == []
    assert await pool.batch_fault(encode(builders.a_batch([SOUND]))) is None
    assert await pool.batch_fault(b"") == "malformed"


async def test_a_killed_worker_is_replaced_and_its_job_repeated(pool: SignaturePool) -> None:
    first = worker_pid(pool)
    os.kill(first, signal.SIGSTOP)
    asked = asyncio.create_task(pool.check_transactions(MIXED))
    await asyncio.sleep(0.05)
    os.kill(first, signal.SIGKILL)
    assert await asyncio.wait_for(asked, 20) == CODES
    assert worker_pid(pool) != first
    assert pool.restarts == 1


async def test_a_job_that_kills_every_worker_is_given_up(
    pool: SignaturePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature_pool, "MAX_ATTEMPTS", 1)
    os.kill(worker_pid(pool), signal.SIGKILL)
    with pytest.raises(PoolFailed):
        await asyncio.wait_for(pool.check_transactions(MIXED), 20)
    assert await asyncio.wait_for(pool.check_transactions(MIXED), 20) == CODES


async def test_more_than_may_wait_is_refused(
    pool: SignaturePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature_pool, "MAX_WAITING_TRANSACTIONS", 6)
    first = asyncio.create_task(pool.check_transactions(MIXED))
    await asyncio.sleep(0)
    with pytest.raises(PoolFull):
        await pool.check_transactions(MIXED)
    assert await first == CODES
    assert await pool.check_transactions(MIXED) == CODES, "room came back"


async def test_batches_and_transactions_take_turns() -> None:
    pool = SignaturePool(CHAIN)
    batch = encode(builders.a_batch([SOUND]))
    asked = [asyncio.create_task(pool.batch_fault(batch)) for _ in range(3)]
    asked.append(asyncio.create_task(pool.check_transactions(MIXED)))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    taken = [type(pool._take().job) for _ in range(pool.waiting)]
    assert taken == [CheckBatch, CheckTransactions, CheckBatch, CheckBatch]
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def test_what_waits_when_the_pool_stops_is_told(pool: SignaturePool) -> None:
    os.kill(worker_pid(pool), signal.SIGSTOP)
    pid = worker_pid(pool)
    waiting = [asyncio.create_task(pool.check_transactions(MIXED)) for _ in range(3)]
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGCONT)
    await pool.stop()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert any(isinstance(outcome, PoolFailed) for outcome in outcomes)
    assert all(isinstance(outcome, PoolFailed) or outcome == CODES for outcome in outcomes)
    with pytest.raises(PoolFailed):
        await pool.check_transactions(MIXED)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
