"""What an audit can find wrong, and whose doing it is. Knows names and meanings; checks nothing.

A ``Violation`` is a proof of misbehaviour, so it is raised only for bytes that a node handed out,
or for what it keeps back though it says that it has it. Trouble on the way to the node is a
``client.errors.Fault`` and never one of these.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final, NamedTuple

import msgspec


@unique
class Blame(StrEnum):
    """Who did it, as far as the bytes prove."""

    WITHHELD = "withheld"
    """The node keeps back what it says it has. Another node may hand it out."""
    FORGED = "forged"
    """The node's bytes are not what was signed: it lies, and a quorum need not know."""
    BROKEN = "broken"
    """A quorum of the validators signed what the rules forbid."""


class Meaning(NamedTuple):
    """What a code stands for."""

    blame: Blame
    text: str


CODES: Final[dict[str, Meaning]] = {
    "block_withheld": Meaning(Blame.WITHHELD, "a certified height is not handed out"),
    "batch_withheld": Meaning(Blame.WITHHELD, "a batch that the block orders is left out"),
    "certificate_withheld": Meaning(Blame.WITHHELD, "a height comes without state certificate"),
    "epoch_missing": Meaning(Blame.WITHHELD, "no handover leads to the epoch of the block"),
    "block_malformed": Meaning(Blame.FORGED, "the bytes are not a canonical block"),
    "block_forged": Meaning(Blame.FORGED, "the certificate attests another block"),
    "certificate_forged": Meaning(Blame.FORGED, "no quorum of the epoch's members signed it"),
    "batch_forged": Meaning(Blame.FORGED, "a batch is not the one that its author signed"),
    "order_forged": Meaning(Blame.FORGED, "the batches are not those that the cut names, in order"),
    "receipts_forged": Meaning(Blame.FORGED, "the receipts are not those that were attested"),
    "epoch_forged": Meaning(Blame.FORGED, "a handover to the next epoch does not hold"),
    "evidence_forged": Meaning(Blame.FORGED, "a validator is accused, and nothing proves it"),
    "parent_wrong": Meaning(Blame.BROKEN, "the block does not follow the one before"),
    "time_backwards": Meaning(Blame.BROKEN, "the block is earlier than its parent"),
    "view_wrong": Meaning(Blame.BROKEN, "the view did not grow, or another member led it"),
    "epoch_wrong": Meaning(
        Blame.BROKEN, "an epoch begins, ends or goes to others than the rules say"
    ),
    "cut_wrong": Meaning(Blame.BROKEN, "a lane goes back, or further than a block may take it"),
    "lane_broken": Meaning(Blame.BROKEN, "a batch does not continue its lane"),
    "batch_unsound": Meaning(Blame.BROKEN, "a batch holds what no transaction or signature is"),
    "protocol_wrong": Meaning(Blame.BROKEN, "the rules were to be those of another version"),
    "receipt_wrong": Meaning(Blame.BROKEN, "the rules decide otherwise than was attested"),
    "state_wrong": Meaning(Blame.BROKEN, "the state holds something else than was attested"),
    "invariant_broken": Meaning(Blame.BROKEN, "the ledger's sums or shapes do not hold"),
}
"""Every code. Stable: none is renamed, and none changes its meaning."""


class Finding(msgspec.Struct, frozen=True):
    """A violation as a document.

    ``transaction``: the id concerned, in hex. ``decided``: what the rules give; ``claimed``: what
    the chain says instead. ``entry``: the key of the state entry concerned, in hex.
    """

    code: str
    blame: str
    height: int
    meaning: str
    detail: str
    transaction: str | None = None
    decided: str | None = None
    claimed: str | None = None
    entry: str | None = None


class About(NamedTuple):
    """What a violation is about: a transaction's id; what the rules decide and what the chain
    claims; the key of a state entry."""

    transaction: bytes | None = None
    difference: tuple[str, str] | None = None
    entry: bytes | None = None


NOTHING_IN_PARTICULAR: Final = About()


class Violation(Exception):
    """The first thing that does not add up. ``code`` is one of ``CODES``."""

    def __init__(
        self, code: str, height: int, detail: str, about: About = NOTHING_IN_PARTICULAR
    ) -> None:
        super().__init__(f"height {height}: {code}: {detail}")
        self.code = code
        self.height = height
        self.detail = detail
        self.transaction = about.transaction
        self.difference = about.difference
        self.entry = about.entry
        self.block: bytes | None = None
        """The bytes that were handed out as the block, once they are known: the proof of it."""

    @property
    def blame(self) -> Blame:
        """Whose doing it is."""
        return CODES[self.code].blame

    @property
    def finding(self) -> Finding:
        """As a document."""
        decided, claimed = self.difference or (None, None)
        return Finding(
            code=self.code,
            blame=self.blame.value,
            height=self.height,
            meaning=CODES[self.code].text,
            detail=self.detail,
            transaction=None if self.transaction is None else self.transaction.hex(),
            decided=decided,
            claimed=claimed,
            entry=None if self.entry is None else self.entry.hex(),
        )
