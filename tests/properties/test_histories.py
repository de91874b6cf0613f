"""Random histories of the ledger against its slow twin and its invariants.

[LEDGER-1] to [LEDGER-75]: after every transaction the verdict and the events are the slow ledger's,
balances are what its book sums up to, nobody's balance fell without a signature, nobody's entries
grew by another's doing, no partner owes more than it may, and the step's invariants hold; every
figure of the whole state is compared now and then.
"""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from primitives.genesis import Genesis
from primitives.governance import ProposalStatus
from primitives.receipt import Outcome, Skip
from primitives.transaction import MAX_CHANNELS
from tests.builders import Person
from tests.ledger import Ledger
from tests.properties.geneses import GENESES, a_full_genesis, a_tight_genesis
from tests.properties.histories import JUMPS, History, Step, a_history, seeded
from tests.properties.met import (
    ACTIONS,
    EVERY_DEADLINE,
    MEASURES,
    NOT_REACHED,
    Met,
    missed_refusals,
    nothing_met,
    told_events,
)
from tests.properties.moves import Hands
from tests.properties.moves_members import Gate
from tests.properties.moves_partners import Offices
from tests.properties.moves_votes import Council

byte = st.integers(0, 255)
steps: st.SearchStrategy[Step] = st.tuples(byte, byte, byte, byte)
SEEDS = 15
STEPS = 1_600

EVERY_CODE = [code.text for code in (*Outcome, *Skip)]
IN_THE_WAY = {
    "AdmitPartner": (
        "application_unknown",
        "partner_exists",
        "seat_taken",
        "directory_full",
        "credit_exceeded",
    ),
    "RemovePartner": ("partner_unknown", "partner_leaving", "last_partner"),
    "ReplaceAdmin": ("partner_unknown", "role_invalid", "electors_missing"),
    "SetLimits": ("partner_unknown", "partner_leaving", "credit_exceeded", "electors_missing"),
    "SetCustodian": ("partner_unknown", "custodians_full", "custodian_invalid"),
    "AssignCustodian": ("partner_unknown", "custodian_unknown", "custodian_invalid"),
    "SetJudge": ("custodian_unknown", "custodian_invalid"),
    "DecideDispute": ("obligation_unknown", "not_disputed", "electors_missing"),
    "ShareObligation": (
        "obligation_unknown",
        "partner_stays",
        "obligation_settled",
        "obligation_in_time",
    ),
    "SharePosition": ("partner_unknown", "partner_stays", "position_smaller", "nobody_to_share"),
    "SetProtocol": ("height_passed", "version_not_newer"),
    "Declare": (),
}
"""What stands in the way of each measure when it is proposed ([LEDGER-64] to [LEDGER-75]).

Not that a custodian of an application is unknown, or its own: what it names is looked at when it is
kept, custodians stay, and belong to partners that there are. That it is invalid since, or that a
role of it is, takes three votes in a row.
"""
AT_THE_EDGE = (
    "Transfer",
    "Mint",
    "Redeem",
    "Refund",
    "ReserveAttest",
    "ReserveRelease",
    "LowerClaimBound",
    "CampaignCreate",
    "OrderOpen",
    "OrderResolve",
    "ContentLike",
    "Propose AdmitPartner",
    "Propose SetLimits",
    "Propose SharePosition",
)
"""All that names an amount that no type bounds further."""
PARTNERS_SAY = (
    ("hands", Hands.deposit),
    ("hands", Hands.redeem),
    ("hands", Hands.refund),
    ("offices", Offices.set_rate),
    ("offices", Offices.set_caps),
    ("offices", Offices.attest),
    ("offices", Offices.release),
    ("offices", Offices.settle_pay),
    ("offices", Offices.settle_confirm),
    ("offices", Offices.settle_dispute),
    ("offices", Offices.settle_dispute),
    ("offices", Offices.settle_statement),
    ("offices", Offices.settle_statement),
    ("gate", Gate.rotate),
    ("council", Council.propose),
    ("council", Council.vote),
    ("council", Council.vote),
)
"""What happens between partners."""


@settings(max_examples=15)
@given(st.sampled_from(range(len(GENESES))), st.lists(steps, min_size=200, max_size=240))
def test_any_history_keeps_the_ledger_sound(founded: int, history: list[Step]) -> None:
    a_history(founded).run(history)


class Hurried(Ledger):
    """Who has many channels uses any of them, so that many words of one admin fit in a block."""

    def __init__(self, genesis: Genesis, chance: random.Random) -> None:
        super().__init__(genesis)
        self._chance = chance

    def _fields(self, sender: Person, given: dict[str, object]) -> dict[str, object]:
        account = self.account(sender)
        if account is not None and account.channels == MAX_CHANNELS:
            given = {"channel": self._chance.randrange(MAX_CHANNELS)} | given
        return super()._fields(sender, given)


@pytest.mark.parametrize("seed", range(4))
def test_crowded_blocks_break_no_fact(seed: int) -> None:
    """What is said of a step holds of a block in which partners say everything at once."""
    chance = random.Random(seed)
    genesis = a_tight_genesis()
    roomy = replace(genesis.parameters, entries_per_lane_and_day=2_500, due_per_block=64)
    history = History(Hurried(replace(genesis, parameters=roomy), chance))
    for place in range(240):
        if place % 3 == 0:
            history.settle([], 0, chance.choice(JUMPS))
            continue
        chosen = [chance.choice(PARTNERS_SAY) for _ in range(14)]
        made = [
            move(getattr(history, whose), *(chance.randrange(256) for _ in range(3)))
            for whose, move in chosen
        ]
        history.settle(made, chance.randrange(4))
    history.compare()
    words = ("SettlementPay", "SettlementConfirm", "SettlementDispute", "SettlementStatement")
    assert all(history.told[word, "done"] for word in words)


def a_full_house() -> History:
    """As many partners and custodians as there may be, and others who want to be one."""
    history = History(Ledger(a_full_genesis()))
    chance = random.Random(0)
    for place in range(90):
        who, whom, size = (chance.randrange(256) for _ in range(3))
        council = history.council
        made = history.gate.apply(who, whom, size) if place % 3 else council.propose(who, whom, 4)
        history.settle([made], place)
    history.compare()
    return history


@pytest.fixture(scope="module")
def met() -> Met:
    """A dozen long histories and a full house, all of them sound."""
    met = nothing_met()
    met.add(a_full_house())
    for seed in range(SEEDS):
        history = a_history(seed)
        history.run(list(seeded(seed, STEPS)), scan_every=100)
        met.add(history)
    for (action, code), count in sorted((met.told + met.voted).items()):
        print(f"{action:28} {code:24} {count:6}")
    return met


def test_long_histories_see_every_outcome_and_every_skip(met: Met) -> None:
    """The histories are not vacuous: each code is met."""
    assert {code for _, code in met.told} >= set(EVERY_CODE)


@pytest.mark.parametrize("action", ACTIONS)
def test_long_histories_do(met: Met, action: str) -> None:
    assert met.told[action, "done"] >= 10


@pytest.mark.parametrize("action", ACTIONS)
def test_long_histories_refuse(met: Met, action: str) -> None:
    """Whatever the rulebook says that it may be refused with."""
    assert missed_refusals(met, action) == {each for each in NOT_REACHED if each[0] == action}


@pytest.mark.parametrize("action", ACTIONS)
def test_long_histories_leave_every_event(met: Met, action: str) -> None:
    """Whatever the rulebook says that it may leave, and nothing else."""
    assert {event for of, event in met.left if of == action} == told_events(action)


@pytest.mark.parametrize("measure", MEASURES)
def test_long_histories_carry_out(met: Met, measure: str) -> None:
    assert met.voted[measure, "executed"] >= 3


@pytest.mark.parametrize("measure", MEASURES)
def test_long_histories_do_not_even_propose(met: Met, measure: str) -> None:
    """[LEDGER-61]"""
    missed = [code for code in IN_THE_WAY[measure] if not met.told[f"Propose {measure}", code]]
    assert missed == []


def test_proposals_come_to_every_end(met: Met) -> None:
    """[LEDGER-62], [LEDGER-63]"""
    ends = Counter(status for _, status in met.voted.elements())
    over = [status.text for status in ProposalStatus if status > ProposalStatus.PASSED]
    assert [status for status in over if ends[status] < 12] == []


@pytest.mark.parametrize("event", EVERY_DEADLINE)
def test_in_long_histories_it_happens_by_itself(met: Met, event: str) -> None:
    assert met.told["(due)", event] >= 12


def test_nothing_else_happens_by_itself(met: Met) -> None:
    """But for what a proposal leaves that is carried out, each of which is counted above."""
    assert {event for kind, event in met.told if kind == "(due)"} == set(EVERY_DEADLINE)


@pytest.mark.parametrize("what", AT_THE_EDGE)
def test_amounts_that_hardly_fit_are_tried(met: Met, what: str) -> None:
    """Up to 2^63 - 1, against limits, reserves and credits that are as large."""
    assert any(name == what for name, _ in met.edges)


def test_credits_and_reserves_that_hardly_fit_are_in_force(met: Met) -> None:
    for what in ("Propose SetLimits", "ReserveAttest"):
        assert met.edges[what, "done"] >= 3


@pytest.mark.parametrize(
    ("seed", "upto"),
    [
        # Admitted, made to bear a loss, and netted, all in one block: the check knew only those
        # who had been partners before.
        (571, 511),
        # Somebody who is square is struck off when another begins to leave.
        (465, 496),
    ],
)
def test_a_history_that_a_check_once_took_for_unsound_is_sound(seed: int, upto: int) -> None:
    """[LEDGER-27, LEDGER-54]"""
    history = a_history(seed)
    history.run(list(seeded(seed, 1_000))[:upto], scan_every=100)
