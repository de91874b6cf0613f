"""What a payment between partners is called, sealed. Knows references and salts; not the ledger.

On chain the reference of a bank transfer is a salted digest: SHA-256 under the domain "commitment"
of 32 random bytes followed by the canonical ["payment", cycle, place, reference]. Debtor and
creditor exchange reference and salt outside; whoever has both can check the digest.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Final

import msgspec

from partner.database import transaction
from primitives.encoding import encode
from primitives.hashing import COMMITMENT

SALT_SIZE: Final = 32


class Payment(msgspec.Struct, frozen=True):
    """The payment of the obligation at ``place`` of a cycle, as the bank knows it."""

    cycle: int
    place: int
    reference: str
    salt: bytes

    @property
    def digest(self) -> bytes:
        """32 bytes that stand on chain for it."""
        fields = ["payment", self.cycle, self.place, self.reference]
        return COMMITMENT.digest(self.salt, encode(fields))


class Payments:
    """The references in a home's database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def enter(self, cycle: int, place: int, reference: str, now_ms: int) -> Payment:
        """The payment of that name, with a salt that is drawn once and stored, synced."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO payments VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (cycle, place, reference, secrets.token_bytes(SALT_SIZE), now_ms),
            )
        return next(p for p in self.of(cycle, place) if p.reference == reference)

    def of(self, cycle: int, place: int) -> list[Payment]:
        """Every reference that was ever given for an obligation, in order of time."""
        rows = self._db.execute(
            "SELECT cycle, place, reference, salt FROM payments WHERE cycle = ? AND place = ? "
            "ORDER BY created_ms, reference",
            (cycle, place),
        )
        return [Payment(*row) for row in rows]

    def behind(self, cycle: int, place: int, digest: bytes) -> Payment | None:
        """The payment that a digest on chain stands for, if it was made here."""
        return next((p for p in self.of(cycle, place) if p.digest == digest), None)
