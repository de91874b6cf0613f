"""Where exported rows go: SQLite, CSV or Parquet. Knows files; not what a row means.

Whatever the format, what stands under the name that was asked for is whole: rows are written beside
it and moved there at the end, or removed.
"""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, TextIO

from audit.tables import TABLES, Kind, Row, Table, Value
from client.fields import format_time
from shell.errors import CommandError, UsageError

FORMATS: Final = ("parquet", "csv", "sqlite")
_PARTIAL: Final = ".partial"
_SQLITE_TYPES: Final = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.FLAG: "INTEGER",
    Kind.MOMENT: "TEXT",
}
_PARQUET_TYPES: Final = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.FLAG: "BOOLEAN",
    Kind.MOMENT: "TIMESTAMP",
}


class Sink(Protocol):
    """Takes rows, and makes files of them."""

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Rows of one table, in order."""

    def finish(self) -> list[Path]:
        """Put everything in its place; the files. Nothing is added afterwards."""

    def discard(self) -> None:
        """Remove what was written, if it was not finished."""


def open_sink(kind: str, path: Path) -> Sink:
    """A sink of one of ``FORMATS``: SQLite makes a file, the others a folder of files.

    Raises ``UsageError`` (``file_exists``), ``CommandError`` (``duckdb_missing``).
    """
    if path.exists():
        raise UsageError("file_exists", f"{path} exists", "Name another place, or remove it.")
    if kind == "sqlite":
        return _SqliteSink(path)
    return _CsvSink(path) if kind == "csv" else _ParquetSink(path)


class _SqliteSink:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + _PARTIAL)
        self._partial.unlink(missing_ok=True)
        self._database = sqlite3.connect(self._partial, isolation_level=None)
        # Nobody reads it before it is whole, so nothing has to survive a crash on the way.
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("BEGIN")
        for table in TABLES:
            columns = ", ".join(f'"{name}" {_SQLITE_TYPES[kind]}' for name, kind in table.columns)
            self._database.execute(f"CREATE TABLE {table.name} ({columns}) STRICT")

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(table.columns))
        told = [_told(table, row) for row in rows]
        self._database.executemany(f"INSERT INTO {table.name} VALUES ({marks})", told)  # noqa: S608  our own names

    def finish(self) -> list[Path]:
        for statement in (
            "CREATE UNIQUE INDEX blocks_height ON blocks (height)",
            "CREATE INDEX transactions_id ON transactions (id)",
            "CREATE INDEX movements_source ON movements (source)",
            "CREATE INDEX movements_destination ON movements (destination)",
            "COMMIT",
        ):
            self._database.execute(statement)
        self._database.close()
        self._partial.replace(self._path)
        return [self._path]

    def discard(self) -> None:
        self._database.close()
        self._partial.unlink(missing_ok=True)


class _CsvSink:
    """A folder with a file of each table, the names of the columns on its first line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + _PARTIAL)
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        self._files: dict[str, TextIO] = {}
        for table in TABLES:
            file = (self._partial / f"{table.name}.csv").open("w", newline="", encoding="utf-8")
            csv.writer(file, lineterminator="\n").writerow([name for name, _ in table.columns])
            self._files[table.name] = file

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        writer = csv.writer(self._files[table.name], lineterminator="\n")
        writer.writerows(_told(table, row) for row in rows)

    def finish(self) -> list[Path]:
        self._close()
        os.replace(self._partial, self._path)
        return [self._path / f"{table.name}.csv" for table in TABLES]

    def discard(self) -> None:
        self._close()
        shutil.rmtree(self._partial, ignore_errors=True)

    def _close(self) -> None:
        for file in self._files.values():
            file.close()


class _ParquetSink:
    """A folder with a Parquet file of each table, made by DuckDB from CSV in bounded memory."""

    def __init__(self, path: Path) -> None:
        try:
            import duckdb
        except ImportError:
            raise CommandError(
                "duckdb_missing",
                "Parquet files are made by duckdb, which is not installed",
                "Install it (pip install duckdb), or take --format csv or sqlite.",
            ) from None
        self._duckdb = duckdb
        self._path = path
        self._partial = path.with_name(path.name + _PARTIAL)
        shutil.rmtree(self._partial, ignore_errors=True)
        self._rows = _CsvSink(self._partial / "rows")

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        self._rows.add(table, rows)

    def finish(self) -> list[Path]:
        self._rows.finish()
        rows = self._partial / "rows"
        with self._duckdb.connect() as database:
            database.execute("SET memory_limit = '512MB'")
            database.execute(f"SET temp_directory = '{_quoted(self._partial / 'spill')}'")
            for table in TABLES:
                database.execute(_copy(table, rows, self._partial))
        shutil.rmtree(rows)
        shutil.rmtree(self._partial / "spill", ignore_errors=True)
        os.replace(self._partial, self._path)
        return [self._path / f"{table.name}.parquet" for table in TABLES]

    def discard(self) -> None:
        self._rows.discard()
        shutil.rmtree(self._partial, ignore_errors=True)


def _copy(table: Table, rows: Path, to: Path) -> str:
    columns = ", ".join(f"'{name}': '{_PARQUET_TYPES[kind]}'" for name, kind in table.columns)
    source = f"'{_quoted(rows)}/{table.name}.csv'"
    read = f"read_csv({source}, header = true, nullstr = '', columns = {{{columns}}})"
    target = f"'{_quoted(to)}/{table.name}.parquet'"
    return f"COPY (SELECT * FROM {read}) TO {target} (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608  our own names


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _told(table: Table, row: Row) -> list[Value]:
    """Moments as RFC 3339, flags as 0 and 1, which every format reads."""
    return [_spelled(kind, value) for (_, kind), value in zip(table.columns, row, strict=True)]


def _spelled(kind: Kind, value: Value) -> Value:
    if value is None:
        return None
    if kind is Kind.MOMENT:
        assert isinstance(value, int)
        return format_time(value)
    return int(value) if kind is Kind.FLAG else value
