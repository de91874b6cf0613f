"""Who a partner is, how it comes, changes its keys and leaves. Knows shapes and keys; no rule.

What a newcomer and a partner sign, what a new key signs to show that somebody holds it, and what
the state keeps of the members of the next epoch.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.amount import DailyCap
from primitives.codes import MAX_PARTNERS, Code, Currency, Name
from primitives.encoding import Digest, Signature, Wire, encode
from primitives.endorsement import Endorsement
from primitives.hashing import APPLICATION, ROLE_SIGNATURE, SEAT_SIGNATURE
from primitives.keys import Check
from primitives.tags import Tag

Epoch = Annotated[int, msgspec.Meta(ge=-1, le=2**53)]
"""The number of an epoch; -1 for none."""


@unique
class PartnerKind(IntEnum):
    """What a partner is to its customers. Only whether it has a till makes a difference here."""

    SHOP = 1
    CHAIN = 2
    AIRLINE = 3
    MANUFACTURER = 4
    SERVICE = 5
    COALITION = 6

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``manufacturer``."""
        return self.name.lower()

    @property
    def has_till(self) -> bool:
        """Whether LiqBon can be spent there: a manufacturer gives, others sell ([LEDGER-17])."""
        return self is not PartnerKind.MANUFACTURER


@unique
class PartnerStatus(IntEnum):
    """Where a partner stands ([LEDGER-53])."""

    ACTIVE = 1
    RUN_OFF = 2
    LEFT = 3

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``run_off``."""
        return self.name.lower()


@unique
class Role(IntEnum):
    """What an account may be to a partner."""

    ADMIN = 1
    ISSUER = 2
    CASHIER = 3

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``cashier``."""
        return self.name.lower()


class Seat(Wire):
    """A consensus key and its signature over who holds it: ``seat_message``."""

    key: Digest
    possession: Signature


class Application(Wire):
    """What a newcomer says of itself; its admin is the account that says it.

    ``custodian`` names who is to hold its reserve; the daily caps are the newcomer's own, in units.
    """

    code: Code
    name: Name
    currency: Currency
    kind: PartnerKind
    issuer: Digest
    cashier: Digest
    custodian: Code
    seat: Seat
    mint_per_day: DailyCap
    refund_per_day: DailyCap


class PartnerRegister(Wire, tag=int(Tag.PARTNER_REGISTER)):
    """Ask to become a partner; partners decide on exactly this by vote."""

    application: Application


class PartnerRotateKeys(Wire, tag=int(Tag.PARTNER_ROTATE_KEYS)):
    """Give a role to another account, whose endorsement says that somebody holds its keys."""

    partner: Code
    role: Role
    holder: Endorsement


class PartnerExit(Wire, tag=int(Tag.PARTNER_EXIT)):
    """Leave: nothing is minted any more, and what is owed is paid."""

    partner: Code


class ValidatorAnnounceKey(Wire, tag=int(Tag.VALIDATOR_ANNOUNCE_KEY)):
    """Sit with another consensus key from the next epoch on; ``lost`` asks for it soon."""

    partner: Code
    seat: Seat
    lost: bool


class Member(Wire):
    """A seat of the next epoch."""

    partner: Code
    key: Digest


class Membership(Wire):
    """Who validates from the next epoch on, in the order of admission.

    ``changed`` is the epoch of the newest change that ends one (a member more or less, or a lost
    key), ``admitted`` that of the newest admission; -1 if there was none.
    """

    members: Annotated[tuple[Member, ...], msgspec.Meta(min_length=1, max_length=MAX_PARTNERS)]
    changed: Epoch
    admitted: Epoch


MEMBERSHIP_KEY: Final = bytes([0x03])
APPLICATION_PREFIX: Final = 0x26


def application_key(account: bytes) -> bytes:
    """What an account last applied with; under the account, so nobody takes another's place."""
    return bytes([APPLICATION_PREFIX]) + account


def application_id(account: bytes, application: Application) -> bytes:
    """32 bytes: what a vote names, so that exactly what was read is decided on ([LEDGER-50])."""
    return APPLICATION.digest(account, encode(application))


def role_message(chain: bytes, partner: str, role: Role) -> bytes:
    """What the account that takes a role signs ([LEDGER-51])."""
    return ROLE_SIGNATURE.message(chain, encode([partner, role]))


def seat_message(chain: bytes, partner: str, key: bytes) -> bytes:
    """What a consensus key signs on a running chain to show that its owner holds it."""
    return SEAT_SIGNATURE.message(chain, encode([partner, key]))


def seat_check(chain: bytes, partner: str, seat: Seat) -> Check:
    """The check that a seat's key is held by who says so ([TX-11])."""
    return Check(seat.key, seat_message(chain, partner, seat.key), seat.possession)
