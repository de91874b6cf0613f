"""Why a mutant may live: sentences that people wrote and reviewed, in ``explained.toml``.

A sentence belongs to a function and to what its line says before and after, not to a line number;
it speaks for every survivor that reads so. One that speaks for none is stale, and an error.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple, TypeAlias

FILE = Path(__file__).with_name("explained.toml")
FIELDS = {"module", "function", "before", "after", "why"}

Key: TypeAlias = tuple[str, str, str, str]
"""Module, function, the line before, the line after."""


class Explanation(NamedTuple):
    """Survivors of one line, and why none of them is a missing test."""

    module: str
    function: str
    before: str
    after: tuple[str, ...]
    why: str

    def speaks_for(self) -> list[Key]:
        """The mutants that it speaks for."""
        return [(self.module, self.function, self.before, after) for after in self.after]


def read(path: Path = FILE) -> list[Explanation]:
    """All of them; an ``ValueError`` if one lacks a field or has one too many."""
    return [_parsed(row) for row in tomllib.loads(path.read_text()).get("explained", [])]


def _parsed(row: dict[str, object]) -> Explanation:
    if row.keys() != FIELDS:
        raise ValueError(f"fields {sorted(row)} instead of {sorted(FIELDS)}")
    after = row["after"]
    told = [after] if isinstance(after, str) else after
    assert isinstance(told, list)
    text = {name: str(row[name]) for name in ("module", "function", "before", "why")}
    return Explanation(**text, after=tuple(map(str, told)))


def reasons(explanations: list[Explanation]) -> dict[Key, str]:
    """The sentence for each mutant; a ``ValueError`` if two speak for one."""
    found: dict[Key, str] = {}
    for explanation in explanations:
        for key in explanation.speaks_for():
            if key in found:
                raise ValueError(f"explained twice: {key}")
            found[key] = explanation.why
    return found
