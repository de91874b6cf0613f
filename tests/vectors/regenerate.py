"""Writes the golden vectors, or checks them: `python -m tests.vectors.regenerate [--check]`.

Deterministic: the same code gives the same bytes. A change of a golden file is a change of the
protocol's bytes, and is reviewed as one.
"""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

from tests.vectors import families

GOLDEN = Path(__file__).parent / "golden"


def names() -> list[str]:
    """The families, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(families.__path__))


def render(name: str) -> bytes:
    """The bytes of one family's golden file."""
    family = importlib.import_module(f"{families.__name__}.{name}")
    document = {
        "family": name,
        "description": (family.__doc__ or "").strip().splitlines()[0],
        "fields": family.FIELDS,
        "cases": family.cases(),
    }
    return (json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def stale() -> list[str]:
    """Golden files that differ from what the code gives, are missing, or belong to no family."""
    wanted = {f"{name}.json": render(name) for name in names()}
    held = {path.name: path.read_bytes() for path in GOLDEN.glob("*")}
    return sorted(
        name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name)
    )


def main(arguments: list[str]) -> int:
    """Regenerate, or with --check say what differs; the exit status is 1 if anything does."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    differing = stale()
    for name in differing:
        print(name)
    if arguments:
        return 1 if differing else 0
    GOLDEN.mkdir(exist_ok=True)
    for name in names():
        (GOLDEN / f"{name}.json").write_bytes(render(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
