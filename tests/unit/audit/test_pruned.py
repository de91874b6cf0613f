"""An audit of a node that has let go of what it needs ([SYNC-4])."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from audit.home import last_verified
from node.api.problems import ApiProblem
from tests.fakes.chain_node import Handler, served_chain
from tests.fakes.chains import an_honest_chain
from tests.unit.audit.auditor import Auditor, code, status


async def pruned(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == "/v1/blocks/3":
        problem = ApiProblem("pruned", "nothing below height 9 is kept")
        return web.Response(status=problem.status, body=problem.document())
    return await handler(request)


def test_a_height_that_was_let_go_of_is_nobodys_fault(tmp_path: Path) -> None:
    """What was verified is kept, and an archive is asked for the rest."""
    chain = an_honest_chain()
    auditor = Auditor(tmp_path, chain)
    with served_chain(chain, pruned) as url:
        result = auditor.run(url)
    assert (status(result), code(result)) == (6, "pruned")
    assert "nothing below height 9 is kept" in result.stderr
    assert "archive node" in result.stderr
    assert last_verified(auditor.home, None).ledger.height == 2
    with served_chain(chain) as url:
        assert status(auditor.run(url)) == 0
