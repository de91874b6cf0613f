"""The scheme that is used is the fastest that is installed, and commands work without it."""

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from primitives.encoding import decode, encode
from primitives.keys import Check
from shell import verifier
from shell.scheme import SCHEME, BatchScheme, batch_library
from shell.verifier import MAX_FRAME, CheckTransactions, Verdict, framed, read_frame, serve
from tests import builders

ROOT = Path(__file__).resolve().parents[3]
WITHOUT = """
import sys
sys.modules["liqbon_native"] = None  # as where it is not installed
from primitives.keys import ED25519
from primitives.trie import ReferenceTrie
from shell.native import library_name
from shell.scheme import SCHEME, batch_library
from shell.trie import EMPTY_TRIE
assert SCHEME is ED25519
assert batch_library() is library_name() is None
assert isinstance(EMPTY_TRIE, ReferenceTrie)
"""
OLDER = """
import sys, types
sys.modules["liqbon_native"] = types.ModuleType("liqbon_native")
sys.modules["liqbon_native"].__version__ = "0.1.0"
""" + "".join(WITHOUT.splitlines(keepends=True)[3:])


class Doubter:
    """Believes no signature."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        return False

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        return [False] * len(items)


@pytest.mark.parametrize("without", [WITHOUT, OLDER])
def test_without_this_release_s_library_all_is_done_by_the_references(without: str) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout + outcome.stderr == "", "no noise in commands"


@pytest.mark.skipif(batch_library() is None, reason="liqbon-native is not installed: make native")
def test_with_the_library_many_are_checked_at_once() -> None:
    assert isinstance(SCHEME, BatchScheme)


def test_a_worker_checks_with_the_chosen_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = builders.raw(
        builders.a_transfer(builders.a_person("ann"), (builders.a_person("ben"), 5))
    )
    job = framed(encode(CheckTransactions(1, (sound,))))
    for scheme, code in ((SCHEME, None), (Doubter(), "signature_invalid")):
        monkeypatch.setattr(verifier, "SCHEME", scheme)
        sink = io.BytesIO()
        serve(builders.a_chain(), io.BytesIO(job), sink)
        sink.seek(0)
        read_frame(sink)
        assert decode(Verdict, read_frame(sink) or b"", MAX_FRAME).codes == (code,)
