"""The project's files as the architecture tests see them.

Reads pyproject.toml for what ships, and parses sources; imports nothing of the product, so that a
package that cannot be imported is still judged.
"""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

PURE = ("primitives", "consensus", "contracts")
BESIDE = ("demo", "benchmarks", "scripts")
"""Code that is held to the same sizes though it does not ship."""


@cache
def pyproject() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def shipped() -> tuple[str, ...]:
    """Import names that ship and stand, lowest layer first."""
    named: list[str] = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return tuple(name for name in named if (ROOT / name / "__init__.py").is_file())


@dataclass(frozen=True)
class Source:
    """One Python file: its place below the root, its text, its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path as people cite it: posix, relative to the root."""
        return self.path.relative_to(ROOT).as_posix()


@cache
def parse(path: Path) -> Source:
    """Read and parse one file."""
    text = path.read_text(encoding="utf-8")
    return Source(path, text, ast.parse(text, filename=str(path)))


def sources(*folders: str) -> Iterator[Source]:
    """Every Python file below the named folders that stand, in a stable order."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield parse(path)


@cache
def project_files() -> tuple[Path, ...]:
    """Every file git knows of or would take, existing ones only."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())
