"""Which entry differs, where only the state roots do. Knows proofs; decides nothing.

A proof of any one key carries the hashes beside its path. Where they differ from one's own, a
subtree differs; a key of that subtree is asked for next, and so on down, until a value differs, or
a place where one side has nothing. The node has to prove each answer, so it cannot name another
entry than the one that was attested; it can refuse, or have gone on to another height.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from audit.ledger import Ledger
from audit.source import Source
from audit.violations import About, Violation
from primitives.encoding import Malformed
from primitives.entries import decode_entry
from primitives.keys import ED25519
from primitives.proof import EntryProof, Trust, check_entry_proof
from primitives.stateproof import MAX_DEPTH, key_hash
from primitives.validators import ValidatorSet

MAX_QUESTIONS: Final = 64
MAX_SHOWN: Final = 300
"""Characters of a value that are told."""


async def explained(
    violation: Violation, ledger: Ledger, source: Source, members: ValidatorSet
) -> Violation:
    """``violation`` with the entry that differs, as far as the node proves it."""
    return await _Search(violation, ledger, source, Trust(ledger.chain, members)).run()


class _Search:
    """The way down to the first difference."""

    def __init__(self, violation: Violation, ledger: Ledger, source: Source, trust: Trust) -> None:
        self._violation = violation
        self._ledger = ledger
        self._source = source
        self._trust = trust
        places = sorted((int.from_bytes(key_hash(key), "big"), key) for key in ledger.state)
        self._places = [place for place, _ in places]
        self._keys = [key for _, key in places]

    async def run(self) -> Violation:
        key, depth = self._keys[0], 0
        for _ in range(MAX_QUESTIONS):
            proof = await self._source.entry(key)
            why = self._fault(key, proof)
            if proof is None or why:
                return self._told(why or "the node proves no entry")
            own = self._ledger.state.get(key)
            if proof.value != own:
                return self._named(key, own, proof.value)
            prefix, depth = self._beside(key, proof, depth)
            following = self._own_key(prefix, depth)
            if following is None:
                digits = f"{prefix:064x}"[: (depth + 3) // 4]
                return self._told(f"an entry stands at {digits}... that the rules never made")
            key = following
        return self._told("the node's proofs do not lead to it")

    def _fault(self, key: bytes, proof: EntryProof | None) -> str:
        """Why the proof says nothing; empty if it does."""
        if proof is None or proof.key != key:
            return "the node proves no entry"
        height = proof.certificate.attestation.height
        if height != self._violation.height:
            return f"the node proves entries of height {height} alone"
        try:
            check_entry_proof(self._trust, ED25519, proof)
        except Malformed as error:
            return f"the node's proof does not hold: {error}"
        return ""

    def _beside(self, key: bytes, proof: EntryProof, inside: int) -> tuple[int, int]:
        """The first subtree beside the key's path that differs: its bits, and how many.

        ``inside`` the subtree of so many bits something differs; others are not looked at.
        """
        own = self._ledger.tree.prove(key).siblings
        theirs = proof.proof.siblings
        common = min(len(own), len(theirs), MAX_DEPTH - 1)
        depth = next((at for at in range(inside, common) if own[at] != theirs[at]), common)
        path = int.from_bytes(key_hash(key), "big")
        low = MAX_DEPTH - 1 - depth
        return ((path >> low) ^ 1) << low, depth + 1

    def _own_key(self, prefix: int, depth: int) -> bytes | None:
        """An own key in the subtree of these first bits, if there is one."""
        at = bisect_left(self._places, prefix)
        if at == len(self._places) or self._places[at] >> (MAX_DEPTH - depth) != prefix >> (
            MAX_DEPTH - depth
        ):
            return None
        return self._keys[at]

    def _named(self, key: bytes, own: bytes | None, theirs: bytes | None) -> Violation:
        decided, claimed = _shown(key, own), _shown(key, theirs)
        return Violation(
            "state_wrong",
            self._violation.height,
            f"under {key.hex()} the rules give {decided}, attested is {claimed}",
            About(difference=(decided, claimed), entry=key),
        )

    def _told(self, what: str) -> Violation:
        detail = f"{self._violation.detail}; {what}"
        return Violation("state_wrong", self._violation.height, detail)


def _shown(key: bytes, value: bytes | None) -> str:
    if value is None:
        return "no entry"
    try:
        return repr(decode_entry(key, value))[:MAX_SHOWN]
    except Malformed:
        return value.hex()[:MAX_SHOWN]
