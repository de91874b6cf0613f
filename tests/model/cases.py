"""What is asked of Spin: models within bounds that must hold, and broken rules that must not.

Knows names and expectations; runs nothing. What each definition means is said in the models.
"""

from __future__ import annotations

from typing import NamedTuple

BROKEN = {
    "TWO_NOTARIZE": "SAFE-2",
    "FINALIZE_AFTER_NULLIFY": "SAFE-3",
    "NULLIFY_AFTER_FINALIZE": "SAFE-4",
    "FORGOTTEN_VIEWS_SIGNED": "SAFE-6",
    "GAP_NOT_CHECKED": "SAFE-7",
    "VOTES_LOST_IN_CRASHES": "DUR-1, DUR-3",
    "QUORUM=2": "CERT-1",
    "TWO_LIARS": "more than f lie",
}
"""Definitions that break one rule of safety.pml, each of which must let the history fork."""


HANDED_OVER = {
    "KEYS_GONE_EARLY": "EPOCH-7",
    "GONE_EARLY": "more than f are silent",
    "LEFT_WITH_LAST": "EPOCH-5",
    "CERTIFICATES_LOST": "DUR-2",
    "LATER_EPOCH_FORGOTTEN": "DUR-3",
    "NEXT_READ_AGAIN": "EPOCH-1",
    "LAST_TOO_EARLY": "EPOCH-4",
    "GUESTS_NOT_HELPED": "EPOCH-6",
}
"""Definitions that break one rule of epochs.pml while one member leaves and one comes."""

ENDED = {
    "END_TOO_NEAR": "EPOCH-1",
    "CONTENTS_ABOVE": "EPOCH-3",
    "EXECUTED_ABOVE": "EPOCH-3",
    "NOTHING_ABOVE": "EPOCH-3",
    "IDLE_AT_THE_END": "IDLE-1",
}
"""The same of ending.pml."""


class Case(NamedTuple):
    """One run: a model with definitions; ``holds`` is what is expected."""

    name: str
    model: str
    definitions: tuple[str, ...]
    holds: bool
    quick: bool = False


def _safety(name: str, *definitions: str, holds: bool = True, quick: bool = False) -> Case:
    return Case(f"safety: {name}", "safety", definitions, holds, quick)


def _progress(name: str, *definitions: str, holds: bool = True, quick: bool = False) -> Case:
    return Case(f"progress: {name}", "progress", definitions, holds, quick)


def _safety_cases() -> list[Case]:
    cases = []
    for liar in (0, 1):
        name = f"1 view, decided apart from said, liar {liar}"
        cases.append(_safety(name, "VIEWS=1", f"LIAR={liar}", quick=liar == 0))
    for liar in (0, 1, 2):
        bounds = ("VIEWS=2", f"LIAR={liar}", "SYNC_AT_ONCE")
        cases.append(_safety(f"2 views, liar {liar}", *bounds))
    late = ("VIEWS=2", "LIAR=1", "SYNC_AT_ONCE", "LATE=2")
    cases.append(_safety("2 views, liar 1, member 2 decides apart from saying", *late))
    for liar in (0, 1, 2, 3):
        bounds = ("VIEWS=3", f"LIAR={liar}", "SYNC_AT_ONCE", "ANY_VIEW")
        cases.append(_safety(f"3 views, reduced, liar {liar}", *bounds))
    two = ("VIEWS=2", "LIAR=1", "SYNC_AT_ONCE", "MUTANT")
    for rule, number in BROKEN.items():
        quick = rule not in ("FORGOTTEN_VIEWS_SIGNED", "FINALIZE_AFTER_NULLIFY")
        cases.append(_safety(f"{rule} ({number})", *two, rule, holds=False, quick=quick))
    proposals = ("VIEWS=2", "LIAR=0", "SYNC_AT_ONCE", "TWO_PROPOSALS")
    cases.append(_safety("TWO_PROPOSALS (SAFE-1)", *proposals, holds=False))
    return cases


def _progress_cases() -> list[Case]:
    small = ("CHAOS=1", "VIEWS=3")
    cases = [
        _progress(
            f"1 view of chaos, 3 in all, liar {liar}", *small, f"LIAR={liar}", quick=liar == 1
        )
        for liar in (0, 1, 2, 3)
    ]
    for liar in (0, 1, 2, 3):
        bounds = ("CHAOS=2", "VIEWS=4", f"LIAR={liar}")
        cases.append(_progress(f"2 views of chaos, 4 in all, liar {liar}", *bounds))
    rules = {"N_AFTER_NULLIFY_IGNORED": "LIVE-3", "NOTHING_REPEATED": "LIVE-4"}
    for rule, number in rules.items():
        bounds = (*small, "LIAR=2", rule)
        cases.append(_progress(f"{rule} ({number})", *bounds, holds=False, quick=True))
    return cases


def _lag_cases() -> list[Case]:
    cases = []
    for bound in (1, 2, 3):
        definition = f"BOUND={bound}"
        cases.append(Case(f"lag: B = {bound}", "lag", (definition,), True, bound == 2))
    plain = ("BOUND=2", "PROPOSALS_WAIT")
    cases.append(Case("lag: PROPOSALS_WAIT (LAG-1)", "lag", plain, False, True))
    return cases


def _ending_cases() -> list[Case]:
    cases = []
    for bound in (1, 2, 3):
        definition = f"BOUND={bound}"
        cases.append(Case(f"ending: B = {bound}", "ending", (definition,), True, bound == 2))
    for rule, number in ENDED.items():
        quick = rule == "CONTENTS_ABOVE"
        cases.append(Case(f"ending: {rule} ({number})", "ending", (rule,), False, quick))
    return cases


def _epochs(name: str, *definitions: str, holds: bool = True, quick: bool = False) -> Case:
    return Case(f"epochs: {name}", "epochs", definitions, holds, quick)


def _epochs_cases() -> list[Case]:
    one = "one leaves, one comes"
    leaver_lies, two_leave = ("LIAR=0", "LIAR_NEXT=4"), ("LIAR=0", "LIAR_NEXT=2", "NEXT=60")
    cases = [
        _epochs(f"{one}, a member that stays lies", "LIAR=3", "LIAR_NEXT=3"),
        _epochs(f"{one}, who leaves lies, and who comes", *leaver_lies, quick=True),
        _epochs(f"{one}, who leaves lies, then one that stays", "LIAR=0", "LIAR_NEXT=1"),
        _epochs(f"{one}, an old key is kept (EPOCH-7)", "LIAR=3", "LIAR_NEXT=3", "KEYS_KEPT"),
        _epochs(f"{one}, all change keys (EPOCH-7)", "LIAR=3", "LIAR_NEXT=3", "ROTATED=14"),
        _epochs(f"{one}, all change keys, two lie", "LIAR=0", "LIAR_NEXT=1", "ROTATED=14"),
        _epochs("two leave, two come", *two_leave),
        _epochs("one comes", "LIAR=3", "LIAR_NEXT=3", "NEXT=31"),
        _epochs("one leaves", "LIAR=0", "LIAR_NEXT=7", "NEXT=14"),
    ]
    for rule, number in HANDED_OVER.items():
        quick = rule in ("GUESTS_NOT_HELPED", "LATER_EPOCH_FORGOTTEN")
        cases.append(_epochs(f"{rule} ({number})", rule, holds=False, quick=quick))
    kept = (*two_leave, "KEYS_KEPT")
    cases.append(_epochs("KEYS_KEPT, two leave (EPOCH-7)", *kept, holds=False, quick=True))
    counted = (*leaver_lies, "GUEST_COUNTED")
    cases.append(_epochs("GUEST_COUNTED (EPOCH-6)", *counted, holds=False, quick=True))
    cases.append(_epochs("QUORUM_OF_NEXT (CERT-1)", "NEXT=31", "QUORUM_OF_NEXT", holds=False))
    return cases


CASES = (
    *_safety_cases(),
    *_progress_cases(),
    *_lag_cases(),
    *_ending_cases(),
    *_epochs_cases(),
)
