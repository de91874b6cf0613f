"""Machines with one wrong part are found out by what they do, step by step.

[LEDGER-53] to [LEDGER-56], [LEDGER-61] to [LEDGER-73]: the contracts run as they are but for one
part that was exchanged, and the invariants say what is wrong with what came of it. They would tell
the same of a node whose software was changed.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from msgspec.structs import replace

from contracts import governance, guarantee, limits, measures, membership, partners, reserves
from contracts.context import BlockContext
from contracts.rulebook import RULES
from contracts.state import Draft, Entries
from primitives.actions import PartnerExit
from primitives.amount import MICRO
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    ShareObligation,
    SharePosition,
)
from primitives.membership import application_id
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import JUDGE, a_role
from tests.ledger import Ledger
from tests.settling import ALICE, OWED, SHORT, TERM, disputed, done, overdue, owing
from tests.unit.contracts.test_guarantee import CYCLE, HELD, a_network, in_default, told
from tests.voting import (
    GRANTED,
    TIMELOCK,
    a_record,
    an_admission,
    an_application,
    an_applying,
    an_exit,
    executed,
    passed,
    proposed,
)

Patch = Callable[[pytest.MonkeyPatch], None]


def part(module: object, name: str, made: Callable[..., Any]) -> Patch:
    """The module with another function under a name."""
    return lambda patch: patch.setattr(module, name, made)


def way(kind: type[Measure], **parts: Callable[..., Any]) -> Patch:
    """A measure with another obstacle, or carried out in another way."""
    return lambda patch: patch.setitem(measures.WAYS, kind, measures.WAYS[kind]._replace(**parts))


def contract(kind: type, made: Callable[..., Outcome]) -> Patch:
    """An action with another contract."""
    return lambda patch: patch.setitem(RULES, kind, RULES[kind]._replace(contract=made))


def always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


def leave_anyway(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    action = decoded.transaction.action
    assert isinstance(action, PartnerExit)
    membership.leave(draft, context, action.partner)
    return Outcome.DONE


def shift_one_side(draft: Draft, partner: str, amount: int) -> None:
    if amount < 0:
        SHIFT(draft, partner, amount)


def shift_another(draft: Draft, partner: str, amount: int) -> None:
    SHIFT(draft, "west" if partner == "south" else partner, amount)


SHIFT: Final = partners.shift


def only_name_it(draft: Draft, _: BlockContext, measure: AssignCustodian) -> None:
    partner = partners.known(draft, measure.partner)
    partners.put(draft, replace(partner, custodian=measure.custodian))


def is_leaving(entries: Entries, code: str) -> bool:
    return not partners.known(entries, code).active


def nothing(*_: object) -> None:
    """It was decided, and is not done."""


def issued() -> Ledger:
    """North issued 60 LiqBon, has a reserve of 20, and was removed."""
    ledger = Ledger(a_network(HELD | {"north": 20}))
    ledger.give(ALICE, 60 * MICRO)
    executed(ledger, RemovePartner("north"), "south")
    return ledger


def removed_and_late() -> Ledger:
    ledger = overdue(owing(SHORT))
    executed(ledger, RemovePartner("north"), "south")
    return ledger


def a_draw(share: int = 1_000) -> None:
    """North's obligation is drawn again, and the others' reserves pay."""
    in_default(share=share).pass_time(TERM)


def a_mint_too_soon() -> None:
    ledger = in_default()
    told(ledger)
    ledger.send(ledger.mint("north", ALICE, 1))


def a_loss(measure: Measure, ledger: Callable[[], Ledger]) -> Callable[[], None]:
    return lambda: executed(ledger(), measure, "south")


def a_vote(measure: Measure) -> Callable[[], None]:
    return lambda: executed(Ledger(), measure, "east")


def a_proposal(measure: Measure) -> Callable[[], None]:
    def runs() -> None:
        proposed(Ledger(), measure)

    return runs


def two_newcomers() -> None:
    """Each has its turn in a block of its own, of one epoch."""
    ledger = Ledger()
    first, _ = (passed(ledger, an_admission(ledger, code)) for code in ("fifth", "sixth"))
    ledger.pass_time(ledger.proposal(first).deadline - ledger.time)
    ledger.pass_time(10_000)


def a_newcomer_in_other_words() -> None:
    ledger = Ledger()
    measure = an_admission(ledger)
    passed(ledger, measure)
    done(ledger, an_applying(ledger, an_application(ledger, mint_per_day=1)))
    ledger.pass_time(TIMELOCK + 1_000)


def an_uncovered_exit() -> None:
    ledger = Ledger(a_network(HELD))
    ledger.give(ALICE, OWED)
    done(ledger, an_exit(ledger, "north"))


def a_closing() -> None:
    ledger = owing(SHORT)
    executed(ledger, RemovePartner("north"), "south")
    ledger.pass_time(CYCLE)


def a_custodian_changed() -> None:
    ledger = Ledger()
    account = a_role("safe", "custodian").account
    executed(ledger, SetCustodian("safe", "Safe", account, None))
    executed(ledger, AssignCustodian("north", "safe"))


def an_admission_of_a_stranger() -> None:
    """Nobody applied; a vote is carried out all the same."""
    ledger = Ledger()
    admin = a_record(ledger, a_role("fifth", "admin"))
    wish = an_application(ledger)
    measure = AdmitPartner(admin.account, application_id(admin.account, wish), GRANTED)
    passed(ledger, measure)
    ledger.pass_time(TIMELOCK + 1_000)


def a_dispute() -> None:
    ledger = disputed(owing())
    executed(ledger, DecideDispute(1, 0, paid=True), "south")


MACHINES: dict[str, tuple[Patch, Callable[[], None], str]] = {
    "takes more than the share": (
        part(guarantee, "_room", lambda _, __, free: free),
        lambda: a_draw(share=100),
        "a share of its reserve stands for others",
    ),
    "takes the creditor's reserve too": (
        part(guarantee, "_free", lambda draft, _: {"east": 100 * MICRO}),
        a_draw,
        "a reserve stands for payments of others",
    ),
    "lets the debtor owe no more": (
        part(partners, "shift", shift_one_side),
        a_draw,
        "what some assume others are relieved of",
    ),
    "relieves one of what another paid": (
        part(partners, "shift", shift_another),
        a_draw,
        "a reserve is handed back by the admin",
    ),
    "relieves who paid nothing": (
        part(reserves, "without", lambda limits, *_: limits),
        a_draw,
        "what its reserve paid for others",
    ),
    "forgets what others paid": (
        part(guarantee, "Advance", lambda *_: None),
        a_draw,
        "what others paid is noted",
    ),
    "lets mint who owes others' reserves": (
        part(limits, "suspended", always(False)),
        a_mint_too_soon,
        "minted before others were paid back",
    ),
    "shares losses by heads": (
        part(measures, "_bearers", lambda _: {"east": 1, "south": 1, "west": 1}),
        a_loss(SharePosition("north", 40 * MICRO), issued),
        "what east bears is in proportion",
    ),
    "has one bear it all": (
        part(measures, "_bearers", lambda _: {"west": 1}),
        a_loss(ShareObligation(1, 0), removed_and_late),
        "what east bears is in proportion",
    ),
    "shares what a reserve covers": (
        way(SharePosition, obstacle=always(None)),
        a_loss(SharePosition("north", 41 * MICRO), issued),
        "a loss is what no reserve covers",
    ),
    "shares what is not due yet": (
        way(ShareObligation, obstacle=always(None)),
        a_loss(ShareObligation(1, 0), owing),
        "what is shared was late",
    ),
    "shares what somebody owes who stays": (
        way(ShareObligation, obstacle=always(None)),
        a_loss(ShareObligation(1, 0), lambda: overdue(owing(SHORT))),
        "losses are of who is leaving",
    ),
    "lets leave who does not cover what it owes": (
        contract(PartnerExit, leave_anyway),
        an_uncovered_exit,
        "who leaves by itself leaves what it owes",
    ),
    "strikes off who owes": (
        part(membership, "_is_square", is_leaving),
        a_closing,
        "what north left behind",
    ),
    "is content with a half": (
        part(governance, "needed", lambda electors: electors // 2),
        a_proposal(SetJudge("vault")),
        "who must approve",
    ),
    "lets vote whom it is about": (
        part(measures, "subjects", always(())),
        a_proposal(SetLimits("north", GRANTED)),
        "whom it is about has no vote",
    ),
    "admits two at once": (
        part(measures, "must_wait", always(False)),
        two_newcomers,
        "one newcomer an epoch",
    ),
    "admits in other words": (
        part(measures, "_application", lambda entries, measure: an_application(Ledger())),
        a_newcomer_in_other_words,
        "what was voted on is what was said",
    ),
    "admits whoever never applied": (
        part(measures, "_application", lambda entries, measure: an_application(Ledger())),
        an_admission_of_a_stranger,
        "the entry under 26",
    ),
    "removes nobody": (
        way(RemovePartner, carry_out=nothing),
        a_vote(RemovePartner("north")),
        "who was removed is leaving",
    ),
    "sets no limits": (
        way(SetLimits, carry_out=nothing),
        a_vote(SetLimits("north", GRANTED)),
        "what others set was voted",
    ),
    "names no judge": (
        way(SetJudge, carry_out=nothing),
        a_vote(SetJudge("vault")),
        "who judges was voted for",
    ),
    "admits no custodian": (
        way(SetCustodian, carry_out=nothing),
        a_custodian_changed,
        "the entry under 2504",
    ),
    "lets a reserve count that nobody attested": (
        way(AssignCustodian, carry_out=only_name_it),
        a_custodian_changed,
        "a new custodian has attested nothing yet",
    ),
    "gives a reserve to its judge's keys": (
        way(ReplaceAdmin, obstacle=always(None)),
        a_vote(ReplaceAdmin("north", a_role(JUDGE, "custodian").account)),
        "nobody attests or judges for itself",
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_found_out_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, runs, why = MACHINES[name]
    runs_as_it_is(runs, name)
    patch(monkeypatch)
    with pytest.raises(AssertionError) as error:
        runs()
    assert str(error.value).startswith(why), str(error.value)


REFUSED_AS_IT_IS: Final = (
    "shares what a reserve covers",
    "shares what is not due yet",
    "shares what somebody owes who stays",
    "lets leave who does not cover what it owes",
    "gives a reserve to its judge's keys",
    "admits whoever never applied",
)
"""What the machine as it is does not do at all."""


def runs_as_it_is(runs: Callable[[], object], name: str) -> None:
    """With all parts right nothing is found."""
    if name not in REFUSED_AS_IT_IS:
        runs()


def test_a_dispute_that_partners_decide_is_no_fault() -> None:
    """So that a vote is not taken for a word that nobody spoke."""
    a_dispute()
