"""Deposits and the mints signed for them, on disk before they are sent. Knows SQL; sends nothing.

A deposit's salt is drawn once and stored, synced, before its commitment leaves this machine. Every
later attempt carries the same commitment, which the ledger takes once: so a reference never mints
twice, whatever crashed in between.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec

from partner.database import open_database, transaction
from partner.deposits import SALT_SIZE, Deposit, commitment_of
from primitives.transaction import Decoded
from shell.errors import CommandError

State = Literal["open", "minted", "refused"]


class Entry(msgspec.Struct, frozen=True):
    """A deposit as stored. ``amount`` in units; the rest of the outcome once it is proven."""

    number: int
    deposit: Deposit
    partner: str
    salt: bytes
    commitment: bytes
    created_ms: int
    state: State
    code: str | None
    amount: int | None
    minted_by: bytes | None
    height: int | None
    time_ms: int | None
    attested: int | None
    members: int | None


class Attempt(msgspec.Struct, frozen=True):
    """A signed mint whose end is not proven."""

    id: bytes
    number: int
    raw: bytes
    channel: int
    sequence: int


class Proven(msgspec.Struct, frozen=True):
    """What became of a deposit, by whose attestation; ``time_ms`` is the block's."""

    transaction: bytes
    amount: int
    height: int
    time_ms: int
    attested: int
    members: int


class Conflict(CommandError):
    """A reference is used for two different deposits."""

    def __init__(self, stored: Entry) -> None:
        d = stored.deposit
        super().__init__(
            "reference_conflict",
            f"{d.reference!r} is already {d.points} points of {d.programme} for another deposit",
            "A reference names one deposit for ever. Was it corrected? Then it needs a new one.",
            details={"reference": d.reference},
        )


class Outbox:
    """Deposits in a home's database. One process mints at a time (client.home.exclusive)."""

    def __init__(self, home: Path) -> None:
        self._db = open_database(home)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def enter(self, partner: str, deposits: Iterable[Deposit], now_ms: int) -> list[Entry]:
        """Store the deposits that are new, with fresh salts, in one synced commit; all or none.

        Returns each one's entry, in order. Raises ``Conflict`` for a reference that names another
        deposit.
        """
        with transaction(self._db):
            return [self._enter(partner, deposit, now_ms) for deposit in deposits]

    def find(self, reference: str) -> Entry | None:
        """The deposit of a reference."""
        row = self._db.execute(f"{_SELECT} WHERE reference = ?", (reference,)).fetchone()
        return None if row is None else _entry(row)

    def conflicts(self, deposit: Deposit) -> Entry | None:
        """The stored deposit that uses the reference for something else."""
        stored = self.find(deposit.reference)
        return stored if stored is not None and stored.deposit != deposit else None

    def get(self, number: int) -> Entry:
        """A deposit by its number."""
        return _entry(self._db.execute(f"{_SELECT} WHERE number = ?", (number,)).fetchone())

    def listed(self, state: State | None, limit: int) -> list[Entry]:
        """The newest deposits, newest first."""
        where = "" if state is None else " WHERE state = ?"
        given: tuple[object, ...] = (limit,) if state is None else (state, limit)
        rows = self._db.execute(f"{_SELECT}{where} ORDER BY number DESC LIMIT ?", given)
        return [_entry(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many deposits are in each state."""
        return dict(self._db.execute("SELECT state, count(*) FROM deposits GROUP BY state"))

    def open_attempts(self) -> list[Attempt]:
        """Signed mints without a proven end, by channel and sequence."""
        rows = self._db.execute(
            "SELECT id, deposit, raw, channel, sequence FROM attempts WHERE state = 'open' "
            "ORDER BY channel, sequence"
        )
        return [Attempt(*row) for row in rows]

    def raw_of(self, id_: bytes) -> bytes | None:
        """The bytes of a mint that was signed here."""
        row = self._db.execute("SELECT raw FROM attempts WHERE id = ?", (id_,)).fetchone()
        return None if row is None else bytes(row[0])

    def attempt(self, signed: Iterable[tuple[int, Decoded, bytes]]) -> list[Attempt]:
        """Store signed mints of deposits, in one synced commit, before they are sent."""
        attempts = [
            Attempt(t.id, number, raw, t.transaction.channel, t.transaction.sequence)
            for number, t, raw in signed
        ]
        with transaction(self._db):
            for a in attempts:
                self._db.execute(
                    "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, 'open', NULL, NULL)",
                    (a.id, a.number, a.raw, a.channel, a.sequence),
                )
                self._db.execute(
                    "UPDATE deposits SET state = 'open', code = NULL WHERE number = ?", (a.number,)
                )
        return attempts

    def minted(self, number: int, proven: Proven, proof: bytes) -> None:
        """A deposit's mint is proven. ``proof``: canonical bytes, kept for whoever asks later."""
        p = proven
        with transaction(self._db, synced=False):
            self._db.execute(
                "UPDATE deposits SET state = 'minted', code = NULL, amount = ?, minted_by = ?, "
                "height = ?, time_ms = ?, attested = ?, members = ? WHERE number = ?",
                (p.amount, p.transaction, p.height, p.time_ms, p.attested, p.members, number),
            )
            self._db.execute(
                "UPDATE attempts SET state = 'final', code = 'done', proof = ? WHERE id = ?",
                (proof, p.transaction),
            )
            self._db.execute(
                "UPDATE attempts SET state = 'dead', code = 'commitment_used' "
                "WHERE deposit = ? AND state IN ('open', 'replaced')",
                (number,),
            )

    def refused(self, attempt: Attempt, code: str, proof: bytes | None) -> None:
        """An attempt was refused: for good with a ``proof``, at the door by a node without one."""
        state = "replaced" if proof is None else "final"
        with transaction(self._db, synced=False):
            self._db.execute(
                "UPDATE attempts SET state = ?, code = ?, proof = ? WHERE id = ?",
                (state, code, proof, attempt.id),
            )
            self._db.execute(
                "UPDATE deposits SET state = 'refused', code = ? "
                "WHERE number = ? AND state = 'open'",
                (code, attempt.number),
            )

    def replaced(self, attempts: Iterable[Attempt], code: str) -> None:
        """Attempts whose slots are signed anew. They may yet act: each slot only once, and each
        commitment only once."""
        with transaction(self._db, synced=False):
            for attempt in attempts:
                self._db.execute(
                    "UPDATE attempts SET state = 'replaced', code = ? WHERE id = ?",
                    (code, attempt.id),
                )

    def _enter(self, partner: str, deposit: Deposit, now_ms: int) -> Entry:
        stored = self.find(deposit.reference)
        if stored is not None:
            if stored.deposit != deposit or stored.partner != partner:
                raise Conflict(stored)
            return stored
        salt = secrets.token_bytes(SALT_SIZE)
        commitment = commitment_of(salt, partner, deposit)
        cursor = self._db.execute(
            "INSERT INTO deposits (reference, partner, programme, points, account, salt, "
            "commitment, created_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')",
            (
                deposit.reference,
                partner,
                deposit.programme,
                deposit.points,
                deposit.to,
                salt,
                commitment,
                now_ms,
            ),
        )
        assert cursor.lastrowid is not None
        return self.get(cursor.lastrowid)


_SELECT: Final = (
    "SELECT number, reference, programme, points, account, partner, salt, commitment, created_ms, "
    "state, code, amount, minted_by, height, time_ms, attested, members FROM deposits"
)


def _entry(row: tuple[object, ...]) -> Entry:
    number, reference, programme, points, account, *rest = row
    deposit = Deposit(reference, programme, points, account)  # type: ignore[arg-type]
    return Entry(number, deposit, *rest)  # type: ignore[arg-type]
