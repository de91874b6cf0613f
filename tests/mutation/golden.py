"""The golden vectors of the ledger, played again: the quickest witness against a mutant.

A block is carried out over the state that was written down before it, and every verdict, receipt
and change must come out byte for byte. Roots are not worked out anew: they follow from these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from contracts.context import BlockContext
from contracts.genesis import genesis_changes
from contracts.transition import BlockRun
from primitives.encoding import decode, encode
from primitives.genesis import Genesis, Parameters, decode_genesis
from primitives.keys import ED25519
from primitives.receipt import Skip
from primitives.transaction import Decoded, decode_signed
from tests.vectors.regenerate import GOLDEN


class Block(NamedTuple):
    """A block and what came of it."""

    name: str
    before: dict[bytes, bytes]
    context: BlockContext
    transactions: list[tuple[int, Decoded]]
    expected: tuple[object, ...]

    def holds(self) -> bool:
        """Whether it comes out as written."""
        run = BlockRun(self.before, self.context)
        verdicts = [run.apply(lane, decoded) for lane, decoded in self.transactions]
        codes = [v.text if isinstance(v, Skip) else v.outcome.text for v in verdicts]
        result = run.finish()
        receipts = [encode(receipt) for receipt in result.receipts]
        return (codes, receipts, result.changes, result.next_due_ms) == self.expected


class Founding(NamedTuple):
    """A genesis and the state that it begins with."""

    name: str
    genesis: Genesis
    entries: list[tuple[bytes, bytes]]

    def holds(self) -> bool:
        """Whether it comes out as written."""
        return genesis_changes(self.genesis) == self.entries


def cases() -> list[Block | Founding]:
    """Every block and every genesis that is written down."""
    return [case for path in sorted(GOLDEN.glob("*.json")) for case in _of_family(path.name)]


def _of_family(name: str) -> Iterator[Block | Founding]:
    for case in json.loads((GOLDEN / name).read_bytes())["cases"]:
        title = f"golden {name}: {case.get('name')}"
        if "before" in case and "verdicts" in case:
            yield _block(title, case)
        elif "entries" in case and "genesis" in case:
            genesis = decode_genesis(bytes.fromhex(case["genesis"]), ED25519)
            yield Founding(title, genesis, [*_pairs(case["entries"])])


def _block(title: str, case: dict[str, Any]) -> Block:
    chain = bytes.fromhex(case["chain"])
    parameters = decode(Parameters, bytes.fromhex(case["parameters"]))
    numbers = (case[name] for name in ("height", "time", "lanes", "epoch"))
    context = BlockContext(parameters, chain, *numbers)
    transactions = [
        (lane, decode_signed(bytes.fromhex(raw), chain)) for lane, raw in case["transactions"]
    ]
    receipts = [bytes.fromhex(receipt) for receipt in case["receipts"]]
    changes = [
        (bytes.fromhex(key), None if value is None else bytes.fromhex(value))
        for key, value in case["changes"]
    ]
    expected = (case["verdicts"], receipts, changes, case["next_due"])
    return Block(title, dict(_pairs(case["before"])), context, transactions, expected)


def _pairs(pairs: list[list[str]]) -> Iterator[tuple[bytes, bytes]]:
    return ((bytes.fromhex(key), bytes.fromhex(value)) for key, value in pairs)
