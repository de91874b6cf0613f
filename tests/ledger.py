"""A ledger in memory for tests: blocks applied to a dictionary, every step of it checked.

After each transaction the incremental invariants are checked, and that a skip wrote nothing; the
whole state is scanned whenever a test asks. Knows blocks and time; no consensus, no store.
"""

from __future__ import annotations

from typing import TypeVar

from contracts.genesis import genesis_changes
from contracts.invariants import Totals, check_all, check_changes
from contracts.transition import BlockContext, BlockResult, BlockRun
from primitives.encoding import Wire
from primitives.entries import (
    NO_ACCOUNT,
    Account,
    Channel,
    account_key,
    channel_key,
    decode_entry,
)
from primitives.genesis import Genesis
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import (
    HOUR_MS,
    SECOND_MS,
    Person,
    a_chain,
    a_genesis,
    a_mint,
    a_role,
    a_transfer,
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
        self.time = self.genesis.time
        self.last: BlockResult | None = None
        self._deposits = 0

    def context(self, after_ms: int = SECOND_MS) -> BlockContext:
        """Of the block that would come next, ``after_ms`` after the last."""
        lanes = len(self.genesis.partners)
        parameters = self.genesis.parameters
        return BlockContext(parameters, self.chain, self.height + 1, self.time + after_ms, lanes)

    def block(
        self, *transactions: Decoded, lane: int = 0, after_ms: int = SECOND_MS
    ) -> list[Receipt | Skip]:
        """Apply one block; what became of each transaction, in order."""
        context = self.context(after_ms)
        run = BlockRun(self.state, context)
        signed: list[bytes] = []
        check_changes(self.state, run.state.changes(), signed)
        done: list[Receipt | Skip] = []
        for decoded in transactions:
            before = run.state.changes()
            verdict = run.apply(lane, decoded)
            after = run.state.changes()
            if isinstance(verdict, Skip):
                assert after == before, f"{verdict.text} wrote something"
            else:
                signed.append(decoded.signed.transaction.sender)
            check_changes(self.state, after, signed)
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
