"""A retailer's node in league with its issuer: seals mints that nothing stands behind ([LEDGER-8]).

No honest door takes them in: they are beyond the retailer's limit, or beyond its daily cap.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from primitives.amount import MICRO
from primitives.genesis import BASIS_POINTS
from primitives.transaction import Decoded
from tests.builders import LIMITS, a_code, a_mint
from tests.simulation.process import Process

CHANNEL = 200
"""Not one that the run's honest deposits use."""
ATTEMPTS = 8
POINT = MICRO // 100


class Minter:
    """Knows what its limit is, and asks for more."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._code = a_code(member)
        self.acted = 0
        self.intents: list[bytes] = []

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Seal mints past the door, now and then."""
        seal = process.submit
        for _ in range(ATTEMPTS):
            process.later((0, 2_500), lambda: self._mint(process, seal))

    def _mint(self, process: Process, seal: Callable[[Decoded], None]) -> None:
        limit = LIMITS.credit + LIMITS.reserve * (BASIS_POINTS - LIMITS.haircut) // BASIS_POINTS
        beyond = self._rng.choice((limit + POINT, LIMITS.mint_per_day + POINT))
        keys, chain = process.setting.keys, process.setting.chain
        mint = a_mint(
            self._code,
            keys.person("a friend"),
            beyond // POINT,
            f"no deposit {self.acted}",
            issuer=keys.person(f"issuer of {self._code}"),
            channel=CHANNEL,
            sequence=self.acted,
            chain=chain,
        )
        self.acted += 1
        self.intents.append(mint.id)
        seal(mint)
