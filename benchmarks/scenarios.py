"""How a network fares in all kinds of weather: ``python -m benchmarks.scenarios [NAME...]``.

    python -m benchmarks.scenarios                       all of them
    python -m benchmarks.scenarios overload crashed      some
    python -m benchmarks.scenarios --list                what there is
    python -m benchmarks.scenarios loads --rate 400 --seconds 30

Each scenario has a fresh network of four validators, and leaves its figures under its name in one
document; those of others stay. docs/reference/benchmarks.md says what each figure means.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from benchmarks import faults, machine, newcomers, pressure
from benchmarks.auditor import ROOT
from benchmarks.bench import Stuck
from benchmarks.machine import Machine
from benchmarks.population import Workshop
from benchmarks.ratios import Bare, Ratio
from benchmarks.stage import Outcome, Scenario, Settings
from benchmarks.verdict import Step

RESULT: Final = ROOT / "benchmarks" / "results" / "scenarios.json"
BASE_PORT: Final = 8_900
BRIEF: Final = {"rate": 80.0, "seconds": 3.0, "warm_up_s": 0.5}

SCENARIOS: Final[dict[str, Scenario]] = {
    "loads": pressure.loads,
    "overload": pressure.overload,
    "crashed": faults.crashed,
    "byzantine": faults.byzantine,
    "recovery": faults.recovery,
    "newcomer": newcomers.newcomer,
    "idle": newcomers.idle,
}


class Entry(msgspec.Struct, frozen=True):
    """One scenario's run. ``figures`` are named after what they count and its unit."""

    machine: Machine
    date: str
    commit: str
    rate: float
    seconds: float
    bare_verifies_per_second: float
    bare_syncs_per_second: float
    figures: dict[str, float]
    ratios: dict[str, Ratio]
    steps: dict[str, Step]
    cpu_share_of_others: float
    sent_is_final: bool


def ratios(figures: dict[str, float], bare: Bare) -> dict[str, Ratio]:
    """Of every figure that is a rate or a time, by what its name ends in."""
    found = {}
    for name, value in figures.items():
        if name.endswith("_per_second"):
            found[name] = bare.of_rate(value)
        for unit, us in (("_us", 1.0), ("_ms", 1e3), ("_s", 1e6)):
            if name.endswith(unit):
                found[name] = bare.of_time(value * us)
    return found


def entry(settings: Settings, bare: Bare, outcome: Outcome) -> Entry:
    """What a run leaves."""
    others = [step.cpu_share_of_others for step in outcome.steps.values()]
    return Entry(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        rate=settings.rate,
        seconds=settings.seconds,
        bare_verifies_per_second=round(bare.verifies_per_second, 1),
        bare_syncs_per_second=round(bare.syncs_per_second, 1),
        figures={name: round(value, 3) for name, value in outcome.figures.items()},
        ratios=ratios(outcome.figures, bare),
        steps=outcome.steps,
        cpu_share_of_others=max(others, default=0.0),
        sent_is_final=outcome.sent_is_final,
    )


def keep(path: Path, name: str, found: Entry) -> None:
    """Put an entry under its name, and leave the others."""
    entries = read(path) if path.exists() else {}
    kept = {each: entries[each] for each in SCENARIOS if each in entries and each != name}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(kept | {name: found}), indent=2)
    path.write_bytes(text + b"\n")


def read(path: Path) -> dict[str, Entry]:
    """The document."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Entry])


def told(name: str, found: Entry) -> str:
    """An entry as people read it."""
    lines = [f"{name}, {found.rate:g}/s, {found.seconds:g} s"]
    for figure, value in found.figures.items():
        ratio = found.ratios.get(figure)
        bare = f"   {ratio.bare_verifies:g} checks, {ratio.bare_syncs:g} syncs" if ratio else ""
        lines.append(f"{value:14,.1f}  {figure}{bare}")
    if found.cpu_share_of_others > 0.05:
        lines.append(f"{found.cpu_share_of_others:14.0%}  of all cores had other work")
    return "\n".join(lines)


def main() -> int:
    """Run scenarios; 0 unless something was lost or broken."""
    options = _options()
    if options.list:
        for name, scenario in SCENARIOS.items():
            print(f"{name:<10}  {(scenario.__doc__ or '').splitlines()[0]}")
        return 0
    settings = Settings(options.rate, options.seconds, options.warm_up_s, options.base_port)
    workshop = Workshop()
    try:
        return max(_run(name, settings, workshop, options.result) for name in options.names)
    finally:
        workshop.close()


def _run(name: str, settings: Settings, workshop: Workshop, result: Path) -> int:
    try:
        with tempfile.TemporaryDirectory(prefix=f"liqbon-{name}-") as directory:
            bare = machine.bare(Path(directory))
            work = SCENARIOS[name](settings, Path(directory) / "net", workshop)
            found = entry(settings, bare, uvloop.run(work))
    except (TimeoutError, Stuck, RuntimeError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    keep(result, name, found)
    print(told(name, found), flush=True)
    if not found.sent_is_final:
        print(f"{name}: what was sent is not what became final", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scenarios")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all without one")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    parser.add_argument("--rate", type=float, default=400.0, help="transactions a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each step")
    parser.add_argument("--warm-up", dest="warm_up_s", type=float, default=3.0, metavar="SECONDS")
    parser.add_argument("--brief", action="store_true", help="show that it works, in seconds")
    parser.add_argument("--base-port", type=int, default=BASE_PORT)
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario is called {', '.join(unknown)}; --list tells")
    if options.brief:
        vars(options).update(BRIEF)
    options.names = options.names or list(SCENARIOS)
    return options


if __name__ == "__main__":
    sys.exit(main())
