"""The golden vectors are what the code gives, and the script that writes them is deterministic."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectors.regenerate import GOLDEN, main, names, render, stale

ROOT = Path(__file__).resolve().parents[3]


def test_golden_files_are_what_the_code_gives() -> None:
    assert stale() == []


@pytest.mark.parametrize("name", names())
def test_a_golden_file_documents_every_field_of_its_cases(name: str) -> None:
    document = json.loads(render(name))
    assert list(document) == ["family", "description", "fields", "cases"]
    assert document["cases"]
    documented = {field for names in document["fields"] for field in names.split(", ")}
    used = {field for case in document["cases"] for field in case}
    assert used <= documented
    assert all(document["fields"].values())


def test_check_says_which_file_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in GOLDEN.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "lists.json").write_bytes((GOLDEN / "lists.json").read_bytes()[:-1])
    (tmp_path / "unknown.json").write_bytes(b"{}")
    (tmp_path / "state.json").unlink()
    monkeypatch.setattr("tests.vectors.regenerate.GOLDEN", tmp_path)
    assert main(["--check"]) == 1
    assert capsys.readouterr().out.split() == ["lists.json", "state.json", "unknown.json"]
    assert main(["--wrong"]) == 2
    (tmp_path / "unknown.json").unlink()
    assert main([]) == 0
    assert main(["--check"]) == 0


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_script_gives_the_same_in_another_process(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.vectors.regenerate", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
