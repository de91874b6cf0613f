"""The outbox as a file: opened, brought to its version, synced. Knows tables; not what a row means.

deposits   reference (unique), what it was, salt, commitment, and its state     partner.outbox
attempts   signed mints: id, bytes, slot, and what was proven of them           partner.outbox
invoices   what the cashier signed, with the reference that stays here          partner.till
refunds    what is given back, each under an id drawn before it is sent         partner.till
payments   references of payments between partners, with their salts            partner.payments
sent       other signed transactions, one at a time for each account            partner.sent
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shell.errors import CommandError

FILE: Final = "outbox.sqlite"
BUSY_S: Final = 10
"""How long a till waits for another command's commit; each takes milliseconds."""

_DEPOSITS: Final = """
CREATE TABLE deposits (
    number INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    partner TEXT NOT NULL,
    programme TEXT NOT NULL,
    points INTEGER NOT NULL CHECK (points > 0),
    account BLOB NOT NULL CHECK (length(account) = 32),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'minted', 'refused')),
    code TEXT,
    amount INTEGER,
    minted_by BLOB,
    height INTEGER,
    time_ms INTEGER,
    attested INTEGER,
    members INTEGER
) STRICT;
CREATE INDEX deposits_state ON deposits (state, number);
CREATE TABLE attempts (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    deposit INTEGER NOT NULL REFERENCES deposits (number),
    raw BLOB NOT NULL,
    channel INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'replaced', 'dead', 'final')),
    code TEXT,
    proof BLOB
) STRICT;
CREATE INDEX attempts_deposit ON attempts (deposit);
CREATE INDEX attempts_open ON attempts (channel, sequence) WHERE state = 'open';
"""

_TILL: Final = """
CREATE TABLE invoices (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    partner TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    expires_ms INTEGER NOT NULL,
    payer BLOB CHECK (payer IS NULL OR length(payer) = 32),
    cashier BLOB NOT NULL,
    reference TEXT UNIQUE,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE refunds (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    partner TEXT NOT NULL,
    invoice BLOB NOT NULL CHECK (length(invoice) = 32),
    amount INTEGER NOT NULL CHECK (amount > 0),
    reference TEXT UNIQUE,
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    code TEXT,
    done_by BLOB,
    height INTEGER,
    time_ms INTEGER,
    attested INTEGER,
    members INTEGER
) STRICT;
CREATE INDEX refunds_invoice ON refunds (invoice);
CREATE TABLE payments (
    cycle INTEGER NOT NULL,
    place INTEGER NOT NULL,
    reference TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (cycle, place, reference)
) STRICT;
CREATE TABLE sent (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    account BLOB NOT NULL CHECK (length(account) = 32),
    raw BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'replaced', 'dead', 'final')),
    code TEXT
) STRICT;
CREATE INDEX sent_open ON sent (account, number) WHERE state = 'open';
"""

_STEPS: Final = (_DEPOSITS, _TILL)
"""What brings a file from version n to n + 1; an older outbox is never thrown away."""


def open_database(home: Path) -> sqlite3.Connection:
    """The outbox of a home, made if there is none.

    Raises ``CommandError``: ``outbox_broken``, ``outbox_version``.
    """
    path = home / FILE
    if not path.exists():
        path.touch(mode=0o600)
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA foreign_keys = ON")
        _prepare(db)
    except sqlite3.DatabaseError as error:
        raise CommandError("outbox_broken", f"{path}: {error}", "Restore its backup.") from None
    os.chmod(path, 0o600)
    return db


@contextmanager
def transaction(db: sqlite3.Connection, *, synced: bool = True) -> Iterator[None]:
    """All or nothing; on disk before it returns, unless it can be learnt from the ledger."""
    db.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    [version] = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def _prepare(db: sqlite3.Connection) -> None:
    """Take the steps that the file has not taken; another process may be taking them as well."""
    if _version(db) == len(_STEPS):
        return
    with transaction(db):
        version = _version(db)
        if version > len(_STEPS):
            raise CommandError("outbox_version", f"an outbox of version {version}")
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                if statement.strip():
                    db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(_STEPS)}")
