"""What the documents say can be typed and opened: commands exist, links lead somewhere.

A command is a line of a fenced block of kind `sh`, `console` or none that starts with a word we
own. A `console` block shows prompts; only its prompted lines are commands.
"""

import re
import shlex
import subprocess
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, project_files, pyproject

FENCE = re.compile(r"^```([a-z]*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
COMMANDS = tuple(pyproject()["project"]["scripts"])

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]


def commands_of(text: str) -> Iterator[list[str]]:
    """Commands of a document's shell blocks, as words."""
    for kind, block in FENCE.findall(text):
        if kind not in {"", "sh", "bash", "console", "shell"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            prompted = line.startswith("$ ")
            if kind == "console" and not prompted:
                continue
            words = shlex.split(line.removeprefix("$ "), comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield [words[0].removeprefix(".venv/bin/"), *words[1:]]


def spoken() -> dict[tuple[str, ...], str]:
    """Every command that a document tells people to type, with the document."""
    return {
        tuple(words): path.relative_to(ROOT).as_posix()
        for path in DOCUMENTS
        for words in commands_of(path.read_text(encoding="utf-8"))
    }


def slug(heading: str) -> str:
    """The anchor that a forge gives a heading."""
    bare = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return bare.strip().replace(" ", "-")


def make_targets() -> set[str]:
    """Targets that the Makefile defines."""
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z][a-z-]*):", text, flags=re.MULTILINE))


def missing_targets(words: tuple[str, ...]) -> set[str]:
    """Targets of a `make` line that do not exist."""
    asked = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
    return asked - make_targets()


def subcommands() -> set[tuple[str, ...]]:
    """Each command of ours with the words that name its subcommand, as the documents use them."""
    found: set[tuple[str, ...]] = set()
    for words in spoken():
        if words[0] in COMMANDS:
            named = []
            for word in words[1:]:
                if not re.fullmatch(r"[a-z][a-z-]+", word):
                    break
                named.append(word)
            found.add((words[0], *named[:1]))
    return found


def test_make_targets_exist() -> None:
    missing = {
        place: sorted(missing_targets(words))
        for words, place in spoken().items()
        if words[0] == "make" and missing_targets(words)
    }
    assert missing == {}


@pytest.mark.parametrize("words", sorted(subcommands()), ids=" ".join)
def test_a_command_that_is_spoken_of_exists(words: tuple[str, ...], tmp_path: Path) -> None:
    script = Path(sysconfig.get_path("scripts")) / words[0]
    outcome = subprocess.run(
        [script, *words[1:], "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert outcome.returncode == 0, outcome.stderr


def test_python_modules_that_are_spoken_of_exist() -> None:
    asked = {
        words[words.index("-m") + 1]: place
        for words, place in spoken().items()
        if words[0].startswith("python") and "-m" in words
    }
    assert {name: place for name, place in asked.items() if find_spec(name) is None} == {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        place, _, anchor = target.partition("#")
        file = (path.parent / place).resolve() if place else path
        if not file.exists():
            broken.append(target)
        elif anchor and file.suffix == ".md":
            headings = HEADING.findall(file.read_text(encoding="utf-8"))
            if anchor not in {slug(heading) for heading in headings}:
                broken.append(target)
    assert broken == []


def test_the_makefile_explains_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    explained = set(re.findall(r"^([a-z][a-z-]*):.*## ", text, flags=re.MULTILINE))
    assert make_targets() == explained


def test_nothing_refers_to_where_it_was_made() -> None:
    """The project stands alone: no path of a workplace, no document outside the checkout."""
    outside = ("shared/" + "design", "../" + "shared", "/work/" + "main", "/tmp/" + "brief")
    found = {
        path.relative_to(ROOT).as_posix(): word
        for path in project_files()
        for word in outside
        if word.encode() in path.read_bytes()
    }
    assert found == {}


def test_commands_are_read_as_people_type_them() -> None:
    text = """
```console
$ make demo ONCE=1
what it prints
$ LIQBON_HOME=x .venv/bin/liqbon-node status
```
```sh
liqbon-wallet send \\
  tlqb1... 12.5  # pays
```
```python
make()
```
"""
    assert list(commands_of(text)) == [
        ["make", "demo", "ONCE=1"],
        ["liqbon-node", "status"],
        ["liqbon-wallet", "send", "tlqb1...", "12.5"],
    ]
    assert missing_targets(("make", "demo", "nonsense", "ONCE=1")) == {"nonsense"}


def test_an_anchor_is_spelled_as_a_forge_spells_it() -> None:
    assert slug("What `make demo` shows, step by step") == "what-make-demo-shows-step-by-step"
