"""send: one transfer, from the question to the proof that it is final. Never pays twice."""

from __future__ import annotations

import asyncio

import click
import msgspec

from client.builder import Slot, account_of, build, transfer, valid_until
from client.errors import RefusedByLedger
from client.finality import Dead, Settled, make_final
from client.home import Home, exclusive, open_home
from client.light import LightClient
from client.session import connected, tell
from primitives.actions import Transfer
from primitives.address import address, parse_address
from primitives.amount import format_amount, parse_amount
from primitives.encoding import Malformed, encode
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status, UsageError
from shell.output import Printer
from wallet.documents import Proof, SendDocument, proof_of, told
from wallet.pending import Pending, is_same
from wallet.setup import home_path


class Payment(msgspec.Struct, frozen=True):
    """What was asked for. ``units`` of 10^-6 LiqBon."""

    account: int
    to: bytes
    units: int
    memo: bytes | None
    validity_ms: int

    @property
    def action(self) -> Transfer:
        """The transfer that does it."""
        return transfer([(self.to, self.units)])


@click.command(
    epilog=examples(
        "liqbon-wallet send tlqb1... 12.5",
        "liqbon-wallet send tlqb1... 0.25 --account 1 --yes --output json",
    )
)
@click.argument("to", metavar="ADDRESS")
@click.argument("amount")
@click.option("--memo", metavar="HEX", help="32 bytes that the recipient knows, in hex.")
@click.option(
    "--valid-for",
    type=click.IntRange(1, 7 * 24 * 3600),
    default=3600,
    metavar="SECONDS",
    help="It can be executed for so long; an hour unless told, seven days at most.",
)
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def send(common: Common, to: str, amount: str, memo: str | None, valid_for: int) -> None:
    """Send AMOUNT LiqBon to ADDRESS, and wait for the proof that it is final.

    Safe to run again after exit status 7: the same signed bytes are sent, and act only once.
    """
    home = open_home(home_path(common))
    payment = Payment(
        account=common.account,
        to=_address(to, home),
        units=_units(amount),
        memo=_memo(memo),
        validity_ms=valid_for * 1000,
    )
    home.account_id(payment.account)
    with exclusive(home.path, f"send-{payment.account}"):
        asyncio.run(_send(common, home, payment))


async def _send(common: Common, home: Home, payment: Payment) -> None:
    pending = Pending(home.path, home.chain)
    async with connected(home, common.node, common.timeout_s) as light:
        sending = _Sending(common, home, light, pending)
        try:
            transaction, settled = await sending.pay(payment)
        finally:
            tell(common.printer, light.blames)
        proof = proof_of(light.believed, settled.proof.certificate)
        document = SendDocument(
            transaction=transaction.id.hex(),
            sender=address(transaction.transaction.sender, home.genesis.network),
            to=address(payment.to, home.genesis.network),
            amount=format_amount(payment.units),
            outcome=settled.outcome.text,
            repeated=sending.repeated,
            elapsed_ms=settled.elapsed_ms,
            proof=proof,
            blames=light.blames,
        )
    _tell(common.printer, document, settled, proof)


def _tell(printer: Printer, document: SendDocument, settled: Settled, proof: Proof) -> None:
    if settled.outcome is not Outcome.DONE:
        status = Status.REFUSED
        if settled.outcome is Outcome.BALANCE_TOO_LOW:
            status = Status.INSUFFICIENT_FUNDS
        raise CommandError(
            settled.outcome.text,
            f"the ledger refused it: {settled.outcome.text}, final at {told(proof)}",
            "Nothing was moved.",
            status,
            {"transaction": document.transaction, "height": proof.height},
        )
    printer.line(f"sent {document.amount} LiqBon to {document.to}")
    printer.line(f"final at {told(proof)}; proven {settled.elapsed_ms / 1000:.3f} s after sending")
    printer.line(f"transaction {document.transaction}")
    printer.document(document)


class _Sending:
    """The steps of one payment."""

    def __init__(self, common: Common, home: Home, light: LightClient, pending: Pending) -> None:
        self._common = common
        self._home = home
        self._light = light
        self._pending = pending
        self.repeated = False

    async def pay(self, payment: Payment) -> tuple[Decoded, Settled]:
        """The transaction that did it, proven. Raises ``CommandError``."""
        for earlier in self._pending.of(payment.account):
            settled = await self._settle_earlier(payment, earlier)
            if settled is not None and is_same(earlier, payment.action, payment.memo):
                self.repeated = True
                return earlier, settled
        transaction = await self._signed(payment)
        self._pending.add(payment.account, transaction)
        try:
            settled = await self._made_final(payment.account, transaction)
        except Dead as dead:
            self._pending.forget(transaction.id)
            raise RefusedByLedger(
                dead.code,
                f"proven never to be executed: {dead.code}, {dead.detail}",
                "Another transaction of this account came first. Look at 'history', then send it.",
            ) from None
        return transaction, settled

    async def _settle_earlier(self, payment: Payment, earlier: Decoded) -> Settled | None:
        """The proven end of a payment that was pending, or None: it is dead, or given up.

        One that every node refuses is given up by using its slot for this one: at most one of the
        two can ever be executed.
        """
        id_ = earlier.id.hex()
        self._common.printer.note(f"an earlier payment is not proven yet; sending it again ({id_})")
        try:
            settled = await self._made_final(payment.account, earlier)
        except Dead as dead:
            self._common.printer.note(f"it is proven dead ({dead.code}); nothing was moved by it")
            self._pending.forget(earlier.id)
            return None
        except RefusedByLedger as refused:
            note = f"every node refuses it ({refused.code}); this payment takes its place"
            self._common.printer.note(note)
            return None
        self._common.printer.note(f"it is final: {settled.outcome.text}, height {settled.height}")
        return settled

    async def _signed(self, payment: Payment) -> Decoded:
        """A new transaction, after everything that can be known to forbid it was looked at."""
        proven = await self._light.account(self._home.account_id(payment.account))
        balance = proven.record.balance
        if balance < payment.units:
            raise CommandError(
                Outcome.BALANCE_TOO_LOW.text,
                f"account {payment.account} holds {format_amount(balance)} LiqBon, "
                f"{format_amount(payment.units)} are to be sent",
                status=Status.INSUFFICIENT_FUNDS,
            )
        await self._check_opening(payment)
        shown = address(payment.to, self._home.genesis.network)
        ask.confirm(
            f"Send {format_amount(payment.units)} LiqBon from account {payment.account} "
            f"(which holds {format_amount(balance)}) to {shown}?",
            self._common.yes,
        )
        vault = self._home.unlock(ask.passphrase(self._common.passphrase_file))
        key = self._home.signer(vault, payment.account)
        assert account_of(key) == proven.account
        block_ms = proven.certificate.attestation.time
        until_ms = valid_until(self._light.clock(), block_ms, payment.validity_ms)
        slot = Slot(self._home.chain, 0, proven.sequence, until_ms)
        return build(key, slot, payment.action, payment.memo)

    async def _check_opening(self, payment: Payment) -> None:
        opening = self._home.genesis.parameters.opening
        if payment.units >= opening:
            return
        if not (await self._light.account(payment.to)).exists:
            raise RefusedByLedger(
                Outcome.OUTPUT_BELOW_OPENING.text,
                f"a first payment to an address is at least {format_amount(opening)} LiqBon",
                "It stays the owner's; it keeps the ledger from being filled with dust.",
            )

    async def _made_final(self, account: int, transaction: Decoded) -> Settled:
        raw = encode(transaction.signed)
        settled = await make_final(self._light, transaction, raw, self._common.timeout_s)
        self._pending.drop(account, transaction.transaction.sequence)
        return settled


def _address(text: str, home: Home) -> bytes:
    try:
        return parse_address(text, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, f"ADDRESS: {error.detail}") from None


def _units(text: str) -> int:
    try:
        units = parse_amount(text)
    except Malformed as error:
        raise UsageError(error.code, f"AMOUNT: {error.detail}") from None
    if units == 0:
        raise UsageError("amount_zero", "AMOUNT: nothing to send")
    return units


def _memo(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        memo = bytes.fromhex(text)
    except ValueError:
        memo = b""
    if len(memo) != 32 or memo.hex() != text:
        raise UsageError("memo_malformed", "--memo is 64 lower-case hex digits, no text")
    return memo
