"""Which network ``liqbon-node devnet`` makes is what its options say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from node.cli_devnet import devnet
from node.documents import read_genesis
from primitives.amount import MICRO
from shell.errors import UsageError


def files(directory: Path, *words: str) -> Result:
    """Only the files of a network of one node."""
    given = ["--dir", str(directory), "--files-for", "host", "--output", "json", *words]
    return CliRunner().invoke(devnet, given)


def test_parameters_that_are_set_are_those_of_the_network(tmp_path: Path) -> None:
    done = files(tmp_path / "net", "--set", "settlement_cycle_ms=8000", "--set", "opening=0.5")
    assert done.exit_code == 0, done.output
    genesis = read_genesis(Path(json.loads(done.stdout)["genesis"]))
    parameters = genesis.parameters
    assert (parameters.settlement_cycle_ms, parameters.opening) == (8_000, MICRO // 2)
    again = files(tmp_path / "net", "--set", "settlement_cycle_ms=9000")
    assert isinstance(again.exception, UsageError)
    assert again.exception.code == "devnet_differs"


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "settlement_cycle_ms"),
        ("--set", "opening=1", "--set", "opening=2"),
        ("--set", "opening=1", "--set", "opening=1"),
        ("--set",),
    ],
)
def test_what_is_no_setting_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused = files(tmp_path / "net", *words)
    assert refused.exit_code == 2
    assert "--set" in refused.output
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("colour=1", "network_parameter_unknown"),
        ("=1", "network_parameter_unknown"),
        ("opening=", "network_parameter_invalid"),
        ("opening=1=2", "network_parameter_invalid"),
        ("lane_weight=1", "lane_weight_low"),
    ],
)
def test_what_no_network_has_is_refused_with_its_code(tmp_path: Path, word: str, code: str) -> None:
    refused = files(tmp_path / "net", "--set", word)
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.code == code
    assert not (tmp_path / "net").exists()
