"""What a node and its signer say to each other ([SIG-2]). Knows forms; no socket.

Frames (``node.frames``) of canonical bytes: a request of the node, then one answer of the signer,
in order. Both tables are closed and bounded. Nothing that the node may ask for is a string of bytes
to be signed: the signer puts together itself what it signs, each under its own domain.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from node.guard import Statement
from node.logframes import MAX_RECORD
from node.signer_record import MOST_STATEMENTS, Statements
from primitives.encoding import Count, Digest, Index, Signature, Wire, decode

VERSION: Final = 1
MAX_REQUEST: Final = MAX_RECORD - 4_096
"""Bytes: whatever a request holds fits a frame of the record."""
MAX_ANSWER: Final = MAX_RECORD
MAX_CERTIFICATE: Final = 4_096
MOST_KEYS: Final = 16
MAX_MEMBERS: Final = 65_536
CALL_S: Final = 2.0
"""How long a node's event loop waits for the signer where an epoch or a connection begins."""
ANSWER_S: Final = 5.0
"""How long a node waits for signatures, and for the first answer of a connection, meanwhile doing
everything else; longer than any honest disk takes for a sync."""

MAX_DETAIL: Final = 1_024
"""Characters."""

_Text = Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]


class Meet(Wire, tag=1):
    """The first request of a connection. ``looks``: for a doctor, for whom nothing is signed, and
    nothing remembered."""

    version: Index
    chain: Digest
    looks: bool


class Enter(Wire, tag=2):
    """From now on for this epoch, with the key of a member whose key is held."""

    epoch: Count
    members: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MAX_MEMBERS)]


class Recall(Wire, tag=3):
    """What the node's journal holds of the epoch, and the floors below which it has forgotten, and
    below which nothing is signed in this conversation; ``more`` if another part follows, the last
    of which makes all of them count."""

    statements: Statements
    view: Count
    batch: Count
    more: bool


class Forget(Wire, tag=4):
    """Higher floors: up to there the node's state is synced. They stay for good."""

    view: Count
    batch: Count


class Sign(Wire, tag=5):
    """Sign all of these, or nothing. ``contents`` are given back by ``Recalled``, if need be."""

    statements: Statements
    contents: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]


class Vouch(Wire, tag=6):
    """Make a certificate of a TLS key ([NET-1])."""

    tls_key: Digest


class Greet(Wire, tag=7):
    """Sign a hello with these values ([NET-1])."""

    epoch: Count
    sender: Index | None
    receiver: Index | None
    own: Digest
    yours: Digest


class ListKeys(Wire, tag=8):
    """Which keys are there?"""


class Destroy(Wire, tag=9):
    """A key has had its time ([EPOCH-7])."""

    key: Digest


Request = Meet | Enter | Recall | Forget | Sign | Vouch | Greet | ListKeys | Destroy


class Refusal(Wire, tag=1):
    """The request is refused, and nothing has come of it. ``code`` is stable."""

    code: _Text
    detail: _Text


def refusal(code: str, detail: str) -> Refusal:
    """One whose detail may be long: what does not fit is cut off."""
    return Refusal(code, detail[:MAX_DETAIL])


class Done(Wire, tag=2):
    """So be it."""


class Seated(Wire, tag=3):
    """The member whose key is held; None if nobody's is."""

    place: Index | None


class Recalled(Wire, tag=4):
    """What the journal lacks of the last request, with its signatures."""

    statements: Statements
    contents: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]
    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]


class Signed(Wire, tag=5):
    """One signature a statement, in order; one for a hello."""

    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(max_length=MOST_STATEMENTS)]


class Vouched(Wire, tag=6):
    """A certificate (DER)."""

    certificate: Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE)]


class HeldKeys(Wire, tag=7):
    """The public halves, oldest first."""

    keys: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MOST_KEYS)]


Answer = Refusal | Done | Seated | Recalled | Signed | Vouched | HeldKeys


def decode_request(frame: bytes) -> Request:
    """Raises ``Malformed``."""
    return decode(Request, frame, MAX_REQUEST)  # type: ignore[arg-type]


def decode_answer(frame: bytes) -> Answer:
    """Raises ``Malformed``."""
    return decode(Answer, frame, MAX_ANSWER)  # type: ignore[arg-type]


def parts(statements: tuple[Statement, ...]) -> list[tuple[Statement, ...]]:
    """As many requests as they take; one for none."""
    most = MOST_STATEMENTS
    return [statements[start : start + most] for start in range(0, max(1, len(statements)), most)]
