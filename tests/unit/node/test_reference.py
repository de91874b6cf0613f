"""The reference of liqbon-node and of its settings says everything, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner

from node import cli_doctor, cli_genesis, cli_home, devnet, findings
from node.ceremony import PARAMETERS
from node.cli import cli, genesis, keys
from node.config import Settings
from node.documents import read_genesis
from primitives.genesis import chain_id
from shell.command import LazyGroup
from shell.settings import reference
from tests.architecture.source import ROOT

REFERENCE = ROOT / "docs" / "reference"
PAGE = (REFERENCE / "cli" / "node.md").read_text()
COMMON = (REFERENCE / "cli" / "README.md").read_text()
HOWTO = (ROOT / "docs" / "howto" / "run-a-node.md").read_text()


def members() -> Iterator[str]:
    for module in (cli_home, cli_genesis, cli_doctor, devnet, findings):
        for kind in vars(module).values():
            is_document = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
            if is_document and kind.__module__ == module.__name__:
                yield from kind.__struct_fields__


def test_the_settings_page_is_what_the_code_reads() -> None:
    page = (REFERENCE / "settings.md").read_text()
    table = "\n".join(line for line in page.splitlines() if line.startswith("|")) + "\n"
    assert table == reference(Settings)
    assert "|  |\n" not in table, "each setting says what it is for"


def test_every_member_of_every_document_is_explained() -> None:
    tables = "".join(line for line in PAGE.splitlines(keepends=True) if line.startswith("|"))
    explained = set(re.findall(r"`([^`]+)`", tables))
    assert set(members()) - explained == set()


@pytest.mark.parametrize("group", [cli, genesis, keys], ids=lambda group: group.name)
def test_every_subcommand_and_option_is_explained(group: LazyGroup) -> None:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert f"## {name}\n" in PAGE or f"{group.name} {name}" in PAGE
        if not isinstance(command, click.Group):
            assert "Examples:" in (command.epilog or "")
        options = [p.opts[0] for p in command.params if isinstance(p, click.Option)]
        assert [option for option in options if option not in PAGE + COMMON] == []


def run(*words: object) -> dict[str, Any]:
    """A command's JSON document; the group's own exit handling is tried by the process tests."""
    group: click.Group = cli
    rest = [str(word) for word in words]
    while isinstance(group, LazyGroup):
        found = group.get_command(click.Context(group), rest.pop(0))
        assert found is not None
        group = found  # type: ignore[assignment]
    outcome = CliRunner().invoke(group, [*rest, "--output", "json"], catch_exceptions=False)
    document: dict[str, Any] = json.loads(outcome.stdout)
    return document


def test_the_howto_leads_to_a_genesis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of the page, with the founder that it shows."""
    monkeypatch.chdir(tmp_path)
    keepers, shop = re.findall(
        r"```toml\n((?:settlement_custodian|code) = .*?)```", HOWTO, re.DOTALL
    )
    Path("custodians.toml").write_text(keepers)
    Path("shop.toml").write_text(shop)
    Path("passphrase").write_text("correct horse\n")
    Path("passphrase").chmod(0o600)
    made = run("init", "--home", "home", "--passphrase-file", "passphrase")
    run(
        "genesis", "new", "--name", "Nordic pilot", "--custodians", "custodians.toml",
        "--time", "2026-11-02T00:00:00.000Z",
    )  # fmt: skip
    assert json.loads(Path("network.json").read_bytes())["parameters"]["lag_bound"] == (
        PARAMETERS.lag_bound
    )
    joined = run(
        "genesis", "join", "--home", "home", "--founder", "shop.toml",
        "--passphrase-file", "passphrase",
    )  # fmt: skip
    assert joined["file"] == "harbour.founder.json"
    collected = run("genesis", "collect", "harbour.founder.json")
    verified = run("genesis", "verify", "genesis.json", "--chain", collected["chain"])
    assert verified == collected
    agreed = read_genesis(Path("genesis.json"))
    assert chain_id(agreed).hex() == verified["chain"]
    assert agreed.partners[0].consensus_key.hex() == made["consensus_key"]
    assert (agreed.partners[0].custodian, agreed.settlement_custodian) == ("quayside", "tollhouse")
    assert [(k["code"], k["settlement"]) for k in verified["custodians"]] == [
        ("quayside", False),
        ("tollhouse", True),
    ]
    (Path("home") / "genesis.json").write_bytes(Path("genesis.json").read_bytes())
    assert run("keys", "show", "--home", "home")["partner"] == "harbour"
