"""A node starts whole or not at all, stops in order, and never goes on after a failure."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from node import assembly, cli_home, config
from node.assembly import Node, serve
from node.founding import Site, found
from node.keyring import FIRST, Keyring
from primitives.keys import Ed25519Key
from primitives.validators import Validator, ValidatorSet
from shell.errors import CommandError
from shell.keyfile import create_private
from tests import builders
from tests.integration.processes import free_base

CODE = "bramble"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, list[Ed25519Key]]:
    """A network of one validator, and its keys; each test works on a copy of the home."""
    site = Site(tmp_path_factory.mktemp("network") / "files", 1, free_base(1))
    found(site, builders.GENESIS_TIME)
    passphrase = site.passphrase_file.read_bytes().strip()
    return site, Keyring(site.node_home(CODE)).open(passphrase)


@pytest.fixture
def home(original: tuple[Site, list[Ed25519Key]], tmp_path: Path) -> config.NodeHome:
    site, _ = original
    shutil.copytree(site.node_home(CODE), tmp_path / CODE)
    return config.open_home(tmp_path / CODE)


@pytest.fixture
async def node(
    home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> AsyncIterator[Node]:
    node = Node(home, original[1])
    yield node
    await node.stop()


async def until_ready(node: Node) -> None:
    async with asyncio.timeout(20):
        while node.standing is None or node.standing.not_ready() is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_node_serves_until_it_is_stopped(node: Node, home: config.NodeHome) -> None:
    await node.start()
    await until_ready(node)
    assert config.running_process(home.path) == os.getpid()
    url = f"http://127.0.0.1:{node.api_port}"
    metrics = f"http://127.0.0.1:{node.metrics_port}/metrics"
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/v1/status") as answer:
            status = await answer.json()
        async with session.get(metrics) as answer:
            text = await answer.text()
        assert status["partner"] == CODE
        assert status["chain"] == node.chain.hex()
        assert "liqbon_ready 1" in text
        asked = await asyncio.to_thread(CliRunner().invoke, cli_home.status, ["--node", url])
        assert "epoch       0, validator 0 of 1" in asked.stdout
        await node.stop()
        assert node.failure is None
        assert config.running_process(home.path) is None
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{url}/v1/status")


@pytest.mark.parametrize(
    ("library", "batches", "trie"),
    [
        ("liqbon-native 9", "liqbon-native 9", "liqbon-native 9"),
        (
            None,
            "one by one: liqbon-native is not installed",
            "in Python: liqbon-native is not installed",
        ),
    ],
)
async def test_a_node_says_once_what_the_optional_library_does_for_it(
    node: Node, monkeypatch: pytest.MonkeyPatch, library: str | None, batches: str, trie: str
) -> None:
    monkeypatch.setattr(assembly, "batch_library", lambda: library)
    monkeypatch.setattr(assembly, "library_name", lambda: library)
    with capture_logs() as records:
        await node.start()
        await until_ready(node)
    assert [r["batches"] for r in records if r["event"] == "signatures"] == [batches]
    assert [r["trie"] for r in records if r["event"] == "state"] == [trie]


async def test_a_stopped_node_starts_again_where_it_was(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    await node.start()
    await until_ready(node)
    height, root = node.executor.height, node.executor.head_record.state_root
    await node.stop()
    again = Node(home, original[1])
    await again.start()
    assert again.executor.height >= height >= 1
    assert again.executor.archive.block(height).state_root == root  # type: ignore[union-attr]
    await again.stop()
    assert again.failure is None


async def test_a_home_whose_keys_have_no_seat_starts_as_an_observer(
    home: config.NodeHome,
) -> None:
    """A newcomer's node reads along until its epoch comes. Alone it is told nothing to prove."""
    node = Node(home, [builders.a_key("a newcomer")])
    await node.start()
    assert (node.partner, node.replica.me) == (None, None)
    assert node.standing is not None
    assert node.standing.not_ready() == "no other node is connected"
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{node.api_port}/v1/status") as answer,
    ):
        status = await answer.json()
    assert (status["partner"], status["index"], status["epoch"]) == (None, None, 0)
    assert [peer["partner"] for peer in status["peers"]] == [CODE]
    assert not status["ready"]
    await node.stop()
    assert node.failure is None


async def test_keys_are_read_again_on_reload(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    """[EPOCH-7] A key that was made meanwhile is there when its epoch comes."""
    await node.start()
    passphrase = original[0].passphrase_file.read_bytes().strip()
    made = Keyring(home.path).create(passphrase)
    node.reload()
    members = ValidatorSet(1, (Validator(CODE, made.public_key),))
    assert node._signing.enter(members) == 0
    assert made.public_key in node._signing.public_keys()


@pytest.mark.parametrize("keys", [[], [builders.a_key("a stranger")]], ids=["none", "no seat"])
async def test_a_node_whose_keys_have_no_seat_is_an_observer(
    home: config.NodeHome, keys: list[Ed25519Key]
) -> None:
    """[EPOCH-6] As the node of a partner is that has left: its last key is destroyed."""
    observer = Node(home, keys)
    await observer.start()
    assert (observer.partner, observer.replica.me) == (None, None)
    assert observer.standing is not None
    assert [peer.connected for peer in observer.standing.peers()] == [False]
    assert observer.standing.not_ready() == "no other node is connected"
    url = f"http://127.0.0.1:{observer.api_port}"
    asked = await asyncio.to_thread(CliRunner().invoke, cli_home.status, ["--node", url])
    assert "epoch       0, in which it only follows" in asked.stdout
    await observer.stop()
    assert observer.failure is None


async def test_a_node_without_a_key_reads_addresses_and_a_new_key_again(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    """The last key was destroyed; then there is another one, and then the one with the seat."""
    [key] = Keyring(home.path).public_keys()
    file = home.path / "keys" / FIRST
    seated = file.read_bytes()
    observer = Node(home, [])
    await observer.start()
    Keyring(home.path).destroy(key)
    passphrase = original[0].passphrase_file.read_bytes().strip()
    with capture_logs() as records:
        observer.reload()
        Keyring(home.path).create(passphrase)
        observer.reload()
        create_private(file.with_name("consensus-again.json"), seated)
        observer.reload()
    assert [r["keys"] for r in records if r["event"] == "reloaded"] == [0, 1, 2]
    [warned] = [r["event"] for r in records if r["log_level"] == "warning"]
    assert "start the node anew" in warned
    await observer.stop()


async def test_an_address_that_is_taken_is_named_and_everything_let_go(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", home.settings.api.port):
        with pytest.raises(CommandError, match=str(home.settings.api.port)) as caught:
            await node.start()
    assert caught.value.code == "address_unavailable"
    assert "[api]" in caught.value.hint
    assert config.running_process(home.path) is None
    again = Node(home, original[1])
    await again.start()
    await until_ready(again)
    await again.stop()


async def test_a_second_node_on_a_home_is_refused(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    await node.start()
    with pytest.raises(CommandError) as caught:
        await Node(home, original[1]).start()
    assert caught.value.code == "home_in_use"
    await until_ready(node)


async def test_a_journal_that_fails_stops_the_node_with_status_1(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[DUR-1] The disk is full, or dies: nothing is said that is not durable."""

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    def break_disk(_: Node) -> None:
        monkeypatch.setattr(os, "fdatasync", broken)

    status = await asyncio.wait_for(serve(node, break_disk), 30)
    assert status == 1
    assert "No space left on device" in str(node.failure)


async def test_a_damaged_journal_is_never_signed_over(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]]
) -> None:
    await node.start()
    await until_ready(node)
    await node.stop()
    [segment] = home.journal.glob("*.log")
    data = bytearray(segment.read_bytes())
    data[len(data) // 3] ^= 1
    segment.write_bytes(data)
    with pytest.raises(CommandError) as caught:
        await Node(home, original[1]).start()
    assert caught.value.code == "journal_damaged"


async def test_a_store_of_another_chain_is_refused(
    node: Node, home: config.NodeHome, original: tuple[Site, list[Ed25519Key]], tmp_path: Path
) -> None:
    await node.start()
    await node.stop()
    other = Site(tmp_path / "other", 1, free_base(1))
    genesis = found(other, builders.GENESIS_TIME + 1)
    moved = home._replace(genesis=genesis)
    passphrase = other.passphrase_file.read_bytes().strip()
    with pytest.raises(CommandError) as caught:
        await Node(moved, Keyring(other.node_home(CODE)).open(passphrase)).start()
    assert caught.value.code == "store_broken"


async def test_bad_settings_are_not_reloaded(node: Node, home: config.NodeHome) -> None:
    await node.start()
    file = home.path / config.CONFIG
    good = file.read_text()
    file.write_text("[peers.addresses]\nNobody = 'x:1'\n")
    node.reload()
    assert not node.stopping.is_set()
    file.write_text(good)
    node.reload()
    await until_ready(node)
