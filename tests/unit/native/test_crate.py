"""The crates' own tests and lints: what sums could get wrong, and that nothing can panic."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shell.native import RELEASE, library_name

NATIVE = Path(__file__).resolve().parents[3] / "native"
BOUND_S = 600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        library_name() is None or shutil.which("cargo") is None,
        reason="liqbon-native was not built here; make native builds it where there is a cargo",
    ),
]


def cargo(*words: str) -> subprocess.CompletedProcess[str]:
    """Run cargo with what the build fetched, and nothing else."""
    return subprocess.run(
        ["cargo", *words], cwd=NATIVE, capture_output=True, text=True, timeout=BOUND_S
    )


def has(part: str) -> bool:
    """Whether a part of the toolchain that a builder does not need is there."""
    return shutil.which("cargo") is not None and cargo(part, "--version").returncode == 0


@pytest.mark.parametrize("package", ["liqbon-trie", "liqbon-zip215"])
def test_the_crates_own_tests_pass(package: str) -> None:
    words = ("--release", "--locked", "--offline", "--package", package)
    outcome = cargo("test", *words)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert re.search(r"[1-9]\d* passed; 0 failed; 0 ignored", outcome.stdout)


@pytest.mark.skipif(not has("clippy"), reason="this toolchain has no clippy")
def test_no_lint_that_we_deny_is_found() -> None:
    outcome = cargo("clippy", "--release", "--locked", "--offline", "--all-targets", "--workspace")
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.skipif(not has("fmt"), reason="this toolchain has no rustfmt")
def test_the_crates_are_in_the_one_format() -> None:
    outcome = cargo("fmt", "--all", "--check")
    assert outcome.returncode == 0, outcome.stdout


def test_no_code_of_ours_is_unsafe() -> None:
    roots = [NATIVE / part / "src" / "lib.rs" for part in ("", "trie", "zip215")]
    assert all("#![forbid(unsafe_code)]" in root.read_text() for root in roots)
    members = {path.parent for path in NATIVE.rglob("Cargo.toml") if "target" not in path.parts}
    assert members == {root.parents[1] for root in roots}, "a crate that no test knows"


def test_the_version_that_belongs_to_this_release_is_the_crates() -> None:
    assert f'version = "{RELEASE}"' in (NATIVE / "Cargo.toml").read_text().splitlines()
