"""Domains: one purpose each, all listed, all specified."""

from pathlib import Path

import pytest

from primitives import hashing
from primitives.hashing import ALL_DOMAINS, Domain

SPEC = Path(__file__).resolve().parents[3] / "docs" / "spec" / "encoding.md"


def test_every_domain_is_listed_and_no_name_is_used_twice() -> None:
    """[ENC-6]"""
    defined = [value for value in vars(hashing).values() if isinstance(value, Domain)]
    assert sorted(domain.name for domain in defined) == sorted(d.name for d in ALL_DOMAINS)
    assert len({domain.name for domain in ALL_DOMAINS}) == len(ALL_DOMAINS)


@pytest.mark.parametrize("domain", ALL_DOMAINS, ids=lambda domain: domain.name)
def test_every_domain_is_specified(domain: Domain) -> None:
    """[ENC-6]"""
    assert f"`{domain.name}`" in SPEC.read_text()


def test_parts_are_joined_as_they_are() -> None:
    """[ENC-5] Whoever hashes more than one field of open length must encode them."""
    domain = Domain("test")
    assert domain.digest(b"ab", b"c") == domain.digest(b"a", b"bc") == domain.digest(b"abc")
    assert domain.message(b"ab", b"c") == b"LiqBon/test\0abc"
    assert len(domain.digest()) == hashing.DIGEST_SIZE


def test_domains_part_what_is_equal() -> None:
    """[ENC-6]"""
    assert len({domain.digest(b"same") for domain in ALL_DOMAINS}) == len(ALL_DOMAINS)
