"""Signed payments whose end is not proven yet. Knows one file; sends nothing.

A payment is written here, synced, before it is sent. Running the same command again finds it and
sends the same bytes, which can act only once. It leaves when its receipt or its death is proven.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from client.fields import from_base64, to_base64
from primitives.encoding import Malformed, encode
from primitives.transaction import Decoded, decode_signed
from shell.errors import CommandError
from shell.keyfile import replace_private

FILE: Final = "pending.json"
MAX_PENDING: Final = 100


class _Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: int
    raw: str


class Pending:
    """The file in a home; whoever changes it holds the account's lock (client.home.exclusive)."""

    def __init__(self, home: Path, chain: bytes) -> None:
        self._path = home / FILE
        self._chain = chain

    def of(self, account: int) -> list[Decoded]:
        """The account's payments, in the order in which they were signed."""
        return [self._decoded(p) for p in self._read() if p.account == account]

    def add(self, account: int, payment: Decoded) -> None:
        """Write a payment; returns once it is on disk."""
        payments = self._read()
        if len(payments) >= MAX_PENDING:
            raise CommandError(
                "pending_too_many", f"{MAX_PENDING} payments wait for their proof in {self._path}"
            )
        self._write([*payments, _Payment(account, to_base64(encode(payment.signed)))])

    def drop(self, account: int, through: int) -> None:
        """Forget the account's payments with a sequence up to ``through``: those slots are used."""
        kept = [
            p
            for p in self._read()
            if p.account != account or self._decoded(p).transaction.sequence > through
        ]
        self._write(kept)

    def forget(self, id_: bytes) -> None:
        """Forget one payment: it is proven dead."""
        self._write([p for p in self._read() if self._decoded(p).id != id_])

    def _decoded(self, payment: _Payment) -> Decoded:
        try:
            return decode_signed(from_base64(payment.raw), self._chain)
        except Malformed as error:
            raise self._damaged(str(error)) from None

    def _read(self) -> list[_Payment]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[_Payment])
        except FileNotFoundError:
            return []
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from None

    def _write(self, payments: list[_Payment]) -> None:
        replace_private(self._path, msgspec.json.encode(payments))

    def _damaged(self, why: str) -> CommandError:
        return CommandError(
            "pending_malformed",
            f"{self._path}: {why}",
            "It lists payments that may still be executed. Look at 'history' before you move it.",
        )
