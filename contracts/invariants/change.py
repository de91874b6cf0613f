"""What changed between two states, read from both sides. Knows keys and who signed; no fact."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from contracts.context import BlockContext
from contracts.invariants.facts import broken
from contracts.state import StateReader
from primitives.encoding import Wire
from primitives.entries import (
    SETTLEMENT_KEY,
    Partner,
    Settlement,
    custodian_key,
    decode_entry,
    partner_key,
)
from primitives.genesis import Custodian, Roles

W = TypeVar("W", bound=Wire)


@dataclass
class Moves:
    """What the other entries of a step say that a partner's position and limits moved by."""

    redeemed: int = 0
    refunded: int = 0
    paid: int = 0
    received: int = 0
    payable: int = 0
    receivable: int = 0
    earmarked: int = 0
    overdue: int = 0
    in_time_again: int = 0
    """Obligations that were late before the step and are settled after it."""
    late_first: int = 0
    """Obligations that fell overdue before any transaction of the step, and still are."""
    deposits: int = 0
    refunds: int = 0


class Step:
    """The entries that changed, by key, and how to read the others.

    ``signed`` are the accounts whose transactions used their sequence in the step.
    """

    def __init__(
        self,
        before: StateReader,
        changes: Sequence[tuple[bytes, bytes | None]],
        signed: Collection[bytes],
        context: BlockContext,
    ) -> None:
        self._before = before
        self._after = dict(changes)
        self._roles: dict[str, Roles] = {}
        self.signed = signed
        self.context = context
        self.keys = tuple(key for key, _ in changes)
        self.moves: dict[str, Moves] = {}
        self.claims: dict[bytes, list[int]] = {}
        """By campaign: claims that it counts, that claimants made, and vouchers used."""

    def old(self, key: bytes) -> Wire | None:
        """What stood under ``key``."""
        raw = self._before.get(key)
        return None if raw is None else decode_entry(key, raw)

    def new(self, key: bytes) -> Wire | None:
        """What stands under ``key`` now."""
        if key not in self._after:
            return self.old(key)
        raw = self._after[key]
        return None if raw is None else decode_entry(key, raw)

    def before(self, key: bytes, kind: type[W]) -> W:
        """The entry that must have stood under ``key``."""
        return _of(key, self.old(key), kind)

    def after(self, key: bytes, kind: type[W]) -> W:
        """The entry that must stand under ``key`` now."""
        return _of(key, self.new(key), kind)

    def of(self, partner: str) -> Moves:
        """What is counted for a partner, to be added to: from now on it is looked at."""
        found = self.moves.get(partner)
        if found is None:
            found = self.moves[partner] = Moves()
        return found

    def roles(self, partner: str) -> Roles:
        """Who speaks for a partner."""
        if partner not in self._roles:
            self._roles[partner] = self.after(partner_key(partner), Partner).roles
        return self._roles[partner]

    def by_admin(self, partner: str) -> bool:
        """Whether the partner's admin signed something."""
        return self.roles(partner).admin in self.signed

    def by_custodian(self, partner: str) -> bool:
        """Whether who holds the partner's reserve signed something."""
        return self._custodian(self.after(partner_key(partner), Partner).custodian) in self.signed

    def by_judge(self) -> bool:
        """Whether the settlement custodian signed something."""
        return self._custodian(self.after(SETTLEMENT_KEY, Settlement).custodian) in self.signed

    def _custodian(self, code: str) -> bytes:
        return self.after(custodian_key(code), Custodian).account


def partner_in(key: bytes) -> str:
    """The code of the partner after the prefix byte of a key."""
    return key[2 : 2 + key[1]].decode("ascii")


def _of(key: bytes, value: Wire | None, kind: type[W]) -> W:
    if not isinstance(value, kind):
        broken(f"the entry under {key.hex()}", value, kind.__name__)
    return value
