"""What the doctor finds of a signer: whether it answers, its objections, and its record."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from node import config
from node.config import NodeHome
from node.doctor import examine
from node.findings import KNOWN, Severity
from node.guard import AttestStatement, Statement, VoteStatement
from node.remembered import Asked
from node.signer_record import RECORD, SignerRecord
from node.signer_server import SignerServer
from primitives.genesis import chain_id
from primitives.vote import Kind
from tests import builders
from tests.unit.node.homes import Homes, copied

Usage = namedtuple("Usage", "total used free")
A = bytes([1]) * 32


@pytest.fixture
def place() -> Iterator[Path]:
    """A signer's home, whose path is short."""
    with tempfile.TemporaryDirectory(prefix="sig") as found:
        yield Path(found)


@pytest.fixture
def home(homes: Homes, tmp_path: Path, place: Path) -> Path:
    """One without keys, that names a signer."""
    path = copied(homes.newer, tmp_path / "home")
    shutil.rmtree(path / "keys")
    text = (path / config.CONFIG).read_text()
    named = text.replace("[key]\n", f'[key]\nsigner = "unix:{place}/signer/socket"\n')
    (path / config.CONFIG).write_text(named)
    return path


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own disk may be nearly full."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, 2**40))


def codes(path: Path) -> set[str]:
    return {each.code for each in examine(path, lambda: time.time_ns() // 1_000_000)}


def faults(path: Path) -> set[str]:
    return {code for code in codes(path) if KNOWN[code].severity is Severity.FAULT}


@contextlib.asynccontextmanager
async def signer_of(homes: Homes, home: Path, place: Path) -> AsyncIterator[SignerServer]:
    opened = config.open_home(home)
    server = SignerServer(NodeHome(place, opened.settings, opened.genesis), homes.keys)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def signed(homes: Homes, home: Path, place: Path, *statements: Statement) -> None:
    """Each of them in a request of its own, once."""
    (place / "signer").mkdir(mode=0o700, exist_ok=True)
    record = SignerRecord(place / "signer", chain_id(config.open_home(home).genesis))
    record.open()
    for statement in statements:
        record.sign(homes.keys[0].public_key, 0, [Asked(statement, b"")])
    record.close()


async def test_a_signer_that_is_away_is_no_fault(home: Path) -> None:
    """The node starts, and follows."""
    assert {"signer_away", "journal_sound", "store_sound"} <= codes(home)
    assert faults(home) == set()


async def test_a_signer_that_agrees_is_asked_and_nothing_changes(
    homes: Homes, home: Path, place: Path
) -> None:
    """[SIG-5]"""
    async with signer_of(homes, home, place):
        found = await asyncio.to_thread(codes, home)
        expected = {"signer_answers", "key_seated", "journal_sound", "store_sound"}
        assert expected <= found
        assert "signer_ahead" not in found
        assert (place / "signer" / RECORD).stat().st_size == 0


def later(view: int) -> VoteStatement:
    return VoteStatement(Kind.NOTARIZE, 0, 2**40 + view, A)


async def test_a_journal_that_is_behind_the_signer(homes: Homes, home: Path, place: Path) -> None:
    """[SIG-4]"""
    signed(homes, home, place, later(1), later(2))
    async with signer_of(homes, home, place):
        assert "signer_ahead" in await asyncio.to_thread(codes, home)
        assert await asyncio.to_thread(faults, home) == set(), "it follows until the next epoch"


async def test_a_last_request_that_nobody_heard_is_no_finding(
    homes: Homes, home: Path, place: Path
) -> None:
    """[SIG-4]"""
    signed(homes, home, place, later(1))
    async with signer_of(homes, home, place):
        found = await asyncio.to_thread(codes, home)
        assert not found & {"signer_ahead", "signer_refuses", "signer_contradicts"}


async def test_a_journal_of_somebody_else(homes: Homes, home: Path, place: Path) -> None:
    """[SIG-4] It attests something else than the signer did."""
    height = max(homes.roots)
    other = builders.an_attestation(height, chain=chain_id(config.open_home(home).genesis))
    signed(homes, home, place, AttestStatement(other))
    async with signer_of(homes, home, place):
        assert "signer_contradicts" in await asyncio.to_thread(faults, home)


async def test_a_signer_of_another_chain(homes: Homes, home: Path, place: Path) -> None:
    opened = config.open_home(home)
    server = SignerServer(NodeHome(place, opened.settings, builders.a_genesis()), homes.keys)
    await server.start()
    assert "signer_refuses" in await asyncio.to_thread(codes, home)
    await server.stop()


def test_a_record_in_the_home(homes: Homes, home: Path) -> None:
    """[DUR-6] Sound, torn, damaged, of another chain: by the start's own code."""
    signed(homes, home, home, later(1), later(2))
    record = home / "signer" / RECORD
    sound = record.read_bytes()
    assert codes(home) & {"record_sound", "record_torn"} == {"record_sound"}
    record.write_bytes(sound + sound[:30])
    assert {"record_sound", "record_torn"} <= codes(home)
    assert record.read_bytes() == sound + sound[:30], "nothing is cut"
    record.write_bytes(b"\0" + sound[1:])
    assert "record_damaged" in faults(home)
    foreign = SignerRecord(home / "signer", bytes(32))
    record.unlink()
    foreign.open()
    foreign.sign(homes.keys[0].public_key, 0, [Asked(later(1), b"")])
    foreign.close()
    assert "record_foreign" in faults(home)
