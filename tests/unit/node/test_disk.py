"""What was synced is in the files; what was appended can be read back; failures are final."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.disk import FileDisk


class Answers:
    def __init__(self) -> None:
        self.synced: list[int] = []
        self.failed: list[OSError] = []
        self.changed = asyncio.Event()

    def on_synced(self, token: int) -> None:
        self.synced.append(token)
        self.changed.set()

    def on_failed(self, error: OSError) -> None:
        self.failed.append(error)
        self.changed.set()

    async def next(self) -> None:
        await asyncio.wait_for(self.changed.wait(), 10)
        self.changed.clear()


def opened(directory: Path, answers: Answers) -> FileDisk:
    disk = FileDisk(directory, asyncio.get_running_loop()).open()
    disk.bind(answers.on_synced, answers.on_failed)
    return disk


@pytest.fixture
async def answers() -> Answers:
    return Answers()


@pytest.fixture
async def disk(tmp_path: Path, answers: Answers) -> AsyncIterator[FileDisk]:
    disk = opened(tmp_path, answers)
    yield disk
    disk.close()


async def test_a_sync_makes_appended_bytes_durable(
    disk: FileDisk, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[DUR-1] The order is: write, sync, answer."""
    happened: list[str] = []
    write, sync = os.write, os.fdatasync
    monkeypatch.setattr(os, "write", lambda *a: (happened.append("write"), write(*a))[1])
    monkeypatch.setattr(os, "fdatasync", lambda *a: (happened.append("sync"), sync(*a))[1])
    disk.append(b"one ")
    disk.append(b"two")
    disk.sync(7)
    await answers.next()
    assert answers.synced == [7]
    assert happened == ["write", "sync"], "one write and one sync for the whole group"
    assert (tmp_path / "0000000001.log").read_bytes() == b"one two"


async def test_syncs_are_answered_in_order(disk: FileDisk, answers: Answers) -> None:
    for token in range(20):
        disk.append(bytes([token]))
        disk.sync(token)
    while len(answers.synced) < 20:
        await answers.next()
    assert answers.synced == list(range(20))
    assert disk.read(1) == bytes(range(20))


async def test_what_was_appended_can_be_read_before_it_is_synced(disk: FileDisk) -> None:
    disk.append(b"hello ")
    assert disk.read_at(1, 0, 5) == b"hello"
    disk.append(b"world")
    assert disk.read_at(1, 6, 100) == b"world"
    assert disk.read(1) == b"hello world"


async def test_segments_survive_a_restart(disk: FileDisk, answers: Answers, tmp_path: Path) -> None:
    disk.append(b"first")
    disk.sync(1)
    await answers.next()
    assert disk.rotate() == 2
    disk.append(b"second")
    disk.sync(2)
    await answers.next()
    disk.close()
    again = opened(tmp_path, answers)
    assert again.segments() == [1, 2]
    again.truncate(2, 3)
    again.append(b"!")
    again.sync(3)
    await answers.next()
    assert (again.read(1), again.read(2)) == (b"first", b"sec!")
    again.close()


async def test_a_dropped_segment_is_gone(disk: FileDisk, answers: Answers, tmp_path: Path) -> None:
    disk.append(b"old")
    disk.sync(1)
    await answers.next()
    disk.rotate()
    disk.drop(1)
    assert disk.segments() == [2]
    disk.append(b"new")
    disk.sync(2)
    await answers.next()
    assert os.listdir(tmp_path) == ["0000000002.log"]


async def test_after_a_failed_sync_nothing_is_ever_called_durable(
    disk: FileDisk, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    disk.append(b"x")
    disk.sync(1)
    await answers.next()
    monkeypatch.undo()
    disk.append(b"y")
    disk.sync(2)
    await asyncio.to_thread(disk._thread.shutdown)
    await asyncio.sleep(0)
    assert answers.synced == []
    assert [error.errno for error in answers.failed] == [5]


async def test_only_the_owner_reads_a_segment(disk: FileDisk, tmp_path: Path) -> None:
    disk.append(b"x")
    assert (tmp_path / "0000000001.log").stat().st_mode & 0o077 == 0


async def test_other_files_are_left_alone(tmp_path: Path, answers: Answers) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    disk = opened(tmp_path, answers)
    assert disk.segments() == []
    disk.close()


async def test_closing_syncs_what_was_appended_and_answers_nobody(
    disk: FileDisk, answers: Answers, tmp_path: Path
) -> None:
    disk.append(b"last words")
    disk.close()
    disk.sync(1)
    await asyncio.sleep(0.01)
    assert answers.synced == []
    assert disk.bytes_written == len(b"last words")
    again = opened(tmp_path, answers)
    assert again.read(1) == b"last words"
    again.close()
