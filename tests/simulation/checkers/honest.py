"""[EVID-1] No honest node is ever proven a liar, blamed for a message, or made to halt."""

from __future__ import annotations

from node.world import Misbehaviour
from primitives.encoding import Malformed
from primitives.evidence import Evidence, check_evidence
from tests.simulation.process import Setting
from tests.simulation.verdict import Diverged


class Honesty:
    """Knows who is Byzantine (a partner; empty: nobody), and takes no accusation of anyone else."""

    def __init__(self, setting: Setting, byzantine: str) -> None:
        self._setting = setting
        self._byzantine = byzantine
        self.proofs = 0

    def accused(self, evidence: Evidence) -> None:
        """Evidence must prove its point, against the one who lies."""
        setting = self._setting
        try:
            members = setting.epochs[evidence.epoch]
            check_evidence(setting.chain, members, setting.keys.scheme, evidence)
        except (Malformed, KeyError) as error:
            raise Diverged(f"evidence that proves nothing: {error}") from error
        accused = members.members[evidence.accused].partner
        if accused != self._byzantine:
            raise Diverged(f"honest member {accused}: {evidence.offence.name}")
        self.proofs += 1

    def misbehaved(self, partner: str, blame: Misbehaviour) -> None:
        """A peer was disconnected."""
        if partner != self._byzantine:
            raise Diverged(f"honest member {partner} blamed for {blame.code}")
