"""What the demonstration writes for a node, and counts for a vote, is what the product takes."""

from pathlib import Path

import pytest

from demo.joining import CODE, placed
from demo.network import Network, Node, Ports
from demo.voting import needed
from node import config
from node.config import create_home, open_home, peer_addresses
from node.documents import genesis_text
from primitives.governance import needed as rule
from tests.builders import a_genesis

PORTS = Ports(7640, 7641, 7642)
PEERS = {"north": "127.0.0.1:7601", "east": "127.0.0.1:7611"}


def test_the_settings_of_a_new_home_are_moved_to_where_the_node_listens(tmp_path: Path) -> None:
    text = config.config_text(config.Hosts(), config.Ports(), {}, "/somewhere/passphrase")
    create_home(tmp_path, placed(text, PORTS, PEERS), b"a passphrase")
    (tmp_path / config.GENESIS).write_bytes(genesis_text(a_genesis()))
    home = open_home(tmp_path)
    settings = home.settings
    assert (settings.api.port, settings.peers.port, settings.metrics.port) == PORTS
    assert {settings.api.host, settings.peers.host, settings.metrics.host} == {"127.0.0.1"}
    addresses = peer_addresses(home)
    assert {code: f"{at.host}:{at.port}" for code, at in addresses.items()} == PEERS
    assert settings.key.passphrase_file == "/somewhere/passphrase"


def test_a_newcomer_takes_the_ports_after_the_others(tmp_path: Path) -> None:
    network = Network(tmp_path, 7600)
    network.nodes = {code: Node(code, "", 1, tmp_path) for code in ("a", "b")}
    assert network.ports("b") == Ports(7610, 7611, 7612)
    assert network.ports(CODE) == Ports(7620, 7621, 7622)
    assert network.peer("a") == "127.0.0.1:7601"


@pytest.mark.parametrize("electors", range(1, 20))
def test_as_many_vote_as_the_ledger_asks_for(electors: int) -> None:
    assert needed(electors) == rule(electors)
