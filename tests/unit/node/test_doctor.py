"""The doctor names every accident, changes nothing, and says whether a node may start."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import namedtuple
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from contracts import membership
from contracts.state import Entries
from node import config, doctor
from node.archive import Archive
from node.assembly import Node
from node.cli_doctor import doctor as command
from node.config import HomeLock
from node.doctor import Told, examine, is_fit
from node.findings import KNOWN, Severity, finding
from node.journal import GENESIS, Journal
from node.keyring import Keyring
from node.rehearsal import FoundDisk, copied_store
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.genesis import chain_id
from primitives.membership import Membership
from tests.architecture.source import ROOT
from tests.unit.node.homes import PASSPHRASE, Homes, found, settled, with_parts

Usage = namedtuple("Usage", "total used free")
PAGE = (ROOT / "docs" / "reference" / "cli" / "node.md").read_text()
HOWTO = (ROOT / "docs" / "howto" / "recover-a-node.md").read_text()


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own disk may be nearly full."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, 2**40))


def codes(path: Path, *told: Told, now_ms: int = 0) -> set[str]:
    return {each.code for each in examine(path, lambda: now_ms or doctor_now(), told)}


def doctor_now() -> int:
    from node.cli_doctor import _now_ms

    return _now_ms()


def faults(path: Path, *told: Told) -> set[str]:
    return {code for code in codes(path, *told) if KNOWN[code].severity is Severity.FAULT}


def contents(path: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's bytes and time of change."""
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    return {
        str(file.relative_to(path)): (sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns)
        for file in files
    }


SOUND = {"home_sound", "space_enough", "store_sound", "key_seated", "journal_sound"}


class TestSound:
    def test_a_home_as_it_was_left_is_fit(self, home: Path) -> None:
        before = contents(home)
        assert codes(home) == SOUND
        assert contents(home) == before, "nothing is changed, not even a time"

    def test_a_home_that_never_started_is_fit(self, homes: Homes) -> None:
        expected = {"home_sound", "space_enough", "store_new", "key_seated", "journal_new"}
        assert codes(homes.fresh) == expected
        assert not (homes.fresh / "data").exists()

    async def test_a_running_node_is_looked_at_as_far_as_it_can_be(
        self, homes: Homes, home: Path
    ) -> None:
        node = Node(config.open_home(home), homes.keys)
        await node.start()
        await settled(node)
        seen = await asyncio.to_thread(codes, home)
        assert seen == {"home_sound", "space_enough", "node_runs", "journal_sound"}
        await node.stop()
        assert node.failure is None

    def test_the_lock_is_not_kept(self, home: Path) -> None:
        examine(home, doctor_now)
        lock = HomeLock(home)
        lock.acquire()
        assert "node_runs" in codes(home)
        lock.release()


class TestHomeAndKeys:
    def test_a_folder_that_is_no_home(self, tmp_path: Path) -> None:
        assert codes(tmp_path) == {"home_unsound"}

    def test_a_damaged_genesis(self, home: Path) -> None:
        file = home / config.GENESIS
        file.write_bytes(file.read_bytes().replace(b'"tlqb"', b'"lqb"', 1))
        assert codes(home) == {"home_unsound"}

    def test_a_key_that_others_can_read(self, home: Path) -> None:
        (home / "keys" / "consensus.json").chmod(0o644)
        [fault] = [f for f in examine(home, doctor_now) if f.severity is Severity.FAULT]
        assert (fault.code, "chmod 600" in fault.what) == ("keys_unusable", True)

    @pytest.mark.parametrize("text", [b"", b"{}", b"\0" * 400])
    def test_a_key_file_that_is_none(self, home: Path, text: bytes) -> None:
        (home / "keys" / "consensus.json").write_bytes(text)
        assert "keys_unusable" in faults(home)

    def test_no_key_at_all(self, home: Path) -> None:
        shutil.rmtree(home / "keys")
        assert "keys_unusable" in faults(home)

    def test_a_passphrase_file_that_is_gone(self, home: Path) -> None:
        file = home / config.CONFIG
        file.write_text(file.read_text().replace('passphrase_file = ""', 'passphrase_file = "p"'))
        assert "keys_unusable" in faults(home)

    def test_a_key_without_a_seat(self, home: Path) -> None:
        Keyring(home).create(PASSPHRASE)
        assert codes(home) == SOUND | {"key_unseated"}

    @pytest.mark.parametrize("gone", [True, False])
    def test_a_key_whose_time_is_over_or_to_come(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
    ) -> None:
        made = Keyring(home).create(PASSPHRASE).public_key
        monkeypatch.setattr(doctor, "spent", lambda *_: [made] if gone else [])
        if not gone:
            true = membership.of

            def announced(state: Entries) -> Membership:
                found = true(state)
                return replace(found, members=(replace(found.members[0], key=made),))

            monkeypatch.setattr(membership, "of", announced)
        assert codes(home) == SOUND | {"key_spent" if gone else "key_waits"}


class TestDisk:
    @pytest.mark.parametrize(
        ("free", "code"),
        [(2**20, "disk_full"), (2**29, "space_low"), (2**35, "space_low"), (2**39, "space_enough")],
    )
    def test_free_space(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: str
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40 - free, free))
        assert codes(home) == SOUND - {"space_enough"} | {code}

    def test_a_directory_that_cannot_be_written(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "journal")
        assert faults(home) == {"not_writable"}

    def test_no_room_to_copy_the_store(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(shutil, "copyfile", full)
        assert codes(home) == {"home_sound", "space_enough", "store_unread", "journal_sound"}


class TestJournal:
    def test_a_torn_tail_is_named_and_left_alone(self, home: Path) -> None:
        [segment] = (home / "journal").glob("*.log")
        segment.write_bytes(segment.read_bytes() + b"\xa7torn")
        before = contents(home)
        [torn] = [f for f in examine(home, doctor_now) if f.code == "journal_torn"]
        assert torn.what.startswith("5 bytes")
        assert contents(home) == before
        assert codes(home) == SOUND | {"journal_torn"}

    def test_a_flipped_byte(self, home: Path) -> None:
        [segment] = (home / "journal").glob("*.log")
        changed = bytearray(segment.read_bytes())
        changed[len(changed) // 3] ^= 1
        segment.write_bytes(changed)
        assert faults(home) == {"journal_damaged"}

    def test_a_journal_that_is_gone(self, home: Path) -> None:
        shutil.rmtree(home / "journal")
        assert faults(home) == {"journal_missing"}

    def test_a_journal_of_an_old_backup(self, homes: Homes, tmp_path: Path) -> None:
        home = with_parts(homes, tmp_path / "home", homes.newer, homes.older)
        assert faults(home) == {"journal_behind"}

    def test_a_journal_of_another_chain(self, homes: Homes, tmp_path: Path) -> None:
        other = tmp_path / "other"
        found(other)
        shutil.copytree(homes.older / "journal", other / "journal")
        assert faults(other) == {"journal_foreign"}

    def test_two_journals_in_one(self, home: Path) -> None:
        """Two processes signed: what one of them said the other one's statement excludes."""
        from consensus.effects import OwnVote
        from primitives.encoding import decode, encode
        from primitives.vote import Kind, Vote, vote_message

        opened = config.open_home(home)
        [key] = Keyring(home).open(PASSPHRASE)
        chain = chain_id(opened.genesis)

        class Appending(FoundDisk):
            def append(self, data: bytes) -> None:
                with self._files[1].open("ab") as file:
                    file.write(data)

        journal = Journal(Appending(opened.journal), chain)
        journal.recover(GENESIS)
        view = 10_000
        for digest in (bytes([1]) * 32, bytes([2]) * 32):
            signature = key.sign(vote_message(chain, Kind.NOTARIZE, 0, view, digest))
            vote = Vote(Kind.NOTARIZE, 0, view, digest, 0, signature)
            assert decode(Vote, encode(vote)) == vote
            journal.append(OwnVote(vote))
        assert faults(home) == {"journal_contradicts"}


class TestStore:
    def test_a_store_that_was_moved_away(self, home: Path) -> None:
        shutil.rmtree(home / "data")
        assert codes(home) == SOUND - {"store_sound"} | {"store_new", "store_behind"}
        assert not (home / "data").exists()

    def test_an_old_backup_of_the_store(self, homes: Homes, tmp_path: Path) -> None:
        home = with_parts(homes, tmp_path / "home", homes.older, homes.newer)
        assert codes(home) == SOUND | {"store_behind"}

    def test_a_flipped_byte_in_a_table(self, home: Path) -> None:
        [table] = (home / "data").glob("*.ldb")
        changed = bytearray(table.read_bytes())
        changed[100] ^= 1
        table.write_bytes(changed)
        [broken] = [f for f in examine(home, doctor_now) if f.code == "store_broken"]
        assert str(home / "data") in broken.what
        assert faults(home) == {"store_broken"}

    def test_a_store_of_another_chain(self, homes: Homes, tmp_path: Path) -> None:
        other = tmp_path / "other"
        found(other)
        shutil.copytree(homes.older / "data", other / "data")
        assert faults(other) == {"store_broken"}

    def test_a_broken_store_does_not_hide_a_broken_journal(self, home: Path) -> None:
        (home / "data" / "CURRENT").write_text("MANIFEST-999999\n")
        [segment] = (home / "journal").glob("*.log")
        changed = bytearray(segment.read_bytes())
        changed[100] ^= 1
        segment.write_bytes(changed)
        assert faults(home) == {"store_broken", "journal_damaged"}


def certificates(home: Path) -> tuple[StateCertificate, ...]:
    """All certificates that a home's journal holds."""
    from consensus.effects import StateCertificateKept

    opened = config.open_home(home)
    journal = Journal(FoundDisk(opened.journal), chain_id(opened.genesis))
    records = journal.recover(GENESIS)
    return tuple(r.certificate for r in records if isinstance(r, StateCertificateKept))


def headers(home: Path, held: tuple[StateCertificate, ...]) -> tuple[Header, ...]:
    """The blocks of these certificates."""
    opened = config.open_home(home)
    with copied_store(opened.data) as store:
        records = [Archive(store).block(c.attestation.height) for c in held]
    return tuple(record.header for record in records if record is not None)


class TestOthers:
    """What other nodes say."""

    def a_word(self, homes: Homes, clock_ms: int = 0) -> Told:
        chain = chain_id(config.open_home(homes.fresh).genesis).hex()
        held = certificates(homes.newer)
        return Told("http://peer", None, chain, clock_ms, held, headers(homes.newer, held))

    def test_one_that_agrees(self, homes: Homes) -> None:
        seen = codes(homes.newer, self.a_word(homes))
        assert seen == SOUND | {"clock_right", "key_quiet"}

    def test_a_home_that_was_restored_whole(self, homes: Homes) -> None:
        """Alone nobody could tell: journal and store fit each other."""
        assert faults(homes.older) == set()
        assert faults(homes.older, self.a_word(homes)) == {"key_elsewhere"}

    def test_a_key_in_a_second_home(self, homes: Homes) -> None:
        assert faults(homes.fresh, self.a_word(homes)) == {"key_elsewhere"}

    def test_a_proposal_gives_a_slow_signer_away(
        self, homes: Homes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A quorum may always be complete without it; but every n-th block is its own."""
        monkeypatch.setattr(doctor, "_signed", lambda *_: False)
        told = self.a_word(homes)
        assert faults(homes.newer, told) == set()
        assert faults(homes.older, told) == {"key_elsewhere"}
        moved = tuple(replace(each, view=each.view + 50) for each in told.headers)
        assert faults(homes.newer, told._replace(headers=moved)) == set()

    def test_a_signature_that_is_not_of_the_key_proves_nothing(self, homes: Homes) -> None:
        told = self.a_word(homes)
        forged = [
            replace(c, attestation=replace(c.attestation, height=c.attestation.height + 50))
            for c in told.certificates
        ]
        assert faults(homes.older, told._replace(certificates=tuple(forged))) == set()

    @pytest.mark.parametrize(("clock_ms", "code"), [(900, "clock_right"), (-60_000, "clock_wrong")])
    def test_clocks(self, homes: Homes, clock_ms: int, code: str) -> None:
        assert codes(homes.newer, self.a_word(homes, clock_ms)) == SOUND | {code, "key_quiet"}

    def test_a_clock_behind_the_newest_block_needs_no_other_node(self, homes: Homes) -> None:
        assert codes(homes.newer, now_ms=1) == SOUND | {"clock_wrong"}

    def test_one_that_is_silent_or_elsewhere(self, homes: Homes) -> None:
        silent, other = Told("http://a", "unreachable"), Told("http://b", None, "00" * 32)
        assert codes(homes.newer, silent, other) == SOUND | {"node_silent", "node_elsewhere"}

    async def test_a_second_node_with_the_key_is_found_over_http(
        self, homes: Homes, home: Path
    ) -> None:
        node = Node(config.open_home(home), homes.keys)
        await node.start()
        await settled(node)
        words = ["--home", str(homes.older), "--node", f"http://127.0.0.1:{node.api_port}"]
        words += ["--node", "http://127.0.0.1:9", "--output", "json"]
        outcome = await asyncio.to_thread(CliRunner().invoke, command, words, standalone_mode=False)
        await node.stop()
        document = json.loads(outcome.stdout)
        assert outcome.return_value == 1
        seen = {each["code"]: each for each in document["findings"]}
        assert {"key_elsewhere", "node_silent", "clock_right"} <= set(seen)
        assert seen["key_elsewhere"]["severity"] == "fault"


def test_the_exit_status_says_whether_the_node_may_start(home: Path, tmp_path: Path) -> None:
    fit = CliRunner().invoke(command, ["--home", str(home)], standalone_mode=False)
    assert (fit.return_value, "ok       store_sound: height " in fit.stdout) == (0, True)
    shutil.rmtree(home / "journal")
    unfit = CliRunner().invoke(command, ["--home", str(home)], standalone_mode=False)
    assert (unfit.return_value, "What to do: The key must not sign" in unfit.stdout) == (1, True)
    assert not is_fit([finding("disk_full", "")])
    assert is_fit([finding("space_low", ""), finding("home_sound", "")])


def test_every_code_is_in_the_reference_and_every_accident_in_the_howto() -> None:
    listed = [line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert set(KNOWN) <= set(listed)
    told = {code for code, known in KNOWN.items() if known.severity is not Severity.OK}
    assert {code for code in told if f"`{code}`" not in HOWTO} == set()


def test_every_code_says_what_to_do_unless_all_is_well() -> None:
    for code, known in KNOWN.items():
        assert known.meaning.endswith("."), code
        assert bool(known.remedy) or known.severity is Severity.OK, code
