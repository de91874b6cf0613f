"""What the ledger lets this partner mint now, as proven. Knows limits and rates; mints nothing.

The ledger is the judge. This looks before anything is signed, so that a file which cannot be minted
whole is refused whole.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from client.errors import RefusedByLedger
from client.light import LightClient
from primitives.amount import format_amount
from primitives.encoding import Wire, decode
from primitives.entries import (
    DIRECTORY_KEY,
    MAX_VALUE,
    Day,
    Directory,
    Limits,
    Partner,
    Position,
    Programme,
    day_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.genesis import BASIS_POINTS, Rate
from primitives.receipt import Outcome
from shell.errors import CommandError, KeyFault, Status

W = TypeVar("W", bound=Wire)
DAY_MS: Final = 86_400_000


class Room(msgspec.Struct, frozen=True):
    """Units that may still be minted: under the limit, and today under the own cap."""

    under_limit: int
    today: int


async def find_partner(light: LightClient, issuer: bytes) -> Partner:
    """The partner whose issuer is this account. ``KeyFault`` (``not_issuer``) if none is."""
    founders = light.believed.genesis.partners
    likely = [partner.code for partner in founders if partner.roles.issuer == issuer]
    directory = await _entry(light, DIRECTORY_KEY, Directory)
    listed = directory.partners if directory else ()
    for code in dict.fromkeys((*likely, *listed)):
        partner = await _entry(light, partner_key(code), Partner)
        if partner is not None and partner.roles.issuer == issuer:
            return partner
    raise KeyFault(
        Outcome.NOT_ISSUER.text,
        "the key of this home is no partner's issuer",
        "Use --home and --account of the issuer's key.",
    )


async def rate_of(light: LightClient, partner: str, programme: str) -> Rate:
    """The rate in force. Raises ``CommandError``: ``programme_unknown``, ``programme_paused``,
    ``rate_not_in_force``."""
    found = await _entry(light, programme_key(partner, programme), Programme)
    if found is None:
        raise CommandError(
            Outcome.PROGRAMME_UNKNOWN.text,
            f"{partner} has no programme {programme!r}",
            status=Status.NOT_FOUND,
        )
    if found.paused:
        raise RefusedByLedger(Outcome.PROGRAMME_PAUSED.text, f"{programme} takes no new deposits")
    if found.rate is None:
        raise RefusedByLedger("rate_not_in_force", f"no rate of {programme} is in force yet")
    return found.rate


async def room_of(light: LightClient, partner: str, now_ms: int) -> Room:
    """What limit and daily cap leave. ``now_ms`` says which day it is."""
    limits = await _entry(light, limits_key(partner), Limits)
    position = await _entry(light, position_key(partner), Position)
    if limits is None or position is None:
        raise CommandError(Outcome.PARTNER_UNKNOWN.text, f"{partner} has no limits")
    terms = limits.terms
    counted = terms.reserve * (BASIS_POINTS - terms.haircut) // BASIS_POINTS
    limit = terms.credit + (counted if limits.reserve_counts else 0)
    day = await _entry(light, day_key(partner), Day)
    minted = day.minted if day is not None and day.day == now_ms // DAY_MS else 0
    return Room(max(0, limit - position.net), max(0, terms.mint_per_day - minted))


def check_room(room: Room, total: int) -> None:
    """Raise ``RefusedByLedger`` when ``total`` units do not fit: ``limit_exceeded``,
    ``daily_cap_exceeded``."""
    if total > room.under_limit:
        raise RefusedByLedger(
            Outcome.LIMIT_EXCEEDED.text,
            f"{format_amount(total)} LiqBon to mint, the limit leaves "
            f"{format_amount(room.under_limit)}",
            "Settle, or have more reserve attested. Nothing was done.",
        )
    if total > room.today:
        raise RefusedByLedger(
            Outcome.DAILY_CAP_EXCEEDED.text,
            f"{format_amount(total)} LiqBon to mint, today's own cap leaves "
            f"{format_amount(room.today)}",
            "Wait for the next day (UTC), or import fewer rows. Nothing was done.",
        )


async def _entry(light: LightClient, key: bytes, kind: type[W]) -> W | None:
    value = (await light.value(key)).value
    return None if value is None else decode(kind, value, MAX_VALUE)
