"""Gives every sender its first balance: one mint a partner, then transfers of many outputs.

Knows what an issuer may sign; all of it happens before the clock starts.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

from benchmarks.population import Holder, Terms, holder, sender, signed
from primitives.actions import Mint, Output, Transfer
from primitives.amount import MICRO
from primitives.genesis import GenesisPartner

OUTPUTS: Final = 200
"""Accounts that one transfer funds."""
SHARE: Final = MICRO // 50
"""Units that each sender starts with: twice the least that opens an account."""


class Till(NamedTuple):
    """A founder that funds senders: its terms, and its issuer, who has signed nothing before."""

    partner: GenesisPartner
    issuer: Holder


def bank(code: str) -> Holder:
    """Who hands out what a founder mints first."""
    return holder(f"bank of {code}")


def funding(terms: Terms, till: Till, places: range) -> list[bytes]:
    """Signed transactions, in order, after which the senders of these numbers have their share."""
    partner = till.partner
    hands_out = bank(partner.code)
    [programme] = partner.programmes
    rate = programme.rates[0]
    points = -(-len(places) * SHARE * rate.denominator // rate.numerator)
    amount = points * rate.numerator // rate.denominator
    deposit = sha256(b"a benchmark's deposit").digest()
    mint = Mint(partner.code, programme.code, points, amount, deposit, hands_out.account)
    made = [signed(till.issuer, terms, 0, mint)]
    for sequence, first in enumerate(range(0, len(places), OUTPUTS)):
        accounts = [sender(place).account for place in places[first : first + OUTPUTS]]
        outputs = tuple(Output(account, SHARE) for account in accounts)
        made.append(signed(hands_out, terms, sequence, Transfer(outputs)))
    return made
