"""Contents and likes: a block each, done or refused, the whole state before and after."""

from collections.abc import Callable, Mapping, Sequence

from primitives.actions import ContentLike, ContentRegister
from primitives.amount import MAX_SUPPLY
from primitives.commerce import Content, content_id, content_key
from primitives.encoding import encode
from primitives.transaction import Decoded
from tests.builders import Person, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import ANN, BEN, HELD, ROB, trading
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

Case = Callable[[Ledger], list[Decoded]]
SONG = an_id("a song")


def registered(ledger: Ledger) -> bytes:
    """Ben's song."""
    done(ledger, ledger.act(BEN, ContentRegister(SONG)))
    return content_id(BEN.account, SONG)


def register(ledger: Ledger) -> list[Decoded]:
    return [ledger.act(BEN, ContentRegister(SONG))]


def another_s_too(ledger: Ledger) -> list[Decoded]:
    """The same digest by another author is another content."""
    registered(ledger)
    return [ledger.act(ROB, ContentRegister(SONG))]


def twice(ledger: Ledger) -> list[Decoded]:
    registered(ledger)
    return register(ledger)


def like(amount: int, sender: Person = ANN) -> Case:
    return lambda ledger: [ledger.act(sender, ContentLike(registered(ledger), amount))]


def like_nothing(ledger: Ledger) -> list[Decoded]:
    return [ledger.act(ANN, ContentLike(content_id(ANN.account, SONG), 1))]


def by_several(ledger: Ledger) -> list[Decoded]:
    id_ = registered(ledger)
    return [
        ledger.act(ANN, ContentLike(id_, 1)),
        ledger.act(ROB, ContentLike(id_, 2)),
        ledger.act(ANN, ContentLike(id_, 3), sequence=1),
    ]


def beyond_all_bounds(ledger: Ledger) -> list[Decoded]:
    """It was given nearly as much, again and again, as there can ever be."""
    id_ = registered(ledger)
    much = Content(BEN.account, SONG, 7, MAX_SUPPLY - 1)
    ledger.state[content_key(id_)] = encode(much)
    over = ledger.act(ANN, ContentLike(id_, 2))
    return [over, ledger.act(ANN, ContentLike(id_, 1), sequence=1)]


CASES: dict[str, Case] = {
    "a content": register,
    "another's of the same digest": another_s_too,
    "content_exists": twice,
    "a like": like(5),
    "a like of all that one has": like(HELD),
    "likes by several": by_several,
    "content_unknown": like_nothing,
    "own_content": like(1, BEN),
    "balance_too_low for a like": like(HELD + 1),
    "amount_overflow of a content": beyond_all_bounds,
}


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = trading(founders=2)
        found.append(record(name, ledger, case(ledger)))
    return found
