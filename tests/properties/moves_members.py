"""How partners come, change their keys and leave in random histories, rightly and wrongly.

Each move makes one transaction against the ledger as it stands. Knows what is worth trying; judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from primitives.actions import (
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ValidatorAnnounceKey,
)
from primitives.amount import MAX_PER_DAY, MICRO
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    Seat,
    role_message,
    seat_message,
)
from primitives.transaction import Decoded
from tests.builders import ROLES, Person, a_key, a_role
from tests.ledger import Ledger
from tests.properties.cast import APPLICANTS, CROWD, HARBOURS, KEEPERS, SPARES, Town

FEW = 3
"""So many partners at least go on, mostly."""


@dataclass
class Gate:
    """Whoever comes, goes, or changes a key."""

    town: Town

    @property
    def ledger(self) -> Ledger:
        return self.town.ledger

    # --- newcomers -------------------------------------------------------------------------------

    def apply(self, who: int, whom: int, size: int) -> Decoded:
        applicant = APPLICANTS[who % 5] if who % 7 else self._somebody(whom)
        code = self._free_code(who % 3)
        holder = self._holder_for(whom)
        if size % 13 == 0:
            code = self.town.desk.codes()[whom % len(self.town.desk.codes())]
        if size % 11 == 0:
            holder = ("nobody", *KEEPERS)[whom % 6]
        issuer, cashier = (a_role(code, role).account for role in ("issuer", "cashier"))
        if size % 17 == 0:
            issuer = a_role(KEEPERS[whom % 5], "custodian").account
        taken = size % 19 == 0
        action = PartnerRegister(
            Application(
                code=code,
                name=code.capitalize(),
                currency="EUR",
                kind=tuple(PartnerKind)[whom % 6] if size % 4 else PartnerKind.SHOP,
                issuer=issuer,
                cashier=cashier,
                custodian=holder,
                seat=self._seat(code, "consensus of west" if taken else f"seat {size} of {code}"),
                mint_per_day=(100 * MICRO, MAX_PER_DAY, 20 * MICRO)[whom % 3],
                refund_per_day=(20 * MICRO, 0, MAX_PER_DAY)[size % 3],
            )
        )
        return self.ledger.act(applicant, action)

    def _somebody(self, choice: int) -> Person:
        """A customer, a custodian, or a partner's admin, who applies as well."""
        admin = self.town.holder(self.town.partner(choice), Role.ADMIN)
        return (CROWD[choice % 6], self.town.judge(choice), admin)[choice % 3]

    def _free_code(self, further: int) -> str:
        """One that no partner ever had."""
        free = [code for code in HARBOURS if code not in self.town.desk.codes()]
        return free[min(further, len(free) - 1)] if free else HARBOURS[0]

    def _holder_for(self, choice: int) -> str:
        known = self.town.desk.book.notes("custodians")
        return str(known[choice % len(known)])

    def _seat(self, code: str, name: str) -> Seat:
        """Whoever has the key shows it, for whatever partner."""
        self.town.seats.append(name)
        signer = a_key(name)
        message = seat_message(self.ledger.chain, code, signer.public_key)
        return Seat(signer.public_key, signer.sign(message))

    # --- keys ------------------------------------------------------------------------------------

    def rotate(self, who: int, whom: int, size: int) -> Decoded:
        code = self.town.leaving(who // 9) if who % 9 == 0 else self.town.partner(who)
        admin = self.town.speaker(code, Role.ADMIN, whom)
        role = tuple(Role)[size % 3]
        first = code if code in self.town.desk.codes() else "north"
        takers = (
            SPARES[size % 8],
            a_role(first, ROLES[role - 1]),
            SPARES[whom % 8],
            CROWD[whom % 6],
            self.town.custodian(code, 1),
            self.town.judge(1),
            self.town.holder(code, role),
            a_role(KEEPERS[whom % 5], "custodian"),
        )
        taker = takers[size // 3 % 8]
        endorsed = taker.endorse(role_message(self.ledger.chain, code, role))
        return self.ledger.act(admin, PartnerRotateKeys(code, role, endorsed))

    def announce(self, who: int, whom: int, size: int) -> Decoded:
        code = self.town.leaving(who // 7) if who % 7 == 0 else self.town.partner(who)
        admin = self.town.speaker(code, Role.ADMIN, whom)
        others = ("consensus of east", *self.town.seats[-2:])
        name = others[size % len(others)] if size % 5 == 0 else f"seat {size} of {code}"
        action = ValidatorAnnounceKey(code, self._seat(code, name), lost=size % 3 == 0)
        return self.ledger.act(admin, action)

    # --- leaving ---------------------------------------------------------------------------------

    def leave(self, who: int, whom: int, size: int) -> Decoded:
        """Mostly while others go on; else by somebody who may not, or has left already."""
        code = self.town.partner(who)
        admin = self.town.speaker(code, Role.ADMIN, whom)
        if 1 < len(self.town.desk.active()) <= FEW and size % 16:
            code = self.town.leaving(who)
            admin = self.town.stranger(code, Role.ADMIN, whom)
            if size % 3 == 0:
                admin = self.town.holder(code, Role.ADMIN)
        return self.ledger.act(admin, PartnerExit(code))


MEMBERS_DO: tuple[Callable[[Gate, int, int, int], Decoded], ...] = (
    Gate.apply,
    Gate.apply,
    Gate.rotate,
    Gate.rotate,
    Gate.announce,
    Gate.leave,
)
