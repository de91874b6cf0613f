"""The ledger told slowly, from docs/spec/ledger.md: a log of what was done, summed up each time.

It keeps no balance, position or counter: every figure is counted from the log when it is asked for.
It shares no rule with ``contracts``, so that the two can disagree; it reads only wire types and the
genesis. Works while no block's bound on what is due is reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from primitives.actions import Mint, OpenChannels, Transfer
from primitives.genesis import Genesis, GenesisPartner, ProgrammeTerms
from primitives.transaction import Transaction

DAY = 86_400_000
ALL = 2**63 - 1


@dataclass(frozen=True)
class Line:
    """A transaction that used its sequence: what became of it, where, and what it created."""

    transaction: Transaction
    outcome: str
    lane: int
    time: int
    created: tuple[object, ...]

    @property
    def done(self) -> bool:
        return self.outcome == "done"


@dataclass
class SlowLedger:
    """``paused`` are programmes (partner, programme) that take no deposits."""

    genesis: Genesis
    paused: tuple[tuple[str, str], ...] = ()
    log: list[Line] = field(default_factory=list)

    # --- figures -------------------------------------------------------------------------------

    def moves(self) -> Iterator[tuple[bytes, int]]:
        """(account, change of its balance), all that ever happened."""
        for line in self.log:
            if not line.done:
                continue
            match line.transaction.action:
                case Transfer(outputs):
                    for output in outputs:
                        yield line.transaction.sender, -output.amount
                        yield output.account, output.amount
                case Mint() as mint:
                    yield mint.to, mint.amount

    def balance(self, account: bytes) -> int:
        return sum(change for whose, change in self.moves() if whose == account)

    def exists(self, account: bytes) -> bool:
        founders = (p.roles for p in self.genesis.partners)
        roles = [(r.admin, r.issuer, r.cashier) for r in founders]
        roles.append(tuple(c.account for c in self.genesis.custodians))
        return any(account in held for held in roles) or any(
            whose == account for whose, _ in self.moves()
        )

    def is_role(self, account: bytes) -> bool:
        return self.exists(account) and not any(
            ("account", account) in line.created for line in self.log
        )

    def channels(self, account: bytes) -> int:
        opened = [
            line.transaction.action.channels
            for line in self.log
            if line.done
            and line.transaction.sender == account
            and isinstance(line.transaction.action, OpenChannels)
        ]
        return max(opened, default=256 if self.is_role(account) else 1)

    def sequence(self, account: bytes, channel: int) -> int:
        own = (line.transaction for line in self.log if line.transaction.sender == account)
        return sum(transaction.channel == channel for transaction in own)

    def mints(self, partner: str | None = None) -> Iterator[tuple[Mint, int]]:
        """(mint, when) of all that were done, or of one partner's."""
        for line in self.log:
            action = line.transaction.action
            if line.done and isinstance(action, Mint) and partner in (None, action.partner):
                yield action, line.time

    # --- the rules -----------------------------------------------------------------------------

    def foresee(self, lane: int, transaction: Transaction, time: int) -> str:
        """The code of what becomes of the transaction, and in the log if it used its sequence."""
        reason = self._skipped(transaction, time)
        if reason is not None:
            return reason
        outcome = self._outcome(transaction, time)
        created = tuple(self._created(transaction, done=outcome == "done"))
        today = [
            len(line.created)
            for line in self.log
            if line.lane == lane and line.time // DAY == time // DAY
        ]
        bound = self.genesis.parameters.entries_per_lane_and_day
        if created and sum(today) + len(created) > bound:
            return "lane_exhausted"
        self.log.append(Line(transaction, outcome, lane, time, created))
        return outcome

    def _skipped(self, transaction: Transaction, time: int) -> str | None:
        if transaction.valid_until < time:
            return "expired"
        if transaction.valid_until - time > self.genesis.parameters.validity_limit_ms:
            return "valid_too_long"
        if not self.exists(transaction.sender):
            return "sender_unknown"
        if transaction.channel >= self.channels(transaction.sender):
            return "channel_unopened"
        following = self.sequence(transaction.sender, transaction.channel)
        if transaction.sequence < following:
            return "sequence_stale"
        if transaction.sequence > following:
            return "sequence_early"
        return None

    def _created(self, transaction: Transaction, done: bool) -> Iterator[object]:
        before = {thing for line in self.log for thing in line.created}
        wanted: list[object] = []
        if transaction.channel:
            wanted.append(("channel", transaction.sender, transaction.channel))
        action = transaction.action
        if done and isinstance(action, Transfer):
            wanted += [("account", o.account) for o in action.outputs if not self.exists(o.account)]
        if done and isinstance(action, Mint):
            wanted += [("mark", action.partner, action.commitment), ("day", action.partner)]
            wanted += [("account", action.to)] if not self.exists(action.to) else []
        yield from (thing for thing in dict.fromkeys(wanted) if thing not in before)

    def _outcome(self, transaction: Transaction, time: int) -> str:
        match transaction.action:
            case Transfer() as transfer:
                return self._transfer(transaction.sender, transfer)
            case OpenChannels(channels):
                return self._open(transaction.sender, channels)
            case Mint() as mint:
                return self._mint(transaction.sender, mint, time)

    def _transfer(self, sender: bytes, transfer: Transfer) -> str:
        total = sum(output.amount for output in transfer.outputs)
        if total > ALL:
            return "amount_overflow"
        if total > self.balance(sender):
            return "balance_too_low"
        opened: list[bytes] = []
        for output in transfer.outputs:
            if output.account in opened or self.exists(output.account):
                continue
            if output.amount < self.genesis.parameters.opening:
                return "output_below_opening"
            opened.append(output.account)
        return "done"

    def _open(self, sender: bytes, channels: int) -> str:
        if channels <= self.channels(sender):
            return "channels_not_more"
        needed = self.genesis.parameters.channel_balance * (channels - 1)
        return "done" if self.balance(sender) >= needed else "balance_too_low"

    def _mint(self, sender: bytes, mint: Mint, time: int) -> str:
        partner = next((p for p in self.genesis.partners if p.code == mint.partner), None)
        if partner is None:
            return "partner_unknown"
        if sender != partner.roles.issuer:
            return "not_issuer"
        terms = next((t for t in partner.programmes if t.code == mint.programme), None)
        if terms is None:
            return "programme_unknown"
        if (partner.code, terms.code) in self.paused:
            return "programme_paused"
        worth = self._worth(terms, mint.points, time)
        if worth is None:
            return "rate_not_in_force"
        if worth != mint.amount:
            return "rate_mismatch"
        if any(mint.commitment == earlier.commitment for earlier, _ in self.mints(partner.code)):
            return "commitment_used"
        if not self.exists(mint.to) and mint.amount < self.genesis.parameters.opening:
            return "output_below_opening"
        return self._room(partner, mint.amount, time)

    def _worth(self, terms: ProgrammeTerms, points: int, time: int) -> int | None:
        begun = [r for r in terms.rates if self._fell_due(r.since, time)]
        if not begun:
            return None
        exact = Fraction(points) * begun[-1].numerator / begun[-1].denominator
        return exact.numerator // exact.denominator

    def _fell_due(self, at: int, time: int) -> bool:
        """Genesis does what had come by then; later things wait for the end of their second."""
        if at <= self.genesis.time:
            return True
        return time >= -(-at // 1000) * 1000

    def _room(self, partner: GenesisPartner, amount: int, time: int) -> str:
        limits = partner.limits
        owed = sum(mint.amount for mint, _ in self.mints(partner.code))
        limit = limits.credit
        lapse = limits.reserve_attested + self.genesis.parameters.reserve_lapse_ms
        if not self._fell_due(lapse, time):
            limit += limits.reserve * (10_000 - limits.haircut) // 10_000
        if owed + amount > limit:
            return "limit_exceeded"
        today = [m.amount for m, when in self.mints(partner.code) if when // DAY == time // DAY]
        if sum(today) + amount > limits.mint_per_day:
            return "daily_cap_exceeded"
        if sum(mint.amount for mint, _ in self.mints()) + amount > ALL:
            return "supply_exceeded"
        return "done"
