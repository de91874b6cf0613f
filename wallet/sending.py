"""From an intent to the proof that it happened. Knows slots and what is pending; not what is meant.

What was signed is on disk before it is sent. Running the same command again finds it, sends the
same bytes, and so acts once; another intent of the account first has the pending one proven.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec

from client.answers import ProvenReceipt
from client.builder import Slot, account_of, build, valid_until
from client.errors import Blame, OutcomeUnknown, RefusedByLedger
from client.finality import Dead, Settled, make_final, settled
from client.home import Home, exclusive
from client.light import LightClient, ProvenAccount
from client.session import connected, tell
from primitives.actions import Action
from primitives.amount import format_amount
from primitives.encoding import encode
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell import ask
from shell.command import Common
from shell.errors import CommandError, Status
from wallet.documents import Proof, proof_of, told
from wallet.pending import Pending


class Intent(Protocol):
    """What an account is to do, once."""

    @property
    def account(self) -> int:
        """The account's number in the home."""

    @property
    def action(self) -> Action:
        """What the ledger is to carry out."""

    @property
    def memo(self) -> bytes | None:
        """None or 32 bytes."""

    @property
    def validity_ms(self) -> int:
        """How long it may wait to be carried out."""

    @property
    def last_ms(self) -> int | None:
        """Block time after which it could only be refused, if there is one."""

    def is_meant_by(self, earlier: Decoded) -> bool:
        """Whether a pending transaction does this already."""

    def signed(self, transaction: Decoded) -> None:
        """It is about to be written and sent: remember what the state will not tell later."""

    async def done_before(self, light: LightClient, sender: bytes) -> ProvenReceipt | None:
        """The proven receipt of a transaction of ``sender`` that did it, if the state names one."""

    async def question(self, light: LightClient, proven: ProvenAccount) -> str:
        """What to ask the owner. Raises ``CommandError`` for what is known to forbid it."""


class Paid(msgspec.Struct, frozen=True):
    """An intent that is done, with its proof. ``repeated``: by an earlier command."""

    sender: bytes
    settled: Settled
    proof: Proof
    repeated: bool
    blames: list[Blame]

    @property
    def transaction(self) -> str:
        """The id in hex."""
        return self.settled.id.hex()


def carry_out(common: Common, home: Home, intent: Intent) -> Paid:
    """Do it, once, and return its proof. Raises ``CommandError``: also for a proven refusal."""
    home.account_id(intent.account)
    with exclusive(home.path, f"send-{intent.account}"):
        return asyncio.run(_carried_out(common, home, intent))


async def _carried_out(common: Common, home: Home, intent: Intent) -> Paid:
    async with connected(home, common.node, common.timeout_s) as light:
        sending = _Sending(common, home, light, intent)
        try:
            found = await sending.settled()
        finally:
            tell(common.printer, light.blames)
        proof = proof_of(light.believed, found.proof.certificate)
        _check_done(found, proof)
        sender = home.account_id(intent.account)
        return Paid(sender, found, proof, sending.repeated, light.blames)


def _check_done(found: Settled, proof: Proof) -> None:
    if found.outcome is Outcome.DONE:
        return
    status = Status.REFUSED
    if found.outcome is Outcome.BALANCE_TOO_LOW:
        status = Status.INSUFFICIENT_FUNDS
    raise CommandError(
        found.outcome.text,
        f"the ledger refused it: {found.outcome.text}, final at {told(proof)}",
        "Nothing was moved.",
        status,
        {"transaction": found.id.hex(), "height": proof.height},
    )


class _Sending:
    """The steps of one intent."""

    def __init__(self, common: Common, home: Home, light: LightClient, intent: Intent) -> None:
        self._common = common
        self._home = home
        self._light = light
        self._intent = intent
        self._note: Callable[[str], None] = common.printer.note
        self._pending = Pending(home.path, home.chain)
        self.repeated = False

    async def settled(self) -> Settled:
        """The proven end of what did it. Raises ``CommandError``."""
        intent = self._intent
        for earlier in self._pending.of(intent.account):
            found = await self._settle_earlier(earlier)
            if found is not None and intent.is_meant_by(earlier):
                self.repeated = True
                return found
        before = await intent.done_before(self._light, self._home.account_id(intent.account))
        if before is not None:
            self.repeated = True
            return settled(self._light, before.receipt.origin, before, 0)
        transaction = await self._signed()
        intent.signed(transaction)  # first: what is remembered and was never sent does no harm
        self._pending.add(intent.account, transaction)
        try:
            return await self._made_final(transaction)
        except Dead as dead:
            self._pending.forget(transaction.id)
            raise _never(dead) from None

    async def _settle_earlier(self, earlier: Decoded) -> Settled | None:
        """The proven end of what was pending, or None: it is dead, or given up.

        One that every node refuses is given up by using its slot for this one: at most one of the
        two can ever be executed.
        """
        id_ = earlier.id.hex()
        self._note(f"an earlier payment is not proven yet; sending it again ({id_})")
        try:
            found = await self._made_final(earlier)
        except Dead as dead:
            self._note(f"it is proven dead ({dead.code}); nothing was moved by it")
            self._pending.forget(earlier.id)
            return None
        except RefusedByLedger as refused:
            self._note(f"every node refuses it ({refused.code}); this payment takes its place")
            return None
        self._note(f"it is final: {found.outcome.text}, height {found.height}")
        return found

    async def _signed(self) -> Decoded:
        """A new transaction, after everything that can be known to forbid it was looked at."""
        intent = self._intent
        proven = await self._light.account(self._home.account_id(intent.account))
        self._check_slots(proven)
        ask.confirm(await intent.question(self._light, proven), self._common.yes)
        vault = self._home.unlock(ask.passphrase(self._common.passphrase_file))
        key = self._home.signer(vault, intent.account)
        assert account_of(key) == proven.account
        block_ms = proven.certificate.attestation.time
        until_ms = valid_until(self._light.clock(), block_ms, intent.validity_ms)
        if intent.last_ms is not None:
            until_ms = min(until_ms, intent.last_ms)
        slot = Slot(self._home.chain, 0, proven.sequence, until_ms)
        return build(key, slot, intent.action, intent.memo)

    def _check_slots(self, proven: ProvenAccount) -> None:
        """What nodes refuse is given up only while its slot is unused, which a new payment takes.

        A used slot may have been used by what they refused: signing anew would pay twice. Raises
        ``OutcomeUnknown``.
        """
        for earlier in self._pending.of(self._intent.account):
            if earlier.transaction.sequence < proven.sequence:
                id_ = earlier.id.hex()
                raise OutcomeUnknown(
                    "finality_unknown",
                    f"the nodes refuse {id_}, yet its place was used, and none shows by what: it "
                    "may have been carried out",
                    "Nothing new was signed. Ask other nodes with --node: one proves what became "
                    "of it.",
                    details={"transaction": id_},
                )

    async def _made_final(self, transaction: Decoded) -> Settled:
        raw = encode(transaction.signed)
        found = await make_final(self._light, transaction, raw, self._common.timeout_s)
        self._pending.drop(self._intent.account, transaction.transaction.sequence)
        return found


def _never(dead: Dead) -> RefusedByLedger:
    """What to say of a transaction that can never be executed."""
    hint = "Another transaction of this account came first. Look at 'history', then do it again."
    if dead.code == "expired":
        hint = "Its time was over before any node had it carried out. Nothing was moved."
    return RefusedByLedger(
        dead.code, f"proven never to be executed: {dead.code}, {dead.detail}", hint
    )


def check_balance(proven: ProvenAccount, account: int, units: int) -> None:
    """Raise ``CommandError`` (``balance_too_low``, status 4) unless the proven balance suffices."""
    balance = proven.record.balance
    if balance < units:
        raise CommandError(
            Outcome.BALANCE_TOO_LOW.text,
            f"account {account} holds {format_amount(balance)} LiqBon, "
            f"{format_amount(units)} are to be sent",
            status=Status.INSUFFICIENT_FUNDS,
        )
