"""The reference of liqbon-audit says every option, every member and every code."""

from __future__ import annotations

import inspect
import re

import click
import msgspec

import audit.documents
from audit.cli import cli
from audit.violations import CODES, Blame, Finding
from tests.architecture.source import ROOT, sources

PAGES = ROOT / "docs" / "reference" / "cli"
PAGE = "\n".join(path.read_text() for path in sorted(PAGES.glob("audit*.md")))
COMMON = (PAGES / "README.md").read_text()


def explained(text: str) -> set[str]:
    """Names in code style in the first cells of tables."""
    firsts = re.findall(r"^\| ([^|]*)\|", text.replace("\\|", "/"), re.MULTILINE)
    return {name for cell in firsts for name in re.findall(r"`([^`]+)`", cell)}


def documents() -> list[type[msgspec.Struct]]:
    found = [kind for _, kind in inspect.getmembers(audit.documents, inspect.isclass)]
    mine = [k for k in found if issubclass(k, msgspec.Struct)]
    return [k for k in mine if k.__module__ == audit.documents.__name__] + [Finding]


def test_every_member_of_every_document_is_explained() -> None:
    missing = {
        f"{kind.__name__}.{field}"
        for kind in documents()
        for field in kind.__struct_fields__
        if field not in explained(PAGE)
    }
    assert missing == set()


def test_every_code_is_listed_with_whose_doing_it_is() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (withheld|forged|broken) \| ", PAGE, re.MULTILINE)
    assert dict(rows) == {code: meaning.blame.value for code, meaning in CODES.items()}
    assert {blame.value for blame in Blame} <= explained(PAGE)


def test_every_code_is_found_by_some_check_and_by_some_test() -> None:
    checks = [source.text for source in sources("audit") if source.path.name != "violations.py"]
    tests = [
        path.read_text()
        for path in (ROOT / "tests" / "unit" / "audit").rglob("test_*.py")
        if path.name != "test_reference.py"
    ]
    for texts in (checks, tests):
        unused = {code for code in CODES if not any(f'"{code}"' in text for text in texts)}
        assert unused == set()


def test_every_subcommand_and_option_is_explained() -> None:
    subcommands = cli.list_commands(click.Context(cli))
    assert [name for name in subcommands if f"\n## {name}\n" not in PAGE] == []
    for subcommand in subcommands:
        command = cli.get_command(click.Context(cli), subcommand)
        assert command is not None
        assert "Examples:" in (command.epilog or "")
        options = [p.opts[0] for p in command.params if isinstance(p, click.Option)]
        missing = [option for option in options if option not in PAGE + COMMON]
        assert missing == []
