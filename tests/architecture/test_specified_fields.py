"""The specification writes each structure as the code does: its tag, and as many fields.

A second implementation is made from docs/spec; a field that is missing there is a fork.
"""

import re
from typing import Any, get_args

import pytest

from contracts.agenda import DUE, MEASURES
from contracts.rulebook import RULES
from primitives import actions, entries, genesis
from primitives.address import Policy
from primitives.endorsement import Endorsement
from primitives.entries import ENTRY_KINDS, Prefix
from primitives.genesis import Parameters
from primitives.governance import VotedLimits
from primitives.membership import Application, Seat
from primitives.receipt import Event, Receipt
from primitives.transaction import SignedTransaction, Transaction
from tests.architecture.source import ROOT

PLAIN = (
    Transaction,
    SignedTransaction,
    Policy,
    Endorsement,
    actions.Invoice,
    Application,
    Seat,
    VotedLimits,
    Receipt,
    entries.PendingReserve,
    entries.PendingCaps,
    entries.Advance,
    genesis.Genesis,
    genesis.GenesisPartner,
    genesis.Custodian,
    genesis.Roles,
    genesis.PartnerLimits,
    genesis.ProgrammeTerms,
    genesis.Rate,
)
"""Structures without a tag that the specification writes by their names."""


def page(name: str) -> str:
    """A page of the specification, each structure on a line of its own."""
    text = (ROOT / "docs" / "spec" / f"{name}.md").read_text(encoding="utf-8")
    return re.sub(r",\n\s+", ", ", text)


def fields(body: str) -> list[str]:
    """What stands between the brackets, what is nested left whole."""
    found, depth = [""], 0
    for letter in body:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [field.strip() for field in found]


def structures(*names: str) -> dict[str, list[str]]:
    """The fields of each ``Name = [...]`` of some pages."""
    found = {}
    for name in names:
        for kind, body in re.findall(r"^    (\w+) *= \[(.*?)\](?:   .*)?$", page(name), re.M):
            found[kind] = fields(body)
    return found


WRITTEN = structures("genesis", "transactions", "state", "ledger")


def tagged(kind: type[Any]) -> tuple[int, int]:
    """Tag, and number of fields."""
    return kind.__struct_config__.tag, len(kind.__struct_fields__)


@pytest.mark.parametrize("kind", [*RULES, *get_args(Event), *DUE], ids=lambda kind: kind.__name__)
def test_what_has_a_tag_is_written_with_it_and_all_its_fields(kind: type[Any]) -> None:
    """[ENC-7, TX-7]"""
    tag, *rest = WRITTEN[kind.__name__]
    assert (int(tag, 0), len(rest)) == tagged(kind)


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_what_has_no_tag_is_written_with_all_its_fields(kind: type[Any]) -> None:
    """[ENC-7]"""
    assert len(WRITTEN[kind.__name__]) == len(kind.__struct_fields__)


def test_every_measure_is_written_with_its_tag_and_all_its_fields() -> None:
    """[ENC-7]"""
    text = page("transactions").split("    Measure ")[1].split("VotedLimits = ")[0]
    listed = re.findall(r"^ *[=|] \[(.*?)\] +(\w+)$", text, re.M)
    written = {name: fields(body) for body, name in listed}
    assert {name: (int(tag), len(rest)) for name, (tag, *rest) in written.items()} == {
        kind.__name__: tagged(kind) for kind in MEASURES
    }


def test_every_entry_is_written_under_its_prefix_with_all_its_fields() -> None:
    """[STATE-4, STATE-5]"""
    table = page("state").split("| prefix | key after it | value |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (0x[0-9a-f]{2}) \|.*\| (.*) \|$", table, re.M)
    assert {int(prefix, 16) for prefix, _ in rows} == {int(prefix) for prefix in Prefix}
    for prefix, value in rows:
        kind = ENTRY_KINDS[int(prefix, 16)]
        named, _, body = value.partition(" = ")
        assert named.split(",")[0] == kind.__name__
        if body:
            inside = fields(body[1:-1])
            assert len(inside) == len(kind.__struct_fields__), prefix
        else:
            assert value.endswith("as in [transactions.md](transactions.md)")


def test_the_parameters_are_those_of_the_table_in_its_order() -> None:
    """[GEN-5]"""
    table = page("genesis").split("| parameter | bounds | meaning |")[1].split("\n\n")[0]
    names = re.findall(r"^\| `([a-z_]+)` \|", table, re.M)
    assert tuple(names) == Parameters.__struct_fields__
