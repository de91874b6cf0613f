"""``scripts/native`` builds once, says in one line why it cannot, and breaks nothing else.

It runs in a copy of its surroundings, where Python and cargo are scripts that note what was asked.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("bash", "cat", "dirname", "find", "mv", "rm", "sh", "timeout", "touch")
PYTHON = """#!/bin/sh
echo "$*" >> asked
case "$*" in
    *./native*) rm -f removed; exit "$(cat status)" ;;
    *import*) test ! -e removed ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as the script sees, all of it older than whatever is built."""
    for folder in ("scripts", "native/src", ".venv/bin", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "native", tmp_path / "scripts" / "native")
    executable(tmp_path / ".venv" / "bin" / "python", PYTHON)
    for tool in TOOLS:  # and no cargo of this machine
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    executable(tmp_path / "bin" / "cargo", "#!/bin/sh\n")
    (tmp_path / "status").write_text("0")
    for name in ("requirements-native.lock", "native/src/lib.rs"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    return tmp_path


def executable(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # it may be a link to a tool of this machine
    path.write_text(text)
    path.chmod(0o755)


def run(checkout: Path, *words: str) -> tuple[int, list[str]]:
    """The status, and the lines that were said."""
    outcome = subprocess.run(
        [checkout / "scripts" / "native", *words],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.stderr == ""
    return outcome.returncode, outcome.stdout.splitlines()


def builds(checkout: Path) -> int:
    """How often a build was asked for."""
    asked = checkout / "asked"
    return asked.read_text().count("./native") if asked.exists() else 0


def test_a_second_make_builds_nothing(checkout: Path) -> None:
    status, said = run(checkout, "--if-possible")
    assert (status, len(said), builds(checkout)) == (0, 1, 1)
    assert run(checkout, "--if-possible") == (0, [])
    assert run(checkout) == (0, [])
    assert builds(checkout) == 1


def test_a_changed_source_is_built_again(checkout: Path) -> None:
    run(checkout)
    (checkout / "native" / "target").mkdir()
    (checkout / "native" / "target" / "made").touch()
    run(checkout)
    assert builds(checkout) == 1, "what a build leaves behind is no source"
    os.utime(checkout / "native" / "src" / "lib.rs", (2**32, 2**32))
    run(checkout)
    assert builds(checkout) == 2


def test_what_was_removed_by_hand_is_built_again_when_it_is_asked_for(checkout: Path) -> None:
    run(checkout)
    (checkout / "removed").touch()
    assert run(checkout)[0] == 0
    assert builds(checkout) == 2


def test_without_a_cargo_one_line_says_so(checkout: Path) -> None:
    (checkout / "bin" / "cargo").unlink()
    status, said = run(checkout, "--if-possible")
    assert (status, builds(checkout)) == (0, 0)
    assert said == ["without liqbon-native, which is faster: there is no cargo to build native/"]
    assert run(checkout) == (1, said), "who asks for it alone is told that it failed"


def test_what_fails_is_said_removed_and_not_tried_twice(checkout: Path) -> None:
    run(checkout)
    os.utime(checkout / "native" / "src" / "lib.rs", (2**32, 2**32))
    (checkout / "status").write_text("1")
    status, said = run(checkout, "--if-possible")
    assert (status, len(said)) == (0, 2)
    assert said[1].startswith("without liqbon-native, which is faster: native/ did not build")
    assert "uninstall --yes liqbon-native" in (checkout / "asked").read_text()
    os.utime(checkout / "native" / "src" / "lib.rs", (1, 1))
    status, said = run(checkout, "--if-possible")
    assert (status, len(said), builds(checkout)) == (0, 1, 2)
    (checkout / "status").write_text("0")
    assert run(checkout)[0] == 0, "make native tries again"
    assert builds(checkout) == 3


def test_a_build_that_fails_fails_who_asked_for_it_alone(checkout: Path) -> None:
    (checkout / "status").write_text("1")
    status, said = run(checkout)
    assert status == 1
    assert ".venv/native.log says why" in said[-1]
