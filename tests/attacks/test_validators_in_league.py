"""Not one validator but all of them look away for a friend, and certify what came of it.

Consensus has no answer to that; the auditor has: it replays the chain by the rules and names the
height, the code and, where there is one, the transaction. Ten ways to doctor a chain have tests of
their own with the auditor's; here are the attacks of this folder, carried out by everybody at once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from audit.violations import Blame
from contracts import netting, programmes, redemption
from contracts.netting import Payment
from contracts.state import Draft
from primitives.actions import ProgrammeSetRate, Redeem
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import Redemption, redemption_key
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.attacks.scenes import ANN, BOB, CYCLE_MS
from tests.builders import a_redeem, a_refund, a_role, an_action, an_invoice, decoded, raw
from tests.fakes.auditor import accepts, refusal, said
from tests.fakes.chains import Chain, blind_to, colluding
from tests.people import Person

BILL = 10 * MICRO


@pytest.fixture
def chain() -> Chain:
    """Ann has 50 LiqBon and paid an invoice of east's."""
    chain = Chain()
    chain.block([chain.mint(ANN, 5_000, "r-1")])
    chain.block([redeem(chain, ANN, "till 7")])
    return chain


def now(chain: Chain, sender: Person) -> dict[str, object]:
    return chain._fields(sender.account)


def redeem(
    chain: Chain,
    sender: Person,
    id: str,  # noqa: A002  the field's name
    cashier: Person | None = None,
    payer: Person | None = None,
) -> Decoded:
    expires = chain.now_ms + CYCLE_MS
    invoice = an_invoice("east", BILL, expires=expires, id=id, payer=payer)
    return a_redeem(sender, invoice, cashier=cashier, **now(chain, sender))


def friendly(outcome: Outcome) -> Callable[..., object]:
    """For ``colluding``: a till at which this one refusal is overlooked."""

    def check(honest: Callable[..., object], draft: Draft, *rest: object) -> object:
        found = honest(draft, *rest)
        if found != outcome:
            return found
        action = rest[1]
        assert isinstance(action, Redeem)
        draft.entry(redemption_key(action.invoice.partner, action.invoice.id), Redemption)
        return None

    return check


async def assert_named(chain: Chain, transaction: Decoded, outcome: Outcome) -> None:
    """The auditor refuses the newest height, for what the rules would have decided."""
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (3, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == transaction.id
    assert violation.difference == (outcome.text, "done")


class TestRulesThatAllOverlook:
    """[LEDGER-17] [LEDGER-19] [LEDGER-34]"""

    async def test_an_invoice_paid_twice(self, chain: Chain) -> None:
        again = redeem(chain, ANN, "till 7")
        with colluding(redemption, "_invoice_refusal", friendly(Outcome.INVOICE_USED)):
            chain.block([], [again])
        await assert_named(chain, again, Outcome.INVOICE_USED)

    async def test_a_rivals_invoice_in_our_name(self, chain: Chain) -> None:
        theirs = redeem(chain, ANN, "till 8", a_role("west", "cashier"))
        with colluding(redemption, "_invoice_refusal", friendly(Outcome.NOT_CASHIER)):
            chain.block([theirs])
        await assert_named(chain, theirs, Outcome.NOT_CASHIER)

    async def test_another_customers_invoice(self, chain: Chain) -> None:
        hers = redeem(chain, ANN, "till 9", payer=BOB)
        with colluding(redemption, "_invoice_refusal", friendly(Outcome.INVOICE_FOR_ANOTHER)):
            chain.block([hers])
        await assert_named(chain, hers, Outcome.INVOICE_FOR_ANOTHER)

    async def test_a_worse_rate_without_notice(self, chain: Chain) -> None:
        """Devaluation by agreement of everyone who could object, the customers excepted."""
        admin = a_role("north", "admin")
        worse = an_action(admin, ProgrammeSetRate("north", "bonus", 1, 1, 0), **now(chain, admin))
        with colluding(programmes, "_rate_refusal", blind_to(Outcome.RATE_NOTICE_SHORT)):
            chain.block([worse])
        await assert_named(chain, worse, Outcome.RATE_NOTICE_SHORT)

    async def test_a_refund_kept_from_a_customer(self, chain: Chain) -> None:
        """It is within every bound, and all say that it is not."""
        cashier = a_role("east", "cashier")
        invoice = an_invoice("east", BILL, id="till 7")
        back = a_refund("east", invoice.id, BILL, "desk 1", **now(chain, cashier))

        def refuse(honest: Callable[..., object], *arguments: object) -> object:
            return Outcome.DAILY_CAP_EXCEEDED

        with colluding(redemption, "_room_refusal", refuse):
            chain.block([back])
        violation = await refusal(chain, chain.blocks)
        assert violation.difference == ("done", "daily_cap_exceeded")


class TestSignaturesThatAllOverlook:
    """[LANE-2] Nobody's word, ordered and certified by all: the batch itself says so for ever."""

    @pytest.mark.parametrize("theft", ["a payment", "an invoice"])
    async def test_what_nobody_signed(self, chain: Chain, theft: str) -> None:
        honest = chain.transfer(ANN, (BOB, MICRO))
        if theft == "an invoice":
            honest = redeem(chain, ANN, "till 8")
            action = honest.transaction.action
            assert isinstance(action, Redeem)
            [endorsed] = action.cashier.signatures
            bad = replace(endorsed, signature=bytes(64))
            forged = replace(action, cashier=replace(action.cashier, signatures=(bad,)))
            stolen = decoded(ANN.sign(replace(honest.transaction, action=forged)))
        else:
            stolen = decoded(
                replace(honest.signed, signatures=BOB.sign(honest.transaction).signatures)
            )
        batch = chain.batch(1, [raw(stolen)], chain.cut[1], stolen.weight)
        chain.order([batch])
        violation = await refusal(chain, chain.blocks)
        assert said(violation) == (3, "batch_unsound", Blame.BROKEN)
        assert violation.transaction == stolen.id
        assert "signature_invalid" in violation.detail


class TestASettlementThatAllBend:
    async def test_a_debt_put_on_another_is_found_in_the_state(self, chain: Chain) -> None:
        """[LEDGER-28] North owes east; the books say that south does. Every receipt is right: the
        sums are the same. The state is not."""

        def framed(honest: Callable[..., list[Payment]], *arguments: object) -> list[Payment]:
            return [Payment("south", p.creditor, p.amount) for p in honest(*arguments)]

        with colluding(netting, "payments", framed):
            chain.block(after_ms=CYCLE_MS)
        violation = await refusal(chain, chain.blocks)
        assert said(violation) == (3, "state_wrong", Blame.BROKEN)
        assert violation.difference is not None

    async def test_a_claim_made_larger_is_found_in_the_receipt(self, chain: Chain) -> None:
        """[LEDGER-27] A creditor is granted one unit more than it is owed."""

        def generous(honest: Callable[..., dict[str, int]], *arguments: object) -> dict[str, int]:
            moves = honest(*arguments)
            return {code: move + (1 if move > 0 else -1) for code, move in moves.items()}

        with colluding(netting, "shares", generous):
            chain.block(after_ms=CYCLE_MS)
        violation = await refusal(chain, chain.blocks)
        assert said(violation) == (3, "receipt_wrong", Blame.BROKEN)


async def test_the_same_chain_without_the_league_is_in_order(chain: Chain) -> None:
    """What is refused above is refused for what was done, not for how it was staged."""
    chain.block([], [redeem(chain, ANN, "till 7")], [redeem(chain, ANN, "till 8")])
    chain.block(after_ms=CYCLE_MS)
    tally = (await accepts(chain)).ledger.standing.tally
    assert (tally.done, tally.refused, tally.skipped) == (3, 1, 0)
    assert len(encode(chain.blocks[-1].receipts)) > 1, "a cycle closed"
