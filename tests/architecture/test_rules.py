"""A rule carries its number through specification, code and test.

The specification defines a rule where its number starts a line in bold, **[TX-1]**. A citation is
the number in square brackets anywhere else: [TX-1], or several: [TX-1, TX-2]. A number cited must
be defined; a number defined must be cited by a test.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.source import BESIDE, ROOT, project_files, shipped

SPEC = ROOT / "docs" / "spec"
NUMBER = r"[A-Z]{2,8}-[1-9]\d*"
CITATION = re.compile(rf"\[({NUMBER}(?:,\s*{NUMBER})*)\]")
DEFINITION = re.compile(rf"^\s*(?:[-*|] +|#+ +)?\*\*\[({NUMBER})\]\*\*", re.MULTILINE)
FOREIGN = frozenset({"SHA", "UTF", "ISO", "RFC", "BIP", "SLIP", "ZIP", "RIPEMD"})
"""Prefixes of other people's numbers."""


def cited(text: str) -> set[str]:
    """Rule numbers that a text cites."""
    numbers = {number.strip() for group in CITATION.findall(text) for number in group.split(",")}
    return {number for number in numbers if number.partition("-")[0] not in FOREIGN}


def specification() -> str:
    """The whole specification as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SPEC.rglob("*.md")))


def texts_below(folders: Iterable[str], suffixes: set[str]) -> dict[Path, str]:
    """Contents of the project's files below some folders."""
    roots = {ROOT / folder for folder in folders}
    return {
        path: path.read_text(encoding="utf-8")
        for path in project_files()
        if path.suffix in suffixes and roots & set(path.parents)
    }


needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="docs/spec is not written yet")


@needs_spec
def test_every_rule_is_defined_once() -> None:
    defined = Counter(DEFINITION.findall(specification()))
    assert defined, "the specification numbers no rule"
    assert {rule for rule, times in defined.items() if times > 1} == set()
    assert cited(specification()) - set(defined) == set(), "cited by the specification itself"


@needs_spec
def test_every_rule_cited_exists() -> None:
    defined = set(DEFINITION.findall(specification()))
    folders = [*shipped(), *BESIDE, "tests", "docs"]
    unknown = {
        path.relative_to(ROOT).as_posix(): sorted(cited(text) - defined)
        for path, text in texts_below(folders, {".py", ".md", ".json"}).items()
        if path != Path(__file__)
    }
    assert {place: rules for place, rules in unknown.items() if rules} == {}


@needs_spec
def test_every_rule_is_cited_by_a_test() -> None:
    tests = texts_below(["tests"], {".py"})
    shown = {rule for path, text in tests.items() if path != Path(__file__) for rule in cited(text)}
    assert sorted(set(DEFINITION.findall(specification())) - shown) == []


def test_a_citation_is_told_from_other_brackets() -> None:
    assert cited("see [TX-1] and [SAFE-2, LIVE-13]; not [SHA-256], X[i-1], [tx-1]") == {
        "TX-1",
        "SAFE-2",
        "LIVE-13",
    }


def test_a_definition_is_bold_and_starts_its_line() -> None:
    text = "**[TX-1]** One.\n- **[TX-2]** Two.\n[TX-3] is cited,\nas is **[TX-4]**.\n| **[TX-5]** |"
    assert DEFINITION.findall(text) == ["TX-1", "TX-2", "TX-5"]
