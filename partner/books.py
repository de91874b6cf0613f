"""State entries as a partner reads them: typed, proven, and as of when. Knows keys; no rule."""

from __future__ import annotations

from typing import TypeVar

from client.answers import Freshness
from client.fields import format_time
from client.light import LightClient
from partner.documents import Standing
from primitives.certificate import StateCertificate
from primitives.encoding import Wire, decode
from primitives.entries import (
    DIRECTORY_KEY,
    MAX_VALUE,
    Day,
    Directory,
    Limits,
    Partner,
    Position,
    day_key,
    limits_key,
    partner_key,
    position_key,
)
from primitives.genesis import Parameters
from primitives.receipt import Outcome
from shell.errors import CommandError, Status

W = TypeVar("W", bound=Wire)
DAY_MS = 86_400_000


class Books:
    """Asks a light client, and remembers the oldest of what it was proven."""

    def __init__(self, light: LightClient) -> None:
        self._light = light
        self._certificate: StateCertificate | None = None
        self._freshness: Freshness | None = None
        self._newest_ms = 0

    @property
    def parameters(self) -> Parameters:
        """The network's constants."""
        return self._light.believed.genesis.parameters

    @property
    def block_ms(self) -> int:
        """The newest block time that was proven here; 0 before the first answer."""
        return self._newest_ms

    async def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The proven entry under ``key``; None if its absence is proven."""
        found = await self._light.value(key)
        self._remember(found.certificate, found.freshness)
        return None if found.value is None else decode(kind, found.value, MAX_VALUE)

    async def directory(self) -> tuple[str, ...]:
        """The codes of all partners."""
        found = await self.entry(DIRECTORY_KEY, Directory)
        return found.partners if found is not None else ()

    async def partner(self, code: str) -> Partner:
        """Raises ``CommandError`` (``partner_unknown``)."""
        found = await self.entry(partner_key(code), Partner)
        if found is None:
            raise _unknown(code)
        return found

    async def limits(self, code: str) -> Limits:
        """Raises ``CommandError`` (``partner_unknown``)."""
        found = await self.entry(limits_key(code), Limits)
        if found is None:
            raise _unknown(code)
        return found

    async def position(self, code: str) -> Position:
        """Raises ``CommandError`` (``partner_unknown``)."""
        found = await self.entry(position_key(code), Position)
        if found is None:
            raise _unknown(code)
        return found

    async def today(self, code: str) -> Day:
        """What a partner minted and refunded in the day that it is by the own clock."""
        day = self._light.clock() // DAY_MS
        found = await self.entry(day_key(code), Day)
        return found if found is not None and found.day == day else Day(day, 0, 0)

    def standing(self) -> Standing:
        """As of when all that was read here is so, and by whose word. Something was read."""
        assert self._certificate is not None, "nothing was read"
        assert self._freshness is not None, "nothing was read"
        attested, members = self._light.believed.signers(self._certificate)
        return Standing(
            height=self._certificate.attestation.height,
            time=format_time(self._certificate.attestation.time),
            attested=attested,
            members=members,
            as_of=format_time(self._freshness.as_of_ms),
            fresh=self._freshness.is_fresh,
        )

    def _remember(self, certificate: StateCertificate, freshness: Freshness) -> None:
        self._newest_ms = max(self._newest_ms, certificate.attestation.time)
        held = self._certificate
        if held is None or certificate.attestation.height < held.attestation.height:
            self._certificate = certificate
        if self._freshness is None or freshness.as_of_ms < self._freshness.as_of_ms:
            self._freshness = freshness


def _unknown(code: str) -> CommandError:
    return CommandError(
        Outcome.PARTNER_UNKNOWN.text, f"no partner {code!r}", status=Status.NOT_FOUND
    )
