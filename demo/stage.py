"""What is shown, and how it is laid out. Knows lines, columns and time; nothing of what happened.

Quiet: a step has a title, a few sentences, what was proven, and how long it took. Colour only on a
terminal that wants it; everything else is the same text wherever it goes.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TextIO

WIDTH: Final = 96
INDENT: Final = "   "
BOLD: Final = "1"
DIM: Final = "2"
GREEN: Final = "32"


class Stage:
    """Prints the story. ``out`` is a text stream; ``coloured`` only if it is a terminal."""

    def __init__(self, out: TextIO | None = None, coloured: bool | None = None) -> None:
        self._out = sys.stdout if out is None else out
        terminal = self._out.isatty() and "NO_COLOR" not in os.environ
        self._coloured = terminal if coloured is None else coloured
        self._number = 0

    def line(self, text: str = "") -> None:
        """One line as it is."""
        self._out.write(f"{text}\n" if text else "\n")
        self._out.flush()

    @contextmanager
    def scene(self, title: str) -> Iterator[None]:
        """A numbered step; says how long it took when it ends well."""
        self._number += 1
        started = time.monotonic()
        self.line()
        self.line(self._paint(BOLD, f"{self._number}. {title}"))
        yield
        self.line(self._paint(DIM, f"{INDENT}[{time.monotonic() - started:.1f} s]"))

    def say(self, text: str) -> None:
        """A sentence or a few, wrapped."""
        for line in _wrapped(text, WIDTH - len(INDENT)):
            self.line(INDENT + line)

    def proven(self, text: str) -> None:
        """Something that was checked, and by what."""
        mark = self._paint(GREEN, "proven  ")
        first, *rest = _wrapped(text, WIDTH - len(INDENT) - 8)
        self.line(f"{INDENT}{mark}{first}")
        for line in rest:
            self.line(f"{INDENT}{' ' * 8}{line}")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns, two spaces apart. A head that ends in ``>`` is of a column of numbers."""
        right = [head.endswith(">") for head in heads]
        cells = [[head.removesuffix(">") for head in heads], *rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
        for number, row in enumerate(cells):
            places = zip(row, widths, right, strict=True)
            texts = [
                t.rjust(width) if to_right else t.ljust(width) for t, width, to_right in places
            ]
            text = (INDENT + "  ".join(texts)).rstrip()
            self.line(self._paint(DIM, text) if number == 0 else text)

    def command(self, text: str) -> None:
        """Something that a person may type."""
        self.line(f"{INDENT}{self._paint(DIM, '$')} {text}")

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._coloured else text


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of words; a path or a name with hyphens stays whole."""
    return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)
