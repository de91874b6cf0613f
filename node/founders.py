"""Four competing retailers, and who holds their money, for networks that start on one machine.

Knows their terms; no key. The names are invented. Each retailer has one programme with its own idea
of what a point is worth; the development network and the demonstration use the same table.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

from primitives.amount import MICRO
from primitives.genesis import (
    Custodian,
    GenesisPartner,
    PartnerLimits,
    ProgrammeTerms,
    Rate,
    Roles,
)
from primitives.membership import PartnerKind


class Founder(NamedTuple):
    """A retailer and its programme; ``points`` of it are worth one LiqBon."""

    code: str
    name: str
    currency: str
    kind: PartnerKind
    programme: str
    programme_name: str
    point: str
    points: int


FOUNDERS: Final = (
    Founder(
        "bramble",
        "Bramble & Rye Grocers",
        "EUR",
        PartnerKind.CHAIN,
        "basket",
        "Basket Club",
        "point",
        100,
    ),
    Founder(
        "lindenwell",
        "Lindenwell Pharmacy",
        "EUR",
        PartnerKind.CHAIN,
        "care",
        "Lindenwell Care",
        "drop",
        50,
    ),
    Founder(
        "skerry", "Skerry Air", "GBP", PartnerKind.AIRLINE, "miles", "Skerry Miles", "mile", 400
    ),
    Founder(
        "foxglove", "Foxglove Books", "GBP", PartnerKind.SHOP, "pages", "Foxglove Pages", "page", 20
    ),
)


class Keeper(NamedTuple):
    """A custodian that belongs to no retailer."""

    code: str
    name: str


RESERVES: Final = Keeper("quayside", "Quayside Trust")
"""Holds every retailer's reserve, and attests it."""
SETTLEMENT: Final = Keeper("tollhouse", "Tollhouse Clearing")
"""Says of a disputed payment between retailers whether it was made."""
KEEPERS: Final = (RESERVES, SETTLEMENT)

CREDIT: Final = 500_000 * MICRO
RESERVE: Final = 500_000 * MICRO
RESERVE_CEILING: Final = 2 * RESERVE
"""What a retailer may bring its reserve to without asking the others."""
HAIRCUT: Final = 1_000
"""A tenth of the reserve does not count."""
DAILY: Final = 500_000 * MICRO
TERMS_URL: Final = "https://{code}.example/{programme}/terms"


def founder(index: int) -> Founder:
    """The founder of a place: the four retailers first, then branches of theirs by number."""
    origin = FOUNDERS[index % len(FOUNDERS)]
    if index < len(FOUNDERS):
        return origin
    number = index // len(FOUNDERS) + 1
    return origin._replace(code=f"{origin.code}-{number}", name=f"{origin.name} {number}")


def custodian_of(keeper: Keeper, account: bytes) -> Custodian:
    """The custodian as genesis has it."""
    return Custodian(keeper.code, keeper.name, account, None)


def partner_of(terms: Founder, roles: Roles, consensus_key: bytes, time_ms: int) -> GenesisPartner:
    """The founder as genesis has it, its possession of the key not proven yet."""
    url = TERMS_URL.format(code=terms.code, programme=terms.programme)
    programme = ProgrammeTerms(
        code=terms.programme,
        name=terms.programme_name,
        point=terms.point,
        terms_hash=sha256(url.encode()).digest(),
        terms_url=url,
        rates=(Rate(since=time_ms, numerator=MICRO, denominator=terms.points),),
    )
    limits = PartnerLimits(
        credit=CREDIT,
        reserve=RESERVE,
        reserve_ceiling=RESERVE_CEILING,
        haircut=HAIRCUT,
        reserve_attested=time_ms,
        claim_bound=CREDIT,
        mint_per_day=DAILY,
        refund_per_day=DAILY,
    )
    return GenesisPartner(
        code=terms.code,
        name=terms.name,
        currency=terms.currency,
        kind=terms.kind,
        roles=roles,
        custodian=RESERVES.code,
        consensus_key=consensus_key,
        possession=bytes(64),
        limits=limits,
        programmes=(programme,),
    )
