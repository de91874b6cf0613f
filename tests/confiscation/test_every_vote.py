"""How it is done elsewhere: the members of the programme decided so, and you were not there.

Here partners vote on each other, and on nothing that is a customer's: whatever they agree on, in
whatever order, no balance falls and none is held up [LEDGER-60]. All that they can agree on is
tried here, from the table in which it stands; a measure that is added fails for want of an example.
"""

from __future__ import annotations

import ast
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.measures import WAYS
from primitives.entries import Account, Prefix, decode_entry
from primitives.governance import Measure, ProposalStatus
from tests.architecture.source import sources
from tests.attacks.scenes import ANN, BOB, balances, done
from tests.builders import CODES, DAY_MS
from tests.confiscation.anything import any_measure, any_measures
from tests.confiscation.town import a_town
from tests.confiscation.votes import MEASURES, decide
from tests.ledger import Ledger
from tests.voting import carried_out

KINDS = sorted(WAYS, key=lambda kind: kind.__name__)


def assert_nobody_lost(before: dict[bytes, bytes], town: Ledger) -> None:
    """No balance fell, and none is anybody else's; LiqBon came from nowhere and went nowhere."""
    old, new = balances(before), balances(town.state)
    fallen = {account: held for account, held in old.items() if new[account] < held}
    assert fallen == {}
    assert before[bytes([Prefix.SUPPLY])] == town.state[bytes([Prefix.SUPPLY])]
    town.scan()


def assert_free(town: Ledger) -> None:
    """Ann pays Bob, as ever."""
    held = town.balance(BOB)
    done(town, town.transfer(ANN, (BOB, 1)))
    assert town.balance(BOB) == held + 1


class TestWhatCanBeVotedFor:
    """[LEDGER-60]"""

    def test_the_table_is_all_that_can_be_voted_for(self) -> None:
        assert set(WAYS) == set(get_args(Measure))
        assert set(MEASURES) == {kind.__name__ for kind in WAYS}

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_once_it_is_carried_out_nobody_has_less(self, kind: type[Measure]) -> None:
        town = a_town()
        measure = MEASURES[kind.__name__](town)
        assert type(measure) is kind
        before = dict(town.state)
        proposal = carried_out(town, measure, by="south")
        assert proposal.status == ProposalStatus.EXECUTED, proposal
        assert_nobody_lost(before, town)
        assert_free(town)
        for jump in (DAY_MS, 20 * DAY_MS, 400 * DAY_MS):
            later = dict(town.state)
            town.pass_time(jump)
            assert_nobody_lost(later, town)
        assert_free(town)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    @given(st.data())
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    def test_whatever_it_says_nobody_has_less(
        self, kind: type[Measure], data: st.DataObject
    ) -> None:
        """Any fields, proposed by anybody, and all are for it."""
        town = a_town()
        before = dict(town.state)
        decide(town, data.draw(any_measure(town, kind)), data.draw(st.sampled_from(CODES)))
        assert_nobody_lost(before, town)
        assert_free(town)

    @given(st.data())
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    def test_no_sequence_of_votes_takes_anything(self, data: st.DataObject) -> None:
        """One after another, for and against, with time for all that they make fall due."""
        town = a_town()
        before = dict(town.state)
        for _ in range(data.draw(st.integers(2, 5))):
            measure = data.draw(any_measures(town))
            against = data.draw(st.sets(st.sampled_from(CODES), max_size=2))
            decide(town, measure, data.draw(st.sampled_from(CODES)), tuple(sorted(against)))
        town.pass_time(60 * DAY_MS)
        assert_nobody_lost(before, town)
        assert_free(town)


class TestWhatItCouldName:
    """[LEDGER-60] There is nothing to vote for that names an amount of an account."""

    def test_no_measure_names_an_account_and_an_amount(self) -> None:
        for kind in KINDS:
            fields = {*kind.__struct_fields__}
            assert not {"amount", "balance", "to", "outputs"} & fields or "account" not in fields

    def test_measures_never_speak_of_balances(self) -> None:
        """The module that carries them out knows no way to read or write one."""
        [source] = [each for each in sources("contracts") if each.place == "contracts/measures.py"]
        names = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
        assert not names & {"token", "supply", "account_key", "Account"}

    def test_an_account_that_is_given_a_role_keeps_all_else(self) -> None:
        """The one thing about an account that a vote changes is how many channels it may use."""
        town = a_town()
        before = {key: raw for key, raw in town.state.items() if key[0] == Prefix.ACCOUNT}
        carried_out(town, MEASURES["AdmitPartner"](town), by="south")
        voters = [town.partner(code).roles.admin for code in CODES]
        for key, raw in before.items():
            old, new = decode_entry(key, raw), decode_entry(key, town.state[key])
            assert isinstance(old, Account)
            assert isinstance(new, Account)
            if key[1:] not in voters:
                assert replace(new, channels=old.channels) == old
