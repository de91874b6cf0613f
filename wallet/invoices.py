"""Invoices as a customer meets them: read from wherever they are, and held against proven state.

Knows what the ledger will ask of a redemption ([LEDGER-17]), and looks at each of it before
anything is signed ([URI-5]). Signs and sends nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from client.answers import ProvenReceipt
from client.builder import VALIDITY_MS
from client.errors import NotProven, RefusedByLedger
from client.fields import format_time
from client.home import Home
from client.light import LightClient, ProvenAccount
from client.uri import MAX_URI, SCHEME, InvoiceRequest, PaymentRequest, parse_invoice, parse_uri
from primitives.actions import Invoice, Redeem, invoice_message
from primitives.address import address
from primitives.amount import format_amount
from primitives.encoding import Malformed, Wire, decode
from primitives.endorsement import checks
from primitives.entries import (
    Limits,
    Partner,
    Position,
    Redemption,
    limits_key,
    partner_key,
    position_key,
    redemption_key,
)
from primitives.keys import ED25519
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell import ask
from shell.errors import UsageError
from shell.output import plain
from wallet.sending import check_balance

W = TypeVar("W", bound=Wire)


class Redeeming(msgspec.Struct):
    """An invoice to be redeemed by an account: a ``wallet.sending.Intent``.

    ``partner`` is who asks, as proven: None until the state was looked at.
    """

    account: int
    request: InvoiceRequest
    partner: Partner | None = None
    memo: None = None
    validity_ms: int = VALIDITY_MS

    @property
    def invoice(self) -> Invoice:
        """What the cashier asks for."""
        return self.request.invoice

    @property
    def action(self) -> Redeem:
        """What the ledger is to carry out."""
        return Redeem(self.request.invoice, self.request.cashier)

    @property
    def last_ms(self) -> int:
        """Beyond its expiry the ledger would refuse it: better that it is provably dead then."""
        return self.invoice.expires

    def is_meant_by(self, earlier: Decoded) -> bool:
        """Whether a pending transaction redeems the same invoice."""
        action = earlier.transaction.action
        return isinstance(action, Redeem) and action.invoice == self.invoice

    async def done_before(self, light: LightClient, sender: bytes) -> ProvenReceipt | None:
        """The receipt of the sender's own redemption of this invoice: nothing is left to do.

        Raises ``RefusedByLedger`` (``invoice_used``) if another account redeemed it.
        """
        key = redemption_key(self.invoice.partner, self.invoice.id)
        used = await _entry(light, key, Redemption)
        if used is None:
            return None
        if used.payer != sender or used.amount != self.invoice.amount:
            payer = address(used.payer, light.believed.genesis.network)
            raise _refused(
                Outcome.INVOICE_USED,
                f"{payer} redeemed this invoice at height {used.height}",
                "It can be redeemed once. Ask the partner for another.",
            )
        receipt = await light.receipt(used.transaction)
        if receipt is None:
            id_ = used.transaction.hex()
            raise NotProven(
                "not_proven",
                f"this account redeemed the invoice in {id_}, whose receipt no node shows",
                "Nothing was paid now. Give more nodes with --node.",
            )
        self.partner = await _partner(light, self.invoice.partner)
        return receipt

    async def question(self, light: LightClient, proven: ProvenAccount) -> str:
        """What to ask, after everything that the ledger will ask. Raises ``CommandError``."""
        partner = self.partner = await _partner(light, self.invoice.partner)
        if self.request.cashier.account != partner.roles.cashier:
            raise _refused(
                Outcome.NOT_CASHIER,
                f"this invoice is not signed by the cashier of {plain(partner.name)}",
                "Somebody else made it. Pay nothing, and tell the partner.",
            )
        _check_time(light, self.invoice, proven)
        _check_payer(light, self.invoice, proven)
        await _check_claim_bound(light, self.invoice, partner)
        check_balance(proven, self.account, self.invoice.amount)
        return (
            f"Redeem {format_amount(self.invoice.amount)} LiqBon at {plain(partner.name)} "
            f"({partner.code}) from account {self.account} (which holds "
            f"{format_amount(proven.record.balance)})?"
        )


def read_request(text: str, home: Home) -> PaymentRequest | InvoiceRequest:
    """What a typed URI asks for. Raises ``UsageError``."""
    try:
        return parse_uri(text, home.chain, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, f"URI: {error.detail}") from None


def read_invoice(text: str, home: Home, passphrase_file: str | None) -> InvoiceRequest:
    """The invoice that INVOICE means: a URI, bare base64url, a file of either, or ``-``.

    Raises ``UsageError``.
    """
    if text == passphrase_file == ask.STANDARD_INPUT:
        raise UsageError("usage", "standard input cannot hold both the invoice and the passphrase")
    found = _contents(text).strip()
    try:
        if found[: len(SCHEME)].lower() != SCHEME:
            return parse_invoice(found, home.chain)
        request = parse_uri(found, home.chain, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, f"INVOICE: {error.detail}") from None
    if isinstance(request, PaymentRequest):
        raise UsageError(
            "invoice_expected", "INVOICE: it asks for a payment to an address", "Use 'pay'."
        )
    return request


def _contents(text: str) -> str:
    """The text itself, or of the file that it names."""
    try:
        if text == ask.STANDARD_INPUT:
            return _bounded(sys.stdin.buffer.read(MAX_URI + 2))
        # An invoice is longer than any file's name, and no file is asked for a URI.
        if len(text) > 255 or text[: len(SCHEME)].lower() == SCHEME or not Path(text).is_file():
            return text
        with Path(text).open("rb") as file:
            return _bounded(file.read(MAX_URI + 2))
    except OSError as error:
        raise UsageError("file_error", f"INVOICE: {error.strerror}") from None
    except ValueError:  # no file's name holds a zero byte
        return text


def _bounded(data: bytes) -> str:
    if len(data) > MAX_URI + 1:  # a final line break is no part of it
        raise UsageError("oversized", f"INVOICE: over {MAX_URI} characters")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise UsageError("invoice_malformed", "INVOICE: not ASCII text") from None


async def _entry(light: LightClient, key: bytes, kind: type[W]) -> W | None:
    """A state entry as a quorum attested it."""
    proven = await light.value(key)
    return None if proven.value is None else decode(kind, proven.value)


async def _partner(light: LightClient, code: str) -> Partner:
    partner = await _entry(light, partner_key(code), Partner)
    if partner is None:
        raise _refused(
            Outcome.PARTNER_UNKNOWN, f"no partner of this network has the code {code}", ""
        )
    return partner


def check_signatures(request: InvoiceRequest) -> None:
    """The endorsement's own keys signed exactly this invoice, for this chain; whose they are is
    not known yet. Raises ``UsageError`` (``signature_invalid``)."""
    message = invoice_message(request.chain, request.invoice)
    cashier = request.cashier
    if not all(ED25519.verify_many(checks(cashier.policy, cashier.signatures, message))):
        raise UsageError(
            "signature_invalid",
            "INVOICE: its signature does not fit what it says",
            "It was changed after it was signed, or forged. Ask for it again.",
        )


def _check_time(light: LightClient, invoice: Invoice, proven: ProvenAccount) -> None:
    """By proven time; where that is old, the own clock counts too ([URI-5])."""
    now_ms = proven.freshness.as_of_ms
    if not proven.freshness.is_fresh:
        now_ms = max(now_ms, light.clock())
    if invoice.expires < now_ms:
        raise _refused(
            Outcome.INVOICE_EXPIRED,
            f"this invoice was good until {format_time(invoice.expires)}, "
            f"it is {format_time(now_ms)}",
            "Ask the partner for another.",
        )


def _check_payer(light: LightClient, invoice: Invoice, proven: ProvenAccount) -> None:
    if invoice.payer not in (None, proven.account):
        assert invoice.payer is not None
        payer = address(invoice.payer, light.believed.genesis.network)
        raise _refused(
            Outcome.INVOICE_FOR_ANOTHER,
            f"this invoice is for {payer} alone",
            "If that is another account of yours, name it with --account.",
        )


async def _check_claim_bound(light: LightClient, invoice: Invoice, partner: Partner) -> None:
    """What others would come to owe the partner stays within its bound."""
    position = await _entry(light, position_key(partner.code), Position)
    limits = await _entry(light, limits_key(partner.code), Limits)
    assert position is not None
    assert limits is not None
    if position.owed + invoice.amount > limits.terms.claim_bound:
        room = max(0, limits.terms.claim_bound - position.owed)
        raise _refused(
            Outcome.CLAIM_BOUND_EXCEEDED,
            f"{plain(partner.name)} can take {format_amount(room)} LiqBon more for now",
            "It takes more once the partners have squared their accounts.",
        )


def _refused(outcome: Outcome, message: str, hint: str) -> RefusedByLedger:
    """What the ledger would say, said before anything is signed."""
    return RefusedByLedger(outcome.text, message, hint or "Nothing was signed.")
