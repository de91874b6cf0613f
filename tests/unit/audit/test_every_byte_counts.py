"""Whatever byte of a block a node changes, the auditor refuses it, and says so as a violation."""

from __future__ import annotations

import copy

import pytest

from audit.home import Verified
from audit.inspection import Subject, inspect
from audit.ledger import Ledger
from audit.violations import CODES, Blame, Violation
from primitives.validators import ValidatorSet
from tests.fakes.auditor import accepts
from tests.fakes.chains import Chain, ChainSource, an_honest_chain, handed_out

HEIGHT = 3
"""A mint and a payment, in two lanes."""


class Scene:
    """A verified chain up to the block whose bytes are changed."""

    def __init__(self, chain: Chain, verified: Verified) -> None:
        self.ledger = verified.ledger
        self.members: ValidatorSet = verified.believed.members(0)
        self.raw = handed_out(chain.blocks)[HEIGHT - 1]

    def judge(self, raw: bytes) -> Violation | None:
        subject = Subject(self.ledger.chain, self.members, HEIGHT)
        try:
            inspected = inspect(subject, raw)
            copied = Ledger(
                self.ledger.genesis,
                dict(self.ledger.state),
                copy.copy(self.ledger.tree),
                self.ledger.standing,
            )
            for _ in copied.replay(raw, inspected, self.members):
                pass
        except Violation as violation:
            return violation
        return None


@pytest.fixture
async def scene() -> Scene:
    chain = an_honest_chain()
    source = ChainSource(handed_out(chain.blocks[: HEIGHT - 1]))
    return Scene(chain, await accepts(chain, source))


async def test_the_block_itself_is_taken(scene: Scene) -> None:
    assert scene.judge(scene.raw) is None
    assert scene.ledger.height == HEIGHT - 1


@pytest.mark.parametrize("bits", [0x01, 0x80])
async def test_a_changed_byte_anywhere_is_the_nodes_own_doing(scene: Scene, bits: int) -> None:
    """Nothing of it is signed, so nothing of it may be put down to the validators."""
    for place in range(len(scene.raw)):
        changed = bytes([scene.raw[place] ^ bits])
        violation = scene.judge(scene.raw[:place] + changed + scene.raw[place + 1 :])
        assert violation is not None, place
        assert violation.height == HEIGHT
        assert CODES[violation.code].blame is not Blame.BROKEN, (place, violation)


async def test_a_block_cut_off_anywhere_is_no_block(scene: Scene) -> None:
    for size in range(0, len(scene.raw), 7):
        violation = scene.judge(scene.raw[:size])
        assert violation is not None
        assert violation.code == "block_malformed"


async def test_a_block_with_something_behind_it_is_no_block(scene: Scene) -> None:
    """[ENC-1]"""
    violation = scene.judge(scene.raw + b"\x00")
    assert violation is not None
    assert violation.code == "block_malformed"
