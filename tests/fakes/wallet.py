"""A wallet as a test types at it, and a till that it spends at: commands run in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any

from click.testing import CliRunner, Result

from client.home import Home
from client.uri import InvoiceRequest, invoice_uri
from node.queries import Queries
from primitives.actions import Invoice, invoice_message
from primitives.address import address, single_key
from primitives.genesis import Genesis
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell.mnemonic import account_key, sentence_seed
from tests.builders import Person, a_redeem, a_refund, a_role, an_invoice
from tests.fakes.network import WORDS, Network, clock_ms
from wallet.cli import cli


def the_owner(words: str = WORDS, account: int = 0) -> Person:
    """Who a wallet's words are."""
    key = account_key(sentence_seed(words), account)
    return Person("owner", (key,), single_key(key.public_key))


def invoke(line: str, *paths: Path, stdin: str = "") -> Result:
    """A command typed as a line; each ``@`` stands for the next path."""
    given = iter(paths)
    words = [str(next(given)) if word == "@" else word for word in line.split()]
    return CliRunner().invoke(cli, words, input=stdin)


@dataclass
class Wallet:
    """A wallet with a network behind it."""

    network: Network
    genesis: Genesis
    home: Home
    path: Path

    def run(self, *arguments: str, home: Path | None = None, stdin: str = "") -> Result:
        path = home or self.path
        return CliRunner().invoke(
            cli,
            [*arguments, "--home", str(path)],
            input=stdin,
            env={"LIQBON_PASSPHRASE_FILE": str(self.path.with_suffix(".pass"))},
        )

    def json(self, *arguments: str, status: int = 0) -> Any:
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == status, (result.stdout, result.stderr)
        return json.loads(result.stdout)

    def name(self, person: Person) -> str:
        return address(person.account, self.genesis.network)


class Till:
    """A partner's cashier on a network: invoices with ids of their own, refunds, other payers."""

    def __init__(self, network: Network, partner: str = "north") -> None:
        self._network = network
        self.partner = partner
        self.chain = network.ledger.executor.chain

    def invoice(self, amount: int, payer: Person | None = None, good_ms: int = 600_000) -> Invoice:
        """Good for ten minutes from now, unless told."""
        expires = clock_ms() + good_ms
        return an_invoice(self.partner, amount, id=token_bytes(32), expires=expires, payer=payer)

    def uri(self, invoice: Invoice, cashier: Person | None = None) -> str:
        """The invoice under the cashier's signature, or another's."""
        signer = cashier or a_role(self.partner, "cashier")
        signed = signer.endorse(invoice_message(self.chain, invoice))
        return invoice_uri(InvoiceRequest(self.chain, invoice, signed))

    def redeemed_by(self, person: Person, invoice: Invoice) -> None:
        """Somebody else redeems it."""
        self._carried_out(a_redeem(person, invoice, **self._fields(person)))

    def refund(self, invoice: Invoice, amount: int) -> None:
        """Give a part of it back."""
        cashier = a_role(self.partner, "cashier")
        refund = token_bytes(32)
        fields = self._fields(cashier)
        self._carried_out(a_refund(self.partner, invoice.id, amount, refund, **fields))

    def _carried_out(self, transaction: Decoded) -> None:
        ledger = self._network.ledger
        self._network.call(ledger.block, transaction)
        found = self._network.call(Queries(ledger.executor).transaction, transaction.id)
        assert found is not None
        assert found.receipt.outcome is Outcome.DONE

    def _fields(self, sender: Person) -> dict[str, object]:
        sequence = self._network.ledger.executor.next_sequence(sender.account, 0)
        return {"chain": self.chain, "sequence": sequence, "valid_until": clock_ms() + 60_000}
