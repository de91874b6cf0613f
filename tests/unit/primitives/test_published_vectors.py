"""Other people's signature vectors, all of them, under ZIP-215 ([CRYPTO-1])."""

import json
from pathlib import Path
from typing import Any

import pytest

from primitives.keys import ED25519, Check

PUBLISHED = Path(__file__).resolve().parents[2] / "vectors" / "published"
ORIGINALS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
"""Where a checkout has the originals beside it, the copies are compared with them."""


def load(name: str) -> Any:
    return json.loads((PUBLISHED / name).read_bytes())


def check_of(vector: dict[str, str], key: str = "public_key") -> Check:
    return Check(
        bytes.fromhex(vector[key]),
        bytes.fromhex(vector["message"]),
        bytes.fromhex(vector["signature"]),
    )


def test_all_196_pairs_of_small_order_encodings_are_valid() -> None:
    vectors = load("ed25519_zip215.json")
    assert len(vectors) == 196
    assert len({(v["public_key"], v["signature"]) for v in vectors}) == 196
    assert ED25519.verify_many([check_of(vector) for vector in vectors]) == [True] * 196


def test_speccheck_gets_the_verdicts_of_zip_215() -> None:
    checks = [check_of(vector, key="pub_key") for vector in load("ed25519_speccheck.json")]
    valid = [*range(6), 9, 10, 11]
    assert ED25519.verify_many(checks) == [case in valid for case in range(12)]


def test_wycheproof_gets_its_verdicts_but_for_the_case_that_zip_215_accepts() -> None:
    groups = load("ed25519_wycheproof.json")["testGroups"]
    cases = [(group["publicKey"]["pk"], test) for group in groups for test in group["tests"]]
    assert len(cases) == 151
    expected = {test["tcId"]: test["result"] == "valid" for _, test in cases}
    assert not expected[151]
    expected[151] = True  # R has y = 1 with the sign bit set: an encoding that ZIP-215 decodes
    found = {
        test["tcId"]: ED25519.verify(
            bytes.fromhex(public_key), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        )
        for public_key, test in cases
    }
    assert found == expected


def test_every_published_file_has_its_source_in_the_readme() -> None:
    readme = (PUBLISHED / "README.md").read_text()
    files = sorted(path.name for path in PUBLISHED.glob("*.json"))
    assert len(files) == 5
    assert [name for name in files if f"`{name}`" not in readme] == []


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="no originals beside this checkout")
def test_published_files_are_the_originals() -> None:
    names = sorted(path.name for path in ORIGINALS.glob("*.json"))
    assert names == sorted(path.name for path in PUBLISHED.glob("*.json"))
    for name in names:
        assert (PUBLISHED / name).read_bytes() == (ORIGINALS / name).read_bytes(), name
