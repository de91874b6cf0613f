"""docs/reference/codes.md lists every stable code of the ledger and of the forms, and no other."""

import ast
import re

import pytest

from primitives.receipt import Outcome, Skip
from tests.architecture.source import ROOT, parse, shipped, sources

PAGE = (ROOT / "docs" / "reference" / "codes.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
NUMBERED = re.compile(r"^\| (\d+) \| `([a-z_0-9]+)` \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"^\| `([a-z_0-9]+)` \| (.+) \|$", re.MULTILINE)


def section(title: str) -> str:
    """The text under one heading."""
    parts = SECTION.split(PAGE)
    return parts[parts.index(title) + 1]


def form_codes() -> set[str]:
    """Codes with which ``primitives`` refuses bytes or text."""
    return {
        first.value
        for source in sources("primitives")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Malformed" and node.args
        if isinstance(first := node.args[0], ast.Constant)
    }


def strings() -> set[str]:
    """Every string that the shipped code holds."""
    return {
        node.value
        for source in sources(*shipped())
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize(("title", "codes"), [("Refusals", Outcome), ("Skips", Skip)])
def test_every_code_of_the_ledger_is_listed_with_its_number(
    title: str, codes: type[Outcome] | type[Skip]
) -> None:
    listed = [(int(number), code) for number, code, _, _ in NUMBERED.findall(section(title))]
    assert listed == sorted((int(code), code.text) for code in codes)


def test_every_form_error_is_listed_and_none_that_nobody_raises() -> None:
    listed = [code for code, _ in NAMED.findall(section("Form errors"))]
    assert len(listed) == len(set(listed))
    assert form_codes() - set(listed) == set()
    assert set(listed) - strings() == set()


def test_codes_found_in_the_code_are_codes() -> None:
    assert {"malformed", "wrong_chain", "due_too_late"} <= form_codes()
    assert all(re.fullmatch(r"[a-z][a-z_]{2,30}", code) for code in form_codes())
    assert parse(ROOT / "primitives" / "encoding.py") in list(sources("primitives"))
