"""The page that promises all this to customers names every test of it, and no test that is gone."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "explanation" / "what-nobody-can-take-from-you.md"
FOLDERS = ("tests/confiscation", "tests/attacks")


def promised() -> set[str]:
    """The tests that the page links to."""
    links = re.findall(r"\]\(\.\./\.\./(tests/[^)#]+\.py)\)", PAGE.read_text(encoding="utf-8"))
    return set(links)


def test_it_links_to_each_of_them() -> None:
    itself = "tests/confiscation/test_the_customers_page.py"
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).glob("test_*.py")
    }
    assert promised() == there - {itself}


def test_each_way_has_a_rule_beside_its_test() -> None:
    """A promise without a rule would be an opinion."""
    text = PAGE.read_text(encoding="utf-8")
    ways = text.partition("## Eight ways")[2].partition("\n## ")[0]
    paragraphs = [part for part in ways.split("\n\n") if part.startswith("**")]
    assert len(paragraphs) == 8
    for paragraph in paragraphs:
        assert "tests/confiscation/test_" in paragraph, paragraph
        assert re.search(r"\[[A-Z]+-\d+\]\(\.\./spec/", paragraph), paragraph
