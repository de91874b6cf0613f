"""What ships: the wheel, its commands, and the names it takes.

The wheel is built offline from this checkout and tried where the checkout is out of reach: an
interpreter without site processing (so without the editable install's path) in an empty folder.
"""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, pyproject, shipped

LOCKS = (
    "requirements.lock",
    "requirements-build.lock",
    "requirements-native.lock",
    "requirements-dev.lock",
)
LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)
BESIDE = ("tests", "demo", "benchmarks", "scripts", "docs", "deploy")

COMMANDS: dict[str, str] = pyproject()["project"]["scripts"]
STANDING = {name: target for name, target in COMMANDS.items() if target.split(".")[0] in shipped()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = place.glob("liqbon-*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as an installer would lay it out."""
    place = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


def run_from_wheel(unpacked: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code that sees the unpacked wheel and the locked dependencies, and not the checkout."""
    paths = [str(unpacked), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    prelude = f"import sys; sys.path += {paths!r}\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", prelude + code, *arguments],
        cwd=unpacked,
        capture_output=True,
        text=True,
        timeout=120,
    )


def normal(name: str) -> str:
    """A distribution's name in the one spelling of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """Distributions of a lock file with their versions."""
    return {normal(name): version for name, version in LOCKED.findall((ROOT / lock).read_text())}


def top_level_names(distribution: Distribution) -> set[str]:
    """Names that a distribution puts beside ours."""
    files = distribution.files or []
    return {Path(file.parts[0]).stem for file in files if ".." not in file.parts}


def test_the_wheel_carries_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    [metadata] = {top for top in tops if top.endswith(".dist-info")}
    assert tops - {metadata} == set(shipped())
    assert not [
        name for name in names if re.search(r"(^|/)(tests?|test_\w+\.py|conftest\.py)", name)
    ]
    assert f"{metadata}/licenses/LICENSE" in names


def test_the_wheel_carries_every_file_of_every_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {
        path.relative_to(ROOT).as_posix()
        for name in shipped()
        for path in (ROOT / name).rglob("*.py")
    }
    assert sources - names == set()


def test_every_module_imports_from_the_wheel_alone(unpacked: Path) -> None:
    modules = [
        ".".join(path.relative_to(unpacked).with_suffix("").parts).removesuffix(".__init__")
        for name in shipped()
        for path in sorted((unpacked / name).rglob("*.py"))
        if path.stem != "__main__"
    ]
    code = "import importlib\nfor name in sys.argv[1:]: importlib.import_module(name)"
    outcome = run_from_wheel(unpacked, code, *modules)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("command", STANDING)
def test_a_command_of_the_wheel_explains_itself(command: str, unpacked: Path) -> None:
    module, _, function = STANDING[command].partition(":")
    code = (
        f"sys.argv = [{command!r}, '--help']\nfrom {module} import {function} as m; sys.exit(m())"
    )
    outcome = run_from_wheel(unpacked, code)
    assert outcome.returncode == 0, outcome.stderr
    assert "Usage" in outcome.stdout


@pytest.mark.parametrize("command", STANDING)
def test_an_installed_command_runs_from_another_directory(command: str, tmp_path: Path) -> None:
    script = Path(sysconfig.get_path("scripts")) / command
    assert script.is_file(), "make install puts the commands into .venv"
    bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    outcome = subprocess.run(
        [script, "--help"], cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=60
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "Usage" in outcome.stdout
    assert list(tmp_path.iterdir()) == [], "--help leaves nothing behind"


def test_no_dependency_owns_one_of_our_names() -> None:
    ours = {*pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], *BESIDE}
    names_of_locked = set().union(*(locked(lock) for lock in LOCKS))
    taken = {
        distribution.name: sorted(top_level_names(distribution) & ours)
        for distribution in distributions()
        if normal(distribution.name) in names_of_locked
    }
    assert len(taken) > 40, "the locked dependencies are not installed"
    assert {name: names for name, names in taken.items() if names} == {}


def test_what_is_installed_is_what_is_locked() -> None:
    wanted = locked("requirements-dev.lock")
    installed = {normal(found.name): found.version for found in distributions()}
    different = {
        name: (version, installed.get(name))
        for name, version in wanted.items()
        if installed.get(name, version) != version
    }
    assert different == {}


def test_lock_files_agree_and_carry_hashes() -> None:
    developer = locked("requirements-dev.lock")
    for lock in LOCKS:
        text = (ROOT / lock).read_text()
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert entries
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        for name, version in locked(lock).items():
            assert developer.get(name, version) == version, f"{name} of {lock}"


def test_every_dependency_that_is_asked_for_is_locked() -> None:
    asked = pyproject()["project"]["dependencies"]
    names = {normal(re.split(r"[><=;!~ ]", line)[0]) for line in asked}
    assert names <= locked("requirements.lock").keys()
    extra = pyproject()["project"]["optional-dependencies"]["dev"]
    names = {normal(re.split(r"[><=;!~ ]", line)[0]) for line in extra}
    assert names <= locked("requirements-dev.lock").keys()
