"""Invoices and refunds on disk before they are shown or sent. Knows SQL; asks no node.

An invoice's id is random and used once: what the cashier signed is stored, synced, before anybody
sees it, with the reference that stays here. A refund's id is drawn before it is sent, and every
attempt carries the same one, which the ledger takes once: a reference never refunds twice.
"""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

import msgspec

from partner.database import transaction
from primitives.actions import Invoice
from primitives.encoding import decode, encode
from primitives.endorsement import Endorsement
from shell.errors import CommandError

RefundState = Literal["open", "done", "refused"]
_MAX_ENDORSEMENT: Final = 4096


class Issued(msgspec.Struct, frozen=True):
    """An invoice as its cashier signed it. ``reference`` is the partner's own name for it."""

    invoice: Invoice
    cashier: Endorsement
    reference: str | None
    created_ms: int


class Returned(msgspec.Struct, frozen=True):
    """A refund of ``amount`` units on an invoice. The rest of the outcome once it is proven."""

    id: bytes
    partner: str
    invoice: bytes
    amount: int
    reference: str | None
    created_ms: int
    state: RefundState
    code: str | None = None
    done_by: bytes | None = None
    height: int | None = None
    time_ms: int | None = None
    attested: int | None = None
    members: int | None = None


class Given(msgspec.Struct, frozen=True):
    """By which transaction a refund was done, as attested; ``time_ms`` is the block's."""

    transaction: bytes
    height: int
    time_ms: int
    attested: int
    members: int


class Till:
    """Invoices and refunds in a home's database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def issue(self, issued: Issued) -> Issued:
        """Store an invoice, synced; or give the one that its reference names already.

        Raises ``CommandError`` (``reference_conflict``): the reference names another invoice.
        """
        invoice = issued.invoice
        with transaction(self._db):
            stored = self._named(issued.reference)
            if stored is not None:
                _check_same(stored, invoice)
                return stored
            self._db.execute(
                "INSERT INTO invoices (id, partner, amount, expires_ms, payer, cashier, "
                "reference, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    invoice.id,
                    invoice.partner,
                    invoice.amount,
                    invoice.expires,
                    invoice.payer,
                    encode(issued.cashier),
                    issued.reference,
                    issued.created_ms,
                ),
            )
        return issued

    def invoice(self, id_: bytes) -> Issued | None:
        """An invoice by its id."""
        row = self._db.execute(f"{_INVOICES} WHERE id = ?", (id_,)).fetchone()
        return None if row is None else _issued(row)

    def invoice_named(self, reference: str) -> Issued | None:
        """An invoice by its reference."""
        return self._named(reference)

    def invoices(self, limit: int) -> list[Issued]:
        """The newest invoices, newest first."""
        rows = self._db.execute(f"{_INVOICES} ORDER BY number DESC LIMIT ?", (limit,))
        return [_issued(row) for row in rows]

    def known_refund(self, new: Returned) -> Returned | None:
        """The stored refund that is meant by ``new``.

        That is the one of its reference, or without one the refund of that invoice and amount which
        is not proven yet. Raises ``CommandError`` (``reference_conflict``): the reference names
        another refund.
        """
        if new.reference is None:
            where = "partner = ? AND invoice = ? AND amount = ? AND reference IS NULL"
            return self._one_refund(f"{where} AND state = 'open'", _what(new))
        stored = self._one_refund("reference = ?", (new.reference,))
        if stored is not None and _what(stored) != _what(new):
            raise _conflict(new.reference, "another refund")
        return stored

    def refund(self, refund: Returned) -> None:
        """Store a refund, synced, before it is sent; nothing if it is stored already.

        Raises ``CommandError`` (``busy``): another run stored one under its reference meanwhile.
        """
        with transaction(self._db):
            stored = self.known_refund(refund)
            if stored is not None and stored.id != refund.id:
                raise CommandError("busy", "another run gives this back", "Run it again.")
            self._db.execute(
                "INSERT INTO refunds (id, partner, invoice, amount, reference, created_ms, state) "
                "VALUES (?, ?, ?, ?, ?, ?, 'open') "
                "ON CONFLICT (id) DO UPDATE SET state = 'open', code = NULL",
                (refund.id, *_what(refund), refund.reference, refund.created_ms),
            )

    def refunds(self, invoice: bytes) -> list[Returned]:
        """All refunds on an invoice, in their order."""
        rows = self._db.execute(f"{_REFUNDS} WHERE invoice = ? ORDER BY number", (invoice,))
        return [Returned(*row) for row in rows]

    def find_refund(self, id_: bytes) -> Returned:
        """A refund by its id."""
        return Returned(*self._db.execute(f"{_REFUNDS} WHERE id = ?", (id_,)).fetchone())

    def refunded(self, id_: bytes, given: Given) -> None:
        """A refund is proven."""
        with transaction(self._db, synced=False):
            self._db.execute(
                "UPDATE refunds SET state = 'done', code = NULL, done_by = ?, height = ?, "
                "time_ms = ?, attested = ?, members = ? WHERE id = ?",
                (
                    given.transaction,
                    given.height,
                    given.time_ms,
                    given.attested,
                    given.members,
                    id_,
                ),
            )

    def refused(self, id_: bytes, code: str) -> None:
        """A refund was not made; running it again tries anew."""
        with transaction(self._db, synced=False):
            self._db.execute(
                "UPDATE refunds SET state = 'refused', code = ? WHERE id = ? AND state = 'open'",
                (code, id_),
            )

    def _named(self, reference: str | None) -> Issued | None:
        if reference is None:
            return None
        row = self._db.execute(f"{_INVOICES} WHERE reference = ?", (reference,)).fetchone()
        return None if row is None else _issued(row)

    def _one_refund(self, where: str, given: tuple[object, ...]) -> Returned | None:
        row = self._db.execute(f"{_REFUNDS} WHERE {where}", given).fetchone()
        return None if row is None else Returned(*row)


_INVOICES: Final = (
    "SELECT partner, amount, expires_ms, id, payer, cashier, reference, created_ms FROM invoices"
)
_REFUNDS: Final = (
    "SELECT id, partner, invoice, amount, reference, created_ms, state, code, done_by, height, "
    "time_ms, attested, members FROM refunds"
)


def _issued(row: tuple[object, ...]) -> Issued:
    *fields, cashier, reference, created_ms = row
    endorsement = decode(Endorsement, cashier, _MAX_ENDORSEMENT)  # type: ignore[arg-type]
    return Issued(Invoice(*fields), endorsement, reference, created_ms)  # type: ignore[arg-type]


def _what(refund: Returned) -> tuple[str, bytes, int]:
    return (refund.partner, refund.invoice, refund.amount)


def _check_same(stored: Issued, asked: Invoice) -> None:
    """One reference asks for one thing, or a customer could be asked twice for one purchase."""
    before = stored.invoice
    if (before.partner, before.amount, before.payer) != (asked.partner, asked.amount, asked.payer):
        raise _conflict(str(stored.reference), "an invoice of another amount or payer")


def _conflict(reference: str, what: str) -> CommandError:
    return CommandError(
        "reference_conflict",
        f"{reference!r} is already {what}",
        "A reference names one thing for ever. Was it corrected? Then it needs a new one.",
        details={"reference": reference},
    )
