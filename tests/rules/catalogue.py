"""All mutants, by family, and last the bugs of others; rules that have none, with the reason."""

from __future__ import annotations

from typing import Final

from tests.rules.bugs import BUGS
from tests.rules.certificates import CERTIFICATES
from tests.rules.durability import DURABILITY
from tests.rules.epochs import EPOCHS
from tests.rules.lanes import LANES
from tests.rules.liveness import LIVENESS
from tests.rules.safety import SAFETY

FAMILIES: Final = frozenset(
    {
        *("SAFE", "LIVE", "IDLE", "LAG", "DUR", "SYNC", "MSG", "EPOCH"),
        *("LANE", "BLOCK", "VOTE", "CERT", "EVID"),
    }
)
"""Whose rules have to have mutants. What clients check ([PROOF-1]) and how peers connect ([NET-1])
are not of the ordering; those of the ledger are broken by machine, in tests/mutation."""

NO_MUTANT: Final[dict[str, str]] = {}
"""Rules that cannot be broken, and why."""

MUTANTS: Final = (*SAFETY, *LIVENESS, *DURABILITY, *EPOCHS, *LANES, *CERTIFICATES, *BUGS)
