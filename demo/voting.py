"""What partners decide together: proposed, voted, and carried out. Knows no measure."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from demo import api
from demo.world import World

TIMEOUT_S: Final = 60.0


def needed(electors: int) -> int:
    """How many have to approve: more than two thirds ([LEDGER-61])."""
    return 2 * electors // 3 + 1


def decide(world: World, electors: Sequence[str], *measure: str) -> None:
    """The first of ``electors`` proposes it, as many as it takes vote for it, the last ones, and it
    is carried out."""
    proposed = world.partner(electors[0], "propose", *measure, "--yes").document["proposal"]
    id_ = proposed["proposal"]
    voters = electors[-needed(len(electors)) :]
    with ThreadPoolExecutor(max_workers=len(voters)) as threads:
        voting = [
            threads.submit(world.partner, code, "vote", id_, "--for", "--yes") for code in voters
        ]
        for each in voting:
            each.result()
    url = world.url(electors[0])

    def look() -> bool:
        return bool(api.get(url, f"/proposals/{id_}")["proposal"]["status"] == "executed")

    api.until(f"{' '.join(measure)} is carried out", look, TIMEOUT_S)
