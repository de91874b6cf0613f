"""What is deployed exists: commands, files and names in deploy/ are those of the project."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import click
import yaml
from click.testing import CliRunner

from node import config
from node.cli import cli
from node.cli_devnet import devnet
from node.founders import FOUNDERS
from node.founding import CUSTOMERS
from tests.architecture.source import ROOT, pyproject, shipped

DEPLOY = ROOT / "deploy"


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def parses(words: list[str]) -> None:
    """Whether liqbon-node takes these words; nothing is run."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    command.make_context(words[0], words[1:])


def unit(name: str) -> dict[str, str]:
    """The last of each setting of a unit's service; its program is one of ours."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / name)
    service = dict(parser["Service"])
    program, *words = service["ExecStart"].split()
    assert Path(program).name in pyproject()["project"]["scripts"]
    parses(words)
    never_again = {int(status) for status in service["RestartPreventExitStatus"].split()}
    assert never_again == {2, 8}
    return service


def test_the_unit_starts_our_command_and_keeps_its_bounds() -> None:
    service = unit("liqbon-node.service")
    assert service["User"] == "liqbon"
    assert service["KillMode"] == "mixed", "signature processes end with their input"


def test_the_signers_unit_runs_as_the_nodes_user_in_a_home_of_its_own_without_a_network() -> None:
    node, signer = unit("liqbon-node.service"), unit("liqbon-signer.service")
    assert signer["User"] == node["User"], "a signer takes no other user's word"
    assert signer["StateDirectory"] != node["StateDirectory"]
    assert signer["ExecStart"].endswith(f"/{signer['StateDirectory']}")
    assert (signer["PrivateNetwork"], signer["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    assert set(node) - set(signer) == {"KillMode", "TimeoutStopSec"}, "else as guarded"


def test_every_container_runs_a_home_that_was_made_for_it(tmp_path: Path) -> None:
    services = compose()["services"]
    found = services.pop("found")["command"]
    hosts = [found[i + 1] for i, word in enumerate(found) if word == "--files-for"]
    codes = sorted(founder.code for founder in FOUNDERS)
    assert hosts == sorted(services) == codes, "hosts stand in the order of the partners' codes"
    words = ["--files-for", hosts[0], "--dir", str(tmp_path / "files")]
    outcome = CliRunner().invoke(devnet, words, catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    made = config.open_home(tmp_path / "files" / "nodes" / codes[0])
    assert made.settings.api.host == "0.0.0.0"
    for code, service in services.items():
        parses(service["command"])
        assert service["command"][-1] == f"{found[2]}/nodes/{code}"
        ports = [published.rpartition(":")[2] for published in service["ports"]]
        assert ports == [str(made.settings.api.port), str(made.settings.metrics.port)]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    readme = (DEPLOY / "README.md").read_text()
    assert f"{found[2]}/wallets/{CUSTOMERS[0]}" in readme


def test_the_image_is_made_of_what_ships_and_nothing_else() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE)
        for name in line.split()
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {name for name in copied if (ROOT / name).is_dir()} == set(shipped())
    ignore = (DEPLOY / "Containerfile.dockerignore").read_text()
    assert {line[1:] for line in ignore.splitlines() if line.startswith("!")} == set(copied)
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    entry = re.search(r'^ENTRYPOINT \["([a-z-]+)"\]$', text, re.MULTILINE)
    assert entry is not None
    assert entry[1] in pyproject()["project"]["scripts"]
    assert text.count("FROM docker.io/library/python:3.11-slim") == 2
