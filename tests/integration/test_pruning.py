"""One archive, three nodes that prune, and whoever needs the past: processes from end to end."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest

from node.pruning import LEAST_HEIGHTS
from tests.integration.processes import answer, command, get, until
from tests.integration.town import WISHES, Payer, Town

pytestmark = pytest.mark.integration

NEWCOMER: Final = "harbour"
KEPT: Final = "10s"
SHORT: Final = {
    "settlement_cycle_ms": "4000",
    "payment_term_ms": "2000",
    "confirmation_ms": "2000",
    "dispute_ms": "2000",
    "order_dispute_ms": "5000",
}
"""Together they allow ``KEPT``, and no less."""
GONE: Final = 20
"""Heights that every node that prunes has let go of before anything is looked at."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with contextlib.ExitStack() as later:
        place = tmp_path_factory.mktemp("pruning")
        town = Town(place, (NEWCOMER,), later, WISHES | SHORT)
        archive, *pruning, _ = town.codes
        town.settle_in(archive)
        for code in pruning:
            town.settle_in(code, KEPT)
        town.launch(archive, *pruning)
        town.all_ready(archive, *pruning)
        town.endow(100_000)
        with Payer(town) as payer:
            while town.height(archive) < LEAST_HEIGHTS + 2 * GONE:
                payer.again(20)
            for code in pruning:
                until(f"{code} prunes", lambda code=code: oldest(town, code) > GONE)
        payer.check()
        yield town


def oldest(town: Town, code: str) -> int:
    return int(town.status(code)["oldest_height"])


def settled_heights(town: Town) -> int:
    return min(town.height(code) for code in town.codes[:-1])


def refusal(name: str, *words: object) -> dict[str, Any]:
    """What a command that fails says."""
    outcome = command(name, *words, "--output", "json")
    assert outcome.returncode, outcome.stdout
    assert "Traceback" not in outcome.stderr
    error: dict[str, Any] = json.loads(outcome.stdout)["error"]
    return error


def test_what_is_gone_is_said_to_be_gone_and_where_it_may_be(town: Town) -> None:
    """[SYNC-4]"""
    archive, pruned, *_ = town.codes
    status = town.status(pruned)
    assert (status["history"], town.status(archive)["history"]) == (KEPT, "everything")
    assert (status["oldest_height"] > GONE, oldest(town, archive)) == (True, 0)
    first = town.paid[0]
    for path, expected in (
        ("/v1/blocks/1", (410, "pruned")),
        ("/v1/certificates/1", (410, "pruned")),
        (f"/v1/transactions/{first}", (404, "transaction_unknown")),
    ):
        http, problem = get(town.url(pruned) + path)
        assert (http, problem["code"]) == expected
        assert problem["oldest"] > GONE
        assert "archive" in problem["detail"]
        assert get(town.url(archive) + path)[0] == 200
    address = town.wallet("boris", "address")["address"]
    newest = town.ask(pruned, f"/v1/accounts/{address}/transactions?limit=1")
    assert (newest["items"][0]["id"] in town.paid, newest["oldest"]) == (True, None)


def test_wallet_and_auditor_are_told_to_ask_an_archive(town: Town) -> None:
    archive, pruned, *_ = town.codes
    home = ["--home", town.site.wallet_home("boris"), "--limit", "10000"]
    told = answer("liqbon-wallet", "history", *home, "--node", town.url(pruned))
    whole = answer("liqbon-wallet", "history", *home, "--node", town.url(archive))
    assert told["oldest"] > GONE
    assert whole["oldest"] is None
    assert len(whole["entries"]) == len(town.paid) > len(told["entries"])
    shown = command("liqbon-wallet", "history", *home, "--node", town.url(pruned))
    assert "archive" in shown.stdout
    audited = ["verify", "--genesis", town.site.genesis, "--home", town.site.directory / "audits"]
    error = refusal("liqbon-audit", *audited, "--node", town.url(pruned), "--timeout", "5")
    assert (error["code"], error["status"]) == ("pruned", 6)
    assert "archive" in error["hint"]
    assert answer("liqbon-audit", *audited, "--node", town.url(archive))["verified"]
    assert answer("liqbon-audit", *audited, "--node", town.url(pruned))["verified"], "from there on"


def test_a_node_that_is_killed_while_it_prunes_goes_on_where_it_was(town: Town) -> None:
    """[DUR-2] [SYNC-4]"""
    pruned = town.codes[2]
    with Payer(town) as payer:
        for _ in range(3):
            before = oldest(town, pruned)
            until("it prunes on", lambda before=before: oldest(town, pruned) > before)
            town.kill(pruned)
            town.launch(pruned)
            assert oldest(town, pruned) > before
            payer.again()
            town.all_ready(pruned)
    payer.check()
    height = settled_heights(town)
    roots = {town.ask(code, f"/v1/blocks/{height}")["block"]["state_root"] for code in town.running}
    assert len(roots) == 1


def test_a_newcomer_whose_peers_have_pruned_says_so_and_goes_on_with_an_archive(
    town: Town,
) -> None:
    """[SYNC-4] It begins with those who have let go of what it needs; an operator adds another."""
    archive, *_ = town.codes
    town.move_in(NEWCOMER)
    town.settle_in(NEWCOMER, away=[archive])
    town.settle_in(archive, away=[NEWCOMER])
    town.signal(archive, signal.SIGHUP)
    town.launch(NEWCOMER)

    def reason() -> str:
        told = get(town.url(NEWCOMER) + "/health/ready")[1]
        return str(told["reason"] if told else "")

    until("it says what is missing", lambda: reason().startswith("history_missing: "))
    assert "keeps height 1 any more" in reason()
    assert '"code": "history_missing"' in town.log(NEWCOMER).read_text()
    home = ["doctor", "--home", town.node_home(NEWCOMER)]
    town.stop(NEWCOMER)
    asked = [word for code in town.codes[1:-1] for word in ("--node", town.url(code))]
    found = {each["code"] for each in answer("liqbon-node", *home, *asked)["findings"]}
    assert {"history_missing"} <= found
    town.settle_in(NEWCOMER)
    town.launch(NEWCOMER)
    until("it follows", lambda: town.height(NEWCOMER) >= settled_heights(town))
    town.all_ready(NEWCOMER)
    assert oldest(town, NEWCOMER) == 0
    assert town.ask(NEWCOMER, "/v1/blocks/1") == town.ask(archive, "/v1/blocks/1")


def test_the_disk_is_freed(town: Town) -> None:
    _, pruned, *_ = town.codes
    town.stop(pruned)
    freed = town.node(pruned, "compact")
    assert freed["after"] < freed["before"]
    archive = town.site.node_home(NEWCOMER)
    town.stop(NEWCOMER)
    whole = answer("liqbon-node", "compact", "--home", archive)
    assert (whole["pruned"], whole["oldest_height"]) == (0, 0)
    assert freed["after"] < whole["after"]
    town.launch(pruned, NEWCOMER)
    town.all_ready(pruned, NEWCOMER)
    assert oldest(town, pruned) >= freed["oldest_height"] > GONE


def test_a_span_that_is_too_short_is_refused(town: Town) -> None:
    town.settle_in(NEWCOMER, "9s")
    error = refusal("liqbon-node", "start", "--home", town.node_home(NEWCOMER))
    assert (error["code"], error["status"]) == ("setting_invalid", 2)
    assert "10s is the least" in error["message"]
