"""Who pays for whom: the guarantee, the advance, and losses that are shared, told slowly.

From docs/spec/ledger.md, [LEDGER-55], [LEDGER-56] and [LEDGER-73]. Shares no rule with
``contracts``.
"""

from __future__ import annotations

from tests.properties.slow_book import Desk
from tests.properties.slow_reserves import take_out
from tests.properties.slow_speakers import in_proportion, limit

Name = tuple[int, int]


def others_pay(desk: Desk, name: Name, outstanding: int) -> int:
    """[LEDGER-55] What the others' reserves pay of what their own left outstanding."""
    debt = desk.book.word("debt", *name)
    advance = desk.book.word("advance", debt.debtor)
    if advance is not None and name[0] > advance[1]:
        return 0
    share = desk.genesis.parameters.guarantee_share
    others = [code for code in desk.active() if code not in (debt.debtor, debt.creditor)]
    free = {code: desk.free(code) for code in others}
    advances = [desk.book.word("advance", code) for code in desk.directory()]
    not_back = sum(int(each[0]) for each in advances if each is not None)
    most = (sum(free.values()) + not_back) * share // 10_000 - not_back
    amount = min(outstanding, most)
    if amount <= 0:
        return 0
    for code, units in in_proportion(amount, free).items():
        take_out(desk, code, units)
        desk.tell("ReserveDrawn", code, *name, units)
        shift(desk, code, -units)
    shift(desk, debt.debtor, amount)
    before, cycle = advance if advance is not None else (0, name[0])
    desk.book.note("advance", debt.debtor, value=(before + amount, cycle))
    return amount


def paid_itself(desk: Desk, name: Name, amount: int) -> None:
    """[LEDGER-56] The debtor paid of an obligation, by whatever way but the others'."""
    debtor = desk.book.word("debt", *name).debtor
    advance = desk.book.word("advance", debtor)
    if advance is None or name[0] <= advance[1]:
        return
    left = advance[0] - amount
    desk.book.note("advance", debtor, value=(left, advance[1]) if left > 0 else None)


def shift(desk: Desk, code: str, amount: int) -> None:
    """It owes the pool so much more, or less."""
    desk.book.note("assumed", code, value=amount)
    desk.tell("PositionShifted", code, amount)


def bearers(desk: Desk) -> dict[str, int]:
    """Who bears losses, in proportion to what [LEDGER-73]."""
    limits = {code: limit(desk, code) for code in desk.active()}
    return {code: bears for code, bears in limits.items() if bears > 0}


def relieve(desk: Desk, relieved: str, amount: int) -> None:
    """[LEDGER-73]"""
    changes = in_proportion(amount, bearers(desk))
    changes[relieved] = changes.get(relieved, 0) - amount
    for code in sorted(changes):
        if changes[code]:
            shift(desk, code, changes[code])
            desk.book.note("borne", code, value=max(0, changes[code]))
