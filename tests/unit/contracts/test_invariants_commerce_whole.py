"""What cannot be of campaigns, orders and contents in a state is found, and told what it is.

[LEDGER-40] to [LEDGER-49]: each is made once, of the ledger of ``market.py``.
"""

import pytest

from primitives.commerce import (
    Claimed,
    Content,
    claim_key,
    voucher_key,
)
from tests.builders import DAY_MS, a_person, an_id
from tests.unit.contracts.busy import Breaks, apply, changed, drop, put
from tests.unit.contracts.market import (
    CLOSED,
    LEFT,
    MARK,
    NOW,
    SENT,
    SONG,
    UNUSED,
    WAITING,
    a_busy_ledger,
    a_claim,
    campaign,
    order,
    with_offer,
)

STRANGE = a_person("stranger").account
BAD_STATES: dict[str, tuple[Breaks, str]] = {
    "a budget that nobody holds": (campaign(left=LEFT + 1), "balances are the supply"),
    "a price that nobody holds": (drop(SENT), "balances are the supply"),
    "a claim that nobody made": (campaign(claims=2), "claims and who claimed"),
    "a voucher too many": (put(UNUSED, MARK), "claims and vouchers"),
    "a voucher of no campaign": (put(voucher_key(STRANGE, STRANGE), MARK), "vouchers are of a"),
    "a claim of no campaign": (put(claim_key(STRANGE, STRANGE), Claimed(1)), "claims are of a"),
    "a sponsor without a record": (campaign(sponsor=STRANGE), "a sponsor has a record"),
    "a campaign that would not end": (campaign(ends=NOW.time + DAY_MS), "what is to happen is in"),
    "an order that would not end": (order(SENT, deadline=NOW.time), "what is to happen is in"),
    "a seller without a record": (
        order(WAITING, offer=with_offer(seller=STRANGE)),
        "whoever an order pays has a record",
    ),
    "a promoter without a record": (
        order(WAITING, offer=with_offer(promoter=STRANGE)),
        "whoever an order pays has a record",
    ),
    "a song under another id": (
        changed(SONG, Content, hash=an_id("2")),
        "a content stands under its id",
    ),
    "a closed campaign that holds something": (
        campaign(CLOSED, left=1),
        "a campaign that ended holds nothing",
    ),
}


@pytest.mark.parametrize("name", BAD_STATES)
def test_a_state_is_found_broken_by(name: str) -> None:
    ledger, _ = a_busy_ledger()
    breaks, told = BAD_STATES[name]
    apply(ledger, breaks(ledger))
    with pytest.raises(AssertionError) as error:
        ledger.scan()
    assert str(error.value).startswith(told)


def test_claims_of_one_account_beyond_its_bound_are_found() -> None:
    """Two claims of Ann's, where the campaign lets her claim once."""
    ledger, _ = a_busy_ledger()
    apply(ledger, a_claim()(ledger))
    ledger.scan()
    apply(ledger, campaign(per_claimant=1)(ledger))
    with pytest.raises(AssertionError, match="claims of one account"):
        ledger.scan()
