"""Where things stand in a source, and what it says after an edit. Knows places; no meaning."""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeAlias

Placed: TypeAlias = ast.expr | ast.stmt | ast.keyword


class Edit(NamedTuple):
    """What stands from ``start`` to ``end``, in bytes of the source, becomes ``text``."""

    start: int
    end: int
    text: str


class Text:
    """A source, asked by nodes of its tree."""

    def __init__(self, source: str) -> None:
        self._bytes = source.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: Placed) -> int:
        """Its first byte."""
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: Placed) -> int:
        """The byte after its last."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: Placed) -> str:
        """What it says."""
        return self.between(self.start(node), self.end(node))

    def between(self, start: int, end: int) -> str:
        """What stands there."""
        return self._bytes[start:end].decode()

    def instead(self, node: Placed, text: str) -> Edit:
        """``text`` in the place of a node."""
        return Edit(self.start(node), self.end(node), text)

    def after(self, edit: Edit) -> str:
        """The source once it is edited."""
        return (self._bytes[: edit.start] + edit.text.encode() + self._bytes[edit.end :]).decode()

    def line(self, place: int) -> int:
        """The number of the line that a byte stands on."""
        return sum(start <= place for start in self._lines)

    def told(self, edit: Edit) -> tuple[str, str]:
        """The lines that an edit touches, before and after it, each told as one line."""
        first = self._lines[self.line(edit.start) - 1]
        last = self._lines[self.line(max(edit.start, edit.end - 1))]
        head, tail = self.between(first, edit.start), self.between(edit.end, last)
        before = self.between(first, last)
        return _one_line(before), _one_line(head + edit.text + tail)


def _one_line(text: str) -> str:
    return " ".join(text.split())
