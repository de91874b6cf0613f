"""A ledger in memory for tests: blocks applied to a dictionary, every step of it checked.

After each transaction the incremental invariants are checked, and that a skip wrote nothing; the
whole state is scanned whenever a test asks. Knows blocks and time; no consensus, no store.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from contracts.context import BlockContext
from contracts.genesis import genesis_changes
from contracts.invariants import Totals, check_all, check_changes
from contracts.transition import BlockResult, BlockRun
from primitives.actions import (
    Action,
    Attestation,
    CastVote,
    Invoice,
    Propose,
    Release,
    ReserveAttest,
    ReserveRelease,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    attestation_message,
    release_message,
)
from primitives.encoding import Wire
from primitives.entries import (
    NO_ACCOUNT,
    Account,
    Channel,
    Limits,
    Obligation,
    Partner,
    Position,
    Prefix,
    account_key,
    channel_key,
    decode_entry,
    limits_key,
    obligation_key,
    partner_key,
    position_key,
)
from primitives.genesis import Genesis
from primitives.governance import Measure, Proposal, proposal_key
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    HOUR_MS,
    JUDGE,
    SECOND_MS,
    Person,
    a_chain,
    a_genesis,
    a_mint,
    a_redeem,
    a_refund,
    a_role,
    a_transfer,
    an_action,
    an_id,
    an_invoice,
    an_open_channels,
)

W = TypeVar("W", bound=Wire)


class Ledger:
    """A state, the height and time it stands at, and the results of its blocks."""

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = genesis if genesis is not None else a_genesis()
        self.chain = a_chain(self.genesis)
        self.state: dict[bytes, bytes] = dict(genesis_changes(self.genesis))
        self.height = 0
        self.epoch = 0
        self.time = self.genesis.time
        self.last: BlockResult | None = None
        self._deposits = 0
        self._invoices = 0
        self._refunds = 0

    def context(self, after_ms: int = SECOND_MS) -> BlockContext:
        """Of the block that would come next, ``after_ms`` after the last."""
        lanes = len(self.genesis.partners)
        parameters = self.genesis.parameters
        time = self.time + after_ms
        return BlockContext(parameters, self.chain, self.height + 1, time, lanes, self.epoch)

    def block(
        self, *transactions: Decoded, lane: int = 0, after_ms: int = SECOND_MS
    ) -> list[Receipt | Skip]:
        """Apply one block; what became of each transaction, in order."""
        context = self.context(after_ms)
        run = BlockRun(self.state, context)
        signed: list[bytes] = []
        check_changes(self.state, run.state.changes(), signed, context)
        done: list[Receipt | Skip] = []
        for decoded in transactions:
            before = run.state.changes()
            verdict = run.apply(lane, decoded)
            after = run.state.changes()
            if isinstance(verdict, Skip):
                assert after == before, f"{verdict.text} wrote something"
            else:
                signed.append(decoded.signed.transaction.sender)
            check_changes(self.state, after, signed, context)
            done.append(verdict)
        self.last = run.finish()
        self._write(self.last)
        self.height, self.time = context.height, context.time
        return done

    def _write(self, result: BlockResult) -> None:
        for key, value in result.changes:
            if value is None:
                del self.state[key]
            else:
                self.state[key] = value

    def send(self, decoded: Decoded, lane: int = 0, after_ms: int = SECOND_MS) -> Outcome | Skip:
        """Apply a block of one transaction."""
        [verdict] = self.block(decoded, lane=lane, after_ms=after_ms)
        return verdict if isinstance(verdict, Skip) else verdict.outcome

    def refuse(self, decoded: Decoded, outcome: Outcome, after_ms: int = SECOND_MS) -> None:
        """A block of one transaction, refused: its sequence moved and nothing else ([LEDGER-13]).

        Nothing may fall due in the block.
        """
        before = dict(self.state)
        assert self.send(decoded, after_ms=after_ms) == outcome
        assert self.last is not None
        assert [receipt.events for receipt in self.last.receipts] == [()]
        sender, channel = decoded.transaction.sender, decoded.transaction.channel
        key = channel_key(sender, channel) if channel else account_key(sender)
        changed = [key for key, _ in self.last.changes]
        assert [changed_key for changed_key in changed if changed_key[0] != Prefix.LANE_DAY] == [
            key
        ]
        if not channel:
            old, new = (decode_entry(key, state[key]) for state in (before, self.state))
            assert isinstance(old, Account)
            assert new == replace(old, sequence=old.sequence + 1, last=decoded.id)

    def pass_time(self, ms: int) -> BlockResult:
        """Apply an empty block ``ms`` later."""
        self.block(after_ms=ms)
        assert self.last is not None
        return self.last

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The typed value under ``key`` in the committed state."""
        raw = self.state.get(key)
        if raw is None:
            return None
        value = decode_entry(key, raw)
        assert isinstance(value, kind)
        return value

    def account(self, person: Person) -> Account | None:
        """Someone's record."""
        return self.entry(account_key(person.account), Account)

    def balance(self, person: Person) -> int:
        """Units; zero without a record."""
        return (self.account(person) or NO_ACCOUNT).balance

    def sequence(self, person: Person, channel: int = 0) -> int:
        """The next sequence of one of someone's channels."""
        if channel == 0:
            return (self.account(person) or NO_ACCOUNT).sequence
        entry = self.entry(channel_key(person.account, channel), Channel)
        return entry.sequence if entry is not None else 0

    def transfer(self, sender: Person, *outputs: tuple[Person, int], **fields: object) -> Decoded:
        """Signed for this ledger as it stands; ``fields`` as of ``a_transaction``."""
        return a_transfer(sender, *outputs, **self._fields(sender, fields))

    def open_channels(self, sender: Person, channels: int, **fields: object) -> Decoded:
        """Signed for this ledger as it stands."""
        return an_open_channels(sender, channels, **self._fields(sender, fields))

    def mint(self, partner: str, to: Person, points: int, **fields: object) -> Decoded:
        """Signed for this ledger as it stands, against a deposit of its own."""
        issuer = fields.get("issuer") or a_role(partner, "issuer")
        assert isinstance(issuer, Person)
        self._deposits += 1
        reference = str(fields.pop("reference", f"deposit {self._deposits}"))
        return a_mint(partner, to, points, reference, **self._fields(issuer, fields))

    def act(self, sender: Person, action: Action, **fields: object) -> Decoded:
        """Any action, signed for this ledger as it stands; ``fields`` as of ``a_transaction``."""
        return an_action(sender, action, **self._fields(sender, fields))

    def invoice(self, partner: str, amount: int, **fields: object) -> Invoice:
        """One of its own, for an hour; ``fields`` as of ``an_invoice``."""
        self._invoices += 1
        new = {"id": f"invoice {self._invoices}", "expires": self.time + HOUR_MS}
        return an_invoice(partner, amount, **(new | fields))  # type: ignore[arg-type]

    def redeem(self, sender: Person, invoice: Invoice, **fields: object) -> Decoded:
        """Signed for this ledger as it stands; ``fields`` as of ``a_redeem``."""
        return a_redeem(sender, invoice, **self._fields(sender, fields))

    def refund(self, partner: str, invoice: bytes, amount: int, **fields: object) -> Decoded:
        """Signed for this ledger as it stands, each one new; ``fields`` as of ``a_refund``."""
        cashier = fields.get("cashier") or a_role(partner, "cashier")
        assert isinstance(cashier, Person)
        self._refunds += 1
        given = {"refund": f"refund {self._refunds}"} | self._fields(cashier, fields)
        return a_refund(partner, invoice, amount, **given)  # type: ignore[arg-type]

    def attest(
        self, partner: str, amount: int, as_of: int | None = None, **fields: object
    ) -> Decoded:
        """Sent by the partner's admin, or by ``sender``; signed by the custodian, or by ``by``.

        As of this moment, unless told otherwise.
        """
        sender, by = self._parties(partner, fields)
        said = Attestation(partner, amount, self.time if as_of is None else as_of)
        action = ReserveAttest(said, by.endorse(attestation_message(self.chain, said)))
        return self.act(sender, action, **fields)

    def release(self, partner: str, amount: int, **fields: object) -> Decoded:
        """Out of the reserve as it stands, or as ``reserve``, ``attested`` say; as ``attest``."""
        sender, by = self._parties(partner, fields)
        reserve, attested = fields.pop("reserve", None), fields.pop("attested", None)
        reserve = self.limits(partner).terms.reserve if reserve is None else reserve
        attested = self.limits(partner).terms.reserve_attested if attested is None else attested
        assert isinstance(reserve, int)
        assert isinstance(attested, int)
        wish = Release(partner, amount, reserve, attested)
        action = ReserveRelease(wish, by.endorse(release_message(self.chain, wish)))
        return self.act(sender, action, **fields)

    def _parties(self, partner: str, fields: dict[str, object]) -> tuple[Person, Person]:
        sender = fields.pop("sender", None) or a_role(partner, "admin")
        by = fields.pop("by", None) or a_role(CUSTODIAN, "custodian")
        assert isinstance(sender, Person)
        assert isinstance(by, Person)
        return sender, by

    def pay(self, cycle: int, place: int, **fields: object) -> Decoded:
        """By the debtor's admin, or by ``sender``; ``fields`` as of ``a_transaction``."""
        sender = self._speaker(cycle, place, "debtor", fields)
        reference = an_id(f"payment {cycle} {place}")
        return self.act(sender, SettlementPay(cycle, place, reference), **fields)

    def confirm(self, cycle: int, place: int, **fields: object) -> Decoded:
        """By the creditor's admin, or by ``sender``; ``fields`` as of ``a_transaction``."""
        sender = self._speaker(cycle, place, "creditor", fields)
        return self.act(sender, SettlementConfirm(cycle, place), **fields)

    def dispute(self, cycle: int, place: int, **fields: object) -> Decoded:
        """By the creditor's admin, or by ``sender``; ``fields`` as of ``a_transaction``."""
        sender = self._speaker(cycle, place, "creditor", fields)
        return self.act(sender, SettlementDispute(cycle, place), **fields)

    def statement(self, cycle: int, place: int, *, paid: bool, **fields: object) -> Decoded:
        """By the settlement custodian, or by ``sender``; ``fields`` as of ``a_transaction``."""
        sender = fields.pop("sender", None) or a_role(JUDGE, "custodian")
        assert isinstance(sender, Person)
        return self.act(sender, SettlementStatement(cycle, place, paid), **fields)

    def propose(self, partner: str, measure: Measure, **fields: object) -> Decoded:
        """By the partner's admin, or by ``sender``; its id is the proposal's."""
        sender = fields.pop("sender", None) or a_role(partner, "admin")
        assert isinstance(sender, Person)
        return self.act(sender, Propose(partner, measure), **fields)

    def vote(self, partner: str, id_: bytes, *, approve: bool = True, **fields: object) -> Decoded:
        """By the partner's admin, or by ``sender``, on the proposal ``id_``."""
        sender = fields.pop("sender", None) or a_role(partner, "admin")
        assert isinstance(sender, Person)
        return self.act(sender, CastVote(partner, id_, approve), **fields)

    def _speaker(self, cycle: int, place: int, side: str, fields: dict[str, object]) -> Person:
        """``sender`` if one is given, else the admin of the obligation's debtor or creditor."""
        sender = fields.pop("sender", None)
        if sender is None:
            sender = a_role(getattr(self.obligation(cycle, place), side), "admin")
        assert isinstance(sender, Person)
        return sender

    def partner(self, code: str) -> Partner:
        """One that there is, or was."""
        found = self.entry(partner_key(code), Partner)
        assert found is not None, code
        return found

    def proposal(self, id_: bytes) -> Proposal:
        """One that was made."""
        found = self.entry(proposal_key(id_), Proposal)
        assert found is not None, id_.hex()
        return found

    def limits(self, partner: str) -> Limits:
        """Those of a partner, as they stand."""
        found = self.entry(limits_key(partner), Limits)
        assert found is not None, partner
        return found

    def position(self, partner: str) -> Position:
        """That of a partner, as it stands."""
        found = self.entry(position_key(partner), Position)
        assert found is not None, partner
        return found

    def obligation(self, cycle: int, place: int) -> Obligation:
        """One that arose."""
        found = self.entry(obligation_key(cycle, place), Obligation)
        assert found is not None, (cycle, place)
        return found

    def _fields(self, sender: Person, given: dict[str, object]) -> dict[str, object]:
        channel = given.get("channel", 0)
        assert isinstance(channel, int)
        now = {
            "chain": self.chain,
            "sequence": self.sequence(sender, channel),
            "valid_until": self.time + HOUR_MS,
        }
        return now | given

    def give(self, person: Person, units: int, partner: str = "north") -> None:
        """Mint whole multiples of 10,000 units (one point of the bonus programme) to someone."""
        points, rest = divmod(units, 10_000)
        assert not rest, units
        assert self.send(self.mint(partner, person, points)) == Outcome.DONE

    def scan(self) -> Totals:
        """Check every invariant over the whole state."""
        return check_all(self.state.items())
