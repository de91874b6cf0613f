"""Networks in which every honest node has its signer in another process, and both of them die.

[SIG-3] [SIG-4] [DUR-6] None may fork, stall, refuse itself or find itself ahead of its own journal.
"""

from __future__ import annotations

import pytest

from node.guard import Floor, Statement
from node.world import Unheard
from tests.simulation.apart import ApartSigner, put_apart
from tests.simulation.cluster import Cluster
from tests.simulation.plan import plan_of
from tests.simulation.verdict import Verdict

SEEDS = 40
CHUNK = 10


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_signers_may_die_whenever_they_like(first: int) -> None:
    """And what they are made for does happen: answers are lost, and words handed back."""
    bad, handed_back, unanswered = [], 0, 0
    for seed in range(first, first + CHUNK):
        cluster = Cluster(plan_of(seed))
        vaults = put_apart(cluster, seed)
        outcome = cluster.run()
        if outcome.verdict is not Verdict.AGREED:
            bad.append(outcome.text())
        handed_back += sum(vault.handed_back for vault in vaults)
        unanswered += sum(vault.unanswered for vault in vaults)
    assert bad == []
    assert handed_back >= CHUNK
    assert unanswered >= CHUNK


def test_a_signer_that_hands_nothing_back_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """[SIG-4] Its node contradicts itself, or its signer is ahead of it. (Not in seed 1: there the
    words that are lost are said once more, as they were.)"""
    honest = ApartSigner.recall

    def forgetful(
        self: ApartSigner, statements: tuple[Statement, ...], floor: Floor
    ) -> tuple[Unheard, ...]:
        honest(self, statements, floor)
        return ()

    monkeypatch.setattr(ApartSigner, "recall", forgetful)
    for seed in (0, 2, 3):
        cluster = Cluster(plan_of(seed))
        put_apart(cluster, seed)
        assert cluster.run().verdict is Verdict.DIVERGED
