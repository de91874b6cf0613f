"""What is known of each mutant, in a file that a run adds to, and the table made of it.

Results of another commit are of no use to this one: the file then starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.rules.catching import Caught
from tests.rules.mutant import Mutant, text_of
from tests.simulation.results import commit

HEAD = """# Broken rules, and what caught them

Each numbered rule of [consensus](../spec/consensus.md), [lanes and blocks](../spec/blocks.md) and
[certificates](../spec/certificates.md) is dropped or weakened in the real code, one at a time, and
something has to notice: a seed of the simulator, where whole networks show it, else a test, below
`tests`, that fails. A seed is the first that noticed. The last rows are bugs that other
implementations had, put into this one. Made by `make mutants` from [rules.json](rules.json) at
commit `{commit}`.

| rule | what is broken | how | caught by | which says |
|---|---|---|---|---|
"""


class Results:
    """All mutants that were judged, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._commit = commit()
        self._known: dict[str, dict[str, Any]] = {}
        if path.is_file():
            document = json.loads(path.read_text())
            if document["commit"] == self._commit:
                self._known = {_key(each): each for each in document["mutants"]}

    def known(self, mutant: Mutant) -> Caught | None:
        """What caught it on this commit, if that was found out."""
        found = self._known.get(_key(described(mutant)))
        return Caught(found["by"], found["says"]) if found else None

    def add(self, mutant: Mutant, caught: Caught) -> None:
        """Remember what caught a mutant."""
        found = {**described(mutant), **caught._asdict()}
        self._known[_key(found)] = found

    def save(self, mutants: Iterable[Mutant]) -> None:
        """Replace the file whole, in the order of ``mutants``, and the table beside it."""
        found = [self._known.get(_key(described(mutant))) for mutant in mutants]
        document = {"commit": self._commit, "mutants": [each for each in found if each]}
        _replace(self._path, json.dumps(document, indent=1) + "\n")
        _replace(self._path.with_suffix(".md"), table(document))


def described(mutant: Mutant) -> dict[str, str]:
    """What is broken, as the file says it."""
    return {"rule": mutant.rule, "what": mutant.what, "how": text_of(mutant.apply)}


def table(document: dict[str, Any]) -> str:
    """The page for people."""
    return HEAD.format(commit=document["commit"]) + "".join(map(_row, document["mutants"]))


def _row(found: dict[str, str]) -> str:
    by = ", ".join(each.removeprefix("tests/") for each in found["by"].split(", "))
    if "::" in by:
        by = f"`{by}`"
    cells = (found["rule"], found["what"], found["how"], by, f"`{found['says'].replace('`', '')}`")
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |\n"


def _key(described: dict[str, Any]) -> str:
    return json.dumps([described[field] for field in ("rule", "what", "how")])


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
