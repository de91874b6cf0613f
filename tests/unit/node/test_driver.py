"""The loop's side of the replica's world: timers by the wall clock, verdicts, slices, failures."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

from consensus.inputs import Executed
from node import driver
from node.driver import LoopExecution, LoopTimers, NodeWatcher, PooledChecker, WallClock
from node.store import StoreBroken
from node.world import CannotExecute, Misbehaviour
from primitives.hashing import ZERO_DIGEST
from shell.signature_pool import PoolFailed
from tests import builders

EXECUTED = Executed(1, ZERO_DIGEST, 5, ZERO_DIGEST, ZERO_DIGEST, None, 1, ZERO_DIGEST)


class Replica:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.called = asyncio.Event()

    def on_timer(self) -> None:
        self._note("timer")

    def on_batch_checked(self, digest: bytes, fault: str | None) -> None:
        self._note("checked", digest, fault)

    def on_executed(self, executed: Executed) -> None:
        self._note("executed", executed)

    def on_unexecutable(self, error: CannotExecute) -> None:
        self._note("unexecutable", error.code)

    def _note(self, *call: Any) -> None:
        self.calls.append(call)
        self.called.set()


class Clock(WallClock):
    def __init__(self) -> None:
        self.now = 1_000_000

    def now_ms(self) -> int:
        return self.now


class Executor:
    """Executes in three slices, or fails in the second."""

    height = 0
    durable_height = 0

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.flushes = 0

    def execute(self, *_: object) -> Generator[None, None, Executed]:
        yield
        if self.error is not None:
            raise self.error
        yield
        return EXECUTED

    def flush(self) -> None:
        self.flushes += 1
        self.durable_height = self.height


@pytest.fixture
async def replica() -> Replica:
    return Replica()


async def called(replica: Replica) -> None:
    await asyncio.wait_for(replica.called.wait(), 5)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0)


async def test_a_timer_fires_by_the_wall_clock(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is set back while the timer waits: it waits for the new time."""
    monkeypatch.setattr(driver, "LOOK_S", 0.02)
    clock = Clock()
    timers = LoopTimers(clock)
    timers.bind(replica)
    timers.wake_at(clock.now + 40)
    clock.now -= 10_000
    await asyncio.sleep(0.15)
    assert replica.calls == []
    clock.now += 20_000
    await called(replica)
    assert replica.calls == [("timer",)]


async def test_the_last_wish_of_a_timer_counts(replica: Replica) -> None:
    clock = Clock()
    timers = LoopTimers(clock)
    timers.bind(replica)
    timers.wake_at(clock.now)
    timers.wake_at(None)
    await asyncio.sleep(0.02)
    assert replica.calls == []
    timers.wake_at(clock.now + 60_000)
    timers.wake_at(clock.now)
    await called(replica)
    assert replica.calls == [("timer",)]


async def test_a_batch_is_answered_with_the_pools_verdict(replica: Replica) -> None:
    class Pool:
        async def batch_fault(self, raw: bytes) -> str | None:
            await asyncio.sleep(0)
            return {b"good": None, b"bad": "signature_invalid"}[raw]

    failures: list[str] = []
    checker = PooledChecker(Pool(), failures.append)  # type: ignore[arg-type]
    checker.bind(replica)
    batch = builders.a_batch(
        [builders.a_transfer(builders.a_person("a"), (builders.a_person("b"), 1))]
    )
    checker.check(b"good", batch, b"1", 0)
    checker.check(b"bad", batch, b"2", 0)
    await until(lambda: len(replica.calls) == 2)
    assert replica.calls == [("checked", b"1", None), ("checked", b"2", "signature_invalid")]
    assert failures == []
    await checker.stop()


async def test_a_batch_that_cannot_be_checked_stops_the_node(replica: Replica) -> None:
    class Pool:
        async def batch_fault(self, raw: bytes) -> str | None:
            raise PoolFailed("this job ended every worker that tried it")

    failures: list[str] = []
    checker = PooledChecker(Pool(), failures.append)  # type: ignore[arg-type]
    checker.bind(replica)
    batch = builders.a_batch(
        [builders.a_transfer(builders.a_person("a"), (builders.a_person("b"), 1))]
    )
    checker.check(b"x", batch, b"\xab", 0)
    await until(lambda: failures)
    assert "ab cannot be checked" in failures[0]
    assert replica.calls == []


async def test_a_block_is_carried_out_in_slices_between_other_turns(replica: Replica) -> None:
    execution = LoopExecution(Executor(), pytest.fail)  # type: ignore[arg-type]
    execution.bind(replica)
    turns = 0
    execution.execute(builders.a_block(), ZERO_DIGEST, ())
    while not replica.calls:
        await asyncio.sleep(0)
        turns += 1
    assert replica.calls == [("executed", EXECUTED)]
    assert turns >= 3
    await execution.stop()


async def test_a_block_that_cannot_be_carried_out_stops_the_node(replica: Replica) -> None:
    failures: list[str] = []
    error = AssertionError("a final block orders a malformed transaction")
    execution = LoopExecution(Executor(error), failures.append)  # type: ignore[arg-type]
    execution.bind(replica)
    execution.execute(builders.a_block(), ZERO_DIGEST, ())
    await until(lambda: failures)
    assert "malformed transaction" in failures[0]
    assert replica.calls == []


async def test_a_block_beyond_this_release_is_told_to_the_replica_and_is_no_failure(
    replica: Replica,
) -> None:
    """[LEDGER-74]"""
    error = CannotExecute("protocol_unknown", "install a newer release")
    execution = LoopExecution(Executor(error), pytest.fail)  # type: ignore[arg-type]
    execution.bind(replica)
    execution.execute(builders.a_block(), ZERO_DIGEST, ())
    await called(replica)
    assert replica.calls == [("unexecutable", "protocol_unknown")]
    await execution.stop()


async def test_executed_heights_are_synced_soon_and_at_the_end(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "FLUSH_S", 0.01)
    executor = Executor()
    execution = LoopExecution(executor, pytest.fail)  # type: ignore[arg-type]
    execution.bind(replica)
    execution.start()
    await asyncio.sleep(0.05)
    assert executor.flushes == 0, "nothing new, nothing to sync"
    executor.height = 3
    await until(lambda: executor.durable_height == 3)
    await execution.stop()
    assert executor.flushes == 2


async def test_a_misbehaving_peer_is_disconnected_after_the_turn() -> None:
    class Transport:
        epoch = 0

        def __init__(self) -> None:
            self.blamed: list[tuple[int, str]] = []

        def disconnect(self, peer: int, reason: str) -> None:
            self.blamed.append((peer, reason))

    transport = Transport()
    watcher = NodeWatcher(transport)  # type: ignore[arg-type]
    watcher.misbehaved(Misbehaviour(2, "malformed"))
    assert transport.blamed == [], "not from within the turn"
    await asyncio.sleep(0)
    assert transport.blamed == [(2, "malformed")]
    watcher.misbehaved(Misbehaviour(2, "malformed"))
    transport.epoch = 1
    await asyncio.sleep(0)
    assert transport.blamed == [(2, "malformed")], "member 2 is somebody else by now"
    watcher.halted("roots differ")
    assert watcher.halted_reason == "roots differ"


async def test_who_is_concerned_hears_of_an_epoch_at_once_and_of_orphans_later() -> None:
    """[EPOCH-5] Handles are other peers' from then on; what is sealed again is no haste."""

    class Transport:
        epoch = 0

    watcher = NodeWatcher(Transport())  # type: ignore[arg-type]
    members = builders.a_committee().members
    watcher.entered(members, 1)
    watcher.orphaned((b"nobody listens yet",))
    told: list[object] = []
    watcher.on_entered = lambda members, me: told.append((members, me))
    watcher.on_orphaned = told.append
    watcher.entered(members, None)
    assert told == [(members, None)]
    watcher.orphaned((b"a", b"b"))
    assert told == [(members, None)]
    await asyncio.sleep(0)
    assert told[-1] == (b"a", b"b")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "disk_full: the store cannot be written"),
        (OSError(5, "Input/output error"), "disk_failed: the store cannot be written"),
        (StoreBroken("a table is damaged"), "store_broken: a table is damaged"),
    ],
)
async def test_a_certificate_that_cannot_be_kept_stops_the_node(
    error: Exception, told: str
) -> None:
    """It is handed over within a turn, where nobody would hear of what is raised."""

    def certify(_: object) -> None:
        raise error

    executor = Executor()
    executor.certify = certify  # type: ignore[attr-defined]
    reasons: list[str] = []
    execution = LoopExecution(executor, reasons.append)  # type: ignore[arg-type]
    execution.certify(builders.a_state_certificate(builders.an_attestation(1)))
    [reason] = reasons
    assert reason.startswith(told)
