"""What a partner begins with once it was voted in. Knows its words and the vote; no state.

Written here once more, from [LEDGER-64], so that a step can be held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from primitives.entries import Limits, Partner, Position
from primitives.genesis import PartnerLimits, Roles
from primitives.governance import VotedLimits
from primitives.membership import Application, PartnerStatus

NO_POSITION: Final = Position(
    minted=0, redeemed=0, refunded=0, paid=0, received=0, assumed=0, payable=0, receivable=0
)


@dataclass(frozen=True)
class Newcomer:
    """Who applied, in which words, and the limits that the others voted for."""

    applicant: bytes
    wish: Application
    voted: VotedLimits

    @cached_property
    def partner(self) -> Partner:
        """Active, with the roles that it asked for and nothing else."""
        wish = self.wish
        roles = Roles(self.applicant, wish.issuer, wish.cashier)
        return Partner(
            code=wish.code,
            name=wish.name,
            currency=wish.currency,
            kind=wish.kind,
            status=PartnerStatus.ACTIVE,
            roles=roles,
            custodian=wish.custodian,
            programmes=(),
            proposals=0,
        )

    @cached_property
    def limits(self) -> Limits:
        """As voted, with the caps that it asked for and no reserve yet."""
        terms = PartnerLimits(
            credit=self.voted.credit,
            reserve=0,
            reserve_ceiling=self.voted.reserve_ceiling,
            haircut=self.voted.haircut,
            reserve_attested=0,
            claim_bound=self.voted.claim_bound,
            mint_per_day=self.wish.mint_per_day,
            refund_per_day=self.wish.refund_per_day,
        )
        return Limits(
            terms=terms,
            reserve_counts=False,
            earmarked=0,
            overdue=0,
            moved=0,
            pending_reserve=None,
            pending_caps=None,
            advance=None,
        )
