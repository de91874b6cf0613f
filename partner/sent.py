"""Signed transactions whose end is not proven yet, on disk before they are sent. Sends nothing.

Running the same command again finds them and sends the same bytes, which can act only once. Mints
have a table of their own (partner.outbox): many are on their way at once.
"""

from __future__ import annotations

import sqlite3

from partner.database import transaction
from primitives.encoding import Malformed, encode
from primitives.transaction import Decoded, decode_signed
from shell.errors import CommandError


class Sent:
    """The signed transactions in a home's database. Whoever sends for an account holds its lock."""

    def __init__(self, db: sqlite3.Connection, chain: bytes) -> None:
        self._db = db
        self._chain = chain

    def open(self, account: bytes) -> list[Decoded]:
        """An account's transactions without a proven end, in the order in which they were signed.

        Raises ``CommandError`` (``outbox_broken``).
        """
        rows = self._db.execute(
            "SELECT raw FROM sent WHERE account = ? AND state = 'open' ORDER BY number", (account,)
        )
        try:
            return [decode_signed(bytes(raw), self._chain) for (raw,) in rows]
        except Malformed as error:
            raise CommandError("outbox_broken", str(error), "Restore its backup.") from None

    def add(self, signed: Decoded, now_ms: int) -> None:
        """Store a signed transaction; returns once it is on disk."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO sent (id, account, raw, created_ms, state) "
                "VALUES (?, ?, ?, ?, 'open')",
                (signed.id, signed.transaction.sender, encode(signed.signed), now_ms),
            )

    def final(self, id_: bytes, code: str) -> None:
        """Its receipt is proven; ``code`` is the outcome's."""
        self._end(id_, "final", code)

    def dead(self, id_: bytes, code: str) -> None:
        """It is proven that it will never be executed."""
        self._end(id_, "dead", code)

    def replaced(self, id_: bytes, code: str) -> None:
        """Every node refuses it, and the next transaction takes its slot: one of them can act."""
        self._end(id_, "replaced", code)

    def _end(self, id_: bytes, state: str, code: str) -> None:
        with transaction(self._db, synced=False):
            self._db.execute("UPDATE sent SET state = ?, code = ? WHERE id = ?", (state, code, id_))
