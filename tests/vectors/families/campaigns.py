"""Campaigns: a block each, done or refused, the whole state before and after."""

from collections.abc import Callable, Mapping, Sequence

from primitives.actions import CampaignClose
from primitives.transaction import Decoded
from tests.builders import DAY_MS, PARAMETERS, a_person, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import (
    ANN,
    BEN,
    BONUS,
    BUDGET,
    HELD,
    NEW,
    REWARD,
    ROB,
    SIGNER,
    SUE,
    campaign,
    claim,
    started,
    trading,
    voucher,
)
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

Case = Callable[[Ledger], list[Decoded]]


def create(**fields: object) -> Case:
    """Sue starts one; ``fields`` of the action."""
    return lambda ledger: [campaign(ledger, **fields)]


def claimed(sender: object = ANN, signer: object = SIGNER, **fields: object) -> Case:
    """Of a grant that stands; ``fields`` of the voucher, ``of`` those of the campaign."""
    of = fields.pop("of", {})
    assert isinstance(of, dict)

    def case(ledger: Ledger) -> list[Decoded]:
        id_ = started(ledger, **of)
        said = voucher(ledger, id_, ANN, **fields)
        return [claim(ledger, said, sender, signer=signer)]  # type: ignore[arg-type]

    return case


def by_a_newcomer(ledger: Ledger) -> list[Decoded]:
    return [claim(ledger, voucher(ledger, started(ledger)))]


def two_newcomers(ledger: Ledger) -> list[Decoded]:
    """Who claims, and who brought it."""
    friend = a_person("a friend without a record")
    id_ = started(ledger, bonus=BONUS)
    return [claim(ledger, voucher(ledger, id_, referrer=friend.account))]


def claimed_and_spent(ledger: Ledger) -> list[Decoded]:
    [first] = by_a_newcomer(ledger)
    return [first, ledger.transfer(NEW, (ANN, REWARD), sequence=1)]


def a_race(ledger: Ledger) -> list[Decoded]:
    """Two newcomers, and a reward for one: the other leaves no trace."""
    id_ = started(ledger, budget=REWARD)
    late = a_person("too late")
    second = claim(ledger, voucher(ledger, id_, late, id=an_id("2")), late)
    return [claim(ledger, voucher(ledger, id_)), second]


def a_claim_of_nothing(ledger: Ledger) -> list[Decoded]:
    return [claim(ledger, voucher(ledger, an_id("no campaign"), ANN), ANN)]


def after_the_end(ledger: Ledger) -> list[Decoded]:
    id_ = started(ledger)
    done(ledger, ledger.act(SUE, CampaignClose(id_)))
    return [claim(ledger, voucher(ledger, id_, ANN), ANN)]


def again(**fields: object) -> Case:
    """A second claim of Ann's; ``fields`` of its voucher, ``of`` those of the campaign."""
    of = fields.pop("of", {})
    assert isinstance(of, dict)

    def case(ledger: Ledger) -> list[Decoded]:
        id_ = started(ledger, **of)
        first = claim(ledger, voucher(ledger, id_, ANN), ANN)
        second = claim(ledger, voucher(ledger, id_, ANN, **fields), ANN, sequence=1)
        return [first, second]

    return case


def a_rival_s_voucher(ledger: Ledger) -> list[Decoded]:
    """The same id, used in another campaign before."""
    mine, rival = started(ledger), started(ledger, sender=BEN)
    done(ledger, claim(ledger, voucher(ledger, rival, ROB), ROB))
    return [claim(ledger, voucher(ledger, mine, ANN), ANN)]


def close(sender: object = SUE) -> Case:
    def case(ledger: Ledger) -> list[Decoded]:
        return [ledger.act(sender, CampaignClose(started(ledger)))]  # type: ignore[arg-type]

    return case


def close_after_a_claim(ledger: Ledger) -> list[Decoded]:
    id_ = started(ledger)
    return [
        claim(ledger, voucher(ledger, id_, ANN), ANN),
        ledger.act(SUE, CampaignClose(id_)),
    ]


def close_nothing(ledger: Ledger) -> list[Decoded]:
    return [ledger.act(SUE, CampaignClose(an_id("no campaign")))]


def close_twice(ledger: Ledger) -> list[Decoded]:
    action = CampaignClose(started(ledger))
    return [ledger.act(SUE, action), ledger.act(SUE, action, sequence=2)]


def ending(ahead: int) -> Case:
    """``ahead`` of the block's time."""
    return lambda ledger: create(ends=ledger.context().time + ahead)(ledger)


SMALL = PARAMETERS.opening - 1
CASES: dict[str, Case] = {
    "a grant": create(),
    "a referral with all that the sponsor has": create(bonus=BONUS, budget=HELD),
    "a campaign of 366 days": ending(366 * DAY_MS),
    "deadline_invalid": ending(0),
    "deadline_invalid (too far)": ending(366 * DAY_MS + 1),
    "budget_too_small": create(bonus=BUDGET - REWARD + 1),
    "balance_too_low": create(budget=HELD + 1),
    "a claim": claimed(),
    "a referral": claimed(of={"bonus": BONUS}, referrer=ROB.account),
    "a claim by who has no record": by_a_newcomer,
    "a referral of two who have no record": two_newcomers,
    "a claim, and a payment out of it in the same block": claimed_and_spent,
    "a second claim": again(id=an_id("another"), of={"per_claimant": 2}),
    "a voucher with the id of a rival's": a_rival_s_voucher,
    "a reward too small to open a record, for who has one": claimed(of={"reward": SMALL}),
    "sender_unknown for who comes too late and has no record": a_race,
    "campaign_unknown": a_claim_of_nothing,
    "campaign_ended": after_the_end,
    "not_signer": claimed(signer=SUE),
    "voucher_for_another": claimed(sender=BEN),
    "voucher_expired": claimed(expires=0),
    "referrer_invalid of a grant": claimed(referrer=ROB.account),
    "referrer_invalid (none)": claimed(of={"bonus": BONUS}),
    "referrer_invalid (oneself)": claimed(of={"bonus": BONUS}, referrer=ANN.account),
    "voucher_used": again(of={"per_claimant": 2}),
    "claims_exceeded": again(id=an_id("another")),
    "budget_exhausted": again(id=an_id("2"), of={"per_claimant": 2, "budget": 2 * REWARD - 1}),
    "output_below_opening": claimed(of={"bonus": SMALL}, referrer=NEW.account),
    "a campaign closed": close(),
    "a campaign closed after a claim": close_after_a_claim,
    "campaign_unknown to close": close_nothing,
    "not_sponsor": close(ANN),
    "campaign_ended before": close_twice,
}


def an_opening_too_small() -> dict[str, object]:
    """A claim that would open its sender's record with too little is as if it had not come."""
    ledger = trading(founders=2)
    said = voucher(ledger, started(ledger, reward=SMALL))
    return record("sender_unknown for a reward below opening", ledger, [claim(ledger, said)])


def within_a_second() -> dict[str, object]:
    """It ended 300 ms ago; what is left returns when the second is over."""
    ledger = trading(founders=2)
    id_ = started(ledger, ends=ledger.time + 1_200)
    late = claim(ledger, voucher(ledger, id_, ANN), ANN)
    return record("campaign_ended within a second", ledger, [late], after_ms=500)


def ends_by_itself() -> list[dict[str, object]]:
    """What is left returns; of what was closed before, nothing happens."""
    ledger = trading(founders=2)
    started(ledger, ends=ledger.time + 60_001)
    left = record("a campaign ends by itself", ledger, after_ms=62_000)
    done(ledger, ledger.act(SUE, CampaignClose(started(ledger, ends=ledger.time + 60_000))))
    return [left, record("the end of what was closed before", ledger, after_ms=62_000)]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = trading(founders=2)
        found.append(record(name, ledger, case(ledger)))
    return [*found, an_opening_too_small(), within_a_second(), *ends_by_itself()]
