"""The golden vectors, read by code that shares nothing with the product.

Here stand hashlib, msgpack, cryptography and the text of docs/spec alone: what a stranger has who
writes a wallet or an auditor in another language.
"""

import ast
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.properties.golden import cases, hexed
from tests.properties.reference import (
    audit_path,
    digest,
    list_root,
    state_proof_holds,
    state_root,
)


@pytest.mark.parametrize("case", cases("hashing", "digest"), ids=lambda case: case["name"])
def test_domains(case: Any) -> None:
    """[ENC-5]"""
    assert hexed(case["prefix"]) == b"LiqBon/" + case["name"].encode() + b"\0"
    assert digest(case["name"], *map(hexed, case["parts"])).hex() == case["digest"]


def test_domains_are_distinct_and_none_is_a_prefix_of_another() -> None:
    """[ENC-5, ENC-6]"""
    prefixes = sorted(hexed(case["prefix"]) for case in cases("hashing", "digest"))
    assert len(set(prefixes)) == len(prefixes)
    assert not any(b.startswith(a) for a in prefixes for b in prefixes if a != b)
    assert all(prefix.index(b"\0") == len(prefix) - 1 for prefix in prefixes)


def test_accepted_encodings_are_the_shortest_that_another_library_writes() -> None:
    """[ENC-1, ENC-2]"""
    for case in cases("encoding", "bytes"):
        raw = hexed(case["bytes"])
        if case["code"] is None:
            assert msgpack.packb(msgpack.unpackb(raw)) == raw, case
        elif case["code"] == "not_canonical":
            assert msgpack.packb(msgpack.unpackb(raw)) != raw, case
    assert {case["code"] for case in cases("encoding", "bytes")} == {
        None,
        "malformed",
        "not_canonical",
    }


@pytest.mark.parametrize("case", cases("accounts", "policy"), ids=lambda case: case["main"][:12])
def test_accounts(case: Any) -> None:
    """[CRYPTO-4, CRYPTO-5, CRYPTO-6]"""
    seeds = map(hexed, case["seeds"])
    keys = sorted(
        Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() for seed in seeds
    )
    policy = msgpack.packb([case["threshold"], keys])
    assert policy.hex() == case["policy"]
    assert digest("account", policy).hex() == case["account"]
    assert bech32m("lqb", hexed(case["account"])) == case["main"]
    assert bech32m("tlqb", hexed(case["account"])) == case["test"]


def bech32m(prefix: str, data: bytes) -> str:
    """BIP-350 in the words of docs/spec/cryptography.md."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    symbols = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    codes = [ord(letter) for letter in prefix]
    check = 1
    for value in [*(c >> 5 for c in codes), 0, *(c & 31 for c in codes), *symbols, *[0] * 6]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor * (top >> bit & 1)
    check ^= 0x2BC830A3
    symbols += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[symbol] for symbol in symbols)


@pytest.mark.parametrize("case", cases("amounts", "text"), ids=lambda case: case["text"][:12])
def test_amounts(case: Any) -> None:
    """[CRYPTO-8, CRYPTO-9]"""
    if case["units"] is not None:
        units = int(case["units"])
        assert Decimal(case["text"]) * 10**6 == units
        assert 0 <= units < 2**63
        assert "." not in case["text"] or case["text"][-1] not in "0."
    elif case["code"] == "amount_overflow":
        assert Decimal(case["text"]) * 10**6 >= 2**63


@pytest.mark.parametrize("case", cases("signatures", "seed"), ids=lambda case: case["seed"][:4])
def test_signatures(case: Any) -> None:
    """[CRYPTO-1] Honest signatures are valid under every rule."""
    key = Ed25519PrivateKey.from_private_bytes(hexed(case["seed"]))
    assert key.public_key().public_bytes_raw().hex() == case["public_key"]
    assert key.sign(hexed(case["message"])).hex() == case["signature"]
    public_key = Ed25519PublicKey.from_public_bytes(hexed(case["public_key"]))
    public_key.verify(hexed(case["signature"]), hexed(case["message"]))
    with pytest.raises(InvalidSignature):
        public_key.verify(hexed(case["signature"]), hexed(case["message"]) + b"\0")


@pytest.mark.parametrize("case", cases("lists", "items"), ids=lambda case: len(case["items"]))
def test_list_roots(case: Any) -> None:
    """[TREE-1, TREE-2, TREE-3, TREE-4]"""
    items = [hexed(item) for item in case["items"]]
    assert list_root(items).hex() == case["root"]
    for index, proof in enumerate(case["proofs"]):
        assert [one.hex() for one in audit_path(items, index)] == proof


@pytest.mark.parametrize("case", cases("state", "root"), ids=lambda case: len(case["entries"]))
def test_state_roots(case: Any) -> None:
    """[TREE-5, TREE-6, TREE-7, TREE-8]"""
    state = {hexed(key): hexed(value) for key, value in case["entries"]}
    root = state_root(state)
    assert root.hex() == case["root"]
    for proven in case["proofs"]:
        siblings, end = msgpack.unpackb(hexed(proven["proof"]))
        value = None if proven["value"] is None else hexed(proven["value"])
        assert state.get(hexed(proven["key"])) == value
        assert state_proof_holds(root, hexed(proven["key"]), value, siblings, end)
        assert not state_proof_holds(root, hexed(proven["key"]), b"forged", siblings, end)
        if value is not None:
            assert not state_proof_holds(root, hexed(proven["key"]), None, siblings, end)


READERS = sorted(
    path.stem
    for pattern in ("test_independent_*.py", "golden.py", "reference.py")
    for path in Path(__file__).parent.glob(pattern)
)


def imported(text: str) -> set[str]:
    """Modules that a file names anywhere."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("name", READERS)
def test_this_reader_imports_nothing_of_the_product(name: str) -> None:
    """The standard library, msgpack, cryptography, pytest, and other readers."""
    modules = imported((Path(__file__).parent / f"{name}.py").read_text())
    ours = {module for module in modules if module.startswith("tests.")}
    assert {module.rpartition(".")[2] for module in ours} <= set(READERS)
    others = {module.split(".")[0] for module in modules - ours}
    assert others - sys.stdlib_module_names <= {"msgpack", "cryptography", "pytest"}
    assert len(READERS) >= 7
