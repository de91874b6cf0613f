"""One transaction by a role's key, from the question to its proof. Knows no rule; never acts twice.

What is signed is on disk before it is sent, and sent again by the next run until its end is proven.
Single transactions take the account's last channel, so that they neither wait for mints that are on
their way nor stand in theirs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

import msgspec

from client.builder import Slot, build, valid_until
from client.errors import RefusedByLedger
from client.finality import Dead, Settled, make_final
from client.home import exclusive
from client.session import now_ms
from partner.roles import Key
from partner.sent import Sent
from partner.visit import Visit
from primitives.actions import Action
from primitives.encoding import encode
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell import ask


class Deed(msgspec.Struct, frozen=True):
    """What is to be done.

    ``prepare`` raises what the ledger would refuse, and gives the question to the person; ``store``
    puts on disk what must be there before anything is sent. Neither is called when an earlier run
    signed the same and its end is not proven yet: then that one is followed. ``is_same`` says
    whether a pending action is the same; equality unless told.
    """

    action: Action
    prepare: Callable[[], Awaitable[str]]
    store: Callable[[], None] = lambda: None
    is_same: Callable[[Action], bool] | None = None

    def is_meant(self, other: Action) -> bool:
        """Whether ``other``, signed by an earlier run, is what is to be done."""
        return self.action == other if self.is_same is None else self.is_same(other)


class Acted(msgspec.Struct, frozen=True):
    """A done action with its proof; ``repeated``: a run before this one signed it."""

    settled: Settled
    repeated: bool


async def act(visit: Visit, db: sqlite3.Connection, key: Key, deed: Deed) -> Acted:
    """Have the ledger carry out a deed.

    Raises ``RefusedByLedger`` with the ledger's code, ``OutcomeUnknown``, ``KeyFault``,
    ``CommandError`` (``busy``); after ``OutcomeUnknown`` another run finds what was signed.
    """
    with exclusive(visit.home.path, f"account-{key.account}"):
        return await _Acting(visit, Sent(db, visit.home.chain), key).act(deed)


class _Acting:
    def __init__(self, visit: Visit, sent: Sent, key: Key) -> None:
        self._visit = visit
        self._sent = sent
        self._key = key

    async def act(self, deed: Deed) -> Acted:
        """The deed's proof, from an earlier run's transaction or a new one."""
        for earlier in self._sent.open(self._key.id):
            settled = await self._settle_earlier(earlier)
            if settled is not None and deed.is_meant(earlier.transaction.action):
                return Acted(_checked(settled), repeated=True)
        transaction = await self._signed(deed.action, await deed.prepare())
        deed.store()
        self._sent.add(transaction, now_ms())
        try:
            settled = await self._made_final(transaction)
        except Dead as dead:
            self._sent.dead(transaction.id, dead.code)
            raise RefusedByLedger(
                dead.code,
                f"proven never to be executed: {dead.code}, {dead.detail}",
                "Another transaction of this account came first. Nothing was done; try again.",
            ) from None
        return Acted(_checked(settled), repeated=False)

    async def _settle_earlier(self, earlier: Decoded) -> Settled | None:
        """How a transaction ended that an earlier run signed; None if it never did anything."""
        note = self._visit.printer.note
        note(f"an earlier transaction is not proven yet; sending it again ({earlier.id.hex()})")
        try:
            settled = await self._made_final(earlier)
        except Dead as dead:
            self._sent.dead(earlier.id, dead.code)
            note(f"it is proven dead ({dead.code}); nothing was done by it")
            return None
        except RefusedByLedger as refused:
            note(f"every node refuses it ({refused.code}); what is signed next takes its slot")
            return None
        note(f"it is final: {settled.outcome.text}, height {settled.height}")
        return settled

    async def _signed(self, action: Action, question: str) -> Decoded:
        light, home = self._visit.light, self._visit.home
        last = (await light.account(self._key.id)).record.channels - 1
        proven = await light.account(self._key.id, last)
        ask.confirm(question, self._visit.common.yes)
        vault = home.unlock(ask.passphrase(self._visit.common.passphrase_file))
        signer = home.signer(vault, self._key.account)
        until_ms = valid_until(light.clock(), proven.certificate.attestation.time)
        slot = Slot(home.chain, last, proven.sequence, until_ms)
        return build(signer, slot, action)

    async def _made_final(self, transaction: Decoded) -> Settled:
        raw = encode(transaction.signed)
        timeout_s = self._visit.common.timeout_s
        try:
            settled = await make_final(self._visit.light, transaction, raw, timeout_s)
        except RefusedByLedger as refused:
            self._sent.replaced(transaction.id, refused.code)
            raise
        self._sent.final(transaction.id, settled.outcome.text)
        return settled


def _checked(settled: Settled) -> Settled:
    if settled.outcome is not Outcome.DONE:
        code = settled.outcome.text
        raise RefusedByLedger(
            code,
            f"the ledger refused it: {code}, final at height {settled.height}, attested by "
            f"{settled.attested} of {settled.members}",
            "Nothing was done.",
            details={"transaction": settled.id.hex(), "height": settled.height},
        )
    return settled
