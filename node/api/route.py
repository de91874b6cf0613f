"""One path of the API, as the tables have it. Knows shapes; no path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from node.api.asking import Answer, Ask
from node.api.parameters import CURSOR, LIMIT, Parameter

Handler = Callable[[Ask], Awaitable[Answer]]


class Route(NamedTuple):
    """A path with one method. ``answer`` is the document of 200; ``body`` that of a request in
    JSON, ``raw_body`` says what its MessagePack form is; ``raw`` what canonical bytes are
    answered to ``Accept: application/msgpack``; ``problems`` are the codes of its own."""

    method: str
    path: str
    handler: Handler
    answer: Any
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    raw_body: str | None = None
    is_bulk: bool = False
    raw: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The operation's name in the description."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.handler.__doc__ or "").partition("\n")[0]


PAGED: Final = (CURSOR, LIMIT)
OF_ADDRESSES: Final = ("address_malformed", "address_checksum", "address_network")
"""What may be wrong with an address."""
