"""What a replayed state says of reserves and settlement, as documents. Knows entries; no file.

Every figure is read, or computed by the rules of ``contracts``, from a state that this machine
replayed: nobody's word is in it but the custodians', which is what a reserve is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from audit.documents import (
    AdvanceDocument,
    CycleLineDocument,
    CycleSummary,
    ObligationDocument,
    PartnerReserves,
    PendingDocument,
    ReservesTotals,
    SettlementStatement,
    ShiftDocument,
    SupplyDocument,
)
from client.fields import format_time
from contracts import limits as rules
from contracts import reserves
from contracts.context import DAY_MS
from primitives.amount import format_amount
from primitives.commerce import Campaign, Order
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    CycleLine,
    Day,
    Directory,
    Limits,
    Obligation,
    Partner,
    Position,
    Prefix,
    Settlement,
    SettlementCycle,
    Supply,
    cycle_key,
    day_key,
    decode_entry,
    limits_key,
    obligation_key,
    partner_key,
    position_key,
)
from primitives.genesis import BASIS_POINTS

W = TypeVar("W", bound=Wire)


def signed_amount(units: int) -> str:
    """Decimal LiqBon of units that may be below zero."""
    return format_amount(units) if units >= 0 else "-" + format_amount(-units)


class Books:
    """A replayed state, read by what auditors ask for."""

    def __init__(self, state: Mapping[bytes, bytes]) -> None:
        self._state = state

    def find(self, key: bytes, kind: type[W]) -> W | None:
        """The entry under ``key``; None if there is none."""
        raw = self._state.get(key)
        if raw is None:
            return None
        value = decode_entry(key, raw)
        assert isinstance(value, kind), key.hex()
        return value

    def at(self, key: bytes, kind: type[W]) -> W:
        """An entry that every state has."""
        found = self.find(key, kind)
        assert found is not None, key.hex()
        return found

    def partner(self, code: str) -> Partner:
        """One that is, or was: whoever left stands in old cycles."""
        return self.at(partner_key(code), Partner)

    def partners(self) -> list[Partner]:
        """Those that have not left, in the order of admission."""
        codes = self.at(DIRECTORY_KEY, Directory).partners
        return [self.partner(code) for code in codes]

    def of_prefix(self, prefix: Prefix, kind: type[W]) -> Iterator[tuple[bytes, W]]:
        """Every entry of a prefix with its key; looks through the whole state."""
        for key, raw in self._state.items():
            if key[0] == prefix:
                value = decode_entry(key, raw)
                assert isinstance(value, kind), key.hex()
                yield key, value

    def everyone(self) -> list[Partner]:
        """Every partner there is or was, in no order."""
        return [partner for _, partner in self.of_prefix(Prefix.PARTNER, Partner)]

    def balances(self) -> tuple[int, int]:
        """How many accounts there are, and what they hold together, in units."""
        count = total = 0
        for _, account in self.of_prefix(Prefix.ACCOUNT, Account):
            count += 1
            total += account.balance
        return count, total

    def locked(self) -> tuple[int, int]:
        """What campaigns have left, and what orders hold, in units."""
        campaigns = sum(each.left for _, each in self.of_prefix(Prefix.CAMPAIGN, Campaign))
        orders = sum(each.locked for _, each in self.of_prefix(Prefix.ORDER, Order))
        return campaigns, orders

    @property
    def settlement(self) -> Settlement:
        """Which cycle closes next."""
        return self.at(SETTLEMENT_KEY, Settlement)


def supply_of(books: Books) -> SupplyDocument:
    """Supply, and what accounts, campaigns and orders hold: the same, or the replay had stopped."""
    totals = books.at(SUPPLY_KEY, Supply)
    accounts, held = books.balances()
    campaigns, orders = books.locked()
    return SupplyDocument(
        minted=format_amount(totals.minted),
        redeemed=format_amount(totals.redeemed),
        refunded=format_amount(totals.refunded),
        supply=format_amount(totals.supply),
        accounts=accounts,
        balances=format_amount(held),
        campaigns=format_amount(campaigns),
        orders=format_amount(orders),
    )


def partner_reserves(
    books: Books, partner: Partner, time_ms: int, lapse_ms: int
) -> PartnerReserves:
    """What stands behind what a partner issued, and how far it may go."""
    code = partner.code
    position = books.at(position_key(code), Position)
    limits = books.at(limits_key(code), Limits)
    terms = limits.terms
    today = time_ms // DAY_MS
    day = books.find(day_key(code), Day)
    if day is None or day.day != today:
        day = Day(today, 0, 0)
    room = rules.limit(limits) - position.net - position.receivable
    stands_still = rules.suspended(limits) or not partner.active
    return PartnerReserves(
        partner=code,
        name=partner.name,
        kind=partner.kind.text,
        status=partner.status.text,
        custodian=partner.custodian,
        minted=format_amount(position.minted),
        redeemed=format_amount(position.redeemed),
        refunded=format_amount(position.refunded),
        paid=format_amount(position.paid),
        received=format_amount(position.received),
        assumed=signed_amount(position.assumed),
        net=signed_amount(position.net),
        payable=format_amount(position.payable),
        receivable=format_amount(position.receivable),
        limit=format_amount(rules.limit(limits)),
        room=format_amount(0 if stands_still else max(0, room)),
        credit=format_amount(terms.credit),
        reserve=format_amount(terms.reserve),
        reserve_counts=limits.reserve_counts,
        reserve_ceiling=format_amount(terms.reserve_ceiling),
        recognised=format_amount(rules.recognised(limits)),
        haircut_basis_points=terms.haircut,
        attested=format_time(terms.reserve_attested),
        lapses=format_time(terms.reserve_attested + lapse_ms),
        earmarked=format_amount(limits.earmarked),
        free_reserve=format_amount(reserves.available(limits)),
        pending=_pending(limits),
        overdue=limits.overdue,
        advance=_advance(limits),
        claim_bound=format_amount(terms.claim_bound),
        minted_today=format_amount(day.minted),
        mint_per_day=format_amount(terms.mint_per_day),
        refunded_today=format_amount(day.refunded),
        refund_per_day=format_amount(terms.refund_per_day),
    )


def _pending(limits: Limits) -> PendingDocument | None:
    pending = limits.pending_reserve
    if pending is None:
        return None
    return PendingDocument(
        amount=format_amount(pending.amount),
        attested=format_time(pending.attested),
        counts_from=format_time(pending.since),
    )


def _advance(limits: Limits) -> AdvanceDocument | None:
    advance = limits.advance
    if advance is None:
        return None
    return AdvanceDocument(amount=format_amount(advance.amount), cycle=advance.cycle)


def reserves_totals(books: Books, guarantee_share: int) -> ReservesTotals:
    """All partners together. ``coverage`` is reserve that counts to what partners owe the pool.

    ``guarantee_share`` is the genesis' own, in basis points ([LEDGER-55]).
    """
    limits = [books.at(limits_key(p.code), Limits) for p in books.partners()]
    active = [books.at(limits_key(p.code), Limits) for p in books.partners() if p.active]
    free = sum(reserves.available(each) for each in active)
    advanced = sum(each.advance.amount for each in limits if each.advance is not None)
    positions = [books.at(position_key(p.code), Position) for p in books.partners()]
    owed = sum(max(0, position.net) for position in positions)
    counted = sum(rules.recognised(each) for each in limits)
    return ReservesTotals(
        net=signed_amount(sum(position.net for position in positions)),
        owed_to_pool=format_amount(owed),
        owed_by_pool=format_amount(sum(max(0, -position.net) for position in positions)),
        limit=format_amount(sum(rules.limit(each) for each in limits)),
        credit=format_amount(sum(each.terms.credit for each in limits)),
        reserve=format_amount(counted),
        coverage_basis_points=counted * 10_000 // owed if owed else None,
        guarantee=format_amount((free + advanced) * guarantee_share // BASIS_POINTS),
        advanced=format_amount(advanced),
    )


def closed_cycles(books: Books) -> range:
    """The numbers of the cycles that closed so far, from 1."""
    return range(1, books.settlement.cycle)


def cycle_statement(books: Books, cycle: int) -> SettlementStatement:
    """Who pays whom after a cycle, and what became of it. LookupError if it has not closed."""
    closed = books.find(cycle_key(cycle), SettlementCycle)
    if closed is None:
        raise LookupError(cycle)
    obligations = [
        books.at(obligation_key(cycle, place), Obligation) for place in range(closed.obligations)
    ]
    outstanding = sum(each.outstanding for each in obligations)
    return SettlementStatement(
        cycle=cycle,
        closed=format_time(closed.closed),
        closed_at_height=closed.height,
        lines=[_line(books.partner(line.partner), line) for line in closed.lines],
        obligations=[
            _obligation(place, each, books.partner(each.creditor))
            for place, each in enumerate(obligations)
        ],
        shifts=shifts(books),
        claims=format_amount(sum(each.amount for each in obligations)),
        settled=format_amount(sum(each.settled for each in obligations)),
        outstanding=format_amount(outstanding),
        complete=outstanding == 0,
    )


def shifts(books: Books) -> list[ShiftDocument]:
    """The partners whose positions moved for others, or those of others for them, by code."""
    found = []
    for partner in sorted(books.everyone(), key=lambda each: each.code):
        position = books.at(position_key(partner.code), Position)
        limits = books.at(limits_key(partner.code), Limits)
        if position.assumed or limits.advance is not None:
            found.append(
                ShiftDocument(
                    partner=partner.code,
                    name=partner.name,
                    assumed=signed_amount(position.assumed),
                    advance=_advance(limits),
                )
            )
    return found


def cycle_summary(books: Books, cycle: int) -> CycleSummary:
    """A closed cycle in a line."""
    statement = cycle_statement(books, cycle)
    return CycleSummary(
        cycle=cycle,
        closed=statement.closed,
        obligations=len(statement.obligations),
        claims=statement.claims,
        outstanding=statement.outstanding,
    )


def _line(partner: Partner, line: CycleLine) -> CycleLineDocument:
    owes = line.expected > 0
    return CycleLineDocument(
        partner=line.partner,
        name=partner.name,
        currency=partner.currency,
        expected=signed_amount(line.expected),
        pays=format_amount(line.amount if owes else 0),
        is_paid=format_amount(0 if owes else line.amount),
    )


def _obligation(place: int, obligation: Obligation, creditor: Partner) -> ObligationDocument:
    return ObligationDocument(
        place=place,
        debtor=obligation.debtor,
        creditor=obligation.creditor,
        creditor_currency=creditor.currency,
        amount=format_amount(obligation.amount),
        settled=format_amount(obligation.settled),
        outstanding=format_amount(obligation.outstanding),
        status=obligation.status.text,
        deadline=format_time(obligation.deadline),
        reference=None if obligation.reference is None else obligation.reference.hex(),
        earmark=format_amount(obligation.earmark),
        late=obligation.late,
    )
