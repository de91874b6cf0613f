"""Members change while a network of processes runs: keys, newcomers, sleepers, leavers, crashes.

One network goes through all of it, in the order of the tests; each leaves it whole for the next.
"""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import answer, until
from tests.integration.town import Payer, Town

pytestmark = pytest.mark.integration

NEWCOMER = "harbour"
SEED = 41
CRASHES = 2


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with contextlib.ExitStack() as later:
        town = Town(tmp_path_factory.mktemp("epochs"), (NEWCOMER,), later)
        founders = town.codes[:-1]
        for code in founders:
            town.settle_in(code)
        town.launch(*founders)
        town.all_ready(*founders)
        town.endow(100_000)
        yield town


def test_a_partner_changes_its_key_while_people_pay(town: Town) -> None:
    """[EPOCH-1] [EPOCH-5] [EPOCH-7]"""
    first, rotating, *_ = town.codes
    [old] = town.node(rotating, "keys", "show")["consensus_keys"]
    with Payer(town) as payer:
        new = town.rotate(rotating)
        until("the epoch ends", lambda: town.epoch(first) == 1)
        town.validating(rotating, 1)
        until("the old key is gone", lambda: town.keys_of(rotating) == [new])
        payer.again()
    payer.check()
    assert town.key(first, rotating) == new != old
    ended, present = town.ask(first, "/v1/epochs")["items"]
    assert ended["last_height"] < town.height(first)
    assert ended["step"] is not None
    assert (present["epoch"], present["last_height"], present["step"]) == (1, None, None)
    assert town.wallet("alice", "network")["epoch"] == 1


def test_a_newcomer_follows_is_admitted_and_signs(town: Town) -> None:
    """[EPOCH-2] [EPOCH-6] [NET-3]"""
    first, second, third, missed, _ = town.codes
    town.move_in(NEWCOMER)
    town.launch(NEWCOMER)
    until("it follows", lambda: town.height(NEWCOMER) >= town.height(first) > 0)
    told = town.status(NEWCOMER)
    assert (told["partner"], told["index"], told["epoch"]) == (None, None, 1)
    until("it is ready", lambda: town.status(NEWCOMER)["ready"])
    assert all(peer["connected"] for peer in town.status(NEWCOMER)["peers"])
    applicant = town.apply(NEWCOMER)
    proposal = town.admin(first, "propose", "admit", applicant, "--credit", "10")
    for code in (first, second, third):
        town.admin(code, "vote", proposal["proposal"]["proposal"], "--for")
    with Payer(town):
        town.validating(NEWCOMER, 2)
    assert [member["partner"] for member in town.members(first)] == town.codes
    town.kill(missed)
    with Payer(town) as payer:
        payer.again()
        assert town.validates(NEWCOMER, 2), "four of five are needed, and four are left"
    payer.check()
    town.launch(missed)
    town.all_ready(missed)


def test_a_node_may_sleep_while_its_own_key_changes(town: Town) -> None:
    """The key was made before, and is announced while the node is away."""
    first, _, sleeper, *_ = town.codes
    began = town.epoch(first)
    own = town.node(sleeper, "keys", "rotate", sleeper)
    town.stop(sleeper)
    town.admin(sleeper, "keys", "seat", own["token"], "--lost")
    until("its key is seated", lambda: town.epoch(first) == began + 1)
    assert town.key(first, sleeper) == own["consensus_key"]


@pytest.mark.parametrize("turn", range(CRASHES))
def test_no_power_cut_at_the_end_of_an_epoch_loses_anything(town: Town, turn: int) -> None:
    """[DUR-1] [EPOCH-5] Everybody who is awake is killed between the height that fixes an epoch's
    end and the first certificate of the next one."""
    code, awake = town.codes[turn], town.running
    began = town.epoch(code)
    with Payer(town) as payer:
        town.rotate(code)
        until("its end is fixed", lambda: town.last_height(code) or town.epoch(code) > began)
        last = town.ask(code, "/v1/epochs")["items"][began]["last_height"]
        moment = last - random.Random(SEED + turn).randrange(6)
        until("the moment", lambda: town.height(code) >= moment)
        town.kill(*awake)
        town.launch(*awake)
        until("the epoch began", lambda: town.epoch(code) == began + 1)
        payer.again()
        for each in awake:
            town.validating(each, began + 1)
    payer.check()


def test_who_slept_through_three_epochs_catches_up_and_validates(town: Town) -> None:
    """[EPOCH-6] [EPOCH-7] [SYNC-2]"""
    first, _, sleeper, *_ = town.codes
    town.launch(sleeper)
    with Payer(town):
        town.validating(sleeper, town.epoch(first))
    until("the old key is gone", lambda: town.keys_of(sleeper) == [town.key(first, sleeper)])


def test_who_left_follows_takes_nothing_in_and_is_not_missed(town: Town) -> None:
    """[EPOCH-7] [LEDGER-53]"""
    first, *_, leaver, _ = town.codes
    began = town.epoch(first)
    town.admin(leaver, "leave")
    until("it follows", lambda: town.status(leaver)["index"] is None)
    assert town.epoch(leaver) == began + 1
    until("its key is gone", lambda: town.keys_of(leaver) == [])
    assert town.submit(leaver, b"\x90") == (503, "not_a_validator")
    town.signal(leaver, signal.SIGHUP)
    town.stop(leaver)
    with Payer(town) as payer:
        payer.again()
        town.launch(leaver)
        until("it follows", lambda: town.height(leaver) >= town.height(first))
        assert town.status(leaver)["partner"] is None
    payer.check()
    shown = answer("liqbon-node", "status", "--node", town.url(leaver))["nodes"]
    assert shown[0]["status"]["index"] is None


def test_whoever_comes_late_follows_from_genesis(town: Town, tmp_path: Path) -> None:
    """[PROOF-3] A wallet that begins now, and an auditor who carries out every height again."""
    first = town.codes[0]
    genesis = ["--genesis", str(town.site.genesis)]
    node = ["--node", town.url(first)]
    audited = answer("liqbon-audit", "verify", *genesis, *node, "--home", tmp_path / "audit")
    assert audited["violation"] is None
    assert audited["verified"]["epoch"] == town.epoch(first)
    home = ["--home", tmp_path / "wallet"]
    answer("liqbon-wallet", "new", *genesis, *node, *home, *town.secret)
    told = answer("liqbon-wallet", "network", *home)
    assert told["epoch"] == town.epoch(first)
    assert told["validators"] == [each["partner"] for each in town.members(first)]
