"""Who is a partner, who votes and who pays for whom, recomputed from docs/spec for every vector.

Read from states before and after each block by code that shares nothing with the product.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from tests.properties.golden import (
    State,
    after,
    before,
    blocks,
    coded,
    hexed,
    named,
    of_kind,
    parameters,
    sent,
    told,
)
from tests.properties.reference import digest

ACTIVE, RUN_OFF, LEFT = 1, 2, 3
OPEN, PASSED, EXECUTED, REJECTED, EXPIRED, VOID = range(1, 7)
PROPOSE, VOTE = 0x80, 0x81
MOVED, SHIFTED, DRAWN, OVERDUE, SETTLED = 36, 31, 12, 19, 18
"""Events of proposals, positions, reserves and obligations."""


def both(case: Any) -> tuple[State, State]:
    return before(case), after(case)


def by_code(state: State, prefix: int) -> dict[str, Any]:
    """Entries whose key is a code alone."""
    return {key[1:].decode(): value for key, value in of_kind(state, prefix).items()}


def limit(limits: Any) -> int:
    """[LEDGER-8] L, in units."""
    (credit, reserve, ceiling, haircut, *_), counts, *_ = limits
    recognised = min(reserve, ceiling) if counts else 0
    return credit + recognised * (10_000 - haircut) // 10_000


def net(position: Any) -> int:
    """[LEDGER-3] D, in units."""
    minted, redeemed, refunded, paid, received, assumed, *_ = position
    return minted - redeemed + refunded - paid + received + assumed


def apportioned(total: int, weights: dict[str, int]) -> dict[str, int]:
    """[LEDGER-28] In proportion, rounded down; a unit more for the largest remainders, by code."""
    whole = sum(weights.values())
    given = {code: total * weight // whole for code, weight in weights.items()}
    ranked = sorted(weights, key=lambda code: (-(total * weights[code] % whole), code))
    for code in ranked[: total - sum(given.values())]:
        given[code] += 1
    return {code: amount for code, amount in given.items() if amount}


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_the_directory_lists_who_has_not_left_and_a_seat_is_whose_who_is_active(case: Any) -> None:
    """[LEDGER-53, LEDGER-54, LEDGER-64, LEDGER-65]"""
    for state in both(case):
        partners, positions = by_code(state, 0x20), by_code(state, 0x21)
        directory, custodians = of_kind(state, 0x02)[b""]
        members, changed, admitted = of_kind(state, 0x03)[b""]
        standing = [code for code, partner in partners.items() if partner[4] != LEFT]
        assert sorted(directory) == sorted(standing)
        assert [code for code in directory if partners[code][4] == ACTIVE] == [
            code for code, _ in members
        ]
        assert len({key for _, key in members}) == len(members) >= 1
        assert sorted(custodians) == sorted(by_code(state, 0x25))
        assert -1 <= max(changed, admitted) <= case["epoch"]
        for code, partner in partners.items():
            terms = by_code(state, 0x22)[code][0]
            assert terms[0] == 0 or partner[4] == ACTIVE
            open_amounts = [net(positions[code]), *positions[code][6:]]
            assert partner[4] != LEFT or open_amounts == [0, 0, 0]


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_nobody_attests_its_own_reserve_nor_judges_its_own_payments(case: Any) -> None:
    """[LEDGER-50, LEDGER-51, LEDGER-68, LEDGER-69, LEDGER-70]"""
    for state in both(case):
        custodians = by_code(state, 0x25)
        judge = custodians[of_kind(state, 0x73)[b""][2]]
        assert judge[3] is None
        assert len({custodian[2] for custodian in custodians.values()}) == len(custodians)
        for code, partner in by_code(state, 0x20).items():
            holder = custodians[partner[6]]
            if partner[4] != LEFT:
                assert holder[3] != code
                assert holder[2] not in partner[5]
                assert judge[2] not in partner[5]


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_all_credit_stays_within_the_total(case: Any) -> None:
    """[LEDGER-64, LEDGER-67]"""
    for state in both(case):
        credit = sum(limits[0][0] for limits in by_code(state, 0x22).values())
        assert credit <= parameters(hexed(case["parameters"]))["total_credit"]


def subjects(state: State, measure: Any) -> set[str]:
    """[LEDGER-65] to [LEDGER-73]: whom a measure is about."""
    tag, *fields = measure
    if tag in (2, 3, 4, 6, 10):
        return {fields[0]}
    if tag == 5:
        standing = by_code(state, 0x25).get(fields[0])
        return {fields[3], standing[3] if standing else None} - {None}
    if tag in (8, 9):
        obligation = of_kind(state, 0x71)[fields[0].to_bytes(4, "big") + bytes([fields[1]])]
        return set(obligation[: 2 if tag == 8 else 1])
    return set()


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_a_proposal_counts_its_ballots_and_needs_more_than_two_thirds(case: Any) -> None:
    """[LEDGER-61, LEDGER-62, LEDGER-63]"""
    rules = parameters(hexed(case["parameters"]))
    for state in both(case):
        waiting = Counter[str]()
        for id_, proposal in of_kind(state, 0x80).items():
            proposer, _, electors, needed, approved, opposed, status, *rest = proposal
            opened, decided, deadline, obstacle = rest
            ballots = [of_kind(state, 0x81).get(id_ + coded(0, code)[1:]) for code in electors]
            assert [approved, opposed] == [ballots.count([True]), ballots.count([False])]
            assert needed == 2 * len(electors) // 3 + 1
            assert 3 * needed > 2 * len(electors) >= 3 * (needed - 1)
            assert len(set(electors)) == len(electors) >= 1
            outvoted = opposed > len(electors) - needed
            assert (approved >= needed) == (decided > 0 and status != REJECTED)
            assert outvoted == (status == REJECTED)
            if status in (OPEN, REJECTED) or (status == EXPIRED and not decided):
                assert deadline == opened + rules["voting_ms"]
            else:
                assert deadline >= decided + rules["timelock_ms"]
            assert (obstacle > 0) == (status == VOID)
            waiting[proposer] += status in (OPEN, PASSED)
        for code, partner in by_code(state, 0x20).items():
            assert partner[8] == waiting[code] <= 16


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_electors_are_who_is_active_and_not_whom_it_is_about(case: Any) -> None:
    """[LEDGER-61]"""
    made = [
        fields for (fields, _, _), code in sent(case) if fields[6][0] == PROPOSE and code == "done"
    ]
    state = before(case)
    partners = by_code(state, 0x20)
    for fields in made:
        id_ = digest("transaction", msgpack.packb(fields))
        proposal = of_kind(after(case), 0x80)[id_]
        about = subjects(state, fields[6][2])
        directory, _ = of_kind(state, 0x02)[b""]
        assert proposal[:2] == fields[6][1:]
        assert proposal[2] == [
            code for code in directory if partners[code][4] == ACTIVE and code not in about
        ]
        assert proposal[7] == case["time"]


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_what_waits_stands_in_the_calendar(case: Any) -> None:
    """[LEDGER-62, LEDGER-63, STATE-7, STATE-8]"""
    for state in both(case):
        queues, pages = of_kind(state, 0x62), of_kind(state, 0x61)
        for id_, proposal in of_kind(state, 0x80).items():
            if proposal[6] in (OPEN, PASSED):
                second = (-(-proposal[9] // 1000)).to_bytes(4, "big")
                assert second in queues
                items = [i for key, (found,) in pages.items() if key[:4] == second for i in found]
                assert [10, id_, proposal[9]] in items
    seconds = [int.from_bytes(second, "big") for second in of_kind(after(case), 0x62)]
    assert case["next_due"] == (min(seconds) * 1000 if seconds else None)


Change = tuple[Any, State, Any]
"""A block, the state before it, and the events of the first receipt that has any."""


def first_changes() -> Iterator[Change]:
    """Of every block: what happened when nothing else in it had."""
    for case in blocks():
        eventful = [events for _, _, events in told(case) if events]
        if eventful:
            yield case, before(case), eventful[0]


def the_obligation(state: State, cycle: int, place: int) -> Any:
    return of_kind(state, 0x71)[cycle.to_bytes(4, "big") + bytes([place])]


def free(limits: Any) -> int:
    """Of a reserve, counting or lapsed, what no dispute holds."""
    return max(0, limits[0][1] - limits[2])


def guarantors(state: State, debtor: str, creditor: str) -> dict[str, int]:
    """[LEDGER-55] What no dispute holds of the reserves of the others."""
    limits = by_code(state, 0x22)
    found = {
        code: free(limits[code])
        for code, partner in by_code(state, 0x20).items()
        if partner[4] == ACTIVE and code not in (debtor, creditor)
    }
    return {code: units for code, units in found.items() if units}


def room(case: Any, state: State, whole: int) -> int:
    """[LEDGER-55] What a share of it allows, less what was paid and is not back."""
    share = parameters(hexed(case["parameters"]))["guarantee_share"]
    directory, _ = of_kind(state, 0x02)[b""]
    advances = [by_code(state, 0x22)[code][7] for code in directory]
    paid = sum(advance[0] for advance in advances if advance)
    return max(0, (whole + paid) * share // 10_000 - paid)


def drawn(case: Any, state: State, cycle: int, place: int) -> list[Any]:
    """[LEDGER-31, LEDGER-55, LEDGER-56] The events when an obligation is drawn."""
    debtor, creditor, amount, settled, _, _, _, earmark, late = the_obligation(state, cycle, place)
    own = by_code(state, 0x22)[debtor]
    left = amount - settled
    paid = min(left, free([own[0], own[1], own[2] - earmark]))
    events = [[DRAWN, debtor, cycle, place, paid]] if paid else []
    others = guarantors(state, debtor, creditor)
    advance = own[7]
    stood_for = late and (advance is None or cycle <= advance[1])
    more = min(left - paid, room(case, state, sum(others.values()))) if stood_for else 0
    for code, units in sorted(apportioned(more, others).items()) if more else ():
        events += [[DRAWN, code, cycle, place, units], [SHIFTED, code, -units]]
    if more:
        events.append([SHIFTED, debtor, more])
    if left == paid + more:
        return [*events, [SETTLED, cycle, place, left]]
    return [*events, [OVERDUE, cycle, place, left - paid - more]]


DRAWINGS = [
    (case, state, events)
    for case, state, events in first_changes()
    if {event[0] for event in events} & {DRAWN, OVERDUE}
]


@pytest.mark.parametrize("change", DRAWINGS, ids=lambda change: named(change[0]))
def test_the_debtor_s_reserve_pays_first_and_then_a_share_of_the_others(change: Change) -> None:
    """[LEDGER-31, LEDGER-55, LEDGER-56]"""
    case, state, events = change
    said = [event for event in events if event[0] != MOVED]
    assert said == drawn(case, state, *obligation_of(events))


def test_some_drawings_show_a_guarantee_and_some_its_end() -> None:
    """[LEDGER-55, LEDGER-56] or the test above would show nothing."""
    shapes = {tuple(event[0] for event in events) for _, _, events in DRAWINGS}
    assert (OVERDUE,) in shapes
    assert (DRAWN, SETTLED) in shapes
    assert (DRAWN, SHIFTED, DRAWN, SHIFTED, SHIFTED, SETTLED) in shapes
    assert any(outlived(state, *obligation_of(events)) for _, state, events in DRAWINGS)


def obligation_of(events: Any) -> tuple[int, int]:
    """Cycle and place of what was drawn."""
    cycle, place = next(event[1:3] for event in events if event[0] in (OVERDUE, SETTLED))
    return cycle, place


def outlived(state: State, cycle: int, place: int) -> bool:
    """Whether it is of a cycle after those that the others still stand for."""
    debtor, *_, late = the_obligation(state, cycle, place)
    advance = by_code(state, 0x22)[debtor][7]
    return bool(late and advance and cycle > advance[1])


LOSSES = [
    (case, state, events)
    for case, state, events in first_changes()
    if events[-1][0] == MOVED
    and of_kind(state, 0x80).get(events[-1][1], [0, [0]])[1][0] in (9, 10)
    and events[-1][2] == EXECUTED
]


@pytest.mark.parametrize("change", LOSSES, ids=lambda change: named(change[0]))
def test_a_loss_is_borne_in_proportion_to_limits(change: Change) -> None:
    """[LEDGER-72, LEDGER-73]"""
    _, state, events = change
    tag, *fields = of_kind(state, 0x80)[events[-1][1]][1]
    if tag == 9:
        _, relieved, whole, settled, *_ = the_obligation(state, *fields)
        amount = whole - settled
    else:
        relieved, amount = fields
    bearers = {
        code: limit(limits)
        for code, limits in by_code(state, 0x22).items()
        if by_code(state, 0x20)[code][4] == ACTIVE and limit(limits)
    }
    shifts = apportioned(amount, bearers)
    shifts[relieved] = shifts.get(relieved, 0) - amount
    wanted = [[SHIFTED, code, shifts[code]] for code in sorted(shifts) if shifts[code]]
    assert [event for event in events if event[0] == SHIFTED] == wanted


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_what_one_partner_owes_less_others_owe_more(case: Any) -> None:
    """[LEDGER-3, LEDGER-55, LEDGER-73] within each receipt."""
    for _, _, events in told(case):
        assert sum(event[2] for event in events if event[0] == SHIFTED) == 0


def test_who_is_admitted_is_who_applied() -> None:
    """[LEDGER-50, LEDGER-64] in its own words, with the limits that were voted and no reserve."""
    shown = 0
    for case, state, events in first_changes():
        if events[-1][0] != MOVED or events[-1][2] != EXECUTED:
            continue
        tag, *fields = of_kind(state, 0x80)[events[-1][1]][1]
        if tag != 1:
            continue
        applicant, identity, (credit, ceiling, haircut, bound) = fields
        words = of_kind(state, 0x26)[applicant]
        assert digest("application", applicant, msgpack.packb(words)) == identity
        code, name, currency, kind, issuer, cashier, custodian, (key, _), mint, refund = words
        now = after(case)
        roles = [applicant, issuer, cashier]
        partner = [code, name, currency, kind, ACTIVE, roles, custodian, [], 0]
        terms = [credit, 0, ceiling, haircut, 0, bound, mint, refund]
        assert by_code(now, 0x20)[code] == partner
        assert by_code(now, 0x21)[code] == [0] * 8
        assert by_code(now, 0x22)[code] == [terms, False, 0, 0, 0, None, None, None]
        assert of_kind(now, 0x02)[b""][0][-1] == code
        epoch = case["epoch"]
        assert of_kind(now, 0x03)[b""][0][-1] == [code, key]
        assert of_kind(now, 0x03)[b""][1:] == [epoch, epoch]
        assert [of_kind(now, 0x10)[role][1] for role in roles] == [256] * 3
        shown += 1
    assert shown >= 3


def test_who_may_leave_leaves_a_reserve_that_pays_all() -> None:
    """[LEDGER-53] and who may not does not."""
    seen = set()
    for case in blocks():
        for (fields, _, _), code in sent(case):
            if fields[6][0] == 0x42 and code in ("done", "reserve_needed"):
                state, partner = before(case), fields[6][1]
                position, limits = by_code(state, 0x21)[partner], by_code(state, 0x22)[partner]
                recognised = min(limits[0][1], limits[0][2]) if limits[1] else 0
                owes = max(net(position) + position[7], position[6])
                assert (owes <= recognised) == (code == "done")
                seen.add((code, owes > 0))
    assert seen == {("done", False), ("done", True), ("reserve_needed", True)}
