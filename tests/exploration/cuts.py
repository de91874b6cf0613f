"""What a walk leaves out, by name, and why no violation is among it."""

from __future__ import annotations

from tests.exploration.choices import Bounds

ALWAYS = {
    "votes come as certificates": (
        "those that make a quorum, one after the other, at once. A vote that completes nothing "
        "changes the tally alone, and others' votes are taken out of it after each input."
    ),
    "silent steps are put off": (
        "until the member next says something that others hear. Nobody can see such a step, and "
        "what a member may meet only grows. What it commits, and on what its votes rest, is "
        "checked in each of them."
    ),
    "engines that behave alike are one": (
        "what of an engine decides nothing within the bounds is named in tests/exploration/dump.py."
    ),
    "blocks are empty": "and nothing is executed: lanes and attestation have a simulator.",
    "one moment": (
        "in which every step happens, except that a deadline passes in a step whose clock is past "
        "it. Standstill and beats are out of reach: what they repeat was never lost here."
    ),
    "a leader proposes at once": (
        "whoever proposes later is only heard later, or has heard first what it builds upon."
    ),
    "two lies a parent": (
        "in each view of the liar. Three honest votes cannot give a third one more than one, and "
        "one vote completes nothing."
    ),
    "the second lie after the first": (
        "they are alike but for their name: the second is shown once the first was seen with "
        "somebody."
    ),
}
LAST_VIEW_OPEN = {
    "the last view does not end": (
        "it is proposed and notarized. Its F and X depend on its own votes alone, and the views "
        "before it are views like it."
    ),
    "votes of the last view are silent": (
        "no certificate of that view is looked at, so each vote is, which asks more: N of the "
        "parent and X of each view between must be there. Where F of a view exists its X does not, "
        "as is checked; so the parent is of that view or a later one, where all that is notarized "
        "descends from what is final, as is checked too."
    ),
}
CRASHES = {
    "no state commit survives a crash": (
        "the member starts from its whole journal. Where one survives it starts higher, and signs "
        "in fewer views."
    ),
}


def cuts(bounds: Bounds) -> dict[str, str]:
    """Of a walk within these bounds."""
    last = LAST_VIEW_OPEN if bounds.ended < bounds.views else {}
    return {**ALWAYS, **last, **(CRASHES if bounds.crashes else {})}
