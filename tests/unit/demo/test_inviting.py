"""What a person is invited to type exists: every command, every option, every retailer named."""

import io
import shlex
from pathlib import Path

import click
import pytest

from audit.cli import cli as audit
from demo.inviting import invite
from demo.network import Network, Node
from demo.stage import Stage
from demo.world import World
from node.founders import FOUNDERS, SETTLEMENT
from partner.cli import cli as partner
from wallet.cli import cli as wallet

GROUPS = {"liqbon-audit": audit, "liqbon-partner": partner, "liqbon-wallet": wallet}


def invited(directory: Path) -> list[list[str]]:
    """The words of every command that is shown, up to its pipe."""
    out = io.StringIO()
    network = Network(directory / "network", 7600)
    network.document = {
        "genesis": str(directory / "network" / "genesis.json"),
        "accounts": [{"name": "boris", "address": "tlqb1boris"}],
    }
    for number, founder in enumerate(FOUNDERS):
        url = f"http://127.0.0.1:{7600 + 10 * number}"
        network.nodes[founder.code] = Node(founder.code, url, 1, directory)
    world = World(Stage(out, coloured=False), network, directory)
    world.newcomers = [{"name": "dora", "address": "tlqb1dora"}]
    world.content, world.orders = "ab" * 32, ["cd" * 32]
    world.denied = {"cycle": 6}
    world.shops = {founder.programme: founder.code for founder in FOUNDERS}
    invite(world)
    shown = [line.strip() for line in out.getvalue().splitlines()]
    return [shlex.split(line[2:].split(" | ")[0]) for line in shown if line.startswith("$ ")]


def test_every_command_and_option_exists(tmp_path: Path) -> None:
    commands = [words for words in invited(tmp_path) if words[0] in GROUPS]
    assert {words[0] for words in commands} == set(GROUPS)
    for name, *words in commands:
        command: click.Command = GROUPS[name]
        while isinstance(command, click.Group):
            verb = words.pop(0)
            found = command.get_command(click.Context(command), verb)
            assert found is not None, f"{name} knows no {verb}"
            command = found
        command.make_parser(click.Context(command)).parse_args(list(words))


@pytest.mark.parametrize(
    "wanted",
    [
        *("deposit", "like", "order", "content", "invoice", "redeem", "settle"),
        *("verify", "reserves", "settlement", "export"),
    ],
)
def test_everything_that_the_story_showed_can_be_tried(tmp_path: Path, wanted: str) -> None:
    assert any(wanted in words[1:3] for words in invited(tmp_path))


def test_keystores_are_those_of_the_network(tmp_path: Path) -> None:
    homes = {word for words in invited(tmp_path) for word in words if word.startswith("custod")}
    assert homes == {f"custodians/{SETTLEMENT.code}"}
    codes = {founder.code for founder in FOUNDERS}
    partners = {
        word.removeprefix("partners/")
        for words in invited(tmp_path)
        for word in words
        if word.startswith("partners/")
    }
    assert partners
    assert partners <= codes
