"""The cost ledger and the costs of large states: floors, forms, small runs of the real thing."""

import re

import msgspec
import pytest

from benchmarks.auditor import ROOT
from benchmarks.bare import Pieces, pieces
from benchmarks.ledger import LedgerResult, Line, a_block, alone, floor_us, network, told
from benchmarks.operations import read_budget
from benchmarks.profile import CHECK, EXECUTE
from benchmarks.state import SENDERS, Row, StateResult, account, one
from tests.unit.benchmarks.test_report import a_document

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()
BARE = Pieces(
    check_us=50.0,
    batched_check_us=20.0,
    sha256_us=0.5,
    encode_us=0.4,
    decode_us=0.9,
    read_us=0.3,
    write_us=0.6,
    sync_us=200.0,
)


def documented(heading: str) -> set[str]:
    after = REFERENCE[REFERENCE.index(heading) :]
    table = after[after.index("|---") :].split("\n\n")[0]
    return set(re.findall(r"`(\w+)`", table))


def test_a_floor_is_operations_at_their_bare_cost() -> None:
    assert floor_us({"checks": 1.0, "sha256": 4.0, "calls": 99.0}, BARE) == pytest.approx(22.0)
    assert floor_us({"reads": 1.0, "writes": 2.0, "bytes_written": 500.0}, BARE) == pytest.approx(
        1.5
    )


def test_every_stage_of_a_network_has_a_line_and_only_what_is_needed_has_a_floor() -> None:
    lines = {line.stage: line for line in network(a_document(), read_budget(), BARE)}
    assert lines.keys() == a_document().cpu_us_per_transfer_and_validator.keys()
    assert lines["verifiers"].floor_us > BARE.batched_check_us
    assert 0 < lines["execute"].floor_us < lines["execute"].cost_us
    assert Line("transport", 5.0, 0.0, {}).times == 0


def test_a_reader_sees_cost_floor_and_how_many_times_that_is() -> None:
    rows = alone({CHECK: 30.0, EXECUTE: 60.0}, read_budget(), BARE)
    form = LedgerResult(
        machine=a_document().machine,
        date="2026-11-30T00:00:00Z",
        commit="0" * 40,
        cpu_share_of_others=0.0,
        bare=BARE,
        alone=rows,
        block=a_block(5_000.0, read_budget(), BARE),
        network=[],
        network_commit="",
    )
    text = told(form)
    assert re.search(r"check its signature +30\.0 +20\.0 +1\.5", text)
    assert re.search(r"in all +90\.0", text)
    assert re.search(r"a block of three transfers +5000\.0", text)
    assert form.block.floor_us > 10 * BARE.check_us


def test_bare_pieces_cost_something() -> None:
    assert min(msgspec.structs.astuple(pieces())) > 0


def test_a_state_of_any_size_is_filled_and_used() -> None:
    row = one(accounts=SENDERS + 700, transfers=400)
    assert (row.accounts, row.senders, row.transfers) == (SENDERS + 700, SENDERS, 400)
    assert row.rss_bytes > row.rss_bytes_empty > 0
    assert min(row.cpu_us.values()) > 0
    assert row.store_bytes > 0


def test_accounts_are_all_different() -> None:
    numbers = [*range(50), *range(SENDERS, SENDERS + 50)]
    assert len({account(number) for number in numbers}) == 100


def test_every_field_is_described() -> None:
    in_state = {*StateResult.__struct_fields__, *Row.__struct_fields__}
    assert documented("## The state") == in_state
    in_ledger = {*LedgerResult.__struct_fields__, *Line.__struct_fields__}
    assert documented("## The cost ledger") == in_ledger | set(Pieces.__struct_fields__)
