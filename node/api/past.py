"""What is said of a past that this node has let go of. Knows heights; no document.

A height says where it was, so below the oldest one kept the answer is 410, ``pruned``. An id says
nothing: whether there ever was such a transaction the node does not know any more, so it stays
404, with the height from which on it would know (RFC 9110, 15.5.11).
"""

from __future__ import annotations

from node.api.problems import ApiProblem
from node.api.seams import Api


def oldest_of(api: Api) -> int | None:
    """The oldest height kept; None if nothing was ever let go of."""
    return api.executor.oldest or None


def expect_kept(api: Api, height: int) -> None:
    """Raises ``ApiProblem`` (``pruned``) for a height that was let go of."""
    if height < api.executor.oldest:
        raise _problem(api, "pruned", f"height {height} was let go of here; ")


def unknown(api: Api, code: str) -> ApiProblem:
    """Of something that is asked for by its id, and is not here: if it is old, others may know."""
    return _problem(api, code, "") if api.executor.oldest else ApiProblem(code)


def _problem(api: Api, code: str, before: str) -> ApiProblem:
    oldest = api.executor.oldest
    detail = f"{before}nothing below height {oldest} is kept: ask an archive node"
    problem = ApiProblem(code, detail)
    problem.oldest = oldest
    return problem
