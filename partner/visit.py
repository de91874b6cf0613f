"""What a command has at hand while it works: home, nodes, books, the outbox. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Final

import msgspec

from client.home import Home, open_home
from client.light import LightClient
from client.session import connected, tell
from partner.books import Books
from partner.database import open_database
from partner.session import home_path
from shell.command import Common
from shell.output import Printer

SIGNING: Final = ("home", "node", "passphrase_file", "yes", "timeout_s")
"""The common options of a command that signs with a role's key."""


class Visit(msgspec.Struct, frozen=True):
    """One run of a command. ``account`` is the one that was named, if any."""

    common: Common
    home: Home
    light: LightClient
    books: Books
    account: int | None

    @property
    def printer(self) -> Printer:
        """Where the answer goes."""
        return self.common.printer

    @property
    def network(self) -> str:
        """The addresses' prefix."""
        return self.home.genesis.network

    def afterwards(self) -> Visit:
        """The same with fresh books: what they prove is no older than what was just done."""
        return msgspec.structs.replace(self, books=Books(self.light))

    @contextmanager
    def outbox(self) -> Iterator[sqlite3.Connection]:
        """The home's database; closed at the end."""
        with closing(open_database(self.home.path)) as db:
            yield db


@asynccontextmanager
async def visiting(common: Common, account: int | None = None) -> AsyncIterator[Visit]:
    """A home with its network; names in the end what nodes did wrong."""
    home = open_home(home_path(common))
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            yield Visit(common, home, light, Books(light), account)
        finally:
            tell(common.printer, light.blames)
