"""send: one transfer, from the question to the proof that it is final. Never pays twice."""

from __future__ import annotations

import click
import msgspec

from client.answers import ProvenReceipt
from client.builder import transfer
from client.errors import RefusedByLedger
from client.home import Home, open_home
from client.light import LightClient, ProvenAccount
from primitives.actions import Transfer
from primitives.address import address
from primitives.amount import format_amount
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell.command import Common, common_options, examples
from wallet.documents import SendDocument, told
from wallet.reading import account_of_address, memo_of, units_of
from wallet.sending import carry_out, check_balance
from wallet.setup import home_path


class Payment(msgspec.Struct, frozen=True):
    """A transfer that was asked for. ``units`` of 10^-6 LiqBon."""

    account: int
    to: bytes
    units: int
    memo: bytes | None
    validity_ms: int

    @property
    def action(self) -> Transfer:
        """The transfer that does it."""
        return transfer([(self.to, self.units)])

    @property
    def last_ms(self) -> None:
        """It never becomes pointless by itself."""

    def signed(self, transaction: Decoded) -> None:
        """Nothing has to be remembered: the same transfer may well be wanted twice."""

    def is_meant_by(self, earlier: Decoded) -> bool:
        """Whether a pending transaction is the same payment."""
        asked = earlier.transaction
        return asked.action == self.action and asked.memo == self.memo

    async def done_before(self, light: LightClient, sender: bytes) -> ProvenReceipt | None:  # noqa: ARG002
        """None: the same transfer may well be wanted twice."""
        return None

    async def question(self, light: LightClient, proven: ProvenAccount) -> str:
        """Raises ``CommandError`` (``balance_too_low``, ``output_below_opening``)."""
        check_balance(proven, self.account, self.units)
        await self._check_opening(light)
        return (
            f"Send {format_amount(self.units)} LiqBon from account {self.account} (which holds "
            f"{format_amount(proven.record.balance)}) to "
            f"{address(self.to, light.believed.genesis.network)}?"
        )

    async def _check_opening(self, light: LightClient) -> None:
        opening = light.believed.genesis.parameters.opening
        if self.units >= opening:
            return
        if not (await light.account(self.to)).exists:
            raise RefusedByLedger(
                Outcome.OUTPUT_BELOW_OPENING.text,
                f"a first payment to an address is at least {format_amount(opening)} LiqBon",
                "It stays the owner's; it keeps the ledger from being filled with dust.",
            )


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
        to=account_of_address(to, home, "ADDRESS"),
        units=units_of(amount, "AMOUNT"),
        memo=memo_of(memo),
        validity_ms=valid_for * 1000,
    )
    make_payment(common, home, payment)


def make_payment(common: Common, home: Home, payment: Payment) -> None:
    """Pay, and tell it. Raises ``CommandError``."""
    paid = carry_out(common, home, payment)
    document = SendDocument(
        transaction=paid.transaction,
        sender=address(paid.sender, home.genesis.network),
        to=address(payment.to, home.genesis.network),
        amount=format_amount(payment.units),
        outcome=paid.settled.outcome.text,
        repeated=paid.repeated,
        elapsed_ms=paid.settled.elapsed_ms,
        proof=paid.proof,
        blames=paid.blames,
    )
    seconds = document.elapsed_ms / 1000
    common.printer.line(f"sent {document.amount} LiqBon to {document.to}")
    common.printer.line(f"final at {told(paid.proof)}; proven {seconds:.3f} s after sending")
    common.printer.line(f"transaction {document.transaction}")
    common.printer.document(document)
