"""A CSV file of deposits, read whole or not at all. Knows columns and lines; no node, no outbox.

UTF-8 (a byte order mark is allowed), commas, RFC 4180 quotes, one line of column names: reference,
points, address, programme, in any order and nothing else. Another column is refused, as it is the
way by which a phone number would get here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from partner.deposits import Deposit, parse_deposit
from primitives.encoding import Malformed
from shell.errors import UsageError

COLUMNS: Final = ("reference", "points", "address", "programme")
MAX_FILE: Final = 64 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_CELL: Final = 1_024
MAX_TOLD: Final = 20
"""Bad rows that a message names; the count says how many there are."""


class Row(msgspec.Struct, frozen=True):
    """A deposit and the line of the file where it starts."""

    line: int
    deposit: Deposit


class BadRow(msgspec.Struct, frozen=True):
    """Why a line is refused."""

    line: int
    code: str
    detail: str


class BadRows(UsageError):
    """Nothing was done: these rows are not deposits."""

    def __init__(self, rows: list[BadRow]) -> None:
        told = "\n".join(f"line {r.line}: {r.code}: {r.detail}" for r in rows[:MAX_TOLD])
        more = f"\nand {len(rows) - MAX_TOLD} more" if len(rows) > MAX_TOLD else ""
        super().__init__(
            "rows_refused",
            f"{len(rows)} bad row{'' if len(rows) == 1 else 's'}; nothing was done\n{told}{more}",
            "Correct them and run it again.",
            details={"rows": len(rows), "first_line": rows[0].line, "first_code": rows[0].code},
        )
        self.rows = rows


def read_rows(path: Path, network_hrp: str) -> list[Row]:
    """Every deposit of the file, in its order.

    Raises ``BadRows``, which names all of them; ``UsageError`` for the file as such:
    ``file_missing``, ``oversized``, ``encoding_unknown``, ``columns_wrong``, ``file_empty``.
    """
    text = _text_of(path)
    rows: list[Row] = []
    bad: list[BadRow] = []
    first_line: dict[str, int] = {}
    for line, cells in _records(text, bad):
        try:
            deposit = parse_deposit(cells, network_hrp)
        except Malformed as error:
            bad.append(BadRow(line, error.code, error.detail))
            continue
        first = first_line.setdefault(deposit.reference, line)
        if first != line:
            bad.append(BadRow(line, "reference_repeated", f"as on line {first}"))
            continue
        rows.append(Row(line, deposit))
    if bad:
        raise BadRows(sorted(bad, key=lambda row: row.line))
    if not rows:
        raise UsageError("file_empty", f"{path}: no deposits")
    return rows


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError("file_missing", f"{path}: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise UsageError("oversized", f"{path}: over {MAX_FILE} bytes", "Split it.")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            "encoding_unknown",
            f"{path}: line {line} is not UTF-8",
            "Export it as UTF-8.",
            details={"line": line},
        ) from None


def _records(text: str, bad: list[BadRow]) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines as columns; what has another shape goes to ``bad``."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    line, count = 1, 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bad.append(BadRow(line, "row_malformed", str(error)))
            return  # after a broken quote nobody knows where the next row starts
        if not cells:
            continue
        if names is None:
            names = _checked_names(cells)
            continue
        count += 1
        if count > MAX_ROWS:
            raise UsageError("oversized", f"over {MAX_ROWS} rows", "Split the file.")
        if len(cells) != len(names):
            bad.append(BadRow(line, "row_malformed", f"{len(cells)} cells, not {len(names)}"))
        elif any(len(cell) > MAX_CELL for cell in cells):
            bad.append(BadRow(line, "oversized", f"a cell of over {MAX_CELL} characters"))
        else:
            yield line, dict(zip(names, cells, strict=True))


def _checked_names(cells: list[str]) -> list[str]:
    if sorted(cells) != sorted(COLUMNS):
        raise UsageError(
            "columns_wrong",
            f"the first line names the columns {', '.join(COLUMNS)}, and no others",
            "Separate them by commas. Leave out what is not listed: it must not come here.",
        )
    return cells
