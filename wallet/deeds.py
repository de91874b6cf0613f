"""One thing that an account does once: a ``wallet.sending.Intent`` put together from functions.

Knows how an action, the question before it and what is remembered of it belong together; not what
any of them means. Two are the same if their actions are: nothing in an action may depend on when
the command was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from client.answers import ProvenReceipt
from client.builder import VALIDITY_MS
from client.light import LightClient, ProvenAccount
from primitives.actions import Action
from primitives.transaction import Decoded

Question: TypeAlias = Callable[[LightClient, ProvenAccount], Awaitable[str]]
"""What to ask the owner, after everything that is known to forbid it. Raises ``CommandError``."""
Before: TypeAlias = Callable[[LightClient, bytes], Awaitable[ProvenReceipt | None]]
"""The proven receipt of what did it already, for a sender; None if nothing is known to have."""


async def nothing_before(light: LightClient, sender: bytes) -> ProvenReceipt | None:  # noqa: ARG001
    """It may be wanted twice, or the ledger itself does it once."""
    return None


def nothing_kept(transaction: Decoded) -> None:
    """There is nothing to remember."""


class Deed(msgspec.Struct, frozen=True):
    """``account`` is its number in the home; ``last_ms`` the block time after which the ledger
    could only refuse it: better that it is provably dead then."""

    account: int
    action: Action
    ask: Question
    before: Before = nothing_before
    last_ms: int | None = None
    keep: Callable[[Decoded], None] = nothing_kept
    memo: None = None
    validity_ms: int = VALIDITY_MS

    def is_meant_by(self, earlier: Decoded) -> bool:
        """Whether a pending transaction does exactly this."""
        return earlier.transaction.action == self.action and earlier.transaction.memo is None

    def signed(self, transaction: Decoded) -> None:
        """Remember it, before it is sent."""
        self.keep(transaction)

    async def done_before(self, light: LightClient, sender: bytes) -> ProvenReceipt | None:
        """As ``before`` finds it."""
        return await self.before(light, sender)

    async def question(self, light: LightClient, proven: ProvenAccount) -> str:
        """As ``ask`` puts it."""
        return await self.ask(light, proven)
