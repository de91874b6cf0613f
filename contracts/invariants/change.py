"""What changed between two states, read from both sides. Knows keys and who signed; no fact.

What falls due comes before the transactions of a block. So a step's newcomers, and whoever a vote
gave a partner as its admin, are there before anybody signed something in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from contracts.context import BlockContext
from contracts.invariants.facts import broken, equal
from contracts.invariants.newcomers import NO_POSITION, Newcomer
from contracts.state import StateReader
from primitives.encoding import Wire
from primitives.entries import (
    SETTLEMENT_KEY,
    Account,
    Channel,
    Limits,
    Obligation,
    Partner,
    Position,
    Prefix,
    Settlement,
    custodian_key,
    decode_entry,
    limits_key,
    obligation_key,
    partner_key,
    position_key,
)
from primitives.genesis import Custodian
from primitives.governance import (
    AdmitPartner,
    Measure,
    Proposal,
    ProposalStatus,
    ReplaceAdmin,
    ShareObligation,
    SharePosition,
)
from primitives.membership import (
    Application,
    PartnerStatus,
    Role,
    application_id,
    application_key,
)

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
    assumed: int = 0
    """By how much more the partner itself says that it assumed."""
    late_paid: int = 0
    """Of ``paid``, what was paid of obligations that were late, and so perhaps by others."""
    earmarked: int = 0
    overdue: int = 0
    in_time_again: int = 0
    """Obligations that were late before the step and are settled after it."""
    late_first: int = 0
    """Obligations that fell overdue before any transaction of the step, and still are."""
    deposits: int = 0
    refunds: int = 0
    proposals: int = 0
    """By how many more of its proposals something will still happen to."""


@dataclass
class Tally:
    """What a step changed of the votes on a proposal: by its own counts, and by its ballots."""

    counted: tuple[int, int] = (0, 0)
    cast: list[int] = field(default_factory=lambda: [0, 0])


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
        self._partners: dict[str, Partner] = {}
        self.signed = signed
        self.context = context
        self.keys = tuple(key for key, _ in changes)
        self.moves: dict[str, Moves] = {}
        self.late: list[Obligation] = []
        """Obligations that were late, as they stand after something of them was settled."""
        self.tallies: dict[bytes, Tally] = {}
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
        return self.moves.setdefault(partner, Moves())

    def tally(self, proposal: bytes) -> Tally:
        """What is counted for a proposal, likewise."""
        return self.tallies.setdefault(proposal, Tally())

    @cached_property
    def executed(self) -> tuple[Measure, ...]:
        """What was carried out in the step because partners had voted for it."""
        found: list[Measure] = []
        for key in self.keys:
            if key[0] != Prefix.PROPOSAL:
                continue
            old, new = self.old(key), self.new(key)
            if isinstance(new, Proposal) and _is_done(new) and not _is_done(old):
                found.append(new.measure)
        return tuple(found)

    def done(self, kind: type[W]) -> tuple[W, ...]:
        """The measures of a kind that were carried out."""
        return tuple(measure for measure in self.executed if isinstance(measure, kind))

    @cached_property
    def newcomers(self) -> Mapping[str, Newcomer]:
        """Who was admitted in the step, by code; it had applied before, in these words."""
        found: dict[str, Newcomer] = {}
        for measure in self.done(AdmitPartner):
            wish = self.before(application_key(measure.applicant), Application)
            id_ = application_id(measure.applicant, wish)
            equal("what was voted on is what was said", id_, measure.application)
            equal("a newcomer is new", self.old(partner_key(wish.code)), None)
            found[wish.code] = Newcomer(measure.applicant, wish, measure.limits)
        return found

    def partner(self, code: str) -> Partner:
        """A partner as it was, or as it began."""
        if code not in self._partners:
            newcomer = self.newcomers.get(code)
            was = newcomer.partner if newcomer else self.before(partner_key(code), Partner)
            self._partners[code] = was
        return self._partners[code]

    def position(self, code: str) -> Position:
        """A partner's position as it was, or as it began."""
        if code in self.newcomers:
            return NO_POSITION
        return self.before(position_key(code), Position)

    def limits(self, code: str) -> Limits:
        """A partner's limits as they were, or as they began."""
        newcomer = self.newcomers.get(code)
        return newcomer.limits if newcomer else self.before(limits_key(code), Limits)

    def was_active(self, code: str) -> bool:
        """Whether a partner took part when the step began."""
        old = self.old(partner_key(code))
        return isinstance(old, Partner) and old.active

    def left(self, code: str) -> bool:
        """Whether a partner stopped taking part in the step."""
        return self.partner(code).active and not self.after(partner_key(code), Partner).active

    def has_left(self, code: str) -> bool:
        """Whether a partner is none any more."""
        return self.after(partner_key(code), Partner).status == PartnerStatus.LEFT

    @cached_property
    def shared(self) -> int:
        """Units of losses that were shared in the step, at most."""
        amounts = [measure.amount for measure in self.done(SharePosition)]
        for measure in self.done(ShareObligation):
            key = obligation_key(measure.cycle, measure.place)
            amounts.append(self.before(key, Obligation).outstanding)
        return sum(amounts)

    @cached_property
    def transactions(self) -> int:
        """How many transactions used their sequence in the step."""
        count = 0
        for key in self.keys:
            if key[0] in (Prefix.ACCOUNT, Prefix.CHANNEL):
                count += _sequence(self.new(key)) - _sequence(self.old(key))
        return count

    def by_admin(self, partner: str) -> bool:
        """Whether an admin of the partner signed something.

        Whom an admin made the next one in this very step spoke after it: so the first one signed.
        """
        given = [each.account for each in self.done(ReplaceAdmin) if each.partner == partner]
        first = given or [self.partner(partner).roles.admin]
        return any(account in self.signed for account in first)

    def by_role(self, partner: str, role: Role) -> bool:
        """Whether who issues or cashes for the partner signed something.

        An account may have had the role for a part of the step only, and show in neither state:
        then its admin signed, and that took three transactions.
        """
        old, new = self.partner(partner).roles, self.after(partner_key(partner), Partner).roles
        if getattr(old, role.text) in self.signed or getattr(new, role.text) in self.signed:
            return True
        return self.transactions >= 3 and self.by_admin(partner)

    def by_custodian(self, partner: str) -> bool:
        """Whether who holds the partner's reserve signed something."""
        return self._custodian(self.after(partner_key(partner), Partner).custodian) in self.signed

    def by_judge(self) -> bool:
        """Whether the settlement custodian signed something."""
        return self._custodian(self.after(SETTLEMENT_KEY, Settlement).custodian) in self.signed

    def _custodian(self, code: str) -> bytes:
        return self.after(custodian_key(code), Custodian).account


def _is_done(value: Wire | None) -> bool:
    return isinstance(value, Proposal) and value.status == ProposalStatus.EXECUTED


def _sequence(value: Wire | None) -> int:
    return value.sequence if isinstance(value, Account | Channel) else 0


def partner_in(key: bytes) -> str:
    """The code of the partner after the prefix byte of a key."""
    return key[2 : 2 + key[1]].decode("ascii")


def _of(key: bytes, value: Wire | None, kind: type[W]) -> W:
    if not isinstance(value, kind):
        broken(f"the entry under {key.hex()}", value, kind.__name__)
    return value
