"""Invoices, refunds and what partners owe each other, bent by all validators together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from audit.violations import Blame
from contracts import netting, redemption, settlement
from primitives.actions import Action, SettlementConfirm
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import Obligation, decode_entry, obligation_key
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    DAY_MS,
    PARAMETERS,
    a_person,
    a_redeem,
    a_refund,
    a_role,
    an_action,
    an_invoice,
)
from tests.fakes.auditor import accepts, refusal, said
from tests.fakes.chains import Chain, blind_to, colluding, writing

ALICE = a_person("alice")
NORTH_OWES = obligation_key(1, 0)


def spent() -> tuple[Chain, Decoded]:
    """Alice spends at south what north had minted; what she signed."""
    chain = Chain()
    chain.block([chain.mint(ALICE, 5_000, "r-1")])
    invoice = an_invoice("south", 2 * MICRO, expires=chain.now_ms + DAY_MS)
    redeem = a_redeem(ALICE, invoice, **chain._fields(ALICE.account))
    chain.block([redeem])
    return chain, redeem


def owing() -> Chain:
    """North owes south 2 LiqBon by the first settlement."""
    chain, _ = spent()
    chain.block(after_ms=PARAMETERS.settlement_cycle_ms)
    return chain


def of_south(chain: Chain, role: str, action: Action) -> Decoded:
    who = a_role("south", role)
    return an_action(who, action, **chain._fields(who.account))


async def test_an_honest_circle_is_taken() -> None:
    chain = owing()
    obligation = decode_entry(NORTH_OWES, chain.executor.state.get(NORTH_OWES) or b"")
    assert isinstance(obligation, Obligation)
    assert (obligation.debtor, obligation.creditor) == ("north", "south")
    await accepts(chain)


async def test_an_invoice_that_is_spent_twice_is_refused() -> None:
    """[LEDGER-12], [LEDGER-17]"""
    chain, redeem = spent()
    action = redeem.transaction.action
    again = an_action(ALICE, action, **chain._fields(ALICE.account))
    with colluding(redemption, "_invoice_refusal", blind_to(Outcome.INVOICE_USED)):
        chain.block([again])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (3, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == again.id
    assert violation.difference == ("invoice_used", "done")


async def test_an_invoice_that_expired_is_refused() -> None:
    """[LEDGER-17]"""
    chain, _ = spent()
    stale = an_invoice("south", MICRO, id="late", expires=chain.now_ms)
    late = a_redeem(ALICE, stale, **chain._fields(ALICE.account))

    def long_ago(honest: Callable[..., object], draft: object, *given: Any) -> object:
        context, *rest = given
        return honest(draft, replace(context, time=0), *rest)

    with colluding(redemption, "_invoice_refusal", long_ago):
        chain.block([late])
    violation = await refusal(chain, chain.blocks)
    assert violation.transaction == late.id
    assert violation.difference == ("invoice_expired", "done")


async def test_a_refund_that_goes_elsewhere_is_refused_by_the_state() -> None:
    """[LEDGER-19] The cashier's friend gets it, instead of who redeemed."""
    chain, redeem = spent()
    action = redeem.transaction.action
    friend = a_person("a friend of the cashier")
    cashier = chain._fields(a_role("south", "cashier").account)
    refund = a_refund("south", action.invoice.id, MICRO, **cashier)  # type: ignore[union-attr]

    def to_the_friend(honest: Callable[..., object], draft: object, _: bytes, units: int) -> object:
        return honest(draft, friend.account, units)

    with colluding(redemption.token, "credit", to_the_friend):
        chain.block([refund])
    violation = await refusal(chain, chain.blocks)
    assert violation.height == 3
    assert violation.blame is Blame.BROKEN
    assert violation.code in ("state_wrong", "receipt_wrong")


async def test_a_settlement_that_lets_a_debtor_off_is_refused() -> None:
    """[LEDGER-27]"""
    chain, _ = spent()
    with colluding(netting, "payments", lambda honest, moves: []):
        chain.block(after_ms=PARAMETERS.settlement_cycle_ms)
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (3, "receipt_wrong", Blame.BROKEN)
    assert violation.difference == ("done, with other events", "done, with its events")


async def test_a_settlement_that_pays_somebody_else_is_refused() -> None:
    """[LEDGER-27]"""
    chain, _ = spent()

    def to_west(honest: Callable[..., object], moves: object) -> object:
        payments = honest(moves)
        assert isinstance(payments, list)
        return [replace(payment, creditor="west") for payment in payments]

    with colluding(netting, "payments", to_west):
        chain.block(after_ms=PARAMETERS.settlement_cycle_ms)
    violation = await refusal(chain, chain.blocks)
    assert violation.height == 3
    assert violation.code in ("state_wrong", "receipt_wrong")


async def test_a_payment_that_the_debtor_confirms_itself_is_refused() -> None:
    """[LEDGER-31]"""
    chain = owing()
    debtor = a_role("north", "admin")
    confirm = an_action(debtor, SettlementConfirm(1, 0), **chain._fields(debtor.account))
    with colluding(settlement, "_speaks_for", lambda honest, *given: True):
        chain.block([confirm])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (4, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == confirm.id
    assert violation.difference == ("not_creditor", "done")


async def test_an_obligation_that_shrinks_by_itself_is_refused_with_its_entry() -> None:
    """[LEDGER-3]"""
    chain = owing()

    def shrunk(changes: dict[bytes, bytes | None]) -> None:
        obligation = decode_entry(NORTH_OWES, chain.executor.state.get(NORTH_OWES) or b"")
        assert isinstance(obligation, Obligation)
        changes[NORTH_OWES] = encode(replace(obligation, amount=MICRO))

    with writing(shrunk):
        chain.block()
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (4, "state_wrong", Blame.BROKEN)
    assert violation.entry == NORTH_OWES
