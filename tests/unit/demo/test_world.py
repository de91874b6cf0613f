"""What the demonstration adds to a command of the wallet is what that command takes."""

from pathlib import Path

import click
import pytest

from demo import api, proof
from demo.commands import Answer
from demo.network import Network, Node
from demo.proof import Epoch, Pinned, Proven
from demo.stage import Stage
from demo.world import GROUPS, SENDING, SIGNING, World, _opened
from wallet.cli import cli

CONTEXT = click.Context(cli)
PERSON = {"name": "cleo", "home": "wallets/cleo", "passphrase_file": "passphrase"}


def found(name: str) -> tuple[list[str], click.Command]:
    """A command of the wallet by its last word: all its words, and what it is."""
    for first in cli.list_commands(CONTEXT):
        command = cli.get_command(CONTEXT, first)
        assert command is not None
        if first == name:
            return [first], command
        inner = command.get_command(CONTEXT, name) if isinstance(command, click.Group) else None
        if inner is not None:
            assert first in GROUPS
            return [first, name], inner
    raise AssertionError(f"the wallet knows no {name}")


def options_of(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", sorted(SIGNING))
def test_keys_are_opened_for_whoever_signs_and_nobody_is_asked(name: str) -> None:
    words, command = found(name)
    added = [str(word) for word in _opened(PERSON, words)]
    assert {word for word in added if word.startswith("--")} <= options_of(command)
    assert ("--yes" in added) == ("--yes" in options_of(command)) == (name in SENDING)
    assert added[:2] == ["--home", "wallets/cleo"]
    assert added[added.index("--account") + 1] == "0"


@pytest.mark.parametrize("name", ["balance", "request", "history"])
def test_whoever_only_looks_needs_no_passphrase(name: str) -> None:
    words, _ = found(name)
    assert _opened(PERSON, words) == ["--home", "wallets/cleo"]


def test_a_shop_gives_from_an_account_of_its_own() -> None:
    added = _opened({**PERSON, "account": 3}, ["campaign", "create"])
    assert added[added.index("--account") + 1] == "3"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Stage(), Network(tmp_path, 7600), tmp_path)


def test_a_node_that_has_not_heard_of_it_is_asked_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = iter((5, 6, 7, 8))
    monkeypatch.setattr(api, "get", lambda *_: {"proof": "a proof"})
    monkeypatch.setattr(proof, "check", lambda *_: Proven(None, next(heights), "", 0, (), 4))
    world.network.nodes = {"a": Node("a", "http://127.0.0.1:1", 1, tmp_path)}
    assert world.prove("a", b"key").height == 5
    for document in ({"proof": {"height": 7}}, {"proof": {"height": 3}}, {"proof": None}, {}, None):
        answer = Answer(0, document, "", 0)
        assert world._heard(answer) is answer
    assert world.prove("a", b"key").height == 7


def test_handovers_are_asked_for_until_nothing_new_comes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node may show all of them at once, or a page from the asked one on."""
    world.network.nodes = {"a": Node("a", "http://127.0.0.1:1", 1, tmp_path)}
    asked: list[int] = []

    def page(_: str, path: str) -> bytes:
        asked.append(int(path.partition("cursor=")[2].partition("&")[0]))
        return b""

    def one_more_up_to_three(pinned: Pinned, _: bytes) -> Pinned:
        held = pinned.epochs
        return Pinned(b"", (*held, Epoch(len(held), 0, []))[:3])

    monkeypatch.setattr(api, "raw", page)
    monkeypatch.setattr(proof, "follow", one_more_up_to_three)
    world.pinned = Pinned(b"", (Epoch(0, 0, []),))
    world.follow("a")
    assert asked == [0, 1, 2]
    assert world.pinned.newest.number == 2


def test_everybody_is_found_by_name(world: World) -> None:
    world.network.document = {"accounts": [{"name": "alice"}, {"name": "boris"}]}
    world.newcomers.append(PERSON)
    assert [each["name"] for each in world.customers] == ["alice", "boris", "cleo"]
    assert world.person("cleo") is PERSON
    world.sponsor = {"name": "gifts", "account": 3}
    assert world.person("gifts")["account"] == 3
    assert world.sponsor not in world.customers
