"""A certificate that no quorum signed, or that is of something else."""

import pytest
from msgspec.structs import replace

from audit.violations import Blame
from client.raw import RawBlock
from primitives.certificate import MemberSignature, StateCertificate
from primitives.vote import attest_message
from tests.builders import a_key
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain


def with_certificate(block: RawBlock, certificate: StateCertificate | None) -> RawBlock:
    return replace(block, certificate=certificate)


async def refused(chain: Chain, doctored: RawBlock) -> tuple[int, str, Blame]:
    return said(await refusal(chain, [*chain.blocks[:2], doctored, chain.blocks[3]]))


@pytest.mark.parametrize("authors", [(0,), (1, 3), (0, 0, 1), (2, 1, 0)])
async def test_two_of_four_are_no_quorum_however_they_are_counted(authors: tuple[int, ...]) -> None:
    """[CERT-1]"""
    chain = an_honest_chain()
    block = chain.blocks[2]
    assert block.certificate is not None
    certificate = chain.certificate(block.certificate.attestation, authors)
    doctored = with_certificate(block, certificate)
    assert await refused(chain, doctored) == (3, "certificate_forged", Blame.FORGED)


async def test_strangers_sign_for_nobody() -> None:
    """[CERT-1]"""
    chain = an_honest_chain()
    block = chain.blocks[2]
    assert block.certificate is not None
    said_of_it = block.certificate.attestation
    message = attest_message(said_of_it)
    strangers = tuple(MemberSignature(i, a_key(f"stranger {i}").sign(message)) for i in range(3))
    doctored = with_certificate(block, StateCertificate(said_of_it, strangers))
    assert await refused(chain, doctored) == (3, "certificate_forged", Blame.FORGED)


async def test_the_certificate_of_another_height_attests_another_block() -> None:
    chain = an_honest_chain()
    doctored = with_certificate(chain.blocks[2], chain.blocks[1].certificate)
    assert await refused(chain, doctored) == (3, "block_forged", Blame.FORGED)


async def test_a_header_that_was_changed_is_not_the_one_attested() -> None:
    """[BLOCK-1]"""
    chain = an_honest_chain()
    block = chain.blocks[2]
    doctored = replace(block, header=replace(block.header, time=block.header.time + 1))
    assert await refused(chain, doctored) == (3, "block_forged", Blame.FORGED)


async def test_another_height_than_was_asked_for_is_not_taken() -> None:
    chain = an_honest_chain()
    assert await refused(chain, chain.blocks[1]) == (3, "block_forged", Blame.FORGED)


async def test_a_block_without_certificate_is_withheld_not_forged() -> None:
    """[CERT-4]"""
    chain = an_honest_chain()
    doctored = with_certificate(chain.blocks[2], None)
    assert await refused(chain, doctored) == (3, "certificate_withheld", Blame.WITHHELD)


async def test_a_quorum_that_attests_blocks_of_two_histories_is_found_at_the_seam() -> None:
    """[BLOCK-4] Both are certified; the second does not follow the first."""
    chain, other = an_honest_chain(), Chain()
    for _ in range(3):
        other.block()
    violation = await refusal(chain, [*chain.blocks[:2], other.blocks[2]])
    assert said(violation) == (3, "parent_wrong", Blame.BROKEN)
