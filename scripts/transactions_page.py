"""The page docs/reference/transactions.md, made of what the code says of itself.

Reads the tables of ``contracts`` and the wire types of ``primitives`` with their bounds and
docstrings. Knows how a page looks; no rule, and nothing that a type or a table does not say.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, get_args

import msgspec
import msgspec.inspect as kinds

from contracts.agenda import DUE, MEASURES
from contracts.rulebook import NEVER_HELD_UP, RULES
from primitives import actions as a
from primitives.address import MAX_KEYS, Policy
from primitives.codes import Code, Currency
from primitives.encoding import Wire
from primitives.receipt import Event, Outcome
from primitives.transaction import VERSION, Transaction

HEAD = """\
Every action, what is checked in which order, and what it leaves behind; every measure that partners
can vote on; everything that happens by itself. `scripts/describe_transactions` makes this page of
the tables and types of the code, and tests hold those against what the contracts can say and what
the golden vectors show. The rules in words are in the [specification](../spec/ledger.md), what to
do about a refusal in [codes](codes.md).

A structure is an array of its fields in this order, an action with its tag before them
([encoding](../spec/encoding.md)). *Units* are 10^-6 LiqBon, times milliseconds since 1970-01-01
UTC, a *code* is 1..32 of a-z, 0-9 and inner hyphens. A transaction is refused with the first
[code](codes.md#refusals) that applies, and then changed nothing but its sender's sequence."""
MEASURES_SAY = """\
What a [Propose](#propose) puts to the vote. It is looked at when it is proposed, and again when it
is carried out, `timelock_ms` after enough approved: what stands in its way then makes it void."""
DUE_SAYS = """\
No transaction is needed, and nothing is refused: a block first carries out what is due
([LEDGER-15](../spec/ledger.md))."""
SPOKEN = {
    (Transaction, "version"): str(VERSION),
    (Policy, "threshold"): "1 to as many as there are keys",
    (Policy, "keys"): f"1..{MAX_KEYS} of 32 bytes, ascending",
}
"""What no type says: the checks beside it do."""
UNITS = {
    "Positive": " units",
    "Count": " units",
    "Signed": " units",
    "DailyCap": " units",
    "Millis": ", a time",
    "Points": " basis points",
}
NUMBERS = ("likes", "electors", "needed", "approved", "opposed", "obligations")
"""Fields of the type of an amount that count something else."""
LINES = 110
WORD = re.compile(r"(?:\[[^\]]*\]\([^)]*\)|\S)+")
"""A link is one word, or it would be broken."""
PAGES = {"LEDGER": "ledger", "TX": "transactions"}


def page() -> str:
    """The whole page."""
    listed = {*RULES, *MEASURES, *get_args(Event), *DUE}
    inner = _inner([Transaction, *RULES, *MEASURES, *get_args(Event), *DUE], listed)
    parts = [
        f"# Transactions, field by field\n\n{_said(HEAD)}\n",
        _overview(),
        _section("The transaction", [_structure(Transaction)]),
        _section("Actions", [_action(kind) for kind in RULES]),
        _section("Measures", [_said(MEASURES_SAY) + "\n", *(_measure(kind) for kind in MEASURES)]),
        _section("What falls due", [_said(DUE_SAYS) + "\n", *(_item(kind) for kind in DUE)]),
        _section("Events", [_event(kind) for kind in get_args(Event)]),
        _section("What stands inside", [_structure(kind) for kind in inner]),
    ]
    return "\n".join(parts)


def _section(title: str, parts: Iterable[str]) -> str:
    return "\n".join([f"## {title}\n", *parts])


def _overview() -> str:
    lines = ["## At a glance\n", "| tag | action | |", "|---|---|---|"]
    for kind in RULES:
        what = _doc(kind).split("\n\n")[0]
        lines.append(f"| `0x{_tag(kind):02x}` | {_link(kind)} | {what} |")
    return "\n".join([*lines, ""])


def _action(kind: type[Any]) -> str:
    rule = RULES[kind]
    weight = a.outputs_of(kind(*[()] * len(kind.__struct_fields__)))
    outputs = "one for each output" if kind is a.Transfer else str(weight)
    free = " No lane holds it up [LEDGER-14](../spec/ledger.md)." if kind in NEVER_HELD_UP else ""
    return _entry(
        kind,
        f"Tag `0x{_tag(kind):02x}`, signed by {rule.signed_by}.",
        f"Refused, in this order: {_codes(rule.refusals)}.",
        f"Events: {_links(rule.events)}. Rules: {_rules(rule.rules)}. "
        f"Outputs in its weight: {outputs}.{free}",
    )


def _measure(kind: type[Any]) -> str:
    rule = MEASURES[kind]
    return _entry(
        kind,
        f"Tag {_tag(kind)}, about {rule.about}.",
        f"In its way, in this order: {_codes(rule.obstacles)}.",
        f"Events: {_links(rule.events)}. Rules: {_rules(rule.rules)}.",
    )


def _item(kind: type[Any]) -> str:
    rule = DUE[kind]
    told = f"Events: {_links(rule.events)}. Rules: {_rules(rule.rules)}."
    return _entry(kind, f"Tag {_tag(kind)}.", told)


def _event(kind: type[Any]) -> str:
    return _entry(kind, f"Tag {_tag(kind)}.")


def _structure(kind: type[Any]) -> str:
    return _entry(kind, "")


def _entry(kind: type[Any], first: str, *last: str) -> str:
    """A structure: what it is, its fields, and what else is to be said."""
    said = _said(f"{first} {_doc(kind)}".strip())
    parts = [f"### {kind.__name__}", said, _fields(kind), *map(_said, last)]
    return "".join(f"{part}\n\n" for part in parts if part).rstrip("\n") + "\n"


def _fields(kind: type[Any]) -> str:
    lines = ["| field | form |", "|---|---|"]
    for found in _info(kind).fields:
        alias = str(kind.__annotations__[found.name])
        form = SPOKEN.get((kind, found.name)) or _form(found.type, alias)
        lines.append(f"| `{found.name}` | {_counted(found.name, alias, form)} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def _form(kind: kinds.Type, alias: str) -> str:
    """What a reader accepts there."""
    match kind:
        case kinds.UnionType():
            others = [one for one in kind.types if not isinstance(one, kinds.NoneType)]
            if len(others) > 1:
                return f"one of the [{alias.lower()}s](#{alias.lower()}s)"
            return _form(others[0], alias) + ", or nil"
        case kinds.StructType():
            return _link(kind.cls)
        case kinds.EnumType():
            return _members(kind.cls)
        case kinds.VarTupleType(max_length=int() as most):
            return f"{kind.min_length or 0}..{most} of {_form(kind.item_type, alias)}"
        case kinds.BytesType(max_length=int() as size):
            return f"{size} bytes"
        case kinds.BoolType():
            return "true or false"
        case kinds.IntType(ge=int() as least, le=int() as most):
            return f"{_number(least)}..{_number(most)}"
        case kinds.IntType(ge=int() as least, lt=int() as above):
            return f"{_number(least)}..{_number(above - 1)}"
        case kinds.StrType():
            return _text(kind)
        case _:
            raise ValueError(f"no bounds: {kind}")


def _number(value: int) -> str:
    for power in (32, 53, 63):
        for near, word in ((2**power, f"2^{power}"), (2**power - 1, f"2^{power}-1")):
            if abs(value) == near:
                return word if value > 0 else f"-{word}"
    return f"{value:,}"


def _text(kind: kinds.StrType) -> str:
    for alias, word in ((Code, "a code"), (Currency, "three capital letters (ISO 4217)")):
        if kind.pattern == get_args(alias)[1].pattern:
            return word
    return f"{kind.min_length or 0}..{kind.max_length} characters"


def _members(cls: type[Any]) -> str:
    assert issubclass(cls, IntEnum), cls
    if cls is Outcome:
        return "0, or the number of a [code](codes.md#refusals)"
    return ", ".join(f"{each.name.lower().replace('_', ' ')} {each.value}" for each in cls)


def _counted(name: str, alias: str, form: str) -> str:
    """With what a number counts: the name of its type says it, as only people can tell."""
    if name in NUMBERS:
        return form
    if name == "points":
        return f"{form} whole points of the programme"
    if name == "ship_within":
        return f"{form} milliseconds"
    return form + UNITS.get(alias, "")


def _inner(kinds_: Iterable[type[Any]], listed: set[type[Any]]) -> list[type[Any]]:
    """Structures that stand in fields and have no entry of their own, in the order in which they
    come up."""
    found: dict[type[Any], None] = {}
    waiting = list(kinds_)
    while waiting:
        for field in _info(waiting.pop(0)).fields:
            for cls in _structures(field.type):
                if cls not in listed and cls not in found:
                    found[cls] = None
                    waiting.append(cls)
    return list(found)


def _structures(kind: kinds.Type) -> list[type[Any]]:
    if isinstance(kind, kinds.StructType):
        return [kind.cls]
    if isinstance(kind, kinds.VarTupleType):
        return _structures(kind.item_type)
    if isinstance(kind, kinds.UnionType):
        return [cls for one in kind.types for cls in _structures(one)]
    return []


def _info(kind: type[Any]) -> kinds.StructType:
    found = msgspec.inspect.type_info(kind)
    assert isinstance(found, kinds.StructType), kind
    return found


def _tag(kind: type[Wire]) -> int:
    tag = kind.__struct_config__.tag
    assert isinstance(tag, int), kind
    return tag


def _doc(kind: type[Any]) -> str:
    """The docstring, as text of a page."""
    text = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    text = re.sub(r" \(docs/spec/[a-z]+\.md\)", "", text)
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _said(text: str) -> str:
    """Paragraphs in lines of a length that people read."""
    lines = []
    for paragraph in text.split("\n\n"):
        line = ""
        for word in WORD.findall(paragraph):
            if line and len(line) + 1 + len(word) > LINES:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines += [line, ""]
    return "\n".join(lines[:-1])


def _codes(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(f"`{code.text}`" for code in outcomes) or "nothing"


def _links(kinds_: Sequence[type[Any]]) -> str:
    return ", ".join(_link(kind) for kind in kinds_) or "none"


def _link(kind: type[Any]) -> str:
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


def _rules(numbers: Sequence[str]) -> str:
    by_page: dict[str, list[str]] = {}
    for number in numbers:
        by_page.setdefault(PAGES[number.partition("-")[0]], []).append(number)
    return ", ".join(f"[{', '.join(held)}](../spec/{on}.md)" for on, held in by_page.items())
