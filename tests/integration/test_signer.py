"""A validator whose keys are in a signer process: killed, restored, started twice, rotated.

One network goes through all of it, in the order of the tests; each leaves it whole for the next.
Nothing that happens to the two processes makes the key contradict itself: nobody ever has evidence.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.apart import Apart
from tests.integration.processes import command, until
from tests.integration.town import Payer, Town

pytestmark = pytest.mark.integration

SEED = 42
KILLS = 4
STAND_IN = "stand-in"
"""A place in the town for a second home with the same signer; nobody is of this name."""


class Network(NamedTuple):
    town: Town
    signer: Apart

    @property
    def code(self) -> str:
        """Whose node has its signer apart."""
        return self.signer.code

    def trouble(self, code: str) -> str:
        """What a node says to who asks whether it is ready; empty if it is."""
        health: dict[str, Any] | None = self.town.ask(code, "/health/ready")
        return "nobody listens" if health is None else health["reason"] or ""

    def validating(self) -> None:
        self.town.validating(self.code, self.town.epoch(self.town.codes[1]))

    def unharmed(self) -> None:
        """Nobody holds a proof against anybody."""
        for code in self.town.running:
            assert self.town.ask(code, "/v1/evidence")["items"] == [], code


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with contextlib.ExitStack() as later:
        place = tmp_path_factory.mktemp("sig")
        town = Town(place, (STAND_IN,), later)
        founders = town.codes[:-1]
        for code in founders:
            town.settle_in(code)
        signer = Apart(town, founders[0], place, later)
        signer.move_out()
        signer.launch()
        town.launch(*founders)
        town.all_ready(*founders)
        town.endow(100_000)
        yield Network(town, signer)


def test_a_node_without_a_secret_validates(net: Network) -> None:
    """[SIG-1] [SIG-3]"""
    with Payer(net.town) as payer:
        net.validating()
    payer.check()
    assert not (net.town.node_home(net.code) / "keys").exists()
    assert net.signer.socket.stat().st_mode & 0o777 == 0o600
    assert net.trouble(net.code) == ""


def test_a_signer_that_is_killed_stops_nobody_and_goes_on(net: Network) -> None:
    """[SIG-3] [SIG-4] The node follows meanwhile, and says why it does not sign."""
    town, rng = net.town, random.Random(SEED)
    with Payer(town) as payer:
        for _ in range(KILLS):
            payer.again(rng.randint(1, 6))
            net.signer.kill()
            until("it only follows", lambda: town.status(net.code)["index"] is None)
            until("it says why", lambda: "signer_away" in net.trouble(net.code))
            payer.again()
            until("it follows", lambda: town.height(net.code) >= town.height(town.codes[1]))
            net.signer.launch()
            net.validating()
    payer.check()
    net.unharmed()


def test_a_node_that_is_killed_goes_on_with_the_signer_that_lives(net: Network) -> None:
    """[SIG-4] What was signed and not written down is said, and nothing else in its place."""
    town, rng = net.town, random.Random(SEED + 1)
    with Payer(town) as payer:
        for _ in range(KILLS):
            payer.again(rng.randint(1, 6))
            town.kill(net.code)
            town.launch(net.code)
            net.validating()
    payer.check()
    net.unharmed()


def test_both_may_be_killed_in_any_order(net: Network) -> None:
    """[SIG-4]"""
    town, rng = net.town, random.Random(SEED + 2)
    with Payer(town) as payer:
        for turn in range(KILLS):
            payer.again(rng.randint(1, 6))
            net.signer.kill()
            town.kill(net.code)
            if turn % 2:
                net.signer.launch()
            town.launch(net.code)
            if not turn % 2:
                net.signer.launch()
            net.validating()
        net.signer.stop()
        net.signer.launch()
        net.validating()
    payer.check()
    net.unharmed()


def test_of_two_nodes_with_one_signer_one_is_refused(net: Network) -> None:
    """[SIG-1]"""
    town = net.town
    second = town.node_home(STAND_IN)
    second.mkdir(mode=0o700)
    shutil.copy(town.site.genesis, second / "genesis.json")
    town.settle_in(STAND_IN)
    net.signer.point(second)
    with Payer(town) as payer:
        town.launch(STAND_IN)
        until("it says why", lambda: "signer_busy" in net.trouble(STAND_IN))
        assert town.status(STAND_IN)["index"] is None
        payer.again()
        net.validating()
    town.stop(STAND_IN)
    net.unharmed()


def test_a_second_signer_does_not_take_the_place_of_one_that_lives(net: Network) -> None:
    """[SIG-1]"""
    words = ["signer", "--home", net.signer.home, "--output", "json"]
    outcome = command("liqbon-node", *words)
    assert outcome.returncode == 1
    assert json.loads(outcome.stdout)["error"]["code"] == "home_in_use"
    with Payer(net.town):
        net.validating()


def test_keys_change_where_the_signer_has_them(net: Network) -> None:
    """[EPOCH-7]"""
    town = net.town
    began = town.epoch(town.codes[1])
    [old] = net.signer.keys()
    with Payer(town) as payer:
        new = net.signer.rotate()
        until("the epoch ends", lambda: town.epoch(town.codes[1]) == began + 1)
        net.validating()
        until("the old key is gone", lambda: net.signer.keys() == [new])
        payer.again()
    payer.check()
    assert town.key(town.codes[1], net.code) == new != old
    net.unharmed()


def test_an_old_copy_of_a_home_only_follows_and_votes_in_the_next_epoch(
    net: Network, tmp_path: Path
) -> None:
    """[SIG-4] [DUR-6] The signer knows what the copy does not; the key need not be given up."""
    town = net.town
    home, copy = town.node_home(net.code), tmp_path / "copy"
    town.stop(net.code)
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("node.log"))
    town.launch(net.code)
    with Payer(town) as payer:
        net.validating()
        payer.again()
    town.stop(net.code)
    for part in ("data", "journal"):
        shutil.rmtree(home / part)
        shutil.copytree(copy / part, home / part)
    assert _codes(home) >= {"signer_ahead"}
    town.launch(net.code)
    with Payer(town) as payer:
        until("it says why", lambda: "signer_ahead" in net.trouble(net.code))
        until("it follows", lambda: town.height(net.code) >= town.height(town.codes[1]))
        assert town.status(net.code)["index"] is None
        town.rotate(town.codes[1])
        net_epoch = town.epoch(net.code)
        until("the epoch ends", lambda: town.epoch(net.code) > net_epoch)
        net.validating()
    payer.check()
    net.unharmed()


def _codes(home: Path) -> set[str]:
    """What the doctor finds at a home."""
    outcome = command("liqbon-node", "doctor", "--home", home, "--output", "json")
    findings: list[dict[str, Any]] = json.loads(outcome.stdout)["findings"]
    return {each["code"] for each in findings}
