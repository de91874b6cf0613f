"""What a home remembers of vouchers it signed and orders it opened. Knows small lists in files.

A voucher's id is chance, and is on disk before it is shown: asked again, the same voucher is shown
and nobody is given twice by mistake. An order has the id of the transaction that opened it, and is
written before that is sent: asked again, the order that there is is found. Signs and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from client.fields import DigestText
from primitives.encoding import Millis
from shell.errors import CommandError
from shell.keyfile import replace_private

VOUCHERS: Final = "vouchers.json"
ORDERS: Final = "orders.json"
MAX_RECORDS: Final = 10_000
_MAX_FILE: Final = 16 * 1024 * 1024
_WEEK_MS: Final = 7 * 24 * 3600 * 1000
"""An order that was sent just before its offer expired is certainly decided by then ([TX-8])."""


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expires: Millis


class VoucherRecord(_Record, frozen=True):
    """A voucher that this home signed: for whom, and its id. Useless after ``expires``."""

    campaign: DigestText
    claimant: DigestText
    referrer: DigestText | None
    signer: DigestText
    id: DigestText


class OrderRecord(_Record, frozen=True):
    """An order that an account of this home opens by taking an ``offer`` (the digest of its
    canonical form), which nobody can take after ``expires``."""

    order: DigestText
    buyer: DigestText
    offer: DigestText


R = TypeVar("R", bound=_Record)


class Records(Generic[R]):
    """One list in a home; whoever adds to it holds a lock (client.home.exclusive)."""

    def __init__(self, home: Path, file: str, kind: type[R]) -> None:
        self._path = home / file
        self._decoder = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]

    def find(self, wanted: Callable[[R], bool]) -> list[R]:
        """Those that are wanted, in the order in which they were added."""
        return [record for record in self._read() if wanted(record)]

    def add(self, record: R, now_ms: int) -> None:
        """Write a record; returns once it is on disk. What expired a week ago is forgotten.

        Raises ``CommandError`` (``records_too_many``).
        """
        kept = [known for known in self._read() if known.expires + _WEEK_MS > now_ms]
        if len(kept) >= MAX_RECORDS:
            raise CommandError(
                "records_too_many", f"{MAX_RECORDS} are good at once in {self._path}"
            )
        replace_private(self._path, msgspec.json.encode([*kept, record]))

    def _read(self) -> list[R]:
        try:
            with self._path.open("rb") as file:
                found: list[R] = self._decoder.decode(file.read(_MAX_FILE))
        except FileNotFoundError:
            return []
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CommandError(
                "records_malformed",
                f"{self._path}: {error}",
                "It keeps this wallet from doing something twice. Look at it before you move it.",
            ) from None
        return found
