"""Whatever befalls a home's files is harmless or refused at start, never taken for the truth."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consensus.effects import (
    OwnAttest,
    OwnVote,
    Record,
)
from node import config
from node.assembly import Node, serve
from node.disk import FileDisk
from node.executor import Executor
from node.guard import Refused
from node.journal import GENESIS, Damaged, Journal
from node.keyring import Keyring
from node.logframes import frames
from node.rehearsal import FoundDisk, Rehearsed, copied_store, own_signer, rehearse
from node.store import LevelStore, StoreBroken
from primitives.genesis import chain_id
from shell.errors import CommandError
from tests.unit.node.homes import Homes, add_block, copied, make, run, settled, with_parts

EASY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def rehearsed(path: Path) -> Iterator[Rehearsed]:
    """A start on this home, as far as the first word."""
    home = config.open_home(path)
    with copied_store(home.data) as store:
        executor = Executor.open(store, home.genesis)
        keys = Keyring(path).public_keys()
        yield rehearse(home, executor, FoundDisk(home.journal), own_signer(home, keys))


def refusal(path: Path) -> str | None:
    """The code with which a start on this home is refused; None if it is not."""
    try:
        with rehearsed(path):
            return None
    except Damaged as damaged:
        return damaged.code
    except Refused:
        return "journal_contradicts"
    except StoreBroken:
        return "store_broken"


def segment_of(path: Path) -> Path:
    [segment] = (path / "journal").glob("*.log")
    return segment


def said(path: Path) -> list[Record]:
    """Everything in a home's journal, as it can be read back."""
    home = config.open_home(path)
    return Journal(FoundDisk(home.journal), chain_id(home.genesis)).recover(GENESIS)


class TestBackups:
    """Old copies that are put back, in every combination."""

    def test_a_home_as_it_was_left_starts(self, homes: Homes, tmp_path: Path) -> None:
        for number, backup in enumerate((homes.older, homes.newer)):
            home = with_parts(homes, tmp_path / str(number), backup, backup)
            assert refusal(home) is None

    def test_an_old_store_beside_a_newer_journal_is_harmless(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        home = with_parts(homes, tmp_path / "home", homes.older, homes.newer)
        with rehearsed(home) as found:
            assert found.term.me == 0
            assert found.terms.twins.spoken == max(homes.roots)
        roots = asyncio.run(run(home, homes.keys, 1))
        assert homes.roots.items() <= roots.items(), "the same heights, carried out again"

    def test_a_store_that_is_gone_is_made_again_from_the_journal(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        home = copied(homes.newer, tmp_path / "home")
        shutil.rmtree(home / "data")
        assert refusal(home) is None

    async def test_an_old_journal_beside_a_newer_store_is_refused(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        """[DUR-4] What was signed since is forgotten."""
        home = with_parts(homes, tmp_path / "home", homes.newer, homes.older)
        assert refusal(home) == "journal_behind"
        with pytest.raises(CommandError) as caught:
            await Node(config.open_home(home), homes.keys).start()
        assert caught.value.code == "journal_behind"
        assert "must not sign again" in caught.value.hint

    async def test_a_journal_that_is_gone_is_refused(self, homes: Homes, tmp_path: Path) -> None:
        home = copied(homes.newer, tmp_path / "home")
        shutil.rmtree(home / "journal")
        assert refusal(home) == "journal_missing"
        with pytest.raises(CommandError) as caught:
            await Node(config.open_home(home), homes.keys).start()
        assert caught.value.code == "journal_missing"

    def test_a_journal_of_another_validator_is_refused(self, homes: Homes, tmp_path: Path) -> None:
        other = make(tmp_path / "other").older
        home = copied(homes.fresh, tmp_path / "home")
        shutil.copytree(other / "journal", home / "journal")
        assert refusal(home) == "journal_foreign"


class TestJournal:
    """Torn, cut and flipped."""

    def test_every_cut_inside_the_last_frame_is_a_torn_tail(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        home = copied(homes.newer, tmp_path / "home")
        whole, records = segment_of(home).read_bytes(), said(home)
        cut = len(whole)
        while len(said(home)) == len(records):
            cut -= 1
            segment_of(home).write_bytes(whole[:cut])
            assert said(home) in (records, records[:-1])
        for end in range(cut, cut - 40, -1):
            segment_of(home).write_bytes(whole[:end])
            assert said(home) == records[: len(said(home))]

    @EASY
    @given(place=st.integers(0, 2**20), flips=st.integers(1, 255))
    def test_a_flipped_byte_is_refused_or_ends_what_is_read(
        self, homes: Homes, tmp_path: Path, place: int, flips: int
    ) -> None:
        """Nothing that was not written is ever read back, and nothing from the middle is left out;
        what was synced before the last turn is never given up in silence."""
        whole = segment_of(homes.newer).read_bytes()
        records = said(homes.newer)
        home = tmp_path / "home"
        if not home.exists():
            copied(homes.newer, home)
        changed = bytearray(whole)
        changed[place % len(whole)] ^= flips
        segment_of(home).write_bytes(changed)
        with suppress(Damaged):
            left = said(home)
            assert left == records[: len(left)] != records
            assert place % len(whole) >= last_turn(homes.newer)

    def test_what_is_said_of_a_flip_in_an_older_segment_is_damage(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        home = copied(homes.newer, tmp_path / "home")
        (home / "journal" / "0000000002.log").write_bytes(b"")
        first = home / "journal" / "0000000001.log"
        first.write_bytes(first.read_bytes()[:-1])
        assert refusal(home) == "journal_damaged"


def last_turn(home: Path) -> int:
    """From where on no later frame says that the journal was synced."""
    disk = FoundDisk(home / "journal")
    data = disk.read(1)
    return max(frame.durable for _, frame in frames(data, may_be_torn=True))


class TestStore:
    """LevelDB's files, byte by byte."""

    @EASY
    @given(data=st.data())
    def test_a_flipped_byte_is_refused_or_changes_no_root(
        self, homes: Homes, tmp_path: Path, data: st.DataObject
    ) -> None:
        """A root is the one of its height, whatever happened to the files."""
        files = sorted(f for f in (homes.newer / "data").iterdir() if f.suffix in (".ldb", ".log"))
        chosen = data.draw(st.sampled_from(files))
        whole = bytearray(chosen.read_bytes())
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        copied(homes.newer, home)
        (home / "data" / chosen.name).write_bytes(whole)
        genesis = config.open_home(home).genesis
        try:
            store = LevelStore.open(home / "data")
        except StoreBroken:
            return
        with suppress(StoreBroken):
            executor = Executor.open(store, genesis)
            assert executor.head_record.state_root == homes.roots[executor.height]
            assert executor.state.root == homes.roots[executor.height]
        store.close()

    async def test_a_damaged_table_has_a_code_and_a_remedy(
        self, homes: Homes, tmp_path: Path
    ) -> None:
        home = copied(homes.newer, tmp_path / "home")
        [table] = (home / "data").glob("*.ldb")
        changed = bytearray(table.read_bytes())
        changed[100] ^= 1
        table.write_bytes(changed)
        with pytest.raises(CommandError, match="away, and the node fetches") as caught:
            await Node(config.open_home(home), homes.keys).start()
        assert caught.value.code == "store_broken"


def is_root() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    if not is_root():
        pytest.skip("only root mounts file systems")
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> Path:
    """Leave no byte free."""
    ballast = place / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"x")
    return ballast


class TestFullDisk:
    """No space left: the node stops, says why, and starts again once there is space."""

    async def test_a_node_stops_and_starts_again_where_it_was(
        self, homes: Homes, small: Path
    ) -> None:
        home = copied(homes.older, small / "home")
        node = Node(config.open_home(home), homes.keys)
        ballast: list[Path] = []

        async def work(running: Node) -> None:
            await settled(running)
            ballast.append(fill(small))
            while not running.stopping.is_set():
                await add_block(running)

        async def lives() -> int:
            return await serve(node, lambda running: tasks.append(loop.create_task(work(running))))

        tasks: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        assert await asyncio.wait_for(lives(), 60) == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert str(node.failure).startswith("disk_full: ")
        with pytest.raises(CommandError) as caught:
            await Node(config.open_home(home), homes.keys).start()
        assert caught.value.code == "disk_full"
        ballast[0].unlink()
        assert refusal(home) is None
        roots = await run(home, homes.keys, 1)
        assert {h: homes.roots[h] for h in range(homes.height + 1)}.items() <= roots.items()

    def test_a_store_writes_nothing_after_a_write_that_failed(self, small: Path) -> None:
        store = LevelStore.open(small / "data")
        store.write([(b"before", bytes(100))], sync=True)
        ballast = fill(small)

        def write_on() -> None:
            for number in range(1_000):
                store.write([(b"%d" % number, bytes(4_000))], sync=False)

        with pytest.raises(OSError, match="No space left") as caught:
            write_on()
        assert caught.value.errno == errno.ENOSPC
        ballast.unlink()
        with pytest.raises(OSError, match="an earlier write failed"):
            store.write([(b"after", b"")], sync=True)
        store.close()
        again = LevelStore.open(small / "data")
        assert again.get(b"before") == bytes(100)
        assert again.get(b"after") is None
        again.close()

    async def test_a_journal_that_could_not_be_written_for_a_reader_is_never_called_durable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """[DUR-1] Else a sync would answer for bytes that were lost on the way."""
        synced: list[int] = []
        failed: list[OSError] = []
        disk = FileDisk(tmp_path, asyncio.get_running_loop()).open()
        disk.bind(synced.append, failed.append)
        disk.append(b"one")

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            disk.read_at(1, 0, 3)
        monkeypatch.undo()
        disk.append(b"two")
        disk.sync(1)
        with pytest.raises(OSError, match="an earlier write failed"):
            disk.read(1)
        await asyncio.to_thread(disk._thread.shutdown)
        await asyncio.sleep(0)
        assert synced == []
        assert [error.errno for error in failed] == [errno.ENOSPC]
        disk.close()


def test_what_a_home_said_is_what_its_journal_holds(homes: Homes) -> None:
    """The tests above damage something worth losing."""
    kinds = [type(record) for record in said(homes.newer)]
    assert kinds.count(OwnAttest) >= 8
    assert kinds.count(OwnVote) >= 8
