"""An auditor without processes, files or network: what it says of the blocks it is handed."""

from __future__ import annotations

from collections.abc import Sequence

from audit.crew import Inline
from audit.home import Verified
from audit.replay import Audit
from audit.violations import Blame, Violation
from client.raw import RawBlock
from primitives.genesis import Genesis
from tests.fakes.chains import Chain, ChainSource, handed_out


async def judged(genesis: Genesis, source: ChainSource) -> tuple[Verified, Violation | None]:
    """Everything replayed up to the first violation, and that one."""
    verified = Verified.found(genesis)
    audit = Audit(verified, source, Inline(), certificate_pauses_s=())
    try:
        async for block in audit.blocks(await source.top()):
            assert block.header.height == verified.ledger.height
        verified.ledger.scan()
        await audit.evidence()
    except Violation as violation:
        return verified, violation
    return verified, None


async def refusal(chain: Chain, blocks: Sequence[RawBlock | bytes]) -> Violation:
    """The violation that the auditor finds in these blocks; all before it hold."""
    raws = [each if isinstance(each, bytes) else handed_out([each])[0] for each in blocks]
    source = ChainSource(raws, chain)
    verified, violation = await judged(chain.genesis, source)
    assert violation is not None, "the auditor took it"
    assert violation.height == verified.ledger.height + 1, "what came before holds"
    return violation


async def accepts(chain: Chain, source: ChainSource | None = None) -> Verified:
    """What the auditor verified of an honest chain."""
    source = source or ChainSource(handed_out(chain.blocks), chain)
    verified, violation = await judged(chain.genesis, source)
    assert violation is None, violation
    assert verified.ledger.height == len(source.blocks)
    return verified


def said(violation: Violation) -> tuple[int, str, Blame]:
    """Where, what, and whose doing."""
    return violation.height, violation.code, violation.blame
