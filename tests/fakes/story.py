"""A week among four partners, on a ledger in memory: enough to ask every question about.

Ann is given 100 LiqBon at north, spends 30 of them at east and gets 5 back; the cycle closes, so
that north owes east 25; then north publishes a rate and lowers its caps. Knows amounts; no HTTP.
"""

from __future__ import annotations

from typing import Final

from primitives.actions import (
    Attestation,
    Invoice,
    ProgrammeSetRate,
    ReserveAttest,
    SetDailyCaps,
    SettlementDispute,
    SettlementPay,
    attestation_message,
)
from primitives.amount import MICRO
from tests.builders import CUSTODIAN, DAY_MS, a_person, a_role, an_id
from tests.fakes.ordering import Ledger

ANN: Final = a_person("ann")
SPENT: Final = 30 * MICRO
RETURNED: Final = 5 * MICRO
OWED: Final = SPENT - RETURNED
CYCLE_MS: Final = 7 * DAY_MS


def spend(ledger: Ledger) -> Invoice:
    """Ann is given 100 LiqBon, redeems east's invoice and is refunded a part; three blocks."""
    ledger.fund(ANN)
    invoice = ledger.invoice("east", SPENT, "a coat")
    ledger.block(ledger.redeem(ANN, invoice))
    ledger.block(ledger.refund("east", invoice, RETURNED, "a button"))
    return invoice


def settle(ledger: Ledger, *, paid: bool = False, disputed: bool = False) -> None:
    """The cycle closes, and north owes east; then north says it ``paid``, which is ``disputed``."""
    ledger.pass_time(CYCLE_MS)
    if paid or disputed:
        ledger.block(ledger.act(a_role("north", "admin"), SettlementPay(1, 0, an_id("a transfer"))))
    if disputed:
        ledger.block(ledger.act(a_role("east", "admin"), SettlementDispute(1, 0)))


def change_terms(ledger: Ledger) -> None:
    """North publishes a better rate for next month, and would mint less and refund more a day."""
    admin, now_ms = a_role("north", "admin"), ledger.executor.head_record.header.time
    rate = ProgrammeSetRate("north", "bonus", 20_000, 1, now_ms + 30 * DAY_MS)
    caps = SetDailyCaps("north", 1_000 * MICRO, 30_000 * MICRO)
    ledger.block(ledger.act(admin, rate), ledger.act(admin, caps))


def reserve_of(partner: str, amount: int, ledger: Ledger) -> ReserveAttest:
    """The custodian says what it holds for a partner, in units, as of the newest block."""
    said = Attestation(partner, amount, ledger.executor.head_record.header.time)
    message = attestation_message(ledger.executor.chain, said)
    return ReserveAttest(said, a_role(CUSTODIAN, "custodian").endorse(message))
