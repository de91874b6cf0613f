"""What every minting command goes through: issuer, rates, room, key, press. Decides no outcome."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from client.home import Home
from client.light import LightClient
from partner.books import Books
from partner.channels import Press
from partner.deposits import Deposit, worth
from partner.minting import Minter, Settings
from partner.outbox import Entry, Outbox
from partner.roles import Key, holder
from partner.terms import check_room, rate_of, room_of
from primitives.genesis import Rate
from shell import ask
from shell.command import Common

DEFAULT_HOME: Final = Path("~/.liqbon/partner")
OUTBOX_LOCK: Final = "outbox"


def home_path(common: Common) -> Path:
    """The folder that was named, or the usual one."""
    return (common.home or DEFAULT_HOME).expanduser()


class Desk(msgspec.Struct, frozen=True):
    """The issuer's key, its partner, and the proven rates of the programmes in use."""

    key: Key
    partner: str
    channels: int
    rates: dict[str, Rate]

    def units(self, deposit: Deposit) -> int:
        """What a deposit is worth now; 0 if it has too few points."""
        return worth(deposit.points, self.rates[deposit.programme])


async def open_desk(
    light: LightClient, home: Home, account: int | None, programmes: Iterable[str]
) -> Desk:
    """Prove who we are and what points are worth. Raises as ``holder`` and ``rate_of``."""
    books = Books(light)
    found = await holder(books, home, "issuer", account)
    partner = found.partner.code
    rates = {code: await rate_of(books, partner, code) for code in sorted(set(programmes))}
    record = (await light.account(found.key.id)).record
    return Desk(found.key, partner, record.channels, rates)


async def check_total(light: LightClient, desk: Desk, total: int) -> None:
    """Refuse what does not fit under limit and cap, before anything is stored or sent."""
    if total:
        check_room(await room_of(Books(light), desk.partner), total)


def open_press(common: Common, home: Home, desk: Desk) -> Press:
    """Ask for the passphrase, and take the issuer's key. Raises ``KeyFault``."""
    vault = home.unlock(ask.passphrase(common.passphrase_file))
    return Press(home.signer(vault, desk.key.account), home.chain, desk.partner)


def minter(
    light: LightClient, outbox: Outbox, press: Press, desk: Desk, settings: Settings
) -> Minter:
    """A run; never over more channels than are open, nor the last, which is for single acts."""
    channels = min(settings.channels, max(1, desk.channels - 1))
    return Minter(light, outbox, press, desk.key.id, Settings(channels, settings.patience_s))


def with_units(desk: Desk, entries: Iterable[Entry]) -> list[tuple[Entry, int]]:
    """Deposits with what they are worth now."""
    return [(entry, desk.units(entry.deposit)) for entry in entries]
