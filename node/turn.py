"""What one turn of a replica has gathered, in the order in which it is done. Decides nothing."""

from __future__ import annotations

from typing import assert_never

from consensus.effects import (
    Accuse,
    Certify,
    Effect,
    Execute,
    Halt,
    Keep,
    Record,
    Say,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    Send,
    SendBatches,
    Wake,
)
from consensus.inputs import Input
from node.speech import Spoken


class Turn:
    """Records are written, statements signed and written too; then everything is sent."""

    __slots__ = ("certify", "execute", "own", "records", "rests", "saying", "sends", "token")

    def __init__(self, token: int) -> None:
        self.token = token
        self.records: list[Record] = []
        self.saying: list[Say] = []
        self.sends: list[Send | SendBatches] = []
        self.certify: list[Certify] = []
        self.execute: list[Execute] = []
        self.own: list[Input] = []
        self.rests = False
        """Whether what its statements rest on is being synced, before they are signed."""

    @property
    def is_audible(self) -> bool:
        """Whether anyone hears of it: peers, clients or the store. Else nothing rests on it yet."""
        return bool(self.saying or self.sends or self.certify or self.execute)

    def gather(self, effect: Effect) -> None:
        """Take an effect of the engine in; those that are done at once are none of its affair."""
        match effect:
            case Keep():
                self.records.append(effect.record)
            case SayProposal() | SayVote() | SayBatch() | SayAttest() | SayBeat():
                self.saying.append(effect)
            case Send() | SendBatches():
                self.sends.append(effect)
            case Execute():
                self.execute.append(effect)
            case Certify():
                self.certify.append(effect)
            case Wake() | Accuse() | Halt():
                pass
            case _:
                assert_never(effect)

    def said(self, spoken: Spoken) -> None:
        """One of its statements is signed: it is written, sent, and taken in like anyone's."""
        self.records += spoken.records
        self.sends.append(Send(None, spoken.message))
        self.own.append(spoken.received)

    def hush(self) -> None:
        """Nothing of it may be said; what it wrote down does no harm."""
        self.saying.clear()
        self.sends.clear()
        self.own.clear()
