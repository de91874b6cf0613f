"""The reference of the commands says every option and every member of every document."""

from __future__ import annotations

import importlib
import inspect
import re
from types import ModuleType

import click
import msgspec
import pytest

import partner.documents
import wallet.commerce_documents
import wallet.documents
from client.errors import Blame
from partner.cli import cli as partner_cli
from shell.command import LazyGroup
from shell.errors import Status
from tests.architecture.source import ROOT
from wallet.cli import cli as wallet_cli

PAGES = ROOT / "docs" / "reference" / "cli"
COMMON = (PAGES / "README.md").read_text()


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text()


def documents(module: ModuleType) -> list[type[msgspec.Struct]]:
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass)]
    return [k for k in found if issubclass(k, msgspec.Struct) and k.__module__ == module.__name__]


def explained(text: str) -> set[str]:
    """Names in code style in the first cells of tables."""
    firsts = re.findall(r"^\| ([^|]*)\|", text.replace("\\|", "/"), re.MULTILINE)
    return {name for cell in firsts for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("wallet", wallet.documents),
        ("wallet", wallet.commerce_documents),
        ("partner", partner.documents),
    ],
)
def test_every_member_of_every_document_is_explained(name: str, module: ModuleType) -> None:
    missing = {
        f"{kind.__name__}.{field}"
        for kind in documents(module)
        for field in kind.__struct_fields__
        if field not in explained(page(name))
    }
    assert missing == set()


def test_every_member_of_a_blame_is_explained() -> None:
    assert set(Blame.__struct_fields__) <= explained(COMMON)


def test_every_exit_status_is_explained() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d) \|", COMMON, re.MULTILINE)}
    assert told == {int(status) for status in Status}


@pytest.mark.parametrize(("name", "group"), [("wallet", wallet_cli), ("partner", partner_cli)])
def test_every_subcommand_and_option_is_explained(name: str, group: LazyGroup) -> None:
    text = page(name)
    for subcommand in group.list_commands(click.Context(group)):
        assert f"\n## {subcommand}\n" in text
        command = group.get_command(click.Context(group), subcommand)
        assert command is not None
        assert "Examples:" in (command.epilog or "")
        for below in (command, *children(command)):
            options = [p.opts[0] for p in below.params if isinstance(p, click.Option)]
            missing = [option for option in options if option not in text + COMMON]
            assert missing == [], below.name


@pytest.mark.parametrize(("name", "group"), [("wallet", wallet_cli), ("partner", partner_cli)])
def test_every_command_of_a_group_has_a_heading_and_examples(name: str, group: LazyGroup) -> None:
    titles = " ".join(re.findall(r"^### (.+)$", page(name), re.MULTILINE))
    for subcommand in group.list_commands(click.Context(group)):
        below = group.get_command(click.Context(group), subcommand)
        assert below is not None
        for child in children(below):
            assert "Examples:" in (child.epilog or ""), child.name
            assert f"{subcommand} {child.name}" in titles or f", {child.name}" in titles


def children(command: click.Command) -> list[click.Command]:
    """The commands of a group; none of a plain one."""
    if not isinstance(command, LazyGroup):
        return []
    context = click.Context(command)
    found = [command.get_command(context, name) for name in command.list_commands(context)]
    return [child for child in found if child is not None]


def test_every_lie_has_a_line() -> None:
    codes = set(re.findall(r"``([a-z_]+)``", inspect.getdoc(_lie()) or ""))
    assert codes
    assert codes <= explained(COMMON)


def _lie() -> type:
    lie: type = importlib.import_module("client.errors").Lie
    return lie
