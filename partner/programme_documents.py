"""The JSON documents of programme (docs/reference/cli). Knows shapes, and how a rate is told."""

from __future__ import annotations

from client.errors import Blame
from client.fields import format_time
from partner.documents import Document, Proof, Standing
from primitives.amount import format_amount
from primitives.entries import Programme, PublishedRate
from primitives.genesis import Rate


class RateDocument(Document, frozen=True):
    """``points`` points are worth ``worth`` LiqBon from ``since`` on, said at ``published``.

    ``state``: past, in_force, or coming.
    """

    points: str
    worth: str
    since: str
    published: str
    state: str


class ProgrammeDocument(Document, frozen=True):
    """A programme, and its rates, newest first; ``published`` counts all that there ever were."""

    partner: str
    code: str
    name: str
    point: str
    terms_url: str
    terms_hash: str
    paused: bool
    published: int
    rates: list[RateDocument]


class ProgrammesDocument(Document, frozen=True):
    """programme list. ``notice_ms``: how long before its start a worse rate is published."""

    programmes: list[ProgrammeDocument]
    notice_ms: int
    proven: Standing
    blames: list[Blame]


class ProgrammeChangedDocument(Document, frozen=True):
    """programme open, set-rate, pause, resume: the programme as it stands afterwards.

    ``change``: opened, better, same, worse, paused, resumed. ``in_force``: from when on.
    """

    programme: ProgrammeDocument
    change: str
    in_force: str
    repeated: bool
    elapsed_ms: int
    proof: Proof
    proven: Standing
    blames: list[Blame]


def programme_document(
    partner: str, programme: Programme, rates: list[tuple[int, PublishedRate]]
) -> ProgrammeDocument:
    """``rates`` are (place, rate) of those that are shown, newest first."""
    return ProgrammeDocument(
        partner=partner,
        code=programme.code,
        name=programme.name,
        point=programme.point,
        terms_url=programme.terms_url,
        terms_hash=programme.terms_hash.hex(),
        paused=programme.paused,
        published=programme.published,
        rates=[_rate(programme, place, rate) for place, rate in rates],
    )


def told_rate(rate: Rate) -> str:
    """In words, e.g. ``100 points are worth 1 LiqBon``."""
    points = "1 point is" if rate.denominator == 1 else f"{rate.denominator} points are"
    return f"{points} worth {format_amount(rate.numerator)} LiqBon"


def _rate(programme: Programme, place: int, published: PublishedRate) -> RateDocument:
    state = "in_force" if place == programme.place else "coming"
    return RateDocument(
        points=str(published.rate.denominator),
        worth=format_amount(published.rate.numerator),
        since=format_time(published.rate.since),
        published=format_time(published.published),
        state="past" if place < programme.place else state,
    )


class TermsVersionDocument(Document, frozen=True):
    """Terms of a programme: a document by its SHA-256, in force from ``since`` on.

    ``state``: past, in_force, or coming.
    """

    place: int
    terms_hash: str
    terms_url: str
    since: str
    published: str
    state: str


class TermsDocument(Document, frozen=True):
    """programme terms, newest first; ``published`` counts all that there ever were."""

    partner: str
    programme: str
    published: int
    terms: list[TermsVersionDocument]
    proven: Standing
    blames: list[Blame]


class TermsChangedDocument(Document, frozen=True):
    """programme set-terms: the newest terms afterwards, newest first."""

    partner: str
    programme: str
    terms: list[TermsVersionDocument]
    repeated: bool
    elapsed_ms: int
    proof: Proof
    proven: Standing
    blames: list[Blame]


def told_terms(shown: list[TermsVersionDocument]) -> list[str]:
    """As lines of text."""
    return [
        f"{one.state.replace('_', ' ')}: from {one.since} on, {one.terms_url or 'no URL'}, "
        f"SHA-256 {one.terms_hash}"
        for one in shown
    ]
