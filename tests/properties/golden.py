"""The golden files as the independent readers see them: JSON, MessagePack, and pages of docs/spec.

Imports nothing of the product: places of fields and numbers of codes are read off the pages.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "vectors" / "golden"
BLOCKS = (
    "ledger",
    "spending",
    "programmes",
    "reserves",
    "settlement",
    "guarantee",
    "members",
    "governance",
    "measures",
    "losses",
    "campaigns",
    "orders",
    "contents",
)
"""The families of blocks of the ledger."""
TRANSACTIONS = ("transactions", "actions", "partner_actions")
"""The families of forms of transactions."""

hexed = bytes.fromhex
State = dict[bytes, bytes]


@cache
def document(family: str) -> Any:
    """A golden file."""
    return json.loads((GOLDEN / f"{family}.json").read_bytes())


def cases(family: str, field: str) -> list[Any]:
    """Cases of a family that have a certain field."""
    found = [case for case in document(family)["cases"] if field in case]
    assert found
    return found


@cache
def blocks() -> list[Any]:
    """Every block of the ledger that is written down."""
    return [
        {**case, "name": f"{family}: {case['name']}"}
        for family in BLOCKS
        for case in cases(family, "before")
    ]


def named(case: Any) -> str:
    """What a case is called, as pytest shows it."""
    return str(case.get("name", ""))


def page(place: str) -> str:
    """A page of the documents."""
    return (ROOT / "docs" / place).read_text(encoding="utf-8")


@cache
def numbers(title: str) -> dict[int, str]:
    """Codes by number, as docs/reference/codes.md lists them under a heading."""
    text = page("reference/codes.md").split(f"\n## {title}\n")[1].split("\n## ")[0]
    return {int(n): code for n, code in re.findall(r"^\| (\d+) \| `([a-z_]+)`", text, re.MULTILINE)}


@cache
def parameter_names() -> tuple[str, ...]:
    """The fields of the parameters: the order of the table in docs/spec/genesis.md."""
    table = page("spec/genesis.md").split("| parameter | bounds | meaning |")[1]
    return tuple(re.findall(r"^\| `([a-z_]+)` \|", table.split("\n\n")[0], re.MULTILINE))


def parameters(data: bytes | list[int]) -> dict[str, int]:
    """By name."""
    fields = msgpack.unpackb(data) if isinstance(data, bytes) else data
    return dict(zip(parameter_names(), fields, strict=True))


def before(case: Any) -> State:
    """The whole state before a block."""
    return {hexed(key): hexed(value) for key, value in case["before"]}


def after(case: Any) -> State:
    """The whole state after a block."""
    state = before(case)
    for key, value in case["changes"]:
        if value is None:
            del state[hexed(key)]
        else:
            state[hexed(key)] = hexed(value)
    return state


def of_kind(state: State, prefix: int) -> dict[bytes, Any]:
    """Entries of a prefix: what stands in the key after it, and the value's fields."""
    return {key[1:]: msgpack.unpackb(value) for key, value in state.items() if key[0] == prefix}


def coded(prefix: int, *codes: str) -> bytes:
    """[STATE-1] A key of codes, each after its length."""
    return bytes([prefix]) + b"".join(bytes([len(code)]) + code.encode() for code in codes)


def sent(case: Any) -> Iterator[tuple[Any, str]]:
    """Each signed transaction of a block, its fields as they are, and what became of it."""
    for (_, signed), code in zip(case["transactions"], case["verdicts"], strict=True):
        yield msgpack.unpackb(hexed(signed)), code


def told(case: Any) -> list[Any]:
    """The receipts of a block: origin, outcome and events."""
    return [msgpack.unpackb(hexed(receipt)) for receipt in case["receipts"]]
