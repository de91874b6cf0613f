"""Random histories of the ledger against its slow twin and its invariants.

[LEDGER-1] to [LEDGER-36], [LEDGER-40] to [LEDGER-49]: after every transaction the verdict and the
events are the slow ledger's, balances are what its book sums up to, nobody's balance fell without a
signature, and the step's invariants hold; every figure of the whole state is compared now and then.
"""

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from primitives.genesis import Genesis
from primitives.receipt import Outcome, Skip
from primitives.transaction import MAX_CHANNELS
from tests.builders import Person
from tests.ledger import Ledger
from tests.properties.histories import JUMPS, History, Step, a_tight_genesis
from tests.properties.moves import PARTNERS_SAY

byte = st.integers(0, 255)
steps: st.SearchStrategy[Step] = st.tuples(byte, byte, byte, byte)

EVERY_CODE = [code.text for code in (*Outcome, *Skip)]
EVERY_ACTION = (
    "Transfer",
    "OpenChannels",
    "Mint",
    "ProgrammeOpen",
    "ProgrammeSetRate",
    "ProgrammePause",
    "LowerClaimBound",
    "SetDailyCaps",
    "ReserveAttest",
    "ReserveRelease",
    "Redeem",
    "Refund",
    "SettlementPay",
    "SettlementConfirm",
    "SettlementDispute",
    "SettlementStatement",
    "CampaignCreate",
    "CampaignClaim",
    "CampaignClose",
    "OrderOpen",
    "OrderShip",
    "OrderRelease",
    "OrderRefund",
    "OrderDispute",
    "OrderResolve",
    "ContentRegister",
    "ContentLike",
)
PEOPLE_ARE_REFUSED = {
    "CampaignCreate": ("deadline_invalid", "budget_too_small", "balance_too_low"),
    "CampaignClaim": (
        "campaign_unknown",
        "campaign_ended",
        "not_signer",
        "voucher_for_another",
        "voucher_expired",
        "referrer_invalid",
        "voucher_used",
        "claims_exceeded",
        "budget_exhausted",
        "output_below_opening",
        "sender_unknown",
    ),
    "CampaignClose": ("campaign_unknown", "not_sponsor", "campaign_ended"),
    "OrderOpen": (
        "not_seller",
        "offer_expired",
        "arbiter_invalid",
        "promoter_invalid",
        "account_unknown",
        "balance_too_low",
    ),
    "OrderShip": ("order_unknown", "not_seller", "order_status_wrong"),
    "OrderRelease": ("order_unknown", "not_buyer", "order_status_wrong"),
    "OrderRefund": ("order_unknown", "not_seller", "order_status_wrong"),
    "OrderDispute": ("order_unknown", "not_buyer", "order_status_wrong"),
    "OrderResolve": ("order_unknown", "not_arbiter", "order_status_wrong", "amount_overflow"),
    "ContentRegister": ("content_exists",),
    "ContentLike": ("content_unknown", "own_content", "balance_too_low"),
}
"""All but a content that was given more than can be counted, which takes longer."""
EVERY_DEADLINE = (
    "CampaignClosed",
    "CycleClosed",
    "DailyCapsChanged",
    "ObligationOverdue",
    "ObligationSettled",
    "OrderEnded",
    "RateChanged",
    "ReserveChanged",
    "ReserveDrawn",
    "ReserveLapsed",
)
"""What happens by itself."""


def seeded(seed: int, count: int) -> Iterator[Step]:
    chance = random.Random(seed)
    for _ in range(count):
        what, who, whom, size = (chance.randrange(256) for _ in range(4))
        yield what, who, whom, size


@settings(max_examples=15)
@given(st.lists(steps, min_size=200, max_size=240))
def test_any_history_keeps_the_ledger_sound(history: list[Step]) -> None:
    History().run(history)


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
    for place in range(120):
        if place % 3 == 0:
            history.settle([], 0, chance.choice(JUMPS))
            continue
        chosen = [chance.choice(PARTNERS_SAY) for _ in range(14)]
        made = [move(history.hands, *(chance.randrange(256) for _ in range(3))) for move in chosen]
        history.settle(made, chance.randrange(4))
    history.compare()
    words = ("SettlementPay", "SettlementConfirm", "SettlementDispute", "SettlementStatement")
    assert all(history.told[word, "done"] for word in words)


@pytest.fixture(scope="module")
def told() -> Counter[tuple[str, str]]:
    """How often each action came to each code in a dozen long histories, all of them sound."""
    total: Counter[tuple[str, str]] = Counter()
    for seed in range(12):
        history = History()
        history.run(list(seeded(seed, 1_600)), scan_every=100)
        total.update(history.told)
    for (action, code), count in sorted(total.items()):
        print(f"{action:20} {code:24} {count:6}")
    return total


def test_long_histories_see_every_outcome_and_every_skip(told: Counter[tuple[str, str]]) -> None:
    """The histories are not vacuous: each code is met."""
    assert {code for _, code in told} >= set(EVERY_CODE)


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_long_histories_do(told: Counter[tuple[str, str]], action: str) -> None:
    assert told[action, "done"] >= 12


@pytest.mark.parametrize("action", PEOPLE_ARE_REFUSED)
def test_long_histories_refuse(told: Counter[tuple[str, str]], action: str) -> None:
    """[LEDGER-40] to [LEDGER-49]"""
    missed = [code for code in PEOPLE_ARE_REFUSED[action] if not told[action, code]]
    assert missed == []


@pytest.mark.parametrize("event", EVERY_DEADLINE)
def test_in_long_histories_it_happens_by_itself(told: Counter[tuple[str, str]], event: str) -> None:
    assert told["(due)", event] >= 12
