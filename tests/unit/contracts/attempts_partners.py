"""Attempts of partners with the faults that a world asks for. Knows one action each, no order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    Action,
    Attestation,
    LowerClaimBound,
    Mint,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    Redeem,
    Refund,
    Release,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    ValidatorAnnounceKey,
    attestation_message,
    invoice_message,
    release_message,
)
from primitives.amount import MICRO
from primitives.entries import (
    Limits,
    Mark,
    MarkKind,
    Obligation,
    ObligationStatus,
    Partner,
    Programme,
    Redemption,
    limits_key,
    mark_key,
    obligation_key,
    partner_key,
    programme_key,
    redemption_key,
)
from primitives.genesis import Rate
from primitives.membership import PartnerKind, PartnerStatus, Role, role_message
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import CUSTODIAN, DAY_MS, JUDGE, a_commitment, a_role, an_id
from tests.trading import ANN, BEN, NEW
from tests.unit.contracts.faults import OWED, World
from tests.voting import a_seat, an_application

Attempt = Callable[[World], Decoded]
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")
o = Outcome
ID = an_id("something that was used before")
LATE = 367 * DAY_MS


def mint(w: World) -> Decoded:
    code, programme = w.code(), w.pick(o.PROGRAMME_UNKNOWN, "nothing", "bonus")
    rate = w.pick(o.RATE_NOT_IN_FORCE, None, Rate(0, 1, 1))
    bonus = programme_key("north", "bonus")
    w.edit(bonus, Programme, paused=w.has(o.PROGRAMME_PAUSED), rate=rate)
    if w.has(o.COMMITMENT_USED):
        key = mark_key("north", MarkKind.COMMITMENT, a_commitment("used"))
        w.put(key, Mark(ID, 1))
    if w.has(o.LIMIT_EXCEEDED):
        w.terms("north", credit=0, reserve=0)
    if w.has(o.DAILY_CAP_EXCEEDED):
        w.terms("north", mint_per_day=0)
    if w.has(o.MINTING_SUSPENDED):
        w.edit(limits_key("north"), Limits, overdue=1)
    action = Mint(
        partner=code,
        programme=programme,
        points=1,
        amount=w.pick(o.RATE_MISMATCH, 2, 1),
        commitment=a_commitment(w.pick(o.COMMITMENT_USED, "used", "new")),
        to=w.pick(o.OUTPUT_BELOW_OPENING, NEW, ANN).account,
    )
    return w.ledger.act(w.by(o.NOT_ISSUER, "issuer"), action)


def programme_open(w: World) -> Decoded:
    if w.has(o.PROGRAMMES_FULL):
        w.edit(partner_key("north"), Partner, programmes=tuple(f"p{i}" for i in range(16)))
    action = ProgrammeOpen(
        partner=w.code(),
        programme=w.pick(o.PROGRAMME_EXISTS, "bonus", "new"),
        name="New",
        point="point",
        terms_hash=ID,
        terms_url="",
        numerator=1,
        denominator=1,
    )
    return w.ledger.act(w.by(o.NOT_ADMIN), action)


def programme_set_rate(w: World) -> Decoded:
    """Worse, and too late, and before the newest, if asked for: the newest starts even later."""
    since = w.now + (LATE if w.has(o.RATE_TOO_FAR) else 1)
    w.edit(
        programme_key("north", "bonus"),
        Programme,
        newest=Rate(since if w.has(o.RATE_UNORDERED) else 0, 10, 1),
    )
    if w.has(o.RATE_NOTICE_SHORT):
        longest = replace(w.ledger.genesis.parameters, rate_notice_ms=400 * DAY_MS)
        w.ledger.genesis = replace(w.ledger.genesis, parameters=longest)
    worth = w.pick(o.RATE_NOTICE_SHORT, 9, 11)
    programme = w.pick(o.PROGRAMME_UNKNOWN, "nothing", "bonus")
    action = ProgrammeSetRate(w.code(), programme, worth, 1, since)
    return w.ledger.act(w.by(o.NOT_ADMIN), action)


def programme_pause(w: World) -> Decoded:
    programme = w.pick(o.PROGRAMME_UNKNOWN, "nothing", "bonus")
    action = ProgrammePause(w.code(), programme, not w.has(o.PROGRAMME_UNCHANGED))
    return w.ledger.act(w.by(o.NOT_ADMIN), action)


def programme_set_terms(w: World) -> Decoded:
    since = w.now + (LATE if w.has(o.TERMS_TOO_FAR) else 31 * DAY_MS)
    newest = since if w.has(o.TERMS_UNORDERED) else 0
    w.edit(programme_key("north", "bonus"), Programme, terms_newest=newest)
    programme = w.pick(o.PROGRAMME_UNKNOWN, "nothing", "bonus")
    action = ProgrammeSetTerms(w.code(), programme, ID, "", since)
    return w.ledger.act(w.by(o.NOT_ADMIN), action)


def partner_register(w: World) -> Decoded:
    code = w.pick(o.PARTNER_EXISTS, "east", "fifth")
    wish = an_application(
        w.ledger,
        code,
        custodian=w.pick(o.CUSTODIAN_UNKNOWN, "nobody", CUSTODIAN),
        issuer=w.pick(o.CUSTODIAN_INVALID, VAULT, BEN).account,
        cashier=w.pick(o.ROLE_INVALID, REFEREE, BEN).account,
        seat=a_seat(w.ledger, code, w.pick(o.SEAT_TAKEN, "consensus of north", "new")),
    )
    return w.ledger.act(ANN, PartnerRegister(wish))


def partner_rotate_keys(w: World) -> Decoded:
    code = w.code()
    holder = w.pick(o.ROLE_INVALID, VAULT, BEN)
    endorsed = holder.endorse(role_message(w.ledger.chain, code, Role.ISSUER))
    action = PartnerRotateKeys(code, Role.ISSUER, endorsed)
    return w.ledger.act(w.by(o.NOT_ADMIN), action)


def partner_exit(w: World) -> Decoded:
    if w.has(o.LAST_PARTNER):
        for code in ("east", "south", "west"):
            w.status(code)
    if w.has(o.RESERVE_NEEDED):
        w.edit(limits_key("north"), Limits, reserve_counts=False)
    return w.ledger.act(w.by(o.NOT_ADMIN), PartnerExit(w.code()))


def validator_announce_key(w: World) -> Decoded:
    code = w.code()
    seat = a_seat(w.ledger, code, w.pick(o.SEAT_TAKEN, "consensus of east", "new"))
    return w.ledger.act(w.by(o.NOT_ADMIN), ValidatorAnnounceKey(code, seat, lost=True))


def lower_claim_bound(w: World) -> Decoded:
    bound = w.pick(o.CLAIM_BOUND_NOT_LOWER, 2**62, 0)
    return w.ledger.act(w.by(o.NOT_ADMIN), LowerClaimBound(w.code(), bound))


def set_daily_caps(w: World) -> Decoded:
    return w.ledger.act(w.by(o.NOT_ADMIN), SetDailyCaps(w.code(), 0, 0))


def reserve_attest(w: World) -> Decoded:
    as_of = w.now + w.pick(o.ATTESTATION_EARLY, 1, 0)
    if w.has(o.ATTESTATION_STALE):
        w.edit(limits_key("north"), Limits, moved=as_of)
    w.terms("north", reserve_ceiling=w.pick(o.CEILING_EXCEEDED, 0, MICRO), reserve=0)
    said = Attestation(w.code(), MICRO, as_of)
    signed = w.pick(o.NOT_CUSTODIAN, BEN, VAULT).endorse(attestation_message(w.ledger.chain, said))
    return w.ledger.act(w.by(o.NOT_ADMIN), ReserveAttest(said, signed))


def reserve_release(w: World) -> Decoded:
    terms = w.ledger.limits("north").terms
    if w.has(o.RESERVE_NEEDED):
        w.edit(limits_key("north"), Limits, overdue=1)
    reserve = terms.reserve + w.pick(o.RELEASE_STALE, 1, 0)
    wish = Release(w.code(), 1, reserve, terms.reserve_attested)
    signed = w.pick(o.NOT_CUSTODIAN, BEN, VAULT).endorse(release_message(w.ledger.chain, wish))
    return w.ledger.act(w.by(o.NOT_ADMIN), ReserveRelease(wish, signed))


def redeem(w: World) -> Decoded:
    code = w.code()
    if w.has(o.NO_TILL):
        w.edit(partner_key("north"), Partner, kind=PartnerKind.MANUFACTURER)
    if w.has(o.INVOICE_USED):
        w.put(redemption_key("north", ID), Redemption(BEN.account, 1, 0, ID, 1))
    w.terms("north", claim_bound=w.pick(o.CLAIM_BOUND_EXCEEDED, 0, 2**62))
    invoice = w.ledger.invoice(
        code,
        w.pick(o.BALANCE_TOO_LOW, 10**15, 10**12 if w.has(o.CLAIM_BOUND_EXCEEDED) else 1),
        id=ID,
        expires=w.now - w.pick(o.INVOICE_EXPIRED, 1, 0),
        payer=w.pick(o.INVOICE_FOR_ANOTHER, BEN, None),
    )
    cashier = w.pick(o.NOT_CASHIER, BEN, a_role("north", "cashier"))
    signed = cashier.endorse(invoice_message(w.ledger.chain, invoice))
    return w.ledger.act(ANN, Redeem(invoice, signed))


def refund(w: World) -> Decoded:
    w.put(redemption_key("north", ID), Redemption(BEN.account, 5, 0, ID, 1))
    code = w.code()
    if w.has(o.PARTNER_LEAVING):
        w.status("north", PartnerStatus.LEFT)
    if w.has(o.REFUND_USED):
        w.put(mark_key("north", MarkKind.REFUND, ID), Mark(ID, 1))
    if w.has(o.LIMIT_EXCEEDED):
        w.terms("north", credit=0, reserve=0)
    if w.has(o.DAILY_CAP_EXCEEDED):
        w.terms("north", refund_per_day=0)
    invoice = w.pick(o.INVOICE_UNKNOWN, bytes(32), ID)
    action = Refund(code, invoice, ID, w.pick(o.REFUND_EXCEEDED, 6, 5))
    return w.ledger.act(w.by(o.NOT_CASHIER, "cashier"), action)


def _place(w: World, status: ObligationStatus) -> tuple[int, int]:
    """The obligation, in a status; or one that is none."""
    settled = OWED if status == ObligationStatus.SETTLED else 0
    w.edit(obligation_key(1, 0), Obligation, status=status, settled=settled)
    return 1, w.pick(o.OBLIGATION_UNKNOWN, 1, 0)


def settlement_pay(w: World) -> Decoded:
    claimed = w.pick(o.PAYMENT_CLAIMED, ObligationStatus.CLAIMED, ObligationStatus.OPEN)
    name = _place(w, w.pick(o.OBLIGATION_SETTLED, ObligationStatus.SETTLED, claimed))
    return w.ledger.act(w.by(o.NOT_DEBTOR), SettlementPay(*name, ID))


def settlement_confirm(w: World) -> Decoded:
    name = _place(w, w.pick(o.OBLIGATION_SETTLED, ObligationStatus.SETTLED, ObligationStatus.OPEN))
    by = w.pick(o.NOT_CREDITOR, ANN, a_role("east", "admin"))
    return w.ledger.act(by, SettlementConfirm(*name))


def settlement_dispute(w: World) -> Decoded:
    claimed, unclaimed = ObligationStatus.CLAIMED, ObligationStatus.OPEN
    name = _place(w, w.pick(o.PAYMENT_NOT_CLAIMED, unclaimed, claimed))
    by = w.pick(o.NOT_CREDITOR, ANN, a_role("east", "admin"))
    return w.ledger.act(by, SettlementDispute(*name))


def settlement_statement(w: World) -> Decoded:
    disputed, undisputed = ObligationStatus.DISPUTED, ObligationStatus.OPEN
    status = w.pick(o.NOT_DISPUTED, undisputed, disputed)
    name = _place(w, w.pick(o.OBLIGATION_SETTLED, ObligationStatus.SETTLED, status))
    by = w.pick(o.NOT_CUSTODIAN, VAULT, REFEREE)
    return w.ledger.act(by, SettlementStatement(*name, paid=False))


ATTEMPTS: Final[dict[type[Action], Attempt]] = {
    Mint: mint,
    ProgrammeOpen: programme_open,
    ProgrammeSetRate: programme_set_rate,
    ProgrammePause: programme_pause,
    ProgrammeSetTerms: programme_set_terms,
    PartnerRegister: partner_register,
    PartnerRotateKeys: partner_rotate_keys,
    PartnerExit: partner_exit,
    ValidatorAnnounceKey: validator_announce_key,
    LowerClaimBound: lower_claim_bound,
    SetDailyCaps: set_daily_caps,
    ReserveAttest: reserve_attest,
    ReserveRelease: reserve_release,
    Redeem: redeem,
    Refund: refund,
    SettlementPay: settlement_pay,
    SettlementConfirm: settlement_confirm,
    SettlementDispute: settlement_dispute,
    SettlementStatement: settlement_statement,
}
