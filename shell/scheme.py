"""Which library checks signatures in this process. Knows what is installed; not what is valid.

The rule is that of ``primitives.keys``, and so is every verdict ([CRYPTO-1]). ``liqbon_native``
(``native/``) finds the same ones for a whole list at once, at less than half the cost and without
the interpreter's lock. It is optional: without it, signatures are checked one by one. The choice is
made here and not in ``primitives``, so that what nodes must agree on does not depend on what a
machine has installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from primitives.keys import ED25519, Check, PublicKey, Signature, SignatureScheme
from shell.native import LIBRARY, library_name


class BatchScheme:
    """ZIP-215 by ``liqbon_native`` for many signatures, by ``primitives.keys`` for one."""

    __slots__ = ()

    def verify(self, public_key: PublicKey, message: bytes, signature: Signature) -> bool:
        """Whether ``signature`` is valid under ZIP-215; False for wrong lengths ([CRYPTO-2])."""
        return ED25519.verify(public_key, message, signature)

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        """One verdict an item, in order. Other threads run meanwhile."""
        verdicts: list[bool] = LIBRARY.verify_many(items)
        return verdicts


def batch_library() -> str | None:
    """Name and version of what checks many signatures at once; None where it is not installed."""
    return library_name()


SCHEME: Final[SignatureScheme] = BatchScheme() if LIBRARY else ED25519
"""The fastest scheme of this machine, for whoever checks many signatures."""
