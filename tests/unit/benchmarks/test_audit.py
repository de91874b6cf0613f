"""The auditor's benchmark: its chain is a chain, and its result is described and kept."""

import re
from pathlib import Path

import msgspec

from audit.crew import Inline
from audit.home import Verified
from audit.replay import Audit
from benchmarks.audit import LOOKS, RESULT, SENDERS, AuditResult, Memory, Watch
from benchmarks.auditor import ROOT, sum_of
from benchmarks.population import transfers
from benchmarks.shelf import Shelf
from benchmarks.solo import Solo
from node.store import LevelStore
from primitives.encoding import encode
from primitives.transaction import decode_signed
from tests.fakes.chains import ChainSource

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()


async def test_the_chain_that_is_made_is_one_that_an_auditor_takes(tmp_path: Path) -> None:
    solo = Solo(tmp_path, senders=20)
    solo.fund()
    raws = transfers(solo.terms, range(40))  # a first one of each sender, then a second
    solo.block(raws[:10], raws[10:12], [], raws[12:20])
    solo.block(raws[20:40])
    solo.close()
    store = LevelStore.open(tmp_path)
    shelf = Shelf(store)
    blocks = [encode(shelf.raw(height)) for height in range(1, shelf.top + 1)]
    store.close()
    verified = Verified.found(solo.genesis)
    audit = Audit(verified, ChainSource(blocks), Inline(), ())
    ids = []
    async for block in audit.blocks(shelf.top):
        ids += [each.decoded.id for each in block.transactions]
    tally = verified.ledger.standing.tally
    assert (tally.done, tally.refused, tally.skipped) == (42, 0, 0)
    assert {decode_signed(raw, solo.terms.chain).id for raw in raws} <= set(ids)
    assert tally.done_ids.hex() == sum_of(reversed(ids))


def test_memory_is_noted_at_the_shares_that_were_promised() -> None:
    watch = Watch(pid=0, url="", heights=100)
    watch.end()
    assert [each.share for each in watch.memory] == list(LOOKS) == [0.1, 0.5, 1.0]


def test_every_field_of_the_result_is_described_and_nothing_else() -> None:
    after = REFERENCE[REFERENCE.index("## The auditor alone") :]
    rows = re.findall(r"^\| ([^|]*) \|", after.split("## Pruning")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(AuditResult.__struct_fields__)
    assert set(Memory.__struct_fields__) <= set(re.findall(r"`(\w+)`", after))


def test_the_result_that_is_kept_is_of_a_chain_that_held() -> None:
    kept = msgspec.json.decode(RESULT.read_bytes(), type=AuditResult)
    assert kept.verified
    assert kept.senders == SENDERS
    first, _, last = (each.rss_bytes for each in kept.memory)
    assert last < 2 * first, "memory grows with the chain"
