"""Invoices as a customer meets them: held against proven state before they are redeemed.

Knows what the ledger will ask of a redemption ([LEDGER-17]), and looks at each of it before
anything is signed ([URI-5]). Signs and sends nothing.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from client.answers import ProvenReceipt
from client.builder import VALIDITY_MS
from client.errors import NotProven
from client.fields import format_time
from client.light import LightClient, ProvenAccount
from client.uri import InvoiceRequest
from primitives.actions import Invoice, Redeem, invoice_message
from primitives.address import address
from primitives.amount import format_amount
from primitives.encoding import Wire, decode
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
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from shell.output import plain
from wallet.checks import check_signatures, now_of, refused
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

    def signed(self, transaction: Decoded) -> None:
        """The state will name it: nothing has to be remembered."""

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
            raise refused(
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
                "Nothing was paid now. Give more nodes with --node, an archive among them.",
            )
        self.partner = await _partner(light, self.invoice.partner)
        return receipt

    async def question(self, light: LightClient, proven: ProvenAccount) -> str:
        """What to ask, after everything that the ledger will ask. Raises ``CommandError``."""
        partner = self.partner = await _partner(light, self.invoice.partner)
        if self.request.cashier.account != partner.roles.cashier:
            raise refused(
                Outcome.NOT_CASHIER,
                f"this invoice is not signed by the cashier of {plain(partner.name)}",
                "Somebody else made it. Pay nothing, and tell the partner.",
            )
        _check_till(partner)
        _check_time(light, self.invoice, proven)
        _check_payer(light, self.invoice, proven)
        await _check_claim_bound(light, self.invoice, partner)
        check_balance(proven, self.account, self.invoice.amount)
        return (
            f"Redeem {format_amount(self.invoice.amount)} LiqBon at {plain(partner.name)} "
            f"({partner.code}) from account {self.account} (which holds "
            f"{format_amount(proven.record.balance)})?"
        )


async def _entry(light: LightClient, key: bytes, kind: type[W]) -> W | None:
    """A state entry as a quorum attested it."""
    proven = await light.value(key)
    return None if proven.value is None else decode(kind, proven.value)


async def _partner(light: LightClient, code: str) -> Partner:
    partner = await _entry(light, partner_key(code), Partner)
    if partner is None:
        raise refused(Outcome.PARTNER_UNKNOWN, f"no partner of this network has the code {code}")
    return partner


def check_invoice(request: InvoiceRequest) -> None:
    """Its signatures fit it. Raises ``UsageError`` (``signature_invalid``)."""
    check_signatures(request.cashier, invoice_message(request.chain, request.invoice), "INVOICE")


def _check_till(partner: Partner) -> None:
    """It takes part, and can take LiqBon at all."""
    if not partner.active:
        raise refused(
            Outcome.PARTNER_LEAVING,
            f"{plain(partner.name)} is leaving the network and takes no LiqBon any more",
            "What you hold is untouched: spend it elsewhere. 'liqbon-wallet partners' shows where.",
        )
    if not partner.kind.has_till:
        raise refused(
            Outcome.NO_TILL,
            f"nobody can spend LiqBon at {plain(partner.name)}, which is a {partner.kind.text}",
            "Spend it elsewhere. 'liqbon-wallet partners' shows where.",
        )


def _check_time(light: LightClient, invoice: Invoice, proven: ProvenAccount) -> None:
    """By proven time; where that is old, the own clock counts too ([URI-5])."""
    now_ms = now_of(light, proven.freshness)
    if invoice.expires < now_ms:
        raise refused(
            Outcome.INVOICE_EXPIRED,
            f"this invoice was good until {format_time(invoice.expires)}, "
            f"it is {format_time(now_ms)}",
            "Ask the partner for another.",
        )


def _check_payer(light: LightClient, invoice: Invoice, proven: ProvenAccount) -> None:
    if invoice.payer not in (None, proven.account):
        assert invoice.payer is not None
        payer = address(invoice.payer, light.believed.genesis.network)
        raise refused(
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
        raise refused(
            Outcome.CLAIM_BOUND_EXCEEDED,
            f"{plain(partner.name)} can take {format_amount(room)} LiqBon more for now",
            "It takes more once the partners have squared their accounts.",
        )
