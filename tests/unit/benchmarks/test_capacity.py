"""What a recording says, and what is made of a played one."""

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import founders
from benchmarks.auditor import ROOT
from benchmarks.capacity import CapacityResult, ratios
from benchmarks.population import transfers
from benchmarks.ratios import Bare
from benchmarks.recording import MEASURED, PEERS, Block, Recording, record
from benchmarks.still import Still
from consensus.messages import Attested, BatchSent, Propose, Voted, decode_message
from node.executor import Executor
from node.store import LevelStore
from primitives.batch import decode_batch
from primitives.genesis import chain_id, validators_of
from primitives.keys import ED25519
from primitives.vote import Kind, attest_message, vote_message

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()
GENESIS = founders.genesis()
MEMBERS = validators_of(GENESIS)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    directory = tmp_path_factory.mktemp("solo")
    return record(directory / "data", GENESIS, 40, 30, lambda terms: transfers(terms, range(210)))


def everything(recording: Recording) -> list[Block]:
    return recording.funding + recording.blocks


def test_the_measured_validator_leads_nothing_and_its_turns_are_skipped(
    recording: Recording,
) -> None:
    views = [block.view for block in everything(recording)]
    assert all(MEMBERS.leader(view) != MEASURED for view in views)
    skipped = {block.view - 1 for block in everything(recording) if block.skipping}
    assert skipped == set(range(1, views[-1])) - set(views)
    assert skipped


def test_three_peers_say_all_that_a_quorum_has_to(recording: Recording) -> None:
    chain = chain_id(GENESIS)
    for block in everything(recording):
        rounds = ((block.notarizing, Kind.NOTARIZE), (block.finalizing, Kind.FINALIZE))
        for said, kind in rounds:
            assert [each.author for each in said] == list(PEERS)
            for each in said:
                message = decode_message(each.frame)
                assert isinstance(message, Voted)
                vote = message.vote
                assert (vote.kind, vote.view) == (kind, block.view)
                signed = vote_message(chain, kind, 0, vote.view, vote.digest)
                key = MEMBERS.key(vote.author)
                assert ED25519.verify(key, signed, vote.signature)


def test_all_attest_the_same_outcome_and_the_last_one_is_the_recorded_root(
    recording: Recording,
) -> None:
    attestations = []
    for each in recording.blocks[-1].attesting:
        message = decode_message(each.frame)
        assert isinstance(message, Attested)
        attest = message.attest
        signed = attest_message(attest.attestation)
        assert ED25519.verify(MEMBERS.key(attest.author), signed, attest.signature)
        attestations.append(attest.attestation)
    assert attestations.count(attestations[0]) == len(PEERS)
    assert attestations[0].state_root == recording.root


def test_every_block_orders_the_batches_that_came_before_it(recording: Recording) -> None:
    for block in recording.blocks:
        [proposal] = [decode_message(each.frame) for each in block.proposal]
        assert isinstance(proposal, Propose)
        ordered = 0
        for each in block.ahead:
            message = decode_message(each.frame)
            assert isinstance(message, BatchSent)
            batch = decode_batch(message.batch)
            assert batch.header.author == each.author
            assert proposal.header.cut[each.author].seq == batch.header.seq
            ordered += len(batch.transactions)
        assert ordered == block.transactions == 30


def test_a_validator_that_hears_it_votes_for_every_block_and_comes_to_the_same_state(
    recording: Recording, tmp_path: Path
) -> None:
    counted: Counter[str] = Counter()

    def count(operation: str, many: int) -> None:
        counted[operation] += many

    store = LevelStore.open(tmp_path / "data")
    executor = Executor.open(store, GENESIS)
    still = Still(GENESIS, executor, count)
    for block in everything(recording):
        still.hear(block)
    top = recording.blocks[-1].height
    assert executor.height == top
    assert executor.head_record.state_root == recording.root
    assert executor.certificate_of(top) is not None
    # A vote, a finalization and an attestation of each block, to three peers, each synced first.
    assert counted["frames_sent"] >= 9 * top
    assert counted["syncs"] >= 3 * top
    assert counted["checks"] >= 3 * 3 * top
    store.close()


def test_a_core_is_set_against_its_part_of_the_checks() -> None:
    bare = Bare(verifies_per_second=40_000.0, syncs_per_second=5_000.0, cores=2)
    found = ratios(4_000.0, 200.0, bare)
    assert found["transfers_per_second"].bare_verifies == 0.2
    assert found["cpu_us_per_transfer"].bare_verifies == 4
    assert found["cpu_us_per_transfer"].bare_syncs == 1


def test_every_field_is_described() -> None:
    after = REFERENCE[REFERENCE.index("## One core") :]
    table = after[after.index("|---") :].split("\n\n")[0]
    cells = [row.split("|")[1] for row in table.split("\n")[1:]]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(CapacityResult.__struct_fields__)
