"""Which rules carry a height out. Knows what the state says."""

from __future__ import annotations

from contracts.state import StateReader
from contracts.transition import protocol_at
from node.world import CannotExecute


def known_protocol(state: StateReader, height: int, known: int) -> int:
    """The version of the rules for a height. Raises ``CannotExecute`` if it is above what is
    ``known`` here: what other rules may be, nobody can guess ([LEDGER-74])."""
    version = protocol_at(state, height)
    if version > known:
        raise CannotExecute(
            "protocol_unknown",
            f"the block of height {height} is carried out by protocol version {version}, and this "
            f"release knows {known}: install a newer release and start the node again; "
            "nothing is lost",
        )
    return version
