"""The reference of liqbon-partner says every command, option, member and code that there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import click

import partner
from partner.cli import cli
from partner.documents import Document
from tests.architecture.source import ROOT

PAGES = ROOT / "docs" / "reference" / "cli"
PAGE = (PAGES / "partner.md").read_text()
COMMON = (PAGES / "README.md").read_text()


def documents() -> Iterator[type[Document]]:
    """Every document of every module of the package."""
    for module in pkgutil.iter_modules(partner.__path__, "partner."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Document) and kind.__module__ == module.name:
                yield kind


def commands(group: click.Group, words: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that name it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{words}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{words}{name} ")


def explained() -> set[str]:
    """Names in code style in the first cells of tables."""
    firsts = re.findall(r"^\| ([^|]*)\|", PAGE.replace("\\|", "/"), re.MULTILINE)
    return {name for cell in firsts for name in re.findall(r"`([^`]+)`", cell)}


def sources() -> str:
    return "".join(path.read_text() for path in sorted((ROOT / "partner").glob("*.py")))


def test_every_member_of_every_document_is_explained() -> None:
    known = explained()
    members = {f"{k.__name__}.{f}" for k in documents() for f in k.__struct_fields__}
    assert len(members) > 100
    assert {m for m in members if m.partition(".")[2] not in known} == set()


def test_every_command_has_its_place_and_every_option_a_word() -> None:
    named = dict(commands(cli))
    assert {"invoice", "settle pay", "programme set-rate", "reserve endorse"} <= set(named)
    for words, command in named.items():
        level = "##" if " " not in words else "###"
        assert f"\n{level} {words}\n" in PAGE, words
        assert "Examples:" in (command.epilog or ""), words
        options = [p.opts[0] for p in command.params if isinstance(p, click.Option)]
        assert [one for one in options if one not in PAGE + COMMON] == [], words


def test_every_code_of_its_own_is_listed() -> None:
    """Codes that a command makes up; those of ledger and form have a page of their own."""
    raised = set(
        re.findall(
            r"(?:CommandError|UsageError|KeyFault|BadRow)\(\s*(?:\w+, )?\"([a-z_]+)\"", sources()
        )
    )
    assert {"reference_conflict", "reference_mismatch", "signature_invalid"} <= raised
    ledger = (ROOT / "docs" / "reference" / "codes.md").read_text()
    known = explained() | set(re.findall(r"`([a-z_]+)`", ledger))
    assert raised - known - {"usage"} == set()
