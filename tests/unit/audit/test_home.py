"""A checkpoint is believed only as far as it proves itself, and survives what kills its writer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plyvel
import pytest
from msgspec.structs import replace

from audit.crew import Inline
from audit.home import ChainHome, Checkpoint, Damaged, Verified, last_verified, open_home
from audit.replay import Audit
from primitives.encoding import encode
from primitives.entries import account_key
from shell.errors import CommandError, UsageError
from tests.builders import a_genesis, a_person
from tests.fakes.auditor import accepts
from tests.fakes.chains import Chain, ChainSource, an_honest_chain, handed_out
from tests.unit.audit.together import generations


@pytest.fixture
def chain() -> Chain:
    return an_honest_chain()


async def kept(place: Path, chain: Chain, height: int = 4) -> Verified:
    """A checkpoint of the chain up to a height."""
    verified = await accepts(chain, ChainSource(handed_out(chain.blocks[:height])))
    checkpoint = Checkpoint.open(place, chain.genesis)
    checkpoint.save(verified)
    checkpoint.close()
    return verified


def loaded(place: Path, chain: Chain) -> Verified:
    checkpoint = Checkpoint.open(place, chain.genesis)
    try:
        return checkpoint.load(chain.genesis)
    finally:
        checkpoint.close()


async def test_what_was_kept_comes_back_whole(tmp_path: Path, chain: Chain) -> None:
    verified = await kept(tmp_path / "c", chain)
    again = loaded(tmp_path / "c", chain)
    assert again.ledger.state == verified.ledger.state
    assert again.ledger.standing == verified.ledger.standing
    assert again.ledger.tree.root == verified.ledger.tree.root
    assert again.believed.newest == verified.believed.newest


@pytest.fixture(scope="module")
def grown() -> Chain:
    return generations()


class TestEpochs:
    """Checkpoints of a chain whose members change: its epochs end at heights 12 and 24."""

    async def test_an_epoch_comes_back_as_far_as_it_was_decided(
        self, tmp_path: Path, grown: Chain
    ) -> None:
        """[PROOF-1], [EPOCH-1], [EPOCH-2] and the audit goes on from there."""
        source = ChainSource(handed_out(grown.blocks), grown)
        assert [epoch.after for epoch in grown.epochs[1:3]] == [12, 24]
        for height in (1, 9, 10, 11, 12, 13, 22, 23, 24, 25, len(grown.blocks) - 1):
            before = await verified_to(grown, height)
            checkpoint = Checkpoint.open(tmp_path / str(height), grown.genesis)
            checkpoint.save(before)
            again = checkpoint.load(grown.genesis)
            checkpoint.close()
            assert again.ledger.standing == before.ledger.standing
            assert again.ledger.parent == before.ledger.parent
            assert again.believed.epoch == grown.blocks[height - 1].header.epoch
            audit = Audit(again, source, Inline(), ())
            assert len([block async for block in audit.blocks(len(grown.blocks))])
            assert again.ledger.epoch == grown.epoch

    async def test_one_without_the_handovers_is_damaged(self, tmp_path: Path, grown: Chain) -> None:
        """[PROOF-3]"""
        verified = await verified_to(grown, 13)
        verified.believed.steps.clear()
        with pytest.raises(Damaged, match="certificate"):
            reopened(tmp_path / "c", verified)

    async def test_another_epoch_beside_the_entries_is_noticed(
        self, tmp_path: Path, grown: Chain
    ) -> None:
        """[EPOCH-1] whoever writes there cannot make anyone a member, or an epoch older."""
        others = grown.epochs[0].members[::-1]
        wrong: list[tuple[int, dict[str, Any]]] = [
            (5, {"number": 1}),
            (5, {"began": 0}),
            (5, {"members": others}),
            (5, {"last": 7, "following": others}),
            (11, {"last": None, "following": ()}),
            (11, {"last": 13 + 2}),
            (11, {"last": 11}),
            (11, {"members": others}),
            (12, {"members": others}),
            (12, {"number": 0}),
            (12, {"after": 11}),
            (12, {"last": 14, "following": others}),
            (13, {"after": 11}),
            (13, {"began": 0}),
            (13, {"members": others}),
        ]
        for place, (height, change) in enumerate(wrong):
            verified = await verified_to(grown, height)
            standing = verified.ledger.standing
            verified.ledger.standing = replace(standing, epoch=replace(standing.epoch, **change))
            with pytest.raises(Damaged, match="its epoch is not the one"):
                reopened(tmp_path / str(place), verified)


async def verified_to(chain: Chain, height: int) -> Verified:
    return await accepts(chain, ChainSource(handed_out(chain.blocks[:height]), chain))


def reopened(place: Path, verified: Verified) -> Verified:
    """What is kept there now."""
    checkpoint = Checkpoint.open(place, verified.ledger.genesis)
    try:
        checkpoint.save(verified)
        return checkpoint.load(verified.ledger.genesis)
    finally:
        checkpoint.close()


def test_a_new_one_is_of_the_genesis_and_counts_as_nothing(tmp_path: Path, chain: Chain) -> None:
    """[GEN-7]"""
    assert loaded(tmp_path / "c", chain).ledger.height == 0
    genesis = tmp_path / "genesis.bin"
    genesis.write_bytes(encode(chain.genesis))
    home = open_home(tmp_path / "home", genesis)
    loaded(home.checkpoint, chain)
    with pytest.raises(CommandError) as caught:
        last_verified(tmp_path / "home", None)
    assert caught.value.code == "not_verified"


async def test_what_fell_due_and_went_is_not_there_any_more(tmp_path: Path, chain: Chain) -> None:
    verified = await kept(tmp_path / "c", chain)
    key = next(iter(verified.ledger.state))
    checkpoint = Checkpoint.open(tmp_path / "c", chain.genesis)
    del verified.ledger.state[key]
    verified.ledger.touched.add(key)
    checkpoint.save(verified)
    checkpoint.close()
    entries = plyvel.DB(str(tmp_path / "c"))
    assert entries.get(b"s" + key) is None
    entries.close()


def test_beginning_anew_leaves_nothing_of_the_old_one(tmp_path: Path, chain: Chain) -> None:
    home = ChainHome(tmp_path, chain.genesis)
    asyncio.run(kept(home.checkpoint, chain))
    home.forget()
    assert loaded(home.checkpoint, chain).ledger.height == 0
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


async def test_what_another_command_holds_is_not_forgotten(tmp_path: Path, chain: Chain) -> None:
    home = ChainHome(tmp_path, chain.genesis)
    await kept(home.checkpoint, chain)
    held = Checkpoint.open(home.checkpoint, chain.genesis)
    with pytest.raises(CommandError) as caught:
        home.forget()
    held.close()
    assert caught.value.code == "busy"
    assert loaded(home.checkpoint, chain).ledger.height == 4


Bend = Callable[[plyvel.DB], None]


def a_richer_account(database: plyvel.DB) -> None:
    key = b"s" + account_key(a_person("alice").account)
    value = database.get(key)
    database.put(key, value[:1] + bytes([value[1] ^ 1]) + value[2:])


def an_entry_more(database: plyvel.DB) -> None:
    database.put(b"s" + account_key(a_person("nobody").account), b"\x94\x01\x01\x00\xc0")


def an_entry_less(database: plyvel.DB) -> None:
    database.delete(b"s" + account_key(a_person("alice").account))


def nothing_said(database: plyvel.DB) -> None:
    database.delete(b"m")


def half_said(database: plyvel.DB) -> None:
    database.put(b"m", database.get(b"m")[:-3])


def another_height(database: plyvel.DB) -> None:
    database.put(b"m", database.get(b"m").replace(b"\x04", b"\x05"))


@pytest.mark.parametrize(
    "bend",
    [a_richer_account, an_entry_more, an_entry_less, nothing_said, half_said, another_height],
)
async def test_a_checkpoint_that_does_not_prove_itself_is_damaged(
    tmp_path: Path, chain: Chain, bend: Bend
) -> None:
    await kept(tmp_path / "c", chain)
    database = plyvel.DB(str(tmp_path / "c"))
    bend(database)
    database.close()
    with pytest.raises(Damaged) as caught:
        loaded(tmp_path / "c", chain)
    assert "--from 1" in caught.value.hint


async def test_a_certificate_that_no_quorum_signed_carries_no_checkpoint(
    tmp_path: Path, chain: Chain
) -> None:
    """[CERT-1] Whoever can write here cannot make the auditor believe another root."""
    verified = await kept(tmp_path / "c", chain)
    standing = verified.ledger.standing
    assert standing.certificate is not None
    weak = replace(standing.certificate, signatures=standing.certificate.signatures[:2])
    verified.ledger.standing = replace(standing, certificate=weak)
    checkpoint = Checkpoint.open(tmp_path / "c", chain.genesis)
    checkpoint.save(verified)
    checkpoint.close()
    with pytest.raises(Damaged, match="certificate"):
        loaded(tmp_path / "c", chain)


async def test_a_root_of_ones_own_under_a_good_certificate_is_damage(
    tmp_path: Path, chain: Chain
) -> None:
    verified = await kept(tmp_path / "c", chain)
    ledger = verified.ledger
    key = account_key(a_person("alice").account)
    ledger.state[key] = b"\x94" + ledger.state[key][1:-1] + b"\x00"
    ledger.touched.add(key)
    ledger.tree.update([(key, ledger.state[key])])
    ledger.standing = replace(ledger.standing, root=ledger.tree.root)
    checkpoint = Checkpoint.open(tmp_path / "c", chain.genesis)
    checkpoint.save(verified)
    checkpoint.close()
    with pytest.raises(Damaged, match="attests something else"):
        loaded(tmp_path / "c", chain)


async def test_the_checkpoint_of_another_chain_is_foreign(tmp_path: Path, chain: Chain) -> None:
    await kept(tmp_path / "c", chain)
    with pytest.raises(CommandError) as caught:
        loaded(tmp_path / "c", Chain(a_genesis(5)))
    assert caught.value.code == "checkpoint_foreign"


SAVING = """
import sys
from pathlib import Path
from typing import Any
from audit.home import Checkpoint
from primitives.genesis import decode_genesis
from primitives.keys import ED25519
genesis = decode_genesis(Path(sys.argv[2]).read_bytes(), ED25519)
checkpoint = Checkpoint.open(Path(sys.argv[1]), genesis)
verified = checkpoint.load(genesis)
state = dict(verified.ledger.state)
print("saving", flush=True)
while True:
    verified.ledger.touched.update(state)
    checkpoint.save(verified)
"""


def test_a_kill_while_it_is_written_leaves_a_whole_one(tmp_path: Path, chain: Chain) -> None:
    verified = asyncio.run(kept(tmp_path / "c", chain))
    genesis = tmp_path / "genesis.bin"
    genesis.write_bytes(encode(chain.genesis))
    arguments = [sys.executable, "-c", SAVING, str(tmp_path / "c"), str(genesis)]
    for _ in range(3):
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"saving\n"
            time.sleep(0.02)  # some saves later
            process.kill()
        assert loaded(tmp_path / "c", chain).ledger.state == verified.ledger.state


def test_a_beginning_that_was_cut_short_is_begun_again(tmp_path: Path, chain: Chain) -> None:
    (tmp_path / "c.new").mkdir()
    (tmp_path / "c.new" / "CURRENT").write_text("half of it")
    assert loaded(tmp_path / "c", chain).ledger.height == 0


class TestWhichChain:
    def genesis(self, path: Path, chain: Chain) -> Path:
        path.write_bytes(encode(chain.genesis))
        return path

    def test_a_genesis_that_was_given_need_not_be_given_again(
        self, tmp_path: Path, chain: Chain
    ) -> None:
        given = open_home(tmp_path / "home", self.genesis(tmp_path / "g", chain))
        again = open_home(tmp_path / "home", None)
        assert (again.path, again.genesis) == (given.path, chain.genesis)

    def test_of_two_chains_one_has_to_be_named(self, tmp_path: Path, chain: Chain) -> None:
        for number, one in enumerate((chain, Chain(a_genesis(5)))):
            open_home(tmp_path / "home", self.genesis(tmp_path / f"g{number}", one))
        with pytest.raises(UsageError, match="2 chains"):
            open_home(tmp_path / "home", None)

    def test_a_pinned_genesis_that_was_exchanged_is_noticed(
        self, tmp_path: Path, chain: Chain
    ) -> None:
        """[GEN-1]"""
        home = open_home(tmp_path / "home", self.genesis(tmp_path / "g", chain))
        self.genesis(home.path / "genesis.json", Chain(a_genesis(5)))
        with pytest.raises(UsageError) as caught:
            open_home(tmp_path / "home", None)
        assert caught.value.code == "genesis_changed"

    @pytest.mark.parametrize("data", [b"", b"{}", b"\xc0", b"x" * 5_000_000])
    def test_what_is_no_genesis_is_refused(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "g"
        path.write_bytes(data)
        with pytest.raises(UsageError):
            open_home(tmp_path / "home", path)
        with pytest.raises(UsageError, match="No such file"):
            open_home(tmp_path / "home", tmp_path / "none")
