"""What a command prints. Knows text, tables and JSON; not what they mean.

Standard output carries the answer alone: lines and tables for people, or exactly one JSON document
for programs. Progress and diagnostics go to standard error. What came from a network or a file is
printed without control characters, so that a name cannot drive the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO

import click
import msgspec

TEXT: Final = "text"
JSON: Final = "json"
_WIDE: Final = 1000
"""Columns assumed where there is no terminal: nothing is wrapped or cut for a pipe."""


def plain(text: str) -> str:
    """``text`` with control, bidirectional and unassigned characters shown as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(document: Any) -> str:
    """The JSON of a msgspec struct or plain value, indented, with a final line break."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


class Printer:
    """Prints one command's answer in the form that was asked for."""

    def __init__(self, form: str = TEXT) -> None:
        self.form = form

    @property
    def is_json(self) -> bool:
        """Whether the answer is one JSON document; text then goes nowhere."""
        return self.form == JSON

    def document(self, document: Any) -> None:
        """The answer as JSON; nothing when text was asked for."""
        if self.is_json:
            click.echo(json_text(document), nl=False)

    def line(self, text: str = "") -> None:
        """A line of the answer as text; nothing when JSON was asked for."""
        if not self.is_json:
            click.echo(plain(text))

    def fields(self, rows: Iterable[tuple[str, str]]) -> None:
        """Named values, one a line, aligned."""
        rows = list(rows)
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            self.line(f"{name:<{width}}  {value}")

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table of the answer as text. A head that ends in ``>`` is of a column of numbers."""
        if not self.is_json:
            _print_table(heads, rows, sys.stdout)

    def note(self, text: str) -> None:
        """A diagnostic for people, on standard error."""
        click.echo(plain(text), err=True)

    def progress(self, text: str) -> None:
        """A passing remark on standard error; only where someone watches a terminal."""
        if sys.stderr.isatty():
            click.echo(plain(text), err=True)


def _print_table(heads: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = stream.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold" if terminal else "")
    for head in heads:
        justify: Any = "right" if head.endswith(">") else "left"
        table.add_column(head.removesuffix(">"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    if terminal:
        Console(file=stream, highlight=False, markup=False).print(table)
        return
    console = Console(file=stream, width=_WIDE, color_system=None, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip(), file=stream)
