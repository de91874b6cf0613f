"""Nothing personal fits into a transaction: the only words are those of partners about themselves.

Text would fill with names and telephone numbers, and stay for ever.
"""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec.inspect
import pytest

from primitives.actions import (
    Action,
    PartnerRegister,
    ProgrammeOpen,
    ProgrammeSetTerms,
    Propose,
)
from primitives.codes import Code, Currency
from primitives.receipt import Event
from primitives.transaction import Transaction

OF_PARTNERS = {
    ProgrammeOpen: {"name", "point", "terms_url"},
    ProgrammeSetTerms: {"terms_url"},
    PartnerRegister: {"name"},
    Propose: {"name", "url"},
}
"""What partners call themselves, their programmes and custodians, and where a document is."""
CODED = {get_args(alias)[1].pattern for alias in (Code, Currency)}


def words(kind: msgspec.inspect.Type, name: str = "") -> Iterator[str]:
    """Names of fields that take text other than a code."""
    match kind:
        case msgspec.inspect.StructType():
            for field in kind.fields:
                yield from words(field.type, field.name)
        case msgspec.inspect.VarTupleType():
            yield from words(kind.item_type, name)
        case msgspec.inspect.UnionType():
            for one in kind.types:
                yield from words(one, name)
        case msgspec.inspect.StrType():
            if kind.pattern not in CODED:
                yield name


@pytest.mark.parametrize("action", get_args(Action), ids=lambda kind: kind.__name__)
def test_no_action_takes_words_but_those_of_partners_about_themselves(action: type[Any]) -> None:
    """[TX-1]"""
    assert set(words(msgspec.inspect.type_info(action))) == OF_PARTNERS.get(action, set())


@pytest.mark.parametrize("event", get_args(Event), ids=lambda kind: kind.__name__)
def test_no_event_holds_words(event: type[Any]) -> None:
    """[RCPT-1]"""
    assert set(words(msgspec.inspect.type_info(event))) == set()


def test_a_memo_is_32_opaque_bytes_or_nothing() -> None:
    """[TX-1]"""
    info = msgspec.inspect.type_info(Transaction)
    assert isinstance(info, msgspec.inspect.StructType)
    [memo] = [field.type for field in info.fields if field.name == "memo"]
    assert isinstance(memo, msgspec.inspect.UnionType)
    assert msgspec.inspect.NoneType() in memo.types
    assert msgspec.inspect.BytesType(min_length=32, max_length=32) in memo.types
    assert len(memo.types) == 2
