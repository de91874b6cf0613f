"""Partners that come, go, change the keys of their validators, and upgrade while a run goes on.

Knows what they say, and in which order; whether it is carried out is the ledger's to decide. Each
story is one queue: its next word is said once the last is final.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from primitives.actions import (
    Action,
    PartnerExit,
    PartnerRegister,
    ValidatorAnnounceKey,
)
from primitives.amount import MICRO
from primitives.governance import (
    AdmitPartner,
    CastVote,
    Measure,
    Propose,
    RemovePartner,
    SetProtocol,
    VotedLimits,
)
from primitives.membership import Application, PartnerKind, Seat, application_id, seat_message
from primitives.transaction import Decoded
from tests.builders import CUSTODIAN, a_code, a_mint, a_transfer, an_action
from tests.simulation.clients import Clients, Market
from tests.simulation.process import key_names

if TYPE_CHECKING:
    from tests.simulation.plan import Plan, Turn

FIRST_CHANNEL = 30
"""Of those in which admins say these things: one a story."""
GONE = ("leaves", "removed")
"""Changes after which a partner mints nothing any more."""
UPGRADED = 2
"""The protocol version that partners may decide upon; its rules are those of version 1."""
TERMS = VotedLimits(
    credit=1_000 * MICRO, reserve_ceiling=5_000 * MICRO, haircut=500, claim_bound=2_000 * MICRO
)


def turn_over(clients: Clients, market: Market, plan: Plan) -> None:
    """Have everyone tell their stories."""
    rng = Random(f"{plan.seed} turnover")
    keys_used: dict[int, int] = {}
    for place, turn in enumerate(plan.turnover):
        teller = _Teller(market, plan, FIRST_CHANNEL + place)
        number = keys_used[turn.partner] = keys_used.get(turn.partner, 0) + 1
        clients.add(teller.tell(turn, number, rng), turn.at_ms)


class _Teller:
    """One story; everyone in it uses a channel of its own for it."""

    def __init__(self, market: Market, plan: Plan, channel: int) -> None:
        self._market = market
        self._plan = plan
        self._channel = channel
        self._said: dict[str, int] = {}

    def tell(self, turn: Turn, number: int, rng: Random) -> Iterator[Decoded]:
        """The words of one change."""
        code = a_code(turn.partner)
        match turn.change:
            case "lost" | "announced":
                seat = self._seat(code, number)
                yield self._say(code, ValidatorAnnounceKey(code, seat, turn.change == "lost"))
            case "leaves":
                yield self._say(code, PartnerExit(code))
            case "upgraded":
                yield from self._vote(SetProtocol(UPGRADED, rng.randint(20, 50)), rng)
            case "removed":
                yield from self._vote(RemovePartner(code), rng)
            case _:
                yield from self._come(code, rng)

    def _come(self, code: str, rng: Random) -> Iterator[Decoded]:
        """Somebody gives the newcomer's admin an account, it applies, and the others decide."""
        keys, chain = self._market.keys, self._market.chain
        admin, patron = keys.person(f"admin of {code}"), keys.person(f"patron of {code}")
        goes = {a_code(turn.partner) for turn in self._plan.turnover if turn.change in GONE}
        giver = next(a_code(i) for i in range(self._plan.members) if a_code(i) not in goes)
        issuer = keys.person(f"issuer of {giver}")
        self._market.supply += 200 * 10_000
        yield a_mint(giver, patron, 200, "gift", issuer=issuer, channel=self._channel, chain=chain)
        yield a_transfer(patron, (admin, MICRO), chain=chain)
        wish = Application(
            code=code,
            name=code.capitalize(),
            currency="EUR",
            kind=PartnerKind.SHOP,
            issuer=keys.person(f"issuer of {code}").account,
            cashier=keys.person(f"cashier of {code}").account,
            custodian=CUSTODIAN,
            seat=self._seat(code, 0),
            mint_per_day=100 * MICRO,
            refund_per_day=100 * MICRO,
        )
        yield an_action(admin, PartnerRegister(wish), chain=chain)
        measure = AdmitPartner(admin.account, application_id(admin.account, wish), TERMS)
        yield from self._vote(measure, rng)

    def _vote(self, measure: Measure, rng: Random) -> Iterator[Decoded]:
        """One proposes, and all approve, each in its own time."""
        founders = [a_code(index) for index in range(self._plan.members)]
        proposer = rng.choice(founders)
        proposal = self._say(proposer, Propose(proposer, measure))
        yield proposal
        for code in rng.sample(founders, len(founders)):
            yield self._say(code, CastVote(code, proposal.id, approve=True))

    def _seat(self, code: str, number: int) -> Seat:
        signer = self._market.keys.signer(key_names(code)[number])
        message = seat_message(self._market.chain, code, signer.public_key)
        return Seat(signer.public_key, signer.sign(message))

    def _say(self, code: str, action: Action) -> Decoded:
        admin = self._market.keys.person(f"admin of {code}")
        sequence = self._said.get(code, 0)
        self._said[code] = sequence + 1
        return an_action(
            admin, action, channel=self._channel, sequence=sequence, chain=self._market.chain
        )
