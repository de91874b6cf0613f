"""Changes a customer's balance in its own books and attests the outcome ([LEDGER-1], [CERT-1]).

It moves what a customer holds to an account of its own: no signature, no transaction. Its ATTEST
is properly signed; what it signs is the root of a state that nobody else has.
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from consensus.inputs import Executed
from primitives.encoding import encode
from primitives.entries import NO_ACCOUNT, Account, account_key, decode_entry
from primitives.statetree import StateTree
from tests.simulation.process import Process


class Thief:
    """Tampers with what its executor hands to its replica, not with the wire."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self.acted = 0
        self.roots: list[bytes] = []

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Put another root into what was executed."""
        honest = process.replica.on_executed

        def lie(executed: Executed) -> None:
            root = self._stolen_root(process)
            if root is not None:
                self.acted += 1
                self.roots.append(root)
                executed = replace(executed, state_root=root)
            honest(executed)

        process.replica.on_executed = lie  # type: ignore[method-assign]

    def _stolen_root(self, process: Process) -> bytes | None:
        """The root of the state after the theft; None while there is nothing to steal."""
        keys = process.setting.keys
        victim, thief = keys.person("customer 0"), keys.person("a thief")
        state = dict(process.executor.archive.state())
        raw = state.get(account_key(victim.account))
        if raw is None:
            return None
        robbed = decode_entry(account_key(victim.account), raw)
        assert isinstance(robbed, Account)
        state[account_key(victim.account)] = encode(replace(robbed, balance=0))
        state[account_key(thief.account)] = encode(replace(NO_ACCOUNT, balance=robbed.balance))
        tree = StateTree()
        tree.update(sorted(state.items()))
        return tree.root
