"""verify over real HTTP: what it prints, keeps, refuses and exits with."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner
from msgspec.structs import replace

from audit.cli import cli
from audit.home import Checkpoint, last_verified
from audit.violations import CODES
from contracts import programmes
from primitives.encoding import encode
from primitives.entries import Account, account_key
from tests.builders import a_genesis, a_person
from tests.fakes.chain_node import Handler, blocks_instead, handing_over, served_chain
from tests.fakes.chains import Chain, an_honest_chain, colluding, handed_out, writing
from tests.unit.audit.auditor import Auditor, code, status
from tests.unit.audit.together import generations

ALICE = a_person("alice")


@pytest.fixture
def chain() -> Chain:
    return an_honest_chain()


@pytest.fixture
def auditor(tmp_path: Path, chain: Chain) -> Auditor:
    return Auditor(tmp_path, chain)


@pytest.fixture
def url(chain: Chain) -> Iterator[str]:
    with served_chain(chain) as url:
        yield url


class TestAnHonestChain:
    def test_it_is_verified_to_the_attested_root(
        self, auditor: Auditor, chain: Chain, url: str
    ) -> None:
        exit_status, document = auditor.json(url)
        last = chain.blocks[-1].certificate
        assert last is not None
        assert exit_status == 0
        assert document["violation"] is None
        assert document["verified"]["height"] == 4
        assert document["verified"]["state_root"] == last.attestation.state_root.hex()
        assert (document["verified"]["attested"], document["verified"]["members"]) == (3, 4)
        total = document["total"]
        assert (total["blocks"], total["transactions"]) == (4, 8)
        assert (total["done"], total["refused"], total["skipped"]) == (6, 1, 1)
        assert document["sums"]["supply"] == document["sums"]["minted"] == "81"
        assert document["run"]["after"] == 0
        assert document["evidence"] == []

    def test_the_text_says_the_same(self, auditor: Auditor, url: str) -> None:
        result = auditor.run(url)
        assert status(result) == 0
        assert "Nothing is wrong up to this height." in result.stdout
        assert "by 3 of 4 validators" in result.stdout

    def test_members_change_and_are_followed_run_after_run(self, tmp_path: Path) -> None:
        """[EPOCH-1], [PROOF-1] by other processes too: epochs have four members, and five."""
        grown = generations()
        auditor = Auditor(tmp_path, grown)
        with served_chain(grown) as url:
            for last, epoch in ((11, 0), (12, 0), (30, 2), (len(grown.blocks), 4)):
                exit_status, document = auditor.json(url, "--to", str(last))
                assert (exit_status, document["violation"]) == (0, None)
                assert document["verified"]["epoch"] == epoch
        with served_chain(grown, handing_over(())) as url:
            exit_status, document = auditor.json(url, "--from", "1")
        assert (exit_status, document["violation"]["code"]) == (9, "epoch_missing")
        assert document["violation"]["height"] == 13

    def test_the_next_run_goes_on_from_there(self, auditor: Auditor, url: str) -> None:
        assert auditor.json(url, "--to", "2")[0] == 0
        exit_status, document = auditor.json(url)
        assert exit_status == 0
        assert (document["run"]["after"], document["run"]["to"]) == (2, 4)
        assert document["total"]["blocks"] == 4
        again = auditor.json(url)[1]
        assert again["run"]["transactions"] == 0
        assert again["total"] == document["total"]

    def test_a_chain_verified_in_parts_has_the_sums_of_one_verified_whole(
        self, auditor: Auditor, url: str, tmp_path: Path, chain: Chain
    ) -> None:
        parts = [auditor.json(url, "--to", height)[1] for height in "1234"][-1]
        (tmp_path / "other").mkdir()
        whole = Auditor(tmp_path / "other", chain).json(url)[1]
        for part in ("verified", "total", "sums"):
            assert parts[part] == whole[part]

    def test_from_1_begins_anew(self, auditor: Auditor, url: str) -> None:
        auditor.run(url)
        exit_status, document = auditor.json(url, "--from", "1", "--to", "3")
        assert exit_status == 0
        assert (document["run"]["after"], document["verified"]["height"]) == (0, 3)
        assert last_verified(auditor.home, None).ledger.height == 3

    def test_from_a_height_believes_what_was_verified_before_it(
        self, auditor: Auditor, url: str
    ) -> None:
        assert code(auditor.run(url, "--from", "3")) == "not_verified"
        auditor.run(url, "--to", "2")
        for first in ("2", "4"):
            result = auditor.run(url, "--from", first)
            assert (status(result), code(result)) == (2, "not_verified")
        assert status(auditor.run(url, "--from", "3")) == 0

    def test_a_height_that_is_not_there_is_not_found(self, auditor: Auditor, url: str) -> None:
        result = auditor.run(url, "--to", "5")
        assert (status(result), code(result)) == (3, "height_unknown")

    def test_what_was_verified_is_not_verified_to_a_lower_height(
        self, auditor: Auditor, url: str
    ) -> None:
        auditor.run(url)
        assert code(auditor.run(url, "--to", "2")) == "usage"

    def test_a_node_that_has_less_than_was_verified_is_behind(
        self, auditor: Auditor, chain: Chain, url: str
    ) -> None:
        auditor.run(url)
        with served_chain(chain, blocks_instead(chain.blocks[:2])) as behind:
            result = auditor.run(behind)
        assert (status(result), code(result)) == (6, "node_behind")


class TestADoctoredChain:
    def test_the_first_violation_is_one_document_and_status_9(self, auditor: Auditor) -> None:
        chain = Chain()
        chain.block([chain.mint(ALICE, 100, "r-1")])
        generous = chain.mint(ALICE, 100, "r-2", amount=2_000_000)
        with colluding(programmes, "worth", lambda honest, points, rate: 2_000_000):
            chain.block([generous])
        chain.block()
        with served_chain(chain) as url:
            exit_status, document = auditor.json(url)
            text = auditor.run(url).stdout
        assert exit_status == 9
        assert document["violation"] == {
            "code": "receipt_wrong",
            "blame": "broken",
            "height": 2,
            "meaning": CODES["receipt_wrong"].text,
            "detail": document["violation"]["detail"],
            "transaction": generous.id.hex(),
            "decided": "rate_mismatch",
            "claimed": "done",
            "entry": None,
        }
        assert document["verified"]["height"] == 1
        assert document["sums"] is None
        assert Path(document["block_file"]).read_bytes() == encode(chain.blocks[1])
        assert "VIOLATION at height 2: receipt_wrong" in text
        assert "a quorum of the validators" in text

    def test_a_wrong_state_is_explained_with_the_nodes_own_proofs(self, auditor: Auditor) -> None:
        chain = Chain()
        chain.block([chain.mint(ALICE, 100, "r-1")])
        key = account_key(ALICE.account)
        with writing(lambda changes: changes.update({key: encode(Account(9, 1, 0, bytes(32)))})):
            chain.block()
        with served_chain(chain) as url:
            exit_status, document = auditor.json(url)
        assert exit_status == 9
        assert document["violation"]["code"] == "state_wrong"
        assert "balance=1000000" in document["violation"]["decided"]
        assert "balance=9," in document["violation"]["claimed"]
        assert document["violation"]["entry"] == key.hex()

    def test_what_held_before_the_violation_is_not_forgotten(
        self, auditor: Auditor, chain: Chain, url: str
    ) -> None:
        auditor.run(url, "--to", "2")
        bent = replace(chain.blocks[2], receipts=())
        with served_chain(chain, blocks_instead([*chain.blocks[:2], bent])) as liar:
            assert auditor.json(liar)[0] == 9
        exit_status, document = auditor.json(url)
        assert exit_status == 0
        assert document["run"]["after"] == 2


class TestBadAnswers:
    def refused(self, auditor: Auditor, chain: Chain, body: bytes) -> tuple[str, str, int]:
        blocks = [*handed_out(chain.blocks[:2]), body]
        with served_chain(chain, blocks_instead(blocks)) as url:
            exit_status, document = auditor.json(url)
        assert exit_status == 9
        assert Path(document["block_file"]).read_bytes() == body
        found = document["violation"]
        return found["code"], found["blame"], found["height"]

    def test_truncated_bytes_are_no_block(self, auditor: Auditor, chain: Chain) -> None:
        body = encode(chain.blocks[2])[:-1]
        assert self.refused(auditor, chain, body) == ("block_malformed", "forged", 3)

    def test_a_block_that_is_spelled_otherwise_is_no_block(
        self, auditor: Auditor, chain: Chain
    ) -> None:
        """[ENC-1]"""
        body = encode(chain.blocks[2])
        assert body[0] == 0x95
        longer = b"\xdc\x00\x05" + body[1:]
        assert self.refused(auditor, chain, longer) == ("block_malformed", "forged", 3)

    @pytest.mark.parametrize("body", [b"", b"\x00", b"\x91" * 100_000, b"\xc1", b"<html>"])
    def test_what_is_no_block_is_told(self, auditor: Auditor, chain: Chain, body: bytes) -> None:
        assert self.refused(auditor, chain, body) == ("block_malformed", "forged", 3)

    def test_an_endless_answer_is_not_read_to_its_end(self, auditor: Auditor, chain: Chain) -> None:
        async def endless(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/v1/blocks/3":
                return await handler(request)
            answer = web.StreamResponse()
            await answer.prepare(request)
            while True:
                await answer.write(b"\x00" * 1_000_000)

        with served_chain(chain, endless) as url:
            exit_status, document = auditor.json(url)
        assert exit_status == 9
        assert document["violation"]["code"] == "block_withheld"
        assert "answer_oversized" in document["violation"]["detail"]
        assert document["block_file"] is None
        assert document["verified"]["height"] == 2

    def test_a_slow_answer_is_trouble_and_no_violation(
        self, auditor: Auditor, chain: Chain
    ) -> None:
        async def slow(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/v1/blocks/3":
                return await handler(request)
            answer = web.StreamResponse()
            await answer.prepare(request)
            for _ in range(20):
                await answer.write(b"\x00")
                await asyncio.sleep(0.1)
            return answer

        with served_chain(chain, slow) as url:
            result = auditor.run(url, "--timeout", "0.5")
        assert (status(result), code(result)) == (6, "node_unavailable")
        assert last_verified(auditor.home, None).ledger.height == 2

    def test_an_answer_that_is_cut_off_is_trouble_and_no_violation(
        self, auditor: Auditor, chain: Chain
    ) -> None:
        async def cut(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/v1/blocks/3":
                return await handler(request)
            body = encode(chain.blocks[2])
            answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
            await answer.prepare(request)
            await answer.write(body[:-10])
            assert request.transport is not None
            request.transport.close()
            return answer

        with served_chain(chain, cut) as url:
            result = auditor.run(url, "--timeout", "0.5")
        assert (status(result), code(result)) == (6, "node_unavailable")

    def test_a_busy_node_is_borne_for_a_while(self, auditor: Auditor, chain: Chain) -> None:
        refused: list[str] = []

        async def busy(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == "/v1/blocks/2" and len(refused) < 2:
                refused.append(request.path)
                return web.Response(status=503, headers={"Retry-After": "1"})
            return await handler(request)

        with served_chain(chain, busy) as url:
            assert status(auditor.run(url)) == 0
        assert len(refused) == 2

    def test_a_node_that_is_not_there_is_no_violation(self, auditor: Auditor) -> None:
        result = auditor.run("http://127.0.0.1:1", "--timeout", "0.3")
        assert (status(result), code(result)) == (6, "node_unavailable")

    def test_a_certified_height_that_is_not_handed_out_is_withheld(
        self, auditor: Auditor, chain: Chain
    ) -> None:
        async def keeping(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == "/v1/blocks/3":
                return web.json_response(status=404, data={})
            return await handler(request)

        with served_chain(chain, keeping) as url:
            exit_status, document = auditor.json(url)
        assert exit_status == 9
        assert document["violation"]["code"] == "block_withheld"
        assert document["violation"]["blame"] == "withheld"
        assert document["violation"]["height"] == 3


class TestTheHome:
    def test_without_a_genesis_there_is_nothing_to_start_from(
        self, tmp_path: Path, url: str
    ) -> None:
        command = ["verify", "--node", url, "--home", str(tmp_path)]
        result = CliRunner().invoke(cli, command)
        assert (status(result), code(result)) == (2, "genesis_missing")

    def test_one_node_has_to_be_named(self, auditor: Auditor, url: str) -> None:
        command = ["verify", "--home", str(auditor.home), "--genesis", str(auditor.genesis)]
        result = CliRunner().invoke(cli, command)
        assert (status(result), code(result)) == (2, "nodes_missing")
        result = CliRunner().invoke(cli, [*command, "--node", url, "--node", url])
        assert (status(result), code(result)) == (2, "usage")

    def test_the_genesis_of_another_chain_proves_nothing_of_this_one(
        self, tmp_path: Path, url: str
    ) -> None:
        """[GEN-1]"""
        other = Auditor(tmp_path, Chain(a_genesis(5)))
        exit_status, document = other.json(url)
        assert exit_status == 9
        assert document["violation"]["code"] == "certificate_forged"
        assert document["violation"]["height"] == 1

    def test_a_damaged_checkpoint_is_refused_and_begun_anew_on_demand(
        self, auditor: Auditor, url: str
    ) -> None:
        auditor.run(url)
        for file in (auditor.folder / "checkpoint").glob("*.l*"):
            file.write_bytes(file.read_bytes()[::-1])
        result = auditor.run(url)
        assert (status(result), code(result)) == (1, "checkpoint_damaged")
        assert "--from 1" in result.stderr
        assert status(auditor.run(url, "--from", "1")) == 0
        assert status(auditor.run(url)) == 0

    def test_two_audits_do_not_share_a_checkpoint(self, auditor: Auditor, url: str) -> None:
        auditor.run(url)
        held = Checkpoint.open(auditor.folder / "checkpoint", a_genesis())
        try:
            assert code(auditor.run(url)) == "busy"
        finally:
            held.close()

    def test_a_checkpoint_under_another_genesis_is_foreign(
        self, auditor: Auditor, url: str, tmp_path: Path
    ) -> None:
        auditor.run(url)
        (tmp_path / "other").mkdir()
        other = Auditor(tmp_path / "other", Chain(a_genesis(5)))
        other.folder.mkdir(parents=True)
        shutil.copytree(auditor.folder / "checkpoint", other.folder / "checkpoint")
        result = other.run(url, "--genesis", str(other.genesis))
        assert (status(result), code(result)) == (1, "checkpoint_foreign")
