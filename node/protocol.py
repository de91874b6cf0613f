"""Which rules carry a height out. Knows what the state says and what this release knows."""

from __future__ import annotations

from contracts.state import StateReader
from contracts.transition import protocol_at
from node.world import CannotExecute
from primitives.vote import PROTOCOL_VERSION


def known_protocol(state: StateReader, height: int) -> int:
    """The version of the rules for a height. Raises ``CannotExecute`` if it is unknown here: what
    other rules may be, nobody can guess ([LEDGER-74])."""
    version = protocol_at(state, height)
    if version > PROTOCOL_VERSION:
        raise CannotExecute(
            "protocol_unknown",
            f"the block of height {height} is carried out by protocol version {version}, and this "
            f"release knows {PROTOCOL_VERSION}: install a newer release and start the node again; "
            "nothing is lost",
        )
    return version
