"""How a replay goes its way: in order, within bounds, and no further than the first violation."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from audit import replay
from audit.crew import Inline, hired
from audit.home import Verified
from audit.inspection import Inspected, Subject
from audit.replay import Audit
from audit.violations import Blame, Violation
from client.errors import Unavailable
from client.trust import Believed
from contracts import invariants
from primitives.encoding import encode
from primitives.entries import account_key
from primitives.evidence import Evidence, Offence
from primitives.governance import SetProtocol
from primitives.vote import Kind
from shell.errors import CommandError
from tests.builders import a_person, a_vote
from tests.fakes import council
from tests.fakes.auditor import accepts, judged, refusal, said
from tests.fakes.chains import Chain, ChainSource, an_honest_chain, handed_out

ALICE = a_person("alice")


def a_long_chain(heights: int) -> Chain:
    chain = Chain()
    for _ in range(heights):
        chain.block()
    return chain


async def test_the_verified_blocks_come_whole_and_in_order() -> None:
    chain = an_honest_chain()
    verified = Verified.found(chain.genesis)
    audit = Audit(verified, ChainSource(handed_out(chain.blocks)), Inline(), ())
    found = [block async for block in audit.blocks(4)]
    assert [block.header for block in found] == [block.header for block in chain.blocks]
    for block, honest in zip(found, chain.blocks, strict=True):
        assert tuple(block.receipts) == honest.receipts
        assert block.certificate == honest.certificate
    second = found[1]
    assert [each.lane for each in second.transactions] == [3, 0, 1, 1]
    for key, value in second.changes:
        assert second.before[key] != value
    state: dict[bytes, bytes] = dict(Verified.found(chain.genesis).ledger.state)
    for block in found:
        for key, value in block.changes:
            assert state.get(key) == block.before[key]
            state.pop(key, None)
            if value is not None:
                state[key] = value
    assert state == verified.ledger.state


async def test_an_audit_may_pause_between_heights_and_go_on() -> None:
    chain = an_honest_chain()
    verified = Verified.found(chain.genesis)
    audit = Audit(verified, ChainSource(handed_out(chain.blocks)), Inline(), ())
    async with aclosing(audit.blocks(4)) as blocks:
        async for block in blocks:
            if block.header.height == 2:
                break
    assert verified.ledger.height == 2
    assert [block.header.height async for block in audit.blocks(4)] == [3, 4]


async def test_no_more_than_a_few_heights_are_asked_for_ahead() -> None:
    chain = a_long_chain(200)
    source = ChainSource(handed_out(chain.blocks))
    audit = Audit(Verified.found(chain.genesis), source, Inline(), ())
    async with aclosing(audit.blocks(200)) as blocks:
        async for block in blocks:
            await asyncio.sleep(0)
            assert max(source.asked) <= block.header.height + replay.HEIGHTS_AHEAD
    assert sorted(source.asked) == list(range(1, 201))


async def test_no_more_than_a_few_bytes_are_held() -> None:
    """What is here counts; the next block is asked for whatever is."""
    chain = a_long_chain(30)
    source = ChainSource(handed_out(chain.blocks))
    size = max(map(len, source.blocks))
    audit = Audit(Verified.found(chain.genesis), source, Inline(), ())
    with patch.object(replay, "BYTES_AHEAD", 3 * size):
        async with aclosing(audit.blocks(30)) as blocks:
            async for block in blocks:
                await asyncio.sleep(0)
                ahead = max(source.asked) - block.header.height
                assert ahead <= 3 + replay.DOWNLOADS
    with patch.object(replay, "BYTES_AHEAD", 0):
        audit = Audit(Verified.found(chain.genesis), source, Inline(), ())
        assert len([block async for block in audit.blocks(30)]) == 30


async def test_a_few_downloads_run_at_once() -> None:
    chain = a_long_chain(60)
    at_once = most = 0

    class Counting(ChainSource):
        async def block(self, height: int) -> bytes:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            return await super().block(height)

    source = Counting(handed_out(chain.blocks))
    audit = Audit(Verified.found(chain.genesis), source, Inline(), ())
    assert len([block async for block in audit.blocks(60)]) == 60
    assert most == replay.DOWNLOADS


async def test_nothing_of_a_block_is_kept_once_it_was_handed_on() -> None:
    chain = a_long_chain(60)
    audit = Audit(
        Verified.found(chain.genesis), ChainSource(handed_out(chain.blocks)), Inline(), ()
    )
    async for _ in audit.blocks(60):
        pass
    gc.collect()
    held = [each for each in gc.get_objects() if isinstance(each, replay.Arrived)]
    assert held == []
    assert len(audit.ledger.touched) < 100


async def test_the_first_violation_is_told_though_later_ones_are_found_sooner() -> None:
    chain = an_honest_chain()

    class Slow(Inline):
        async def inspect(self, subject: Subject, raw: bytes) -> Inspected:
            if subject.height == 2:
                await asyncio.sleep(0.05)
            return await super().inspect(subject, raw)

    blocks = [*handed_out(chain.blocks[:1]), b"second", b"third", b"fourth"]
    audit = Audit(Verified.found(chain.genesis), ChainSource(blocks), Slow(), ())
    with pytest.raises(Violation) as caught:
        async for _ in audit.blocks(4):
            pass
    assert said(caught.value) == (2, "block_malformed", Blame.FORGED)


async def test_what_is_under_way_ends_with_the_audit() -> None:
    chain = an_honest_chain()
    ended = []

    class Stuck(ChainSource):
        async def block(self, height: int) -> bytes:
            if height == 1:
                return await super().block(height)
            try:
                await asyncio.sleep(3_600)
            finally:
                ended.append(height)
            raise AssertionError

    source = Stuck(handed_out(chain.blocks))
    audit = Audit(Verified.found(chain.genesis), source, Inline(), ())
    async with aclosing(audit.blocks(4)) as blocks:
        await anext(blocks)
        await asyncio.sleep(0)
    assert sorted(ended) == [2, 3, 4]


async def test_trouble_with_the_node_ends_it_where_it_came() -> None:
    chain = an_honest_chain()

    class Gone(ChainSource):
        async def block(self, height: int) -> bytes:
            if height >= 3:
                raise Unavailable("node_unavailable", "gone")
            return await super().block(height)

    verified = Verified.found(chain.genesis)
    audit = Audit(verified, Gone(handed_out(chain.blocks)), Inline(), ())
    with pytest.raises(Unavailable):
        async for _ in audit.blocks(4):
            pass
    assert verified.ledger.height == 2


async def test_a_certificate_that_comes_a_little_later_is_waited_for() -> None:
    """[CERT-4]"""
    chain = an_honest_chain()
    bare = encode(replace(chain.blocks[2], certificate=None))

    class Late(ChainSource):
        async def block(self, height: int) -> bytes:
            raw = await super().block(height)
            return bare if height == 3 and self.asked.count(3) < 3 else raw

    audit = Audit(Verified.found(chain.genesis), Late(handed_out(chain.blocks)), Inline(), (0, 0))
    assert [block.header.height async for block in audit.blocks(4)] == [1, 2, 3, 4]


async def test_a_block_that_is_asked_for_again_is_not_held_up_by_those_after_it() -> None:
    chain = a_long_chain(60)
    bare = encode(replace(chain.blocks[2], certificate=None))

    class Late(ChainSource):
        async def block(self, height: int) -> bytes:
            raw = await super().block(height)
            return bare if height == 3 and self.asked.count(3) < 2 else raw

    source = Late(handed_out(chain.blocks))
    audit = Audit(Verified.found(chain.genesis), source, Inline(), (0.05,))
    with patch.object(replay, "BYTES_AHEAD", 4 * len(bare)):
        async with asyncio.timeout(10):
            assert len([block async for block in audit.blocks(60)]) == 60


async def test_an_invariant_that_does_not_hold_is_a_violation() -> None:
    """[LEDGER-1]"""
    chain = an_honest_chain()

    def broken(*_: object) -> None:
        raise AssertionError("a sum: 1 against 2")

    with patch("audit.ledger.check_changes", broken):
        _, violation = await judged(chain.genesis, ChainSource(handed_out(chain.blocks)))
    assert violation is not None
    assert said(violation) == (1, "invariant_broken", Blame.BROKEN)
    assert "1 against 2" in violation.detail


async def test_rules_that_halt_are_told_with_the_height() -> None:
    chain = an_honest_chain()

    def halting(*_: object) -> None:
        raise AssertionError("a refusal changed the ledger")

    with patch("contracts.transition._decide", halting):
        _, violation = await judged(chain.genesis, ChainSource(handed_out(chain.blocks)))
    assert violation is not None
    assert said(violation) == (1, "invariant_broken", Blame.BROKEN)
    assert "the rules themselves halt at transaction 0" in violation.detail


async def test_another_protocol_that_was_voted_is_no_violation_but_needs_another_release() -> None:
    """[CERT-2], [LEDGER-74]"""
    chain = Chain()
    made = council.proposing(chain, SetProtocol(2, 5))
    chain.block([made])
    chain.block(council.votes(chain, made.id))
    chain.block(after_ms=council.TIMELOCK_MS)
    chain.block()
    chain.executor.knows = 2
    later = chain.certified(chain.block(), protocol=2)
    verified = Verified.found(chain.genesis)
    source = ChainSource(handed_out([*chain.blocks[:4], later]))
    audit = Audit(verified, source, Inline(), ())
    with pytest.raises(CommandError) as caught:
        async for _ in audit.blocks(5):
            pass
    assert caught.value.code == "protocol_unknown"
    assert verified.ledger.height == 4


async def test_a_protocol_that_nobody_voted_is_a_violation() -> None:
    """[LEDGER-74]"""
    chain = an_honest_chain()
    blocks = [*chain.blocks[:2], chain.certified(chain.blocks[2], protocol=2)]
    violation = await refusal(chain, blocks)
    assert said(violation) == (3, "protocol_wrong", Blame.BROKEN)


async def test_the_whole_state_is_looked_at() -> None:
    """[LEDGER-2]"""
    verified = await accepts(an_honest_chain())
    assert verified.ledger.scan() == invariants.check_all(verified.ledger.state.items())
    del verified.ledger.state[account_key(ALICE.account)]
    with pytest.raises(Violation, match="invariant_broken"):
        verified.ledger.scan()


class TestEvidence:
    def accusation(self, chain: Chain, **change: Any) -> Evidence:
        votes = [a_vote(Kind.NOTARIZE, 9, bytes([n]) * 32, chain=chain.chain) for n in (1, 2)]
        first, second = map(encode, votes)
        return replace(Evidence(Offence.TWO_NOTARIZE, 0, 0, first, second), **change)

    async def judged(self, *evidence: Evidence) -> Violation | None:
        chain = an_honest_chain()
        source = ChainSource(handed_out(chain.blocks))
        source.accusations = list(evidence)
        return (await judged(chain.genesis, source))[1]

    async def test_an_offence_that_is_proven_is_no_fault_of_the_chain(self) -> None:
        """[EVID-1]"""
        assert await self.judged(self.accusation(Chain())) is None

    @pytest.mark.parametrize("change", [{"accused": 1}, {"epoch": 1}, {"second": b""}])
    async def test_an_accusation_without_a_proof_is_forged(self, change: dict[str, Any]) -> None:
        """[EVID-1]"""
        violation = await self.judged(self.accusation(Chain(), **change))
        assert violation is not None
        assert said(violation) == (4, "evidence_forged", Blame.FORGED)


class TestProcesses:
    async def test_processes_find_what_one_finds(self) -> None:
        chain = an_honest_chain()
        raws = handed_out(chain.blocks)
        members = Believed(chain.genesis).members(0)
        async with hired(chain.chain, 2) as crew:
            for height, raw in enumerate(raws, 1):
                subject = Subject(chain.chain, members, height)
                assert await crew.inspect(subject, raw) == await Inline().inspect(subject, raw)
            with pytest.raises(Violation) as caught:
                await crew.inspect(Subject(chain.chain, members, 2), raws[0])
            assert said(caught.value) == (2, "block_forged", Blame.FORGED)

    async def test_a_process_that_ends_ends_the_audit_with_a_reason(self) -> None:
        chain = an_honest_chain()
        subject = Subject(chain.chain, Believed(chain.genesis).members(0), 1)
        async with hired(chain.chain, 1) as crew:
            worker = crew._free._queue[0]  # type: ignore[attr-defined]
            worker._process.kill()
            await worker._process.wait()
            with pytest.raises(CommandError) as caught:
                await crew.inspect(subject, handed_out(chain.blocks)[0])
        assert caught.value.code == "inspector_failed"
